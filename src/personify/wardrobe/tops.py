"""T-shirts, shirts, polo shirts, tank tops, sweaters, turtlenecks, hoodies and blouses."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from personify.body.mesh import Int
from personify.wardrobe.cloth import Cloth, drape_cloth, patch
from personify.wardrobe.drape import Fitting
from personify.wardrobe.fabric import solid
from personify.wardrobe.figure import Points
from personify.wardrobe.outfit import Garment
from personify.wardrobe.patterns import Region
from personify.wardrobe.piece import Piece
from personify.wardrobe.suit import tunic
from personify.wardrobe.tailor import (
    EASE,
    HANG,
    SLEEVE_END,
    WAIST,
    Field,
    Worn,
    above,
    arm_radius,
    bare,
    both,
    gather_at_waist,
    put_on,
    round_neck,
    sewn,
    sleeve,
    torso_radius,
    v_neck,
)
from personify.wardrobe.trims import buttons, hood, nearest_index, roll_collar, shirt_collar
from personify.wardrobe.vocabulary import COLORS, GARMENTS

THICK = {"sweater": 0.006, "turtleneck": 0.004, "hoodie": 0.009}
STRAP_END = 0.142  # canonical |x| of the outer edge of a tank top's straps
TUCKED_HEM, LOOSE_HEM = WAIST - 0.06, 0.85
Details = tuple[list[Cloth], list[Piece]]


def sleeves_of(garment: Garment) -> str:
    """The garment's sleeves, or its kind's usual ones."""
    return garment.sleeves or GARMENTS[garment.kind].sleeves or "none"


def neckline_of(garment: Garment, rng: np.random.Generator) -> Field:
    """The neckline of a kind of top; t-shirts and blouses vary a little."""
    choice = rng.random()
    if garment.kind == "tank top":
        return round_neck(1.47, 0.10, 0.035)
    if garment.kind == "t-shirt" and choice > 0.75:
        return v_neck(0.11)
    if garment.kind == "blouse" and choice > 0.5:
        return v_neck(0.12, 0.07)
    return round_neck(1.502, 0.045 if garment.kind in ("shirt", "polo shirt", "hoodie") else 0.06)


def make_top(fitting: Fitting, garment: Garment, tucked: bool, rng: np.random.Generator) -> Worn:
    """Any garment of the slot ``top``."""
    hem = TUCKED_HEM if tucked else LOOSE_HEM
    extra = THICK.get(garment.kind, 0.0)
    ease = EASE[garment.fit] + extra
    gathered = 0.006 if garment.kind in ("sweater", "turtleneck", "hoodie", "shirt", "blouse") else None
    radius = bare(fitting)
    waist = 0.5 if garment.kind == "blouse" else 0.0
    radius["torso"] = torso_radius(fitting, ease, HANG[garment.fit], waist=waist)
    if tucked:
        radius["torso"] = gather_at_waist(fitting, radius["torso"])
    for side in ("left", "right"):
        radius[f"{side}_arm"] = arm_radius(fitting, side, ease, 0.25, gathered)
    bare_shoulders = garment.kind == "tank top" and sleeves_of(garment) == "none"
    end = STRAP_END if bare_shoulders else SLEEVE_END[sleeves_of(garment)]
    neckline = neckline_of(garment, rng)
    field = both(above(hem), sleeve(end), neckline)
    whole = drape_cloth(fitting, tunic(), radius, (0.002 + 0.6 * extra) * fitting.figure.scale)
    cloth = whole.cut(field(whole.canonical))
    put_on(fitting, radius, {"torso": (hem, 2.0), "left_arm": (0, end), "right_arm": (0, end)})
    strips, hardware = _DETAILS[garment.kind](garment, whole, cloth, neckline, end, fitting.figure.scale)
    if not tucked and garment.kind in ("sweater", "turtleneck", "hoodie"):
        strips.append(patch(cloth, hem + 0.05 - cloth.canonical[:, 1], 0.0025, Region.CUFF))
    return Worn(garment, sewn(cloth, *(part for part in strips if len(part.faces))), field, tuple(hardware))


def cuffs(cloth: Cloth, end: float, width: float, height: float = 0.0022) -> list[Cloth]:
    """Bands at the ends of long sleeves."""
    c = cloth.canonical
    return [patch(cloth, np.minimum(np.abs(c[:, 0]) - (end - width), c[:, 1] - 1.2), height, Region.CUFF)]


def neck_band(cloth: Cloth, neckline: Field, width: float = 0.018) -> Cloth:
    """Ribbing along the neckline."""
    field = np.minimum(width - neckline(cloth.canonical), cloth.canonical[:, 1] - 1.2)
    return patch(cloth, field, 0.0016, Region.COLLAR)


def placket(cloth: Cloth, top: float, bottom: float, half: float = 0.016) -> Cloth:
    """The raised band down the front that carries the buttons."""
    x, y, z = cloth.canonical.T
    field: Points = np.minimum.reduce([half - np.abs(x), y - bottom, top - y, z - 0.01])
    return patch(cloth, field, 0.002, Region.TRIM)


def _button_row(garment: Garment, cloth: Cloth, places: list[tuple[float, float]]) -> Piece:
    light = np.mean(COLORS[garment.color]) > 0.55
    color = (0.90, 0.88, 0.82) if not light else (0.80, 0.78, 0.74)
    return buttons(cloth, places, solid(f"{garment.kind} buttons", color, 0.35))


def _plain(garment: Garment, whole: Cloth, cloth: Cloth, neckline: Field, end: float, scale: float) -> Details:
    return [neck_band(cloth, neckline)], []


def _shirt(garment: Garment, whole: Cloth, cloth: Cloth, neckline: Field, end: float, scale: float) -> Details:
    bottom = float(cloth.canonical[:, 1].min())
    strips = [shirt_collar(whole, neckline, scale), placket(cloth, 1.46, bottom)]
    if end > 0.6:
        strips += cuffs(cloth, end, 0.055)
    pocket = _pocket(cloth, 0.085, 1.265, 0.046, 0.055)
    places = [(0.0, y) for y in np.arange(1.42, bottom + 0.03, -0.085)]
    return [*strips, pocket], [_button_row(garment, cloth, places)]


def _polo(garment: Garment, whole: Cloth, cloth: Cloth, neckline: Field, end: float, scale: float) -> Details:
    strips = [shirt_collar(whole, neckline, scale, point=0.068), placket(cloth, 1.46, 1.30), *cuffs(cloth, end, 0.02)]
    return strips, [_button_row(garment, cloth, [(0.0, 1.42), (0.0, 1.365), (0.0, 1.315)])]


def _blouse(garment: Garment, whole: Cloth, cloth: Cloth, neckline: Field, end: float, scale: float) -> Details:
    strips = [neck_band(cloth, neckline, 0.012), *(cuffs(cloth, end, 0.03) if end > 0.6 else [])]
    bottom = float(cloth.canonical[:, 1].min())
    return strips, [_button_row(garment, cloth, [(0.0, y) for y in np.arange(1.33, bottom + 0.04, -0.075)])]


def _sweater(garment: Garment, whole: Cloth, cloth: Cloth, neckline: Field, end: float, scale: float) -> Details:
    return [neck_band(cloth, neckline, 0.024), *(cuffs(cloth, end, 0.055, 0.003) if end > 0.6 else [])], []


def _turtleneck(garment: Garment, whole: Cloth, cloth: Cloth, neckline: Field, end: float, scale: float) -> Details:
    return [roll_collar(whole, neckline, scale), *(cuffs(cloth, end, 0.055, 0.003) if end > 0.6 else [])], []


def _hoodie(garment: Garment, whole: Cloth, cloth: Cloth, neckline: Field, end: float, scale: float) -> Details:
    x, y, z = cloth.canonical.T
    slant = 0.125 - 0.55 * np.maximum(0, y - 0.985) - np.abs(x)
    kangaroo = patch(cloth, np.minimum.reduce([slant, y - 0.915, 1.075 - y, z - 0.01]), 0.004)
    strips = [hood(whole, neckline, scale), kangaroo, *(cuffs(cloth, end, 0.055, 0.003) if end > 0.6 else [])]
    return strips, [_strings(cloth, garment)]


def _strings(cloth: Cloth, garment: Garment) -> Piece:
    """Two cords hanging from the hood."""
    parts: list[Points] = []
    faces: list[Int] = []
    weights: list[Points] = []
    for side in (1, -1):
        heights = np.arange(1.435, 1.25, -0.012)
        picks = [nearest_index(cloth, side * (0.045 + 0.1 * max(0.0, y - 1.38)), y) for y in heights]
        normals = cloth.normals[picks]
        centers = cloth.vertices[picks] + normals * 0.007
        centers[:, 0] = np.linspace(centers[0, 0], centers[0, 0] * 0.95, len(picks))
        turn = np.arange(6) * (2 * np.pi / 6)
        ring = 0.0028 * np.stack([np.cos(turn), np.zeros(6), np.sin(turn)], 1)
        start = sum(len(part) for part in parts)
        parts.append((centers[:, None] + ring).reshape(-1, 3))
        weights.append(np.repeat(cloth.lbs_weights[picks], 6, 0))
        index = np.arange(len(picks) * 6).reshape(-1, 6) + start
        a, b = index[:-1], index[1:]
        c, d = np.roll(b, -1, 1), np.roll(a, -1, 1)
        faces.append(np.stack([a, d, c, a, c, b], -1).reshape(-1, 3))
    vertices = np.concatenate(parts)
    light = np.mean(COLORS[garment.color]) < 0.6
    material = solid(f"{garment.kind} strings", COLORS["cream" if light else "charcoal"], 0.8)
    uvs = np.full((len(vertices), 2), 0.5)
    return Piece(material.name, vertices, np.concatenate(faces), uvs, np.concatenate(weights), material)


def _pocket(cloth: Cloth, x: float, y: float, half: float, height: float) -> Cloth:
    cx, cy, cz = cloth.canonical.T
    point = 0.012 * (1 - np.abs(cx - x) / half)
    field = np.minimum.reduce([half - np.abs(cx - x), y + height - cy, cy - (y - height) + point, cz - 0.01])
    return patch(cloth, field, 0.0018, Region.TRIM)


_DETAILS: dict[str, Callable[..., Details]] = {
    "t-shirt": _plain,
    "tank top": _plain,
    "shirt": _shirt,
    "polo shirt": _polo,
    "blouse": _blouse,
    "sweater": _sweater,
    "turtleneck": _turtleneck,
    "hoodie": _hoodie,
}
