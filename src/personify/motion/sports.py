"""Ball games, rackets and clubs, bows and swords, riding, rowing, gliding."""

from __future__ import annotations

import numpy as np

from personify.motion.clip import Motion
from personify.motion.handwork import Grip, Trunk, reaching, sine, stroke, working
from personify.motion.keyposes import STANDING, Swing, held, keyed, turned
from personify.motion.kinematics import SIDES
from personify.motion.posing import ANKLE_HEIGHT, TOE_JOINT, Figure, Foot, euler
from personify.motion.procedural import FPS, STAND
from personify.motion.timing import swept


def box(seconds: float = 4.8) -> Motion:
    """Box from the guard, left foot leading: a jab with the left, a cross with the right that turns hip and heel."""
    period = 1.6
    times = np.arange(round(max(1, round(seconds / period)) * period * FPS) + 1) / FPS
    within = times % period
    jab = swept(within, [(0, 0), (0.1, 0), (0.32, 1), (0.62, 0), (period, 0)])
    cross = swept(within, [(0, 0), (0.6, 0), (0.87, 1), (1.25, 0), (period, 0)])
    sway = np.sin(4 * np.pi * times / period)
    hips, chest = -28 - 6 * jab + 34 * cross, -8 - 12 * jab + 26 * cross
    figure = Figure(
        frames=len(times),
        pelvis=np.stack([0.012 * sway, STAND - 0.1 - 0.01 * (jab + cross), 0.04 * jab + 0.07 * cross - 0.02], -1),
        pelvis_rotation=euler(5, hips),
        spine=euler(10 + 4 * cross, chest),
        head=euler(-6, -0.9 * (hips + chest)),
        hands={"left": "fist", "right": "fist"},
    )
    ahead = euler(yaw=-(hips + chest))  # straight ahead, in axes of the chest
    for side, sign, out in (("left", 1.0, jab), ("right", -1.0, cross)):
        guard, fist = np.array((sign * 0.09, 0.02, 0.25 if side == "left" else 0.22)), np.array((-0.02, 0.06, 0.6))
        wrist = guard + out[:, None] * (ahead @ fist - guard)
        palm = np.array((-sign, 0, -0.4)) + out[:, None] * (sign, -1, 0.4)
        figure.arms[side] = reaching(side, wrist, palm, elbow=(sign * 0.5, -1, -0.1))
    ball = np.array((-0.14, ANKLE_HEIGHT, -0.12))
    turn = euler(yaw=-48 + 34 * cross)
    rear = Foot(ball - turn @ (0, 0, TOE_JOINT[2]), turn).heel_raised(14 + 22 * cross)
    figure.feet = {"left": Foot((0.12, ANKLE_HEIGHT, 0.2), euler(yaw=-12)), "right": rear}
    return figure.motion("box_punches", "box, throwing punches", FPS, loop=True)


def dribble(seconds: float = 4.0) -> Motion:
    """Bounce a basketball with the right hand, knees bent."""
    push = lambda c: stroke(c, 0, 0.75, 1.0, 0.35)  # noqa: E731 - one number used four times
    ball = Grip(
        lambda c: (-0.25, -0.26 - 0.17 * push(c), 0.34 + 0.02 * push(c)),
        (0, -1, 0),
        (0.2, 0.15, 1),
        (-1, -0.5, -0.4),
        "open",
    )
    guard = Grip(lambda c: (0.34, -0.26, 0.26 + 0.02 * sine(c)), (0, -0.7, 0.7), (0.1, 0.2, 1), (1, -0.6, 0), "open")
    trunk = Trunk(
        pelvis=lambda c: (0, -0.13 - 0.015 * push(c), -0.03),
        pelvis_turn=lambda c: (14, 0, 0),
        spine=lambda c: (14 + 2 * push(c), -6, 0),
        head=lambda c: (-18, 8 * sine(c / 4), 0),
        stance=0.19,
        stagger=0.18,
    )
    return working("dribble", "dribble a basketball", {"left": guard, "right": ball}, trunk, 0.62, seconds)


def basketball_shot() -> Motion:
    """Jump shot: dip, rise, release with the right hand, hold the follow-through."""
    dip = turned("volleyball_pass", spine2=(-6, 0, 0))
    keys = [
        (0, STANDING),
        (0.55, dip),
        (0.95, "basketball_shot"),
        (1.7, "basketball_shot"),
        (2.5, STANDING),
        (2.6, STANDING),
    ]
    return keyed("basketball_shot", "shoot a basketball", keys, (), ("open", "open"), (0.5, 1.7))


