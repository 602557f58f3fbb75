"""The studio's lights, and the shadow map of its key light.

Azimuths are relative to the camera: orbiting the camera looks like a turntable under fixed lights.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
from numba import njit
from numpy.typing import NDArray

from personify.render.cameras import Camera, direction, look_at
from personify.render.gaussians.simd import WIDTH, columns, load, maximum, rows, select, total, zeros
from personify.render.kernels import inner
from personify.render.rasterize import Raster

RGB = tuple[float, float, float]
SHADOW_SIZE = 512  # texels; the person spans about 2 m of them, so a texel is about 4 mm
_BLUR = 2  # texels around the two nearest ones


@dataclass(frozen=True)
class Light:
    """A distant light.

    Attributes:
        azimuth: radians from the camera, positive towards the right of the image.
        elevation: radians above the horizon.
        color: linear RGB irradiance on a surface that faces the light; 1 shows a texture at its own brightness.
    """

    azimuth: float
    elevation: float
    color: RGB


@dataclass(frozen=True)
class Lights:
    """Key, fill and two rim lights, and a sky over a ground; together about 1 on a surface that faces the camera.

    Attributes:
        key: the only light that casts shadows.
        fill: broad, opens the shadows of the key light.
        rims: from behind, draw the outline.
        sky: ambient linear RGB from above.
        ground: ambient linear RGB from below.
    """

    key: Light = Light(math.radians(-38), math.radians(40), (1.02, 0.96, 0.88))
    fill: Light = Light(math.radians(55), math.radians(12), (0.13, 0.15, 0.18))
    rims: tuple[Light, Light] = (
        Light(math.radians(150), math.radians(35), (0.55, 0.60, 0.68)),
        Light(math.radians(-150), math.radians(30), (0.30, 0.33, 0.38)),
    )
    sky: RGB = (0.36, 0.38, 0.42)
    ground: RGB = (0.17, 0.155, 0.145)


class Rig(NamedTuple):
    """`Lights` seen from one camera: directions [4, 3] towards key, fill, rims; colors [4, 3]; ambient [2, 3]."""

    directions: NDArray[np.float32]
    colors: NDArray[np.float32]
    ambient: NDArray[np.float32]


def set_up(lights: Lights, camera: Camera) -> Rig:
    """Turn the lights with the camera."""
    each = (lights.key, lights.fill, *lights.rims)
    directions = np.stack([direction(camera.azimuth + light.azimuth, light.elevation) for light in each])
    colors = np.array([light.color for light in each], np.float32)
    return Rig(directions.astype(np.float32), colors, np.array([lights.sky, lights.ground], np.float32))


def shadow_camera(vertices: NDArray[np.float32], camera: Camera, towards_light: NDArray[np.float32]) -> Camera:
    """Parallel camera at the light that covers what a camera sees, so that close-ups get fine shadows."""
    viewmat = look_at(towards_light, np.zeros(3))
    border = 0.25 * max(camera.width, camera.height)  # what is just outside still casts shadows into the picture
    size = (camera.width, camera.height, border)
    low, high, nearest = _seen_bounds(vertices, camera.viewmat, camera.K, camera.ortho, *size, viewmat)
    span = max(float((high - low).max()) * 1.04, 1e-3)
    focal = SHADOW_SIZE / span
    viewmat[:2, 3] = -(low + high) / 2
    viewmat[2, 3] = 1 - nearest
    K = np.array([[focal, 0, SHADOW_SIZE / 2], [0, focal, SHADOW_SIZE / 2], [0, 0, 1]], np.float32)
    return Camera(viewmat, K, SHADOW_SIZE, SHADOW_SIZE, ortho=True)


@njit(cache=True, nogil=True)
def _seen_bounds(
    vertices: Any, viewmat: Any, K: Any, ortho: Any, width: Any, height: Any, border: Any, light: Any
) -> Any:
    """Bounds in the light's image axes of the vertices in view, and the depth of the nearest vertex to the light."""
    x0, x1, y0, y1, nearest, m = 1e30, -1e30, 1e30, -1e30, 1e30, viewmat
    for i in range(len(vertices)):
        x, y, z = vertices[i, 0], vertices[i, 1], vertices[i, 2]
        nearest = min(nearest, light[2, 0] * x + light[2, 1] * y + light[2, 2] * z)
        depth = m[2, 0] * x + m[2, 1] * y + m[2, 2] * z + m[2, 3]
        w = 1.0 if ortho else depth
        u = K[0, 0] * (m[0, 0] * x + m[0, 1] * y + m[0, 2] * z + m[0, 3]) + K[0, 2] * w
        v = K[1, 1] * (m[1, 0] * x + m[1, 1] * y + m[1, 2] * z + m[1, 3]) + K[1, 2] * w
        if depth > 0 and -border * w < u < (width + border) * w and -border * w < v < (height + border) * w:
            column = light[0, 0] * x + light[0, 1] * y + light[0, 2] * z
            row = light[1, 0] * x + light[1, 1] * y + light[1, 2] * z
            x0 = min(x0, column)
            x1 = max(x1, column)
            y0 = min(y0, row)
            y1 = max(y1, row)
    if x0 > x1:  # nothing in view
        x0, x1, y0, y1 = -1.0, 1.0, -1.0, 1.0
    return np.array([x0, y0]), np.array([x1, y1]), nearest


