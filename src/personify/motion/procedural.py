"""Everyday motions computed from a few numbers: standing, waving, jumping, sitting, turning, nodding."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from personify.errors import PersonifyError
from personify.motion.clip import Motion
from personify.motion.kinematics import SIDES, Float64
from personify.motion.posing import ANKLE_HEIGHT, PELVIS_HEIGHT, Arm, Figure, Foot, euler, hanging_arm, standing_foot
from personify.motion.timing import eased

FPS = 30.0
STAND = PELVIS_HEIGHT - 0.004
GRAVITY = 9.81


def frame_times(seconds: float) -> Float64:
    """[F] times at 30 fps from 0 to ``seconds``.

    Raises:
        PersonifyError: not between 0.2 and 600 seconds.
    """
    if not 0.2 <= seconds <= 600:
        raise PersonifyError(f"seconds: {seconds:g} is out of range; expected 0.2 to 600")
    return np.arange(round(seconds * FPS) + 1) / FPS


def standing(times: Float64, seconds: float) -> Figure:
    """A living, standing figure: breathing and a slow shift of weight that repeat after ``seconds``."""
    phase = 2 * np.pi * times / seconds
    breaths = max(1, round(seconds / 3.5))
    breath = np.sin(breaths * phase)
    shift = np.sin(phase)
    arms = {}
    for side, sign in SIDES:
        rest = hanging_arm(side)
        sweep = 0.012 * breath[:, None] * (sign, 0, 0) + 0.02 * np.sin(phase + sign)[:, None] * (0, 0, 1)
        arms[side] = replace(rest, upper=rest.upper + sweep, fore=rest.fore + 1.5 * sweep, shrug=0.8 * breath)
    return Figure(
        frames=len(times),
        pelvis=np.stack([0.016 * shift, STAND - 0.003 * shift**2, 0.004 * np.sin(2 * phase + 1)], -1),
        pelvis_rotation=euler(0.3 * breath, 1.2 * np.sin(phase + 2), 1.3 * shift),
        spine=euler(0.9 * breath, 0.8 * np.sin(phase + 1), -1.6 * shift),
        head=euler(-1.0 * breath, 0, 0.5 * shift),
        arms=arms,
        feet={"left": standing_foot("left", 0.11, 0.02), "right": standing_foot("right", 0.11, -0.015)},
    )


def idle(seconds: float = 8.0) -> Motion:
    """Stand at ease: breathe, shift weight, glance about; a loop."""
    times = frame_times(seconds)
    figure = standing(times, seconds)
    glance = eased(times / seconds, [(0, 0), (0.12, 0), (0.2, 14), (0.38, 14), (0.46, 0), (0.62, 0), (0.7, -10),
                                     (0.82, -10), (0.9, 0), (1, 0)])  # fmt: skip
    figure.head = figure.head @ euler(2 - 0.1 * np.abs(glance), glance)
    return figure.motion("idle", "stand idle, breathing", FPS, loop=True)


def wave(side: str = "right", beats: int = 4) -> Motion:
    """Raise a hand, wave it ``beats`` times, lower it; head and trunk join in. Starts and ends standing, so it
    loops."""
    if not 1 <= beats <= 200:
        raise PersonifyError(f"beats: {beats} is out of range; expected 1 to 200")
    sign = dict(SIDES)[side]
    begin, hertz = 0.72, 1.9
    end = begin + beats / hertz
    times = frame_times(round(end * FPS) / FPS + 0.9)
    seconds = float(times[-1])
    figure = standing(times, seconds)
    up = eased(times, [(0, 0), (0.1, 0), (0.8, 1), (end, 1), (end + 0.75, 0), (seconds, 0)])
    beat = np.sin(2 * np.pi * hertz * (times - begin)) * eased(
        times, [(0, 0), (begin - 0.2, 0), (begin + 0.15, 1), (end - 0.15, 1), (end + 0.05, 0), (seconds, 0)]
    )
    rest = hanging_arm(side)
    # The hand passes in front of the body on its way, as the elbow can only bend forward.
    upper = _mixed(rest.upper, (sign * 0.80, -0.12, 0.42), up)
    late = (up**1.6)[:, None]
    fore = np.asarray(rest.fore) * (1 - late) + late * np.stack(
        [sign * (0.22 + 0.40 * beat), np.ones_like(beat), np.full_like(beat, 0.22)], -1
    )
    fore += (3.2 * late * (1 - late)) * (0, 0, 1)
    hand = fore + (up * 0.35 * _delayed(beat, 2))[:, None] * (sign, 0, 0)
    palm = _mixed((-sign, 0, 0.15), (-sign * 0.1, 0, 1), up)
    figure.arms[side] = Arm(upper, fore, palm, hand, shrug=3 * up)
    figure.hands[side] = "open"
    figure.spine = figure.spine @ euler(0, -2 * sign * up, -2.5 * sign * up)
    figure.head = figure.head @ euler(-2 * up, 3 * sign * up, -sign * 6 * up)
    return figure.motion(f"wave_hello_{side}", f"wave hello with the {side} hand", FPS, loop=True)


def jump(height: float = 0.3) -> Motion:
    """Crouch, jump ``height`` metres straight up, land softly and stand up again; loops."""
    if not 0.05 <= height <= 1.2:
        raise PersonifyError(f"height: {height:g} is out of range; expected 0.05 to 1.2 metres")
    speed = float(np.sqrt(2 * GRAVITY * height))
    flight = 2 * speed / GRAVITY
    crouched, off = 0.55, 0.55 + 0.26
    landed = off + flight
    times = frame_times(landed + 1.05)
    tiptoe = 0.055
    pelvis_height = STAND + np.select(
        [times < crouched, times < off, times < landed],
        [
            eased(times, [(0, 0), (0.08, 0), (crouched, -0.30)]),
            _hermite((times - crouched) / 0.26, -0.30, 0, tiptoe, speed * 0.26),
            tiptoe + speed * (times - off) - GRAVITY * (times - off) ** 2 / 2,
        ],
        np.where(
            times < landed + 0.22,
            _hermite((times - landed) / 0.22, tiptoe, -speed * 0.22, -0.22, 0),
            eased(times, [(landed + 0.22, -0.22), (landed + 0.85, 0)]),
        ),
    )
    pitch = eased(times, [(crouched + 0.08, 0), (off, 42), (off + flight / 2, 38), (landed, 34), (landed + 0.13, 0)])
    rise = np.where((times > off) & (times < landed), pelvis_height - STAND - tiptoe, 0)
    tuck = 0.25 * rise * np.sin(np.pi * ((times - off) / flight).clip(0, 1))
    bend = eased(times, [(0, 0), (crouched, 1), (off, -0.12), (landed, 0.1), (landed + 0.22, 0.7), (landed + 0.9, 0)])
    reach = eased(
        times, [(0.1, 0.0), (crouched - 0.12, -0.65), (off + 0.14, 2.2), (landed + 0.1, 0.8), (landed + 0.7, 0)]
    )
    back = -0.10 * bend.clip(0)
    figure = Figure(
        frames=len(times),
        pelvis=np.stack([0 * times, pelvis_height, back], -1),
        pelvis_rotation=euler(26 * bend),
        spine=euler(22 * bend),
        head=euler(-30 * bend.clip(0) - 4),
        feet={side: _hopping_foot(side, pitch, rise + tuck) for side, _ in SIDES},
        arms={side: _swung_arm(sign, reach) for side, sign in SIDES},
    )
    return figure.motion("jump", "jump up high", FPS, loop=True)


def hop(height: float = 0.1) -> Motion:
    """One light jump off both feet as a loop: repeat it to hop on the spot."""
    if not 0.03 <= height <= 0.4:
        raise PersonifyError(f"height: {height:g} is out of range; expected 0.03 to 0.4 metres")
    speed = float(np.sqrt(2 * GRAVITY * height))
    contact, flight = 0.26, 2 * speed / GRAVITY
    seconds = round((contact + flight) * FPS) / FPS
    contact = seconds - flight
    times = frame_times(seconds)
    down, up = (times / contact).clip(0, 1), ((times - contact) / flight).clip(0, 1)
    tiptoe = 0.03
    dip = _hermite((2 * down).clip(0, 1), 0, -speed * contact / 2, -0.11, 0)
    push = _hermite((2 * down - 1).clip(0, 1), -0.11, 0, 0, speed * contact / 2)
    rise = 4 * height * up * (1 - up)
    bend = np.sin(np.pi * down)
    figure = Figure(
        frames=len(times),
        pelvis=np.stack(
            [0 * times, STAND + tiptoe + np.where(down < 0.5, dip, np.where(up > 0, rise, push)), 0 * times], -1
        ),
        pelvis_rotation=euler(4 + 7 * bend),
        spine=euler(4 + 5 * bend),
        head=euler(-7 * bend),
        feet={side: _hopping_foot(side, 30 - 28 * bend, rise) for side, _ in SIDES},
        arms={side: _swung_arm(sign, 0.25 - 0.3 * bend) for side, sign in SIDES},
    )
    for arm in figure.arms.values():
        arm.fore = np.add(arm.fore, (0, 0.5, 0.9))
    return figure.motion("hop", "hop on the spot", FPS, loop=True)


def sit(seconds: float = 5.0, seat: float = 0.46) -> Motion:
    """Sit down on a seat ``seat`` metres high, hands on the thighs, and stay seated, breathing."""
    times = frame_times(max(seconds, 2.2))
    down = eased(times, [(0, 0), (0.25, 0), (1.55, 1)])
    lean = eased(times, [(0, 0), (0.9, 1), (1.7, 0.12)])
    drop = down**1.3 * (STAND - seat - 0.085)
    breath = np.sin(2 * np.pi * times / 3.5) * down
    figure = Figure(
        frames=len(times),
        pelvis=np.stack([0 * times, STAND - drop, -0.42 * down], -1),
        pelvis_rotation=euler(30 * lean - 4 * down),
        spine=euler(20 * lean + 4 * down + 0.8 * breath),
        head=euler(-18 * lean - 0.8 * breath, 6 * np.sin(2 * np.pi * times / 6.1) * down),
        feet={side: standing_foot(side, 0.12, 0.0, 8) for side, _ in SIDES},
    )
    for side, sign in SIDES:
        rest = hanging_arm(side)
        upper = _mixed(rest.upper, (sign * 0.17, -1, 0.24), down)
        fore = _mixed(rest.fore, (-sign * 0.10, -0.33, 1), down)
        figure.arms[side] = Arm(upper, fore, _mixed((-sign, 0, 0.15), (-sign * 0.3, -1, 0), down))
    return figure.motion("sit", "sit down and stay seated", FPS)


def crouch(seconds: float = 3.0) -> Motion:
    """Go down into a low crouch and stay there, looking about."""
    times = frame_times(max(seconds, 1.6))
    down = eased(times, [(0, 0), (0.15, 0), (1.1, 1)])
    figure = Figure(
        frames=len(times),
        pelvis=np.stack([0 * times, STAND - 0.46 * down, -0.12 * down], -1),
        pelvis_rotation=euler(30 * down),
        spine=euler(24 * down),
        head=euler(-36 * down, 22 * np.sin(2 * np.pi * (times - 1.1).clip(0) / 3.4) * down),
        feet={
            "left": standing_foot("left", 0.14, 0.10, 14),
            "right": standing_foot("right", 0.13, -0.12, 10).heel_raised(48 * down),
        },
    )
    for side, sign in SIDES:
        rest = hanging_arm(side)
        upper = _mixed(rest.upper, (sign * 0.45, -0.75, 0.75), down)
        fore = _mixed(rest.fore, (-sign * 0.25, -0.45, 1), down)
        figure.arms[side] = Arm(upper, fore, _mixed((-sign, 0, 0.15), (-sign * 0.5, -1, 0.2), down))
    return figure.motion("crouch", "crouch down", FPS)


def turn(degrees: float = 180.0) -> Motion:
    """Turn on the spot in small steps; positive = to the person's left. Ends standing."""
    if not 10 <= abs(degrees) <= 720:
        raise PersonifyError(f"degrees: {degrees:g} is out of range; expected 10 to 720 either way")
    steps = int(np.ceil(abs(degrees) / 45)) * 2
    step_time = 0.36
    times = frame_times(0.3 + step_time * steps + 0.4)
    end = 0.2 + step_time * steps
    yaw = (
        eased(times, [(0.1, 0), (end / 2, degrees / 2), (end, degrees)])
        if steps <= 4
        else degrees * _ramp(times, 0.1, end)
    )
    figure = standing(times, float(times[-1]))
    lead = 18 * np.sign(degrees) * np.sin(np.pi * ((times - 0.1) / (end - 0.1)).clip(0, 1)) ** 0.7
    sway = 0.03 * np.sin(2 * np.pi * (times - 0.2) / (2 * step_time)) * ((times > 0.2) & (times < end))
    figure.pelvis = np.stack([sway, np.full_like(times, STAND - 0.012), 0 * times], -1)
    figure.pelvis = np.einsum("fab,fb->fa", euler(yaw=yaw), figure.pelvis)
    figure.pelvis_rotation = euler(0, yaw)
    figure.spine, figure.head = euler(1, lead * 0.5), euler(0, lead)
    inner = "left" if degrees > 0 else "right"
    for side, _ in SIDES:
        figure.feet[side] = _turning_foot(side, times, degrees, steps // 2, step_time, 0 if side == inner else 1)
    return figure.motion("turn", "turn around on the spot", FPS)


def nod(seconds: float = 2.4) -> Motion:
    """Nod the head: yes. Loops."""
    times = frame_times(seconds)
    figure = standing(times, seconds)
    figure.head = figure.head @ euler(8 * (1 - np.cos(2 * np.pi * 3 * times / seconds)) * _swell(times / seconds))
    return figure.motion("nod", "nod, yes", FPS, loop=True)


def shake_head(seconds: float = 2.6) -> Motion:
    """Shake the head: no. Loops."""
    times = frame_times(seconds)
    figure = standing(times, seconds)
    figure.head = figure.head @ euler(4, 24 * np.sin(2 * np.pi * 3 * times / seconds) * _swell(times / seconds))
    return figure.motion("shake_head", "shake the head, no", FPS, loop=True)


def _delayed(values: Float64, frames: int) -> Float64:
    return np.concatenate([values[:1].repeat(frames), values[:-frames]])


def _swell(progress: Float64) -> Float64:
    return eased(progress, [(0, 0), (0.15, 1), (0.75, 1), (1, 0)])


def _mixed(start: tuple[float, ...], end: tuple[float, ...], weight: Float64) -> Float64:
    return np.asarray(start) * (1 - weight[:, None]) + np.asarray(end) * weight[:, None]


def _ramp(times: Float64, start: float, end: float) -> Float64:
    """0 to 1 at even speed with soft ends."""
    u = ((times - start) / (end - start)).clip(0, 1)
    soft = 0.15
    inner = np.where(
        u < soft, u**2 / (2 * soft), np.where(u > 1 - soft, 1 - soft - (1 - u) ** 2 / (2 * soft), u - soft / 2)
    )
    return inner / (1 - soft)


def _hermite(progress: Float64, start: float, start_slope: float, end: float, end_slope: float) -> Float64:
    u = progress
    return (
        (2 * u**3 - 3 * u**2 + 1) * start
        + (u**3 - 2 * u**2 + u) * start_slope
        + (3 * u**2 - 2 * u**3) * end
        + (u**3 - u**2) * end_slope
    )


def _hopping_foot(side: str, pitch: Float64, rise: Float64) -> Foot:
    foot = standing_foot(side, 0.11, 0.0, 7).heel_raised(pitch)
    foot.ankle[:, 1] += rise
    foot.toes = foot.toes * np.exp(-rise / 0.05)
    return foot


def _swung_arm(sign: float, angle: Float64) -> Arm:
    """An arm swung forward by ``angle`` radians from hanging (negative = back)."""
    aside = sign * (0.2 + 0.05 * angle.clip(0))
    upper = np.stack([aside, -np.cos(angle), np.sin(angle)], -1)
    bent = angle + 0.35 + 0.12 * angle.clip(0, 1.5)
    fore = np.stack([aside * 0.6, -np.cos(bent), np.sin(bent)], -1)
    return Arm(upper, fore, palm=(-sign, 0, 0.15))


def _turning_foot(side: str, times: Float64, degrees: float, steps: int, step_time: float, beat: int) -> Foot:
    """A foot that goes round in ``steps`` steps, on every second beat."""
    yaw, lift = np.zeros_like(times), np.zeros_like(times)
    for step in range(steps):
        u = ((times - 0.2 - (2 * step + beat) * step_time) / step_time).clip(0, 1)
        yaw += degrees / steps * (u * u * (3 - 2 * u))
        lift += 0.05 * np.sin(np.pi * u) ** 2
    turned = euler(yaw=yaw)
    rest = standing_foot(side)
    ankle = np.einsum("fab,b->fa", turned, np.asarray(rest.ankle) - (0, ANKLE_HEIGHT, 0))
    ankle[:, 1] = ANKLE_HEIGHT + lift
    return Foot(ankle, turned @ rest.orientation)
