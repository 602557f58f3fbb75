"""Dense prediction heads on transformer tokens (Ranftl et al. 2021, "Vision Transformers for Dense Prediction")."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor, nn

from personify.photos.network.config import NetworkConfig


def upsample(x: Tensor, factor: int) -> Tensor:
    """Bilinear, corners on corners."""
    if factor == 1:
        return x
    return nn.functional.interpolate(x, scale_factor=factor, mode="bilinear", align_corners=True)


class ResidualUnit(nn.Module):
    """Two activated 3x3 convolutions around a skip."""

    def __init__(self, width: int) -> None:
        super().__init__()
        self.conv1 = nn.Conv2d(width, width, 3, padding=1)
        self.conv2 = nn.Conv2d(width, width, 3, padding=1)

    def forward(self, x: Tensor) -> Tensor:
        return x + self.conv2(self.conv1(x.relu()).relu())


class Fusion(nn.Module):
    """Join a finer map to the coarser path (the coarsest has none) and double the resolution."""

    def __init__(self, width: int, joins: bool) -> None:
        super().__init__()
        if joins:
            self.unit1 = ResidualUnit(width)
        self.unit2 = ResidualUnit(width)
        self.out = nn.Conv2d(width, width, 1)

    def forward(self, path: Tensor, finer: Tensor | None = None) -> Tensor:  # [M, F, h, w] -> [M, F, 2h, 2w]
        if finer is not None:
            path = path + self.unit1(finer)
        # a 1x1 convolution commutes with bilinear interpolation, and is four times cheaper before it
        return upsample(self.out(self.unit2(path)), 2)


class DPT(nn.Module):
    """Token lists of four layers to one feature map at stride ``patch_size / 8``.

    The layers become maps at 4, 2, 1 and 1/2 times the token grid's resolution and are fused from coarse to fine.
    """

    def __init__(self, config: NetworkConfig) -> None:
        super().__init__()
        a, b, c, d = config.reassemble_widths
        inner = config.decoder_width
        self.reassemble = nn.ModuleList(
            [
                nn.Sequential(nn.Conv2d(config.encoder_width, a, 1), nn.ConvTranspose2d(a, a, 4, 4)),
                nn.Sequential(nn.Conv2d(inner, b, 1), nn.ConvTranspose2d(b, b, 2, 2)),
                nn.Sequential(nn.Conv2d(inner, c, 1)),
                nn.Sequential(nn.Conv2d(inner, d, 1), nn.Conv2d(d, d, 3, 2, padding=1)),
            ]
        )
        width = config.head_width
        self.project = nn.ModuleList(
            nn.Conv2d(channels, width, 3, padding=1, bias=False) for channels in config.reassemble_widths
        )
        self.fusion = nn.ModuleList(Fusion(width, joins=level < 3) for level in range(4))

    def forward(self, tokens: Sequence[Tensor], grid: tuple[int, int]) -> Tensor:  # 4 x [M, N, C] -> [M, F, 8h, 8w]
        maps = [
            project(reassemble(layer.mT.unflatten(-1, grid)))
            for layer, reassemble, project in zip(tokens, self.reassemble, self.project, strict=True)
        ]
        # an odd number of patches makes the coarsest map half a patch too large
        path = self.fusion[3](maps[3])[..., : grid[0], : grid[1]]
        for level in (2, 1, 0):
            path = self.fusion[level](path, maps[level])
        return path


class PositionHead(nn.Module):
    """Tokens, and features if the configuration has them, to three numbers per pixel, before the exponential map."""

    def __init__(self, config: NetworkConfig) -> None:
        super().__init__()
        width = config.head_width
        self.dpt = DPT(config)
        self.factor = config.patch_size // 8
        self.conv1 = nn.Conv2d(width, width // 2, 3, padding=1)
        self.conv2 = nn.Conv2d(width // 2, width // 2, 3, padding=1)
        self.out = nn.Conv2d(width // 2 + config.features, 3, 1)

    def forward(
        self,
        tokens: Sequence[Tensor],  # 4 x [M, N, C]
        grid: tuple[int, int],
        features: Tensor | None = None,  # [M, F, H, W]
    ) -> Tensor:  # [M, 3, H, W]
        x = self.conv2(upsample(self.conv1(self.dpt(tokens, grid)), self.factor)).relu()
        return self.out(x if features is None else torch.cat([x, features], 1))


class GaussianHead(nn.Module):
    """Tokens, the raw input, and features if the configuration has them, to one Gaussian per chosen pixel."""

    def __init__(self, config: NetworkConfig, raw_channels: int) -> None:
        super().__init__()
        width, kernel = config.head_width, config.skip_kernel
        self.dpt = DPT(config)
        self.factor = config.patch_size // 8
        self.skip = nn.Conv2d(raw_channels, width, kernel, padding=kernel // 2)
        self.conv = nn.Conv2d(width, width, 3, padding=1, bias=False)
        self.dropout = nn.Dropout(config.dropout)
        self.out = nn.Linear(width + config.features, sum(config.channel_sizes))

    def forward(
        self,
        tokens: Sequence[Tensor],  # 4 x [M, N, C]
        grid: tuple[int, int],
        raw: Tensor,  # [M, C, H, W]
        pixels: Tensor,  # [P] indices into the M * H * W pixels
        features: Tensor | None = None,  # [P, F] of these pixels
    ) -> Tensor:  # [P, channels]
        x = upsample(self.dpt(tokens, grid), self.factor) + self.skip(raw).relu()
        # the last layer is pointwise and by far the widest, and only pixels on the person are ever used
        rows = self.conv(x).relu().permute(0, 2, 3, 1).flatten(0, 2).index_select(0, pixels)
        return self.out(self.dropout(rows if features is None else torch.cat([rows, features], -1)))


def start_lively(head: nn.Module) -> None:
    """Initialise every convolution to keep the size of what passes through (He et al. 2015).

    PyTorch's own start shrinks it at every layer, and little of the tokens would reach the end of so many layers.
    """
    for module in head.modules():
        if isinstance(module, nn.ConvTranspose2d):  # stride = kernel: one input pixel under every output pixel
            nn.init.normal_(module.weight, 0, module.in_channels**-0.5)
        elif isinstance(module, nn.Conv2d):
            nn.init.kaiming_normal_(module.weight, nonlinearity="linear")
        if isinstance(module, nn.ConvTranspose2d | nn.Conv2d) and module.bias is not None:
            nn.init.zeros_(module.bias)
    for module in head.modules():
        if isinstance(module, ResidualUnit):
            nn.init.kaiming_normal_(module.conv1.weight, nonlinearity="relu")
            nn.init.kaiming_normal_(module.conv2.weight, a=3**0.5, nonlinearity="leaky_relu")  # gain sqrt(1/2)


def exponential_map(raw: Tensor) -> Tensor:  # [..., 3] -> [..., 3]
    """``r / |r| * (exp |r| - 1)``: linear near zero, exponential far away; smooth at zero."""
    square = raw.square().sum(-1, keepdim=True)
    small = square < 1e-6
    norm = torch.where(small, torch.ones_like(square), square).sqrt()
    return raw * torch.where(small, 1 + square.clamp(min=1e-16).sqrt() / 2, norm.expm1() / norm)
