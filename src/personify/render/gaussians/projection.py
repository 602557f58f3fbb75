"""Kernels that put Gaussians on the screen, and their adjoint.

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
_FLOAT_TINY = 1e-300


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
        _read(rows, first, size, scene)
        _flatten(rows, viewmat, K, view, len(covars) > 0)
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
def _read(rows: Any, first: Any, size: Any, scene: Any) -> None:
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
def _flatten(rows: Any, viewmat: Any, K: Any, view: Any, has_covars: Any) -> None:
    """From the input rows to the shape on screen."""
    if not has_covars:
        _covariance(rows)
    _to_camera(rows, viewmat, view)
    _differentiate(rows, viewmat, K, view)
    _shape(rows, K, view)


@njit(cache=True, nogil=True, inline="always")
def _rotation(w: Any, x: Any, y: Any, z: Any) -> Any:
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
        a, b, c, _ = _rotation(rows[QW + i], rows[QX + i], rows[QY + i], rows[QZ + i])
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


@njit(cache=True, nogil=True, parallel=True, fastmath=FAST, error_model="numpy")
def project_backward(scene: Any, viewmat: Any, K: Any, view: Any, gradients: Any, results: Any) -> None:
    """Adjoint of `project_forward`.

    Args:
        gradients: of means2d, factors, depths and lowered opacities.
        results: to fill: of means, quats, scales, covars, opacities, and [blocks, 3, 4] parts of that of viewmat, whose
            sum does not depend on the number of threads; an empty array is not filled.
    """
    g_means2d, g_factors, g_depths, g_lowered = gradients
    g_means, g_quats, g_scales, g_covars, g_opacities, g_viewmat = results
    covars, count = scene[3], len(scene[0])
    for block in prange((count + int(BLOCK) - 1) // int(BLOCK)):
        first = np.uint64(block) * BLOCK
        size = min(BLOCK, np.uint64(count) - first)
        rows = np.empty(ROWS * int(BLOCK))
        _read(rows, first, size, scene)
        if size < BLOCK:
            for i in range(G_PX, G_XX):
                rows[i] = 0.0
        for i in range(size):
            k = first + i
            rows[G_PX + i], rows[G_PY + i] = g_means2d[k, 0], g_means2d[k, 1]
            rows[G_FA + i], rows[G_FB + i], rows[G_FC + i] = g_factors[k, 0], g_factors[k, 1], g_factors[k, 2]
            rows[G_DEPTH + i], rows[G_OPACITY + i] = g_depths[k], g_lowered[k]
        _flatten(rows, viewmat, K, view, len(covars) > 0)
        _unshape(rows, view)
        _undifferentiate(rows, viewmat, K, view)
        for i in range(size):
            g_opacities[first + i] = rows[G_OPACITY + i]
        _move_back(rows, first, size, viewmat, g_means)
        if len(g_viewmat) > 0:
            _camera_gradient(rows, size, K, view.ortho, g_viewmat[block])
        if len(covars) > 0:
            _covariance_gradient(rows, first, size, g_covars)
        else:
            _axes_gradient(rows, first, size, g_quats, g_scales)


@njit(cache=True, nogil=True, fastmath=FAST, error_model="numpy")
def _unshape(rows: Any, view: Any) -> None:
    """From the factor (a, b, c) and the opacity to the covariance on screen.

    With L = [[a, 0], [b, c]] the conic is L L^T, and a gradient of the factor is equivalent to second moments M of the
    whitened offsets (u, v); the gradient of the covariance is -1/2 L M L^T.
    """
    for i in range(BLOCK):
        drawn = rows[DRAWN + i]
        a, b, c = rows[FA + i], rows[FB + i], rows[FC + i]
        uu, uv, vv = a * rows[G_FA + i] + b * rows[G_FB + i], c * rows[G_FB + i], c * rows[G_FC + i]
        g_xx = -0.5 * a * a * uu
        g_xy = -0.5 * a * (b * uu + c * uv)
        g_yy = -0.5 * (b * (b * uu + c * uv) + c * (b * uv + c * vv))
        if view.antialiased:
            xx, xy, yy, sharp, area = rows[XX + i], rows[XY + i], rows[YY + i], rows[SHARP + i], rows[AREA + i]
            kept = math.sqrt(sharp / area)
            half = 0.5 * kept * rows[G_OPACITY + i] * rows[OPACITY + i]
            per_sharp = half / max(sharp, _FLOAT_TINY)
            g_xx += per_sharp * (yy - view.eps2d) - half * yy / area
            g_yy += per_sharp * (xx - view.eps2d) - half * xx / area
            g_xy -= (per_sharp - half / area) * xy
            rows[G_OPACITY + i] *= kept
        rows[G_XX + i], rows[G_XY + i], rows[G_YY + i] = drawn * g_xx, drawn * g_xy, drawn * g_yy


@njit(cache=True, nogil=True, fastmath=FAST, error_model="numpy")
def _undifferentiate(rows: Any, viewmat: Any, K: Any, view: Any) -> None:
    """From the screen to rows A and B and the place in camera axes."""
    fx, fy = K[0, 0], K[1, 1]
    perspective = 0.0 if view.ortho else 1.0
    r00, r01, r02 = viewmat[0, 0], viewmat[0, 1], viewmat[0, 2]
    r10, r11, r12 = viewmat[1, 0], viewmat[1, 1], viewmat[1, 2]
    r20, r21, r22 = viewmat[2, 0], viewmat[2, 1], viewmat[2, 2]
    for i in range(BLOCK):
        inside = rows[IN_DEPTH + i]
        xx, xy, yy = 2 * rows[G_XX + i], 2 * rows[G_XY + i], 2 * rows[G_YY + i]
        a0, a1, a2 = rows[A0 + i], rows[A1 + i], rows[A2 + i]
        b0, b1, b2 = rows[B0 + i], rows[B1 + i], rows[B2 + i]
        p0, p1, p2 = xx * a0 + xy * b0, xx * a1 + xy * b1, xx * a2 + xy * b2
        q0, q1, q2 = xy * a0 + yy * b0, xy * a1 + yy * b1, xy * a2 + yy * b2
        c00, c01, c02 = rows[C00 + i], rows[C01 + i], rows[C02 + i]
        c11, c12, c22 = rows[C11 + i], rows[C12 + i], rows[C22 + i]
        g_a0, g_a1, g_a2 = (
            c00 * p0 + c01 * p1 + c02 * p2,
            c01 * p0 + c11 * p1 + c12 * p2,
            c02 * p0 + c12 * p1 + c22 * p2,
        )
        g_b0, g_b1, g_b2 = (
            c00 * q0 + c01 * q1 + c02 * q2,
            c01 * q0 + c11 * q1 + c12 * q2,
            c02 * q0 + c12 * q1 + c22 * q2,
        )
        rows[G_A0 + i], rows[G_A1 + i], rows[G_A2 + i] = g_a0, g_a1, g_a2
        rows[G_B0 + i], rows[G_B1 + i], rows[G_B2 + i] = g_b0, g_b1, g_b2
        j0, j2 = g_a0 * r00 + g_a1 * r01 + g_a2 * r02, g_a0 * r20 + g_a1 * r21 + g_a2 * r22
        k1, k2 = g_b0 * r10 + g_b1 * r11 + g_b2 * r12, g_b0 * r20 + g_b1 * r21 + g_b2 * r22
        inverse, square = rows[INVERSE + i], rows[INVERSE + i] * rows[INVERSE + i] * perspective
        px, py = inside * rows[G_PX + i], inside * rows[G_PY + i]
        free_u, free_v = rows[U_FREE + i], rows[V_FREE + i]
        rows[G_LX + i] = fx * (inverse * px - square * free_u * j2)
        rows[G_LY + i] = fy * (inverse * py - square * free_v * k2)
        depth = fx * (rows[U + i] * j2 * (1 + free_u) - j0 - rows[LX + i] * px)
        depth += fy * (rows[V + i] * k2 * (1 + free_v) - k1 - rows[LY + i] * py)
        rows[G_LZ + i] = depth * square + rows[G_DEPTH + i]


@njit(cache=True, nogil=True, fastmath=FAST, error_model="numpy")
def _move_back(rows: Any, first: Any, size: Any, viewmat: Any, g_means: Any) -> None:
    for i in range(size):
        k = first + i
        x, y, z = rows[G_LX + i], rows[G_LY + i], rows[G_LZ + i]
        g_means[k, 0] = viewmat[0, 0] * x + viewmat[1, 0] * y + viewmat[2, 0] * z
        g_means[k, 1] = viewmat[0, 1] * x + viewmat[1, 1] * y + viewmat[2, 1] * z
        g_means[k, 2] = viewmat[0, 2] * x + viewmat[1, 2] * y + viewmat[2, 2] * z


@njit(cache=True, nogil=True, inline="always")
def _back(rows: Any, i: Any) -> Any:
    """Upper half of the symmetric gradient of the covariance in world axes."""
    xx, xy, yy = rows[G_XX + i], rows[G_XY + i], rows[G_YY + i]
    a0, a1, a2 = rows[A0 + i], rows[A1 + i], rows[A2 + i]
    b0, b1, b2 = rows[B0 + i], rows[B1 + i], rows[B2 + i]
    p0, p1, p2 = xx * a0 + xy * b0, xx * a1 + xy * b1, xx * a2 + xy * b2
    q0, q1, q2 = xy * a0 + yy * b0, xy * a1 + yy * b1, xy * a2 + yy * b2
    c00, c01, c02 = a0 * p0 + b0 * q0, a0 * p1 + b0 * q1, a0 * p2 + b0 * q2
    return c00, c01, c02, a1 * p1 + b1 * q1, a1 * p2 + b1 * q2, a2 * p2 + b2 * q2


@njit(cache=True, nogil=True, fastmath=FAST, error_model="numpy")
def _covariance_gradient(rows: Any, first: Any, size: Any, g_covars: Any) -> None:
    for i in range(size):
        c00, c01, c02, c11, c12, c22 = _back(rows, i)
        k = first + i
        g_covars[k, 0, 0], g_covars[k, 0, 1], g_covars[k, 0, 2] = c00, c01, c02
        g_covars[k, 1, 0], g_covars[k, 1, 1], g_covars[k, 1, 2] = c01, c11, c12
        g_covars[k, 2, 0], g_covars[k, 2, 1], g_covars[k, 2, 2] = c02, c12, c22


@njit(cache=True, nogil=True, fastmath=FAST, error_model="numpy")
def _axes_gradient(rows: Any, first: Any, size: Any, g_quats: Any, g_scales: Any) -> None:
    """From the covariance N N^T with N = R diag(scales) to scales and, through R, to the quaternion."""
    # The rows of the place in camera axes are no longer needed.
    o0, o1, o2, ow, ox, oy, oz = LX, LY, LZ, INVERSE, U, V, U_FREE
    for i in range(BLOCK):
        c00, c01, c02, c11, c12, c22 = _back(rows, i)
        w, x, y, z = rows[QW + i], rows[QX + i], rows[QY + i], rows[QZ + i]
        a, b, c, scale = _rotation(w, x, y, z)
        w, x, y, z = w * scale, x * scale, y * scale, z * scale
        s0, s1, s2 = 2 * rows[S0 + i], 2 * rows[S1 + i], 2 * rows[S2 + i]
        # Columns of the gradient of the covariance times those of R.
        m00, m10, m20 = (
            c00 * a[0] + c01 * b[0] + c02 * c[0],
            c01 * a[0] + c11 * b[0] + c12 * c[0],
            c02 * a[0] + c12 * b[0] + c22 * c[0],
        )
        m01, m11, m21 = (
            c00 * a[1] + c01 * b[1] + c02 * c[1],
            c01 * a[1] + c11 * b[1] + c12 * c[1],
            c02 * a[1] + c12 * b[1] + c22 * c[1],
        )
        m02, m12, m22 = (
            c00 * a[2] + c01 * b[2] + c02 * c[2],
            c01 * a[2] + c11 * b[2] + c12 * c[2],
            c02 * a[2] + c12 * b[2] + c22 * c[2],
        )
        rows[o0 + i] = s0 * (a[0] * m00 + b[0] * m10 + c[0] * m20)
        rows[o1 + i] = s1 * (a[1] * m01 + b[1] * m11 + c[1] * m21)
        rows[o2 + i] = s2 * (a[2] * m02 + b[2] * m12 + c[2] * m22)
        s0, s1, s2 = s0 * rows[S0 + i], s1 * rows[S1 + i], s2 * rows[S2 + i]
        m00, m10, m20, m01, m11, m21 = m00 * s0, m10 * s0, m20 * s0, m01 * s1, m11 * s1, m21 * s1
        m02, m12, m22 = m02 * s2, m12 * s2, m22 * s2
        g_w = x * (m21 - m12) + y * (m02 - m20) + z * (m10 - m01)
        g_x = y * (m01 + m10) + z * (m02 + m20) + w * (m21 - m12) - 2 * x * (m11 + m22)
        g_y = x * (m01 + m10) + z * (m12 + m21) + w * (m02 - m20) - 2 * y * (m00 + m22)
        g_z = x * (m02 + m20) + y * (m12 + m21) + w * (m10 - m01) - 2 * z * (m00 + m11)
        along = g_w * w + g_x * x + g_y * y + g_z * z
        scale *= 2
        rows[ow + i], rows[ox + i] = scale * (g_w - along * w), scale * (g_x - along * x)
        rows[oy + i], rows[oz + i] = scale * (g_y - along * y), scale * (g_z - along * z)
    for i in range(size):
        k = first + i
        g_scales[k, 0], g_scales[k, 1], g_scales[k, 2] = rows[o0 + i], rows[o1 + i], rows[o2 + i]
        g_quats[k, 0], g_quats[k, 1], g_quats[k, 2], g_quats[k, 3] = (
            rows[ow + i],
            rows[ox + i],
            rows[oy + i],
            rows[oz + i],
        )


@njit(cache=True, nogil=True, fastmath=FAST, error_model="numpy")
def _camera_gradient(rows: Any, size: Any, K: Any, ortho: Any, part: Any) -> None:
    """[3, 4] sum over a block: through the place in camera axes, and through R in the derivative."""
    fx, fy = K[0, 0], K[1, 1]
    perspective = 0.0 if ortho else 1.0
    part[:] = 0
    for i in range(size):
        inverse, u, v = rows[INVERSE + i], rows[U + i] * perspective, rows[V + i] * perspective
        j0, k1 = fx * inverse, fy * inverse
        place = rows[X + i], rows[Y + i], rows[Z + i], 1.0
        local = rows[G_LX + i], rows[G_LY + i], rows[G_LZ + i]
        a = rows[G_A0 + i], rows[G_A1 + i], rows[G_A2 + i], 0.0
        b = rows[G_B0 + i], rows[G_B1 + i], rows[G_B2 + i], 0.0
        for column in range(4):
            part[0, column] += local[0] * place[column] + j0 * a[column]
            part[1, column] += local[1] * place[column] + k1 * b[column]
            part[2, column] += local[2] * place[column] - j0 * u * a[column] - k1 * v * b[column]
