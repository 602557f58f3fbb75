"""Curves through keys: how authored values change over time."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from scipy.interpolate import CubicSpline

from personify.motion.clip import smooth_step
from personify.motion.kinematics import Float64

Keys = Sequence[tuple[float, Any]]  # (seconds, value of any shape)


def eased(times: Float64, keys: Keys) -> Float64:
    """Value at ``times`` [F] -> [F, ...]: comes to rest at every key (minimum jerk in between).

    >>> eased(np.array([0.0, 0.5, 1.0, 9.0]), [(0, 0.0), (1, 2.0)]).tolist()
    [0.0, 1.0, 2.0, 2.0]
    """
    at, values = _columns(keys)
    after = np.searchsorted(at, times, side="right").clip(1, len(at) - 1)
    weight = smooth_step((times - at[after - 1]) / (at[after] - at[after - 1]))
    weight = weight.reshape(-1, *(1,) * (values.ndim - 1))
    return values[after - 1] + weight * (values[after] - values[after - 1])


def flowing(times: Float64, keys: Keys) -> Float64:
    """Value at ``times`` [F] -> [F, ...]: a periodic cubic spline; the last key must repeat the first.

    >>> keys = [(0, 0.0), (1, 1.0), (2, 0.0)]
    >>> flowing(np.array([0.0, 1.0, 2.0]), keys).round(6).tolist()
    [0.0, 1.0, 0.0]
    """
    at, values = _columns(keys)
    return CubicSpline(at, values, bc_type="periodic")(times)


def _columns(keys: Keys) -> tuple[Float64, Float64]:
    return np.array([key[0] for key in keys], float), np.array([key[1] for key in keys], float)
