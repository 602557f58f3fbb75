"""Eyes with a cornea, iris and lids' shade, and the lashes around them."""

from __future__ import annotations

import functools

import numpy as np
from numpy.typing import NDArray

from personify.body.mesh import Int, Material
from personify.wardrobe.anatomy import EYEBALLS, body_piece
from personify.wardrobe.complexion import Texture, blend
from personify.wardrobe.figure import Figure, Points, canonical_body, default_body
from personify.wardrobe.noise import smoothstep, value_noise
from personify.wardrobe.outfit import Outfit
from personify.wardrobe.piece import Piece
from personify.wardrobe.scalp import MIDDLE
from personify.wardrobe.vocabulary import EYE_COLORS

_RINGS = np.radians([0, 4, 8, 12, 16, 20, 24, 28, 33, 39, 46, 55, 66, 80, 97])
_SEGMENTS = 28


def make_eyes(figure: Figure, outfit: Outfit, size: int) -> Piece:
    """Two fine spheres with a bulging cornea in place of the coarse eyeballs."""
    rings, around = np.meshgrid(_RINGS, np.arange(_SEGMENTS) * (2 * np.pi / _SEGMENTS), indexing="ij")
    rings, around = rings.ravel(), around.ravel()
    direction = np.stack([np.sin(rings) * np.cos(around), np.sin(rings) * np.sin(around), np.cos(rings)], 1)
    radius_uv = rings / np.radians(100) * 0.5
    uvs = np.stack([0.5 + radius_uv * np.cos(around), 0.5 - radius_uv * np.sin(around)], 1)
    faces = _grid_faces(len(_RINGS), _SEGMENTS)
    count = len(direction)
    vertices, weights, morphs = [], [], {}
    for side, source in enumerate(EYEBALLS):
        ball = figure.rest[source]
        center, radius = (ball.max(0) + ball.min(0)) / 2, np.ptp(ball[:, :2], axis=0).mean() / 2
        center[2] = ball[:, 2].min() + radius
        bulge = 1 + 0.075 * smoothstep(34, 8, np.degrees(rings))
        vertices.append(center + radius * bulge[:, None] * direction)
        weights.append(np.repeat(figure.lbs_weights[source][:1], count, 0))
        name = ("Left", "Right")[side]
        for look, axis in (("Up", (-0.40, 0, 0)), ("Down", (0.45, 0, 0)), ("Out", (0, 0.5, 0)), ("In", (0, -0.5, 0))):
            turn = np.array(axis) * (1 if side == 0 or look in ("Up", "Down") else -1)
            offset = _rotate(direction, turn) - direction
            morphs[f"eyeLook{look}{name}"] = (side * count + np.arange(count), radius * bulge[:, None] * offset)
    material = Material("eyes", texture=paint_eye(outfit, size), roughness=0.08)
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
    middle = np.array([MIDDLE, 1.6457, 0.109])
    local = points - middle
    across = np.abs(local[:, 0]) - 0.0303
    turn, reach = np.arctan2(across, local[:, 2]), np.hypot(np.hypot(across, local[:, 1]), local[:, 2])
    upper = local[:, 1] > -0.0024
    uvs = np.zeros((len(source), 2))
    for group, top in ((upper, 0.0), (~upper, 0.5)):
        u = (turn[group] - turn[group].min()) / np.ptp(turn[group])
        bins = np.clip((u * 7).astype(int), 0, 6)
        low = np.array([reach[group][bins == k].min() for k in range(7)])
        high = np.array([reach[group][bins == k].max() for k in range(7)])
        v = (reach[group] - low[bins]) / np.maximum(high[bins] - low[bins], 1e-4)
        uvs[group] = np.stack([u, np.clip(v, 0, 1) * 0.48 + top], 1)
    return source, np.clip(uvs, 0, 1), compact.reshape(-1, 3)


