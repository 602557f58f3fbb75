"""A reading in, a whole person out: what was said exactly as said, then the named look, then good taste."""

from __future__ import annotations

from personify.text.reader import Reading
from personify.wardrobe import vocabulary as words
from personify.wardrobe.attributes import Attributes
from personify.wardrobe.looks import find_look
from personify.wardrobe.outfit import Outfit
from personify.wardrobe.sampling import likely_sex, tasteful


def complete(reading: Reading, seed: int = 0, hints: Attributes | None = None) -> Outfit:
    """Fill in what a reading leaves open.

    Args:
        reading: what was said; every attribute of it is in the result.
        seed: 0 to 2**32 - 1; varies what was not said. The same reading and seed give the same outfit.
        hints: attributes to prefer where nothing was said, instead of those of the named look.

    Example:
        >>> from personify.text.reader import read
        >>> complete(read(None, "a pirate in a green coat")).worn("outer").color
        'green'
    """
    if hints is not None:
        return tasteful(_join(reading.attributes, hints), seed)
    if reading.look is None:
        return tasteful(reading.attributes, seed)
    look = find_look(reading.look)
    said = reading.attributes
    sex = str(said.get("person.sex") or look.person.get("sex") or likely_sex(said, seed, look.name))
    return tasteful(_join(said, look.attributes(seed, sex) | {"person.sex": sex}), seed, look.name)


def _join(said: Attributes, look: Attributes) -> Attributes:
    """The look where nothing was said; a garment said replaces the look's garment with all its fields."""
    look = dict(look)
    for slot in words.SLOTS:
        kind = said.get(f"{slot}.kind")
        if kind is not None and kind != look.get(f"{slot}.kind"):
            _drop(look, slot)
    if said.get("full.kind", "none") != "none":
        for slot in ("bottom",) if said["full.kind"] == "overalls" else ("top", "bottom"):
            _drop(look, slot)
    elif "bottom.kind" in said or ("top.kind" in said and look.get("full.kind") != "overalls"):
        _drop(look, "full")
    if {"person.age", "person.age_group"} & said.keys():
        look = {address: value for address, value in look.items() if address not in ("person.age", "person.age_group")}
    if "clothes.color" in said:
        look = {
            address: value
            for address, value in look.items()
            if not address.endswith((".color", ".accent")) or address.startswith("hair")
        }
    if {"person.height", "person.stature"} & said.keys():
        look.pop("person.stature", None)
    return look | said


def _drop(look: Attributes, slot: str) -> None:
    for address in [address for address in look if address.startswith(f"{slot}.")]:
        del look[address]
