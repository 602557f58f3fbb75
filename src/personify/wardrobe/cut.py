"""Cutting cloth: exact cuts along scalar fields, rims, and bookkeeping as sparse blends.

Every operation returns the new mesh with a sparse matrix [N', N] that blends old vertices into new ones, so positions,
skinning weights and any other attribute follow a cut by one product.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
import scipy.sparse as sp
from numba import njit

from personify.body.mesh import Int
from personify.wardrobe.figure import Points


@dataclass(frozen=True)
class Mesh:
    """Faces [F, 3] with the canonical coordinates [N, 3] of their vertices."""

    faces: Int
    canonical: Points

    def boundary(self) -> Int:
        """[E, 2] directed edges with one face only; the surface lies to their left, seen from outside."""
        return boundary_edges(self.faces)


def boundary_edges(faces: Int) -> Int:
    """[E, 2] directed edges that belong to one face only.

    >>> len(boundary_edges(np.array([[0, 1, 2], [0, 2, 3]])))
    4
    """
    edges = np.concatenate([faces[:, [0, 1]], faces[:, [1, 2]], faces[:, [2, 0]]])
    size = edges.max(initial=0) + 1
    keys = np.minimum(edges[:, 0], edges[:, 1]) * size + np.maximum(edges[:, 0], edges[:, 1])
    _, index, counts = np.unique(keys, return_inverse=True, return_counts=True)
    return edges[counts[index] == 1]


def slice_mesh(mesh: Mesh, field: Points, keep: Literal["inside", "both"] = "inside") -> tuple[Mesh, sp.csr_matrix]:
    """Split triangles where ``field`` [N] changes sign; keep what is positive, or both sides with edges along zero.

    Vertices very near zero are taken as zero, so that cuts leave no slivers.
    """
    faces, count = mesh.faces, len(field)
    field = np.where(np.abs(field) < 1e-4, 1e-4, field)  # never exactly zero: a vertex is inside or outside
    inside = field[faces] > 0
    number = inside.sum(1)
    one, two = faces[number == 1], faces[number == 2]
    one, two = _lead(one, inside[number == 1]), _lead(two, ~inside[number == 2])
    # (inside, outside) ends of every crossed edge: the lone corner's edges come first in both groups
    crossed = np.concatenate([one[:, [0, 1]], one[:, [0, 2]], two[:, [1, 0]], two[:, [2, 0]]])
    keys, index = np.unique(crossed[:, 0] * count + crossed[:, 1], return_inverse=True)
    start, stop = keys // count, keys % count
    alpha = field[start] / np.where(len(keys), field[start] - field[stop], 1)
    new = index + count
    n1, n2 = len(one), len(two)
    ab, ac, db, dc = new[:n1], new[n1 : 2 * n1], new[2 * n1 : 2 * n1 + n2], new[2 * n1 + n2 :]
    parts = [faces[number == 3], np.stack([one[:, 0], ab, ac], 1)]
    parts += [np.stack([db, two[:, 1], two[:, 2]], 1), np.stack([db, two[:, 2], dc], 1)]
    if keep == "both":
        parts += [faces[number == 0], np.stack([two[:, 0], db, dc], 1)]
        parts += [np.stack([ab, one[:, 1], one[:, 2]], 1), np.stack([ab, one[:, 2], ac], 1)]
    triangles = np.concatenate(parts)
    used, local = np.unique(triangles, return_inverse=True)
    rows = np.arange(count + len(keys))
    everything = sp.csr_matrix(
        (
            np.concatenate([np.ones(count), 1 - alpha, alpha]),
            (np.concatenate([rows, rows[count:]]), np.concatenate([np.arange(count), start, stop])),
        ),
        (len(rows), count),
    )
    blend = everything[used]
    return Mesh(local.reshape(-1, 3), blend @ mesh.canonical), blend


def _lead(faces: Int, lone: np.ndarray) -> Int:
    """Rotate each face so that its lone corner comes first."""
    turn = (np.arange(3) + lone.argmax(1)[:, None]) % 3
    return np.take_along_axis(faces, turn, 1)


def subdivide(faces: Int, count: int) -> tuple[sp.csr_matrix, Int]:
    """One step of Loop subdivision (Loop 1987) -> [N', count] blends of the old vertices and the new faces."""
    edges = np.sort(np.concatenate([faces[:, [0, 1]], faces[:, [1, 2]], faces[:, [2, 0]]]), 1)
    opposite = np.concatenate([faces[:, 2], faces[:, 0], faces[:, 1]])
    unique, index, uses = np.unique(edges, axis=0, return_inverse=True, return_counts=True)
    index = index.ravel()
    border = uses == 1
    ends = np.where(border, 0.5, 0.375)
    number = np.arange(len(unique))
    odd = sp.csr_matrix(
        (
            np.concatenate([ends, ends, np.where(border[index], 0, 0.125)]),
            (np.concatenate([number, number, index]), np.concatenate([unique[:, 0], unique[:, 1], opposite])),
        ),
        (len(unique), count),
    )
    even = _loop_even(unique, border, count)
    middle = index.reshape(3, -1).T + count  # edge (0, 1), (1, 2), (2, 0)
    a, b, c = faces.T
    ab, bc, ca = middle.T
    finer = np.concatenate([np.stack(t, 1) for t in ((a, ab, ca), (b, bc, ab), (c, ca, bc), (ab, bc, ca))])
    return sp.vstack([even, odd]).tocsr(), finer


def _loop_even(edges: Int, border: np.ndarray, count: int) -> sp.csr_matrix:
    def adjacency(pairs: Int) -> sp.csr_matrix:
        i, j = np.concatenate([pairs, pairs[:, ::-1]]).T
        return sp.csr_matrix((np.ones(len(i)), (i, j)), (count, count))

    around, rim = adjacency(edges), adjacency(edges[border])
    valence = np.maximum(np.asarray(around.sum(1)).ravel(), 1)
    beta = np.where(valence == 3, 3 / 16, 3 / (8 * valence))
    on_rim = np.asarray(rim.sum(1)).ravel() > 0
    inner = sp.diags(np.where(on_rim, 0, beta)) @ around + sp.diags(np.where(on_rim, 0, 1 - beta * valence))
    return (inner + sp.diags(np.where(on_rim, 0.125, 0)) @ rim + sp.diags(np.where(on_rim, 0.75, 0))).tocsr()


def vertex_normals(vertices: Points, faces: Int) -> Points:
    """[N, 3] unit normals, area weighted."""
    total = np.zeros_like(vertices)
    _add_normals(np.ascontiguousarray(vertices), np.ascontiguousarray(faces), total)
    return total / (np.linalg.norm(total, axis=1, keepdims=True) + 1e-12)


@njit(cache=True, nogil=True)
def _add_normals(vertices: np.ndarray, faces: np.ndarray, total: np.ndarray) -> None:
    for f in range(len(faces)):
        a, b, c = faces[f]
        ux, uy, uz = vertices[b] - vertices[a]
        vx, vy, vz = vertices[c] - vertices[a]
        nx, ny, nz = uy * vz - uz * vy, uz * vx - ux * vz, ux * vy - uy * vx
        for corner in faces[f]:
            total[corner, 0] += nx
            total[corner, 1] += ny
            total[corner, 2] += nz
