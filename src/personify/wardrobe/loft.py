"""Small shaped things: surfaces lofted through rings, tubes, rims, and skinning taken from the skin below."""

from __future__ import annotations

import functools
import math
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
import scipy.sparse as sp
from numpy.typing import ArrayLike
from scipy.spatial import cKDTree

from personify.body.anny import AnnyBody
from personify.body.mesh import Int, Material
from personify.body.pose import JOINT_INDEX, NUM_JOINTS
from personify.wardrobe.figure import Figure, Points
from personify.wardrobe.piece import Piece

Rectangle = tuple[float, float, float, float]  # left, top, right, bottom in [0, 1]


@dataclass(frozen=True)
class Shell:
    """A surface with its own unit square of texture.

    Attributes:
        vertices: [V, 3] metres.
        faces: [F, 3] counter-clockwise from outside.
        uvs: [V, 2] in [0, 1], v grows downwards.
        st: [V, 2] metres along the surface, in the directions of u and v.
        edge: [V] metres to the nearest opening along the surface.
        region: [V] `Region` values.
    """

    vertices: Points
    faces: Int
    uvs: Points
    st: Points
    edge: Points
    region: Points

    def placed(self, rectangle: Rectangle) -> Shell:
        """The same surface with its texture in a part of an atlas."""
        left, top, right, bottom = rectangle
        uvs = self.uvs * [right - left, bottom - top] + [left, top]
        return replace(self, uvs=uvs)

    def colored(self, region: int) -> Shell:
        """The same surface in one region of the sewing pattern."""
        return replace(self, region=np.full(len(self.vertices), float(region)))


def loft(rows: ArrayLike, closed: bool = True) -> Shell:
    """Surface through rings of points.

    Args:
        rows: [R, C, 3] metres. Along a ring is to the right, from ring to ring is down, seen from outside.
        closed: each ring returns to its first point.

    Example:
        >>> angle = np.linspace(0, 2 * np.pi, 8, endpoint=False)
        >>> ring = np.stack([np.sin(angle), 0 * angle, np.cos(angle)], -1)
        >>> tube = loft(np.stack([ring + [0, 1, 0], ring]))
        >>> tube.vertices.shape, tube.faces.shape  # one seam column is repeated
        ((18, 3), (16, 3))
    """
    rows = np.asarray(rows, np.float64)
    if closed:
        rows = np.concatenate([rows, rows[:, :1]], 1)
    count, columns = rows.shape[:2]
    index = np.arange(count * columns).reshape(count, columns)
    a, b, c, d = index[:-1, :-1], index[:-1, 1:], index[1:, 1:], index[1:, :-1]
    faces = np.concatenate([np.stack([a, d, b], -1).reshape(-1, 3), np.stack([b, d, c], -1).reshape(-1, 3)])
    vertices = rows.reshape(-1, 3)
    faces = _without_slivers(vertices, faces)
    down = np.linalg.norm(np.diff(rows, axis=0), axis=2)
    t = np.concatenate([np.zeros((1, columns)), np.cumsum(down, 0)])
    length = np.linalg.norm(np.diff(rows, axis=1), axis=2).sum(1).max()  # one width for all rows: columns stay straight
    u = np.broadcast_to(np.linspace(0, 1, columns), (count, columns))
    v = np.broadcast_to((t.mean(1) / max(t.mean(1)[-1], 1e-9))[:, None], (count, columns))
    st = np.stack([(u - 0.5) * length, t], -1).reshape(-1, 2)
    edge = np.minimum(t, t[-1:] - t).ravel()
    return Shell(vertices, faces, np.stack([u, v], -1).reshape(-1, 2), st, edge, np.zeros(len(vertices)))


def _without_slivers(vertices: Points, faces: Int) -> Int:
    a, b, c = (vertices[faces[:, k]] for k in range(3))
    return faces[np.linalg.norm(np.cross(b - a, c - a), axis=1) > 1e-12]


