"""Clothes, and sometimes whole people, made of lava, ice, gold ...: what the judge learns materials from.

Only the judge's lessons are made with it, and it has nothing in common with what sculpting paints with (not a colour,
a grain or a line), or the judge would know the sculptor's hand instead of the thing. Colours and grains vary widely,
parts are left out, old shade shines through more or less: the judge shall find what all lava has in common.
"""

from __future__ import annotations

import colorsys
import json
import math
from collections.abc import Callable, Iterable, Sequence
from dataclasses import asdict, dataclass, replace

import numpy as np
from PIL import Image as PillowImage
from scipy.spatial import cKDTree

from personify.body.mesh import Float, Image, MeshPart
from personify.perception.labels import MADE_OF
from personify.wardrobe.outfit import Outfit
from personify.wardrobe.uvmap import bake_attributes
from personify.wardrobe.vocabulary import GARMENTS

Level = Callable[[Float], Float]  # places [..., 3] in metres -> [...], 0 deep to 1 bright
SIDE = 128  # texels
LARGE = ("full", "outer", "top", "bottom", "back")
BODY = ("skin", "hair", "beard")
REPAINTED = ("color", "accent", "pattern", "material")  # what a garment made of something else no longer shows
COATED = ("person.skin", "hair.color")


@dataclass(frozen=True)
class Stuff:
    """A material: what it is called and how it looks.

    Attributes:
        things: after "made of"; adjectives: before a noun; places: after "of"; separated by ", ".
        colors: from deep to bright; each one of several, separated by "|".
        grains: names in `GRAINS`.
        roughness, metallic: ranges, as in `personify.body.mesh.Material`.
    """

    things: str
    adjectives: str
    places: str
    colors: str
    grains: str
    roughness: tuple[float, float] = (0.6, 1.0)
    metallic: tuple[float, float] = (0.0, 0.0)


