"""Shoes: flat on the ground, around the foot, hiding the toes, the same for the same outfit."""

from __future__ import annotations

import functools

import numpy as np
import pytest
from numpy.typing import NDArray
from scipy.spatial import cKDTree

from personify.wardrobe.figure import Figure, default_body, make_figure
from personify.wardrobe.footwear import STYLES, make_footwear
from personify.wardrobe.last import COLUMNS, measure_foot, outset
from personify.wardrobe.outfit import Garment, Outfit
from personify.wardrobe.piece import Piece, finish

PEOPLE = {
    "man": {"gender": 0.0},
    "heavy woman": {"gender": 1.0, "weight": 1.0, "muscle": 0.2},
    "child": {"gender": 1.0, "age": 0.4},
}


@functools.cache
def person(name: str) -> Figure:
    return make_figure(default_body().shape_vector(**PEOPLE[name]))


@functools.cache
def shoes(name: str, kind: str) -> tuple[list[Piece], NDArray[np.bool_]]:
    return make_footwear(person(name), Outfit(garments=(Garment(kind, "brown"),)), 128)


def test_without_shoes_nothing_is_made_or_hidden() -> None:
    pieces, covered = make_footwear(person("man"), Outfit(), 128)
    assert pieces == []
    assert not covered.any()


@pytest.mark.parametrize("name", PEOPLE)
@pytest.mark.parametrize("kind", STYLES)
def test_every_kind_fits_everybody(name: str, kind: str) -> None:
    figure = person(name)
    pieces, covered = shoes(name, kind)
    assert {piece.name for piece in pieces} >= {kind, f"{kind} sole"}
    for piece in pieces:
        part = finish(figure, piece)  # validates faces, uvs, weights
        assert part.uvs.min() >= 0
        assert part.uvs.max() <= 1
    assert covered.shape == (len(figure.rest),)
    hidden = figure.canonical[covered]
    assert len(hidden) == 0 or hidden[:, 1].max() < 0.32


@pytest.mark.parametrize("kind", STYLES)
def test_soles_are_flat_and_lie_below_the_foot(kind: str) -> None:
    pieces, _ = shoes("man", kind)
    sole = next(piece for piece in pieces if piece.name.endswith("sole"))
    floor = sole.vertices[:, 1].min()
    foot = min(measure_foot(person("man"), side).origin[1] for side in ("left", "right"))
    assert 0.010 < foot - floor < 0.04
    left = sole.vertices[sole.vertices[:, 0] > 0]
    on_floor = left[left[:, 1] < floor + 0.001]
    assert np.ptp(on_floor[:, 2]) > 0.5 * np.ptp(left[:, 2])  # it stands on heel and ball


@pytest.mark.parametrize("kind", [kind for kind in STYLES if kind != "sandals"])
@pytest.mark.parametrize("name", PEOPLE)
def test_no_visible_skin_of_the_foot_pokes_through(kind: str, name: str) -> None:
    figure = person(name)
    pieces, covered = shoes(name, kind)
    upper = next(piece for piece in pieces if piece.name == kind)
    foot = measure_foot(figure, "left")
    visible = foot.local[~covered[foot.skin]]
    assert not (visible[:, 1] < 0.013 * foot.size).any()
    sole_level = foot.local[foot.local[:, 1] < 0.05 * foot.size]
    outside = (upper.vertices[upper.vertices[:, 0] > 0] - foot.origin) @ foot.axes.T
    assert outside[:, 2].max() > sole_level[:, 2].max()
    assert outside[:, 2].min() < sole_level[:, 2].min()


def test_boots_reach_up_the_shin_and_shoes_do_not() -> None:
    top = {
        kind: next(p for p in shoes("man", kind)[0] if p.name == kind).vertices[:, 1].max()
        for kind in ("boots", "shoes")
    }
    assert top["boots"] > 0.2
    assert top["shoes"] < 0.13


def test_both_shoes_mirror_each_other() -> None:
    upper = next(piece for piece in shoes("man", "sneakers")[0] if piece.name == "sneakers")
    left, right = upper.vertices[upper.vertices[:, 0] > 0], upper.vertices[upper.vertices[:, 0] < 0]
    assert len(left) == len(right)
    distance, _ = cKDTree(right * [-1, 1, 1]).query(left)
    assert distance.max() < 0.02  # the body itself is not exactly symmetric


def test_shoes_follow_foot_and_toes() -> None:
    figure = person("man")
    names = figure.skeleton.joint_names
    sole = next(piece for piece in shoes("man", "sneakers")[0] if piece.name.endswith("sole"))
    toe, heel = sole.vertices[:, 2].argmax(), sole.vertices[:, 2].argmin()
    assert names[sole.lbs_weights[toe].argmax()].endswith("foot")
    assert names[sole.lbs_weights[heel].argmax()].endswith("ankle")


def test_the_same_outfit_gives_the_same_bytes() -> None:
    outfit = Outfit(garments=(Garment("sneakers", "red", "striped"),), seed=9)
    first, second = (make_footwear(person("man"), outfit, 128)[0] for _ in range(2))
    for a, b in zip(first, second, strict=True):
        assert a.vertices.tobytes() == b.vertices.tobytes()
        if a.material.texture is not None:
            assert b.material.texture is not None
            assert a.material.texture.tobytes() == b.material.texture.tobytes()


def test_the_last_has_a_convex_evenly_spaced_outline() -> None:
    foot = measure_foot(person("man"), "right")
    assert foot.outline.shape == (COLUMNS, 2)
    step = np.linalg.norm(np.roll(foot.outline, -1, 0) - foot.outline, axis=1)
    assert step.max() < 1.3 * step.min()
    wider = outset(foot.outline, 0.01)
    assert np.linalg.norm(wider - foot.outline, axis=1) == pytest.approx(0.01)
    assert np.ptp(wider[:, 1]) == pytest.approx(np.ptp(foot.outline[:, 1]) + 0.02, abs=0.002)
    inside = (foot.local[:, [0, 2]][foot.local[:, 1] < 0.02] >= foot.outline.min(0) - 0.004).all()
    assert inside


def test_local_coordinates_round_trip() -> None:
    figure = person("child")
    foot = measure_foot(figure, "left")
    assert foot.to_world(foot.local) == pytest.approx(figure.rest[foot.skin])
    heights = foot.instep(np.linspace(0.02, 0.15, 6) * foot.size)
    assert (np.diff(heights) <= 1e-9).all()
