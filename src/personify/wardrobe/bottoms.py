"""Trousers, jeans, shorts, leggings, skirts, socks and stockings."""

from __future__ import annotations

import numpy as np

from personify.wardrobe.cloth import Cloth, patch
from personify.wardrobe.drape import Fitting
from personify.wardrobe.outfit import Garment
from personify.wardrobe.patterns import Region
from personify.wardrobe.tailor import (
    EASE,
    HANG,
    Worn,
    above,
    bare,
    below,
    both,
    cut_out,
    leg_radius,
    put_on,
    sewn,
    torso_radius,
)

WAIST = 1.035  # canonical y of a waistband's upper edge
SKIRT_HEMS = {"mini": 0.66, "knee": 0.50, "midi": 0.32, "long": 0.11}
HEM_RADIUS = {"slim": 0.062, "regular": 0.088, "loose": 0.118}


def make_bottom(fitting: Fitting, garment: Garment) -> Worn:
    """Any garment of the slot ``bottom``."""
    makers = {"skirt": _skirt, "leggings": _leggings}
    return makers.get(garment.kind, _trousers)(fitting, garment)


def _trousers(fitting: Fitting, garment: Garment) -> Worn:
    is_shorts = garment.kind == "shorts"
    hem = SHORTS_HEMS[garment.length or "knee"] if is_shorts else {"knee": 0.47, "midi": 0.27}.get(garment.length or "", 0.055)
    circumference = None if is_shorts and garment.fit == "slim" else HEM_RADIUS[garment.fit]
    cloth = trouser_cloth(fitting, garment, both(below(WAIST), above(hem)), (hem, WAIST), circumference, is_shorts)
    c = cloth.canonical
    waistband = patch(cloth, c[:, 1] - (WAIST - 0.038), 0.0025, Region.CUFF)
    fly = patch(cloth, _box(c, 0.011, 0.0, 0.022, 0.94, 0.90), 0.0018) if garment.kind != "shorts" else None
    pockets = [patch(cloth, _box(c, 0.085, side * 0.085, 0.055, 0.895, 0.0, back=True), 0.002) for side in (1, -1)]
    parts = [waistband, *pockets] + ([fly] if fly is not None else [])
    return Worn(garment, sewn(cloth, *(part for part in parts if len(part.faces))), both(below(WAIST), above(hem)))


SHORTS_HEMS = {"mini": 0.70, "knee": 0.555, "midi": 0.40, "long": 0.40}


def _box(c: np.ndarray, _: float, x: float, half: float, y: float, __: float, back: bool = False) -> np.ndarray:
    """A rounded rectangle around (x, y) on the front or back."""
    side = -c[:, 2] if back else c[:, 2]
    height = 0.062 if back else 0.075
    return np.minimum.reduce([half - np.abs(c[:, 0] - x), height - np.abs(c[:, 1] - y), side - 0.02])


def trouser_cloth(fitting: Fitting, garment: Garment, field, rows, hem_radius, is_shorts=False) -> Cloth:
    """Legs and hips of trousers, jumpsuits and overalls."""
    low, high = rows
    radius = bare(fitting)
    ease = EASE[garment.fit]
    radius["torso"] = torso_radius(fitting, 0.5 * ease + 0.003, 0.8)
    for side in ("left", "right"):
        shape = 0.0 if hem_radius is None else 1.0
        radius[f"{side}_leg"] = leg_radius(fitting, side, ease + 0.004, hem_radius, 0.0 if is_shorts else shape)
    cloth = cut_out(fitting, radius, 0.004, field, legs=True)
    put_on(fitting, radius, {"torso": (low, high), "left_leg": (low, high), "right_leg": (low, high)})
    return _parted(cloth)


def _parted(cloth: Cloth) -> Cloth:
    """Keep each trouser leg on its own side, so that thighs do not run through each other."""
    from dataclasses import replace

    x, y = cloth.canonical[:, 0], cloth.canonical[:, 1]
    vertices = cloth.vertices.copy()
    lower = y < 0.82
    vertices[lower, 0] = np.where(x[lower] > 0, np.maximum(vertices[lower, 0], 0.002), np.minimum(vertices[lower, 0], -0.002))
    return replace(cloth, vertices=vertices, trousers_below=2.0)


def _leggings(fitting: Fitting, garment: Garment) -> Worn:
    field = both(below(WAIST), above(0.085))
    radius = bare(fitting)
    cloth = cut_out(fitting, radius, 0.001, field, legs=True)
    return Worn(garment, sewn(cloth, thickness=0.002), field)


def _skirt(fitting: Fitting, garment: Garment) -> Worn:
    hem = SKIRT_HEMS[garment.length or "knee"]
    flare = {"slim": 0.0, "regular": 0.16, "loose": 0.42}[garment.fit]
    radius = bare(fitting)
    radius["torso"] = torso_radius(fitting, 0.004, 0.9, flare)
    field = both(below(WAIST), above(hem))
    cloth = cut_out(fitting, radius, 0.004, field)
    put_on(fitting, radius, {"torso": (hem, WAIST)})
    waistband = patch(cloth, cloth.canonical[:, 1] - (WAIST - 0.035), 0.002, Region.CUFF)
    return Worn(garment, sewn(cloth, waistband), both(below(WAIST), above(hem + 0.14)))
