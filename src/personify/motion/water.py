"""Swimming, climbing and flying: the body borne by something other than the floor."""

from __future__ import annotations

import numpy as np

from personify.motion.clip import Motion
from personify.motion.handwork import reaching, stroke
from personify.motion.kinematics import SIDES, Float64
from personify.motion.posing import ANKLE_HEIGHT, PELVIS_HEIGHT, Arm, Figure, Foot, euler
from personify.motion.procedural import FPS

WATER = 0.55  # height of a swimmer's pelvis above the floor, metres


def swim(seconds: float = 4.0) -> Motion:
    """Front crawl: arms in turn, a six-beat kick, the head turning to breathe."""
    cycle, times = _cycles(seconds, 1.6)
    roll = 24 * np.sin(2 * np.pi * cycle)
    figure = _prone(times, 1.3, roll)
    figure.spine = euler(-4, 0, 0)
    figure.head = euler(-24, 30 * stroke(cycle, 0, 0, -1, -1, 0, 0))
    for side, sign in SIDES:
        phase = cycle + (0.25 if side == "left" else 0.75)
        angle = 2 * np.pi * phase  # 0 = stretched ahead, a quarter = down through the water, half = at the hip
        out = 0.14 + 0.22 * (-np.sin(angle)).clip(0)
        upper = np.stack([sign * out, np.cos(angle), np.sin(angle)], -1)
        bent = angle - 0.22 - 0.8 * np.sin(angle).clip(0) ** 2  # bent under water, all but straight above it
        fore = np.stack([sign * 0.08 + 0 * out, np.cos(bent), np.sin(bent)], -1)
        figure.arms[side] = Arm(upper, fore, shrug=8 * np.cos(angle).clip(0))
        figure.hands[side] = "open"
        kick = np.sin(6 * np.pi * cycle + (0 if side == "left" else np.pi))
        _trail(
            figure,
            side,
            np.stack([np.full_like(kick, sign * 0.085), -0.865 + 0.02 * kick, 0.11 * kick], -1),
            62 + 8 * kick,
        )
    return figure.motion("swim", "swim the front crawl", FPS, loop=True)


def breaststroke(seconds: float = 5.0) -> Motion:
    """Breaststroke: pull, breathe, frog kick, glide."""
    cycle, times = _cycles(seconds, 2.0)
    pull, kick = stroke(cycle, 0, 0.9, 0.7, 0, 0, 0), stroke(cycle, 0, 0.2, 0.9, 0.7, 0.1, 0)
    apart = stroke(cycle, 0, 0.2, 0.5, 1, 0.3, 0)
    figure = _prone(times, 0.8, 0 * times)
    figure.pelvis[:, 1] += 0.05 * pull
    figure.pelvis_rotation = figure.pelvis_rotation @ euler(-10 * pull)
    figure.spine, figure.head = euler(-14 * pull), euler(-18 - 28 * pull)
    for side, sign in SIDES:
        place = np.stack([sign * (0.07 + 0.30 * pull), 0.50 - 0.42 * pull, 0.08 + 0.22 * pull], -1)
        figure.arms[side] = reaching(side, place, (0, 0, 1), None, (sign, -0.2, -0.3))
        figure.hands[side] = "open"
        ankle = np.stack([sign * (0.08 + 0.10 * kick + 0.26 * apart), -0.86 + 0.36 * kick, -0.10 * kick], -1)
        _trail(figure, side, ankle, 68 - 70 * kick)
    return figure.motion("breaststroke", "swim breaststroke", FPS, loop=True)


def fly(seconds: float = 4.0) -> Motion:
    """Fly like a superhero, one fist ahead."""
    cycle, times = _cycles(seconds, 2.0)
    figure = _prone(times, 5.0, 10 * np.sin(2 * np.pi * cycle))
    figure.pelvis[:, 1] = 1.5 + 0.06 * np.sin(2 * np.pi * cycle + 1)
    figure.spine, figure.head = euler(-10), euler(-48)
    figure.arms["right"] = Arm((-0.12, 1, 0.1), (-0.02, 1, 0.05), palm=(0, 0, 1))
    figure.arms["left"] = Arm((0.2, -1, -0.15), (0.08, -1, 0.0), palm=(-1, 0, 0))
    figure.hands = {"left": "fist", "right": "fist"}
    for side, sign in SIDES:
        wave = 0.03 * np.sin(2 * np.pi * cycle + (0 if side == "left" else 1))
        bend = 0.0 if side == "left" else 0.10
        _trail(figure, side, np.stack([np.full_like(wave, sign * 0.07), -0.87 + bend + 0 * wave, wave - bend], -1), 60)
    return figure.motion("fly", "fly like a superhero", FPS, loop=True)


