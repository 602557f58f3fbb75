"""Seeded fractal noise and scattered points on cloth, the two ingredients of natural-looking textures."""

from __future__ import annotations

from typing import Any

import numpy as np
from numba import njit

from personify.body.mesh import Float


@njit(cache=True, nogil=True, inline="always")
def _hash(x: Any, y: Any, z: Any, seed: Any) -> Any:  # integers -> [0, 1)
    h = (x * 374761393 + y * 668265263 + z * 2147483647 + seed * 1274126177) & 0xFFFFFFFF
    h = ((h ^ (h >> 13)) * 1103515245) & 0xFFFFFFFF
    h = ((h ^ (h >> 16)) * 2246822519) & 0xFFFFFFFF
    return ((h ^ (h >> 15)) & 0xFFFFFF) / 16777216.0


@njit(cache=True, nogil=True)
def _fractal(points: Any, inverse: Any, octaves: Any, seed: Any, out: Any) -> None:
    planar = points.shape[1] == 2
    for i in range(len(points)):
        total, amplitude, frequency = 0.0, 0.5, 1.0
        for octave in range(octaves):
            x, y = points[i, 0] * inverse[0] * frequency, points[i, 1] * inverse[1] * frequency
            z = 0.0 if planar else points[i, 2] * inverse[2] * frequency
            xi, yi, zi = int(np.floor(x)), int(np.floor(y)), int(np.floor(z))
            fx, fy, fz = x - xi, y - yi, z - zi
            fx, fy, fz = fx * fx * (3 - 2 * fx), fy * fy * (3 - 2 * fy), fz * fz * (3 - 2 * fz)
            value = 0.0
            for corner in range(4 if planar else 8):
                dx, dy, dz = corner & 1, (corner >> 1) & 1, corner >> 2
                weight = (fx if dx else 1 - fx) * (fy if dy else 1 - fy) * (fz if dz else 1 - fz)
                value += weight * _hash(xi + dx, yi + dy, zi + dz, seed + octave)
            total += amplitude * (2 * value - 1)
            amplitude, frequency = amplitude * 0.5, frequency * 2.0
        out[i] = total / (1 - 0.5**octaves)


def fractal(points: np.ndarray, wavelength: float | tuple[float, ...], octaves: int = 3, seed: int = 0) -> Float:
    """Fractal value noise in [-1, 1].

    Args:
        points: [..., 2 or 3] metres.
        wavelength: metres of the coarsest octave, one number or one per axis.
        octaves: each halves wavelength and amplitude.
        seed: another seed is another noise.

    Example:
        >>> field = fractal(np.random.default_rng(0).uniform(size=(4, 5, 3)), 0.1)
        >>> field.shape, bool(abs(field).max() <= 1)
        ((4, 5), True)
    """
    flat = np.ascontiguousarray(points, np.float32).reshape(-1, points.shape[-1])
    inverse = np.float32(1) / np.broadcast_to(np.asarray(wavelength, np.float32), flat.shape[1:])
    out = np.empty(len(flat), np.float32)
    _fractal(flat, np.ascontiguousarray(inverse, np.float32), octaves, seed % 2**31, out)
    return out.reshape(points.shape[:-1])


@njit(cache=True, nogil=True)
def _scatter(points: Any, pitch: Any, jitter: Any, seed: Any, out: Any) -> None:
    for i in range(len(points)):
        x, y = points[i, 0] / pitch, points[i, 1] / pitch
        best = 1e9
        for row in range(int(np.floor(y)) - 1, int(np.floor(y)) + 2):
            shift = 0.5 * (row & 1)
            column0 = int(np.floor(x - shift))
            for column in range(column0 - 1, column0 + 2):
                cx = column + 0.5 + shift + jitter * (_hash(column, row, 0, seed) - 0.5)
                cy = row + 0.5 + jitter * (_hash(column, row, 1, seed) - 0.5)
                distance = (x - cx) ** 2 + (y - cy) ** 2
                if distance < best:
                    best = distance
                    out[i, 0], out[i, 1] = (x - cx) * pitch, (y - cy) * pitch
                    out[i, 2] = _hash(column, row, 2, seed)


def scatter(points: np.ndarray, pitch: float, jitter: float = 0.0, seed: int = 0) -> tuple[Float, Float]:
    """Nearest point of a brick-shifted grid, shaken by ``jitter`` (0 none .. 1 a whole cell).

    Args:
        points: [..., 2] metres.
        pitch: metres between neighbours.
        jitter: how irregular the grid is.
        seed: another seed is another grid.

    Returns:
        ([..., 2] offset from the nearest grid point in metres, [...] that point's own random number in [0, 1)).

    Example:
        >>> offset, random = scatter(np.array([[0.005, 0.005]]), pitch=0.01)
        >>> bool(np.abs(offset).max() < 1e-6)
        True
    """
    flat = np.ascontiguousarray(points, np.float32).reshape(-1, 2)
    out = np.empty((len(flat), 3), np.float32)
    _scatter(flat, pitch, jitter, seed % 2**31, out)
    return out[:, :2].reshape(points.shape), out[:, 2].reshape(points.shape[:-1])
