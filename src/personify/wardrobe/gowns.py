"""Dresses, robes, jumpsuits and overalls."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from personify.wardrobe.bottoms import HEM_RADIUS, SKIRT_HEMS, back_pocket, part_legs, shown_leg
from personify.wardrobe.cloth import Cloth, drape_cloth, patch
from personify.wardrobe.drape import Fitting
from personify.wardrobe.fabric import solid
from personify.wardrobe.figure import Points
from personify.wardrobe.outfit import Garment
from personify.wardrobe.patterns import Region
from personify.wardrobe.suit import body_suit, smoothstep, tunic
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
    below,
    both,
    leg_radius,
    put_on,
    round_neck,
    sewn,
    sleeve,
    slip,
    torso_radius,
    v_neck,
)
from personify.wardrobe.tops import cuffs, neck_band, placket, sleeves_of
from personify.wardrobe.trims import buttons, shirt_collar
from personify.wardrobe.vocabulary import COLORS

_DRESS_WAIST = 1.125  # canonical y, where women are narrowest


def make_full(fitting: Fitting, garment: Garment, rng: np.random.Generator) -> Worn:
    """Any garment of the slot ``full``."""
    makers = {"dress": _dress, "robe": _robe, "jumpsuit": _jumpsuit, "overalls": _overalls}
    return makers[garment.kind](fitting, garment, rng)


def _dress(fitting: Fitting, garment: Garment, rng: np.random.Generator) -> Worn:
    hem = SKIRT_HEMS[garment.length or "knee"]
    flare = {"slim": 0.03, "regular": 0.26, "loose": 0.50}[garment.fit]
    radius = bare(fitting)
    ease = 0.5 * EASE[garment.fit]
    radius["torso"] = torso_radius(fitting, ease, 0.7, flare, flare_from=_DRESS_WAIST - 0.03, waist=0.9)
    for side in ("left", "right"):
        radius[f"{side}_arm"] = arm_radius(fitting, side, ease + 0.003, 0.3)
    end = SLEEVE_END[sleeves_of(garment)]
    necklines = (round_neck(1.49, 0.08, 0.012), v_neck(0.13, 0.075), round_neck(1.48, 0.09, 0.03))
    neckline = necklines[int(rng.integers(len(necklines)))]
    field = both(above(hem), sleeve(end), neckline)
    cloth = _cut(fitting, radius, 0.002, field, {"torso": (hem, 2.0), "left_arm": (0, end), "right_arm": (0, end)})
    c = cloth.canonical
    sash = patch(cloth, 0.016 - np.abs(c[:, 1] - _DRESS_WAIST), 0.002, Region.CUFF)
    covers = both(above(shown_leg(hem)), sleeve(end), neckline)
    return Worn(garment, sewn(cloth, neck_band(cloth, neckline, 0.010), sash), covers, (slip(fitting, garment.color),))


def _robe(fitting: Fitting, garment: Garment, rng: np.random.Generator) -> Worn:
    hem = SKIRT_HEMS[garment.length or "long"]
    radius = bare(fitting)
    ease = EASE[garment.fit] + 0.006
    radius["torso"] = torso_radius(fitting, ease, 0.25, 0.10, flare_from=1.02)
    for side in ("left", "right"):
        radius[f"{side}_arm"] = arm_radius(fitting, side, ease, -0.07)
    end = SLEEVE_END[sleeves_of(garment)]
    neckline = v_neck(0.24, 0.085, 1.505)
    field = both(above(hem), sleeve(end), neckline)
    cloth = _cut(fitting, radius, 0.006, field, {"torso": (hem, 2.0), "left_arm": (0, end), "right_arm": (0, end)})
    c = cloth.canonical
    edge = np.maximum(0.032 - neckline(c), _wrap_edge(c))
    band = patch(cloth, np.minimum(edge, c[:, 1] - hem), 0.003, Region.COLLAR)
    sash = patch(cloth, 0.028 - np.abs(c[:, 1] - 1.075), 0.007, Region.TRIM)
    tails = patch(cloth, _tails(c), 0.006, Region.TRIM)
    covers = both(above(shown_leg(hem)), sleeve(end), neckline)
    return Worn(
        garment, sewn(cloth, band, sash, tails, *cuffs(cloth, end, 0.04)), covers, (slip(fitting, garment.color),)
    )


def _wrap_edge(c: Points) -> Points:
    """The edge where one front of the robe lies over the other."""
    x, y, z = c.T
    return np.where((z > 0) & (y < 1.28), 0.014 - np.abs(x + 0.02), -1.0)


def _tails(c: Points) -> Points:
    """Two hanging ends of the sash."""
    x, y, z = c.T
    one = np.minimum.reduce([0.016 - np.abs(x - 0.055), 1.07 - y, y - 0.80])
    two = np.minimum.reduce([0.016 - np.abs(x - 0.095), 1.07 - y, y - 0.86])
    return np.where(z > 0, np.maximum(one, two), -1.0)


def _cut(fitting: Fitting, radius: dict[str, Points], offset: float, field: Field, rows: dict) -> Cloth:
    whole = drape_cloth(fitting, tunic(), radius, offset * fitting.figure.scale)
    put_on(fitting, radius, rows)
    return whole.cut(field(whole.canonical))


def _whole_suit(fitting: Fitting, garment: Garment, hem: float) -> tuple[Cloth, dict[str, Points]]:
    """Body suit hung as trousers below and a top above."""
    radius = bare(fitting)
    ease = EASE[garment.fit] + 0.002
    radius["torso"] = torso_radius(fitting, ease, HANG[garment.fit] + 0.2, flare=-0.8, waist=0.3)
    for side in ("left", "right"):
        radius[f"{side}_leg"] = leg_radius(fitting, side, ease + 0.003, HEM_RADIUS[garment.fit], hem)
        radius[f"{side}_arm"] = arm_radius(fitting, side, ease, 0.25, 0.006)
    whole = part_legs(drape_cloth(fitting, body_suit(), radius, 0.003 * fitting.figure.scale))
    return replace(whole, trousers_below=1.06), radius


def _jumpsuit(fitting: Fitting, garment: Garment, rng: np.random.Generator) -> Worn:
    hem = 0.47 if garment.length == "knee" else 0.055
    whole, radius = _whole_suit(fitting, garment, hem)
    end = SLEEVE_END[sleeves_of(garment)]
    neckline = round_neck(1.502, 0.05)
    field = both(above(hem), sleeve(end), neckline)
    cloth = whole.cut(field(whole.canonical))
    put_on(fitting, radius, dict.fromkeys(("torso", "left_leg", "right_leg"), (hem, 2.0)))
    put_on(fitting, radius, dict.fromkeys(("left_arm", "right_arm"), (0.0, end)))
    scale = fitting.figure.scale
    waist = patch(cloth, 0.018 - np.abs(cloth.canonical[:, 1] - 1.06), 0.002, Region.CUFF)
    strips = [shirt_collar(whole, neckline, scale), placket(cloth, 1.46, 0.92), waist]
    strips += cuffs(cloth, end, 0.05) if end > 0.6 else []
    strips += [back_pocket(cloth, 0.085), back_pocket(cloth, -0.085)]
    material = solid("jumpsuit buttons", COLORS["silver"], 0.35, 0.8)
    row = buttons(cloth, [(0.0, y) for y in np.arange(1.42, 1.09, -0.08)], material, 0.007)
    return Worn(garment, sewn(cloth, *strips), field, (row,))


def _overalls(fitting: Fitting, garment: Garment, rng: np.random.Generator) -> Worn:
    hem = {"knee": 0.47, "mini": 0.68}.get(garment.length or "long", 0.055)
    whole, radius = _whole_suit(fitting, garment, hem)
    radius["torso"] = np.maximum(radius["torso"], fitting.worn["torso"] + 0.005)
    field = both(above(hem), _bib)
    cloth = whole.cut(field(whole.canonical))
    put_on(fitting, radius, {"torso": (hem, WAIST), "left_leg": (hem, 2.0), "right_leg": (hem, 2.0)})
    x, y, z = cloth.canonical.T
    pocket = np.minimum.reduce([0.062 - np.abs(x), 1.295 - y, y - 1.175, z])
    strips = [patch(cloth, pocket, 0.002, Region.TRIM), back_pocket(cloth, 0.085), back_pocket(cloth, -0.085)]
    strips.append(patch(cloth, 0.018 - np.abs(y - 1.06), 0.002, Region.CUFF))
    material = solid("overalls buttons", COLORS["gold"], 0.3, 0.9)
    clasps = buttons(cloth, [(0.088, 1.325), (-0.088, 1.325)], material, 0.013, 0.004)
    covers = both(above(hem), below(1.08))
    return Worn(garment, sewn(cloth, *strips), covers, (clasps,))


def _bib(c: Points) -> Points:
    """Waist-high all around, a bib in front, straps over the shoulders that cross to the waist behind."""
    x, y, z = np.abs(c[:, 0]), c[:, 1], c[:, 2]
    body = 1.10 - y
    bib = np.where(z > 0, np.minimum(1.345 - y, 0.098 + 0.25 * np.maximum(0, 1.20 - y) - x), -1.0)
    spread = 0.088 - 0.06 * smoothstep(-z, -0.06, 0.09) * smoothstep(y, 1.45, 1.15)
    straps = np.minimum(0.019 - np.abs(x - spread), y - np.where(z > 0, 1.31, 1.05))
    return np.maximum.reduce([body, bib, straps])