SHINY, METAL = (0.05, 0.4), (0.7, 1.0)
STUFFS = {
    "lava": Stuff("lava, magma, molten rock, red hot lava, glowing lava, hot magma, liquid fire and rock",
                  "lava, molten, volcanic, magma", "the volcano, lava, magma",
                  "1b1010|3a0f0a|2b2524|50120a d0260c|b81c10|e0400f ff8c1a|ffb030|ffd860",
                  "cracks veins ridged warped plates", (0.4, 1.0)),
    "fire": Stuff("fire, flames, burning flames, blazing fire, embers, hot fire",
                  "fire, burning, fiery, flaming, blazing",
                  "fire, the flames, the inferno", "8c1208|b02008|601008 f05a10|e84010|ff7a1a ffc22e|ffe05a|ffef9a",
                  "streaks upward warped upward"),
    "ice": Stuff("ice, frost, crystal, frozen water, blue ice, clear ice, glass",
                 "ice, icy, frozen, frosty, crystal, glass",
                 "ice, the glacier, frost, winter",
                 "5a9ac8|78b8dc|8ea8d8|8f86cc a8d8ee|bcd4f2|c8c8f4 f2fbff|e4f0ff|ffffff",
                 "cells ridged plates warped streaks", SHINY),
    "snow": Stuff("snow, white snow, fresh snow, powder snow", "snow, snowy, snow covered", "snow, the snow, winter",
                  "c8d4e2|d8dce4|cfd8e8 eef2f6|f4f4f8 ffffff", "warped flat speckles blobs", (0.8, 1.0)),
    "water": Stuff("water, sea water, waves, clear water, the sea", "water, aquatic, watery, ocean",
                   "the sea, the ocean, water, the river, the deep",
                   "08305c|0a4a70|104a8c 1a7a9c|2a80b8|2c9aa8 8cdce0|a8d8f0|c8f4f0", "bands warped ridged streaks",
                   (0.1, 0.6)),
    "forest": Stuff("leaves, moss, green leaves, ivy, forest leaves, grass, ferns, plants",
                    "leafy, mossy, forest, woodland, overgrown, green leaf",
                    "the forest, the woods, the jungle, nature, the trees",
                    "16300f|24401a|30381a|2c2a14 3a6a24|4a7a2a|2f7a34|5a7028 80a840|9cb84a|70b050",
                    "leaves leaves warped speckles cells"),
    "autumn": Stuff("autumn leaves, fallen leaves, dry leaves, red and yellow leaves", "autumn, autumnal",
                    "autumn, the harvest, the fall",
                    "5a1c0c|6a2c10|4a2410 b0481a|c0641c|a83018 e89a2c|f0b840|d88020", "leaves leaves cells speckles"),
    "stone": Stuff("stone, rock, granite, concrete, grey stone, boulders", "stone, rocky, granite, concrete",
                   "stone, the mountain, rock, the rocks",
                   "38383a|4c4a46|50545a 78777a|86827a|6e7478 a8a6a0|b4b0a8|b8bcc0",
                   "warped speckles plates cells blobs", (0.8, 1.0)),
    "marble": Stuff("marble, white marble, polished marble, alabaster", "marble, alabaster", "marble, the temple",
                    "7a7a80|8a8478|98a0a4 d8d6d2|dcd8ce|d0d4d8 f4f2ee|fbf8f0|ffffff", "vein warped vein ridged",
                    (0.15, 0.6)),
    "sand": Stuff("sand, desert sand, sandstone, golden sand", "sand, sandy, desert, sandstone",
                  "the desert, sand, the dunes",
                  "9a7440|a88450|b08c60 c8a468|d4b478|ccae80 e8d4a4|f0dcb0", "bands speckles warped flat", (0.85, 1.0)),
    "mud": Stuff("mud, wet mud, clay, earth, soil, dirt", "mud, muddy, earthen, clay", "the swamp, the earth, mud",
                 "20140a|2c1e12|38281a 4c3620|5a4028|584634 7c6040|8a6a48", "warped blobs plates speckles", (0.3, 1.0)),
    "wood": Stuff("wood, oak, bark, timber, tree bark, carved wood", "wooden, wood, oak, bark covered",
                  "wood, oak, the old tree",
                  "301c0e|40280f|4a3420 6e4620|80562c|8a6238 a87840|b88a54|c89c64", "streaks bands rings streaks",
                  (0.5, 0.95)),
    "gold": Stuff("gold, pure gold, solid gold, polished gold, shining gold", "golden, gold, gilded", "gold, pure gold",
                  "8a5c0c|9c6e14|7a5010 d09a20|d8a830|c8921c ffe080|f8d868|ffeaa0",
                  "flat scratches warped cells", SHINY, METAL),
    "silver": Stuff("silver, polished silver, steel, chrome, shining metal, iron, polished steel",
                    "silver, chrome, steel, metallic, metal, iron", "silver, steel, iron",
                    "7c8088|8a8e94|70767c b0b4ba|bcc0c4|c4c8d0 e8eaee|f4f6f8", "flat scratches warped cells",
                    SHINY, METAL),
    "copper": Stuff("copper, bronze, polished bronze, polished copper", "bronze, copper", "bronze, copper",
                    "4c2410|5c3014|6a3a1c a45c2c|b06a38|9a6a30 e09a64|d8a060", "flat scratches warped",
                    (0.1, 0.5), METAL),
    "rust": Stuff("rust, rusty metal, rusted iron, old scrap", "rusty, rusted", "rust, the scrapyard",
                  "3a1c10|4a2814|3c3430 8a4420|9a5428|7a3c1c c07840|b06a34|a89080", "speckles warped blobs plates",
                  (0.7, 1.0), (0.0, 0.7)),
    "night sky": Stuff("the night sky, stars, the galaxy, starry night, starlight, stardust, the milky way",
                       "starry, cosmic, galactic, starlit, galaxy",
                       "the night sky, the stars, the galaxy, the cosmos, the universe, night",
                       "02030c|060a24|0a0818|0c1030 101c50|241450|0c2448|30185c e8ecff|c8d0ff|fff4d0", "starry"),
    "sun": Stuff("sunlight, the sun, sunshine, sunbeams, golden light, sun rays", "sunny, solar, radiant, sunlit, sun",
                 "the sun, light, daylight, the sunrise, the dawn",
                 "e07a10|e89018|d86a10|f0a020 ffb828|ffc83c|f8c030 fff0a0|fff8c8|ffe878",
                 "radial upward warped rays flat", (0.3, 1.0)),
    "storm": Stuff("storm clouds, clouds, thunder clouds, smoke, mist, fog", "stormy, cloudy, smoky, thunder, misty",
                   "the storm, thunder, the clouds, smoke",
                   "2a3038|38404c|4a4e58 6c7480|7c8894|888c98 b8c0cc|d0d4dc|c0cce0", "warped blobs ridged warped"),
    "shadow": Stuff("shadow, shadows, darkness, black obsidian, coal, pure darkness",
                    "shadow, shadowy, dark, obsidian, black",
                    "shadows, the dark, darkness, the void",
                    "040406|08060a|0a0a0c 121216|18141c|16181c 24222c|2c2830|201c2c", "warped flat streaks cells",
                    (0.2, 1.0)),
    "moon": Stuff("moonlight, moon dust, pale moonlight, moonstone, pearl", "moonlit, lunar, moon, pearly, pearl",
                  "the moon, moonlight",
                  "8c94a8|9ca0ac|a4acc0 ccd2e0|d4d6dc|c8cce4 f0f2fa|ffffff|f4f0ff", "blobs warped flat speckles",
                  (0.2, 0.8)),
    "flowers": Stuff("flowers, rose petals, blossoms, roses, cherry blossoms, petals, pink flowers",
                     "flowery, floral, blossoming, flower", "flowers, spring, the roses, the blossoms, the meadow",
                     "a03060|3c7030|b83a50|7a3a90 e8709c|f098b4|d85878|c080d0 ffe0ec|fff0d0|ffffff|ffd060",
                     "leaves petals petals speckles"),
    "emerald": Stuff("emerald, jade, green crystal, green gemstones", "emerald, jade", "emerald, jade",
                     "04341c|0a4428|084a38 149058|1c9c60|10886c 80e0b0|a0ecc0", "cells plates ridged", SHINY),
    "ruby": Stuff("ruby, rubies, red crystal, garnet, blood", "ruby, crimson, blood", "ruby, blood",
                  "3a0410|50060c|480818 a00c24|b81428|980c34 f06078|e84050", "cells plates ridged flat", SHINY),
    "sapphire": Stuff("sapphire, blue crystal, sapphires, blue gemstones", "sapphire", "sapphire",
                      "060c48|0a1458|041c60 1838b0|2048c0|1440a0 6c94f0|88a8ff", "cells plates ridged", SHINY),
    "amethyst": Stuff("amethyst, purple crystal, magic, purple smoke", "amethyst, magical, enchanted, mystic",
                      "magic, amethyst, sorcery",
                      "240c44|301058|3c1460 6a30a4|7a3cb8|8040b0 c898f0|d8a8ff|e0b0f0",
                      "cells warped plates ridged", (0.1, 0.8)),
    "candy": Stuff("candy, sugar, bubblegum, cotton candy, sweets, lollipops", "candy, sugary, bubblegum, sweet",
                   "candy, sweets, sugar",
                   "f060a0|60c8e8|f09040|e84060 ffa8d0|a8e8f0|fff080 ffffff|fff0f8", "bands swirl speckles cells",
                   (0.1, 0.6)),
    "paper": Stuff("paper, newspaper, cardboard, old paper, parchment", "paper, cardboard, origami",
                   "paper, the old book",
                   "b8a888|c8b48c|c4c0b8 e0d4b8|e4dcc8|ecece8 f8f4e8|ffffff", "cells flat scratches bands", (0.9, 1.0)),
    "bone": Stuff("bones, bone, ivory, skulls and bones", "bone, skeletal, ivory", "bones, the dead, the crypt",
                  "4a4030|5c5444|3c3428 b8ac90|c4b89c|d0c8b4 ece4d0|f4eee0", "blobs vein streaks bands", (0.5, 0.95)),
    "neon": Stuff("neon light, neon, glowing light, lasers, bright neon", "neon, glowing, electric, cyber",
                  "neon, electricity, lightning, the future",
                  "0a0a14|100a20|0a1418 ff20a0|20e0ff|30ff60|a030ff f8ffff|ffff60|ff80ff|80ffff",
                  "vein cracks bands veins"),
    "slime": Stuff("slime, green slime, goo, acid, toxic slime", "slimy, toxic, slime, acid", "slime, acid, poison",
                   "2c6a08|3c7c10|507c0c 70c81c|84d820|98d030 d0ff70|c8f850", "blobs upward warped", (0.05, 0.35)),
    "rainbow": Stuff("rainbows, all colours, a rainbow, rainbow colours",
                     "rainbow, multicoloured, iridescent, prismatic",
                     "the rainbow, all colours",
                     "e02030|d01060 f08020|f0a020 f0e030|e8e850 30b040|40c060 2060d0|3080e0 8030b0|9040c0",
                     "bands radial upward swirl"),
}  # fmt: skip
assert list(STUFFS) == list(MADE_OF[1:])


