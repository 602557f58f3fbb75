"""The pictures a guide looks at, and the losses that hold a field to its template (AvatarCLIP section 4.2)."""

from __future__ import annotations

import math
from typing import NamedTuple

import torch
from torch import Tensor

from personify.text.sculpt.views import polar_direction


class Light(NamedTuple):
    """A directional light: unit direction [3] towards it, and the share of ambient light in [0, 1]."""

    direction: Tensor
    ambient: float


def random_headlight(theta: float, phi: float, generator: torch.Generator) -> Light:
    """A light near the camera at polar angles ``theta`` and ``phi``, up to 45 degrees off; ambient U(0, 0.2)."""
    draw = torch.rand(3, generator=generator)
    off = (draw[:2] - 0.5) * (math.pi / 2)
    direction = polar_direction(theta + float(off[0]), phi + float(off[1]))
    return Light(torch.from_numpy(direction).float(), 0.2 * float(draw[2]))


def lambert(normals: Tensor, light: Light) -> Tensor:  # [..., 3] -> [..., 1]
    """Brightness of a matt white surface.

    >>> lambert(torch.tensor([0.0, 0.0, 1.0]), Light(torch.tensor([0.0, 0.0, 1.0]), 0.1)).item()
    1.0
    """
    diffuse = (normals @ light.direction.to(normals)).clamp(0, 1)[..., None]
    return light.ambient + (1 - light.ambient) * diffuse


def lit_pictures(stylized: Tensor, normals: Tensor, opacity: Tensor, light: Light) -> tuple[Tensor, Tensor]:
    """The two pictures that carry gradients into the shape.

    Args:
        stylized: [..., 3] colours, already over their background.
        normals: [..., 3].
        opacity: [...]; where it is under a half both pictures show ``stylized``.
        light: of both pictures.

    Returns:
        Texture-less picture (brightness alone) and shaded picture, [..., 3] each.
    """
    brightness = lambert(normals, light)
    person = (opacity >= 0.5)[..., None]
    textureless = torch.where(person, brightness.expand_as(stylized), stylized)
    return textureless, torch.where(person, (stylized * brightness).clamp(0, 1), stylized)


def color_loss(color: Tensor, target: Tensor, mask: Tensor) -> Tensor:  # [N, 3], [N, 3], [N]
    """Sum over the mask of the absolute error of all three channels, per masked ray."""
    return ((color - target) * mask[:, None]).abs().sum() / (mask.sum() + 1e-5)


def mask_loss(opacity: Tensor, mask: Tensor) -> Tensor:  # [N], [N]
    """Binary cross-entropy of the opacity against the silhouette."""
    return torch.nn.functional.binary_cross_entropy(opacity.clamp(1e-3, 1 - 1e-3), mask)


def psnr(color: Tensor, target: Tensor, mask: Tensor) -> Tensor:  # [N, 3], [N, 3], [N]
    """Peak signal-to-noise ratio inside the mask, decibels."""
    error = ((color - target).square() * mask[:, None]).sum() / (mask.sum() * 3)
    return -10 * torch.log10(error)
