"""What things are made of: lava, ice, night sky. Words no wardrobe has become a texture on clothes.

A small guide cannot know what lava looks like, a table can: colours from deep to bright, how they are spread over a
surface (see `grains`), how it shines. Of the versions a substance has, the guide chooses (see `finish`).
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

Colors = tuple[str, ...]


@dataclass(frozen=True)
class Substance:
    """A material by name.

    Attributes:
        words: that mean it.
        versions: each a list of colours (``#rrggbb`` or names of the wardrobe) from deep to bright.
        grain: how they are spread, a key of `grains.GRAINS`.
        trim: colour of collars, sashes, belts, buckles and other small things.
        edge: colour of hems and borders: frost on ice, glow on lava, moss on stone.
        roughness, metallic: as in `personify.body.mesh.Material`.
        depth: metres that the brightest colour stands out over the deepest; negative where it lies deeper.
        reach: metres from borders within which they have the colour ``edge``.
    """

    words: str
    versions: tuple[Colors, ...]
    grain: str
    trim: str
    edge: str
    roughness: float = 0.8
    metallic: float = 0.0
    depth: float = 0.0
    reach: float = 0.03

    @property
    def is_metal(self) -> bool:
        """Whether it is plated and riveted where cloth is folded and sewn."""
        return self.metallic >= 0.5


SUBSTANCES = (
    Substance("lava, magma, molten rock, volcano, volcanic",
              (("#1c1110", "#5c130b", "#e8350c", "#ff9a1f", "#ffe27a"), ("#7a0f08", "red", "orange", "#ffc043")),
              "cracks", "#241a18", "#ffb030", 0.7, depth=-0.004, reach=0.015),
    Substance("fire, flame, flames, flaming, burning, inferno, phoenix, ember, embers, red hot",
              (("#7a0f08", "red", "orange", "yellow"), ("#b3160a", "#f2600c", "#ffc043")), "tongues", "#5a1a0c",
              "#ffd75a", depth=0.002, reach=0.05),
    Substance("ice, icy, frost, frosty, frozen, snow, snowy, winter, glacier, crystal, glass",
              (("#3f86c4", "#8cc6ea", "#cfeafa", "white"), ("#2f74b8", "#6fb6e2", "#bfe3f7", "#f2fbff")), "facets",
              "#eef7ff", "white", 0.22, depth=0.003, reach=0.09),
    Substance("night sky, night, starry, stars, starlight, galaxy, galactic, cosmic, cosmos, universe, nebula, space",
              (("#05071c", "#0d1440", "navy", "#3a2a7a"), ("black", "#0a0f33", "navy")), "stars", "gold", "#5a4aa8",
              0.6, reach=0.02),
    Substance("sun, sunny, sunlight, sunshine, solar, sunrise, dawn, daylight",
              (("orange", "#ffb020", "yellow", "#fff3a8"), ("#d9660f", "gold", "yellow")), "rays", "gold", "#e06a10",
              0.5),
    Substance("forest, leaf, leaves, leafy, moss, mossy, jungle, woodland, nature, ivy, fern, grass, plants",
              (("#1d3314", "#2f5a22", "green", "#8fae4a"), ("#3a2c1a", "olive", "#4f7a2c")), "leaves", "brown",
              "#a8c060", 0.9, depth=0.004, reach=0.05),
    Substance("ocean, sea, water, waves, river, lake, rain, aquatic, underwater",
              (("navy", "#14608c", "teal", "#9fe0e0"), ("#0b3a66", "blue", "sky blue")), "waves", "silver", "#e4f7f7",
              0.3, depth=0.004, reach=0.05),
    Substance("marble, alabaster", (("#8a8a90", "#dcdad6", "#f6f4f0"),), "veins", "#c8c4bc", "#ffffff", 0.3,
              depth=0.0005),
    Substance("stone, rock, rocky, granite, concrete, gargoyle",
              (("#4a4a4c", "#7d7c7a", "#a5a39e"), ("grey", "#cfccc6", "white")), "clouds", "charcoal", "#b8b6b0", 0.9,
              depth=0.004, reach=0.02),
    Substance("sand, sandy, desert, dune, dunes", (("#b08a55", "khaki", "beige"),), "waves", "brown", "#f0dcb0", 0.95,
              depth=0.003),
    Substance("earth, mud, muddy, clay, soil, swamp", (("#2e2014", "brown", "#7a5c38"),), "clouds", "#2e2014",
              "#2e2014", 0.95, depth=0.004),
    Substance("wood, wooden, oak, bark, tree, timber", (("#3d2614", "#6e4522", "#a06c38"),), "rings", "#3d2614",
              "#c08a50", 0.8, depth=0.002, reach=0.015),
    Substance("silver, chrome, steel, iron, mirror, metal, metallic, titanium, aluminium, polished",
              (("#868c94", "#b2b6bc", "#d8dce0"), ("#a0a4aa", "#c4c8cc", "#eceef0")), "polished", "#70767c", "#f4f6f8",
              0.25, 0.95, reach=0.012),
    Substance("gold, golden, brass", (("#b07a1c", "#d4a038", "#f0c860"), ("#c08a24", "#e0b048", "#ffe08a")),
              "polished", "#ffd76a", "#ffe9a0", 0.3, 0.95, reach=0.015),
    Substance("copper, bronze, rust, rusty", (("#5a2c14", "#a8602c", "#d98a50"),), "polished", "#5a2c14", "#f0b080",
              0.4, 0.9, reach=0.012),
    Substance("storm, stormy, thunder, lightning, cloud, clouds, mist, fog, smoke, ash",
              (("charcoal", "#5b6470", "#9aa6b4"), ("#23272e", "grey", "white")), "clouds", "silver", "#d4dce6", 0.8),
    Substance("shadow, shadows, darkness, void, obsidian, onyx",
              (("#08080a", "black", "#2a2832"),), "clouds", "charcoal", "#4a4658", 0.4, reach=0.02),
    Substance("moon, moonlight, lunar, pearl", (("#aab4c8", "#dfe4ee", "white"),), "clouds", "silver", "white", 0.4),
    Substance("blossom, blossoms, rose, roses, petal, petals, flower, flowers, spring, cherry",
              (("#d9588c", "pink", "#fde3ec"), ("#a83a5a", "red", "pink")), "leaves", "green", "#fff0f5", 0.9,
              depth=0.003, reach=0.05),
    Substance("emerald, jade", (("#0d4a2c", "#1f8c55", "#7fd6a4"),), "facets", "gold", "#b8f0d0", 0.2, depth=0.003),
    Substance("sapphire", (("#0a1c66", "blue", "sky blue"),), "facets", "silver", "#c0d8ff", 0.2, depth=0.003),
    Substance("ruby, garnet, blood", (("#4a0410", "#a30d20", "red"),), "facets", "gold", "#ff8090", 0.25, depth=0.003),
    Substance("amethyst, magic, magical, enchanted", (("#2c1250", "purple", "#c79aec"),), "clouds", "gold", "#e0c0ff",
              0.4),
    Substance("autumn, fall leaves, harvest", (("#5a2010", "#b3541a", "orange", "gold"),), "leaves", "brown", "gold",
              0.9, depth=0.004, reach=0.05),
    Substance("candy, sugar, bubblegum", (("pink", "white", "#ff8ac0"),), "waves", "white", "white", 0.3),
)  # fmt: skip

_PHRASE = r"((?:(?!with\b|in\b|wearing\b|and a)[\w'-]+ ?)+)"
_MADE = re.compile(rf"\b(?:made (?:out |up )?(?:of|from)|(?:statue|sculpture|figure|golem) (?:made )?of) {_PHRASE}")
_CLAD = re.compile(r"\b(?:dressed|clad|covered|wrapped) (?:all |only )?in ((?:pure )?[\w-]+)(?=[,.;]| with\b|$)")


def find_substance(text: str, unread: Sequence[str]) -> Substance | None:
    """What the words say things are made of: in phrases nobody could read, after "made of", and after "dressed in"
    where no garment follows.

    >>> find_substance("a knight made of red hot lava", ["red hot lava"]).grain
    'cracks'
    >>> find_substance("a king dressed in gold", []).grain
    'polished'
    >>> find_substance("a woman in a gold dress", []) is find_substance("a king dressed in gold shoes", []) is None
    True
    """
    made = [*_MADE.findall(text.lower()), *_CLAD.findall(text.lower())]
    said = " , ".join([*made, *(phrase.lower() for phrase in unread)])
    found = [
        (match.start(), -len(word), substance)
        for substance in SUBSTANCES
        for word in substance.words.split(", ")
        if (match := re.search(rf"\b{word}\b", said))
    ]
    # "red hot lava" is lava: the last word names the thing, the ones before describe it.
    return max(found, key=lambda entry: entry[:2])[2] if found else None


def is_made(text: str) -> bool:
    """Whether words say what somebody is made of, not what they wear or rule.

    >>> is_made("a robot made of silver"), is_made("a statue of bronze"), is_made("an ice queen")
    (True, True, False)
    """
    return bool(_MADE.search(text.lower()))


def is_clad(text: str) -> bool:
    """Whether a substance is only worn: "dressed in gold" is golden cloth.

    >>> is_clad("a king dressed in gold"), is_clad("a king dressed in gold shoes")
    (True, False)
    """
    return bool(_CLAD.search(text.lower())) and not is_made(text)
