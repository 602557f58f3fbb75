"""Adjoint of the kernels that put Gaussians on the screen.

It shares the scratch array of `projection`, whose rows it fills again instead of keeping them.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from numba import njit, prange

from personify.render.gaussians.projection import (
    A0,
    A1,
    A2,
    AREA,
    B0,
    B1,
    B2,
    BLOCK,
    C00,
    C01,
    C02,
    C11,
    C12,
    C22,
    DRAWN,
    FA,
    FAST,
    FB,
    FC,
    G_A0,
    G_A1,
    G_A2,
    G_B0,
    G_B1,
    G_B2,
    G_DEPTH,
    G_FA,
    G_FB,
    G_FC,
    G_LX,
    G_LY,
    G_LZ,
    G_OPACITY,
    G_PX,
    G_PY,
    G_XX,
    G_XY,
    G_YY,
    IN_DEPTH,
    INVERSE,
    LX,
    LY,
    LZ,
    OPACITY,
    QW,
    QX,
    QY,
    QZ,
    ROWS,
    S0,
    S1,
    S2,
    SHARP,
    U_FREE,
    V_FREE,
    XX,
    XY,
    YY,
    U,
    V,
    X,
    Y,
    Z,
    flatten,
    read,
    rotation,
)

_TINY = 1e-300


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
        read(rows, first, size, scene)
        if size < BLOCK:
            for i in range(G_PX, G_XX):
                rows[i] = 0.0
        for i in range(size):
            k = first + i
            rows[G_PX + i], rows[G_PY + i] = g_means2d[k, 0], g_means2d[k, 1]
            rows[G_FA + i], rows[G_FB + i], rows[G_FC + i] = g_factors[k, 0], g_factors[k, 1], g_factors[k, 2]
            rows[G_DEPTH + i], rows[G_OPACITY + i] = g_depths[k], g_lowered[k]
        flatten(rows, viewmat, K, view, len(covars) > 0)
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
            per_sharp = half / max(sharp, _TINY)
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
        a, b, c, scale = rotation(w, x, y, z)
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
