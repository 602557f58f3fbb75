"""One sentence into three: the body, the look, the motion.

>>> split_text("a tall bearded man in a red checked shirt and blue jeans waving")
('tall man', 'a tall bearded man in a red checked shirt and blue jeans', 'waving')
"""

from __future__ import annotations

import re
from functools import cache

from personify.motion.catalogue import ENTRIES
from personify.motion.words import stem
from personify.text.grammar import Item, items
from personify.text.lexicon import Adjective, Noun, lexicon

_PIECES = re.compile(r"[^\W_]+(?:['’-][^\W_]+)*|[^\w\s]")
_STOPS = frozenset(",.;:!?()")
_INTRODUCTIONS = frozenset(("is", "are", "who", "that", "while", "and", "then", "slowly", "quickly", "happily"))
_CLOTHING = frozenset(("in", "with", "and", "wearing", "dressed", "without", "has", "having", "but", "while"))
_LOOK_HEADS = frozenset(("garment", "hair", "beard", "eyes", "skin", "clothes", "part"))
_ACTORS = frozenset(("person", "look"))
_BEFORE_A_VERB = frozenset(("who", "that", "and", "then", "to"))
_BODY = ("person.sex", "person.age", "person.age_group", "person.stature", "person.build")


def split_text(text: str) -> tuple[str | None, str | None, str | None]:
    """The body, the look and the motion a text speaks of, each None if it does not.

    The look keeps the words about the body too: they belong to a picture of the person.
    """
    words = _PIECES.findall(text)
    moving = [False] * len(words)
    position = 0
    while position < len(words):
        if _starts_motion(words, position):
            end = _motion_end(words, position)
            moving[position:end] = [True] * (end - position)
            position = end
        position += 1
    motion = _join([word for word, moves in zip(words, moving, strict=True) if moves], moving)
    look = _without_motion(words, moving)
    shape = " ".join(item.text for item in items(look) if _speaks_of_body(item))
    return shape or None, look or None, motion or None


@cache
def _motion_stems() -> frozenset[str]:
    firsts = {stem(phrase.split()[0]) for entry in ENTRIES for phrase in entry.phrases.split(", ")}
    return frozenset(firsts - {stem("holding")})  # "holding a sword" is part of the look


def _entry(word: str) -> Adjective | Noun | None:
    return lexicon().get((word.lower(),))


def _starts_motion(words: list[str], position: int) -> bool:
    """A verb of motion ("waving"), or one right after the person ("she walks", "a man who dances")."""
    word = words[position].lower()
    if lexicon().get(tuple(one.lower() for one in words[position : position + 2])):
        return False  # "running shoes"
    if word.endswith("ing"):
        return stem(word) in _motion_stems() or word in ("doing", "playing", "performing")
    before = words[position - 1].lower() if position else "then"
    if not (before in _BEFORE_A_VERB or _is_actor(before)) or stem(word) not in _motion_stems():
        return False
    return word.endswith("s") or before in _BEFORE_A_VERB


def _motion_end(words: list[str], start: int) -> int:
    """Up to the next punctuation, or to the word that brings clothes or hair in."""
    if start + 1 < len(words) and words[start].endswith("ing") and _is_actor(words[start + 1]):
        return start + 1  # "a running man"
    for position in range(start + 1, len(words)):
        word = words[position].lower()
        if (
            word in _STOPS
            or word in ("wearing", "dressed")
            or (word in _CLOTHING and _brings_look(words[position + 1 :]))
        ):
            return position
    return len(words)


def _is_actor(word: str) -> bool:
    entry = _entry(word)
    return isinstance(entry, Noun) and entry.head in _ACTORS


def _brings_look(following: list[str]) -> bool:
    """Whether a look noun comes before the next small word."""
    for word in following[:7]:
        entry = _entry(word)
        if isinstance(entry, Noun) and entry.head in _LOOK_HEADS and stem(word) not in _motion_stems():
            return True
        if word in _STOPS or word.lower() in _CLOTHING:
            return False
    return False


def _join(motion: list[str], moving: list[bool]) -> str:
    """The motion words; separate stretches are joined by a comma."""
    stretches = "".join("m" if moves else " " for moves in moving).split()
    result, used = [], 0
    for stretch in stretches:
        result.append(" ".join(motion[used : used + len(stretch)]))
        used += len(stretch)
    return ", ".join(result)


def _without_motion(words: list[str], moving: list[bool]) -> str:
    """The other words, without the "and", "who is" or comma that led to the motion."""
    kept: list[str] = []
    for word, moves in zip(words, moving, strict=True):
        if not moves:
            kept += [] if word.lower() in ("while", "then") else [word]
            continue
        while kept and (kept[-1].lower() in _INTRODUCTIONS or kept[-1] in ",;:"):
            kept.pop()
    while kept and (kept[-1] in ",;:" or kept[-1].lower() in ("and", "while")):
        kept.pop()
    text = re.sub(r" ([,.;:!?)])", r"\1", " ".join(kept)).replace("( ", "(").lstrip(",;:. ")
    return text if re.search(r"\w", text) else ""


def _speaks_of_body(item: Item) -> bool:
    if isinstance(item.entry, Noun):
        return item.entry.head == "person"
    if isinstance(item.entry, Adjective):
        return any(address in _BODY for address in item.entry.senses.get("person", {}))
    return False
