"""Words to attributes, with no network: what a text says of a person, and what it does not.

>>> reading = read(None, "a tall man in a red checked shirt, no hat, holding a sword")
>>> reading.attributes["top.pattern"], reading.attributes["head.kind"], reading.not_understood
('checked', 'none', ['holding a sword'])
"""

from __future__ import annotations

from dataclasses import dataclass, field

from personify.errors import PersonifyError
from personify.text.dressing import settle_clothes
from personify.text.grammar import Parse, parse
from personify.text.measures import read_measures
from personify.text.split import split_text
from personify.wardrobe.attributes import Attributes, Value
from personify.wardrobe.vocabulary import SLOTS

LONGEST_TEXT = 2000
__all__ = ["Reading", "check_text", "read", "split_text"]


@dataclass(frozen=True)
class Reading:
    """A partial description: only what was said.

    Attributes:
        attributes: addresses as in `wardrobe.attributes`; a slot said to be empty has kind ``"none"``. Beyond those of
            an outfit there may be ``person.ancestry`` (steers the likely skin and hair), ``clothes.color`` (dressed
            all in it) and ``<slot>.worn`` (something is, but not what: "a hat").
        look: named look, or None.
        conflicts: one line for each contradiction; the last thing said won.
        not_understood: phrases nothing was made of.
    """

    attributes: Attributes = field(default_factory=dict)
    look: str | None = None
    conflicts: list[str] = field(default_factory=list)
    not_understood: list[str] = field(default_factory=list)

    @property
    def understood(self) -> list[str]:
        """What was understood, one line per thing: ``["person: sex male", "top: red checked shirt"]``."""
        lines = [f"look: {self.look}"] if self.look else []
        for owner in ("person", "hair", "clothes", *SLOTS):
            said = {
                name.partition(".")[2]: value for name, value in self.attributes.items() if name.startswith(f"{owner}.")
            }
            if said:
                lines.append(f"{owner}: {_line(said)}")
        return lines


def _line(said: dict[str, Value]) -> str:
    kind = said.pop("kind", None)
    words = ", ".join(f"{name.replace('_', ' ')} {value}" for name, value in said.items())
    return ", ".join(str(part) for part in (kind, words) if part)


def check_text(name: str, text: str) -> str:
    """The text without surrounding space.

    Raises:
        PersonifyError: it is not text, is empty, or is longer than 2,000 characters.
    """
    if not isinstance(text, str):
        raise PersonifyError(f"{name}: expected text, got {type(text).__name__}")
    if not text.strip():
        raise PersonifyError(f"{name}: is empty; expected a few words such as 'a tall man in a red shirt'")
    if len(text) > LONGEST_TEXT:
        raise PersonifyError(
            f"{name}: has {len(text)} characters; expected at most {LONGEST_TEXT}, describe one person"
        )
    return text.strip()


def read(shape: str | None = None, look: str | None = None) -> Reading:
    """Read what two texts say of one person; the second wins where they disagree.

    Args:
        shape: the body ("a tall, muscular woman").
        look: hair, clothes and everything else; a single text may say all.
    """
    text = "\n".join(part for part in (shape, look) if part)
    measured, rest, notes = read_measures(text.lower().replace("-", " ").replace("’", "'"))
    parsed = parse(rest)
    dressing = settle_clothes(parsed.mentions)
    attributes, conflicts = _merge(parsed)
    attributes |= measured
    if "person.age" in attributes:
        attributes.pop("person.age_group", None)
    attributes |= dressing.attributes()
    unknown = parsed.unknown + dressing.unknown + _decency(attributes)
    name = attributes.pop("look", None)
    return Reading(attributes, str(name) if name else None, notes + conflicts + dressing.conflicts, unknown)


def _merge(parsed: Parse) -> tuple[Attributes, list[str]]:
    """Everything said of the person, the last word winning, with a line for each contradiction."""
    merged: Attributes = {}
    conflicts: list[str] = []
    for address, value in parsed.said:
        old = merged.get(address)
        merged[address] = value if old is None else _combine(address, old, value)
        if old is not None and merged[address] != old and not _refines(address, old, merged[address]):
            conflicts.append(
                f"{address.partition('.')[2] or address}: {old} and {value} contradict; {merged[address]} is used"
            )
    beard_color = merged.pop("beard.color", None)
    if beard_color is not None:
        hair_color = merged.setdefault("hair.color", beard_color)
        if hair_color != beard_color:
            conflicts.append(f"color: hair and beard share one; {hair_color} is used")
    return {**parsed.implied, **merged}, conflicts


_LENGTHS_OF_HAIR = ("short", "long")
_BEARDS_WITH_LENGTH = ("full beard", "short beard", "long beard")


def _combine(address: str, old: Value, new: Value) -> Value:
    """Words that complete each other: "long curly hair", "beard and moustache", "a young boy"."""
    if address == "hair.style" and {old, new} == {"long", "curly"}:
        return "wavy"
    if address == "hair.style" and new in _LENGTHS_OF_HAIR and old not in (*_LENGTHS_OF_HAIR, "bald"):
        return old
    if address == "hair.beard" and (new == "moustache") == (old in _BEARDS_WITH_LENGTH) and "none" not in (old, new):
        return old
    if address == "person.age_group" and (old, new) in (("child", "young adult"), ("teenager", "young adult")):
        return old
    return old if address == "clothes.color" else new


def _refines(address: str, old: Value, new: Value) -> bool:
    if address == "hair.style":
        return old in _LENGTHS_OF_HAIR or new == "wavy"
    return address in ("hair.beard", "person.build", "person.expression") and "none" not in (old, new)


def _decency(attributes: Attributes) -> list[str]:
    """Only grown men go shirtless; for anyone else the wish is set aside and reported."""
    if attributes.get("top.kind") != "none":
        return []
    young = attributes.get("person.age_group") in ("child", "teenager") or float(attributes.get("person.age", 30)) < 18
    if young or attributes.get("person.sex") == "female":
        del attributes["top.kind"]
        return ["shirtless"]
    attributes["person.sex"] = "male"
    return []
