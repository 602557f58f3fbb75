"""gsplat (Ye et al. 2024) on NVIDIA cards, an optional extra that is imported only where there is such a card.

Importing gsplat without a card can start a compiler or fail, so `available` asks torch first.
"""

from __future__ import annotations

import importlib.util
from functools import cache
from typing import Any

import torch
from torch import Tensor

from personify.render.gaussians.view import View


@cache
def available() -> bool:
    """Whether there is a card and gsplat; without it, plain PyTorch draws on the card.

    Example:
        >>> available() <= torch.cuda.is_available()
        True
    """
    return torch.cuda.is_available() and importlib.util.find_spec("gsplat") is not None


def rasterization(
    tensors: dict[str, Tensor | None], view: View, **options: Any
) -> tuple[Tensor, Tensor, dict[str, Any]]:
    """`api.rasterization` of checked arguments by gsplat; all by keyword, as positions differ between versions."""
    import gsplat

    given = dict(tensors)
    if given["covars"] is not None:  # ignored by gsplat then, but its checks want shapes
        means, covars = given["means"], given["covars"]
        assert means is not None
        given["quats"], given["scales"] = means.new_ones(*means.shape[:-1], 4), covars.new_ones(means.shape)
    if "RGB" not in options["render_mode"]:
        means = given["means"]
        assert means is not None
        given["colors"], given["backgrounds"] = torch.zeros_like(means), None
        options["sh_degree"] = None
    colors, alphas, meta = gsplat.rasterization(
        **given,
        width=view.width,
        height=view.height,
        near_plane=view.near_plane,
        far_plane=view.far_plane,
        radius_clip=view.radius_clip,
        eps2d=view.eps2d,
        camera_model="ortho" if view.ortho else "pinhole",
        packed=False,
        **options,
    )
    return colors, alphas, meta
