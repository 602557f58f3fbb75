"""Every garment on every kind of body: sound geometry, covered skin, straight hems, the same bytes twice."""

import functools

import numpy as np
import pytest
import torch
from scipy.spatial import cKDTree

from personify.body.pose import JOINT_INDEX, PARENTS
from personify.body.rotations import axis_angle_to_matrix
from personify.body.skinning import forward_kinematics, lbs, rest_to_posed
from personify.wardrobe.accessories import make_accessories
from personify.wardrobe.clothes import make_clothes
from personify.wardrobe.cut import boundary_edges, vertex_normals
from personify.wardrobe.dress import dress
from personify.wardrobe.figure import Figure, default_body, make_figure
from personify.wardrobe.layout import pack
from personify.wardrobe.outfit import Garment, Outfit, Person
from personify.wardrobe.piece import Piece, finish
from personify.wardrobe.vocabulary import FITS, GARMENTS

CLOTHES = [
    kind
    for kind, known in GARMENTS.items()
    if known.slot in ("top", "bottom", "full", "outer", "back", "front", "legs")
]
BODIES = {
    "slim man": {"gender": 0.0, "weight": 0.1},
    "heavy woman": {"gender": 1.0, "weight": 1.0, "muscle": 0.0},
    "muscular man": {"gender": 0.0, "muscle": 1.0},
    "old woman": {"gender": 1.0, "age": 1.0},
    "child": {"gender": 0.3, "age": 0.35},
}
DEGREE = np.pi / 180
POSES = {
    "walk": {"left_hip": (-30, 0, 0), "right_hip": (22, 0, 0), "right_knee": (28, 0, 0), "left_shoulder": (0, 0, -75)},
    "sit": {"left_hip": (-88, 0, 0), "right_hip": (-88, 0, 0), "left_knee": (88, 0, 0), "right_knee": (88, 0, 0)},
    "arms up": {"left_shoulder": (0, 0, 60), "right_shoulder": (0, 0, -60)},
    "squat": {"left_hip": (-95, 20, 0), "right_hip": (-95, -20, 0), "left_knee": (110, 0, 0), "right_knee": (99, 0, 0)},
}  # fmt: skip


@functools.lru_cache(maxsize=8)
def figure_named(name: str) -> Figure:
    return make_figure(default_body().shape_vector(**BODIES[name]))


def made(body: str, *garments: Garment, seed: int = 0, size: int = 64) -> tuple[list[Piece], np.ndarray]:
    return make_clothes(figure_named(body), Outfit(garments=garments, seed=seed), size)


def posed(figure: Figure, points: np.ndarray, weights: np.ndarray, pose: str) -> np.ndarray:
    rotation = torch.zeros(55, 3, dtype=torch.float64)
    for joint, angles in POSES[pose].items():
        rotation[JOINT_INDEX[joint]] = torch.tensor(angles, dtype=torch.float64) * DEGREE
    rest = torch.from_numpy(figure.skeleton.rest_joints).double()
    transforms = rest_to_posed(forward_kinematics(axis_angle_to_matrix(rotation), rest, PARENTS), rest)
    flat = torch.from_numpy(figure.to_tpose(points, weights)).double()
    return lbs(flat, torch.from_numpy(weights), transforms).numpy()


def outside(points: np.ndarray, normals: np.ndarray, piece: Piece, surface: np.ndarray) -> np.ndarray:
    """How far points lie in front of the cloth nearby that faces the same way (linings do not); -1 where none is."""
    used = np.unique(piece.faces)
    facing = vertex_normals(surface, piece.faces)[used]
    distance, index = cKDTree(surface[used]).query(points, k=16)
    depth = ((points[:, None] - surface[used][index]) * normals[:, None]).sum(2)
    fits = (distance < 0.03) & ((facing[index] * normals[:, None]).sum(2) > 0.5)
    first = fits.argmax(1)
    return np.where(fits.any(1), depth[np.arange(len(points)), first], -1.0)


@pytest.mark.parametrize("kind", CLOTHES)
@pytest.mark.parametrize("body", BODIES)
def test_every_kind_on_every_body_is_sound(kind, body):
    pieces, covered = made(body, Garment(kind, "red"))
    assert covered.shape == (len(figure_named(body).rest),)
    assert len({piece.name for piece in pieces}) == len(pieces)
    for piece in pieces:
        part = finish(figure_named(body), piece)
        assert len(part.faces) > 0
        assert part.uvs.min() >= 0
        assert part.uvs.max() <= 1
        np.testing.assert_allclose(part.lbs_weights.sum(1), 1, atol=1e-4)


@pytest.mark.parametrize("fit", FITS)
@pytest.mark.parametrize("kind", ["t-shirt", "trousers", "skirt", "dress", "coat", "robe"])
def test_fits_order_the_room_inside(kind, fit):
    def girth(fit: str) -> float:
        pieces, _ = made("slim man", Garment(kind, "red", fit=fit))
        return float(np.ptp(pieces[0].vertices[:, [0, 2]], axis=0).sum())

    assert girth("slim") <= girth(fit) + 1e-3 <= girth("loose") + 2e-3