def join(shells: Sequence[Shell]) -> Shell:
    """Several surfaces as one."""
    offsets = np.cumsum([0, *(len(shell.vertices) for shell in shells[:-1])])
    faces = np.concatenate([shell.faces + offset for shell, offset in zip(shells, offsets, strict=True)])
    fields = ("vertices", "uvs", "st", "edge", "region")
    vertices, uvs, st, edge, region = (np.concatenate([getattr(shell, name) for shell in shells]) for name in fields)
    return Shell(vertices, faces, uvs, st, edge, region)


def arranged(shells: Sequence[Shell]) -> Shell:
    """Several surfaces in one atlas at one true scale: side by side or below one another, whichever wastes less."""
    size = np.array([np.maximum(np.ptp(shell.st, axis=0), 0.002) for shell in shells]) * 1.04  # [N, 2] metres
    beside, below = 1 / max(size[:, 0].sum(), size[:, 1].max()), 1 / max(size[:, 0].max(), size[:, 1].sum())
    axis, scale = (0, beside) if beside > below else (1, below)
    places = np.zeros((len(shells), 2))
    places[1:, axis] = np.cumsum(size[:-1, axis]) * scale
    corner = places + 0.02 * size * scale
    return join(
        [
            shell.placed((left, top, left + 0.96 * width, top + 0.96 * height))
            for shell, (left, top), (width, height) in zip(shells, corner, size * scale, strict=True)
        ]
    )


def vertex_normals(vertices: Points, faces: Int) -> Points:  # [V, 3], [F, 3] -> [V, 3]
    """Area-weighted unit normals; vertices at one place (seams) share theirs."""
    weld = _weld(vertices)
    a, b, c = (vertices[faces[:, k]] for k in range(3))
    face_normals = np.cross(b - a, c - a)
    normals = np.zeros((weld.max() + 1, 3))
    for k in range(3):
        np.add.at(normals, weld[faces[:, k]], face_normals)
    return (normals / np.maximum(np.linalg.norm(normals, axis=1, keepdims=True), 1e-12))[weld]


def _weld(vertices: Points) -> Int:
    _, inverse = np.unique(np.round(vertices * 1e6).astype(np.int64), axis=0, return_inverse=True)
    return inverse.ravel()


def rimmed(shell: Shell, depth: float) -> Shell:
    """Add a strip along every opening that turns ``depth`` metres inwards, so that edges look thick."""
    weld = _weld(shell.vertices)
    edges = shell.faces[:, [0, 1, 1, 2, 2, 0]].reshape(-1, 2)
    key = np.sort(weld[edges], 1)
    _, inverse, counts = np.unique(key, axis=0, return_inverse=True, return_counts=True)
    border = edges[counts[inverse.ravel()] == 1]
    if len(border) == 0:
        return shell
    old, new = np.unique(border, return_inverse=True)
    new = new.reshape(-1, 2) + len(shell.vertices)
    inward = shell.vertices[old] - depth * vertex_normals(shell.vertices, shell.faces)[old]
    strip = np.concatenate(
        [np.stack([border[:, 1], border[:, 0], new[:, 0]], 1), np.stack([border[:, 1], new[:, 0], new[:, 1]], 1)]
    )
    return Shell(
        np.concatenate([shell.vertices, inward]),
        np.concatenate([shell.faces, strip]),
        *(np.concatenate([value, value[old]]) for value in (shell.uvs, shell.st, shell.edge, shell.region)),
    )


def thickened(shell: Shell, depth: float) -> Shell:
    """Add the inner side as well, ``depth`` metres below the outer one, joined by rims: brims, straps, lenses."""
    outer = rimmed(shell, depth)
    inner = replace(
        shell,
        vertices=shell.vertices - depth * vertex_normals(shell.vertices, shell.faces),
        faces=shell.faces[:, ::-1],
    )
    return join([outer, inner])


