from __future__ import annotations

import math
from dataclasses import replace

import numba
import numpy as np
import pytest

from personify.body.mesh import Material
from personify.color import srgb_to_linear
from personify.errors import PersonifyError
from personify.render.cameras import Camera, frame_points, look_at
from personify.render.lights import Light, Lights, Rig
from personify.render.reflection import lamps_of, shade
from personify.render.renderer import MeshRenderer

from .shapes import card, part, sphere

DARK = Light(0, 0, (0, 0, 0))
EVEN = Lights(key=DARK, fill=DARK, rims=(DARK, DARK), sky=(1, 1, 1), ground=(1, 1, 1))  # shows textures as they are
MATT = {"roughness": 1.0}


def camera_on(size: int = 64, azimuth: float = 0.0) -> Camera:
    """Sees exactly the square [-0.5, 0.5] x [0, 1]."""
    K = np.array([[size, 0, size / 2], [0, size, size / 2], [0, 0, 1]])
    eye = [3 * math.sin(azimuth), 0.5, 3 * math.cos(azimuth)]
    return Camera(look_at(eye, [0, 0.5, 0]), K, size, size, ortho=True)


def checker() -> np.ndarray:
    """Four different corners: red, green over blue, white."""
    image = np.zeros((64, 64, 3), np.uint8)
    image[:32, :32], image[:32, 32:] = (180, 0, 0), (0, 180, 0)
    image[32:, :32], image[32:, 32:] = (0, 0, 180), (180, 180, 180)
    return image


def test_a_texture_appears_upright_unmirrored_and_in_its_own_colours() -> None:
    renderer = MeshRenderer([card(Material("checker", texture=checker(), **MATT))], lights=EVEN)
    image = renderer.render(None, camera_on())
    for rows, columns, color in (
        (slice(4, 28), slice(4, 28), (180, 0, 0)),
        (slice(4, 28), slice(36, 60), (0, 180, 0)),
        (slice(36, 60), slice(4, 28), (0, 0, 180)),
        (slice(36, 60), slice(36, 60), (180, 180, 180)),
    ):
        assert image[rows, columns].mean((0, 1)) * 255 == pytest.approx(color, abs=14)


def test_a_red_shirt_stays_red_under_the_studio_lights() -> None:
    red = (0.74, 0.11, 0.12)
    texture = np.broadcast_to(np.round(np.array(red) * 255).astype(np.uint8), (8, 8, 3))
    renderer = MeshRenderer([card(Material("shirt", texture=np.ascontiguousarray(texture), roughness=0.85))])
    image = renderer.render(None, camera_on())
    assert image[20:44, 20:44].mean((0, 1)) == pytest.approx(red, abs=0.08)


def test_transparent_pictures_have_straight_alpha() -> None:
    renderer = MeshRenderer([sphere(Material("grey", (0.2, 0.2, 0.2, 1.0), **MATT))], lights=EVEN)
    camera = frame_points(renderer.parts[0].vertices, width=65, height=65)
    image = renderer.render(None, camera, transparent=True)
    alpha = image[..., 3]
    assert image.shape == (65, 65, 4)
    assert alpha[32, 32] == 1
    assert alpha[0, 0] == 0
    edge = (alpha > 0) & (alpha < 1)
    assert edge.any()
    # A premultiplied edge would fade to black.
    assert image[edge][:, 0].min() > 0.75 * image[32, 32, 0]


def test_edges_are_mixed_in_linear_light() -> None:
    half = card(Material("white", (1, 1, 1, 1), **MATT))
    shifted = [half.vertices + np.float32([0.5 / 64, 0, 0])]  # the left edge runs through the middle of column 0
    image = MeshRenderer([half], background=(0.0, 0.0, 0.0), lights=EVEN).render(shifted, camera_on())
    inside, edge = image[32, 8, 0], image[32, 0, 0]
    assert srgb_to_linear(edge) == pytest.approx(srgb_to_linear(inside) / 2, abs=0.02)


def test_a_plain_background_is_exact_and_the_studio_is_grey() -> None:
    camera = camera_on()
    small = [card(size=0.1, bottom=0.5)]
    image = MeshRenderer(small, background=(0.2, 0.4, 0.6)).render(None, camera)
    assert image[2, 2] == pytest.approx([0.2, 0.4, 0.6], abs=1e-3)
    studio = MeshRenderer(small).render(None, camera)[2, 2]
    assert np.ptp(studio) < 0.06
    assert 0.5 < studio.mean() < 0.95


