"""sRGB and linear light (IEC 61966-2-1)."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray


def srgb_to_linear(values: ArrayLike) -> NDArray[np.float32]:
    """Linear light of sRGB values in [0, 1], any shape.

    >>> [round(float(value), 3) for value in srgb_to_linear([0, 0.5, 1])]
    [0.0, 0.214, 1.0]
    """
    values = np.asarray(values, np.float32)
    power = ((np.maximum(values, 0) + 0.055) / 1.055) ** 2.4
    return np.where(values <= 0.04045, values / 12.92, power).astype(np.float32)


def linear_to_srgb(values: ArrayLike) -> NDArray[np.float32]:
    """Inverse of `srgb_to_linear`.

    >>> round(float(linear_to_srgb(0.214)), 2)
    0.5
    """
    values = np.asarray(values, np.float32)
    power = 1.055 * np.maximum(values, 0) ** (1 / 2.4) - 0.055
    return np.where(values <= 0.0031308, values * 12.92, power).astype(np.float32)
