"""Glasses, sunglasses and eye patches that sit on this person's nose and ears."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from scipy.interpolate import PchipInterpolator

from personify.body.mesh import Material
from personify.wardrobe.fabric import color_of, material_of, solid
from personify.wardrobe.figure import Figure, Points
from personify.wardrobe.headfit import push_out
from personify.wardrobe.loft import Shell, join, loft, rigid_weights, skin_vertices, thickened, to_piece, tube
from personify.wardrobe.outfit import Garment
from personify.wardrobe.piece import Piece

# Half width, half height (metres) and squareness (2 = ellipse) of lenses, by taste of the seed.
_LENSES = {
    "glasses": ((0.0255, 0.0225, 2.0), (0.0270, 0.0185, 3.4), (0.0265, 0.0205, 2.7)),
    "sunglasses": ((0.0275, 0.0220, 2.9), (0.0280, 0.0240, 2.3), (0.0275, 0.0200, 3.6)),
}


@dataclass(frozen=True)
class Face:
    """Landmarks of a face in the A-pose: eye centres [2, 3] (left first), ear tops [2, 3], bridge [3], scale."""

    eyes: Points
    ears: Points
    bridge: Points
    scale: float


def _measure(figure: Figure) -> Face:
    canonical, skin = figure.canonical, skin_vertices(figure.body)
    skin = skin[figure.weight_of("head")[skin] > 0.9]
    eyes = np.stack([figure.joint("left_eye"), figure.joint("right_eye")])
    scale = float((eyes[0, 0] - eyes[1, 0]) / (2 * figure.canonical_joint("left_eye")[0]))
    ears = []
    for sign in (1, -1):
        distance = np.linalg.norm(canonical[skin] - [sign * 0.077, 1.652, 0.030], axis=1)
        ears.append(figure.rest[skin[np.argsort(distance)[:4]]].mean(0))
    near = (
        (np.abs(canonical[skin, 0]) < 0.008) & (np.abs(canonical[skin, 1] - 1.645) < 0.008) & (canonical[skin, 2] > 0.1)
    )
    bridge = figure.rest[skin[near]]
    return Face(eyes, np.stack(ears), bridge[np.argmax(bridge[:, 2])], scale)


def make_eyewear(figure: Figure, garment: Garment, seed: int) -> list[Piece]:
    """Pieces of the garment in the slot ``eyes``, all rigid with the head."""
    if garment.kind == "eye patch":
        return _eye_patch(figure, garment, seed)
    face = _measure(figure)
    shapes = _LENSES[garment.kind]
    width, height, power = shapes[seed % len(shapes)]
    metal = material_of(garment) == "metal"
    thick = (0.0011 if metal else 0.0021) * face.scale
    outlines = [_outline(face, side, width, height, power) for side in (0, 1)]
    parts = [tube(np.concatenate([line, line[:2]]), thick, 8, 1.0 if metal else 1.3) for line in outlines]
    parts += [_bridge(face, outlines, thick), *(_temple(face, side, outlines[side], thick) for side in (0, 1))]
    look = solid(garment.kind, color_of(garment, seed), 0.25 if metal else 0.35, 0.9 if metal else 0.0)
    pieces = [_rigid(garment.kind, join(parts), look)]
    if garment.kind == "sunglasses":  # clear lenses would only hide the eyes
        dark = solid("lenses", (0.045, 0.045, 0.05), 0.06)
        pieces.append(_rigid("sunglasses lenses", join([_lens(line) for line in outlines]), dark))
    return pieces


def _rigid(name: str, shell: Shell, material: Material) -> Piece:
    return to_piece(name, shell, rigid_weights(len(shell.vertices), "head"), material)


def _lens(outline: Points) -> Shell:
    middle = outline.mean(0)
    middle[2] += 0.0015  # slightly domed
    return loft(np.stack([np.broadcast_to(middle, outline.shape), outline]))


def _outline(face: Face, side: int, width: float, height: float, power: float) -> Points:  # [K, 3]
    """A lens's rim, bent around the face and leaning in at the bottom."""
    angle = np.linspace(0, 2 * math.pi, 40, endpoint=False)
    cosine, sine = np.cos(angle), np.sin(angle)
    radius = (np.abs(cosine) ** power + np.abs(sine) ** power) ** (-1 / power)
    sign = 1 if side == 0 else -1
    middle = face.eyes.mean(0)
    x = sign * (0.0345 + width * radius * sine) * face.scale
    y = (-0.0045 + height * radius * cosine * np.where(cosine < 0, 1.06, 1.0)) * face.scale
    z = face.bridge[2] + 0.0045 * face.scale - 2.2 * x**2 / face.scale + 0.10 * y
    return np.stack([middle[0] + x, middle[1] + y, z], 1)


