"""Texts and the actions they mean."""

import numpy as np
import pytest

from personify.motion.catalogue import ENTRIES
from personify.motion.matching import CONFIDENT, Matcher, TextEncoder, library_matcher
from personify.motion.words import words_of


@pytest.fixture(scope="module")
def matcher():
    return library_matcher()


def test_directions_are_unit_vectors_whatever_the_order():
    encoder = TextEncoder.shipped()
    one, other = encoder.encode(["climb", "ladder"]), encoder.encode(["ladder", "climb"])
    np.testing.assert_allclose(one, other, atol=1e-6)
    assert np.linalg.norm(one) == pytest.approx(1, abs=1e-5)
    assert not encoder.encode(["zzz", "qqq"]).any()


def test_left_and_right_mean_the_same_action(matcher):
    for text in ("raise the left hand", "kick with the left leg", "look left", "step to the left"):
        left, right = matcher.ranked(text), matcher.ranked(text.replace("left", "right"))
        assert left == right


@pytest.mark.parametrize("text", ["quantum physics", "xylophoning zebras", "a purple hat"])
def test_unrelated_texts_are_not_confident(matcher, text):
    assert matcher.ranked(text)[0].fit < CONFIDENT


def test_phrases_lead_to_their_own_action(matcher):
    wrong = [
        (entry.name, phrase)
        for entry in ENTRIES[::5]
        for phrase in entry.phrases.split(", ")
        if matcher.ranked(phrase)[0].name != entry.name
    ]
    assert len(wrong) <= 10, wrong


def test_settings_count_less_than_deeds(matcher):
    assert matcher.ranked("waving in the rain")[0].name == "wave_hello"


def test_and_inside_a_phrase_does_not_separate():
    matcher = Matcher({"rest": ["sit down and stand up"], "walk": ["walk"]})
    assert matcher.joining(words_of("sit down and stand up")) == {2}
    assert matcher.joining(words_of("sit down and walk")) == set()


def test_new_actions_need_no_training():
    matcher = Matcher({"toast": ["raise a glass of wine"], "serve": ["carry a tray"]})
    assert matcher.ranked("raising her glass")[0].name == "toast"
