"""Weights and code-books of the original systems, read from the user's own files.

VPoser v2 (human_body_prior), and AvatarCLIP's motion VAE, RealNVP and pose code-book. They are licensed for research
only, so none is shipped or downloaded. Files are PyTorch's (``.pt``, ``.pth``, ``.ckpt``) or safetensors; modules are
found by what they are called inside, however deep a checkpoint nests them, and their sizes follow from the tensors.
"""

from __future__ import annotations

import zipfile
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, TypeVar

import torch
from safetensors.torch import load_file
from torch import Tensor, nn
from torch.serialization import get_unsafe_globals_in_checkpoint, safe_globals

from personify.errors import PersonifyError
from personify.motion.priors.motion_vae import MotionVAE
from personify.motion.priors.pose_vae import PoseVAE
from personify.motion.priors.realnvp import ConditionalRealNVP

Module = TypeVar("Module", bound=nn.Module)
HEADS = 4  # attention heads leave no trace in the tensors; the published models have four


def load_vposer(path: Path | str) -> PoseVAE:
    """VPoser v2 as a `PoseVAE`; a decoder alone is enough to decode.

    Args:
        path: a checkpoint, or the folder of the download (its latest ``snapshots/*.ckpt`` is taken).

    Raises:
        PersonifyError: missing, unreadable, or no VPoser v2.
    """
    path = Path(path)
    if path.is_dir():
        snapshots = sorted(path.glob("**/*.ckpt"))
        if not snapshots:
            raise PersonifyError(f"{path}: holds no .ckpt; expected the unpacked folder of VPoser v2")
        path = snapshots[-1]
    tensors = read_tensors(path)
    state = _module(path, tensors, "decoder_net.0.weight", "VPoser v2")
    neurons, latent = state["decoder_net.0.weight"].shape
    known = {name: tensor for name, tensor in state.items() if name.startswith(("encoder_net.", "decoder_net."))}
    return _filled(path, PoseVAE(neurons, latent), known, optional="encoder_net.")


def load_motion_vae(*paths: Path | str) -> MotionVAE:
    """AvatarCLIP's motion VAE; encoder and decoder may be in one file or in two.

    Raises:
        PersonifyError: missing, unreadable, or no such motion VAE.
    """
    tensors = {f"{k}.{name}": tensor for k, path in enumerate(paths) for name, tensor in read_tensors(path).items()}
    where = ", ".join(str(path) for path in paths)
    probe = "layers.0.linear1.weight"
    decoder = _module(where, tensors, f"seqTransDecoder.{probe}", "AvatarCLIP's motion decoder")
    encoder = _module(where, tensors, f"seqTransEncoder.{probe}", "AvatarCLIP's motion encoder")
    feedforward, width = decoder[f"seqTransDecoder.{probe}"].shape
    layers = len({name.split(".")[2] for name in decoder if name.startswith("seqTransDecoder.layers.")})
    joints = len(decoder["final.weight"]) // 6 if "final.weight" in decoder else 55
    vae = MotionVAE(joints, False, width, width, HEADS, feedforward, layers, harmonics=0, variational=False)
    state = {f"encoder.{name}": tensor for name, tensor in encoder.items() if _belongs(name, "Encoder")}
    state |= {f"decoder.{name}": tensor for name, tensor in decoder.items() if _belongs(name, "Decoder")}
    return _filled(where, vae, state)


def _belongs(name: str, half: str) -> bool:
    """Whether a tensor is one of a half of the motion VAE; its table of positions is computed, not read."""
    return name.startswith((f"seqTrans{half}.", "final.", *(("query", "skelEmbedding.") if half == "Encoder" else ())))


def load_realnvp(path: Path | str) -> ConditionalRealNVP:
    """AvatarCLIP's conditional RealNVP over VPoser codes.

    Raises:
        PersonifyError: missing, unreadable, or no such RealNVP.
    """
    state = _module(path, read_tensors(path), "s.0.0.weight", "AvatarCLIP's RealNVP")
    hidden, inside = state["s.0.0.weight"].shape
    mask = state.get("mask")
    if mask is None or mask.ndim != 3:
        raise PersonifyError(f"{path}: has no mask [blocks, 1, dim]; expected AvatarCLIP's RealNVP")
    flow = ConditionalRealNVP(inside - mask.shape[2], mask.shape[2], hidden, len(mask))
    known = {name: tensor for name, tensor in state.items() if name.startswith(("mask", "s.", "t."))}
    return _filled(path, flow, known)


