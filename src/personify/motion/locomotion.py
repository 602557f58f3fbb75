"""Walking, running and their relatives: one parametric gait with feet that roll and never slide."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from scipy.interpolate import BPoly

from personify.errors import PersonifyError
from personify.motion.clip import Motion
from personify.motion.kinematics import SIDES, Float64
from personify.motion.posing import ANKLE_HEIGHT, HEEL, PELVIS_HEIGHT, TOE_JOINT, Arm, Figure, Foot, euler

_WHIP = 180.0  # degrees per swing: a foot that leaves the floor turning faster than this is held back by its ankle


@dataclass(frozen=True)
class Gait:
    """A way of going; phases are fractions of the cycle of one foot, which strikes at phase 0. Angles in degrees.

    Attributes:
        speed: metres per second for an adult.
        stride: seconds of a full cycle (two steps) at that speed.
        stance: fraction of the cycle a foot is on the floor; below 0.5 both feet are in the air at times.
        strike, push: pitch of the foot at first contact (toes up) and at toe-off (heel up).
        lift: extra height of the ankle in mid-swing, metres; ``lift_peak`` is when, as a fraction of the swing.
        ahead: how far before the pelvis the ankle is in the middle of its stance, metres; negative = behind.
        width: distance of each foot from the middle line, metres.
        crouch: how far the pelvis is lowered, metres.
        bob: rise of the pelvis over the standing leg, metres; negative = sinks (running).
        sway: sideways shift of the pelvis over the standing leg, metres.
        yaw, drop: turn of the pelvis with the leading leg, drop of the hip on the swinging side.
        lean: forward lean of the trunk.
        counter: turn of the shoulders against the pelvis.
        swing, elbow: how far the arms swing to and fro, how much the elbows are bent.
        hands: finger shape.
    """

    speed: float = 1.3
    stride: float = 1.07
    stance: float = 0.62
    strike: float = 20
    push: float = 48
    lift: float = 0.035
    lift_peak: float = 0.4
    ahead: float = -0.09
    width: float = 0.075
    crouch: float = 0.012
    bob: float = 0.016
    sway: float = 0.022
    yaw: float = 5
    drop: float = 4
    lean: float = 2.5
    counter: float = 5
    swing: float = 24
    elbow: float = 16
    hands: str = "relaxed"


GAITS: dict[str, Gait] = {
    "walk": Gait(),
    "stroll": Gait(speed=0.85, stride=1.3, stance=0.65, strike=15, push=40, swing=15, lean=1),
    "march": Gait(speed=1.15, stride=1.1, stance=0.58, strike=6, push=35, lift=0.2, lift_peak=0.55, sway=0.015, yaw=3,
                  drop=2, lean=-1, swing=42, elbow=12, hands="fist"),
    "sneak": Gait(speed=0.55, stride=1.7, stance=0.64, strike=-4, push=42, lift=0.13, lift_peak=0.5, crouch=0.14,
                  bob=0.008, sway=0.03, lean=20, swing=14, elbow=75, counter=3),
    "jog": Gait(speed=2.3, stride=0.76, stance=0.40, strike=6, push=52, lift=0.10, lift_peak=0.32, width=0.05,
                crouch=0.05, bob=-0.03, sway=0.012, yaw=5, drop=3, lean=6, counter=9, swing=30, elbow=88, hands="grip"),
    "run": Gait(speed=3.5, stride=0.68, stance=0.32, strike=4, push=55, lift=0.20, lift_peak=0.34, width=0.04,
                crouch=0.06, bob=-0.04, sway=0.01, yaw=7, drop=4, lean=9, counter=13, swing=42, elbow=92, hands="grip"),
    "sprint": Gait(speed=5.5, stride=0.54, stance=0.26, strike=-10, push=58, lift=0.30, lift_peak=0.36, width=0.035,
                   crouch=0.06, bob=-0.035, sway=0.008, yaw=9, drop=4, lean=15, counter=16, swing=58, elbow=90,
                   hands="open"),
    "swagger": Gait(speed=1.15, stride=1.2, stance=0.63, strike=16, width=0.1, sway=0.045, yaw=7, drop=6, lean=-3,
                    counter=10, swing=26, elbow=22),
    "trudge": Gait(speed=0.7, stride=1.35, stance=0.67, strike=8, push=32, lift=0.015, crouch=0.035, lean=14, swing=9,
                   elbow=8, sway=0.03),
}  # fmt: skip


def gait_motion(name: str, speed: float = 1.0, fps: float = 30.0) -> Motion:
    """One cycle (two steps) of a gait as a loop that travels forward.

    Args:
        name: one of `GAITS`.
        speed: factor on the natural speed, 0.4 to 1.6; steps get longer and quicker by its square root each.
        fps: frames per second.

    Raises:
        PersonifyError: unknown gait or factor out of range.

    Example:
        >>> walk = gait_motion("walk")
        >>> walk.loop, round(float(walk.translation[-1, 2] / walk.duration), 1)
        (True, 1.3)
    """
    if name not in GAITS:
        raise PersonifyError(f"gait {name!r} is not known; expected one of {', '.join(GAITS)}")
    if not 0.4 <= speed <= 1.6:
        raise PersonifyError(f"speed: {speed:g} is out of range; expected 0.4 to 1.6")
    gait = GAITS[name]
    vigour = float(np.sqrt(speed))
    gait = replace(gait, speed=gait.speed * speed, stride=gait.stride / vigour, swing=gait.swing * vigour,
                   yaw=gait.yaw * vigour, bob=gait.bob * vigour)  # fmt: skip
    frames = round(gait.stride * fps)
    phase = np.linspace(0, 1, frames + 1)
    figure = gait_figure(replace(gait, stride=frames / fps), phase)
    return figure.motion(name, _TEXTS[name], fps, loop=True)


_TEXTS = {
    "walk": "walk", "stroll": "stroll leisurely", "march": "march", "sneak": "sneak", "jog": "jog", "run": "run",
    "sprint": "sprint", "swagger": "walk with swagger", "trudge": "trudge along, tired",
}  # fmt: skip


def gait_figure(gait: Gait, phase: Float64) -> Figure:
    """The figure of somebody who walks so, at ``phase`` [F] of the cycle; change its arms before asking its motion."""
    travel = gait.speed * gait.stride
    wave, standing = 2 * np.pi * phase, 2 * np.pi * (phase - gait.stance / 2)  # the left foot strikes at phase 0
    leading = np.cos(wave)
    height = PELVIS_HEIGHT - gait.crouch + gait.bob * np.cos(2 * standing)
    pelvis = np.stack([gait.sway * np.cos(standing), height, travel * phase], -1)
    lean = gait.lean * (1 + 0.15 * np.cos(2 * wave))
    pelvis_yaw, chest_yaw = -gait.yaw * leading, gait.counter * leading
    drop = gait.drop * np.cos(standing)
    return Figure(
        frames=len(phase),
        pelvis=pelvis,
        pelvis_rotation=euler(0.35 * lean, pelvis_yaw, drop),
        spine=euler(0.65 * lean, chest_yaw - pelvis_yaw, -0.9 * drop),
        head=euler(-0.8 * lean, -0.9 * chest_yaw),
        arms={side: _arm(side, sign, gait, phase + (0 if side == "left" else 0.5)) for side, sign in SIDES},
        feet={
            side: _foot(sign, gait, phase + (0 if side == "left" else 0.5), travel, 0 if side == "left" else -0.5)
            for side, sign in SIDES
        },
        hands={"left": gait.hands, "right": gait.hands},
    )


def _arm(side: str, sign: float, gait: Gait, phase: Float64) -> Arm:
    forward = -np.cos(2 * np.pi * (phase - 0.03))  # against the leg of the same side
    swing = np.radians(0.95 * gait.swing * forward + 0.02 * gait.elbow)
    bend = np.radians(gait.elbow * (1 + 0.14 * forward) + 4)
    aside = sign * (0.2 + 0.001 * gait.elbow)
    inward = -sign * 0.006 * gait.elbow * (0.3 + 0.35 * (1 + forward))
    upper = np.stack([np.full_like(swing, aside), -np.cos(swing), np.sin(swing)], -1)
    fore = np.stack([aside * 0.6 + inward * 0.6, -np.cos(swing + bend), np.sin(swing + bend)], -1)
    return Arm(upper, fore, palm=(-sign, 0, 0.2) if gait.elbow < 60 else (-sign, -0.35, 0))


def _foot(sign: float, gait: Gait, phase: Float64, travel: float, lap: float) -> Foot:
    """Foot of one side; ``lap`` is where its phase 0 lies, in cycles of the body's travel."""
    cycle = np.floor(phase + 1e-9)
    within = phase - cycle
    place = (cycle + lap + gait.stance / 2) * travel
    toe_out = sign * (7 if gait.stance > 0.5 else 3)
    stance_ankle, stance_pitch = _stance(gait, (within / gait.stance).clip(0, 1), toe_out)
    swing_ankle, swing_pitch = _swing(gait, ((within - gait.stance) / (1 - gait.stance)).clip(0, 1), toe_out, travel)
    planted = within <= gait.stance
    ankle = np.where(planted[:, None], stance_ankle, swing_ankle)
    pitch = np.where(planted, stance_pitch, swing_pitch)
    ankle = ankle + np.stack([np.full_like(place, sign * gait.width), 0 * place, place + gait.ahead], -1)
    swing = ((within - gait.stance) / (1 - gait.stance)).clip(0, 1)
    toes = -pitch.clip(0) * (1 - swing) ** 3
    clear = 0.03 * (1 - (1 - swing) ** 6) * (1 - swing**4)  # the sole leaves the floor fast and comes down slowly
    lack = clear - _lowest(ankle[:, 1], pitch, toes)
    ankle[:, 1] += np.where(planted, 0, (lack + np.hypot(lack, 0.005)) / 2)
    return Foot(ankle, euler(pitch, toe_out), toes)


