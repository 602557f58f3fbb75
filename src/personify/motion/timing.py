"""Curves through keys: how authored values change over time."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from typing import Any

import numpy as np
from scipy.interpolate import CubicSpline, make_interp_spline
from scipy.ndimage import correlate1d, maximum_filter1d

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


def swept(times: Float64, keys: Keys) -> Float64:
    """Value at ``times`` [F] -> [F, ...]: sweeps through the keys with the least jerk, at rest where a value is held.

    A quintic spline (Flash and Hogan 1985, movements through via-points) between the ends and keys with equal values.

    >>> through = swept(np.array([0.0, 1.0, 1.1, 2.0, 3.0]), [(0, 0.0), (1, 1.0), (2, 2.0), (3, 2.0)])
    >>> through[[0, 1, 3, 4]].round(6).tolist(), bool(through[2] > 1.1)
    ([0.0, 1.0, 2.0, 2.0], True)
    """
    at, values = _columns(keys)
    held = np.all(values[1:] == values[:-1], axis=tuple(range(1, values.ndim)))
    stops = [0, *(k for k in range(1, len(at) - 1) if held[k - 1] or held[k]), len(at) - 1]
    result = np.empty((len(times), *values.shape[1:]))
    rest = [(1, np.zeros(values.shape[1:])), (2, np.zeros(values.shape[1:]))]
    for start, stop in pairwise(stops):
        part = slice(start, stop + 1)
        inside = (times >= at[start]) & (times <= at[stop])
        curve = make_interp_spline(at[part], values[part], 5, bc_type=(rest, rest))
        result[inside] = curve(times[inside].clip(at[start], at[stop]))
    result[times < at[0]], result[times > at[-1]] = values[0], values[-1]
    return result


def flowing(times: Float64, keys: Keys) -> Float64:
    """Value at ``times`` [F] -> [F, ...]: a periodic cubic spline; the last key must repeat the first.

    >>> keys = [(0, 0.0), (1, 1.0), (2, 0.0)]
    >>> flowing(np.array([0.0, 1.0, 2.0]), keys).round(6).tolist()
    [0.0, 1.0, 0.0]
    """
    at, values = _columns(keys)
    return CubicSpline(at, values, bc_type="periodic")(times)


def covering(values: Float64, radius: float, periodic: bool = False) -> Float64:
    """A smooth curve [F] nowhere below ``values`` [F] that rises and falls within ``radius`` frames of each peak.

    ``periodic``: the last value repeats the first.

    >>> curve = covering(np.array([0, 0, 0, 1.0, 0, 0, 0]), 2)
    >>> bool((curve[2:5] > [0, 0.999, 0]).all()), float(curve[0])
    (True, 0.0)
    """
    if not values.any():
        return values
    half = max(1, int(radius / 2))
    window = np.sin(np.pi * np.arange(1, 2 * half + 2) / (2 * half + 2)) ** 4
    mode = "wrap" if periodic else "nearest"
    turn = values[:-1] if periodic and len(values) > 1 else values
    grown = maximum_filter1d(turn, 2 * half + 1, mode=mode)
    result = correlate1d(grown, window / window.sum(), mode=mode)
    return np.append(result, result[0]) if len(turn) < len(values) else result


def _columns(keys: Keys) -> tuple[Float64, Float64]:
    return np.array([key[0] for key in keys], float), np.array([key[1] for key in keys], float)
