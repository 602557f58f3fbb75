"""Ambient occlusion in screen space (McGuire et al. 2011, "The Alchemy screen-space ambient obscurance algorithm")."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from numba import njit, prange
from numpy.typing import NDArray

from personify.render.rasterize import NOTHING, interleaved

RADIUS = 0.10  # metres
TAPS = 12
_STRENGTH = 1.6
_MAX_PIXELS = 64.0


def _spirals() -> NDArray[np.float32]:
    """[16, T, 2] unit-disc taps (column, row): a golden-angle spiral, turned differently in a 4 x 4 block."""
    tap = np.arange(TAPS)
    angle = 2.399963 * (tap + np.arange(16)[:, None] * TAPS * 0.618034)
    return (np.sqrt((tap + 0.5) / TAPS)[:, None] * np.stack([np.cos(angle), np.sin(angle)], -1)).astype(np.float32)


SPIRALS = _spirals()


@njit(cache=True, nogil=True, inline="always")
def _depth(raster: Any, row: Any, column: Any) -> Any:
    near = raster.nearness[row, column]
    return -near if raster.ortho else 1 / near


@njit(cache=True, nogil=True, parallel=True)
def ambient_occlusion(raster: Any, step: Any, K: Any, openness: Any, blurred: Any) -> None:
    """Share of the surroundings that is open, per output pixel.

    Args:
        raster: z-buffer at ``step`` times the resolution of the output.
        step: samples per pixel along an axis.
        K: [3, 3] intrinsics of the z-buffer.
        openness: [H, W] float32 scratch.
        blurred: [H, W] float32 result, 1 = open; undefined where nothing is.
    """
    height = len(openness)
    lens = (1 / K[0, 0], 1 / K[1, 1], K[0, 2] - 0.5, K[1, 2] - 0.5)  # inverse focal lengths and principal point
    for slot in prange(height):
        _open_row(interleaved(slot, height), raster, step, lens, openness)
    for slot in prange(height):
        _blur_row(interleaved(slot, height), raster, step, openness, blurred)


@njit(cache=True, nogil=True)
def _open_row(row: Any, raster: Any, step: Any, lens: Any, openness: Any) -> None:
    y = row * step + step // 2
    for column in range(openness.shape[1]):
        x = column * step + step // 2
        openness[row, column] = _open(raster, y, x, column, row, lens) if raster.face_ids[y, x] >= 0 else -1.0


@njit(cache=True, nogil=True, inline="always")
def _position(raster: Any, y: Any, x: Any, depth: Any, lens: Any) -> Any:
    w = 1.0 if raster.ortho else depth
    return (x - lens[2]) * w * lens[0], (y - lens[3]) * w * lens[1], depth


@njit(cache=True, nogil=True)
def _slope(raster: Any, y: Any, x: Any, dy: Any, dx: Any, depth: Any) -> Any:
    """Change of depth per sample along an axis, from the closer of the two neighbours; 0 where both are far away."""
    height, width = raster.face_ids.shape
    best = np.inf
    for sign in (-1, 1):
        r, c = y + sign * dy, x + sign * dx
        if 0 <= r < height and 0 <= c < width and raster.face_ids[r, c] >= 0:
            change = (_depth(raster, r, c) - depth) * sign
            if abs(change) < abs(best):
                best = change
    return best if abs(best) < 0.05 else 0.0


@njit(cache=True, nogil=True, fastmath=True)
def _open(raster: Any, y: Any, x: Any, column: Any, row: Any, lens: Any) -> Any:
    height, width = raster.face_ids.shape
    depth = _depth(raster, y, x)
    px, py, pz = _position(raster, y, x, depth, lens)
    pixel = (1.0 if raster.ortho else depth) * lens[0]  # metres per sample
    sx, sy = _slope(raster, y, x, 0, 1, depth) / pixel, _slope(raster, y, x, 1, 0, depth) / pixel
    nx, ny, nz = sx, sy, -1.0
    if not raster.ortho:  # the image plane is tilted against the depth axis by the perspective
        nz = -1.0 - (sx * px + sy * py) / pz
    length = math.sqrt(nx * nx + ny * ny + nz * nz)
    nx, ny, nz = nx / length, ny / length, nz / length
    reach = min(RADIUS / pixel, _MAX_PIXELS)
    spiral = 4 * (row & 3) + (column & 3)
    occlusion = 0.0
    for tap in range(TAPS):
        r, c = y + int(reach * SPIRALS[spiral, tap, 1]), x + int(reach * SPIRALS[spiral, tap, 0])
        if 0 <= r < height and 0 <= c < width and raster.nearness[r, c] > NOTHING:
            qx, qy, qz = _position(raster, r, c, _depth(raster, r, c), lens)
            vx, vy, vz = qx - px, qy - py, qz - pz
            square = vx * vx + vy * vy + vz * vz
            above = vx * nx + vy * ny + vz * nz - 0.004
            if above > 0 and square < 4 * RADIUS * RADIUS:
                occlusion += above / (square + 4e-4) * (1 - square / (4 * RADIUS * RADIUS))
    return max(0.0, 1 - _STRENGTH * RADIUS * occlusion / TAPS)


@njit(cache=True, nogil=True)
def _blur_row(row: Any, raster: Any, step: Any, openness: Any, blurred: Any) -> None:
    """Mean over the 4 x 4 rotations of the tap pattern, on the same surface only."""
    height, width = openness.shape
    half = step // 2
    for column in range(width):
        near = raster.nearness[row * step + half, column * step + half]
        tolerance = 0.03 * (1.0 if raster.ortho else near * near)  # 3 cm in depth
        total, weight = 0.0, 0.0
        if openness[row, column] >= 0:
            for r in range(max(row - 2, 0), min(row + 2, height)):
                for c in range(max(column - 2, 0), min(column + 2, width)):
                    if (
                        openness[r, c] >= 0
                        and abs(raster.nearness[r * step + half, c * step + half] - near) < tolerance
                    ):
                        total += openness[r, c]
                        weight += 1.0
        blurred[row, column] = total / weight if weight > 0 else 1.0
