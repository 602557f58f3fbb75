"""Ways of going that a plain gait does not cover: limping, staggering, sidling, skipping, with hands that are busy."""

from __future__ import annotations

from dataclasses import replace
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray
from scipy.interpolate import PchipInterpolator

from personify.motion.clip import Motion
from personify.motion.handwork import reaching
from personify.motion.kinematics import SIDES, Float64
from personify.motion.locomotion import GAITS, Gait, gait_figure
from personify.motion.posing import ANKLE_HEIGHT, HEEL, PELVIS_HEIGHT, TOE_JOINT, Arm, Figure, Foot, euler
from personify.motion.procedural import FPS

_PUSHING = Gait(speed=0.6, stride=1.5, stance=0.66, strike=-8, push=46, lift=0.03, width=0.1, crouch=0.10, bob=0.01,
                lean=30, swing=0)  # fmt: skip
_CARRYING = Gait(speed=0.95, stride=1.15, stance=0.65, strike=12, push=36, width=0.1, crouch=0.03, lean=-6, swing=0)
_UNDEAD = Gait(speed=0.5, stride=1.7, stance=0.68, strike=2, push=26, lift=0.0, width=0.1, crouch=0.05, bob=0.012,
               sway=0.06, yaw=9, drop=6, lean=12, swing=0)  # fmt: skip
_TIPTOE = Gait(speed=0.6, stride=1.3, stance=0.62, strike=-34, push=46, lift=0.09, width=0.06, crouch=-0.045, bob=0.008,
               lean=4, swing=6, elbow=60)  # fmt: skip
_DRUNK = Gait(speed=0.75, stride=1.35, stance=0.66, strike=10, push=38, lift=0.05, width=0.14, crouch=0.04, sway=0.06,
              yaw=10, drop=6, lean=6, swing=20, elbow=24)  # fmt: skip


def pushing() -> Motion:
    """Push something heavy: both arms ahead, the body leaning into it, small steps."""
    return _with_hands(_PUSHING, "push", "push something heavy", lambda side, sign: reaching(
        side, (sign * 0.17, -0.02, 0.40), (0, 0.2, 1), (0, 1, 0.2), (sign, -0.7, -0.2)), "open")  # fmt: skip


def carrying() -> Motion:
    """Walk with a box in both arms, leaning back against its weight."""
    return _with_hands(_CARRYING, "carry", "carry a box", lambda side, sign: reaching(
        side, (sign * 0.19, -0.36, 0.30), (-sign, 0.5, 0), (-0.1 * sign, 0, 1), (sign * 0.7, -1, -0.6)),
            "cup")  # fmt: skip


def zombie() -> Motion:
    """Shuffle along with both arms stretched out."""
    return _with_hands(_UNDEAD, "zombie_walk", "walk like a zombie", lambda side, sign: reaching(
        side, (sign * 0.17, 0.0 if sign > 0 else -0.07, 0.50), (0, -1, 0.1), (0, -0.35, 1)), "cup")  # fmt: skip


def tiptoe() -> Motion:
    """Walk on the balls of the feet, arms a little raised."""
    return _cycle(_TIPTOE).motion("tiptoe", "walk on tiptoe", FPS, loop=True)


def stagger() -> Motion:
    """Stagger along like a drunk: two strides, leaning one way and the other."""
    phase = np.linspace(0, 2, round(2 * _DRUNK.stride * FPS) + 1)
    figure = gait_figure(_DRUNK, phase)
    reel = np.sin(np.pi * phase) + 0.5 * np.sin(2 * np.pi * phase + 1)
    wander = 0.13 * (np.sin(np.pi * phase) - 0.3 * np.sin(2 * np.pi * phase))
    figure.pelvis = np.asarray(figure.pelvis) + wander[:, None] * (1, 0, 0)
    figure.spine = figure.spine @ euler(6 * np.cos(np.pi * phase), 8 * reel, 9 * reel)
    figure.head = figure.head @ euler(8 + 6 * np.sin(np.pi * phase + 1), 0, -12 * reel)
    for side, sign in SIDES:
        foot = figure.feet[side]
        figure.feet[side] = replace(foot, ankle=foot.ankle + _stepwise(foot.ankle, wander)[:, None] * (1, 0, 0))
        arm = figure.arms[side]
        figure.arms[side] = replace(
            arm, upper=np.asarray(arm.upper) + (0.25 + 0.2 * sign * reel)[:, None] * (sign, 0.3, 0)
        )
    return figure.motion("stagger", "stagger along, drunk", FPS, loop=True)


