"""A piece of an avatar while it is being made: A-pose geometry that becomes a `MeshPart` when finished."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

from personify.body.mesh import Int, Material, MeshPart
from personify.wardrobe.figure import Figure, Points


@dataclass(frozen=True)
class Piece:
    """Geometry in the figure's A-pose.

    Attributes:
        name: unique within the person, e.g. ``"hair"`` or the garment's kind.
        vertices: [V, 3] metres, A-pose.
        faces: [F, 3] counter-clockwise from outside.
        uvs: [V, 2] in [0, 1], v grows downwards.
        lbs_weights: [V, J].
        material: see `personify.body.mesh.Material`.
        morphs: name -> (indices [K], A-pose offsets [K, 3]).
    """

    name: str
    vertices: Points
    faces: Int
    uvs: Points
    lbs_weights: Points
    material: Material
    morphs: dict[str, tuple[Int, Points]] = field(default_factory=dict)


def finish(figure: Figure, piece: Piece) -> MeshPart:
    """Carry a piece to the T-pose."""
    vertices = figure.to_tpose(piece.vertices, piece.lbs_weights)
    morphs = {}
    for name, (index, offset) in piece.morphs.items():
        moved = figure.to_tpose(piece.vertices[index] + offset, piece.lbs_weights[index])
        morphs[name] = (index, (moved - vertices[index]).astype(np.float32))
    weights = piece.lbs_weights / piece.lbs_weights.sum(1, keepdims=True)
    return MeshPart(
        piece.name,
        vertices,
        np.ascontiguousarray(piece.faces, np.int64),
        piece.uvs.astype(np.float32),
        weights.astype(np.float32),
        piece.material,
        morphs,
    ).validate()
