"""A person's head measured for a hat, and surfaces of revolution that follow its outline.

Hat coordinates are (x, u, w): towards the wearer's left, up from the hat's plane and forwards within it. Rings have
`COLUMNS` points that start in front and go round towards the wearer's left.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from scipy.spatial import cKDTree

from personify.body.mesh import Material
from personify.wardrobe.fabric import bake_pattern, paint
from personify.wardrobe.figure import Figure, Points
from personify.wardrobe.loft import Shell, hull_radius, skin_vertices, smooth_periodic, vertex_normals
from personify.wardrobe.outfit import Garment

COLUMNS = 64
ANGLES = np.linspace(0, 2 * math.pi, COLUMNS, endpoint=False)


@dataclass(frozen=True)
class HatPlane:
    """Where a hat sits, in canonical coordinates: hair above the plane must hide inside the hat.

    Attributes:
        height: metres, y of the plane above the ear (z = 0).
        tilt: rise of the plane per metre towards the face: a cap sits higher in front.
        inside_clearance: metres between scalp and hat; hair above the plane must be thinner.
        ceiling: metres above the plane up to which hair is held down; a headband lets it out again above.
        hides_all: nothing of the hair shows (headscarf, helmet).
    """

    height: float
    tilt: float = 0.0
    inside_clearance: float = 0.008
    ceiling: float = np.inf
    hides_all: bool = False

    def above(self, canonical: Points) -> Points:  # [N, 3] -> [N] metres
        """Signed height of canonical points over the plane."""
        return canonical[:, 1] - self.height - self.tilt * canonical[:, 2]


@dataclass(frozen=True)
class HeadFit:
    """A head in the coordinates of a hat's plane.

    Attributes:
        origin: [3] A-pose, middle of the head on the plane.
        axes: [3, 3] rows x, u, w.
        local: [K, 3] skin of head and neck in hat coordinates, ears left out.
        size: this head over the canonical one; scales every measure of a hat.
        shift: [3] A-pose = size * canonical + shift, about.
        band: [COLUMNS] radius of the plane's outline, hair included.
        top: height of the skull over the plane, hair included.
    """

    origin: Points
    axes: Points
    local: Points
    size: float
    shift: Points
    band: Points
    top: float

    def to_world(self, local: Points) -> Points:  # [..., 3] -> [..., 3]
        """Hat coordinates to the A-pose."""
        return local @ self.axes + self.origin

    def to_canonical(self, world: Points) -> Points:  # [..., 3] -> [..., 3]
        """A-pose positions on the average adult's head."""
        return (world - self.shift) / self.size

    def section(self, u: float, tolerance: float = 0.011) -> Points:  # -> [COLUMNS]
        """Convex outline of the head at a height."""
        distance = np.abs(self.local[:, 1] - u)
        near = distance <= max(tolerance * self.size, float(np.partition(distance, 30)[30]))
        return smooth_periodic(hull_radius(self.local[near][:, [0, 2]], ANGLES), 2)

    def revolve(self, profile: Sequence[tuple[float, float]], offset: float = 0.0) -> Points:  # -> [R, COLUMNS, 3]
        """Rings scaled from the band.

        Args:
            profile: (scale, height in metres on the canonical head) per ring, from top to bottom or inside to outside.
            offset: metres added to every radius.
        """
        scale, height = np.array(profile, np.float64).T
        radius = scale[:, None] * self.band + offset * self.size * (scale > 0)[:, None]
        u = np.broadcast_to(height[:, None] * self.size, radius.shape)
        return np.stack([radius * np.sin(ANGLES), u, radius * np.cos(ANGLES)], -1)

    def dome(
        self, rise: float, fullness: float = 2.2, rings: int = 12, bottom: float = 0.0
    ) -> list[tuple[float, float]]:
        """Profile of a rounded crown, ``rise`` metres over the skull, from its top down to ``bottom``."""
        height = self.top / self.size + rise
        start = math.asin(np.clip(bottom / height, 0, 1))
        angles = np.linspace(math.pi / 2, start, rings)
        return [(max(math.cos(a), 0.0) ** (2 / fullness), height * math.sin(a) ** (2 / fullness)) for a in angles]


def measure_head(figure: Figure, plane: HatPlane, hair: float = 0.010) -> HeadFit:
    """Measure the head of a figure for a hat on a plane, with room for ``hair`` metres of hair."""
    canonical = figure.canonical
    skin = skin_vertices(figure.body)
    skin = skin[figure.weight_of("head", "neck", "jaw")[skin] > 0.5]
    x, y, z = np.abs(canonical[skin, 0]), canonical[skin, 1], canonical[skin, 2]
    ear = (x > 0.068) & (y < 1.71) & (y > 1.58) & (np.abs(z - 0.015) < 0.055)
    cavity = (y < 1.69) & (np.hypot(x, z - 0.05) < 0.045)  # mouth, throat, eye sockets
    skull = figure.weight_of("head")[skin] > 0.9
    size = float(np.std(figure.rest[skin[skull]], axis=0).sum() / np.std(canonical[skin[skull]], axis=0).sum())
    shift = figure.rest[skin[skull]].mean(0) - size * canonical[skin[skull]].mean(0)
    up = np.array([0.0, 1.0, -plane.tilt]) / math.hypot(1, plane.tilt)
    axes = np.stack([np.array([1.0, 0, 0]), up, np.cross([1.0, 0, 0], up)])
    middle = np.array([0.0, plane.height + plane.tilt * 0.022, 0.022])
    origin = size * middle + shift
    local = (figure.rest[skin[~ear & ~cavity]] - origin) @ axes.T
    fit = HeadFit(origin, axes, local, size, shift, np.empty(0), float(local[:, 1].max()) + hair * size)
    levels = np.stack([fit.section(u * size) for u in (0.0, 0.015, 0.03)])
    band = smooth_periodic(levels.max(0), 4) + hair * size
    return HeadFit(origin, axes, local, size, shift, band, fit.top)


def push_out(points: Points, figure: Figure, margin: np.ndarray | float, rounds: int = 3) -> Points:  # [N, 3]
    """Move points until they are ``margin`` metres outside the skin."""
    skin = skin_vertices(figure.body)
    low, high = points.min(0) - 0.1, points.max(0) + 0.1
    near = skin[((figure.rest[skin] > low) & (figure.rest[skin] < high)).all(1)]
    normals = vertex_normals(figure.rest, figure.skin_faces)[near]
    tree = cKDTree(figure.rest[near])
    for _ in range(rounds):
        _, index = tree.query(points)
        depth = margin - np.einsum("nk,nk->n", points - figure.rest[near][index], normals[index])
        points = points + np.clip(depth, 0, 0.05)[:, None] * normals[index]
    return points


def hat_material(shell: Shell, garment: Garment, fit: HeadFit, seed: int, size: int) -> Material:
    """Paint a surface that is in the A-pose already."""
    canonical = fit.to_canonical(shell.vertices)
    pattern = bake_pattern(shell.uvs, shell.faces, shell.st, canonical, shell.edge, shell.region, size)
    return paint(garment, pattern, seed, size)