def test_lengths_and_sleeves_are_what_they_say():
    hems = [
        made("slim man", Garment("skirt", "red", length=k))[0][0].vertices[:, 1].min()
        for k in ("mini", "knee", "midi", "long")
    ]
    assert (np.diff(hems) < -0.1).all()
    spans = [
        np.ptp(made("slim man", Garment("t-shirt", "red", sleeves=k))[0][0].vertices[:, 0])
        for k in ("none", "short", "long")
    ]
    assert (np.diff(spans) > 0.1).all()


@pytest.mark.parametrize(("kind", "tolerance"), [("t-shirt", 0.006), ("skirt", 0.006), ("dress", 0.006)])
@pytest.mark.parametrize("body", ["slim man", "heavy woman"])
def test_hems_are_straight(kind, tolerance, body):
    pieces, _ = made(body, Garment(kind, "red"))
    x, y, z = pieces[0].vertices.T
    around = np.floor(np.arctan2(x, z) * 12 / np.pi).astype(int)
    low = np.array([y[around == sector].min() for sector in np.unique(around)])
    assert len(low) >= 24
    assert np.ptp(low) < tolerance


@pytest.mark.parametrize("pose", POSES)
@pytest.mark.parametrize("body", ["slim man", "heavy woman"])
@pytest.mark.parametrize("garments", [("t-shirt", "jeans"), ("sweater", "trousers"), ("jumpsuit",)])
def test_skin_stays_under_cloth(pose, body, garments):
    """Of the skin that is kept just inside hems, hardly anything may show through the cloth."""
    figure = figure_named(body)
    pieces, covered = made(body, *(Garment(kind, "red") for kind in garments))
    bare = posed(figure, figure.rest, figure.lbs_weights, pose)
    normals = vertex_normals(bare, figure.skin_faces)
    kept = np.unique(figure.skin_faces[~covered[figure.skin_faces].all(1)])
    kept = kept[covered[kept]]  # corners of kept faces that are under cloth
    through = np.zeros(len(kept), bool)
    for piece in pieces[: len(garments)]:
        cloth = posed(figure, piece.vertices, piece.lbs_weights, pose)
        through |= outside(bare[kept], normals[kept], piece, cloth) > 0.003
    assert len(kept) > 50
    assert through.mean() < 0.06


@pytest.mark.parametrize(("inner", "outer"), [("t-shirt", "coat"), ("shirt", "suit jacket"), ("sweater", "armour")])
def test_layers_keep_their_order(inner, outer):
    pieces, _ = made("slim man", Garment(inner, "white"), Garment("jeans", "blue"), Garment(outer, "navy"))
    under, over = (next(p for p in pieces if p.name == name) for name in (inner, outer))
    used = np.unique(under.faces)
    radial = under.vertices[used] * np.array([1.0, 0, 1])
    radial /= np.linalg.norm(radial, axis=1, keepdims=True)
    outward = (vertex_normals(under.vertices, under.faces)[used] * radial).sum(1) > 0.8  # no rims, no linings
    trunk = outward & (np.abs(under.vertices[used, 0]) < 0.15) & (under.vertices[used, 1] < 1.3)
    assert trunk.sum() > 100
    assert (outside(under.vertices[used[trunk]], radial[trunk], over, over.vertices) > 0.003).mean() < 0.03


def test_an_open_jacket_shows_the_shirt():
    pieces, _ = made("slim man", Garment("t-shirt", "white"), Garment("jacket", "navy"))
    jacket = next(piece for piece in pieces if piece.name == "jacket")
    middle = (np.abs(jacket.vertices[:, 0]) < 0.02) & (jacket.vertices[:, 2] > 0.02)
    assert not middle.any()


def test_covered_skin_agrees_with_the_clothes():
    figure = figure_named("slim man")
    _, covered = made("slim man", Garment("t-shirt", "red"), Garment("jeans", "blue"))
    y, x = figure.canonical[:, 1], np.abs(figure.canonical[:, 0])
    skin = np.zeros(len(y), bool)
    skin[np.unique(figure.skin_faces)] = True
    assert covered[skin & (y > 0.1) & (y < 1.35) & (x < 0.18)].all()
    assert not covered[(y > 1.53) | (x > 0.4)].any()


@pytest.mark.parametrize("body", ["slim man", "heavy woman", "child"])
def test_long_sleeves_reach_the_wrist_and_show_below_a_jacket(body):
    figure = figure_named(body)
    pieces, _ = made(body, Garment("shirt", "white"), Garment("trousers", "black"), Garment("suit jacket", "black"))
    reach = {piece.name: finish(figure, piece).vertices[:, 0].max() for piece in pieces}
    wrist = figure.skeleton.rest_joints[JOINT_INDEX["left_wrist"], 0]
    assert wrist - 0.005 < reach["shirt"] < wrist + 0.04
    assert 0.004 < reach["shirt"] - reach["suit jacket"] < 0.02


