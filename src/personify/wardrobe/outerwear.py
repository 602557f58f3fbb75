"""Jackets, suit jackets, coats and vests, cut open in front over what is worn below; aprons and capes."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from personify.body.pose import JOINT_INDEX
from personify.wardrobe.cloth import Cloth, drape_cloth, patch
from personify.wardrobe.drape import Fitting
from personify.wardrobe.fabric import solid
from personify.wardrobe.figure import Points
from personify.wardrobe.outfit import Garment
from personify.wardrobe.patterns import Region
from personify.wardrobe.piece import Piece
from personify.wardrobe.suit import HEIGHTS, LEG_TOP, smoothstep, tunic
from personify.wardrobe.tailor import (
    EASE,
    SLEEVE_END,
    Field,
    Worn,
    above,
    arm_radius,
    bare,
    both,
    put_on,
    round_neck,
    sewn,
    sleeve,
    torso_radius,
)
from personify.wardrobe.tops import cuffs, sleeves_of
from personify.wardrobe.trims import Profile, buttons, neck_strip, open_turn, stand_collar, strip
from personify.wardrobe.vocabulary import COLORS

COAT_HEMS = {"mini": 0.66, "knee": 0.50, "midi": 0.34, "long": 0.20}
Opening = Callable[[Points], Points]  # canonical y [N] -> half width of the gap in front


def make_outer(fitting: Fitting, garment: Garment) -> Worn:
    """Jacket, suit jacket, coat or vest."""
    makers = {"jacket": _jacket, "suit jacket": _suit_jacket, "coat": _coat, "vest": _vest}
    return makers[garment.kind](fitting, garment)


def open_front(gap: Opening) -> Field:
    """Inside on both sides of a gap in front."""

    def field(c: Points) -> Points:
        x, y, z = c.T
        return np.where(z > -0.02, np.abs(x) - gap(y), 1.0)

    return field


def _body(
    fitting: Fitting, garment: Garment, hem: float, extra: float, gap: Opening, neckline: Field, **shape: float
) -> tuple[Cloth, Cloth, Worn]:
    """Whole draped surface, the cut cloth and a record of what it covers."""
    ease = EASE[garment.fit] + extra
    radius = bare(fitting)
    radius["torso"] = torso_radius(fitting, ease, shape.pop("slope", 0.30), **shape)
    for side in ("left", "right"):
        radius[f"{side}_arm"] = arm_radius(fitting, side, ease, 0.18)
    end = SLEEVE_END[sleeves_of(garment)] - (0.012 if sleeves_of(garment) == "long" else 0.0)
    field = both(above(hem), sleeve(end), neckline, open_front(gap))
    whole = drape_cloth(fitting, tunic(), radius, (0.006 + 0.5 * extra) * fitting.figure.scale)
    cloth = whole.cut(field(whole.canonical))
    put_on(fitting, radius, {"torso": (hem, 2.0), "left_arm": (0, end), "right_arm": (0, end)})
    covers = both(field, above(0.93)) if hem < 0.8 else field  # long tails swing away from the legs
    return whole, cloth, Worn(garment, cloth, covers)


def _finished(made: Worn, cloth: Cloth, strips: list[Cloth], hardware: tuple[Piece, ...] = ()) -> Worn:
    strips = [part for part in strips if len(part.faces)]
    return Worn(made.garment, sewn(cloth, *strips, thickness=0.006), made.covers, hardware)


def _jacket(fitting: Fitting, garment: Garment) -> Worn:
    def gap(y: Points) -> Points:
        return 0.030 + 0.10 * np.maximum(0, y - 1.10)

    neckline = round_neck(1.500, 0.05)
    whole, cloth, made = _body(fitting, garment, 0.90, 0.006, gap, neckline, slope=0.15)
    x, y, z = cloth.canonical.T
    strips = [patch(cloth, 0.95 - y, 0.003, Region.CUFF), *cuffs(cloth, 0.708, 0.06, 0.003)]
    strips.append(stand_collar(whole, neckline, fitting.figure.scale, 0.042, 0.75))
    strips.append(patch(cloth, np.where(z > 0, 0.012 - (np.abs(x) - gap(y)), -1.0), 0.0025, Region.TRIM))
    for side in (1, -1):
        slant = np.abs(side * x - 0.115 - 0.35 * (y - 1.03))
        strips.append(patch(cloth, np.minimum.reduce([0.009 - slant, 0.06 - np.abs(y - 1.03), z]), 0.003, Region.TRIM))
    return _finished(made, cloth, strips)


def _lapels(cloth: Cloth, gap: Opening, low: float, width: float, top: float = 1.40) -> Cloth:
    """Turned-back fronts: widest at the notch under the collar, gone at the first button."""
    x, y, z = cloth.canonical.T
    across = np.abs(x) - gap(y)
    reach = width * np.clip((y - low) / (top - low), 0, 1) ** 0.85
    notch = top + 0.45 * across - y
    return patch(cloth, np.where(z > 0, np.minimum.reduce([reach - across, notch]), -1.0), 0.0045, Region.COLLAR)


def _fall_collar(whole: Cloth, neckline: Field, scale: float, width: float, gap: float) -> Cloth:
    """The collar of a jacket: stands a little behind and falls flat beside the lapels."""
    angles = open_turn(gap)
    front = np.minimum(np.abs(angles), 2 * np.pi - np.abs(angles))
    stand = 0.022 * smoothstep(front, 0.5, 1.6)
    profile: Profile = [
        (0.006, 0.001),
        (-stand, 0.002),
        (-stand - 0.002, 0.006),
        (0.3 * width - stand, 0.009),
        (width, 0.008),
        (width, 0.003),
    ]
    return neck_strip(whole, neckline, profile, angles, scale)


def _suit_jacket(fitting: Fitting, garment: Garment) -> Worn:
    def gap(y: Points) -> Points:
        return np.minimum(0.25 * np.maximum(0, y - 1.12), 0.068) + 0.30 * np.maximum(0, 0.96 - y) - 0.004

    neckline = round_neck(1.505, 0.03, 0.006)
    whole, cloth, made = _body(fitting, garment, 0.80, 0.004, gap, neckline, slope=0.55, waist=0.35)
    strips = [_lapels(cloth, gap, 1.12, 0.062), _fall_collar(whole, neckline, fitting.figure.scale, 0.045, 0.85)]
    strips += [*_flaps(cloth, 0.955), _overlap(cloth, 0.95, 1.135)]
    x, y, z = cloth.canonical.T
    breast = np.minimum.reduce([0.045 - np.abs(x - 0.105), 0.011 - np.abs(y - 1.285 - 0.1 * (x - 0.1)), z])
    strips.append(patch(cloth, breast, 0.002, Region.TRIM))
    material = solid("suit jacket buttons", 0.5 * np.array(COLORS[garment.color]), 0.35)
    row = buttons(cloth, [(0.014, 1.075)], material, 0.010, 0.005)
    return _finished(made, cloth, strips, (row,))


def _overlap(cloth: Cloth, low: float, high: float) -> Cloth:
    """The left front lying over the right one where they are buttoned."""
    x, y, z = cloth.canonical.T
    height = 0.0030 * smoothstep(x, 0.045, 0.0) + 0.0002  # runs out into the front it belongs to
    return patch(cloth, np.minimum.reduce([x + 0.010, 0.045 - x, y - low, high - y, z]), height)


def _flaps(cloth: Cloth, height: float, x0: float = 0.115) -> list[Cloth]:
    x, y, z = cloth.canonical.T
    box = np.minimum.reduce([0.062 - np.abs(np.abs(x) - x0), 0.024 - np.abs(y - height), z])
    return [patch(cloth, box, 0.003, Region.TRIM)]


def _coat(fitting: Fitting, garment: Garment) -> Worn:
    def gap(y: Points) -> Points:
        return 0.022 + np.minimum(0.20 * np.maximum(0, y - 1.14), 0.046) + 0.05 * np.maximum(0, 1.0 - y)

    hem = COAT_HEMS[garment.length or "knee"]
    neckline = round_neck(1.505, 0.03, 0.006)
    whole, cloth, made = _body(fitting, garment, hem, 0.009, gap, neckline, slope=0.20, flare=0.08, flare_from=1.0)
    strips = [_lapels(cloth, gap, 1.12, 0.085), _fall_collar(whole, neckline, fitting.figure.scale, 0.06, 0.80)]
    strips += [*_flaps(cloth, 0.94), *cuffs(cloth, 0.712, 0.07, 0.003)]
    material = solid("coat buttons", 0.45 * np.array(COLORS[garment.color]), 0.35)
    places = [(0.05, y) for y in (1.09, 1.0, 0.91)] + [(0.05 + 0.0, 0.82)]
    return _finished(made, cloth, strips, (buttons(cloth, places, material, 0.013, 0.005),))


def _vest(fitting: Fitting, garment: Garment) -> Worn:
    def gap(y: Points) -> Points:
        return 0.27 * np.maximum(0, y - 1.24) + 0.9 * np.maximum(0, 0.945 - y) - 0.004

    def points(c: Points) -> Points:
        dip = 0.05 * smoothstep(c[:, 2], -0.02, 0.05) * (1 - np.clip(np.abs(np.abs(c[:, 0]) - 0.05) / 0.11, 0, 1))
        return c[:, 1] - (0.955 - dip)

    neckline = both(round_neck(1.49, 0.03, 0.02), points)
    _, cloth, made = _body(fitting, garment, 0.86, -0.002, gap, neckline, slope=0.7, waist=0.3)
    material = solid("vest buttons", 0.5 * np.array(COLORS[garment.color]), 0.35)
    row = buttons(cloth, [(0.010, y) for y in np.arange(1.225, 1.0, -0.055)], material, 0.007)
    x, y, z = cloth.canonical.T
    pockets = np.minimum.reduce([0.045 - np.abs(np.abs(x) - 0.09), 0.010 - np.abs(y - 1.09), z])
    strips = [patch(cloth, pockets, 0.002, Region.TRIM), _overlap(cloth, 0.935, 1.25)]
    return _finished(made, cloth, strips, (row,))


def make_apron(fitting: Fitting, garment: Garment) -> Worn:
    """A front panel with a bib, a strap around the neck and strings around the waist."""
    around_neck = round_neck(1.49, 0.03)
    hem = {"mini": 0.70, "knee": 0.54, "midi": 0.40, "long": 0.25}[garment.length or "knee"]
    radius = bare(fitting)
    radius["torso"] = torso_radius(fitting, 0.004, 0.25)

    def field(c: Points) -> Points:
        x, y, z = np.abs(c[:, 0]), c[:, 1], c[:, 2]
        width = np.where(y < 1.06, 0.155, 0.155 - 0.055 * smoothstep(y, 1.06, 1.20))
        panel = np.where(z > -0.01, np.minimum(width - x, 1.34 - y), -1.0)
        strings = 0.011 - np.abs(y - 1.065)
        strap = np.where(y > 1.32, 0.011 - np.abs(around_neck(c) - 0.03 - 1.5 * np.maximum(0, z - 0.03)), -1.0)
        strap = np.where(z > 0.03, np.minimum(0.011 - np.abs(x - 0.075), y - 1.32), strap)
        return np.maximum.reduce([np.minimum(panel, y - hem), strings, strap])

    whole = drape_cloth(fitting, tunic(), radius, 0.012 * fitting.figure.scale)
    cloth = whole.cut(field(whole.canonical))
    x, y, z = cloth.canonical.T
    pocket = patch(cloth, np.minimum.reduce([0.10 - np.abs(x), 0.96 - y, y - 0.83, z]), 0.003, Region.TRIM)
    nothing: Field = lambda c: np.full(len(c), -1.0)  # noqa: E731 - an apron leaves its wearer visible behind
    return Worn(garment, sewn(cloth, pocket, thickness=0.002), nothing)


def make_cape(fitting: Fitting, garment: Garment) -> Worn:
    """Hung around the shoulders, falling in folds behind; closed by a collar and a clasp."""
    length = {"mini": 0.75, "knee": 0.48, "midi": 0.30, "long": 0.10}[garment.length or "long"]
    scale = fitting.figure.scale
    whole = drape_cloth(fitting, tunic(), bare(fitting), 0.020 * scale)
    neckline = round_neck(1.500, 0.035)
    cloth = _cape_sheet(fitting, whole, neckline, length)
    rows: Profile = [(0.02, 0.004), (-0.03, 0.010), (-0.033, 0.006), (-0.03, 0.002), (0.0, 0.0)]
    collar = neck_strip(whole, neckline, rows, open_turn(0.12), scale, island=1)
    clasp = buttons(whole, [(0.0, 1.452)], solid("cape clasp", COLORS["gold"], 0.3, 0.9), 0.020, 0.004)
    nothing: Field = lambda c: np.full(len(c), -1.0)  # noqa: E731 - open in front and below
    return Worn(garment, sewn(cloth, collar), nothing, (clasp,))


def _cape_sheet(fitting: Fitting, whole: Cloth, neckline: Field, length: float) -> Cloth:
    """Rows from the neck over the shoulders down the back; columns from one shoulder around behind to the other."""
    scale, rings = fitting.figure.scale, fitting.rings["torso"]
    behind = np.linspace(-1, 1, 61)  # across, -1 = the wearer's right edge
    levels = (0.0, 0.025, 0.05, 0.075, 0.10, 0.125, 0.15)
    top = neck_strip(whole, neckline, [(level, 0.006) for level in levels], np.pi - behind * 2.0, scale)
    columns = len(behind)
    rows = [top.vertices.reshape(-1, columns, 3)]
    last = rows[0][-1]
    heights = np.arange(1.36, length, -0.04)
    lines = []
    for y in heights:
        fall = (1.40 - y) / 1.3
        k = int(np.clip(np.searchsorted(-HEIGHTS, -y), 0, len(HEIGHTS) - 1))
        back = fitting.worn["torso"][k].max() if k > LEG_TOP else fitting.worn["torso"][k][24:41].max()
        half = (0.25 + 0.16 * fall) * scale
        depth = rings.centers[k, 2] - back - (0.02 + 0.16 * fall) * scale
        wave = 0.028 * np.clip(3 * fall, 0, 1) * scale * np.cos(behind * 15 + 0.6)
        x = np.sin(behind * 1.45) / np.sin(1.45) * half
        z = depth + (1 - np.cos(behind * 1.45)) * (0.11 + 0.05 * fall) * scale + wave
        lines.append(np.stack([x, np.full(columns, rings.centers[k, 1]), z], 1))
    sheet = np.stack(lines)
    blend = smoothstep(np.arange(len(sheet), dtype=float), -1, 5)[:, None, None]
    fall = last - 0.035 * np.arange(1, len(sheet) + 1)[:, None, None] * np.array([0, scale, 0])
    sheet = fall * (1 - blend) + sheet * blend
    points = np.concatenate([rows[0], sheet])
    weights = np.concatenate([top.lbs_weights.reshape(len(levels), columns, -1), _cape_weights(heights, behind)])
    canonical = np.concatenate([top.canonical.reshape(len(levels), columns, 3), sheet / scale])
    return strip(points, canonical, weights, Region.BACK, 0)


def _cape_weights(heights: Points, behind: Points) -> Points:  # [R], [A] -> [R, A, J]
    weights = np.zeros((len(heights), len(behind), len(JOINT_INDEX)))
    chest, hips = smoothstep(heights, 0.95, 1.30), 0.35 * smoothstep(heights, 0.95, 0.6)
    left = smoothstep(behind, -0.7, 0.7)
    weights[..., JOINT_INDEX["spine3"]] = chest[:, None]
    weights[..., JOINT_INDEX["left_hip"]] = ((1 - chest) * hips)[:, None] * left
    weights[..., JOINT_INDEX["right_hip"]] = ((1 - chest) * hips)[:, None] * (1 - left)
    weights[..., JOINT_INDEX["pelvis"]] = ((1 - chest) * (1 - hips))[:, None]
    return weights
