"""Small things: each sits where it belongs, on skin and on clothes."""

from __future__ import annotations

import functools

import numpy as np
import pytest
from scipy.spatial import cKDTree

from personify.body.mesh import Material
from personify.wardrobe import vocabulary as words
from personify.wardrobe.accessories import DRESS_BELT_Y, make_accessories
from personify.wardrobe.cut import vertex_normals
from personify.wardrobe.figure import Figure, default_body, make_figure
from personify.wardrobe.outfit import Garment, Outfit
from personify.wardrobe.piece import Piece, finish
from personify.wardrobe.surroundings import Surroundings

KINDS = [kind for kind, garment in words.GARMENTS.items() if garment.slot in ("eyes", "neck", "waist", "hands")]
PEOPLE = {"man": {"gender": 0.0}, "heavy woman": {"gender": 1.0, "weight": 1.0}, "child": {"gender": 0.5, "age": 0.35}}


@functools.cache
def person(name: str) -> Figure:
    return make_figure(default_body().shape_vector(**PEOPLE[name]))


def worn(name: str, kind: str, seed: int = 0, clothes: tuple[Piece, ...] = ()) -> list[Piece]:
    return make_accessories(person(name), Outfit(garments=(Garment(kind, "brown"),), seed=seed), 256, clothes)[0]


def nearest_skin(figure: Figure, points: np.ndarray) -> np.ndarray:
    return cKDTree(figure.rest[np.unique(figure.skin_faces)]).query(points)[0]


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("name", PEOPLE)
def test_every_kind_fits_everybody(kind: str, name: str) -> None:
    figure = person(name)
    for piece in worn(name, kind):
        part = finish(figure, piece)
        assert part.uvs.min() >= 0
        assert part.uvs.max() <= 1
        assert nearest_skin(figure, piece.vertices).max() < 0.16  # nothing floats away


def test_nothing_worn_is_nothing_made() -> None:
    pieces, covered = make_accessories(person("man"), Outfit(), 256)
    assert pieces == []
    assert not covered.any()


@pytest.mark.parametrize("seed", range(3))
@pytest.mark.parametrize("name", PEOPLE)
def test_glasses_stand_before_the_eyes_and_reach_the_ears(name: str, seed: int) -> None:
    figure = person(name)
    (frame,) = worn(name, "glasses", seed)
    for eye in ("left_eye", "right_eye"):
        place = figure.joint(eye)
        near = frame.vertices[(np.abs(frame.vertices[:, 0] - place[0]) < 0.02) & (frame.vertices[:, 2] > place[2])]
        assert near[:, 2].min() > place[2] + 0.010
        assert near[:, 1].min() < place[1] < near[:, 1].max()
    assert np.ptp(frame.vertices[:, 2]) > 0.10 * figure.scale


def test_sunglasses_are_dark() -> None:
    _, lenses = worn("man", "sunglasses")
    assert max(lenses.material.base_color[:3]) < 0.02
    assert lenses.material.alpha_mode == "OPAQUE"


@pytest.mark.parametrize("seed", [0, 1])
def test_an_eye_patch_covers_one_eye(seed: int) -> None:
    figure = person("man")
    (patch,) = worn("man", "eye patch", seed)
    near = [np.linalg.norm(patch.vertices - figure.joint(eye), axis=1).min() for eye in ("left_eye", "right_eye")]
    assert near[seed] < 0.032
    assert near[1 - seed] > 0.015
    assert figure.rest[:, 1].max() > patch.vertices[:, 1].max()


def shirt(figure: Figure, thickness: float) -> Piece:
    """Stands in for clothes: the trunk's skin moved outwards."""
    faces = figure.skin_faces[
        (figure.weight_of("spine2", "spine3", "spine1", "pelvis")[figure.skin_faces] > 0.3).all(1)
    ]
    vertices = figure.rest + thickness * vertex_normals(figure.rest, figure.skin_faces)
    used, local = np.unique(faces, return_inverse=True)
    uvs = np.zeros((len(used), 2))
    return Piece("shirt", vertices[used], local.reshape(-1, 3), uvs, figure.lbs_weights[used], Material("shirt"))


@pytest.mark.parametrize("kind", ["tie", "belt"])
def test_clothes_push_ties_and_belts_outwards(kind: str) -> None:
    figure = person("man")
    thin, thick = (worn("man", kind, clothes=(shirt(figure, t),))[0].vertices for t in (0.005, 0.030))
    grown = (thick - thin)[:, 2].max()
    assert 0.015 < grown < 0.035


def test_what_is_worn_open_over_a_tie_does_not_push_it() -> None:
    figure = person("man")
    coat = shirt(figure, 0.05)
    coat = Piece("coat", coat.vertices, coat.faces, coat.uvs, coat.lbs_weights, coat.material)
    outfit = Outfit(garments=(Garment("tie", "red"), Garment("coat", "black")))
    bare = Surroundings.measure(figure, outfit, (shirt(figure, 0.01),))
    coated = Surroundings.measure(figure, outfit, (shirt(figure, 0.01), coat))
    assert len(bare.points) == len(coated.points)


def test_a_belt_is_a_ring_at_the_waist() -> None:
    figure = person("heavy woman")
    strap, buckle = worn("heavy woman", "belt")
    around = Surroundings.measure(figure, Outfit(), ())
    assert np.abs(strap.vertices[:, 1] - around.height(DRESS_BELT_Y)).max() < 0.03
    assert strap.vertices[:, 2].min() < figure.joint("pelvis")[2] < strap.vertices[:, 2].max()
    assert buckle.vertices[:, 2].min() > strap.vertices[:, 2].max() - 0.02
    assert buckle.material.metallic == 1


def test_a_tie_hangs_down_the_middle() -> None:
    figure = person("man")
    (tie,) = worn("man", "tie")
    blade = tie.vertices[tie.vertices[:, 1] < figure.joint("spine3")[1]]
    assert np.abs(blade[:, 0] - figure.joint("neck")[0]).max() < 0.06
    assert blade[:, 1].min() > figure.joint("pelvis")[1]


def test_gloves_cover_the_hands_and_hide_them() -> None:
    figure = person("man")
    pieces, covered = make_accessories(figure, Outfit(garments=(Garment("gloves", "black"),)), 256)
    (glove,) = pieces
    fingertip = figure.rest[np.unique(figure.skin_faces)][:, 0].max()
    assert glove.vertices[:, 0].max() > fingertip
    assert np.abs(figure.canonical[covered][:, 0]).min() > 0.69
    assert covered[figure.weight_of("left_index3", "right_thumb3") > 0.9].all()
    hands = figure.rest[covered]
    distance, _ = cKDTree(glove.vertices).query(hands)
    assert distance.max() < 0.02


def test_the_cuff_of_a_glove_is_straight() -> None:
    figure = person("man")
    (glove,) = worn("man", "gloves")
    distance, index = cKDTree(figure.rest).query(glove.vertices)
    reach = np.abs(figure.canonical[index, 0])
    assert reach.min() > 0.65
    assert distance.max() < 0.02


def test_the_same_outfit_gives_the_same_bytes_and_the_seed_matters() -> None:
    first, second, other = (worn("man", "scarf", seed)[0] for seed in (3, 3, 4))
    assert first.vertices.tobytes() == second.vertices.tobytes()
    assert first.material.texture is not None
    assert second.material.texture is not None
    assert first.material.texture.tobytes() == second.material.texture.tobytes()
    assert first.vertices.shape != other.vertices.shape or not np.allclose(first.vertices, other.vertices)
