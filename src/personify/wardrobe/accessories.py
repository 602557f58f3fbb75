"""Small things that complete an outfit: eyewear, neckwear, belts and gloves."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import scipy.sparse as sp
from numpy.typing import NDArray
from scipy.sparse.csgraph import connected_components
from scipy.spatial import cKDTree

from personify.body.mesh import Int
from personify.wardrobe.cut import Mesh, slice_mesh, vertex_normals
from personify.wardrobe.eyewear import make_eyewear
from personify.wardrobe.fabric import solid
from personify.wardrobe.figure import Figure, Points
from personify.wardrobe.loft import Shell, join, loft, rimmed, skin_weights, smooth_periodic, to_piece, tube
from personify.wardrobe.neckwear import make_neckwear
from personify.wardrobe.outfit import Garment, Outfit
from personify.wardrobe.patterns import Region
from personify.wardrobe.piece import Piece
from personify.wardrobe.surroundings import ANGLES, Surroundings, painted
from personify.wardrobe.tailor import WAIST

BELT_Y = WAIST - 0.018  # canonical height of a belt's middle, on the waistband
DRESS_BELT_Y = 1.07  # around dresses and robes
_CUFF = 0.672  # canonical |x| where a glove ends


def make_accessories(
    figure: Figure, outfit: Outfit, texture_size: int, clothes: Sequence[Piece] = ()
) -> tuple[list[Piece], NDArray[np.bool_]]:
    """Eyewear, neckwear, belt and gloves of an outfit.

    Args:
        figure: who wears them.
        outfit: its garments in the slots ``eyes``, ``neck``, ``waist`` and ``hands``.
        texture_size: side of a large garment's texture; small things take a quarter of it.
        clothes: pieces in the A-pose to lie upon; without them the cloth is assumed to be thin.

    Returns:
        (pieces in the A-pose, [V] body vertices that gloves hide).
    """
    size = max(texture_size // 4, 64)
    covered = np.zeros(len(figure.rest), np.bool_)
    around = Surroundings.measure(figure, outfit, clothes)
    pieces: list[Piece] = []
    if garment := outfit.worn("eyes"):
        pieces += make_eyewear(figure, garment, outfit.seed)
    if garment := outfit.worn("neck"):
        pieces += make_neckwear(around, garment, outfit.seed, size)
    if garment := outfit.worn("waist"):
        height = BELT_Y if outfit.worn("bottom") else DRESS_BELT_Y
        pieces += _belt(around, garment, height, outfit.seed, size)
    if garment := outfit.worn("hands"):
        pieces.append(_gloves(figure, garment, outfit.seed, size))
        covered |= (np.abs(figure.canonical[:, 0]) > _CUFF + 0.02) & (figure.canonical[:, 1] > 1.2)
    return pieces, covered


def _belt(around: Surroundings, garment: Garment, height: float, seed: int, size: int) -> list[Piece]:
    """A strap around waistband or dress, with a frame buckle in front and the loose end beside it."""
    scale = around.figure.scale
    upper, lower = (_ring(around, height + rise) for rise in (0.012, -0.012))
    upper[:, 1] = lower[:, 1] = around.height(height)
    out = np.stack([np.sin(ANGLES), 0 * ANGLES, np.cos(ANGLES)], 1)
    rows = []
    for u, bulge in ((0.019, 0.0035), (0.0175, 0.005), (0.0, 0.0055), (-0.0175, 0.005), (-0.019, 0.0035)):
        share = 0.5 + u / 0.024
        rows.append(upper * share + lower * (1 - share) + scale * (bulge * out + [0, u, 0]))
    strap = rimmed(loft(np.stack(rows)), 0.004 * scale).colored(Region.TRIM)
    front = rows[2][0] + [0, 0, 0.004 * scale]
    angle = np.linspace(0, 2 * np.pi, 25)
    square = 1 / np.maximum(np.abs(np.cos(angle)), np.abs(np.sin(angle))) ** 0.85
    outline = np.stack([0.025 * square * np.sin(angle), 0.024 * square * np.cos(angle), 0 * angle], 1)
    frame = tube(front + scale * outline, 0.0032 * scale, 8)
    prong = tube(front + scale * np.array([[-0.024, 0, 0.001], [0.0, 0, 0.003], [0.024, 0, 0.001]]), 0.0022 * scale, 6)
    buckle = join([frame, prong])
    metal = solid("buckle", (0.80, 0.68, 0.38) if seed % 2 else (0.74, 0.75, 0.77), 0.28, 1.0)
    weights = skin_weights(around.figure, strap.vertices, 40)
    middle = skin_weights(around.figure, np.repeat(front[None], len(buckle.vertices), 0), 40)
    return [
        to_piece("belt", strap, weights, painted(strap, garment, around.to_canonical(strap.vertices), seed, size)),
        to_piece("belt buckle", buckle, middle, metal),
    ]


def _ring(around: Surroundings, height: float) -> Points:  # [ANGLES, 3]
    center, radius = around.outline(height, 0.010, spread=0.18)
    return center + smooth_periodic(radius, 6)[:, None] * np.stack([np.sin(ANGLES), 0 * ANGLES, np.cos(ANGLES)], 1)


def _gloves(figure: Figure, garment: Garment, seed: int, size: int) -> Piece:
    """The skin of the hands moved outwards, ending in a straight, slightly flared cuff."""
    vertex, faces, body_uvs = _hand_corners(figure)
    mesh, blend = slice_mesh(Mesh(faces, figure.canonical[vertex]), np.abs(figure.canonical[vertex, 0]) - _CUFF)
    normals = blend @ vertex_normals(figure.rest, figure.skin_faces)[vertex]
    reach = np.abs(mesh.canonical[:, 0])
    flare = np.clip((0.705 - reach) / (0.705 - _CUFF), 0, 1)
    offset = (0.0024 + 0.0050 * flare) * figure.scale
    rest = blend @ figure.rest[vertex] + offset[:, None] * normals
    uvs = _packed(blend @ body_uvs, mesh.faces)
    region = np.full(len(rest), float(Region.TRIM))
    shell = Shell(rest, mesh.faces, uvs, uvs * 0.45, reach - _CUFF, region)
    material = painted(shell, garment, mesh.canonical, seed, size)
    shell = rimmed(shell, 0.004 * figure.scale)
    weights = blend @ figure.lbs_weights[vertex]
    _, source = cKDTree(rest).query(shell.vertices[len(rest) :])
    return to_piece("gloves", shell, np.concatenate([weights, weights[source]]), material)


def _hand_corners(figure: Figure) -> tuple[Int, Int, Points]:
    """Hands with some forearm, split along the body's texture seams.

    Returns:
        (body vertex of every corner [N], faces [F, 3] of corners, the body's texture coordinates [N, 2]).
    """
    canonical, faces = figure.canonical, figure.skin_faces
    hand = ((np.abs(canonical[:, 0]) > _CUFF - 0.03) & (canonical[:, 1] > 1.2))[faces].all(1)
    pairs = np.stack([faces[hand], figure.body.face_uv.numpy()[hand]], -1).reshape(-1, 2)
    unique, index = np.unique(pairs, axis=0, return_inverse=True)
    return unique[:, 0], index.reshape(-1, 3), figure.body.uv.numpy()[unique[:, 1]]


def _packed(uvs: Points, faces: Int) -> Points:  # [N, 2], [F, 3] -> [N, 2]
    """Islands side by side, each stretched over its own column of the atlas."""
    links = sp.coo_matrix((np.ones(faces.size), (faces.ravel(), np.roll(faces, 1, 1).ravel())), (len(uvs), len(uvs)))
    count, island = connected_components(links, directed=False)
    packed = np.empty(uvs.shape)
    for k in range(count):
        mine = uvs[island == k]
        share = (mine - mine.min(0)) / np.maximum(np.ptp(mine, axis=0), 1e-9)
        packed[island == k] = (0.02 + 0.96 * share + [k, 0]) / [count, 1]
    return packed
