"""The bare parts of a person: skin, eyes, lashes, teeth and tongue, with the ARKit shapes that move them."""

from __future__ import annotations

import functools

import numpy as np
from numpy.typing import NDArray

from personify.body.mesh import Int, Material
from personify.wardrobe.complexion import eye_texture, paint_skin
from personify.wardrobe.figure import Figure, Points, canonical_body, default_body
from personify.wardrobe.noise import smoothstep, value_noise
from personify.wardrobe.outfit import Outfit
from personify.wardrobe.piece import Piece

TONGUE_VERTICES, EYE_VERTICES = 226, 72  # the last components of the skin mesh
_RINGS = np.radians([0, 4, 8, 12, 16, 20, 24, 28, 33, 39, 46, 55, 66, 80, 97])
_SEGMENTS = 28


def make_skin(figure: Figure, outfit: Outfit, covered: NDArray[np.bool_], texture_size: int) -> list[Piece]:
    """Skin, eyes, lashes, teeth and tongue of a person.

    Args:
        figure: the body.
        outfit: tone, eyes, hair colour, beard, age and seed are read.
        covered: [V] body vertices under clothes; faces with all three corners covered are left out.
        texture_size: of the skin's square texture; the small ones follow it.
    """
    return [
        _skin(figure, outfit, covered, texture_size),
        _eyes(figure, outfit, max(texture_size // 2, 64)),
        _lashes(figure, outfit, max(texture_size // 4, 64)),
        _mouth(figure, max(texture_size // 8, 32)),
    ]


@functools.lru_cache(maxsize=1)
def _split_skin() -> tuple[Int, NDArray[np.float64], Int]:
    """Skin without eyes and tongue, split at UV seams: source vertex [N], uv [N, 2], faces [F, 3]."""
    body = default_body()
    faces, face_uvs = body.faces.numpy(), body.face_uv.numpy()
    skin = faces.max(1) < faces.max() + 1 - TONGUE_VERTICES - 2 * EYE_VERTICES
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
    return _piece(figure, "skin", source, compact.reshape(-1, 3), uvs, material)


def _piece(figure: Figure, name: str, source: Int, faces: Int, uvs: Points, material: Material) -> Piece:
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


def _eyes(figure: Figure, outfit: Outfit, size: int) -> Piece:
    """Two fine spheres with a bulging cornea in place of the coarse eyeballs."""
    rings, around = np.meshgrid(_RINGS, np.arange(_SEGMENTS) * (2 * np.pi / _SEGMENTS), indexing="ij")
    rings, around = rings.ravel(), around.ravel()
    direction = np.stack([np.sin(rings) * np.cos(around), np.sin(rings) * np.sin(around), np.cos(rings)], 1)
    radius_uv = rings / np.radians(100) * 0.5
    uvs = np.stack([0.5 + radius_uv * np.cos(around), 0.5 - radius_uv * np.sin(around)], 1)
    faces = _grid_faces(len(_RINGS), _SEGMENTS)
    count, eyeballs = len(direction), figure.skin_faces.max() + 1 - 2 * EYE_VERTICES
    vertices, weights, morphs = [], [], {}
    for side in (0, 1):
        source = eyeballs + side * EYE_VERTICES + np.arange(EYE_VERTICES)
        ball = figure.rest[source]
        center, radius = (ball.max(0) + ball.min(0)) / 2, np.ptp(ball[:, :2], axis=0).mean() / 2
        center[2] = ball[:, 2].min() + radius
        bulge = 1 + 0.075 * smoothstep(34, 8, np.degrees(rings))
        vertices.append(center + radius * bulge[:, None] * direction)
        weights.append(np.repeat(figure.lbs_weights[source[:1]], count, 0))
        name = ("Left", "Right")[side]
        for look, axis in (("Up", (-0.40, 0, 0)), ("Down", (0.45, 0, 0)), ("Out", (0, 0.5, 0)), ("In", (0, -0.5, 0))):
            turn = np.array(axis) * (1 if side == 0 or look in ("Up", "Down") else -1)
            offset = _rotate(direction, turn) - direction
            morphs[f"eyeLook{look}{name}"] = (side * count + np.arange(count), radius * bulge[:, None] * offset)
    material = Material("eyes", texture=eye_texture(outfit, size), roughness=0.08)
    both = np.concatenate([faces, faces + count])
    return Piece(
        "eyes", np.concatenate(vertices), both, np.tile(uvs, (2, 1)), np.concatenate(weights), material, morphs
    )


def _rotate(vectors: Points, axis_angle: Points) -> Points:  # [N, 3], [3] -> [N, 3]
    angle = np.linalg.norm(axis_angle)
    axis = axis_angle / angle
    across = np.cross(axis, vectors)
    return vectors * np.cos(angle) + across * np.sin(angle) + np.outer(vectors @ axis, axis) * (1 - np.cos(angle))


def _grid_faces(rows: int, columns: int) -> Int:
    """Triangles of rings of ``columns`` vertices that close around, first ring innermost, seen from outside."""
    row, column = np.meshgrid(np.arange(rows - 1), np.arange(columns), indexing="ij")
    a, b = row * columns + column, row * columns + (column + 1) % columns
    c, d = a + columns, b + columns
    return np.stack([np.stack([a, c, d], -1), np.stack([a, d, b], -1)], 2).reshape(-1, 3)


@functools.lru_cache(maxsize=1)
def _lash_uvs() -> tuple[Int, NDArray[np.float64], Int]:
    """Lash vertices [N], their uv [N, 2] (u along the lid, v from root to tip) and faces [F, 3]."""
    faces = default_body().helper_faces["lashes"].numpy()
    source, compact = np.unique(faces, return_inverse=True)
    points = canonical_body()[0][source]
    middle = np.array([-0.0012, 1.6457, 0.109])
    local = points - middle
    across = np.abs(local[:, 0]) - 0.0303
    turn, reach = np.arctan2(across, local[:, 2]), np.hypot(np.hypot(across, local[:, 1]), local[:, 2])
    upper = local[:, 1] > -0.0024
    uvs = np.zeros((len(source), 2))
    for group in (upper, ~upper):
        u = (turn[group] - turn[group].min()) / np.ptp(turn[group])
        bins = np.clip((u * 7).astype(int), 0, 6)
        low = np.array([reach[group][bins == k].min() for k in range(7)])
        high = np.array([reach[group][bins == k].max() for k in range(7)])
        v = (reach[group] - low[bins]) / np.maximum(high[bins] - low[bins], 1e-4)
        uvs[group] = np.stack([u, np.clip(v, 0, 1) * 0.48 + (0.0 if group is upper else 0.5)], 1)
    return source, np.clip(uvs, 0, 1), compact.reshape(-1, 3)


def _lashes(figure: Figure, outfit: Outfit, size: int) -> Piece:
    source, uvs, faces = _lash_uvs()
    v, u = (np.mgrid[0:size, 0:size] + 0.5) / size
    lower = v > 0.5
    root = np.where(lower, v - 0.5, v) / 0.48
    bend = u + 0.05 * (u - 0.5) * root
    points = np.stack([bend.ravel(), np.zeros(size * size), lower.ravel()], 1)
    strands = value_noise(points, (46.0, 1.0, 7.0), 71).reshape(size, size)
    full = 0.55 if outfit.person.sex == "female" else 0.42
    length = np.where(lower, 0.55, 0.95) * (0.6 + 0.4 * value_noise(points, (20.0, 1.0, 7.0), 72).reshape(size, size))
    alpha = smoothstep(0.08, -0.05, strands - full * (1 - 0.75 * root) - np.where(lower, -0.12, 0.05)) * (root < length)
    alpha = np.maximum(alpha, (root < 0.10) & ~lower)
    texture = np.zeros((size, size, 4), np.uint8)
    texture[..., :3] = (18, 13, 11)
    texture[..., 3] = (np.clip(alpha, 0, 1) * 255).astype(np.uint8)
    material = Material("lashes", texture=texture, roughness=0.8, double_sided=True, alpha_mode="MASK")
    return _piece(figure, "lashes", source, faces, uvs, material)


def _mouth(figure: Figure, size: int) -> Piece:
    """Teeth (left half of the texture) and tongue (right half)."""
    teeth = figure.helper("teeth")
    last = figure.skin_faces.max() + 1 - 2 * EYE_VERTICES
    tongue = figure.skin_faces
    tongue = tongue[(tongue.min(1) >= last - TONGUE_VERTICES) & (tongue.max(1) < last)]
    source, compact = np.unique(np.concatenate([teeth, tongue]), return_inverse=True)
    points = figure.canonical[source]
    is_tongue = source < last
    around = np.arctan2(points[:, 0] + 0.0012, points[:, 2] - 0.085) / np.pi * 0.5 + 0.5
    upper = points[:, 1] > 1.578
    height = np.clip(np.where(upper, (points[:, 1] - 1.5755) / 0.02, (1.5806 - points[:, 1]) / 0.022), 0, 1)
    uvs = np.stack([np.where(is_tongue, 0.75, 0.02 + 0.44 * around), np.where(is_tongue, 0.5, 0.02 + 0.96 * height)], 1)
    v, u = (np.mgrid[0:size, 0:size] + 0.5) / size
    gum = smoothstep(0.55, 0.70, v)[..., None]
    tooth = np.array([0.91, 0.88, 0.82]) * (1 - 0.10 * smoothstep(0.8, 1.0, np.cos(u * 2 * np.pi * 40)))[..., None]
    color = tooth * (1 - gum) + np.array([0.66, 0.30, 0.30]) * gum
    color[:, size // 2 :] = (0.68, 0.32, 0.32)
    material = Material("mouth", texture=(color * 255 + 0.5).astype(np.uint8), roughness=0.25, double_sided=True)
    return _piece(figure, "mouth", source, compact.reshape(-1, 3), uvs, material)
