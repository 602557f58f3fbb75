"""Bones of a joint tree: one per edge and one per leaf joint, and how weights on bones become weights on joints.

The network of NoPo-Avatar (Wen et al. 2025) predicts weights on bones. A bone serves twice: the edge decides how the
template's skeleton is stretched into the person's, its parent joint decides how the point is posed.
"""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor


def bone_joints(parents: Sequence[int]) -> tuple[tuple[int, int], ...]:
    """(driving joint, far joint) of every bone: edges in the order of the child joint, then the leaves.

    A leaf's bone has no far end: both are the leaf.

    >>> bone_joints((-1, 0, 1, 0))
    ((0, 1), (1, 2), (0, 3), (2, 2), (3, 3))
    """
    edges = [(parent, child) for child, parent in enumerate(parents) if parent >= 0]
    leaves = [(joint, joint) for joint in range(len(parents)) if joint not in parents]
    return (*edges, *leaves)


def joint_log_weights(bone_logits: Tensor, parents: Sequence[int]) -> Tensor:  # [..., E] -> [..., J]
    """Logarithms of the joints' shares: each bone gives its softmax weight to the joint that drives it.

    As in the original, the shares are scaled to unit Euclidean length and cut at 1e-6 before the logarithm, so the
    exponentials do not sum to one; a softmax of the result does.
    """
    weights = bone_logits.softmax(-1)
    driving = torch.tensor([joint for joint, _ in bone_joints(parents)], device=bone_logits.device)
    joints = weights.new_zeros(*weights.shape[:-1], len(parents)).index_add(-1, driving, weights)
    return torch.nn.functional.normalize(joints, dim=-1).clamp(min=1e-6).log()


def spread_over_bones(lbs_weights: Tensor, parents: Sequence[int]) -> Tensor:  # [..., J] -> [..., E]
    """Bone weights whose joints' sums are ``lbs_weights``: a joint's weight is split evenly among its bones."""
    driving = torch.tensor([joint for joint, _ in bone_joints(parents)], device=lbs_weights.device)
    count = torch.bincount(driving, minlength=len(parents))
    return lbs_weights[..., driving] / count[driving]
