"""Captions and the reader are inverses of each other."""

from random import Random

import pytest

from personify.text.complete import complete
from personify.text.reader import read
from personify.wardrobe import vocabulary as words
from personify.wardrobe.attributes import attributes_of
from personify.wardrobe.caption import VIEWS, article, caption
from personify.wardrobe.outfit import Garment, Hair, Outfit, Person
from personify.wardrobe.sampling import sample_outfit

RANDOM = Random(20)
PEOPLE = [sample_outfit(RANDOM) for _ in range(320)]
CAPTIONS = [caption(outfit, RANDOM) for outfit in PEOPLE]


def test_what_a_caption_mentions_is_true():
    for outfit, one in zip(PEOPLE, CAPTIONS, strict=True):
        assert one.mentioned.items() <= attributes_of(outfit).items()


def test_reading_a_caption_recovers_everything_it_mentions():
    lost = {}
    for one in CAPTIONS:
        reading = read(None, one.text)
        attributes = attributes_of(complete(reading, 0))
        missing = {key: value for key, value in one.mentioned.items() if attributes.get(key) != value}
        if missing or reading.not_understood:
            lost[one.text] = (missing, reading.not_understood)
    assert lost == {}


def test_captions_vary_and_repeat_with_the_seed():
    texts = {caption(PEOPLE[0], Random(seed)).text for seed in range(20)}
    assert len(texts) >= 18
    assert caption(PEOPLE[0], Random(5)) == caption(PEOPLE[0], Random(5))


def test_only_what_is_asked_for_is_mentioned():
    outfit = Outfit(Person(sex="male"), Hair(beard="goatee"), (Garment("coat", "red", "checked"), Garment("boots")))
    wanted = {"person.sex", "outer.kind", "outer.color"}
    for seed in range(20):
        one = caption(outfit, Random(seed), mention=wanted, view="full")
        assert set(one.mentioned) == wanted
        assert not {"goatee", "boots", "checked"} & set(one.text.replace(",", "").split())


@pytest.mark.parametrize("view", VIEWS)
def test_a_view_speaks_only_of_what_it_shows(view):
    _, slots, face = VIEWS[view]
    for seed, outfit in enumerate(PEOPLE[:60]):
        mentioned = caption(outfit, Random(seed), view=view).mentioned
        owners = {address.partition(".")[0] for address in mentioned} - {"person", "hair"}
        assert owners <= set(slots)
        assert face or not {"person.eyes", "person.expression", "hair.beard"} & mentioned.keys()


def test_the_grammar_uses_every_word_of_the_vocabulary():
    random = Random(3)
    mentioned = {}
    for _ in range(1500):
        for address, value in caption(sample_outfit(random), random).mentioned.items():
            mentioned.setdefault(address.partition(".")[2], set()).add(value)
    for name, table in (("build", words.BUILDS), ("pattern", words.PATTERNS), ("style", words.HAIR_STYLES),
                        ("beard", words.BEARDS), ("age_group", words.AGE_GROUPS), ("expression", words.EXPRESSIONS),
                        ("skin", words.SKIN_TONES), ("kind", words.GARMENTS)):  # fmt: skip
        assert set(table) <= mentioned[name], name


@pytest.mark.parametrize(
    ("phrase", "expected"),
    [
        ("orange apron", "an orange apron"),
        ("red dress", "a red dress"),
        ("boots", "boots"),
        ("grey armour", "grey armour"),
    ],
)
def test_articles(phrase, expected):
    assert article(phrase) == expected
