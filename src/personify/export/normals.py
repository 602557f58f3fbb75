"""Smooth vertex normals of a surface whose texture seams are split vertices."""

from __future__ import annotations

import numpy as np

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
    length = np.linalg.norm(normals, axis=1, keepdims=True)
    normals = np.where(length > 1e-20, normals / np.maximum(length, 1e-20), [0.0, 1.0, 0.0])
    return normals.astype(np.float32)
