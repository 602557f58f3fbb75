"""Beards and moustaches: strands rooted on the face where `scalp.beard_field` says so, moving with the jaw."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from personify.body.mesh import Int
from personify.wardrobe.anatomy import SKIN, morphs_of
from personify.wardrobe.figure import Figure, Points
from personify.wardrobe.noise import smoothstep
from personify.wardrobe.outfit import Outfit
from personify.wardrobe.piece import Piece
from personify.wardrobe.scalp import MIDDLE, beard_field
from personify.wardrobe.strands import Head, Mesh, Roots, ribbons, vertex_normals
from personify.wardrobe.tresses import card_columns, hair_material
from personify.wardrobe.vocabulary import HAIR_COLORS

STEPS = 4


@dataclass(frozen=True)
class _Cut:
    """Metres: length on the cheeks, at the chin and of the moustache; number of strands; how far it stands off."""

    cheek: float
    chin: float
    moustache: float
    count: int
    lift: float


_CUTS = {
    "moustache": _Cut(0, 0, 0.018, 420, 0.003),
    "goatee": _Cut(0.012, 0.022, 0.013, 1000, 0.003),
    "short beard": _Cut(0.007, 0.010, 0.007, 4200, 0.0012),
    "full beard": _Cut(0.018, 0.040, 0.011, 2600, 0.005),
    "long beard": _Cut(0.026, 0.170, 0.014, 2200, 0.007),
}


def make_beard(head: Head, outfit: Outfit, texture_size: int) -> list[Piece]:
    """The beard's own geometry; stubble and clean-shaven faces have none (they are painted on the skin).

    Args:
        head: who wears it.
        outfit: style, colour and seed are read.
        texture_size: of the person; the beard's texture is a quarter of it.
    """
    style = outfit.hair.beard
    if style not in _CUTS:
        return []
    cut, rng = _CUTS[style], np.random.default_rng([outfit.seed, 431])
    figure = head.figure
    roots, source = _roots(figure, style, cut.count, rng)
    curves = _grow(head, roots, cut, rng)
    mesh = Mesh.empty()
    _, normals = head.above(curves)
    count = len(curves)
    profile = np.interp(np.linspace(0, 1, STEPS + 1), [0, 0.3, 1], [0.9, 1.0, 0.6])
    width = (0.0014 + 0.040 * min(cut.chin, 0.1)) * figure.scale * profile * rng.uniform(0.75, 1.25, (count, 1))
    kinds = rng.integers(0, 4, count)
    ribbons(mesh, curves, normals, width, card_columns(kinds, rng.random(count) < 0.5), 0.0)
    vertices, uvs, faces = mesh.joined()
    color = np.array(HAIR_COLORS[outfit.hair.color]) * 0.92
    material = hair_material("beard", color, max(texture_size // 4, 128), 0.45)
    owner = np.repeat(source, len(vertices) // count)
    return [Piece("beard", vertices, faces, uvs, figure.lbs_weights[owner], material, morphs_of(figure, owner))]


def _roots(figure: Figure, style: str, count: int, rng: np.random.Generator) -> tuple[Roots, Int]:
    """Places spread evenly over the beard, and for each the nearest body vertex, which moves it."""
    faces = figure.skin_faces
    field = beard_field(figure.canonical, style)
    faces = faces[(field[faces].mean(1) > 0.35) & (faces.max(1) < SKIN.stop)]
    corners = figure.canonical[faces]
    area = np.linalg.norm(np.cross(corners[:, 1] - corners[:, 0], corners[:, 2] - corners[:, 0]), axis=1)
    steps = (np.arange(count) + rng.random()) / count
    picked = np.searchsorted(np.cumsum(area) / area.sum(), steps).clip(0, len(faces) - 1)
    weights = rng.dirichlet((1, 1, 1), count)[..., None]
    normals = vertex_normals(figure.rest, figure.skin_faces)
    chosen = faces[picked]
    roots = Roots(*((values[chosen] * weights).sum(1) for values in (figure.rest, normals, figure.canonical)))
    outside = roots.normals[:, 2] > -0.35  # not the walls of the mouth
    return roots[outside], chosen[np.arange(count), weights[..., 0].argmax(1)][outside]


def _grow(head: Head, roots: Roots, cut: _Cut, rng: np.random.Generator) -> Points:
    x, y = roots.canonical[:, 0] - MIDDLE, roots.canonical[:, 1]
    side = np.sign(x)
    upper = smoothstep(1.5845, 1.588, y) * (np.abs(x) < 0.034)
    chin = smoothstep(0.045, 0.012, np.abs(x)) * smoothstep(1.575, 1.56, y)
    length = cut.cheek + (cut.chin - cut.cheek) * chin
    length = (length * (1 - upper) + cut.moustache * upper) * rng.uniform(0.75, 1.2, len(x))
    down = np.stack([-0.25 * side * (np.abs(x) > 0.04), -np.ones_like(x), 0.25 + 0 * x], 1)
    outwards = np.stack([0.9 * side * smoothstep(0.0, 0.01, np.abs(x)), -0.55 + 0 * x, 0.3 + 0 * x], 1)
    flow = down * (1 - upper)[:, None] + outwards * upper[:, None]
    flow = flow + 0.30 * roots.normals + 0.14 * rng.normal(size=flow.shape)
    lift = np.linspace(0, 1, STEPS + 1)[None] ** 0.6 * cut.lift * rng.uniform(0.4, 1.1, (len(x), 1)) + 0.0006
    pull = np.stack([-0.30 * x / 0.06 * (length > 0.05), -0.22 + 0 * x, 0 * x], 1)
    return head.grow(roots, flow, length, lift, pull, STEPS)
