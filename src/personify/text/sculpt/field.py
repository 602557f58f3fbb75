"""What is sculpted: the protocol of a surface with colours, and the picture that every field draws of itself."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, NamedTuple, Protocol

import torch
from torch import Tensor

from personify.render.cameras import Camera


class FieldSamples(NamedTuple):
    """A field at N points, everything from one evaluation.

    Attributes:
        sdf: [N] signed distance, metres, negative inside.
        gradient: [N, 3] of the signed distance; a unit vector where the field is a true distance.
        color: [N, 3] sRGB of the reconstruction: what the surface looked like before sculpting.
        stylized_color: [N, 3] sRGB of the sculpted surface.
    """

    sdf: Tensor
    gradient: Tensor
    color: Tensor
    stylized_color: Tensor


class FieldImage(NamedTuple):
    """A picture of a field, differentiable in its parameters; colours lie over black (premultiplied).

    Attributes:
        color: [H, W, 3] sRGB of the reconstruction.
        stylized_color: [H, W, 3] sRGB of the sculpted surface, unlit.
        opacity: [H, W] in [0, 1] (sums of NeuS weights exceed 1 by rounding).
        normals: [H, W, 3] unit normals in world axes, 0 where nothing is.
        regularization: name -> scalar, what this picture alone has to say about the field's health (``"eikonal"``).
    """

    color: Tensor
    stylized_color: Tensor
    opacity: Tensor
    normals: Tensor
    regularization: dict[str, Tensor]


class Field(Protocol):
    """A person's surface and colours as parameters of an optimisation; points are in world metres (+Y up, soles on 0).

    Fields are `torch.nn.Module`: state dicts are their checkpoints.
    """

    def sdf(self, points: Tensor) -> Tensor:  # [N, 3] -> [N]
        """Signed distance, metres, negative inside."""

    def gradient(self, points: Tensor) -> Tensor:  # [N, 3] -> [N, 3]
        """Gradient of `sdf`."""

    def color(self, points: Tensor) -> Tensor:  # [N, 3] -> [N, 3]
        """sRGB of the reconstruction at points on the surface."""

    def stylized_color(self, points: Tensor) -> Tensor:  # [N, 3] -> [N, 3]
        """sRGB of the sculpted surface."""

    def render(self, camera: Camera, generator: torch.Generator | None = None) -> FieldImage:
        """A picture; the generator shifts the samples along the rays of volumetric fields (None = no shift)."""

    def regularization(self) -> dict[str, Tensor]:
        """Name -> scalar penalty of the field as a whole, unweighted: what keeps it from tearing and growing spikes."""

    def parameter_groups(self) -> list[dict[str, Any]]:
        """Groups for `torch.optim`: each with ``params`` and its peak ``lr``."""

    def parameters(self) -> Iterator[torch.nn.Parameter]: ...

    def state_dict(self) -> dict[str, Any]: ...
