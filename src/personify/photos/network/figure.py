"""How stout somebody is and what volume clothes and hair have: the photos' evidence for principal displacements.

Not part of NoPo-Avatar, whose template branch finds all displacements from tokens. Width shows in whole silhouettes,
and some thirty numbers say most of how people's surfaces differ; every photo estimates those, and how sure it is.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn

from personify.photos.network.config import NetworkConfig

_HIDDEN = 128
_PARTS = 100.0  # a part covers about a hundredth of the square of a person's height
_MEMORY = 0.02  # of running means: the share of the newest batch
_SMALLEST = 1e-3
_FARTHEST = 4.0  # standard deviations
_MOMENTS = 6  # mean and mean square of where a part's pixels lie


class Standard(nn.Module):
    """Numbers of all sizes to numbers about 1, by running means of the numbers and of how far they lie from those.

    Batches are too small to normalise themselves, and a layer that follows hundreds of large numbers would die. The
    means stay as they are when what the numbers come from no longer learns.
    """

    mean: Tensor
    spread: Tensor

    def __init__(self, width: int) -> None:
        super().__init__()
        self.register_buffer("mean", torch.zeros(width))
        self.register_buffer("spread", torch.ones(width))

    def forward(self, x: Tensor) -> Tensor:  # [M, C] -> [M, C]
        if self.training and x.requires_grad:
            self.mean.lerp_(x.detach().mean(0), _MEMORY)
            self.spread.lerp_((x.detach() - self.mean).abs().mean(0), _MEMORY)
        deviation = 1.25 * self.spread.clamp(min=_SMALLEST)  # as of a normal distribution
        return ((x - self.mean) / deviation).clamp(-_FARTHEST, _FARTHEST)


class Figure(nn.Module):
    """Evidence of photos for the principal displacements of the template's texels.

    Attributes:
        average: [3, H, W] metres, the displacement of the average person, which is left to the template's own head.
        basis: [K, 3, H, W] metres, displacements of one standard deviation; zero until `learn`.
        symmetry: [K] 1 where a displacement is its own mirror image, -1 where its mirror image is its opposite.

    Example:
        >>> figure = Figure(NetworkConfig(stem_widths=(8,), figure=2, template_size=(16, 16)))
        >>> figure.displacement(torch.zeros(1, 2)).shape
        torch.Size([1, 16, 16, 3])
    """

    average: Tensor
    basis: Tensor
    symmetry: Tensor

    def __init__(self, config: NetworkConfig) -> None:
        super().__init__()
        self.register_buffer("average", torch.zeros(3, *config.template_size))
        self.register_buffer("basis", torch.zeros(config.figure, 3, *config.template_size))
        self.register_buffer("symmetry", torch.ones(config.figure))
        inputs = 2 * config.stem_widths[-1] + config.num_bones * (1 + _MOMENTS + config.features)
        last = nn.Linear(_HIDDEN, 2 * config.figure)
        nn.init.zeros_(last.weight)
        nn.init.zeros_(last.bias)
        self.head = nn.Sequential(Standard(inputs), nn.Linear(inputs, _HIDDEN), nn.GELU(), last)

    @property
    def learnt(self) -> bool:
        """Whether there are displacements."""
        return bool(self.basis.any())

    def learn(self, average: Tensor, basis: Tensor, symmetry: Tensor) -> None:  # [H, W, 3], [K, H, W, 3], [K]
        """Take over displacements (`personify.train.figures.principal_displacements`)."""
        self.average.copy_(average.movedim(-1, 0))
        self.basis.copy_(basis.movedim(-1, 1))
        self.symmetry.copy_(symmetry)

    def resize(self, size: tuple[int, int]) -> None:
        """Follow the template to another resolution."""
        maps = torch.cat([self.average[None], self.basis])
        maps = nn.functional.interpolate(maps, size=size, mode="bilinear", align_corners=False)
        self.average, self.basis = maps[0], maps[1:]

    def forward(
        self, whole: Tensor, features: Tensor, seen: Tensor, bone_logits: Tensor, masks: Tensor
    ) -> tuple[Tensor, Tensor]:
        """Coefficients and their precisions, [M, K] each, in standard deviations; an empty photo knows nothing.

        The arguments are those of `describe`.
        """
        coefficients, certainty = self.head(self.describe(whole, features, seen, bone_logits, masks)).chunk(2, -1)
        return coefficients, nn.functional.softplus(certainty) * masks.flatten(1).any(1, keepdim=True)

    def describe(
        self, whole: Tensor, features: Tensor, seen: Tensor, bone_logits: Tensor, masks: Tensor
    ) -> Tensor:  # [M, G + E * (1 + 6 + F)]
        """What is known of whole photos, and of how large each part of the body is, where it lies and how it looks.

        Args:
            whole: [M, G] of M whole photos.
            features: [P, F] of the foreground pixels, photo after photo.
            seen: [P, 3] metres, where they lie as the camera sees it.
            bone_logits: [P, E] which part of the body they show.
            masks: [M, H, W] bool, true at those P pixels.
        """
        counts = masks.flatten(1).sum(1)
        values = torch.cat([torch.ones_like(seen[:, :1]), seen, seen.square(), features], -1)
        parts = zip(bone_logits.detach().softmax(-1).split(counts.tolist()), values.split(counts.tolist()), strict=True)
        sums = torch.stack([shares.mT @ value for shares, value in parts])  # [M, E, 1 + 6 + F]
        areas = sums[..., :1]
        height = masks.any(-1).sum(-1).clamp(min=1)[:, None, None]
        described = torch.cat([_PARTS * areas / height.square(), sums[..., 1:] / (areas + 1)], -1)
        return torch.cat([whole, described.flatten(1)], -1)

    def mirrored(self, coefficients: Tensor) -> Tensor:  # [..., K] -> [..., K]
        """Coefficients of the same people in a mirror."""
        return coefficients * self.symmetry

    def displacement(self, coefficients: Tensor) -> Tensor:  # [B, K] -> [B, H, W, 3] metres
        """Displacement of the template's texels."""
        return torch.einsum("bk,kchw->bhwc", coefficients, self.basis)


def agree(coefficients: Tensor, precisions: Tensor) -> Tensor:  # [..., V, K] twice -> [..., K]
    """What V photos together say, by the product of their and the population's normal distributions.

    Example:
        >>> agree(torch.tensor([[2.0], [2.0]]), torch.tensor([[0.5], [0.5]]))
        tensor([1.])
    """
    return (precisions * coefficients).sum(-2) / (1 + precisions.sum(-2))
