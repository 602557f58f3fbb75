"""Half-done optimisations on disk: module, Adam's moments and random numbers, so that going on changes no bit."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import torch
from safetensors import SafetensorError, safe_open
from safetensors.torch import save_file
from torch import Tensor

from personify.errors import PersonifyError
from personify.files import atomic_path

FORMAT = "personify-sculpting-1"


def fingerprint(facts: Any, *tensors: Tensor) -> str:
    """A short hash of JSON-ready facts and of tensors: what must be equal for a run to be the same run."""
    digest = hashlib.sha256(json.dumps(facts, sort_keys=True).encode())
    for tensor in tensors:
        digest.update(tensor.detach().cpu().contiguous().numpy().tobytes())
    return digest.hexdigest()[:16]


def save_checkpoint(
    path: Path, module: torch.nn.Module, optimizer: torch.optim.Optimizer, generator: torch.Generator,
    about: Mapping[str, Any],
) -> None:  # fmt: skip
    """Write everything as safetensors, atomically; ``about`` is JSON-ready and comes back from `load_checkpoint`."""
    tensors = {f"field.{name}": tensor for name, tensor in module.state_dict().items()}
    for index, state in optimizer.state_dict()["state"].items():
        tensors |= {f"optimizer.{index}.{name}": value for name, value in state.items()}
    tensors["generator"] = generator.get_state()
    stored = {name: tensor.detach().cpu().clone().contiguous() for name, tensor in tensors.items()}
    with atomic_path(path) as temporary:
        save_file(stored, temporary, {"about": json.dumps({"format": FORMAT, **about}, sort_keys=True)})


def load_checkpoint(
    path: Path, module: torch.nn.Module, optimizer: torch.optim.Optimizer, generator: torch.Generator, run: str
) -> dict[str, Any]:
    """Put back what `save_checkpoint` wrote.

    Args:
        run: fingerprint that ``about["run"]`` must equal.

    Returns:
        ``about``.

    Raises:
        PersonifyError: damaged, of another format, or of another run.
    """
    try:
        with safe_open(path, "pt") as file:
            about = json.loads((file.metadata() or {}).get("about", "{}"))
            tensors = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118 - not a dict
        if about.get("format") != FORMAT:
            raise PersonifyError(f"{path}: not a checkpoint of format {FORMAT}; start again without --resume")
        if about.get("run") != run:
            raise PersonifyError(
                f"{path}: is of another run ({about.get('title', 'unknown')}); give the words, preset, guide and "
                "seed of that run, or start again without --resume"
            )
        module.load_state_dict({name[6:]: value for name, value in tensors.items() if name.startswith("field.")})
        state: dict[int, dict[str, Tensor]] = {}
        for name, value in tensors.items():
            if name.startswith("optimizer."):
                _, index, key = name.split(".")
                state.setdefault(int(index), {})[key] = value
        optimizer.load_state_dict({"state": state, "param_groups": optimizer.state_dict()["param_groups"]})
        generator.set_state(tensors["generator"])
    except (OSError, SafetensorError, KeyError, ValueError, RuntimeError) as error:
        reason = " ".join(str(error).split())[:200]
        raise PersonifyError(f"{path}: not a readable checkpoint ({reason}); start again without --resume") from error
    result: dict[str, Any] = about
    return result
