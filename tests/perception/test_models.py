"""What every shipped kind of image-text model promises: one space, its own file format, clear errors."""

import numpy as np
import pytest
import torch
from safetensors.torch import save_file

from personify.errors import PersonifyError
from personify.perception.evidence import EvidenceConfig, EvidenceImageText
from personify.perception.towers import SmallImageText, TowerConfig

SMALL = TowerConfig(widths=(8, 12, 16), depth=1, pools=2, text_width=16, text_layers=1, embedding=12, image_size=32)
EVIDENCE = EvidenceConfig(widths=(8, 12), depths=(1, 2), text_width=16, text_layers=2, image_size=32)


@pytest.fixture(
    scope="module", params=[(SmallImageText, SMALL), (EvidenceImageText, EVIDENCE)], ids=["small", "evidence"]
)
def model(request):
    kind, config = request.param
    torch.manual_seed(0)
    model = kind(config).eval()
    if kind is EvidenceImageText:
        torch.nn.init.normal_(model.image.attention.weight)
    return model


def pictures(count, side=32):
    return torch.rand(count, side, side, 3, generator=torch.Generator().manual_seed(1))


def test_embeddings_are_unit_vectors_of_one_space(model):
    images, texts = model.encode_image(pictures(3)), model.encode_text(["a", "red dress", ""])
    assert images.shape == texts.shape
    for embeddings in (images, texts):
        assert torch.allclose(embeddings.norm(dim=1), torch.ones(3), atol=1e-5)


def test_other_sizes_are_resized(model):
    big = pictures(1, 96)
    small = torch.nn.functional.interpolate(big.movedim(-1, 1), (32, 32), mode="bilinear", antialias=True)
    assert torch.allclose(model.encode_image(big), model.encode_image(small.movedim(1, -1)), atol=1e-5)


def test_a_text_does_not_depend_on_its_neighbours(model):
    alone = model.encode_text(["a man in a red shirt"])
    among = model.encode_text(["a woman", "a man in a red shirt", "somebody with a very long list of clothes on them"])
    assert torch.allclose(alone[0], among[1], atol=1e-5)


def test_gradient_reaches_the_image(model):
    images = pictures(1).requires_grad_()
    model.encode_image(images)[0, 0].backward()
    assert images.grad is not None
    assert images.grad.abs().sum() > 0


def test_save_and_load_agree(model, tmp_path):
    path = tmp_path / "model.safetensors"
    model.save(path, report="none")
    loaded = type(model).load(path)
    assert loaded.config == model.config
    texts = ["a knight", "a girl in a yellow dress"]
    assert torch.allclose(loaded.encode_text(texts), model.encode_text(texts), atol=5e-3)  # half precision on disk
    assert torch.allclose(loaded.encode_image(pictures(2)), model.encode_image(pictures(2)), atol=5e-3)
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
        type(model).load(path)


@pytest.mark.parametrize("shape", [(32, 32, 3), (1, 3, 32, 32), (1, 32, 32, 4)])
def test_wrong_image_shapes_are_refused(model, shape):
    with pytest.raises(PersonifyError, match="images"):
        model.encode_image(torch.zeros(shape))


def test_no_texts_are_refused(model):
    with pytest.raises(PersonifyError, match="texts"):
        model.encode_text([])
