"""Priors with random weights, small enough to search in milliseconds."""

from __future__ import annotations

import torch

from motion.priors.helpers import random_rotations
from personify.body.rotations import matrix_to_axis_angle
from personify.motion.priors.codebook import PoseCodebook
from personify.motion.priors.motion_vae import MotionVAE
from personify.motion.priors.pose_generators import Guide
from personify.motion.priors.pose_text import PoseText
from personify.motion.priors.pose_vae import PoseVAE
from personify.motion.priors.realnvp import ConditionalRealNVP


def guide(poses: int = 30) -> Guide:
    torch.manual_seed(0)
    model = PoseText(embedding=12, width=16).eval().requires_grad_(False)
    rotations = random_rotations(poses, 22, scale=0.4)
    codebook = PoseCodebook(
        matrix_to_axis_angle(rotations), model.poses(rotations), ("first", "second"), model.poses, model.name
    )
    return Guide(model, codebook, "{}")


def pose_vae() -> PoseVAE:
    torch.manual_seed(1)
    return PoseVAE(neurons=24).eval().requires_grad_(False)


def motion_vae(**sizes: int) -> MotionVAE:
    torch.manual_seed(2)
    small = {"latent": 16, "width": 8, "heads": 2, "feedforward": 16, "layers": 1, "harmonics": 6} | sizes
    return MotionVAE(**small).eval().requires_grad_(False)


def flow() -> ConditionalRealNVP:
    torch.manual_seed(3)
    return ConditionalRealNVP(condition=12, hidden=16, blocks=4).eval().requires_grad_(False)