def test_the_floor_is_dark_where_the_key_light_is_hidden_and_under_feet() -> None:
    ball = [sphere(Material("ball", (0.8, 0.8, 0.8, 1.0)))]
    camera = Camera(look_at([0, 2.5, 4], [0, 0.3, 0]), np.array([[240, 0, 120], [0, 240, 120], [0, 0, 1]]), 240, 240)
    renderer = MeshRenderer(ball)
    image, lifted = renderer.render(None, camera), renderer.render([ball[0].vertices + np.float32([0, 30, 0])], camera)

    def brightness(picture: np.ndarray, point: list[float]) -> float:
        column, row = camera.project([point])[0][0].astype(int)
        return float(picture[row - 2 : row + 3, column - 2 : column + 3].mean())

    key = renderer.lights.key
    away = -np.array([math.sin(key.azimuth), 0, math.cos(key.azimuth)])
    reach = 0.8 / math.tan(key.elevation)  # the shadow of a point 0.8 m high
    shadow, mirrored = list(away * reach), list(away * [-1, 0, 1] * reach)
    contact = [0.0, 0.0, 0.12]
    assert brightness(image, shadow) < 0.85 * brightness(lifted, shadow)
    assert brightness(image, mirrored) > 0.93 * brightness(lifted, mirrored)
    assert brightness(image, [0, 0, 0.55]) > brightness(image, contact)


def test_a_hand_casts_its_shadow_on_the_body() -> None:
    wall = card(Material("wall", (0.5, 0.5, 0.5, 1.0), **MATT), size=2, bottom=-0.5)
    hand = card(Material("hand", (0.5, 0.5, 0.5, 1.0), **MATT), size=0.2, z=0.3, bottom=0.4)
    sun = Light(0.0, math.radians(45), (1.0, 1.0, 1.0))
    lights = replace(EVEN, key=sun, sky=(0.1,) * 3, ground=(0.1,) * 3)
    image = MeshRenderer([wall, hand], lights=lights).render(None, camera_on())
    hand_row, shadow_row = 32, round(64 * (1 - (0.5 - 0.3)))  # light at 45 degrees: 0.3 m away is 0.3 m lower
    assert image[shadow_row, 32, 0] < 0.7 * image[shadow_row, 4, 0]
    assert image[hand_row, 4, 0] > 0.9 * image[hand_row, 32, 0]


def test_no_surface_shadows_itself() -> None:
    ball = sphere(Material("ball", (0.5, 0.5, 0.5, 1.0), **MATT))
    sun = Light(math.radians(-30), math.radians(30), (0.8, 0.8, 0.8))
    camera = frame_points(ball.vertices, width=128, height=128)
    lights = replace(EVEN, key=sun, sky=(0.1,) * 3, ground=(0.1,) * 3)
    renderer = MeshRenderer([ball], lights=lights)
    image, normals = renderer.render(None, camera, transparent=True)[..., 0], renderer.buffers(None, camera).normals
    towards = np.array([-math.sin(math.pi / 6) * math.cos(math.pi / 6), 0.5, math.cos(math.pi / 6) ** 2])
    facing = normals @ towards
    lit = (facing > 0.3) & (np.linalg.norm(normals, axis=-1) > 0)
    # Lambert: brightness follows the cosine, without dark specks.
    light = srgb_to_linear(image[lit])
    residual = light - np.polyval(np.polyfit(facing[lit], light, 2), facing[lit])
    assert np.abs(residual).max() < 0.03


def test_a_matt_surface_follows_wrapped_lambert() -> None:
    colors = np.zeros((4, 3), np.float32)
    colors[0] = 0.5
    rig = Rig(np.tile(np.float32([0, 0, 1]), (4, 1)), colors, np.zeros((2, 3), np.float32))
    for cosine in (-1.0, -0.5, -0.1, 0.0, 0.3, 0.6, 1.0):
        # The viewer stands where the surface reflects nothing.
        normal = tuple(np.float32([0, math.sqrt(1 - cosine**2), cosine]))
        albedo, one = tuple(np.float32([0.8, 0.4, 0])), np.float32(1)
        color = shade(lamps_of(rig), normal, normal, albedo, one, np.float32(0), one, one)
        direct = max(cosine, 0)
        creep = 0.7 * (np.clip((cosine + 0.22) / 1.22, 0, 1) - direct)
        assert color[0] == pytest.approx(0.8 * 0.5 * (direct + creep), abs=3e-3)
        assert color[1] == pytest.approx(0.4 * 0.5 * (direct + creep / 2), abs=3e-3)  # creeping light is tinted
        assert color[2] == pytest.approx(0, abs=3e-3)


