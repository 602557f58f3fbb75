"""T-shirts, shirts, polo shirts, tank tops, sweaters, turtlenecks, hoodies and blouses."""

from __future__ import annotations

from personify.wardrobe.cloth import patch
from personify.wardrobe.drape import Fitting
from personify.wardrobe.outfit import Garment
from personify.wardrobe.patterns import Region
from personify.wardrobe.tailor import (
    EASE,
    HANG,
    SLEEVE_END,
    Worn,
    above,
    arm_radius,
    bare,
    both,
    cut_out,
    put_on,
    round_neck,
    sewn,
    sleeve,
    torso_radius,
)
from personify.wardrobe.vocabulary import GARMENTS

THICK = {"sweater": 0.006, "turtleneck": 0.005, "hoodie": 0.009}


def sleeves_of(garment: Garment) -> str:
    """The garment's sleeves, or its kind's usual ones."""
    return garment.sleeves or GARMENTS[garment.kind].sleeves or "none"


def make_top(fitting: Fitting, garment: Garment, tucked: bool) -> Worn:
    """Any garment of the slot ``top``."""
    hem = 0.97 if tucked else 0.845
    extra = THICK.get(garment.kind, 0.0)
    ease = EASE[garment.fit] + extra
    radius = bare(fitting)
    radius["torso"] = torso_radius(fitting, ease, HANG[garment.fit])
    for side in ("left", "right"):
        radius[f"{side}_arm"] = arm_radius(fitting, side, ease, 0.25)
    end = SLEEVE_END[sleeves_of(garment)]
    shape = both(above(hem), sleeve(end))
    field = both(shape, round_neck())
    cloth = cut_out(fitting, radius, 0.002 + 0.6 * extra, field)
    put_on(fitting, radius, {"torso": (hem, 2.0), "left_arm": (0, end), "right_arm": (0, end)})
    c = cloth.canonical
    collar = patch(cloth, 0.02 - round_neck()(c), 0.0018, Region.COLLAR)
    return Worn(garment, sewn(cloth, collar), field)
