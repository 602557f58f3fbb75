"""Kernels that put Gaussians on the screen.

Gaussians are taken in blocks through a scratch array that holds one quantity per row, which lets LLVM vectorise every
stage without tests for overlap. Arithmetic is in float64: it costs little here, gives the depth order of the oracle,
and keeps long thin Gaussians exact.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from numba import njit, prange

from personify.render.gaussians.view import FRUSTUM_MARGIN, MAX_EXTENT, MIN_ALPHA, RADIUS_SLACK

FAST = {"nsz", "arcp", "contract", "afn"}
BLOCK = np.uint64(32)
ROWS = 64


def _rows(first: int, count: int) -> tuple[np.uint64, ...]:
    return tuple(np.uint64(row) * BLOCK for row in range(first, first + count))


# Rows of the scratch array: input,
X, Y, Z, QW, QX, QY, QZ, S0, S1, S2, OPACITY = _rows(0, 11)
# covariance, place in camera axes, derivative of the pixel by the world position,
C00, C01, C02, C11, C12, C22 = _rows(11, 6)
LX, LY, LZ, INVERSE, U, V, U_FREE, V_FREE, IN_DEPTH = _rows(17, 9)
A0, A1, A2, B0, B1, B2 = _rows(26, 6)
# shape on screen,
PX, PY, XX, XY, YY, SHARP, AREA, DRAWN, FA, FB, FC = _rows(32, 11)
# gradients: of the screen,
G_PX, G_PY, G_FA, G_FB, G_FC, G_DEPTH, G_OPACITY, G_XX, G_XY, G_YY = _rows(43, 10)
# of the derivative, and of the place in camera axes.
G_A0, G_A1, G_A2, G_B0, G_B1, G_B2, G_LX, G_LY, G_LZ = _rows(53, 9)


@njit(cache=True, nogil=True, parallel=True, fastmath=FAST, error_model="numpy")
def project_forward(scene: Any, viewmat: Any, K: Any, view: Any, screen: Any) -> None:
    """Fill ``screen``: means2d, factors, depths, opacities, radii.

    Args:
        scene: means, quats, scales, covars, opacities; of quats and scales or covars the one not given is empty.
    """
    means2d, factors, depths, lowered, radii = screen
    covars, count = scene[3], len(scene[0])
    for block in prange((count + int(BLOCK) - 1) // int(BLOCK)):
        first = np.uint64(block) * BLOCK
        size = min(BLOCK, np.uint64(count) - first)
        rows = np.empty(ROWS * int(BLOCK))
        read(rows, first, size, scene)
        flatten(rows, viewmat, K, view, len(covars) > 0)
        for i in range(size):
            k = first + i
            means2d[k, 0], means2d[k, 1] = rows[PX + i], rows[PY + i]
            factors[k, 0], factors[k, 1], factors[k, 2] = rows[FA + i], rows[FB + i], rows[FC + i]
            depths[k] = rows[LZ + i]
            opacity = rows[OPACITY + i]
            if view.antialiased:
                opacity *= math.sqrt(rows[SHARP + i] / rows[AREA + i])
            lowered[k] = opacity
            radii[k, 0], radii[k, 1] = _radii(rows, i, opacity, view)


@njit(cache=True, nogil=True, inline="always")
def read(rows: Any, first: Any, size: Any, scene: Any) -> None:
    means, quats, scales, covars, opacities = scene
    if size < BLOCK:
        for i in range(LX):
            rows[i] = 1.0
    for i in range(size):
        k = first + i
        rows[X + i], rows[Y + i], rows[Z + i] = means[k, 0], means[k, 1], means[k, 2]
        rows[OPACITY + i] = opacities[k]
    if len(covars) > 0:
        for i in range(size):
            k = first + i
            rows[C00 + i], rows[C11 + i], rows[C22 + i] = covars[k, 0, 0], covars[k, 1, 1], covars[k, 2, 2]
            rows[C01 + i] = 0.5 * (np.float64(covars[k, 0, 1]) + np.float64(covars[k, 1, 0]))
            rows[C02 + i] = 0.5 * (np.float64(covars[k, 0, 2]) + np.float64(covars[k, 2, 0]))
            rows[C12 + i] = 0.5 * (np.float64(covars[k, 1, 2]) + np.float64(covars[k, 2, 1]))
    else:
        for i in range(size):
            k = first + i
            rows[QW + i], rows[QX + i] = quats[k, 0], quats[k, 1]
            rows[QY + i], rows[QZ + i] = quats[k, 2], quats[k, 3]
            rows[S0 + i], rows[S1 + i], rows[S2 + i] = scales[k, 0], scales[k, 1], scales[k, 2]


@njit(cache=True, nogil=True, fastmath=FAST, error_model="numpy")
def flatten(rows: Any, viewmat: Any, K: Any, view: Any, has_covars: Any) -> None:
    """From the input rows to the shape on screen."""
    if not has_covars:
        _covariance(rows)
    _to_camera(rows, viewmat, view)
    _differentiate(rows, viewmat, K, view)
    _shape(rows, K, view)


@njit(cache=True, nogil=True, inline="always")
def rotation(w: Any, x: Any, y: Any, z: Any) -> Any:
    """Rows of the rotation matrix of a quaternion, and one over its length."""
    scale = 1 / math.sqrt(w * w + x * x + y * y + z * z)
    w, x, y, z = w * scale, x * scale, y * scale, z * scale
    row0 = 1 - 2 * (y * y + z * z), 2 * (x * y - w * z), 2 * (x * z + w * y)
    row1 = 2 * (x * y + w * z), 1 - 2 * (x * x + z * z), 2 * (y * z - w * x)
    row2 = 2 * (x * z - w * y), 2 * (y * z + w * x), 1 - 2 * (x * x + y * y)
    return row0, row1, row2, scale


@njit(cache=True, nogil=True, fastmath=FAST, error_model="numpy")
def _covariance(rows: Any) -> None:
    for i in range(BLOCK):
        a, b, c, _ = rotation(rows[QW + i], rows[QX + i], rows[QY + i], rows[QZ + i])
        s0, s1, s2 = rows[S0 + i] ** 2, rows[S1 + i] ** 2, rows[S2 + i] ** 2
        rows[C00 + i] = a[0] * a[0] * s0 + a[1] * a[1] * s1 + a[2] * a[2] * s2
        rows[C01 + i] = a[0] * b[0] * s0 + a[1] * b[1] * s1 + a[2] * b[2] * s2
        rows[C02 + i] = a[0] * c[0] * s0 + a[1] * c[1] * s1 + a[2] * c[2] * s2
        rows[C11 + i] = b[0] * b[0] * s0 + b[1] * b[1] * s1 + b[2] * b[2] * s2
        rows[C12 + i] = b[0] * c[0] * s0 + b[1] * c[1] * s1 + b[2] * c[2] * s2
        rows[C22 + i] = c[0] * c[0] * s0 + c[1] * c[1] * s1 + c[2] * c[2] * s2


@njit(cache=True, nogil=True, fastmath=FAST, error_model="numpy")
def _to_camera(rows: Any, viewmat: Any, view: Any) -> None:
    r00, r01, r02, t0 = viewmat[0, 0], viewmat[0, 1], viewmat[0, 2], viewmat[0, 3]
    r10, r11, r12, t1 = viewmat[1, 0], viewmat[1, 1], viewmat[1, 2], viewmat[1, 3]
    r20, r21, r22, t2 = viewmat[2, 0], viewmat[2, 1], viewmat[2, 2], viewmat[2, 3]
    near, far = view.near_plane, view.far_plane
    for i in range(BLOCK):
        x, y, z = rows[X + i], rows[Y + i], rows[Z + i]
        rows[LX + i] = r00 * x + r01 * y + r02 * z + t0
        rows[LY + i] = r10 * x + r11 * y + r12 * z + t1
        depth = r20 * x + r21 * y + r22 * z + t2
        rows[LZ + i] = depth
        rows[IN_DEPTH + i] = 1.0 if (depth >= near) & (depth <= far) else 0.0


@njit(cache=True, nogil=True, fastmath=FAST, error_model="numpy")
def _differentiate(rows: Any, viewmat: Any, K: Any, view: Any) -> None:
    """Rows A and B: how the pixel's column and row change with the world position (J of EWA splatting times R)."""
    fx, fy, cx, cy = K[0, 0], K[1, 1], K[0, 2], K[1, 2]
    r00, r01, r02 = viewmat[0, 0], viewmat[0, 1], viewmat[0, 2]
    r10, r11, r12 = viewmat[1, 0], viewmat[1, 1], viewmat[1, 2]
    r20, r21, r22 = viewmat[2, 0], viewmat[2, 1], viewmat[2, 2]
    left, right = -(cx + FRUSTUM_MARGIN * view.width) / fx, (view.width - cx + FRUSTUM_MARGIN * view.width) / fx
    top, bottom = -(cy + FRUSTUM_MARGIN * view.height) / fy, (view.height - cy + FRUSTUM_MARGIN * view.height) / fy
    perspective = 0.0 if view.ortho else 1.0
    for i in range(BLOCK):
        inverse = 1 / (rows[LZ + i] if rows[IN_DEPTH + i] * perspective > 0 else 1.0)
        free_u, free_v = rows[LX + i] * inverse, rows[LY + i] * inverse
        u = min(max(free_u, left), right)
        v = min(max(free_v, top), bottom)
        j0, j2, k1, k2 = fx * inverse, -fx * u * inverse * perspective, fy * inverse, -fy * v * inverse * perspective
        rows[INVERSE + i], rows[U + i], rows[V + i] = inverse, u, v
        rows[U_FREE + i] = 1.0 if u == free_u else 0.0
        rows[V_FREE + i] = 1.0 if v == free_v else 0.0
        rows[A0 + i], rows[A1 + i], rows[A2 + i] = j0 * r00 + j2 * r20, j0 * r01 + j2 * r21, j0 * r02 + j2 * r22
        rows[B0 + i], rows[B1 + i], rows[B2 + i] = k1 * r10 + k2 * r20, k1 * r11 + k2 * r21, k1 * r12 + k2 * r22


