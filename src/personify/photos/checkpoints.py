"""Weights of the network: our own files, and the original's by name."""

from __future__ import annotations

import json
import re
from dataclasses import asdict
from pathlib import Path
from typing import Any

import torch
from safetensors import SafetensorError, safe_open
from safetensors.torch import save_file
from torch import Tensor

from personify.errors import PersonifyError
from personify.files import atomic_path
from personify.photos.network.config import NetworkConfig
from personify.photos.network.model import PhotoNetwork, resize_tokens

FORMAT = "personify-photos-1"

_ORIGINAL = (
    (r"backbone\.patch_embed\.proj\.", "encoder.patch_embed."),
    (r"backbone\.enc_(blocks|norm)\.", r"encoder.\1."),
    (r"backbone\.template_embed", "template_tokens"),
    (r"backbone\.decoder_embed\.", "decoder.embed."),
    (r"backbone\.dec_blocks\.", "decoder.template_blocks."),
    (r"backbone\.dec_blocks2\.", "decoder.image_blocks."),
    (r"backbone\.dec_norm\.", "decoder.norm."),
    (r"\.norm_y\.", ".norm_memory."),
    (r"\.cross_attn\.projq\.", ".cross_attn.query."),
    (r"\.cross_attn\.projk\.", ".cross_attn.key."),
    (r"\.cross_attn\.projv\.", ".cross_attn.value."),
    (r"downstream_head1_template\.dpt\.", "template_position.dpt."),
    (r"downstream_head2\.dpt\.", "image_position.dpt."),
    (r"gaussian_param_head_template\.dpt\.", "template_gaussian.dpt."),
    (r"gaussian_param_head2\.dpt\.", "image_gaussian.dpt."),
    (r"_position\.dpt\.head\.0\.", "_position.conv1."),
    (r"_position\.dpt\.head\.2\.", "_position.conv2."),
    (r"_position\.dpt\.head\.4\.", "_position.out."),
    (r"_gaussian\.dpt\.head\.0\.", "_gaussian.conv."),
    (r"_gaussian\.dpt\.head\.4\.", "_gaussian.out."),
    (r"\.dpt\.input_merger\.0\.", ".skip."),
    (r"\.act_postprocess\.", ".reassemble."),
    (r"\.scratch\.layer([1-4])_rn\.", lambda match: f".project.{int(match[1]) - 1}."),
    (r"\.scratch\.refinenet([1-4])\.", lambda match: f".fusion.{int(match[1]) - 1}."),
    (r"\.resConfUnit([12])\.", r".unit\1."),
    (r"\.out_conv\.", ".out."),
)
"""Names in the original's state dict (below its ``encoder.``) and ours, applied in order."""

_UNUSED = re.compile(
    r"backbone\.(patch_embed_smplx?|intrinsic_encoder|mask_token)|pts3d_(mean|std)"
    r"|\.input_merger_smpl\.|\.refinenet4\.resConfUnit1\.|\.scratch\.layer_rn\."
)
"""Parameters of the original that influence nothing, and second names of the same tensors."""


def from_original(state: dict[str, Tensor]) -> dict[str, Tensor]:
    """State dict of the original's encoder under our names; what influences nothing there is left out."""
    renamed = {}
    for name, tensor in state.items():
        if _UNUSED.search(name):
            continue
        for pattern, replacement in _ORIGINAL:
            name = re.sub(pattern, replacement, name)
        renamed[name] = tensor.flatten(1) if name.endswith("_gaussian.out.weight") else tensor
    return renamed


def load_original(network: PhotoNetwork, path: Path | str) -> None:
    """Fill a network from a released NoPo-Avatar checkpoint; template tokens are resampled to this network's grid.

    Raises:
        PersonifyError: the file is unreadable or its parameters are not those of this configuration.
    """
    path = Path(path)
    try:
        checkpoint = torch.load(path, map_location="cpu", weights_only=True)
    except Exception as error:
        raise PersonifyError(f"{path}: cannot be read as a checkpoint ({error}); expected a released .ckpt") from error
    state = checkpoint.get("state_dict", checkpoint)
    state = {name.removeprefix("encoder."): tensor for name, tensor in state.items()}
    _fill(network, from_original(state), path)


def save_network(network: PhotoNetwork, path: Path | str, half: bool = True) -> None:
    """Write weights and configuration as safetensors, by default in half precision."""
    state = {
        name: (tensor.half() if half else tensor.float()).detach().cpu().contiguous()
        for name, tensor in network.state_dict().items()
    }
    with atomic_path(path) as temporary:
        # One entry of metadata: safetensors writes several in random order, but the bytes should not vary.
        save_file(state, temporary, metadata={FORMAT: json.dumps(asdict(network.config))})


def load_network(path: Path | str) -> PhotoNetwork:
    """The network of a file written by `save_network`, in evaluation mode and float32.

    Raises:
        PersonifyError: the file is missing, damaged, of another format or of another configuration.
    """
    path = Path(path)
    try:
        with safe_open(path, "pt") as file:
            metadata = file.metadata() or {}
            state = {name: file.get_tensor(name).float() for name in file.keys()}  # noqa: SIM118 (not a dict)
    except (OSError, SafetensorError) as error:
        raise PersonifyError(f"{path}: cannot be read ({error}); expected weights of the photo network") from error
    if FORMAT not in metadata:
        raise PersonifyError(f"{path}: not weights of the photo network; expected a file of format {FORMAT!r}")
    network = PhotoNetwork(_read_config(metadata[FORMAT], path))
    _fill(network, state, path)
    return network.eval()


def _read_config(text: str, path: Path) -> NetworkConfig:
    values: dict[str, Any] = {
        key: tuple(value) if isinstance(value, list) else value for key, value in json.loads(text).items()
    }
    try:
        return NetworkConfig(**values)
    except TypeError as error:
        raise PersonifyError(
            f"{path}: its configuration is not understood ({error}); expected this version's"
        ) from error


def _fill(network: PhotoNetwork, state: dict[str, Tensor], path: Path) -> None:
    own = network.state_dict()
    tokens = state.get("template_tokens")
    if tokens is not None and tokens.shape[0] != own["template_tokens"].shape[0]:
        side = round(tokens.shape[0] ** 0.5)
        if side * side == tokens.shape[0]:
            state = {**state, "template_tokens": resize_tokens(tokens, (side, side), network.template_grid)}
    wrong = [name for name in own if name not in state or state[name].shape != own[name].shape]
    wrong += [name for name in state if name not in own]
    if wrong:
        raise PersonifyError(
            f"{path}: parameter {wrong[0]!r} (and {len(wrong) - 1} more) does not fit this network; "
            "expected weights of the same configuration"
        )
    network.load_state_dict(state)
