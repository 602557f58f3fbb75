"""Relief on cloth that changes no outline: folds and hems as normals and shade."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from personify.body.mesh import Float, Image, MeshPart
from personify.export.normals import smooth_normals
from personify.text.sculpt.texels import resample


def tangents(part: MeshPart) -> Float:  # [V, 6]
    """Directions of growing u and of falling v on the surface, unit, at every vertex (Lengyel 2001)."""
    corners, uvs = part.vertices[part.faces].astype(np.float64), part.uvs[part.faces].astype(np.float64)
    e1, e2 = corners[:, 1] - corners[:, 0], corners[:, 2] - corners[:, 0]
    (u1, v1), (u2, v2) = ((uvs[:, k] - uvs[:, 0]).T for k in (1, 2))
    scale = np.sign(u1 * v2 - u2 * v1)[:, None]
    along_u, along_v = scale * (e1 * v2[:, None] - e2 * v1[:, None]), scale * (e2 * u1[:, None] - e1 * u2[:, None])
    sums = np.zeros((len(part.vertices), 6))
    for k in range(3):
        np.add.at(sums, part.faces[:, k], np.concatenate([along_u, -along_v], 1))
    normals = smooth_normals(part.vertices, part.faces)
    out = [t - (t * normals).sum(1, keepdims=True) * normals for t in (sums[:, :3], sums[:, 3:])]
    return np.concatenate([t / np.maximum(np.linalg.norm(t, axis=1, keepdims=True), 1e-12) for t in out], 1).astype(
        np.float32
    )


def slopes(height: Callable[[Float], Float], places: Float, frames: tuple[Float, Float]) -> Float:  # [..., 2]
    """How steeply a height rises along u and against v, by differences over 4 mm.

    Args:
        height: places [..., 3] in metres -> [...] metres.
        places: [..., 3] on the surface.
        frames: both directions of `tangents`, [..., 3] each.
    """
    step = 0.002
    rises = [height(places + step * frame) - height(places - step * frame) for frame in frames]
    return (np.stack(rises, -1) / (2 * step)).astype(np.float32)


def turned(normal_map: Image, slopes: Float) -> Image:
    """A normal map on top of which a relief lies."""
    fine = normal_map.astype(np.float32) / 127.5 - 1
    fine[..., :2] -= np.clip(slopes, -1.2, 1.2) * fine[..., 2:]
    fine /= np.linalg.norm(fine, axis=-1, keepdims=True)
    return np.round((fine * 0.5 + 0.5) * 255).astype(np.uint8)


def shaded(texture: Image, shade: Float) -> Image:
    fitted = resample(shade[..., None], texture.shape[:2])
    colors = np.round(texture[..., :3] * fitted.clip(0, 1)).astype(np.uint8)
    return np.concatenate([colors, texture[..., 3:]], 2)