def golf() -> Motion:
    """Golf swing: address, backswing, through the ball, finish."""
    times = np.arange(round(4.4 * FPS) + 1) / FPS
    start, top, hit, finish, back = 0.9, 1.9, 2.18, 2.6, 3.5

    def keyed_values(*values: object) -> np.ndarray:
        """At rest, address, top of the backswing, impact, finish, at rest."""
        rest, address, high, struck, end, last = values
        at = (0.1, start, top - 0.1, top, hit, finish, back, 4.2)
        return swept(times, list(zip(at, (rest, address, high, high, struck, end, end, last), strict=True)))

    turn = keyed_values(0, 0, -38, 8, 62, 0)
    figure = Figure(
        frames=len(times),
        pelvis=np.stack(
            [
                keyed_values(0, 0, -0.03, 0.05, 0.09, 0),
                STAND - keyed_values(0, 0.06, 0.07, 0.06, 0.03, 0),
                keyed_values(0, -0.05, -0.05, -0.04, 0, 0),
            ],
            -1,
        ),
        pelvis_rotation=euler(keyed_values(0, 18, 16, 18, 4, 0), 0.6 * turn),
        spine=euler(keyed_values(0, 22, 20, 22, -4, 0), 0.9 * turn, keyed_values(0, 0, 4, -6, -6, 0)),
        head=euler(keyed_values(0, 8, 8, 8, 0, 0), -1.35 * turn.clip(-60, 20) + 0.3 * (turn - 20).clip(0)),
        hands={"left": "grip", "right": "grip"},
    )
    heel = keyed_values(0, 0, 0, 14, 52, 0)
    for side, sign in SIDES:
        rest = (sign * 0.25, -0.53, 0.06)
        hands_at = keyed_values(
            rest, (0.0, -0.50, 0.30), (-0.36, 0.10, 0.22), (0.03, -0.48, 0.32), (0.26, 0.16, 0.16), rest
        )
        figure.arms[side] = reaching(side, hands_at + np.array((sign * 0.03, 0, 0)), elbow=(sign * 0.8, -0.8, -0.1))
        foot = Foot((sign * 0.17, ANKLE_HEIGHT, 0.0), euler(yaw=sign * 12))
        figure.feet[side] = foot if side == "left" else foot.heel_raised(heel)
    return figure.motion("golf", "swing a golf club", FPS, loop=True)


def baseball() -> Motion:
    """Swing a bat at a pitched ball, level and all the way round."""
    times = np.arange(round(3.6 * FPS) + 1) / FPS

    def at(*values: object) -> np.ndarray:
        """At rest, cocked, striding, contact, followed through, at rest."""
        return swept(
            times, list(zip((0.1, 0.8, 1.25, 1.5, 1.85, 2.5, 3.4), (*values[:-1], values[-2], values[-1]), strict=True))
        )

    turn = at(0, -34, -40, 22, 62, 0)
    stride = at(0, 0, 1, 1, 1, 0)
    figure = Figure(
        frames=len(times),
        pelvis=np.stack([at(0, -0.05, 0.0, 0.07, 0.09, 0), STAND - at(0, 0.08, 0.09, 0.09, 0.07, 0), 0 * times], -1),
        pelvis_rotation=euler(6 * at(0, 1, 1, 1, 1, 0), 0.7 * turn),
        spine=euler(at(0, 12, 12, 10, 4, 0), 0.8 * turn, at(0, 0, 0, -6, -4, 0)),
        head=euler(0, -1.3 * turn.clip(-60, 30) + at(0, 22, 22, 6, 0, 0)),
        hands={"left": "grip", "right": "grip"},
    )
    for side, sign in SIDES:
        rest = (sign * 0.25, -0.53, 0.06)
        hands_at = at(rest, (-0.26, 0.06, 0.20), (-0.30, 0.04, 0.18), (0.02, -0.20, 0.46), (0.30, 0.10, 0.14), rest)
        figure.arms[side] = reaching(side, hands_at + np.array((sign * 0.03, 0, 0)), elbow=(sign * 1.0, -0.7, -0.1))
        step = 0.10 * stride * (side == "left")
        lift = 0.3 * stride * (1 - stride) * (side == "left")
        ankle = np.stack([sign * 0.17 + step, ANKLE_HEIGHT + lift, 0 * times], -1)
        foot = Foot(ankle, np.broadcast_to(euler(yaw=sign * 12), (len(times), 3, 3)))
        figure.feet[side] = (
            foot
            if side == "left"
            else Foot((sign * 0.17, ANKLE_HEIGHT, 0.0), euler(yaw=-12)).heel_raised(at(0, 0, 6, 24, 44, 0))
        )
    return figure.motion("baseball", "swing a baseball bat", FPS, loop=True)


