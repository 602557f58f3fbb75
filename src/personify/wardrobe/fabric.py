"""Painting cloth: colours, pattern, weave, hems, seams and soft wrinkles of one garment into a `Material`."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numba import njit
from numpy.typing import NDArray

from personify.body.mesh import Float, Image, Int, Material
from personify.errors import PersonifyError
from personify.wardrobe import vocabulary as words
from personify.wardrobe.fractal import fractal
from personify.wardrobe.outfit import Garment
from personify.wardrobe.patterns import PATTERNS, Region, Swatch, Values, luminance, mix
from personify.wardrobe.uvmap import bake_attributes
from personify.wardrobe.weaves import Weave, weave_of

_FOLDS = {"slim": 0.45, "regular": 1.0, "loose": 1.5}

# A second colour that goes with the first where the outfit names none.
_ACCENTS = {
    "red": "white", "maroon": "cream", "orange": "navy", "yellow": "charcoal", "gold": "maroon", "olive": "beige",
    "green": "cream", "mint": "teal", "teal": "cream", "sky blue": "white", "blue": "white", "navy": "white",
    "purple": "lavender", "lavender": "purple", "pink": "magenta", "magenta": "cream", "white": "navy",
    "cream": "maroon", "beige": "brown", "khaki": "charcoal", "brown": "beige", "grey": "charcoal",
    "charcoal": "silver", "black": "white", "silver": "charcoal",
}  # fmt: skip


@dataclass(frozen=True)
class PatternMap:
    """Where every texel of a garment lies on its sewing pattern; made by `bake_pattern`.

    Attributes:
        st: [S, S, 2] metres along the cloth, s to the wearer's left, t downwards; continuous within a panel.
        canonical: [S, S, 3] metres, position on the average adult in the T-pose.
        edge: [S, S] metres to the nearest hem or opening.
        region: [S, S] `Region` values.
        mask: [S, S] texels inside the panels; the others hold their nearest neighbour's values.
    """

    st: Float
    canonical: Float
    edge: Float
    region: Int
    mask: NDArray[np.bool_]


def bake_pattern(
    uvs: np.ndarray,  # [V, 2]
    faces: Int,  # [F, 3]
    st: np.ndarray,  # [V, 2]
    canonical: np.ndarray,  # [V, 3]
    edge: np.ndarray,  # [V]
    region: np.ndarray,  # [V], constant over each panel
    size: int,
) -> PatternMap:
    """Interpolate the cloth's coordinates over its atlas of ``size`` texels."""
    attributes = np.concatenate([st, canonical, edge[:, None], region[:, None]], 1)
    baked, mask = bake_attributes(uvs, faces, attributes, size)
    return PatternMap(
        np.ascontiguousarray(baked[..., :2]),
        np.ascontiguousarray(baked[..., 2:5]),
        np.maximum(baked[..., 5], 0),
        np.rint(baked[..., 6]).astype(np.int64),
        mask,
    )


def accent_of(garment: Garment) -> Float:
    """[3] sRGB second colour: the garment's own, or one that goes well with its main colour."""
    return np.array(words.COLORS[garment.accent or _ACCENTS[garment.color]], np.float32)


def color_of(garment: Garment, seed: int) -> Float:
    """[3] sRGB main colour, moved by at most 3 % by the seed; denim and metal take their own cast."""
    rng = np.random.default_rng([seed, 7001])
    named = np.array(words.COLORS[garment.color], np.float32)
    color = (named * (1 + rng.uniform(-0.03, 0.03)) + rng.uniform(-0.006, 0.006, 3)).astype(np.float32)
    if material_of(garment) == "denim":  # indigo is never as saturated as paint
        color = mix(color, np.full(3, luminance(color)) * (0.94, 1.0, 1.10), 0.5)
    return np.clip(color, 0.02, 0.98).astype(np.float32)


def material_of(garment: Garment) -> str:
    """The garment's material, or its kind's usual one."""
    return garment.material or words.GARMENTS[garment.kind].material


def solid(name: str, color: np.ndarray | words.RGB, roughness: float = 0.6, metallic: float = 0.0) -> Material:
    """A plain material of an sRGB colour: buttons, buckles, lenses, laces."""
    color = np.asarray(color, np.float64)
    linear = np.where(color <= 0.04045, color / 12.92, ((color + 0.055) / 1.055) ** 2.4)
    red, green, blue = (float(value) for value in linear)
    return Material(name, (red, green, blue, 1.0), roughness=roughness, metallic=metallic, double_sided=True)


