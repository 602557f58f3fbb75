"""What a text says: binding, negation, contradictions, bad input."""

import json
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from personify.errors import PersonifyError
from personify.text.complete import complete
from personify.text.lexicon import lexicon
from personify.text.reader import LONGEST_TEXT, check_text, read, split_text
from personify.wardrobe import synonyms
from personify.wardrobe.attributes import attributes_of, satisfies

FOLDER = Path(__file__).parent

GRAMMAR_WORDS = ("and", "with", "no", ",", "in", "over", "a", "zorblax", ".")
VOCABULARY = [*sorted(" ".join(phrase) for phrase in lexicon()), *GRAMMAR_WORDS * 20]


def said(text):
    return read(None, text).attributes


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("a red shirt and blue jeans", {"top.color": "red", "bottom.color": "blue"}),
        ("blue jeans with a red shirt", {"top.color": "red", "bottom.color": "blue"}),
        ("shirt in red, jeans in blue", {"top.color": "red", "bottom.color": "blue"}),
        ("shirt red, jeans blue", {"top.color": "red", "bottom.color": "blue"}),
        ("shirt: red; jeans: blue", {"top.color": "red", "bottom.color": "blue"}),
        ("a shirt that is red and jeans which are blue", {"top.color": "red", "bottom.color": "blue"}),
        ("a black and white striped sweater", {"top.color": "black", "top.accent": "white", "top.pattern": "striped"}),
        ("sweater with black and white stripes", {"top.color": "black", "top.accent": "white"}),
        ("white t-shirt with a red logo", {"top.color": "white", "top.accent": "red", "top.pattern": "logo"}),
        ("blue coat with gold buttons", {"outer.color": "blue", "outer.accent": "gold"}),
        ("brown hair and brown shoes", {"hair.color": "brown", "feet.color": "brown"}),
        ("red hair, green eyes and a blue dress", {"hair.color": "red", "person.eyes": "green", "full.color": "blue"}),
        ("short hair, short skirt, short woman",
         {"hair.style": "short", "bottom.length": "mini", "person.stature": "short"}),
        ("slim man in slim trousers", {"person.build": "slim", "bottom.fit": "slim"}),
        ("dark skin, dark hair, dark coat",
         {"person.skin": "dark", "hair.color": "dark brown", "outer.color": "charcoal"}),
        ("a red coat with matching shoes", {"outer.color": "red", "feet.color": "red"}),
        ("tall, slim, bald, red shirt", {"person.build": "slim", "top.color": "red"}),
        ("her hair is long and red, her eyes are blue",
         {"hair.style": "long", "hair.color": "red", "person.eyes": "blue", "person.sex": "female"}),
    ],
)  # fmt: skip
def test_adjectives_bind_to_their_noun(text, expected):
    assert said(text).items() >= expected.items()


@pytest.mark.parametrize(
    "text", ["holding a red balloon", "a man riding a brown horse", "a dog on a blue leash", "with a green parrot"]
)
def test_adjectives_of_unknown_things_dress_nobody(text):
    reading = read(None, text)
    assert not any(address.endswith(".color") for address in reading.attributes)
    assert reading.not_understood


def test_unknown_phrases_are_reported_whole():
    assert read(None, "a knight holding a sword").not_understood == ["holding a sword"]


@pytest.mark.parametrize(
    ("text", "address", "value"),
    [
        ("without a hat", "head.kind", "none"), ("no hat", "head.kind", "none"), ("hat off", "head.kind", "none"),
        ("not wearing glasses", "eyes.kind", "none"), ("isn't wearing glasses", "eyes.kind", "none"),
        ("no shoes", "feet.kind", "none"), ("barefoot", "feet.kind", "none"),
        ("no shoes or socks", "legs.kind", "none"),
        ("clean-shaven", "hair.beard", "none"), ("beardless", "hair.beard", "none"), ("no beard", "hair.beard", "none"),
        ("no hair", "hair.style", "bald"), ("dress without sleeves", "full.sleeves", "none"),
        ("not smiling", "person.expression", "neutral"),
    ],
)  # fmt: skip
def test_negation(text, address, value):
    assert said(f"a person, {text}")[address] == value
    assert (
        attributes_of(complete(read(None, f"a person, {text}"), 1)).get(address) == value or address == "full.sleeves"
    )


def test_negation_ends_where_the_next_thing_begins():
    attributes = said("no hat and blue jeans, a beard")
    assert attributes["head.kind"] == "none"
    assert attributes["bottom.color"] == "blue"
    assert attributes["hair.beard"] == "full beard"


def test_a_person_is_not_undressed():
    reading = read(None, "a woman without trousers")
    assert "bottom.kind" not in reading.attributes
    assert reading.not_understood == ["no trousers"]
    assert "top.kind" not in said("a shirtless boy")
    assert said("a shirtless man")["top.kind"] == "none"


