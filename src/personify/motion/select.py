"""Words to motion: `motion_from_text`."""

from __future__ import annotations

import difflib
import re
from dataclasses import dataclass, field, replace
from functools import lru_cache

from personify.errors import PersonifyError
from personify.motion.clip import Motion
from personify.motion.gestures import layered
from personify.motion.words import ENTRIES, FAST, IGNORED, IRREGULAR, SLOW, Entry

CYCLE_SECONDS = 4.0  # how long a looping motion lasts when nobody says
MAX_CHARACTERS = 500
MAX_ACTIONS = 6
SIDE_WORDS = frozenset(("left", "right"))
_TYPO_SIMILARITY = 0.82


@dataclass(frozen=True)
class MotionChoice:
    """What `motion_from_text` made of the words.

    Attributes:
        motion: the clip, on the reference skeleton (`Motion.retargeted` fits it to a body).
        understood: the words that shaped it, in order.
        not_understood: content words that did not.
    """

    motion: Motion
    understood: list[str]
    not_understood: list[str]


@dataclass
class _Clause:
    """Part of a sentence with one action."""

    entry: Entry | None = None
    side: str | None = None
    speed: float = 1.0
    in_place: bool = False
    understood: set[str] = field(default_factory=set)


def motion_from_text(text: str, seed: int = 0, seconds: float | None = None) -> MotionChoice:
    """The motion that words ask for; several joined by "and", "while" or "then" are layered or follow one another.

    Inflected and misspelt words are recognised, "left", "right", "slowly", "quickly" and "in place" adjust the motion.
    Nothing recognised, or an empty text, gives standing.

    Args:
        text: at most 500 characters, English.
        seed: chooses among gestures where the words leave a choice (arguing, talking).
        seconds: how long; None = once, and about four seconds for motions that go on.

    Raises:
        PersonifyError: text too long or ``seconds`` out of range.

    Example:
        >>> choice = motion_from_text("a man wavng with his left hand, grumpily")
        >>> choice.motion.name, choice.understood, choice.not_understood
        ('wave_hello_left', ['wavng', 'left', 'hand'], ['grumpily'])
    """
    if len(text) > MAX_CHARACTERS:
        raise PersonifyError(f"text: {len(text)} characters; expected at most {MAX_CHARACTERS}")
    if seconds is not None and not 0.2 <= seconds <= 600:
        raise PersonifyError(f"seconds: {seconds:g} is out of range; expected 0.2 to 600")
    words = _words(text)
    clauses = _clauses(text)
    motion = _performed(clauses, text, seed)
    known = set().union(*(clause.understood for clause in clauses))
    understood = [word for word in words if word in known]
    not_understood = [word for word in words if word not in known and word not in IGNORED]
    if seconds is not None:
        motion = motion.looped(seconds)
    elif len(clauses) == 1:
        motion = _lasting(motion, clauses[0].entry or ENTRIES[0])
    return MotionChoice(motion, understood, not_understood)


def actions(text: str) -> list[str]:
    """Names of the actions that `motion_from_text` hears in a text; none = it will stand.

    >>> actions("walking and waving"), actions("be purple")
    (['walk', 'wave_hello'], [])
    """
    return [clause.entry.name for clause in _clauses(text) if clause.entry]


def _words(text: str) -> list[str]:
    return re.findall(r"[a-z0-9']+", text.lower())


def _clauses(text: str) -> list[_Clause]:
    """One clause per action; a sentence stays whole where one phrase explains it best ("sit and stand up")."""
    whole = _read_clause(_words(text))
    parts = [part for part in re.split(r"\bthen\b|\band\b|\bwhile\b|[,;.]", text.lower()) if part.strip()]
    if len(parts) > 1:
        read = [_read_clause(_words(part)) for part in parts[:MAX_ACTIONS]]
        acting = [clause for clause in read if clause.entry]
        explained = set().union(*(clause.understood for clause in read))
        if len(acting) > 1 and len(explained) > len(whole.understood):
            return acting
    return [whole]


def stem(word: str) -> str:
    """The part of a word that inflection leaves alone.

    >>> [stem(word) for word in ("wave", "waving", "waves", "running", "ran", "jumped")]
    ['wav', 'wav', 'wav', 'run', 'run', 'jump']
    """
    word = IRREGULAR.get(word, word).replace("'", "")
    for ending in ("ingly", "ing", "edly", "ed", "ily", "ly", "es", "s"):
        if word.endswith(ending) and len(word) - len(ending) >= 3 and not word.endswith("ss"):
            word = word[: -len(ending)] + ("i" if ending == "ily" else "")
            break
    if len(word) > 3 and word[-1] == word[-2] and word[-1] not in "sl":
        word = word[:-1]
    if word.endswith("y") and len(word) > 3:
        word = word[:-1] + "i"
    return word[:-1] if word.endswith("e") and len(word) > 3 else word