def paint(garment: Garment, pattern_map: PatternMap, seed: int, texture_size: int) -> Material:
    """Albedo and normal map of a garment.

    Args:
        garment: what it is made of.
        pattern_map: its sewing pattern, baked at ``texture_size``.
        seed: the outfit's.
        texture_size: S of the maps.

    Raises:
        PersonifyError: the pattern map has another size or no texel inside.

    Example:
        >>> grid = np.mgrid[0:1:8j, 0:1:8j].transpose(1, 2, 0).astype(np.float32)
        >>> flat = PatternMap(grid[..., ::-1], np.concatenate([grid, grid[..., :1]], -1), grid[..., 0],
        ...                   np.zeros((8, 8), np.int64), np.ones((8, 8), bool))
        >>> paint(Garment("t-shirt", "red"), flat, seed=0, texture_size=8).texture.shape
        (8, 8, 3)
    """
    if pattern_map.mask.shape != (texture_size, texture_size) or not pattern_map.mask.any():
        raise PersonifyError(
            f"pattern_map: {list(pattern_map.mask.shape)} with {int(pattern_map.mask.sum())} texels inside; "
            f"expected [{texture_size}, {texture_size}] and at least one"
        )
    weave = weave_of(garment.kind, material_of(garment))
    swatch = Swatch(
        pattern_map.st, pattern_map.canonical, pattern_map.region, texel_metres(pattern_map),
        color_of(garment, seed), accent_of(garment), garment.slot, seed,
    )  # fmt: skip
    tint, height = weave.detail(swatch, pattern_map.edge)
    color: Values = _colors(garment, swatch) * tint[..., None]
    color, height = _sew(color, height, swatch, pattern_map, weave)
    folds = wrinkles(swatch) * (weave.folds * _FOLDS[garment.fit])
    return Material(
        name=garment.kind,
        texture=to_bytes(color),
        normal_map=normal_map(height + folds, swatch.texel),
        roughness=weave.roughness,
        metallic=weave.metallic,
        double_sided=True,
    )


def _colors(garment: Garment, s: Swatch) -> Float:
    color = PATTERNS[garment.pattern](s)
    if garment.pattern == "plain" and garment.accent is not None:
        trim = np.isin(s.region, (Region.COLLAR, Region.CUFF, Region.TRIM))
        color = np.where(trim[..., None], s.accent, color)
    lining = (s.region == Region.LINING)[..., None]
    return np.where(lining, s.base * 0.62, color).astype(np.float32)


def _sew(color: Values, height: Values, s: Swatch, pattern_map: PatternMap, weave: Weave) -> tuple[Values, Values]:
    """Darken hems and seams a little and lay a stitch line beside them."""
    seam = np.minimum(border_distance(pattern_map.mask) * s.texel, pattern_map.edge).astype(np.float32)
    reach = max(0.0025, 0.8 * s.texel)
    shade = 0.16 * np.exp(-seam / reach) if weave.stitched or weave.folds else np.zeros_like(seam)
    color = color * (1 - shade)[..., None]
    if weave.stitched:
        inset, width = 0.011, max(0.0011, 0.4 * s.texel)
        dash = np.sin((s.st[..., 0] + s.st[..., 1]) * (2 * np.pi / max(0.007, 3 * s.texel))) > -0.4
        line = s.step(width - np.abs(seam - inset)) * np.where(dash, 1.0, 0.5) * min(1.0, 0.0035 / s.texel)
        thread = np.array((0.78, 0.50, 0.22)) if weave.detail.__name__ == "denim" else s.base * 0.68 + 0.02
        color = mix(color, thread, 0.75 * line)
        height = height + 0.0006 * (1 - np.exp(-seam / 0.004)) - 0.0004 * line
    return color, height