def test_a_normal_map_tilts_the_light_the_gltf_way() -> None:
    def brightness(normal: tuple[float, float, float], azimuth: float, elevation: float) -> float:
        pixels = np.round((np.array(normal) * 0.5 + 0.5) * 255).astype(np.uint8)
        bumps = np.ascontiguousarray(np.broadcast_to(pixels, (4, 4, 3)))
        material = Material("bumps", (0.5, 0.5, 0.5, 1.0), normal_map=bumps, **MATT)
        sun = Light(azimuth, elevation, (1.0, 1.0, 1.0))
        lights = replace(EVEN, key=sun, sky=(0.0,) * 3, ground=(0.0,) * 3)
        return float(MeshRenderer([card(material)], lights=lights).render(None, camera_on(16))[8, 8, 0])

    up, right, flat = (0.0, 0.6, 0.8), (0.6, 0.0, 0.8), (0.0, 0.0, 1.0)
    above, from_the_right = (0.0, math.radians(50)), (math.radians(50), 0.0)
    assert brightness(up, *above) > brightness(flat, *above) + 0.05
    assert brightness(right, *from_the_right) > brightness(flat, *from_the_right) + 0.05
    assert brightness(up, *from_the_right) < brightness(flat, *from_the_right)


def test_double_sided_cloth_is_lit_on_both_sides() -> None:
    front, back = camera_on(16), camera_on(16, math.pi)
    open_cloth = MeshRenderer([card(Material("cloth", (0.5, 0.5, 0.5, 1.0), double_sided=True, **MATT))], (0, 0, 0))
    assert open_cloth.render(None, back)[8, 8] == pytest.approx(open_cloth.render(None, front)[8, 8], abs=0.02)
    closed = MeshRenderer([card(Material("skin", (0.5, 0.5, 0.5, 1.0), **MATT))], (0, 0, 0))
    assert not closed.render(None, back)[8, 8].any()


@pytest.mark.parametrize("mode", ["MASK", "BLEND"])
def test_holes_show_what_is_behind(mode: str) -> None:
    texture = np.full((32, 32, 4), 255, np.uint8)
    texture[:, 16:, 3] = 0
    hair = card(Material("hair", texture=texture, alpha_mode=mode, **MATT), z=0.1)
    wall = card(Material("wall", (0.0, 0.0, 0.5, 1.0), **MATT))
    image = MeshRenderer([hair, wall], lights=EVEN).render(None, camera_on())
    assert image[32, 16, 0] > 0.8
    assert image[32, 48, 0] < 0.2


def test_a_half_transparent_surface_is_mixed_about_evenly() -> None:
    texture = np.full((8, 8, 4), 255, np.uint8)
    texture[..., 3] = 128
    glass = card(Material("glass", texture=texture, alpha_mode="BLEND", **MATT))
    alpha = MeshRenderer([glass]).render(None, camera_on(), transparent=True)[8:56, 8:56, 3]
    assert alpha.mean() == pytest.approx(0.5, abs=0.02)
    assert alpha.std() < 0.15


def test_opaque_materials_ignore_alpha() -> None:
    texture = np.zeros((8, 8, 4), np.uint8)
    image = MeshRenderer([card(Material("solid", texture=texture))]).render(None, camera_on(16), transparent=True)
    assert (image[4:12, 4:12, 3] == 1).all()


def test_posed_vertices_move_the_picture_and_none_is_the_rest_again() -> None:
    renderer = MeshRenderer([card(size=0.4, bottom=0.3)], background=(0, 0, 0))
    rest = renderer.render(None, camera_on())
    moved = renderer.render([renderer.parts[0].vertices + np.float32([0.25, 0, 0])], camera_on())
    assert moved[:, 16:] == pytest.approx(rest[:, :-16], abs=0.02)
    assert renderer.render(None, camera_on()).tobytes() == rest.tobytes()