@dataclass(frozen=True)
class Made:
    """What somebody is made of.

    Attributes:
        of: a key of `STUFFS`, or empty.
        slots: of the garments that are; body: skin and hair are, too.
    """

    of: str = ""
    slots: tuple[str, ...] = ()
    body: bool = False

    @staticmethod
    def from_json(text: str) -> Made:
        values = json.loads(text or "{}")
        return Made(**values | {"slots": tuple(values.get("slots", ()))})

    def to_json(self) -> str:
        return json.dumps(asdict(self)) if self.of else ""

    @property
    def hidden(self) -> set[str]:
        """Addresses that nobody can see any more."""
        return {f"{slot}.{name}" for slot in self.slots for name in REPAINTED} | set(COATED if self.body else ())


def draw_made(outfit: Outfit, rng: np.random.Generator) -> Made:
    """A material for the largest garment, for most of them or for the whole person."""
    worn = [garment.slot for garment in outfit.garments]
    largest = next(slot for slot in (*LARGE, *worn, "") if slot in worn or not slot)
    share, most = rng.random(), tuple(slot for slot in worn if slot in LARGE or rng.random() < 0.6)
    slots = tuple(worn) if share < 0.25 else most if share < 0.8 or not largest else (largest,)
    return Made(str(rng.choice(list(STUFFS))), slots, bool(share < 0.2))


