"""Shoes: an upper drawn over the last, a sole below it, laces on top."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray
from scipy.spatial import cKDTree

from personify.body.mesh import Material
from personify.wardrobe import vocabulary as words
from personify.wardrobe.fabric import accent_of, bake_pattern, color_of, material_of, paint, solid, to_bytes
from personify.wardrobe.figure import Figure, Points
from personify.wardrobe.last import ANGLES, COLUMNS, Foot, measure_foot, outset
from personify.wardrobe.loft import (
    Shell,
    hull_radius,
    join,
    loft,
    skin_weights,
    smooth_periodic,
    thickened,
    to_piece,
    tube,
)
from personify.wardrobe.outfit import Garment, Outfit
from personify.wardrobe.patterns import Region, Values, luminance, mix
from personify.wardrobe.piece import Piece


@dataclass(frozen=True)
class Style:
    """How a kind of shoe is built; metres on a foot of usual length.

    Attributes:
        rim: height of the opening in front, at the sides and at the heel.
        sole: thickness below the foot.
        cup: how far the sole reaches up the sides.
        outset: how far the sole stands out.
        arch: how deep the gap between heel and ball is cut.
        toe: how far the toe box reaches beyond the toes.
        shaft: top of a boot's shaft, or 0.
    """

    rim: tuple[float, float, float]
    sole: float
    cup: float
    outset: float
    arch: float = 0.0
    toe: float = 0.008
    shaft: float = 0.0


STYLES = {
    "sneakers": Style((0.092, 0.062, 0.078), 0.022, 0.016, 0.006, toe=0.010),
    "shoes": Style((0.090, 0.058, 0.072), 0.018, 0.003, 0.005, arch=0.011, toe=0.013),
    "boots": Style((0.138, 0.118, 0.116), 0.024, 0.004, 0.006, arch=0.014, toe=0.012, shaft=0.25),
    "heels": Style((0.036, 0.030, 0.060), 0.027, 0.001, 0.0015, arch=0.026, toe=0.020),
    "sandals": Style((0.0, 0.0, 0.0), 0.018, 0.004, 0.006),
}
CLEARANCE = 0.006  # metres between foot and shoe at the opening


def make_footwear(figure: Figure, outfit: Outfit, texture_size: int) -> tuple[list[Piece], NDArray[np.bool_]]:
    """Shoes of an outfit.

    Args:
        figure: who wears them.
        outfit: its garment in the slot ``feet``, if any.
        texture_size: side of a large garment's texture; shoes take half of it.

    Returns:
        (pieces in the A-pose, [V] body vertices that the shoes hide).
    """
    covered = np.zeros(len(figure.rest), np.bool_)
    garment = outfit.worn("feet")
    if garment is None:
        return [], covered
    feet = [measure_foot(figure, side) for side in ("left", "right")]
    if garment.kind == "sandals":
        return _sandals(figure, garment, feet, outfit.seed), covered
    style = STYLES[garment.kind]
    if style.shaft and _under_trousers(outfit):
        style = replace(style, rim=STYLES["shoes"].rim, shaft=0.0)
    for foot in feet:
        covered[foot.skin[_hidden(foot, style)]] = True
    uppers = [_upper(foot, style) for foot in feet]
    material = _upper_material(garment, feet[0], uppers[0], outfit.seed, max(texture_size // 2, 64))
    return [
        _both(figure, garment.kind, feet, uppers, material),
        _both(
            figure,
            f"{garment.kind} sole",
            feet,
            [_sole(foot, style) for foot in feet],
            _sole_material(garment, outfit.seed),
        ),
        *_laces(figure, garment, feet, uppers),
    ], covered


def _under_trousers(outfit: Outfit) -> bool:
    """Whether long trousers fall over the shoes: no shaft fits below their hem, and none would be seen."""
    legs = outfit.worn("bottom") or outfit.worn("full")
    if legs is None or legs.kind not in ("trousers", "jeans", "overalls", "jumpsuit"):
        return False
    return (legs.length or words.GARMENTS[legs.kind].length) in ("long", None)


def _both(figure: Figure, name: str, feet: list[Foot], shells: list[Shell], material: Material) -> Piece:
    """One piece of two local shells; the right one mirrors the left one's texture."""
    world = [replace(shell, vertices=foot.to_world(shell.vertices)) for foot, shell in zip(feet, shells, strict=True)]
    world[1] = replace(world[1], uvs=world[1].uvs * [-1, 1] + [1, 0])
    shell = join(world)
    return to_piece(name, shell, skin_weights(figure, shell.vertices), material)


