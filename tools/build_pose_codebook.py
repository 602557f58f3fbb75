"""The shipped pose code-book: authored poses and cluster centres of recordings, embedded by the pose-text guide.

    python tools/build_pose_codebook.py DATA

Codes of frames under the pose VAE are clustered by k-means, weighted like the clips; the frame nearest to a centre says
how the pelvis is tilted. `personify codebook build` embeds the same poses with any other image-text model.
"""

from __future__ import annotations

import argparse
from pathlib import Path

import torch
from mocap import CREDIT, Clip, read_clips
from torch import Tensor
from torch.nn import functional

from personify.body.rotations import axis_angle_to_matrix, matrix_to_axis_angle
from personify.motion.priors.codebook import PoseCodebook
from personify.motion.priors.guide import without_heading
from personify.motion.priors.pose_text import PoseText
from personify.motion.priors.pose_vae import PoseVAE
from personify.motion.priors.weights import load_prior

ROUNDS = 8
CHUNK = 2048


def nearest(points: Tensor, centres: Tensor) -> tuple[Tensor, Tensor]:  # [N, D], [K, D] -> [N], [N]
    """Index of and squared distance to the nearest centre."""
    rows = [torch.cdist(chunk, centres).min(1) for chunk in points.split(CHUNK)]
    return torch.cat([row.indices for row in rows]), torch.cat([row.values for row in rows]).square()


def k_means(points: Tensor, weights: Tensor, count: int, seed: int) -> Tensor:  # [N, D], [N] -> [K, D]
    """Weighted Lloyd iterations from points drawn by weight."""
    generator = torch.Generator().manual_seed(seed)
    centres = points[torch.multinomial(weights, count, generator=generator)]
    for round_ in range(ROUNDS):
        owner, distance = nearest(points, centres)
        mass = torch.zeros(count).index_add(0, owner, weights)
        moved = torch.zeros_like(centres).index_add(0, owner, points * weights[:, None])
        centres = torch.where(mass[:, None] > 0, moved / mass.clamp(min=1e-12)[:, None], centres)
        print(f"round {round_ + 1}: mean squared distance {float(distance @ weights / weights.sum()):.3f}", flush=True)
    return centres


def cluster_poses(clips: list[Clip], vae: PoseVAE, count: int, frames: int, seed: int) -> Tensor:  # [K, 22, 3]
    """Decoded centres with the pelvis' tilt of the nearest frame."""
    complete = [clip for clip in clips if bool(clip.recorded.all()) or int((~clip.recorded).sum()) <= 3]
    rotations = torch.cat([clip.rotations for clip in complete])
    weights = torch.cat([torch.full((len(clip.rotations),), clip.weight) for clip in complete])
    chosen = torch.randperm(len(rotations), generator=torch.Generator().manual_seed(seed))[:frames]
    rotations, weights = rotations[chosen], weights[chosen]
    codes = vae.encode(rotations[:, 1:])[0]
    centres = k_means(codes, weights, count, seed)
    pelvis = rotations[nearest(centres, codes)[0], :1]
    return upright(torch.cat([pelvis, vae.decode_pose(centres)], 1))


def upright(poses: Tensor) -> Tensor:  # [N, 22, 3] -> [N, 22, 3]
    """The same poses facing +Z."""
    return matrix_to_axis_angle(without_heading(axis_angle_to_matrix(poses)))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("data", type=Path)
    parser.add_argument("--out", type=Path, default=Path("src/personify/assets/pose_codebook.safetensors"))
    parser.add_argument("--vae", type=Path, default=Path("src/personify/assets/pose_vae.safetensors"))
    parser.add_argument("--guide", type=Path, default=Path("src/personify/assets/pose_text.safetensors"))
    parser.add_argument("--count", type=int, default=4096)
    parser.add_argument("--frames", type=int, default=40000, help="of all, drawn at random, to cluster")
    parser.add_argument("--seed", type=int, default=0)
    options = parser.parse_args()
    authored = read_clips(options.data / "authored_poses.npz")
    clips = [clip for clip in read_clips(options.data / "clips_30fps.npz") if not clip.held_out]
    vae, guide = load_prior(PoseVAE, options.vae), load_prior(PoseText, options.guide)
    with torch.no_grad():
        static = upright(torch.cat([clip.rotations for clip in authored]))
        poses = torch.cat([static, cluster_poses(clips, vae, options.count, options.frames, options.seed)])
        embeddings = guide.poses(axis_angle_to_matrix(poses))
        said = guide.encode_text([clip.text for clip in authored])  # words say more of a pose than the pose itself
        embeddings[: len(said)] = functional.normalize(embeddings[: len(said)] + said, dim=1)
    names = tuple(clip.name for clip in authored)
    PoseCodebook(poses, embeddings, names, guide.poses, guide.name, CREDIT).save(options.out)
    print(f"{options.out}: {len(poses)} poses, {options.out.stat().st_size / 1e6:.2f} MB")


if __name__ == "__main__":
    main()
