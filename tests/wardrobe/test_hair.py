import numpy as np
import pytest
from scipy.spatial import cKDTree

from personify.wardrobe.barber import Barber
from personify.wardrobe.figure import default_body, make_figure
from personify.wardrobe.hair import _fringe, make_hair
from personify.wardrobe.headfit import HatPlane
from personify.wardrobe.outfit import Garment, Hair, Outfit, Person
from personify.wardrobe.piece import finish
from personify.wardrobe.strands import Head, Mesh, ribbons, vertex_normals
from personify.wardrobe.tresses import hair_material
from personify.wardrobe.vocabulary import BEARDS, HAIR_COLORS, HAIR_STYLES

SIZE = 128
BUILDS = {
    "woman": {"gender": 1.0},
    "heavy man": {"gender": 0.0, "weight": 0.9},
    "child": {"gender": 1.0, "age": 0.33},
}


@pytest.fixture(scope="module")
def figures():
    body = default_body()
    return {name: make_figure(body.shape_vector(**shape)) for name, shape in BUILDS.items()}


def hair_of(figure, style, color="brown", beard="none", seed=1, plane=None):
    return make_hair(figure, Outfit(Person(sex="male", height=178), Hair(style, color, beard), seed=seed), SIZE, plane)


@pytest.mark.parametrize("style", HAIR_STYLES)
@pytest.mark.parametrize("build", BUILDS)
def test_every_style_builds_on_every_head(figures, style, build):
    figure = figures[build]
    pieces = hair_of(figure, style)
    assert [piece.name for piece in pieces] == ([] if style in ("bald", "buzz") else ["hair"])
    for piece in pieces:
        part = finish(figure, piece)  # validates
        assert part.uvs.min() >= 0
        assert part.uvs.max() <= 1
        assert len(part.faces) <= 40_000
        top = figure.rest[figure.skin_faces, 1].max()
        assert top < piece.vertices[:, 1].max() < top + 0.16 * figure.scale


@pytest.mark.parametrize("style", ["short", "long", "ponytail", "braids", "locs"])
def test_hair_stays_outside_head_and_shoulders(figures, style):
    figure = figures["woman"]
    (piece,) = hair_of(figure, style)
    normals = vertex_normals(figure.rest, figure.skin_faces)
    skin = np.unique(figure.skin_faces)
    x, y, z = np.abs(figure.canonical[skin]).T
    cavity = (y < 1.69) & (np.hypot(x, z - 0.05) < 0.045)  # mouth, throat, eye sockets
    skin = skin[(y > 1.2) & (x < 0.07) & ~cavity]  # ears may part hair
    distance, near = cKDTree(figure.rest[skin]).query(piece.vertices)
    depth = ((piece.vertices - figure.rest[skin][near]) * normals[skin][near]).sum(1)
    assert (depth[distance < 0.03] < -0.004).mean() < 0.02


@pytest.mark.parametrize("style", [style for style in HAIR_STYLES if style not in ("bald", "buzz", "bob", "curly")])
def test_the_eyes_stay_free(figures, style):
    figure = figures["woman"]
    (piece,) = hair_of(figure, style)
    for side in ("left_eye", "right_eye"):
        offset = piece.vertices - figure.joint(side)
        before = (offset[:, 2] > 0.01) & (np.hypot(offset[:, 0], offset[:, 1]) < 0.012)
        assert before.sum() <= 6


@pytest.mark.parametrize(
    ("style", "lowest", "highest"), [("bob", 1.42, 1.58), ("long", 1.15, 1.42), ("short", 1.5, 1.62)]
)
def test_length_is_as_the_name_says(figures, style, lowest, highest):
    figure = figures["woman"]
    (piece,) = hair_of(figure, style)
    assert lowest < np.percentile(piece.vertices[:, 1], 1) / figure.scale < highest


