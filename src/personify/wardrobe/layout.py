"""From cloth to a painted piece: every panel of the sewing pattern gets a place in the atlas, all at one scale."""

from __future__ import annotations

import numpy as np

from personify.body.mesh import Int
from personify.wardrobe.cloth import Cloth
from personify.wardrobe.fabric import bake_pattern, paint
from personify.wardrobe.figure import Points
from personify.wardrobe.outfit import Garment
from personify.wardrobe.patterns import Region
from personify.wardrobe.piece import Piece
from personify.wardrobe.suit import armhole, leg_seam, seam_side

STRIP = 100  # islands of strips are numbered from here


def panels(cloth: Cloth) -> tuple[Int, Int, Points]:
    """Region [F], island [F] and st of every corner [F, 3, 2], by where each face lies; strips keep their own.

    An island is ``2 * region``, + 1 for the back of a trouser leg.
    """
    center = cloth.canonical[cloth.faces].mean(1)
    lay = cloth.lay[cloth.faces]
    front, left, sleeve = seam_side(center) > 0, center[:, 0] > 0, armhole(center) > 0
    leg = (center[:, 1] < cloth.trousers_below) & ~sleeve
    leg_front = leg_seam(center) > 0
    arm = lay[..., 2] * np.where(center[:, 2] > 0.004, 1.0, -1.0)[:, None]
    s = np.where(front[:, None], lay[..., 0], lay[..., 1])
    left_leg = np.where(leg_front[:, None], lay[..., 3], lay[..., 4])
    right_leg = np.where(leg_front[:, None], lay[..., 5], lay[..., 6])
    s = np.where(leg[:, None], np.where(left[:, None], left_leg, right_leg), s)
    s = np.where(sleeve[:, None], arm, s)
    t = np.where(sleeve[:, None], lay[..., 8], lay[..., 7])
    region = np.where(front, int(Region.FRONT), int(Region.BACK))
    region = np.where(leg, np.where(left, int(Region.LEFT_LEG), int(Region.RIGHT_LEG)), region)
    region = np.where(sleeve, np.where(left, int(Region.LEFT_SLEEVE), int(Region.RIGHT_SLEEVE)), region)
    island = 2 * region + (leg & ~leg_front)
    own = cloth.island >= 0
    st = np.where(own[:, None, None], cloth.st[cloth.faces], np.stack([s, t], -1))
    return np.where(cloth.region >= 0, cloth.region, region), np.where(own, STRIP + cloth.island, island), st


def pack(sizes: Points) -> tuple[Points, float]:  # [I, 2] metres -> ([I, 2] corners in metres, side of the square)
    """Shelves of islands, tallest first, in the smallest square they fit (to 3 %)."""
    order = np.argsort(-sizes[:, 1], kind="stable")
    side = max(float(sizes.max()), float(np.sqrt(sizes.prod(1).sum())))
    while True:
        corners, x, y, shelf = np.zeros_like(sizes), 0.0, 0.0, 0.0
        for k in order:
            if x + sizes[k, 0] > side:
                x, y, shelf = 0.0, y + shelf, 0.0
            corners[k] = x, y
            x, shelf = x + sizes[k, 0], max(shelf, sizes[k, 1])
        if y + shelf <= side:
            return corners, side
        side *= 1.03


def make_piece(cloth: Cloth, name: str, garment: Garment, seed: int, texture_size: int) -> Piece:
    """Lay out, paint and name a finished cloth."""
    region, island, st = panels(cloth)
    half = cloth.canonical[cloth.faces][..., 2].mean(1) > 0.004  # splits the seam below a sleeve
    key = (cloth.faces * 256 + island[:, None]) * 2 + half[:, None]
    key = (key * 16 + region[:, None]).ravel()
    _, first, faces = np.unique(key, return_index=True, return_inverse=True)
    source, faces = cloth.faces.ravel()[first], faces.reshape(-1, 3)
    corner_st, corner_region = st.reshape(-1, 2)[first], np.repeat(region, 3)[first]
    uvs = _place(corner_st, np.repeat(island, 3)[first], texture_size)
    pattern = bake_pattern(
        uvs, faces, corner_st, cloth.canonical[source], cloth.edge[source], corner_region, texture_size
    )
    material = paint(garment, pattern, seed, texture_size)
    return Piece(name, cloth.vertices[source], faces, uvs, cloth.lbs_weights[source], material)


def _place(st: Points, island: Int, texture_size: int) -> Points:
    """[T, 2] uv of st, with 2 texels between islands."""
    _, number = np.unique(island, return_inverse=True)
    count = number.max() + 1
    low, high = np.full((count, 2), np.inf), np.full((count, 2), -np.inf)
    np.minimum.at(low, number, st)
    np.maximum.at(high, number, st)
    margin = 4 * float(np.sqrt((high - low).prod(1).sum())) / texture_size
    corners, side = pack(high - low + margin)
    return np.clip((st - low[number] + corners[number] + margin / 2) / side, 0, 1)
