"""Dances: whole-body loops to a beat."""

from __future__ import annotations

import numpy as np

from personify.errors import PersonifyError
from personify.motion.clip import Motion
from personify.motion.kinematics import SIDES, Float64
from personify.motion.posing import ANKLE_HEIGHT, PELVIS_HEIGHT, TOE_JOINT, Arm, Figure, Foot, euler
from personify.motion.procedural import FPS
from personify.motion.timing import Keys, eased, flowing

DANCES = ("groove", "disco", "twist", "bounce")


def dance(style: str = "groove", tempo: float = 112.0) -> Motion:
    """Eight beats of a dance as a loop.

    Args:
        style: ``"groove"`` (step-touch with rolling shoulders), ``"disco"`` (pointing), ``"twist"`` or ``"bounce"``
            (hands in the air).
        tempo: beats per minute, 60 to 180.
    """
    makers = {"groove": _groove, "disco": _disco, "twist": _twist, "bounce": _bounce}
    if style not in makers:
        raise PersonifyError(f"dance {style!r} is not known; expected one of {', '.join(DANCES)}")
    if not 60 <= tempo <= 180:
        raise PersonifyError(f"tempo: {tempo:g} is out of range; expected 60 to 180 beats per minute")
    frames = round(8 * 60 / tempo * FPS)
    beats = np.linspace(0, 8, frames + 1)
    return makers[style](beats).motion(f"dance_{style}", _TEXTS[style], FPS, loop=True)


_TEXTS = {
    "groove": "dance, grooving from side to side",
    "disco": "disco dance, pointing up and down",
    "twist": "dance the twist",
    "bounce": "dance happily with the hands in the air",
}


def _bob(beats: Float64, depth: float) -> Float64:
    """Height of the pelvis: down on every beat."""
    return PELVIS_HEIGHT - 0.03 - depth * (0.5 + 0.5 * np.cos(2 * np.pi * beats)) ** 1.3


def _step_touch(beats: Float64, width: float = 0.17) -> tuple[dict[str, Foot], Float64]:
    """Feet that step to the side and close, two beats each way; returns them and the x of the pelvis."""
    feet = {}
    # Beat 0-1: left steps out, 1-2: right closes, 2-3: right steps out, 3-4: left closes; twice.
    keys: dict[str, Keys] = {
        "left": [(0, 0.09 - width), (1, 0.09 + width), (3, 0.09 + width), (4, 0.09 - width)],
        "right": [(0, -0.09 - width), (1, -0.09 - width), (2, -0.09 + width), (2.0001, -0.09 + width),
                  (3, -0.09 - width), (4, -0.09 - width)],
    }  # fmt: skip
    within = beats % 4
    within[-1] = 4.0
    for side, sign in SIDES:
        x = eased(within, keys[side])
        speed = np.abs(np.gradient(x, beats))
        lift = 0.07 * (speed / max(speed.max(), 1e-9))
        feet[side] = Foot(
            np.stack([x, ANKLE_HEIGHT + lift, np.zeros_like(x)], -1), euler(yaw=sign * 12 * np.ones_like(x))
        )
    centre = flowing(within, [(0, -0.2 * 0.6), (1, 0.02), (2, 0.2 * 0.6), (3, -0.02), (4, -0.2 * 0.6)])
    return feet, centre


def _groove(beats: Float64) -> Figure:
    feet, x = _step_touch(beats)
    side_phase = 2 * np.pi * beats / 4
    roll = np.sin(side_phase - 0.6)
    pump = 0.5 - 0.5 * np.cos(2 * np.pi * beats)
    figure = Figure(
        frames=len(beats),
        pelvis=np.stack([x, _bob(beats, 0.045), 0.015 * np.sin(2 * np.pi * beats)], -1),
        pelvis_rotation=euler(5 + 3 * np.sin(2 * np.pi * beats), 12 * roll, 5 * np.sin(side_phase)),
        spine=euler(4 - 5 * np.sin(2 * np.pi * beats + 0.5), -22 * roll, -11 * np.sin(side_phase)),
        head=euler(5 * np.cos(2 * np.pi * beats - 0.6), 10 * roll, 5 * np.sin(side_phase)),
        feet=feet,
        hands={"left": "cup", "right": "cup"},
    )
    for side, sign in SIDES:
        swing = sign * roll
        upper = np.stack([sign * (0.42 + 0.08 * pump), -0.95 + 0.15 * pump, -0.1 + 0.4 * swing], -1)
        fore = np.stack([sign * (-0.02 + 0.25 * swing), 0.05 + 0.40 * pump + 0.2 * swing, np.full_like(x, 0.9)], -1)
        figure.arms[side] = Arm(upper, fore, palm=(-sign, -0.5, 0), shrug=4 * np.cos(2 * np.pi * beats - 0.4))
    return figure


