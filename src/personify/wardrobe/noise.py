"""Seeded value noise: the irregularity of skin, hair and cloth."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from numba import njit
from numpy.typing import NDArray

Values = NDArray[np.float32]


@njit(cache=True, nogil=True)
def _hash(x: Any, y: Any, z: Any, seed: Any) -> Any:
    h = (x * 374761393 + y * 668265263 + z * 2147483647 + seed * 1274126177) & 0xFFFFFFFF
    h = ((h ^ (h >> 13)) * 1103515245) & 0xFFFFFFFF
    h = ((h ^ (h >> 16)) * 2246822519) & 0xFFFFFFFF
    return ((h ^ (h >> 15)) & 0xFFFF) / 65535.0


@njit(cache=True, nogil=True)
def _noise(points: Any, scale: Any, seed: Any, out: Any) -> None:
    for i in range(len(points)):
        x, y, z = points[i, 0] * scale[0], points[i, 1] * scale[1], points[i, 2] * scale[2]
        ix, iy, iz = math.floor(x), math.floor(y), math.floor(z)
        fx, fy, fz = x - ix, y - iy, z - iz
        fx, fy, fz = fx * fx * (3 - 2 * fx), fy * fy * (3 - 2 * fy), fz * fz * (3 - 2 * fz)
        ix, iy, iz = int(ix), int(iy), int(iz)
        total = 0.0
        for dx in range(2):
            for dy in range(2):
                for dz in range(2):
                    weight = (fx if dx else 1 - fx) * (fy if dy else 1 - fy) * (fz if dz else 1 - fz)
                    total += weight * _hash(ix + dx, iy + dy, iz + dz, seed)
        out[i] = total


def value_noise(points: NDArray[np.floating], frequency: float | tuple[float, float, float], seed: int = 0) -> Values:
    """Smooth noise in [0, 1] at points [N, 3].

    Args:
        points: [N, 3] in any unit.
        frequency: lattice cells per unit, one number or one per axis.
        seed: another seed is another noise.

    Example:
        >>> points = np.zeros((2, 3), np.float32)
        >>> noise = value_noise(points, 10.0, seed=3)
        >>> bool(noise[0] == noise[1]), noise.shape
        (True, (2,))
    """
    scale = np.broadcast_to(np.asarray(frequency, np.float64), (3,))
    out = np.empty(len(points), np.float32)
    _noise(np.ascontiguousarray(points), np.ascontiguousarray(scale), int(seed), out)
    return out


def smoothstep(low: float, high: float, value: NDArray[np.floating]) -> NDArray[np.floating]:
    """0 below ``low``, 1 above ``high``, smooth between (also falling, when ``high < low``)."""
    t = np.clip((value - low) / (high - low), 0, 1)
    return t * t * (3 - 2 * t)
