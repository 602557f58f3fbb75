"""Words to motion: `motion_from_text`."""

from __future__ import annotations

import difflib
import re
from dataclasses import dataclass, replace

from personify.errors import PersonifyError
from personify.motion.catalogue import ENTRIES, Ask, Entry, backwards, entry_named
from personify.motion.clip import Motion
from personify.motion.collection import imported_motion, read_imported
from personify.motion.gestures import layered
from personify.motion.grounding import locked
from personify.motion.matching import CONFIDENT, Match, library_matcher
from personify.motion.sentence import SIDES, Clause, clauses
from personify.motion.smoothing import smoothed
from personify.motion.styles import STYLES, styled
from personify.motion.transitions import BLEND, closed, joined, leaping, steered
from personify.motion.words import BODY_PARTS, FAST, IGNORED, SLOW, VERY, stem, words_of

__all__ = ["MotionChoice", "actions", "create_motion", "motion_from_text", "stem"]

CYCLE_SECONDS = 4.0  # how long a looping motion lasts when nobody says
MAX_CHARACTERS = 500
MAX_ACTIONS = 6
_EXACT = 0.97  # a fit above it is a phrase of the catalogue word for word
_CLEAR = 0.8  # a fit above it leaves little doubt
_CURVE_SECONDS = 1.6
_LEAP = 0.8  # metres that a jump carries when a direction is named
_MANNERS = frozenset(word for style in STYLES.values() for word in style.words) | SLOW | FAST | VERY


@dataclass(frozen=True)
class MotionChoice:
    """What `motion_from_text` made of the words.

    Attributes:
        motion: the clip, on the reference skeleton (`Motion.retargeted` fits it to a body).
        understood: the words that shaped it, in order.
        not_understood: content words that did not.
        actions: names of the actions performed, in order; empty = none was recognised and the motion is standing.
        nearest: the three actions nearest to the text.
    """

    motion: Motion
    understood: list[str]
    not_understood: list[str]
    actions: tuple[str, ...] = ()
    nearest: tuple[str, ...] = ()


@dataclass(frozen=True)
class _Part:
    """A clause with its action."""

    clause: Clause
    entry: Entry

    def lasts(self) -> bool:
        """Whether it can go on for as long as one likes."""
        return self.clause.seconds is None and self.clause.count is None and (
            self.entry.kind == "cycle" or "seconds" in self.entry.obeys
        )  # fmt: skip


