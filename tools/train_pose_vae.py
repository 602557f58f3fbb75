"""Train the pose VAE (`personify.motion.priors.pose_vae`) on single frames of recordings and static poses.

    python tools/train_pose_vae.py DATA --checkpoint pose_vae.pt

Held-out frames are reported in centimetres per joint beside a principal component analysis with as many numbers.
"""

from __future__ import annotations

import torch
from mocap import CREDIT, Clip, joint_positions, read_clips, split
from prior_training import arguments, fit, principal_components
from torch import Tensor

from personify.body.rotations import axis_angle_to_matrix, matrix_to_rotation_6d, rotation_6d_to_matrix
from personify.motion.priors.pose_vae import PoseVAE
from personify.motion.priors.weights import save_prior

BATCH = 256
KL_WEIGHT = 2e-4  # against metres and matrix entries; more blurs the poses, less leaves holes between them
ROTATION_WEIGHT = 0.3
STATIC_WEIGHT = 40.0  # a static pose counts like so many frames


class Frames:
    """All frames of some clips, drawn by their weight."""

    def __init__(self, clips: list[Clip]) -> None:
        self.rotations = torch.cat([clip.rotations[:, 1:] for clip in clips])
        self.recorded = torch.cat([clip.recorded.expand(len(clip.rotations), -1) for clip in clips])
        weights = [clip.weight * (STATIC_WEIGHT if len(clip.rotations) == 1 else 1) for clip in clips]
        self.weights = torch.cat([torch.full((len(c.rotations),), w) for c, w in zip(clips, weights, strict=True)])
        self._cumulative = self.weights.double().cumsum(0)

    def draw(self, count: int, generator: torch.Generator) -> tuple[Tensor, Tensor]:  # [B, 21, 3], [B, 22]
        place = torch.rand(count, generator=generator, dtype=torch.double) * self._cumulative[-1]
        index = torch.searchsorted(self._cumulative, place).clamp(max=len(self.weights) - 1)
        return self.rotations[index], self.recorded[index]


def with_pelvis(rotations: Tensor) -> Tensor:  # [B, 21, 3, 3] -> [B, 22, 3, 3]
    return torch.cat([torch.eye(3).expand(len(rotations), 1, 3, 3), rotations], 1)


def errors(answer: Tensor, truth: Tensor, recorded: Tensor) -> tuple[Tensor, Tensor]:  # -> [B], [B]
    """Distance of the joints in metres, and root of the squared matrix difference; unrecorded joints do not count."""
    count = recorded.sum(1).clamp(min=1)
    distance = (joint_positions(with_pelvis(answer)) - joint_positions(with_pelvis(truth))).square().sum(-1)
    metres = ((distance + 1e-8).sqrt() * recorded).sum(1) / count
    turn = ((answer - truth).square().sum((-2, -1)) * recorded[:, 1:]).sum(1) / count
    return metres, turn


def centimetres(answer: Tensor, test: Frames) -> float:
    """Mean error of held-out frames, every frame alike."""
    return 100 * float(errors(answer, axis_angle_to_matrix(test.rotations), test.recorded)[0].mean())


def component_errors(train: Frames, test: Frames, count: int) -> dict[str, float]:
    """What principal components of six numbers a joint, or of axis-angle, lose."""
    result = {}
    for name, forth, back in (
        ("6d", lambda r: matrix_to_rotation_6d(axis_angle_to_matrix(r)), rotation_6d_to_matrix),
        ("axis-angle", lambda r: r, axis_angle_to_matrix),
    ):
        samples, rows = forth(test.rotations), forth(train.rotations).flatten(1)
        mean, components, _ = principal_components(rows, train.weights, count)
        codes = (samples.flatten(1) - mean) @ components
        result[name] = centimetres(back((codes @ components.T + mean).view_as(samples)), test)
    return result


def main() -> None:
    options = arguments(__doc__, 4000, "pose_vae.safetensors").parse_args()
    clips = read_clips(options.data / "clips_30fps.npz") + read_clips(options.data / "poses.npz")
    train, test = (Frames(part) for part in split(clips))
    torch.manual_seed(options.seed)
    vae = PoseVAE(dropout=0.0)
    base = component_errors(train, test, vae.latent)
    print(f"{len(train.weights)} frames, {len(test.weights)} held out; components {base}", flush=True)

    def loss(step: int, generator: torch.Generator) -> tuple[Tensor, dict[str, Tensor]]:
        rotations, recorded = train.draw(BATCH, generator)
        mean, deviation = vae.encode(rotations)
        code = mean + deviation * torch.randn(mean.shape, generator=generator)
        metres, turn = (part.mean() for part in errors(vae.decode(code), axis_angle_to_matrix(rotations), recorded))
        divergence = 0.5 * (mean**2 + deviation**2 - 1 - 2 * deviation.clamp(min=1e-8).log()).sum(1).mean()
        shown = {"cm": 100 * metres, "turn": turn, "kl": divergence}
        return metres + ROTATION_WEIGHT * turn + KL_WEIGHT * divergence, shown

    def held_out() -> str:
        with torch.no_grad():
            return f"held out {centimetres(vae.decode(vae.encode(test.rotations)[0]), test):.3f} cm"

    fit(vae, loss, options, held_out, every=500)
    report = (
        f"{held_out()}; components with {vae.latent} numbers: {base['6d']:.3f} cm (6d), {base['axis-angle']:.3f} cm"
    )
    save_prior(vae, options.out, {}, report=report, seed=str(options.seed), steps=str(options.steps), credit=CREDIT)
    print(report)


if __name__ == "__main__":
    main()