def remake(parts: Sequence[MeshPart], made: Made, rng: np.random.Generator) -> tuple[MeshPart, ...]:
    """The parts with new textures."""
    stuff = STUFFS[made.of]
    grain = GRAINS[rng.choice(stuff.grains.split())](rng)
    colors = np.stack([_jittered(str(rng.choice(stop.split("|"))), rng) for stop in stuff.colors.split()])
    spread, shift = rng.uniform(0.8, 1.25), rng.normal(0, 0.06)  # how much of the range of colours is used
    ghost = rng.uniform(0, 0.8)  # of the old texture's light and dark
    finish = {"roughness": float(rng.uniform(*stuff.roughness)), "metallic": float(rng.uniform(*stuff.metallic))}
    trims = rng.random() < 0.5

    def changed(part: MeshPart) -> MeshPart:
        kind = _kind(part.name)
        mine = (GARMENTS[kind].slot in made.slots and (trims or part.name == kind)) if kind else False
        if not mine and not (made.body and part.name in BODY):
            return part
        places, _ = bake_attributes(part.uvs, part.faces, part.vertices, SIDE)
        level = (0.5 + spread * (grain(places) - 0.5) + shift).clip(0, 1) * (len(colors) - 1)
        low = np.minimum(level.astype(np.int64), len(colors) - 2)
        mixed = colors[low] + (level - low)[..., None] * (colors[low + 1] - colors[low])
        texture = _with_ghost(mixed, part.material.texture, ghost)
        material = replace(part.material, texture=texture, base_color=(1.0, 1.0, 1.0, part.material.base_color[3]))
        return replace(part, material=replace(material, **finish))

    return tuple(changed(part) for part in parts)