@pytest.mark.parametrize("body", ["slim man", "heavy woman", "muscular man"])
def test_a_closed_jacket_lies_over_tie_and_belt(body):
    garments = [Garment(kind, "black") for kind in ("shirt", "trousers", "suit jacket", "tie", "belt")]
    outfit = Outfit(garments=tuple(garments))
    clothes, _ = make_clothes(figure_named(body), outfit, 64)
    small, _ = make_accessories(figure_named(body), outfit, 64, clothes)
    jacket = next(piece for piece in clothes if piece.name == "suit jacket")
    front = (np.abs(jacket.vertices[:, 0]) < 0.03) & (jacket.vertices[:, 2] > 0)
    button = next(piece for piece in clothes if piece.name == "suit jacket buttons").vertices[:, 1].mean()
    low = front & (jacket.vertices[:, 1] < button)
    assert low.sum() > 10
    for piece in small:
        under = piece.vertices[(piece.vertices[:, 1] < button) & (np.abs(piece.vertices[:, 0]) < 0.03)]
        ahead = outside(under, np.tile([0.0, 0, 1], (len(under), 1)), jacket, jacket.vertices)
        assert (ahead > 0.002).mean() < 0.05, piece.name


def test_a_tucked_shirt_ends_in_a_waistband_on_the_hips():
    figure = figure_named("slim man")
    pieces, _ = made("slim man", Garment("shirt", "white"), Garment("trousers", "black"), Garment("belt", "black"))
    band = next(piece for piece in pieces if piece.name == "trousers").vertices
    top = band[:, 1].max()
    assert figure.joint("pelvis")[1] < top < figure.joint("spine1")[1]
    shirt = next(piece for piece in pieces if piece.name == "shirt").vertices
    width = [np.ptp(v[np.abs(v[:, 1] - top + 0.01) < 0.008 + lift, 0]) for v, lift in ((band, 0), (shirt, 0.01))]
    assert 0 < width[0] - width[1] < 0.024


def test_stockings_let_the_skin_shine_through():
    def shade(skin: str) -> float:
        outfit = Outfit(person=Person(skin=skin), garments=(Garment("stockings", "black"),))
        pieces, _ = make_clothes(figure_named("old woman"), outfit, 64)
        assert pieces[0].material.roughness > 0.6
        return float(pieces[0].material.texture.mean())

    assert shade("fair") > shade("dark") + 10


def test_a_garment_wholly_hidden_by_others_is_left_out():
    person = Person(sex="male", age=30.7, height=186.6, build="slim", skin="dark", expression="surprised")
    worn = (Garment("jumpsuit", "yellow"), Garment("boots", "gold"), Garment("socks", "blue"))
    outfit = Outfit(person, garments=worn, seed=3135769023)
    names = {part.name for part in dress(outfit, 64)[1]}
    assert {"jumpsuit", "boots"} <= names
    assert "socks" not in names


def test_nothing_worn_makes_nothing():
    pieces, covered = made("slim man")
    assert pieces == []
    assert not covered.any()


def test_same_outfit_same_bytes_and_seeds_differ():
    garments = (Garment("shirt", "red", "floral"), Garment("skirt", "navy"))
    first, _ = made("slim man", *garments)
    second, _ = made("slim man", *garments)
    for a, b in zip(first, second, strict=True):
        assert a.vertices.tobytes() == b.vertices.tobytes()
        assert a.faces.tobytes() == b.faces.tobytes()
        assert a.material.texture is b.material.texture or a.material.texture.tobytes() == b.material.texture.tobytes()
    other, _ = made("slim man", *garments, seed=5)
    assert other[0].material.texture.tobytes() != first[0].material.texture.tobytes()


def test_cloth_is_closed_but_for_its_lining():
    """Every hem turns inwards: the open edges that are left lie behind the surface."""
    pieces, _ = made("slim man", Garment("t-shirt", "red"))
    shirt = pieces[0]
    welded = np.unique(np.round(shirt.vertices, 7), axis=0, return_inverse=True)[1].ravel()
    faces = welded[shirt.faces]
    faces = faces[(faces[:, 0] != faces[:, 1]) & (faces[:, 1] != faces[:, 2]) & (faces[:, 2] != faces[:, 0])]
    assert len(boundary_edges(faces)) > 0
    assert shirt.material.double_sided


@pytest.mark.parametrize("seed", range(5))
def test_packed_islands_do_not_overlap(seed):
    sizes = np.random.default_rng(seed).uniform(0.05, 1.0, (9, 2))
    corners, side = pack(sizes)
    assert (corners >= 0).all()
    assert (corners + sizes <= side + 1e-9).all()
    for i in range(9):
        for j in range(i):
            apart = (corners[i] >= corners[j] + sizes[j] - 1e-9) | (corners[j] >= corners[i] + sizes[i] - 1e-9)
            assert apart.any()