def limp() -> Motion:
    """Walk with a bad right leg: quick off it, the trunk thrown over to that side."""
    gait = replace(GAITS["stroll"], speed=0.75, stride=1.25, lift=0.02)
    even = np.linspace(0, 1, round(gait.stride * FPS) + 1)
    phase = even + 0.045 * np.sin(2 * np.pi * (even - 0.30))  # time spent on the right leg is cut short
    figure = gait_figure(gait, phase)
    bad = np.exp(-(((phase - 0.80 + 0.5) % 1 - 0.5) ** 2) / 0.02)  # the right foot carries
    figure.pelvis = np.asarray(figure.pelvis) - (bad * 0.035)[:, None] * (0.6, 1, 0)
    figure.pelvis_rotation = figure.pelvis_rotation @ euler(4 * bad, 0, 5 * bad)
    figure.spine = figure.spine @ euler(8 + 6 * bad, 0, 12 * bad)
    figure.head = figure.head @ euler(4 * bad, 0, -10 * bad)
    return figure.motion("limp", "limp, the right leg hurts", FPS, loop=True)


def sidestep() -> Motion:
    """Two steps to the left: open, close, open, close."""
    width, period = 0.42, 1.0
    times = np.arange(round(2 * period * FPS) + 1) / FPS
    cycle = times / period
    figure = Figure(
        frames=len(times),
        pelvis=np.stack([width * (cycle + 0.06 * np.sin(2 * np.pi * cycle - 0.6)), PELVIS_HEIGHT - 0.035
                         - 0.02 * np.cos(2 * np.pi * cycle), 0 * times], -1),
        pelvis_rotation=euler(3, 0, 3 * np.sin(2 * np.pi * cycle)),
        spine=euler(3, 0, -4 * np.sin(2 * np.pi * cycle)),
        head=euler(0, 10, 0),
    )  # fmt: skip
    for side, sign in SIDES:
        own = 0.0 if side == "left" else 0.5
        whole = np.floor(cycle - own)
        u = ((cycle - own - whole) / 0.45).clip(0, 1)
        place = whole + u**3 * (10 - 15 * u + 6 * u * u) + (1 if side == "right" else 0)
        x = width * place + sign * 0.10 + (0.0 if side == "left" else -0.02)
        figure.feet[side] = Foot(
            np.stack([x, ANKLE_HEIGHT + 0.06 * np.sin(np.pi * u) ** 2, 0 * x], -1), euler(yaw=sign * 7)
        )
        swing = 0.12 * np.sin(2 * np.pi * cycle)
        figure.arms[side] = Arm(np.stack([sign * 0.3 + swing, -1 + 0 * swing, 0.05 + 0 * swing], -1),
                                np.stack([sign * 0.15 + swing, -1 + 0 * swing, 0.35 + 0 * swing], -1), (-sign, 0,
                                    0.2))  # fmt: skip
    return figure.motion("sidestep", "step sideways to the left", FPS, loop=True)


def skip() -> Motion:
    """Skip along like a child: step and hop on one foot, step and hop on the other, the free knee high."""
    period, speed = 1.0, 2.0
    times = np.arange(round(period * FPS) + 1) / FPS
    cycle = times / period
    half = (2 * cycle) % 1.0
    hop = 0.16 * np.maximum(0, np.sin(np.pi * (half - 0.42) / 0.52)) * (half > 0.42) * (half < 0.94)
    dip = 0.05 * np.exp(-(((half - 0.2) / 0.14) ** 2)) + 0.03
    figure = Figure(
        frames=len(times),
        pelvis=np.stack([0 * times, PELVIS_HEIGHT - dip + hop, speed * times], -1),
        pelvis_rotation=euler(5, 7 * np.cos(2 * np.pi * cycle - 1.2)),
        spine=euler(1, -14 * np.cos(2 * np.pi * cycle - 1.2)),
        head=euler(-5, 6 * np.cos(2 * np.pi * cycle - 1.2)),
    )
    for side, sign in SIDES:
        phase = cycle + (0.0 if side == "left" else 0.5)
        figure.feet[side] = _skipping_foot(
            sign, phase % 1.0, np.floor(phase) - (0 if side == "left" else 0.5), speed * period, hop
        )
        swing = -0.95 * np.cos(2 * np.pi * (phase - 0.42))
        figure.arms[side] = Arm(np.stack([np.full_like(swing, sign * 0.25), -np.cos(swing), np.sin(swing)], -1),
                                np.stack([np.full_like(swing, sign * 0.15), -np.cos(swing + 0.7),
                                    np.sin(swing + 0.7)], -1),
                                (-sign, 0, 0.2))  # fmt: skip
    return figure.motion("skip", "skip along", FPS, loop=True)


