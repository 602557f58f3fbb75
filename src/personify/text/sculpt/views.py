"""AvatarCLIP's cameras, in our axes (its own look along -z; positions and pictures are the same)."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import ArrayLike, NDArray

from personify.render.cameras import Camera, intrinsics, orbit

FOV = math.radians(60)
AZIMUTHS = tuple(range(0, 360, 20))  # degrees, the original's count: 180 is the front
ELEVATIONS = tuple(range(-60, 60, 20))


def polar_direction(theta: float, phi: float) -> NDArray[np.float64]:
    """[3] unit vector whose polar axis is the front (+Z): ``theta`` away from it, turned by ``phi`` around it.

    >>> polar_direction(0.0, 1.0).round(6).tolist()
    [0.0, 0.0, 1.0]
    """
    return np.array([math.sin(theta) * math.cos(phi), math.sin(theta) * math.sin(phi), math.cos(theta)])


def template_views(center: ArrayLike = (0.0, 0.0, 0.0), distance: float = 2.2, size: int = 256) -> list[Camera]:
    """The 108 views of the initialisation: 18 azimuths x 6 elevations, azimuth-major; number 58 is the front."""
    K = intrinsics(FOV, size, size)
    return [
        Camera(orbit(center, distance, math.pi - math.radians(azimuth), math.radians(elevation)), K, size, size)
        for azimuth in AZIMUTHS
        for elevation in ELEVATIONS
    ]
