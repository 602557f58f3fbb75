"""From a partial description to a whole person."""

import pytest

from personify.text.complete import complete
from personify.text.reader import read
from personify.wardrobe.attributes import attributes_of
from personify.wardrobe.looks import looks

TEXTS = ["a man", "a woman in a red dress", "an old lady", "a boy with a cap", "jeans", "a bearded person", "overalls",
         "a businesswoman in heels", "a girl with pigtails in shorts", "someone wearing a hat and a scarf"]  # fmt: skip


@pytest.mark.parametrize("text", TEXTS)
def test_same_reading_and_seed_give_the_same_person_and_seeds_vary(text):
    reading = read(None, text)
    assert complete(reading, 7) == complete(reading, 7)
    assert len({complete(reading, seed) for seed in range(12)}) == 12


@pytest.mark.parametrize("text", TEXTS)
def test_everybody_is_dressed_head_to_toe(text):
    for seed in range(12):
        outfit = complete(read(None, text), seed)
        full = outfit.worn("full")
        assert full or (outfit.worn("top") and outfit.worn("bottom"))
        assert not (full and outfit.worn("bottom"))
        assert bool(outfit.worn("top")) != bool(full and full.kind != "overalls")
        assert outfit.worn("feet")


def test_mentioned_attributes_are_exactly_as_read():
    for name in list(looks())[::7]:
        reading = read(None, f"a {name} with green eyes in a purple jacket, brown leather boots, no hat")
        attributes = attributes_of(complete(reading, 5))
        assert attributes["person.eyes"] == "green"
        assert (attributes["outer.kind"], attributes["outer.color"]) == ("jacket", "purple")
        assert (attributes["feet.kind"], attributes["feet.material"]) == ("boots", "leather")
        assert attributes["head.kind"] == "none"


def test_the_look_fills_what_was_not_said():
    pirate = complete(read(None, "a pirate in a green coat"), 2)
    assert pirate.worn("outer").color == "green"
    assert pirate.worn("eyes").kind == "eye patch"
    assert complete(read(None, "a pirate without an eye patch"), 2).worn("eyes") is None


def test_a_garment_said_replaces_the_one_of_the_look_with_its_colours():
    knight = complete(read(None, "a knight in jeans"), 0)
    assert knight.worn("bottom").kind == "jeans"
    assert knight.worn("bottom").material is None
    assert complete(read(None, "a wizard in trousers"), 0).worn("full") is None
    assert complete(read(None, "a soldier in a dress"), 0).worn("top") is None


def test_another_word_changes_little_else():
    plain = attributes_of(complete(read(None, "a man in a blue shirt"), 9))
    bearded = attributes_of(complete(read(None, "a bearded man in a blue shirt"), 9))
    assert {key for key in plain if plain[key] != bearded.get(key)} <= {"hair.beard"}


def test_dressed_all_in_one_colour():
    outfit = complete(read(None, "a woman dressed all in black"), 4)
    assert {garment.color for garment in outfit.garments} == {"black"}


def test_hints_come_before_taste_and_after_words():
    hinted = complete(read(None, "a man in a red shirt"), 0, {"top.color": "blue", "bottom.kind": "shorts"})
    assert hinted.worn("top").color == "red"
    assert hinted.worn("bottom").kind == "shorts"


@pytest.mark.parametrize(
    ("text", "low", "high"),
    [
        ("a tall man", 183, 196),
        ("a short man", 155, 169),
        ("a very tall woman", 177, 190),
        ("a 6-year-old boy", 105, 130),
    ],
)
def test_heights_fit_sex_age_and_words(text, low, high):
    for seed in range(8):
        assert low <= complete(read(None, text), seed).person.height <= high


def test_young_people_have_no_beard_and_women_neither():
    for seed in range(20):
        assert complete(read(None, "a teenage boy"), seed).hair.beard == "none"
        assert complete(read(None, "a lumberjack woman"), seed).hair.beard == "none"
