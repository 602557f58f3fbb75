"""The pose language: SMPL-X's joint order, axis-angle rotations, T-pose = zero.

Every rotation is relative to its parent in axes that are world-aligned in the T-pose (the SMPL rule), so the
global rotation of a joint is the product of the rotations from the root down to it.
"""

from __future__ import annotations

BODY_JOINTS = (
    "pelvis", "left_hip", "right_hip", "spine1", "left_knee", "right_knee", "spine2", "left_ankle", "right_ankle",
    "spine3", "left_foot", "right_foot", "neck", "left_collar", "right_collar", "head", "left_shoulder",
    "right_shoulder", "left_elbow", "right_elbow", "left_wrist", "right_wrist",
)  # fmt: skip
HEAD_JOINTS = ("jaw", "left_eye", "right_eye")
FINGERS = ("index", "middle", "pinky", "ring", "thumb")
HAND_JOINTS = tuple(f"{side}_{finger}{k}" for side in ("left", "right") for finger in FINGERS for k in (1, 2, 3))

JOINT_NAMES: tuple[str, ...] = BODY_JOINTS + HEAD_JOINTS + HAND_JOINTS
NUM_BODY_JOINTS = len(BODY_JOINTS)  # 22
NUM_JOINTS = len(JOINT_NAMES)  # 55
JOINT_INDEX: dict[str, int] = {name: index for index, name in enumerate(JOINT_NAMES)}

_BODY_PARENTS = (-1, 0, 0, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 9, 9, 12, 13, 14, 16, 17, 18, 19)
_HAND_PARENTS = tuple(
    (20 if side == 0 else 21) if k == 0 else 25 + side * 15 + finger * 3 + k - 1
    for side in (0, 1)
    for finger in range(5)
    for k in range(3)
)
PARENTS: tuple[int, ...] = (*_BODY_PARENTS, 15, 15, 15, *_HAND_PARENTS)


def mirrored_joint(name: str) -> str:
    """Name of the joint on the other side; central joints return themselves.

    >>> mirrored_joint("left_knee"), mirrored_joint("head")
    ('right_knee', 'head')
    """
    if name.startswith("left_"):
        return "right_" + name[5:]
    if name.startswith("right_"):
        return "left_" + name[6:]
    return name
