"""Tokens, numbers in words, typing mistakes; heights and ages."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from personify.text.lexicon import known_words, lexicon
from personify.text.measures import LIMITS, read_measures
from personify.text.words import correct, digits, edit_distance, tokenise


@settings(max_examples=60, deadline=None)
@given(st.text(max_size=60))
def test_tokenise_is_stable_on_its_own_output(text):
    tokens = tokenise(text)
    assert tokenise(" ".join(tokens)) == tokens


@settings(max_examples=60, deadline=None)
@given(st.text("abcd", max_size=6), st.text("abcd", max_size=6), st.text("abcd", max_size=6))
def test_edit_distance_is_symmetric_and_bounded(a, b, c):
    assert edit_distance(a, b) == edit_distance(b, a)
    assert (edit_distance(a, b) == 0) == (a == b)
    assert abs(len(a) - len(b)) <= edit_distance(a, b) <= max(len(a), len(b))
    assert edit_distance(c + a, c + b) <= edit_distance(a, b)


def test_words_of_the_lexicon_are_never_corrected():
    known = known_words()
    assert [word for word in known if correct(word, known) != word] == []


@pytest.mark.parametrize("word", ["boat", "good", "best", "goat", "class", "talk", "shore", "month", "blank", "press"])
def test_everyday_words_stay_what_they_are(word):
    assert correct(word, known_words()) == word


@pytest.mark.parametrize(
    ("typed", "meant"),
    [("shrit", "shirt"), ("balck", "black"), ("jaket", "jacket"), ("sunglases", "sunglasses"), ("trowsers", "trousers"),
     ("moustach", "moustache"), ("swaeter", "sweater"), ("sneekers", "sneakers"), ("ponytial", "ponytail")],
)  # fmt: skip
def test_slips_of_the_keyboard_are_understood(typed, meant):
    assert correct(typed, known_words()) == meant


def test_no_phrase_is_longer_than_the_reader_looks():
    from personify.text.grammar import LONGEST_PHRASE

    assert max(map(len, lexicon())) <= LONGEST_PHRASE


@pytest.mark.parametrize("text", ["a one-piece suit", "two-tone", "three piece"])
def test_numbers_without_a_unit_stay_words(text):
    assert digits(text) == text


@pytest.mark.parametrize(
    ("text", "height"),
    [("185 cm", 185), ("185cm tall", 185), ("1.85 m", 185), ("1,85 m", 185), ("1m85", 185), ("6 feet 2", 187.96),
     ("6'2\"", 187.96), ("six feet tall", 182.88), ("5 foot 11 inches", 180.34), ("5ft4", 162.56), ("20 feet", 230)],
)  # fmt: skip
def test_heights(text, height):
    assert read_measures(f"a man, {text}")[0] == {"person.height": pytest.approx(height)}


@pytest.mark.parametrize(
    ("text", "age"),
    [("25 year old", 25), ("twenty five years old", 25), ("aged 40", 40), ("in his fifties", 55),
     ("a man, 33, bald", 33), ("in her late thirties", 38), ("in their early 20s", 22), ("70 yo", 70),
     ("500 years old", 95), ("2 yrs", 4)],
)  # fmt: skip
def test_ages(text, age):
    assert read_measures(text)[0] == {"person.age": age}


def test_a_value_out_of_range_is_moved_and_reported():
    found, _, notes = read_measures("a 400 years old vampire, 5 m tall")
    assert found == {"person.age": LIMITS["person.age"][1], "person.height": LIMITS["person.height"][1]}
    assert len(notes) == 2
    assert "400 is out of range" in notes[1] or "400 is out of range" in notes[0]


def test_a_length_of_a_thing_is_no_height():
    assert read_measures("a 120 cm long scarf")[0] == {}
