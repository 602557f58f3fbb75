"""Where hair grows: the hairline and the beard as fields over canonical coordinates (metres inside, negative outside).

The same fields shade the skin under the hair and root the hair itself, so that the two always agree.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from personify.wardrobe.noise import smoothstep, value_noise
from personify.wardrobe.outfit import Outfit

Points = NDArray[np.floating]
Values = NDArray[np.floating]

MIDDLE = -0.0012
"""x of the canonical adult's plane of symmetry."""
HEAD_CENTER = np.array([MIDDLE, 1.655, 0.028])

# Height of the hairline by azimuth around the head: 0 = front, 90 = ear, 180 = nape (degrees, metres).
_AZIMUTH = np.array([0, 16, 30, 42, 52, 62, 72, 80, 90, 104, 118, 135, 155, 180.0])
_FEMALE = np.array([1.715, 1.717, 1.715, 1.705, 1.690, 1.666, 1.640, 1.634, 1.668, 1.655, 1.615, 1.600, 1.588, 1.584])
_MALE = np.array([1.716, 1.719, 1.726, 1.715, 1.694, 1.671, 1.640, 1.630, 1.668, 1.655, 1.615, 1.598, 1.585, 1.582])


def azimuth(points: Points) -> Values:
    """Angle around the head in degrees, 0 in front, 90 above either ear, 180 behind; sides alike."""
    return np.degrees(np.arctan2(np.abs(points[:, 0] - MIDDLE), points[:, 2] - HEAD_CENTER[2]))


def recession_of(outfit: Outfit) -> float:
    """How far the hairline has drawn back: up to 1 in some old men, a little forward in children."""
    person = outfit.person
    if person.age < 13:
        return -0.6
    if person.sex == "female":
        return 0.0
    inclination = np.random.default_rng([outfit.seed, 441]).uniform(0.1, 1.0)
    return float(np.interp(person.age, (22, 70), (0.0, inclination)))


def hairline(points: Points, sex: str, seed: int = 0, recession: float = 0.0) -> Values:
    """Metres inside the hairline of canonical points [N, 3]; `recession_of` says how far the temples draw back."""
    around = azimuth(points)
    line = np.interp(around, _AZIMUTH, _FEMALE if sex == "female" else _MALE)
    line = line + recession * 0.03 * np.exp(-(((around - 34) / 16) ** 2)) + recession * 0.008 * (around < 60)
    ragged = 0.008 * (value_noise(points, 110.0, seed) - 0.5) + 0.003 * (value_noise(points, 420.0, seed + 1) - 0.5)
    return points[:, 1] - line + ragged


def beard_field(points: Points, style: str) -> Values:
    """How much beard of a style grows at canonical face points, 0 to 1; unshaven cheeks thin out more gently."""
    x, y, z = np.abs(points[:, 0] - MIDDLE), points[:, 1], points[:, 2]
    soft = 2.6 if style == "stubble" else 1.0
    front = smoothstep(0.039 - 0.007 * soft, 0.039 + 0.007 * soft, z)
    edge = np.interp(x, [0, 0.02, 0.035, 0.05, 0.062, 0.075], [1.585, 1.586, 1.588, 1.600, 1.622, 1.650])  # cheek line
    jaw = smoothstep(0.004, 0.004 - 0.010 * soft, y - edge)
    jaw = jaw * smoothstep(1.518 - 0.010 * soft, 1.518 + 0.010 * soft, y) * front
    upper = smoothstep(0.0315, 0.026, x) * smoothstep(1.5865, 1.5895, y) * smoothstep(1.6035, 1.5985, y)
    upper = upper * smoothstep(0.105, 0.115, z)
    bridge = smoothstep(0.034, 0.029, x) * smoothstep(0.018, 0.024, x) * smoothstep(1.562, 1.572, y)
    bridge = bridge * smoothstep(1.599, 1.592, y) * smoothstep(0.095, 0.105, z)
    chin = smoothstep(0.027, 0.021, x) * smoothstep(1.5665, 1.561, y) * smoothstep(1.512, 1.525, y)
    chin = chin * smoothstep(0.085, 0.1, z)
    soul = smoothstep(0.010, 0.006, x) * smoothstep(1.574, 1.570, y) * smoothstep(1.555, 1.56, y) * front
    mouth = np.exp(-((x / 0.026) ** 4) - (((y - 1.5785) / 0.0085) ** 4)) * (z > 0.1)  # lips and the bare skin around
    if style == "none":
        return 0 * x
    if style == "moustache":
        return upper
    small = np.maximum(np.maximum(upper, chin), np.maximum(soul, bridge))
    return small if style == "goatee" else np.maximum(jaw * (1 - mouth), small)
