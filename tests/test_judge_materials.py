"""The judge's lessons in lava and ice: varied, seeded, and only where they should be."""

import random
import sys
from pathlib import Path

import numpy as np
import pytest

from personify.perception.labels import FINE_FIELDS, MADE_OF, encode_finely
from personify.wardrobe.dress import dress
from personify.wardrobe.outfit import Garment, Hair, Outfit, Person

sys.path.insert(0, str(Path(__file__).parents[1] / "tools"))
from judge_materials import GRAINS, STUFFS, Made, draw_made, remake
from judge_texts import write

OUTFIT = Outfit(Person("female", 30), Hair("long", "blond"), (Garment("dress", "red"), Garment("boots", "black")))
MADE = Made("lava", ("full",))


@pytest.fixture(scope="module")
def parts():
    return dress(OUTFIT, 64)[1]


@pytest.mark.parametrize("name", list(GRAINS))
def test_grains_vary_from_place_to_place_and_from_seed_to_seed(name):
    places = np.random.default_rng(0).uniform((-0.4, 0, -0.2), (0.4, 1.8, 0.2), (40, 40, 3)).astype(np.float32)
    levels = [GRAINS[name](np.random.default_rng(seed))(places) for seed in (1, 1, 2)]
    assert levels[0].shape == (40, 40)
    assert np.isfinite(levels[0]).all()
    assert np.array_equal(levels[0], levels[1])
    assert not np.allclose(levels[0], levels[2])
    assert np.ptp(levels[0].clip(0, 1)) > 0.05


def test_every_material_of_the_field_can_be_made_and_said():
    assert list(STUFFS) == list(MADE_OF[1:])
    for stuff in STUFFS.values():
        assert set(stuff.grains.split()) <= set(GRAINS)
        assert all((stuff.things, stuff.adjectives, stuff.places))


def test_only_the_named_garments_change(parts):
    made = remake(parts, MADE, np.random.default_rng(3))
    changed = {new.name for old, new in zip(parts, made, strict=True) if new.material is not old.material}
    assert "dress" in changed
    assert all(name.startswith("dress") for name in changed)
    for old, new in zip(parts, made, strict=True):
        assert new.vertices is old.vertices


def test_a_whole_person_is_made_of_it_too_and_hair_stays_hair(parts):
    made = remake(parts, Made("ice", ("full", "feet"), body=True), np.random.default_rng(4))
    pairs = {old.name: (old.material.texture, new.material.texture) for old, new in zip(parts, made, strict=True)}
    assert not np.array_equal(*(texture[..., :3].mean((0, 1)) for texture in pairs["skin"]))
    assert pairs["hair"][1].shape[2] == 4


def test_what_is_painted_over_is_neither_labelled_nor_told():
    assert {"full.color", "full.material"} <= MADE.hidden
    assert "full.kind" not in MADE.hidden
    rng = random.Random(0)
    written = [write(OUTFIT, "", rng, MADE) for _ in range(200)]
    assert not any(told & MADE.hidden for _, told, _ in written)
    assert not any("red dress" in text for text, _, _ in written)
    named = [text for text, told, _ in written if "made of" in told]
    assert len(named) > 100
    assert any("lava" in text for text in named)


def test_the_draw_fits_the_outfit_and_survives_json():
    for seed in range(20):
        made = draw_made(OUTFIT, np.random.default_rng(seed))
        assert set(made.slots) <= {"full", "feet"}
        assert Made.from_json(made.to_json()) == made
    assert Made.from_json("") == Made()


def test_cloth_is_plain_and_metal_says_nothing():
    field = list(FINE_FIELDS).index("made of")
    knight = Outfit(garments=(Garment("shirt", "silver", material="metal"),))
    assert encode_finely(OUTFIT)[field] == MADE_OF.index("plain")
    assert encode_finely(knight)[field] == -1
