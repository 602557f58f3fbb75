"""A piece of an avatar while it is being made: A-pose geometry that becomes a `MeshPart` when finished."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

from personify.body.mesh import Float, Int, Material, MeshPart
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
    weights = piece.lbs_weights / piece.lbs_weights.sum(1, keepdims=True)
    return MeshPart(
        piece.name,
        vertices,
        np.ascontiguousarray(piece.faces, np.int64),
        piece.uvs.astype(np.float32),
        weights.astype(np.float32),
        piece.material,
        _tpose_morphs(figure, piece),
    ).validate()


def _tpose_morphs(figure: Figure, piece: Piece) -> dict[str, tuple[Int, Float]]:
    """Morphs turned like the skin they move; vertices that no morph moves need no matrix."""
    moving = np.zeros(len(piece.vertices), bool)
    for index, _ in piece.morphs.values():
        moving[index] = True
    matrices = figure.tpose_matrices(piece.lbs_weights[moving])
    row = np.cumsum(moving) - 1
    return {
        name: (index, np.einsum("nij,nj->ni", matrices[row[index]], offset).astype(np.float32))
        for name, (index, offset) in piece.morphs.items()
    }
