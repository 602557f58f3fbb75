"""How the colours of a substance lie on a surface: veins of lava, facets of ice, stars.

A grain is a function of places in space, so it runs on across seams, and of a seed.
"""

from __future__ import annotations

import numpy as np
from scipy.spatial import cKDTree

from personify.body.mesh import Float
from personify.wardrobe.fractal import fractal

_FACET = np.array([0.055, 0.13, 0.055], np.float32)  # metres, the mean size of a crystal


def _clouds(p: Float, seed: int) -> Float:
    return 0.5 + 0.8 * fractal(p, 0.22, 4, seed)


def _veins(p: Float, seed: int) -> Float:
    """Cloudy ground, crossed by a few thin and winding dark lines."""
    p = p + 0.03 * np.stack([fractal(p, 0.12, 3, seed + k) for k in (1, 2, 3)], -1)
    line = np.exp(-np.abs(fractal(p, (0.24, 0.4, 0.24), 2, seed + 4)) / 0.025)
    return 0.75 + 0.3 * fractal(p, 0.3, 3, seed + 5) - 0.55 * line * (0.6 + 0.5 * fractal(p, 0.5, 1, seed + 6))


def _cracks(p: Float, seed: int) -> Float:
    """Glowing veins between dark plates, hotter towards the ground and here and there."""
    p = p + 0.02 * np.stack([fractal(p, 0.05, 2, seed + k) for k in (1, 2, 3)], -1)
    vein = np.exp(-np.abs(fractal(p, 0.11, 2, seed + 4)) / 0.10)
    heat = 0.5 + 0.5 * fractal(p, 0.4, 2, seed + 5)
    return 0.02 + 0.25 * heat + 0.85 * vein * (0.55 + 0.6 * heat)


def _tongues(p: Float, seed: int) -> Float:
    lick = fractal(p, (0.07, 0.35, 0.07), 3, seed)
    return 0.55 + 0.6 * lick - 0.35 * (p[..., 1] - 0.9)


def _facets(p: Float, seed: int) -> Float:
    """Long upright crystals, each of its own brightness, with light along their edges, in deep and pale clouds."""
    flat = p.reshape(-1, 3)
    flat = flat + 0.006 * np.stack([fractal(flat, 0.05, 1, seed + k) for k in (1, 2, 3)], -1)
    middles, tones = _crystals(flat, seed)
    distances, nearest = cKDTree(middles).query(flat / _FACET, k=2)
    edge = np.exp(-np.square((distances[:, 1] - distances[:, 0]) / 0.06))
    level = (
        0.42 + 0.4 * fractal(flat, 0.7, 2, seed + 4) + 0.14 * tones[nearest[:, 0]] + 0.1 * distances[:, 0] + 0.2 * edge
    )
    return level.reshape(p.shape[:-1]).astype(np.float32)


def _crystals(p: Float, seed: int) -> tuple[Float, Float]:  # [N, 3], [N]
    """One random middle, in sizes of a crystal, and its brightness in every cell of a grid around the places."""
    cells = np.unique(np.floor(p / _FACET).astype(np.int64), axis=0)
    around = np.stack(np.meshgrid(*[(-1, 0, 1)] * 3, indexing="ij"), -1).reshape(-1, 3)
    cells = np.unique((cells[:, None] + around).reshape(-1, 3), axis=0)
    places = cells.astype(np.float32) + np.float32(0.37)
    shifts = np.stack([fractal(places, 0.731, 1, seed + k) for k in (7, 8, 9)], -1)
    return cells + 0.5 + 0.5 * shifts, fractal(places, 0.731, 1, seed + 10)


def _stars(p: Float, seed: int) -> Float:
    return 0.35 + 0.8 * fractal(p, 0.35, 4, seed)


def sparkle(p: Float, seed: int) -> Float:
    """Stars as small round lights of various brightness."""
    return np.maximum(_spots(p, 0.026, 0.0045, seed)[0], _spots(p, 0.07, 0.008, seed + 1)[0])


def _spots(p: Float, pitch: float, radius: float, seed: int) -> tuple[Float, Float]:
    """Round spots, one per cell of a grid in space, where the surface meets them: strength and each one's number."""
    cells = np.floor(p / pitch)
    middles = np.stack([fractal(cells + 0.37, 0.731, 1, seed + k) for k in range(4)], -1)
    away = p / pitch - cells - 0.5 - (0.5 - radius / pitch) * middles[..., :3]
    chance: Float = middles[..., 3]
    strength = np.exp(-np.square(away * pitch / radius).sum(-1)) * (0.7 + 0.3 * chance)
    return strength.astype(np.float32), chance


def _rays(p: Float, seed: int) -> Float:
    """Brightest over the heart, beams outwards."""
    x, y = p[..., 0], p[..., 1] - 1.25
    beams = 0.12 * np.sin(14 * np.arctan2(y, x) + 2 * fractal(p, 0.5, 1, seed))
    return 1.0 - 0.75 * np.hypot(x, 0.8 * y) + beams + 0.1 * fractal(p, 0.1, 2, seed + 1)


def _leaves(p: Float, seed: int) -> Float:
    """Foliage: deep and bright green in patches, leaves as flecks."""
    (large, shade), (small, tint) = (_spots(p, pitch, 0.35 * pitch, seed + k) for k, pitch in enumerate((0.06, 0.03)))
    return 0.35 + 0.45 * fractal(p, 0.2, 4, seed + 2) + 0.5 * large * shade + 0.35 * small * tint


def _waves(p: Float, seed: int) -> Float:
    warped = p[..., 1] + 0.10 * fractal(p, 0.35, 3, seed)
    return 0.45 + 0.3 * np.sin(2 * np.pi * warped / 0.16) + 0.35 * fractal(p, 0.25, 3, seed + 1)


def _rings(p: Float, seed: int) -> Float:
    return 0.5 + 0.7 * fractal(p, (0.025, 0.45, 0.025), 3, seed)


def _polished(p: Float, seed: int) -> Float:
    """Nearly one colour: what is seen in metal is the room around it."""
    return 0.5 + 0.06 * fractal(p, (0.30, 0.012, 0.30), 2, seed) + 0.16 * fractal(p, 0.3, 2, seed + 1)


GRAINS = {
    "clouds": _clouds, "veins": _veins, "cracks": _cracks, "tongues": _tongues, "facets": _facets, "stars": _stars,
    "rays": _rays, "leaves": _leaves, "waves": _waves, "rings": _rings, "polished": _polished,
}  # fmt: skip
"""How colours lie on a surface: functions of places [..., 3] in metres and a seed to levels, 0 deep to 1 bright."""
