import numpy as np
import pytest

from personify.wardrobe.anatomy import SKIN, morphs_of
from personify.wardrobe.complexion import canvas, normal_map, paint_skin
from personify.wardrobe.eyes import paint_eye
from personify.wardrobe.figure import default_body, make_figure
from personify.wardrobe.outfit import Hair, Outfit, Person
from personify.wardrobe.piece import finish
from personify.wardrobe.skin import make_skin
from personify.wardrobe.vocabulary import EYE_COLORS, HAIR_COLORS, SKIN_TONES

SIZE = 128


@pytest.fixture(scope="module")
def figure():
    return make_figure(default_body().shape_vector(gender=1.0))


@pytest.fixture(scope="module")
def bare(figure):
    return {piece.name: piece for piece in make_skin(figure, Outfit(), np.zeros(len(figure.rest), bool), SIZE)}


def test_pieces_are_sound(figure, bare):
    assert set(bare) == {"skin", "eyes", "lashes", "mouth"}
    for piece in bare.values():
        part = finish(figure, piece)  # validates
        assert part.uvs.min() >= 0
        assert part.uvs.max() <= 1
        assert np.unique(piece.faces).tolist() == list(range(len(piece.vertices)))


def test_skin_is_the_body_surface(figure, bare):
    skin = bare["skin"]
    corners = skin.vertices[skin.faces]
    body = figure.rest[figure.skin_faces[figure.skin_faces.max(1) < SKIN.stop]]
    assert np.array_equal(corners, body)


def test_covered_faces_are_left_out(figure, bare):
    covered = figure.canonical[:, 1] < 1.4
    skin = make_skin(figure, Outfit(), covered, SIZE)[0]
    assert 0 < len(skin.faces) < len(bare["skin"].faces)
    assert skin.vertices[:, 1].min() > 0.9 * figure.scale  # the hands hang there


def test_jaw_and_lids_move_as_the_body_says(figure, bare):
    index, offset = figure.body.expression_offsets("jawOpen")
    morph, moved = bare["skin"].morphs["jawOpen"]
    assert moved.shape == (len(morph), 3)
    assert np.abs(moved).max() == pytest.approx(float(offset[index < SKIN.stop].abs().max()) * figure.scale, rel=1e-6)
    assert "jawOpen" in bare["mouth"].morphs
    assert "eyeBlinkLeft" in bare["lashes"].morphs


def test_morphs_follow_copied_vertices(figure):
    index, offset = (tensor.numpy() for tensor in figure.body.expression_offsets("browInnerUp"))
    source = np.array([index[5], 0, index[5]])
    mine, moved = morphs_of(figure, source)["browInnerUp"]
    assert mine.tolist() == [0, 2]
    assert np.allclose(moved, offset[5] * figure.scale)


def test_eyes_sit_in_their_sockets_and_turn(figure, bare):
    eyes = bare["eyes"]
    half = len(eyes.vertices) // 2
    for side, sign in ((slice(0, half), 1), (slice(half, None), -1)):
        center = eyes.vertices[side].mean(0)
        assert sign * center[0] > 0
        assert np.linalg.norm(center - figure.joint("left_eye" if sign > 0 else "right_eye")) < 0.012
    index, offset = eyes.morphs["eyeLookOutLeft"]
    pupil = eyes.vertices[:half, 2].argmax()
    assert offset[list(index).index(pupil), 0] > 0.003
    index, offset = eyes.morphs["eyeLookOutRight"]
    assert offset[0, 0] < 0  # first vertex is the pole


def test_normals_face_outwards(bare):
    skin, eyes = bare["skin"], bare["eyes"]
    for piece in (skin, eyes):
        a, b, c = piece.vertices[piece.faces].transpose(1, 0, 2)
        volume = (a * np.cross(b, c)).sum() / 6
        assert volume > 0


@pytest.mark.parametrize("tone", SKIN_TONES)
def test_named_tone_is_recognisable(tone):
    texture, _ = paint_skin(Outfit(Person(skin=tone), Hair("bald")), SIZE)
    atlas = canvas(SIZE)
    trunk = (np.abs(atlas.points[:, 0]) < 0.15) & (np.abs(atlas.points[:, 1] - 1.2) < 0.15)
    mean = texture.reshape(-1, 3)[atlas.inside[trunk]].mean(0) / 255
    distance = {name: np.abs(mean - color).sum() for name, color in SKIN_TONES.items()}
    assert min(distance, key=distance.get) == tone


def test_brows_and_roots_take_the_hair_colour():
    atlas = canvas(256)
    brow = (np.abs(np.abs(atlas.points[:, 0]) - 0.03) < 0.008) & (np.abs(atlas.points[:, 1] - 1.669) < 0.0025)
    crown = atlas.points[:, 1] > 1.74
    for color in ("black", "red"):
        texture, _ = paint_skin(Outfit(Person(skin="pale"), Hair("short", color)), 256)
        texels = texture.reshape(-1, 3)[atlas.inside] / 255
        face = texels[(atlas.points[:, 1] > 1.69) & (atlas.points[:, 1] < 1.70) & (atlas.points[:, 2] > 0.12)]
        assert texels[brow & (atlas.points[:, 2] > 0.09)].mean() < face.mean() - 0.1
        assert np.abs(texels[crown].mean(0) - HAIR_COLORS[color]).max() < 0.15


