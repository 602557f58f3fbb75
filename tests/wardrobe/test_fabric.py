"""Painted cloth: named colours stay themselves, patterns have their scale, normals are unit, bytes repeat."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from personify.errors import PersonifyError
from personify.wardrobe import vocabulary as words
from personify.wardrobe.fabric import (
    PatternMap,
    accent_of,
    bake_pattern,
    border_distance,
    color_of,
    normal_map,
    paint,
    solid,
    texel_metres,
)
from personify.wardrobe.outfit import Garment
from personify.wardrobe.patterns import PATTERNS, Region
from personify.wardrobe.weaves import WEAVES, weave_of

SIZE, METRES = 128, 0.64


def panel(region: Region = Region.FRONT, size: int = SIZE) -> PatternMap:
    """A square cut from the chest, 5 mm per texel at the default size."""
    places = (np.arange(size) + 0.5) / size * METRES
    s, t = np.meshgrid(places - METRES / 2, places)
    canonical = np.stack([s, 1.5 - t, np.full_like(s, 0.12)], -1)
    mask = np.zeros((size, size), bool)
    mask[4:-4, 4:-4] = True
    fields = (np.stack([s, t], -1), canonical, METRES - t)
    st_, canonical, edge = (np.ascontiguousarray(field, np.float32) for field in fields)
    return PatternMap(st_, canonical, edge, np.full((size, size), int(region)), mask)


def albedo(garment: Garment, seed: int = 0, region: Region = Region.FRONT) -> np.ndarray:
    """Colours well inside the panel, away from seams."""
    texture = paint(garment, panel(region), seed, SIZE).texture
    assert texture is not None
    return texture[16:-16, 16:-16].reshape(-1, 3) / 255


def test_every_word_of_the_vocabulary_has_a_painter() -> None:
    assert set(PATTERNS) == set(words.PATTERNS)
    assert set(WEAVES) == set(words.MATERIALS)
    assert all(accent_of(Garment("t-shirt", color)).shape == (3,) for color in words.COLORS)


@pytest.mark.parametrize("color", words.COLORS)
def test_plain_cloth_has_the_colour_it_is_named_for(color: str) -> None:
    mean = albedo(Garment("t-shirt", color)).mean(0)
    nearest = min(words.COLORS, key=lambda name: float(np.abs(mean - words.COLORS[name]).sum()))
    assert nearest == color


@pytest.mark.parametrize("pattern", [name for name in words.PATTERNS if name != "plain"])
def test_patterns_keep_the_main_colour_and_add_others(pattern: str) -> None:
    garment = Garment("t-shirt", "gold" if pattern == "leopard" else "blue", pattern)
    colors = albedo(garment)
    distance = np.abs(colors - color_of(garment, 0)).max(1)
    assert (distance < 0.12).mean() > 0.08  # the named colour is there
    assert (distance > 0.15).mean() > 0.01  # and so is something else


def test_stripes_repeat_every_few_centimetres() -> None:
    texture = paint(Garment("t-shirt", "white", "striped", accent="navy"), panel(), 0, SIZE).texture
    assert texture is not None
    dark = texture[8:-8, SIZE // 2].mean(1) < 128
    changes = int(np.abs(np.diff(dark.astype(int))).sum())
    period = 2 * 0.56 / changes
    assert 0.035 < period < 0.07


def test_stripes_run_across_and_pinstripes_along() -> None:
    striped = paint(Garment("t-shirt", "white", "striped", accent="navy"), panel(), 0, SIZE).texture
    pinstriped = paint(Garment("shirt", "navy", "pinstriped", accent="white"), panel(), 0, SIZE).texture
    assert striped is not None
    assert pinstriped is not None
    vary = [
        np.abs(np.diff(t[20:-20, 20:-20].astype(float).mean((axis, 2)))).mean()
        for t in (striped, pinstriped)
        for axis in (0, 1)
    ]
    assert vary[0] < 0.2 * vary[1]
    assert vary[3] < 0.2 * vary[2]


def test_a_pattern_finer_than_the_texture_is_drawn_coarser_instead_of_greying_out() -> None:
    coarse = panel(size=32)
    texture = paint(Garment("t-shirt", "white", "houndstooth", accent="black"), coarse, 0, 32).texture
    assert texture is not None
    assert texture[6:-6, 6:-6].std() > 60


def test_a_logo_sits_on_the_chest_only() -> None:
    front, back = (
        albedo(Garment("t-shirt", "black", "logo", accent="white"), region=r) for r in (Region.FRONT, Region.COLLAR)
    )
    assert 0.002 < (front.mean(1) > 0.6).mean() < 0.1
    assert (back.mean(1) > 0.6).mean() == 0


def test_an_accent_without_pattern_colours_the_trim() -> None:
    garment = Garment("t-shirt", "white", accent="red")
    assert np.abs(albedo(garment, region=Region.CUFF).mean(0) - words.COLORS["red"]).max() < 0.1
    assert np.abs(albedo(garment).mean(0) - words.COLORS["white"]).max() < 0.1


@given(seed=st.integers(0, 2**32 - 1), color=st.sampled_from(list(words.COLORS)))
@settings(max_examples=30, deadline=None)
def test_the_seed_moves_a_colour_by_no_more_than_four_percent(seed: int, color: str) -> None:
    assert np.abs(color_of(Garment("t-shirt", color), seed) - words.COLORS[color]).max() <= 0.04


@pytest.mark.parametrize("material", words.MATERIALS)
def test_materials_are_subtle_and_their_normals_unit(material: str) -> None:
    look = paint(Garment("jacket", "grey", material=material), panel(), 3, SIZE)
    assert look.texture is not None
    assert look.normal_map is not None
    assert look.double_sided
    mean = look.texture[16:-16, 16:-16].mean((0, 1)) / 255
    assert np.abs(mean - words.COLORS["grey"]).max() < 0.08
    normals = look.normal_map.astype(float) / 127.5 - 1
    assert np.abs(np.linalg.norm(normals, axis=-1) - 1).max() < 0.02
    assert normals[..., 2].min() > 0.4


def test_only_metal_is_metallic_and_silk_shines_more_than_cotton() -> None:
    assert [name for name in words.MATERIALS if weave_of("jacket", name).metallic > 0] == ["metal"]
    assert weave_of("blouse", "silk").roughness < weave_of("blouse", "cotton").roughness
    assert weave_of("sweater", "wool") is not weave_of("coat", "wool")


def test_painting_is_deterministic_and_seeded() -> None:
    first, again, other = (paint(Garment("dress", "pink", "floral"), panel(), seed, SIZE) for seed in (5, 5, 6))
    assert first.texture is not None
    assert first.normal_map is not None
    assert np.array_equal(first.texture, again.texture)
    assert np.array_equal(first.normal_map, again.normal_map)
    assert not np.array_equal(first.texture, other.texture)


def test_seams_are_a_little_darker_than_the_middle() -> None:
    texture = paint(Garment("t-shirt", "grey"), panel(), 0, SIZE).texture
    assert texture is not None
    seam, middle = texture[4:-4, 4].mean(), texture[40:-40, 40:-40].mean()
    assert 0.8 * middle < seam < 0.97 * middle


def test_normals_lean_away_from_a_slope() -> None:
    rows, columns = np.mgrid[0:16, 0:16].astype(np.float32)
    right, down = (normal_map(0.0005 * ramp, 0.001)[8, 8].astype(int) for ramp in (columns, rows))
    assert right[0] < 100 < 120 < right[1] < 135  # rises to the right: leans left
    assert down[1] > 150  # rises downwards: leans up, which is green
    assert (normal_map(np.zeros((8, 8), np.float32), 0.001) == [128, 128, 255]).all()


def test_border_distance_agrees_with_the_exact_one() -> None:
    from scipy.ndimage import distance_transform_edt

    mask = np.zeros((40, 40), bool)
    mask[5:30, 8:35] = True
    exact = distance_transform_edt(mask)
    assert np.abs(border_distance(mask) - exact).max() < 0.09 * exact.max()


def test_texel_metres_measures_the_cloth() -> None:
    assert texel_metres(panel()) == pytest.approx(METRES / SIZE, rel=1e-3)


def test_bake_pattern_carries_coordinates_and_regions() -> None:
    uvs = np.array([[0.1, 0.1], [0.9, 0.1], [0.9, 0.9], [0.1, 0.9]])
    faces = np.array([[0, 1, 2], [0, 2, 3]])
    canonical = np.column_stack([uvs, np.zeros(4)])
    pattern = bake_pattern(uvs, faces, 2 * uvs, canonical, uvs[:, 1] - 0.1, np.full(4, int(Region.CUFF)), 64)
    middle = pattern.st[32, 32]
    assert middle == pytest.approx([2 * 32.5 / 64] * 2, abs=1e-3)
    assert (pattern.region == Region.CUFF).all()
    assert (pattern.edge >= 0).all()


def test_a_pattern_map_of_the_wrong_size_is_refused() -> None:
    with pytest.raises(PersonifyError, match=r"pattern_map: \[128, 128\].*expected \[64, 64\]"):
        paint(Garment("t-shirt", "red"), panel(), 0, 64)


def test_solid_takes_srgb_and_stores_linear() -> None:
    assert solid("x", (0.5, 0.0, 1.0)).base_color == pytest.approx((0.214, 0.0, 1.0, 1.0), abs=1e-3)


def test_checks_have_three_tones_and_the_named_colour_more_than_its_accent() -> None:
    garment = Garment("shirt", "red", "checked", accent="white")
    colors, red, white = albedo(garment), color_of(garment, 0), np.array(words.COLORS["white"])
    tones = [float((np.abs(colors - tone).max(1) < 0.09).mean()) for tone in (red, (red + white) / 2, white)]
    assert sum(tones) > 0.6  # the rest are texels on borders
    assert tones[0] > 1.5 * tones[2] > 0.05
    assert tones[1] > tones[2]
