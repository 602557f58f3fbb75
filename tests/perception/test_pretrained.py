"""Models of ``transformers`` behind our protocol, with tiny random ones written to a folder."""

import json

import pytest
import torch

from personify.errors import PersonifyError
from personify.perception.pretrained import PretrainedImageText, load_image_text
from personify.perception.towers import SmallImageText, TowerConfig

transformers = pytest.importorskip("transformers")
tokenizers = pytest.importorskip("tokenizers")

VISION = {"hidden_size": 16, "intermediate_size": 32, "num_hidden_layers": 2, "num_attention_heads": 2,
          "image_size": 32, "patch_size": 8}  # fmt: skip
TEXT = {"vocab_size": 40, "hidden_size": 16, "intermediate_size": 32, "num_hidden_layers": 2,
        "num_attention_heads": 2, "max_position_embeddings": 12}  # fmt: skip
WORDS = ["[PAD]", "[UNK]", "[BOS]", "[EOS]", "a", "man", "woman", "in", "red", "blue", "shirt", "dress"]


def write_model(folder, kind):
    torch.manual_seed(0)
    text = {**TEXT, "bos_token_id": 2, "eos_token_id": 3, "pad_token_id": 0}
    if kind == "clip":
        config = transformers.CLIPConfig(text_config=text, vision_config=VISION, projection_dim=10)
        model = transformers.CLIPModel(config)
    else:
        config = transformers.SiglipConfig(text_config=text, vision_config=VISION)
        model = transformers.SiglipModel(config)
    model.save_pretrained(folder)
    words = tokenizers.Tokenizer(tokenizers.models.WordLevel({w: k for k, w in enumerate(WORDS)}, unk_token="[UNK]"))
    words.pre_tokenizer = tokenizers.pre_tokenizers.Whitespace()
    words.post_processor = tokenizers.processors.TemplateProcessing(
        single="[BOS] $A [EOS]", special_tokens=[("[BOS]", 2), ("[EOS]", 3)]
    )
    fast = transformers.PreTrainedTokenizerFast(
        tokenizer_object=words, pad_token="[PAD]", unk_token="[UNK]", bos_token="[BOS]", eos_token="[EOS]"
    )
    fast.save_pretrained(folder)
    return model.eval()


@pytest.fixture(params=["clip", "siglip"])
def kind(request):
    return request.param


@pytest.fixture
def folder(tmp_path, kind):
    write_model(tmp_path, kind)
    return tmp_path


def test_embeddings_are_the_networks_own(tmp_path, kind):
    network = write_model(tmp_path, kind)
    model = PretrainedImageText(tmp_path)
    images = torch.rand(2, 32, 32, 3, generator=torch.Generator().manual_seed(0))
    # Independently: CLIP's published statistics, or [-1, 1] for SigLIP.
    mean, deviation = (
        (torch.tensor([0.48145466, 0.4578275, 0.40821073]), torch.tensor([0.26862954, 0.26130258, 0.27577711]))
        if kind == "clip"
        else (torch.tensor(0.5), torch.tensor(0.5))
    )
    with torch.no_grad():
        raw = network.vision_model(pixel_values=((images - mean) / deviation).movedim(-1, 1)).pooler_output
        expected = network.visual_projection(raw) if kind == "clip" else raw
    got = model.encode_image(images)
    torch.testing.assert_close(got, expected / expected.norm(dim=-1, keepdim=True), atol=1e-5, rtol=0)
    texts = model.encode_text(["a man in red shirt", "a woman"])
    assert texts.shape == got.shape
    torch.testing.assert_close(texts.norm(dim=-1), torch.ones(2))


def test_a_text_does_not_depend_on_its_neighbours(folder):
    model = PretrainedImageText(folder)
    alone = model.encode_text(["a man"])
    together = model.encode_text(["a man", "a woman in blue dress"])[:1]
    torch.testing.assert_close(alone, together, atol=1e-5, rtol=0)


def test_gradients_reach_the_pixels_at_any_size(folder):
    model = PretrainedImageText(folder)
    images = torch.rand(1, 50, 41, 3, generator=torch.Generator().manual_seed(1)).requires_grad_()
    (model.encode_image(images) @ model.encode_text(["a man"]).T).sum().backward()
    assert images.grad is not None
    assert (images.grad.abs().sum((0, 1)) > 0).any()


def test_the_folders_own_statistics_win(tmp_path):
    write_model(tmp_path, "clip")
    images = torch.rand(1, 32, 32, 3, generator=torch.Generator().manual_seed(2))
    before = PretrainedImageText(tmp_path).encode_image(images)
    values = {"image_mean": [0.0, 0.0, 0.0], "image_std": [1.0, 1.0, 1.0]}
    (tmp_path / "preprocessor_config.json").write_text(json.dumps(values))
    after = PretrainedImageText(tmp_path).encode_image(images)
    assert (before - after).abs().max() > 1e-3


def test_half_precision_stays_close(tmp_path):
    write_model(tmp_path, "clip")
    images = torch.rand(1, 32, 32, 3, generator=torch.Generator().manual_seed(3))
    half = PretrainedImageText(tmp_path, dtype=torch.bfloat16).encode_image(images)
    assert half.dtype == torch.float32
    assert (half * PretrainedImageText(tmp_path).encode_image(images)).sum() > 0.995


def test_long_texts_are_refused(folder):
    with pytest.raises(PersonifyError, match=r"14 tokens, .* reads at most 12; say it in fewer words"):
        PretrainedImageText(folder).encode_text(["a man in a red shirt in a blue dress a man"])


def test_bad_calls(folder):
    model = PretrainedImageText(folder)
    with pytest.raises(PersonifyError, match="empty list"):
        model.encode_text([])
    with pytest.raises(PersonifyError, match=r"expected \[N, H, W, 3\]"):
        model.encode_image(torch.rand(1, 3, 32, 32))


def test_folders_that_are_no_image_text_models(tmp_path):
    with pytest.raises(PersonifyError, match="not a readable image-text model"):
        load_image_text(tmp_path)
    config = transformers.BertConfig(hidden_size=8, num_hidden_layers=1, num_attention_heads=1, intermediate_size=8)
    config.save_pretrained(tmp_path)
    with pytest.raises(PersonifyError, match="a model of kind 'bert'; expected one of"):
        load_image_text(tmp_path)


def test_damaged_weights(folder):
    path = folder / "model.safetensors"
    path.write_bytes(path.read_bytes()[:1000])
    with pytest.raises(PersonifyError, match="not a readable image-text model") as caught:
        load_image_text(folder)
    assert "\n" not in str(caught.value)


def test_one_door_for_all_models(tmp_path, folder):
    small = SmallImageText(TowerConfig(widths=(8, 16), depth=1, text_width=16, text_layers=1, embedding=12), "mine")
    small.save(tmp_path / "mine.safetensors")
    assert load_image_text(tmp_path / "mine.safetensors").name == "mine"
    assert load_image_text("personify-small").name == "personify-small"
    assert load_image_text(folder).image_size == 32
