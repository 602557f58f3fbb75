"""`PoseCodebook`: poses embedded offline, where a text finds its candidates (AvatarCLIP, section 4.2)."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from torch import Tensor
from torch.nn import functional

from personify.errors import PersonifyError
from personify.motion.priors.guide import PoseEncoder
from personify.motion.priors.weights import read_tensors, write_tensors

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
        credit: what must be said of the recordings that the poses come from.
    """

    poses: Tensor
    embeddings: Tensor
    names: tuple[str, ...]
    encoder: PoseEncoder
    model: str
    credit: str = ""

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
        about = {
            "kind": "PoseCodebook",
            "model": self.model,
            "names": self.names,
            "config": self.encoder.config,
            "credit": self.credit,
        }
        write_tensors(path, tensors, about)

    @staticmethod
    def load(path: Path | str = "pose_codebook.safetensors") -> PoseCodebook:
        """Inverse of `save`; the shipped code-book by default.

        Raises:
            PersonifyError: missing, damaged or of another kind.
        """
        tensors, about = read_tensors(path, "PoseCodebook")
        try:
            encoder = PoseEncoder(**about["config"])
            encoder.load_state_dict({name[8:]: tensor for name, tensor in tensors.items() if "encoder." in name})
            encoder.eval().requires_grad_(False)
            return PoseCodebook(
                tensors["poses"], tensors["embeddings"], tuple(about["names"]), encoder, about["model"], about["credit"]
            )
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