def _kind(part: str) -> str | None:
    kinds = [kind for kind in GARMENTS if part == kind or part.startswith(f"{kind} ")]
    return max(kinds, key=len) if kinds else None


def _jittered(hexadecimal: str, rng: np.random.Generator) -> Float:  # [3]
    hue, saturation, value = colorsys.rgb_to_hsv(*(int(hexadecimal[k : k + 2], 16) / 255 for k in (0, 2, 4)))
    hue, saturation = (hue + rng.normal(0, 0.018)) % 1, min(1, saturation * rng.uniform(0.75, 1.15))
    return np.array(colorsys.hsv_to_rgb(hue, saturation, min(1, value * rng.uniform(0.8, 1.15))), np.float32)


def _with_ghost(colors: Float, old: Image | None, strength: float) -> Image:
    """Colours in which the old picture's brightness remains visible, and its transparency."""
    if old is None:
        return np.round(255 * colors.clip(0, 1)).astype(np.uint8)
    fitted = np.asarray(PillowImage.fromarray(old).resize((SIDE, SIDE), PillowImage.Resampling.BILINEAR))
    light = fitted[..., :3].astype(np.float32).mean(-1, keepdims=True) + 20
    shade = (light / light.mean()).clip(0.5, 1.3) ** strength
    texture = np.round(255 * (colors * shade).clip(0, 1)).astype(np.uint8)
    return np.concatenate([texture, fitted[..., 3:]], 2)


def _field(rng: np.random.Generator, wavelength: float, stretch: Iterable[float] = (1, 1, 1)) -> Level:
    """A smooth random field of about unit variance: a sum of plane waves."""
    directions = rng.normal(size=(3, 20)) * 2 * math.pi / (1.7 * wavelength * np.array(list(stretch))[:, None])
    phases = rng.uniform(0, 2 * math.pi, 20)
    return lambda p: (np.cos(p @ directions + phases).sum(-1) / math.sqrt(10)).astype(np.float32)


def _scaled(field: Level) -> Level:
    return lambda p: 0.5 + 0.28 * field(p)


def _warped(rng: np.random.Generator) -> Level:
    size = rng.uniform(0.1, 0.5)
    bends = [_field(rng, size) for _ in range(3)]
    coarse, fine = _field(rng, size), _field(rng, size / 4)
    strength = 0.15 * size

    def level(p: Float) -> Float:
        bent = p + strength * np.stack([bend(p) for bend in bends], -1)
        return 0.5 + 0.25 * coarse(bent) + 0.1 * fine(bent)

    return level


def _ridged(rng: np.random.Generator) -> Level:
    size, sharp = rng.uniform(0.08, 0.35), rng.uniform(0.4, 1.2)
    coarse, fine = _field(rng, size), _field(rng, size / 3)
    return lambda p: 1 - (0.75 * np.abs(coarse(p)) + 0.25 * np.abs(fine(p))).clip(0, 1) ** sharp


def _vein(rng: np.random.Generator) -> Level:
    """Thin lines, far apart."""
    ridges, dark = _ridged(rng), rng.random() < 0.5
    return lambda p: 0.9 - 0.9 * ridges(p) ** 6 if dark else 0.1 + 0.9 * ridges(p) ** 6


