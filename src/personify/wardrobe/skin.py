"""The bare parts of a person: skin, eyes, lashes, teeth and tongue, with the ARKit shapes that move them."""

from __future__ import annotations

import functools

import numpy as np
from numpy.typing import NDArray

from personify.body.mesh import Int, Material
from personify.wardrobe.anatomy import SKIN, TONGUE, body_piece
from personify.wardrobe.complexion import paint_skin
from personify.wardrobe.eyes import make_eyes, make_lashes
from personify.wardrobe.figure import Figure, Points, default_body
from personify.wardrobe.noise import smoothstep
from personify.wardrobe.outfit import Outfit
from personify.wardrobe.piece import Piece
from personify.wardrobe.scalp import MIDDLE


def make_skin(figure: Figure, outfit: Outfit, covered: NDArray[np.bool_], texture_size: int) -> list[Piece]:
    """Skin, eyes, lashes, teeth and tongue of a person.

    Args:
        figure: the body.
        outfit: tone, eyes, hair colour, beard, age and seed are read.
        covered: [V] body vertices under clothes; faces with all three corners covered are left out.
        texture_size: of the skin's square texture (at most 2048); the small ones follow it.
    """
    return [
        _skin(figure, outfit, covered, min(texture_size, 2048)),
        make_eyes(figure, outfit, min(max(texture_size // 2, 64), 512)),
        make_lashes(figure, outfit, min(max(texture_size // 4, 64), 512)),
        _mouth(figure, max(texture_size // 8, 32)),
    ]


@functools.lru_cache(maxsize=1)
def _split_skin() -> tuple[Int, NDArray[np.float64], Int]:
    """Skin without eyes and tongue, split at UV seams: source vertex [N], uv [N, 2], faces [F, 3]."""
    body = default_body()
    faces, face_uvs = body.faces.numpy(), body.face_uv.numpy()
    skin = faces.max(1) < SKIN.stop
    corners = np.stack([faces[skin].ravel(), face_uvs[skin].ravel()], 1)
    pairs, inverse = np.unique(corners, axis=0, return_inverse=True)
    return pairs[:, 0], body.uv.numpy()[pairs[:, 1]].astype(np.float64), inverse.reshape(-1, 3)


def _skin(figure: Figure, outfit: Outfit, covered: NDArray[np.bool_], size: int) -> Piece:
    source, uvs, faces = _split_skin()
    faces = faces[~covered[source][faces].all(1)]
    used, compact = np.unique(faces, return_inverse=True)
    source, uvs = source[used], uvs[used]
    texture, normals = paint_skin(outfit, size)
    material = Material("skin", texture=texture, normal_map=normals, roughness=0.52)
    return body_piece(figure, "skin", source, compact.reshape(-1, 3), uvs, material)


def _front(faces: Int, points: Points) -> Int:
    """Faces that look out of the mouth; shared with the biting edges, the normals of teeth would look down."""
    corners = points[faces]
    normals = np.cross(corners[:, 1] - corners[:, 0], corners[:, 2] - corners[:, 0])
    out = corners.mean(1) - np.array([MIDDLE, 0.0, 0.075])
    out[:, 1] = 0
    return faces[(normals * out).sum(1) > 0.5 * np.linalg.norm(normals, axis=1) * np.linalg.norm(out, axis=1)]


def _mouth(figure: Figure, size: int) -> Piece:
    """Teeth (left half of the texture) and tongue (right half)."""
    teeth = _front(figure.helper("teeth"), figure.canonical)
    tongue = figure.skin_faces
    tongue = tongue[(tongue.min(1) >= TONGUE.start) & (tongue.max(1) < TONGUE.stop)]
    source, compact = np.unique(np.concatenate([teeth, tongue]), return_inverse=True)
    points = figure.canonical[source]
    is_tongue = source < TONGUE.stop
    around = np.arctan2(points[:, 0] - MIDDLE, points[:, 2] - 0.085) / np.pi * 0.5 + 0.5
    upper = points[:, 1] > 1.578
    height = np.clip(np.where(upper, (points[:, 1] - 1.5755) / 0.02, (1.5806 - points[:, 1]) / 0.022), 0, 1)
    uvs = np.stack([np.where(is_tongue, 0.75, 0.02 + 0.44 * around), np.where(is_tongue, 0.5, 0.02 + 0.96 * height)], 1)
    v, u = (np.mgrid[0:size, 0:size] + 0.5) / size
    gum = smoothstep(0.55, 0.70, v)[..., None]
    gaps = 0.14 * smoothstep(0.8, 1.0, np.cos(u * 2 * np.pi * 40)) + 0.75 * smoothstep(0.05, 0.13, np.abs(u - 0.24))
    tooth = np.array([0.95, 0.93, 0.88]) * (1 - gaps)[..., None]
    color = tooth * (1 - gum) + np.array([0.66, 0.30, 0.30]) * gum
    color[:, size // 2 :] = (0.68, 0.32, 0.32)
    material = Material("mouth", texture=(color * 255 + 0.5).astype(np.uint8), roughness=0.35, double_sided=True)
    return body_piece(figure, "mouth", source, compact.reshape(-1, 3), uvs, material)
