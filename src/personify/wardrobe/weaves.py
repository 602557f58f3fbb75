"""Materials: what a cloth's surface looks like close up, apart from its colours.

Each weave returns a tint [...] that multiplies the colour and a height [...] in metres for the normal map. Detail finer
than two texels fades out instead of aliasing.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from personify.body.mesh import Float
from personify.wardrobe.fractal import fractal, scatter
from personify.wardrobe.patterns import Region, Swatch, Values

KNITTED = ("sweater", "turtleneck", "beanie", "scarf", "socks")


@dataclass(frozen=True)
class Weave:
    """A material of the vocabulary.

    Attributes:
        detail: `Swatch` and metres to the nearest hem [...] -> (tint, height in metres).
        roughness: of `Material`.
        metallic: of `Material`.
        folds: how deep soft wrinkles are, 1 = cotton.
        stitched: hems and seams carry a visible stitch line.
    """

    detail: Callable[[Swatch, Float], tuple[Values, Values]]
    roughness: float
    metallic: float = 0.0
    folds: float = 1.0
    stitched: bool = True


def visible(s: Swatch, period: float) -> float:
    """1 where a repeat spans several texels, 0 where it would alias."""
    return float(np.clip((period / s.texel - 1.5) / 2.0, 0, 1))


def cotton(s: Swatch, edge: Float) -> tuple[Values, Values]:
    grain = fractal(s.st, 0.006, 2, s.seed) * visible(s, 0.006)
    cloudy = fractal(s.st, 0.12, 2, s.seed + 1)
    return 1 + 0.02 * grain + 0.02 * cloudy, 0.00012 * grain


def denim(s: Swatch, edge: Float) -> tuple[Values, Values]:
    """Twill lines, slubby warp, worn thighs, knees and seat."""
    period = max(0.0032, 3.2 * s.texel)
    twill = np.sin((s.st[..., 0] + s.st[..., 1]) * (2 * np.pi / period)) * visible(s, period)
    slub = fractal(s.st, (0.004, 0.05), 2, s.seed)
    legs = np.isin(s.region, (Region.LEFT_LEG, Region.RIGHT_LEG, Region.SKIRT))
    x, y, z = (s.canonical[..., k] for k in range(3))
    thigh = np.exp(-np.square((np.abs(x) - 0.115) / 0.055) - np.square((y - 0.68) / 0.17)) * (z > 0.0)
    seat = np.exp(-np.square((np.abs(x) - 0.09) / 0.07) - np.square((y - 0.86) / 0.08)) * (z < 0.0)
    worn = np.where(legs, thigh + 0.5 * seat, 0.0) * (0.8 + 0.5 * fractal(s.st, (0.02, 0.10), 3, s.seed + 2))
    worn = worn + 0.35 * np.exp(-edge / 0.004)
    return 1 + 0.05 * twill + 0.10 * slub + 0.55 * worn, 0.00025 * twill


def wool(s: Swatch, edge: Float) -> tuple[Values, Values]:
    """Woven flannel; knitwear uses `knit`."""
    melange = fractal(s.st, (0.008, 0.012), 3, s.seed)
    return 1 + 0.06 * melange, 0.00015 * melange


def knit(s: Swatch, edge: Float) -> tuple[Values, Values]:
    """Columns of V stitches, with a 1x1 rib at hems, cuffs and collars."""
    width, tall = max(0.0085, 4 * s.texel), max(0.0065, 3 * s.texel)
    column = (s.st[..., 0] / width) % 1.0 - 0.5
    row = (s.st[..., 1] / tall - 1.1 * np.abs(column) * width / tall) % 1.0
    stitch = np.abs(np.sin(np.pi * row)) * np.cos(np.pi * column) ** 2 * (1 - np.exp(-np.square(column / 0.08)))
    rib = np.cos(2 * np.pi * s.st[..., 0] / (1.4 * width))
    ribbed = np.clip((0.05 - edge) / 0.004, 0, 1) * np.ones_like(rib)
    ribbed = np.where(np.isin(s.region, (Region.COLLAR, Region.CUFF)), 1.0, ribbed)
    height = (1 - ribbed) * (stitch - 0.5) + ribbed * 0.8 * rib
    soft = fractal(s.st, 0.05, 2, s.seed)
    return 1 + 0.10 * height + 0.03 * soft, 0.0011 * height * visible(s, width)


def leather(s: Swatch, edge: Float) -> tuple[Values, Values]:
    pebble = max(0.0045, 3 * s.texel)
    offset, random = scatter(s.st, pebble, 0.8, s.seed)
    grain = 1 - np.hypot(offset[..., 0], offset[..., 1]) / (0.6 * pebble)
    patina = fractal(s.canonical, 0.11, 3, s.seed + 1)
    return 1 + 0.07 * patina + 0.03 * (random - 0.5), 0.00022 * grain * visible(s, pebble)


def silk(s: Swatch, edge: Float) -> tuple[Values, Values]:
    sheen = fractal(s.canonical, (0.07, 0.22, 0.07), 2, s.seed)
    return 1 + 0.05 * sheen, np.zeros_like(sheen)


def metal(s: Swatch, edge: Float) -> tuple[Values, Values]:
    """Brushed along t, with shallow hammer marks and worn, brighter rims."""
    brushed = fractal(s.st, (0.0025, 0.06), 2, s.seed) * visible(s, 0.005)
    dents = fractal(s.canonical, 0.05, 2, s.seed + 1)
    return 1 + 0.04 * brushed + 0.03 * dents + 0.12 * np.exp(-edge / 0.003), 0.00005 * brushed + 0.0008 * dents


def linen(s: Swatch, edge: Float) -> tuple[Values, Values]:
    weft, warp = fractal(s.st, (0.045, 0.004), 2, s.seed), fractal(s.st, (0.004, 0.045), 2, s.seed + 1)
    return 1 + 0.07 * weft + 0.07 * warp, 0.0002 * (weft + warp) * visible(s, 0.005)


def fur(s: Swatch, edge: Float) -> tuple[Values, Values]:
    comb = 0.012 * fractal(s.st, 0.05, 2, s.seed + 2)
    strands = fractal(s.st + comb[..., None], (max(0.003, 2 * s.texel), 0.03), 2, s.seed)
    clumps = fractal(s.st + comb[..., None], (0.014, 0.05), 2, s.seed + 1)
    return 1 + 0.22 * strands + 0.16 * clumps, 0.0016 * strands + 0.003 * clumps


def rubber(s: Swatch, edge: Float) -> tuple[Values, Values]:
    cloudy = fractal(s.canonical, 0.08, 2, s.seed)
    return 1 + 0.02 * cloudy, np.zeros_like(cloudy)


WEAVES: dict[str, Weave] = {
    "cotton": Weave(cotton, 0.85),
    "denim": Weave(denim, 0.82, folds=0.9),
    "wool": Weave(wool, 0.92, folds=0.6, stitched=False),
    "leather": Weave(leather, 0.46, folds=0.7),
    "silk": Weave(silk, 0.52, folds=1.2, stitched=False),
    "metal": Weave(metal, 0.32, metallic=0.9, folds=0.0, stitched=False),
    "linen": Weave(linen, 0.88, folds=1.3),
    "fur": Weave(fur, 0.95, folds=0.0, stitched=False),
    "rubber": Weave(rubber, 0.5, folds=0.0, stitched=False),
}
NYLON = Weave(silk, 0.78, folds=0.15, stitched=False)
KNIT = Weave(knit, 0.93, folds=0.5, stitched=False)


def weave_of(kind: str, material: str) -> Weave:
    """The weave of a garment: wool is knitted in some kinds and woven in others; silk stockings are matt."""
    if kind == "stockings" and material == "silk":
        return NYLON
    return KNIT if material == "wool" and kind in KNITTED else WEAVES[material]
