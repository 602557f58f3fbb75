from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numba import njit

from personify.color import linear_to_srgb, srgb_to_linear
from personify.render import textures as kernels
from personify.render.color import DECODE, encode
from personify.render.textures import Textures, pack_textures


def test_srgb_matches_the_standard_and_round_trips() -> None:
    # IEC 61966-2-1: the linear part, and middle grey.
    assert float(srgb_to_linear(0.04)) == pytest.approx(0.04 / 12.92)
    assert float(srgb_to_linear(0.5)) == pytest.approx(0.21404114, abs=1e-6)
    values = np.linspace(0, 1, 4097)
    assert linear_to_srgb(srgb_to_linear(values)) == pytest.approx(values, abs=1e-5)
    assert pytest.approx(srgb_to_linear(np.arange(256) / 255), abs=1e-7) == DECODE


def test_the_encoding_table_is_as_good_as_the_formula() -> None:
    @njit
    def encode_all(values: np.ndarray) -> np.ndarray:
        return np.array([encode(value) for value in values])

    values = np.concatenate([np.linspace(0, 0.01, 500), np.linspace(0, 1, 2000)])
    assert encode_all(values.astype(np.float32)) == pytest.approx(linear_to_srgb(values), abs=2e-4)
    assert encode_all(np.float32([-1.0, 2.0])) == pytest.approx([0, 1])


def sample_color(textures: Textures, texture: int, lod: float, u: float, v: float) -> tuple[float, float, float]:
    texels, levels, counts = textures
    place = (np.float32(lod), np.float32(u), np.float32(v))
    color: tuple[float, float, float] = kernels.sample_color(texels, levels, counts, texture, *place)
    return color


def sample_value(textures: Textures, texture: int, lod: float, u: float, v: float, channel: int) -> float:
    texels, levels, counts = textures
    place = (np.float32(lod), np.float32(u), np.float32(v))
    return float(kernels.sample_value(texels, levels, counts, texture, *place, channel))


def bilinear(image: np.ndarray, u: float, v: float) -> np.ndarray:
    """Plain reference: linear light, texel centres at half, clamped at the border."""
    height, width = image.shape[:2]
    linear = srgb_to_linear(image[..., :3] / 255)
    x, y = np.clip(u * width - 0.5, 0, width - 1), np.clip(v * height - 0.5, 0, height - 1)
    x0, y0 = int(x), int(y)
    x1, y1 = min(x0 + 1, width - 1), min(y0 + 1, height - 1)
    top = linear[y0, x0] * (1 - x + x0) + linear[y0, x1] * (x - x0)
    bottom = linear[y1, x0] * (1 - x + x0) + linear[y1, x1] * (x - x0)
    return top * (1 - y + y0) + bottom * (y - y0)


@settings(max_examples=40, deadline=None)
@given(st.integers(0, 2**31), st.floats(0, 1), st.floats(0, 1))
def test_lookup_agrees_with_the_reference(seed: int, u: float, v: float) -> None:
    image = np.random.default_rng(seed).integers(0, 256, (7, 12, 3), dtype=np.uint8)
    textures = pack_textures([np.zeros((3, 3, 3), np.uint8), image], ["color", "color"])
    assert sample_color(textures, 1, 0.0, u, v) == pytest.approx(bilinear(image, u, v), abs=1e-5)
    assert sample_value(textures, 1, 0.0, u, v, 3) == pytest.approx(1)


def test_mipmaps_average_light_and_end_in_one_texel() -> None:
    board = np.zeros((16, 64, 3), np.uint8)
    board[:, ::2] = 255
    textures = pack_textures([board], ["color"])
    assert textures.counts[0] == 7
    assert textures.levels[0, 6, 1:].tolist() == [1, 1]
    for lod in (1.0, 2.5, 6.0, 99.0):
        assert sample_color(textures, 0, lod, 0.4, 0.6) == pytest.approx([0.5] * 3, abs=3e-3)


@settings(max_examples=20, deadline=None)
@given(st.integers(1, 40), st.integers(1, 40), st.integers(0, 255))
def test_a_plain_texture_stays_plain_at_every_size_and_level(width: int, height: int, value: int) -> None:
    textures = pack_textures([np.full((height, width, 3), value, np.uint8)], ["color"])
    for lod in range(7):
        expected = [float(srgb_to_linear(value / 255))] * 3
        assert sample_color(textures, 0, float(lod), 0.3, 0.8) == pytest.approx(expected, abs=4e-3)


def test_transparent_texels_do_not_bleed_into_coarse_levels() -> None:
    image = np.zeros((8, 8, 4), np.uint8)  # transparent black
    image[:4, :4] = (200, 100, 50, 255)
    textures = pack_textures([image], ["color"])
    color = sample_color(textures, 0, 3.0, 0.5, 0.5)
    assert color == pytest.approx(srgb_to_linear(np.array([200, 100, 50]) / 255), abs=0.01)
    assert sample_value(textures, 0, 3.0, 0.5, 0.5, 3) == pytest.approx(0.25, abs=0.01)


def test_a_mask_is_cut_before_it_is_averaged() -> None:
    image = np.full((8, 8, 4), 120, np.uint8)  # alpha just under the cut ...
    image[:, :4, 3] = 140  # ... and just over it
    textures = pack_textures([image], ["mask"])
    assert sample_value(textures, 0, 3.0, 0.5, 0.5, 3) == pytest.approx(0.5, abs=0.01)


def test_normal_maps_are_not_gamma_encoded() -> None:
    image = np.zeros((2, 2, 3), np.uint8)
    image[:, 0] = 255
    textures = pack_textures([image], ["normal"])
    assert sample_value(textures, 0, 1.0, 0.5, 0.5, 0) == pytest.approx(0.5, abs=3e-3)
