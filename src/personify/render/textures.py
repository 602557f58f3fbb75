"""Textures with mipmaps, packed into one buffer that kernels sample (bilinear in a level, linear between levels)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np
from numba import njit
from numpy.typing import NDArray

from personify.color import linear_to_srgb
from personify.render.color import DECODE

_MAX_LEVELS = 14  # 8192 pixels


class Textures(NamedTuple):
    """All textures of a scene.

    Attributes:
        texels: [N, 4] uint8, every level of every texture one after the other, row 0 = top.
        levels: [T, L, 3] int64 offset, width and height of each mip level.
        counts: [T] int64 number of levels.
    """

    texels: NDArray[np.uint8]
    levels: NDArray[np.int64]
    counts: NDArray[np.int64]


def pack_textures(images: Sequence[NDArray[np.uint8]], kinds: Sequence[str]) -> Textures:
    """Build the mip pyramids.

    Args:
        images: [H, W, 3 or 4] uint8 each.
        kinds: per image ``"color"`` (averaged in linear light, weighted by alpha), ``"mask"`` (the same, with alpha
            cut at 0.5 first, so that a coarse level holds the *share* of opaque texels) or ``"normal"``.
    """
    texels: list[NDArray[np.uint8]] = []
    levels = np.zeros((max(len(images), 1), _MAX_LEVELS, 3), np.int64)
    counts = np.ones(max(len(images), 1), np.int64)
    offset = 0
    for index, (image, kind) in enumerate(zip(images, kinds, strict=True)):
        pyramid = _pyramid(image, kind)
        counts[index] = len(pyramid)
        for level, texel in enumerate(pyramid):
            levels[index, level] = offset, texel.shape[1], texel.shape[0]
            texels.append(texel.reshape(-1, 4))
            offset += len(texels[-1])
    return Textures(np.concatenate([*texels, np.zeros((1, 4), np.uint8)]), levels, counts)


def _pyramid(image: NDArray[np.uint8], kind: str) -> list[NDArray[np.uint8]]:
    rgba = np.full((*image.shape[:2], 4), 255, np.uint8)
    rgba[..., : image.shape[2]] = image
    if kind == "mask":
        rgba[..., 3] = np.where(rgba[..., 3] >= 128, 255, 0)
    values: NDArray[np.float32] = (rgba / np.float32(255)).astype(np.float32)
    if kind != "normal":
        values[..., :3] = DECODE[rgba[..., :3]]
    pyramid = [rgba]
    while max(values.shape[:2]) > 1 and len(pyramid) < _MAX_LEVELS:
        values = _halve(values)
        level = values.copy()
        if kind != "normal":
            level[..., :3] = linear_to_srgb(level[..., :3])
        pyramid.append((level * 255 + 0.5).astype(np.uint8))
    return pyramid


def _halve(values: NDArray[np.float32]) -> NDArray[np.float32]:
    height, width = values.shape[:2]
    values = np.pad(values, ((0, height % 2), (0, width % 2), (0, 0)), mode="edge")
    weights = values[..., 3:] + 1e-4  # transparent texels must not tint their neighbours
    total = _sum_of_four(weights)
    halved = _sum_of_four(values * weights) / total
    halved[..., 3] = total[..., 0] / 4 - 1e-4
    return np.clip(halved, 0, 1).astype(np.float32)


def _sum_of_four(values: NDArray[np.float32]) -> NDArray[np.float32]:  # [2H, 2W, C] -> [H, W, C]
    rows = values[::2] + values[1::2]
    return rows[:, ::2] + rows[:, 1::2]


@njit(cache=True, nogil=True)
def _corners(textures: Any, texture: Any, level: Any, u: Any, v: Any) -> Any:
    """Indices of the four texels around a point and its fractions; coordinates clamp at the border."""
    levels = textures.levels
    offset, width, height = levels[texture, level, 0], levels[texture, level, 1], levels[texture, level, 2]
    x = min(max(u * width - 0.5, 0.0), width - 1.0)
    y = min(max(v * height - 0.5, 0.0), height - 1.0)
    x0, y0 = int(x), int(y)
    right = 1 if x0 + 1 < width else 0
    down = width if y0 + 1 < height else 0
    first = offset + y0 * width + x0
    return first, first + right, first + down, first + down + right, x - x0, y - y0


@njit(cache=True, nogil=True)
def _color_at(textures: Any, texture: Any, level: Any, u: Any, v: Any) -> Any:
    a, b, c, d, fx, fy = _corners(textures, texture, level, u, v)
    texels = textures.texels
    wa, wb, wc, wd = (1 - fx) * (1 - fy), fx * (1 - fy), (1 - fx) * fy, fx * fy
    red = wa * DECODE[texels[a, 0]] + wb * DECODE[texels[b, 0]] + wc * DECODE[texels[c, 0]] + wd * DECODE[texels[d, 0]]
    green = (
        wa * DECODE[texels[a, 1]] + wb * DECODE[texels[b, 1]] + wc * DECODE[texels[c, 1]] + wd * DECODE[texels[d, 1]]
    )
    blue = wa * DECODE[texels[a, 2]] + wb * DECODE[texels[b, 2]] + wc * DECODE[texels[c, 2]] + wd * DECODE[texels[d, 2]]
    return red, green, blue


@njit(cache=True, nogil=True)
def _value_at(textures: Any, texture: Any, level: Any, u: Any, v: Any, channel: Any) -> Any:
    a, b, c, d, fx, fy = _corners(textures, texture, level, u, v)
    texels = textures.texels
    top = (1 - fx) * texels[a, channel] + fx * texels[b, channel]
    bottom = (1 - fx) * texels[c, channel] + fx * texels[d, channel]
    return ((1 - fy) * top + fy * bottom) / 255


@njit(cache=True, nogil=True)
def sample_color(textures: Any, texture: Any, lod: Any, u: Any, v: Any) -> Any:
    """Linear RGB at (u, v) with ``lod`` = log2 of the texels per pixel."""
    lod = min(max(lod, 0.0), textures.counts[texture] - 1.0)
    level = int(lod)
    red, green, blue = _color_at(textures, texture, level, u, v)
    t = min(max(1.5 * (lod - level) - 0.25, 0.0), 1.0)  # a sixth of all lookups need one level only
    if t > 0:
        red1, green1, blue1 = _color_at(textures, texture, level + 1, u, v)
        red, green, blue = red + t * (red1 - red), green + t * (green1 - green), blue + t * (blue1 - blue)
    return red, green, blue


@njit(cache=True, nogil=True)
def sample_value(textures: Any, texture: Any, lod: Any, u: Any, v: Any, channel: Any) -> Any:
    """One raw channel in [0, 1] at (u, v), from the nearest level."""
    level = int(min(max(lod + 0.5, 0.0), textures.counts[texture] - 1.0))
    return _value_at(textures, texture, level, u, v, channel)


@njit(cache=True, nogil=True)
def sample_vector(textures: Any, texture: Any, lod: Any, u: Any, v: Any) -> Any:
    """Three raw channels as a vector with components in [-1, 1], from the nearest level."""
    level = int(min(max(lod + 0.5, 0.0), textures.counts[texture] - 1.0))
    a, b, c, d, fx, fy = _corners(textures, texture, level, u, v)
    texels = textures.texels
    wa, wb, wc, wd = (1 - fx) * (1 - fy), fx * (1 - fy), (1 - fx) * fy, fx * fy
    x = wa * texels[a, 0] + wb * texels[b, 0] + wc * texels[c, 0] + wd * texels[d, 0]
    y = wa * texels[a, 1] + wb * texels[b, 1] + wc * texels[c, 1] + wd * texels[d, 1]
    z = wa * texels[a, 2] + wb * texels[b, 2] + wc * texels[c, 2] + wd * texels[d, 2]
    return x / 127.5 - 1, y / 127.5 - 1, z / 127.5 - 1