def _lowest(ankle_height: Float64, pitch: Float64, toes: Float64) -> Float64:
    """[F] height of the lowest sole point."""
    flat = np.stack([0 * ankle_height, ankle_height, 0 * ankle_height], -1)
    return Foot(flat, euler(pitch), toes).lowest()


def _stance(gait: Gait, progress: Float64, toe_out: float) -> tuple[Float64, Float64]:
    """Ankle [F, 3] relative to the flat foot's floor point, and pitch [F], while the foot rolls from heel to ball."""
    landing = (1 - progress / 0.24).clip(0, 1)
    pushing = ((progress - 0.3) / 0.7).clip(0, 1)
    pitch = -gait.strike * landing**3 + gait.push * pushing**2
    turned, flat = euler(pitch, toe_out), euler(0, toe_out)
    pivot = np.where((pitch < 0)[:, None], HEEL, TOE_JOINT)  # the toes stay flat under their joint
    return (flat @ pivot[..., None] - turned @ pivot[..., None])[..., 0] + (0, ANKLE_HEIGHT, 0), pitch


def _swing(gait: Gait, progress: Float64, toe_out: float, travel: float) -> tuple[Float64, Float64]:
    """Ankle and pitch in the air: a quintic between toe-off and the next strike that keeps the speeds at both ends."""
    step = 1e-4
    ankles, pitches = _stance(gait, np.array([1 - step, 1.0, 0.0, step]), toe_out)
    ankles[2:, 2] += travel
    state = np.concatenate([ankles, pitches[:, None]], 1)
    speeds = np.diff(state, axis=0)[[0, 2]] * (1 - gait.stance) / gait.stance / step
    speeds *= np.minimum(1, _WHIP / np.abs(speeds[:, 3:]).clip(1e-9))
    ends = [[state[1], speeds[0], 0 * speeds[0]], [state[2], speeds[1], 0 * speeds[1]]]
    path = BPoly.from_derivatives([0, 1], ends)(progress)
    peak = gait.lift_peak
    power = 3 * peak / (1 - peak)
    path[:, 1] += gait.lift * (progress / peak) ** power * ((1 - progress) / (1 - peak)) ** 3
    return path[:, :3], path[:, 3]
