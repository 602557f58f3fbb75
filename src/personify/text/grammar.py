"""From words to things said: which adjective belongs to which noun.

English puts adjectives before their noun ("long curly red hair"), after it ("jeans blue", "a shirt in red", "hair: long
and grey") or far from it ("sneakers that are pink"). One left-to-right pass keeps the run of adjectives not yet used;
a noun that follows directly takes those it accepts, anything else hands them back to the noun before. A word nobody
knows takes the adjectives before it too: the red in "holding a red balloon" is not the colour of the coat.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

from personify.text import lexicon as dictionary
from personify.text.clothes import Piece
from personify.text.lexicon import Adjective, Entry, Noun
from personify.text.people import PRONOUNS
from personify.text.words import correct, tokenise
from personify.wardrobe.attributes import Attributes, Value

LONGEST_PHRASE = 5
_PLACES = {
    "neck": {"headband": "scarf", "headscarf": "scarf"},
    "scalp": {"scarf": "headscarf"},
}  # where something is worn, and what that makes of it


@dataclass(frozen=True)
class Item:
    """A stretch of text and its role: ``"adjective"``, ``"noun"``, ``"unknown"`` or one of `lexicon.ROLES`."""

    role: str
    text: str
    entry: Entry | None = None
    index: int = -1


@dataclass
class Mention:
    """One naming of clothes and what was said of it.

    Attributes:
        noun: the dictionary entry, with the pieces and what the word implies.
        text: the words as written.
        fields: what adjectives said outright, e.g. ``{"pattern": "striped"}``.
        colors: colours in the order said; the first is the main one.
        accent: colour of a part ("with red buttons").
        absent: said not to be worn.
        relation: ``"over"`` or ``"under"`` the mention before, or empty.
    """

    noun: Noun
    text: str
    fields: Piece = field(default_factory=dict)
    colors: list[str] = field(default_factory=list)
    accent: str | None = None
    absent: bool = False
    relation: str = ""


@dataclass
class Parse:
    """What a text says.

    Attributes:
        said: addresses and values in the order said.
        implied: what pronouns and names of looks imply; anything said outright is stronger.
        mentions: clothes in the order named.
        unknown: phrases nothing was made of.
    """

    said: list[tuple[str, Value]] = field(default_factory=list)
    implied: Attributes = field(default_factory=dict)
    mentions: list[Mention] = field(default_factory=list)
    unknown: list[str] = field(default_factory=list)


def items(text: str) -> list[Item]:
    """Cut a text into known phrases (longest first), grammar words and unknown words.

    >>> [item.text for item in items("a man in a bow tie")]
    ['a', 'man', 'in', 'a', 'bow tie']
    """
    known = dictionary.known_words()
    tokens = [correct(token, known) for token in tokenise(text)]
    result: list[Item] = []
    position = 0
    while position < len(tokens):
        length, item = _longest(tokens[position : position + LONGEST_PHRASE])
        if item.role != "filler":
            result.append(replace(item, index=len(result)))
        position += length
    return result


def _longest(tokens: Sequence[str]) -> tuple[int, Item]:
    for length in range(len(tokens), 0, -1):
        text = " ".join(tokens[:length])
        if entry := dictionary.lexicon().get(tuple(tokens[:length])):
            return length, Item("noun" if isinstance(entry, Noun) else "adjective", text, entry)
    return 1, Item(dictionary.ROLES.get(tokens[0], "unknown"), tokens[0])


def parse(text: str) -> Parse:
    """Read a text into a `Parse`; never raises."""
    return _Reader(items(text)).read()


class _Reader:
    """State of the left-to-right pass."""

    def __init__(self, sequence: list[Item]) -> None:
        self.items = sequence
        self.result = Parse()
        self.run: list[Item] = []  # adjectives waiting for a noun
        self.split = 0  # how many of them stand before the last "and" or comma
        self.attached = False  # the run started right behind its noun: "jeans blue", "hair is red", "a shirt in red"
        self.head = "person"  # the kind of thing named last
        self.negated = False
        self.after_and = False  # the run started behind "and"
        self.relation = ""
        self.lost: set[int] = set()  # items nothing was made of

    def read(self) -> Parse:
        padded = [Item("break", ""), *self.items, Item("break", "")]
        for before, item, after in zip(padded, padded[1:], padded[2:], strict=False):
            if item.role == "noun" and not _modifies(item, after):
                self._noun(item, before.role)
            elif item.role in ("adjective", "noun"):
                self._adjective(item, before)
            elif item.role == "unknown":
                self._unknown(item, after.role)
            else:
                self._grammar_word(item, before.role)
        self._hand_back()
        self.result.unknown = _phrases(self.items, self.lost)
        return self.result

    def _adjective(self, item: Item, before: Item) -> None:
        if not self.run:
            self.after_and = before.role == "and"
            shirt_in_red = before.text == "in" and self.head == "garment"
            self.attached = (
                before.role == "copula" or shirt_in_red or (before.role == "noun" and self.head != "clothes")
            )
        self.run.append(item)

    def _noun(self, item: Item, before: str) -> None:
        noun = _noun_of(item)
        own = self._take_run(before)
        self._hand_back()
        if own and self.after_and:
            self.negated = False  # "no hat and blue jeans"
        if noun.head == "garment":
            self.result.mentions.append(Mention(noun, item.text, absent=self.negated, relation=self.relation))
            self.relation = ""
        elif self.negated:
            self._deny(item, noun)
        else:
            self._affirm(noun)
        self._describe(noun.head, own)
        if noun.head not in ("part", "sleeves", *_PLACES):  # those belong to the garment before
            self.head = noun.head

    def _take_run(self, before: str) -> list[Item]:
        """The waiting adjectives that belong to a noun arriving now; the others stay in the run."""
        if before not in ("adjective", "unknown", "noun"):
            return []
        first = self.split if self.attached else 0
        own, self.run = self.run[first:], self.run[:first]
        return own

    def _unknown(self, item: Item, after: str) -> None:
        self.lost.add(item.index)
        if after in ("adjective", "noun", "unknown") and not item.text.endswith("ing"):
            return  # an adjective nobody knows, inside a longer noun phrase
        if self.run and not self.attached and not item.text.endswith("ing"):
            own = [one for one in self.run if "person" not in _senses(one)]
            self.lost.update(one.index for one in own)
            self.run = [one for one in self.run if one not in own]
        self._hand_back()

    def _grammar_word(self, item: Item, before: str) -> None:
        if item.role in ("and", "comma") and self.run:
            self.split = len(self.run)
        elif item.role not in ("and", "comma"):
            self._hand_back()
        if item.text in PRONOUNS:
            self.result.implied |= PRONOUNS[item.text]
        if item.role in ("comma", "break", "preposition") or (item.role == "determiner" and before == "and"):
            self._end_negation()
        elif item.role == "not":
            self.negated = True
        elif item.role in ("over", "under"):
            self.relation = item.role
        elif item.role == "off" and self.result.mentions and before == "noun":
            self.result.mentions[-1].absent = True

    def _end_negation(self) -> None:
        if self.negated:
            self._hand_back()
        self.negated = False

    def _affirm(self, noun: Noun) -> None:
        if noun.head == "part" and self.result.mentions:
            self.result.mentions[-1].fields.update({name: str(value) for name, value in noun.says.items()})
        elif noun.head in _PLACES:
            self._move(_PLACES[noun.head])
        elif noun.head == "look":
            self.result.said.append(("look", noun.says["look"]))
            self.result.implied |= {name: value for name, value in noun.says.items() if name != "look"}
        elif noun.head != "part":
            self.result.said += noun.says.items()

    def _move(self, kinds: Mapping[str, str]) -> None:
        """A bandana *round the neck* is a scarf, a scarf *around the head* a headscarf."""
        if self.result.mentions:
            mention = self.result.mentions[-1]
            piece = mention.noun.pieces[0]
            moved = {**piece, "kind": kinds.get(piece.get("kind", ""), piece.get("kind", ""))}
            mention.noun = replace(mention.noun, pieces=(moved,) if "kind" in piece else (piece,))

    def _deny(self, item: Item, noun: Noun) -> None:
        said = {"hair": ("hair.style", "bald"), "beard": ("hair.beard", "none"),
                "expression": ("person.expression", "neutral")}  # fmt: skip
        if noun.head in said:
            self.result.said.append(said[noun.head])
        elif noun.head in ("part", "sleeves") and self.result.mentions:
            denied = {"part": ("pattern", "plain"), "sleeves": ("sleeves", "none")}[noun.head]
            self.result.mentions[-1].fields[denied[0]] = denied[1]
        elif noun.head != "clothes":
            self.lost.update((item.index - 1, item.index))

    def _hand_back(self) -> None:
        """Give the waiting adjectives to the noun before them."""
        run, self.run, self.split = self.run, [], 0
        if self.negated and run:
            self._deny_adjectives(run)
        else:
            self._describe(self.head, run, adjacent=False)

    def _deny_adjectives(self, run: list[Item]) -> None:
        for item in run:
            if "person.expression" in _senses(item).get("person", {}):
                self.result.said.append(("person.expression", "neutral"))
            else:
                self.lost.update((item.index - 1, item.index))

    def _describe(self, head: str, adjectives: list[Item], adjacent: bool = True) -> None:
        """Say of the thing what the adjectives say; what does not fit it goes to the person or the clothes."""
        of_person = [
            k for k, item in enumerate(adjectives) if head not in (senses := _senses(item)) and "person" in senses
        ]
        for k, item in enumerate(adjectives):
            senses = _senses(item)
            heads = [head, *(["complexion"] if adjacent and head == "person" else []), "person", "clothes"]
            if of_person and k < of_person[-1] and "person" in senses:
                heads = ["person"]  # "slim, bald, red shirt": what stands before a word for the person is too
            fitting = next((one for one in heads if one in senses and self._say(one, senses[one])), None)
            if fitting is None and not (head in ("part", "sleeves") or self._say_of_neighbours(senses)):
                self.lost.add(item.index)

    def _say(self, head: str, says: Attributes) -> bool:
        mention = self.result.mentions[-1] if self.result.mentions else None
        if head in ("garment", "part", "sleeves"):
            if mention is None:
                return False
            _say_of_garment(mention, says, as_part=head == "part")
        elif head == "clothes":
            self.result.said += [(f"clothes.{name}", value) for name, value in says.items()]
        else:
            self.result.said += says.items()
        return True

    def _say_of_neighbours(self, senses: Mapping[str, Attributes]) -> bool:
        return any(head in senses and self._say(head, senses[head]) for head in ("garment", "hair"))


def _noun_of(item: Item) -> Noun:
    assert isinstance(item.entry, Noun)
    return item.entry


def _senses(item: Item) -> Mapping[str, Attributes]:
    if isinstance(item.entry, Adjective):
        return item.entry.senses
    return {"garment": dict(_noun_of(item).says)}  # a pattern noun that modifies: "a logo tee"


def _modifies(item: Item, after: Item) -> bool:
    """Whether a pattern noun stands inside a longer noun phrase, like the "logo" of "a logo tee"."""
    noun = _noun_of(item)
    follows_garment = isinstance(after.entry, Noun) and after.entry.head == "garment"
    return noun.head == "part" and bool(noun.says) and (after.role == "adjective" or follows_garment)


def _say_of_garment(mention: Mention, says: Attributes, as_part: bool) -> None:
    for name, value in says.items():
        if name != "color":
            mention.fields[name] = str(value)
        elif as_part and mention.colors:
            mention.accent = mention.accent or str(value)
        elif as_part:
            mention.accent, mention.colors = str(value), [mention.accent] if mention.accent else []
        else:
            mention.colors.append(str(value))


def _phrases(sequence: list[Item], lost: set[int]) -> list[str]:
    """The lost items, joined over the small words between them: ``["holding a sword"]``."""
    phrases: list[list[str]] = []
    last = -10
    for index in sorted(lost):
        between = sequence[last + 1 : index] if last >= 0 else []
        if last >= 0 and all(item.role in ("determiner", "preposition") for item in between):
            phrases[-1] += [item.text for item in (*between, sequence[index])]
        else:
            phrases.append([sequence[index].text])
        last = index
    return [" ".join(phrase) for phrase in phrases]
