"""The nearest point of a triangle mesh, by a tree of boxes; exact, and able to look only at faces that face one way."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from numba import njit, prange
from numpy.typing import ArrayLike, NDArray

from personify.errors import PersonifyError

_LEAF = 6  # faces


class NearestPoints(NamedTuple):
    """Where the nearest points lie.

    Attributes:
        face_ids: [N] int32; -1 where no face faces the wanted way.
        barycentrics: [N, 3] float32 weights of the face's corners.
        distances: [N] float32 metres; infinite where there is no face.
    """

    face_ids: NDArray[np.int32]
    barycentrics: NDArray[np.float32]
    distances: NDArray[np.float32]


class SurfaceTree:
    """Nearest-point queries on one mesh.

    Args:
        vertices: [V, 3] metres.
        faces: [F, 3] vertex indices.

    Raises:
        PersonifyError: no faces, or vertices that are not finite.

    Example:
        >>> tree = SurfaceTree([[0, 0, 0], [1, 0, 0], [0, 1, 0]], [[0, 1, 2]])
        >>> tree.nearest([[0.25, 0.25, 2.0]]).distances.tolist()
        [2.0]
    """

    def __init__(self, vertices: ArrayLike, faces: ArrayLike) -> None:
        vertices, faces = np.asarray(vertices, np.float64), np.asarray(faces, np.int64).reshape(-1, 3)
        if len(faces) == 0 or not np.isfinite(vertices).all():
            raise PersonifyError(f"nearest surface: {len(faces)} faces; expected at least one, and finite vertices")
        self._corners = np.ascontiguousarray(vertices[faces])
        normals = np.cross(self._corners[:, 1] - self._corners[:, 0], self._corners[:, 2] - self._corners[:, 0])
        self._normals = normals / np.maximum(np.linalg.norm(normals, axis=1, keepdims=True), 1e-30)
        self._order, self._boxes, self._links = _build(self._corners)

    def nearest(self, points: ArrayLike, normals: ArrayLike | None = None, min_cosine: float = 0.0) -> NearestPoints:
        """Nearest point of the mesh for each of N points.

        Args:
            points: [N, 3].
            normals: [N, 3] unit; only faces whose normal agrees with it count. None = every face.
            min_cosine: of the angle between the normals from which on they agree.
        """
        points = np.ascontiguousarray(points, np.float64).reshape(-1, 3)
        ways = np.zeros_like(points) if normals is None else np.ascontiguousarray(normals, np.float64)
        limit = -np.inf if normals is None else min_cosine
        faces = np.empty(len(points), np.int32)
        barycentrics = np.empty((len(points), 3), np.float32)
        distances = np.empty(len(points), np.float32)
        _query(
            points, ways, limit, self._corners, self._normals, self._order, self._boxes, self._links,
            faces, barycentrics, distances,
        )  # fmt: skip
        return NearestPoints(faces, barycentrics, distances)


@njit(cache=True, nogil=True)
def _build(corners: Any) -> Any:
    """Median splits along the longest side of the centroids' box.

    Returns the order [F] of faces, boxes [M, 6], and links [M, 3]: first child (-1 = leaf), start, stop in the order.
    """
    count = len(corners)
    order = np.arange(count)
    centers = np.empty((count, 3))
    for f in range(count):
        for axis in range(3):
            centers[f, axis] = (corners[f, 0, axis] + corners[f, 1, axis] + corners[f, 2, axis]) / 3
    most = 4 * (count // _LEAF + 2)
    boxes, links = np.empty((most, 6)), np.full((most, 3), -1)
    links[0, 1], links[0, 2] = 0, count
    used, node = 1, 0
    while node < used:
        start, stop = links[node, 1], links[node, 2]
        _bound(corners, order[start:stop], boxes[node])
        if stop - start > _LEAF:
            inside = order[start:stop]
            axis, longest = 0, -1.0
            for candidate in range(3):
                side = centers[inside, candidate].max() - centers[inside, candidate].min()
                if side > longest:
                    axis, longest = candidate, side
            order[start:stop] = inside[np.argsort(centers[inside, axis], kind="mergesort")]
            middle = (start + stop) // 2
            links[node, 0] = used
            links[used, 1], links[used, 2] = start, middle
            links[used + 1, 1], links[used + 1, 2] = middle, stop
            used += 2
        node += 1
    return order, boxes[:used], links[:used]


@njit(cache=True, nogil=True)
def _bound(corners: Any, members: Any, box: Any) -> None:
    box[:3], box[3:] = np.inf, -np.inf
    for f in members:
        for corner in range(3):
            for axis in range(3):
                value = corners[f, corner, axis]
                box[axis], box[axis + 3] = min(box[axis], value), max(box[axis + 3], value)


@njit(cache=True, nogil=True, parallel=True)
def _query(
    points: Any, ways: Any, limit: Any, corners: Any, normals: Any, order: Any, boxes: Any, links: Any,
    faces: Any, barycentrics: Any, distances: Any,
) -> None:  # fmt: skip
    for i in prange(len(points)):
        p = points[i]
        best, best_face, best_b, best_c = np.inf, -1, 0.0, 0.0
        stack = np.empty(128, np.int64)
        stack[0], depth = 0, 1
        while depth > 0:
            depth -= 1
            node = stack[depth]
            if _box_distance(p, boxes[node]) >= best:
                continue
            child = links[node, 0]
            if child >= 0:
                near, far = child, child + 1
                if _box_distance(p, boxes[far]) < _box_distance(p, boxes[near]):
                    near, far = far, near
                stack[depth], stack[depth + 1] = far, near
                depth += 2
                continue
            for k in range(links[node, 1], links[node, 2]):
                f = order[k]
                way = normals[f, 0] * ways[i, 0] + normals[f, 1] * ways[i, 1] + normals[f, 2] * ways[i, 2]
                if way >= limit:
                    square, b, c = _on_triangle(p, corners[f])
                    if square < best:
                        best, best_face, best_b, best_c = square, f, b, c
        faces[i], distances[i] = best_face, np.sqrt(best)
        barycentrics[i, 0], barycentrics[i, 1], barycentrics[i, 2] = 1 - best_b - best_c, best_b, best_c


@njit(cache=True, nogil=True, inline="always")
def _box_distance(p: Any, box: Any) -> Any:
    total = 0.0
    for axis in range(3):
        outside = max(box[axis] - p[axis], p[axis] - box[axis + 3], 0.0)
        total += outside * outside
    return total


@njit(cache=True, nogil=True)
def _on_triangle(p: Any, triangle: Any) -> Any:
    """Squared distance and the weights of corners b and c of the nearest point (Ericson 2005, section 5.1.5)."""
    a, b, c = triangle[0], triangle[1], triangle[2]
    ab, ac, ap = b - a, c - a, p - a
    d1, d2 = _dot(ab, ap), _dot(ac, ap)
    v, w = 0.0, 0.0
    bp, cp = p - b, p - c
    d3, d4, d5, d6 = _dot(ab, bp), _dot(ac, bp), _dot(ab, cp), _dot(ac, cp)
    va, vb, vc = d3 * d6 - d5 * d4, d5 * d2 - d1 * d6, d1 * d4 - d3 * d2
    if d1 <= 0 and d2 <= 0:
        pass  # corner a
    elif d3 >= 0 and d4 <= d3:
        v = 1.0
    elif d6 >= 0 and d5 <= d6:
        w = 1.0
    elif vc <= 0 and d1 >= 0 and d3 <= 0:
        v = d1 / max(d1 - d3, 1e-300)
    elif vb <= 0 and d2 >= 0 and d6 <= 0:
        w = d2 / max(d2 - d6, 1e-300)
    elif va <= 0 and d4 - d3 >= 0 and d5 - d6 >= 0:
        w = (d4 - d3) / max((d4 - d3) + (d5 - d6), 1e-300)
        v = 1 - w
    else:
        scale = 1 / max(va + vb + vc, 1e-300)
        v, w = vb * scale, vc * scale
    square = 0.0
    for axis in range(3):
        gap = ap[axis] - v * ab[axis] - w * ac[axis]
        square += gap * gap
    return square, v, w


@njit(cache=True, nogil=True, inline="always")
def _dot(a: Any, b: Any) -> Any:
    return a[0] * b[0] + a[1] * b[1] + a[2] * b[2]