def tennis() -> Motion:
    """Serve: toss with the left hand, reach back, strike high with the right, follow through."""
    loaded = turned("tennis_serve", right_elbow=(0, 0, 0))
    through = turned("throw_right", spine2=(24, 18, 0), right_shoulder=(0, -50, -30))
    keys = [(0, STANDING), (0.1, STANDING), (0.8, loaded), (1.15, loaded), (1.45, "right_arm_up"), (1.75, through),
            (2.6, STANDING), (2.7, STANDING)]  # fmt: skip
    return keyed("tennis_serve", "serve a tennis ball", keys, (), ("open", "grip"), (0.7, 1.9))


def soccer_kick() -> Motion:
    """Kick a ball with the right foot: step in, swing back, through, and recover."""
    back = turned("soccer_kick", right_hip=(75, 0, 0), right_knee=(70, 0, 0), spine1=(4, 0, 0))
    keys = [(0, STANDING), (0.15, STANDING), (0.62, back), (0.82, "soccer_kick"), (1.0, "soccer_kick"), (1.7, STANDING),
            (1.8, STANDING)]  # fmt: skip
    return keyed("soccer_kick", "kick a ball", keys, (), ("open", "open"), (0.4, 1.2))


def archery() -> Motion:
    """Nock, draw a bow, aim, loose the arrow and lower the bow."""
    nocked = turned("archer", right_elbow=(0, -70, 0), right_shoulder=(0, -30, 0))
    loosed = turned("archer", right_elbow=(0, 35, 0), right_shoulder=(0, 10, 0))
    keys = [(0, STANDING), (0.1, STANDING), (1.0, nocked), (1.25, nocked), (2.1, "archer"), (3.0, "archer"),
            (3.14, loosed), (3.5, loosed), (4.4, STANDING), (4.5, STANDING)]  # fmt: skip
    return keyed("archery", "draw a bow and shoot an arrow", keys, (), ("grip", "grip"), (0.8, 3.4))


def sword(seconds: float = 4.0) -> Motion:
    """Slash with a two-handed sword: from high right to low left, and back from the other side."""
    swing = lambda c: np.tanh(2.2 * np.cos(2 * np.pi * c)) / np.tanh(2.2)  # noqa: E731 - one number used many times
    high = lambda c: 0.5 + 0.5 * np.cos(4 * np.pi * c)  # noqa: E731

    def hand(sign: float) -> Grip:
        return Grip(
            lambda c: (-0.16 * swing(c) + sign * 0.03, -0.24 + 0.34 * high(c), 0.40 - 0.12 * high(c)),
            (-sign, 0, 0.2), (0.0, 0.5, 0.9), (sign, -0.7, 0),
        )  # fmt: skip

    trunk = Trunk(
        pelvis=lambda c: (-0.05 * swing(c), -0.12 - 0.03 * (1 - high(c)), 0.02),
        pelvis_turn=lambda c: (8, -16 * swing(c), 0),
        spine=lambda c: (16 - 14 * high(c), -24 * swing(c), 0),
        head=lambda c: (-6, 32 * swing(c), 0),
        stance=0.18,
        stagger=0.34,
    )
    return working("sword", "slash with a sword", {"left": hand(1), "right": hand(-1)}, trunk, 1.9, seconds)


def ride_bike(seconds: float = 4.0) -> Motion:
    """Pedal a bicycle; the root rolls forward."""
    times = np.arange(round(max(seconds, 1.0) / 0.8) * 24 + 1) / FPS
    turn = 2 * np.pi * times / 0.8
    speed = 4.5
    figure = Figure(
        frames=len(times),
        pelvis=np.stack([0.008 * np.sin(turn), np.full_like(times, 1.02), speed * times], -1),
        pelvis_rotation=euler(26, 0, 2 * np.sin(turn)),
        spine=euler(24, 0, -2 * np.sin(turn)),
        head=euler(-42),
        hands={"left": "grip", "right": "grip"},
    )
    for side, sign in SIDES:
        angle = turn + (0 if side == "left" else np.pi)
        ankle = np.stack(
            [
                np.full_like(times, sign * 0.10),
                0.40 + 0.165 * np.cos(angle),
                speed * times + 0.16 + 0.165 * np.sin(angle),
            ],
            -1,
        )
        figure.feet[side] = Foot(ankle, euler(12 - 16 * np.sin(angle)))
        figure.arms[side] = reaching(
            side, (sign * 0.22, -0.30, 0.40), (0, -0.8, 0.5), (-0.1 * sign, -0.1, 1), (sign, -0.7, -0.2)
        )
    return figure.motion("ride_bike", "ride a bicycle", FPS, loop=True)


