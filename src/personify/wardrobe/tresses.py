"""The texture of hair: strands with ragged tips on the left half (cards), an unbroken flow on the right (cap)."""

from __future__ import annotations

import functools
from typing import Any

import numpy as np
from numpy.typing import NDArray

from personify.body.mesh import Material
from personify.wardrobe.complexion import normal_map
from personify.wardrobe.noise import smoothstep, value_noise

CARDS = 4
"""Kinds of cards, from dark to light; card k spans u from k / 8 to (k + 1) / 8."""
SOLID = (0.52, 0.98)
"""u range that is opaque everywhere."""


def card_columns(kinds: Any, flipped: Any) -> NDArray[np.float64]:  # [N] -> [N, 2]
    """Left and right u of cards."""
    left, right = (kinds + 0.03) / 8, (kinds + 0.97) / 8
    return np.stack([np.where(flipped, right, left), np.where(flipped, left, right)], 1)


@functools.lru_cache(maxsize=16)
def _strands(size: int, frizz: float) -> tuple[NDArray[np.float32], NDArray[np.float32], NDArray[np.uint8]]:
    """Brightness [S, S], opacity [S, S] and normal map [S, S, 3] shared by all colours."""
    v, u = (np.mgrid[0:size, 0:size] + 0.5) / size
    bend = frizz * 0.012 * np.sin(v * 21 + 9 * u) + 0.004 * np.sin(v * 9 + 40 * u)
    points = np.stack([u + bend, v, 0 * u], -1).reshape(-1, 3)
    fine = value_noise(points, (210.0, 5.0 + 26 * frizz, 1.0), 3).reshape(size, size)
    locks = value_noise(points, (56.0, 2.2 + 8 * frizz, 1.0), 4).reshape(size, size)
    if frizz == 1:  # an unbroken surface of tight curls has no direction
        woolly = value_noise(points, (70.0, 70.0, 1.0), 6).reshape(size, size)
        locks = np.where(u > 0.5, woolly, locks)
    clumps = value_noise(points, (30.0, 1.2, 1.0), 5).reshape(size, size)
    across = (u * 8) % 1
    edge = np.abs(across - 0.5) * 2
    need = 0.02 + 0.86 * smoothstep(0.35, 1.02, v) + 0.75 * smoothstep(0.6, 1.0, edge) * (0.35 + v)
    need = need + 0.9 * smoothstep(0.16, 0.0, v)
    opacity = smoothstep(-0.04, 0.04, 0.55 * locks + 0.25 * fine + 0.35 * clumps - need * 0.95 + 0.06)
    opacity = np.where(u > 0.5, 1.0, opacity)
    tone = np.select([u < 0.125, u < 0.25, u < 0.375, u < 0.5], [0.88, 0.95, 1.0, 1.06], 0.95)
    brightness = (
        tone
        * (0.70 + 0.34 * fine + 0.26 * locks)
        * np.where(u < 0.5, 0.90 + 0.10 * smoothstep(0.0, 0.5, v) + 0.06 * v, 1.0)
    )
    height = (0.55 * fine + 0.8 * locks).astype(np.float32)
    texel = np.full((2, size, size), 75.0 / size, np.float32)
    return brightness.astype(np.float32), opacity.astype(np.float32), normal_map(height, texel)


def hair_material(name: str, color: NDArray[np.floating], size: int, frizz: float = 0.0) -> Material:
    """Material of a head of hair or a beard.

    Args:
        name: of the material.
        color: [3] sRGB.
        size: of the texture.
        frizz: 0 straight strands to 1 tight waves.
    """
    brightness, opacity, normals = _strands(size, frizz)
    shade = brightness[..., None] * np.asarray(color, np.float32)
    warm = np.array([0.05, 0.03, 0.01], np.float32) * (brightness[..., None] - 0.8)
    texture = np.empty((size, size, 4), np.uint8)
    texture[..., :3] = np.clip((shade + warm) * 255 + 0.5, 0, 255)
    texture[..., 3] = opacity * 255
    return Material(name, texture=texture, normal_map=normals, roughness=0.7, double_sided=True, alpha_mode="MASK")
