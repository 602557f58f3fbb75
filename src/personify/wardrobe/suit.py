"""The two surfaces every garment is cut from, built once for all bodies.

`body_suit` is the subdivided helper suit (neck to wrists to feet); `tunic` is its upper half with a tube of cloth that
hangs from the hips, which tops, dresses, skirts and coats share. A surface is a linear recipe: its vertices are fixed
blends of body vertices and of the ring grids that `personify.wardrobe.drape` makes for one figure, so that dressing a
person costs two sparse products.
"""

from __future__ import annotations

import functools
import math
from dataclasses import dataclass

import numpy as np
import scipy.sparse as sp
from numba import njit
from numpy.typing import NDArray
from scipy.spatial import cKDTree

from personify.body.mesh import Int
from personify.body.pose import JOINT_INDEX
from personify.wardrobe.cut import Mesh, slice_mesh, subdivide
from personify.wardrobe.figure import Points, canonical_body, default_body

ANGLES = 64  # columns of every ring
HEIGHTS = np.arange(1.38, 0.03, -0.02)  # canonical y of the torso's rings, hips downwards it is the tube of a skirt
REACHES = np.arange(0.19, 0.735, 0.02)  # canonical |x| of a sleeve's rings
LEG_TOP = int(np.searchsorted(-HEIGHTS, -0.94))  # legs have rings from this row of HEIGHTS down
TUBE_TOP = 0.955
ARM_HEIGHT = 1.40


def smoothstep(value: NDArray[np.floating], low: float, high: float) -> Points:
    """0 below ``low``, 1 above ``high`` (which may be the smaller one), smooth between."""
    t = np.clip((value - low) / (high - low), 0, 1)
    return t * t * (3 - 2 * t)


@dataclass(frozen=True)
class Limb:
    """Ring grid around a part of the body.

    Attributes:
        name: ``torso``, ``left_leg``, ``right_leg``, ``left_arm`` or ``right_arm``.
        rows: [K] canonical y (x of arms) of the rings.
        matrix: [K * ANGLES, V] blends of body vertices; the first column of a ring is in front (on top of arms).
        first: index of this limb's first node among all limbs' nodes.
    """

    name: str
    rows: Points
    matrix: sp.csr_matrix
    first: int

    @property
    def nodes(self) -> slice:
        """This limb's nodes among all limbs' nodes."""
        return slice(self.first, self.first + len(self.rows) * ANGLES)


def limb_coordinates(name: str, canonical: Points) -> tuple[Points, Points, Points]:
    """Row coordinate [N], angle [N] in (-pi, pi] and distance from the axis [N] of canonical points; positive angles
    are on the wearer's left (in front, for arms)."""
    x, y, z = canonical.T
    sign = 1.0 if name.startswith("left") else -1.0
    if name == "torso":
        row, across, ahead = y, x, z - 0.005
    elif name.endswith("leg"):
        row, across, ahead = y, x - sign * 0.107, z + 0.005 - 0.03 * smoothstep(y, 0.5, 0.85)
    else:
        row, across, ahead = sign * x, z, y - ARM_HEIGHT
    return row, np.arctan2(across, ahead), np.hypot(across, ahead)


@functools.lru_cache(maxsize=1)
def limbs() -> dict[str, Limb]:
    """The five ring grids, found by casting the canonical suit onto (row, angle)."""
    matrix, faces = _suit_recipe()
    canonical = matrix @ canonical_body()[0]
    x, y = canonical[:, 0], canonical[:, 1]
    domains = {
        "torso": (HEIGHTS[: LEG_TOP + 3], (np.abs(x) < 0.215) & (y > 0.85) & (y < 1.45)),
        "left_leg": (HEIGHTS[LEG_TOP:], (x > -1e-3) & (y < 1.0)),
        "right_leg": (HEIGHTS[LEG_TOP:], (x < 1e-3) & (y < 1.0)),
        "left_arm": (REACHES, (x > 0.15) & (y > 1.3)),
        "right_arm": (REACHES, (x < -0.15) & (y > 1.3)),
    }
    found: dict[str, Limb] = {}
    first = 0
    for name, (rows, inside) in domains.items():
        cast = _cast(name, rows, canonical, faces[inside[faces].all(1)])
        found[name] = Limb(name, HEIGHTS if name == "torso" else rows, cast @ matrix, first)
        first = found[name].nodes.stop
    return found


