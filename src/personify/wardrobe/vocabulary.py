"""The closed vocabulary of dressed people: every word an `Outfit` may contain, with its colour where it has one.

Colours are sRGB in [0, 1]. The reader maps free text onto these words; nothing else in the toolkit knows others.
"""

from __future__ import annotations

from dataclasses import dataclass

RGB = tuple[float, float, float]

SEXES = ("female", "male")
BUILDS = ("slim", "average", "heavy", "muscular")
EXPRESSIONS = ("neutral", "smile", "grin", "serious", "surprised", "sad", "angry")
AGE_GROUPS: dict[str, tuple[float, float]] = {
    "child": (0, 13),
    "teenager": (13, 19),
    "young adult": (19, 40),
    "middle-aged": (40, 62),
    "elderly": (62, 200),
}

SKIN_TONES: dict[str, RGB] = {
    "pale": (0.95, 0.82, 0.75),
    "fair": (0.92, 0.75, 0.65),
    "light": (0.87, 0.68, 0.56),
    "olive": (0.77, 0.58, 0.43),
    "tan": (0.66, 0.47, 0.33),
    "brown": (0.52, 0.35, 0.24),
    "dark": (0.37, 0.25, 0.175),
    "very dark": (0.255, 0.17, 0.125),
    "green": (0.42, 0.56, 0.33),
    "blue": (0.38, 0.55, 0.72),
    "grey": (0.62, 0.65, 0.64),
}
EYE_COLORS: dict[str, RGB] = {
    "brown": (0.28, 0.15, 0.07),
    "dark brown": (0.13, 0.07, 0.04),
    "blue": (0.25, 0.45, 0.70),
    "green": (0.30, 0.48, 0.28),
    "grey": (0.45, 0.50, 0.53),
    "hazel": (0.42, 0.32, 0.14),
}
HAIR_COLORS: dict[str, RGB] = {
    "black": (0.05, 0.045, 0.045),
    "dark brown": (0.15, 0.095, 0.06),
    "brown": (0.27, 0.165, 0.095),
    "light brown": (0.43, 0.29, 0.17),
    "blond": (0.78, 0.61, 0.36),
    "red": (0.56, 0.22, 0.08),
    "grey": (0.52, 0.52, 0.52),
    "white": (0.86, 0.86, 0.84),
    "blue": (0.14, 0.27, 0.62),
    "pink": (0.86, 0.40, 0.58),
    "green": (0.18, 0.50, 0.26),
    "purple": (0.42, 0.20, 0.58),
}
HAIR_STYLES = (
    "bald", "buzz", "short", "side part", "quiff", "curly", "afro", "bob", "long", "wavy",
    "ponytail", "bun", "braids", "pigtails", "mohawk", "locs",
)  # fmt: skip
BEARDS = ("none", "stubble", "moustache", "goatee", "short beard", "full beard", "long beard")

COLORS: dict[str, RGB] = {
    "red": (0.74, 0.11, 0.12),
    "maroon": (0.40, 0.08, 0.12),
    "orange": (0.91, 0.46, 0.12),
    "yellow": (0.93, 0.78, 0.20),
    "gold": (0.80, 0.62, 0.22),
    "olive": (0.36, 0.38, 0.19),
    "green": (0.14, 0.47, 0.22),
    "mint": (0.62, 0.84, 0.72),
    "teal": (0.10, 0.46, 0.48),
    "sky blue": (0.53, 0.74, 0.91),
    "blue": (0.14, 0.28, 0.63),
    "navy": (0.09, 0.12, 0.26),
    "purple": (0.43, 0.20, 0.54),
    "lavender": (0.72, 0.65, 0.86),
    "pink": (0.93, 0.58, 0.69),
    "magenta": (0.77, 0.14, 0.49),
    "white": (0.93, 0.93, 0.92),
    "cream": (0.92, 0.87, 0.75),
    "beige": (0.80, 0.71, 0.57),
    "khaki": (0.60, 0.54, 0.38),
    "brown": (0.37, 0.24, 0.15),
    "grey": (0.49, 0.50, 0.51),
    "charcoal": (0.22, 0.23, 0.25),
    "black": (0.06, 0.06, 0.065),
    "silver": (0.72, 0.73, 0.75),
}
PATTERNS = (
    "plain", "striped", "pinstriped", "checked", "tartan", "polka dot", "floral", "camouflage",
    "colour-block", "argyle", "houndstooth", "zigzag", "leopard", "tie-dye", "logo",
)  # fmt: skip
MATERIALS = ("cotton", "denim", "wool", "leather", "silk", "metal", "linen", "fur", "rubber")
FITS = ("slim", "regular", "loose")
LENGTHS = ("mini", "knee", "midi", "long")  # of skirts, dresses, coats and robes
SLEEVES = ("none", "short", "long")

