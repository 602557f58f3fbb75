"""The fifteen patterns of the vocabulary as functions of position on the cloth, at their natural scale.

Each takes a `Swatch` and returns sRGB colours [..., 3]. A pattern finer than the texture can hold is drawn coarser
(`Swatch.pitch`) instead of turning into noise.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from enum import IntEnum

import numpy as np
from numpy.typing import ArrayLike, NDArray

from personify.body.mesh import Float, Int
from personify.wardrobe.fractal import fractal, scatter

Values = NDArray[np.floating]


class Region(IntEnum):
    """Panels of a sewing pattern, as `PatternMap.region` names them."""

    FRONT = 0
    BACK = 1
    LEFT_SLEEVE = 2
    RIGHT_SLEEVE = 3
    LEFT_LEG = 4
    RIGHT_LEG = 5
    SKIRT = 6
    COLLAR = 7  # collars, lapels, hoods
    CUFF = 8  # cuffs, ribbed hems, waistbands
    TRIM = 9  # plackets, pockets, straps, hat bands
    LINING = 10  # what is seen only from inside
    HEAD = 11  # crowns and brims of hats


@dataclass(frozen=True)
class Swatch:
    """What a pattern may look at.

    Attributes:
        st: [..., 2] metres along the cloth, s to the wearer's left, t downwards.
        canonical: [..., 3] metres, the average adult's T-pose.
        region: [...] `Region` values.
        texel: metres per texel.
        base: [3] main colour, sRGB.
        accent: [3] second colour, sRGB.
        slot: the garment's slot.
        seed: of everything random.
    """

    st: Float
    canonical: Float
    region: Int
    texel: float
    base: Float
    accent: Float
    slot: str
    seed: int

    def pitch(self, natural: float, texels: float) -> float:
        """Natural repeat in metres, or ``texels`` texels where that is coarser."""
        return max(natural, texels * self.texel)

    def step(self, distance: Values) -> Float:
        """Antialiased coverage: 0 where ``distance`` (metres) is negative, 1 where positive."""
        return np.clip(distance / self.texel + 0.5, 0, 1).astype(np.float32)


def mix(a: ArrayLike, b: ArrayLike, weight: ArrayLike) -> Float:
    """Colours ``a`` to ``b`` by a weight [...] in [0, 1]."""
    start, end = (
        np.asarray(a, np.float32),
        np.asarray(b, np.float32),
    )  # single precision: textures are millions of texels
    return start + (end - start) * np.asarray(weight, np.float32)[..., None]


def _wave(position: Values, period: float) -> Float:
    """Distance in metres to the nearest edge of bands half a period wide; positive inside the odd bands."""
    return np.abs((position / period) % 1.0 - 0.5).astype(np.float32) * np.float32(period) - np.float32(period / 4)


def _line(position: Values, period: float, width: float) -> Values:
    """Signed distance, positive within lines of a width that repeat with a period."""
    return width / 2 - (np.abs((position / period) % 1.0 - 0.5) * period)


def luminance(color: np.ndarray) -> float:
    """Rec. 709 luma of an sRGB colour."""
    return float(np.dot(color, (0.2126, 0.7152, 0.0722)))


def plain(s: Swatch) -> Float:
    return np.broadcast_to(s.base, (*s.region.shape, 3)).astype(np.float32)


def striped(s: Swatch) -> Float:
    return mix(s.base, s.accent, s.step(_wave(s.st[..., 1], s.pitch(0.052, 5))))


def pinstriped(s: Swatch) -> Float:
    line = s.step(_line(s.st[..., 0], s.pitch(0.017, 4), max(0.0016, 0.5 * s.texel)))
    return mix(s.base, s.accent, 0.75 * line)


def checked(s: Swatch) -> Float:
    """Gingham: the accent in full only where two of its stripes cross, half of it where there is one."""
    period = s.pitch(0.05, 6)
    narrow = 0.05 * period  # the colour that was named has the wider stripes
    across, along = (s.step(_wave(s.st[..., axis], period) - narrow) for axis in (0, 1))
    return mix(s.base, s.accent, 0.5 * (across + along))


def tartan(s: Swatch) -> Float:
    """A symmetric sett: ground, dark bands, an accent over-check and a fine light line, woven both ways."""
    dark, light = s.base * 0.28, mix(s.accent, np.array((0.95, 0.93, 0.85)), 0.65)
    sett = ((0.0, s.base), (0.30, dark), (0.44, s.base), (0.52, s.accent), (0.60, dark), (0.86, light), (0.90, dark))
    period = s.pitch(0.13, 24)

    def threads(position: Values) -> Float:
        where = np.abs((position / period) % 1.0 * 2 - 1)
        color = np.broadcast_to(sett[0][1], (*where.shape, 3)).astype(np.float32)
        for start, tone in sett[1:]:
            color = mix(color, tone, s.step((where - start) * (period / 2)))
        return color

    thread = period / 48
    twill = ((s.st[..., 0] + s.st[..., 1]) / (2 * thread)) % 1.0 < 0.5
    blend = np.where(twill, 0.5 + 0.18 * min(1.0, thread / s.texel), 0.5 - 0.18 * min(1.0, thread / s.texel))
    return mix(threads(s.st[..., 0]), threads(s.st[..., 1]), blend)


def polka_dot(s: Swatch) -> Float:
    pitch = s.pitch(0.03, 5)
    offset, _ = scatter(s.st, pitch)
    return mix(s.base, s.accent, s.step(0.29 * pitch - np.hypot(offset[..., 0], offset[..., 1])))


def _petals(s: Swatch, offset: Float, turn: Float, radius: float | Values) -> Float:
    angle, distance = np.arctan2(offset[..., 1], offset[..., 0]), np.hypot(offset[..., 0], offset[..., 1])
    return s.step(radius * (0.62 + 0.38 * np.abs(np.cos(2.5 * angle + 6.3 * turn))) - distance)


def floral(s: Swatch) -> Float:
    """Five-petalled flowers with a yellow eye, leaves beside them and small blossoms between."""
    pitch = s.pitch(0.062, 9)
    leaf = np.array((0.22, 0.42, 0.20)) if luminance(s.base) > 0.3 else np.array((0.36, 0.58, 0.32))
    color = plain(s)
    small, random = scatter(s.st + 0.5 * pitch, pitch * 0.62, 0.5, s.seed + 1)
    color = mix(color, mix(s.accent, np.ones(3), 0.35), _petals(s, small, random, 0.085 * pitch) * (random > 0.35))
    offset, random = scatter(s.st, pitch, 0.45, s.seed)
    turn = 2 * math.pi * random
    for side in (0.9, 3.6):  # two pointed leaves below each flower
        along = offset[..., 0] * np.cos(turn + side) + offset[..., 1] * np.sin(turn + side) - 0.30 * pitch
        across = offset[..., 1] * np.cos(turn + side) - offset[..., 0] * np.sin(turn + side)
        shape = 0.075 * pitch * (1 - np.square(along / (0.17 * pitch))) - np.abs(across)
        color = mix(color, leaf, s.step(shape))
    bloom = _petals(s, offset, random, (0.24 + 0.10 * random) * pitch)
    color = mix(color, mix(s.accent, s.accent * 0.72, (random * 7) % 1.0 > 0.5), bloom)
    distance = np.hypot(offset[..., 0], offset[..., 1])
    color = mix(color, s.accent * 0.6, bloom * 0.5 * s.step(0.13 * pitch - distance))
    return mix(color, np.array((0.95, 0.78, 0.25)), s.step(0.075 * pitch - distance))


def camouflage(s: Swatch) -> Float:
    size = s.pitch(0.16, 12)
    color = plain(s)
    tones = (s.base * 0.52, mix(s.base, np.array((0.62, 0.54, 0.38)), 0.7), s.accent * 0.25 + s.base * 0.1)
    for k, (tone, level) in enumerate(zip(tones, (0.08, 0.16, 0.27), strict=True)):
        blob = fractal(s.st, (size, size * 0.62), 3, s.seed + 11 * k)
        color = mix(color, tone, s.step((blob - level) * 0.2 * size))
    return color


def colour_block(s: Swatch) -> Float:
    """Yoke and lower sleeves, side panels of legs, the lower part of skirts."""
    x, y, z = (s.canonical[..., k] for k in range(3))
    body = y - 1.22
    sleeve = np.abs(x) - 0.40
    leg = 0.025 - np.abs(z - 0.01) - 0.2 * (np.abs(x) < 0.12)
    panels = [
        (body, (Region.FRONT, Region.BACK)),
        (sleeve, (Region.LEFT_SLEEVE, Region.RIGHT_SLEEVE)),
        (leg, (Region.LEFT_LEG, Region.RIGHT_LEG)),
        (0.72 - y, (Region.SKIRT,)),
        (x * 1.0, (Region.HEAD,)),
    ]
    weight = np.where(np.isin(s.region, (Region.COLLAR, Region.CUFF, Region.TRIM)), 1.0, 0.0)
    for distance, regions in panels:
        weight = np.where(np.isin(s.region, regions), s.step(distance.astype(np.float32)), weight)
    return mix(s.base, s.accent, weight)


def argyle(s: Swatch) -> Float:
    width = s.pitch(0.075, 12)
    u, v = s.st[..., 0] / width, s.st[..., 1] / (1.45 * width)
    a, b = u + v, u - v
    distance = np.maximum(_wave(a, 2.0), _wave(b, 2.0)) * -0.6 * width
    third = mix(s.base, s.accent, 0.5) * 0.8
    diamond = s.step(distance)
    odd = (np.floor((a + 0.5) / 2) + np.floor((b + 0.5) / 2)) % 2
    color = mix(plain(s), mix(s.accent, third, odd), diamond)
    line = np.maximum(_line(a + 0.5, 1.0, 0.05), _line(b + 0.5, 1.0, 0.05)) * width * 0.6
    stitch = mix(s.accent, np.ones(3), 0.5) if luminance(s.accent) > luminance(s.base) else s.accent * 0.5
    return mix(color, stitch, 0.7 * s.step(line))


def houndstooth(s: Swatch) -> Float:
    """Four dark and four light threads, each way, in a two-two twill."""
    thread = s.pitch(0.032, 12) / 8
    i, j = np.floor(s.st[..., 0] / thread), np.floor(s.st[..., 1] / thread)
    over = (i - j) % 4 < 2
    return mix(s.base, s.accent, np.where(over, i % 8 < 4, j % 8 < 4).astype(np.float32))


def zigzag(s: Swatch) -> Float:
    period = s.pitch(0.06, 7)
    tooth = np.abs((s.st[..., 0] / (1.3 * period)) % 1.0 - 0.5) * 1.1 * period
    return mix(s.base, s.accent, s.step(0.7 * _wave(s.st[..., 1] + tooth, period)))


def leopard(s: Swatch) -> Float:
    """Broken dark rosettes around a warmer centre."""
    pitch = s.pitch(0.036, 7)
    shake = np.stack([fractal(s.st, pitch * 0.7, 2, s.seed + k) for k in (3, 4)], -1) * 0.22 * pitch
    offset, random = scatter(s.st + shake, pitch, 0.6, s.seed)
    distance, angle = np.hypot(offset[..., 0], offset[..., 1]), np.arctan2(offset[..., 1], offset[..., 0])
    radius = (0.25 + 0.10 * random) * pitch
    gap = np.cos(2 * angle + 20 * random) + 0.6 * np.cos(angle + 40 * random) < -0.85
    ring = np.where(gap, -pitch, 0.095 * pitch - np.abs(distance - radius))
    color = mix(plain(s), s.base * np.array((0.80, 0.66, 0.52)), 0.8 * s.step(radius - distance))
    spot = np.array((0.10, 0.065, 0.045)) if luminance(s.base) > 0.18 else s.accent
    return mix(color, spot, s.step(ring))


def tie_dye(s: Swatch) -> Float:
    """A spiral through base, white and accent, with soaked, uneven borders."""
    center = {"bottom": (0.1, 0.75), "head": (0.0, 1.70)}.get(s.slot, (0.02, 1.20))
    x, y = s.canonical[..., 0] - center[0], s.canonical[..., 1] - center[1]
    soak = fractal(s.canonical, 0.09, 3, s.seed)
    angle = np.arctan2(y, x) * 3 + np.hypot(x, y) * 26 + 1.1 * soak
    pale = mix(s.base, np.ones(3), 0.78)
    color = mix(s.base, s.accent, np.clip(0.5 + 1.1 * np.cos(angle), 0, 1))
    return mix(color, pale, np.clip(1.6 * np.cos(2 * angle + 1.3 + soak) - 0.75, 0, 1) * 0.9)


def _star(x: Values, y: Values) -> Values:
    angle = np.arctan2(x, y)
    return 0.40 + 0.60 * np.square(np.abs(((angle / (2 * math.pi) * 5) % 1.0) - 0.5) * 2) - np.hypot(x, y)


def _heart(x: Values, y: Values) -> Values:
    y = y + 0.15
    lobe = np.hypot(np.abs(x) * 1.05, y - 0.62 * np.sqrt(np.abs(x)))
    return 0.82 - lobe


def _bolt(x: Values, y: Values) -> Values:
    upper = np.minimum(0.22 - np.abs(x + 0.02 - 0.42 * y), np.minimum(y + 0.12, 1 - y))
    lower = np.minimum((y + 1) * 0.26 - np.abs(x - 0.02 - 0.42 * y), np.minimum(0.12 - y, y + 1))
    return np.maximum(upper, lower)


def _ring(x: Values, y: Values) -> Values:
    radius = np.hypot(x, y)
    mountain = np.minimum(0.34 - y - 0.95 * np.abs(x), y + 0.38)
    return np.maximum(0.11 - np.abs(radius - 0.86), mountain)


EMBLEMS = (_star, _heart, _bolt, _ring)


def logo(s: Swatch) -> Float:
    """One emblem: on the chest, the thigh, the back of a cape or the front of a hat."""
    x0, y0, radius = {
        "bottom": (0.105, 0.74, 0.032), "back": (0.0, 1.12, 0.13), "head": (0.0, 1.705, 0.024),
        "feet": (0.11, 0.06, 0.016),
    }.get(s.slot, (0.0, 1.255, 0.062))  # fmt: skip
    x, y = (s.canonical[..., 0] - x0) / radius, (s.canonical[..., 1] - y0) / radius
    shape = EMBLEMS[s.seed % len(EMBLEMS)](x, y) * radius
    outward = s.canonical[..., 2] < 0 if s.slot == "back" else s.canonical[..., 2] > 0.02
    near = (
        outward & (np.hypot(x, y) < 1.3) & (s.region < Region.COLLAR if s.slot != "head" else s.region != Region.LINING)
    )
    return mix(s.base, s.accent, s.step(shape) * near)


PATTERNS: dict[str, Callable[[Swatch], Float]] = {
    "plain": plain,
    "striped": striped,
    "pinstriped": pinstriped,
    "checked": checked,
    "tartan": tartan,
    "polka dot": polka_dot,
    "floral": floral,
    "camouflage": camouflage,
    "colour-block": colour_block,
    "argyle": argyle,
    "houndstooth": houndstooth,
    "zigzag": zigzag,
    "leopard": leopard,
    "tie-dye": tie_dye,
    "logo": logo,
}