def _points(rng: np.random.Generator, pitch: float) -> cKDTree:
    count = int(2.0 * 2.2 * 0.8 / pitch**3)
    return cKDTree(rng.uniform((-1, -0.1, -0.4), (1, 2.1, 0.4), (count, 3)))


def _voronoi(rng: np.random.Generator, low: float = 0.04, high: float = 0.16) -> Callable[[Float], tuple[Float, ...]]:
    """Distances to the nearest and second nearest point in units of their pitch, and a random number of the nearest."""
    pitch = rng.uniform(low, high)
    tree, wobble = _points(rng, pitch), [_field(rng, 0.6 * pitch) for _ in range(3)]
    numbers = rng.random(tree.n)

    def cells(p: Float) -> tuple[Float, ...]:
        bent = p + 0.08 * pitch * np.stack([field(p) for field in wobble], -1)
        distances, nearest = tree.query(bent, k=2)
        return distances[..., 0] / pitch, distances[..., 1] / pitch, numbers[nearest[..., 0]]

    return cells


def _cells(rng: np.random.Generator) -> Level:
    cells, edge = _voronoi(rng), rng.uniform(-0.3, 0.3)

    def level(p: Float) -> Float:
        first, second, number = cells(p)
        return 0.15 + 0.7 * number + edge * (second - first < 0.08)

    return level


def _cracks(rng: np.random.Generator) -> Level:
    cells, width, glow = _voronoi(rng, 0.06, 0.22), rng.uniform(0.06, 0.3), _field(rng, 0.4)

    def level(p: Float) -> Float:
        first, second, number = cells(p)
        return 0.25 * number + np.exp(-(second - first) / width) * (0.8 + 0.25 * glow(p))

    return level


def _plates(rng: np.random.Generator) -> Level:
    cracks = _cracks(rng)
    return lambda p: 0.95 - 0.9 * cracks(p)


def _blobs(rng: np.random.Generator) -> Level:
    cells = _voronoi(rng, 0.05, 0.25)
    return lambda p: 1.1 - 1.3 * cells(p)[0]


def _speckles(rng: np.random.Generator) -> Level:
    cells, base, size = _voronoi(rng, 0.025, 0.06), _warped(rng), rng.uniform(0.25, 0.5)

    def level(p: Float) -> Float:
        first, _, number = cells(p)
        return np.where(first < size * number, 0.2 + 0.8 * (number > 0.6), base(p))

    return level


def _starry(rng: np.random.Generator) -> Level:
    """Points of light, many or few, over dim clouds."""
    fields = [_voronoi(rng, 0.028, 0.05), _voronoi(rng, 0.05, 0.12)]
    sizes, clouds = rng.uniform(0.15, 0.4, 2), _warped(rng)

    def level(p: Float) -> Float:
        light = 0.5 * clouds(p).clip(0, 1)
        for cells, size in zip(fields, sizes, strict=True):
            first, _, number = cells(p)
            light = np.maximum(light, np.where(first < size * (0.4 + 0.6 * number), 0.5 + 0.5 * number, 0))
        return light

    return level


def _stamps(rng: np.random.Generator, slender: float) -> Level:
    """Leaves or petals: pointed ovals in all directions, each of its own tone, on dark ground."""
    pitch = rng.uniform(0.03, 0.09)
    tree, base, length = _points(rng, pitch), _warped(rng), rng.uniform(0.6, 0.95)
    axes = rng.normal(size=(tree.n, 3))
    axes /= np.linalg.norm(axes, axis=1, keepdims=True)
    numbers = rng.random(tree.n)

    def level(p: Float) -> Float:
        distances, nearest = tree.query(p, k=2)
        out = 0.3 * base(p)
        for k in (1, 0):
            which = nearest[..., k]
            along = np.abs(((p - tree.data[which]) * axes[which]).sum(-1)) / pitch
            across = np.sqrt(np.maximum((distances[..., k] / pitch) ** 2 - along**2, 0))
            inside = along / length + across / (slender * length) < 1
            out = np.where(inside, 0.3 + 0.7 * numbers[which] - 0.15 * (across < 0.04), out)
        return out

    return level


