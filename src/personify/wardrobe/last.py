"""The shoemaker's last: this person's foot measured in its own frame, and rings around it.

Local foot coordinates are (a, y, b): towards the wearer's left, up from the sole of the foot, towards the toes; the
origin is below the ankle. Rings have `COLUMNS` points that start at the toes and go round towards the wearer's left.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from personify.body.mesh import Int
from personify.wardrobe.figure import Figure, Points
from personify.wardrobe.loft import hull_radius, skin_vertices, smooth_periodic

COLUMNS = 64
ANGLES = np.linspace(0, 2 * math.pi, COLUMNS, endpoint=False)
_USUAL_LENGTH = 0.285  # metres, of the foot the styles were drawn on


@dataclass(frozen=True)
class Foot:
    """One foot of a figure.

    Attributes:
        side: ``"left"`` or ``"right"``.
        origin: [3] below the ankle, at the height of the sole.
        axes: [3, 3] rows a, y, b.
        skin: indices of the skin vertices of foot and shin.
        local: [K, 3] their local coordinates.
        outline: [COLUMNS, 2] convex footprint (a, b), evenly spaced along its length.
        size: this foot's length over the usual one; scales every measure of a style.
    """

    side: str
    origin: Points
    axes: Points
    skin: Int
    local: Points
    outline: Points
    size: float

    def to_world(self, local: Points) -> Points:  # [..., 3] -> [..., 3]
        """Local foot coordinates to the A-pose."""
        return local @ self.axes + self.origin

    def leg_axis(self, y: float) -> Points:  # -> [2]
        """Middle (a, b) of foot or shin at a height."""
        slab = self._slab(y)
        return np.array([slab[:, 0].min() + slab[:, 0].max(), slab[:, 2].min() + slab[:, 2].max()]) / 2

    def _slab(self, y: float) -> Points:
        distance = np.abs(self.local[:, 1] - y)
        return self.local[distance <= max(0.012 * self.size, float(np.partition(distance, 30)[30]))]

    def section(self, y: float, center: Points) -> Points:  # -> [COLUMNS]
        """Radius of the convex section at a height around a centre (a, b)."""
        slab = self._slab(y)
        return smooth_periodic(hull_radius(slab[:, [0, 2]] - center, ANGLES), 2)

    def instep(self, b: Points) -> Points:
        """Height of the foot's top above the sole at stations b; the toes count as one smooth slope."""
        stations = np.linspace(0.02, self.outline[:, 1].max() - 0.012 * self.size, 12)
        heights = [self.local[np.abs(self.local[:, 2] - k) < 0.014 * self.size, 1] for k in stations]
        tops = np.array([min(h.max(), 0.16) if len(h) else 0.02 for h in heights])
        tops = np.minimum.accumulate(tops)
        return np.interp(b, stations, np.convolve(np.pad(tops, 1, "edge"), [0.25, 0.5, 0.25], "valid"))


def measure_foot(figure: Figure, side: str) -> Foot:
    """Measure the left or right foot of a figure in its A-pose (feet keep their direction in the T-pose)."""
    ankle, toe = figure.joint(f"{side}_ankle"), figure.joint(f"{side}_foot")
    forward = (toe - ankle) * [1, 0, 1]
    forward /= np.linalg.norm(forward)
    up = np.array([0.0, 1.0, 0.0])
    axes = np.stack([np.cross(up, forward), up, forward])
    weight = figure.weight_of(f"{side}_ankle", f"{side}_foot", f"{side}_knee")
    skin = skin_vertices(figure.body)
    skin = skin[weight[skin] > 0.5]
    origin = np.array([ankle[0], figure.rest[skin, 1].min(), ankle[2]])
    local = (figure.rest[skin] - origin) @ axes.T
    flat = local[local[:, 1] < 0.25 * (ankle[1] - origin[1]) + 0.02][:, [0, 2]]
    size = float(np.ptp(flat[:, 1])) / _USUAL_LENGTH
    return Foot(side, origin, axes, skin, local, _footprint(flat), size)


def _footprint(points: Points) -> Points:  # [N, 2] -> [COLUMNS, 2]
    middle = (points.min(0) + points.max(0)) / 2
    angles = np.linspace(0, 2 * math.pi, 360, endpoint=False)
    radius = smooth_periodic(hull_radius(points - middle, angles), 30)
    outline = middle + radius[:, None] * np.stack([np.sin(angles), np.cos(angles)], 1)
    closed = np.concatenate([outline, outline[:1]])
    length = np.concatenate([[0], np.cumsum(np.linalg.norm(np.diff(closed, axis=0), axis=1))])
    stations = np.linspace(0, length[-1], COLUMNS, endpoint=False)
    return np.stack([np.interp(stations, length, closed[:, k]) for k in range(2)], 1)


def outset(outline: Points, distance: float) -> Points:  # [COLUMNS, 2] -> [COLUMNS, 2]
    """The outline moved outwards."""
    tangent = np.roll(outline, -1, 0) - np.roll(outline, 1, 0)
    normal = np.stack([-tangent[:, 1], tangent[:, 0]], 1)
    return outline + distance * normal / np.linalg.norm(normal, axis=1, keepdims=True)
