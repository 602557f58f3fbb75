"""Train the motion VAE (`personify.motion.priors.motion_vae`) on windows of recordings.

    python tools/train_motion_vae.py DATA --checkpoint motion_vae.pt

Its linear path starts as the principal components of the windows; both paths then learn where the joints are.
Held-out windows of 60 frames are reported in centimetres per joint beside principal components with as many numbers.
"""

from __future__ import annotations

import argparse
from collections.abc import Callable

import torch
from mocap import CREDIT, REST, Clip, joint_positions, matrices, read_clips, split
from prior_training import arguments, fit, principal_components
from torch import Tensor

from personify.body.rotations import rotation_6d_to_matrix
from personify.motion.kinematics import BODY_PARENTS
from personify.motion.priors.guide import without_heading
from personify.motion.priors.motion_vae import MotionVAE, motion_features
from personify.motion.priors.weights import save_prior

BATCH = 16
FRAMES = 60
LENGTHS = (30, 45, 60, 60, 60, 90)
KL_WEIGHT = 2e-6  # against metres; a code has 256 numbers and stands for 60 poses
ROTATION_WEIGHT = 0.1
TRAVEL_WEIGHT = 0.5
STRIDE = 8  # frames between the windows that principal components are taken of


class Windows:
    """Clips as rotation matrices; windows of them start over the origin and face +Z."""

    def __init__(self, clips: list[Clip]) -> None:
        self.rotations = [matrices(clip) for clip in clips]
        self.travel = [clip.travel for clip in clips]
        self.recorded = torch.stack([clip.recorded for clip in clips])
        self.lengths = torch.tensor([len(clip.rotations) for clip in clips])
        self.clip_weights = torch.tensor([clip.weight for clip in clips])

    def draw(self, count: int, frames: int, generator: torch.Generator) -> tuple[Tensor, Tensor]:
        """Features [B, F, C] of random windows, and which joints [B, 22] they have."""
        starts = (self.lengths - frames + 1).clamp(min=0)
        clips = torch.multinomial(self.clip_weights * starts, count, replacement=True, generator=generator)
        places = torch.rand(count, generator=generator)
        return self.cut([(int(k), int(place * starts[k])) for k, place in zip(clips, places, strict=True)], frames)

    def every(self, frames: int, stride: int) -> list[tuple[int, int]]:
        """Clip and start of all windows at a stride."""
        return [(k, s) for k, length in enumerate(self.lengths.tolist()) for s in range(0, length - frames + 1, stride)]

    def cut(self, places: list[tuple[int, int]], frames: int) -> tuple[Tensor, Tensor]:
        rotations = torch.stack([self.rotations[k][start : start + frames] for k, start in places])
        travel = torch.stack([self.travel[k][start : start + frames] for k, start in places])
        undo = without_heading(rotations[:, :1, :1])[:, 0, 0] @ rotations[:, 0, 0].mT  # [B, 3, 3] about the vertical
        turned = torch.cat([(undo[:, None] @ rotations[:, :, 0])[:, :, None], rotations[:, :, 1:]], 2)
        moved = (travel - travel[:, :1] * torch.tensor([1.0, 0, 1])) @ undo.mT
        return motion_features(turned, moved), self.recorded[[k for k, _ in places]]


def split_features(features: Tensor) -> tuple[Tensor, Tensor]:  # [B, F, C] -> [B, F, 22, 3, 3], [B, F, 3]
    return rotation_6d_to_matrix(features[..., :132].unflatten(-1, (22, 6))).mT, features[..., 132:]


def errors(answer: Tensor, truth: Tensor, recorded: Tensor) -> tuple[Tensor, Tensor, Tensor]:  # -> [B], [B], [B]
    """Metres of the joints from the pelvis, squared matrix difference, and metres of the pelvis."""
    (rotations, travel), (wanted, target) = split_features(answer), split_features(truth)
    count = recorded.sum(1).clamp(min=1)
    distance = (joint_positions(rotations) - joint_positions(wanted)).square().sum(-1)
    metres = ((distance + 1e-8).sqrt().mean(1) * recorded).sum(1) / count
    turn = ((rotations - wanted).square().sum((-2, -1)).mean(1) * recorded).sum(1) / count
    return metres, turn, ((travel - target).square().sum(-1) + 1e-8).sqrt().mean(1)


def levers() -> Tensor:  # [135]
    """What an error of each feature does to the joints: root of the summed squared distances to those it moves."""
    summed = torch.zeros(22)
    for joint in range(22):
        ancestor = BODY_PARENTS[joint]
        while ancestor >= 0:
            summed[ancestor] += (REST[joint] - REST[ancestor]).square().sum()
            ancestor = BODY_PARENTS[ancestor]
    hand = 0.1  # metres: the last joints move a hand, a foot or a face
    return torch.cat([(summed + hand**2).sqrt().repeat_interleave(6), torch.full((3,), 22**0.5)])


