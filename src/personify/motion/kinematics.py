"""The kinematics that motions need: a reference skeleton, body frames, two-bone inverse kinematics."""

from __future__ import annotations

import numpy as np
import torch
from numpy.typing import ArrayLike, NDArray

from personify.body.mesh import Skeleton
from personify.body.pose import BODY_JOINTS, JOINT_INDEX, JOINT_NAMES, PARENTS
from personify.body.rotations import axis_angle_to_matrix, matrix_to_axis_angle
from personify.body.skinning import forward_kinematics
from personify.errors import PersonifyError

Float64 = NDArray[np.float64]

BODY_PARENTS = PARENTS[: len(BODY_JOINTS)]
SIDES = (("left", 1.0), ("right", -1.0))  # the sign of +X on that side

# Offsets from the parent joint of a 1.75 m adult in the T-pose (left side; the right is its mirror image), metres.
_REFERENCE_OFFSETS: dict[str, tuple[float, float, float]] = {
    "pelvis": (0, 0.97, 0), "spine1": (0, 0.11, -0.01), "spine2": (0, 0.115, -0.002), "spine3": (0, 0.11, -0.008),
    "neck": (0, 0.165, -0.015), "head": (0, 0.1, 0.025), "jaw": (0, 0.01, 0.02),
    "left_hip": (0.09, -0.085, 0), "left_knee": (0, -0.4, 0), "left_ankle": (0, -0.4, -0.01),
    "left_foot": (0, -0.065, 0.13), "left_eye": (0.032, 0.06, 0.075), "left_collar": (0.045, 0.085, 0),
    "left_shoulder": (0.13, 0.035, -0.01), "left_elbow": (0.285, 0, 0), "left_wrist": (0.255, 0, 0),
    "left_index1": (0.095, 0, 0.028), "left_middle1": (0.098, 0, 0.004), "left_ring1": (0.092, 0, -0.018),
    "left_pinky1": (0.082, -0.004, -0.038), "left_thumb1": (0.025, -0.01, 0.028),
}  # fmt: skip
_FINGER_SEGMENT = (0.032, 0.0, 0.0)
_THUMB_SEGMENT = (0.024, -0.006, 0.022)


def _reference_offset(name: str) -> NDArray[np.float64]:
    if name.startswith("right_"):
        return _reference_offset("left_" + name[6:]) * (-1, 1, 1)
    if name in _REFERENCE_OFFSETS:
        return np.array(_REFERENCE_OFFSETS[name], float)
    return np.array(_THUMB_SEGMENT if "thumb" in name else _FINGER_SEGMENT)


def _reference_skeleton() -> Skeleton:
    joints = np.zeros((len(JOINT_NAMES), 3))
    for joint, (name, parent) in enumerate(zip(JOINT_NAMES, PARENTS, strict=True)):
        joints[joint] = _reference_offset(name) + (joints[parent] if parent >= 0 else 0)
    return Skeleton(JOINT_NAMES, PARENTS, joints.astype(np.float32))


REFERENCE_SKELETON = _reference_skeleton()
"""The adult that authored and procedural motions are made on; soles on y = 0, pelvis at 0.97 m."""


def matrices(rotations: ArrayLike) -> Float64:  # [..., 3] -> [..., 3, 3]
    """Rotation matrices of axis-angle vectors, in double precision."""
    return axis_angle_to_matrix(torch.from_numpy(np.ascontiguousarray(rotations, np.float64))).numpy()


def axis_angles(rotation_matrices: ArrayLike) -> Float64:  # [..., 3, 3] -> [..., 3]
    """Inverse of `matrices`."""
    return matrix_to_axis_angle(torch.from_numpy(np.ascontiguousarray(rotation_matrices, np.float64))).numpy()


def interpolate(start: Float64, end: Float64, weight: ArrayLike) -> Float64:  # [..., 3, 3] x2, [...] -> [..., 3, 3]
    """Spherical linear interpolation of rotation matrices."""
    turn = axis_angles(np.swapaxes(start, -1, -2) @ end)
    return start @ matrices(turn * np.asarray(weight)[..., None])


def body_rest(skeleton: Skeleton) -> Float64:
    """[22, 3] rest positions of the body joints.

    Raises:
        PersonifyError: the skeleton lacks a body joint.
    """
    missing = [name for name in BODY_JOINTS if name not in skeleton.joint_names]
    if missing:
        raise PersonifyError(f"skeleton: lacks the joints {', '.join(missing)}; expected the 22 body joints of SMPL-X")
    return np.asarray(skeleton.rest_joints, float)[[skeleton.joint_names.index(name) for name in BODY_JOINTS]]


def body_frames(rotations: ArrayLike, translation: ArrayLike, skeleton: Skeleton) -> tuple[Float64, Float64]:
    """World orientation [F, 22, 3, 3] and position [F, 22, 3] of the body joints.

    Args:
        rotations: [F, 22 or more, 3] axis-angle in the pose language.
        translation: [F, 3] pelvis world position.
        skeleton: whose proportions to use.
    """
    local = torch.from_numpy(matrices(np.asarray(rotations)[:, : len(BODY_JOINTS)]))
    rest = torch.from_numpy(body_rest(skeleton))
    frames = forward_kinematics(local, rest, BODY_PARENTS, torch.from_numpy(np.asarray(translation, np.float64)))
    return frames[..., :3, :3].numpy(), frames[..., :3, 3].numpy()


def local_rotations(orientations: Float64) -> Float64:  # [F, 22, 3, 3] world -> [F, 22, 3] axis-angle
    """Rotations relative to the parent: the inverse of the chain product in `body_frames`."""
    parents = orientations[:, list(BODY_PARENTS[1:])]
    relative = np.swapaxes(parents, -1, -2) @ orientations[:, 1:]
    return axis_angles(np.concatenate([orientations[:, :1], relative], 1))


