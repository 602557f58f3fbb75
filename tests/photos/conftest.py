"""Numbers of the original implementation, and small networks."""

import json
from pathlib import Path

import pytest
import torch
from safetensors import safe_open

from personify.photos.network import PhotoNetwork, build
from personify.photos.template import Template, body_template

from .networks import small_config

FIXTURES = Path(__file__).parents[1] / "fixtures"


class Original:
    """Tensors of one fixture file by name, and comparison within their measured float32 noise."""

    def __init__(self, name: str) -> None:
        with safe_open(FIXTURES / name, "pt") as file:
            self.tensors = {key: file.get_tensor(key) for key in file.keys()}  # noqa: SIM118
            self.atol = json.loads(file.metadata()["atol"])

    def __getitem__(self, key: str) -> torch.Tensor:
        return self.tensors[key].clone()

    def check(self, key: str, value: torch.Tensor, factor: float = 1.0) -> None:
        expected = self[key]
        assert value.shape == expected.shape, key
        error = (value.detach() * factor - expected).abs().max().item()
        assert error <= self.atol[key], f"{key}: off by {error:.2e}, allowed {self.atol[key]:.2e}"


@pytest.fixture(scope="session")
def parts() -> Original:
    return Original("nopo_parts.safetensors")


@pytest.fixture(scope="session")
def whole() -> Original:
    return Original("nopo_network.safetensors")


@pytest.fixture(scope="session")
def original_state() -> dict[str, torch.Tensor]:
    with safe_open(FIXTURES / "nopo_network_weights.safetensors", "pt") as file:
        return {key: file.get_tensor(key) for key in file.keys()}  # noqa: SIM118


@pytest.fixture(scope="session")
def template() -> Template:
    return body_template(32)


@pytest.fixture(scope="module")
def small() -> PhotoNetwork:
    """An untrained network of the shipped kind, for 32-pixel photos."""
    return build(small_config()).eval()
