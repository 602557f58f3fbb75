"""Canonical Gaussians to a person in a pose: first into this person's skeleton, then along the joints.

NoPo-Avatar, section 3.3. Its released weights expect the original arithmetic (``compat=True``). Without it four
defects are repaired: finger tips, toes and jaw follow the bone that carries them, opposite bones are safe, Gaussians
turn without being flattened at bent joints, and view-dependent colours turn with the surface.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

from personify.body.gaussians import Gaussians
from personify.body.rotations import axis_angle_to_matrix, matrix_to_quaternion, quaternion_to_matrix, skew
from personify.body.skinning import forward_kinematics, rest_to_posed, rigid
from personify.photos.bones import bone_joints
from personify.photos.network.gaussians import CanonicalGaussians
from personify.render.gaussians.sh_rotation import rotate_sh

_DRAWN_HARMONICS = 16  # renderers stop at degree 3


@dataclass(frozen=True)
class ArticulatedGaussians:
    """Gaussians of B people in V poses each, ready to be drawn.

    Attributes:
        means: [B, V, N, 3] metres, in the frame of the pose.
        covariances: [B, V, N, 3, 3] square metres.
        harmonics: [B, V, N, K, 3] turned with the surface; degree 3 at most.
        opacities: [B, V, N].
    """

    means: Tensor
    covariances: Tensor
    harmonics: Tensor
    opacities: Tensor


def pose_transforms(
    pose: Tensor,  # [B, V, J, 3] axis-angle, T-pose = zero
    joints: Tensor,  # [B, J, 3] of each person's T-pose
    parents: Sequence[int],
    transl: Tensor | None = None,  # [B, V, 3] where the root goes; None keeps it
) -> Tensor:  # [B, V, J, 4, 4]
    """Motion of every joint away from the T-pose, for `articulate`.

    Example:
        >>> still = pose_transforms(torch.zeros(1, 1, 2, 3), torch.rand(1, 2, 3), (-1, 0))
        >>> still.allclose(torch.eye(4).expand(1, 1, 2, 4, 4), atol=1e-6)
        True
    """
    frames = forward_kinematics(axis_angle_to_matrix(pose), joints[:, None], parents, transl)
    return rest_to_posed(frames, joints[:, None])


def bone_transforms(
    template_joints: Tensor,  # [..., J, 3]
    joints: Tensor,  # [..., J, 3]
    parents: Sequence[int],
    compat: bool = False,
) -> Tensor:  # [..., E, 4, 4]
    """Similarity that carries each bone of the template's T-pose onto the same bone of the person's.

    An edge is stretched, turned by the smallest rotation, and stays attached to its driving joint. A leaf's bone moves
    with the edge that leads to it; with ``compat`` it stays where it was, as in the original.
    """
    bones = bone_joints(parents)
    start = torch.tensor([driving if driving != far else max(parents[driving], 0) for driving, far in bones])
    end = torch.tensor([far for _, far in bones])
    before, after = (points[..., end, :] - points[..., start, :] for points in (template_joints, joints))
    lengths = before.norm(dim=-1).clamp(min=1e-8), after.norm(dim=-1).clamp(min=1e-8)
    turn = minimal_rotation(before / lengths[0][..., None], after / lengths[1][..., None])
    linear = (lengths[1] / lengths[0])[..., None, None] * turn
    moved = (linear @ template_joints[..., start, :, None])[..., 0]
    transforms = rigid(linear, joints[..., start, :] - moved)
    if compat:
        leaf = torch.tensor([driving == far for driving, far in bones], device=transforms.device)
        identity = torch.eye(4, dtype=transforms.dtype, device=transforms.device)
        transforms = torch.where(leaf[:, None, None], identity, transforms)
    return transforms


def minimal_rotation(start: Tensor, end: Tensor) -> Tensor:  # [..., 3], [..., 3] unit -> [..., 3, 3]
    """Smallest rotation that carries one direction onto another; for opposite ones a half turn about some normal.

    >>> up, down = torch.tensor([0.0, 1, 0]), torch.tensor([0.0, -1, 0])
    >>> minimal_rotation(up, up).equal(torch.eye(3)), (minimal_rotation(up, down) @ up).allclose(down)
    (True, True)
    """
    start, end = torch.broadcast_tensors(start, end)
    opposite = ((start * end).sum(-1) < -0.9)[..., None]
    if not opposite.any():
        return _rotation_below_pi(start, end)
    # a half turn about the common normal carries start to -start, from where little is left to turn
    least = torch.nn.functional.one_hot(start.abs().argmin(-1), 3).to(start)
    normal = torch.linalg.cross(start, end)
    exactly = normal.square().sum(-1, keepdim=True) < 1e-10
    normal = torch.nn.functional.normalize(torch.where(exactly, torch.linalg.cross(start, least), normal), dim=-1)
    normal = normal - (normal * start).sum(-1, keepdim=True) * start  # a short cross product is mostly rounding
    normal = torch.nn.functional.normalize(normal, dim=-1)
    half_turn = 2 * normal[..., :, None] * normal[..., None, :] - torch.eye(3, dtype=start.dtype, device=start.device)
    turn = _rotation_below_pi(torch.where(opposite, -start, start), end)
    return torch.where(opposite[..., None], turn @ half_turn, turn)


def _rotation_below_pi(start: Tensor, end: Tensor) -> Tensor:
    cross = skew(torch.linalg.cross(start, end))
    cosine = (start * end).sum(-1)[..., None, None]
    return torch.eye(3, dtype=start.dtype, device=start.device) + cross + cross @ cross / (1 + cosine)


def articulate(
    gaussians: CanonicalGaussians,
    template_joints: Tensor,  # [J, 3]
    joints: Tensor,  # [B, J, 3]
    transforms: Tensor,  # [B, V, J, 4, 4]
    parents: Sequence[int],
    compat: bool = False,
) -> ArticulatedGaussians:
    """Gaussians in V poses of each of B people.

    Args:
        gaussians: canonical, in the template's T-pose.
        template_joints: of the template (`Template.joints`).
        joints: of the person's own T-pose; the template's leave the shape as it is.
        transforms: from `pose_transforms`.
        parents: of the joint tree.
        compat: the original's arithmetic, for its weights.
    """
    lbs_weights = gaussians.lbs_weights
    shaped = blend(gaussians.bone_logits.softmax(-1), bone_transforms(template_joints, joints, parents, compat))
    posed = blend(lbs_weights[:, None], transforms)
    means = apply(posed, apply(shaped, gaussians.means)[:, None])
    turn = posed[..., :3, :3] if compat else blended_rotations(lbs_weights[:, None], transforms, parents)
    axes = quaternion_to_matrix(gaussians.quats) * gaussians.scales[..., None, :]
    axes = turn @ (shaped[..., :3, :3] @ axes)[:, None]
    harmonics = gaussians.harmonics[:, None, :, :_DRAWN_HARMONICS]
    if compat or harmonics.shape[3] == 1:
        harmonics = harmonics.expand(-1, means.shape[1], -1, -1, -1)
    else:
        harmonics = rotate_sh(harmonics, turn)
    opacities = gaussians.opacities[:, None].expand(means.shape[:3])
    return ArticulatedGaussians(means, axes @ axes.mT, harmonics, opacities)


def articulate_means(
    gaussians: CanonicalGaussians,
    template_joints: Tensor,  # [J, 3]
    joints: Tensor,  # [B, J, 3]
    transforms: Tensor,  # [B, V, J, 4, 4]
    parents: Sequence[int],
    compat: bool = False,
) -> Tensor:  # [B, V, N, 3]
    """The positions of `articulate` alone."""
    shaped = blend(gaussians.bone_logits.softmax(-1), bone_transforms(template_joints, joints, parents, compat))
    return apply(blend(gaussians.lbs_weights[:, None], transforms), apply(shaped, gaussians.means)[:, None])


def person_gaussians(
    gaussians: CanonicalGaussians,
    index: int,
    template_joints: Tensor,  # [J, 3]
    joints: Tensor,  # [J, 3]
    parents: Sequence[int],
    min_opacity: float = 0.01,
) -> Gaussians:
    """One person of a batch in their own T-pose, as an avatar carries them.

    Args:
        gaussians: canonical.
        index: which person.
        template_joints: of the template.
        joints: of the person's own T-pose.
        parents: of the joint tree.
        min_opacity: fainter Gaussians are left out.
    """
    chosen = gaussians.opacities[index] >= min_opacity
    bones = bone_transforms(template_joints, joints, parents)
    shaped = blend(gaussians.bone_logits[index, chosen].softmax(-1), bones)
    linear = shaped[..., :3]
    return Gaussians.from_covariances(
        apply(shaped, gaussians.means[index, chosen]),
        linear @ gaussians.covariances[index, chosen] @ linear.mT,
        gaussians.opacities[index, chosen],
        gaussians.harmonics[index, chosen, :_DRAWN_HARMONICS],
        gaussians.lbs_weights[index, chosen],
    )


def blend(weights: Tensor, transforms: Tensor) -> Tensor:  # [..., N, W], [..., W, 4, 4] -> [..., N, 3, 4]
    """Weighted sums of transforms, without the constant last row."""
    return (weights @ transforms[..., :3, :].flatten(-2)).unflatten(-1, (3, 4))


def apply(transforms: Tensor, points: Tensor) -> Tensor:  # [..., N, 3, 4], [..., N, 3] -> [..., N, 3]
    return (transforms[..., :3] @ points[..., None])[..., 0] + transforms[..., 3]


def blended_rotations(
    weights: Tensor,  # [..., N, J]
    transforms: Tensor,  # [..., J, 4, 4]
    parents: Sequence[int],
) -> Tensor:  # [..., N, 3, 3]
    """Proper rotations between those of the joints: blended as quaternions, whose signs agree along the tree.

    Unlike the rotation nearest to a blended matrix this exists for any weights, also those of an untrained network.
    """
    quats = matrix_to_quaternion(transforms[..., :3, :3])
    tree = torch.tensor([max(parent, 0) for parent in parents], device=quats.device)
    agrees = torch.where((quats * quats[..., tree, :]).sum(-1) < 0, -1.0, 1.0).to(quats.dtype)
    signs = [agrees[..., 0]]
    for joint, parent in enumerate(parents[1:], 1):
        signs.append(signs[parent] * agrees[..., joint])
    return quaternion_to_matrix(weights @ (quats * torch.stack(signs, -1)[..., None]))
