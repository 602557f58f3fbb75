"""Textures with mipmaps, packed into one buffer that kernels sample (bilinear in a level, linear between levels)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np
from numba import njit
from numpy.typing import NDArray

from personify.color import linear_to_srgb
from personify.render.color import DECODE
from personify.render.kernels import inner

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


_ZERO, _ONE = np.float32(0), np.float32(1)
_RED, _GREEN, _BLUE = np.uint64(0), np.uint64(1), np.uint64(2)  # one type: a literal each would compile once more


@inner(forceinline=True)
def _corners(levels: Any, texture: Any, level: Any, u: Any, v: Any) -> Any:
    """Indices of the four texels around a point and their weights; coordinates clamp at the border."""
    offset, width, height = levels[texture, level, 0], levels[texture, level, 1], levels[texture, level, 2]
    x = min(max(u * np.float32(width) - np.float32(0.5), _ZERO), np.float32(width - 1))
    y = min(max(v * np.float32(height) - np.float32(0.5), _ZERO), np.float32(height - 1))
    x0, y0 = np.int64(x), np.int64(y)
    right = 1 if x0 + 1 < width else 0
    down = width if y0 + 1 < height else 0
    first = offset + y0 * width + x0
    fx, fy = x - np.float32(x0), y - np.float32(y0)
    corners = (np.uint64(first), np.uint64(first + right), np.uint64(first + down), np.uint64(first + down + right))
    return corners, ((_ONE - fx) * (_ONE - fy), fx * (_ONE - fy), (_ONE - fx) * fy, fx * fy)


@inner(forceinline=True)
def _mean(texels: Any, corners: Any, weights: Any, channel: Any) -> Any:
    """Weighted mean of one raw channel (uint64) of four texels, 0 .. 255."""
    return (
        weights[0] * np.float32(texels[corners[0], channel])
        + weights[1] * np.float32(texels[corners[1], channel])
        + weights[2] * np.float32(texels[corners[2], channel])
        + weights[3] * np.float32(texels[corners[3], channel])
    )


@inner(forceinline=True)
def _light(texels: Any, corners: Any, weights: Any, channel: Any) -> Any:
    """Weighted mean of the linear light of one channel (uint64) of four texels."""
    return (
        weights[0] * DECODE[texels[corners[0], channel]]
        + weights[1] * DECODE[texels[corners[1], channel]]
        + weights[2] * DECODE[texels[corners[2], channel]]
        + weights[3] * DECODE[texels[corners[3], channel]]
    )


@inner(forceinline=True)
def _color_at(texels: Any, levels: Any, texture: Any, level: Any, u: Any, v: Any) -> Any:
    corners, weights = _corners(levels, texture, level, u, v)
    return (
        _light(texels, corners, weights, _RED),
        _light(texels, corners, weights, _GREEN),
        _light(texels, corners, weights, _BLUE),
    )


@njit(cache=True, nogil=True, forceinline=True)
def sample_color(texels: Any, levels: Any, counts: Any, texture: Any, lod: Any, u: Any, v: Any) -> Any:
    """Linear RGB at (u, v) with ``lod`` = log2 of the texels per pixel."""
    last = counts[texture] - 1
    lod = min(max(lod, _ZERO), np.float32(last))
    level = np.int64(lod)
    t = lod - np.float32(level)
    t = min(max(np.float32(1.5) * t - np.float32(0.25), _ZERO), _ONE)  # sharper than linear between levels
    a, b = (
        _color_at(texels, levels, texture, level, u, v),
        _color_at(texels, levels, texture, min(level + 1, last), u, v),
    )
    return a[0] + t * (b[0] - a[0]), a[1] + t * (b[1] - a[1]), a[2] + t * (b[2] - a[2])


@inner(forceinline=True)
def _nearest(counts: Any, texture: Any, lod: Any) -> Any:
    """The level that is closest to a level of detail."""
    return np.int64(min(max(lod + np.float32(0.5), _ZERO), np.float32(counts[texture] - 1)))


@njit(cache=True, nogil=True, forceinline=True)
def sample_value(texels: Any, levels: Any, counts: Any, texture: Any, lod: Any, u: Any, v: Any, channel: Any) -> Any:
    """One raw channel in [0, 1] at (u, v), from the nearest level."""
    corners, weights = _corners(levels, texture, _nearest(counts, texture, lod), u, v)
    return _mean(texels, corners, weights, np.uint64(channel)) * np.float32(1 / 255)


@inner(forceinline=True)
def sample_vector(texels: Any, levels: Any, counts: Any, texture: Any, lod: Any, u: Any, v: Any) -> Any:
    """Three raw channels as a vector with components in [-1, 1], from the nearest level."""
    corners, weights = _corners(levels, texture, _nearest(counts, texture, lod), u, v)
    scale = np.float32(1 / 127.5)
    return (
        _mean(texels, corners, weights, _RED) * scale - _ONE,
        _mean(texels, corners, weights, _GREEN) * scale - _ONE,
        _mean(texels, corners, weights, _BLUE) * scale - _ONE,
    )
