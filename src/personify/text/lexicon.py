"""The reader's dictionary: every phrase it knows, and what the phrase says.

Two kinds of entries. A `Noun` names a thing (a garment, the hair, the person, a named look); an `Adjective` describes
the thing it stands with, and what it says depends on that thing. The tables are in `people`, `clothes`, the wardrobe's
synonyms and the named looks; this module only brings them together.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import cache

from personify.text import clothes, people
from personify.text.words import NUMBERS, tokenise
from personify.wardrobe import looks, synonyms
from personify.wardrobe.attributes import Attributes


@dataclass(frozen=True)
class Noun:
    """Names a thing.

    Attributes:
        head: what it is: ``"garment"``, ``"part"`` (of a garment), ``"person"``, ``"look"``, ``"hair"``, ``"eyes"``...
        says: addresses and values that the word itself implies.
        pieces: garments it stands for, in `clothes` form.
    """

    head: str
    says: Mapping[str, str | float] = field(default_factory=dict)
    pieces: tuple[clothes.Piece, ...] = ()


@dataclass(frozen=True)
class Adjective:
    """Describes a thing: ``senses[head]`` is what it says of that head."""

    senses: Mapping[str, Attributes]


Entry = Noun | Adjective
Phrase = tuple[str, ...]

SHADES = ("dark", "light", "pale", "bright", "deep", "neon", "soft", "dusty", "platinum", "strawberry", "dirty", "ash")
_GRAMMAR = {
    "and": "and & or nor / plus",
    "preposition": "in with of on at to from for by as into onto inside beside having has have but around round",
    "over": "over above atop",
    "under": "under underneath below beneath",
    "determiner": "a an the this that these those some their its it my your our another all",
    "copula": "is are was were be being which who whose looks :",
    "not": "no not without never sans minus lacking non neither",
    "break": ". ; ( ) ! ? \n",
    "comma": ",",
    "off": "off",
    "filler": " ".join(people.FILLERS),
}
ROLES = {word: role for role, words in _GRAMMAR.items() for word in words.split(" ")} | dict.fromkeys(
    people.PRONOUNS, "determiner"
)  # what each grammar word does in a sentence


def key(phrase: str) -> Phrase:
    """A phrase as the reader sees it: ``"T-shirt"`` is ``("t", "shirt")``."""
    return tuple(tokenise(phrase))


@cache
def lexicon() -> dict[Phrase, Entry]:
    """All phrases. Later tables win over earlier ones, adjectives with the same phrase are joined."""
    entries: dict[Phrase, Entry] = {}
    senses: dict[Phrase, dict[str, Attributes]] = {}
    for phrase, head, says in _adjectives():
        senses.setdefault(key(phrase), {})[head] = says
    entries.update({phrase: Adjective(heads) for phrase, heads in senses.items()})
    for phrase, noun in _nouns():
        for form in (phrase, _plural(phrase)) if noun.head in ("garment", "person", "look") else (phrase,):
            entries.setdefault(key(form), noun) if form != phrase else entries.update({key(form): noun})
    return entries


@cache
def known_words() -> frozenset[str]:
    """Every single word the reader has a use for; typing mistakes are corrected towards these."""
    return frozenset(word for phrase in lexicon() for word in phrase) | ROLES.keys() | NUMBERS.keys()


def _plural(phrase: str) -> str:
    if phrase.endswith("s") and not phrase.endswith("ss"):
        return phrase.removesuffix("s") if not phrase.endswith("ses") else phrase
    return phrase + ("es" if phrase.endswith(("s", "x", "ch", "sh")) else "s")


def _adjectives() -> Iterator[tuple[str, str, Attributes]]:
    """(phrase, head it may stand with, what it says then)."""
    yield from _colour_words()
    tables = (("pattern", synonyms.PATTERNS), ("material", synonyms.MATERIALS), ("fit", synonyms.FITS),
              ("length", synonyms.LENGTHS), ("sleeves", synonyms.SLEEVES))  # fmt: skip
    for name, table in tables:
        for phrase, value in _pairs(table):
            yield phrase, "garment", {name: value}
    people_tables = (("stature", synonyms.STATURES), ("age_group", synonyms.AGE_GROUPS),
                     ("build", synonyms.BUILDS), ("expression", synonyms.EXPRESSIONS))  # fmt: skip
    for name, table in people_tables:
        for phrase, value in _pairs(table):
            for head in ("person", name):  # "slim" is said of a man and of his build
                yield phrase, head, {f"person.{name}": value}
    for phrase, says in people.PERSON_ADJECTIVES.items():
        yield phrase, "person", says
    for phrase, heads in people.CONTEXT_ADJECTIVES.items():
        for head, says in heads.items():
            yield phrase, head, says


def _colour_words() -> Iterator[tuple[str, str, Attributes]]:
    tones: dict[str, Attributes] = {"white": {"person.ancestry": "european"}, "black": {"person.ancestry": "african"}}
    for phrase, value in [*_shades(synonyms.COLORS), *_pairs(synonyms.COLORS)]:
        for head in ("garment", "part", "clothes"):
            yield phrase, head, {"color": value}
    for phrase, value in [*_shades(synonyms.HAIR_COLORS), *_pairs(synonyms.HAIR_COLORS)]:
        yield phrase, "hair", {"hair.color": value}
        yield phrase, "beard", {"beard.color": value}
    for phrase, value in [*_shades(synonyms.EYE_COLORS), *_pairs(synonyms.EYE_COLORS)]:
        yield phrase, "eyes", {"person.eyes": value}
    for phrase, value in _pairs(synonyms.SKIN_TONES):
        yield phrase, "skin", {"person.skin": value}
    for tone, value in {"pale": "pale", "tanned": "tan", "bronzed": "tan"}.items():
        yield tone, "person", {"person.skin": value}
    for tone in ("brown", "green", "blue", "grey", "tan"):
        yield tone, "complexion", {"person.skin": tone}
    for tone, says in tones.items():
        yield tone, "complexion", says


def _nouns() -> Iterator[tuple[str, Noun]]:
    for phrase, part in clothes.PARTS.items():
        yield phrase, Noun("part", {**part})
    for phrase, value in _pairs(synonyms.GARMENTS):
        yield phrase, Noun("garment", pieces=({"kind": value},))
    for phrase, pieces in clothes.IMPLIED.items():
        yield phrase, Noun("garment", pieces=pieces)
    for phrase, (name, sex) in looks.names().items():
        yield phrase, Noun("look", {"look": name, **({"person.sex": sex} if sex else {})})
    tables = {
        "person": people.PERSON_NOUNS,
        "hair": people.HAIR_NOUNS,
        "beard": people.BEARD_NOUNS,
        **people.OTHER_NOUNS,
    }
    for head, table in tables.items():
        for phrase, says in table.items():
            yield phrase, Noun(head, says)


def _shades(table: synonyms.Phrases) -> Iterator[tuple[str, str]]:
    """Shades without a name of their own count as the colour: "deep red" is red."""
    return ((f"{shade} {phrase}", value) for phrase, value in _pairs(table) if " " not in phrase for shade in SHADES)


def _pairs(table: synonyms.Phrases) -> Iterator[tuple[str, str]]:
    return ((phrase, value) for value, phrases in table.items() for phrase in phrases)
