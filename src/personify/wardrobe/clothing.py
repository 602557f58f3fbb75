"""The clothes half of the prior: from some garments said to a whole, matching set of clothes."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from random import Random

from personify.wardrobe import vocabulary as words
from personify.wardrobe.attributes import Attributes
from personify.wardrobe.palettes import DENIM, FOOTWEAR, PALETTES, PATTERN_COLORS, USUAL, Palette, contrasting

Draw = Callable[[str], Random]
Weights = Mapping[str, float]

HATS = {"cap": 4, "beanie": 3, "straw hat": 2, "beret": 2, "cowboy hat": 1}
PATTERN_CHANCE: Mapping[str, Weights] = {  # of garments nobody asked for
    "t-shirt": {"plain": 70, "striped": 15, "logo": 15},
    "shirt": {"plain": 65, "checked": 20, "striped": 15},
    "sweater": {"plain": 75, "striped": 20, "argyle": 5},
    "blouse": {"plain": 70, "floral": 15, "polka dot": 15},
    "dress": {"plain": 60, "floral": 25, "polka dot": 10, "striped": 5},
    "skirt": {"plain": 70, "floral": 15, "checked": 15},
    "tie": {"plain": 60, "striped": 40},
}


def clothe(chosen: Attributes, draw: Draw) -> None:
    """Complete the clothes in ``chosen`` in place: head to toe, one garment per slot, in colours that go together."""
    said = {address for address in chosen if address.partition(".")[0] in words.SLOTS}
    _choose_kinds(chosen, draw)
    if not any(address.endswith(".kind") for address in said):
        _add_small_things(chosen, draw)
    _drop_empty(chosen)
    palette = _palette(chosen, draw)
    for slot in words.SLOTS:
        if chosen.get(f"{slot}.kind", "none") != "none":
            _finish(chosen, slot, palette, draw, asked_for=any(address.startswith(f"{slot}.") for address in said))


def _weighted(random: Random, weights: Weights) -> str:
    return random.choices(list(weights), list(weights.values()))[0]


def _mentions(chosen: Attributes, slot: str) -> bool:
    return any(address.startswith(f"{slot}.") for address in chosen)


def _choose_kinds(chosen: Attributes, draw: Draw) -> None:
    female = chosen["person.sex"] == "female"
    if not any(_mentions(chosen, slot) for slot in ("top", "bottom", "full")):
        suits_dress = female and not _mentions(chosen, "outer") and chosen.get("neck.kind") not in ("tie", "bow tie")
        if suits_dress and draw("dress").random() < 0.3:
            chosen["full.kind"] = "dress"
    if _mentions(chosen, "full"):
        chosen.setdefault("full.kind", "dress" if female else "jumpsuit")
    full = chosen.get("full.kind", "none")
    if full in ("none", "overalls"):
        if not _mentions(chosen, "outer") and not _mentions(chosen, "top") and full == "none":
            chosen["outer.kind"] = "jacket" if draw("jacket").random() < 0.2 else "none"
        chosen.setdefault("top.kind", _weighted(draw("top"), _tops(chosen)))
    if full == "none":
        chosen.setdefault("bottom.kind", _weighted(draw("bottom"), _bottoms(chosen)))
    chosen.setdefault("feet.kind", _weighted(draw("feet"), _footwear(chosen)))
    if _mentions(chosen, "head"):
        chosen.setdefault("head.kind", _weighted(draw("hat"), HATS))
    for slot in ("outer", "neck", "eyes", "hands", "waist", "legs", "back", "front"):
        if _mentions(chosen, slot):
            chosen.setdefault(
                f"{slot}.kind", next(kind for kind, entry in words.GARMENTS.items() if entry.slot == slot)
            )


def _tops(chosen: Attributes) -> Weights:
    if chosen.get("top.sleeves") == "none":
        return {"tank top": 1}
    if chosen.get("neck.kind") in ("tie", "bow tie"):
        return {"shirt": 1}
    if chosen.get("outer.kind") in ("suit jacket", "vest"):
        return {"shirt": 6, "turtleneck": 1}
    if float(chosen["person.age"]) < 18:
        return {"t-shirt": 5, "hoodie": 2, "sweater": 2}
    if float(chosen["person.age"]) > 62:
        return (
            {"shirt": 4, "sweater": 3, "polo shirt": 2}
            if chosen["person.sex"] == "male"
            else {"blouse": 4, "sweater": 4}
        )
    common = {"t-shirt": 4, "sweater": 3, "shirt": 3, "turtleneck": 1}
    return common | (
        {"blouse": 3, "tank top": 1} if chosen["person.sex"] == "female" else {"polo shirt": 1, "hoodie": 1}
    )


def _bottoms(chosen: Attributes) -> Weights:
    if chosen.get("outer.kind") == "suit jacket" or chosen.get("neck.kind") in ("tie", "bow tie"):
        return {"trousers": 1}
    if chosen.get("legs.kind") == "stockings":
        return {"skirt": 1}
    age, female = float(chosen["person.age"]), chosen["person.sex"] == "female"
    if age < 13:
        return {"jeans": 3, "shorts": 3, "trousers": 2} | ({"skirt": 2, "leggings": 2} if female else {})
    if age > 62:
        return {"trousers": 1} | ({"skirt": 0.7} if female else {})
    return {"jeans": 5, "trousers": 4} | ({"skirt": 3, "leggings": 1} if female else {"shorts": 0.5})


def _footwear(chosen: Attributes) -> Weights:
    female, age = chosen["person.sex"] == "female", float(chosen["person.age"])
    lower = str(chosen.get("bottom.kind", chosen.get("full.kind")))
    if chosen.get("outer.kind") == "suit jacket":
        return {"heels": 2, "shoes": 1} if female and age >= 18 else {"shoes": 1}
    if lower in ("dress", "skirt") and female:
        return {"heels": 6, "shoes": 1, "sandals": 3, "boots": 1} if 18 <= age < 62 else {"shoes": 3, "sandals": 1}
    if lower in ("shorts", "leggings"):
        return {"sneakers": 5, "sandals": 1}
    if lower == "robe":
        return {"sandals": 1, "shoes": 1}
    return {"shoes": 1} if age > 62 else {"sneakers": 4, "shoes": 3, "boots": 2}


def _add_small_things(chosen: Attributes, draw: Draw) -> None:
    if draw("glasses").random() < (0.35 if float(chosen["person.age"]) > 55 else 0.12):
        chosen.setdefault("eyes.kind", "glasses")
    if chosen.get("bottom.kind") in ("trousers", "jeans") and draw("belt").random() < 0.25:
        chosen.setdefault("waist.kind", "belt")
    if chosen.get("outer.kind") not in (None, "none") and draw("scarf").random() < 0.2:
        chosen.setdefault("neck.kind", "scarf")


def _drop_empty(chosen: Attributes) -> None:
    """An empty slot keeps its ``kind`` only; what a dress replaces goes too."""
    if chosen.get("full.kind", "none") != "none":
        hidden = ("bottom",) if chosen["full.kind"] == "overalls" else ("top", "bottom")
        chosen |= {f"{slot}.kind": "none" for slot in hidden}
    for slot in words.SLOTS:
        if chosen.get(f"{slot}.kind", "none") == "none":
            for name in [address for address in chosen if address.startswith(f"{slot}.") and address != f"{slot}.kind"]:
                del chosen[name]


def _palette(chosen: Attributes, draw: Draw) -> Palette:
    """The palette that agrees with most of the colours said; main colours count more than shoes."""
    said = {slot: chosen.get(f"{slot}.color") for slot in ("top", "bottom", "outer", "feet")}
    full = chosen.get("full.color")

    def agreement(palette: Palette) -> int:
        score = sum(weight * (said[slot] == getattr(palette, slot)) for slot, weight in
                    (("top", 4), ("bottom", 4), ("outer", 2), ("feet", 1)))  # fmt: skip
        return score + 4 * (full in (palette.accent, palette.top) and full is not None)

    best = max(map(agreement, PALETTES))
    return draw("palette").choice([palette for palette in PALETTES if agreement(palette) == best])


def _finish(chosen: Attributes, slot: str, palette: Palette, draw: Draw, asked_for: bool) -> None:
    kind = str(chosen[f"{slot}.kind"])
    if slot == "bottom" and kind == "trousers" and chosen.get("outer.kind") == "suit jacket" and not asked_for:
        for name in ("color", "pattern", "material"):  # a suit is one cloth
            if f"outer.{name}" in chosen or name == "color":
                chosen[f"bottom.{name}"] = chosen.get(f"outer.{name}", palette.outer)
        chosen.setdefault("outer.color", palette.outer)
    own = PATTERN_COLORS.get(str(chosen.get(f"{slot}.pattern")))
    if own and not any(address in chosen for address in (f"{slot}.color", f"{slot}.accent", "clothes.color")):
        chosen[f"{slot}.color"], chosen[f"{slot}.accent"] = own
    if f"{slot}.color" not in chosen:
        chosen[f"{slot}.color"] = chosen.get("clothes.color") or _color(chosen, slot, kind, palette, draw)
    if f"{slot}.pattern" not in chosen:
        open_to_taste = (
            not asked_for and "clothes.color" not in chosen
        )  # "all in black" leaves no room for white checks
        weights = PATTERN_CHANCE.get(kind, {"plain": 1}) if open_to_taste else {"plain": 1}
        chosen[f"{slot}.pattern"] = _weighted(draw(f"{slot} pattern"), weights)
    if chosen[f"{slot}.pattern"] != "plain" and f"{slot}.accent" not in chosen:
        chosen[f"{slot}.accent"] = draw(f"{slot} accent").choice(contrasting(str(chosen[f"{slot}.color"])))


def _color(chosen: Attributes, slot: str, kind: str, palette: Palette, draw: Draw) -> str:
    random = draw(f"{slot} color")
    taken = {chosen.get(f"{other}.color") for other in ("top", "bottom", "outer") if other != slot}
    if kind == "jeans":
        return next(
            color
            for color in (palette.bottom, *random.sample(DENIM[:2], 2), *DENIM)
            if color in DENIM and color not in taken
        )
    if slot == "feet":
        return palette.feet if palette.feet in FOOTWEAR[kind] else random.choice(FOOTWEAR[kind][:2])
    if kind == "belt" and chosen.get("feet.color") in USUAL["belt"]:
        return str(chosen["feet.color"])
    if kind in USUAL:
        return random.choice(USUAL[kind])
    if kind == "shirt" and (chosen.get("outer.kind") == "suit jacket" or chosen.get("neck.kind") in ("tie", "bow tie")):
        return random.choice(("white", "white", "sky blue", "cream"))
    color = getattr(palette, slot) if slot in ("top", "bottom", "outer") else palette.accent
    if slot in ("top", "bottom") and color in taken:
        return next(quiet for quiet in ("white", "charcoal", "beige", "navy") if quiet not in taken)
    return str(color)
