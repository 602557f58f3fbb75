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

    def escapes(self, points: ArrayLike, first: ArrayLike, directions: ArrayLike) -> NDArray[np.bool_]:  # [N]
        """Which points see out: a ray along ``first`` [N, 3] or along one of the ``directions`` [K, 3] hits nothing."""
        points = np.ascontiguousarray(points, np.float64)
        out = np.empty(len(points), np.bool_)
        ways = np.ascontiguousarray(directions, np.float64)
        _escape(
            points,
            np.ascontiguousarray(first, np.float64),
            ways,
            self._corners,
            self._order,
            self._boxes,
            self._links,
            out,
        )
        return out


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
    if _dot(ab, ab) * _dot(ac, ac) - _dot(ab, ac) ** 2 <= 1e-24:  # a line or a point: its longest side
        v, w = _on_line(p, a, b, c)
    elif d1 <= 0 and d2 <= 0:
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


@njit(cache=True, nogil=True)
def _on_line(p: Any, a: Any, b: Any, c: Any) -> Any:
    ab, ac, bc = b - a, c - a, c - b
    longest = max(_dot(ab, ab), _dot(ac, ac), _dot(bc, bc))
    if longest <= 0:
        return 0.0, 0.0
    if longest == _dot(bc, bc):
        t = min(max(_dot(p - b, bc) / longest, 0.0), 1.0)
        return 1 - t, t
    if longest == _dot(ac, ac):
        return 0.0, min(max(_dot(p - a, ac) / longest, 0.0), 1.0)
    return min(max(_dot(p - a, ab) / longest, 0.0), 1.0), 0.0


@njit(cache=True, nogil=True, inline="always")
def _dot(a: Any, b: Any) -> Any:
    return a[0] * b[0] + a[1] * b[1] + a[2] * b[2]


@njit(cache=True, nogil=True, parallel=True)
def _escape(
    points: Any, first: Any, directions: Any, corners: Any, order: Any, boxes: Any, links: Any, out: Any
) -> None:
    for i in prange(len(points)):
        out[i] = not _is_hit(points[i], first[i], corners, order, boxes, links)
        for k in range(len(directions)):
            if out[i]:
                break
            out[i] = not _is_hit(points[i], directions[k], corners, order, boxes, links)


@njit(cache=True, nogil=True)
def _is_hit(p: Any, way: Any, corners: Any, order: Any, boxes: Any, links: Any) -> Any:
    stack = np.empty(128, np.int64)
    stack[0], depth = 0, 1
    while depth > 0:
        depth -= 1
        node = stack[depth]
        if not _meets_box(p, way, boxes[node]):
            continue
        child = links[node, 0]
        if child >= 0:
            stack[depth], stack[depth + 1] = child, child + 1
            depth += 2
            continue
        for k in range(links[node, 1], links[node, 2]):
            if _meets_triangle(p, way, corners[order[k]]):
                return True
    return False


@njit(cache=True, nogil=True, inline="always")
def _meets_box(p: Any, way: Any, box: Any) -> Any:
    low, high = 0.0, np.inf
    for axis in range(3):
        if abs(way[axis]) < 1e-12:
            if p[axis] < box[axis] or p[axis] > box[axis + 3]:
                return False
        else:
            a, b = (box[axis] - p[axis]) / way[axis], (box[axis + 3] - p[axis]) / way[axis]
            low, high = max(low, min(a, b)), min(high, max(a, b))
    return low <= high


@njit(cache=True, nogil=True)
def _meets_triangle(p: Any, way: Any, triangle: Any) -> Any:
    """Moeller & Trumbore 1997; the ray starts a little off, so that points on the surface do not hit their own face."""
    a = triangle[0]
    ab, ac, ap = triangle[1] - a, triangle[2] - a, p - a
    px, py, pz = way[1] * ac[2] - way[2] * ac[1], way[2] * ac[0] - way[0] * ac[2], way[0] * ac[1] - way[1] * ac[0]
    determinant = ab[0] * px + ab[1] * py + ab[2] * pz
    if abs(determinant) < 1e-18:
        return False
    u = (ap[0] * px + ap[1] * py + ap[2] * pz) / determinant
    if u < 0 or u > 1:
        return False
    qx, qy, qz = ap[1] * ab[2] - ap[2] * ab[1], ap[2] * ab[0] - ap[0] * ab[2], ap[0] * ab[1] - ap[1] * ab[0]
    v = (way[0] * qx + way[1] * qy + way[2] * qz) / determinant
    if v < 0 or u + v > 1:
        return False
    return (ac[0] * qx + ac[1] * qy + ac[2] * qz) / determinant > 1e-7
