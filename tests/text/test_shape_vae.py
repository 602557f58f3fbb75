"""The affine shape prior against the original's numbers, and files that are not one."""

from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file

from personify.errors import PersonifyError
from personify.text.shape_vae import AffineShapeVAE, direction_scores

FIXTURE = Path(__file__).parents[1] / "fixtures" / "aclip_shape_vae.safetensors"


@pytest.fixture(scope="module")
def original():
    return load_file(FIXTURE)


@pytest.fixture(scope="module")
def state(original):
    return {key.removeprefix("weights."): value for key, value in original.items() if key.startswith("weights.")}


@pytest.fixture(scope="module")
def vae(original, state):
    return AffineShapeVAE.from_state(state, original["const.v_template"])


def near(actual, expected, atol):
    torch.testing.assert_close(actual, expected, rtol=0, atol=atol)


def test_decode(original, vae):
    near(vae.decode(original["in.latent"]), original["out.decode"], 1.2e-5)


def test_encode_and_reconstruct(original, vae):
    mean, log_variance = vae.encode(original["in.offsets"].reshape(3, 50, 3))
    near(mean, original["out.forward.mu"], 1.4e-6)
    near(log_variance, original["out.forward.log_var"], 8.5e-7)
    latents = mean + original["out.forward.eps"] * torch.exp(log_variance / 2)
    offsets = vae.decode(latents) - original["const.v_template"]
    near(offsets.flatten(1), original["out.forward.output"], 8.9e-6)


def test_query_by_direction(original):
    scores = direction_scores(
        original["in.codebook_image_embeddings"], original["in.neutral_image_embedding"], original["in.text_delta"]
    )
    near(scores, original["out.codebook.score"], 3e-6)
    assert int(scores.argmax()) == int(original["out.codebook.best"])


def test_file_round_trip(tmp_path, original, state, vae):
    torch.save(state, tmp_path / "model_VAE_16.pth")
    loaded = AffineShapeVAE.load(tmp_path / "model_VAE_16.pth", original["const.v_template"])
    assert torch.equal(loaded.decoder, vae.decoder)


@pytest.mark.parametrize(
    ("damage", "message"),
    [
        (lambda state, template: (state, template[:40]), "50 vertices, the template has 40"),
        (lambda state, template: ({k: v for k, v in state.items() if k != "enc2.bias"}, template), "enc2.bias"),
        (lambda state, template: ({**state, "dec1.weight": torch.zeros(7, 16)}, template), "do not fit"),
    ],
)
def test_wrong_layers(original, state, damage, message):
    with pytest.raises(PersonifyError, match=message):
        AffineShapeVAE.from_state(*damage(state, original["const.v_template"]))


def test_unreadable_files(tmp_path, original):
    (tmp_path / "broken.pth").write_bytes(b"not a checkpoint")
    for name, message in (("broken.pth", "not a readable"), ("missing.pth", "no such file")):
        with pytest.raises(PersonifyError, match=message):
            AffineShapeVAE.load(tmp_path / name, original["const.v_template"])