def _cast(name: str, rows: Points, canonical: Points, faces: Int) -> sp.csr_matrix:  # [K * ANGLES, N]
    """Blends of vertices at every node of a grid: the outermost face that the ray (row, angle) meets, else the nearest
    vertex."""
    row, angle, radius = limb_coordinates(name, canonical)
    u = (row - rows[0]) / (rows[1] - rows[0])
    v = angle * (ANGLES / (2 * np.pi))
    corner_v = v[faces]
    corner_v -= ANGLES * np.round((corner_v - corner_v[:, :1]) / ANGLES)  # unwrapped around the first corner
    corners = np.zeros((len(rows) * ANGLES, 3), np.int64)
    weights = np.zeros((len(rows) * ANGLES, 3))
    _cast_rays(faces, u[faces], corner_v, radius, len(rows), corners, weights)
    missing = weights.sum(1) == 0
    used = np.unique(faces)
    tree = cKDTree(np.stack([u[used], np.mod(v[used], ANGLES)], 1), boxsize=(0, ANGLES))
    nodes = np.stack(np.divmod(np.arange(len(corners)), ANGLES), 1).astype(float)
    corners[missing] = used[tree.query(nodes[missing])[1]][:, None]
    weights[missing, 0] = 1
    index = np.repeat(np.arange(len(corners)), 3)
    return sp.csr_matrix((weights.ravel(), (index, corners.ravel())), (len(corners), len(canonical)))


@njit(cache=True, nogil=True)
def _cast_rays(
    faces: np.ndarray,
    u: np.ndarray,
    v: np.ndarray,
    radius: np.ndarray,
    rows: int,
    corners: np.ndarray,
    weights: np.ndarray,
) -> None:
    best = np.zeros(rows * ANGLES)
    for f in range(len(faces)):
        area = (u[f, 1] - u[f, 0]) * (v[f, 2] - v[f, 0]) - (v[f, 1] - v[f, 0]) * (u[f, 2] - u[f, 0])
        if abs(area) < 1e-12:
            continue
        for i in range(max(0, math.ceil(u[f].min())), min(rows - 1, math.floor(u[f].max())) + 1):
            for j in range(math.ceil(v[f].min()), math.floor(v[f].max()) + 1):
                a = ((u[f, 1] - i) * (v[f, 2] - j) - (v[f, 1] - j) * (u[f, 2] - i)) / area
                b = ((u[f, 2] - i) * (v[f, 0] - j) - (v[f, 2] - j) * (u[f, 0] - i)) / area
                c = 1 - a - b
                if a < -1e-9 or b < -1e-9 or c < -1e-9:
                    continue
                reach = a * radius[faces[f, 0]] + b * radius[faces[f, 1]] + c * radius[faces[f, 2]]
                node = i * ANGLES + j % ANGLES
                if reach > best[node]:
                    best[node] = reach
                    corners[node] = faces[f]
                    weights[node, 0], weights[node, 1], weights[node, 2] = a, b, c


def node_angles() -> Points:  # [ANGLES]
    """Angle of every column, from 0 up to just under 2 pi."""
    return np.linspace(0, 2 * np.pi, ANGLES, endpoint=False)


@functools.lru_cache(maxsize=1)
def _suit_recipe() -> tuple[sp.csr_matrix, Int]:
    """The helper suit, subdivided once: [N, V] blends of body vertices and faces."""
    body = default_body()
    faces = body.helper_faces["tights"].numpy()
    used, local = np.unique(faces, return_inverse=True)
    subdivision, finer = subdivide(local.reshape(-1, 3), len(used))
    pick = sp.csr_matrix((np.ones(len(used)), (np.arange(len(used)), used)), (len(used), len(body.lbs_weights)))
    return (subdivision @ pick).tocsr(), finer


@dataclass(frozen=True)
class Surface:
    """A surface to cut garments from.

    Attributes:
        mesh: faces and the canonical coordinates of the vertices.
        matrix: [N, V] blends of body vertices (of the hip line for the tube).
        drape: [N, G] blends of ring-grid nodes of all limbs, rows sum to 1 where cloth can hang and to 0 elsewhere.
        share: [N, 5] how much each limb's grid decides, in the order of `limbs`; the rest follows the body.
        lbs_weights: [N, J].
        samples: by limb, [N, limb's nodes] blends, whatever the share.
        is_tunic: a tube below the hips instead of legs.
    """

    mesh: Mesh
    matrix: sp.csr_matrix
    drape: sp.csr_matrix
    share: Points
    lbs_weights: Points
    samples: dict[str, sp.csr_matrix]
    is_tunic: bool


