"""Signed distance to a dressed person, whose surfaces are open and overlap: cloth over skin, cards of hair."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from personify.body.mesh import Float
from personify.text.sculpt.nearest import NearestPoints, SurfaceTree
from personify.text.sculpt.solid import Solid

SHELL = 0.002  # metres added all around: a sheet of cloth becomes a body of twice that


class SolidDistance:
    """Signed distance queries on a `Solid`.

    Inside is what cannot be seen from outside: between the body and its clothes is inside, under a skirt is not. Since
    single sheets have no inside, everything is thickened by `SHELL`.
    """

    def __init__(self, solid: Solid, directions: int = 24) -> None:
        self.solid = solid
        self.tree = SurfaceTree(solid.vertices, solid.faces)
        self._directions = _sphere(directions)

    def __call__(self, points: Float) -> tuple[Float, NearestPoints]:  # [N, 3] -> [N]
        """Metres, negative inside, and where the nearest surface is."""
        found = self.tree.nearest(points)
        corners = self.solid.vertices[self.solid.faces[found.face_ids]]
        away = points - (corners * found.barycentrics[..., None]).sum(1)
        outside = self.tree.escapes(points, away, self._directions)
        return (np.where(outside, 1, -1) * found.distances - SHELL).astype(np.float32), found


def _sphere(count: int) -> NDArray[np.float64]:  # [count, 3]
    """Evenly spread unit vectors (Fibonacci)."""
    k = np.arange(count) + 0.5
    height, turn = 1 - 2 * k / count, k * math.pi * (3 - math.sqrt(5))
    flat = np.sqrt(1 - height * height)
    return np.stack([flat * np.cos(turn), height, flat * np.sin(turn)], 1)