@lru_cache(maxsize=1)
def _phrases() -> list[tuple[tuple[str, ...], Entry]]:
    return [
        (tuple(stem(word) for word in phrase.split() if word not in _GLUE), entry)
        for entry in ENTRIES
        for phrase in entry.phrases.split(", ")
    ]


_GLUE = frozenset(("a", "an", "the", "with", "on", "to", "at", "of", "in", "from", "for", "i", "do", "me", "is"))


@lru_cache(maxsize=1)
def _spellings() -> dict[str, str]:
    """Stem of every word of the vocabulary, as it stands and with -ing, for finding what a misspelt word means."""
    words = {word for entry in ENTRIES for word in re.findall(r"[a-z]+", entry.phrases)} - _GLUE
    spellings = {word: stem(word) for word in sorted(words)}
    return spellings | {word.removesuffix("e") + "ing": found for word, found in spellings.items()}


def _read_clause(words: list[str]) -> _Clause:
    """The best matching action of some words, with its modifiers."""
    clause = _Clause()
    stems: dict[str, str] = {}
    for word in words:
        found = _recognised(word)
        if found:
            stems.setdefault(found, word)
    best: tuple[float, ...] = (0,)
    for phrase, entry in _phrases():
        used = {stems[part] for part in phrase if part in stems}
        if used - IGNORED - SIDE_WORDS or len(used) == len(phrase):
            # Whole phrases before partial ones, then more words, then more specific ones, then earlier ones.
            whole = len(phrase) == sum(part in stems for part in phrase)
            weight = sum(0.5 if word in SIDE_WORDS else 1 for word in used) - 0.5 * (used <= IGNORED)
            letters = sum(len(part) for part in phrase if part not in SIDE_WORDS)
            first = min(words.index(word) for word in used)
            score = (whole, weight if whole else -len(phrase), letters, -first)
            if score > best:
                best, clause.entry, clause.understood = score, entry, used
    if clause.entry:
        _read_modifiers(clause, words, stems)
    return clause


def _recognised(word: str) -> str | None:
    """Stem in the vocabulary, or the nearest one of a misspelt word."""
    spellings, stemmed = _spellings(), stem(word)
    if stemmed in spellings.values():
        return stemmed
    if len(word) < 4 or word in IGNORED or word in SLOW or word in FAST:
        return None
    near = difflib.get_close_matches(word, spellings, n=1, cutoff=_TYPO_SIMILARITY)
    return spellings[near[0]] if near and near[0][0] == word[0] else None


def _read_modifiers(clause: _Clause, words: list[str], stems: dict[str, str]) -> None:
    used = clause.understood
    for word in words:
        if word in SIDE_WORDS:
            clause.side = word
            used.add(word)
        elif word in SLOW and word not in used:
            clause.speed = 0.7
            used.add(word)
        elif word in FAST and word not in used:
            clause.speed = 1.35
            used.add(word)
    if {"in", "place"} <= set(words) or {"on", "spot"} <= set(words) or "treadmill" in words:
        clause.in_place = True
        used |= {"place", "spot", "treadmill"} & set(words)
    entry = clause.entry
    assert entry is not None
    for phrase, other in _phrases():  # further words that name the same thing
        if other is entry and all(part in stems for part in phrase):
            used |= {stems[part] for part in phrase}
    used |= {"hand", "hands", "arm", "arms", "head", "leg", "legs", "foot", "feet"} & set(words)


def _performed(clauses: list[_Clause], text: str, seed: int) -> Motion:
    motions = [(_single(clause, seed), clause.entry or ENTRIES[0]) for clause in clauses]
    together = not re.search(r"\bthen\b", text.lower())
    cycles = [motion for motion, entry in motions if entry.kind == "cycle"]
    gestures = [motion for motion, entry in motions if entry.kind == "gesture"]
    if together and len(motions) == 2 and len(cycles) == len(gestures) == 1:
        return layered(cycles[0], gestures[0])
    if len(motions) == 1:
        return motions[0][0]
    result, *following = (_lasting(motion, entry) for motion, entry in motions)
    for motion in following:
        result = result.concatenated(motion, 0.4)
    return result


def _single(clause: _Clause, seed: int) -> Motion:
    entry = clause.entry or ENTRIES[0]
    motion = entry.make(seed)
    if entry.side and clause.side and clause.side != entry.side:
        motion = replace(motion.mirrored(), name=_other_side(motion.name), text=_other_side(motion.text))
    if clause.speed != 1:
        motion = motion.retimed(clause.speed)
    return motion.in_place() if clause.in_place else motion


def _other_side(text: str) -> str:
    return re.sub("left|right", lambda match: "right" if match[0] == "left" else "left", text)


def _lasting(motion: Motion, entry: Entry) -> Motion:
    """A cycle repeated a whole number of times, for about `CYCLE_SECONDS`; anything else as it is."""
    if entry.kind != "cycle" or not motion.loop:
        return motion
    return motion.looped(motion.duration * max(1, round(CYCLE_SECONDS / motion.duration)))
