"""Posing plain skinned parts: the one place where a `Skeleton` meets `MeshPart`s."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence

import numpy as np
import torch
from numpy.typing import ArrayLike
from torch import Tensor

from personify.body.mesh import Float, MeshPart, Skeleton
from personify.body.rotations import axis_angle_to_matrix
from personify.body.skinning import forward_kinematics, lbs, rest_to_posed
from personify.errors import PersonifyError

_CURLS = {"index": 8.0, "middle": 11.0, "ring": 13.0, "pinky": 15.0}  # degrees per joint of a hand at rest


def pose_array(skeleton: Skeleton, **rotations: Sequence[float]) -> Float:  # [J, 3]
    """Axis-angle pose from joint names; joints not named stay at zero.

    Raises:
        PersonifyError: an unknown joint.
    """
    pose = np.zeros((len(skeleton.joint_names), 3), np.float32)
    for joint, rotation in rotations.items():
        if joint not in skeleton.joint_names:
            raise PersonifyError(f"joint {joint!r} is not known; expected one of {', '.join(skeleton.joint_names)}")
        pose[skeleton.joint_names.index(joint)] = rotation
    return pose


def relaxed_pose(skeleton: Skeleton) -> Float:  # [J, 3]
    """Standing with the arms hanging a little away from the body and slightly curled fingers."""
    shoulder, collar = math.radians(66), math.radians(6)
    curls = {
        f"{side}_{finger}{k}": (0, 0, -sign * math.radians(_CURLS[finger]))
        for side, sign in (("left", 1), ("right", -1))
        for finger in _CURLS
        for k in (1, 2, 3)
    }
    return pose_array(
        skeleton,
        **curls,
        left_collar=(0, 0, -collar),
        right_collar=(0, 0, collar),
        left_shoulder=(0, 0, -shoulder),
        right_shoulder=(0, 0, shoulder),
        left_elbow=(0, -math.radians(14), 0),
        right_elbow=(0, math.radians(14), 0),
    )


def skinning_transforms(
    skeleton: Skeleton,
    rotations: ArrayLike,  # [..., J, 3] axis-angle
    translation: ArrayLike | None = None,  # [..., 3] pelvis world position; None keeps the rest position
) -> Tensor:  # [..., J, 4, 4]
    """Skinning matrices of one or many poses."""
    rest = torch.from_numpy(skeleton.rest_joints)
    matrices = axis_angle_to_matrix(torch.as_tensor(rotations, dtype=torch.float32))
    transl = None if translation is None else torch.as_tensor(translation, dtype=torch.float32)
    return rest_to_posed(forward_kinematics(matrices, rest, skeleton.parents, transl), rest)


def skin_parts(
    parts: Sequence[MeshPart],
    transforms: Tensor,  # [J, 4, 4]
    expression: Mapping[str, float] | None = None,
) -> list[Float]:  # [V, 3] per part
    """Vertices of every part under skinning matrices and ARKit expression weights.

    Raises:
        PersonifyError: an expression that none of the parts has.
    """
    expression = expression or {}
    if unknown := sorted(set(expression) - {name for part in parts for name in part.morphs}):
        raise PersonifyError(f"expression {unknown[0]!r} is not on this avatar; expected ARKit names such as jawOpen")
    return [
        lbs(torch.from_numpy(_expressed(part, expression)), torch.from_numpy(part.lbs_weights), transforms).numpy()
        for part in parts
    ]


def _expressed(part: MeshPart, expression: Mapping[str, float]) -> Float:
    if not any(name in part.morphs for name in expression):
        return part.vertices
    vertices = part.vertices.copy()
    for name, weight in expression.items():
        if name in part.morphs:
            index, offset = part.morphs[name]
            vertices[index] += np.float32(weight) * offset
    return vertices
