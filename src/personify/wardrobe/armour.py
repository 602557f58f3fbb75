"""Plate armour: breastplate, pauldrons and tassets over whatever is worn."""

from __future__ import annotations

import numpy as np

from personify.wardrobe.cloth import Cloth, drape_cloth, patch
from personify.wardrobe.drape import Fitting
from personify.wardrobe.outfit import Garment
from personify.wardrobe.patterns import Region
from personify.wardrobe.suit import HEIGHTS, node_angles, smoothstep, tunic
from personify.wardrobe.tailor import Worn, above, bare, both, put_on, round_neck, sewn, sleeve, torso_radius
from personify.wardrobe.trims import stand_collar


def make_armour(fitting: Fitting, garment: Garment) -> Worn:
    """Breastplate with a keel and gorget, three lames over each shoulder, three over each thigh."""
    scale = fitting.figure.scale
    radius = bare(fitting)
    radius["torso"] = torso_radius(fitting, 0.014, 0.45, 0.30, flare_from=1.03, waist=0.5)
    keel = np.exp(-((np.minimum(node_angles(), 2 * np.pi - node_angles()) / 0.16) ** 2))
    chest = smoothstep(HEIGHTS, 1.02, 1.16) * smoothstep(HEIGHTS, 1.42, 1.30)
    radius["torso"] = radius["torso"] + 0.016 * scale * chest[:, None] * keel
    whole = drape_cloth(fitting, tunic(), radius, 0.012 * scale)
    neckline = round_neck(1.495, 0.05, 0.012)
    field = both(above(1.02), sleeve(0.165), neckline)
    cloth = whole.cut(field(whole.canonical))
    put_on(fitting, radius, {"torso": (0.80, 2.0)})
    c = cloth.canonical
    trims = [patch(cloth, 0.014 - field(c), 0.004, Region.TRIM)]
    trims.append(patch(cloth, 0.012 - np.abs(c[:, 1] - 1.13 + 0.25 * np.abs(c[:, 0])), 0.003, Region.TRIM))
    gorget = stand_collar(whole, neckline, scale, 0.03, 0.0)
    plates = [*_pauldrons(whole), *_tassets(whole)]
    return Worn(garment, sewn(cloth, *trims, gorget, *plates, thickness=0.005), field)


def _plate(whole: Cloth, field: np.ndarray, height: np.ndarray | float, region: Region) -> Cloth:
    """A stiff sheet lifted off the surface."""
    lifted = whole.moved(np.broadcast_to(np.asarray(height, float), len(whole.vertices)))
    return sewn(lifted.cut(field), thickness=0.005)


def _pauldrons(whole: Cloth) -> list[Cloth]:
    """Overlapping lames from the shoulder's top outwards, the upper ones lying over the lower."""
    x, y, z = np.abs(whole.canonical[:, 0]), whole.canonical[:, 1], whole.canonical[:, 2]
    hood = np.minimum(y - (1.365 + 0.25 * np.abs(x - 0.20)), 0.11 - np.abs(z))
    plates = []
    for low, high, lift in ((0.128, 0.215, 0.030), (0.195, 0.262, 0.022), (0.240, 0.305, 0.014)):
        bulge = 0.012 * np.clip((x - low) / (high - low), 0, 1)
        plates.append(_plate(whole, np.minimum.reduce([x - low, high - x, hood]), lift + bulge, Region.TRIM))
    return plates


def _tassets(whole: Cloth) -> list[Cloth]:
    """Skirt plates over hips and thighs, open in front and behind."""
    x, y, z = np.abs(whole.canonical[:, 0]), whole.canonical[:, 1], whole.canonical[:, 2]
    opening = x - np.where(z > 0, 0.028, 0.05) - 0.12 * np.maximum(0, 1.0 - y)
    plates = []
    for low, high, lift in ((0.955, 1.035, 0.010), (0.885, 0.965, 0.006), (0.80, 0.895, 0.002)):
        bulge = 0.010 * np.clip((high - y) / (high - low), 0, 1)
        plates.append(_plate(whole, np.minimum.reduce([y - low, high - y, opening]), lift + bulge, Region.TRIM))
    return plates