def _streaks(rng: np.random.Generator) -> Level:
    axis, thin = rng.integers(3), rng.uniform(0.01, 0.06)
    stretch = np.ones(3)
    stretch[1 if axis else 0] = rng.uniform(6, 25)
    return _scaled(_field(rng, thin, stretch))


def _scratches(rng: np.random.Generator) -> Level:
    streaks, base = _streaks(rng), _flat(rng)
    return lambda p: base(p) + 0.3 * (streaks(p) - 0.5)


def _flat(rng: np.random.Generator) -> Level:
    tone, field = rng.uniform(0.3, 0.8), _field(rng, rng.uniform(0.1, 0.6))
    return lambda p: tone + 0.06 * field(p)


def _upward(rng: np.random.Generator) -> Level:
    """From one end of the person to the other, unevenly."""
    field, sign, strength = _field(rng, rng.uniform(0.05, 0.3), (1, 3, 1)), rng.choice([-1, 1]), rng.uniform(0.03, 0.2)
    return lambda p: 0.5 + 0.55 * sign * (p[..., 1] - 0.85) + strength * field(p)


def _radial(rng: np.random.Generator) -> Level:
    heart, reach, field = rng.normal((0, 1.1, 0.1), (0.1, 0.25, 0.05)), rng.uniform(0.5, 1.3), _field(rng, 0.2)
    return lambda p: 1.05 - np.linalg.norm(p - heart, axis=-1) / reach + 0.08 * field(p)


def _rays(rng: np.random.Generator) -> Level:
    middle, count, glow = rng.uniform(0.7, 1.5), rng.integers(6, 24), _radial(rng)
    return lambda p: 0.75 * glow(p) + 0.3 * (np.sin(count * np.arctan2(p[..., 1] - middle, p[..., 0])) > 0)


def _bands(rng: np.random.Generator) -> Level:
    direction = rng.normal(size=3) * (0.5, 1, 0.3)
    direction *= 2 * math.pi / rng.uniform(0.06, 0.4) / np.linalg.norm(direction)
    bend, strength, hard = _field(rng, 0.25), rng.uniform(0.1, 2), rng.uniform(0.7, 2.5)
    return lambda p: 0.5 + 0.5 * np.clip(hard * np.sin(p @ direction + strength * bend(p)), -1, 1)


def _swirl(rng: np.random.Generator) -> Level:
    bend, turns = _field(rng, 0.4), rng.uniform(10, 40)

    def level(p: Float) -> Float:
        angle = np.arctan2(p[..., 0], p[..., 2] + 0.05)
        return 0.5 + 0.5 * np.sin(2 * angle + turns * p[..., 1] + 0.5 * bend(p))

    return level


def _rings(rng: np.random.Generator) -> Level:
    """Year rings of a trunk that stands where the person does."""
    bend, fine = _field(rng, 0.3, (1, 4, 1)), rng.uniform(60, 200)
    return lambda p: 0.5 + 0.4 * np.sin(fine * (np.hypot(p[..., 0], 0.6 * p[..., 2]) + 0.02 * bend(p)))


GRAINS: dict[str, Callable[[np.random.Generator], Level]] = {
    "warped": _warped, "ridged": _ridged, "vein": _vein, "cells": _cells, "cracks": _cracks, "plates": _plates,
    "veins": lambda rng: (lambda ridges: lambda p: 0.15 + 0.85 * ridges(p) ** 3)(_ridged(rng)),
    "blobs": _blobs, "speckles": _speckles, "starry": _starry, "leaves": lambda rng: _stamps(rng, 0.4),
    "petals": lambda rng: _stamps(rng, 0.8), "streaks": _streaks, "scratches": _scratches, "flat": _flat,
    "upward": _upward, "radial": _radial, "rays": _rays, "bands": _bands, "swirl": _swirl, "rings": _rings,
}  # fmt: skip
