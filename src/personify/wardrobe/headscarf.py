"""A scarf around head, neck and shoulders that leaves the face open."""

from __future__ import annotations

import numpy as np

from personify.wardrobe.figure import Figure, Points
from personify.wardrobe.headfit import ANGLES, HatPlane, HeadFit, hat_material, measure_head, push_out
from personify.wardrobe.loft import Shell, loft, rigid_weights, rimmed, skin_weights, smooth_periodic, to_piece
from personify.wardrobe.noise import smoothstep
from personify.wardrobe.outfit import Garment
from personify.wardrobe.patterns import Region
from personify.wardrobe.piece import Piece

PLANE = HatPlane(1.690, 0.16, hides_all=True)
_BROW, _CHIN, _HEM = 1.712, 1.542, 1.375  # canonical y of the face opening's ends and of the front hem
_COLUMNS = 73
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
    rows = _drape(figure, fit).reshape(-1, 3)
    margin = 0.005 + 0.019 * smoothstep(1.50, 1.44, fit.to_canonical(rows)[:, 1])  # cloth lies over other clothes
    world = _ironed(push_out(rows, figure, margin * fit.size, 2).reshape(-1, _COLUMNS, 3))
    shell = rimmed(_shell(world), 0.004 * fit.size)
    canonical = fit.to_canonical(shell.vertices)
    head = smoothstep(1.500, 1.560, canonical[:, 1])[:, None]
    weights = head * rigid_weights(len(canonical), "head") + (1 - head) * skin_weights(figure, shell.vertices, 24)
    material = hat_material(shell, garment, fit, seed, texture_size)
    return [to_piece("headscarf", shell, weights, material)], PLANE


def _shell(rows: Points) -> Shell:
    return loft(rows, closed=False).colored(Region.HEAD)


def _ironed(rows: Points) -> Points:  # [R, C, 3] -> [R, C, 3]
    """Smooth what was pushed off the shoulders; the face opening and the seam keep their place."""
    for _ in range(4):
        inner = 0.5 * rows[1:-1, 1:-1] + 0.125 * (rows[:-2, 1:-1] + rows[2:, 1:-1] + rows[1:-1, :-2] + rows[1:-1, 2:])
        rows = rows.copy()
        rows[12:-1, 1:-1] = inner[11:]
        rows[-1, 1:-1] = 0.5 * rows[-1, 1:-1] + 0.25 * (rows[-1, :-2] + rows[-1, 2:])
    return rows


def _drape(figure: Figure, fit: HeadFit) -> Points:  # [R, C, 3] A-pose
    """Rows from the crown over the forehead, round the face and down to the chest; the two ends meet below the chin."""
    dome = fit.to_world(fit.revolve(fit.dome(0.004, 2.1, 10)))
    sides = _sides(figure, fit, fit.to_canonical(dome[-1]))
    opening = np.concatenate([np.zeros(len(dome)), _face_opening(sides[:, 0, 1])])
    return _columns(np.concatenate([dome, sides * fit.size + fit.shift]), opening)


def _face_opening(y: Points) -> Points:  # [R] canonical heights -> [R] half angle in radians
    middle = 0.45 * _CHIN + 0.55 * _BROW
    reach = np.where(y > middle, _BROW - middle, middle - _CHIN)
    return np.radians(50) * np.sqrt(np.clip(1 - np.square((y - middle) / reach), 0, 1))


def _columns(rows: Points, opening: Points) -> Points:  # [R, 64, 3], [R] radians -> [R, C, 3]
    """Redistribute rings over the columns that are left beside the face."""
    closed = np.concatenate([rows, rows[:, :1]], 1)
    around = np.append(ANGLES, 2 * np.pi)
    out = np.empty((len(rows), _COLUMNS, 3))
    for k, angle in enumerate(opening):
        where = np.linspace(angle, 2 * np.pi - angle, _COLUMNS)
        for axis in range(3):
            out[k, :, axis] = np.interp(where, around, closed[k, :, axis])
    return out


def _sides(figure: Figure, fit: HeadFit, band: Points) -> Points:  # [64, 3] -> [R, 64, 3], canonical
    """Rings below the band: the head's own outline first, then an oval that widens over the shoulders."""
    hem = _HEM + 0.035 * (1 - np.cos(ANGLES))
    rows = []
    for share in np.linspace(0, 1, 26)[1:]:
        y = band[:, 1] + (hem - band[:, 1]) * share
        level = float(y[0])
        across, along, middle = (np.interp(level, _LEVELS, values) for values in _OVALS)
        radius = 1 / np.hypot(np.sin(ANGLES) / across, np.cos(ANGLES) / along)
        head = float(smoothstep(1.545, 1.60, np.array(level)))
        if head > 0:
            radius = (1 - head) * radius + head * (_outline(figure, fit, level, middle) + 0.010)
        folds = 0.004 * (1 - head) * np.sin(7 * ANGLES + 9 * share) * np.sin(3 * ANGLES - 4 * share)
        radius = radius + folds
        rows.append(np.stack([radius * np.sin(ANGLES), y, middle + radius * np.cos(ANGLES)], 1))
    return np.stack(rows)


def _outline(figure: Figure, fit: HeadFit, level: float, middle: float) -> Points:  # [64]
    """Radius of the head around the axis through ``middle`` at a canonical height; follows hollows, unlike a hull."""
    skin = np.unique(figure.skin_faces)
    skin = skin[figure.weight_of("head", "jaw")[skin] > 0.5]
    points = fit.to_canonical(figure.rest[skin])
    points = points[np.abs(points[:, 1] - level) < 0.014]
    angle, radius = np.arctan2(points[:, 0], points[:, 2] - middle), np.hypot(points[:, 0], points[:, 2] - middle)
    gap = np.abs((ANGLES[:, None] - angle[None] + np.pi) % (2 * np.pi) - np.pi)
    return smooth_periodic(np.where(gap < 0.16, radius, 0.05).max(1), 3)
