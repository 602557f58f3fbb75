"""The field between: a hash grid and small networks in a narrow band around the person, free to change topology."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from torch import Tensor

from personify.render.cameras import Camera
from personify.text.sculpt.band import Band
from personify.text.sculpt.distance import SolidDistance
from personify.text.sculpt.encoding import HashEncoding
from personify.text.sculpt.field import FieldImage, FieldSamples
from personify.text.sculpt.neus import composite
from personify.text.sculpt.solid import Solid
from personify.text.sculpt.volume import VolumeField, picture_of


@dataclass(frozen=True)
class HashGridOptions:
    """Sizes of a `HashGridField`.

    Attributes:
        band: metres on either side of the person's surface in which the surface may lie.
        samples: along every ray, all in the band.
        width: of the hidden layers.
        features: handed from the distance to the colours.
        coarse_cells: of the grid that remembers the distance outside the band.
    """

    band: float = 0.03
    samples: int = 8
    width: int = 64
    features: int = 15
    coarse_cells: int = 48


class HashGridField(VolumeField):
    """A narrow-band field; see `personify.text.sculpt.field.Field`. It starts shapeless: `initialize.fit_to_solid`.

    Args:
        solid: the person it grows around.
        options: see `HashGridOptions`.
    """

    coarse: Tensor  # [1, 1, C, C, C] z, y, x: signed distance to the person, metres

    def __init__(self, solid: Solid, options: HashGridOptions = HashGridOptions()) -> None:
        super().__init__(*solid.bounding_sphere())
        self.options = options
        self.band = Band(solid, options.band)
        self.distance = SolidDistance(solid)
        self.register_buffer("coarse", self._coarse_distance(), persistent=False)
        self.encoding = HashEncoding()
        inputs = self.encoding.features
        self.trunk = torch.nn.Sequential(
            torch.nn.Linear(inputs, options.width),
            torch.nn.Softplus(beta=100),
            torch.nn.Linear(options.width, 1 + options.features),
        )
        self.colors = torch.nn.Sequential(
            torch.nn.Linear(inputs + options.features + 3, options.width),
            torch.nn.ReLU(),
            torch.nn.Linear(options.width, 6),
        )

    def _coarse_distance(self) -> Tensor:
        axis = np.linspace(-1, 1, self.options.coarse_cells)
        z, y, x = np.meshgrid(axis, axis, axis, indexing="ij")
        points = np.stack([x, y, z], -1).reshape(-1, 3) * self.radius + self.center.numpy()
        return torch.from_numpy(self.distance(points.astype(np.float32))[0]).reshape(1, 1, *x.shape)

    def _remembered(self, unit: Tensor) -> Tensor:  # [N, 3] -> [N]
        unit = unit.detach()
        inside = unit.clamp(-1, 1)
        values = torch.nn.functional.grid_sample(self.coarse, inside.reshape(1, 1, 1, -1, 3), align_corners=True)
        return values.reshape(-1) + torch.linalg.norm(unit - inside, dim=-1) * self.radius

    def sdf(self, points: Tensor) -> Tensor:
        """Inside the band what was learnt; elsewhere the person's own distance, so that nothing grows out there."""
        unit = self.to_unit(points)
        learnt = self.trunk(self.encoding((unit + 1) / 2))[:, 0] * self.radius
        remembered = self._remembered(unit)
        cell = 2 * self.radius / (self.options.coarse_cells - 1)
        return torch.where(remembered.abs() > self.options.band + cell, remembered, learnt)

    def evaluate(self, points: Tensor) -> FieldSamples:
        differentiable = torch.is_grad_enabled()
        with torch.enable_grad():
            unit = self.to_unit(points)
            unit = unit if unit.requires_grad else unit.requires_grad_()
            encoded = self.encoding((unit + 1) / 2)
            output = self.trunk(encoded)
            (gradient,) = torch.autograd.grad(output[:, 0].sum(), unit, create_graph=differentiable)
        if not differentiable:
            encoded, output = encoded.detach(), output.detach()
        both = torch.sigmoid(self.colors(torch.cat([encoded, output[:, 1:], gradient], -1)))
        return FieldSamples(output[:, 0] * self.radius, gradient, both[:, :3], both[:, 3:])

    def render(self, camera: Camera, generator: torch.Generator | None = None) -> FieldImage:
        mask, origins, directions, depths, lengths = self.band.rays(camera, self.options.samples, generator)
        return picture_of(composite(self, origins, directions, depths, lengths), mask)

    def parameter_groups(self) -> list[dict[str, Any]]:
        networks = [*self.trunk.parameters(), *self.colors.parameters(), *self.variance_network.parameters()]
        return [{"params": [self.encoding.table], "lr": 5e-3}, {"params": networks, "lr": 2e-3}]