def moonwalk() -> Motion:
    """Glide backwards: one heel up and still, the other foot flat and sliding, then the other way round."""
    period, reach = 1.3, 0.36
    times = np.arange(round(period * FPS) + 1) / FPS
    cycle = times / period
    figure = Figure(
        frames=len(times),
        pelvis=np.stack([0 * times, PELVIS_HEIGHT - 0.035 + 0 * times, -2 * reach * cycle], -1),
        pelvis_rotation=euler(4, 6 * np.sin(2 * np.pi * cycle)),
        spine=euler(8, -10 * np.sin(2 * np.pi * cycle)),
        head=euler(-4 + 4 * np.sin(4 * np.pi * cycle)),
    )
    for side, sign in SIDES:
        own = 0.0 if side == "left" else 0.5
        whole = np.floor(cycle - own)
        u = (2 * (cycle - own - whole)).clip(0, 1)
        slid = whole + u * u * (3 - 2 * u)
        still = ((cycle - own - whole) * 2 - 1).clip(0, 1)
        heel = 42 * np.sin(np.pi * still) ** 0.8
        base = np.stack([np.full_like(times, sign * 0.07), np.full_like(times, ANKLE_HEIGHT),
                         -2 * reach * slid + (0.5 - 2 * own) * reach], -1)  # fmt: skip
        figure.feet[side] = Foot(base, euler()).heel_raised(heel)
        swing = 0.4 * np.sin(2 * np.pi * (cycle - own))
        figure.arms[side] = Arm(np.stack([np.full_like(swing, sign * 0.2), -np.cos(swing), np.sin(swing)], -1),
                                np.stack([np.full_like(swing, sign * 0.1), -np.cos(swing + 0.5),
                                    np.sin(swing + 0.5)], -1),
                                (-sign, 0, 0.2))  # fmt: skip
    return figure.motion("moonwalk", "moonwalk backwards", FPS, loop=True)


def _cycle(gait: Gait) -> Figure:
    frames = round(gait.stride * FPS)
    return gait_figure(replace(gait, stride=frames / FPS), np.linspace(0, 1, frames + 1))


def _with_hands(gait: Gait, name: str, text: str, arm: object, shape: str) -> Motion:
    figure = _cycle(gait)
    figure.arms = {side: arm(side, sign) for side, sign in SIDES}  # type: ignore[operator]
    figure.hands = {"left": shape, "right": shape}
    return figure.motion(name, text, FPS, loop=True)


def _stepwise(ankle: Float64, wander: Float64) -> Float64:
    """[F] the wander of the pelvis as a foot follows it: only while it is in the air."""
    moving = np.abs(np.gradient(ankle[:, 2])) > 0.012
    return _held_between(wander, moving)


def _held_between(values: Float64, moving: NDArray[np.bool_]) -> Float64:
    """``values`` where ``moving``; in between the foot keeps the mean of its stand, with smooth passages."""
    edges = np.flatnonzero(np.diff(np.concatenate([[True], moving, [True]]).astype(int)))
    result, stands = values.copy(), []
    for start, stop in edges.reshape(-1, 2):
        result[start:stop] = values[start:stop].mean()
        stands.append((start, stop))
    for (_, begin), (end, _) in pairwise(stands):
        u = np.linspace(0, 1, end - begin + 2)[1:-1]
        result[begin:end] = result[begin - 1] + (u * u * (3 - 2 * u)) * (result[end] - result[begin - 1])
    result[-1] = result[0] if len(stands) > 1 else result[-1]
    return result


def _skipping_foot(sign: float, phase: Float64, lap: Float64, travel: float, hop: Float64) -> Foot:
    """Down from 0 to 0.21 of the cycle, hopping with the body until 0.47, then swinging through knee high.

    The pelvis is over the foot at 0.12, so the foot strikes that far ahead of it.
    """
    stand, landed, off = 0.21, 0.47, 0.58
    lead, leap = 0.12, landed - stand
    places = PchipInterpolator([0, stand, landed, off, 1.0], [0.0, 0.0, leap, leap, 1.0])(phase)
    ahead = (lead + places) * travel
    up = np.where(phase < off, hop, 0.0) + 0.30 * np.sin(np.pi * ((phase - off) / (1 - off)).clip(0, 1)) ** 2
    keys = [(0, -6), (0.08, 0), (0.2, 30), (0.32, 34), (0.46, 4), (0.52, 0), (0.62, 44), (0.8, 22), (1.0, -6)]
    pitch = PchipInterpolator(*zip(*keys, strict=True))(phase)
    turned = euler(pitch, sign * 4)
    pivot = np.where((pitch < 0)[:, None], HEEL, TOE_JOINT)
    rolled = (euler(0, sign * 4) @ pivot[..., None] - turned @ pivot[..., None])[..., 0]
    ankle = np.stack([np.full_like(phase, sign * 0.07), ANKLE_HEIGHT + up, lap * travel + ahead], -1) + rolled
    return Foot(ankle, turned, -pitch.clip(0) * np.exp(-up / 0.05))
