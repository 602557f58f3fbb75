"""The texture of hair: strands with ragged tips on the left half (cards), an unbroken flow on the right (cap)."""

from __future__ import annotations

import functools
from typing import Any

import numpy as np
from numpy.typing import NDArray

from personify.body.mesh import Material
from personify.wardrobe.complexion import normal_map
from personify.wardrobe.noise import smoothstep, value_noise

Map = NDArray[np.float32]

CARDS = 4
"""Kinds of cards, from dark to light; card k spans u from k / 8 to (k + 1) / 8."""
SOLID = (0.52, 0.98)
"""u range that is opaque everywhere."""


def card_columns(kinds: Any, flipped: Any) -> NDArray[np.float64]:  # [N] -> [N, 2]
    """Left and right u of cards."""
    left, right = (kinds + 0.03) / 8, (kinds + 0.97) / 8
    return np.stack([np.where(flipped, right, left), np.where(flipped, left, right)], 1)


HAIRS = 9
"""Hairs painted side by side on a card."""


@functools.lru_cache(maxsize=16)
def _strands(size: int, frizz: float) -> tuple[Map, Map, NDArray[np.uint8]]:
    """Brightness [S, S], opacity [S, S] and normal map [S, S, 3] shared by all colours."""
    cards, flow = _cards(size, frizz), _flow(size, frizz)
    brightness, opacity, height = (np.concatenate(halves, 1) for halves in zip(cards, flow, strict=True))
    return brightness, opacity, normal_map(height, np.full((2, size, size), 75.0 / size, np.float32))


def _cards(size: int, frizz: float) -> tuple[Map, Map, Map]:
    """Brightness, opacity and relief [S, S / 2] of the cards: single hairs that part towards their tips."""
    rng = np.random.default_rng(91)
    shape = (1, CARDS, 1, HAIRS)
    v, u = (np.mgrid[0:size, 0 : size // 2].astype(np.float32) + 0.5) / size
    v, across = v.reshape(size, CARDS, -1, 1), ((u * 8) % 1).reshape(size, CARDS, -1, 1)
    root = (np.arange(HAIRS) + 0.5 + rng.uniform(-0.3, 0.3, shape)) / HAIRS
    locks = 0.22 + 0.56 * (root > 0.5) + rng.uniform(-0.1, 0.1, shape)  # hairs of one half lean together
    sway = (0.025 + 0.05 * frizz) * np.sin(v * (5 + 14 * frizz) + rng.uniform(0, 6, shape)) * v
    center = root + (0.45 * (locks - root) + rng.uniform(-0.06, 0.06, shape)) * v**2 + sway
    begin, end = rng.uniform(0, 0.10, shape), rng.uniform(0.62, 1.0, shape)
    taper = np.minimum(smoothstep(0, 0.06, v - begin), 1 - smoothstep(-0.45, 0, v - end) * 0.95) * (v < end)
    wide = rng.uniform(0.8, 1.25, shape) / HAIRS * taper * (0.72 - 0.2 * v)
    inside = (wide - np.abs(across - center)).astype(np.float32)
    nearest = inside.argmax(-1)[..., None]
    inside = np.take_along_axis(inside, nearest, -1)[..., 0]
    tones = np.broadcast_to(rng.uniform(0.88, 1.08, shape), (size, CARDS, 1, HAIRS))
    tone = np.take_along_axis(tones, np.broadcast_to(nearest, (*inside.shape, 1)), -1)[..., 0]
    body = smoothstep(0.0, 0.6 / HAIRS, inside)
    shade = np.array([0.92, 0.97, 1.0, 1.04])[:, None] * (0.74 + 0.30 * smoothstep(0.0, 0.6, v[..., 0]))
    brightness = tone * shade * (0.90 + 0.12 * body)
    return _half(brightness, size), _half(np.clip(0.5 + 6 * inside, 0, 1), size), _half(0.35 * body, size)


def _half(values: NDArray[np.floating], size: int) -> Map:  # [size, ...] -> [size, size / 2]
    return values.reshape(size, size // 2).astype(np.float32)


def _flow(size: int, frizz: float) -> tuple[Map, Map, Map]:
    """Brightness, opacity and relief [S, S / 2] of hair without an end, for caps and tubes."""
    v, u = (np.mgrid[0:size, 0 : size // 2] + 0.5) / size
    bend = frizz * 0.012 * np.sin(v * 21 + 9 * u) + 0.004 * np.sin(v * 9 + 40 * u)
    points = np.stack([u + bend, v, 0 * u], -1).reshape(-1, 3)
    locks = (56.0, 2.2 + 8 * frizz, 1.0) if frizz < 1 else (70.0, 70.0, 1.0)  # tight curls have no direction
    fine = value_noise(points, (210.0, 5.0 + 26 * frizz, 1.0), 3).reshape(u.shape)
    coarse = value_noise(points, locks, 4).reshape(u.shape)
    brightness = 0.62 + 0.20 * fine + 0.16 * coarse
    return _half(brightness, size), np.ones_like(fine), _half(0.3 * fine + 0.4 * coarse, size)


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
