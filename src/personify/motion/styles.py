"""Manners: the same action done happily, sadly, angrily, wearily ..., as changes of posture, size and pace."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from personify.body.pose import JOINT_INDEX
from personify.motion.clip import Motion
from personify.motion.hands import set_hands
from personify.motion.kinematics import SIDES, axis_angles, matrices


@dataclass(frozen=True)
class Style:
    """A manner.

    Attributes:
        words: that ask for it.
        spine, head: (pitch, roll) degrees added to the trunk and to neck plus head; positive pitch bends forward.
        shoulders: degrees the shoulders are raised.
        pace: factor on the speed.
        size: factor on how far the arms move from their mean.
        sway: degrees the trunk rolls to and fro, once in two seconds.
        hands: finger shape, None = as they are.
    """

    words: frozenset[str]
    spine: float = 0.0
    head: float = 0.0
    shoulders: float = 0.0
    pace: float = 1.0
    size: float = 1.0
    sway: float = 0.0
    hands: str | None = None


STYLES: dict[str, Style] = {
    "happy": Style(frozenset(("happily", "happy", "joyfully", "joyful", "cheerfully", "cheerful", "merrily",
        "gleefully")),
                   spine=-4, head=-8, shoulders=1, pace=1.1, size=1.2, sway=3),
    "sad": Style(frozenset(("sadly", "sad", "unhappily", "gloomily", "dejectedly", "miserably", "mournfully")),
                 spine=14, head=20, shoulders=-3, pace=0.75, size=0.7),
    "angry": Style(frozenset(("angrily", "angry", "furiously", "aggressively", "aggressive")),
                   spine=9, head=-2, shoulders=4, pace=1.2, size=1.15, hands="fist"),
    "tired": Style(frozenset(("tiredly", "wearily", "weary", "exhausted", "exhaustedly", "sleepily", "tired")),
                   spine=12, head=14, shoulders=-4, pace=0.7, size=0.75, sway=2),
    "proud": Style(frozenset(("proudly", "proud", "confidently", "confident", "boldly", "heroically")),
                   spine=-7, head=-6, shoulders=-2, pace=0.95, size=1.1),
    "shy": Style(frozenset(("shyly", "shy", "timidly", "nervously", "nervous", "hesitantly")),
                 spine=6, head=14, shoulders=5, pace=0.9, size=0.6),
    "scared": Style(frozenset(("fearfully", "anxiously", "scared", "frightened")), spine=9, head=2, shoulders=9,
        pace=1.15,
                    size=0.8, hands="open"),
    "excited": Style(frozenset(("excitedly", "excited", "enthusiastically", "enthusiastic")), spine=-2, head=-5,
        shoulders=3,
                     pace=1.25, size=1.25, sway=2),
    "drunk": Style(frozenset(("drunkenly",)), spine=5, head=6, pace=0.8, size=1.1, sway=12),
    "old": Style(frozenset(("elderly", "stiffly", "feebly")), spine=24, head=-6, shoulders=4, pace=0.65, size=0.7),
}  # fmt: skip


def styled(motion: Motion, name: str) -> Motion:
    """The motion done in a manner of `STYLES`; legs and feet keep to where they were.

    Example:
        >>> from personify.motion.locomotion import gait_motion
        >>> walk = gait_motion("walk")
        >>> styled(walk, "sad").duration > walk.duration
        True
    """
    style = STYLES[name]
    motion = motion.retimed(style.pace) if style.pace != 1 else motion
    turns = matrices(motion.rotations)
    _resize_arms(turns, style.size)
    wave = np.sin(np.pi * motion.times / _period(motion) * 2)
    for joint in ("spine1", "spine2", "spine3"):
        _turn(turns, joint, style.spine / 3, style.sway / 3 * wave)
    for joint in ("neck", "head"):
        _turn(turns, joint, style.head / 2, -style.sway / 2 * wave)
    for side, sign in SIDES:
        _turn(turns, f"{side}_collar", 0.0, np.full(motion.num_frames, sign * style.shoulders))
    rotations = axis_angles(turns)
    if style.hands:
        set_hands(rotations, style.hands, style.hands)
    return replace(motion, rotations=rotations, text=f"{motion.text}, {name}")


def _period(motion: Motion) -> float:
    """About two seconds, a whole number of times in the clip, so that loops stay loops."""
    return motion.duration / max(1, round(motion.duration / 2)) if motion.duration > 0 else 1.0


def _turn(turns: np.ndarray, joint: str, pitch: float, roll: np.ndarray) -> None:
    angles = np.radians(np.stack([np.full(len(roll), pitch), 0 * roll, roll], -1))
    turns[:, JOINT_INDEX[joint]] = turns[:, JOINT_INDEX[joint]] @ matrices(angles)


def _resize_arms(turns: np.ndarray, size: float) -> None:
    """Let shoulders and elbows move ``size`` times as far from their mean."""
    for side, _ in SIDES:
        for name in ("shoulder", "elbow"):
            joint = turns[:, JOINT_INDEX[f"{side}_{name}"]]
            left, _, right = np.linalg.svd(joint.mean(0))
            mean = left @ right
            joint[:] = mean @ matrices(size * axis_angles(mean.T @ joint))
