"""The hairdresser's kit: a head as a smooth grid, strands that grow over it, and the ribbons and tubes they become."""

from __future__ import annotations

import functools
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.sparse import csr_matrix, identity, vstack
from scipy.sparse.linalg import spsolve
from scipy.spatial import cKDTree

from personify.body.mesh import Int
from personify.body.pose import JOINT_INDEX, NUM_JOINTS
from personify.wardrobe.anatomy import SKIN
from personify.wardrobe.figure import Figure, Points, canonical_body, default_body
from personify.wardrobe.noise import smoothstep
from personify.wardrobe.scalp import HEAD_CENTER, MIDDLE

AROUND, DOWN = 72, 40  # grid of the head: azimuths and polar angles
POLAR = np.radians(np.linspace(0, 146, DOWN))  # from the top of the head
UP = np.array([0.0, 1.0, 0.0])
Pull = Points | tuple[float, float, float] | Callable[[Points], Points]


def _cast(directions: Points, corners: Points) -> tuple[Int, Points]:  # [R, 3], [F, 3, 3] -> [R], [R, 3]
    """Outermost triangle that each ray from the origin meets, and the barycentric weights there."""
    inverse = np.linalg.inv(corners.transpose(0, 2, 1))  # a ray's direction as a mixture of a triangle's corners
    faces, weights = [], []
    for chunk in np.array_split(directions, max(1, len(directions) // 128)):
        mixture = inverse @ chunk.T  # [F, 3, chunk]
        total = np.where(mixture.min(1) >= -1e-9, mixture.sum(1), np.inf)  # the reciprocal of the distance
        faces.append(total.argmin(0))
        weights.append(mixture[faces[-1], :, np.arange(len(chunk))] / total.min(0)[:, None])
    return np.concatenate(faces), np.concatenate(weights)


@functools.lru_cache(maxsize=1)
def _head_operator() -> csr_matrix:
    """[grid nodes, V]: the head without ears as a linear function of the body's vertices."""
    body, points = default_body(), canonical_body()[0]
    faces = body.faces.numpy()
    corners = points[faces]
    faces = faces[(faces.max(1) < SKIN.stop) & (corners[..., 1] > 1.5).all(1) & (np.abs(corners[..., 0]) < 0.12).all(1)]
    polar, azimuth = np.meshgrid(POLAR, np.arange(AROUND) * (2 * np.pi / AROUND), indexing="ij")
    sine = np.sin(polar)
    directions = np.stack([sine * np.sin(azimuth), np.cos(polar), sine * np.cos(azimuth)], -1).reshape(-1, 3)
    hit, weights = _cast(directions, points[faces] - HEAD_CENTER)
    rows = np.repeat(np.arange(len(directions)), 3)
    cast = csr_matrix((weights.ravel(), (rows, faces[hit].ravel())), (len(directions), len(points)))
    x, y, z = (cast @ points).T
    ear = (np.abs(x - MIDDLE) > 0.060) & (np.abs(y - 1.642) < 0.049) & (np.abs(z - 0.024) < 0.035)
    return _fill_smoothly(cast, ear)


def _fill_smoothly(grid: csr_matrix, hole: NDArray[np.bool_]) -> csr_matrix:
    """Replace the rows of a grid's operator in ``hole`` by the biharmonic surface, which carries on the curvature."""
    index = np.arange(DOWN * AROUND).reshape(DOWN, AROUND)
    shifted = [np.roll(index, 1, 1), np.roll(index, -1, 1), index[np.r_[0, : DOWN - 1]], index[np.r_[1:DOWN, DOWN - 1]]]
    columns = np.concatenate([neighbour.ravel() for neighbour in shifted])
    mean = csr_matrix((np.full(len(columns), 0.25), (np.tile(index.ravel(), 4), columns)))
    laplacian = identity(len(hole), format="csr") - mean
    laplacian = (laplacian @ laplacian)[hole]
    filled = spsolve(laplacian[:, hole].tocsc(), (-laplacian[:, ~hole] @ grid[~hole]).tocsc())
    order = np.argsort(np.concatenate([np.flatnonzero(~hole), np.flatnonzero(hole)]))
    return vstack([grid[~hole], filled]).tocsr()[order]


@dataclass(frozen=True)
class Roots:
    """Places on the head. Attributes: points [N, 3], normals [N, 3], canonical [N, 3]."""

    points: Points
    normals: Points
    canonical: Points

    def __getitem__(self, pick: Any) -> Roots:
        return Roots(self.points[pick], self.normals[pick], self.canonical[pick])


class Head:
    """One person's head (ears smoothed away), neck and shoulders: where hair grows and what it rests on.

    Attributes:
        points: [DOWN, AROUND, 3] A-pose surface by polar angle from the top and azimuth (0 = front, towards the left).
        normals: [DOWN, AROUND, 3] unit.
        canonical: [DOWN, AROUND, 3] the same places on the canonical adult.
    """

    def __init__(self, figure: Figure, clearance: float = 0.0) -> None:
        operator = _head_operator()
        self.figure = figure
        self.scale = figure.scale
        self.points = (operator @ figure.rest).reshape(DOWN, AROUND, 3)
        self.canonical = (operator @ figure.canonical).reshape(DOWN, AROUND, 3)
        self.normals = _grid_normals(self.points)
        self._collide(clearance)

    def _collide(self, clearance: float) -> None:
        figure = self.figure
        normals = vertex_normals(figure.rest, figure.skin_faces)
        canonical = figure.canonical
        torso = (canonical[:, 1] > 1.0) & (canonical[:, 1] < 1.56) & (np.abs(canonical[:, 0]) < 0.34)
        torso &= (figure.weight_of("head", "jaw") < 0.5) & (np.arange(len(canonical)) < SKIN.stop)
        tilted = smoothstep(1.50, 1.44, canonical[torso, 1])[:, None] * clearance * normals[torso]
        nodes = np.concatenate([self.points.reshape(-1, 3), figure.rest[torso] + tilted])
        self._node_normals = np.concatenate([self.normals.reshape(-1, 3), normals[torso]])
        self._tree, self._nodes = cKDTree(nodes), nodes
        self._skull = cKDTree(self.points.reshape(-1, 3))

    def roots(self, count: int, seed: int, low: float = 0.0, high: float = 118.0) -> Roots:
        """About ``count`` well-spread places between two polar angles (degrees), same for the same seed."""
        turn = np.arange(count)[:, None] * np.array([0.7548776662466927, 0.5698402909980532]) + 0.137 * (seed % 97)
        turn %= 1
        cosine = np.cos(np.radians(low)) + turn[:, 1] * (np.cos(np.radians(high)) - np.cos(np.radians(low)))
        return self.at(np.arccos(cosine), turn[:, 0] * 2 * np.pi)

    def at(self, polar: Points, azimuth: Points) -> Roots:
        """Places by polar angle and azimuth (radians)."""
        row = np.clip(polar / POLAR[1], 0, DOWN - 1.001)
        column = (azimuth % (2 * np.pi)) * (AROUND / (2 * np.pi))
        r, c = row.astype(int), column.astype(int) % AROUND
        fr, fc = (row - r)[:, None], (column - np.floor(column))[:, None]

        def mix(grid: Points) -> Points:
            top = grid[r, c] * (1 - fc) + grid[r, (c + 1) % AROUND] * fc
            return top * (1 - fr) + fc * 0 + (grid[r + 1, c] * (1 - fc) + grid[r + 1, (c + 1) % AROUND] * fc) * fr

        return Roots(mix(self.points), unit(mix(self.normals)), mix(self.canonical))

    def place(self, canonical: ArrayLike) -> Points:  # [3] -> [3]
        """A canonical point near the head carried to this head (by the offset from the nearest surface places)."""
        target = np.asarray(canonical, np.float64)
        distance = np.linalg.norm(self.canonical.reshape(-1, 3) - target, axis=1)
        near = np.argsort(distance)[:6]
        weight = 1 / (distance[near] + 1e-3)
        offset = (target - self.canonical.reshape(-1, 3)[near]) * self.scale
        return np.average(self.points.reshape(-1, 3)[near] + offset, axis=0, weights=weight)

    def above(self, points: Points) -> tuple[Points, Points]:
        """Signed height of points [N, 3] over head or body, and the normal there."""
        shape = points.shape
        flat = points.reshape(-1, 3)
        _, near = self._tree.query(flat, k=3)
        normals = unit(self._node_normals[near].mean(1))
        height = ((flat[:, None] - self._nodes[near]) * normals[:, None]).sum(-1).mean(1)
        return height.reshape(shape[:-1]), normals.reshape(shape)

    def canonical_of(self, points: Points) -> Points:  # [N, 3] -> [N, 3]
        """Where points near this person's head would be on the canonical adult."""
        _, near = self._skull.query(points)
        return self.canonical.reshape(-1, 3)[near] + (points - self.points.reshape(-1, 3)[near]) / self.scale

    def grow(
        self,
        roots: Roots,
        direction: Points,  # [N, 3] where each strand sets out
        length: Points,  # [N] metres on the canonical adult
        lift: Points,  # [steps + 1] or [N, steps + 1] metres kept from the skin
        pull: Pull,
        steps: int = 8,
        cling: float = 0.0,
    ) -> Points:  # [N, steps + 1, 3]
        """Strands that set out from their roots, bend with ``pull`` and slide over the head and shoulders.

        ``pull`` is added to the unit heading at every step: [3], [N, 3], or a function of where the strands are.
        ``cling`` in [0, 1] draws strands above the ears that stand off further than ``lift`` back to it.
        """
        lift = np.broadcast_to(np.asarray(lift, np.float64), (len(roots.points), steps + 1)) * self.scale
        stride = (length * self.scale / steps)[:, None]
        here = roots.points + roots.normals * lift[:, :1]
        heading, curve = unit(direction), [here]
        ears = self.figure.joint("left_eye")[1]
        for step in range(1, steps + 1):
            heading = unit(heading + (pull(here) if callable(pull) else np.asarray(pull)))
            there = here + heading * stride
            height, normals = self.above(there)
            missing = lift[:, step] - height
            grip = cling * smoothstep(-0.03, 0.02, (there[:, 1] - ears) / self.scale)
            there = there + normals * np.where(missing > 0, missing, grip * missing)[:, None]
            heading = unit(there - here)
            here = here + heading * stride
            curve.append(here)
        return np.stack(curve, 1)

    def weights(self, points: Points) -> Points:  # [N, 3] -> [N, J]
        """Skinning of hair: the head above the jaw, then the neck, then the upper back."""
        figure = self.figure
        level = (points[:, 1] - figure.joint("neck")[1]) / self.scale
        head, back = smoothstep(-0.02, 0.075, level), smoothstep(-0.02, -0.13, level)
        weights = np.zeros((len(points), NUM_JOINTS))
        weights[:, JOINT_INDEX["head"]] = head
        weights[:, JOINT_INDEX["spine3"]] = back
        weights[:, JOINT_INDEX["neck"]] = 1 - head - back
        return weights


def unit(vectors: Points) -> Points:
    """Vectors [..., 3] at length one."""
    return vectors / (np.linalg.norm(vectors, axis=-1, keepdims=True) + 1e-12)


def vertex_normals(vertices: Points, faces: Int) -> Points:  # [V, 3], [F, 3] -> [V, 3]
    """Area-weighted unit normals."""
    normals = np.zeros_like(vertices)
    face = np.cross(vertices[faces[:, 1]] - vertices[faces[:, 0]], vertices[faces[:, 2]] - vertices[faces[:, 0]])
    for axis in range(3):
        for corner in range(3):
            normals[:, axis] += np.bincount(faces[:, corner], face[:, axis], len(vertices))
    return unit(normals)


def _grid_normals(points: Points) -> Points:
    """Outward normals of the head grid; the pole row points up."""
    down = np.gradient(points, axis=0)
    around = np.roll(points, -1, 1) - np.roll(points, 1, 1)
    normals = np.cross(down, around)
    normals[0] = UP
    for _ in range(2):  # the head must be smooth where hair slides
        normals[1:-1] = 0.5 * normals[1:-1] + 0.25 * (np.roll(normals, 1, 1) + np.roll(normals, -1, 1))[1:-1]
    return unit(normals)


@dataclass
class Mesh:
    """Growing geometry: vertices [V, 3], uvs [V, 2] and faces [F, 3] of what has been added so far."""

    vertices: list[Points]
    uvs: list[Points]
    faces: list[Int]

    @staticmethod
    def empty() -> Mesh:
        return Mesh([], [], [])

    def add(self, vertices: Points, uvs: Points, faces: Int) -> None:
        offset = sum(len(part) for part in self.vertices)
        self.vertices.append(vertices.reshape(-1, 3))
        self.uvs.append(uvs.reshape(-1, 2))
        self.faces.append(faces.reshape(-1, 3) + offset)

    def joined(self) -> tuple[Points, Points, Int]:
        """All of it, without vertices that no face uses."""
        used, faces = np.unique(np.concatenate(self.faces), return_inverse=True)
        return np.concatenate(self.vertices)[used], np.concatenate(self.uvs)[used], faces.reshape(-1, 3)


def sheet_faces(rows: int, columns: int, sheets: int = 1) -> Int:
    """Triangles of ``sheets`` separate grids of rows x columns vertices."""
    row, column = np.meshgrid(np.arange(rows - 1), np.arange(columns - 1), indexing="ij")
    a = row * columns + column
    quads = np.stack([a, a + columns, a + columns + 1, a, a + columns + 1, a + 1], -1).reshape(-1, 3)
    return (quads[None] + np.arange(sheets)[:, None, None] * rows * columns).reshape(-1, 3)


def ribbons(
    mesh: Mesh,
    curves: Points,  # [N, K, 3]
    normals: Points,  # [N, K, 3] roughly outwards
    width: Points,  # [N, K] metres
    columns: Points,  # [N, 2] left and right u in the hair texture
    arch: float = 0.12,
    root: float = 0.004,
) -> None:
    """Add one strip per strand: three vertices across, the middle one raised by ``arch`` widths, or a flat two.

    ``root`` is the v of the first vertex: on long strips the ragged roots of the texture would be too long.
    """
    count, steps, _ = curves.shape
    across = np.linspace(0, 1, 3 if arch else 2)
    tangent = unit(np.gradient(curves, axis=1))
    forward = np.broadcast_to(np.array([0.0, 0.3, 0.95]), normals.shape)  # strands that stand up show their face
    side = unit(np.cross(normals + 0.35 * forward, tangent))
    out = np.cross(tangent, side)
    wide = width[..., None, None]
    offset = (across - 0.5)[:, None] * wide * side[:, :, None]
    offset = offset + (arch * (1 - np.abs(2 * across - 1)))[:, None] * wide * out[:, :, None]
    shape = (count, steps, len(across))
    v = np.broadcast_to(np.linspace(root, 0.996, steps)[None, :, None], shape)
    u = columns[:, :1, None] + (columns[:, 1:, None] - columns[:, :1, None]) * across
    uvs = np.stack([np.broadcast_to(u, shape), v], -1)
    mesh.add(curves[:, :, None] + offset, uvs, sheet_faces(steps, len(across), count)[:, ::-1])


def tubes(
    mesh: Mesh, curves: Points, radius: Points, columns: tuple[float, float], repeat: float = 1.0, sides: int = 6
) -> None:
    """Add a round tube per curve [N, K, 3] with radii [N, K]; the texture runs along it."""
    count, steps, _ = curves.shape
    tangent = unit(np.gradient(curves, axis=1))
    helper = np.where(np.abs(tangent[..., 1:2]) > 0.9, np.array([0.0, 0.0, 1.0]), UP)
    side = unit(np.cross(helper, tangent))
    out = np.cross(tangent, side)
    turn = np.linspace(0, 2 * np.pi, sides + 1)
    ring = np.cos(turn)[:, None] * side[:, :, None] + np.sin(turn)[:, None] * out[:, :, None]
    vertices = curves[:, :, None] + radius[..., None, None] * ring
    u = np.broadcast_to(np.linspace(columns[0], columns[1], sides + 1), (count, steps, sides + 1))
    along = np.linspace(0, repeat, steps)
    v = np.broadcast_to((1 - np.abs(1 - along % 2))[None, :, None] * 0.98 + 0.01, u.shape)
    mesh.add(vertices, np.stack([u, v], -1), sheet_faces(steps, sides + 1, count))