def test_stubble_darkens_the_jaw():
    atlas = canvas(SIZE)
    jaw = (np.abs(atlas.points[:, 1] - 1.55) < 0.01) & (atlas.points[:, 2] > 0.1)
    man = Person(sex="male", skin="light", height=178)
    shaven, stubble = (paint_skin(Outfit(man, Hair("short", "black", beard)), SIZE)[0] for beard in ("none", "stubble"))
    jaws = [texture.reshape(-1, 3)[atlas.inside[jaw]].mean() for texture in (shaven, stubble)]
    assert jaws[1] < jaws[0] - 15


def test_stubble_thins_out_gently_and_is_never_bluer_than_skin():
    atlas = canvas(256)
    man = Person(sex="male", skin="fair", height=178, age=30)
    shaven, stubble = (paint_skin(Outfit(man, Hair("bald", "grey", beard)), 256)[0] for beard in ("none", "stubble"))
    shaven, stubble = (texture.reshape(-1, 3)[atlas.inside].astype(float) for texture in (shaven, stubble))
    x, y, z = np.abs(atlas.points).T
    chin = (x < 0.015) & (np.abs(y - 1.553) < 0.006) & (z > 0.1) & (atlas.masks["inside-mouth"] < 0.01)
    cheek = (np.abs(x - 0.055) < 0.006) & (np.abs(y - 1.585) < 0.006) & (z > 0.04)
    darker = (shaven - stubble).mean(1)
    assert darker[chin].mean() > 1.3 * darker[cheek].mean() > 0
    assert stubble[chin][:, 0].mean() > stubble[chin][:, 2].mean() + 8


def test_old_faces_have_relief_that_young_ones_lack():
    young, old = (paint_skin(Outfit(Person(age=age)), 256)[1].astype(int) for age in (25.0, 80.0))
    rough = [np.abs(np.diff(normals[..., :2], axis=0)).mean() for normals in (young, old)]
    assert rough[1] > rough[0]


def test_the_same_outfit_paints_the_same_bytes():
    first, second = (paint_skin(Outfit(seed=5), SIZE) for _ in range(2))
    assert all(np.array_equal(a, b) for a, b in zip(first, second, strict=True))
    assert not np.array_equal(first[0], paint_skin(Outfit(seed=6), SIZE)[0])


def test_normal_map_of_a_ramp():
    ramp = np.tile(np.linspace(0, 0.01, 11, dtype=np.float32), (11, 1))  # 1 mm per texel, rising to the right
    normals = normal_map(ramp, np.full((2, 11, 11), 0.001, np.float32)).astype(float) / 127.5 - 1
    assert np.allclose(normals[5, 5], np.array([-1, 0, 1]) / np.sqrt(2), atol=0.02)
    normals = normal_map(ramp.T, np.full((2, 11, 11), 0.001, np.float32)).astype(float) / 127.5 - 1
    assert normals[5, 5, 1] > 0.6  # rising down the image tips the normal up


@pytest.mark.parametrize("name", EYE_COLORS)
def test_eyes_have_a_pupil_an_iris_of_their_colour_and_a_white(name):
    size = 256
    eye = paint_eye(Outfit(Person(eyes=name)), size).astype(float) / 255
    middle = size // 2
    assert eye[middle, middle].max() < 0.1
    iris = eye[middle + 4, middle + int(0.5 * size * 17 / 100)]
    white = eye[middle + 4, middle + int(0.5 * size * 34 / 100)]
    assert white.min() > 0.6
    order = np.argsort(EYE_COLORS[name])
    assert iris.argmax() == order[-1] or np.ptp(EYE_COLORS[name]) < 0.1


@pytest.mark.parametrize("tone", ["fair", "olive", "dark"])
def test_womens_lips_are_redder_and_their_brows_finer(tone):
    atlas = canvas(512)
    x, y, z = atlas.points.T
    beside = (np.abs(x) > 0.022) & (np.abs(x) < 0.045) & (z > 0.05) & (y > 1.655) & (y < 1.685)
    lips = atlas.masks["lips"] > 0.8

    def face(sex):
        outfit = Outfit(Person(sex, 30, 172, skin=tone), Hair("short", "black"), seed=3)
        color = paint_skin(outfit, 512)[0].reshape(-1, 3)[atlas.inside] / 255
        redness = color[lips, 0].mean() / color[lips, 1:].mean()
        return redness, (color[beside].sum(1) < 0.6 * np.median(color[beside].sum(1))).mean()

    (red, fine), (pale, thick) = face("female"), face("male")
    assert red > 1.08 * pale
    assert 0.02 < fine < 0.85 * thick
