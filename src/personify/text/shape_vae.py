"""AvatarCLIP's shape prior for SMPL bodies, from the user's own ``model_VAE_16.pth`` (section 4.1)."""

from __future__ import annotations

import pickle
from dataclasses import dataclass
from pathlib import Path

import torch
from torch import Tensor

from personify.errors import PersonifyError

_KEYS = tuple(f"{layer}.{kind}" for layer in ("enc1", "enc2", "dec1", "dec2") for kind in ("weight", "bias"))


@dataclass(frozen=True)
class AffineShapeVAE:
    """A variational auto-encoder without nonlinearities, hence two affine maps; the 1.4 GB of the file become 4 MB.

    Attributes:
        encoder: [2L, 3V + 1] offsets from the template (and 1) -> mean and log-variance.
        decoder: [3V, L + 1] latent (and 1) -> offsets.
        v_template: [V, 3] metres.
    """

    encoder: Tensor
    decoder: Tensor
    v_template: Tensor

    @staticmethod
    def load(path: Path | str, v_template: Tensor) -> AffineShapeVAE:
        """Read the published checkpoint.

        Raises:
            PersonifyError: missing, not a plain checkpoint, or for a body with another number of vertices.
        """
        try:
            state = torch.load(path, map_location="cpu", weights_only=True, mmap=True)
        except FileNotFoundError as error:
            raise PersonifyError(f"{path}: no such file; expected AvatarCLIP's model_VAE_16.pth") from error
        except (RuntimeError, ValueError, OSError, pickle.UnpicklingError) as error:
            raise PersonifyError(f"{path}: not a readable checkpoint of plain tensors; download it again") from error
        return AffineShapeVAE.from_state(state, v_template, str(path))

    @staticmethod
    def from_state(state: dict[str, Tensor], v_template: Tensor, source: str = "shape VAE") -> AffineShapeVAE:
        """Collapse the layers ``enc1``, ``enc2``, ``dec1``, ``dec2`` of a state dict.

        Raises:
            PersonifyError: layers are missing or do not fit each other or the template.
        """
        if missing := [key for key in _KEYS if key not in state]:
            raise PersonifyError(f"{source}: has no {missing[0]!r}; expected AvatarCLIP's model_VAE_16.pth")
        vertices = len(state["dec2.bias"]) // 3
        if vertices != len(v_template):
            raise PersonifyError(f"{source}: is for {vertices} vertices, the template has {len(v_template)}")
        try:
            return AffineShapeVAE(_collapsed(state, "enc"), _collapsed(state, "dec"), v_template)
        except RuntimeError as error:
            raise PersonifyError(f"{source}: its layers do not fit each other; download it again") from error

    def encode(self, offsets: Tensor) -> tuple[Tensor, Tensor]:  # [B, V, 3] -> [B, L], [B, L]
        """Mean and log-variance."""
        mean, log_variance = _affine(self.encoder, offsets.flatten(1)).chunk(2, -1)
        return mean, log_variance

    def decode(self, latents: Tensor) -> Tensor:  # [B, L] -> [B, V, 3]
        """Vertices of SMPL bodies in the T-pose."""
        return _affine(self.decoder, latents).unflatten(1, (-1, 3)) + self.v_template


def _collapsed(state: dict[str, Tensor], name: str) -> Tensor:
    """``[W2 W1 | W2 b1 + b2]`` in double precision."""
    second = state[f"{name}2.weight"].double()
    first = torch.cat([state[f"{name}1.weight"].double(), state[f"{name}1.bias"].double()[:, None]], 1)
    joined = second @ first
    joined[:, -1] += state[f"{name}2.bias"].double()
    return joined.float()


def _affine(matrix: Tensor, x: Tensor) -> Tensor:
    return torch.nn.functional.linear(x, matrix[:, :-1], matrix[:, -1])


def direction_scores(image_embeddings: Tensor, neutral_image: Tensor, text_direction: Tensor) -> Tensor:
    """How far each image moves away from a neutral one in the direction of a text.

    Args:
        image_embeddings: [N, D] unnormalised.
        neutral_image: [D].
        text_direction: [D] embedding of the text minus that of a neutral text.

    Returns:
        [N] cosines.
    """
    return torch.nn.functional.cosine_similarity(image_embeddings - neutral_image, text_direction[None], dim=-1)
