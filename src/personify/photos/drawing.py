"""Pictures of posed people of Gaussians."""

from __future__ import annotations

import math
from typing import Literal

from torch import Tensor

from personify.photos.articulation import ArticulatedGaussians
from personify.render.gaussians import rasterization


def draw_posed(
    posed: ArticulatedGaussians,
    viewmats: Tensor,  # [B, C, 4, 4]
    Ks: Tensor,  # [B, C, 3, 3] pixels
    size: tuple[int, int],
    backgrounds: Tensor | None = None,  # [B, 3]
    rasterize_mode: Literal["classic", "antialiased"] = "classic",
) -> tuple[Tensor, Tensor]:  # [B, C, H, W, 3], [B, C, H, W, 1]
    """One picture of every pose, ``size`` (height, width), premultiplied over black unless a background is given."""
    behind = None if backgrounds is None else backgrounds[:, None, None].expand(-1, viewmats.shape[1], 1, 3)
    images, alphas, _ = rasterization(
        means=posed.means,
        quats=None,
        scales=None,
        covars=posed.covariances,
        opacities=posed.opacities,
        colors=posed.harmonics,
        sh_degree=min(3, math.isqrt(posed.harmonics.shape[-2]) - 1),
        viewmats=viewmats[:, :, None],
        Ks=Ks[:, :, None],
        width=size[1],
        height=size[0],
        backgrounds=behind,
        rasterize_mode=rasterize_mode,
    )
    return images[:, :, 0], alphas[:, :, 0]
