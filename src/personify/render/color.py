"""sRGB and linear light (IEC 61966-2-1), on arrays and, by table, inside kernels."""

from __future__ import annotations

from typing import Any

import numpy as np
from numba import njit
from numpy.typing import ArrayLike, NDArray


def srgb_to_linear(values: ArrayLike) -> NDArray[np.float32]:
    """Linear light of sRGB values in [0, 1], any shape.

    >>> round(float(srgb_to_linear(0.5)), 4)
    0.214
    """
    values = np.asarray(values, np.float32)
    return np.where(values <= 0.04045, values / 12.92, ((np.maximum(values, 0) + 0.055) / 1.055) ** 2.4).astype(
        np.float32
    )


def linear_to_srgb(values: ArrayLike) -> NDArray[np.float32]:
    """Inverse of `srgb_to_linear`.

    >>> round(float(linear_to_srgb(0.214)), 2)
    0.5
    """
    values = np.asarray(values, np.float32)
    power = 1.055 * np.maximum(values, 0) ** (1 / 2.4) - 0.055
    return np.where(values <= 0.0031308, values * 12.92, power).astype(np.float32)


# Numba freezes module arrays into its kernels, where they replace a power function per channel.
DECODE = srgb_to_linear(np.arange(256) / 255)  # sRGB byte -> linear
_STEPS = 1024
_ENCODE = linear_to_srgb((np.arange(_STEPS + 2) / _STEPS) ** 2)  # indexed by the square root: dense in the darks


@njit(cache=True, nogil=True)
def encode(linear: Any) -> Any:
    """sRGB of one linear value, clipped to [0, 1]; within 1e-4 of `linear_to_srgb`."""
    position = np.sqrt(min(max(linear, 0.0), 1.0)) * _STEPS
    index = int(position)
    low = _ENCODE[index]
    return low + (position - index) * (_ENCODE[index + 1] - low)