SLOTS = (
    "top", "bottom", "full", "outer", "back", "front", "feet", "legs", "head", "eyes", "neck", "waist", "hands",
)  # fmt: skip


@dataclass(frozen=True)
class GarmentKind:
    """What the vocabulary knows of a garment: its slot and what it usually looks like."""

    slot: str
    material: str = "cotton"
    sleeves: str | None = None
    length: str | None = None


GARMENTS: dict[str, GarmentKind] = {
    # top: worn on the torso, first layer
    "t-shirt": GarmentKind("top", sleeves="short"),
    "shirt": GarmentKind("top", sleeves="long"),  # collar and buttons
    "polo shirt": GarmentKind("top", sleeves="short"),
    "tank top": GarmentKind("top", sleeves="none"),
    "sweater": GarmentKind("top", "wool", sleeves="long"),
    "turtleneck": GarmentKind("top", "wool", sleeves="long"),
    "hoodie": GarmentKind("top", sleeves="long"),
    "blouse": GarmentKind("top", "silk", sleeves="long"),
    # bottom
    "trousers": GarmentKind("bottom", length="long"),
    "jeans": GarmentKind("bottom", "denim", length="long"),
    "shorts": GarmentKind("bottom", length="knee"),
    "leggings": GarmentKind("bottom", length="long"),
    "skirt": GarmentKind("bottom", length="knee"),
    # full: replaces top and bottom (overalls leave the top visible)
    "dress": GarmentKind("full", sleeves="short", length="knee"),
    "robe": GarmentKind("full", "linen", sleeves="long", length="long"),
    "overalls": GarmentKind("full", "denim", sleeves="none", length="long"),
    "jumpsuit": GarmentKind("full", sleeves="long", length="long"),
    # outer: open in front over the layers below, except armour
    "jacket": GarmentKind("outer", sleeves="long"),
    "suit jacket": GarmentKind("outer", "wool", sleeves="long"),
    "coat": GarmentKind("outer", "wool", sleeves="long", length="knee"),
    "vest": GarmentKind("outer", "wool", sleeves="none"),
    "armour": GarmentKind("outer", "metal", sleeves="none"),
    "apron": GarmentKind("front", length="knee"),
    "cape": GarmentKind("back", length="long"),
    # feet and legs
    "sneakers": GarmentKind("feet", "rubber"),
    "shoes": GarmentKind("feet", "leather"),
    "boots": GarmentKind("feet", "leather"),
    "sandals": GarmentKind("feet", "leather"),
    "heels": GarmentKind("feet", "leather"),
    "socks": GarmentKind("legs"),
    "stockings": GarmentKind("legs", "silk"),
    # head
    "cap": GarmentKind("head"),
    "beanie": GarmentKind("head", "wool"),
    "top hat": GarmentKind("head", "silk"),
    "cowboy hat": GarmentKind("head", "leather"),
    "straw hat": GarmentKind("head", "linen"),
    "wizard hat": GarmentKind("head", "wool"),
    "beret": GarmentKind("head", "wool"),
    "chef hat": GarmentKind("head"),
    "hard hat": GarmentKind("head", "rubber"),
    "helmet": GarmentKind("head", "metal"),
    "crown": GarmentKind("head", "metal"),
    "headscarf": GarmentKind("head", "silk"),
    "headband": GarmentKind("head"),
    # small things
    "glasses": GarmentKind("eyes", "metal"),
    "sunglasses": GarmentKind("eyes", "rubber"),
    "eye patch": GarmentKind("eyes", "leather"),
    "tie": GarmentKind("neck", "silk"),
    "bow tie": GarmentKind("neck", "silk"),
    "scarf": GarmentKind("neck", "wool"),
    "belt": GarmentKind("waist", "leather"),
    "gloves": GarmentKind("hands", "leather"),
}
