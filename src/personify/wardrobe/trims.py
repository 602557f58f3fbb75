"""Collars, hoods, straps and buttons: strips that run around the neck, and small hardware."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from personify.body.mesh import Int, Material
from personify.wardrobe.cloth import Cloth
from personify.wardrobe.figure import Points
from personify.wardrobe.patterns import Region
from personify.wardrobe.piece import Piece
from personify.wardrobe.suit import smoothstep
from personify.wardrobe.tailor import Field

NECK_Z = 0.012  # canonical z of the neck's axis


Profile = Sequence[tuple[float | Points, float | Points]]  # rows of (level, offset), one number or one per angle


@dataclass(frozen=True)
class Contour:
    """Where a field has one value on a cloth, sampled at angles around the neck (0 = front, + = wearer's left).

    Attributes:
        points, normals, canonical: [A, 3].
        lbs_weights: [A, J].
    """

    points: Points
    normals: Points
    canonical: Points
    lbs_weights: Points


def contour(cloth: Cloth, field: Points, level: float, angles: Points) -> Contour:
    """Iso-line of ``field`` [N] around the neck, which it must circle once."""
    edges = np.concatenate([cloth.faces[:, [0, 1]], cloth.faces[:, [1, 2]], cloth.faces[:, [2, 0]]])
    above = field > level
    a, b = edges[(edges[:, 0] < edges[:, 1]) & (above[edges[:, 0]] != above[edges[:, 1]])].T
    alpha = ((field[a] - level) / (field[a] - field[b]))[:, None]
    parts = (cloth.vertices, cloth.normals, cloth.canonical, cloth.lbs_weights)
    crossing = np.concatenate([part[a] * (1 - alpha) + part[b] * alpha for part in parts], 1)
    around = np.arctan2(crossing[:, 6], crossing[:, 8] - NECK_Z)
    order = np.argsort(around, kind="stable")
    around, crossing = around[order], crossing[order]
    around = np.concatenate([around - 2 * np.pi, around, around + 2 * np.pi])
    wrapped = np.mod(angles + np.pi, 2 * np.pi) - np.pi
    index = np.clip(np.searchsorted(around, wrapped), 1, len(around) - 1)
    share = ((wrapped - around[index - 1]) / np.maximum(around[index] - around[index - 1], 1e-9))[:, None]
    rows = np.concatenate([crossing] * 3)
    found = rows[index - 1] * (1 - share) + rows[index] * share
    return Contour(found[:, :3], found[:, 3:6], found[:, 6:9], found[:, 9:])


def strip(
    points: Points,  # [R, A, 3]
    canonical: Points,  # [R, A, 3]
    lbs_weights: Points,  # [R, A, J]
    region: Region,
    island: int,
    closed: bool = False,
) -> Cloth:
    """A grid of cloth with its own UV island; rows run downwards, columns to the left of a wearer seen from outside."""
    rows, columns = points.shape[:2]
    if closed:
        points, canonical, lbs_weights = (
            np.concatenate([value, value[:, :1]], 1) for value in (points, canonical, lbs_weights)
        )
        columns += 1
    index = np.arange(rows * columns).reshape(rows, columns)
    a, b, c, d = index[:-1, :-1].ravel(), index[:-1, 1:].ravel(), index[1:, 1:].ravel(), index[1:, :-1].ravel()
    faces = np.concatenate([np.stack([a, d, c], 1), np.stack([a, c, b], 1)])
    down = np.cumsum(np.linalg.norm(np.diff(points, axis=0, prepend=points[:1]), axis=2), 0).mean(1)
    across = np.cumsum(np.linalg.norm(np.diff(points, axis=1, prepend=points[:, :1]), axis=2), 1).max(0)
    s, t = np.broadcast_arrays(across[None], down[:, None])
    edge = np.minimum(t, t.max() - t)
    size = rows * columns
    flat = points.reshape(size, 3)
    return Cloth(
        flat,
        faces,
        canonical.reshape(size, 3),
        lbs_weights.reshape(size, -1),
        edge.ravel().astype(float),
        np.zeros((size, 9)),
        np.full(len(faces), int(region)),
        np.full(len(faces), island),
        np.stack([s, t], -1).reshape(size, 2).astype(float),
    )


def neck_strip(
    cloth: Cloth,
    field: Field,
    profile: Profile,
    angles: Points,
    scale: float,
    region: Region = Region.COLLAR,
    island: int = 0,
) -> Cloth:
    """A collar that hugs the neck by construction: rows are iso-lines of a neckline ``field`` on the uncut cloth.

    Args:
        cloth: the whole draped surface, neck included.
        field: neckline; 0 at the seam, negative up the neck, positive down the shoulders.
        profile: rows as (level, offset) in metres, each a number or one per angle.
        angles: [A] around the neck, 0 = front; a full turn closes the collar.
        scale: the figure's.
    """
    c = cloth.canonical
    near: NDArray[np.bool_] = (np.hypot(c[:, 0], c[:, 2]) < 0.24) & (c[:, 1] > 1.2)
    cloth = cloth.keep(np.all(near[cloth.faces], axis=1)).compact()
    values = field(cloth.canonical)
    low, high = min(np.min(level) for level, _ in profile), max(np.max(level) for level, _ in profile)
    levels = np.linspace(low, high + 1e-6, 9)
    stack = [contour(cloth, values, level, angles) for level in levels]
    closed = abs(abs(angles[-1] - angles[0]) + abs(angles[1] - angles[0]) - 2 * np.pi) < 1e-6
    rows: list[tuple[Points, Points, Points]] = []
    for level, offset in profile:
        u = (np.broadcast_to(level, angles.shape) - levels[0]) / (levels[1] - levels[0])
        u = np.clip(u, 0, len(levels) - 1.001)
        below, share, column = u.astype(int), (u - np.floor(u))[:, None], np.arange(len(angles))

        def at(name: str, below: Int = below, share: Points = share, column: Int = column) -> Points:
            values = np.stack([getattr(c, name) for c in stack])
            return values[below, column] * (1 - share) + values[below + 1, column] * share

        shift = np.broadcast_to(offset, angles.shape)[:, None] * scale
        rows.append((at("points") + at("normals") * shift, at("canonical"), at("lbs_weights")))
    points, canonical, weights = (np.stack(value) for value in zip(*rows, strict=True))
    return strip(points, canonical, weights, region, island, closed)


def full_turn(columns: int = 48) -> Points:
    """Angles all around the neck, starting behind."""
    return np.linspace(-np.pi, np.pi, columns, endpoint=False)


def open_turn(gap: float, columns: int = 49) -> Points:
    """Angles around the back of the neck, ``gap`` radians open on either side of the front, denser towards the ends."""
    u = np.linspace(-1, 1, columns)
    return -np.pi + (np.pi - gap) * np.sign(u) * (1 - (1 - np.abs(u)) ** 1.4)


def shirt_collar(cloth: Cloth, field: Field, scale: float, island: int = 0, point: float = 0.078) -> Cloth:
    """Stand and fall with two points in front."""
    angles = open_turn(0.02)
    front = np.minimum(np.abs(angles), 2 * np.pi - np.abs(angles))  # 0 in front .. pi behind
    fall = 0.036 + (point - 0.036) * smoothstep(front, 0.02, 0.36) * smoothstep(front, 1.2, 0.40)
    stand = 0.026 - 0.008 * smoothstep(front, 0.8, 0.0)
    profile: Profile = [
        (0.002, 0.002),
        (-0.5 * stand, 0.003),
        (-stand, 0.004),
        (-stand - 0.002, 0.008),
        (-0.3 * stand, 0.011),
        (0.4 * fall, 0.011),
        (fall, 0.008),
        (fall, 0.005),
    ]
    return neck_strip(cloth, field, profile, angles, scale, island=island)


def roll_collar(cloth: Cloth, field: Field, scale: float, height: float = 0.042, island: int = 0) -> Cloth:
    """A turtleneck's double collar."""
    profile: Profile = [
        (0.012, 0.002),
        (-0.5 * height, 0.004),
        (-height, 0.004),
        (-height - 0.003, 0.008),
        (-0.5 * height, 0.012),
        (-0.1 * height, 0.012),
        (0.002, 0.009),
        (0.001, 0.004),
    ]
    return neck_strip(cloth, field, profile, full_turn(), scale, island=island)


def stand_collar(cloth: Cloth, field: Field, scale: float, height: float = 0.035, gap: float = 0.25) -> Cloth:
    """A plain standing band, open in front."""
    profile: Profile = [
        (0.012, 0.003),
        (0.0, 0.005),
        (-height, 0.008),
        (-height - 0.002, 0.005),
        (-height, 0.002),
        (0.0, 0.001),
    ]
    return neck_strip(cloth, field, profile, open_turn(gap), scale)


def hood(cloth: Cloth, field: Field, scale: float, island: int = 0) -> Cloth:
    """A hood lying on the back: a soft roll around the neck that deepens into a pouch behind."""
    angles = open_turn(0.30, 57)
    behind = smoothstep(np.abs(np.mod(angles, 2 * np.pi) - np.pi), 2.4, 0.0)  # 0 in front .. 1 behind
    ends = smoothstep(np.abs(np.mod(angles, 2 * np.pi) - np.pi), np.pi - 0.32, np.pi - 0.75)
    thick, drop = (0.016 + 0.038 * behind) * ends + 0.002, 0.03 + 0.125 * behind
    rise = 0.018 + 0.012 * behind
    profile: Profile = [
        (0.004, 0.004),
        (-rise, 0.004),
        (-rise - 0.006, 0.35 * thick),
        (-0.5 * rise, 0.75 * thick),
        (0.10 * drop, 0.98 * thick),
        (0.35 * drop, 1.08 * thick),
        (0.60 * drop, 1.0 * thick),
        (0.80 * drop, 0.72 * thick),
        (0.93 * drop, 0.36 * thick),
        (0.98 * drop, 0.0),
    ]
    return neck_strip(cloth, field, profile, angles, scale, island=island)


def nearest_index(cloth: Cloth, x: float, y: float, back: bool = False) -> int:
    """Vertex of the front (or back) of a cloth nearest to canonical (x, y)."""
    c = cloth.canonical
    away = (c[:, 0] - x) ** 2 + (c[:, 1] - y) ** 2 + np.where((c[:, 2] > 0) == back, 9.0, 0.0)
    return int(np.argmin(away))


def buttons(
    cloth: Cloth, places: Sequence[tuple[float, float]], material: Material, radius: float = 0.006, lift: float = 0.003
) -> Piece:
    """Little domes on the front of a cloth at canonical (x, y)."""
    columns = 10
    parts: list[Points] = []
    faces: list[Int] = []
    weights: list[Points] = []
    turn = np.arange(columns) * (2 * np.pi / columns)
    fan = np.array([[0, 1 + k, 1 + (k + 1) % columns] for k in range(columns)])
    skirt = [[1 + k, 1 + columns + k, 1 + columns + (k + 1) % columns] for k in range(columns)]
    skirt += [[1 + k, 1 + columns + (k + 1) % columns, 1 + (k + 1) % columns] for k in range(columns)]
    one = np.concatenate([fan, np.array(skirt)])
    for number, (x, y) in enumerate(places):
        at = nearest_index(cloth, x, y)
        normal = cloth.normals[at]
        right = np.cross([0.0, 1, 0], normal)
        right /= np.linalg.norm(right) + 1e-9
        ring = radius * (np.cos(turn)[:, None] * right + np.sin(turn)[:, None] * np.cross(normal, right))
        center = cloth.vertices[at] + normal * lift
        dome = [(center + normal * 0.0022)[None], center + ring + normal * 0.0016, center + ring * 1.02]
        parts.append(np.concatenate(dome))
        faces.append(one + number * (1 + 2 * columns))
        weights.append(np.repeat(cloth.lbs_weights[at][None], 1 + 2 * columns, 0))
    vertices = np.concatenate(parts)
    uvs = np.full((len(vertices), 2), 0.5)
    return Piece(material.name, vertices, np.concatenate(faces), uvs, np.concatenate(weights), material)
