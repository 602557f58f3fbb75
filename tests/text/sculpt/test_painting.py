"""Substances on garments: what of a garment stays visible, and metal in sheets."""

from dataclasses import replace

import numpy as np
import pytest

from personify.text.sculpt.grains import GRAINS
from personify.text.sculpt.painting import is_golden, paint
from personify.text.sculpt.plates import plate
from personify.text.sculpt.substances import find_substance, is_clad, is_made
from personify.wardrobe.dress import dress
from personify.wardrobe.outfit import Garment, Outfit, Person

ICE, GOLD, SILVER = (find_substance(f"made of {word}", []) for word in ("ice", "gold", "silver"))


@pytest.fixture(scope="module")
def wearer():
    clothes = (Garment("dress", "purple"), Garment("crown", "gold"), Garment("belt", "black"))
    return dress(Outfit(Person("female"), garments=clothes), 128)


@pytest.fixture(scope="module")
def gown(wearer):
    return next(part for part in wearer[1] if part.name == "dress")


def striped(part, color):
    """The part with a flat texture and one coloured band."""
    texture = np.full((128, 128, 3), (110, 50, 138), np.uint8)
    texture[40:56] = color
    return replace(part, material=replace(part.material, texture=texture))


def test_trim_stays_visible_and_gold_stays_gold(gown):
    flat = paint(striped(gown, (110, 50, 138)), ICE, seed=1, gilt=True).material.texture.astype(int)
    white = paint(striped(gown, (240, 240, 240)), ICE, seed=1, gilt=True).material.texture.astype(int)
    gold = paint(striped(gown, (204, 158, 56)), ICE, seed=1, gilt=True).material.texture.astype(int)
    solid = paint(striped(gown, (204, 158, 56)), ICE, seed=1).material.texture.astype(int)
    band, far = np.s_[44:52], np.s_[80:]
    assert np.array_equal(flat[far], white[far])
    assert white[band].std(axis=(0, 1)).max() < flat[band].std(axis=(0, 1)).max() + 1
    assert np.abs(gold[band].mean((0, 1)) - (204, 158, 56)).max() < 12
    assert solid[band].mean((0, 1))[2] > 200  # without gilt the band is frost


def test_shadows_of_the_garment_are_no_trim(gown):
    light = paint(striped(gown, (110, 50, 138)), ICE, seed=1).material.texture.astype(float)
    dark = paint(striped(gown, (83, 38, 104)), ICE, seed=1).material.texture.astype(float)
    ratio = dark[44:52].mean() / light[44:52].mean()
    assert 0.65 < ratio < 0.95


def test_hems_have_the_colour_of_the_edge(gown):
    plain = replace(ICE, reach=1e-4)
    frosted, bare = (paint(gown, one, seed=1).material.texture.astype(int) for one in (ICE, plain))
    brighter = (frosted.min(-1) > bare.min(-1) + 10).mean()
    assert 0.02 < brighter < 0.6


def test_relief_follows_the_grain(gown):
    smooth = paint(gown, replace(ICE, depth=0.0)).material.normal_map
    assert np.array_equal(smooth, gown.material.normal_map)
    rough = paint(gown, ICE).material.normal_map
    assert not np.array_equal(rough, smooth)
    lengths = np.linalg.norm(rough / 127.5 - 1, axis=-1)
    assert np.abs(lengths - 1).max() < 0.03


def test_woven_metal_shines_less_than_sheets(gown):
    cloth, sheet = (paint(gown, GOLD, woven=woven).material for woven in (True, False))
    assert 0 < cloth.metallic < 0.5 < sheet.metallic
    assert cloth.roughness > sheet.roughness
    assert paint(gown, ICE, woven=True).material.metallic == 0


def test_gold_is_known_when_seen(wearer):
    golden = {part.name for part in wearer[1] if is_golden(part)}
    assert {"crown", "crown rim"} <= golden
    assert not {"dress", "belt", "skin", "eyes"} & golden


@pytest.mark.parametrize("name", list(GRAINS))
def test_a_grain_depends_on_the_place_alone(name):
    places = np.random.default_rng(1).uniform(-0.5, 0.5, (400, 3)).astype(np.float32)
    whole, half = GRAINS[name](places, 3), GRAINS[name](places[::2], 3)
    assert half == pytest.approx(whole[::2], abs=1e-5)


def test_sheets_of_metal_have_seams_and_keep_their_shape(wearer, gown):
    skeleton = wearer[0]
    sheet = plate(gown, skeleton)
    assert sheet.vertices is gown.vertices
    assert (sheet.material.texture.astype(int) <= gown.material.texture).all()
    assert not np.array_equal(sheet.material.normal_map, gown.material.normal_map)
    rims = plate(gown, skeleton, panels=False).material.normal_map
    changed = [(one != gown.material.normal_map).any(-1).mean() for one in (sheet.material.normal_map, rims)]
    assert 0 < changed[1] < changed[0]
    bare = replace(gown, material=replace(gown.material, normal_map=None))
    assert plate(bare, skeleton) is bare


def test_words_tell_what_is_worn_from_what_somebody_is():
    assert is_made("a knight made out of red hot lava")
    assert is_made("a bronze statue made of bronze")
    assert not is_made("a queen of fire")
    assert is_clad("a woman clad in silver, with a crown")
    assert not is_clad("a man dressed in black trousers")
    assert not is_clad("a statue of gold, dressed in silver")
    assert find_substance("a man made of ice with golden buttons", []) is ICE
    assert find_substance("a statue of iron", []) is SILVER