def climb(seconds: float = 3.6) -> Motion:
    """Climb a ladder for as long as asked: one hand and the opposite foot move while the others hold."""
    period, rung = 1.8, 0.30  # each limb goes up two rungs a period
    times = np.arange(round(max(seconds, period) * FPS) + 1) / FPS
    cycle = times / period
    rise = 2 * rung * (cycle + 0.02 * np.sin(4 * np.pi * cycle))
    figure = Figure(
        frames=len(times),
        pelvis=np.stack([0.035 * np.sin(2 * np.pi * cycle), PELVIS_HEIGHT + 0.12 + rise, 0 * times], -1),
        pelvis_rotation=euler(10, 0, 5 * np.sin(2 * np.pi * cycle)),
        spine=euler(-4, 5 * np.sin(2 * np.pi * cycle), -5 * np.sin(2 * np.pi * cycle)),
        head=euler(-20, 6 * np.sin(2 * np.pi * cycle)),
        hands={"left": "grip", "right": "grip"},
    )
    for side, sign in SIDES:
        hand, foot = (0.0, 0.5) if side == "left" else (0.5, 0.0)
        step, lift = _steps(cycle - foot)
        ankle = np.stack([np.full_like(times, sign * 0.13), 0.30 + 2 * rung * step, 0.30 - 0.10 * lift], -1)
        figure.feet[side] = Foot(ankle, euler(6 + 14 * lift, sign * 6))
        step, lift = _steps(cycle - hand)
        height = 1.46 + 2 * rung * step - (PELVIS_HEIGHT + 0.12 + rise) - 0.44  # above the shoulders
        place = np.stack([np.full_like(times, sign * 0.17), 0.10 + height, 0.34 - 0.08 * lift], -1)
        figure.arms[side] = reaching(side, place, (0, -0.2, 1), (0, 0.9, 0.5), (sign * 0.9, -0.9, -0.2))
    return figure.motion("climb", "climb a ladder", FPS)


def climb_stairs(seconds: float = 4.0, down: bool = False) -> Motion:
    """Walk up stairs (or down, facing forward) for as long as asked."""
    period, tread, riser = 1.24, 0.29, 0.17
    times = np.arange(round(max(seconds, period) * FPS) + 1) / FPS
    cycle, way = times / period, -1.0 if down else 1.0
    progress = 2 * cycle + 0.4  # stairs; a foot lands three quarters of a stair ahead of the pelvis
    base = riser * np.ceil(progress[-1] + 1) if down else 0.0
    sway, twist = np.cos(2 * np.pi * (cycle - 0.3)), np.cos(2 * np.pi * cycle)
    height = PELVIS_HEIGHT - (0.11 if down else 0.05) + base + way * riser * progress + 0.02 * np.sin(4 * np.pi * cycle)
    figure = Figure(
        frames=len(times),
        pelvis=np.stack([0.03 * sway, height, tread * progress], -1),
        pelvis_rotation=euler(2 if down else 7, 4 * twist, 4 * sway),
        spine=euler(4 if down else 7, -8 * twist, -4 * sway),
        head=euler(12 if down else -6, 4 * twist),
    )
    for side, sign in SIDES:
        own = 0.0 if side == "left" else 0.5
        step, lift = _steps(cycle - own, 0.42)
        place = 2 * step + 2 * own
        figure.feet[side] = Foot(
            np.stack([np.full_like(times, sign * 0.085), ANKLE_HEIGHT + base + way * riser * place + 0.12 * lift,
                      tread * place], -1), euler(8 * lift, sign * 7))  # fmt: skip
        swing = -0.45 * np.cos(2 * np.pi * (cycle - own))
        upper = np.stack([np.full_like(swing, sign * 0.2), -np.cos(swing), np.sin(swing)], -1)
        fore = np.stack([np.full_like(swing, sign * 0.1), -np.cos(swing + 0.5), np.sin(swing + 0.5)], -1)
        figure.arms[side] = Arm(upper, fore, (-sign, 0, 0.2))
    name = "down_stairs" if down else "climb_stairs"
    return figure.motion(name, f"walk {'down' if down else 'up'} stairs", FPS)


def _cycles(seconds: float, period: float) -> tuple[Float64, Float64]:
    count = max(1, round(seconds / period))
    times = np.arange(round(count * period * FPS) + 1) / FPS
    return count * times / times[-1], times


def _steps(cycle: Float64, share: float = 0.45) -> tuple[Float64, Float64]:
    """Steps taken by a limb that moves during ``share`` of every cycle and rests in the remainder; and its lift."""
    whole = np.floor(cycle)
    u = ((cycle - whole) / share).clip(0, 1)
    return whole + u * u * (3 - 2 * u), np.sin(np.pi * u) ** 2


def _prone(times: Float64, speed: float, roll: Float64) -> Figure:
    """A body lying forward in the water and travelling head first."""
    pelvis = np.stack([0 * times, np.full_like(times, WATER), speed * times], -1)
    return Figure(len(times), pelvis, euler(84) @ euler(yaw=roll))


def _trail(figure: Figure, side: str, ankle: Float64, point: Float64 | float) -> None:
    """Put a foot at ``ankle`` [F, 3] in the axes of the pelvis, toes pointed by ``point`` degrees."""
    rotation = np.broadcast_to(figure.pelvis_rotation, (figure.frames, 3, 3))
    world = np.asarray(figure.pelvis) + np.einsum("fab,fb->fa", rotation, ankle)
    figure.feet[side] = Foot(world, rotation @ euler(np.broadcast_to(point, (figure.frames,))))
