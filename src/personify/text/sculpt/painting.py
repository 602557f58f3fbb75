"""Paint a part of a person as if it were made of a substance, and leave it a garment.

What tells a queen from a blue cloud is contrast: between garments, between cloth and trim, at hems and seams. So the
colours of a substance are dealt out along what was there: layers get tones of their own, collars and sashes the trim,
borders the edge, and the light and dark of the old texture stays.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from scipy.ndimage import gaussian_filter

from personify.body.mesh import Float, MeshPart
from personify.color import linear_to_srgb
from personify.text.sculpt.grains import GRAINS, sparkle
from personify.text.sculpt.relief import slopes, tangents, turned
from personify.text.sculpt.substances import Substance
from personify.text.sculpt.tailoring import Borders
from personify.text.sculpt.texels import resample
from personify.wardrobe.fractal import fractal
from personify.wardrobe.uvmap import bake_attributes
from personify.wardrobe.vocabulary import COLORS

_SMALL, _FINEST = 256, 512  # texels of a side: of parts that had no texture; in which a grain is drawn
_LUMA = np.array([0.299, 0.587, 0.114], np.float32)
_CLOTH_METALLIC, _CLOTH_ROUGHNESS = 0.35, 0.45  # of cloth with threads of metal
_TONE = 0.3  # of the way from the deepest to the brightest colour that a whole tone is


def paint(
    part: MeshPart,
    substance: Substance,
    version: int = 0,
    seed: int = 0,
    small: bool = False,
    tone: float = 0.0,
    woven: bool = False,
    gilt: bool = False,
) -> MeshPart:
    """The part made of a substance.

    Args:
        part: a garment, or skin or hair.
        substance: what of.
        version: index into its versions, modulo their number.
        seed: another seed spreads it differently.
        small: buttons, buckles and belts get the trim.
        tone: -1 deeper to 1 brighter than the middle.
        woven: cloth with threads of it, if it is a metal.
        gilt: golden trim stays golden.
    """
    material = part.material
    full = (_SMALL, _SMALL) if material.texture is None else material.texture.shape[:2]
    size = min(_FINEST, full[0])
    baked, _ = bake_attributes(part.uvs, part.faces, np.concatenate([part.vertices, tangents(part)], 1), size)
    places = baked[..., :3]
    trim = rgb(substance.trim)
    colors: Float
    if small:
        colors = np.broadcast_to(trim, (size, size, 3))
    else:
        colors = _spread(places, substance, version, seed, tone)
        rim = _rim(part, places, substance.reach, seed)[..., None]
        colors = colors + (0.85 * rim) * (rgb(substance.edge) - colors)
    colors = resample(colors, full)
    if material.texture is not None:
        old = _picture(part)
        trims, golden, shade = _read(old)
        if not small:
            colors = colors + trims * (trim - colors)
        colors = colors * shade
        if gilt:
            colors = colors + golden * (old - colors)
    texture = np.round(255 * colors.clip(0, 1)).astype(np.uint8)
    if material.texture is not None and material.texture.shape[2] == 4:
        texture = np.concatenate([texture, material.texture[..., 3:]], 2)
    normal_map = material.normal_map
    if normal_map is not None and substance.depth and not small:
        grain, deep = GRAINS[substance.grain], np.float32(substance.depth)
        frames = (baked[..., 3:6], baked[..., 6:9])
        steep = slopes(lambda p: deep * grain(p, seed).clip(0, 1), places, frames)
        normal_map = turned(normal_map, resample(steep, normal_map.shape[:2]))
    cloth = woven and substance.is_metal and not small
    changed = replace(
        material, texture=texture, normal_map=normal_map, base_color=(1.0, 1.0, 1.0, material.base_color[3]),
        roughness=_CLOTH_ROUGHNESS if cloth else substance.roughness,
        metallic=_CLOTH_METALLIC if cloth else substance.metallic,
    )  # fmt: skip
    return replace(part, material=changed)


def rgb(name: str) -> Float:  # [3]
    """sRGB of a colour of the wardrobe or of ``#rrggbb``."""
    if name.startswith("#"):
        return np.array([int(name[k : k + 2], 16) / 255 for k in (1, 3, 5)], np.float32)
    return np.asarray(COLORS[name], np.float32)


def is_golden(part: MeshPart) -> bool:
    """Whether a part is gold to the eye: crowns, buckles, clasps."""
    return bool(_golden(_picture(part)).mean() > 0.5)


def brightness(part: MeshPart) -> float:
    """Mean luma of a part, 0 to 1."""
    return float((_picture(part) @ _LUMA).mean())


def _picture(part: MeshPart) -> Float:  # [..., 3] sRGB
    texture = part.material.texture
    if texture is None:
        return linear_to_srgb(part.material.base_color[:3])
    return (texture[..., :3] / np.float32(255)).astype(np.float32)


def _spread(places: Float, substance: Substance, version: int, seed: int, tone: float) -> Float:
    stops = np.stack([rgb(name) for name in substance.versions[version % len(substance.versions)]])
    level = GRAINS[substance.grain](places, seed)
    level = (level + _TONE * tone).clip(0, 1) * (len(stops) - 1)
    low = np.minimum(level.astype(np.int64), len(stops) - 2)
    share = (level - low)[..., None]
    colors: Float = (1 - share) * stops[low] + share * stops[low + 1]
    colors = colors * np.float32(1 + 0.15 * tone)
    return np.maximum(colors, sparkle(places, seed)[..., None]) if substance.grain == "stars" else colors


def _rim(part: MeshPart, places: Float, reach: float, seed: int) -> Float:  # [S, S]
    """1 at the open borders of a surface, fading unevenly to 0."""
    distance = Borders(part, len(places)).distance(places) / reach
    uneven = 1 + 0.5 * fractal(places, 0.7 * reach, 3, seed)
    return np.clip(1.6 - 1.6 * distance / uneven, 0, 1).astype(np.float32)


def _read(old: Float) -> tuple[Float, Float, Float]:  # [H, W, 3] -> three [H, W, 1]
    """What an old texture tells: where trim is, where it is golden, and how light or dark its details are."""
    middle = np.median(old.reshape(-1, 3), 0)
    tint, usual = _tint(old), _tint(middle)
    luma = old @ _LUMA + 0.05
    lighter = np.abs(np.log2(luma / (middle @ _LUMA + 0.05)))
    apart = np.linalg.norm(tint - usual, axis=-1) / 0.35 + np.clip(lighter - 0.7, 0, None)
    share = np.clip((gaussian_filter(apart, 0.7) - 0.7) / 0.4, 0, 1)
    trim_luma = float(np.median(luma[share > 0.5])) if (share > 0.5).any() else 1.0
    expected = float(middle @ _LUMA + 0.05) * (1 - share) + trim_luma * share
    shade = np.clip(luma / expected, 0.6, 1.2)
    golden = share * _golden(old)
    return share[..., None], golden[..., None].astype(np.float32), shade[..., None].astype(np.float32)


def _tint(color: Float) -> Float:  # [..., 3] -> [..., 2]
    """Two opponent colours of a unit of brightness: the same in light and shadow."""
    red, green, blue = (color[..., k] for k in range(3))
    most = color.max(-1) + 0.08
    return np.stack([(red - green) / most, (0.5 * (red + green) - blue) / most], -1)


def _golden(color: Float) -> Float:  # [..., 3] -> [...]
    away = np.linalg.norm(_tint(color) - _tint(rgb("gold")), axis=-1)
    return np.clip(2.5 - away / 0.1, 0, 1) * (color.max(-1) > 0.3)