def _surface(mesh: Mesh, matrix: sp.csr_matrix, share: Points, lbs_weights: Points, is_tunic: bool) -> Surface:
    samples = {name: _bilinear(limb, mesh.canonical) for name, limb in limbs().items()}
    drape = sp.hstack([sp.diags(share[:, k]) @ sample for k, sample in enumerate(samples.values())]).tocsr()
    drape.eliminate_zeros()
    return Surface(mesh, matrix, drape, share, lbs_weights, samples, is_tunic)


def _bilinear(limb: Limb, canonical: Points) -> sp.csr_matrix:  # [N, K * ANGLES]
    row, angle, _ = limb_coordinates(limb.name, canonical)
    step = limb.rows[1] - limb.rows[0]
    u = np.clip((row - limb.rows[0]) / step, 0, len(limb.rows) - 1.001)
    v = np.mod(angle, 2 * np.pi) * (ANGLES / (2 * np.pi))
    i, j = u.astype(int), v.astype(int) % ANGLES
    du, dv = u - i, v - np.floor(v)
    columns = [(i + a) * ANGLES + (j + b) % ANGLES for a in (0, 1) for b in (0, 1)]
    values = [(du if a else 1 - du) * (dv if b else 1 - dv) for a in (0, 1) for b in (0, 1)]
    index, nodes = np.tile(np.arange(len(row)), 4), len(limb.rows) * ANGLES
    return sp.csr_matrix((np.concatenate(values), (index, np.concatenate(columns))), (len(row), nodes))


def _arm_shares(canonical: Points) -> tuple[Points, Points, Points]:
    x, y = canonical[:, 0], canonical[:, 1]
    reach = smoothstep(np.abs(x), 0.19, 0.27) * smoothstep(y, 1.2, 1.25)
    return reach * (x > 0), reach * (x < 0), (1 - reach) * smoothstep(y, 1.37, 1.25)


@functools.lru_cache(maxsize=1)
def body_suit() -> Surface:
    """Torso, arms and legs in one surface, already cut along the seams of trousers and sleeves."""
    matrix, faces = _suit_recipe()
    mesh, blend = _cut_seams(Mesh(faces, matrix @ canonical_body()[0]), legs=True)
    canonical = mesh.canonical
    x, y = canonical[:, 0], canonical[:, 1]
    left_arm, right_arm, torso = _arm_shares(canonical)
    leg = smoothstep(y, 0.93, 0.83)
    left = smoothstep(x, -0.012, 0.012)
    share = np.stack([torso * (1 - leg), torso * leg * left, torso * leg * (1 - left), left_arm, right_arm], 1)
    matrix = (blend @ matrix).tocsr()
    return _surface(mesh, matrix, share, matrix @ default_body().lbs_weights.numpy(), is_tunic=False)


@functools.lru_cache(maxsize=1)
def tunic() -> Surface:
    """Torso and arms down to the hips, then a tube to the floor whose weights blend smoothly between both legs."""
    matrix, faces = _suit_recipe()
    mesh = Mesh(faces, matrix @ canonical_body()[0])
    mesh, blend = slice_mesh(mesh, mesh.canonical[:, 1] - TUBE_TOP, keep="inside")
    matrix = blend @ matrix
    mesh, blend, level = _hang_tube(mesh)
    matrix = blend @ matrix
    weights = _tube_weights(mesh.canonical, level, matrix @ default_body().lbs_weights.numpy())
    mesh, blend = _cut_seams(mesh, legs=False)
    left_arm, right_arm, torso = _arm_shares(mesh.canonical)
    none = np.zeros_like(torso)
    share = np.stack([torso, none, none, left_arm, right_arm], 1)
    return _surface(mesh, (blend @ matrix).tocsr(), share, blend @ weights, is_tunic=True)


