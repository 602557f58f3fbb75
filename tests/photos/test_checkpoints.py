"""Weights on disk: our files come back as they were, the original's names map one to one."""

import dataclasses

import pytest
import torch
from safetensors.torch import save_file

from personify.errors import PersonifyError
from personify.photos.checkpoints import from_original, load_network, load_original, save_network
from personify.photos.network import build

from .networks import fixture_config, photos, shaken, small_config


def test_saved_networks_come_back(tmp_path, template):
    network = shaken(build(small_config())).eval()
    path = tmp_path / "weights.safetensors"
    save_network(network, path, half=False)
    loaded = load_network(path)
    assert loaded.config == network.config
    with torch.no_grad():
        assert torch.equal(loaded(*photos(), template).gaussians.means, network(*photos(), template).gaussians.means)


def test_half_precision_is_half_as_large(tmp_path):
    network = build(small_config())
    for half in (True, False):
        save_network(network, tmp_path / f"{half}.safetensors", half)
    sizes = [(tmp_path / f"{half}.safetensors").stat().st_size for half in (True, False)]
    assert 0.45 < sizes[0] / sizes[1] < 0.6
    for name, tensor in load_network(tmp_path / "True.safetensors").state_dict().items():
        torch.testing.assert_close(tensor, network.state_dict()[name], atol=2e-3, rtol=1e-3)


def original_checkpoint(state):
    """A released file's layout: everything below `encoder.`, with the second names and the dead parameters."""
    full = {f"encoder.{name}": tensor for name, tensor in state.items()}
    for head in ("downstream_head1_template", "downstream_head2", "gaussian_param_head_template"):
        for level in range(4):
            alias = state[f"{head}.dpt.scratch.layer{level + 1}_rn.weight"]
            full[f"encoder.{head}.dpt.scratch.layer_rn.{level}.weight"] = alias
        full[f"encoder.{head}.dpt.scratch.refinenet4.resConfUnit1.conv1.bias"] = torch.zeros(32)
    full["encoder.backbone.mask_token"] = torch.zeros(1, 1, 48)
    full["encoder.backbone.intrinsic_encoder.weight"] = torch.zeros(1024, 9)
    full["encoder.backbone.patch_embed_smplx.proj.bias"] = torch.zeros(64)
    full["encoder.gaussian_param_head_template.dpt.input_merger_smpl.0.bias"] = torch.zeros(32)
    return {"state_dict": full}


def test_original_names_map_one_to_one(original_state):
    mapped = from_original(original_state)
    ours = build(fixture_config((64, 64))).state_dict()
    assert {name: tensor.shape for name, tensor in mapped.items()} == {name: t.shape for name, t in ours.items()}
    alive = [name for name in original_state if not name.startswith("pts3d")]
    assert len(mapped) == len(alive)


def test_released_checkpoints_load_and_template_tokens_are_resampled(tmp_path, original_state):
    path = tmp_path / "released.ckpt"
    torch.save(original_checkpoint(original_state), path)
    network = build(fixture_config((64, 64)))
    load_original(network, path)
    expected = original_state["backbone.dec_blocks2.1.cross_attn.projk.weight"]
    assert torch.equal(network.decoder.image_blocks[1].cross_attn.key.weight, expected)
    larger = build(fixture_config((128, 128)))
    load_original(larger, path)
    torch.testing.assert_close(larger.template_tokens.mean(0), network.template_tokens.mean(0), atol=0.15, rtol=0)


def test_weights_that_do_not_fit(tmp_path, original_state):
    path = tmp_path / "weights.safetensors"
    network = build(small_config())
    save_network(network, path)
    released = tmp_path / "released.ckpt"
    torch.save(original_checkpoint(original_state), released)
    with pytest.raises(PersonifyError, match="does not fit this network"):
        load_original(network, released)
    with pytest.raises(PersonifyError, match="cannot be read"):
        load_network(tmp_path / "missing.safetensors")
    (tmp_path / "noise.safetensors").write_bytes(b"not weights at all")
    with pytest.raises(PersonifyError, match="cannot be read"):
        load_network(tmp_path / "noise.safetensors")
    (tmp_path / "noise.ckpt").write_bytes(b"not weights at all")
    with pytest.raises(PersonifyError, match="cannot be read as a checkpoint"):
        load_original(network, tmp_path / "noise.ckpt")
    save_file({"x": torch.zeros(1)}, tmp_path / "other.safetensors", metadata={"format": "else"})
    with pytest.raises(PersonifyError, match="not weights of the photo network"):
        load_network(tmp_path / "other.safetensors")
    grown = build(dataclasses.replace(small_config(), head_width=8))
    grown.config = network.config  # a file that claims another configuration than it has
    save_network(grown, path)
    with pytest.raises(PersonifyError, match="expected weights of the same configuration"):
        load_network(path)
