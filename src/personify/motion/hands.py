"""Finger shapes: how a hand is held, as rotations of its fifteen joints."""

from __future__ import annotations

import numpy as np

from personify.body.pose import FINGERS, HAND_JOINTS, JOINT_INDEX
from personify.errors import PersonifyError
from personify.motion.kinematics import Float64

_D = np.pi / 180

# Per finger (index, middle, pinky, ring): bend of the three joints in degrees. Thumb: bend of its three joints
# towards the palm, then how far its root swings across it.
_SHAPES: dict[str, tuple[tuple[float, float, float], ...]] = {
    #          index          middle         pinky          ring           thumb bend
    "open":   ((4, 4, 2), (3, 4, 2), (4, 5, 3), (3, 4, 2), (0, 4, 4)),
    "relaxed": ((14, 18, 10), (18, 22, 12), (26, 26, 14), (22, 24, 13), (10, 10, 10)),
    "fist":   ((78, 95, 58), (82, 98, 58), (82, 92, 55), (82, 96, 58), (32, 38, 42)),
    "grip":   ((48, 58, 32), (52, 60, 34), (58, 60, 34), (55, 60, 34), (28, 26, 26)),
    "point":  ((2, 3, 2), (78, 92, 55), (80, 88, 52), (80, 92, 55), (32, 36, 38)),
    "thumb up": ((76, 92, 55), (80, 94, 55), (80, 88, 52), (80, 92, 55), (-18, -6, -8)),
    "peace":  ((2, 3, 2), (2, 3, 2), (78, 88, 52), (78, 90, 55), (34, 40, 42)),
    "cup":    ((24, 26, 16), (26, 28, 18), (30, 30, 18), (28, 29, 18), (14, 12, 10)),
}  # fmt: skip
HAND_SHAPES = tuple(_SHAPES)


def hand_rotations(side: str, shape: str) -> Float64:
    """[15, 3] axis-angle of one hand's finger joints, in `HAND_JOINTS` order.

    >>> bool(np.allclose(hand_rotations("left", "fist"), hand_rotations("right", "fist") * (1, -1, -1)))
    True
    """
    if shape not in _SHAPES:
        raise PersonifyError(f"hand shape {shape!r} is not known; expected one of {', '.join(HAND_SHAPES)}")
    rotations = np.zeros((len(FINGERS), 3, 3))
    for finger, bends in enumerate(_SHAPES[shape]):
        for joint, bend in enumerate(bends):
            # Left hand: the fingers lie along +X with the palm down, so they close about -Z; the thumb lies
            # between +X and +Z and closes about the axis across it.
            axis = np.array((0.45, 0.8, -0.4)) if FINGERS[finger] == "thumb" else np.array((0.0, 0.0, -1.0))
            rotations[finger, joint] = axis * bend * _D
    mirror = (1, 1, 1) if side == "left" else (1, -1, -1)
    return rotations.reshape(15, 3) * mirror


def set_hands(rotations: Float64, left: str, right: str, weight: Float64 | float = 1.0) -> None:
    """Write finger shapes into ``rotations`` [F, 55, 3] in place, from relaxed (``weight`` 0) to the shape (1)."""
    for side, shape in (("left", left), ("right", right)):
        first = JOINT_INDEX[f"{side}_{HAND_JOINTS[0].removeprefix('left_')}"]
        relaxed, target = hand_rotations(side, "relaxed"), hand_rotations(side, shape)
        mix = np.broadcast_to(weight, (len(rotations),))[:, None, None]
        rotations[:, first : first + 15] = relaxed + mix * (target - relaxed)
