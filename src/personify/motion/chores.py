"""Everyday work with the hands: eating, cooking, cleaning, building, carrying."""

from __future__ import annotations

import numpy as np

from personify.motion.clip import Motion
from personify.motion.handwork import Grip, Trunk, sine, stroke, working


def eat(seconds: float = 6.0) -> Motion:
    """Seated: the right hand brings the spoon from the plate to the mouth, the left one rests on the table."""
    spoon = Grip(
        lambda c: (
            -0.12 + 0.07 * stroke(c, 0, 0, 1, 1),
            -0.36 + 0.36 * stroke(c, 0, 0, 1, 1),
            0.34 - 0.13 * stroke(c, 0, 0, 1, 1),
        ),
        (0.7, -0.3, -0.5),
        (0.55, 0.1, 0.3),
        (-0.9, -0.8, 0),
    )
    table = Grip(lambda c: (0.14, -0.38, 0.32 + 0 * c), (0, -1, 0), (-0.6, -0.1, 0.8), (0.9, -0.8, 0), "relaxed")
    trunk = Trunk(
        spine=lambda c: (12 + 3 * stroke(c, 1, 0, 0, 0), 0, 0), head=lambda c: (10 - 6 * stroke(c, 0, 0, 1, 1), 0, 0)
    )
    return working("eat", "sit and eat with a spoon", {"left": table, "right": spoon}, trunk, 2.0, seconds, True)


def stir(seconds: float = 4.0) -> Motion:
    """Stir a pot with the right hand, the left one on its handle."""
    spoon = Grip(
        lambda c: (-0.06 + 0.08 * sine(c), -0.30, 0.36 + 0.08 * sine(c, 0.25)),
        (0.4, -0.8, 0),
        (0.4, -0.5, 0.5),
        (-1, -0.5, 0),
    )
    handle = Grip(lambda c: (0.22, -0.36, 0.32 + 0 * c), (-0.6, -0.7, 0), (-0.2, -0.1, 1), None)
    trunk = Trunk(spine=lambda c: (8, 2 * sine(c), sine(c, 0.25)), head=lambda c: (20, -4, 0))
    return working("stir", "stir a pot", {"left": handle, "right": spoon}, trunk, 1.1, seconds)


def type_keys(seconds: float = 5.0) -> Motion:
    """Seated, typing; now and then the right hand goes to the mouse."""

    def keys(sign: float, phase: float) -> Grip:
        return Grip(
            lambda c: (
                sign * 0.12 + 0.025 * sine(c / 3, phase),
                -0.36 + 0.012 * sine(c, phase),
                0.36 + 0.015 * sine(c / 2, phase),
            ),
            (0, -1, 0.05),
            (-0.1 * sign, -0.08 + 0 * sign, 1),
            (0.8 * sign, -1, -0.2),
            "cup",
        )

    trunk = Trunk(
        spine=lambda c: (7 + 0.6 * sine(c / 5), 0, 0), head=lambda c: (8 + 2 * sine(c / 7), 4 * sine(c / 9), 0)
    )
    return working("type", "sit and type on a keyboard", {"left": keys(1, 0), "right": keys(-1, 0.4)}, trunk, 0.3,
                   seconds, True)  # fmt: skip


def drive(seconds: float = 5.0) -> Motion:
    """Seated at a steering wheel, taking bends to both sides."""

    def rim(sign: float) -> Grip:
        def place(c: np.ndarray) -> tuple[np.ndarray, ...]:
            angle = np.radians(90 - sign * 80 + 30 * sine(c))
            return 0.19 * np.cos(angle) + 0 * c, -0.14 + 0.19 * np.sin(angle), 0.42 - 0.06 * np.sin(angle)

        return Grip(place, (-0.8 * sign, 0, 0.5), (-0.2 * sign, 0.5, 0.9), (0.8 * sign, -1, 0))

    trunk = Trunk(
        spine=lambda c: (-6, -3 * sine(c), -4 * sine(c, 0.08)), head=lambda c: (4, 14 * sine(c, -0.1), 3 * sine(c))
    )
    return working("drive", "drive a car", {"left": rim(1), "right": rim(-1)}, trunk, 2.5, seconds, True)


def write(seconds: float = 4.0) -> Motion:
    """Seated, writing lines by hand with the right hand."""
    pen = Grip(
        lambda c: (-0.13 + 0.10 * (c % 1 if np.ndim(c) == 0 else 0.5 - 0.5 * np.cos(np.pi * c)) + 0.008 * sine(c * 7),
                   -0.38 + 0.004 * sine(c * 9), 0.34),
        (0.5, -0.8, 0), (0.5, -0.25, 0.7), (-0.9, -0.8, 0),
    )  # fmt: skip
    paper = Grip(lambda c: (0.15, -0.39, 0.36 + 0 * c), (0, -1, 0), (-0.6, -0.1, 0.8), (0.9, -0.8, 0), "open")
    trunk = Trunk(spine=lambda c: (16, -3, 2), head=lambda c: (18, -6 + 4 * np.cos(np.pi * c), 4))
    return working("write", "sit and write", {"left": paper, "right": pen}, trunk, 1.4, seconds, True)


