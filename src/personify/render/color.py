"""sRGB and linear light by table, for use inside kernels."""

from __future__ import annotations

from typing import Any

import numpy as np
from numba import njit

from personify.color import linear_to_srgb, srgb_to_linear

# Numba freezes module arrays into its kernels, where they replace a power function per channel.
DECODE = srgb_to_linear(np.arange(256) / 255)  # sRGB byte -> linear
_STEPS = np.float32(1024)
_ENCODE = linear_to_srgb((np.arange(1026) / 1024) ** 2)  # indexed by the square root: dense in the darks
_ZERO, _ONE = np.float32(0), np.float32(1)


@njit(cache=True, nogil=True, forceinline=True)
def encode(linear: Any) -> Any:
    """sRGB of one linear value, clipped to [0, 1]; within 1e-4 of `linear_to_srgb`."""
    position = np.sqrt(min(max(linear, _ZERO), _ONE)) * _STEPS
    index = np.uint32(position)
    low = _ENCODE[index]
    return low + (position - np.float32(index)) * (_ENCODE[index + np.uint32(1)] - low)