def test_hair_is_opaque_brown_with_ragged_tips(figures):
    (piece,) = hair_of(figures["woman"], "long", "red")
    texture = piece.material.texture
    assert piece.material.alpha_mode == "MASK"
    assert piece.material.double_sided
    mean = texture[texture[..., 3] > 127][:, :3].mean(0) / 255
    distance = {name: np.abs(mean - color).sum() for name, color in HAIR_COLORS.items()}
    assert min(distance, key=distance.get) == "red"
    cards = texture[:, : SIZE // 2, 3] > 127
    assert cards[SIZE // 3].mean() > 0.55 > 0.25 > cards[-3].mean()


def test_cards_part_into_single_hairs_towards_their_tips():
    opaque = hair_material("hair", np.array([0.3, 0.2, 0.1]), 512).texture[:, :64, 3] > 127  # one card
    strands = [np.count_nonzero(np.diff(row.astype(int)) == 1) for row in opaque]
    assert np.mean(strands[330:400]) > 3
    covered = opaque.mean(1)
    assert covered[100:200].mean() > 0.85
    assert covered[330:400].mean() < 0.6 * covered[100:200].mean()
    assert covered[-5:].max() < 0.1


def test_neighbouring_cards_differ_little_in_tone():
    texture = hair_material("hair", np.array([0.5, 0.5, 0.5]), 256).texture[40:120].astype(float)
    tones = [card[card[..., 3] > 127][:, 0].mean() for card in np.split(texture[:, :128], 4, axis=1)]
    assert min(tones) > 0.85 * max(tones)


def test_strips_are_flat_or_arched():
    curve = np.stack([np.zeros(4), np.linspace(1, 0, 4), np.zeros(4)], 1)[None]
    outwards = np.broadcast_to(np.array([0.0, 0, 1]), curve.shape)
    for arch, across, height in ((0.0, 2, 0.0), (0.25, 3, 0.005)):
        mesh = Mesh.empty()
        ribbons(mesh, curve, outwards, np.full((1, 4), 0.02), np.array([[0.1, 0.2]]), arch, root=0.2)
        vertices, uvs, _ = mesh.joined()
        assert len(vertices) == 4 * across
        assert np.ptp(vertices[:, 0]) == pytest.approx(0.02)
        assert np.ptp(vertices[:, 2]) == pytest.approx(height, abs=1e-9)
        assert uvs[:, 1].min() == pytest.approx(0.2)


def test_weights_pass_from_head_to_back(figures):
    figure = figures["woman"]
    (piece,) = hair_of(figure, "long")
    part = finish(figure, piece)
    assert set(np.flatnonzero(part.lbs_weights.max(0))) == {9, 12, 15}  # spine3, neck, head
    high = piece.vertices[:, 1] > figure.joint("left_eye")[1]
    assert np.allclose(part.lbs_weights[high, 15], 1)


def test_the_same_outfit_has_the_same_hair(figures):
    for style in ("curly", "wavy", "mohawk"):
        first, second, other = (hair_of(figures["woman"], style, seed=seed)[0] for seed in (1, 1, 2))
        assert np.array_equal(first.vertices, second.vertices)
        assert not np.array_equal(first.vertices[-200:], other.vertices[-200:])


@pytest.mark.parametrize("style", ["afro", "quiff", "long", "mohawk"])
def test_hair_hides_under_a_hat(figures, style):
    figure = figures["woman"]
    plane = HatPlane(1.69, 0.1, inside_clearance=0.008)
    (piece,) = hair_of(figure, style, plane=plane)
    head = Head(figure)
    above = plane.above(head.canonical_of(piece.vertices)) > 0.01
    height, _ = head.above(piece.vertices[above])
    assert np.percentile(height, 99) < plane.inside_clearance * figure.scale


def test_a_headscarf_hides_all_hair_but_no_beard(figures):
    pieces = hair_of(figures["heavy man"], "long", beard="full beard", plane=HatPlane(1.6, hides_all=True))
    assert [piece.name for piece in pieces] == ["beard"]


@pytest.mark.parametrize("beard", BEARDS)
def test_every_beard_builds(figures, beard):
    figure = figures["heavy man"]
    pieces = hair_of(figure, "bald", beard=beard)
    assert [piece.name for piece in pieces] == ([] if beard in ("none", "stubble") else ["beard"])
    for piece in pieces:
        part = finish(figure, piece)
        assert part.vertices[:, 2].min() > 0
        eyes = figure.joint("left_eye")[1]
        assert piece.vertices[:, 1].max() < eyes + 0.01


def test_beards_grow_longer_by_name_and_follow_the_jaw(figures):
    figure = figures["heavy man"]
    lowest = [
        hair_of(figure, "bald", beard=beard)[0].vertices[:, 1].min()
        for beard in ("short beard", "full beard", "long beard")
    ]
    assert lowest[0] > lowest[1] > lowest[2]
    index, offset = hair_of(figure, "bald", beard="full beard")[0].morphs["jawOpen"]
    assert len(index) > 100
    assert offset[:, 1].min() < -0.015


def test_coats_keep_long_hair_further_off_the_shoulders(figures):
    figure = figures["woman"]
    bare = Outfit(hair=Hair("long"), seed=4)
    coat = Outfit(hair=Hair("long"), seed=4, garments=(Garment("coat"),))
    back = []
    for outfit in (bare, coat):
        vertices = make_hair(figure, outfit, SIZE)[0].vertices
        back.append(vertices[(vertices[:, 1] < figure.joint("spine3")[1] + 0.1) & (vertices[:, 2] < 0), 2].mean())
    assert back[1] < back[0] - 0.003


def test_the_head_grid_is_smooth_where_the_ears_are(figures):
    head = Head(figures["woman"])
    step = np.linalg.norm(np.diff(head.points[5:26], axis=0), axis=-1)
    assert step.max() < 0.03
    assert np.abs(head.points[:26, :, 0]).max() < 0.085
    outwards = (head.points - head.points.mean((0, 1))) * head.normals
    assert (outwards.sum(-1)[:28] > 0).all()


def test_roots_lie_on_the_grid(figures):
    head = Head(figures["child"])
    roots = head.roots(200, seed=3)
    height, _ = head.above(roots.points)
    assert np.abs(height).max() < 0.004
    assert np.allclose(np.linalg.norm(roots.normals, axis=1), 1)


def test_short_hair_leaves_mens_foreheads_free_and_falls_over_womens(figures):
    figure = figures["woman"]
    brow = figure.joint("left_eye")[1] + 0.05 * figure.scale

    def fallen(sex):
        (piece,) = make_hair(figure, Outfit(Person(sex, height=170), Hair("short"), seed=1), SIZE)
        x, y, z = piece.vertices.T
        return ((np.abs(x) < 0.04 * figure.scale) & (z > figure.joint("left_eye")[2]) & (y < brow)).mean()

    assert fallen("female") > 2 * fallen("male")


def test_a_fringe_has_no_straight_edge(figures):
    figure = figures["woman"]
    head = Head(figure)
    barber = Barber(head, "female", 0.0, 4, np.random.default_rng(4), Mesh.empty())
    _fringe(barber)
    tips = np.concatenate(barber.mesh.vertices)[:, 1].reshape(-1, 8, 2)[:, -1, 0]
    assert 0.003 < tips.std() / figure.scale < 0.02
