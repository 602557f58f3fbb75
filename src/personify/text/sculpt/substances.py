"""What things are made of: lava, ice, night sky. Words no wardrobe has become a texture on clothes.

A small guide cannot know what lava looks like, a table can: colours from deep to bright, how they are spread over a
surface, how it shines. Of the versions a substance has, the guide chooses (see `finish`).
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from personify.body.mesh import Float, Image, MeshPart
from personify.text.sculpt.texels import resample
from personify.wardrobe.fractal import fractal
from personify.wardrobe.uvmap import bake_attributes
from personify.wardrobe.vocabulary import COLORS

Colors = tuple[str, ...]
_SMALL, _FINEST = 256, 512  # texels of a side: of parts that had no texture; in which a grain is drawn


@dataclass(frozen=True)
class Substance:
    """A material by name.

    Attributes:
        words: that mean it.
        versions: each a list of colours (``#rrggbb`` or names of the wardrobe) from deep to bright.
        grain: how they are spread, a key of `GRAINS`.
        trim: colour of belts, buckles and other small things.
        roughness, metallic: as in `personify.body.mesh.Material`.
    """

    words: str
    versions: tuple[Colors, ...]
    grain: str
    trim: str
    roughness: float = 0.8
    metallic: float = 0.0


SUBSTANCES = (
    Substance("lava, magma, molten rock, volcano, volcanic",
              (("#1c1110", "#5c130b", "#e8350c", "#ff9a1f", "#ffe27a"), ("#7a0f08", "red", "orange", "#ffc043")),
              "cracks", "#241a18", 0.7),
    Substance("fire, flame, flames, flaming, burning, inferno, phoenix, ember, embers, red hot",
              (("#7a0f08", "red", "orange", "yellow"), ("#b3160a", "#f2600c", "#ffc043")), "tongues", "#5a1a0c"),
    Substance("ice, icy, frost, frosty, frozen, snow, snowy, winter, glacier, crystal, glass",
              (("#6fb3e0", "#bfe3f7", "white"), ("#3f93c9", "#8fcdec", "#e4f7ff")), "shards", "silver", 0.25),
    Substance("night sky, night, starry, stars, starlight, galaxy, galactic, cosmic, cosmos, universe, nebula, space",
              (("#05071c", "#0d1440", "navy", "#3a2a7a"), ("black", "#0a0f33", "navy")), "stars", "gold", 0.6),
    Substance("sun, sunny, sunlight, sunshine, solar, sunrise, dawn, daylight",
              (("orange", "#ffb020", "yellow", "#fff3a8"), ("#d9660f", "gold", "yellow")), "rays", "gold", 0.5),
    Substance("forest, leaf, leaves, leafy, moss, mossy, jungle, woodland, nature, ivy, fern, grass, plants",
              (("#1d3314", "#2f5a22", "green", "#8fae4a"), ("#3a2c1a", "olive", "#4f7a2c")), "leaves", "brown", 0.9),
    Substance("ocean, sea, water, waves, river, lake, rain, aquatic, underwater",
              (("navy", "#14608c", "teal", "#9fe0e0"), ("#0b3a66", "blue", "sky blue")), "waves", "silver", 0.3),
    Substance("stone, rock, rocky, granite, marble, concrete, gargoyle",
              (("#4a4a4c", "#7d7c7a", "#a5a39e"), ("grey", "#cfccc6", "white")), "clouds", "charcoal", 0.9),
    Substance("sand, sandy, desert, dune, dunes", (("#b08a55", "khaki", "beige"),), "waves", "brown", 0.95),
    Substance("earth, mud, muddy, clay, soil, swamp", (("#2e2014", "brown", "#7a5c38"),), "clouds", "#2e2014", 0.95),
    Substance("wood, wooden, oak, bark, tree, timber", (("#3d2614", "#6e4522", "#a06c38"),), "rings", "#3d2614", 0.8),
    Substance("silver, chrome, steel, iron, mirror, metal, metallic, titanium, aluminium, polished",
              (("#9aa0a6", "silver", "#e6e9ec"), ("#b8bcc2", "#d4d7da", "white")), "brushed", "#8a9096", 0.25, 0.95),
    Substance("gold, golden, brass", (("#a87410", "gold", "#ffdf70"), ("#d19a1c", "#f7c93f", "#fff0ad")),
              "brushed", "#8a5f10", 0.3, 0.95),
    Substance("copper, bronze, rust, rusty", (("#5a2c14", "#a8602c", "#d98a50"),), "brushed", "#5a2c14", 0.4, 0.9),
    Substance("storm, stormy, thunder, lightning, cloud, clouds, mist, fog, smoke, ash",
              (("charcoal", "#5b6470", "#9aa6b4"), ("#23272e", "grey", "white")), "clouds", "silver", 0.8),
    Substance("shadow, shadows, darkness, void, obsidian, onyx",
              (("#08080a", "black", "#2a2832"),), "clouds", "charcoal", 0.4),
    Substance("moon, moonlight, lunar, pearl", (("#aab4c8", "#dfe4ee", "white"),), "clouds", "silver", 0.4),
    Substance("blossom, blossoms, rose, roses, petal, petals, flower, flowers, spring, cherry",
              (("#d9588c", "pink", "#fde3ec"), ("#a83a5a", "red", "pink")), "leaves", "green", 0.9),
    Substance("emerald, jade", (("#0d4a2c", "#1f8c55", "#7fd6a4"),), "shards", "gold", 0.2),
    Substance("sapphire", (("#0a1c66", "blue", "sky blue"),), "shards", "silver", 0.2),
    Substance("ruby, garnet, blood", (("#4a0410", "#a30d20", "red"),), "shards", "gold", 0.25),
    Substance("amethyst, magic, magical, enchanted", (("#2c1250", "purple", "#c79aec"),), "clouds", "gold", 0.4),
    Substance("autumn, fall leaves, harvest", (("#5a2010", "#b3541a", "orange", "gold"),), "leaves", "brown", 0.9),
    Substance("candy, sugar, bubblegum", (("pink", "white", "#ff8ac0"),), "waves", "white", 0.3),
)  # fmt: skip


def find_substance(text: str, unread: Sequence[str]) -> Substance | None:
    """What the words say things are made of: in phrases nobody could read, after "made of", and after "dressed in"
    where no garment follows.

    >>> find_substance("a knight made of red hot lava", ["red hot lava"]).grain
    'cracks'
    >>> find_substance("a king dressed in gold", []).grain
    'brushed'
    >>> find_substance("a woman in a gold dress", []) is find_substance("a king dressed in gold shoes", []) is None
    True
    """
    made = re.findall(r"\bmade (?:out |up )?(?:of|from) ([\w' -]+)", text.lower())
    clad = r"\b(?:dressed|clad|covered|wrapped) (?:all |only )?in ((?:pure )?[\w-]+)(?=[,.;]| with\b|$)"
    made += re.findall(clad, text.lower())
    said = " , ".join([*made, *(phrase.lower() for phrase in unread)])
    found = [
        (match.start(), -len(word), substance)
        for substance in SUBSTANCES
        for word in substance.words.split(", ")
        if (match := re.search(rf"\b{word}\b", said))
    ]
    # "red hot lava" is lava: the last word names the thing, the ones before describe it.
    return max(found, key=lambda entry: entry[:2])[2] if found else None


def paint(part: MeshPart, substance: Substance, version: int = 0, seed: int = 0, small: bool = False) -> MeshPart:
    """The part made of a substance; shade and seams of its old texture remain visible.

    Args:
        part: a garment.
        substance: what of.
        version: index into its versions, modulo their number.
        seed: another seed spreads it differently.
        small: buttons, buckles and belts get the trim.
    """
    material = part.material
    full = (_SMALL, _SMALL) if material.texture is None else material.texture.shape[:2]
    size = min(_FINEST, full[0])
    places, _ = bake_attributes(part.uvs, part.faces, part.vertices, size)
    colors: Float
    if small:
        colors = np.broadcast_to(_rgb(substance.trim), (size, size, 3))
    else:
        stops = np.stack([_rgb(name) for name in substance.versions[version % len(substance.versions)]])
        level = GRAINS[substance.grain](places, seed).clip(0, 1) * (len(stops) - 1)
        low = np.minimum(level.astype(np.int64), len(stops) - 2)
        share = (level - low)[..., None]
        colors = (1 - share) * stops[low] + share * stops[low + 1]
        if substance.grain == "stars":
            colors = np.maximum(colors, _sparkle(places, seed)[..., None])
    shaded = resample(colors, full) * _old_shade(material.texture)
    texture = np.round(255 * shaded.clip(0, 1)).astype(np.uint8)
    if material.texture is not None and material.texture.shape[2] == 4:
        texture = np.concatenate([texture, material.texture[..., 3:]], 2)
    changed = replace(
        material, texture=texture, base_color=(1.0, 1.0, 1.0, material.base_color[3]),
        roughness=substance.roughness, metallic=substance.metallic,
    )  # fmt: skip
    return replace(part, material=changed)


def _rgb(name: str) -> Float:
    if name.startswith("#"):
        return np.array([int(name[k : k + 2], 16) / 255 for k in (1, 3, 5)], np.float32)
    return np.asarray(COLORS[name], np.float32)


def _old_shade(texture: Image | None) -> Float:
    """Brightness of the old texture over its middle: seams and weave, but no pattern as strong as a stripe."""
    if texture is None:
        return np.ones((1, 1, 1), np.float32)
    brightness = texture[..., :3].astype(np.float32).max(-1, keepdims=True) + 12
    shade: Float = np.clip(brightness / np.float32(np.median(brightness)), 0.75, 1.15)
    return shade


def _clouds(p: Float, seed: int) -> Float:
    return 0.5 + 0.8 * fractal(p, 0.22, 4, seed)


def _cracks(p: Float, seed: int) -> Float:
    """Glowing veins between dark plates, hotter towards the ground and here and there."""
    p = p + 0.02 * np.stack([fractal(p, 0.05, 2, seed + k) for k in (1, 2, 3)], -1)
    vein = np.exp(-np.abs(fractal(p, 0.11, 2, seed + 4)) / 0.10)
    heat = 0.5 + 0.5 * fractal(p, 0.4, 2, seed + 5)
    return 0.02 + 0.25 * heat + 0.85 * vein * (0.55 + 0.6 * heat)


def _tongues(p: Float, seed: int) -> Float:
    lick = fractal(p, (0.07, 0.35, 0.07), 3, seed)
    return 0.55 + 0.6 * lick - 0.35 * (p[..., 1] - 0.9)


def _shards(p: Float, seed: int) -> Float:
    p = p @ np.array([[0.8, 0.6, 0], [-0.6, 0.8, 0], [0, 0, 1]], np.float32)
    edge = np.abs(fractal(p, (0.09, 0.30, 0.09), 2, seed))
    return 0.25 + 1.1 * edge + 0.25 * fractal(p, 0.5, 2, seed + 1)


def _stars(p: Float, seed: int) -> Float:
    return 0.35 + 0.8 * fractal(p, 0.35, 4, seed)


def _sparkle(p: Float, seed: int) -> Float:
    """Stars as small round lights of various brightness."""
    return np.maximum(_spots(p, 0.026, 0.0045, seed)[0], _spots(p, 0.07, 0.008, seed + 1)[0])


def _spots(p: Float, pitch: float, radius: float, seed: int) -> tuple[Float, Float]:
    """Round spots, one per cell of a grid in space, where the surface meets them: strength and each one's number."""
    cells = np.floor(p / pitch)
    middles = np.stack([fractal(cells + 0.37, 0.731, 1, seed + k) for k in range(4)], -1)
    away = p / pitch - cells - 0.5 - (0.5 - radius / pitch) * middles[..., :3]
    chance: Float = middles[..., 3]
    strength = np.exp(-np.square(away * pitch / radius).sum(-1)) * (0.7 + 0.3 * chance)
    return strength.astype(np.float32), chance


def _rays(p: Float, seed: int) -> Float:
    """Brightest over the heart, beams outwards."""
    x, y = p[..., 0], p[..., 1] - 1.25
    beams = 0.12 * np.sin(14 * np.arctan2(y, x) + 2 * fractal(p, 0.5, 1, seed))
    return 1.0 - 0.75 * np.hypot(x, 0.8 * y) + beams + 0.1 * fractal(p, 0.1, 2, seed + 1)


def _leaves(p: Float, seed: int) -> Float:
    """Foliage: deep and bright green in patches, leaves as flecks."""
    (large, shade), (small, tint) = (_spots(p, pitch, 0.35 * pitch, seed + k) for k, pitch in enumerate((0.06, 0.03)))
    return 0.35 + 0.45 * fractal(p, 0.2, 4, seed + 2) + 0.5 * large * shade + 0.35 * small * tint


def _waves(p: Float, seed: int) -> Float:
    warped = p[..., 1] + 0.10 * fractal(p, 0.35, 3, seed)
    return 0.45 + 0.3 * np.sin(2 * np.pi * warped / 0.16) + 0.35 * fractal(p, 0.25, 3, seed + 1)


def _rings(p: Float, seed: int) -> Float:
    return 0.5 + 0.7 * fractal(p, (0.025, 0.45, 0.025), 3, seed)


def _brushed(p: Float, seed: int) -> Float:
    return 0.5 + 0.25 * fractal(p, (0.30, 0.004, 0.30), 2, seed) + 0.25 * fractal(p, 0.3, 2, seed + 1)


GRAINS = {
    "clouds": _clouds, "cracks": _cracks, "tongues": _tongues, "shards": _shards, "stars": _stars, "rays": _rays,
    "leaves": _leaves, "waves": _waves, "rings": _rings, "brushed": _brushed,
}  # fmt: skip
"""How colours lie on a surface: functions of places [..., 3] in metres and a seed to levels, 0 deep to 1 bright."""
