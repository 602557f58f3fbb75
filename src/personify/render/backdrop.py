"""What lies behind the person: a plain colour, or a studio cove with the person's shadow on its floor (y = 0)."""

from __future__ import annotations

import math
from typing import Any, NamedTuple

import numpy as np
from numba import njit, prange
from numpy.typing import NDArray

from personify.render.cameras import Camera
from personify.render.color import encode
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
    cell: float


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
    height, width = image.shape[:2]
    for row in prange(height):
        for column in range(width):
            r, g, b = backdrop_color(color, row, column, height, width)
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


def camera_below(corner: NDArray[np.float32], cell: float) -> Camera:
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
        _darken_row(row, shadow, below, corner, cell, rough)
    for row in prange(len(light)):
        _smooth_row(row, rough, light)


@njit(cache=True, nogil=True, fastmath=True)
def _darken_row(row: Any, shadow: Any, below: Any, corner: Any, cell: Any, rough: Any) -> None:
    m = shadow.matrix
    texel = 1 / math.sqrt(m[0, 0] ** 2 + m[0, 1] ** 2 + m[0, 2] ** 2)
    for column in range(len(rough)):
        x, z, spiral = corner[0] + column * cell, corner[1] + row * cell, 4 * (row & 3) + (column & 3)
        u, v = m[0, 0] * x + m[0, 2] * z + m[0, 3], m[1, 0] * x + m[1, 2] * z + m[1, 3]
        near = m[2, 0] * x + m[2, 2] * z + m[2, 3]
        gap = _blocker(shadow.nearness, u, v, near, 0.20 / texel, spiral)
        radius = (0.012 + _LAMP * gap) / texel
        rough[row, column, 0] = _lit(shadow.nearness, u, v, near, radius, spiral) if gap > 0 else 1.0
        rough[row, column, 1] = _openness(below, row, column, 0.12 / cell, spiral)


@njit(cache=True, nogil=True)
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


@njit(cache=True, nogil=True, fastmath=True)
def _blocker(nearness: Any, u: Any, v: Any, near: Any, radius: Any, spiral: Any) -> Any:
    """Mean distance to what blocks the light (Fernando 2005, percentage-closer soft shadows)."""
    size, total, count = len(nearness), 0.0, 0
    for tap in range(TAPS):
        x, y = int(u + radius * SPIRALS[spiral, tap, 0] + 0.5), int(v + radius * SPIRALS[spiral, tap, 1] + 0.5)
        if 0 <= x < size and 0 <= y < size and nearness[y, x] > near:
            total += nearness[y, x] - near
            count += 1
    return total / count if count > 0 else 0.0


@njit(cache=True, nogil=True, fastmath=True)
def _lit(nearness: Any, u: Any, v: Any, near: Any, radius: Any, spiral: Any) -> Any:
    size, blocked = len(nearness), 0
    for tap in range(TAPS):
        x, y = int(u + radius * SPIRALS[spiral, tap, 0] + 0.5), int(v + radius * SPIRALS[spiral, tap, 1] + 0.5)
        if 0 <= x < size and 0 <= y < size and nearness[y, x] > near:
            blocked += 1
    return 1 - blocked / TAPS


@njit(cache=True, nogil=True, fastmath=True)
def _openness(below: Any, row: Any, column: Any, radius: Any, spiral: Any) -> Any:
    size, total = len(below), 0.0
    for tap in range(TAPS):
        r, c = int(row + radius * SPIRALS[spiral, tap, 1] + 0.5), int(column + radius * SPIRALS[spiral, tap, 0] + 0.5)
        if 0 <= r < size and 0 <= c < size:
            height = -below[r, c] - _DEPTH
            total += max(0.0, 1 - max(height, 0.0) / CONTACT)
    return 1 - total / TAPS


@njit(cache=True, nogil=True, fastmath=True)
def _arriving(floor: Any, x: Any, z: Any) -> Any:
    """Share of the floor's light at a point."""
    size = len(floor.light)
    column, row = (x - floor.corner[0]) / floor.cell, (z - floor.corner[1]) / floor.cell
    if not (column >= 0 and row >= 0 and column < size - 1 and row < size - 1):
        return 1.0
    c, r = int(column), int(row)
    fx, fy = column - c, row - r
    wa, wb, wc, wd = (1 - fx) * (1 - fy), fx * (1 - fy), (1 - fx) * fy, fx * fy
    p = floor.light
    key = wa * p[r, c, 0] + wb * p[r, c + 1, 0] + wc * p[r + 1, c, 0] + wd * p[r + 1, c + 1, 0]
    ambient = wa * p[r, c, 1] + wb * p[r, c + 1, 1] + wc * p[r + 1, c, 1] + wd * p[r + 1, c + 1, 1]
    # A long shadow fades out towards the end of the lit floor instead of being cut there.
    margin = min(column, row, size - 1 - column, size - 1 - row) / (_FADE * size)
    fade = min(1.0, max(0.0, margin))
    key, ambient = 1 - (1 - key) * fade, 1 - (1 - ambient) * fade
    return (0.45 + 0.55 * key) * (0.25 + 0.75 * ambient)


@njit(cache=True, nogil=True, fastmath=True)
def floor_light(floor: Any, view: Any, row: Any, column: Any) -> Any:
    """Share of light on the floor seen through a pixel, exactly 1 where no shadow falls or no floor is seen."""
    rays = view.rays
    dy = rays[1, 0] * column + rays[1, 1] * row + rays[1, 2]
    py = view.position[1]
    if view.ortho:  # rays start beside each other and run in parallel
        py, dy = py + dy, view.forward[1]
    if not floor.lit or dy > -1e-6 or py <= 0:
        return 1.0
    distance = -py / dy
    dx = rays[0, 0] * column + rays[0, 1] * row + rays[0, 2]
    dz = rays[2, 0] * column + rays[2, 1] * row + rays[2, 2]
    px, pz = view.position[0], view.position[2]
    if view.ortho:
        return _arriving(floor, px + dx + distance * view.forward[0], pz + dz + distance * view.forward[2])
    return _arriving(floor, px + distance * dx, pz + distance * dz)


@njit(cache=True, nogil=True, fastmath=True)
def backdrop_color(color: Any, row: Any, column: Any, height: Any, width: Any) -> Any:
    """Linear RGB behind a pixel, without shadows; ``color`` as in `Backdrop`."""
    if color[0] >= 0:
        return float(color[0]), float(color[1]), float(color[2])
    x, y = (column + 0.5) / width - 0.5, (row + 0.5) / height - 0.45
    t = min(math.sqrt(x * x + y * y) / 0.80, 1.0)
    t = t * t * (3 - 2 * t)
    red = _MIDDLE[0] + t * (_BORDER[0] - _MIDDLE[0])
    green = _MIDDLE[1] + t * (_BORDER[1] - _MIDDLE[1])
    blue = _MIDDLE[2] + t * (_BORDER[2] - _MIDDLE[2])
    return red, green, blue
