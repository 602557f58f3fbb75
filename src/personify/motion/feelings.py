"""Small scenes of feeling and manners: crying, yawning, sneezing, shivering, beckoning, looking out."""

from __future__ import annotations

from personify.motion.clip import Motion
from personify.motion.handwork import Grip, Trunk, sine, stroke, working
from personify.motion.keyposes import STANDING, Swing, held, keyed, turned


def cry(seconds: float = 4.0) -> Motion:
    """Cry into the hands, bent over, the shoulders heaving with each sob."""
    bent = turned(
        "cover_eyes", spine1=(8, 0, 0), spine2=(10, 0, 0), neck=(10, 0, 0), left_knee=(6, 0, 0), right_knee=(6, 0, 0)
    )
    sobs = (Swing("spine2", (2.6, 0, 0), 1.6), Swing("collar", (0, 0, 4), 1.6, 0.05), Swing("head", (3, 2, 0), 0.8))
    return held("cry", "cry into the hands, sobbing", bent, sobs, ("cup", "cup"), seconds, enter=1.0)


def yawn() -> Motion:
    """Yawn and stretch: one hand before the mouth, then both arms up and back down."""
    covering = turned("drink", head=(-14, 0, 0), neck=(-8, 0, 0), spine3=(-5, 0, 0))
    keys = [(0, STANDING), (0.2, STANDING), (1.1, covering), (2.2, covering), (3.2, "arms_overhead_stretch"),
            (3.9, "arms_overhead_stretch"), (5.0, STANDING), (5.2, STANDING)]  # fmt: skip
    return keyed("yawn", "yawn and stretch", keys, (), ("open", "open"), (0.9, 4.0))


def sneeze() -> Motion:
    """Draw breath in small gasps, sneeze into the hands, recover."""
    gasp = turned("cover_eyes", head=(-26, 0, 0), neck=(-12, 0, 0), spine2=(-10, 0, 0), left_shoulder=(0, 12, -18),
                  right_shoulder=(0, -12, 18))  # fmt: skip
    burst = turned(
        "cover_eyes", spine1=(14, 0, 0), spine2=(16, 0, 0), neck=(14, 0, 0), left_knee=(14, 0, 0), right_knee=(14, 0, 0)
    )
    keys = [
        (0, STANDING),
        (0.2, STANDING),
        (1.0, gasp),
        (1.35, gasp),
        (1.55, burst),
        (1.9, burst),
        (2.8, STANDING),
        (3.0, STANDING),
    ]
    return keyed("sneeze", "sneeze into the hands", keys, (), ("cup", "cup"), (0.8, 2.2))


def cough(seconds: float = 2.4) -> Motion:
    """Cough into the right fist, twice, bent a little."""
    jolts = (Swing("spine2", (5, 0, 0), 1.7), Swing("head", (6, 0, 0), 1.7, 0.05))
    bent = turned("drink", spine1=(8, 0, 0), spine2=(6, 0, 0), neck=(12, 0, 0))
    return held("cough", "cough into a fist", bent, jolts, ("relaxed", "fist"), seconds)


def shiver(seconds: float = 4.0) -> Motion:
    """Shiver with cold: arms hugged to the chest, shoulders up, trembling."""
    huddled = turned("arms_x_chest", left_collar=(0, 0, 14), right_collar=(0, 0, -14), spine2=(10, 0, 0), neck=(12,
        0, 0),
                     left_knee=(10, 0, 0), right_knee=(10, 0, 0), left_hip=(-5, 0, 0), right_hip=(-5, 0,
                         0))  # fmt: skip
    tremble = (Swing("spine2", (0.5, 1.4, 0), 6.0), Swing("shoulder", (0, 2.0, 0), 6.0, 0.0, True), Swing("head", (0,
        1.6, 0), 5.0),
               Swing("spine1", (0, 0, 2.0), 0.6))  # fmt: skip
    return held("shiver", "shiver with cold", huddled, tremble, ("fist", "fist"), seconds)


def beckon(seconds: float = 2.4) -> Motion:
    """Wave somebody nearer with the right hand."""
    hand = Grip(
        lambda c: (-0.24 + 0.02 * sine(c), -0.04 + 0.05 * sine(c, 0.2), 0.34 - 0.08 * sine(c)),
        (0.3, 0.5, -1), None, (-0.7, -1, 0), "open",
    )  # fmt: skip
    trunk = Trunk(spine=lambda c: (2, 5, 0), head=lambda c: (3 * sine(c, 0.1), 0, -4))
    return working("beckon", "beckon, come here", {"right": hand}, trunk, 0.7, seconds)