def make_lashes(figure: Figure, outfit: Outfit, size: int) -> Piece:
    source, uvs, faces = _lash_uvs()
    v, u = (np.mgrid[0:size, 0:size] + 0.5) / size
    lower = v > 0.5
    root = np.where(lower, v - 0.5, v) / 0.48
    bend = u + 0.05 * (u - 0.5) * root
    points = np.stack([bend.ravel(), np.zeros(size * size), lower.ravel()], 1)
    strands = value_noise(points, (46.0, 1.0, 7.0), 71).reshape(size, size)
    full = 0.66 if outfit.person.sex == "female" else 0.40
    length = np.where(lower, 0.55, 0.95) * (0.6 + 0.4 * value_noise(points, (20.0, 1.0, 7.0), 72).reshape(size, size))
    alpha = smoothstep(0.08, -0.05, strands - full * (1 - 0.75 * root) - np.where(lower, -0.12, 0.05)) * (root < length)
    alpha = np.maximum(alpha, (root < 0.10) & ~lower)
    texture = np.zeros((size, size, 4), np.uint8)
    texture[..., :3] = (18, 13, 11)
    texture[..., 3] = (np.clip(alpha, 0, 1) * 255).astype(np.uint8)
    material = Material("lashes", texture=texture, roughness=0.8, double_sided=True, alpha_mode="MASK")
    return body_piece(figure, "lashes", source, faces, uvs, material)


def paint_eye(outfit: Outfit, size: int) -> Texture:
    """One eye [size, size, 3] seen along its axis: radius 0.5 of the image is 100 degrees from the axis."""
    seed = int(np.random.default_rng([outfit.seed, 415]).integers(1 << 20))
    y, x = (np.mgrid[0:size, 0:size] + 0.5) / size * 2 - 1
    degrees, angle = np.hypot(x, y).ravel() * 100, np.arctan2(y, x).ravel()
    ring = np.stack([np.cos(angle), np.sin(angle), degrees / 100], 1)
    child = 1.06 if outfit.person.age < 13 else 1.0
    iris_edge, pupil_edge = 24.5 * child, 9.8
    white = np.array([0.905, 0.885, 0.865], np.float32) * np.ones((size * size, 1), np.float32)
    veins = smoothstep(0.62, 0.72, value_noise(ring, (9.0, 9.0, 3.0), seed)) * smoothstep(28, 60, degrees)
    white *= 1 - 0.22 * veins[:, None] * np.array([0.1, 0.9, 0.9], np.float32)
    white *= 1 - (smoothstep(35, 75, degrees)[:, None]) * np.array([0.14, 0.24, 0.24], np.float32)
    iris = np.array(EYE_COLORS[outfit.person.eyes], np.float32)
    fibres = value_noise(ring, (26.0, 26.0, 9.0), seed + 1) * 0.6 + value_noise(ring, (60.0, 60.0, 4.0), seed + 2) * 0.4
    glow = smoothstep(1.0, -0.6, -y.ravel() * 1.0)  # light gathers in the iris opposite the lamp
    inner = smoothstep(17, 11, degrees)
    colored = (iris * (0.50 + 0.55 * fibres + 0.30 * glow * smoothstep(24, 14, degrees))[:, None]).astype(np.float32)
    colored += inner[:, None] * fibres[:, None] * np.array([0.10, 0.06, 0.01], np.float32)
    colored *= (1 - 0.62 * smoothstep(iris_edge - 4.5, iris_edge, degrees))[:, None]  # limbus
    blend(colored, smoothstep(pupil_edge + 0.9, pupil_edge - 0.9, degrees), (0.012, 0.010, 0.010))
    blend(white, smoothstep(iris_edge + 1.6, iris_edge - 1.2, degrees), (0.0, 0.0, 0.0))
    blend(white, smoothstep(iris_edge + 0.6, iris_edge - 1.6, degrees), colored)
    white *= (1 - 0.45 * smoothstep(-0.03, -0.27, y.ravel()))[:, None]  # shade of the upper lid
    return (np.clip(white, 0, 1) * 255 + 0.5).astype(np.uint8).reshape(size, size, 3)
