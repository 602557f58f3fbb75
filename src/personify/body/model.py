"""What every body model offers: shape and pose in, vertices and joint frames out."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

import torch
from torch import Tensor

from personify.body import skinning
from personify.body.pose import NUM_JOINTS
from personify.body.rotations import axis_angle_to_matrix
from personify.errors import PersonifyError


@dataclass(frozen=True)
class BodyOutput:
    """A posed body, batched over B people. Metres, +Y up, facing +Z.

    Attributes:
        vertices: [B, V, 3] posed surface.
        joints: [B, J, 3] posed joint positions.
        joint_transforms: [B, J, 4, 4] joint frames, world-aligned in the T-pose.
        skinning_transforms: [B, J, 4, 4] carry ``rest_vertices`` to ``vertices`` under linear blend skinning.
        rest_vertices: [B, V, 3] the model's own rest pose (for Anny an A-pose).
        rest_joints: [B, J, 3] joints of that rest pose.
        tpose_joints: [B, J, 3] joints of the T-pose (zero pose), soles on y = 0.
    """

    vertices: Tensor
    joints: Tensor
    joint_transforms: Tensor
    skinning_transforms: Tensor
    rest_vertices: Tensor
    rest_joints: Tensor
    tpose_joints: Tensor


class BodyModel(Protocol):
    """A parametric person that speaks the SMPL-X pose language (55 joints, axis-angle, T-pose = zero)."""

    name: str
    faces: Tensor  # [F, 3]
    lbs_weights: Tensor  # [V, J]
    joint_names: tuple[str, ...]
    parents: tuple[int, ...]
    shape_names: tuple[str, ...]
    expression_names: tuple[str, ...]

    def __call__(
        self,
        shape: Tensor | None = None,  # [B, S]
        pose: Tensor | None = None,  # [B, 55, 3] axis-angle
        transl: Tensor | None = None,  # [B, 3] pelvis world position; None puts the T-pose's soles on the floor
        expression: Tensor | None = None,  # [B, E]
    ) -> BodyOutput: ...


def pose_matrices(pose: Tensor, batch: int) -> Tensor:  # [B, 55, 3] -> [B, 55, 3, 3]
    """Rotation matrices of a pose, checked for shape.

    Raises:
        PersonifyError: not [B, 55, 3] or not finite.
    """
    if pose.ndim != 3 or pose.shape[1:] != (NUM_JOINTS, 3) or pose.shape[0] not in (1, batch):
        raise PersonifyError(f"pose: shape {list(pose.shape)}; expected [{batch} or 1, {NUM_JOINTS}, 3] axis-angle")
    return axis_angle_to_matrix(pose).expand(batch, -1, -1, -1)


def pose_rest(
    rest_vertices: Tensor,  # [B, V, 3]
    rest_joints: Tensor,  # [B, J, 3]
    to_tpose: Tensor,  # [B, J, 3, 3] world rotation of each joint from the rest pose to the T-pose
    tpose_joints: Tensor,  # [B, J, 3]
    rotations: Tensor,  # [B, J, 3, 3]
    transl: Tensor | None,
    lbs_weights: Tensor,  # [V, J]
    parents: Sequence[int],
) -> BodyOutput:
    """Pose a body whose rest pose is not the T-pose: each joint first turns to the T-pose, then as SMPL says."""
    frames = skinning.forward_kinematics(rotations, tpose_joints, parents, transl)
    turned = skinning.rigid(frames[..., :3, :3] @ to_tpose, frames[..., :3, 3])
    transforms = skinning.rest_to_posed(turned, rest_joints)
    vertices = skinning.lbs(rest_vertices, lbs_weights, transforms)
    return BodyOutput(vertices, frames[..., :3, 3], frames, transforms, rest_vertices, rest_joints, tpose_joints)


def tpose_positions(rest_joints: Tensor, to_tpose: Tensor, parents: Sequence[int]) -> Tensor:  # [B, J, 3]
    """Joint positions after every joint's offset from its parent has been turned to the T-pose; root unchanged."""
    positions = [rest_joints[:, 0]]
    for joint, parent in enumerate(parents[1:], 1):
        offset = rest_joints[:, joint] - rest_joints[:, parent]
        positions.append(positions[parent] + (to_tpose[:, parent] @ offset[..., None])[..., 0])
    return torch.stack(positions, 1)