def blow_kiss() -> Motion:
    """Fingers to the lips, then the kiss is sent off with an open hand."""
    hand = Grip(
        lambda c: (-0.05 - 0.16 * stroke(c, 0, 0, 0.9, 1, 0.9), 0.04 - 0.08 * stroke(c, 0, 0, 0.9, 1, 0.9),
                   0.20 + 0.24 * stroke(c, 0, 0, 0.9, 1, 0.9)),
        (0.1, 0.6, -0.8), (0.25, 0.8, 0.5), (-0.9, -0.9, 0), "open",
    )  # fmt: skip
    trunk = Trunk(
        spine=lambda c: (3 + 5 * stroke(c, 0, 0, 0.9, 1, 0.9), 4, 0),
        head=lambda c: (-6 * stroke(c, -1, 0, 1, 1, 0), 0, 5),
    )
    return working("blow_kiss", "blow a kiss", {"right": hand}, trunk, 2.0, 2.0)


def scratch_head(seconds: float = 2.4) -> Motion:
    """Scratch the head with the right hand, at a loss."""
    hand = Grip(
        lambda c: (-0.13 + 0.02 * sine(c * 3), 0.30 + 0.012 * sine(c * 3), 0.03), (0.8, -0.4, 0.1), (0.6, 0.75, -0.15),
        (-1, 0.1, 0.4), "cup",
    )  # fmt: skip
    trunk = Trunk(spine=lambda c: (3, -3, 3), head=lambda c: (10, 10, 8 + 2 * sine(c)))
    return working("scratch_head", "scratch the head", {"right": hand}, trunk, 0.9, seconds)


def look_out(seconds: float = 4.0) -> Motion:
    """A hand above the eyes, looking far out from side to side."""
    scan = (Swing("spine2", (0, 12, 0), 0.25), Swing("head", (0, 14, 0), 0.25))
    return held("look_out", "shade the eyes and look out", "shade_eyes", scan, ("relaxed", "open"), seconds)


def shake_fist(seconds: float = 2.8) -> Motion:
    """Threaten with the right fist."""
    fist = Grip(
        lambda c: (-0.24, 0.06 + 0.05 * sine(c), 0.34 + 0.05 * sine(c, 0.2)),
        (0.9, 0, 0.3),
        (0.1, 1, 0.15),
        (-0.6, -1, 0),
        "fist",
    )
    trunk = Trunk(
        spine=lambda c: (9 + 2 * sine(c), 8, 0), head=lambda c: (-2, -6, 3 * sine(c)), stance=0.14, stagger=0.12
    )
    return working("shake_fist", "shake a fist", {"right": fist}, trunk, 0.42, seconds)


def rock_baby(seconds: float = 5.0) -> Motion:
    """Rock a baby in both arms."""
    sway = (
        Swing("pelvis", (0, 7, 2), 0.4),
        Swing("spine2", (0, 5, 4), 0.4),
        Swing("head", (4, 5, 0), 0.4, 0.0, False, (8, 0, 0)),
    )
    return held("hold_baby", "rock a baby in the arms", "hold_baby", sway, ("cup", "cup"), seconds)


def stomp(seconds: float = 3.2) -> Motion:
    """Stamp with the right foot in anger, fists clenched."""
    raised = turned("attention", right_hip=(-62, 0, 0), right_knee=(82, 0, 0), spine2=(8, 0, 0), left_elbow=(0, -60, 0),
                    right_elbow=(0, 60, 0), neck=(8, 0, 0))  # fmt: skip
    down = turned("attention", spine2=(12, 0, 0), neck=(10, 0, 0), left_elbow=(0, -40, 0), right_elbow=(0, 40, 0),
                  left_knee=(8, 0, 0), right_knee=(8, 0, 0), left_hip=(-4, 0, 0), right_hip=(-4, 0, 0))  # fmt: skip
    repeats = max(1, round((seconds - 1.0) / 0.7))
    beats = [
        (0.6 + 0.7 * k + at, pose) for k in range(repeats) for at, pose in ((0.0, down), (0.38, raised), (0.52, down))
    ]
    end = 0.6 + 0.7 * repeats
    return keyed("stomp", "stamp a foot in anger", [(0, STANDING), (0.1, STANDING), *beats, (end, down), (end + 0.6,
        STANDING),
                                                    (end + 0.7, STANDING)], (), ("fist", "fist"))  # fmt: skip
