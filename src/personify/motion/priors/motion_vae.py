"""`MotionVAE`: a clip of motion as one code, in ACTOR's form (Petrovich et al. 2021, section 3).

A transformer reads the frames behind one learned query, whose answer is the code; another one lets a positional query
per frame look at the code. Ours also carries the pelvis' orientation and travel, takes clips of any length, and stands
on a linear path: the code of a clip starts as its principal components in a cosine basis over time, and the
transformers learn what that misses.
"""

from __future__ import annotations

import math
from functools import lru_cache

import torch
from torch import Tensor, nn
from torch.nn import functional

from personify.body.pose import NUM_BODY_JOINTS
from personify.body.rotations import matrix_to_rotation_6d, rotation_6d_to_matrix
from personify.errors import PersonifyError
from personify.motion.priors.weights import load_prior

MAX_FRAMES = 900  # 30 s; also bounds what a typing mistake can allocate


def positions(frames: int, width: int, like: Tensor) -> Tensor:  # [F, W]
    """Sinusoidal positional encoding (Vaswani et al. 2017, section 3.5)."""
    rate = torch.exp(torch.arange(0, width, 2, device=like.device) * (-math.log(10000.0) / width))
    angle = torch.arange(frames, device=like.device)[:, None] * rate
    return torch.stack([angle.sin(), angle.cos()], -1).flatten(1).to(like.dtype)


class MotionEncoder(nn.Module):
    """Frames [B, F, C] to [B, outputs]; modules carry the names of AvatarCLIP's checkpoints."""

    def __init__(
        self, features: int, width: int, heads: int, feedforward: int, layers: int, dropout: float, outputs: int
    ) -> None:
        super().__init__()
        self.query = nn.Parameter(torch.randn(1, width))
        self.skelEmbedding = nn.Linear(features, width)
        layer = nn.TransformerEncoderLayer(width, heads, feedforward, dropout, "gelu", batch_first=True)
        self.seqTransEncoder = nn.TransformerEncoder(layer, layers, enable_nested_tensor=False)
        self.final = nn.Linear(width, outputs)

    def forward(self, features: Tensor) -> Tensor:
        tokens = torch.cat([self.query.expand(len(features), 1, -1), self.skelEmbedding(features)], 1)
        tokens = tokens + positions(tokens.shape[1], tokens.shape[2], tokens)
        return self.final(self.seqTransEncoder(tokens)[:, 0])


class MotionDecoder(nn.Module):
    """A code [B, W] to frames [B, F, C]; modules carry the names of AvatarCLIP's checkpoints."""

    def __init__(self, features: int, width: int, heads: int, feedforward: int, layers: int, dropout: float) -> None:
        super().__init__()
        layer = nn.TransformerDecoderLayer(width, heads, feedforward, dropout, "gelu", batch_first=True)
        self.seqTransDecoder = nn.TransformerDecoder(layer, layers)
        self.final = nn.Linear(width, features)

    def forward(self, code: Tensor, frames: int) -> Tensor:
        queries = positions(frames, code.shape[1], code).expand(len(code), -1, -1)
        return self.final(self.seqTransDecoder(queries, code[:, None]))


class LinearMotion(nn.Module):
    """The linear path: a cosine basis over the clip's own length, then one matrix each way.

    Coefficients are means over frames, so a clip has the same code at any frame rate.
    """

    def __init__(self, features: int, harmonics: int, latent: int) -> None:
        super().__init__()
        self.harmonics = harmonics
        self.analysis = nn.Linear(harmonics * features, latent)
        self.synthesis = nn.Linear(latent, harmonics * features)

    def basis(self, frames: int, like: Tensor) -> Tensor:  # [F, H]
        """Orthonormal cosines (DCT-II): the mean over frames of products is the identity."""
        time = (torch.arange(frames, dtype=like.dtype, device=like.device) + 0.5) / frames
        order = torch.arange(self.harmonics, dtype=like.dtype, device=like.device)
        cosines = math.sqrt(2) * torch.cos(math.pi * time[:, None] * order)
        cosines[:, 0] = 1
        return cosines * (order < frames)  # a short clip has no faster harmonics

    def coefficients(self, features: Tensor) -> Tensor:  # [B, F, C] -> [B, H * C]
        """Mean products with the basis."""
        frames = features.shape[1]
        return torch.einsum("bfc,fh->bhc", features, self.basis(frames, features) / frames).flatten(1)

    def encode(self, features: Tensor) -> Tensor:  # [B, F, C] -> [B, L]
        return self.analysis(self.coefficients(features))

    def decode(self, code: Tensor, frames: int) -> Tensor:  # [B, L] -> [B, F, C]
        coefficients = self.synthesis(code).unflatten(1, (self.harmonics, -1))
        return torch.einsum("bhc,fh->bfc", coefficients, self.basis(frames, code))


