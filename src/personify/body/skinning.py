"""Forward kinematics and linear blend skinning, in both directions (SMPL, Loper et al. 2015, eqs. 2-4)."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor


def forward_kinematics(
    rotations: Tensor,  # [..., J, 3, 3] local rotations, identity = T-pose
    rest_joints: Tensor,  # [..., J, 3] joint positions in the T-pose, metres
    parents: Sequence[int],
    transl: Tensor | None = None,  # [..., 3] world position of the root joint; None keeps the rest position
) -> Tensor:  # [..., J, 4, 4]
    """World transform of every joint frame (axes world-aligned in the T-pose, origin at the joint)."""
    batch = torch.broadcast_shapes(rotations.shape[:-3], rest_joints.shape[:-2])
    rotations = rotations.expand(*batch, *rotations.shape[-3:])
    rest_joints = rest_joints.expand(*batch, *rest_joints.shape[-2:])
    globals_: list[Tensor] = []
    positions: list[Tensor] = []
    for joint, parent in enumerate(parents):
        if parent < 0:
            globals_.append(rotations[..., joint, :, :])
            root = rest_joints[..., joint, :] if transl is None else transl
            positions.append(root.expand(*batch, 3))
            continue
        offset = rest_joints[..., joint, :] - rest_joints[..., parent, :]
        positions.append(positions[parent] + (globals_[parent] @ offset[..., None])[..., 0])
        globals_.append(globals_[parent] @ rotations[..., joint, :, :])
    return rigid(torch.stack(globals_, -3), torch.stack(positions, -2))


def rigid(rotation: Tensor, translation: Tensor) -> Tensor:  # [..., 3, 3], [..., 3] -> [..., 4, 4]
    """Homogeneous matrix from a rotation and a translation."""
    top = torch.cat([rotation, translation[..., None]], -1)
    bottom = torch.zeros_like(top[..., :1, :])
    bottom[..., 3] = 1
    return torch.cat([top, bottom], -2)


def rest_to_posed(joint_transforms: Tensor, rest_joints: Tensor) -> Tensor:  # [..., J, 4, 4], [..., J, 3]
    """Skinning matrices: the motion of each joint frame away from its world-aligned rest frame."""
    rotation = joint_transforms[..., :3, :3]
    translation = joint_transforms[..., :3, 3] - (rotation @ rest_joints[..., None])[..., 0]
    return rigid(rotation, translation)


def lbs(points: Tensor, lbs_weights: Tensor, transforms: Tensor) -> Tensor:
    """Pose points: ``sum_j w_j T_j p``.

    Args:
        points: [..., V, 3] rest positions in metres.
        lbs_weights: [V, J], rows sum to 1.
        transforms: [..., J, 4, 4] skinning matrices.

    Returns:
        [..., V, 3] posed positions.
    """
    blended = blend_transforms(lbs_weights, transforms)
    return (blended[..., :3, :3] @ points[..., None])[..., 0] + blended[..., :3, 3]


def blend_transforms(lbs_weights: Tensor, transforms: Tensor) -> Tensor:  # [V, J], [..., J, 4, 4] -> [..., V, 4, 4]
    """Per-point weighted sum of the skinning matrices."""
    return (lbs_weights @ transforms.flatten(-2)).unflatten(-1, (4, 4))


def inverse_lbs(points: Tensor, lbs_weights: Tensor, transforms: Tensor, min_determinant: float = 0.2) -> Tensor:
    """Undo `lbs`: the rest positions that ``transforms`` carries onto ``points``.

    Where the blended matrix is nearly singular (determinant under ``min_determinant``, joints bent by well over
    90 degrees) the inverse would tear the surface; there the rotation nearest to it is inverted instead.
    """
    blended = blend_transforms(lbs_weights, transforms)
    linear, translation = blended[..., :3, :3], blended[..., :3, 3]
    determinant = torch.linalg.det(linear)
    weak = (determinant < min_determinant)[..., None, None]
    if weak.any():
        u, _, vh = torch.linalg.svd(linear)
        sign = torch.linalg.det(u @ vh)
        flip = torch.ones_like(u[..., 0, :])
        flip = torch.cat([flip[..., :2], sign[..., None]], -1)
        linear = torch.where(weak, (u * flip[..., None, :]) @ vh, linear)
    return torch.linalg.solve(linear, (points - translation)[..., None])[..., 0]
