"""Which vertices of the body are skin, tongue and eyes, and pieces made of body vertices."""

from __future__ import annotations

import numpy as np

from personify.body.mesh import Int, Material
from personify.wardrobe.figure import Figure, Points
from personify.wardrobe.piece import Piece

SKIN = slice(0, 13348)
TONGUE = slice(13348, 13574)
EYEBALLS = (slice(13574, 13646), slice(13646, 13718))  # left, right


def body_piece(figure: Figure, name: str, source: Int, faces: Int, uvs: Points, material: Material) -> Piece:
    """A piece made of body vertices ``source`` [N], carrying their skinning and their ARKit shapes."""
    vertices, weights = figure.rest[source], figure.lbs_weights[source]
    return Piece(name, vertices, faces, uvs, weights, material, morphs_of(figure, source))


def morphs_of(figure: Figure, source: Int) -> dict[str, tuple[Int, Points]]:
    """The ARKit shapes restricted to vertices that copy the body vertices ``source`` [N]."""
    morphs = {}
    offsets = np.zeros((len(figure.rest), 3))
    moved = np.zeros(len(figure.rest), bool)
    for name in figure.body.expression_names:
        index, offset = (tensor.numpy() for tensor in figure.body.expression_offsets(name))
        offsets[index], moved[index] = offset * figure.scale, True
        mine = np.flatnonzero(moved[source])
        if len(mine):
            morphs[name] = (mine, offsets[source[mine]])
        moved[index] = False
    return morphs
