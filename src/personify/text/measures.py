"""Heights and ages written in numbers: "6 feet 2", "185 cm", "25-year-old", "in her late thirties"."""

from __future__ import annotations

import re

from personify.text.words import digits
from personify.wardrobe.attributes import Attributes

_INCHES = r"(?: ?(?:and )?(?P<inches>\d{1,2})(?: ?(?:inches|inch|in|\"|''))?)?"
_HEIGHTS = (
    re.compile(r"\b(?P<centimetres>\d{2,3}(?:\.\d)?) ?(?:cm|centimetres?|centimeters?)\b"),
    re.compile(r"\b(?P<metres>\d) ?m ?(?P<rest>\d{2})\b"),
    re.compile(r"\b(?P<metres>\d(?:[.,]\d{1,2})?) ?(?:m|metres?|meters?)\b"),
    re.compile(r"\b(?P<feet>\d{1,2}) ?(?:feet|foot|ft|')" + _INCHES),
)
_TALL = re.compile(r"^ ?(?:tall|high|in height)\b")
_OF_THING = re.compile(r"^ ?(?:long|wide)\b")
_DECADES = {"teens": 10, "twenties": 20, "thirties": 30, "forties": 40, "fifties": 50, "sixties": 60, "seventies": 70,
            "eighties": 80, "nineties": 90}  # fmt: skip
_PART = {"early": 2.0, "mid": 5.0, "middle": 5.0, "late": 8.0, None: 5.0}
_AGES = (
    re.compile(r"\b(?P<age>\d{1,3}) ?(?:years?|yrs?)(?: ?olds?| of age)?\b"),
    re.compile(r"\b(?P<age>\d{1,3}) ?(?:yo|y/o)\b"),
    re.compile(r"\b(?:aged|age|age:|age of) ?(?P<age>\d{1,3})\b"),
    re.compile(r"\b(?:in (?:his|her|their|the) )?(?:(?P<part>early|mid|middle|late) )?(?P<decade>[1-9]0)s\b"),
    re.compile(
        r"\bin (?:his|her|their|the) (?:(?P<part>early|mid|middle|late) )?(?P<word>" + "|".join(_DECADES) + r")\b"
    ),
    re.compile(r"(?:^|, ?)(?P<age>\d{1,2})(?= ?,|$)"),
)
LIMITS = {"person.age": (4.0, 95.0), "person.height": (90.0, 230.0)}


def read_measures(text: str) -> tuple[Attributes, str, list[str]]:
    """Heights (cm) and ages (years) in a text, the text without them, and notes on values moved into range.

    >>> read_measures("a 25 year old woman, 6 feet 2")[:2]
    ({'person.height': 187.96, 'person.age': 25.0}, 'a   woman,  ')
    """
    found: Attributes = {}
    notes: list[str] = []
    text = digits(text)
    for pattern in _HEIGHTS:
        for match in reversed(list(pattern.finditer(text))):
            if not _OF_THING.match(text[match.end() :]):
                found["person.height"] = _centimetres(match)
                tall = _TALL.match(text[match.end() :])
                text = text[: match.start()] + " " + text[match.end() + (tall.end() if tall else 0) :]
    for pattern in _AGES:
        if age := pattern.search(text):
            found["person.age"] = _years(age)
            text = pattern.sub(" ", text)
    for address, (low, high) in LIMITS.items():
        if address in found and not low <= float(found[address]) <= high:
            clamped = min(max(float(found[address]), low), high)
            notes.append(f"{address} {found[address]:g} is out of range; {clamped:g} is used")
            found[address] = clamped
    return found, text, notes


def _centimetres(match: re.Match[str]) -> float:
    groups = match.groupdict()
    if groups.get("centimetres"):
        return float(groups["centimetres"])
    if groups.get("feet"):
        return round(float(groups["feet"]) * 30.48 + float(groups["inches"] or 0) * 2.54, 2)
    return round(float(groups["metres"].replace(",", ".")) * 100 + float(groups.get("rest") or 0), 2)


def _years(match: re.Match[str]) -> float:
    groups = match.groupdict()
    if groups.get("age"):
        return float(groups["age"])
    start = float(groups["decade"]) if groups.get("decade") else float(_DECADES[match["word"]])
    return start + _PART[groups.get("part")]
