"""Hands at work: wrists led along paths in front of the body, and the trunk that goes with them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from personify.body.pose import JOINT_INDEX
from personify.motion.clip import Motion, smooth_step
from personify.motion.kinematics import SIDES, Float64, two_bone_directions, unit, yielding
from personify.motion.posing import REST, Arm, Figure, euler, standing_foot
from personify.motion.procedural import FPS, standing

UPPER = float(REST[JOINT_INDEX["left_elbow"], 0] - REST[JOINT_INDEX["left_shoulder"], 0])
FORE = float(REST[JOINT_INDEX["left_wrist"], 0] - REST[JOINT_INDEX["left_elbow"], 0])
SHOULDER = float(REST[JOINT_INDEX["left_shoulder"], 0])
SEAT = 0.56  # height of the pelvis of somebody who sits on a chair, metres

Curve = Callable[[Float64], Any]
"""Something over time: [F] cycles of the work done so far -> [F, ...]."""


def reaching(
    side: str,
    wrist: ArrayLike,  # [F, 3] or [3]
    palm: ArrayLike | None = None,
    hand: ArrayLike | None = None,
    elbow: ArrayLike | None = None,
    shrug: ArrayLike = 0.0,
) -> Arm:
    """The arm that brings its wrist to a place, in metres from the middle between the shoulders, axes of the chest.

    Args:
        side: ``"left"`` or ``"right"``.
        wrist: where, up to 0.53 m from the shoulder.
        palm, hand, shrug: see `Arm`.
        elbow: direction in which the elbow points; down and a little out by default.
    """
    sign = dict(SIDES)[side]
    pole = np.asarray((0.45 * sign, -1.0, -0.35) if elbow is None else elbow, float)
    root = np.array((sign * SHOULDER, 0.0, 0.0))
    target = yielding(root, np.asarray(wrist, float), UPPER + FORE)
    upper, fore = two_bone_directions(root, target, UPPER, FORE, np.broadcast_to(pole, target.shape))
    return Arm(upper, fore, palm, hand, shrug)


@dataclass(frozen=True)
class Grip:
    """What one hand does.

    Attributes:
        wrist: path of the wrist (see `reaching`).
        palm, hand, elbow: directions, fixed or over time.
        shape: of the fingers.
    """

    wrist: Curve
    palm: Any = None
    hand: Any = None
    elbow: Any = None
    shape: str = "grip"


@dataclass(frozen=True)
class Trunk:
    """What the rest of the body does; degrees and metres over cycles of work.

    Attributes:
        pelvis: (sideways, up, forward) displacement.
        pelvis_turn, spine, head: (pitch, yaw, roll).
        stance: distance of each foot from the middle, metres; ``stagger`` puts the left foot forward by as much.
    """

    pelvis: Curve = lambda cycle: (0.0, 0.0, 0.0)
    pelvis_turn: Curve = lambda cycle: (0.0, 0.0, 0.0)
    spine: Curve = lambda cycle: (0.0, 0.0, 0.0)
    head: Curve = lambda cycle: (0.0, 0.0, 0.0)
    stance: float = 0.11
    stagger: float = 0.0


def working(
    name: str,
    text: str,
    grips: dict[str, Grip],
    trunk: Trunk = Trunk(),
    period: float = 1.0,
    seconds: float = 4.0,
    seated: bool = False,
) -> Motion:
    """Take up a work, do it for about ``seconds`` in whole cycles of ``period`` seconds, and leave it; loops.

    Somebody ``seated`` is so from the first frame to the last.
    """
    cycles = max(1, round(seconds / period))
    enter = 0.7
    total = 2 * enter + cycles * period
    times = np.arange(round(total * FPS) + 1) / FPS
    weight = smooth_step(times / enter) * smooth_step((total - times) / enter)
    cycle = ((times - enter) / period).clip(-0.2 / period, cycles + 0.2 / period)
    figure = _seated(times) if seated else standing(times, float(times[-1]))
    if not seated:
        figure.feet = {
            "left": standing_foot("left", trunk.stance, trunk.stagger / 2),
            "right": standing_foot("right", trunk.stance, -trunk.stagger / 2),
        }
    _lead_trunk(figure, trunk, cycle, weight)
    for side, grip in grips.items():
        figure.arms[side] = _led_arm(side, figure.arms[side], grip, cycle, weight)
        figure.hands[side] = grip.shape
    return figure.motion(name, text, FPS, loop=True)


def _seated(times: Float64) -> Figure:
    breath = np.sin(2 * np.pi * np.round(times[-1] / 3.5) * times / times[-1])
    figure = Figure(
        frames=len(times),
        pelvis=np.stack([0 * times, np.full_like(times, SEAT), np.full_like(times, -0.42)], -1),
        pelvis_rotation=euler(-3),
        spine=euler(6 + 0.8 * breath),
        head=euler(-2 - 0.8 * breath),
        feet={side: standing_foot(side, 0.13, 0.0, 8) for side, _ in SIDES},
    )
    for side, sign in SIDES:
        figure.arms[side] = reaching(side, (sign * 0.20, -0.42, 0.32), palm=(-sign * 0.3, -1, 0))
    return figure


def _lead_trunk(figure: Figure, trunk: Trunk, cycle: Float64, weight: Float64) -> None:
    def curve(values: Curve) -> Float64:
        return np.stack(np.broadcast_arrays(*values(cycle), cycle)[:3], -1) * weight[:, None]

    figure.pelvis = np.asarray(figure.pelvis) + curve(trunk.pelvis)
    figure.pelvis_rotation = figure.pelvis_rotation @ euler(*curve(trunk.pelvis_turn).T)
    figure.spine = figure.spine @ euler(*curve(trunk.spine).T)
    figure.head = figure.head @ euler(*curve(trunk.head).T)


def _led_arm(side: str, rest: Arm, grip: Grip, cycle: Float64, weight: Float64) -> Arm:
    """From where the arm rests to its work; the hand passes in front of the body."""
    sign, mix = dict(SIDES)[side], weight[:, None]
    root = np.array((sign * SHOULDER, 0, 0))
    start = root + unit(np.asarray(rest.upper)) * UPPER + unit(np.asarray(rest.fore)) * FORE
    path = np.stack(np.broadcast_arrays(*grip.wrist(cycle), cycle)[:3], -1)
    # On its way up a hand keeps clear of its own shoulder, past which the arm would have to flip over.
    passing = 4 * mix * (1 - mix) * (0, 0, 1) * (0.10 + 0.8 * path[:, 1:2].clip(0, 0.4))
    elbow = (0.45 * sign, -1.0, -0.35) if grip.elbow is None else grip.elbow
    led = reaching(side, start * (1 - mix) + path * mix + passing, elbow=elbow)
    if grip.palm is not None:
        resting = np.asarray(rest.palm if rest.palm is not None else (-sign, 0, 0.15), float)
        led.palm = unit(resting * (1 - mix) + unit(np.asarray(grip.palm, float)) * mix + 1e-3)
    if grip.hand is not None:
        late = mix**3  # the forearm arrives first: until then it may point the other way
        led.hand = unit(unit(np.asarray(led.fore)) * (1 - late) + unit(np.asarray(grip.hand, float)) * late)
    led.shrug = rest.shrug
    return led


def sine(cycle: Float64, phase: float = 0.0) -> Float64:
    """-1 to 1, once a cycle."""
    return np.sin(2 * np.pi * (cycle - phase))


def stroke(cycle: Float64, *values: float) -> Float64:
    """A number that visits ``values`` at even steps of every cycle, smoothly, and comes back to the first."""
    from scipy.interpolate import CubicSpline

    knots = np.array([*values, values[0]], float)
    return CubicSpline(np.linspace(0, 1, len(knots)), knots, bc_type="periodic")(cycle % 1.0)