def _rim(foot: Foot, style: Style) -> tuple[Points, Points]:  # [COLUMNS, 2], [COLUMNS]
    """Plan (a, b) and height of the opening."""
    front, side, back = (value * foot.size for value in style.rim)
    cosine = np.cos(ANGLES)
    height = side + np.where(cosine > 0, (front - side) * cosine**3, (back - side) * -(np.abs(cosine) ** 2) * -1)
    levels = np.linspace(height.min(), height.max() + 1e-6, 4)
    sections = np.stack([foot.section(level, np.zeros(2)) for level in levels])
    radius = np.array([np.interp(height[k], levels, sections[:, k]) for k in range(COLUMNS)])
    radius = smooth_periodic(radius, 4) + CLEARANCE * foot.size
    return radius[:, None] * np.stack([np.sin(ANGLES), np.cos(ANGLES)], 1), height


def _toe_box(foot: Foot, style: Style) -> Points:
    """Footprint with clearance, drawn out beyond the toes."""
    plan = outset(foot.outline, 0.0045 * foot.size)
    tip = plan[:, 1].max()
    beyond = np.clip((plan[:, 1] - 0.45 * tip) / (0.55 * tip), 0, 1) ** 2
    plan[:, 1] += style.toe * foot.size * beyond
    pointed = 1 - 6.0 * style.toe * beyond  # longer toe boxes are slimmer
    middle = plan[:, 0].mean()
    plan[:, 0] = middle + (plan[:, 0] - middle) * pointed
    return plan


def _upper(foot: Foot, style: Style) -> Shell:
    """From a lining row inside the opening over the instep down to the welt; local coordinates."""
    rim, height = _rim(foot, style)
    plan = _toe_box(foot, style)
    front = np.clip(np.cos(ANGLES), 0, 1) ** 0.7
    back = np.clip(-np.cos(ANGLES), 0, 1) ** 0.5
    side = 1 - np.maximum(front, back)
    power = 4.0 * front + 2.2 * side + 1.0 * back
    root = 1.9 * front + 1.6 * side + 1.0 * back
    wall = (0.010 + 0.012 * front) * foot.size
    rows = []
    for s in np.linspace(0, 1, 14) ** 0.85:
        where = rim + (plan - rim) * (s * (1 - back) + s**0.6 * back)[:, None]
        slope = foot.instep(where[:, 1]) + 0.007 * foot.size
        top = np.where(np.cos(ANGLES) > 0.05, np.minimum(height, np.maximum(slope, 1.6 * wall)), height)
        y = wall + (top - wall) * (1 - s**power) ** (1 / root)
        rows.append(np.stack([where[:, 0], y, where[:, 1]], 1))
    rows.append(np.stack([plan[:, 0], np.full(COLUMNS, -0.004), plan[:, 1]], 1))
    grid = _relaxed(np.stack(rows))
    if style.shaft:
        grid = np.concatenate([_shaft(foot, style, grid[0]), grid[1:]])
    return loft(np.concatenate([_lining(grid[0], foot.size), grid]))


def _relaxed(grid: Points) -> Points:
    """Even out the rows between rim and welt so that no toe shows."""
    for _ in range(3):
        inner = 0.5 * grid[1:-2] + 0.25 * (grid[:-3] + grid[2:-1])
        inner = 0.6 * inner + 0.2 * (np.roll(inner, 1, 1) + np.roll(inner, -1, 1))
        grid = np.concatenate([grid[:1], inner, grid[-2:]])
    return grid


def _lining(rim: Points, size: float) -> Points:  # [COLUMNS, 3] -> [3, COLUMNS, 3]
    """Rows that turn over the rim and go down inside."""
    middle = rim.mean(0)
    inward = (middle - rim) * [1, 0, 1]
    inward /= np.maximum(np.linalg.norm(inward, axis=1, keepdims=True), 1e-9)
    depths = ((0.0045, 0.022), (0.0045, 0.001), (0.002, -0.0012))
    return np.stack([rim + size * (depth * inward - [0, drop, 0]) for depth, drop in depths])


