"""Making a `PoseCodebook` for any image-text model: draw every pose, embed it, and learn to say the embedding."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from pathlib import Path

import torch
from torch import Tensor
from torch.nn import functional

from personify.body.rotations import axis_angle_to_matrix
from personify.errors import PersonifyError
from personify.motion.priors.codebook import PoseCodebook
from personify.motion.priors.guide import PoseEncoder
from personify.motion.priors.official import load_codebook, load_vposer
from personify.motion.priors.pictures import PosePictures
from personify.perception.protocol import ImageTextModel

Progress = Callable[[Sequence[Tensor]], Iterable[Tensor]]
STEPS = 1500
BATCH = 256


def build_codebook(
    model: ImageTextModel,
    poses: Tensor,  # [N, 22, 3]
    names: tuple[str, ...] = (),
    seed: int = 0,
    steps: int | None = None,
    progress: Progress = iter,
) -> PoseCodebook:
    """Embed poses with an image-text model and distil a `PoseEncoder` from the embeddings.

    Args:
        model: judges pictures.
        poses: axis-angle of the body joints, e.g. those of the shipped code-book.
        names: of the first poses.
        seed: of the distillation.
        steps: of the distillation; `STEPS` by default.
        progress: shows how far the drawing is, e.g. ``rich.progress.track``.

    Raises:
        PersonifyError: ``poses`` is not [N, 22, 3] with at least one pose.
    """
    if poses.ndim != 3 or poses.shape[1:] != (22, 3) or not len(poses):
        raise PersonifyError(f"poses: shape {list(poses.shape)}; expected [N, 22, 3] axis-angle with N of 1 or more")
    pictures = PosePictures(model.image_size)
    targets = torch.stack([pictures.embed(model, pose) for pose in progress(list(poses))])
    return PoseCodebook(
        poses, targets, names, distilled(poses, targets, seed, STEPS if steps is None else steps), model.name
    )


def build_pose_codebook(model: ImageTextModel, seed: int = 0, progress: Progress = iter) -> PoseCodebook:
    """The poses of the shipped code-book, embedded by another image-text model; about three minutes on one core."""
    shipped = PoseCodebook.load()
    made = build_codebook(model, shipped.poses, shipped.names, seed, progress=progress)
    return replace(made, credit=shipped.credit)


def original_codebook(
    codebook: Path | str, vposer: Path | str, model: str, seed: int = 0, steps: int = STEPS
) -> PoseCodebook:
    """AvatarCLIP's own code-book from the user's files, with a `PoseEncoder` distilled from its embeddings.

    Args:
        codebook: the file with ``codebook`` and ``codebook_embedding``.
        vposer: VPoser v2, whose codes they are.
        model: name of the image-text model that made the embeddings, a CLIP ViT-B/32.
        seed: of the distillation.
        steps: of the distillation.

    Raises:
        PersonifyError: a file is missing, unreadable or something else.
    """
    codes, embeddings = load_codebook(codebook)
    vae = load_vposer(vposer)
    if codes.shape[1] != vae.latent:
        raise PersonifyError(f"{codebook}: codes of {codes.shape[1]} numbers; {vposer} has {vae.latent}")
    poses = functional.pad(vae.decode_pose(codes), (0, 0, 1, 0))  # no tilt of the pelvis
    targets = functional.normalize(embeddings, dim=1)
    return PoseCodebook(poses, targets, (), distilled(poses, targets, seed, steps), model)


def distilled(poses: Tensor, embeddings: Tensor, seed: int, steps: int) -> PoseEncoder:
    """A `PoseEncoder` that says the embeddings [N, D] of poses [N, 22, 3].

    Pictures of bodies are all alike to a model, so the network starts at their mean and learns the differences, each
    direction weighted by how much it varies.
    """
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        encoder = PoseEncoder(embeddings.shape[1])
        with torch.no_grad():
            encoder.last.weight.mul_(0.1)
            encoder.last.bias.copy_(embeddings.mean(0))
        matrices, spread = axis_angle_to_matrix(poses), embeddings.var(0).sum().clamp(min=1e-6)
        optimiser = torch.optim.Adam(encoder.parameters(), 1e-3)
        schedule = torch.optim.lr_scheduler.CosineAnnealingLR(optimiser, max(steps, 1))
        for _ in range(steps):
            chosen = torch.randint(len(poses), (min(BATCH, len(poses)),))
            loss = (encoder(matrices[chosen]) - embeddings[chosen]).square().sum(1).mean() / spread
            optimiser.zero_grad()
            loss.backward()
            optimiser.step()
            schedule.step()
    return encoder.eval().requires_grad_(False)