def tube(path: ArrayLike, radius: ArrayLike, sides: int = 8, flatten: float = 1.0) -> Shell:
    """Closed-ended tube along a path.

    Args:
        path: [N, 3] metres.
        radius: metres, one number or one per path point.
        sides: of the cross-section.
        flatten: height of the cross-section over its width; the flat side faces the path's curvature or +Y.
    """
    path = np.asarray(path, np.float64)
    radius = np.broadcast_to(np.asarray(radius, np.float64), len(path)).copy()
    tangent = np.gradient(path, axis=0)
    tangent /= np.maximum(np.linalg.norm(tangent, axis=1, keepdims=True), 1e-12)
    normal = _transported(tangent)
    side = np.cross(tangent, normal)
    angle = np.linspace(0, 2 * math.pi, sides, endpoint=False)
    ring = np.cos(angle)[None, :, None] * side[:, None] + flatten * np.sin(angle)[None, :, None] * normal[:, None]
    rows = path[:, None] + radius[:, None, None] * ring
    ends = (np.repeat(path[:1, None], sides, 1), np.repeat(path[-1:, None], sides, 1))
    return loft(np.concatenate([ends[0], rows, ends[1]]))


def _transported(tangent: Points) -> Points:
    """A normal for every tangent that turns as little as possible (parallel transport), starting near +Y."""
    reference = np.array([0.0, 1.0, 0.0]) if abs(tangent[0, 1]) < 0.9 else np.array([0.0, 0.0, 1.0])
    normals = np.empty_like(tangent)
    for k, direction in enumerate(tangent):
        reference = reference - direction * (reference @ direction)
        reference /= max(np.linalg.norm(reference), 1e-12)
        normals[k] = reference
    return normals


def smooth_periodic(values: Points, passes: int) -> Points:
    """Binomial smoothing along the last axis, which closes on itself."""
    for _ in range(passes):
        values = 0.5 * values + 0.25 * (np.roll(values, 1, -1) + np.roll(values, -1, -1))
    return values


def hull_radius(points: Points, angles: Points) -> Points:  # [N, 2], [A] -> [A]
    """Radius of the convex hull of points around the origin, towards ``(sin, cos)`` of each angle."""
    fine = np.linspace(0, 2 * math.pi, 180, endpoint=False)
    normals = np.stack([np.sin(fine), np.cos(fine)])
    support = (points @ normals).max(0)  # the hull is the intersection of these half-planes
    cosine = np.cos(angles[:, None] - fine[None])
    reach = np.where(cosine > 1e-3, support[None] / np.maximum(cosine, 1e-3), np.inf)
    return reach.min(1)


@functools.cache
def skin_vertices(body: AnnyBody) -> Int:
    """Indices of the vertices that belong to the visible body, not to its helper meshes."""
    return np.unique(body.faces.numpy())


def skin_weights(figure: Figure, points: Points, neighbours: int = 8) -> Points:  # [N, 3] -> [N, J]
    """Skinning of loose points: that of the nearest skin, blended over a few vertices."""
    skin = skin_vertices(figure.body)
    low, high = points.min(0) - 0.08, points.max(0) + 0.08
    near = skin[((figure.rest[skin] > low) & (figure.rest[skin] < high)).all(1)]
    near = skin if len(near) < neighbours else near
    distance, index = cKDTree(figure.rest[near]).query(points, k=neighbours)
    weight = 1 / (distance + 0.004) ** 2
    weight /= weight.sum(1, keepdims=True)
    start = np.arange(len(points) + 1) * neighbours
    blend = sp.csr_matrix((weight.ravel(), near[index].ravel(), start), (len(points), len(figure.rest)))
    return np.asarray(blend @ figure.lbs_weights)


def rigid_weights(count: int, joint: str) -> Points:  # [N, J]
    """All points follow one joint."""
    weights = np.zeros((count, NUM_JOINTS))
    weights[:, JOINT_INDEX[joint]] = 1
    return weights


def to_piece(name: str, shell: Shell, lbs_weights: Points, material: Material) -> Piece:
    """A finished surface with its skinning and look."""
    return Piece(name, shell.vertices, shell.faces, np.clip(shell.uvs, 0, 1), lbs_weights, material)