def _shaft(foot: Foot, style: Style, ankle: Points) -> Points:  # [COLUMNS, 3] -> [R, COLUMNS, 3], top first
    start, stop = ankle[:, 1].mean(), style.shaft * foot.size
    heights = np.linspace(start, stop, 9)
    low, high = foot.leg_axis(start), foot.leg_axis(stop)
    share = np.linspace(0, 1, len(heights))[:, None]
    centers = low + (high - low) * share
    radius = np.stack([foot.section(float(y), center) for y, center in zip(heights, centers, strict=True)])
    radius = smooth_periodic(radius, 10) + (CLEARANCE + 0.005 * share) * foot.size
    radius[0] = np.linalg.norm(ankle[:, [0, 2]] - low, axis=1)
    for _ in range(3):  # leather does not follow every tendon
        radius[1:-1] = 0.5 * radius[1:-1] + 0.25 * (radius[:-2] + radius[2:])
    plan = centers[:, None] + radius[..., None] * np.stack([np.sin(ANGLES), np.cos(ANGLES)], 1)
    dip = 0.010 * share * foot.size * np.cos(2 * ANGLES)  # a little higher in front and behind
    y = heights[:, None] + dip
    y[0] = ankle[:, 1]
    return np.stack([plan[..., 0], y, plan[..., 1]], -1)[::-1]


def _sole(foot: Foot, style: Style) -> Shell:
    """Closed slab from the cup around the upper to the ground, with a gap below the arch; local coordinates."""
    plan, size = _toe_box(foot, style), foot.size
    thick, edge = style.sole * size, style.outset * size
    length = np.ptp(plan[:, 1])

    def ring(distance: float, y: float, arched: bool = False, shrink: float = 0.0) -> Points:
        where = outset(plan, distance)
        along = (where[:, 1] - plan[:, 1].min()) / length
        gap = np.clip((along - 0.25) / 0.03, 0, 1) * np.clip((0.66 - along) / 0.24, 0, 1) * style.arch * size
        middle = where.mean(0)
        where = where + (middle - where) * [shrink, 0.6 * shrink]
        spring = 0.007 * size * np.clip((along - 0.8) / 0.2, 0, 1) ** 2  # the toe lifts a little off the ground
        return np.stack([where[:, 0], y + (gap + spring if arched else 0.0 * gap), where[:, 1]], 1)

    bevel = 0.0025 * size
    cup = style.cup * size
    rows = [
        ring(-0.004 * size, cup - bevel), ring(edge - bevel, cup), ring(edge, cup - bevel),
        ring(edge, -thick + 2 * bevel, True), ring(edge - bevel, -thick, True), ring(edge - 2 * bevel, -thick, True),
        ring(edge - bevel, -thick, True, 0.5), ring(0.0, -thick, True, 1.0),
    ]  # fmt: skip
    return loft(np.stack(rows)).colored(Region.TRIM)


def _hidden(foot: Foot, style: Style) -> NDArray[np.bool_]:
    """Skin well below the opening: 1.5 cm in front, less at the heel, where the foot stands out and nobody looks in."""
    _, height = _rim(foot, style)
    if style.shaft:
        return foot.local[:, 1] < (style.shaft - 0.03) * foot.size
    angle = np.mod(np.arctan2(foot.local[:, 0], foot.local[:, 2]), 2 * np.pi)
    rim = np.interp(angle, np.append(ANGLES, 2 * np.pi), np.append(height, height[0]))
    margin = np.where(np.cos(angle) > -0.3, 0.015, 0.006) * foot.size
    return foot.local[:, 1] < rim - margin


def _sole_material(garment: Garment, seed: int) -> Material:
    color = color_of(garment, seed)
    if garment.kind == "sneakers":
        return solid("sole", (0.90, 0.89, 0.86), 0.6)
    if garment.kind == "heels":
        return solid("sole", color * 0.9, 0.35)
    return solid("sole", mix(np.array((0.10, 0.075, 0.055)), color, 0.12), 0.55)


