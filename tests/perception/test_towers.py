"""The image-text towers: protocol, files, tokens."""

import itertools

import numpy as np
import pytest
import torch
from safetensors.torch import save_file

from personify.errors import PersonifyError
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


def test_embeddings_are_unit_vectors(model):
    images = torch.rand(3, 32, 32, 3, generator=torch.Generator().manual_seed(1))
    for embeddings in (model.encode_image(images), model.encode_text(["a", "red dress", ""])):
        assert embeddings.shape == (3, 12)
        assert torch.allclose(embeddings.norm(dim=1), torch.ones(3), atol=1e-5)


def test_other_sizes_are_resized(model):
    big = torch.rand(1, 96, 96, 3, generator=torch.Generator().manual_seed(2))
    small = torch.nn.functional.interpolate(big.movedim(-1, 1), (32, 32), mode="bilinear", antialias=True)
    expected = model.encode_image(small.movedim(1, -1))
    assert torch.allclose(model.encode_image(big), expected, atol=1e-5)


def test_a_text_does_not_depend_on_its_neighbours(model):
    alone = model.encode_text(["a man in a red shirt"])
    among = model.encode_text(["a woman", "a man in a red shirt", "somebody with a very long list of clothes on them"])
    assert torch.allclose(alone[0], among[1], atol=1e-5)


def test_gradient_reaches_the_image(model):
    images = torch.rand(1, 32, 32, 3, requires_grad=True)
    model.encode_image(images)[0, 0].backward()
    assert images.grad is not None
    assert images.grad.abs().sum() > 0


def test_save_and_load_agree(model, tmp_path):
    path = tmp_path / "model.safetensors"
    model.save(path, report="none")
    loaded = SmallImageText.load(path)
    assert loaded.config == model.config
    texts = ["a knight", "a girl in a yellow dress"]
    assert torch.allclose(loaded.encode_text(texts), model.encode_text(texts), atol=5e-3)  # half precision on disk
    assert not any(parameter.requires_grad for parameter in loaded.parameters())


@pytest.mark.parametrize("damage", ["missing", "truncated", "foreign", "noise"])
def test_bad_files_are_named(model, tmp_path, damage):
    path = tmp_path / "model.safetensors"
    if damage == "truncated":
        model.save(path)
        path.write_bytes(path.read_bytes()[:-100])
    elif damage == "foreign":
        save_file({"x": torch.zeros(1)}, path)
    elif damage == "noise":
        path.write_bytes(np.random.default_rng(0).bytes(500))
    with pytest.raises(PersonifyError, match=r"model\.safetensors"):
        SmallImageText.load(path)


@pytest.mark.parametrize("shape", [(32, 32, 3), (1, 3, 32, 32), (1, 32, 32, 4)])
def test_wrong_image_shapes_are_refused(model, shape):
    with pytest.raises(PersonifyError, match="images"):
        model.encode_image(torch.zeros(shape))


def test_no_texts_are_refused(model):
    with pytest.raises(PersonifyError, match="texts"):
        model.encode_text([])


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