def unit(vectors: ArrayLike) -> Float64:
    """Vectors of length 1 along the last axis; zero stays zero."""
    vectors = np.asarray(vectors, float)
    return vectors / np.maximum(np.linalg.norm(vectors, axis=-1, keepdims=True), 1e-12)


def frame(first: ArrayLike, second: ArrayLike) -> Float64:
    """[..., 3, 3] rotation whose first column is ``first`` and whose second is nearest to ``second``."""
    x = unit(first)
    y = np.asarray(second, float)
    y = unit(y - x * (x * y).sum(-1, keepdims=True))
    return np.stack([*np.broadcast_arrays(x, y, np.cross(x, y))], -1)


def aligning(first: ArrayLike, second: ArrayLike) -> Float64:
    """[..., 3, 3] smallest rotation that turns direction ``first`` into ``second``."""
    first, second = np.broadcast_arrays(unit(first), unit(second))
    axis = np.cross(first, second)
    sine = np.linalg.norm(axis, axis=-1)
    angle = np.arctan2(sine, (first * second).sum(-1))
    opposite = np.cross(first, np.where(np.abs(first[..., :1]) < 0.9, (1.0, 0, 0), (0, 1.0, 0)))
    axis = np.where(sine[..., None] > 1e-8, axis, opposite)
    return matrices(unit(axis) * angle[..., None])


def two_bone_directions(
    root: Float64,  # [..., 3]
    target: Float64,  # [..., 3]
    upper: float,
    lower: float,
    pole: Float64,  # [..., 3] direction in which the middle joint points
) -> tuple[Float64, Float64]:
    """Directions of the two bones that carry ``root`` to ``target`` (law of cosines); out of reach = straight."""
    line = target - root
    distance = np.linalg.norm(line, axis=-1, keepdims=True).clip(abs(upper - lower) + 1e-4, (upper + lower) * 0.9999)
    along = unit(line)
    aside = unit(pole - along * (along * pole).sum(-1, keepdims=True))
    cosine = ((upper**2 + distance**2 - lower**2) / (2 * upper * distance)).clip(-1, 1)
    first = along * cosine + aside * np.sqrt(1 - cosine**2)
    return first, unit(along * distance - first * upper)


def leg_length(rest: Float64) -> float:  # [22, 3] as from `body_rest`
    """Thigh and shin, metres."""
    hip, knee, ankle = (rest[JOINT_INDEX[f"left_{name}"]] for name in ("hip", "knee", "ankle"))
    return float(np.linalg.norm(knee - hip) + np.linalg.norm(ankle - knee))


def aloft(sole_height: Float64) -> Float64:
    """0 for a foot whose lowest sole point is on the floor, rising smoothly to 1 at 1.5 cm."""
    rise = (sole_height / 0.015).clip(0, 1)
    return rise * rise * (3 - 2 * rise)


def yielding(root: Float64, target: Float64, length: float, weight: Float64 | float = 1.0) -> Float64:
    """Targets [..., 3] that a limb of ``length`` rooted at ``root`` [..., 3] reaches without snapping straight.

    Distances above 94 % of the length approach it and never get there. ``weight`` [...] 0 = leave the target alone.

    >>> root = np.zeros(3)
    >>> [float(yielding(root, np.array([0, -reach, 0]), 1.0)[1].round(3)) for reach in (0.5, 0.94, 1.0, 1.5)]
    [-0.5, -0.94, -0.978, -1.0]
    """
    line = target - root
    distance = np.linalg.norm(line, axis=-1)
    soft = 0.06 * length
    over = (distance - length + soft).clip(0)
    shorter = np.where(over > 0, length - soft * np.exp(-over / soft), distance)
    return root + line * (1 + weight * (shorter / distance.clip(1e-9) - 1))[..., None]


def place_leg(orientations: Float64, positions: Float64, side: str, ankle: Float64, rest: Float64) -> None:
    """Bend one leg so that its ankle reaches ``ankle`` [F, 3]; knee direction and foot orientation are kept.

    ``orientations`` and ``positions`` (from `body_frames`) are updated in place.
    """
    hip_, knee_, ankle_, foot_ = (JOINT_INDEX[f"{side}_{name}"] for name in ("hip", "knee", "ankle", "foot"))
    hip, knee = positions[:, hip_], positions[:, knee_]
    along = unit(positions[:, ankle_] - hip)
    bend = knee - hip
    bend = bend - along * (along * bend).sum(-1, keepdims=True)
    hinge = np.cross(bend, along) + 0.01 * orientations[:, knee_, :, 0]  # the knee's own axis decides when straight
    upper = float(np.linalg.norm(rest[knee_] - rest[hip_]))
    lower = float(np.linalg.norm(rest[ankle_] - rest[knee_]))
    thigh, shin = two_bone_directions(hip, ankle, upper, lower, np.cross(unit(ankle - hip), hinge))
    old_thigh, old_shin = knee - hip, positions[:, ankle_] - knee
    for joint, old, new in ((hip_, old_thigh, thigh), (knee_, old_shin, shin)):
        turn = frame(new, hinge) @ np.swapaxes(frame(old, hinge), -1, -2)
        orientations[:, joint] = turn @ orientations[:, joint]
    foot_offset = positions[:, foot_] - positions[:, ankle_]
    positions[:, knee_] = hip + thigh * upper
    positions[:, ankle_] = positions[:, knee_] + shin * lower
    positions[:, foot_] = positions[:, ankle_] + foot_offset
