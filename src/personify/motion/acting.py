"""Performances of the whole body, from keys: throwing, laughing, juggling, circling hips, pull-ups."""

from __future__ import annotations

import numpy as np

from personify.motion.clip import Motion
from personify.motion.handwork import Grip, Trunk, reaching, sine, working
from personify.motion.kinematics import SIDES
from personify.motion.posing import ANKLE_HEIGHT, Arm, Figure, Foot, euler, hanging_arm, standing_foot
from personify.motion.procedural import FPS, STAND, frame_times
from personify.motion.timing import eased, swept


def throw() -> Motion:
    """Throw overhand with the right hand: wind up, step with the left foot, hurl, follow through, step back."""
    times = frame_times(2.9)
    wind, hurl, back = 0.75, 1.12, 2.0

    def keyed(*values: object) -> np.ndarray:
        """Values at rest, wound up, hurling, followed through, at rest."""
        rest, wound, hurling, through, end = values
        at = (0.1, wind - 0.03, wind, hurl, hurl + 0.28, hurl + 0.4, back + 0.5)
        return swept(times, list(zip(at, (rest, wound, wound, hurling, through, through, end), strict=True)))

    step = eased(times, [(wind - 0.05, 0), (hurl - 0.07, 1), (back - 0.2, 1), (back + 0.2, 0)])
    lift = 0.4 * step * (1 - step)
    left = standing_foot("left", 0.11, 0, 4)
    ankle = np.stack([0.11 + 0.02 * step, ANKLE_HEIGHT + lift, 0.02 + 0.40 * step], -1)
    rest = {side: hanging_arm(side) for side, _ in SIDES}
    figure = Figure(
        frames=len(times),
        pelvis=np.stack(
            [keyed(0, -0.05, 0.02, 0.03, 0), STAND - keyed(0, 0.03, 0.07, 0.09, 0), keyed(0, -0.06, 0.20, 0.24, 0)], -1
        ),
        pelvis_rotation=euler(keyed(0, -4, 10, 16, 0), keyed(0, -42, 14, 26, 0)),
        spine=euler(keyed(0, -8, 10, 24, 0), keyed(0, -26, 16, 24, 0), keyed(0, 8, -8, -4, 0)),
        head=euler(keyed(0, 2, -12, -22, 0), keyed(0, 60, -24, -38, 0)),
        feet={"left": Foot(ankle, left.orientation), "right": standing_foot("right", 0.11, -0.02, 22)},
        hands={"left": "open", "right": "grip"},
    )
    # Between hanging and aiming the hands pass in front of the body, as elbows can only bend forward.
    passing = keyed(0, 1, 1, 1, 0)
    forward = (3 * passing * (1 - passing))[:, None] * (0, 0, 1)
    figure.arms["right"] = Arm(
        keyed(rest["right"].upper, (-0.95, 0.15, -0.35), (-0.62, 0.35, 0.62), (0.15, -0.65, 0.75), rest["right"].upper),
        keyed(rest["right"].fore, (-0.25, 0.95, -0.25), (-0.2, 0.45, 0.85), (0.35, -0.8, 0.5), rest["right"].fore)
        + forward,
    )
    figure.arms["left"] = Arm(
        keyed(rest["left"].upper, (0.75, -0.05, 0.65), (0.6, -0.75, 0.1), (0.4, -0.9, -0.2), rest["left"].upper),
        keyed(rest["left"].fore, (0.5, 0.1, 0.85), (0.2, -0.5, 0.8), (0.2, -0.7, 0.6), rest["left"].fore) + forward,
    )
    return figure.motion("throw_right", "throw a ball with the right hand", FPS, loop=True)


def laugh(seconds: float = 4.0) -> Motion:
    """Laugh out loud: hands to the belly, shoulders shaking, head thrown back, then bent over; loops."""
    times = frame_times(max(seconds, 2.5))
    progress = times / times[-1]
    mirth = eased(progress, [(0, 0), (0.15, 1), (0.8, 1), (1, 0)])
    bent = eased(progress, [(0, 0), (0.2, -0.45), (0.4, -0.45), (0.62, 1), (0.78, 1), (1, 0)])
    shake = mirth * np.sin(2 * np.pi * 4.2 * times)
    figure = Figure(
        frames=len(times),
        pelvis=np.stack([0 * times, STAND - 0.02 * mirth - 0.04 * bent.clip(0), -0.05 * bent], -1),
        pelvis_rotation=euler(14 * bent),
        spine=euler(18 * bent + 1.6 * shake, 4 * np.sin(2 * np.pi * progress) * mirth),
        head=euler(22 * bent - 6 * mirth + 2.2 * shake, -6 * np.sin(2 * np.pi * progress) * mirth),
        hands={"left": "cup", "right": "cup"},
    )
    for side, sign in SIDES:
        rest = hanging_arm(side)
        mix = mirth[:, None]
        upper = np.add(rest.upper, mix * np.subtract((sign * 0.42, -1, 0.12), rest.upper))
        fore = np.add(rest.fore, mix * np.subtract((-sign * 0.72, -0.25, 0.62), rest.fore))
        figure.arms[side] = Arm(
            upper, fore, palm=(-sign * 0.4, 0, -1) * mix + (1 - mix) * (-sign, 0, 0.15), shrug=4 * mirth + 3 * shake
        )
    return figure.motion("laugh", "laugh out loud, holding the belly", FPS, loop=True)


