"""Kernels of spherical harmonics: colours along directions, and their adjoint; `spherical_harmonics` defines them."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from numba import njit, prange

from personify.render.gaussians.spherical_harmonics import C0, C1, C2, C3

CHUNK = 256  # Gaussians
_C2A, _C2B, _C2C = C2
_C3A, _C3B, _C3C, _C3D, _C3E = C3


@njit(cache=True, nogil=True, parallel=True)
def shade_forward(used: Any, arrays: Any) -> None:
    """Fill the last of means, center, coefficients [N, K, 3], colors [N, 3]; K coefficients count up to ``used``."""
    means, center, coefficients, colors = arrays
    count = len(means)
    for chunk in prange((count + CHUNK - 1) // CHUNK):
        basis = np.empty(16)
        for k in range(np.uint64(chunk * CHUNK), np.uint64(min(chunk * CHUNK + CHUNK, count))):
            x, y, z, _ = _direction(means, k, center)
            _fill(basis, x, y, z)
            red = green = blue = 0.5
            for j in range(np.uint64(used)):
                red += basis[j] * coefficients[k, j, 0]
                green += basis[j] * coefficients[k, j, 1]
                blue += basis[j] * coefficients[k, j, 2]
            colors[k, 0], colors[k, 1], colors[k, 2] = max(red, 0.0), max(green, 0.0), max(blue, 0.0)


@njit(cache=True, nogil=True, parallel=True)
def shade_backward(used: Any, arrays: Any) -> None:
    """Fill the last two of the arrays of the forward pass, the gradient of colors, of means and of coefficients."""
    means, center, coefficients, colors, g_colors, g_means, g_coefficients = arrays
    count = len(means)
    for chunk in prange((count + CHUNK - 1) // CHUNK):
        basis, along = np.empty(16), np.zeros(16)
        for k in range(np.uint64(chunk * CHUNK), np.uint64(min(chunk * CHUNK + CHUNK, count))):
            x, y, z, scale = _direction(means, k, center)
            _fill(basis, x, y, z)
            red = g_colors[k, 0] if colors[k, 0] > 0 else np.float32(0)
            green = g_colors[k, 1] if colors[k, 1] > 0 else np.float32(0)
            blue = g_colors[k, 2] if colors[k, 2] > 0 else np.float32(0)
            for j in range(np.uint64(used), np.uint64(coefficients.shape[1])):
                g_coefficients[k, j, 0] = g_coefficients[k, j, 1] = g_coefficients[k, j, 2] = 0
            for j in range(np.uint64(used)):
                along[j] = coefficients[k, j, 0] * red + coefficients[k, j, 1] * green + coefficients[k, j, 2] * blue
                g_coefficients[k, j, 0] = basis[j] * red
                g_coefficients[k, j, 1] = basis[j] * green
                g_coefficients[k, j, 2] = basis[j] * blue
            gx, gy, gz = _slope(along, x, y, z)
            radial = gx * x + gy * y + gz * z
            g_means[k, 0] = (gx - radial * x) * scale
            g_means[k, 1] = (gy - radial * y) * scale
            g_means[k, 2] = (gz - radial * z) * scale


@njit(cache=True, nogil=True, inline="always")
def _direction(means: Any, k: Any, center: Any) -> Any:
    """Unit vector from the camera, and one over the distance."""
    x, y, z = means[k, 0] - center[0], means[k, 1] - center[1], means[k, 2] - center[2]
    scale = 1 / max(math.sqrt(x * x + y * y + z * z), 1e-12)
    return x * scale, y * scale, z * scale, scale


@njit(cache=True, nogil=True)
def _fill(basis: Any, x: Any, y: Any, z: Any) -> None:
    five, difference = 5 * z * z - 1, x * x - y * y
    basis[0], basis[1], basis[2], basis[3] = C0, -C1 * y, C1 * z, -C1 * x
    basis[4], basis[5], basis[6] = _C2A * x * y, -_C2A * y * z, _C2B * (3 * z * z - 1)
    basis[7], basis[8] = -_C2A * x * z, _C2C * difference
    basis[9], basis[10], basis[11] = -_C3A * y * (3 * x * x - y * y), _C3B * x * y * z, -_C3C * y * five
    basis[12], basis[13], basis[14] = _C3D * z * (five - 2), -_C3C * x * five, _C3E * z * difference
    basis[15] = -_C3A * x * (x * x - 3 * y * y)


@njit(cache=True, nogil=True)
def _slope(h: Any, x: Any, y: Any, z: Any) -> Any:
    """Derivative of the sum of ``h`` times the basis, by x, y, z."""
    five, three = 5 * z * z - 1, 3 * (x * x - y * y)
    gx = -C1 * h[3] + _C2A * (y * h[4] - z * h[7]) + 2 * _C2C * x * h[8]
    gy = -C1 * h[1] + _C2A * (x * h[4] - z * h[5]) - 2 * _C2C * y * h[8]
    gz = C1 * h[2] - _C2A * (y * h[5] + x * h[7]) + 6 * _C2B * z * h[6]
    gx += _C3B * y * z * h[10] - _C3C * five * h[13] + 2 * _C3E * x * z * h[14]
    gx -= _C3A * (6 * x * y * h[9] + three * h[15])
    gy += _C3B * x * z * h[10] - _C3C * five * h[11] - 2 * _C3E * y * z * h[14]
    gy -= _C3A * (three * h[9] - 6 * x * y * h[15])
    gz += _C3B * x * y * h[10] - 10 * _C3C * z * (y * h[11] + x * h[13])
    gz += 3 * _C3D * five * h[12] + _C3E * (x * x - y * y) * h[14]
    return gx, gy, gz
