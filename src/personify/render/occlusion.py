"""Ambient occlusion in screen space (McGuire et al. 2011, "The Alchemy screen-space ambient obscurance algorithm")."""

from __future__ import annotations

from typing import Any

import numpy as np
from numba import njit, prange
from numpy.typing import NDArray

from personify.render.kernels import inner
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


@njit(cache=True, nogil=True, parallel=True)
def ambient_occlusion(raster: Any, step: Any, K: Any, openness: Any, blurred: Any) -> None:
    """Share of the surroundings that is open, per output pixel.

    Args:
        raster: z-buffer at ``step`` times the resolution of the output.
        step: samples per pixel along an axis.
        K: [3, 3] float32 intrinsics of the z-buffer.
        openness: [H, W] float32 scratch.
        blurred: [H, W] float32 result, 1 = open; undefined where nothing is.
    """
    height = len(openness)
    one, half = np.float32(1), np.float32(0.5)
    lens = (one / K[0, 0], one / K[1, 1], K[0, 2] - half, K[1, 2] - half)  # inverse focal lengths, principal point
    for slot in prange(height):
        _open_row(np.uint64(interleaved(slot, height)), raster.nearness, raster.ortho, np.uint64(step), lens, openness)
    for slot in prange(height):
        _blur_row(
            np.uint64(interleaved(slot, height)), raster.nearness, raster.ortho, np.uint64(step), openness, blurred
        )


@inner(forceinline=True, error_model="numpy")
def _depth(near: Any, ortho: Any) -> Any:
    """Metres along the viewing axis; not positive, or very far, where nothing is."""
    return -near if ortho else np.float32(1) / near


@inner(forceinline=True)
def _slope(before: Any, depth: Any, after: Any) -> Any:
    """Change of depth per sample along an axis, to the closer of the two neighbours; 0 where both are far away."""
    back, on = depth - before, after - depth
    change = back if abs(back) < abs(on) else on
    return change if abs(change) < np.float32(0.05) else np.float32(0)


@inner(fastmath=True, error_model="numpy")
def _open_row(row: Any, nearness: Any, ortho: Any, step: Any, lens: Any, openness: Any) -> None:
    height, width = nearness.shape
    ix, iy, cx, cy = lens
    zero, one, nothing, radius = np.float32(0), np.float32(1), np.float32(NOTHING), np.float32(RADIUS)
    reach_most, limit = np.float32(_MAX_PIXELS), np.float32(4 * RADIUS * RADIUS)
    y = row * step + step // np.uint64(2)
    above_y, below_y = y - min(y, np.uint64(1)), min(y + np.uint64(1), np.uint64(height - 1))
    for column in range(np.uint64(openness.shape[1])):
        x = column * step + step // np.uint64(2)
        openness[row, column] = -one
        if nearness[y, x] == nothing:
            continue
        left, right = x - min(x, np.uint64(1)), min(x + np.uint64(1), np.uint64(width - 1))
        pz = _depth(nearness[y, x], ortho)
        w = one if ortho else pz
        px, py, pixel = (np.float32(x) - cx) * w * ix, (np.float32(y) - cy) * w * iy, w * ix  # metres per sample
        before, after = _depth(nearness[y, left], ortho), _depth(nearness[y, right], ortho)
        sx = _slope(before if left < x else nothing, pz, after if right > x else nothing) / pixel
        before, after = _depth(nearness[above_y, x], ortho), _depth(nearness[below_y, x], ortho)
        sy = _slope(before if above_y < y else nothing, pz, after if below_y > y else nothing) / pixel
        # The image plane is tilted against the depth axis by the perspective.
        nz = -one if ortho else -one - (sx * px + sy * py) / pz
        scale = one / np.sqrt(sx * sx + sy * sy + nz * nz)
        nx, ny, nz = sx * scale, sy * scale, nz * scale
        reach = min(radius / pixel, reach_most)
        spiral = np.uint64(4) * (row & np.uint64(3)) + (column & np.uint64(3))
        occlusion = zero
        for tap in range(np.uint64(TAPS)):
            r = np.int64(y) + np.int64(np.int32(reach * SPIRALS[spiral, tap, 1]))
            c = np.int64(x) + np.int64(np.int32(reach * SPIRALS[spiral, tap, 0]))
            if 0 <= r < height and 0 <= c < width:
                near = nearness[np.uint64(r), np.uint64(c)]
                qz = _depth(near, ortho)
                w = one if ortho else qz
                vx, vy, vz = (np.float32(c) - cx) * w * ix - px, (np.float32(r) - cy) * w * iy - py, qz - pz
                square = vx * vx + vy * vy + vz * vz
                above = vx * nx + vy * ny + vz * nz - np.float32(0.004)
                if near > nothing and above > zero and square < limit:
                    occlusion += above / (square + np.float32(4e-4)) * (one - square / limit)
        openness[row, column] = max(zero, one - np.float32(_STRENGTH * RADIUS / TAPS) * occlusion)


@inner(error_model="numpy")
def _blur_row(row: Any, nearness: Any, ortho: Any, step: Any, openness: Any, blurred: Any) -> None:
    """Mean over the 4 x 4 rotations of the tap pattern, on the same surface only."""
    height, width = np.uint64(openness.shape[0]), np.uint64(openness.shape[1])
    half, one = step // np.uint64(2), np.float32(1)
    two: Any = np.uint64(2)
    for column in range(width):
        total, weight = np.float32(0), np.float32(0)
        if openness[row, column] >= 0:
            near = nearness[row * step + half, column * step + half]
            tolerance = np.float32(0.03) * (one if ortho else near * near)  # 3 cm in depth
            for r in range(row - min(row, two), min(row + two, height)):
                for c in range(column - min(column, two), min(column + two, width)):
                    close = abs(nearness[r * step + half, c * step + half] - near) < tolerance
                    same = one if close and openness[r, c] >= 0 else np.float32(0)
                    total += same * openness[r, c]
                    weight += same
        blurred[row, column] = total / weight if weight > 0 else one