def _bridge(face: Face, outlines: list[Points], thick: float) -> Shell:
    """An arch between the inner edges of the lenses, a little above their middle."""
    middle = face.eyes[:, 0].mean()
    ends = [line[np.argmin(np.abs(line[:, 0] - middle) - 0.4 * line[:, 1])] for line in outlines]
    rise = np.array([0, 0.007, 0.003]) * face.scale
    t = np.linspace(0, 1, 9)[:, None]
    return tube(ends[0] + (ends[1] - ends[0]) * t + 4 * t * (1 - t) * 0.5 * rise, 1.1 * thick, 8)


def _temple(face: Face, side: int, outline: Points, thick: float) -> Shell:
    """From the lens's upper corner over the ear and down behind it."""
    sign = 1 if side == 0 else -1
    corner = outline[np.argmax(sign * outline[:, 0] + 0.35 * outline[:, 1])]
    ear, s = face.ears[side], face.scale
    hinge = corner + np.array([sign * 0.004, 0, -0.003]) * s
    outward = (
        max(sign * (ear[0] - face.eyes[:, 0].mean()) + 0.003 * s, sign * (hinge[0] - face.eyes[:, 0].mean())) * sign
    )
    over = np.array([face.eyes[:, 0].mean() + outward, ear[1] + 0.004 * s, ear[2] + 0.004 * s])
    behind = over + np.array([-sign * 0.003, -0.012, -0.020]) * s
    end = over + np.array([-sign * 0.006, -0.032, -0.030]) * s
    halfway = 0.5 * (hinge + over) + np.array([sign * 0.002, 0.001, 0]) * s
    path = _spline(np.stack([corner, hinge, halfway, over, behind, end]), 26)
    return tube(path, np.linspace(1.25, 0.9, 26) * thick, 8, 1.3)


def _spline(points: Points, count: int) -> Points:
    length = np.concatenate([[0], np.cumsum(np.linalg.norm(np.diff(points, axis=0), axis=1))])
    return PchipInterpolator(length, points)(np.linspace(0, length[-1], count))


def _eye_patch(figure: Figure, garment: Garment, seed: int) -> list[Piece]:
    """A domed shield over one eye and a cord around the head."""
    face = _measure(figure)
    side = seed % 2
    sign = 1 if side == 0 else -1
    eye, s = face.eyes[side], face.scale
    angle = np.linspace(0, 2 * math.pi, 32, endpoint=False)
    shield = np.where(np.cos(angle) > 0, 1.0, 1.18)
    rows = []
    for t in np.linspace(0, 1, 7):
        x = eye[0] + (0.024 * np.sin(angle) * t + sign * 0.002) * s
        y = eye[1] + (0.021 * np.cos(angle) * shield * t - 0.001) * s
        z = eye[2] + (0.030 - 0.012 * t**2) * s - 0.12 * sign * (x - eye[0])
        rows.append(np.stack([x, y, z], 1))
    dome = np.stack(rows)
    dome = push_out(dome.reshape(-1, 3), figure, 0.0025 * s, 2).reshape(dome.shape)
    patch = thickened(loft(dome), 0.002 * s)
    cord = tube(_cord(figure, face, side), 0.0022 * s, 6, 1.6)
    look = solid("eye patch", color_of(garment, seed), 0.5)
    return [_rigid("eye patch", join([patch, cord]), look)]


def _cord(figure: Figure, face: Face, side: int) -> Points:
    """A ring around the head that passes over the patch and high above the other ear."""
    sign = 1 if side == 0 else -1
    skin = skin_vertices(figure.body)
    skin = skin[(figure.weight_of("head")[skin] > 0.9) & (figure.canonical[skin, 2] < 0.14)]
    middle = face.ears.mean(0) + np.array([0, 0.028, 0.012]) * face.scale
    points = figure.rest[skin] - middle
    lean = np.array([sign * 0.30, 1.0, 0.16])  # the plane drops towards the covered eye and towards the nape
    lean /= np.linalg.norm(lean)
    across = np.cross(lean, [0, 0, 1.0])
    across /= np.linalg.norm(across)
    ahead = np.cross(across, lean)
    near = points[np.abs(points @ lean) < 0.009 * face.scale]
    angles = np.linspace(0, 2 * math.pi, 73)
    fine = np.linspace(0, 2 * math.pi, 180, endpoint=False)
    support = (near @ np.stack([across, ahead], 1) @ np.stack([np.sin(fine), np.cos(fine)])).max(0)
    cosine = np.cos(angles[:, None] - fine[None])
    radius = np.where(cosine > 1e-3, support / np.maximum(cosine, 1e-3), np.inf).min(1) + 0.0025 * face.scale
    return middle + radius[:, None] * (np.sin(angles)[:, None] * across + np.cos(angles)[:, None] * ahead)
