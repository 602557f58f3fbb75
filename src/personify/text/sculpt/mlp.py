"""The paper's field: MLPs for distance and colour in a unit sphere (AvatarCLIP section 4.2; NeuS, Wang et al. 2021).

Layer and parameter names are those of the published checkpoints, so that they load by name.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor

from personify.errors import PersonifyError
from personify.text.sculpt.field import FieldSamples
from personify.text.sculpt.volume import VolumeField


@dataclass(frozen=True)
class MLPLayout:
    """Sizes of the networks; `FULL` and `SMALL` are the two published ones.

    Attributes:
        width: of the hidden layers and of the feature vector that the distance network hands to the colour network.
        sdf_layers: hidden layers of the distance network.
        skip_layers: layers before which the encoded position is concatenated again.
        color_layers: hidden layers of the colour network.
        octaves: frequencies of the positional encoding.
    """

    width: int
    sdf_layers: int
    skip_layers: tuple[int, ...]
    color_layers: int
    octaves: int = 6


FULL = MLPLayout(width=256, sdf_layers=4, skip_layers=(4,), color_layers=2)
SMALL = MLPLayout(width=128, sdf_layers=3, skip_layers=(3,), color_layers=1)


def positional_encoding(points: Tensor, octaves: int) -> Tensor:  # [N, 3] -> [N, 3 + 6 * octaves]
    """``[p, sin p, cos p, sin 2p, cos 2p, sin 4p, ...]`` (NeRF, Mildenhall et al. 2020, eq. 4, without pi).

    >>> positional_encoding(torch.zeros(1, 3), 1).tolist()
    [[0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 1.0, 1.0, 1.0]]
    """
    terms = [points]
    for octave in range(octaves):
        terms += [torch.sin(points * 2.0**octave), torch.cos(points * 2.0**octave)]
    return torch.cat(terms, -1)


class WeightNormLinear(torch.nn.Module):
    """A linear layer whose rows are ``weight_g * weight_v / |weight_v|`` (Salimans & Kingma 2016)."""

    def __init__(self, inputs: int, outputs: int) -> None:
        super().__init__()
        plain = torch.nn.Linear(inputs, outputs)
        self.bias = torch.nn.Parameter(plain.bias.detach())
        self.weight_g = torch.nn.Parameter(plain.weight.detach().norm(dim=1, keepdim=True))
        self.weight_v = torch.nn.Parameter(plain.weight.detach())

    def set_weight(self, weight: Tensor, bias: Tensor) -> None:
        """Make the layer compute ``weight @ x + bias``."""
        with torch.no_grad():
            self.weight_v.copy_(weight)
            self.weight_g.copy_(weight.norm(dim=1, keepdim=True))
            self.bias.copy_(bias)

    def forward(self, x: Tensor) -> Tensor:
        return torch.nn.functional.linear(x, torch._weight_norm(self.weight_v, self.weight_g, 0), self.bias)


class SDFNetwork(torch.nn.Module):
    """Encoded position -> signed distance and a feature vector, in the unit sphere."""

    def __init__(self, layout: MLPLayout, radius: float = 0.5) -> None:
        super().__init__()
        self.layout = layout
        encoded = 3 + 6 * layout.octaves
        self.widths = [encoded, *[layout.width] * layout.sdf_layers, 1 + layout.width]
        for k in range(layout.sdf_layers + 1):
            outputs = self.widths[k + 1] - (encoded if k + 1 in layout.skip_layers else 0)
            self.add_module(f"lin{k}", WeightNormLinear(self.widths[k], outputs))
        self._start_as_sphere(radius)

    def _start_as_sphere(self, radius: float) -> None:
        """Geometric initialisation (SAL, Atzmon & Lipman 2020): roughly the distance to a sphere.

        The published layouts leave the encoded position that re-enters before the last layer unmasked, which destroys
        the sphere (mean gradient norm 4.8 instead of 1); here those columns start at zero as well.
        """
        encoded, last = self.widths[0], self.layout.sdf_layers
        for k in range(last + 1):
            layer: Any = getattr(self, f"lin{k}")
            outputs, inputs = layer.weight_v.shape
            skip = k in self.layout.skip_layers
            if k == last:
                live = inputs - encoded if skip else inputs
                weight = torch.randn(outputs, inputs) * 1e-4 + math.sqrt(math.pi / live * (2 if skip else 1))
                bias = torch.full((outputs,), -radius)
            else:
                weight = torch.randn(outputs, inputs) * math.sqrt(2 / outputs)
                bias = torch.zeros(outputs)
            if k == 0:
                weight[:, 3:] = 0  # only the position itself, none of its waves
            elif skip:
                weight[:, -encoded + (0 if k == last else 3) :] = 0
            layer.set_weight(weight, bias)

    def forward(self, points: Tensor) -> Tensor:  # [N, 3] -> [N, 1 + width]
        encoded = positional_encoding(points, self.layout.octaves)
        x = encoded
        for k in range(self.layout.sdf_layers + 1):
            if k in self.layout.skip_layers:
                x = torch.cat([x, encoded], -1) / math.sqrt(2)
            x = getattr(self, f"lin{k}")(x)
            if k < self.layout.sdf_layers:
                x = torch.nn.functional.softplus(x, beta=100)
        return x


class ColorNetwork(torch.nn.Module):
    """Position, normal and feature -> two colours from shared layers: reconstruction and stylised."""

    def __init__(self, layout: MLPLayout) -> None:
        super().__init__()
        self.layers = layout.color_layers
        widths = [6 + layout.width, *[layout.width] * layout.color_layers]
        for k, (inputs, outputs) in enumerate(zip(widths, [*widths[1:], 3], strict=True)):
            self.add_module(f"lin{k}", WeightNormLinear(inputs, outputs))
        self.extra_lin = WeightNormLinear(widths[-1], 3)

    def forward(self, points: Tensor, normals: Tensor, features: Tensor) -> tuple[Tensor, Tensor]:  # [N, 3] each
        x = torch.cat([points, normals, features], -1)
        for k in range(self.layers):
            x = torch.relu(getattr(self, f"lin{k}")(x))
        return torch.sigmoid(getattr(self, f"lin{self.layers}")(x)), torch.sigmoid(self.extra_lin(x))


class MLPField(VolumeField):
    """AvatarCLIP's field.

    Args:
        layout: `FULL` or `SMALL`.
        center: [3] of the sphere that holds the person, metres.
        radius: of that sphere, metres; the networks see the unit sphere.

    Example:
        >>> _ = torch.manual_seed(0)
        >>> field = MLPField(SMALL, center=(0, 0.9, 0), radius=1.2)
        >>> samples = field.evaluate(torch.tensor([[0.0, 0.9, 1.8]]))
        >>> samples.sdf.shape, samples.stylized_color.shape
        (torch.Size([1]), torch.Size([1, 3]))
    """

    def __init__(
        self, layout: MLPLayout = FULL, center: Sequence[float] = (0.0, 0.0, 0.0), radius: float = 1.0
    ) -> None:
        super().__init__(center, radius)
        self.sdf_network = SDFNetwork(layout)
        self.color_network = ColorNetwork(layout)

    def sdf(self, points: Tensor) -> Tensor:
        return self.sdf_network(self.to_unit(points))[:, 0] * self.radius

    def evaluate(self, points: Tensor) -> FieldSamples:
        differentiable = torch.is_grad_enabled()
        with torch.enable_grad():
            unit = self.to_unit(points)
            unit = unit if unit.requires_grad else unit.requires_grad_()
            output = self.sdf_network(unit)
            (gradient,) = torch.autograd.grad(output[:, 0].sum(), unit, create_graph=differentiable)
        if not differentiable:
            output = output.detach()
        color, stylized = self.color_network(unit, gradient, output[:, 1:])
        return FieldSamples(output[:, 0] * self.radius, gradient, color, stylized)

    def parameter_groups(self) -> list[dict[str, Any]]:
        return [{"params": list(self.parameters()), "lr": 5e-4}]

    def load_published(self, checkpoint: Mapping[str, Mapping[str, Tensor]]) -> None:
        """Take the weights of an original checkpoint (``sdf_network_fine``, ``color_network_fine``, ...).

        Raises:
            PersonifyError: networks are missing or of another layout.
        """
        parts = {
            "sdf_network_fine": self.sdf_network,
            "color_network_fine": self.color_network,
            "variance_network_fine": self.variance_network,
        }
        for name, network in parts.items():
            if name not in checkpoint:
                raise PersonifyError(f"checkpoint: has no {name!r}; expected one of AvatarCLIP's AppearanceGen")
            try:
                missing = network.load_state_dict(dict(checkpoint[name]), strict=False)
            except RuntimeError as error:
                raise PersonifyError(
                    f"checkpoint: {name!r} has another layout; choose FULL or SMALL to match"
                ) from error
            # A checkpoint of the initialisation stage has no second colour yet.
            lacking = [key for key in missing.missing_keys if not key.startswith("extra_lin")]
            if missing.unexpected_keys or lacking:
                raise PersonifyError(f"checkpoint: {name!r} has another layout; choose FULL or SMALL to match")