def test_the_number_of_threads_does_not_change_a_byte() -> None:
    texture = np.random.default_rng(0).integers(0, 256, (32, 32, 4), dtype=np.uint8)
    ball = sphere(Material("ball", texture=texture, alpha_mode="BLEND", double_sided=True))
    camera = frame_points(ball.vertices, 0.3, 0.2, 61, 47)
    everyone = numba.get_num_threads()
    pictures = []
    for threads in (1, everyone):
        numba.set_num_threads(threads)
        pictures.append(MeshRenderer([ball]).render(None, camera).tobytes())
    numba.set_num_threads(everyone)
    assert pictures[0] == pictures[1]


def test_the_lights_follow_the_camera() -> None:
    ball = sphere(Material("ball", (0.5, 0.5, 0.5, 1.0)))
    renderer = MeshRenderer([ball], background=(0, 0, 0))
    front = renderer.render(None, frame_points(ball.vertices, 0.0, width=48, height=48))
    aside = renderer.render(None, frame_points(ball.vertices, 1.3, width=48, height=48))
    assert np.abs(front - aside).mean() < 0.01


def test_buffers_name_parts_faces_and_places() -> None:
    parts = [card(size=0.5, bottom=0.25), card(Material("front"), size=0.2, z=0.2, bottom=0.4)]
    buffers = MeshRenderer(parts).buffers(None, camera_on())
    assert buffers.part_ids[32, 32] == 1
    assert buffers.part_ids[20, 20] == 0
    assert buffers.part_ids[2, 2] == -1
    assert set(np.unique(buffers.face_ids)) == {-1, 0, 1}
    assert buffers.depth[32, 32] == pytest.approx(2.8, abs=1e-4)
    assert buffers.normals[20, 20] == pytest.approx([0, 0, 1], abs=1e-6)
    u, v = buffers.uvs[20, 20]
    expected = [(20.5 / 64 - 0.25) / 0.5, (20.5 / 64 - 0.25) / 0.5]
    assert [u, v] == pytest.approx(expected, abs=1e-3)


def test_pinhole_and_parallel_cameras_see_the_same_from_afar() -> None:
    ball = sphere(Material("ball", (0.5, 0.4, 0.3, 1.0)))
    far = Camera(look_at([0, 0.5, 100], [0, 0.5, 0]), np.array([[6400, 0, 32], [0, 6400, 32], [0, 0, 1]]), 64, 64)
    renderer = MeshRenderer([ball], background=(0, 0, 0))
    assert np.abs(renderer.render(None, far) - renderer.render(None, camera_on())).mean() < 0.01


@pytest.mark.parametrize("supersample", [1, 2, 3])
def test_supersampling_refines_the_same_picture(supersample: int) -> None:
    ball = sphere(Material("ball", (0.5, 0.4, 0.3, 1.0)))
    camera = frame_points(ball.vertices, width=48, height=48)
    image = MeshRenderer([ball], supersample=supersample).render(None, camera)
    reference = MeshRenderer([ball], supersample=4).render(None, camera)
    assert np.abs(image - reference).mean() < 0.012


def test_bad_input_is_refused_in_one_line() -> None:
    renderer = MeshRenderer([card()])
    camera = camera_on(8)
    wrong_texture = card(Material("odd", texture=np.zeros((4, 4), np.uint8)))
    cases = [
        (lambda: MeshRenderer([]), "at least one mesh part"),
        (lambda: MeshRenderer([card()], background="beach"), "'beach' is not known"),
        (lambda: MeshRenderer([card()], background=(2, 0, 0)), "not an sRGB colour"),
        (lambda: MeshRenderer([card()], supersample=0), "supersample is 0"),
        (lambda: MeshRenderer([wrong_texture]), "texture must be uint8"),
        (lambda: MeshRenderer([part(np.zeros((3, 3)), [[0, 1, 7]])]), "faces must be"),
        (lambda: renderer.render([], camera), "0 vertex arrays for 1 parts"),
        (lambda: renderer.render([np.zeros((3, 3))], camera), "must be finite"),
        (lambda: renderer.render([np.full((4, 3), np.nan)], camera), "must be finite"),
    ]
    for make, message in cases:
        with pytest.raises(PersonifyError, match=message) as caught:
            make()
        assert "\n" not in str(caught.value)
