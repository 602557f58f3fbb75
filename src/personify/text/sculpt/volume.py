"""Fields that are rendered by NeuS: what the MLPs and the hash grid have in common."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Sequence
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from personify.render.cameras import Camera
from personify.text.sculpt.field import FieldImage, FieldSamples
from personify.text.sculpt.neus import RayImage, Sampling, render_rays
from personify.text.sculpt.rays import camera_rays, dilate
from personify.text.sculpt.solid import Solid


class Sharpness(torch.nn.Module):
    """NeuS's learnable inverse standard deviation, ``exp(10 v)``."""

    def __init__(self, start: float = 0.3) -> None:
        super().__init__()
        self.variance = torch.nn.Parameter(torch.tensor(start))

    def forward(self) -> Tensor:
        return torch.exp(self.variance * 10).clamp(1e-6, 1e6)


class VolumeField(torch.nn.Module, ABC):
    """A signed distance with colours in a sphere; subclasses say what it is in `evaluate`.

    Args:
        center: [3] of the sphere, metres.
        radius: metres.

    Attributes:
        proxy: what the person looked like at the start; rays are traced only near its silhouette. None = all pixels.
        sampling: of the rays.
    """

    center: Tensor

    def __init__(self, center: Sequence[float], radius: float) -> None:
        super().__init__()
        self.register_buffer("center", torch.tensor(center, dtype=torch.float32))
        self.radius = radius
        self.variance_network = Sharpness()
        self.proxy: Solid | None = None
        self.sampling = Sampling()

    def to_unit(self, points: Tensor) -> Tensor:
        """World points [N, 3] in the coordinates of the unit sphere."""
        return (points - self.center) / self.radius

    def sharpness(self) -> Tensor:
        """Inverse standard deviation of the surface, 1 / metres."""
        return self.variance_network() / self.radius

    @abstractmethod
    def evaluate(self, points: Tensor) -> FieldSamples:
        """Distance, gradient and colours at world points [N, 3]."""

    def sdf(self, points: Tensor) -> Tensor:
        return self.evaluate(points).sdf

    def gradient(self, points: Tensor) -> Tensor:
        return self.evaluate(points).gradient

    def color(self, points: Tensor) -> Tensor:
        return self.evaluate(points).color

    def stylized_color(self, points: Tensor) -> Tensor:
        return self.evaluate(points).stylized_color

    def render(self, camera: Camera, generator: torch.Generator | None = None) -> FieldImage:
        mask = self._worth_tracing(camera)
        origins, directions = camera_rays(camera, mask)
        origins, directions = origins.to(self.center), directions.to(self.center)
        return picture_of(render_rays(self, origins, directions, self.sampling, generator=generator), mask)

    def _worth_tracing(self, camera: Camera) -> NDArray[np.bool_]:
        everything = np.ones((camera.height, camera.width), bool)
        if self.proxy is None:
            return everything
        # The published margin of 10 pixels is for pictures of 256.
        mask = dilate(self.proxy.silhouette(camera), max(1, round(10 * camera.height / 256)))
        return mask if mask.any() else everything

    def regularization(self) -> dict[str, Tensor]:
        return {}

    @abstractmethod
    def parameter_groups(self) -> list[dict[str, Any]]:
        """What an optimiser takes, see `Field`."""


def picture_of(rays: RayImage, mask: NDArray[np.bool_]) -> FieldImage:
    """Put composited rays back where their pixels are; [H, W] mask, row by row."""
    where = torch.from_numpy(mask)

    def picture(values: Tensor) -> Tensor:
        return values.new_zeros(*where.shape, *values.shape[1:]).index_put((where,), values)

    return FieldImage(
        picture(rays.color), picture(rays.stylized_color), picture(rays.opacity), picture(rays.normals),
        {"eikonal": rays.eikonal},
    )  # fmt: skip
