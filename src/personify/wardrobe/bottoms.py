"""Trousers, jeans, shorts, leggings, skirts, socks and stockings."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from personify.wardrobe.cloth import Cloth, patch
from personify.wardrobe.drape import Fitting
from personify.wardrobe.outfit import Garment
from personify.wardrobe.patterns import Region
from personify.wardrobe.tailor import (
    EASE,
    WAIST,
    Field,
    Worn,
    above,
    bare,
    below,
    both,
    cut_out,
    leg_radius,
    put_on,
    sewn,
    slip,
    torso_radius,
    waisted,
)
from personify.wardrobe.vocabulary import GARMENTS

TROUSER_HEMS = {"mini": 0.70, "knee": 0.47, "midi": 0.27, "long": 0.064}
SLIM_HEM = 0.095  # narrow trousers end above the instep
SHORTS_HEMS = {"mini": 0.70, "knee": 0.555, "midi": 0.44, "long": 0.40}
SKIRT_HEMS = {"mini": 0.66, "knee": 0.50, "midi": 0.32, "long": 0.11}
HEM_RADIUS = {"slim": 0.048, "regular": 0.060, "loose": 0.100}


def make_bottom(fitting: Fitting, garment: Garment) -> Worn:
    """Any garment of the slot ``bottom``."""
    makers = {"skirt": _skirt, "leggings": _leggings}
    return makers.get(garment.kind, _trousers)(fitting, garment)


def _trousers(fitting: Fitting, garment: Garment) -> Worn:
    is_shorts = garment.kind == "shorts"
    hem = (SHORTS_HEMS if is_shorts else TROUSER_HEMS)[garment.length or GARMENTS[garment.kind].length or "long"]
    if garment.fit == "slim" and hem < 0.1:
        hem = SLIM_HEM
    field = both(below(WAIST), trouser_hem(hem))
    cloth = trouser_cloth(fitting, garment, field, (hem, WAIST), straight=not is_shorts)
    parts = [waistband(cloth), back_pocket(cloth, 0.085), back_pocket(cloth, -0.085)]
    if garment.kind != "leggings":
        parts.append(_fly(cloth))
    return Worn(garment, sewn(cloth, *parts), field)


def trouser_hem(height: float) -> Field:
    """Inside over ``height``; long trousers slant from the instep down to the heel."""
    slant = 0.25 if height < 0.09 else 0.0
    return lambda c: c[:, 1] - height - slant * c[:, 2]


def waistband(cloth: Cloth) -> Cloth:
    """The band along the upper edge."""
    return patch(cloth, cloth.canonical[:, 1] - (WAIST - 0.038), 0.0025, Region.CUFF)


def back_pocket(cloth: Cloth, x: float) -> Cloth:
    """A patch pocket on the seat."""
    cx, cy, cz = cloth.canonical.T
    point = 0.015 * (1 - np.abs(cx - x) / 0.055)
    field = np.minimum.reduce([0.055 - np.abs(cx - x), 0.930 - cy, cy - 0.820 + point, -cz - 0.02])
    return patch(cloth, field, 0.0018, Region.TRIM)


def _fly(cloth: Cloth) -> Cloth:
    x, y, z = cloth.canonical.T
    field = np.minimum.reduce([x + 0.002, 0.032 - x - 0.3 * np.maximum(0, 0.90 - y), y - 0.855, WAIST - 0.038 - y, z])
    return patch(cloth, field, 0.0016)


def trouser_cloth(
    fitting: Fitting, garment: Garment, field: Field, rows: tuple[float, float], straight: bool = True
) -> Cloth:
    """Legs and hips of trousers, jumpsuits and overalls between canonical y ``rows``."""
    radius = bare(fitting)
    ease = EASE[garment.fit]
    radius["torso"] = waisted(fitting, torso_radius(fitting, 0.5 * ease + 0.001, 0.8, flare=-0.8))
    for side in ("left", "right"):
        hem = HEM_RADIUS[garment.fit] if straight else None
        radius[f"{side}_leg"] = leg_radius(fitting, side, ease + 0.003, hem, rows[0])
    cloth = cut_out(fitting, radius, 0.004, field, legs=True)
    put_on(fitting, radius, {"torso": rows, "left_leg": rows, "right_leg": rows})
    return part_legs(cloth)


def part_legs(cloth: Cloth) -> Cloth:
    """Keep each trouser leg on its own side, so that thighs do not run through each other."""
    x, y = cloth.canonical[:, 0], cloth.canonical[:, 1]
    vertices = cloth.vertices.copy()
    side, low = np.sign(x), y < 0.82
    vertices[low, 0] = side[low] * np.maximum(vertices[low, 0] * side[low], 0.002)
    return replace(cloth, vertices=vertices, trousers_below=2.0)


def _leggings(fitting: Fitting, garment: Garment) -> Worn:
    field = both(below(WAIST), above(0.085))
    cloth = replace(cut_out(fitting, None, 0.0, field, legs=True), trousers_below=2.0)
    put_on(fitting, bare(fitting), dict.fromkeys(("torso", "left_leg", "right_leg"), (0.085, WAIST)))
    return Worn(garment, sewn(cloth, waistband(cloth), thickness=0.002), field)


def _skirt(fitting: Fitting, garment: Garment) -> Worn:
    hem = SKIRT_HEMS[garment.length or "knee"]
    flare = {"slim": 0.0, "regular": 0.16, "loose": 0.42}[garment.fit]
    radius = bare(fitting)
    radius["torso"] = waisted(fitting, torso_radius(fitting, 0.004, 0.9, flare, flare_from=0.92))
    field = both(below(WAIST), above(hem))
    cloth = cut_out(fitting, radius, 0.004, field)
    put_on(fitting, radius, {"torso": (hem, WAIST)})
    under = slip(fitting, garment.color)
    return Worn(garment, sewn(cloth, waistband(cloth)), both(below(WAIST), above(shown_leg(hem))), (under,))


def shown_leg(hem: float) -> float:
    """Canonical y up to which legs stay visible under a skirt that ends at ``hem``."""
    return max(hem + 0.14, 0.76)


def make_legwear(fitting: Fitting, garment: Garment, shoes: Garment | None = None) -> Worn:
    """Socks and stockings: a second skin over feet and legs; what is deep inside closed shoes is left out."""
    upper = {"mini": 0.14, "knee": 0.47, "midi": 0.47, "long": 0.74}.get(garment.length or "", SOCKS[garment.kind])
    inside_shoe = INSIDE_SHOE.get(shoes.kind, -1.0) if shoes else -1.0
    cloth = cut_out(fitting, None, -0.0025, both(below(upper), above(inside_shoe)), legs=True)
    cloth = replace(cloth, trousers_below=2.0)
    if garment.kind == "stockings":
        put_on(fitting, bare(fitting), dict.fromkeys(("torso", "left_leg", "right_leg"), (0.1, upper)))
    strips = (
        [patch(cloth, cloth.canonical[:, 1] - (upper - 0.03), 0.001, Region.CUFF)] if garment.kind == "socks" else []
    )
    return Worn(garment, sewn(cloth, *strips, thickness=0.0015), below(upper))


INSIDE_SHOE = {"sneakers": 0.045, "shoes": 0.045, "boots": 0.10}  # canonical y, well below the shoe's opening
SOCKS = {"socks": 0.22, "stockings": 0.99}
