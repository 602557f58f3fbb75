"""What a motion should be: near the candidate poses, moving, and towards the end ever more as the text says.

AvatarCLIP, section 4.3, equations 8 to 10; weights as its configuration has them.
"""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor

from personify.body.rotations import matrix_to_quaternion, matrix_to_rotation_6d
from personify.errors import PersonifyError

CANDIDATE_WEIGHTS = (1.0, 0.8, 0.6, 0.4, 0.2)
DELTA_WEIGHT = 0.01
TEXT_WEIGHT = 0.001


def candidate_distances(motion: Tensor, candidates: Tensor) -> Tensor:  # [F, J, 3, 3], [K, J, 3, 3] -> [K]
    """Mean squared difference of six numbers a joint between every candidate and the frame nearest to it."""
    frames, poses = (matrix_to_rotation_6d(rotations.mT).flatten(1) for rotations in (motion, candidates))
    return (poses[:, None] - frames).square().mean(-1).amin(1)


def pose_loss(motion: Tensor, candidates: Tensor, weights: Sequence[float] = CANDIDATE_WEIGHTS) -> Tensor:
    """Weighted sum of `candidate_distances`; the last weight serves all further candidates.

    Args:
        motion: [F, J, 3, 3] rotations.
        candidates: [K, J, 3, 3], best first.
        weights: of the candidates.

    Raises:
        PersonifyError: no weights.
    """
    if not weights:
        raise PersonifyError("weights: an empty list; expected at least one weight for the candidate poses")
    padded = [*weights, *[weights[-1]] * len(candidates)][: len(candidates)]
    return candidate_distances(motion, candidates) @ motion.new_tensor(padded)


def delta_loss(motion: Tensor) -> Tensor:  # [F, J, 3, 3] -> []
    """Minus the mean squared step between consecutive frames' rotation vectors: movement is rewarded."""
    vectors = long_rotation_vectors(motion)
    return -(vectors[1:] - vectors[:-1]).square().mean()


def text_loss(similarities: Tensor, frames: Tensor, num_frames: int) -> Tensor:  # [M], [M] -> []
    """One minus the similarity of frames with the text, weighted by how late in the motion they are."""
    return (frames / num_frames * (1 - similarities)).sum()


def long_rotation_vectors(rotations: Tensor) -> Tensor:  # [..., 3, 3] -> [..., 3]
    """Axis-angle whose angle goes up to 2 pi: the quaternion's largest component is positive, not its real part.

    That is how AvatarCLIP measures movement; its vectors jump at other places than those of `matrix_to_axis_angle`.
    """
    quaternion = matrix_to_quaternion(rotations)
    largest = quaternion.gather(-1, quaternion.abs().argmax(-1, keepdim=True))
    quaternion = quaternion * largest.sign()
    real, vector = quaternion[..., :1], quaternion[..., 1:]
    square = vector.square().sum(-1, keepdim=True)
    small = square < 1e-10
    length = torch.where(small, torch.ones_like(square), square).sqrt()
    return vector * torch.where(small, 2 + square / 3, 2 * torch.atan2(length, real) / length)
