"""`Outfit`: a dressed person as plain typed data that a caption, a search and a person can all read and write."""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass, field
from typing import Any

from personify.errors import PersonifyError
from personify.wardrobe import vocabulary as words


def _check(owner: str, name: str, value: str | None, allowed: Any, optional: bool = False) -> None:
    if value is None and optional:
        return
    if value not in allowed:
        raise PersonifyError(f"{owner}.{name}: {value!r} is not known; expected one of {', '.join(allowed)}")


@dataclass(frozen=True)
class Person:
    """Body, skin and eyes.

    Attributes:
        sex: ``"female"`` or ``"male"``.
        age: years, 4 to 95.
        height: centimetres, 90 to 230.
        build: one of `vocabulary.BUILDS`.
        skin: one of `vocabulary.SKIN_TONES`.
        eyes: one of `vocabulary.EYE_COLORS`.
        expression: one of `vocabulary.EXPRESSIONS`.
    """

    sex: str = "female"
    age: float = 30.0
    height: float = 168.0
    build: str = "average"
    skin: str = "light"
    eyes: str = "brown"
    expression: str = "neutral"

    def __post_init__(self) -> None:
        _check("person", "sex", self.sex, words.SEXES)
        _check("person", "build", self.build, words.BUILDS)
        _check("person", "skin", self.skin, words.SKIN_TONES)
        _check("person", "eyes", self.eyes, words.EYE_COLORS)
        _check("person", "expression", self.expression, words.EXPRESSIONS)
        for name, low, high in (("age", 4.0, 95.0), ("height", 90.0, 230.0)):
            value = getattr(self, name)
            if not low <= value <= high:
                raise PersonifyError(f"person.{name}: {value:g} is out of range; expected {low:g} to {high:g}")

    @property
    def age_group(self) -> str:
        """One of `vocabulary.AGE_GROUPS`."""
        return next(name for name, (low, high) in words.AGE_GROUPS.items() if low <= self.age < high)


@dataclass(frozen=True)
class Hair:
    """Hair and beard; ``style="bald"`` has no hair, its ``color`` still colours brows and beard."""

    style: str = "short"
    color: str = "brown"
    beard: str = "none"

    def __post_init__(self) -> None:
        _check("hair", "style", self.style, words.HAIR_STYLES)
        _check("hair", "color", self.color, words.HAIR_COLORS)
        _check("hair", "beard", self.beard, words.BEARDS)


@dataclass(frozen=True)
class Garment:
    """One thing a person wears: clothing, shoes, hat, glasses, belt, gloves.

    Attributes:
        kind: one of `vocabulary.GARMENTS`; its slot says where it goes and what it excludes.
        color: main colour, one of `vocabulary.COLORS`.
        pattern: one of `vocabulary.PATTERNS`.
        accent: second colour (stripes, dots, logo, trim), or None.
        material: one of `vocabulary.MATERIALS`, or None for the kind's usual one.
        fit: ``"slim"``, ``"regular"`` or ``"loose"``.
        length: one of `vocabulary.LENGTHS`, or None for the kind's usual one.
        sleeves: one of `vocabulary.SLEEVES`, or None for the kind's usual one.
    """

    kind: str
    color: str = "grey"
    pattern: str = "plain"
    accent: str | None = None
    material: str | None = None
    fit: str = "regular"
    length: str | None = None
    sleeves: str | None = None

    def __post_init__(self) -> None:
        _check("garment", "kind", self.kind, words.GARMENTS)
        _check("garment", "color", self.color, words.COLORS)
        _check("garment", "pattern", self.pattern, words.PATTERNS)
        _check("garment", "accent", self.accent, words.COLORS, optional=True)
        _check("garment", "material", self.material, words.MATERIALS, optional=True)
        _check("garment", "fit", self.fit, words.FITS)
        _check("garment", "length", self.length, words.LENGTHS, optional=True)
        _check("garment", "sleeves", self.sleeves, words.SLEEVES, optional=True)

    @property
    def slot(self) -> str:
        """Where it is worn, one of `vocabulary.SLOTS`."""
        return words.GARMENTS[self.kind].slot


@dataclass(frozen=True)
class Outfit:
    """A whole dressed person; ``seed`` varies what the words do not say (face, folds, pattern phase).

    Example:
        >>> outfit = Outfit(garments=(Garment("t-shirt", "red"), Garment("jeans", "blue")))
        >>> Outfit.from_dict(outfit.to_dict()) == outfit
        True
    """

    person: Person = field(default_factory=Person)
    hair: Hair = field(default_factory=Hair)
    garments: tuple[Garment, ...] = ()
    seed: int = 0

    def __post_init__(self) -> None:
        if not 0 <= self.seed < 2**32:
            raise PersonifyError(f"outfit.seed: {self.seed} is out of range; expected 0 to {2**32 - 1}")
        slots = [garment.slot for garment in self.garments]
        for slot in slots:
            if slots.count(slot) > 1:
                kinds = [garment.kind for garment in self.garments if garment.slot == slot]
                raise PersonifyError(f"outfit.garments: {' and '.join(kinds)} share the slot {slot!r}; keep one")

    def worn(self, slot: str) -> Garment | None:
        """The garment in a slot, or None."""
        return next((garment for garment in self.garments if garment.slot == slot), None)

    def to_dict(self) -> dict[str, Any]:
        """Plain JSON-ready data."""
        return dataclasses.asdict(self) | {"garments": [dataclasses.asdict(garment) for garment in self.garments]}

    @staticmethod
    def from_dict(data: dict[str, Any]) -> Outfit:
        """Inverse of `to_dict`; unknown keys or values raise `PersonifyError`."""
        try:
            return Outfit(
                person=Person(**data.get("person", {})),
                hair=Hair(**data.get("hair", {})),
                garments=tuple(Garment(**garment) for garment in data.get("garments", ())),
                seed=int(data.get("seed", 0)),
            )
        except (TypeError, ValueError, AttributeError) as error:
            raise PersonifyError(f"outfit: {error}") from error
