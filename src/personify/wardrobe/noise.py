"""Two little functions that paint skin and hair: noise between 0 and 1, and a smooth step."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from personify.wardrobe.fractal import fractal

Values = NDArray[np.float32]


def value_noise(points: NDArray[np.floating], frequency: float | tuple[float, ...], seed: int = 0) -> Values:
    """Smooth noise in [0, 1] at points [N, 3], one octave of `fractal`.

    Args:
        points: [N, 3] in any unit.
        frequency: lattice cells per unit, one number or one per axis.
        seed: another seed is another noise.

    Example:
        >>> noise = value_noise(np.zeros((2, 3)), 10.0, seed=3)
        >>> bool(noise[0] == noise[1]), noise.shape
        (True, (2,))
    """
    wavelength = tuple(1 / np.broadcast_to(np.asarray(frequency, np.float64), (3,)))
    return 0.5 + 0.5 * fractal(points, wavelength, octaves=1, seed=seed)


def smoothstep(low: float, high: float, value: NDArray[np.floating]) -> NDArray[np.floating]:
    """0 below ``low``, 1 above ``high``, smooth between (also falling, when ``high < low``)."""
    t = np.clip((value - low) / (high - low), 0, 1)
    return t * t * (3 - 2 * t)
