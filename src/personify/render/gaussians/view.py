"""What the backends of `rasterization` share: the options of one picture, its projected Gaussians, the fixed limits."""

from __future__ import annotations

from typing import NamedTuple

import torch
from torch import Tensor

MIN_ALPHA = 1 / 255  # fainter contributions to a pixel are skipped
MAX_ALPHA = 0.99  # keeps the transmittance, by which the gradient divides, above zero
MIN_TRANSMITTANCE = 1e-4  # a pixel stops before its transmittance falls to this
MAX_EXTENT = 3.33  # standard deviations; where an opaque Gaussian falls below MIN_ALPHA
FRUSTUM_MARGIN = 0.15  # of the picture on every side: how far off the projection's derivative is still followed
RADIUS_SLACK = 1e-3  # pixels; rounding of a radius must not cut a visible pixel


class View(NamedTuple):
    """Options of one picture.

    Attributes:
        width: pixels.
        height: pixels.
        near_plane: nearer Gaussians are not drawn, metres.
        far_plane: farther Gaussians are not drawn, metres.
        radius_clip: Gaussians of at most this radius in both directions are not drawn, pixels.
        eps2d: added to the variances on screen, so that every Gaussian reaches a pixel centre, pixels squared.
        antialiased: lower the opacity by what ``eps2d`` adds in area.
        ortho: parallel projection.
    """

    width: int
    height: int
    near_plane: float
    far_plane: float
    radius_clip: float
    eps2d: float
    antialiased: bool
    ortho: bool


class Projection(NamedTuple):
    """Gaussians on the screen of one camera.

    A Gaussian's falloff at the offset (dx, dy) from its mean is exp(-(u^2 + v^2) / 2) with u = a dx + b dy and
    v = c dy. Keeping the factor (a, b, c) instead of the conic saves float32 from the cancellation in
    A dx^2 + 2 B dx dy + C dy^2, which for a long thin Gaussian costs all digits.

    Attributes:
        means2d: [N, 2] pixels, differentiable.
        factors: [N, 3] per pixel, differentiable.
        depths: [N] metres along the viewing axis, differentiable.
        opacities: [N] lowered if antialiased, differentiable.
        radii: [N, 2] int32 pixels, 0 = not drawn.
    """

    means2d: Tensor
    factors: Tensor
    depths: Tensor
    opacities: Tensor
    radii: Tensor


def conics(factors: Tensor) -> Tensor:  # [..., 3] -> [..., 3]
    """Inverse covariances (xx, xy, yy) on screen, per pixel squared.

    Example:
        >>> conics(torch.tensor([2.0, 1.0, 3.0])).tolist()
        [4.0, 2.0, 10.0]
    """
    a, b, c = factors.unbind(-1)
    return torch.stack([a * a, a * b, b * b + c * c], -1)