def start_from_components(vae: MotionVAE, train: Windows) -> None:
    """Set the linear path to principal components of the cosine coefficients, scaled to unit variance.

    Coefficients are weighted by `levers`: the components keep what moves joints far.
    """
    assert vae.linear is not None
    lever = levers().repeat(vae.linear.harmonics)
    rows, weights = [], []
    with torch.no_grad():
        for batch in batches(train.every(FRAMES, STRIDE), 256):
            rows.append(vae.linear.coefficients(train.cut(batch, FRAMES)[0]) * lever)
            weights.append(train.clip_weights[[k for k, _ in batch]])
        mean, components, deviations = principal_components(torch.cat(rows), torch.cat(weights), vae.latent)
        vae.linear.analysis.weight.copy_((components / deviations).T * lever)
        vae.linear.analysis.bias.copy_(-(mean @ components) / deviations)
        vae.linear.synthesis.weight.copy_(components * deviations / lever[:, None])
        vae.linear.synthesis.bias.copy_(mean / lever)
        for last in (vae.encoder.final, vae.decoder.final):
            last.weight.zero_()
            last.bias.zero_()
        vae.encoder.final.bias[vae.latent :] = -3.0  # small deviations to begin with


def component_error(train: Windows, test: Windows, places: list[tuple[int, int]], count: int) -> str:
    """What principal components of whole windows (8100 numbers each) lose, by singular values of a sample of them."""
    known = train.every(FRAMES, STRIDE)
    chosen = torch.randperm(len(known), generator=torch.Generator().manual_seed(0))[:6000].tolist()
    rows = train.cut([known[k] for k in chosen], FRAMES)[0].flatten(1)
    weights = train.clip_weights[[known[k][0] for k in chosen]]
    mean = (weights / weights.sum()) @ rows
    _, _, components = torch.svd_lowrank((rows - mean) * (weights / weights.sum()).sqrt()[:, None], count + 32, niter=3)
    components = components[:, :count]

    def answer(features: Tensor) -> Tensor:
        return ((features.flatten(1) - mean) @ components @ components.T + mean).view_as(features)

    return centimetres(answer, test, places)


def batches(places: list[tuple[int, int]], size: int) -> list[list[tuple[int, int]]]:
    return [places[k : k + size] for k in range(0, len(places), size)]


def centimetres(answer: Callable[[Tensor], Tensor], test: Windows, places: list[tuple[int, int]]) -> str:
    """Mean errors of held-out windows: joints from the pelvis, and the pelvis itself (of an adult)."""
    parts = []
    with torch.no_grad():
        for batch in batches(places, 64):
            features, recorded = test.cut(batch, FRAMES)
            parts.append(torch.stack(errors(answer(features), features, recorded)))
    metres, _, travel = torch.cat(parts, 1).mean(1).tolist()
    return f"{100 * metres:.2f} cm joints, {97 * travel:.2f} cm pelvis"


def main() -> None:
    options: argparse.Namespace = arguments(__doc__, 250, "motion_vae.safetensors").parse_args()
    train, test = (Windows(part) for part in split(read_clips(options.data / "clips_30fps.npz")))
    torch.manual_seed(options.seed)
    vae = MotionVAE(dropout=0.0)
    places = test.every(FRAMES, 20)
    base = component_error(train, test, places, vae.latent)
    print(f"{int(train.lengths.sum())} frames, {len(places)} windows held out; components {base}", flush=True)

    def loss(step: int, generator: torch.Generator) -> tuple[Tensor, dict[str, Tensor]]:
        frames = LENGTHS[int(torch.randint(len(LENGTHS), (1,), generator=generator))]
        features, recorded = train.draw(BATCH, frames, generator)
        mean, deviation = vae.encode_features(features)
        code = mean + deviation * torch.randn(mean.shape, generator=generator)
        answer = vae.decode_features(code, frames)
        metres, turn, travel = (part.mean() for part in errors(answer, features, recorded))
        divergence = 0.5 * (mean**2 + deviation**2 - 1 - 2 * deviation.clamp(min=1e-8).log()).sum(1).mean()
        shown = {"cm": 100 * metres, "turn": turn, "travel": 97 * travel, "kl": divergence, "std": deviation.mean()}
        return metres + ROTATION_WEIGHT * turn + TRAVEL_WEIGHT * travel + KL_WEIGHT * divergence, shown

    def held_out() -> str:
        return "held out " + centimetres(
            lambda features: vae.decode_features(vae.encode_features(features)[0], FRAMES), test, places
        )

    assert vae.linear is not None
    if not (options.checkpoint and options.checkpoint.is_file()):
        start_from_components(vae, train)
        print("before training:", held_out(), flush=True)
    fit(vae, loss, options, held_out, every=50, slow=list(vae.linear.parameters()))
    report = f"{held_out()}; principal components with {vae.latent} numbers: {base}"
    about = {"seed": str(options.seed), "steps": str(options.steps), "credit": CREDIT}
    save_prior(vae, options.out, {}, report=report, **about)
    print(report)


if __name__ == "__main__":
    main()