def ride_horse(seconds: float = 4.0) -> Motion:
    """Canter: hips roll with the horse, reins in both hands."""
    period = 20
    times = np.arange(round(max(seconds, 1.0) * FPS / period) * period + 1) / FPS
    beat = 2 * np.pi * times * FPS / period
    speed = 5.0
    figure = Figure(
        frames=len(times),
        pelvis=np.stack([0 * times, 1.22 + 0.05 * np.sin(beat), speed * times + 0.04 * np.cos(beat)], -1),
        pelvis_rotation=euler(4 - 9 * np.sin(beat + 0.6)),
        spine=euler(6 + 9 * np.sin(beat + 0.4)),
        head=euler(-8 - 3 * np.sin(beat)),
        hands={"left": "grip", "right": "grip"},
    )
    for side, sign in SIDES:
        ankle = np.stack([np.full_like(times, sign * 0.30), 0.50 + 0.01 * np.sin(beat), speed * times + 0.02], -1)
        figure.feet[side] = Foot(ankle, euler(-8 + 4 * np.sin(beat), sign * 14))
        place = np.stack(
            [np.full_like(times, sign * 0.07), -0.30 + 0.02 * np.sin(beat), 0.30 + 0.04 * np.sin(beat + 1)], -1
        )
        figure.arms[side] = reaching(side, place, (-sign, 0, 0), (-0.2 * sign, 0.1, 1), (sign, -1, -0.4))
    return figure.motion("ride_horse", "ride a horse at a canter", FPS, loop=True)


def row(seconds: float = 6.0) -> Motion:
    """Row: catch, drive with the legs, swing back, pull to the ribs, recover."""
    period = 2.2
    times = np.arange(round(max(1, round(seconds / period)) * period * FPS) + 1) / FPS
    cycle = times / period
    legs, back, pull = (
        stroke(cycle, *values) for values in ((0, 0.75, 1, 0.9, 0.35), (0, 0.3, 1, 0.6, 0), (0, 0.1, 1, 0.25, 0))
    )
    figure = Figure(
        frames=len(times),
        pelvis=np.stack([0 * times, np.full_like(times, 0.28), -0.42 - 0.34 * legs], -1),
        pelvis_rotation=euler(8 - 22 * back),
        spine=euler(22 - 26 * back),
        head=euler(-12 + 16 * back),
        hands={"left": "grip", "right": "grip"},
    )
    for side, sign in SIDES:
        figure.feet[side] = Foot((sign * 0.11, 0.20, 0.02), euler(-32, sign * 4))
        place = np.stack([np.full_like(times, sign * 0.16), -0.26 - 0.02 * pull, 0.48 - 0.34 * pull], -1)
        figure.arms[side] = reaching(side, place, (0, -1, 0), (-0.1 * sign, 0, 1), (sign, -0.7, -0.5))
    return figure.motion("row", "row a boat", FPS, loop=True)


def ski(seconds: float = 4.0) -> Motion:
    """Ski downhill, swinging from edge to edge."""
    turns = (
        Swing("pelvis", (0, 6, 10), 0.5), Swing("spine2", (0, -10, -10), 0.5), Swing("head", (0, 3, -3), 0.5),
        Swing("knee", (8, 0, 0), 1.0),
    )  # fmt: skip
    return held("ski", "ski downhill", "ski", turns, ("grip", "grip"), seconds)


def surf(seconds: float = 4.0) -> Motion:
    """Ride a wave on a board, arms out for balance."""
    balance = (
        Swing("pelvis", (5, 0, 5), 0.6), Swing("spine2", (4, 10, -6), 0.6, 0.1), Swing("shoulder", (0, 6, 12), 0.6,
            0.2, True),
        Swing("knee", (9, 0, 0), 0.8),
    )  # fmt: skip
    return held("surf", "surf a wave", "surf", balance, ("open", "open"), seconds)