class Shadow(NamedTuple):
    """A shadow map.

    Attributes:
        nearness: [S, S] float32 to the light.
        matrix: [3, 4] float32, world -> (column, row, nearness).
        texel: metres.
    """

    nearness: NDArray[np.float32]
    matrix: NDArray[np.float32]
    texel: np.float32


def shadow_map(raster: Raster, camera: Camera) -> Shadow:
    """Name the pieces of a z-buffer drawn with `shadow_camera`."""
    matrix = camera.viewmat[:3].copy()
    matrix[:2] *= camera.K[0, 0]
    matrix[:2, 3] += camera.K[:2, 2] - 0.5
    matrix[2] *= -1
    return Shadow(raster.nearness, matrix, np.float32(1 / camera.K[0, 0]))


@inner()
def matrix_rows(shadow: Any) -> Any:
    """Rows of a shadow map's matrix, as tuples."""
    m = shadow.matrix
    return (
        (m[0, 0], m[0, 1], m[0, 2], m[0, 3]),
        (m[1, 0], m[1, 1], m[1, 2], m[1, 3]),
        (m[2, 0], m[2, 1], m[2, 2], m[2, 3]),
    )


@inner(forceinline=True)
def in_light(matrix: Any, point: Any) -> Any:
    """Column, row and nearness of a world point in a shadow map."""
    (a0, a1, a2, a3), (b0, b1, b2, b3), (c0, c1, c2, c3) = matrix
    x, y, z = point
    return a0 * x + a1 * y + a2 * z + a3, b0 * x + b1 * y + b2 * z + b3, c0 * x + c1 * y + c2 * z + c3


@inner(forceinline=True)
def visibility(nearness: Any, column: Any, row: Any, near: Any) -> Any:
    """Share of the key light that reaches a point: percentage-closer filtering with a tent of a few texels."""
    size, reach = nearness.shape[0], np.float32(_BLUR + 1)
    x0, y0 = np.int64(math.floor(column)), np.int64(math.floor(row))
    inside = x0 >= _BLUR and y0 >= _BLUR and x0 + _BLUR + 1 < size and y0 + _BLUR + 1 < size
    top, start = (y0 - _BLUR, min(x0 - _BLUR, size - WIDTH)) if inside else (0, 0)
    # Sixteen columns are read at once; the tent is zero beyond its own six.
    away = np.float32(4) * rows() + columns() + (np.float32(start) - column)
    tent = maximum(reach - maximum(away, -away), zeros())
    lit = zeros()
    for r in range(np.uint64(top), np.uint64(top + 2 * _BLUR + 2)):
        seen = load(nearness, r * np.uint64(size) + np.uint64(start)) <= near
        lit += select(seen, (reach - abs(np.float32(r) - row)) * tent, zeros())
    return total(lit) / (reach * reach * reach * reach) if inside else np.float32(1)
