"""Skinning a sculpted mesh: weights from the person it grew on, and the way back to the T-pose."""

from __future__ import annotations

import numpy as np
import torch

from personify.body.mesh import Float, Int, Material, MeshPart
from personify.body.skinning import inverse_lbs
from personify.errors import PersonifyError
from personify.export.normals import smooth_normals
from personify.text.sculpt.extract import Surface, TexturedSurface, neighbour_average
from personify.text.sculpt.nearest import SurfaceTree
from personify.text.sculpt.solid import Solid

_DETOUR = 3.0  # a surface that faces the same way counts up to this many times as far away as the nearest one
_SLACK = 0.02  # metres


def skin_weights(surface: Surface, solid: Solid, smoothing: float = 0.015) -> Float:  # [V, J]
    """Weights of the nearest surface points that face the same way, smoothed over the mesh.

    The inside of an arm so does not take the weights of the ribs it touches, nor one thigh those of the other.

    Args:
        surface: without seams, in the pose of ``solid``.
        solid: the person with known weights.
        smoothing: metres over which weights blend into each other.

    Raises:
        PersonifyError: the mesh is empty or has vertices that are not finite.
    """
    if len(surface.faces) == 0 or not np.isfinite(surface.vertices).all():
        raise PersonifyError("sculpted mesh: empty, or with vertices that are not finite; sculpt again")
    normals = smooth_normals(surface.vertices, surface.faces)
    tree = SurfaceTree(solid.vertices, solid.faces)
    plain, facing = tree.nearest(surface.vertices), tree.nearest(surface.vertices, normals, 0.2)
    trusted = facing.distances <= _DETOUR * plain.distances + _SLACK
    faces = np.where(trusted, facing.face_ids, plain.face_ids)
    barycentrics = np.where(trusted[:, None], facing.barycentrics, plain.barycentrics)
    weights = (solid.lbs_weights[solid.faces[faces]] * barycentrics[..., None]).sum(1)
    average = neighbour_average(surface)
    for _ in range(min(100, round(2 * (smoothing / _edge_length(surface)) ** 2))):
        weights = average @ weights
    return (weights / weights.sum(1, keepdims=True)).astype(np.float32)


def _edge_length(surface: Surface) -> float:
    corners = surface.vertices[surface.faces]
    return float(np.linalg.norm(corners[:, 1] - corners[:, 0], axis=1).mean())


def to_tpose(vertices: Float, lbs_weights: Float, solid: Solid) -> Float:  # [V, 3], [V, J] -> [V, 3]
    """Undo the pose that ``solid`` is in; nearly singular blends are undone by their nearest rotation."""
    points, weights = torch.from_numpy(vertices), torch.from_numpy(lbs_weights)
    return inverse_lbs(points, weights, solid.transforms).numpy()


def bind(textured: TexturedSurface, surface: Surface, solid: Solid, name: str = "sculpture") -> MeshPart:
    """A skinned part of an avatar, in the T-pose.

    Args:
        textured: the atlas of ``surface``.
        surface: without seams.
        solid: the person it grew on, in the same pose.
        name: of the part.
    """
    weights = skin_weights(surface, solid)
    rest = to_tpose(surface.vertices, weights, solid)
    source: Int = textured.source
    material = Material(name, texture=textured.texture, roughness=0.8)
    return MeshPart(name, rest[source], textured.faces, textured.uvs, weights[source], material).validate()
