"""Making music: instruments, singing, conducting."""

from __future__ import annotations

import numpy as np

from personify.motion.clip import Motion
from personify.motion.handwork import Grip, Trunk, sine, stroke, working
from personify.motion.keyposes import Swing, held


def violin(seconds: float = 4.0) -> Motion:
    """Violin under the chin, long and short bows."""
    bowing = (Swing("right_elbow", (0, 24, 0), 0.8), Swing("right_shoulder", (0, 5, 7), 0.8, 0.1))
    life = (Swing("spine2", (2, 3, 3), 0.4), Swing("head", (2, 0, 2), 0.4, 0.2), Swing("left_wrist", (5, 0, 0), 5.0))
    return held("violin", "play the violin", "violin", (*bowing, *life), ("grip", "grip"), seconds)


def guitar(seconds: float = 4.0) -> Motion:
    """Guitar: the left hand wanders on the neck, the right one strums."""
    left = Grip(
        lambda c: (0.48 + 0.03 * sine(c / 4), -0.17 + 0.01 * sine(c / 4), 0.24), (-0.2, 0.9, -0.4), (0.1, 0.5, 0.4)
    )
    right = Grip(lambda c: (-0.05, -0.36 + 0.055 * sine(c), 0.24), (0.1, -0.2, -1), (0.9, -0.25 + 0 * 1, 0.1), None)
    trunk = Trunk(
        pelvis=lambda c: (0.02 * sine(c / 2), -0.02 - 0.01 * sine(c), 0),
        spine=lambda c: (8 + 1.5 * sine(c), 0, 3 * sine(c / 2)),
        head=lambda c: (8 + 4 * sine(c, 0.1), 12 + 3 * sine(c / 4), 0),
        stance=0.16,
        stagger=0.14,
    )
    return working("guitar", "play the guitar, strumming", {"left": left, "right": right}, trunk, 0.55, seconds)


def piano(seconds: float = 5.0) -> Motion:
    """Piano: both hands wander over the keys, the fingers strike in turn, the trunk goes with the phrase."""

    def key(sign: float, phase: float) -> Grip:
        return Grip(
            lambda c: (
                sign * 0.17 + 0.09 * sine(c / 6, phase) + 0.03 * sine(c / 2, phase),
                -0.33 + 0.022 * sine(c, phase).clip(-0.4),
                0.42,
            ),
            (0, -1, 0.1),
            (-0.1 * sign, -0.12, 1),
            (sign, -0.8, -0.2),
            "cup",
        )

    trunk = Trunk(
        spine=lambda c: (8 + 3 * sine(c / 6), 0, 3 * sine(c / 6, 0.2)),
        head=lambda c: (12 + 4 * sine(c / 3), 0, 0),
    )
    return working("piano", "play the piano", {"left": key(1, 0.0), "right": key(-1, 0.5)}, trunk, 0.42, seconds, True)


def drums(seconds: float = 4.0) -> Motion:
    """Drum kit: right hand on the cymbal, left on the snare, accents across."""

    def stick(sign: float, x: float, y: float, hits: float, phase: float) -> Grip:
        return Grip(
            lambda c: (
                x + 0.12 * sign * sine(c / 4, phase),
                y + 0.11 * np.abs(sine(c * hits / 2, phase)) ** 1.5,
                0.38,
            ),
            (0, -1, 0),
            (-0.25 * sign, 0.15, 1),
            (sign, -0.6, -0.1),
        )

    grips = {"left": stick(1, 0.10, -0.36, 1, 0.25), "right": stick(-1, -0.16, -0.28, 2, 0.0)}
    trunk = Trunk(
        spine=lambda c: (8 + 2 * sine(c), 8 * sine(c / 4), 0), head=lambda c: (6 + 7 * sine(c, 0.1), 6 * sine(c / 4), 0)
    )
    return working("drums", "play the drums", grips, trunk, 0.5, seconds, True)


def flute(seconds: float = 4.0) -> Motion:
    """Transverse flute to the right of the mouth."""
    left = Grip(lambda c: (-0.05, 0.05, 0.22 + 0 * c), (-0.4, -0.2, -0.6), (-0.85, 0.25, 0.1), (0.6, -0.8, 0.3), "cup")
    right = Grip(lambda c: (-0.30, 0.0, 0.26 + 0 * c), (0, -0.6, -0.8), (0.1, 0.6, 0.5), (-0.6, -0.9, 0), "cup")
    trunk = Trunk(
        spine=lambda c: (2 + 2 * sine(c), -4 * sine(c, 0.2), 3 * sine(c)), head=lambda c: (2, -14, 6 + 2 * sine(c))
    )
    return working("flute", "play the flute", {"left": left, "right": right}, trunk, 1.6, seconds)


def trumpet(seconds: float = 4.0) -> Motion:
    """Trumpet held to the mouth; breathing in, blowing, swaying."""
    left = Grip(lambda c: (0.02, 0.06, 0.27 + 0 * c), (-1, 0, 0), (0, 0.6, 0.9), (0.8, -0.7, 0))
    right = Grip(lambda c: (-0.03, 0.05, 0.34 + 0 * c), (0.8, -0.5, 0), (0.3, 0.5, 0.9), (-0.8, -0.7, 0), "cup")
    trunk = Trunk(
        spine=lambda c: (-4 + 4 * sine(c), 5 * sine(c / 2), 0), head=lambda c: (-3, 0, 0), stance=0.14, stagger=0.1
    )
    return working("trumpet", "play the trumpet", {"left": left, "right": right}, trunk, 1.4, seconds)


def sing(seconds: float = 4.0) -> Motion:
    """Sing into a microphone in the right hand, the left arm opening with the phrase."""
    left = Grip(
        lambda c: (0.34 + 0.14 * sine(c), -0.22 + 0.12 * sine(c), 0.24 + 0.06 * sine(c)),
        (-0.2, 0.9, 0.3),
        None,
        None,
        "open",
    )
    right = Grip(lambda c: (-0.03, 0.0, 0.17 + 0 * c), (0.9, 0, -0.2), (0.2, 0.75, 0.3))
    trunk = Trunk(
        pelvis=lambda c: (0.03 * sine(c / 2), -0.01, 0),
        spine=lambda c: (-3 + 4 * sine(c), 6 * sine(c / 2), 3 * sine(c / 2)),
        head=lambda c: (-4 - 5 * sine(c), 5 * sine(c / 2), 0),
        stance=0.15,
    )
    return working("sing", "sing into a microphone", {"left": left, "right": right}, trunk, 1.6, seconds)


def conduct(seconds: float = 4.5) -> Motion:
    """Conduct in four: down, in, out, up; the left hand shapes the phrase."""

    def beat(sign: float, size: float) -> Grip:
        return Grip(
            lambda c: (
                sign * (0.24 + size * stroke(c, 0.0, -0.12, 0.14, 0.04)),
                -0.08 + size * stroke(c, -0.16, 0.02, 0.0, 0.20),
                0.36,
            ),
            (-0.3 * sign, -1, 0.2),
            None,
            (sign, -0.7, 0),
            "cup" if sign > 0 else "grip",
        )

    trunk = Trunk(
        spine=lambda c: (3 + 2 * stroke(c, 1, 0, 0, -1), 6 * sine(c / 2), 0),
        head=lambda c: (2 * stroke(c, 1, 0, 0, -1), 12 * sine(c / 4), 0),
        stance=0.13,
    )
    return working(
        "conduct", "conduct an orchestra", {"left": beat(1, 0.8), "right": beat(-1, 1.0)}, trunk, 1.9, seconds
    )
