"""What a scarf, tie or belt lies upon: skin and clothes around neck, chest and waist."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from scipy.spatial import cKDTree

from personify.body.mesh import Material
from personify.wardrobe.fabric import bake_pattern, paint
from personify.wardrobe.figure import Figure, Points
from personify.wardrobe.loft import Shell, hull_radius, skin_vertices
from personify.wardrobe.outfit import Garment, Outfit
from personify.wardrobe.piece import Piece

COLUMNS = 64
ANGLES = np.linspace(0, 2 * math.pi, COLUMNS, endpoint=False)  # from the front towards the wearer's left
_TRUNK = (
    "neck", "pelvis", "spine1", "spine2", "spine3", "left_collar", "right_collar", "left_hip", "right_hip",
)  # fmt: skip
_THIN = 0.012  # metres of cloth assumed where no clothes are given


@dataclass(frozen=True)
class Surroundings:
    """Trunk and neck of a figure with what is worn on them.

    Attributes:
        figure: the wearer.
        points: [N, 3] A-pose, skin and cloth of neck and trunk.
        canonical: [N, 3] canonical coordinates of those points.
        skin: the first so many points are skin.
        margin: metres that must be added because clothes are unknown.
    """

    figure: Figure
    points: Points
    canonical: Points
    skin: int
    margin: float

    @staticmethod
    def measure(figure: Figure, outfit: Outfit, clothes: Sequence[Piece]) -> Surroundings:
        """Collect everything but what is worn open over the trunk (jackets, capes)."""
        skin = skin_vertices(figure.body)
        trunk = figure.weight_of(
            "neck", "pelvis", "spine1", "spine2", "spine3", "left_collar", "right_collar", "left_hip", "right_hip"
        )
        skin = skin[(trunk[skin] > 0.5) & (figure.canonical[skin, 1] > 0.85)]
        over = {garment.kind for slot in ("outer", "back", "front") if (garment := outfit.worn(slot))}
        worn = [piece.vertices for piece in clothes if not any(piece.name.startswith(kind) for kind in over)]
        tree = cKDTree(figure.rest[skin])
        points, canonical = [figure.rest[skin]], [figure.canonical[skin]]
        for vertices in worn:
            distance, index = tree.query(vertices)
            near = distance < 0.07 * figure.scale  # leaves sleeves, trouser legs and shoes out
            points.append(vertices[near])
            canonical.append(figure.canonical[skin][index[near]])
        margin = 0.0 if worn else _THIN * figure.scale
        return Surroundings(figure, np.concatenate(points), np.concatenate(canonical), len(skin), margin)

    def height(self, canonical_y: float) -> float:
        """A-pose height of a canonical height on the trunk."""
        near = np.argsort(np.abs(self.canonical[:, 1] - canonical_y))[:40]
        slope = self.figure.scale
        return float(np.mean(self.points[near, 1] + slope * (canonical_y - self.canonical[near, 1])))

    def outline(
        self, canonical_y: float, tolerance: float, spread: float = 1.0, skin_only: bool = False
    ) -> tuple[Points, Points]:
        """Level convex outline at a canonical height.

        Args:
            canonical_y: metres.
            tolerance: half height of the slab that is looked at, metres.
            spread: points further than this from the middle plane (metres) are left out.
            skin_only: ignore clothes.

        Returns:
            ([3] centre, [COLUMNS] radius).
        """
        y = self.height(canonical_y)
        points = self.points[: self.skin] if skin_only else self.points
        slab = points[np.abs(points[:, 1] - y) < tolerance * self.figure.scale]
        slab = slab[np.abs(slab[:, 0] - np.median(slab[:, 0])) < spread * self.figure.scale * 1.6]
        low, high = slab.min(0), slab.max(0)
        center = np.array([(low[0] + high[0]) / 2, y, (low[2] + high[2]) / 2])
        return center, hull_radius(slab[:, [0, 2]] - center[[0, 2]], ANGLES) + (0.0 if skin_only else self.margin)

    def front(self, x: float, y: Points) -> Points:  # [N] A-pose heights -> [N] z
        """How far skin and cloth stand out in front, at a distance from the middle plane."""
        slab = self.points[(np.abs(self.points[:, 0] - x) < 0.045 * self.figure.scale) & (self.points[:, 2] > -0.02)]
        near = np.abs(slab[None, :, 1] - y[:, None]) < 0.018 * self.figure.scale
        z = np.where(near, slab[None, :, 2], -1.0).max(1)
        known = z > -1
        return np.interp(-y, -y[known], z[known]) + self.margin

    def to_canonical(self, points: Points) -> Points:  # [N, 3] -> [N, 3]
        """Canonical coordinates of the nearest skin or cloth."""
        _, index = cKDTree(self.points).query(points)
        return self.canonical[index]


def painted(shell: Shell, garment: Garment, canonical: Points, seed: int, size: int) -> Material:
    """Fabric of a surface with its own atlas."""
    pattern = bake_pattern(shell.uvs, shell.faces, shell.st, canonical, shell.edge, shell.region, size)
    return paint(garment, pattern, seed, size)
