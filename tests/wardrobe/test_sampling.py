"""The prior: harmonious, plausible, varied, deterministic; and the flat attributes it works on."""

from collections import Counter
from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from personify.errors import PersonifyError
from personify.wardrobe import vocabulary as words
from personify.wardrobe.attributes import attributes_of, outfit_from, stature, typical_height
from personify.wardrobe.outfit import Person
from personify.wardrobe.palettes import DENIM, FOOTWEAR, PALETTES, USUAL, contrasting
from personify.wardrobe.sampling import sample_outfit, tasteful

MANY = [tasteful({}, seed) for seed in range(300)]


@settings(max_examples=40, deadline=None)
@given(st.integers(0, 2**32 - 1))
def test_attributes_and_outfit_are_inverses(seed):
    outfit = sample_outfit(Random(seed))
    assert outfit_from(attributes_of(outfit), outfit.seed) == outfit


@settings(max_examples=40, deadline=None)
@given(st.integers(0, 2**32 - 1), st.integers(0, 99))
def test_what_is_said_is_kept(seed, other):
    attributes = attributes_of(sample_outfit(Random(seed)))
    assert attributes_of(tasteful(attributes, other)).items() >= attributes.items()


def test_unknown_addresses_and_values_are_refused():
    with pytest.raises(PersonifyError, match=r"tail\.kind"):
        outfit_from({"tail.kind": "furry"})
    with pytest.raises(PersonifyError, match="chartreuse"):
        outfit_from({"top.kind": "shirt", "top.color": "chartreuse"})


def test_both_sexes_and_most_ages_and_skins_occur():
    assert 0.35 < sum(outfit.person.sex == "male" for outfit in MANY) / len(MANY) < 0.65
    assert {outfit.person.age_group for outfit in MANY} == {"young adult", "middle-aged", "elderly"}
    assert len({outfit.person.skin for outfit in MANY}) == 8
    assert not {"green", "blue", "grey"} & {outfit.person.skin for outfit in MANY}


def test_colours_are_harmonious():
    for outfit in MANY:
        top, bottom, feet = outfit.worn("top"), outfit.worn("bottom"), outfit.worn("feet")
        if top and bottom and not outfit.worn("outer"):
            assert top.color != bottom.color
        if bottom and bottom.kind == "jeans":
            assert bottom.color in DENIM
        assert feet.color in FOOTWEAR[feet.kind]
        strong = {"red", "orange", "yellow", "green", "purple", "magenta", "pink", "teal"}
        assert len({garment.color for garment in outfit.garments} & strong) <= 2


def test_ages_show_in_the_hair_and_only_grown_men_have_beards():
    old = Counter(outfit.hair.color for outfit in MANY if outfit.person.age > 66)
    assert old["grey"] + old["white"] >= 0.8 * old.total()
    for outfit in MANY:
        assert outfit.hair.beard == "none" or (outfit.person.sex == "male" and outfit.person.age >= 20)
        assert outfit.person.age > 40 or outfit.hair.color not in ("grey", "white")


def test_a_suit_is_one_cloth():
    for seed in range(20):
        outfit = tasteful({"outer.kind": "suit jacket", "outer.color": "navy", "outer.pattern": "pinstriped"}, seed)
        assert outfit.worn("bottom").kind == "trousers"
        assert (outfit.worn("bottom").color, outfit.worn("bottom").pattern) == ("navy", "pinstriped")


@pytest.mark.parametrize("seed", range(4))
def test_a_pattern_known_by_its_colours_has_them_unless_told_otherwise(seed):
    trousers = tasteful({"bottom.kind": "trousers", "bottom.pattern": "camouflage"}, seed).worn("bottom")
    assert (trousers.color, trousers.accent) == ("olive", "black")
    blue = tasteful({"bottom.kind": "trousers", "bottom.pattern": "camouflage", "bottom.color": "blue"}, seed)
    assert blue.worn("bottom").color == "blue"
    allover = tasteful({"full.kind": "dress", "full.pattern": "leopard", "clothes.color": "pink"}, seed)
    assert allover.worn("full").color == "pink"


def test_one_colour_all_over_leaves_no_room_for_patterns():
    for seed in range(30):
        outfit = tasteful({"person.sex": "female", "clothes.color": "black"}, seed)
        assert {garment.pattern for garment in outfit.garments} == {"plain"}


def test_the_broad_prior_reaches_every_kind_and_colour():
    random = Random(11)
    garments = [garment for _ in range(2500) for garment in sample_outfit(random).garments]
    assert {garment.kind for garment in garments} == set(words.GARMENTS)
    assert {garment.color for garment in garments} == set(words.COLORS)


@pytest.mark.parametrize("sex", words.SEXES)
def test_typical_heights_grow_and_then_shrink(sex):
    heights = [typical_height(sex, age)[0] for age in range(4, 19)]
    assert heights == sorted(heights)
    assert typical_height(sex, 85)[0] < typical_height(sex, 40)[0]
    assert stature(Person(sex=sex, age=30, height=typical_height(sex, 30)[0])) == "average"


def test_palettes_and_usual_colours_are_in_the_vocabulary():
    known = set(words.COLORS)
    assert {color for palette in PALETTES for color in palette} <= known
    assert {color for colors in (*USUAL.values(), *FOOTWEAR.values(), DENIM) for color in colors} <= known
    assert set(USUAL) | set(FOOTWEAR) <= set(words.GARMENTS)
    assert all(color not in contrasting(color) for color in known)


def test_hair_tells_women_from_men_where_nothing_was_said():
    hair = {sex: Counter(tasteful({"person.sex": sex}, seed).hair.style for seed in range(150)) for sex in words.SEXES}
    boyish = ("short", "side part", "quiff", "buzz", "bald")
    assert sum(hair["female"][style] for style in boyish) < 0.15 * 150
    assert sum(hair["male"][style] for style in boyish) > 0.6 * 150


def test_nobody_fair_has_an_afro_unasked():
    for seed in range(150):
        outfit = tasteful({"person.skin": "fair", "person.age": 10.0}, seed)
        assert outfit.hair.style != "afro"
    assert tasteful({"person.skin": "fair", "hair.style": "afro"}).hair.style == "afro"
