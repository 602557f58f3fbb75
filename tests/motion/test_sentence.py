"""Clauses, their order and their small words."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from personify.motion.sentence import clauses


def said(text):
    return [" ".join(clause.words) for clause in clauses(text)]


@pytest.mark.parametrize(("text", "order"), [
    ("walk, then sit", ["walk", "sit"]), ("walk and then sit. wave", ["walk", "sit", "wave"]),
    ("sit after the walk", ["the walk", "sit"]), ("after walking, sit", ["walking", "sit"]),
    ("wave before bowing", ["wave", "bowing"]), ("before bowing, wave", ["wave", "bowing"]),
    ("walk while waving", ["walk", "waving"]), ("finally bow", ["bow"]),
])  # fmt: skip
def test_order(text, order):
    assert said(text) == order


def test_what_goes_together():
    walk, wave = clauses("walk while waving")
    assert not walk.together
    assert wave.together
    assert [clause.follows for clause in clauses("walk and wave, then sit")] == [True, False, True]


@pytest.mark.parametrize(("text", "field", "value"), [
    ("jump twice", "count", 2), ("jump 7 times", "count", 7), ("do three push ups", "count", 3), ("raise two hands",
    "count", None),
    ("walk for ten seconds", "seconds", 10.0), ("walk for 1 minute", "seconds", 60.0), ("turn 45 degrees", "degrees",
    45.0),
    ("take five steps", "steps", 5), ("walk slowly", "speed", 0.7), ("walk quickly", "speed", 1.35), ("walk sadly",
    "style", "sad"),
    ("run on the spot", "in_place", True), ("dance on a loop", "loop", True), ("wave the right hand", "side", "right"),
    ("walk backwards", "direction", "backward"), ("walk in circles", "direction", "circle"),
])  # fmt: skip
def test_small_words(text, field, value):
    (clause,) = clauses(text)
    assert getattr(clause, field) == value


def test_very_is_more():
    (slow,), (very,) = clauses("walk slowly"), clauses("walk very slowly")
    assert very.speed < slow.speed < 1


def test_a_clause_takes_over_what_another_adds():
    first, second = clauses("walk, slowly to the left")
    both = first.adjusted_by(second)
    assert (both.speed, both.side) == (0.7, "left")


@settings(max_examples=60, deadline=None)
@given(st.text(max_size=80))
def test_any_text_has_clauses(text):
    assert all(clause.words for clause in clauses(text))
