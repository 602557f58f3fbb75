"""Vertex normals and tangents of a surface whose texture seams are split vertices."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from personify.body.mesh import Float, Int


def smooth_normals(vertices: Float, faces: Int) -> Float:  # [V, 3], [F, 3] -> [V, 3]
    """Unit normals, area-weighted over the faces around each *position*, so that texture seams do not show.

    >>> smooth_normals(np.float32([[0, 0, 0], [1, 0, 0], [0, 1, 0]]), np.array([[0, 1, 2]]))[0].tolist()
    [0.0, 0.0, 1.0]
    """
    corners = vertices.astype(np.float64)[faces]
    face_normals = np.cross(corners[:, 1] - corners[:, 0], corners[:, 2] - corners[:, 0])
    own = np.zeros((len(vertices), 3))
    for corner in range(3):
        np.add.at(own, faces[:, corner], face_normals)
    _, position = np.unique(vertices + np.float32(0), axis=0, return_inverse=True)  # + 0 turns -0 into 0
    position = position.reshape(-1)
    shared = np.zeros((position.max(initial=-1) + 1, 3))
    np.add.at(shared, position, own)
    # Two sheets back to back (a hair card and its reverse) share positions and would cancel: they keep their own.
    cancelled = np.linalg.norm(shared[position], axis=1) < 0.1 * np.linalg.norm(own, axis=1)
    normals = np.where(cancelled[:, None], own, shared[position])
    return _unit(normals, np.array([[0.0, 1.0, 0.0]])).astype(np.float32)


def tangents(vertices: Float, faces: Int, uvs: Float, normals: Float) -> Float:  # -> [V, 4]
    """glTF tangents for normal maps: the surface direction of growing u, and the side on which the image's top lies.

    ``cross(normal, tangent) * w`` points towards the top of the texture, w is +1 or -1 (mirrored islands).

    >>> square = np.float32([[0, 0, 0], [1, 0, 0], [1, 1, 0], [0, 1, 0]])
    >>> uvs = np.float32([[0, 1], [1, 1], [1, 0], [0, 0]])
    >>> faces = np.array([[0, 1, 2], [0, 2, 3]])
    >>> tangents(square, faces, uvs, np.tile(np.float32([0, 0, 1]), (4, 1)))[0].tolist()
    [1.0, 0.0, 0.0, 1.0]
    """
    corners, texels = vertices.astype(np.float64)[faces], uvs.astype(np.float64)[faces]
    (edge1, edge2), (uv1, uv2) = ((a[:, 1] - a[:, 0], a[:, 2] - a[:, 0]) for a in (corners, texels))
    orientation = np.sign(uv1[:, :1] * uv2[:, 1:] - uv2[:, :1] * uv1[:, 1:])  # area-weighted: no division by the area
    along_u = orientation * (uv2[:, 1:] * edge1 - uv1[:, 1:] * edge2)
    along_v = orientation * (uv1[:, :1] * edge2 - uv2[:, :1] * edge1)
    sums = np.zeros((2, len(vertices), 3))
    for corner in range(3):
        np.add.at(sums[0], faces[:, corner], along_u)
        np.add.at(sums[1], faces[:, corner], along_v)
    fallback = np.cross(normals, np.eye(3)[np.abs(normals).argmin(1)])
    tangent = _unit(sums[0] - normals * (normals * sums[0]).sum(1, keepdims=True), _unit(fallback, fallback))
    downwards = (np.cross(normals, tangent) * sums[1]).sum(1, keepdims=True)
    return np.concatenate([tangent, np.where(downwards > 0, -1.0, 1.0)], 1).astype(np.float32)


def _unit(vectors: NDArray[np.float64], fallback: NDArray[np.float64]) -> NDArray[np.float64]:
    length = np.linalg.norm(vectors, axis=1, keepdims=True)
    return np.where(length > 1e-20, vectors / np.maximum(length, 1e-20), fallback)