def _hang_tube(mesh: Mesh) -> tuple[Mesh, sp.csr_matrix, Points]:
    """Extrude the lowest boundary loop down to the floor -> mesh, [N', N] blends, [N'] metres below the hip line."""
    edges = mesh.boundary()
    edges = edges[(mesh.canonical[edges, 1] < TUBE_TOP + 0.01).all(1)]
    ring = np.unique(edges)
    local = np.searchsorted(ring, edges)
    levels = np.append(np.arange(0.03, TUBE_TOP - 0.05, 0.03), TUBE_TOP - 0.05)
    count, size = len(mesh.canonical), len(ring)
    below = [mesh.canonical[ring] - np.array([0, drop, 0]) for drop in levels]
    rows = np.concatenate([ring[None], count + np.arange(len(levels) * size).reshape(-1, size)])
    a, b = local[:, 0], local[:, 1]  # the surface lies left of a -> b, so the tube goes on as b, a
    quads = [np.stack([rows[k][b], rows[k][a], rows[k + 1][a], rows[k + 1][b]], 1) for k in range(len(levels))]
    quad = np.concatenate(quads)
    faces = np.concatenate([mesh.faces, quad[:, [0, 1, 2]], quad[:, [0, 2, 3]]])
    source = np.concatenate([np.arange(count), np.tile(ring, len(levels))])
    blend = sp.csr_matrix((np.ones(len(source)), (np.arange(len(source)), source)), (len(source), count))
    level = np.concatenate([np.zeros(count), np.repeat(levels, size)])
    return Mesh(faces, np.concatenate([mesh.canonical, *below])), blend, level


def _tube_weights(canonical: Points, level: Points, hip_line: Points) -> Points:
    """Cloth over the hips moves like trousers there; further down it follows both thighs, then both shins, blended
    across the middle so that it stays a tube."""
    y = canonical[:, 1]
    left = smoothstep(canonical[:, 0], -0.10, 0.10)
    knee = 0.9 * smoothstep(y, 0.58, 0.42)
    tube = np.zeros_like(hip_line)
    for side, share in (("left", left), ("right", 1 - left)):
        tube[:, JOINT_INDEX[f"{side}_hip"]] = share * (1 - knee)
        tube[:, JOINT_INDEX[f"{side}_knee"]] = share * knee
    near = (y > 0.75) & (level > 0)
    hips = hip_line.copy()
    hips[near] = _suit_weights_near(canonical[near])
    behind = smoothstep(canonical[:, 2], 0.0, -0.06)  # the seat keeps its cloth when the thighs go up
    follow = smoothstep(y + 0.07 * behind, 0.93, 0.80)[:, None]
    return hips * (1 - follow) + tube * follow


def _suit_weights_near(points: Points) -> Points:
    matrix, _ = _suit_recipe()
    canonical = matrix @ canonical_body()[0]
    distance, index = cKDTree(canonical).query(points, k=12)
    closeness = 1 / (distance**2 + 1e-4)
    weights = (matrix @ default_body().lbs_weights.numpy())[index]
    return np.einsum("nk,nkj->nj", closeness / closeness.sum(1, keepdims=True), weights)


def _cut_seams(mesh: Mesh, legs: bool) -> tuple[Mesh, sp.csr_matrix]:
    """Put edges along side seams, armholes, shoulder and sleeve seams (and the trousers' middle and legs)."""
    blend = sp.identity(len(mesh.canonical), format="csr")
    fields = [seam_side, armhole, lambda c: c[:, 0]]
    for field in fields:
        mesh, step = slice_mesh(mesh, field(mesh.canonical), keep="both")
        blend = step @ blend
    if legs:
        mesh, step = slice_mesh(mesh, leg_seam(mesh.canonical), keep="both")
        blend = step @ blend
    return mesh, blend


def seam_side(canonical: Points) -> Points:
    """Positive on the front panels: the side seams, running over the shoulder and along the arms."""
    return canonical[:, 2] - np.where(canonical[:, 1] > 1.2, 0.004, 0.005)


def leg_seam(canonical: Points) -> Points:
    """Positive on the front of trousers."""
    _, left, _ = limb_coordinates("left_leg", canonical)
    _, right, _ = limb_coordinates("right_leg", canonical)
    front = np.where(canonical[:, 0] > 0, np.cos(left), np.cos(right)) * 0.08
    high = smoothstep(canonical[:, 1], 0.85, 0.95)
    return front * (1 - high) + seam_side(canonical) * high


def armhole(canonical: Points) -> Points:
    """Positive on the sleeves."""
    return np.abs(canonical[:, 0]) - (0.20 - 0.25 * np.clip(1.36 - canonical[:, 1], 0, 0.06)) - (canonical[:, 1] < 1.2)
