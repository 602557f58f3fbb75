"""One flat address for everything an outfit says: ``{"person.sex": "male", "top.kind": "shirt", "top.color": "red"}``.

Readings, named looks, captions and searches all speak this dictionary, so "does this outfit agree with that text" is
``all(attributes[key] == value for key, value in mentioned.items())``. A slot with nothing in it has kind ``"none"``.
Two derived addresses say in words what the data keeps in numbers: ``person.age_group`` and ``person.stature``.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import fields

from personify.errors import PersonifyError
from personify.wardrobe import vocabulary as words
from personify.wardrobe.outfit import Garment, Hair, Outfit, Person

Value = str | float
Attributes = dict[str, Value]

GARMENT_FIELDS = tuple(field.name for field in fields(Garment))
STATURES = ("very short", "short", "average", "tall", "very tall")
_STATURE_BOUNDS = (-2.2, -1.0, 1.0, 2.2)  # standard deviations from the typical height
DERIVED = ("person.age_group", "person.stature")


def typical_height(sex: str, age: float) -> tuple[float, float]:
    """Mean and standard deviation of body height in centimetres.

    Adults: NCD Risk Factor Collaboration (eLife 2016), rounded over continents; children: straight lines through the
    medians of the WHO growth reference (2007); the old lose about 1 cm per 15 years after 50.

    >>> typical_height("female", 30)
    (163.0, 6.5)
    """
    adult, spread = (176.0, 7.0) if sex == "male" else (163.0, 6.5)
    grown = 17.0 if sex == "male" else 15.0
    if age < grown:
        return 102.0 + (adult - 102.0) * (age - 4.0) / (grown - 4.0), 0.6 * spread
    return adult - max(0.0, age - 50.0) / 15.0, spread


def stature(person: Person) -> str:
    """One of `STATURES`, judged against people of the same sex and age."""
    mean, spread = typical_height(person.sex, person.age)
    deviation = (person.height - mean) / spread
    return STATURES[sum(deviation > bound for bound in _STATURE_BOUNDS)]


def attributes_of(outfit: Outfit) -> Attributes:
    """Every attribute of an outfit, with the derived ones; optional garment fields appear only when set.

    >>> attributes_of(Outfit(garments=(Garment("t-shirt", "red"),)))["top.color"]
    'red'
    """
    person, hair = outfit.person, outfit.hair
    attributes: Attributes = {f"person.{field.name}": getattr(person, field.name) for field in fields(Person)}
    attributes |= {"person.age_group": person.age_group, "person.stature": stature(person)}
    attributes |= {f"hair.{field.name}": getattr(hair, field.name) for field in fields(Hair)}
    attributes |= {f"{slot}.kind": "none" for slot in words.SLOTS}
    for garment in outfit.garments:
        for name in GARMENT_FIELDS:
            if (value := getattr(garment, name)) is not None:
                attributes[f"{garment.slot}.{name}"] = value
    return attributes


def outfit_from(attributes: Mapping[str, Value], seed: int = 0) -> Outfit:
    """Inverse of `attributes_of`; derived addresses are ignored.

    Raises:
        PersonifyError: an address or a value is not in the vocabulary.
    """
    parts: dict[str, dict[str, Value]] = {}
    for address, value in attributes.items():
        owner, _, name = address.partition(".")
        if owner not in ("person", "hair", *words.SLOTS) or not name:
            raise PersonifyError(f"attribute {address!r} is not known; expected person.*, hair.* or <slot>.*")
        if address not in DERIVED:
            parts.setdefault(owner, {})[name] = value
    worn = [parts[slot] for slot in words.SLOTS if parts.get(slot, {}).get("kind", "none") != "none"]
    data = {"person": parts.get("person", {}), "hair": parts.get("hair", {}), "garments": worn, "seed": seed}
    return Outfit.from_dict(data)


def satisfies(attributes: Mapping[str, Value], addresses: str, wanted: Value | list[Value]) -> bool:
    """Whether attributes fulfil an expectation, as the prompt files in ``tests/text`` write them.

    Args:
        attributes: as `attributes_of` gives them.
        addresses: one address, or several joined by ``|`` of which one has to fulfil it.
        wanted: a value, a list of values of which any will do, or two numbers as a range.

    Example:
        >>> satisfies({"person.age": 54.0, "top.color": "red"}, "person.age", [50, 59.99])
        True
        >>> satisfies({"full.color": "blue"}, "top.color|full.color", ["navy", "blue"])
        True
    """
    values = [attributes.get(address) for address in addresses.split("|")]
    choices = wanted if isinstance(wanted, list) else [wanted]
    if isinstance(wanted, list) and isinstance(wanted[0], int | float):
        low, high = float(wanted[0]), float(wanted[1])
        return isinstance(values[0], int | float) and low <= values[0] <= high
    return any(value in choices for value in values)
