"""Smooth vertex normals of a posed mesh whose UV seams split vertices."""

from __future__ import annotations

from typing import Any

import numpy as np
from numba import njit, prange
from numpy.typing import NDArray
from scipy.sparse import coo_matrix
from scipy.sparse.csgraph import connected_components

_SAME_SURFACE = 0.3  # cosine between rest normals: seams are welded, the edges of a box and the two sides of cloth not


def weld(vertices: NDArray[np.float32], faces: NDArray[np.int32], parts: NDArray[np.int32]) -> NDArray[np.int32]:
    """Group vertices of one part that share a position and face the same way.

    Args:
        vertices: [V, 3] rest positions.
        faces: [F, 3].
        parts: [V] part of each vertex.

    Returns:
        [V] group index, 0 .. G-1.
    """
    keys = np.concatenate([np.round(vertices, 6), parts[:, None]], 1)
    order = np.lexsort(keys.T)
    same = (keys[order][1:] == keys[order][:-1]).all(1)
    corners = np.cross(vertices[faces[:, 1]] - vertices[faces[:, 0]], vertices[faces[:, 2]] - vertices[faces[:, 0]])
    normals = np.zeros((len(vertices), 3))
    for corner in range(3):
        np.add.at(normals, faces[:, corner], corners)
    normals /= np.maximum(np.linalg.norm(normals, axis=1, keepdims=True), 1e-20)
    run = np.concatenate([[0], np.cumsum(~same)])  # index of the shared position, along `order`
    first, second = [], []
    for step in range(1, 9):  # pairs within a position; more than nine coincident vertices do not occur on a seam
        pairs = np.flatnonzero(run[step:] == run[:-step])
        a, b = order[pairs], order[pairs + step]
        agree = (normals[a] * normals[b]).sum(1) > _SAME_SURFACE
        first.append(a[agree])
        second.append(b[agree])
    rows, columns = np.concatenate(first), np.concatenate(second)
    graph = coo_matrix((np.ones(len(rows), np.int8), (rows, columns)), shape=(len(vertices), len(vertices)))
    return connected_components(graph, directed=False)[1].astype(np.int32)


class SmoothNormals:
    """Area-weighted normals of welded vertices; the adjacency is built once, the arithmetic runs per frame.

    Attributes:
        faces: [F, 3] int32 rows of `normals` for the corners of every face.
        normals: [G, 3] float32 unit normals of the last `update`.
    """

    def __init__(
        self, vertices: NDArray[np.float32], faces: NDArray[np.int32], parts: NDArray[np.int32] | None = None
    ) -> None:
        parts = np.zeros(len(vertices), np.int32) if parts is None else parts
        groups = weld(vertices, faces, parts)
        self.faces = np.ascontiguousarray(groups[faces])
        corners = self.faces.ravel()
        self._members = (np.argsort(corners, kind="stable") // 3).astype(np.int32)  # faces around each group
        count = int(groups.max()) + 1 if len(groups) else 0
        self._starts = np.concatenate([[0], np.cumsum(np.bincount(corners, minlength=count))]).astype(np.int64)
        self._source = faces
        self._areas = np.empty((len(faces), 3), np.float32)
        self.normals = np.empty((count, 3), np.float32)

    def update(self, vertices: NDArray[np.float32]) -> NDArray[np.float32]:  # [V, 3] -> [G, 3]
        """Normals of the posed vertices."""
        _face_areas(vertices, self._source, self._areas)
        _gather(self._areas, self._starts, self._members, self.normals)
        return self.normals


@njit(cache=True, nogil=True, parallel=True)
def _face_areas(vertices: Any, faces: Any, areas: Any) -> None:
    for f in prange(len(faces)):
        a, b, c = faces[f, 0], faces[f, 1], faces[f, 2]
        ux, uy, uz = (vertices[b, 0] - vertices[a, 0], vertices[b, 1] - vertices[a, 1], vertices[b, 2] - vertices[a, 2])
        vx, vy, vz = (vertices[c, 0] - vertices[a, 0], vertices[c, 1] - vertices[a, 1], vertices[c, 2] - vertices[a, 2])
        areas[f, 0], areas[f, 1], areas[f, 2] = uy * vz - uz * vy, uz * vx - ux * vz, ux * vy - uy * vx


@njit(cache=True, nogil=True, parallel=True)
def _gather(areas: Any, starts: Any, members: Any, normals: Any) -> None:
    for g in prange(len(normals)):
        x, y, z = 0.0, 0.0, 0.0
        for slot in range(starts[g], starts[g + 1]):
            f = members[slot]
            x, y, z = x + areas[f, 0], y + areas[f, 1], z + areas[f, 2]
        length = np.sqrt(x * x + y * y + z * z)
        scale = 1 / length if length > 0 else 0.0
        normals[g, 0], normals[g, 1], normals[g, 2] = x * scale, y * scale, z * scale
