"""Colours that go together, and the usual colours of things: the taste of the prior.

A palette holds one harmonious set of clothes. Strong colours appear once or twice among neutrals, shoes follow the
warmth of the rest (brown with earth colours, black or white with cool ones).
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

from personify.wardrobe.vocabulary import COLORS


class Palette(NamedTuple):
    """Colours by role: ``top``, ``bottom``, ``outer``, ``feet`` and ``accent`` (dresses, scarves, ties, hats)."""

    top: str
    bottom: str
    outer: str
    feet: str
    accent: str


PALETTES = tuple(
    Palette(*(color.strip() for color in line.split(",")))
    for line in """\
white, blue, navy, brown, sky blue
white, navy, beige, brown, maroon
white, black, charcoal, black, red
white, khaki, navy, brown, green
white, grey, black, white, mint
white, beige, brown, brown, teal
cream, brown, olive, brown, orange
cream, blue, brown, brown, maroon
cream, charcoal, maroon, black, gold
grey, black, charcoal, black, purple
grey, navy, black, white, yellow
grey, blue, navy, white, orange
charcoal, khaki, olive, brown, orange
charcoal, blue, black, white, teal
black, grey, charcoal, black, silver
black, blue, black, white, red
black, beige, beige, black, gold
navy, khaki, brown, brown, white
navy, beige, grey, brown, red
navy, grey, charcoal, black, sky blue
sky blue, navy, navy, brown, pink
sky blue, beige, navy, brown, cream
sky blue, charcoal, grey, black, blue
blue, beige, navy, brown, yellow
blue, white, grey, white, red
blue, grey, charcoal, black, cream
teal, charcoal, grey, black, cream
teal, beige, brown, brown, gold
mint, white, grey, white, teal
mint, navy, grey, white, pink
green, khaki, brown, brown, cream
green, navy, charcoal, black, white
olive, black, charcoal, black, khaki
olive, beige, brown, brown, cream
olive, blue, olive, brown, orange
khaki, brown, olive, brown, green
beige, navy, navy, brown, maroon
beige, brown, olive, brown, teal
brown, beige, olive, brown, cream
brown, blue, brown, brown, gold
red, blue, navy, white, white
red, black, charcoal, black, white
red, beige, navy, brown, navy
maroon, grey, charcoal, black, cream
maroon, beige, brown, brown, gold
maroon, navy, navy, brown, pink
orange, blue, brown, brown, cream
orange, charcoal, grey, white, teal
yellow, blue, grey, white, white
yellow, grey, navy, white, green
gold, black, black, black, maroon
gold, navy, brown, brown, white
purple, grey, charcoal, black, lavender
purple, black, grey, black, silver
lavender, grey, grey, white, purple
lavender, navy, cream, white, pink
pink, white, grey, white, magenta
pink, grey, charcoal, white, lavender
pink, blue, cream, white, teal
magenta, black, charcoal, black, pink
magenta, navy, grey, white, lavender
silver, black, charcoal, black, purple""".splitlines()
)

DENIM = ("blue", "navy", "black", "charcoal", "grey")
FOOTWEAR: Mapping[str, tuple[str, ...]] = {  # what real shoes come in; the palette decides when it can
    "sneakers": ("white", "black", "grey", "navy", "red"),
    "shoes": ("brown", "black"),
    "boots": ("brown", "black"),
    "sandals": ("brown", "black", "beige"),
    "heels": ("black", "beige", "red", "maroon", "navy"),
}
USUAL: Mapping[str, tuple[str, ...]] = {  # things whose colour does not follow the palette
    "armour": ("silver", "grey"),
    "apron": ("white", "cream", "navy"),
    "socks": ("white", "grey", "navy"),
    "stockings": ("black", "beige"),
    "chef hat": ("white",),
    "top hat": ("black",),
    "cowboy hat": ("brown", "beige", "black"),
    "straw hat": ("beige", "cream"),
    "wizard hat": ("purple", "navy", "black"),
    "hard hat": ("yellow", "white", "orange"),
    "helmet": ("silver", "grey", "black"),
    "crown": ("gold",),
    "glasses": ("black", "brown", "silver", "gold"),
    "sunglasses": ("black", "brown"),
    "eye patch": ("black",),
    "belt": ("brown", "black"),
    "gloves": ("black", "brown", "grey"),
    "tie": ("navy", "maroon", "charcoal"),
    "bow tie": ("black", "maroon", "navy"),
    "cap": ("navy", "black", "red", "grey"),
    "beanie": ("charcoal", "maroon", "navy", "olive"),
    "overalls": ("blue", "navy"),
}


PATTERN_COLORS = {
    "camouflage": ("olive", "black"),
    "tartan": ("red", "navy"),
    "leopard": ("beige", "black"),
    "houndstooth": ("black", "white"),
}
"""(color, accent) that a pattern has for most people, where nothing else was said."""


def contrasting(color: str) -> tuple[str, ...]:
    """Second colours that can be seen on a colour, the quiet ones first.

    >>> contrasting("navy")[0]
    'white'
    """
    brightness = sum(COLORS[color]) / 3
    if brightness > 0.5:
        return tuple(choice for choice in ("navy", "black", "charcoal", "red") if choice != color)
    return ("white", "cream", "black") if brightness > 0.22 else ("white", "cream", "sky blue")
