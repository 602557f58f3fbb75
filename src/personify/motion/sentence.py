"""Sentences about motion: which clauses follow one another, which go together, and what their small words ask for."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any

from personify.motion.styles import STYLES
from personify.motion.words import BODY_PARTS, FAST, LOOPING, NUMBERS, SLOW, VERY

SIDES = frozenset(("left", "right"))
_DIRECTIONS = {
    "forward": "forward", "forwards": "forward", "ahead": "forward", "backward": "backward", "backwards": "backward",
    "circle": "circle", "circles": "circle",
}  # fmt: skip
_SEPARATORS = re.compile(
    r"\b(?:and then|and after that|after that|followed by|then|afterwards|next|finally|and finally)\b|[;.!?]", re.ASCII
)
_TOGETHER = re.compile(r"\b(?:while|whilst|at the same time as|simultaneously)\b", re.ASCII)
_WORDS = re.compile(r"[a-z0-9']+|,", re.ASCII)
_NOT_REPEATED = frozenset(("seconds", "second", "minutes", "minute", "degrees", "degree", "people", "men", "women",
    "years",
                           "year", "metres", "meters", "s", "sec", "secs"))  # fmt: skip


@dataclass(frozen=True)
class Clause:
    """One action's words, and how it is wanted.

    Attributes:
        words: all of them, in order.
        together: at the same time as the clause before ("while").
        follows: after the clause before ("then"), rather than beside it ("and").
        side: ``"left"`` or ``"right"``.
        direction: ``"forward"``, ``"backward"`` or ``"circle"``.
        speed: factor.
        count: how many times.
        steps: how many steps.
        seconds: how long.
        degrees: how far to turn.
        style: name in `STYLES`.
        in_place: without travelling.
        loop: on and on.
        adjusting: the words that said so, except side and direction.
    """

    words: tuple[str, ...]
    together: bool = False
    follows: bool = False
    side: str | None = None
    direction: str | None = None
    speed: float = 1.0
    count: int | None = None
    steps: int | None = None
    seconds: float | None = None
    degrees: float | None = None
    style: str | None = None
    in_place: bool = False
    loop: bool = False
    adjusting: frozenset[str] = frozenset()

    def adjusted_by(self, other: Clause) -> Clause:
        """This clause with what ``other``, which names no action, says beyond it."""
        told = {
            name: getattr(other, name)
            for name in ("side", "direction", "count", "steps", "seconds", "degrees", "style")
            if getattr(other, name) is not None
        }
        return replace(
            self, **told, words=self.words + other.words, speed=self.speed * other.speed,
            in_place=self.in_place or other.in_place, loop=self.loop or other.loop,
            adjusting=self.adjusting | other.adjusting,
        )  # fmt: skip


def clauses(text: str, joining: Callable[[Sequence[str]], set[int]] = lambda words: set()) -> list[Clause]:
    """The clauses of a text in the order in which they happen.

    Args:
        text: English.
        joining: which "and" of a list of words belongs inside an action ("sit and stand up").

    Example:
        >>> [(c.side, c.count, c.speed) for c in clauses("wave the left hand twice, then walk forward slowly")]
        [('left', 2, 1.0), (None, None, 0.7)]
    """
    result: list[Clause] = []
    for sentence in _in_order(text.lower().replace("-", " ")):
        for k, simultaneous in enumerate(_TOGETHER.split(sentence)):
            for j, words in enumerate(_enumerated(simultaneous, joining)):
                result.append(replace(_clause(words), together=k > 0 and j == 0, follows=j == 0 and k == 0))
    return result


def _in_order(text: str) -> list[str]:
    """Stretches of text that follow one another; "before" and "after" are resolved."""
    parts: list[str] = []
    for part in _SEPARATORS.split(text):
        first, before, second = part.partition(" before ")
        if part.strip().startswith("before "):
            second, _, first = part.strip().removeprefix("before ").partition(",")
            parts += [first, second]
        elif before:
            parts += [first, second]
        elif part.strip().startswith("after "):
            first, _, second = part.strip().removeprefix("after ").partition(",")
            parts += [first, second]
        elif " after " in part:
            second, _, first = part.partition(" after ")
            parts += [first, second]
        else:
            parts.append(part)
    return [part for part in parts if part.strip()]


def _enumerated(text: str, joining: Callable[[Sequence[str]], set[int]]) -> list[list[str]]:
    """The words between commas and "and"s."""
    words = _WORDS.findall(text)
    inner = joining(words)
    parts: list[list[str]] = [[]]
    for k, word in enumerate(words):
        if word == "," or (word == "and" and k not in inner):
            parts.append([])
        else:
            parts[-1].append(word)
    return [part for part in parts if part]


def _clause(words: list[str]) -> Clause:
    used: set[str] = set()
    clause = Clause(tuple(words), speed=_speed(words, used), style=_style(words, used))
    clause = replace(clause, **_amounts(words, used))
    text = " ".join(words)
    in_place = bool(re.search(r"\b(in place|on the spot|on one spot|treadmill)\b", text))
    used |= {"place", "spot", "treadmill"} & set(words) if in_place else set()
    loop = bool(LOOPING & set(words)) or "over and over" in text
    used |= LOOPING & set(words)
    side = next((word for word in words if word in SIDES), None)
    direction = next((_DIRECTIONS[word] for word in words if word in _DIRECTIONS), None)
    return replace(clause, side=side, direction=direction, in_place=in_place, loop=loop, adjusting=frozenset(used))


def _speed(words: Sequence[str], used: set[str]) -> float:
    for k, word in enumerate(words):
        if word in SLOW or word in FAST:
            used.add(word)
            factor = 0.7 if word in SLOW else 1.35
            return factor**1.6 if k and words[k - 1] in VERY else factor
    return 1.0


def _style(words: Sequence[str], used: set[str]) -> str | None:
    for name, style in STYLES.items():
        found = style.words & set(words)
        if found:
            used |= found
            return name
    return None


def _amounts(words: Sequence[str], used: set[str]) -> dict[str, Any]:
    """Counts, steps, seconds and degrees that a clause names."""
    result: dict[str, Any] = {}
    for k, word in enumerate(words):
        number = float(word) if word.isdigit() else NUMBERS.get(word)
        follower = words[k + 1] if k + 1 < len(words) else ""
        if number is None or not 0 < number <= 1000:
            continue
        if word in ("once", "twice", "thrice") or follower in ("times", "time"):
            result["count"] = int(number)
        elif follower in ("seconds", "second", "secs", "sec", "s"):
            result["seconds"] = number
        elif follower in ("minutes", "minute"):
            result["seconds"] = 60 * number
        elif follower in ("degrees", "degree"):
            result["degrees"] = number
        elif follower in ("steps", "step", "paces"):
            result["steps"] = int(number)
        elif number >= 2 and follower and follower not in BODY_PARTS | _NOT_REPEATED:
            result["count"] = int(number)
        else:
            continue
        used |= {word} | ({follower} & {"times", "time", "seconds", "second", "degrees", "steps", "minutes", "paces"})
    return result