class MotionVAE(nn.Module):
    """Motions to codes and back.

    A frame is ``6 * joints`` numbers (the first two rows of each rotation matrix, as AvatarCLIP has it), and with
    ``travels`` the pelvis position over the pelvis height of the T-pose; the clip starts over the origin facing +Z.

    Args:
        joints: joints of the pose language from the pelvis on: 22 is the body, 55 everything.
        travels: whether the pelvis position is part of the motion.
        latent: numbers of the code.
        width, heads, feedforward, layers: of both transformers.
        harmonics: cosines over time of the linear path; 0 leaves it out.
        variational: whether the encoder also gives a deviation; AvatarCLIP's released encoder does not.
        dropout: while training.

    Example:
        >>> vae = MotionVAE(latent=8, width=8, heads=2, feedforward=8, layers=1, harmonics=3).eval()
        >>> rotations, travel = vae.decode(torch.zeros(1, 8), frames=10)
        >>> rotations.shape, travel.shape, vae.encode(rotations, travel)[0].shape
        (torch.Size([1, 10, 22, 3, 3]), torch.Size([1, 10, 3]), torch.Size([1, 8]))
    """

    def __init__(
        self,
        joints: int = NUM_BODY_JOINTS,
        travels: bool = True,
        latent: int = 256,
        width: int = 128,
        heads: int = 4,
        feedforward: int = 256,
        layers: int = 4,
        harmonics: int = 24,
        variational: bool = True,
        dropout: float = 0.1,
    ) -> None:
        super().__init__()
        self.joints, self.travels, self.latent, self.variational = joints, travels, latent, variational
        features = 6 * joints + 3 * travels
        self.encoder = MotionEncoder(features, width, heads, feedforward, layers, dropout, latent * (1 + variational))
        self.decoder = MotionDecoder(features, width, heads, feedforward, layers, dropout)
        self.widen = nn.Identity() if width == latent else nn.Linear(latent, width)
        self.linear = LinearMotion(features, harmonics, latent) if harmonics else None

    def encode(self, rotations: Tensor, travel: Tensor | None = None) -> tuple[Tensor, Tensor]:
        """Mean and standard deviation [B, L] of the codes of clips (deviation 0 if not ``variational``).

        Args:
            rotations: [B, F, J, 3, 3].
            travel: [B, F, 3] if ``travels``.

        Raises:
            PersonifyError: other shapes.
        """
        if rotations.ndim != 5 or rotations.shape[2:] != (self.joints, 3, 3) or (travel is None) == self.travels:
            given = "" if travel is None else f" with travel {list(travel.shape)}"
            raise PersonifyError(
                f"motion: rotations {list(rotations.shape)}{given}; expected [B, F, {self.joints}, 3, 3] "
                f"{'with' if self.travels else 'without'} travel"
            )
        return self.encode_features(motion_features(rotations, travel))

    def encode_features(self, features: Tensor) -> tuple[Tensor, Tensor]:  # [B, F, C] -> [B, L], [B, L]
        """`encode` of frames as `motion_features` gives them."""
        answer = self.encoder(features)
        mean = answer[:, : self.latent]
        if self.linear is not None:
            mean = mean + self.linear.encode(features)
        return mean, functional.softplus(answer[:, self.latent :]) if self.variational else torch.zeros_like(mean)

    def decode(self, latent: Tensor, frames: int = 60) -> tuple[Tensor, Tensor | None]:
        """Rotations [B, F, J, 3, 3] and, if it ``travels``, pelvis positions [B, F, 3] over the pelvis height.

        Raises:
            PersonifyError: codes not [B, L], or frames not from 1 to 900.
        """
        if latent.ndim != 2 or latent.shape[1] != self.latent:
            raise PersonifyError(f"latent: shape {list(latent.shape)}; expected [B, {self.latent}]")
        if not 1 <= frames <= MAX_FRAMES:
            raise PersonifyError(f"frames: {frames}; expected 1 to {MAX_FRAMES}")
        features = self.decode_features(latent, frames)
        sixes = features[..., : 6 * self.joints].unflatten(-1, (self.joints, 6))
        return rotation_6d_to_matrix(sixes).mT, features[..., 6 * self.joints :] if self.travels else None

    def decode_features(self, latent: Tensor, frames: int) -> Tensor:  # [B, L] -> [B, F, C]
        """`decode` before the numbers become rotations."""
        features = self.decoder(self.widen(latent), frames)
        return features if self.linear is None else features + self.linear.decode(latent, frames)


def motion_features(rotations: Tensor, travel: Tensor | None = None) -> Tensor:
    """Frames [B, F, 6 J (+ 3)] from rotation matrices [B, F, J, 3, 3] and travel [B, F, 3]."""
    sixes = matrix_to_rotation_6d(rotations.mT).flatten(-2)
    return sixes if travel is None else torch.cat([sixes, travel], -1)


@lru_cache(maxsize=1)
def shipped_motion_vae() -> MotionVAE:
    """The prior trained by ``tools/train_motion_vae.py``."""
    return load_prior(MotionVAE, "motion_vae.safetensors")
