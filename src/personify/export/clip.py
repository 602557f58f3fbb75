"""`AnimationClip`: one motion as the exporters see it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from personify.errors import PersonifyError

Float = NDArray[np.float32]


@dataclass(frozen=True)
class AnimationClip:
    """Keys of one motion, played with linear interpolation (spherical for rotations).

    Attributes:
        name: what a player lists, unique within a file.
        times: [K] seconds, from 0 or later, strictly increasing.
        rotations: [K, J, 4] wxyz quaternions relative to the parent joint; identity = T-pose.
        translations: [K, 3] world position of the root joint (pelvis), metres.
        morph_weights: face shape name -> [K] weights; shapes that are not named stay at 0.

    Example:
        >>> still = np.tile(np.float32([1, 0, 0, 0]), (2, 55, 1))
        >>> AnimationClip("rest", np.float32([0, 1]), still, np.zeros((2, 3), np.float32)).duration
        1.0
    """

    name: str
    times: Float
    rotations: Float
    translations: Float
    morph_weights: Mapping[str, Float] | None = None

    def __post_init__(self) -> None:
        keys = len(self.times)
        weights = list((self.morph_weights or {}).values())
        numbers = [self.times, self.rotations, self.translations, *weights]
        checks = {
            "times must be [K] with at least one key": np.ndim(self.times) == 1 and keys > 0,
            "rotations must be [K, J, 4]": np.ndim(self.rotations) == 3
            and len(self.rotations) == keys
            and self.rotations.shape[2] == 4,
            "translations must be [K, 3]": np.shape(self.translations) == (keys, 3),
            "morph_weights must each be [K]": all(np.shape(weight) == (keys,) for weight in weights),
            "every value must be finite": all(np.isfinite(array).all() for array in numbers),
            "times must start at 0 or later and strictly increase": bool(
                np.ravel(self.times)[:1].sum() >= 0 and (np.diff(np.float32(self.times)) > 0).all()
            ),
            "rotations must not be zero": bool((np.abs(self.rotations).max(-1, initial=0) > 1e-6).all()),
        }
        for expected, holds in checks.items():
            if not holds:
                raise PersonifyError(f"animation clip {self.name!r}: {expected}")

    @property
    def duration(self) -> float:
        """Seconds from time zero to the last key."""
        return float(self.times[-1])