def wrinkles(s: Swatch) -> Values:
    """Height of soft folds in metres: rings round bent joints, drag lines over the trunk, almost none on collars."""
    x, y = s.canonical[..., 0], s.canonical[..., 1]
    limb = np.isin(s.region, (Region.LEFT_SLEEVE, Region.RIGHT_SLEEVE, Region.LEFT_LEG, Region.RIGHT_LEG))
    sleeve = np.isin(s.region, (Region.LEFT_SLEEVE, Region.RIGHT_SLEEVE))
    joint = np.where(sleeve, _bump(np.abs(x), 0.456, 0.10), _bump(y, 0.521, 0.10) + _bump(y, 0.86, 0.07))
    joint = np.where(sleeve, joint + 0.7 * _bump(np.abs(x), 0.68, 0.05), joint + 0.8 * _bump(y, 0.10, 0.06))
    waist = _bump(y, 1.06, 0.07) + 0.8 * _bump(np.hypot(np.abs(x) - 0.18, y - 1.36), 0.0, 0.08)
    warp = s.st + 0.03 * fractal(s.st, 0.12, 2, s.seed + 21)[..., None]
    rings = fractal(warp, (0.11, 0.035), 2, s.seed + 22)
    drag = fractal(warp @ np.array([[0.8, 0.6], [-0.6, 0.8]], np.float32), (0.20, 0.05), 2, s.seed + 23)
    depth = np.where(limb, (0.25 + joint) * rings, (0.22 + 0.8 * waist) * drag)
    flat = np.isin(s.region, (Region.COLLAR, Region.CUFF, Region.TRIM, Region.HEAD))
    return np.where(flat, 0.15, 1.0) * 0.0030 * depth


def _bump(value: Values, center: float, width: float) -> Values:
    return np.exp(-np.square((value - center) / width))


def texel_metres(pattern_map: PatternMap) -> float:
    """Median size of a texel on the cloth; panels share one scale."""
    inside = pattern_map.mask[:, 1:] & pattern_map.mask[:, :-1]
    across = np.hypot(*np.moveaxis(np.diff(pattern_map.st, axis=1), -1, 0))[inside]
    return float(max(np.median(across), 1e-5)) if len(across) else 0.005


@njit(cache=True, nogil=True)
def border_distance(mask: np.ndarray) -> np.ndarray:  # [H, W] -> [H, W] float32
    """Chamfer distance in texels from every inside texel to the outside; 0 outside. Two sweeps (Borgefors 1986)."""
    rows, columns = mask.shape
    out = np.where(mask, np.float32(1e6), np.float32(0))
    for y in range(rows):
        for x in range(columns):
            if y > 0:
                out[y, x] = min(out[y, x], out[y - 1, x] + 1)
            if x > 0:
                out[y, x] = min(out[y, x], out[y, x - 1] + 1)
            if y > 0 and x > 0:
                out[y, x] = min(out[y, x], out[y - 1, x - 1] + 1.4142)
            if y > 0 and x < columns - 1:
                out[y, x] = min(out[y, x], out[y - 1, x + 1] + 1.4142)
    for y in range(rows - 1, -1, -1):
        for x in range(columns - 1, -1, -1):
            if y < rows - 1:
                out[y, x] = min(out[y, x], out[y + 1, x] + 1)
            if x < columns - 1:
                out[y, x] = min(out[y, x], out[y, x + 1] + 1)
            if y < rows - 1 and x < columns - 1:
                out[y, x] = min(out[y, x], out[y + 1, x + 1] + 1.4142)
            if y < rows - 1 and x > 0:
                out[y, x] = min(out[y, x], out[y + 1, x - 1] + 1.4142)
    return out


def normal_map(height: Values, texel: float) -> Image:  # [H, W] metres -> [H, W, 3] uint8
    """Tangent-space normals of a height field whose texels are ``texel`` metres wide (glTF: +Y up, row 0 = top)."""
    down, right = np.gradient(height.astype(np.float32))
    slope = np.clip(np.stack([-right, down], -1) / texel, -1.2, 1.2)
    length = np.sqrt(1 + np.square(slope).sum(-1, keepdims=True))
    normal = np.concatenate([slope, np.ones_like(length)], -1) / length
    return to_bytes(normal * 0.5 + 0.5)


def to_bytes(color: Values) -> Image:  # [..., 3] in [0, 1] -> uint8
    """Rounded bytes of clipped colours."""
    return (np.clip(color, 0, 1) * 255 + 0.5).astype(np.uint8)
