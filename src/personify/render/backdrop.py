"""What lies behind the person: a plain colour, or a studio cove with the person's shadow on its floor (y = 0)."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from numba import njit, prange
from numpy.typing import NDArray

from personify.render.cameras import Camera
from personify.render.color import encode
from personify.render.kernels import inner
from personify.render.lights import in_light, matrix_rows
from personify.render.occlusion import SPIRALS, TAPS

FLOOR_CELLS = 128
CONTACT = 0.30  # metres above the floor within which a thing darkens it
_LAMP = 0.16  # radius of the key light over its distance: how fast shadows blur

_FADE = 0.22  # of the floor's side, over which shadows vanish
_DEPTH = 1.0  # metres under the floor from which things above it are seen

# Linear light of the studio: middle and border of the cove, and how much of it shadows leave.
_MIDDLE = (0.74, 0.75, 0.77)
_BORDER = (0.40, 0.415, 0.44)


class Floor(NamedTuple):
    """Light on the floor around the person.

    Attributes:
        lit: whether there is a floor in the picture at all.
        light: [N, N, 2] float32 share of the key light and of the surroundings that arrives; rows run along Z.
        corner: [2] float32 X and Z of the first cell, metres.
        cell: metres per cell.
    """

    lit: bool
    light: NDArray[np.float32]
    corner: NDArray[np.float32]
    cell: np.float32


class Backdrop(NamedTuple):
    """What a picture shows where nobody stands.

    Attributes:
        color: [3] float32 linear RGB, negative for the studio.
        image: [H, W, 3] float32 sRGB without shadows.
    """

    color: NDArray[np.float32]
    image: NDArray[np.float32]


def paint(color: NDArray[np.float32], height: int, width: int) -> Backdrop:
    """A backdrop of some size."""
    image = np.empty((height, width, 3), np.float32)
    _paint(color, image)
    return Backdrop(color, image)


@njit(cache=True, nogil=True, parallel=True)
def _paint(color: Any, image: Any) -> None:
    height, width, shade = image.shape[0], image.shape[1], (color[0], color[1], color[2])
    for row in prange(height):
        for column in range(np.uint64(width)):
            r, g, b = backdrop_color(shade, np.uint64(row), column, height, width)
            image[row, column, 0], image[row, column, 1], image[row, column, 2] = encode(r), encode(g), encode(b)


@njit(cache=True, nogil=True)
def stand_on(vertices: Any, faces: Any) -> Any:
    """Extent of a person over the floor (low [2], high [2]: X and Z), and the faces near it."""
    low, high = np.full(2, np.inf, np.float32), np.full(2, -np.inf, np.float32)
    for i in range(len(vertices)):
        x, z = vertices[i, 0], vertices[i, 2]
        low[0], high[0], low[1], high[1] = min(low[0], x), max(high[0], x), min(low[1], z), max(high[1], z)
    near, count = np.empty((len(faces), 3), np.int32), 0
    for f in range(len(faces)):
        if vertices[faces[f, 0], 1] < CONTACT:
            near[count, 0], near[count, 1], near[count, 2] = faces[f, 0], faces[f, 1], faces[f, 2]
            count += 1
    return low, high, near[:count]


def camera_below(corner: NDArray[np.float32], cell: np.float32) -> Camera:
    """Parallel camera under the floor that sees one cell per pixel (mirrored: columns run along X, rows along Z)."""
    viewmat = np.array([[1, 0, 0, 0], [0, 0, 1, 0], [0, 1, 0, _DEPTH], [0, 0, 0, 1]], np.float32)
    K = np.array([[1 / cell, 0, 0.5], [0, 1 / cell, 0.5], [0, 0, 1]], np.float32)
    viewmat[:2, 3] = -corner
    return Camera(viewmat, K, FLOOR_CELLS, FLOOR_CELLS, ortho=True)


@njit(cache=True, nogil=True, parallel=True)
def fill_floor(shadow: Any, below: Any, corner: Any, cell: Any, rough: Any, light: Any) -> None:
    """Shadow and contact darkening of the floor.

    Args:
        shadow: the key light's shadow map.
        below: [N, N] z-buffer nearness seen by `camera_below`.
        corner: as in `Floor`.
        cell: as in `Floor`.
        rough: [N, N, 2] scratch.
        light: [N, N, 2] result.
    """
    for row in prange(len(light)):
        _darken_row(np.uint64(row), shadow, below, corner, cell, rough)
    for row in prange(len(light)):
        _smooth_row(np.int64(row), rough, light)


@inner(fastmath=True, error_model="numpy")
def _darken_row(row: Any, shadow: Any, below: Any, corner: Any, cell: Any, rough: Any) -> None:
    nearness, texel, matrix = shadow.nearness, shadow.texel, matrix_rows(shadow)
    one, zero, left, reach = np.float32(1), np.float32(0), corner[0], np.float32(0.12) / cell
    z = corner[1] + np.float32(row) * cell
    for column in range(np.uint64(rough.shape[1])):
        spiral = np.uint64(4) * (row & np.uint64(3)) + (column & np.uint64(3))
        u, v, near = in_light(matrix, (left + np.float32(column) * cell, zero, z))
        gap = _blocker(nearness, u, v, near, np.float32(0.20) / texel, spiral)
        radius = (np.float32(0.012) + np.float32(_LAMP) * gap) / texel
        rough[row, column, 0] = _lit(nearness, u, v, near, radius, spiral) if gap > zero else one
        rough[row, column, 1] = _openness(below, row, column, reach, spiral)


@inner()
def _smooth_row(row: Any, rough: Any, light: Any) -> None:
    """Mean over the 4 x 4 spirals."""
    size = len(light)
    for column in range(size):
        for channel in range(2):
            total, count = 0.0, 0
            for r in range(max(row - 1, 0), min(row + 3, size)):
                for c in range(max(column - 1, 0), min(column + 3, size)):
                    total, count = total + rough[r, c, channel], count + 1
            light[row, column, channel] = total / count


@inner(forceinline=True)
def _tap(center: Any, offset: Any, size: Any) -> Any:
    """Nearest index within an axis, and whether it was there."""
    index = np.int64(np.floor(center + offset + np.float32(0.5)))
    return np.uint64(min(max(index, 0), size - 1)), (index >= 0) & (index < size)


@inner(forceinline=True, error_model="numpy")
def _blocker(nearness: Any, u: Any, v: Any, near: Any, radius: Any, spiral: Any) -> Any:
    """Mean distance to what blocks the light (Fernando 2005, percentage-closer soft shadows)."""
    zero, one, size = np.float32(0), np.float32(1), nearness.shape[0]
    total, count = zero, zero
    for tap in range(np.uint64(TAPS)):
        x, across = _tap(u, radius * SPIRALS[spiral, tap, 0], size)
        y, along = _tap(v, radius * SPIRALS[spiral, tap, 1], size)
        over = nearness[y, x] - near
        hit = one if across & along & (over > zero) else zero
        total, count = total + hit * max(over, zero), count + hit
    return total / max(count, one)


@inner(forceinline=True)
def _lit(nearness: Any, u: Any, v: Any, near: Any, radius: Any, spiral: Any) -> Any:
    """Share of the taps that see the light."""
    zero, one, size = np.float32(0), np.float32(1), nearness.shape[0]
    blocked = zero
    for tap in range(np.uint64(TAPS)):
        x, across = _tap(u, radius * SPIRALS[spiral, tap, 0], size)
        y, along = _tap(v, radius * SPIRALS[spiral, tap, 1], size)
        blocked += one if across & along & (nearness[y, x] > near) else zero
    return one - blocked * np.float32(1 / TAPS)


@inner(forceinline=True)
def _openness(below: Any, row: Any, column: Any, radius: Any, spiral: Any) -> Any:
    """Share of the surroundings of a cell that nothing hides within `CONTACT` of the floor."""
    zero, one, size = np.float32(0), np.float32(1), below.shape[0]
    total = zero
    for tap in range(np.uint64(TAPS)):
        c, across = _tap(np.float32(column), radius * SPIRALS[spiral, tap, 0], size)
        r, along = _tap(np.float32(row), radius * SPIRALS[spiral, tap, 1], size)
        height = max(-below[r, c] - np.float32(_DEPTH), zero)
        total += max(zero, one - height * np.float32(1 / CONTACT)) if across & along else zero
    return one - total * np.float32(1 / TAPS)


@inner(fastmath=True, error_model="numpy")
def floor_light(floor: Any, view: Any, row: Any, width: Any) -> Any:
    """Share of light on the floor through a row of pixels [W], exactly 1 where no shadow falls or no floor is."""
    arriving = np.ones(width, np.float32)
    rays, forward, down = view.rays, view.forward, np.float32(-1e-6)
    ortho, row = view.ortho, np.float32(row)
    # Rays start at the camera, or, of a parallel camera, beside each other.
    sx, sy, sz = rays[0, 0], rays[1, 0], rays[2, 0]
    bx, by, bz = rays[0, 1] * row + rays[0, 2], rays[1, 1] * row + rays[1, 2], rays[2, 1] * row + rays[2, 2]
    px, py, pz = view.position[0], view.position[1], view.position[2]
    if not floor.lit or (not ortho and min(by, by + sy * np.float32(width)) > down):
        return arriving
    light, cell, cx, cz = floor.light, floor.cell, floor.corner[0], floor.corner[1]
    last = np.float32(len(light) - 1)
    for i in range(np.uint64(width)):
        column = np.float32(i)
        dx, dy, dz = sx * column + bx, sy * column + by, sz * column + bz
        x, y, z = px, py, pz
        if ortho:
            x, y, z, dx, dy, dz = px + dx, py + dy, pz + dz, forward[0], forward[1], forward[2]
        distance = -y / min(dy, down)
        u, v = (x + distance * dx - cx) / cell, (z + distance * dz - cz) / cell
        if dy <= down and y > 0 and u >= 0 and v >= 0 and u < last and v < last:
            arriving[i] = _arriving(light, u, v, last)
    return arriving


@inner(forceinline=True, fastmath=True, error_model="numpy")
def _arriving(light: Any, u: Any, v: Any, last: Any) -> Any:
    """Share of light at a place of the floor's grid."""
    one, step = np.float32(1), np.uint64(1)
    c, r = np.uint64(u), np.uint64(v)
    fx, fy = u - np.float32(c), v - np.float32(r)
    wa, wb, wc, wd = (one - fx) * (one - fy), fx * (one - fy), (one - fx) * fy, fx * fy
    key = wa * light[r, c, 0] + wb * light[r, c + step, 0]
    key += wc * light[r + step, c, 0] + wd * light[r + step, c + step, 0]
    ambient = wa * light[r, c, 1] + wb * light[r, c + step, 1]
    ambient += wc * light[r + step, c, 1] + wd * light[r + step, c + step, 1]
    # A long shadow fades out towards the end of the lit floor instead of being cut there.
    margin = min(min(u, v), min(last - u, last - v)) / (np.float32(_FADE) * (last + one))
    fade = min(one, margin)
    return (one + np.float32(0.55) * fade * (key - one)) * (one + np.float32(0.75) * fade * (ambient - one))


@inner(forceinline=True, fastmath=True, error_model="numpy")
def backdrop_color(color: Any, row: Any, column: Any, height: Any, width: Any) -> Any:
    """Linear RGB behind a pixel, without shadows; ``color`` as in `Backdrop`."""
    if color[0] >= 0:
        return color[0], color[1], color[2]
    half, one = np.float32(0.5), np.float32(1)
    x = (np.float32(column) + half) / np.float32(width) - half
    y = (np.float32(row) + half) / np.float32(height) - np.float32(0.45)
    t = min(np.sqrt(x * x + y * y) * np.float32(1 / 0.80), one)
    t = t * t * (np.float32(3) - np.float32(2) * t)
    return (
        np.float32(_MIDDLE[0]) + t * np.float32(_BORDER[0] - _MIDDLE[0]),
        np.float32(_MIDDLE[1]) + t * np.float32(_BORDER[1] - _MIDDLE[1]),
        np.float32(_MIDDLE[2]) + t * np.float32(_BORDER[2] - _MIDDLE[2]),
    )
