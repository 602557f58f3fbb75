"""A small convolutional U-Net (Ronneberger et al. 2015) with features at full resolution."""

from __future__ import annotations

import itertools
from collections.abc import Sequence

import torch
from torch import Tensor, nn

_GROUPS = 8


class Residual(nn.Module):
    """Two normalised 3x3 convolutions around a skip, without effect before training."""

    def __init__(self, width: int) -> None:
        super().__init__()
        self.norm = nn.GroupNorm(_GROUPS, width)
        self.conv1 = nn.Conv2d(width, width, 3, padding=1)
        self.conv2 = nn.Conv2d(width, width, 3, padding=1)
        nn.init.zeros_(self.conv2.weight)

    def forward(self, x: Tensor) -> Tensor:
        return x + self.conv2(self.conv1(self.norm(x).relu()).relu())


class UNet(nn.Module):
    """Maps to as many features as its finest level has channels.

    Full resolution costs most and is only touched at both ends; the coarser a level, the more blocks it has.

    Args:
        channels: of what comes in.
        widths: channels at 1/2, 1/4, ... of the resolution; multiples of 8.

    Example:
        >>> UNet(3, (8, 16))(torch.rand(2, 3, 30, 34)).shape
        torch.Size([2, 8, 30, 34])
    """

    def __init__(self, channels: int, widths: Sequence[int]) -> None:
        super().__init__()
        pairs = list(itertools.pairwise(widths))
        self.pixels = nn.Conv2d(channels, widths[0], 3, padding=1)
        self.first = nn.Conv2d(channels, widths[0], 4, 2, padding=1)
        self.down = nn.ModuleList(nn.Conv2d(fine, coarse, 2, 2) for fine, coarse in pairs)
        self.encode = nn.ModuleList(
            nn.Sequential(*(Residual(width) for _ in range(1 + level // 2 + (level > 2))))
            for level, width in enumerate(widths)
        )
        self.up = nn.ModuleList(nn.Conv2d(coarse, fine, 1) for fine, coarse in pairs)
        self.decode = nn.ModuleList(Residual(width) for width in widths[:-1])
        self.last = nn.Conv2d(widths[0], widths[0], 1)

    def forward(self, x: Tensor) -> Tensor:  # [M, C, H, W] -> [M, F, H, W], none negative
        return self.both_ends(x)[0]

    def both_ends(self, x: Tensor) -> tuple[Tensor, Tensor]:
        """The finest and the coarsest features, [M, F, H, W] and [M, G, H', W']."""
        x = x.contiguous(memory_format=torch.channels_last)  # twice as fast on a CPU
        y, finer = self.first(x), []
        for level, encode in enumerate(self.encode):
            y = encode(self.down[level - 1](y) if level else y)
            finer.append(y)
        for level in reversed(range(len(self.decode))):
            y = self.decode[level](_resize(self.up[level](y), finer[level]) + finer[level])
        return (self.pixels(x) + _resize(self.last(y), x)).relu(), finer[-1]


def _resize(x: Tensor, like: Tensor) -> Tensor:
    return nn.functional.interpolate(x, size=like.shape[-2:], mode="bilinear", align_corners=False)