def load_codebook(path: Path | str) -> tuple[Tensor, Tensor]:
    """AvatarCLIP's pose code-book: VPoser codes [N, 32] and CLIP embeddings [N, 512].

    Raises:
        PersonifyError: missing, unreadable, or no such code-book.
    """
    found = _module(path, read_tensors(path), "codebook_embedding", "AvatarCLIP's pose code-book")
    codes, embeddings = found.get("codebook", torch.empty(0)), found["codebook_embedding"]
    if codes.ndim != 2 or embeddings.ndim != 2 or len(codes) != len(embeddings):
        raise PersonifyError(
            f"{path}: codebook is {list(codes.shape)} and codebook_embedding {list(embeddings.shape)}; "
            "expected [N, 32] and [N, 512]"
        )
    return codes.float(), embeddings.float()


def read_tensors(path: Path | str) -> dict[str, Tensor]:
    """All tensors of a PyTorch or safetensors file, by their dotted path inside; runs no code of the file's.

    Raises:
        PersonifyError: missing, unreadable, or something but plain tensors in it.
    """
    path = Path(path)
    if not path.is_file():
        raise PersonifyError(f"{path}: no such file; expected weights of the original system")
    try:
        content = load_file(path) if path.suffix == ".safetensors" else _torch_file(path)
    except Exception as error:  # a damaged pickle can raise anything
        reason = " ".join(str(error).split())[:200] or type(error).__name__
        raise PersonifyError(f"{path}: not a readable file of tensors ({reason})") from error
    return dict(_flattened(content))


def _torch_file(path: Path) -> Any:
    if not zipfile.is_zipfile(path):
        return torch.load(path, map_location="cpu", weights_only=True)
    # Lightning's checkpoints also name classes of the program that wrote them; those stay unknown, tensors are read.
    foreign: list[Any] = [(_Foreign, name) for name in get_unsafe_globals_in_checkpoint(path)]
    with safe_globals(foreign):
        return torch.load(path, map_location="cpu", weights_only=True)


class _Foreign:
    """Stands for an object of a class that is not ours: takes any arguments and state, runs none of its code."""

    def __new__(cls, *_: Any, **__: Any) -> _Foreign:
        return super().__new__(cls)

    def __init__(self, *_: Any, **__: Any) -> None:
        pass

    def __setstate__(self, state: Any) -> None:
        pass

    def __setitem__(self, key: Any, value: Any) -> None:
        pass


def _flattened(content: Any, prefix: str = "") -> Iterator[tuple[str, Tensor]]:
    if isinstance(content, Tensor):
        yield prefix, content.detach()
    elif isinstance(content, Mapping):
        for name, value in content.items():
            yield from _flattened(value, f"{prefix}.{name}" if prefix else str(name))


def _module(path: Path | str, tensors: Mapping[str, Tensor], probe: str, what: str) -> dict[str, Tensor]:
    """The tensors of the module that has a tensor called ``probe``, under the names they have inside it."""
    prefixes = [name.removesuffix(probe) for name in tensors if name == probe or name.endswith(f".{probe}")]
    if not prefixes:
        some = ", ".join(sorted(tensors)[:3]) or "no tensors"
        raise PersonifyError(f"{path}: has no {probe} but {some}; expected {what}")
    return {name.removeprefix(prefixes[0]): tensor for name, tensor in tensors.items() if name.startswith(prefixes[0])}


def _filled(path: Path | str, module: Module, state: Mapping[str, Tensor], optional: str | None = None) -> Module:
    """The module with these tensors, ready to evaluate; all or none of those under ``optional`` may be missing."""
    try:
        missing, unexpected = module.load_state_dict({k: v.float() for k, v in state.items()}, strict=False)
    except RuntimeError as error:
        raise PersonifyError(f"{path}: {' '.join(str(error).split())}") from error
    has_optional = optional is not None and any(name.startswith(optional) for name in state)
    missing = [name for name in missing if has_optional or optional is None or not name.startswith(optional)]
    if missing or unexpected:
        raise PersonifyError(f"{path}: lacks {', '.join(missing[:3]) or 'nothing'} and has {unexpected[:3]} besides")
    return module.eval().requires_grad_(False)
