"""Rays of pixels, and which pixels are worth one."""

from __future__ import annotations

import math

import numpy as np
import torch
from numpy.typing import NDArray
from scipy.ndimage import binary_dilation
from torch import Tensor

from personify.render.cameras import Camera


def pixel_centers(width: int, height: int) -> Tensor:  # [H * W, 2]
    """Pixel centres, row by row.

    >>> pixel_centers(2, 1).tolist()
    [[0.5, 0.5], [1.5, 0.5]]
    """
    rows, columns = torch.meshgrid(torch.arange(height) + 0.5, torch.arange(width) + 0.5, indexing="ij")
    return torch.stack([columns, rows], -1).reshape(-1, 2)


def pixel_rays(pixels: Tensor, viewmat: Tensor, K: Tensor) -> tuple[Tensor, Tensor]:
    """Rays through image points of a pinhole camera.

    Args:
        pixels: [N, 2] pixel coordinates, centres at +0.5.
        viewmat: [4, 4] world-to-camera.
        K: [3, 3].

    Returns:
        Origins [N, 3] and unit directions [N, 3] in world axes.
    """
    plane = torch.cat([pixels, torch.ones_like(pixels[:, :1])], -1)
    local = torch.nn.functional.normalize(plane @ torch.linalg.inv(K).T, dim=-1)
    rotation = viewmat[:3, :3]
    directions = local @ rotation
    return (-viewmat[:3, 3] @ rotation).expand_as(directions), directions


def camera_rays(camera: Camera, mask: NDArray[np.bool_] | None = None) -> tuple[Tensor, Tensor]:
    """Rays of a camera's pixels, all or those of a mask [H, W], row by row."""
    pixels = pixel_centers(camera.width, camera.height)
    if mask is not None:
        pixels = pixels[torch.from_numpy(mask.reshape(-1))]
    return pixel_rays(pixels, torch.from_numpy(camera.viewmat), torch.from_numpy(camera.K))


def dilate(mask: NDArray[np.bool_], pixels: int = 10) -> NDArray[np.bool_]:  # [H, W]
    """Grow a silhouette, so that the surface has room to grow outwards (3 x 3 square, once per pixel)."""
    return binary_dilation(mask, np.ones((3, 3), bool), iterations=pixels)


def affordable_side(mask: NDArray[np.bool_], max_rays: int) -> int:
    """Side of the largest square picture, at most the mask's own, whose masked pixels number about ``max_rays``.

    >>> affordable_side(np.ones((256, 256), bool), 112 * 112)
    112
    """
    coverage = max(float(mask.mean()), 1 / mask.size)
    return min(mask.shape[0], math.floor(math.sqrt(max_rays / coverage)))


def resized_mask(mask: NDArray[np.bool_], side: int) -> NDArray[np.bool_]:  # [H, H] -> [side, side]
    """Nearest pixels, as `torch.nn.functional.interpolate` picks them."""
    index = np.floor(np.arange(side) * (mask.shape[0] / side)).astype(np.int64)
    return mask[index[:, None], index]
