"""Numbers of the original AvatarCLIP code, and its networks in ours."""

from pathlib import Path

import torch
from safetensors.torch import load_file

from personify.text.sculpt.mlp import MLPField, MLPLayout

FIXTURES = Path(__file__).parents[2] / "fixtures"


def fixture(name):
    """Tensors of one fixture, without the group prefix ``in.`` that most have."""
    tensors = load_file(FIXTURES / f"aclip_{name}.safetensors")
    return {key.removeprefix("in."): value for key, value in tensors.items()}


def published_field(tensors, layout: MLPLayout) -> MLPField:
    checkpoint = {}
    for key, value in tensors.items():
        if key.startswith("weights."):
            _, network, name = key.split(".", 2)
            checkpoint.setdefault(network, {})[name] = value
    field = MLPField(layout)
    field.load_published(checkpoint)
    return field


def assert_near(actual, expected, atol):
    torch.testing.assert_close(actual, expected.to(actual.dtype), rtol=0, atol=atol)