def motion_from_text(text: str, seed: int = 0, seconds: float | None = None, loop: bool = False) -> MotionChoice:
    """The motion that words ask for; several are layered ("while") or follow one another ("then").

    The action is found by meaning, misspelt or not. "left", "right", "forward", "backwards", "in a circle", "slowly",
    "quickly", "twice", "three times", "for ten seconds", "in place", "happily" and the like adjust it. Nothing
    recognised gives standing, with the nearest actions named.

    Args:
        text: at most 500 characters, English.
        seed: chooses among gestures where the words leave a choice (arguing, talking).
        seconds: how long; None = once, and about four seconds for motions that go on.
        loop: make the result a loop, whatever it is.

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
    parts = _parts(text)
    acting = parts or [_Part(Clause(()), ENTRIES[0])]
    looping = loop or any(part.clause.loop for part in acting)
    motion = smoothed(_looping(acting, seed, seconds) if looping else _performed(acting, seed, seconds))
    understood, rest = _accounted(text, parts)
    names = tuple(part.entry.name for part in parts)
    return MotionChoice(motion, understood, rest, names, () if names else nearest_actions(text))


def create_motion(text: str, seed: int = 0, seconds: float | None = None, loop: bool = False) -> Motion:
    """`motion_from_text` for those who want that motion or none: also what calling `personify.motion` does.

    Raises:
        PersonifyError: as there, or the text names no action; the three nearest ones are told.

    Example:
        >>> import personify
        >>> personify.motion("jump twice").name
        'jump'
    """
    choice = motion_from_text(text, seed, seconds, loop)
    if not choice.actions:
        nearest = ", ".join(name.replace("_", " ") for name in choice.nearest)
        raise PersonifyError(f"motion {text!r}: no action recognised; expected one such as {nearest}")
    return choice.motion


def actions(text: str) -> list[str]:
    """Names of the actions that `motion_from_text` hears in a text; none = it will stand.

    >>> actions("walking and waving"), actions("be purple")
    (['walk', 'wave_hello'], [])
    """
    return [part.entry.name for part in _parts(text)]


def nearest_actions(text: str) -> tuple[str, ...]:
    """The three actions nearest to a text in meaning or, if no word is known, in spelling."""
    ranked = library_matcher().ranked(text)
    if ranked[0].fit > 0.1:
        return tuple(match.name for match in ranked[:3])
    names = [match.name for match in ranked]
    near = {name: max((difflib.SequenceMatcher(None, word, name).ratio() for word in words_of(text)), default=0.0)
            for name in names}  # fmt: skip
    return tuple(sorted(names, key=lambda name: -near[name])[:3])


def _parts(text: str) -> list[_Part]:
    """The clauses that name an action; those that name none adjust the one before them, or else the next one."""
    matcher = library_matcher()
    parts: list[_Part] = []
    waiting: Clause | None = None
    for clause in (part for whole in clauses(text, matcher.joining) for part in _with_gesture(whole)):
        match = _match(clause)
        own = imported_motion([word for word in clause.words if word not in _MANNERS])
        if own is not None and own[1] > (0.4 if match is None else max(match.fit - 0.2, 0.5)):
            parts.append(_Part(clause, Entry(own[0], lambda ask, name=own[0]: read_imported(name))))  # type: ignore[misc]
            continue
        if match is None:
            if parts:
                parts[-1] = replace(parts[-1], clause=parts[-1].clause.adjusted_by(clause))
            else:
                waiting = clause if waiting is None else waiting.adjusted_by(clause)
            continue
        said = frozenset(words_of(match.phrase))
        if clause.adjusting & said:
            clause = _without(clause, said)
        if waiting is not None:
            clause, waiting = replace(clause.adjusted_by(waiting), words=waiting.words + clause.words), None
        parts.append(_Part(clause, entry_named(match.name)))
    return parts[:MAX_ACTIONS]


def _with_gesture(clause: Clause) -> list[Clause]:
    """ "walking with the hands on the hips" in two: the legs' part and the arms'."""
    if "with" not in clause.words:
        return [clause]
    at = clause.words.index("with")
    matches = [library_matcher().ranked(words)[0] for words in (clause.words[:at], clause.words[at + 1 :])]
    kinds = [entry_named(match.name).kind for match in matches]
    if min(match.fit for match in matches) < _CLEAR or kinds != ["cycle", "gesture"]:
        return [clause]
    return [replace(clause, words=clause.words[:at]), Clause(clause.words[at + 1 :], together=True)]


def _match(clause: Clause) -> Match | None:
    """The action of a clause; words of manner ("sadly") decide only where a phrase has them or nothing else is said."""
    matcher = library_matcher()
    best = matcher.ranked(clause.words)[0]
    plain = [word for word in clause.words if word not in _MANNERS]
    if len(plain) < len(clause.words) and best.fit < _EXACT:
        without = matcher.ranked(plain)[0]
        best = without if without.fit >= 0.7 else best
    return best if best.fit >= CONFIDENT else None


def _without(clause: Clause, said: frozenset[str]) -> Clause:
    """The clause without adjustments whose words belong to the action itself ("run fast", "tired walk")."""
    speed = 1.0 if said & (SLOW | FAST) else clause.speed
    style = None if clause.style and STYLES[clause.style].words & said else clause.style
    return replace(clause, speed=speed, style=style)


def _accounted(text: str, parts: list[_Part]) -> tuple[list[str], list[str]]:
    """The words that shaped the motion, and the content words that did not."""
    matcher = library_matcher()
    words = words_of(text.replace("-", " "))
    if not parts:
        return [], [word for word in words if word not in IGNORED]
    stems = frozenset().union(*(matcher.stems.get(part.entry.name, _stems(part.clause.words)) for part in parts))
    adjusting = frozenset().union(*(part.clause.adjusting for part in parts)) | SIDES | BODY_PARTS
    adjusting |= {"forward", "forwards", "backward", "backwards", "circle"}
    heard = [
        word for word in words if word in adjusting or (matcher.encoder.known(word) in stems and word not in IGNORED)
    ]
    return heard, [word for word in words if word not in heard and word not in IGNORED]


def _stems(words: tuple[str, ...]) -> frozenset[str]:
    return frozenset(stem(word) for word in words)


def _performed(parts: list[_Part], seed: int, seconds: float | None) -> Motion:
    groups: list[list[_Part]] = []
    for part in parts:
        if groups and _goes_with(groups[-1], part):
            groups[-1].append(part)
        else:
            groups.append([part])
    if len(groups) == 1 and len(groups[0]) == 1:
        return _alone(groups[0][0], seed, seconds)
    motions = [_together(group, seed, seconds if len(groups) == 1 else None) for group in groups]
    spare = 0.0 if seconds is None else seconds - sum(motion.duration for motion in motions)
    lasting = [k for k, group in enumerate(groups) if len(group) == 1 and group[0].lasts()]
    for k in lasting:
        wanted = max(1.2, motions[k].duration + spare / len(lasting))
        if spare:
            motions[k] = _single(groups[k][0], seed, wanted)
    result, *following = motions
    for motion in following:
        result = joined(result, motion)
    if following:
        result = locked(result)
    return result if seconds is None else result.looped(seconds)


def _looping(parts: list[_Part], seed: int, seconds: float | None) -> Motion:
    """As `_performed`, but a loop of exactly ``seconds``; a cycle fills it in whole laps, a little faster or slower."""
    if seconds is None:
        return closed(_performed(parts, seed, None))
    lap = _single(parts[0], seed, None)
    if len(parts) == 1 and parts[0].entry.kind == "cycle" and lap.loop:
        motion = lap.looped(lap.duration * max(1, round(seconds / lap.duration)))
    else:
        motion = closed(_performed(parts, seed, seconds + BLEND))
    return motion.retimed(motion.duration / seconds)


def _goes_with(group: list[_Part], part: _Part) -> bool:
    """Whether an action is done at the same time as the one before: the arms gesture while the rest goes on.

    "walk and wave" speaks of one moment; "wave and sit" and "wave, then walk" do not.
    """
    if len(group) > 1 or part.clause.follows:
        return False
    kinds = {group[0].entry.kind, part.entry.kind}
    return "gesture" in kinds if part.clause.together else kinds == {"cycle", "gesture"}


def _together(group: list[_Part], seed: int, seconds: float | None) -> Motion:
    if len(group) == 1:
        return _single(group[0], seed, seconds) if seconds else _lasting(_single(group[0], seed, None), group[0])
    base, gesture = sorted(group, key=lambda part: part.entry.kind == "gesture")
    arms = _single(gesture, seed, seconds)
    result = layered(_single(base, seed, None), arms)
    return result if seconds is None else result.looped(seconds)


def _alone(part: _Part, seed: int, seconds: float | None) -> Motion:
    motion = _single(part, seed, seconds)
    if seconds is not None:
        return motion.looped(seconds)
    return motion if part.clause.count or part.clause.seconds or part.clause.steps else _lasting(motion, part)


def _single(part: _Part, seed: int, seconds: float | None) -> Motion:
    """One action with everything its clause asks for."""
    entry, clause = part.entry, part.clause
    wanted = clause.seconds or seconds
    motion = entry.make(Ask(seed, wanted, clause.count, clause.speed, _degrees(part)))
    if entry.side and clause.side and clause.side != entry.side:
        motion = replace(motion.mirrored(), name=_other_side(motion.name), text=_other_side(motion.text))
    if clause.style:
        motion = styled(motion, clause.style)
    if clause.speed != 1 and "speed" not in entry.obeys:
        motion = motion.retimed(clause.speed)
    if clause.count and "count" not in entry.obeys:
        motion = motion.looped(clause.count * _stroke(motion, entry))
    if clause.steps and entry.kind == "cycle":
        motion = motion.looped(clause.steps / 2 * motion.duration)
    if clause.seconds is not None or (wanted and entry.kind == "cycle"):
        motion = motion.looped(wanted or motion.duration)
    motion = _directed(motion, part)
    return motion.in_place() if clause.in_place else motion


def _stroke(motion: Motion, entry: Entry) -> float:
    """Seconds of one repetition, in a motion that may have been slowed down."""
    if entry.stroke is None:
        return motion.duration
    whole = entry.make(Ask()).duration
    return motion.duration * entry.stroke / whole


def _degrees(part: _Part) -> float | None:
    """How far to turn: as said; a quarter to a named side, unless it is "around" or "about"."""
    if part.clause.degrees or part.entry.name != "turn_around":
        return part.clause.degrees
    return 90.0 if part.clause.side and not {"around", "about", "back"} & set(part.clause.words) else None


def _directed(motion: Motion, part: _Part) -> Motion:
    """Led where the clause says: gaits turn or go backwards, jumps carry."""
    side, direction = part.clause.side, part.clause.direction
    sign = {"left": 1.0, "right": -1.0, None: 0.0}[side]
    if part.entry.name == "jump" and (side or direction in ("forward", "backward")):
        ahead = {"forward": 1.0, "backward": -0.6}.get(direction or "", 0.0)
        return replace(leaping(motion, (_LEAP * 0.6 * sign, _LEAP * ahead)), loop=False)
    if part.entry.kind != "cycle" or abs(float(motion.translation[-1, 2] - motion.translation[0, 2])) < 0.3:
        return motion
    if direction == "backward" and not part.entry.name.endswith("backwards"):
        motion = backwards(motion)
    if direction == "circle":
        length = max(motion.duration, 8.0)
        return steered(motion.looped(length), (sign or 1.0) * 360.0)
    if side and part.entry.side is None and direction is None:
        return steered(motion.looped(max(motion.duration, CYCLE_SECONDS)), 90.0 * sign, _CURVE_SECONDS)
    return motion


def _other_side(text: str) -> str:
    return re.sub("left|right", lambda match: "right" if match[0] == "left" else "left", text)


def _lasting(motion: Motion, part: _Part) -> Motion:
    """A cycle repeated a whole number of times, for about `CYCLE_SECONDS`; anything else as it is."""
    if part.entry.kind != "cycle" or not motion.loop or part.clause.count or part.clause.seconds:
        return motion
    return motion.looped(motion.duration * max(1, round(CYCLE_SECONDS / motion.duration)))
