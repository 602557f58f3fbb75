from __future__ import annotations

import io

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from personify.body.mesh import Material
from personify.color import linear_to_srgb, srgb_to_linear
from personify.errors import PersonifyError
from personify.export.textures import encode_png, surface_colors, tinted_texture


@settings(max_examples=20, deadline=None)
@given(st.integers(1, 9), st.integers(1, 9), st.sampled_from([(), (3,), (4,)]), st.integers(0, 99))
def test_png_keeps_every_pixel(height, width, channels, seed):
    image = np.random.default_rng(seed).integers(0, 256, (height, width, *channels), np.uint8)
    np.testing.assert_array_equal(np.asarray(Image.open(io.BytesIO(encode_png(image)))), image)


@pytest.mark.parametrize("image", [np.zeros((4, 4, 3)), np.zeros((4, 4, 2), np.uint8), np.zeros((0, 4, 3), np.uint8)])
def test_what_is_no_image_is_refused(image):
    with pytest.raises(PersonifyError, match="expected uint8"):
        encode_png(image)


def test_srgb_round_trip_and_known_values():
    levels = np.arange(256, dtype=np.float32) / 255
    np.testing.assert_allclose(linear_to_srgb(srgb_to_linear(levels)), levels, atol=2e-6)
    np.testing.assert_allclose(srgb_to_linear(np.float32([0.5, 0.02])), [0.21404, 0.02 / 12.92], atol=1e-5)


def test_blending_happens_in_linear_light():
    texture = np.array([[[0, 0, 0], [255, 255, 255]]], np.uint8)
    colors = surface_colors(Material("m", texture=texture), np.float32([[0.5, 0.5], [0, 0], [1, 1]]))
    assert colors[:, 0].tolist() == [188, 0, 255]  # half the light is sRGB 188, not 128


def test_a_flat_material_has_its_base_color_everywhere():
    colors = surface_colors(Material("m", base_color=(1.0, 0.2159, 0.0, 0.5)), np.zeros((2, 2), np.float32))
    assert colors.tolist() == [[255, 128, 0, 128]] * 2


def test_tinting_by_white_changes_nothing_and_keeps_no_copy():
    texture = np.random.default_rng(0).integers(0, 256, (5, 5, 3), np.uint8)
    np.testing.assert_array_equal(tinted_texture(Material("m", texture=texture)), texture)
    with pytest.raises(PersonifyError, match="no texture"):
        tinted_texture(Material("m"))


def test_tinting_scales_alpha_linearly():
    texture = np.full((2, 2, 4), 200, np.uint8)
    tinted = tinted_texture(Material("m", base_color=(1, 1, 1, 0.5), texture=texture, alpha_mode="BLEND"))
    assert tinted[0, 0].tolist() == [200, 200, 200, 100]