@njit(cache=True, nogil=True, fastmath=FAST, error_model="numpy")
def _shape(rows: Any, K: Any, view: Any) -> None:
    """Mean, covariance and its factor on screen; harmless numbers where there is nothing to draw."""
    fx, fy, cx, cy = K[0, 0], K[1, 1], K[0, 2], K[1, 2]
    eps2d = view.eps2d
    for i in range(BLOCK):
        a0, a1, a2 = rows[A0 + i], rows[A1 + i], rows[A2 + i]
        b0, b1, b2 = rows[B0 + i], rows[B1 + i], rows[B2 + i]
        c01, c02, c12 = rows[C01 + i], rows[C02 + i], rows[C12 + i]
        h0 = rows[C00 + i] * b0 + c01 * b1 + c02 * b2
        h1 = c01 * b0 + rows[C11 + i] * b1 + c12 * b2
        h2 = c02 * b0 + c12 * b1 + rows[C22 + i] * b2
        xx = rows[C00 + i] * a0 * a0 + rows[C11 + i] * a1 * a1 + rows[C22 + i] * a2 * a2
        xx += 2 * (c01 * a0 * a1 + c02 * a0 * a2 + c12 * a1 * a2)
        xy, yy = a0 * h0 + a1 * h1 + a2 * h2, b0 * h0 + b1 * h1 + b2 * h2
        sharp = xx * yy - xy * xy
        xx, yy = xx + eps2d, yy + eps2d
        area = xx * yy - xy * xy
        drawn = (rows[IN_DEPTH + i] > 0) & (area > 0) & (yy > 0)
        xx, xy, yy = xx if drawn else 1.0, xy if drawn else 0.0, yy if drawn else 1.0
        area = area if drawn else 1.0
        rows[PX + i] = fx * rows[LX + i] * rows[INVERSE + i] + cx
        rows[PY + i] = fy * rows[LY + i] * rows[INVERSE + i] + cy
        rows[XX + i], rows[XY + i], rows[YY + i], rows[AREA + i] = xx, xy, yy, area
        rows[SHARP + i] = sharp if drawn & (sharp > 0) else 0.0
        rows[DRAWN + i] = 1.0 if drawn else 0.0
        a = math.sqrt(yy / area)
        rows[FA + i], rows[FB + i], rows[FC + i] = a, -xy / yy * a, 1 / math.sqrt(yy)


@njit(cache=True, nogil=True, inline="always")
def _radii(rows: Any, i: Any, opacity: Any, view: Any) -> Any:
    """Pixels to both sides that can reach MIN_ALPHA; zero if there are none in the picture."""
    if rows[DRAWN + i] == 0 or opacity < MIN_ALPHA:
        return np.int32(0), np.int32(0)
    extent = min(math.sqrt(2 * math.log(opacity / MIN_ALPHA)), MAX_EXTENT)
    x = min(math.ceil(extent * math.sqrt(rows[XX + i]) + RADIUS_SLACK), 1e9)
    y = min(math.ceil(extent * math.sqrt(rows[YY + i]) + RADIUS_SLACK), 1e9)
    px, py = rows[PX + i], rows[PY + i]
    outside = (px + x <= 0) | (px - x >= view.width) | (py + y <= 0) | (py - y >= view.height)
    if outside | ((x <= view.radius_clip) & (y <= view.radius_clip)):
        return np.int32(0), np.int32(0)
    return np.int32(x), np.int32(y)
