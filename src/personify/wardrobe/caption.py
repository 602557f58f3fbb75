"""The caption grammar: a dressed person in, one of many English sentences out. The inverse of the reader.

A caption mentions some attributes and leaves others out, in varying words and order; it also says which it mentions, so
that training can tell a wrong picture from one the words merely do not rule out.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from random import Random
from typing import NamedTuple

from personify.wardrobe import synonyms
from personify.wardrobe.attributes import Attributes, stature
from personify.wardrobe.outfit import Garment, Outfit
from personify.wardrobe.vocabulary import GARMENTS, SLOTS


class Caption(NamedTuple):
    """A sentence, the attributes it mentions, and the view it speaks of (a key of `VIEWS`)."""

    text: str
    mentioned: Attributes
    view: str


def _slots_but(*hidden: str) -> tuple[str, ...]:
    return tuple(slot for slot in SLOTS if slot not in hidden)


VIEWS = {  # view: (how it is introduced, slots seen in it, whether the face is seen)
    "full": (("", "", "a photo of ", "a picture of "), SLOTS, True),
    "face": (("the face of ",), ("head", "eyes", "neck"), True),
    "upper": (("the upper body of ",), _slots_but("bottom", "feet", "legs"), True),
    "side": (("the side view of ", "from the side, "), SLOTS, True),
    "back": (("the back of ", "from behind, "), _slots_but("eyes", "neck", "front"), False),
    "nape": (("the back of the head of ",), ("head",), False),
}  # fmt: skip
_NOUNS = {
    ("female", "adult"): ("woman", "lady", "female"), ("male", "adult"): ("man", "guy", "male"),
    ("female", "child"): ("girl",), ("male", "child"): ("boy",),
    ("female", "teenager"): ("teenage girl",), ("male", "teenager"): ("teenage boy",),
}  # fmt: skip
_ABSENT = {"feet": ("barefoot", "without shoes"), "head": ("without a hat", "hatless"),
           "eyes": ("no glasses", "without glasses")}  # fmt: skip
_PARTS = {"striped": "stripes", "polka dot": "polka dots", "checked": "checks", "floral": "flowers"}


def caption(outfit: Outfit, random: Random, mention: Collection[str] | None = None, view: str | None = None) -> Caption:
    """Describe an outfit in one of many ways.

    Args:
        outfit: who is described.
        random: source of the choices; about 50 microseconds per caption.
        mention: addresses (`wardrobe.attributes`) to speak of and no others; None leaves things out at random.
        view: a key of `VIEWS`; None draws one, the whole body most often.

    Example:
        >>> from personify.wardrobe.outfit import Person, Garment
        >>> person = Outfit(Person(sex="male"), garments=(Garment("tie", "red"),))
        >>> caption(person, Random(3), mention={"person.sex", "neck.kind", "neck.color"}, view="full").mentioned
        {'person.sex': 'male', 'neck.kind': 'tie', 'neck.color': 'red'}
    """
    view = view or _pick(random, ("full", "full", "full", *VIEWS))
    return _Writer(outfit, random, mention, view).write()


def _pick(random: Random, choices: Sequence[str]) -> str:
    return choices[int(random.random() * len(choices))]


def article(phrase: str) -> str:
    """The phrase with "a" or "an", or alone if it is a plural.

    >>> article("orange apron"), article("blue jeans")
    ('an orange apron', 'blue jeans')
    """
    plural = phrase.endswith("s") and not phrase.endswith("ss")
    if plural or phrase.endswith(("hair", "armour", "armor", "skin", "stubble")) or phrase.startswith("a "):
        return phrase
    return ("an " if phrase[0] in "aeiou" else "a ") + phrase


class _Writer:
    """One caption in the making; ``tell`` decides whether an attribute is mentioned and remembers it."""

    def __init__(self, outfit: Outfit, random: Random, mention: Collection[str] | None, view: str) -> None:
        self.outfit, self.random, self.mention, self.view = outfit, random, mention, view
        self.told: Attributes = {}

    def write(self) -> Caption:
        introductions, slots, face = VIEWS[self.view]
        subject = self._subject(face)
        features = [make() for make in self._shuffled(self._feature_makers(face))]
        garments = [
            worn
            for slot in self._shuffled(slots)
            if (garment := self.outfit.worn(slot)) and (worn := self._garment(garment))
        ]
        absent = [self._absent(slot) for slot in _ABSENT if slot in slots and not self.outfit.worn(slot)]
        text = _pick(self.random, introductions) + self._sentence(subject, [one for one in features if one], garments)
        text = ", ".join([text, *(one for one in absent if one)])
        return Caption(text, self.told, self.view)

    def tell(self, address: str, value: str | None, chance: float) -> bool:
        wanted = self.random.random() < chance if self.mention is None else address in self.mention
        if wanted and value is not None:
            self.told[address] = value
        return wanted and value is not None

    def pick(self, phrases: Sequence[str]) -> str:
        """The plain phrase half of the time, else any of them."""
        return phrases[0] if self.random.random() < 0.5 else _pick(self.random, phrases)

    def _shuffled(self, things: Sequence) -> list:
        things = list(things)
        self.random.shuffle(things)
        return things

    def _sentence(self, subject: str, features: list[str], garments: list[str]) -> str:
        if self.random.random() < 0.2:  # the way people type: a list of things
            return ", ".join([subject, *self._shuffled(features + garments)])
        clauses = [("with ", features), (_pick(self.random, ("wearing ", "in ", "dressed in ")), garments)]
        clauses = [(word, things) for word, things in clauses if things]
        if self.random.random() < 0.3:
            clauses.reverse()
        return " ".join([subject, *(word + _series(things) for word, things in clauses)])

    def _subject(self, face: bool) -> str:
        person = self.outfit.person
        adjectives = []
        for address, value, table, chance in (
            ("person.stature", stature(person), synonyms.STATURES, 0.4),
            ("person.build", person.build, synonyms.BUILDS, 0.4),
            ("person.expression", person.expression if face else None, synonyms.EXPRESSIONS, 0.25),
        ):
            if value in table and self.tell(address, value, chance):
                adjectives.append(self.pick(table[value]))
        if self.outfit.hair.style == "bald" and self.tell("hair.style", "bald", 0.7):
            adjectives.append("bald")
        if self.outfit.hair.beard == "none" and person.sex == "male" and face and self.tell("hair.beard", "none", 0.1):
            adjectives.append(self.pick(synonyms.BEARDS["none"]))
        return article(" ".join([*self._shuffled(adjectives), self._noun()]))

    def _noun(self) -> str:
        """Sex and age in one noun; "man" says nothing of the age, but "boy" does, so the young get both or neither."""
        person, group = self.outfit.person, self.outfit.person.age_group
        young = group in ("child", "teenager")
        if not self.tell("person.sex", person.sex, 0.85):
            age = self.tell("person.age_group", group, 0.5)
            if age and not young and group != "young adult":
                return f"{self.pick(synonyms.AGE_GROUPS[group])} person"
            return self.pick(synonyms.AGE_GROUPS[group]) if age else "person"
        if young:
            self.told["person.age_group"] = group
            return _pick(self.random, _NOUNS[person.sex, group])
        noun = _pick(self.random, _NOUNS[person.sex, "adult"])
        if self.tell("person.age_group", group, 0.5):
            return f"{'young' if group == 'young adult' else self.pick(synonyms.AGE_GROUPS[group])} {noun}"
        return noun

    def _feature_makers(self, face: bool) -> list[Callable[[], str]]:
        makers = [self._hair, self._skin]
        return [*makers, self._eyes, self._beard] if face else makers

    def _hair(self) -> str:
        hair = self.outfit.hair
        if hair.style == "bald":
            return ""
        style, color = self.tell("hair.style", hair.style, 0.5), self.tell("hair.color", hair.color, 0.6)
        if not (style or color):
            return ""
        shade = self.pick(synonyms.HAIR_COLORS[hair.color]) if color else ""
        template = self.pick(synonyms.HAIR_STYLES[hair.style]) if style else "{} hair"
        return article(" ".join(template.format(shade).split()))

    def _skin(self) -> str:
        skin = self.outfit.person.skin
        return self.pick(synonyms.SKIN_TONES[skin]) + " skin" if self.tell("person.skin", skin, 0.3) else ""

    def _eyes(self) -> str:
        eyes = self.outfit.person.eyes
        chance = 0.5 if self.view == "face" else 0.1
        return self.pick(synonyms.EYE_COLORS[eyes]) + " eyes" if self.tell("person.eyes", eyes, chance) else ""

    def _beard(self) -> str:
        beard = self.outfit.hair.beard
        return self.pick(synonyms.BEARDS[beard]) if beard != "none" and self.tell("hair.beard", beard, 0.7) else ""

    def _absent(self, slot: str) -> str:
        return (
            _pick(self.random, _ABSENT[slot])
            if self.tell(f"{slot}.kind", "none", 0.5 if slot == "feet" else 0.06)
            else ""
        )

    def _garment(self, garment: Garment) -> str:
        slot, usual = garment.slot, GARMENTS[garment.kind]
        if not self.tell(f"{slot}.kind", garment.kind, 0.85):
            return ""
        details = (
            ("fit", garment.fit, synonyms.FITS, 0.5 if garment.fit != "regular" else 0.02),
            ("length", garment.length if usual.length else None, synonyms.LENGTHS, 0.7),
            ("sleeves", garment.sleeves if usual.sleeves else None, synonyms.SLEEVES, 0.7),
        )
        before = [self.pick(table[value]) for name, value, table, chance in details
                  if value is not None and self.tell(f"{slot}.{name}", value, chance)]  # fmt: skip
        colors, after = self._colors(garment)
        if garment.material and self.tell(f"{slot}.material", garment.material, 0.6):
            colors.append(self.pick(synonyms.MATERIALS[garment.material]))
        words = " ".join([*self._shuffled(before), *colors, self.pick(synonyms.GARMENTS[garment.kind])])
        return article(words) + after

    def _colors(self, garment: Garment) -> tuple[list[str], str]:
        """Colour, pattern and second colour: the words before the noun, and what follows it."""
        slot, pattern = garment.slot, garment.pattern
        colored = self.tell(f"{slot}.color", garment.color, 0.8)
        before = [self.pick(synonyms.COLORS[garment.color])] if colored else []
        patterned = self.tell(f"{slot}.pattern", pattern, 0.75 if pattern != "plain" else 0.04)
        accent = ""
        if colored and garment.accent and garment.accent != garment.color and (patterned or pattern == "plain"):
            accent = (
                self.pick(synonyms.COLORS[garment.accent]) if self.tell(f"{slot}.accent", garment.accent, 0.5) else ""
            )
        if patterned and (pattern == "logo" or (accent and pattern in _PARTS and self.random.random() < 0.5)):
            return (
                before,
                f" with {article(f'{accent} logo'.strip())}"
                if pattern == "logo"
                else f" with {accent} {_PARTS[pattern]}",
            )
        if accent and not patterned:
            return before, f" with {accent} trim"
        if accent:
            before += ["and", accent]
        return [*before, *([self.pick(synonyms.PATTERNS[pattern])] if patterned else [])], ""


def _series(things: list[str]) -> str:
    """ "a", "a and b", "a, b and c"."""
    return " and ".join([", ".join(things[:-1]), things[-1]]) if len(things) > 1 else things[0]
