"""Down to the floor and up again: lying, sleeping, falling, crawling, turning over, exercises on the ground."""

from __future__ import annotations

import numpy as np

from personify.motion.clip import Motion
from personify.motion.keyposes import FPS, STANDING, Swing, keyed, turned

_DOWN = ("deep_squat", "sit_floor_legs_out")
_BREATH = (Swing("spine2", (1.2, 0, 0), 0.25), Swing("shoulder", (0, 0, 0.6), 0.25))


def lie_down(seconds: float = 5.5) -> Motion:
    """Sit down on the floor, lie back and rest."""
    rest = max(seconds, 4.0)
    keys = [(0, STANDING), (0.1, STANDING), (1.1, _DOWN[0]), (1.9, _DOWN[1]), (3.1, "lie_back"), (rest, "lie_back")]
    return keyed("lie_down", "lie down on the back", keys, _BREATH, span=(3.0, rest + 1))


def get_up(prone: bool = False) -> Motion:
    """From lying on the back (sit up, squat, stand) or ``prone`` (push up, one knee, stand)."""
    ways: tuple[str, ...] = (
        ("lie_belly", "push_up_low", "all_fours", "kneel_one") if prone else ("lie_back", *_DOWN[::-1])
    )
    keys = [(0.0, ways[0]), *((0.3 + 0.9 * k, pose) for k, pose in enumerate(ways))]
    end = keys[-1][0] + 1.0
    return keyed("get_up", "get up from the floor", [*keys, (end, STANDING), (end + 0.3, STANDING)])


def sleep(seconds: float = 8.0) -> Motion:
    """Asleep on the side, breathing slowly."""
    return keyed("sleep", "sleep, lying on the side", [(0, "lie_side"), (max(4.0, 4.0 * round(seconds / 4)),
        "lie_side")],
                 (Swing("spine1", (1.4, 0, 0), 0.25), Swing("spine3", (1.2, 0, 0), 0.25, 0.05)))  # fmt: skip


def fall() -> Motion:
    """Trip and fall forward onto knees, hands and belly."""
    stumble = turned("lean_forward_tired", spine1=(-10, 0, 0), left_shoulder=(0, -60, 0), right_shoulder=(0, 60, 0))
    keys = [(0, STANDING), (0.25, STANDING), (0.6, stumble), (0.95, "all_fours"), (1.25, "push_up_low"),
            (1.6, "lie_belly"), (3.0, "lie_belly")]  # fmt: skip
    return keyed("fall", "trip and fall to the floor", keys, (), ("open", "open"))


def faint() -> Motion:
    """Sway, go weak in the knees and collapse to the side."""
    weak = turned("slouch_sad", spine2=(0, 0, 8), left_knee=(14, 0, 0), right_knee=(18, 0, 0))
    keys = [(0, STANDING), (0.2, STANDING), (0.9, weak), (1.25, "kneel_both"), (1.55, "seiza"), (2.0, "lie_side"),
            (3.4, "lie_side")]  # fmt: skip
    return keyed("faint", "faint and collapse", keys)


def crawl(seconds: float = 5.0) -> Motion:
    """On hands and knees, opposite limbs together."""
    rate = 0.7
    steps = max(1, round(seconds * rate))
    swings = (
        Swing("hip", (17, 0, 0), rate, 0.0, True),
        Swing("shoulder", (0, 17, 0), rate, 0.5, True),
        Swing("pelvis", (0, 8, 0), rate, -0.25),  # the side whose knee goes forward is raised
        Swing("spine2", (0, -15, 0), rate, -0.25),
        Swing("knee", (9, 0, 0), rate, 0.25, True, (5, 0, 0)),
        Swing("elbow", (0, -12, 0), rate, 0.25, True, (0, -10, 0)),
        Swing("head", (2, 0, 0), 2 * rate, 0.0, False, (-22, 0, 0)),
    )
    return keyed("crawl", "crawl on hands and knees", [(0, "all_fours"), (steps / rate, "all_fours")], swings,
                 ("open", "open"))  # fmt: skip


def sit_ups(seconds: float = 5.4) -> Motion:
    """Sit-ups with the hands behind the head."""
    down = turned("sit_ups", pelvis=(-42, 0, 0), left_hip=(42, 0, 0), right_hip=(42, 0, 0), spine1=(-14, 0, 0),
                  spine2=(-12, 0, 0))  # fmt: skip
    repeats = max(1, round(seconds / 1.8))
    keys = [(1.8 * k + at, pose) for k in range(repeats) for at, pose in ((0.0, down), (0.9, "sit_ups"))]
    return keyed("sit_ups", "do sit-ups", [*keys, (1.8 * repeats, down)], (), ("cup", "cup"))


def cartwheel() -> Motion:
    """A cartwheel to the left: hand, hand, foot, foot; bent to the side on the way, so that hands land near feet."""
    star = turned("jumping_jack", left_wrist=(0, 0, 70), right_wrist=(0, 0, -70))
    keys = [(0, STANDING), (0.1, STANDING), (0.95, _bent(star, "left")), (1.4, star), (1.85, _bent(star, "right")),
            (2.75, STANDING), (2.85, STANDING)]  # fmt: skip
    roll = np.interp(np.arange(round(2.85 * FPS) + 1) / FPS, [0.6, 2.15], [0.0, 2 * np.pi])
    return keyed("cartwheel", "turn a cartwheel", keys, (), ("open", "open"), (0.5, 2.2), roll=-roll)


def _bent(pose: Motion, side: str) -> Motion:
    """Bent to one side, that knee giving way."""
    sign = 1 if side == "left" else -1
    bend = {"spine1": -28, "spine2": -28, "spine3": -20, "left_hip": 30, "right_hip": 30}
    turns = {joint: (0.0, 0.0, float(sign * degrees)) for joint, degrees in bend.items()}
    return turned(pose, **turns, **{f"{side}_knee": (40.0, 0.0, 0.0)})


def push_up(seconds: float = 4.5) -> Motion:
    """Push-ups, one in one and a half seconds."""
    repeats = max(1, round(seconds / 1.5))
    keys = [(1.5 * k + at, pose) for k in range(repeats) for at, pose in ((0.0, "plank"), (0.75, "push_up_low"))]
    return keyed("push_ups", "do push-ups", [*keys, (1.5 * repeats, "plank")], (), ("open", "open"))
