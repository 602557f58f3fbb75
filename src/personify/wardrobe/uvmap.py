"""Baking: carry per-vertex attributes into a UV atlas, so that textures can be painted per texel."""

from __future__ import annotations

import math

import numpy as np
from numba import njit
from numpy.typing import NDArray

from personify.body.mesh import Float, Int


@njit(cache=True, nogil=True)
def _fill(corners: np.ndarray, values: np.ndarray, size: int, out: np.ndarray, mask: np.ndarray) -> None:
    for f in range(corners.shape[0]):
        ax, ay = corners[f, 0, 0] * size, corners[f, 0, 1] * size
        bx, by = corners[f, 1, 0] * size, corners[f, 1, 1] * size
        cx, cy = corners[f, 2, 0] * size, corners[f, 2, 1] * size
        area = (bx - ax) * (cy - ay) - (by - ay) * (cx - ax)
        if abs(area) < 1e-12:
            continue
        for y in range(max(0, math.floor(min(ay, by, cy) - 0.5)), min(size - 1, math.ceil(max(ay, by, cy))) + 1):
            for x in range(max(0, math.floor(min(ax, bx, cx) - 0.5)), min(size - 1, math.ceil(max(ax, bx, cx))) + 1):
                px, py = x + 0.5, y + 0.5
                w0 = ((bx - px) * (cy - py) - (by - py) * (cx - px)) / area
                w1 = ((cx - px) * (ay - py) - (cy - py) * (ax - px)) / area
                w2 = 1.0 - w0 - w1
                if w0 < -1e-6 or w1 < -1e-6 or w2 < -1e-6:
                    continue
                mask[y, x] = True
                for c in range(out.shape[2]):
                    out[y, x, c] = w0 * values[f, 0, c] + w1 * values[f, 1, c] + w2 * values[f, 2, c]


def bake_attributes(
    uvs: NDArray[np.floating],  # [T, 2] in [0, 1], v down
    faces: Int,  # [F, 3] into the attributes
    attributes: NDArray[np.floating],  # [V, C]
    size: int,
    face_uvs: Int | None = None,  # [F, 3] into uvs when they are indexed apart from the vertices
    gutter: int | None = None,
) -> tuple[Float, NDArray[np.bool_]]:
    """Interpolate vertex attributes over an atlas.

    Returns:
        ([size, size, C] float32, [size, size] bool inside). Texels within ``gutter`` (default: everywhere) of the
        inside take the nearest inside value, so that filtering and mipmaps do not bleed background into seams.
    """
    out = np.zeros((size, size, attributes.shape[1]), np.float32)
    mask = np.zeros((size, size), np.bool_)
    corners = np.ascontiguousarray(uvs[faces if face_uvs is None else face_uvs], np.float64)
    _fill(corners, np.ascontiguousarray(attributes[faces], np.float64), size, out, mask)
    if mask.any() and not mask.all() and gutter != 0:
        from scipy.ndimage import distance_transform_edt

        distance, nearest = distance_transform_edt(~mask, return_indices=True)
        grow = ~mask if gutter is None else ~mask & (distance <= gutter)
        out[grow] = out[nearest[0][grow], nearest[1][grow]]
    return out, mask
