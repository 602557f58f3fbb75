"""Named looks: "firefighter", "knight", "flapper"... what people mean by a costume or a profession.

The looks are data (``assets/looks.json``). A person or hair entry may be a list, one of which is drawn by the seed
(two numbers are a range); garments are the fields of `Garment`.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache
from random import Random
from typing import Any

from personify.errors import PersonifyError
from personify.files import reading_asset
from personify.wardrobe.attributes import GARMENT_FIELDS, Attributes, Value
from personify.wardrobe.outfit import Garment


@dataclass(frozen=True)
class Look:
    """A named look.

    Attributes:
        name: its plain name, e.g. ``"firefighter"``.
        also: other names that mean the same for both sexes; ``male`` and ``female`` names also tell the sex.
        person: hints for `Person`, with ``age_group`` and ``stature`` allowed.
        hair: hints for `Hair`; a beard hint is meant for men.
        female_hair: hints that only women take ("bun" for a ballet dancer).
        garments: what is worn.
        male_garments: what men wear instead, where the costume differs; empty where it does not.
        barefoot: nothing is worn on the feet.
    """

    name: str
    also: tuple[str, ...] = ()
    male: tuple[str, ...] = ()
    female: tuple[str, ...] = ()
    person: Mapping[str, Any] = field(default_factory=dict)
    hair: Mapping[str, Any] = field(default_factory=dict)
    female_hair: Mapping[str, Any] = field(default_factory=dict)
    garments: tuple[Garment, ...] = ()
    male_garments: tuple[Garment, ...] = ()
    barefoot: bool = False

    def attributes(self, seed: int = 0, sex: str = "female") -> Attributes:
        """The look as flat attributes, with one of each set of alternatives drawn by the seed.

        >>> find_look("knight").attributes()["outer.kind"]
        'armour'
        """
        hair = {**self.hair, **(self.female_hair if sex == "female" else {})}
        drawn = {
            f"{owner}.{name}": _draw(hint, Random(f"{seed}/{self.name}/{owner}.{name}"))
            for owner, hints in (("person", self.person), ("hair", hair))
            for name, hint in hints.items()
            if name != "beard" or sex == "male"
        }
        for garment in (self.male_garments if sex == "male" else ()) or self.garments:
            drawn |= _fields(garment)
        return drawn | ({"feet.kind": "none"} if self.barefoot else {})


def _fields(garment: Garment) -> Attributes:
    """What the look says of a garment: its kind, colour and pattern, and whatever is not the default."""
    plain = Garment(garment.kind)
    return {
        f"{garment.slot}.{name}": value
        for name in GARMENT_FIELDS
        if (value := getattr(garment, name)) != getattr(plain, name) or name in ("kind", "color", "pattern")
    }


def _draw(hint: Any, random: Random) -> Value:
    if not isinstance(hint, list):
        return hint
    return round(random.uniform(*hint), 1) if isinstance(hint[0], float) else random.choice(hint)


@cache
def looks() -> dict[str, Look]:
    """All named looks by name, in the order of the file."""
    with reading_asset("looks.json") as path:
        entries = json.loads(path.read_text(encoding="utf-8"))
        return {entry["name"]: _look(entry) for entry in entries}


def _look(entry: dict[str, Any]) -> Look:
    data: dict[str, Any] = dict(entry)
    data |= {name: tuple(entry.get(name, ())) for name in ("also", "male", "female")}
    data |= {name: tuple(Garment(**one) for one in entry.get(name, ())) for name in ("garments", "male_garments")}
    return Look(**data)


@cache
def names() -> dict[str, tuple[str, str | None]]:
    """Every name and alias -> (name of the look, the sex the word implies or None).

    >>> names()["waitress"]
    ('waiter', 'female')
    """
    found: dict[str, tuple[str, str | None]] = {}
    for look in looks().values():
        implied = look.person.get("sex")
        found[look.name] = (look.name, implied)
        for aliases, sex in ((look.also, implied), (look.male, "male"), (look.female, "female")):
            found.update(dict.fromkeys(aliases, (look.name, sex)))
    return found


def find_look(name: str) -> Look:
    """The look of that name or alias.

    Raises:
        PersonifyError: no look has that name.
    """
    if name not in names():
        raise PersonifyError(f"look {name!r} is not known; looks().keys() lists the {len(looks())} names")
    return looks()[names()[name][0]]
