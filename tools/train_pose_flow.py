"""Train the conditional RealNVP (`personify.motion.priors.realnvp`) over the pose VAE's codes.

    python tools/train_pose_flow.py DATA --checkpoint pose_flow.pt

The condition is what the pose-text guide says of the pose, blurred, so that the embedding of a text lies among what the
flow has seen; for described poses it is half of the time the embedding of the description itself.
"""

from __future__ import annotations

from pathlib import Path

import torch
from mocap import CREDIT, read_clips, split
from prior_training import arguments, fit
from torch import Tensor
from torch.nn import functional
from train_pose_text import Described, described_clip, said
from train_pose_vae import Frames

from personify.body.rotations import axis_angle_to_matrix
from personify.motion.priors.pose_text import PoseText
from personify.motion.priors.pose_vae import PoseVAE
from personify.motion.priors.realnvp import ConditionalRealNVP
from personify.motion.priors.weights import load_prior, save_prior

BATCH = 128
HIDDEN = 128
DESCRIBED = 48  # of a batch
BLUR = 0.5  # length of the noise on a unit embedding
JITTER = 0.1  # on a code; keeps the density finite where poses repeat


def main() -> None:
    parser = arguments(__doc__, 1500, "pose_flow.safetensors")
    parser.add_argument("--vae", type=Path, default=Path("src/personify/assets/pose_vae.safetensors"))
    parser.add_argument("--guide", type=Path, default=Path("src/personify/assets/pose_text.safetensors"))
    options = parser.parse_args()
    vae, guide = load_prior(PoseVAE, options.vae), load_prior(PoseText, options.guide)
    clips, poses = read_clips(options.data / "clips_30fps.npz"), read_clips(options.data / "poses.npz")
    train, test = (Frames(part) for part in split(clips))
    static = [described_clip(clip) for clip in poses]
    torch.manual_seed(options.seed)
    width = guide.poses.config["embedding"]
    flow = ConditionalRealNVP(width, hidden=HIDDEN)

    def codes_of(poses: Tensor) -> Tensor:  # [B, 21, 3] -> [B, 32]
        return vae.encode(poses)[0]

    def embedded(poses: Tensor) -> Tensor:  # [B, 21, 3] -> [B, D]
        still = torch.zeros(len(poses), 1, 3)
        return guide.poses(axis_angle_to_matrix(torch.cat([still, poses], 1)))

    def blurred(condition: Tensor, generator: torch.Generator) -> Tensor:
        noise = torch.randn(condition.shape, generator=generator) * BLUR / width**0.5
        return functional.normalize(condition + noise, dim=1)

    def described(generator: torch.Generator) -> tuple[Tensor, Tensor]:
        chosen: list[Described] = [
            static[k] for k in torch.randint(len(static), (DESCRIBED,), generator=generator).tolist()
        ]
        poses = torch.cat([item.rotations[:1, 1:] for item in chosen])
        texts = guide.encode_text([said(item.phrases, generator) for item in chosen])
        from_text = torch.rand(DESCRIBED, 1, generator=generator) < 0.5
        return poses, torch.where(from_text, texts, embedded(poses))

    def loss(step: int, generator: torch.Generator) -> tuple[Tensor, dict[str, Tensor]]:
        with torch.no_grad():
            frames = train.draw(BATCH - DESCRIBED, generator)[0]
            named, conditions = described(generator)
            poses = torch.cat([frames, named])
            condition = blurred(torch.cat([embedded(frames), conditions]), generator)
            code = codes_of(poses)
            code = code + JITTER * torch.randn(code.shape, generator=generator)
        value = -flow.log_prob(code, condition).mean()
        return value, {"nats": value}

    def held_out() -> str:
        with torch.no_grad():
            code, condition = codes_of(test.rotations[::7]), embedded(test.rotations[::7])
            mixed = condition[torch.randperm(len(condition), generator=torch.Generator().manual_seed(0))]
            right, wrong = (float(-flow.log_prob(code, what).mean()) for what in (condition, mixed))
        return f"held out {right:.2f} nats, under another pose's condition {wrong:.2f}"

    fit(flow, loss, options, held_out, every=250)
    about = {"seed": str(options.seed), "steps": str(options.steps), "credit": CREDIT}
    save_prior(flow, options.out, {"condition": width, "hidden": HIDDEN}, report=held_out(), **about)
    print(held_out())


if __name__ == "__main__":
    main()