def paint(seconds: float = 5.0) -> Motion:
    """Paint a wall with long strokes up and down."""
    brush = Grip(
        lambda c: (-0.20 + 0.12 * sine(c / 4), 0.08 + 0.26 * sine(c), 0.42 - 0.03 * sine(c)),
        (0.3, -0.3, 0.9),
        (0.2, 0.5, 0.6),
        (-0.8, -1, 0),
    )
    trunk = Trunk(
        pelvis=lambda c: (0.04 * sine(c / 4), -0.02 + 0.01 * sine(c), 0.02),
        spine=lambda c: (4 - 5 * sine(c), 5, 0),
        head=lambda c: (-6 - 9 * sine(c), -8, 0),
        stance=0.15,
        stagger=0.16,
    )
    return working("paint", "paint a wall", {"right": brush}, trunk, 1.5, seconds)


def sweep(seconds: float = 5.0) -> Motion:
    """Sweep the floor with a broom held in both hands."""
    swing = lambda c: 0.5 - 0.5 * np.cos(2 * np.pi * c)  # noqa: E731 - one number used four times
    upper = Grip(
        lambda c: (-0.02 + 0.05 * swing(c), -0.18, 0.30 + 0.04 * swing(c)),
        (0.2, -0.2, -1),
        (0.7, -0.1, 0.4),
        (-1, -0.5, 0),
    )
    lower = Grip(
        lambda c: (0.20 - 0.22 * swing(c), -0.47 + 0.02 * swing(c), 0.34 + 0.06 * swing(c)),
        (-0.3, 0.2, -1),
        (-0.4, -0.6, 0.6),
        (1, -0.5, -0.3),
    )
    trunk = Trunk(
        pelvis=lambda c: (0.04 - 0.07 * swing(c), -0.04, 0),
        pelvis_turn=lambda c: (4, 12 - 22 * swing(c), 0),
        spine=lambda c: (20, 10 - 20 * swing(c), 0),
        head=lambda c: (14, 6 - 10 * swing(c), 0),
        stance=0.16,
        stagger=0.22,
    )
    return working("sweep", "sweep the floor with a broom", {"left": lower, "right": upper}, trunk, 1.25, seconds)


def hammer(seconds: float = 4.0) -> Motion:
    """Drive a nail: the right hand swings the hammer, the left one holds the nail."""
    hit = lambda c: stroke(c, 0, 0.35, 1.0, 0.75)  # noqa: E731 - one number used four times
    arm = Grip(
        lambda c: (-0.14 - 0.06 * hit(c), -0.24 + 0.34 * hit(c), 0.40 - 0.16 * hit(c)),
        (0.9, 0, 0),
        (0.15, 0.4, 0.8),
        (-0.9, -0.8, -0.2),
    )
    nail = Grip(lambda c: (0.02, -0.30, 0.42 + 0 * c), (-0.6, -0.5, 0), (-0.5, -0.3, 0.8), (0.9, -0.8, 0), "cup")
    trunk = Trunk(
        spine=lambda c: (14 - 5 * hit(c), 4 - 10 * hit(c), 0), head=lambda c: (16 + 2 * hit(c), 4 * hit(c), 0),
        stance=0.14, stagger=0.16,
    )  # fmt: skip
    return working("hammer", "hammer a nail", {"left": nail, "right": arm}, trunk, 0.85, seconds)


def dig(seconds: float = 6.0) -> Motion:
    """Dig: drive the shovel in, lever it back, throw the earth over the left side."""
    drive_in, lift = (lambda c: stroke(c, 1, 0.7, 0, 0.1)), (lambda c: stroke(c, 0, 0.25, 1, 0.5))
    low = Grip(
        lambda c: (0.10 + 0.22 * lift(c), -0.52 + 0.22 * lift(c), 0.30 + 0.08 * drive_in(c)),
        (-0.2, 0.5, -1), (-0.3, -0.5, 0.7), (1, -0.4, -0.4),
    )  # fmt: skip
    high = Grip(
        lambda c: (-0.10 + 0.16 * lift(c), -0.22 + 0.02 * lift(c), 0.28),
        (0.2, -0.8, 0.2),
        (0.7, -0.3, 0.4),
        (-1, -0.3, -0.5),
    )
    trunk = Trunk(
        pelvis=lambda c: (0.02 * lift(c), -0.10 - 0.08 * drive_in(c), -0.03),
        pelvis_turn=lambda c: (12 + 10 * drive_in(c), 24 * lift(c), 0),
        spine=lambda c: (22 + 16 * drive_in(c) - 10 * lift(c), 26 * lift(c), 0),
        head=lambda c: (6 + 6 * drive_in(c), 10 * lift(c), 0),
        stance=0.16,
        stagger=0.34,
    )
    return working("dig", "dig with a shovel", {"left": low, "right": high}, trunk, 2.0, seconds)


