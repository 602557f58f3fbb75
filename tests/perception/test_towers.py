"""The image-text towers: protocol, files, tokens."""

import itertools

import numpy as np
import pytest
import torch

from personify.perception.labels import FIELDS, encode, visible
from personify.perception.portraits import View, over_background, part_prompt
from personify.perception.scoring import scores, signature, text_embeddings
from personify.perception.tokens import NUM_HASHES, split_words, tokenize, word_hashes
from personify.perception.towers import SmallImageText, TowerConfig
from personify.wardrobe import vocabulary as words
from personify.wardrobe.attributes import attributes_of
from personify.wardrobe.outfit import Garment, Hair, Outfit, Person

CONFIG = TowerConfig(widths=(8, 12, 16), depth=1, pools=2, text_width=16, text_layers=1, embedding=12, image_size=32)


@pytest.fixture(scope="module")
def model():
    torch.manual_seed(0)
    return SmallImageText(CONFIG).eval()


def test_attribute_logits_cover_the_vocabulary(model):
    logits = model.attribute_logits(model.encode_text(["a red shirt"]))
    assert {field: value.shape[1] for field, value in logits.items()} == {f: len(c) for f, c in FIELDS.items()}


def test_tokens_are_stable_and_in_range():
    assert word_hashes("dress") == word_hashes("dress")
    assert word_hashes("dress") != word_hashes("press")
    assert all(0 < number < NUM_HASHES for word in ("a", "t-shirt", "x" * 500) for number in word_hashes(word))


def test_a_typo_shares_most_of_its_letters():
    right, wrong, other = (set(word_hashes(word)[1:]) for word in ("trousers", "trouserss", "helmet"))
    assert len(right & wrong) > len(right) / 2 > len(right & other)


def test_tokenize_packs_each_word_once():
    hashes, offsets, indices = tokenize(["red shirt", "red", ""])
    assert len(offsets) == 3  # red, shirt, and the empty word
    assert indices.tolist() == [[0, 1], [0, -1], [2, -1]]
    assert int(offsets[-1]) < len(hashes)
    assert split_words("Blue T-Shirt; café!") == ["blue", "t-shirt", "caf"]


def test_labels_say_what_the_outfit_says():
    outfit = Outfit(Person(sex="male"), Hair("afro", "black"), (Garment("shirt", "red", "checked"),))
    labels = dict(zip(FIELDS, encode(attributes_of(outfit)), strict=True))
    assert FIELDS["top.color"][labels["top.color"]] == "red"
    assert FIELDS["top.pattern"][labels["top.pattern"]] == "checked"
    assert FIELDS["bottom.kind"][labels["bottom.kind"]] == "none"
    assert labels["bottom.color"] == -1


def test_every_garment_is_a_class():
    for kind, garment in words.GARMENTS.items():
        assert kind in FIELDS[f"{garment.slot}.kind"]


def test_what_views_can_show():
    assert visible("hair.color", "head", "front")
    assert not visible("bottom.color", "head", "front")
    assert not visible("bottom.color", "upper", "front")
    assert not visible("hair.beard", "full", "back")
    assert all(visible(field, "full", "front") for field in FIELDS)


@pytest.mark.parametrize(
    ("azimuth", "facing"), [(0, "front"), (0.9, "front"), (1.5, "side"), (-1.5, "side"), (3.1, "back"), (6.2, "front")]
)
def test_facing(azimuth, facing):
    assert View("full", azimuth).facing == facing


def test_part_prompts_differ_by_view():
    views = [View(region, azimuth) for region in ("full", "upper", "head") for azimuth in (0, 1.5, 3.1)]
    prompts = [part_prompt("a man", view) for view in views]
    assert all(prompt.endswith("a man") for prompt in prompts)
    assert prompts[0] == "a man"
    assert len(set(prompts)) >= 5


def test_background_shows_through_alpha():
    images = np.zeros((1, 2, 2, 4), np.uint8)
    images[0, 0, 0] = (255, 0, 0, 255)
    picture = over_background(images, 0.5)
    assert picture[0, 0, 0].tolist() == [1, 0, 0]
    assert picture[0, 1, 1].tolist() == [0.5, 0.5, 0.5]


def test_scores_are_weighted_cosines(model):
    texts = text_embeddings(model, ["a man", "a woman in a dress"])
    table = scores(texts, texts)
    assert torch.allclose(table.diagonal(), torch.ones(2), atol=1e-5)
    signatures = signature(texts)
    for i, j in itertools.product(range(2), repeat=2):
        assert float(signatures[i] @ signatures[j]) == pytest.approx(float(table[i, j]), abs=1e-5)