def _upper_material(garment: Garment, foot: Foot, upper: Shell, seed: int, size: int) -> Material:
    """Fabric of the upper with cap, seams and stripes drawn where shoemakers put them."""
    local = upper.vertices / foot.size
    pattern = bake_pattern(upper.uvs, upper.faces, upper.st, local, upper.edge, upper.region, size)
    material = paint(garment, pattern, seed, size)
    assert material.texture is not None
    color = material.texture / np.float32(255)
    drawn = _DESIGNS[garment.kind](color, pattern.canonical, garment, seed)
    polish = {"shoes": 0.30, "heels": 0.28, "boots": 0.42, "sneakers": 0.62}[garment.kind]
    roughness = polish if material_of(garment) in ("leather", "rubber") else material.roughness
    return replace(material, texture=to_bytes(drawn), roughness=roughness)


def _band(value: Values, center: float, width: float) -> Values:
    """1 within ``width`` of ``center``, falling off over a millimetre."""
    return np.clip((width / 2 - np.abs(value - center)) / 0.001 + 0.5, 0, 1)


def _sneaker(color: Values, local: Values, garment: Garment, seed: int) -> Values:
    a, y, b = (local[..., k] for k in range(3))
    contrast = accent_of(garment) if garment.accent else np.array((0.93, 0.93, 0.91))
    if garment.accent is None and luminance(color_of(garment, seed)) > 0.7:
        contrast = np.array((0.20, 0.22, 0.27))
    rubber = np.clip((b - (0.165 - 0.25 * np.abs(a))) / 0.002, 0, 1) * np.clip((0.047 - y) / 0.002, 0, 1)
    stripe = np.maximum(_band(b - 0.75 * y, 0.035, 0.011), _band(b - 0.75 * y, 0.058, 0.011))
    stripe = stripe * np.clip((np.abs(a) - 0.024) / 0.003, 0, 1) * np.clip((0.058 - y) / 0.002, 0, 1)
    tab = np.clip((-0.048 - b) / 0.002, 0, 1) * np.clip((y - 0.040) / 0.002, 0, 1)
    drawn = mix(mix(color, contrast, 0.95 * np.maximum(stripe, tab)), (0.90, 0.89, 0.86), rubber)
    tongue = (
        np.clip((0.017 - np.abs(a)) / 0.001, 0, 1)
        * np.clip((b - 0.02) / 0.002, 0, 1)
        * np.clip((0.15 - b) / 0.002, 0, 1)
    )
    return drawn * (1 - 0.22 * tongue * (1 - rubber))[..., None]


def _oxford(color: Values, local: Values, garment: Garment, seed: int) -> Values:
    a, y, b = (local[..., k] for k in range(3))
    seam = np.maximum(_band(b + 0.35 * np.abs(a), 0.168, 0.0022), _band(b - 0.9 * y, 0.030, 0.0022) * (y < 0.075))
    facing = _band(np.abs(a), 0.019, 0.002) * (b > 0.05) * (b < 0.125)
    burnish = np.clip((b - 0.14) / 0.06, 0, 1) + np.clip((-0.03 - b) / 0.04, 0, 1)
    return color * (1 - 0.45 * np.maximum(seam, facing) - 0.18 * burnish)[..., None]


def _boot(color: Values, local: Values, garment: Garment, seed: int) -> Values:
    a, y, b = (local[..., k] for k in range(3))
    seam = np.maximum(
        _band(b + 0.5 * np.abs(a), 0.150, 0.002) * (y < 0.08), _band(y + 0.3 * b, 0.094, 0.002) * (b < 0.07)
    )
    cuff = _band(y, 0.232, 0.002)
    return color * (1 - 0.4 * np.maximum(seam, cuff) - 0.15 * np.clip((0.04 - y) / 0.04, 0, 1))[..., None]


def _pump(color: Values, local: Values, garment: Garment, seed: int) -> Values:
    return color


_DESIGNS = {"sneakers": _sneaker, "shoes": _oxford, "boots": _boot, "heels": _pump}
_EYELETS = {"sneakers": (0.055, 0.140, 6), "shoes": (0.062, 0.118, 4), "boots": (0.062, 0.135, 5)}


def _laces(figure: Figure, garment: Garment, feet: list[Foot], uppers: list[Shell]) -> list[Piece]:
    if garment.kind not in _EYELETS:
        return []
    dark = luminance(color_of(garment, 0)) > 0.55 or garment.kind != "sneakers"
    tone = np.array((0.19, 0.16, 0.15)) if dark else np.array((0.93, 0.93, 0.92))
    shells = [_lacing(foot, upper, garment.kind) for foot, upper in zip(feet, uppers, strict=True)]
    return [_both(figure, f"{garment.kind} laces", feet, shells, solid("laces", tone, 0.9))]


