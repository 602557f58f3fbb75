"""What every pixel of a photo shows of the body, learned without drawing anybody.

Not part of NoPo-Avatar, whose transformer finds this out from 1.2 million samples. A convolutional network sees tens of
pictures a second on one core. It answers in two parts, as one is much easier than the other: where a pixel lies on the
body as seen from the camera, which its surroundings tell, and from which side the camera sees the body, on which all
pixels of a photo vote.
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor, nn

from personify.photos.network.config import NetworkConfig
from personify.photos.network.figure import Figure
from personify.photos.network.unet import UNet

_HEIGHT = 1.0  # metres above the floor from which heights are counted: about the middle of a person
_HIDDEN = 64
_STRONGEST_VOTE = 0.99


@dataclass(frozen=True)
class Surface:
    """What P pixels of M photos show.

    Attributes:
        seen: [P, 3] metres; canonical positions after `turn_to_camera`.
        facing: [P, 2] every pixel's guess of its photo's turn; the less certain, the shorter.
        turns: [M, 2] (cosine, sine) on which all pixels of a photo agreed.
        means: [P, 3] metres, canonical positions: ``seen``, turned back.
        bone_logits: [P, E] skinning to bones, before the softmax.
        photo: [P] int64, the photo of each pixel.
    """

    seen: Tensor
    facing: Tensor
    turns: Tensor
    means: Tensor
    bone_logits: Tensor
    photo: Tensor


class Stem(nn.Module):
    """Photos to features at full resolution, and pixels' features to the surface they show.

    Example:
        >>> stem = Stem(NetworkConfig(stem_widths=(8, 16)))
        >>> stem(torch.rand(2, 3, 32, 32), torch.ones(2, 32, 32))[0].shape
        torch.Size([2, 8, 32, 32])
    """

    def __init__(self, config: NetworkConfig) -> None:
        super().__init__()
        self.unet = UNet(6, config.stem_widths)
        self.head = nn.Sequential(
            nn.Linear(config.features, _HIDDEN), nn.ReLU(), nn.Linear(_HIDDEN, 5 + config.num_bones)
        )
        self.figure = Figure(config) if config.figure else None

    def forward(self, images: Tensor, masks: Tensor) -> tuple[Tensor, Tensor]:
        """[M, 3, H, W] in -1..1, [M, H, W] -> features of pixels [M, F, H, W] and of whole photos [M, G]."""
        fine, coarse = self.unet.both_ends(torch.cat([images, (masks > 0).to(images)[:, None], _places(images)], 1))
        return fine, torch.cat([coarse.mean((-2, -1)), coarse.amax((-2, -1))], -1)

    def surface(self, features: Tensor, photo: Tensor, photos: int) -> Surface:
        """What pixels show.

        Args:
            features: [P, F] of the pixels.
            photo: [P] int64, which photo each pixel is from.
            photos: how many there are.
        """
        raw = self.head(features)
        seen, facing = raw[:, :3] + raw.new_tensor([0.0, _HEIGHT, 0.0]), raw[:, 3:5]
        turns = vote(facing, photo, photos)
        return Surface(seen, facing, turns, turn_back(seen, turns[photo]), raw[:, 5:], photo)


def vote(facing: Tensor, photo: Tensor, photos: int) -> Tensor:  # [P, 2], [P] -> [M, 2]
    """The direction on which the pixels of each photo agree: vectors near the unit circle are certain and weigh most.

    Example:
        >>> vote(torch.tensor([[0.1, 0.0], [0.0, 0.9]]), torch.tensor([0, 0]), 1).argmax().item()
        1
    """
    weights = 1 / (1 - facing.square().sum(-1, keepdim=True).clamp(max=_STRONGEST_VOTE))
    total = facing.new_zeros(photos, 2).index_add(0, photo, weights * facing)
    return nn.functional.normalize(total, dim=-1)


def turn_to_camera(positions: Tensor, turns: Tensor) -> Tensor:  # [..., 3], [..., 2] -> [..., 3]
    """Turn canonical positions about +Y so that +X is the camera's right and +Z points towards it.

    Args:
        positions: metres.
        turns: (cosine, sine) of the camera's azimuth around the person: 0 in front, a quarter turn at their left.
    """
    cosine, sine = turns.unbind(-1)
    x, y, z = positions.unbind(-1)
    return torch.stack([cosine * x - sine * z, y, sine * x + cosine * z], -1)


def turn_back(seen: Tensor, turns: Tensor) -> Tensor:  # [..., 3], [..., 2] -> [..., 3]
    """Inverse of `turn_to_camera`."""
    return turn_to_camera(seen, turns * turns.new_tensor([1.0, -1.0]))


def _places(images: Tensor) -> Tensor:  # [M, C, H, W] -> [M, 2, H, W] column and row in -1..1
    rows, columns = (
        torch.linspace(-1, 1, size, dtype=images.dtype, device=images.device) for size in images.shape[-2:]
    )
    return torch.stack(torch.meshgrid(columns, rows, indexing="xy")).expand(len(images), -1, -1, -1)
