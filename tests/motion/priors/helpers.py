"""Numbers computed by the original code, and small priors with random weights."""

from __future__ import annotations

from pathlib import Path

import torch
from safetensors.torch import load_file
from torch import Tensor

from personify.body.rotations import axis_angle_to_matrix

FIXTURES = Path(__file__).parents[2] / "fixtures"


def original(name: str) -> dict[str, Tensor]:
    return load_file(path_of(name))


def path_of(name: str) -> Path:
    return FIXTURES / f"aclip_{name}.safetensors"


def worst(answer: Tensor, truth: Tensor) -> float:
    assert answer.shape == truth.shape
    return float((answer - truth).detach().abs().max())


def random_rotations(*shape: int, seed: int = 0, scale: float = 0.5) -> Tensor:
    noise = torch.randn(*shape, 3, generator=torch.Generator().manual_seed(seed))
    return axis_angle_to_matrix(scale * noise)
