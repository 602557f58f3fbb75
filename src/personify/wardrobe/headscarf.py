"""A scarf around head, neck and shoulders that leaves the face open."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np

from personify.wardrobe.cut import Mesh, slice_mesh
from personify.wardrobe.figure import Figure, Points
from personify.wardrobe.headfit import ANGLES, COLUMNS, HatPlane, HeadFit, hat_material, measure_head, push_out
from personify.wardrobe.loft import (
    Shell,
    loft,
    rigid_weights,
    rimmed,
    skin_vertices,
    skin_weights,
    smooth_periodic,
    to_piece,
)
from personify.wardrobe.noise import smoothstep
from personify.wardrobe.outfit import Garment
from personify.wardrobe.piece import Piece

PLANE = HatPlane(1.690, 0.16, hides_all=True)
_BROW, _CHIN, _HEM = 1.712, 1.542, 1.375  # canonical y of the face opening's ends and of the front hem
_FACE_WIDTH = math.radians(48)
# Width, depth and middle of the cloth's oval from the hem up to the cheeks, canonical metres.
_LEVELS = (1.33, 1.38, 1.42, 1.46, 1.50, 1.54, 1.58, 1.72)
_OVALS = (
    (0.160, 0.158, 0.150, 0.120, 0.097, 0.092, 0.095, 0.095),
    (0.140, 0.138, 0.132, 0.120, 0.108, 0.108, 0.112, 0.112),
    (0.010, 0.012, 0.016, 0.022, 0.030, 0.034, 0.034, 0.034),
)


def make_headscarf(figure: Figure, garment: Garment, seed: int, texture_size: int) -> tuple[list[Piece], HatPlane]:
    """Pieces in the A-pose and the plane that hides all hair."""
    fit = measure_head(figure, PLANE, hair=0.012)
    rows = _drape(figure, fit)
    margin = 0.005 + 0.019 * smoothstep(1.50, 1.44, fit.to_canonical(rows)[..., 1].ravel())  # over other clothes
    world = _ironed(push_out(rows.reshape(-1, 3), figure, margin * fit.size, 2).reshape(rows.shape))
    shell = rimmed(_open_face(loft(np.roll(world, COLUMNS // 2, 1)), fit), 0.004 * fit.size)
    canonical = fit.to_canonical(shell.vertices)
    head = smoothstep(1.500, 1.560, canonical[:, 1])[:, None]
    weights = head * rigid_weights(len(canonical), "head") + (1 - head) * skin_weights(figure, shell.vertices, 24)
    material = hat_material(shell, replace(garment, fit="loose"), fit, seed, texture_size)
    matt = replace(material, roughness=max(material.roughness, 0.6))  # a tight, shiny scarf looks like rubber
    return [to_piece("headscarf", shell, weights, matt)], PLANE


def _open_face(shell: Shell, fit: HeadFit) -> Shell:
    """Cut a rounded opening from brow to chin."""
    place = fit.to_canonical(shell.vertices)
    angle = np.arctan2(np.abs(place[:, 0]), place[:, 2] - 0.034) / _FACE_WIDTH
    height = (place[:, 1] - (_BROW + _CHIN) / 2) / ((_BROW - _CHIN) / 2)
    field = np.abs(angle) ** 2.6 + np.abs(height) ** 2.3 - 1
    mesh, blend = slice_mesh(Mesh(shell.faces, shell.vertices), 0.05 * field)
    edge = np.minimum(blend @ shell.edge, np.maximum(blend @ (0.08 * field), 0))
    return Shell(mesh.canonical, mesh.faces, blend @ shell.uvs, blend @ shell.st, edge, np.zeros(len(edge)))


def _ironed(rows: Points) -> Points:  # [R, C, 3] -> [R, C, 3]
    """Smooth over ears, nape and what was pushed off the shoulders."""
    for _ in range(3):
        around = np.roll(rows, 1, 1) + np.roll(rows, -1, 1)
        inner = 0.5 * rows[1:-1] + 0.125 * (rows[:-2] + rows[2:] + around[1:-1])
        hem = 0.5 * rows[-1:] + 0.25 * around[-1:]
        rows = np.concatenate([rows[:6], inner[5:], hem])
    return rows


def _drape(figure: Figure, fit: HeadFit) -> Points:  # [R, COLUMNS, 3] A-pose
    """Rings from the crown over the forehead and cheeks down to the chest."""
    dome = fit.to_world(fit.revolve(fit.dome(0.004, 2.1, 10)))
    sides = _sides(figure, fit, fit.to_canonical(dome[-1]))
    return np.concatenate([dome, sides * fit.size + fit.shift])


def _sides(figure: Figure, fit: HeadFit, band: Points) -> Points:  # [64, 3] -> [R, 64, 3], canonical
    """Rings below the band: the head's own outline first, then an oval that widens over the shoulders."""
    skin = skin_vertices(figure.body)
    points = fit.to_canonical(figure.rest[skin[figure.weight_of("head", "jaw")[skin] > 0.5]])
    hem = _HEM + 0.035 * (1 - np.cos(ANGLES))
    rows = []
    for share in np.linspace(0, 1, 44)[1:]:
        y = band[:, 1] + (hem - band[:, 1]) * share
        level = float(y[0])
        across, along, middle = (np.interp(level, _LEVELS, values) for values in _OVALS)
        radius = 1 / np.hypot(np.sin(ANGLES) / across, np.cos(ANGLES) / along)
        head = float(smoothstep(1.545, 1.60, np.array(level)))
        ease = 0.006 + 0.007 * float(smoothstep(1.64, 1.70, np.array(level)))  # hair lies below the crown
        if head > 0:
            radius = (1 - head) * radius + head * (_outline(points, level, middle) + ease)
        radius = radius + _folds(level, share)
        rows.append(np.stack([radius * np.sin(ANGLES), y, middle + radius * np.cos(ANGLES)], 1))
    return np.stack(rows)


def _folds(level: float, share: float) -> Points:  # [64] metres
    """Folds that run from the chin round the neck to the nape, and softer ones that fall over the shoulders."""
    neck = float(np.exp(-np.square((level - 1.49) / 0.05)))
    swing = np.sin(26 * share + 2.4 * np.cos(ANGLES) + 0.9 * np.sin(2 * ANGLES)) * (
        0.65 + 0.35 * np.sin(3 * ANGLES + 1)
    )
    fall = float(np.clip((1.46 - level) / 0.06, 0, 1)) * np.sin(9 * ANGLES + 2 * np.sin(ANGLES + 1))
    behind = np.clip(-np.cos(ANGLES), 0, 1) * float(np.exp(-np.square((level - 1.58) / 0.05)))
    return 0.0050 * neck * swing + 0.0040 * fall + 0.0012 * behind * np.sin(34 * share + 5 * np.cos(2 * ANGLES))


def _outline(points: Points, level: float, middle: float) -> Points:  # [64]
    """Radius of the head around the axis through ``middle`` at a canonical height; follows hollows, unlike a hull."""
    points = points[np.abs(points[:, 1] - level) < 0.014]
    angle, radius = np.arctan2(points[:, 0], points[:, 2] - middle), np.hypot(points[:, 0], points[:, 2] - middle)
    gap = np.abs((ANGLES[:, None] - angle[None] + np.pi) % (2 * np.pi) - np.pi)
    return smooth_periodic(np.where(gap < 0.11, radius, 0.05).max(1), 3)
