"""Finger shapes: how a hand is held, as rotations of its fifteen joints."""

from __future__ import annotations

import numpy as np

from personify.body.pose import HAND_JOINTS, JOINT_INDEX
from personify.errors import PersonifyError
from personify.motion.kinematics import Float64

_DEGREE = np.pi / 180

# Bend of the three joints of index, middle, pinky and ring in degrees (zero is a slightly curled hand); then for the
# thumb the turn of its root about X and Y (positive = across the palm) and the bend of its other two joints.
_SHAPES: dict[str, tuple[tuple[float, ...], ...]] = {
    "open": ((-8, -12, -8), (-8, -12, -8), (-6, -10, -8), (-8, -12, -8), (-12, -12, 0, 0)),
    "relaxed": ((2, 6, 4), (6, 9, 5), (12, 12, 6), (9, 10, 6), (8, 4, 6, 8)),
    "fist": ((62, 85, 55), (66, 86, 55), (68, 80, 52), (66, 84, 55), (40, 14, 38, 48)),
    "grip": ((38, 48, 28), (42, 50, 30), (48, 50, 30), (45, 50, 30), (30, 8, 22, 26)),
    "point": ((-6, -12, -8), (64, 84, 52), (66, 78, 50), (66, 82, 52), (40, 14, 36, 44)),
    "thumb up": ((62, 85, 55), (66, 86, 55), (68, 80, 52), (66, 84, 55), (-48, -32, -6, -10)),
    "peace": ((-8, -12, -8), (-8, -12, -8), (64, 78, 50), (64, 80, 52), (42, 14, 40, 46)),
    "cup": ((14, 16, 10), (16, 18, 12), (20, 20, 12), (18, 19, 12), (14, 4, 10, 10)),
}
HAND_SHAPES = tuple(_SHAPES)


def hand_rotations(side: str, shape: str) -> Float64:
    """[15, 3] axis-angle of one hand's finger joints, in `HAND_JOINTS` order.

    >>> bool(np.allclose(hand_rotations("left", "fist"), hand_rotations("right", "fist") * (1, -1, -1)))
    True
    """
    if shape not in _SHAPES:
        raise PersonifyError(f"hand shape {shape!r} is not known; expected one of {', '.join(HAND_SHAPES)}")
    *fingers, (across, aside, middle, tip) = _SHAPES[shape]
    # Left hand: the fingers lie along +X with the palm down, so they close about -Z and the thumb swings about +X.
    thumb = ((across, aside, 0), (0.9 * middle, 0.4 * middle, 0), (0.9 * tip, 0.4 * tip, 0))
    rotations = np.array([[(0, 0, -bend) for bend in bends] for bends in fingers] + [thumb]) * _DEGREE
    mirror = (1, 1, 1) if side == "left" else (1, -1, -1)
    return rotations.reshape(15, 3) * mirror


def set_hands(rotations: Float64, left: str, right: str, weight: Float64 | float = 1.0) -> None:
    """Write finger shapes into ``rotations`` [F, 55, 3] in place, from relaxed (``weight`` 0) to the shape (1)."""
    for side, shape in (("left", left), ("right", right)):
        first = JOINT_INDEX[f"{side}_{HAND_JOINTS[0].removeprefix('left_')}"]
        relaxed, target = hand_rotations(side, "relaxed"), hand_rotations(side, shape)
        mix = np.broadcast_to(weight, (len(rotations),))[:, None, None]
        rotations[:, first : first + 15] = relaxed + mix * (target - relaxed)
