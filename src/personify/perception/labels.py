"""Attributes as class numbers: what the attribute heads of the shipped model learn and read.

A label vector has one entry per field of `FIELDS`; -1 means the outfit does not say (an empty slot has no colour).
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from personify.wardrobe import vocabulary as words
from personify.wardrobe.attributes import STATURES, Attributes, attributes_of
from personify.wardrobe.outfit import Outfit


def _fields() -> dict[str, tuple[str, ...]]:
    fields: dict[str, tuple[str, ...]] = {
        "person.sex": words.SEXES,
        "person.age_group": tuple(words.AGE_GROUPS),
        "person.build": words.BUILDS,
        "person.skin": tuple(words.SKIN_TONES),
        "hair.style": words.HAIR_STYLES,
        "hair.color": tuple(words.HAIR_COLORS),
        "hair.beard": words.BEARDS,
    }
    for slot in words.SLOTS:
        kinds = tuple(name for name, kind in words.GARMENTS.items() if kind.slot == slot)
        fields[f"{slot}.kind"] = ("none", *kinds)
        fields[f"{slot}.color"] = tuple(words.COLORS)
    for slot in ("top", "bottom", "full", "outer"):
        fields[f"{slot}.pattern"] = words.PATTERNS
        fields[f"{slot}.accent"] = tuple(words.COLORS)
    for slot in ("bottom", "full", "outer"):
        fields[f"{slot}.length"] = words.LENGTHS
    fields["top.sleeves"] = fields["full.sleeves"] = words.SLEEVES
    return fields


FIELDS: dict[str, tuple[str, ...]] = _fields()
"""Address in `personify.wardrobe.attributes` -> its classes."""


MADE_OF = (
    "plain",
    *("lava", "fire", "ice", "snow", "water", "forest", "autumn", "stone", "marble", "sand", "mud", "wood", "gold"),
    *("silver", "copper", "rust", "night sky", "sun", "storm", "shadow", "moon", "flowers", "emerald", "ruby"),
    *("sapphire", "amethyst", "candy", "paper", "bone", "neon", "slime", "rainbow"),
)
"""What somebody or their clothes can be made of; ``"plain"`` are people as the wardrobe dresses them."""


def _finer_fields() -> dict[str, tuple[str, ...]]:
    fields: dict[str, tuple[str, ...]] = {
        "person.stature": STATURES,
        "person.expression": words.EXPRESSIONS,
        "person.eyes": tuple(words.EYE_COLORS),
    }
    fields |= {f"{slot}.material": words.MATERIALS for slot in ("top", "bottom", "full", "outer", "back", "feet")}
    fields |= {f"{slot}.fit": words.FITS for slot in ("top", "bottom")}
    return fields | {"made of": MADE_OF}


FINE_FIELDS: dict[str, tuple[str, ...]] = FIELDS | _finer_fields()
"""`FIELDS` and what only a closer look tells."""

_HEAD = (
    *("person.sex", "person.age_group", "person.skin", "person.eyes", "person.expression"),
    *("hair.", "head.", "eyes."),
)
_FACE = ("hair.beard", "eyes.", "neck.", "front.", "person.eyes", "person.expression")
_NOT_UPPER = ("person.stature", "bottom.", "legs.", "feet.", "full.length", "outer.length")


def visible(field: str, region: str, facing: str) -> bool:
    """Whether a view can show a field at all.

    Args:
        field: one of `FIELDS`.
        region: ``"full"``, ``"upper"`` or ``"head"``.
        facing: ``"front"``, ``"side"`` or ``"back"``.
    """
    if facing == "back" and field.startswith(_FACE):
        return False
    if region == "head":
        return field.startswith(_HEAD)
    if region == "upper":
        return not field.startswith(_NOT_UPPER)
    return True


def encode(attributes: Attributes) -> NDArray[np.int16]:  # [len(FIELDS)]
    """Class numbers of an outfit's attributes; -1 where it says nothing."""
    return np.array([_class(attributes.get(name), classes) for name, classes in FIELDS.items()], np.int16)


def fine_attributes(outfit: Outfit) -> Attributes:
    """Attributes of an outfit, with what a garment's kind implies where the outfit is silent.

    Clothes are plain cloth, unless some are of metal: silver armour is neither plain nor what "made of silver" means.
    """
    attributes = attributes_of(outfit)
    for garment in outfit.garments:
        usual = words.GARMENTS[garment.kind]
        for name in ("material", "length", "sleeves"):
            if (value := getattr(usual, name)) is not None:
                attributes.setdefault(f"{garment.slot}.{name}", value)
    if not any(attributes.get(f"{slot}.material") == "metal" for slot in words.SLOTS):
        attributes["made of"] = "plain"
    return attributes


def encode_finely(outfit: Outfit) -> NDArray[np.int16]:  # [len(FINE_FIELDS)]
    """Class numbers of `fine_attributes` for `FINE_FIELDS`; -1 where they say nothing."""
    attributes = fine_attributes(outfit)
    return np.array([_class(attributes.get(name), classes) for name, classes in FINE_FIELDS.items()], np.int16)


def _class(value: object, classes: tuple[str, ...]) -> int:
    return classes.index(value) if isinstance(value, str) and value in classes else -1
