"""How cloth hangs on one figure: ring grids around torso, legs and arms, made convex and pulled by gravity.

Cloth bridges hollows (every ring is convex), cannot fall inwards faster than its
stiffness lets it (`hang`), and every layer stays outside the layers below because each garment pushes out from the
outermost radius so far (`Fitting.worn`).
"""

from __future__ import annotations

import functools
from dataclasses import dataclass, field

import numpy as np
from scipy.ndimage import gaussian_filter1d, maximum_filter1d

from personify.wardrobe.cut import vertex_normals
from personify.wardrobe.figure import Figure, Points
from personify.wardrobe.suit import ANGLES, HEIGHTS, LEG_TOP, Surface, body_suit, limbs, node_angles, tunic

GAP = 0.003  # metres kept between layers


@dataclass(frozen=True)
class Rings:
    """Cross-sections of one limb of a figure.

    Attributes:
        centers: [K, 3] metres, A-pose.
        fronts: [K, 3] unit vector to the first column (front; top of arms).
        sides: [K, 3] unit vector to the column a quarter on (the wearer's left; front of arms).
        radius: [K, ANGLES] convex outline of the body.
        step: metres between rings.
    """

    centers: Points
    fronts: Points
    sides: Points
    radius: Points
    step: float

    def points(self, radius: Points) -> Points:  # [K, ANGLES] -> [K * ANGLES, 3]
        """Nodes at given radii."""
        angles = node_angles()
        x, y = radius * np.cos(angles), radius * np.sin(angles)
        nodes = self.centers[:, None] + x[..., None] * self.fronts[:, None] + y[..., None] * self.sides[:, None]
        return nodes.reshape(-1, 3)


@functools.lru_cache(maxsize=1)
def _secants() -> Points:  # [ANGLES, ANGLES] 1 / cos between columns, inf where they look apart
    cosine = np.cos(node_angles()[:, None] - node_angles()[None])
    return np.where(cosine > 0.15, 1 / np.maximum(cosine, 1e-3), np.inf)


def convex_radius(x: Points, y: Points) -> Points:  # [K, P], [K, P] -> [K, ANGLES]
    """Radius, at every column, of the convex hull of each ring's points around its origin (support functions)."""
    angles = node_angles()
    support = (x[..., None] * np.cos(angles) + y[..., None] * np.sin(angles)).max(1)
    return (support[:, None, :] * _secants()).min(2)


def _rings(points: Points, level: bool) -> Rings:  # [K, P, 3] in column order -> Rings
    """``level`` rings are horizontal (torso); others stand across the limb."""
    low, high = points.min(1), points.max(1)
    centers = gaussian_filter1d((low + high) / 2 if level else points.mean(1), 1.0, axis=0, mode="nearest")
    if level:
        centers[:, 0] = points[..., 0].mean()
        fronts, sides = np.tile([0.0, 0, 1], (len(points), 1)), np.tile([1.0, 0, 0], (len(points), 1))
    else:
        along = np.gradient(gaussian_filter1d(centers, 2.0, axis=0, mode="nearest"), axis=0)
        along /= np.linalg.norm(along, axis=1, keepdims=True)
        fronts = gaussian_filter1d(points[:, 0] - centers, 2.0, axis=0)
        fronts -= along * (fronts * along).sum(1, keepdims=True)
        fronts /= np.linalg.norm(fronts, axis=1, keepdims=True)
        sides = np.cross(fronts, along)
        quarter = points[:, points.shape[1] // 4] - centers
        sides *= np.sign((sides * quarter).sum(1, keepdims=True))
    offset = points - centers[:, None]
    x, y = (offset * fronts[:, None]).sum(2), (offset * sides[:, None]).sum(2)
    step = float(np.linalg.norm(np.diff(centers, axis=0), axis=1).mean())
    return Rings(centers, fronts, sides, convex_radius(x, y), step)


@dataclass
class Fitting:
    """A figure being dressed: its rings, and the outermost cloth so far.

    Attributes:
        figure: who is dressed.
        rings: by limb name.
        worn: by limb name, [K, ANGLES] radius of the outermost layer so far.
    """

    figure: Figure
    rings: dict[str, Rings] = field(init=False)
    worn: dict[str, Points] = field(init=False)

    def __post_init__(self) -> None:
        grid = {name: (limb.matrix @ self.figure.rest).reshape(-1, ANGLES, 3) for name, limb in limbs().items()}
        legs = np.concatenate([grid["left_leg"], grid["right_leg"]], 1)
        torso = grid["torso"][:LEG_TOP]
        # Below the hips the tube goes around both legs; the first rows of the legs still belong to the torso.
        self.rings = {name: _rings(points, level=False) for name, points in grid.items() if name != "torso"}
        self.rings["torso"] = _rings(np.concatenate([np.concatenate([torso, torso], 1), legs]), level=True)
        self.worn = {name: rings.radius.copy() for name, rings in self.rings.items()}

    def around_leg(self, name: str, radius: Points) -> Points:  # [K, ANGLES] -> [K, ANGLES]
        """Radius around both legs that clears one leg's cloth."""
        tube = self.rings["torso"]
        offset = self.rings[name].points(radius).reshape(-1, ANGLES, 3) - tube.centers[LEG_TOP:, None]
        # The leg leans, so its rings are not level: leave room for the neighbouring rows.
        return maximum_filter1d(convex_radius(offset[..., 2], offset[..., 0]), 3, axis=0) + GAP

    @functools.cached_property
    def suit(self) -> tuple[Points, Points]:
        """Vertices and normals of `body_suit` on this figure."""
        return self._place(body_suit())

    @functools.cached_property
    def tunic(self) -> tuple[Points, Points]:
        """Vertices and normals of `tunic` on this figure."""
        return self._place(tunic())

    def _place(self, surface: Surface) -> tuple[Points, Points]:
        vertices = surface.matrix @ self.figure.rest
        return vertices, vertex_normals(vertices, surface.mesh.faces)


def hang(radius: Points, step: float, down: float | Points, up: float = 3.0) -> Points:
    """Least cloth over ``radius`` [K, ANGLES] that narrows downwards no faster than ``down`` and upwards than ``up``
    (metres per metre; a negative ``down`` flares). ``down`` may be given per ring [K]."""
    down = np.broadcast_to(down, len(radius))
    radius = radius.copy()
    for k in range(1, len(radius)):
        np.maximum(radius[k], radius[k - 1] - down[k] * step, out=radius[k])
    for k in range(len(radius) - 2, -1, -1):
        np.maximum(radius[k], radius[k + 1] - up * step, out=radius[k])
    return radius


def soften(radius: Points, around: float = 1.5, along: float = 1.2) -> Points:
    """Round off corners of ``radius`` [K, ANGLES]; never below it by more than the rounding itself."""
    smooth = gaussian_filter1d(radius, around, axis=1, mode="wrap")
    return gaussian_filter1d(smooth, along, axis=0, mode="nearest")


def height_rows(limb: str) -> Points:
    """Canonical y of the rings of the torso or a leg."""
    return HEIGHTS if limb == "torso" else HEIGHTS[LEG_TOP:]
