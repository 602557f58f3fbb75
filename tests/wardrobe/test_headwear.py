"""Hats: on the head, clear of the scalp, level where they should be; hair is told where to hide."""

from __future__ import annotations

import functools

import numpy as np
import pytest
from numpy.typing import NDArray
from scipy.spatial import cKDTree

from personify.wardrobe import vocabulary as words
from personify.wardrobe.figure import Figure, default_body, make_figure
from personify.wardrobe.headfit import HatPlane, measure_head, push_out
from personify.wardrobe.headwear import HATS, make_headwear
from personify.wardrobe.outfit import Garment, Outfit
from personify.wardrobe.piece import finish

KINDS = [kind for kind, garment in words.GARMENTS.items() if garment.slot == "head"]
PEOPLE = {"man": {"gender": 0.0}, "woman": {"gender": 1.0, "weight": 0.8}, "child": {"gender": 0.5, "age": 0.35}}


@functools.cache
def person(name: str) -> Figure:
    return make_figure(default_body().shape_vector(**PEOPLE[name]))


def scalp(figure: Figure, plane: HatPlane) -> NDArray[np.float64]:
    """Skin that the hat must cover, from 2 cm above its plane."""
    skin = np.unique(figure.skin_faces)
    skin = skin[figure.weight_of("head")[skin] > 0.9]
    above = plane.above(figure.canonical[skin])
    return figure.rest[skin[(above > 0.02) & (above < plane.ceiling)]]


def surface_samples(vertices: NDArray[np.float64], faces: NDArray[np.int64]) -> NDArray[np.float64]:
    """Points all over a surface, about 4 mm apart."""
    steps = np.linspace(0, 1, 9)
    weights = np.array([(a, b, 1 - a - b) for a in steps for b in steps if a + b <= 1 + 1e-9])
    return np.einsum("wc,fck->fwk", weights, vertices[faces]).reshape(-1, 3)


def test_every_head_garment_has_a_cut() -> None:
    assert set(HATS) | {"headscarf"} == set(KINDS)


def test_a_bare_head_has_no_plane() -> None:
    assert make_headwear(person("man"), Outfit(), 128) == ([], None)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("name", PEOPLE)
def test_every_hat_fits_everybody(kind: str, name: str) -> None:
    figure = person(name)
    pieces, plane = make_headwear(figure, Outfit(garments=(Garment(kind, "red"),)), 128)
    assert isinstance(plane, HatPlane)
    for piece in pieces:
        part = finish(figure, piece)
        assert part.uvs.min() >= 0
        assert part.uvs.max() <= 1
    main = pieces[0].vertices
    assert abs(main[:, 0].mean() - figure.joint("head")[0]) < 0.03
    assert main[:, 1].max() > figure.joint("left_eye")[1] + 0.03


@pytest.mark.parametrize("kind", [kind for kind in KINDS if kind not in ("crown", "headband")])
@pytest.mark.parametrize("name", PEOPLE)
def test_the_scalp_stays_inside(kind: str, name: str) -> None:
    figure = person(name)
    pieces, plane = make_headwear(figure, Outfit(garments=(Garment(kind, "red"),)), 128)
    assert plane is not None
    fit = measure_head(figure, HATS[kind].plane if kind in HATS else plane)
    center = fit.origin + np.array([0, 0.02, 0])
    outside = surface_samples(pieces[0].vertices, pieces[0].faces) - center
    inside = scalp(figure, plane) - center
    # along every direction to the scalp some part of the hat lies further out
    tree = cKDTree(outside / np.linalg.norm(outside, axis=1, keepdims=True))
    near = tree.query_ball_point(inside / np.linalg.norm(inside, axis=1, keepdims=True), 0.05)
    reach = np.array([np.linalg.norm(outside[index], axis=1).max(initial=0) for index in near])
    assert (reach > np.linalg.norm(inside, axis=1)).all()


def test_hats_are_rigid_with_the_head() -> None:
    pieces, _ = make_headwear(person("man"), Outfit(garments=(Garment("cowboy hat", "brown"),)), 128)
    head = person("man").skeleton.joint_names.index("head")
    assert all((piece.lbs_weights[:, head] == 1).all() for piece in pieces)


def test_a_headscarf_follows_the_shoulders_too() -> None:
    figure = person("woman")
    (piece,), plane = make_headwear(figure, Outfit(garments=(Garment("headscarf", "teal"),)), 128)
    assert plane is not None
    assert plane.hides_all
    head = figure.weight_of("head")
    assert head.shape == (len(figure.rest),)
    joint = figure.skeleton.joint_names.index("head")
    top, bottom = piece.vertices[:, 1].argmax(), piece.vertices[:, 1].argmin()
    assert piece.lbs_weights[top, joint] == 1
    assert piece.lbs_weights[bottom, joint] < 0.2


def test_the_face_stays_free_under_a_headscarf() -> None:
    figure = person("woman")
    (piece,), _ = make_headwear(figure, Outfit(garments=(Garment("headscarf", "teal"),)), 128)
    for eye in ("left_eye", "right_eye"):
        place = figure.joint(eye) + np.array([0, 0, 0.015])
        assert np.linalg.norm(piece.vertices - place, axis=1).min() > 0.02


def test_hat_plane_tilts_up_towards_the_face() -> None:
    plane = HatPlane(1.68, tilt=0.2)
    front, back = plane.above(np.array([[0, 1.70, 0.1], [0, 1.70, -0.1]]))
    assert front == pytest.approx(0.0)
    assert back == pytest.approx(0.04)


def test_head_coordinates_round_trip() -> None:
    figure = person("child")
    fit = measure_head(figure, HatPlane(1.68, 0.1))
    local = np.array([[0.01, 0.05, 0.02]])
    world = fit.to_world(local)
    assert (world - fit.origin) @ fit.axes.T == pytest.approx(local)
    skull = np.unique(figure.skin_faces)[figure.weight_of("head")[np.unique(figure.skin_faces)] > 0.9]
    error = fit.to_canonical(figure.rest[skull]) - figure.canonical[skull]
    assert np.abs(error).mean() < 0.02


def test_push_out_leaves_the_skin_by_its_margin() -> None:
    figure = person("man")
    shoulder = figure.joint("left_collar") + np.array([[0, 0.02, 0.0], [0.02, 0.03, 0.01]])
    moved = push_out(shoulder, figure, 0.02, rounds=6)
    distance, _ = cKDTree(figure.rest[np.unique(figure.skin_faces)]).query(moved)
    assert distance.min() > 0.015


def test_the_same_outfit_gives_the_same_bytes() -> None:
    outfit = Outfit(garments=(Garment("beret", "maroon", "tartan"),), seed=4)
    first, second = (make_headwear(person("man"), outfit, 128)[0] for _ in range(2))
    for a, b in zip(first, second, strict=True):
        assert a.vertices.tobytes() == b.vertices.tobytes()