def test_the_last_word_wins_and_is_reported():
    reading = read(None, "a man with blue jeans, a tall man with green trousers and brown hair, black hair")
    assert reading.attributes["bottom.kind"] == "trousers"
    assert reading.attributes["hair.color"] == "black"
    assert len(reading.conflicts) == 2


def test_the_garment_on_top_wins():
    assert said("a jumper over a white shirt")["top.kind"] == "sweater"
    assert said("a shirt under a jumper")["top.kind"] == "sweater"
    both = said("a jacket over a white shirt")
    assert (both["outer.kind"], both["top.kind"], both["top.color"]) == ("jacket", "shirt", "white")


def test_a_dress_replaces_top_and_bottom_and_leggings_show_below_it():
    attributes = said("black leggings under a grey dress")
    assert attributes["full.color"] == "grey"
    assert (attributes["legs.kind"], attributes["legs.color"]) == ("stockings", "black")
    assert "bottom.kind" not in attributes


def test_sets_share_their_colour_but_not_the_tie():
    white = said("a white tuxedo")
    assert (white["outer.color"], white["bottom.color"], white["neck.color"]) == ("white", "white", "black")


def test_what_is_said_outright_beats_what_a_word_implies():
    assert said("a raincoat")["outer.color"] == "yellow"
    assert said("a pink raincoat")["outer.color"] == "pink"
    assert said("her brother")["person.sex"] == "male"


def test_shape_and_look_are_one_person():
    reading = read("a tall slim woman", "red dress")
    assert reading.attributes["person.stature"] == "tall"
    assert reading.attributes["full.color"] == "red"
    assert any("red" in line for line in reading.understood)


@pytest.mark.parametrize("table", ["COLORS", "PATTERNS", "MATERIALS", "FITS", "GARMENTS", "BUILDS", "AGE_GROUPS",
                                   "STATURES", "EYE_COLORS", "HAIR_COLORS", "EXPRESSIONS", "LENGTHS",
                                   "SLEEVES"])  # fmt: skip
def test_every_synonym_is_in_the_lexicon(table):
    from personify.text.lexicon import key

    phrases = [phrase for phrases in getattr(synonyms, table).values() for phrase in phrases]
    assert [phrase for phrase in phrases if key(phrase) not in lexicon()] == []


@settings(max_examples=80, deadline=None)
@given(st.text(max_size=LONGEST_TEXT // 4))
def test_any_text_is_read_without_a_crash(text):
    reading = read(None, text)
    assert all(isinstance(line, str) for line in reading.understood)
    complete(reading, 0)
    split_text(text)


@settings(max_examples=80, deadline=None)
@given(st.lists(st.sampled_from(VOCABULARY), max_size=14))
def test_any_order_of_known_words_makes_a_person(words):
    reading = read(None, " ".join(words))
    attributes = attributes_of(complete(reading, 3))
    kept = {address: value for address, value in reading.attributes.items() if address in attributes}
    assert {address: attributes[address] for address in kept} == kept


@pytest.mark.parametrize("text", ["", "   ", "\n\t", "x" * (LONGEST_TEXT + 1), None, 3])
def test_bad_text_is_refused_in_one_line(text):
    with pytest.raises(PersonifyError, match=r"^look: [^\n]*(expected|describe)[^\n]*$"):
        check_text("look", text)


def test_good_text_is_stripped():
    assert check_text("look", "  a man ") == "a man"


@pytest.mark.parametrize("file", ["prompts.json", "prompts_more.json"])
def test_prompts_of_strangers_are_fulfilled(file):
    checks = [
        satisfies(attributes_of(complete(read(None, entry["prompt"]), seed)), addresses, wanted)
        for entry in json.loads((FOLDER / file).read_text(encoding="utf-8"))
        for addresses, wanted in entry["expected"].items()
        for seed in (0, 1)
    ]
    assert sum(checks) / len(checks) >= 0.98


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("a tall man in a red shirt waving", ("tall man", "a tall man in a red shirt", "waving")),
        ("a woman dancing ballet in a white dress", ("woman", "a woman in a white dress", "dancing ballet")),
        ("a knight walks slowly", (None, "a knight", "walks slowly")),
        ("a running man", ("man", "a man", "running")),
        ("man in running shoes", ("man", "man in running shoes", None)),
        ("A firefighter runs, then jumps and waves.", (None, "A firefighter.", "runs, jumps and waves")),
        ("jumping", (None, None, "jumping")),
        ("red dress", (None, "red dress", None)),
        ("", (None, None, None)),
    ],
)
def test_one_sentence_is_split_in_three(text, expected):
    assert split_text(text) == expected
