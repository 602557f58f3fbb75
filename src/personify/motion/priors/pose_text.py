"""`PoseText`: the shipped guide, which knows poses by the words people use for them.

The shipped image-text model has learned clothes, not poses. This one has the same kind of text tower and a
`PoseEncoder` instead of pictures; both were trained together on described poses (``tools/train_pose_text.py``).
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache

import torch
from torch import Tensor, nn
from torch.nn import functional

from personify.errors import PersonifyError
from personify.motion.priors.guide import PoseEncoder
from personify.motion.priors.weights import load_prior
from personify.perception.towers import TextTower, TowerConfig


class PoseText(nn.Module):
    """Texts and body poses to unit vectors of one space.

    Args:
        embedding: length of the vectors.
        width: of the text tower.

    Example:
        >>> model = PoseText(embedding=8, width=16)
        >>> model.encode_text(["waving with the left hand"]).shape
        torch.Size([1, 8])
    """

    name = "personify-pose-text"

    def __init__(self, embedding: int = 96, width: int = 96) -> None:
        super().__init__()
        self.text = TextTower(TowerConfig(text_width=width, text_layers=1, embedding=embedding))
        self.poses = PoseEncoder(embedding)
        self.log_scale = nn.Parameter(torch.tensor(2.5))

    def encode_text(self, texts: Sequence[str]) -> Tensor:  # [N, D]
        """Unit embeddings of texts.

        Raises:
            PersonifyError: no texts.
        """
        if not texts:
            raise PersonifyError("texts: an empty list; expected at least one text")
        return functional.normalize(self.text(texts), dim=-1)


@lru_cache(maxsize=1)
def shipped_pose_text() -> PoseText:
    """The guide trained by ``tools/train_pose_text.py``."""
    return load_prior(PoseText, "pose_text.safetensors")
