"""The judge as it is in the repository: it tells people apart by what is said of them."""

from pathlib import Path

import pytest
import torch

from personify.perception.evidence import EvidenceImageText, real_classes
from personify.perception.labels import FINE_FIELDS
from personify.perception.portraits import over_background, take_portraits
from personify.perception.scoring import portrait_embeddings, scores, text_embeddings
from personify.text.sculpt.painting import paint
from personify.text.sculpt.restraint import garment_of
from personify.text.sculpt.substances import find_substance
from personify.wardrobe.dress import dress
from personify.wardrobe.outfit import Garment, Hair, Outfit, Person

TEXTS = ("a man with a beard in a red checked shirt and blue jeans", "girl, blond, long yellow dress, white sneakers",
         "bald man in a black suit jacket and black trousers, sunglasses")  # fmt: skip
PEOPLE = (
    Outfit(Person("male", 35, 178), Hair("short", "brown", "full beard"),
           (Garment("shirt", "red", "checked"), Garment("jeans", "blue"), Garment("shoes", "brown"))),
    Outfit(Person("female", 10, 138), Hair("long", "blond"),
           (Garment("dress", "yellow", length="long"), Garment("sneakers", "white"))),
    Outfit(Person("male", 45, 180), Hair("bald", "black"),
           (Garment("shirt", "white"), Garment("suit jacket", "black"), Garment("trousers", "black"),
            Garment("shoes", "black"), Garment("sunglasses", "black"))),
)  # fmt: skip


@pytest.fixture(scope="module")
def judge():
    return EvidenceImageText.load(Path(__file__).parents[2] / "tools/judge.safetensors")


@pytest.fixture(scope="module")
def portraits():
    return [take_portraits(*dress(outfit, 128)) for outfit in PEOPLE]


def test_everybody_is_told_from_the_others(judge, portraits):
    pictures = torch.stack([portrait_embeddings(judge, one) for one in portraits])
    table = scores(pictures, text_embeddings(judge, TEXTS))
    assert table.argmax(1).tolist() == [0, 1, 2]
    assert table.argmax(0).tolist() == [0, 1, 2]


def test_it_names_colours(judge, portraits):
    fields = list(FINE_FIELDS)
    for one, field, color in ((0, "top.color", "red"), (1, "full.color", "yellow"), (0, "bottom.color", "blue")):
        seen = judge.attributes(torch.from_numpy(over_background(portraits[one])))
        assert FINE_FIELDS[field][int(seen[0, fields.index(field)].argmax())] == color


def test_it_knows_lava_that_another_painted(judge, portraits):
    """Not a texture of its own lessons, but what sculpting paints with."""
    skeleton, parts = dress(PEOPLE[2], 128)
    lava = find_substance("a man made of lava", [])
    painted = [
        part if part.material.texture is None or garment_of(part.name) is None else paint(part, lava) for part in parts
    ]
    pictures = torch.stack(
        [portrait_embeddings(judge, one) for one in (portraits[2], take_portraits(skeleton, painted))]
    )
    plain, made = scores(pictures, text_embeddings(judge, ["a man in a suit made of lava"]))[:, 0]
    assert made > plain + 0.01


def test_texts_ask_for_what_they_name(judge):
    weights = torch.full(real_classes().shape, -1.0)
    weights[real_classes()] = judge.text(["a woman in a green dress"])[0, :-1]
    asked = {field: classes[int(weights[k].argmax())] for k, (field, classes) in enumerate(FINE_FIELDS.items())}
    assert (asked["person.sex"], asked["full.kind"], asked["full.color"]) == ("female", "dress", "green")
