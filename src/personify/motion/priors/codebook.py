"""`PoseCodebook`: poses embedded offline, where a text finds its candidates (AvatarCLIP, section 4.2)."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path

from safetensors.torch import save_file
from torch import Tensor
from torch.nn import functional

from personify.errors import PersonifyError
from personify.files import atomic_path
from personify.motion.priors.guide import PoseEncoder
from personify.motion.priors.weights import FORMAT, read_prior

PRE_TOPK = 40  # how many of the nearest codes are looked at
FILTER_THRESHOLD = 0.07  # mean absolute difference of axis-angle numbers, radians; nearer poses count as the same
CANDIDATES = 5


@dataclass(frozen=True)
class PoseCodebook:
    """Poses and what an image-text model sees in them.

    Attributes:
        poses: [N, 22, 3] axis-angle of the body joints; the pelvis' is its tilt, without the heading.
        embeddings: [N, D] of each pose in the model's space.
        names: of the first poses; the others are cluster centres.
        encoder: from poses to embeddings, differentiable; what optimisation climbs.
        model: name of the image-text model.
    """

    poses: Tensor
    embeddings: Tensor
    names: tuple[str, ...]
    encoder: PoseEncoder
    model: str

    def candidates(
        self,
        text_embedding: Tensor,  # [D]
        count: int = CANDIDATES,
        pre_topk: int = PRE_TOPK,
        threshold: float = FILTER_THRESHOLD,
    ) -> tuple[Tensor, Tensor]:  # [K, 22, 3], [K]
        """The best ``count`` different poses for a text, best first, and their cosines.

        Raises:
            PersonifyError: ``count`` is not from 1 to the number of poses.
        """
        score = functional.cosine_similarity(self.embeddings, text_embedding[None], dim=1)
        if not 1 <= count <= len(self.poses):
            raise PersonifyError(f"count: {count}; expected 1 to {len(self.poses)}, the poses of the code-book")
        best = top_indices(score, max(count, pre_topk))
        chosen = best[different(self.poses[best, 1:].flatten(1), count, threshold)]
        return self.poses[chosen], score[chosen]

    def save(self, path: Path | str) -> None:
        """Write as safetensors in half precision, atomically."""
        tensors = {"poses": self.poses, "embeddings": self.embeddings}
        tensors |= {f"encoder.{name}": tensor for name, tensor in self.encoder.state_dict().items()}
        halves = {name: tensor.detach().half().contiguous() for name, tensor in sorted(tensors.items())}
        about = {"kind": "PoseCodebook", "model": self.model, "names": json.dumps(self.names)}
        with atomic_path(path) as temporary:
            save_file(halves, temporary, {"format": FORMAT, **about, "config": json.dumps(self.encoder.config)})

    @staticmethod
    def load(path: Path | str = "pose_codebook.safetensors") -> PoseCodebook:
        """Inverse of `save`; the shipped code-book by default.

        Raises:
            PersonifyError: missing, damaged or of another kind.
        """
        tensors, metadata = read_prior(path)
        if metadata.get("kind") != "PoseCodebook":
            raise PersonifyError(f"{path}: holds a {metadata.get('kind')}; expected a PoseCodebook")
        try:
            encoder = PoseEncoder(**json.loads(metadata["config"]))
            state = {name[8:]: tensor for name, tensor in tensors.items() if name.startswith("encoder.")}
            encoder.load_state_dict(state)
            encoder.eval().requires_grad_(False)
            names = tuple(json.loads(metadata["names"]))
            return PoseCodebook(tensors["poses"], tensors["embeddings"], names, encoder, metadata["model"])
        except (KeyError, ValueError, TypeError, RuntimeError) as error:
            raise PersonifyError(f"{path}: not a readable pose code-book ({error})") from error


def top_indices(score: Tensor, count: int) -> Tensor:  # [N] -> [min(count, N)]
    """Indices of the highest scores, best first, equal ones in order."""
    return score.argsort(descending=True, stable=True)[:count]


def suppress_duplicates(poses: Tensor, threshold: float) -> list[int]:  # [N, D] -> indices that are kept
    """Greedily keep every pose whose mean absolute difference from all kept ones exceeds ``threshold``.

    >>> import torch
    >>> suppress_duplicates(torch.tensor([[0.0, 0.0], [0.05, 0.05], [1.0, 0.0]]), 0.07)
    [0, 2]
    """
    kept: list[int] = []
    for index, pose in enumerate(poses):
        if not kept or float((poses[kept] - pose).abs().mean(1).min()) > threshold:
            kept.append(index)
    return kept


def different(poses: Tensor, count: int, threshold: float = FILTER_THRESHOLD) -> list[int]:  # [N, D] -> [count]
    """Indices of the first ``count`` poses after suppression, with a lower threshold where too few are left.

    The original returns fewer, and what follows it then fails.
    """
    kept = suppress_duplicates(poses, threshold)
    while len(kept) < min(count, len(poses)):
        threshold = threshold / 2 if threshold > 1e-4 else -1.0  # in the end even equal poses are taken
        kept = suppress_duplicates(poses, threshold)
    return kept[:count]
