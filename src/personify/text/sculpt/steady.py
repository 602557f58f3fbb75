"""Pictures without chance, to be looked at and to be measured: plain background, a light that comes along."""

from __future__ import annotations

from typing import NamedTuple

import torch
from torch import Tensor

from personify.render.cameras import Camera
from personify.text.sculpt.field import Field, FieldImage
from personify.text.sculpt.shading import Light, lit_pictures

_LIGHT, _AMBIENT = torch.tensor([0.4, -0.5, -1.0]), 0.5  # in the camera's axes: from behind its right shoulder


class Portrait(NamedTuple):
    """A field as it looks now, [H, W, 3] sRGB each: with colours, texture-less, normals; and what they were made of."""

    colors: Tensor
    shape: Tensor
    normals: Tensor
    image: FieldImage


@torch.no_grad()
def portrait(field: Field, camera: Camera, behind: float = 1.0) -> Portrait:
    """Draw a field before a plain grey ``behind``."""
    return lit(field.render(camera), camera, behind)


def lit(image: FieldImage, camera: Camera, behind: float = 1.0) -> Portrait:
    """The portrait that a picture makes."""
    uncovered = (1 - image.opacity[..., None]).clamp(min=0)
    direction = torch.nn.functional.normalize(_LIGHT, dim=0) @ torch.from_numpy(camera.viewmat[:3, :3])
    stylized = (image.stylized_color + behind * uncovered).clamp(0, 1)
    shape, colors = lit_pictures(stylized, image.normals, image.opacity, Light(direction, _AMBIENT))
    normals = torch.where(image.opacity[..., None] > 0, (image.normals + 1) / 2, torch.full((), behind))
    return Portrait(colors, shape, normals, image)
