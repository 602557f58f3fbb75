"""What the generators climb: how well a pose fits a text, differentiable in the pose and cheap.

An `ImageTextModel` judges pictures, and drawing one takes milliseconds and has no useful gradient. So the poses of a
code-book are drawn and embedded once, and a small network learns to say the embedding from the pose alone (as OOHMG's
pose encoder does, Lin et al. 2023, section 3.2); scores by it cost microseconds.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Protocol

import torch
from torch import Tensor, nn
from torch.nn import functional

from personify.body.pose import NUM_BODY_JOINTS
from personify.body.skinning import forward_kinematics
from personify.motion.kinematics import BODY_PARENTS, REFERENCE_SKELETON, body_rest


class PoseEncoder(nn.Module):
    """Body poses [N, 22, 3, 3] to unit embeddings [N, D].

    It sees rotations relative to the parents and where the joints are; the pelvis' heading makes no difference.

    Args:
        embedding: D.
        width: of the hidden layers.

    Example:
        >>> PoseEncoder(embedding=5, width=8)(torch.eye(3).expand(2, 22, 3, 3)).shape
        torch.Size([2, 5])
    """

    rest: Tensor

    def __init__(self, embedding: int, width: int = 384) -> None:
        super().__init__()
        self.config: dict[str, Any] = {"embedding": embedding, "width": width}
        rest = torch.from_numpy(body_rest(REFERENCE_SKELETON)).float()
        self.register_buffer("rest", rest - rest[:1], persistent=False)
        self.net = nn.Sequential(
            nn.Linear(12 * NUM_BODY_JOINTS, width),
            nn.SiLU(),
            nn.Linear(width, width),
            nn.SiLU(),
        )
        self.last = nn.Linear(width, embedding)

    def forward(self, rotations: Tensor) -> Tensor:
        rotations = without_heading(rotations)
        frames = forward_kinematics(rotations, self.rest.to(rotations.dtype), BODY_PARENTS)
        seen = torch.cat([rotations.flatten(1), 2 * frames[..., :3, 3].flatten(1)], 1)
        return functional.normalize(self.last(self.net(seen)), dim=-1)


def without_heading(rotations: Tensor) -> Tensor:  # [..., J, 3, 3] -> [..., J, 3, 3]
    """The same pose with the pelvis facing +Z: turned about the vertical; lying bodies keep lying."""
    root = rotations[..., 0, :, :]
    # Heading of the pelvis' left axis, which stays level when the body bends forward, lies or hangs upside down.
    x, z = root[..., 0, 0], root[..., 2, 0]
    length = (x.square() + z.square()).clamp(min=1e-12).sqrt()
    cosine, sine = x / length, -z / length
    zero, one = torch.zeros_like(x), torch.ones_like(x)
    undo = torch.stack([cosine, zero, -sine, zero, one, zero, sine, zero, cosine], -1).unflatten(-1, (3, 3))
    return torch.cat([(undo @ root)[..., None, :, :], rotations[..., 1:, :, :]], -3)


class TextEncoder(Protocol):
    """What a guide needs of an image-text model once the poses are embedded."""

    name: str

    def encode_text(self, texts: Sequence[str]) -> Tensor:  # [N, D]
        """Unit embeddings of texts."""
        ...