def _disco(beats: Float64) -> Figure:
    """Four beats pointing up to the right and down across the body, then four to the left."""
    feet = {side: Foot((sign * 0.2, ANKLE_HEIGHT, 0.0), euler(yaw=sign * 16)) for side, sign in SIDES}
    lean = flowing(beats, [(0, -1), (1, 0.7), (2, -1), (3, 0.6), (4, 1), (5, -0.7), (6, 1), (7, -0.6), (8, -1)])
    right = flowing(beats, [(0, 1), (1, 0), (2, 1), (3, 0.1), (4, -0.5), (5, -0.5), (6, -0.5), (7, -0.2), (8, 1)])
    left = flowing(beats, [(0, -0.5), (1, -0.5), (2, -0.5), (3, -0.2), (4, 1), (5, 0), (6, 1), (7, 0.1), (8, -0.5)])
    figure = Figure(
        frames=len(beats),
        pelvis=np.stack([0.07 * -lean, _bob(beats, 0.035) - 0.02, 0 * beats], -1),
        pelvis_rotation=euler(3, 8 * lean, -6 * lean),
        spine=euler(2, 10 * lean, 15 * lean),
        head=euler(-4, 8 * lean, -8 * lean),
        feet=feet,
        hands={"left": "point", "right": "point"},
    )
    for (side, sign), raised in zip(SIDES, (left, right), strict=True):
        high = raised.clip(0, None)[:, None]
        hip = (-raised).clip(0)[:, None] * 2
        down = np.array((-sign * 0.25, -0.85, 0.55))
        upper = high * (sign * 0.75, 0.75, 0.25) + (1 - high - hip) * down + hip * (sign * 0.75, -0.75, -0.25)
        fore = high * (sign * 0.6, 0.85, 0.2) + (1 - high - hip) * (-sign * 0.5, -0.8, 0.55)
        fore = fore + hip * (-sign * 0.75, -0.55, 0.45) + 3 * high * (1 - high).clip(0) * (0, 0, 1)
        figure.arms[side] = Arm(upper, fore)
    return figure


def _twist(beats: Float64) -> Figure:
    """Heels and hips swing one way, arms and chest the other."""
    swing = np.sin(np.pi * beats)
    sink = 0.09 + 0.06 * np.sin(2 * np.pi * beats / 8 - np.pi / 2)
    feet = {}
    for side, sign in SIDES:
        yaw = sign * 6 + 24 * swing
        ankle = np.array((sign * 0.13, ANKLE_HEIGHT, 0.13)) - euler(yaw=yaw) @ (0, 0, TOE_JOINT[2])
        feet[side] = Foot(ankle, euler(yaw=yaw)).heel_raised(12)  # the feet turn on their balls
    figure = Figure(
        frames=len(beats),
        pelvis=np.stack(
            [0.02 * swing, PELVIS_HEIGHT - sink - 0.015 * np.cos(2 * np.pi * beats), -0.03 + 0 * beats], -1
        ),
        pelvis_rotation=euler(10, 26 * swing),
        spine=euler(6, -48 * swing, 5 * np.cos(np.pi * beats)),
        head=euler(-8, 20 * swing),
        feet=feet,
        hands={"left": "grip", "right": "grip"},
    )
    for side, sign in SIDES:
        reach = swing * sign
        upper = np.stack([sign * np.full_like(swing, 0.42), -0.85 + 0 * swing, 0.1 + 0.25 * reach], -1)
        fore = np.stack([sign * (0.1 - 0.3 * reach), 0.15 + 0.1 * reach, 0.95 + 0 * swing], -1)
        figure.arms[side] = Arm(upper, fore, palm=(-sign, -0.4, 0))
    return figure


def _bounce(beats: Float64) -> Figure:
    """Step-touch with both arms pumping overhead."""
    feet, x = _step_touch(beats, 0.13)
    pump = 0.5 + 0.5 * np.cos(2 * np.pi * beats)
    sway = np.sin(2 * np.pi * beats / 4 - 0.3)
    figure = Figure(
        frames=len(beats),
        pelvis=np.stack([0.8 * x, _bob(beats, 0.05), 0 * beats], -1),
        pelvis_rotation=euler(4, 7 * sway, 5 * sway),
        spine=euler(-3 + 4 * pump, -9 * sway, -12 * sway),
        head=euler(-4 + 8 * pump, 6 * sway, 6 * sway),
        feet=feet,
        hands={"left": "open", "right": "open"},
    )
    for side, sign in SIDES:
        upper = np.stack([sign * 0.55 + 0.12 * sway, 0.75 - 0.45 * pump, 0.35 + 0 * pump], -1)
        fore = np.stack([sign * (0.1 + 0.15 * pump) + 0.3 * sway, 1 + 0 * pump, 0.15 + 0.15 * pump], -1)
        figure.arms[side] = Arm(upper, fore, palm=(0, 0, 1), shrug=3 * pump)
    return figure