def juggle(seconds: float = 4.0) -> Motion:
    """Juggle: the hands scoop in turn, the eyes follow the balls."""

    def hand(sign: float, phase: float) -> Grip:
        return Grip(
            lambda c: (sign * (0.19 + 0.05 * sine(c, phase)), -0.30 + 0.07 * sine(c, phase + 0.25), 0.30),
            (0, 1, 0.1), (-0.2 * sign, 0.1, 1), (sign, -1, -0.3), "cup",
        )  # fmt: skip

    trunk = Trunk(
        spine=lambda c: (2, 2 * sine(c), 0), head=lambda c: (-14 + 2 * sine(2 * c), 3 * sine(c), 0), stance=0.14
    )
    return working("juggle", "juggle balls", {"left": hand(1, 0.0), "right": hand(-1, 0.5)}, trunk, 0.7, seconds)


def belly_rub(seconds: float = 3.3) -> Motion:
    """Rub the belly in circles with the right hand."""
    hand = Grip(
        lambda c: (0.0 + 0.06 * sine(c), -0.37 + 0.05 * sine(c, 0.25), 0.19), (0.1, 0.0, -1), (0.9, -0.25, 0.1),
        (-1, -0.6, 0.2), "open",
    )  # fmt: skip
    trunk = Trunk(spine=lambda c: (-3, 2 * sine(c), 0), head=lambda c: (8 + 2 * sine(c), 0, 4))
    return working("belly_rub", "rub the belly", {"right": hand}, trunk, 1.1, seconds)


def hula_hoop(seconds: float = 4.0) -> Motion:
    """Circle the hips, arms held out of the way."""

    def arm(sign: float) -> Grip:
        return Grip(lambda c: (sign * 0.46, -0.04 + 0.02 * sine(c), 0.16), (0, -1, 0), None, (sign, -1, -0.2))

    trunk = Trunk(
        pelvis=lambda c: (0.07 * sine(c), -0.03, 0.06 * sine(c, 0.25)),
        pelvis_turn=lambda c: (8 * sine(c, 0.25), 4 * sine(c), -7 * sine(c)),
        spine=lambda c: (-9 * sine(c, 0.25), -4 * sine(c), 9 * sine(c)),
        head=lambda c: (2 * sine(c, 0.25), 0, -2 * sine(c)),
        stance=0.15,
    )
    return working("hula_hoop", "spin a hula hoop", {"left": arm(1), "right": arm(-1)}, trunk, 0.85, seconds)


def pull_ups(seconds: float = 6.6) -> Motion:
    """Hang on a bar and pull the chin up to it; loops while hanging."""
    period, bar = 2.2, 0.50  # the bar is half a metre above the shoulders of somebody who hangs
    repeats = max(1, round(seconds / period))
    times = np.arange(round(repeats * period * FPS) + 1) / FPS
    up = eased(times % period, [(0, 0), (0.25, 0), (1.0, 1), (1.25, 1), (2.05, 0), (period, 0)])
    rise = 0.36 * up
    figure = Figure(
        frames=len(times),
        pelvis=np.stack([0 * times, 1.22 + rise, 0.05 * up], -1),
        pelvis_rotation=euler(-6 * up),
        spine=euler(-8 * up),
        head=euler(-14 * up),
        hands={"left": "grip", "right": "grip"},
    )
    for side, sign in SIDES:
        place = np.stack([np.full_like(times, sign * 0.24), bar - rise, 0.05 + 0.05 * up], -1)
        figure.arms[side] = reaching(side, place, (0, 0.1, 1), (0, 1, 0.2), (sign, -0.6, 0.1))
        ankle = np.stack([np.full_like(times, sign * 0.06), 0.36 + rise, -0.06 - 0.10 * up], -1)
        figure.feet[side] = Foot(ankle, euler(46 + 6 * up))
    return figure.motion("pull_ups", "do pull-ups on a bar", FPS, loop=True)