def _lacing(foot: Foot, upper: Shell, kind: str) -> Shell:
    """Bars across the instep and a bow at the top, lying on the upper."""
    first, last, count = _EYELETS[kind]
    size = foot.size
    vamp = upper.vertices[(upper.edge > 0.012 * size) & (upper.vertices[:, 2] > 0.0)]
    vamp = vamp[vamp[:, 1] < 0.115 * size]
    tree = cKDTree(vamp[:, [0, 2]])

    def on_top(plan: Points) -> Points:  # [N, 2] (a, b) -> [N, 3] just above the upper
        distance, nearest = tree.query(plan, 4)
        weight = 1 / (distance**2 + (0.002 * size) ** 2)
        height = (vamp[nearest, 1] * weight).sum(1) / weight.sum(1)
        return np.stack([plan[:, 0], height + 0.0015 * size, plan[:, 1]], 1)

    bars = []
    across = np.linspace(-0.021, 0.021, 9) * size
    for k, b in enumerate(np.linspace(first, last, count) * size):
        tilt = (0.006 if k % 2 else -0.006) * size * across / across.max()
        bars.append(tube(on_top(np.stack([across, b + tilt], 1)), 0.0030 * size, 6, 0.55))
    turn = np.linspace(0, 2 * np.pi, 13)
    for sign in (-1, 1):  # two loops of a bow
        loop = on_top(np.stack([sign * 0.019 * np.sin(turn / 2), 0.011 * np.sin(turn) + first], 1) * size)
        loop[:, 1] += 0.003 * size
        bars.append(tube(loop, 0.0022 * size, 6, 0.6))
    return join(bars)


def _sandals(figure: Figure, garment: Garment, feet: list[Foot], seed: int) -> list[Piece]:
    """A flat sole, two straps over the forefoot and one round the ankle."""
    color = color_of(garment, seed)
    soles = [_sole(foot, STYLES["sandals"]) for foot in feet]
    straps = [join([*(_strap(foot, b) for b in (0.105, 0.150)), _ankle_strap(foot)]) for foot in feet]
    return [
        _both(figure, "sandals", feet, straps, solid("sandals", color, 0.5)),
        _both(figure, "sandals sole", feet, soles, solid("sole", mix(color, np.array((0.45, 0.33, 0.22)), 0.6), 0.8)),
    ]


def _strap(foot: Foot, station: float) -> Shell:
    """Band over the foot at a distance in front of the ankle."""
    size, angles = foot.size, np.linspace(-0.5 * np.pi, 0.5 * np.pi, 19)
    slab = foot.local[(np.abs(foot.local[:, 2] - station * size) < 0.020 * size) & (foot.local[:, 1] < 0.12 * size)]
    middle = (slab[:, 0].min() + slab[:, 0].max()) / 2
    section = np.stack([slab[:, 0] - middle, slab[:, 1]], 1)
    radius = hull_radius(section, angles) + 0.002 * size
    radius = np.convolve(np.pad(radius, 2, "edge"), np.ones(5) / 5, "valid")
    across, up = radius * np.sin(angles), radius * np.cos(angles)
    rows = []
    for offset in (0.011, 0.0, -0.011):
        along = np.full_like(across, (station + offset) * size)
        lean = foot.instep(along) / max(float(foot.instep(np.array(station * size))), 1e-6)
        rows.append(np.stack([middle + across, up * lean - 0.004 * size * (up < 0.01 * size), along], 1))
    return thickened(loft(np.stack(rows[::-1]), closed=False), 0.0025 * size)


def _ankle_strap(foot: Foot) -> Shell:
    size, rows = foot.size, []
    for y in (0.101, 0.093, 0.084):
        center = foot.leg_axis(y * size)
        radius = foot.section(y * size, center) + 0.004 * size
        plan = center + radius[:, None] * np.stack([np.sin(ANGLES), np.cos(ANGLES)], 1)
        rows.append(np.stack([plan[:, 0], np.full(COLUMNS, y * size), plan[:, 1]], 1))
    return thickened(loft(np.stack(rows)), 0.0025 * size)
