"""Trained priors on disk: safetensors in half precision, with what is needed to build the module again."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any, TypeVar

import torch
from safetensors import SafetensorError, safe_open
from safetensors.torch import save_file
from torch import Tensor, nn

from personify.errors import PersonifyError
from personify.files import asset, atomic_path

FORMAT = "personify-prior-1"
Prior = TypeVar("Prior", bound=nn.Module)


def save_prior(module: nn.Module, path: Path | str, config: Mapping[str, Any], **report: str) -> None:
    """Write a module's state and the arguments that build it; ``report`` says how it was made.

    Floating tensors are stored in half precision; the same state gives the same bytes.
    """
    write_tensors(path, module.state_dict(), {"kind": type(module).__name__, "config": dict(config), "report": report})


def load_prior(kind: type[Prior], path: Path | str) -> Prior:
    """Build and fill a module written by `save_prior`, in float32 and ready to evaluate.

    Args:
        kind: class of the module; its constructor takes the saved config as keywords.
        path: a file, or the name of a shipped asset such as ``"pose_vae.safetensors"``.

    Raises:
        PersonifyError: missing, damaged, of another format or of another kind.
    """
    tensors, about = read_tensors(path, kind.__name__)
    try:
        module = kind(**about["config"])
        module.load_state_dict(tensors)
    except (KeyError, ValueError, TypeError, RuntimeError) as error:
        raise PersonifyError(f"{path}: not a readable {kind.__name__} ({error})") from error
    return module.eval().requires_grad_(False)


def write_tensors(path: Path | str, tensors: Mapping[str, Tensor], about: Mapping[str, Any]) -> None:
    """Write tensors, floating ones in half precision, with a description; the same content gives the same bytes."""
    halves = {name: _halved(tensor) for name, tensor in sorted(tensors.items())}
    text = json.dumps({"format": FORMAT, **about}, sort_keys=True)
    with atomic_path(path) as temporary:
        save_file(halves, temporary, {"prior": text})  # one entry: safetensors orders several at random


def read_tensors(path: Path | str, kind: str) -> tuple[dict[str, Tensor], dict[str, Any]]:
    """Inverse of `write_tensors`, floating tensors in float32.

    Args:
        path: a file, or the name of a shipped asset.
        kind: what the file must hold.

    Raises:
        PersonifyError: missing, damaged, of another format or of another kind.
    """
    path = Path(path) if Path(path).parent.name or Path(path).is_file() else asset(str(path))
    try:
        with safe_open(path, "pt") as file:
            about = json.loads((file.metadata() or {}).get("prior", "{}"))
            tensors = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118 - not a dict
    except (OSError, SafetensorError, ValueError) as error:
        raise PersonifyError(f"{path}: not a readable safetensors file ({error})") from error
    if about.get("format") != FORMAT or about.get("kind") != kind:
        raise PersonifyError(f"{path}: holds {about.get('kind', 'something else')}; expected {kind} of format {FORMAT}")
    return {name: tensor.float() if tensor.is_floating_point() else tensor for name, tensor in tensors.items()}, about


def _halved(tensor: Tensor) -> Tensor:
    tensor = tensor.detach().cpu()
    return tensor.to(torch.float16).contiguous() if tensor.is_floating_point() else tensor.contiguous()
