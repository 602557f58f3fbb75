"""What the judge learns to read from: every claim true, every claim told."""

import random
import sys
from pathlib import Path

import pytest

from personify.perception.labels import FINE_FIELDS
from personify.wardrobe.outfit import Garment, Hair, Outfit, Person
from personify.wardrobe.sampling import sample_outfit

sys.path.insert(0, str(Path(__file__).parents[1] / "tools"))
from judge_texts import join, roughen, write

GARMENTS = (
    Garment("jacket", "purple", material="wool"),
    Garment("skirt", "green", "floral"),
    Garment("boots", "black"),
)
OUTFIT = Outfit(Person("female", 70, 163, "heavy"), Hair("curly", "grey"), GARMENTS)
SHORN = Outfit(Person("male", 30, 178), Hair("bald"), (Garment("jacket", "purple", material="leather"),))


def texts(outfit, look="", count=300):
    rng = random.Random(0)
    return [write(outfit, look, rng) for _ in range(count)]


def test_the_same_seed_writes_the_same():
    assert texts(OUTFIT, count=20) == texts(OUTFIT, count=20)


def test_nothing_is_told_that_is_no_field():
    rng = random.Random(1)
    for _ in range(100):
        text, told, role = write(sample_outfit(rng), "", rng)
        assert text
        assert told <= set(FINE_FIELDS)
        assert not role


def test_words_that_imply_more_are_used_only_where_it_is_true():
    assert any("cardigan" in text for text, _, _ in texts(OUTFIT))
    assert not any("cardigan" in text for text, _, _ in texts(SHORN))


@pytest.mark.parametrize(
    ("word", "field"), [("curl", "hair.style"), ("purple", "outer.color"), ("flor", "bottom.pattern")]
)
def test_what_is_said_is_told(word, field):
    said = [told for text, told, _ in texts(OUTFIT) if word in text]
    assert said
    assert all(field in told for told in said)


def test_absent_things_are_absent():
    for text, told, _ in texts(OUTFIT):
        assert "barefoot" not in text
        assert not any(f"{word} shoes" in text for word in ("no", "without"))
        assert ("hatless" in text) <= ("head.kind" in told)


def test_roles_are_named_by_any_of_their_names():
    written = texts(OUTFIT, "pirate")
    named = [(text, told) for text, told, role in written if role]
    assert any("buccaneer" in text for text, _ in named)
    assert all("feet.kind" in told for _, told in named)
    assert not any("pirate" in text for text, _, role in written if not role)


def test_joining_loses_nothing():
    for seed in range(20):
        text = join("a man", ["a hat", "boots"], random.Random(seed))
        assert all(part in text for part in ("a man", "a hat", "boots"))


def test_roughened_texts_stay_close():
    text = "a woman in a green dress with brown boots"
    rough = [roughen(text, random.Random(seed)) for seed in range(40)]
    assert text in rough
    assert len(set(rough)) > 5
    assert all(abs(len(one) - len(text)) < 20 for one in rough)