def chop(seconds: float = 5.0) -> Motion:
    """Split wood: the axe goes up over the head and comes down with the whole body."""
    up = lambda c: stroke(c, 0, 0.25, 0.9, 1.0, 0.75, 0.02)  # noqa: E731 - one number used many times

    def hand(sign: float, spread: float) -> Grip:
        return Grip(
            lambda c: (sign * (0.03 + spread * up(c)), -0.42 + 0.74 * up(c),
                0.38 - 0.22 * up(c) + 0.16 * np.sin(np.pi * up(c))),
            (-0.9 * sign, 0, -0.1), (0.0, 0.1, 1), (sign, -0.5, 0.1),
        )  # fmt: skip

    trunk = Trunk(
        pelvis=lambda c: (0, -0.14 + 0.13 * up(c), -0.05 + 0.03 * up(c)),
        pelvis_turn=lambda c: (22 - 24 * up(c), 0, 0),
        spine=lambda c: (32 - 40 * up(c), 0, 0),
        head=lambda c: (-8 + 6 * up(c), 0, 0),
        stance=0.2,
        stagger=0.1,
    )
    return working(
        "chop", "chop wood with an axe", {"left": hand(1, 0.02), "right": hand(-1, 0.06)}, trunk, 1.7, seconds
    )


def knock(seconds: float = 2.4) -> Motion:
    """Knock on a door with the right hand: three quick raps, a pause, and listen."""
    rap = lambda c: np.maximum(0, sine(c * 4)) * (np.asarray(c) % 1 < 0.75)  # noqa: E731
    fist = Grip(
        lambda c: (-0.16, 0.02, 0.34 + 0.07 * rap(c)), (0.3, -0.2, 0.9), (0.1, 0.95, 0.25), (-0.8, -1, 0), "fist"
    )
    trunk = Trunk(spine=lambda c: (5 + rap(c), 6, 0), head=lambda c: (2, -8 * (1 - rap(c)), -5), stagger=0.1)
    return working("knock", "knock on a door", {"right": fist}, trunk, 1.2, seconds)


def pull(seconds: float = 5.0) -> Motion:
    """Heave on a rope: reach forward, lean back with the whole weight, again."""
    heave = lambda c: 0.5 - 0.5 * np.cos(2 * np.pi * c)  # noqa: E731

    def hand(sign: float, ahead: float) -> Grip:
        return Grip(
            lambda c: (sign * 0.04, -0.16 - 0.14 * heave(c), 0.36 + ahead - 0.22 * heave(c)),
            (-sign, 0, 0), (-0.1 * sign, 0.1, 1), (sign, -0.8, -0.4),
        )  # fmt: skip

    trunk = Trunk(
        pelvis=lambda c: (0, -0.14 - 0.03 * heave(c), 0.06 - 0.20 * heave(c)),
        pelvis_turn=lambda c: (12 - 26 * heave(c), 0, 0),
        spine=lambda c: (14 - 22 * heave(c), 0, 0),
        head=lambda c: (-6 + 14 * heave(c), 0, 0),
        stance=0.14,
        stagger=0.40,
    )
    return working("pull", "pull on a rope", {"left": hand(1, 0.10), "right": hand(-1, 0.0)}, trunk, 1.8, seconds)


def brush_teeth(seconds: float = 4.0) -> Motion:
    """Brush the teeth with the right hand."""
    brush = Grip(
        lambda c: (-0.09 + 0.035 * sine(c), 0.02 + 0.01 * sine(c / 5), 0.19),
        (0.3, -0.2, -0.9),
        (0.8, 0.35, 0.1),
        (-1, -0.2, 0.2),
    )
    trunk = Trunk(spine=lambda c: (8, 0, 0), head=lambda c: (8, 2 * sine(c), 3 * sine(c / 8)))
    return working("brush_teeth", "brush the teeth", {"right": brush}, trunk, 0.36, seconds)


def wash_hands(seconds: float = 4.0) -> Motion:
    """Rub the hands under a tap, bent over a basin."""

    def hand(sign: float) -> Grip:
        return Grip(
            lambda c: (sign * (0.045 + 0.008 * sine(c / 2)), -0.32 + 0.02 * sine(c / 2), 0.36 + sign * 0.035 * sine(c)),
            (-sign, -0.2 * sign, 0), (-0.25 * sign, -0.25, 1), (sign, -0.9, -0.2), "cup",
        )  # fmt: skip

    trunk = Trunk(spine=lambda c: (18, 0, 0), head=lambda c: (16, 0, 0), stance=0.12)
    return working("wash_hands", "wash the hands", {"left": hand(1), "right": hand(-1)}, trunk, 0.6, seconds)
