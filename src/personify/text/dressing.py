"""From the clothes a text mentions to one garment per slot."""

from __future__ import annotations

from dataclasses import dataclass, field

from personify.text.clothes import Piece
from personify.text.grammar import Mention
from personify.wardrobe import vocabulary as words
from personify.wardrobe.attributes import Attributes

NEEDED = ("top", "bottom", "full")  # a person is never left without these; other slots may be empty


@dataclass
class Dressing:
    """What is worn, slot by slot.

    Attributes:
        worn: fields said of the garment in each slot; ``{"kind": "none"}`` if something was said to be absent.
        conflicts: one line for every garment that had to give way.
        unknown: phrases that could not be followed ("no trousers").
    """

    worn: dict[str, Piece] = field(default_factory=dict)
    conflicts: list[str] = field(default_factory=list)
    unknown: list[str] = field(default_factory=list)

    def attributes(self) -> Attributes:
        """The flat form, e.g. ``{"top.kind": "shirt", "top.color": "red"}``."""
        worn = {slot: piece if "kind" in piece else {"worn": "yes", **piece} for slot, piece in self.worn.items()}
        return {f"{slot}.{name}": value for slot, piece in worn.items() for name, value in piece.items()}


def settle_clothes(mentions: list[Mention]) -> Dressing:
    """Put the mentions on, in the order said; the last one named wins a slot, unless it is worn *under* the first."""
    result = Dressing()
    color = ""
    for mention in mentions:
        if mention.absent:
            _take_off(result, mention)
            continue
        if "matching" in mention.colors:
            mention.colors = [one for one in mention.colors if one != "matching"] or [one for one in [color] if one]
        for piece in _pieces(mention):
            _put_on(result, piece, mention)
            color = piece.get("color", color)
    _settle_full(result)
    return result


def slot_of(piece: Piece) -> str:
    """Where a piece of the lexicon is worn."""
    return piece["slot"] if "slot" in piece else words.GARMENTS[piece["kind"]].slot


def _pieces(mention: Mention) -> list[Piece]:
    """The pieces with what was said outright; in a set it goes to all that match the first ("a white tuxedo")."""
    said = dict(mention.fields)
    if mention.colors:
        said["color"] = mention.colors[0]
    if len(mention.colors) > 1 or mention.accent:
        said["accent"] = mention.accent or mention.colors[1]
    first = mention.noun.pieces[0]
    two_tone = len(mention.colors) > 1 and not mention.accent and "accent" not in first
    if two_tone and slot_of(first) in ("top", "full", "outer", "bottom"):
        said.setdefault("pattern", "colour-block")
    result = []
    for piece in mention.noun.pieces:
        fitting = {name: value for name, value in said.items() if _applies(piece, name)}
        if piece.get("color") != first.get("color") or (piece is not first and slot_of(piece) == "neck"):
            fitting = {}
        result.append({**piece, **fitting})
    return result


def _applies(piece: Piece, name: str) -> bool:
    if name not in ("length", "sleeves") or "kind" not in piece:
        return name != "length" or "kind" in piece
    return getattr(words.GARMENTS[piece["kind"]], name) is not None


def _put_on(result: Dressing, piece: Piece, mention: Mention) -> None:
    slot = slot_of(piece)
    new = {name: value for name, value in piece.items() if name != "slot"}
    old = result.worn.get(slot, {})
    kinds = [old.get("kind"), new.get("kind")]
    if "none" in kinds or None in kinds or kinds[0] == kinds[1]:
        result.worn[slot] = {**(old if kinds[0] != "none" else {}), **new}
    elif set(kinds) == {"leggings", "skirt"}:  # both can be seen: leggings under a skirt are stockings
        leggings, skirt = (old, new) if kinds[0] == "leggings" else (new, old)
        result.worn |= {"bottom": skirt, "legs": _as_stockings(leggings)}
    else:
        hidden, shown = (new, old) if mention.relation == "over" else (old, new)
        result.worn[slot] = shown
        result.conflicts.append(f"{hidden['kind']} gives way to {shown['kind']}: both are worn in one place")


def _as_stockings(leggings: Piece) -> Piece:
    return {"kind": "stockings", **{name: value for name, value in leggings.items() if name in ("color", "pattern")}}


def _take_off(result: Dressing, mention: Mention) -> None:
    for piece in mention.noun.pieces:
        slot = slot_of(piece)
        if slot in NEEDED and not (slot == "top" and piece.get("kind") == "shirt"):
            result.unknown.append(f"no {mention.text}")
        elif result.worn.get(slot, {}).get("kind") in (None, "none", piece.get("kind")):
            result.worn[slot] = {"kind": "none"}


def _settle_full(result: Dressing) -> None:
    """A dress replaces top and bottom, overalls only the bottom."""
    full = result.worn.get("full")
    if full is None:
        return
    for slot in ("bottom",) if full["kind"] == "overalls" else ("top", "bottom"):
        hidden = result.worn.pop(slot, None)
        if hidden and hidden.get("kind") == "leggings":
            result.worn["legs"] = _as_stockings(hidden)
        elif hidden and hidden.get("kind") != "none":
            result.conflicts.append(
                f"{hidden.get('kind', slot)} gives way to {full['kind']}: both are worn in one place"
            )
