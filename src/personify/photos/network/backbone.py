"""Shared image encoder, learned template tokens, and the decoder in which all streams look at each other."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from personify.photos.network.attention import DecoderBlock, EncoderBlock, Rope, layer_norm, rope_2d
from personify.photos.network.config import NetworkConfig


class Encoder(nn.Module):
    """Vision transformer applied to every photo alone."""

    def __init__(self, config: NetworkConfig) -> None:
        super().__init__()
        self.config = config
        width, patch = config.encoder_width, config.patch_size
        self.patch_embed = nn.Conv2d(3, width, patch, patch)
        self.blocks = nn.ModuleList(
            EncoderBlock(width, config.encoder_heads, config.mlp_ratio) for _ in range(config.encoder_depth)
        )
        self.norm = layer_norm(width)

    def forward(self, images: Tensor, extra: Tensor | None = None) -> Tensor:
        """Tokens [M, N, C] of images [M, 3, H, W] in -1..1; ``extra`` [M, C, rows, columns] is added to the patches."""
        patches = self.patch_embed(images)
        if extra is not None:
            patches = patches + extra
        head_width = self.config.encoder_width // self.config.encoder_heads
        rope = rope_2d((patches.shape[2], patches.shape[3]), head_width, self.config.rope_base, images.device)
        x = patches.flatten(2).mT
        if self.config.guided:
            x = x + place_waves(patches.shape[2], patches.shape[3], self.config.encoder_width, images.device)
        for block in self.blocks:
            x = block(x, rope)
        return self.norm(x)


def place_waves(rows: int, columns: int, width: int, device: torch.device) -> Tensor:  # [rows * columns, width]
    """Sines and cosines of every patch's place in the photo, from half a wave to eight waves along each side.

    Places are fractions of the sides, so that a finer grid of the same photo sees the same waves.
    """
    frequencies = torch.pi * 16 ** (torch.arange(width // 4, device=device) / (width // 4))
    waves = []
    for count in (rows, columns):
        phases = ((torch.arange(count, device=device) + 0.5) / count)[:, None] * frequencies
        waves.append(torch.cat([phases.sin(), phases.cos()], -1))
    grid = waves[0][:, None].expand(-1, columns, -1), waves[1][None].expand(rows, -1, -1)
    return 0.5 * torch.cat(grid, -1).flatten(0, 1)


class Decoder(nn.Module):
    """Two weight sets, one for the template and one for all photos, exchanging features at every layer.

    The template attends to all photos; a photo attends to the template and to all other photos. No view is marked,
    so the result does not depend on their order.
    """

    def __init__(self, config: NetworkConfig) -> None:
        super().__init__()
        self.config = config
        width, depth = config.decoder_width, config.decoder_depth
        self.embed = nn.Linear(config.encoder_width, width)

        def blocks() -> nn.ModuleList:
            return nn.ModuleList(DecoderBlock(width, config.decoder_heads, config.mlp_ratio) for _ in range(depth))

        self.template_blocks = blocks()
        self.image_blocks = blocks()
        self.norm = layer_norm(width)

    def forward(
        self,
        template: Tensor,  # [B, T, C]
        images: Tensor,  # [B, V, N, C]
        template_grid: tuple[int, int],
        image_grid: tuple[int, int],
    ) -> tuple[list[Tensor], list[Tensor]]:
        """Tokens of the template [B, T, C] and the images [B, V, N, C]: as they came, then after every layer."""
        head_width = self.config.decoder_width // self.config.decoder_heads
        template_rope = rope_2d(template_grid, head_width, self.config.rope_base, template.device)
        image_rope = rope_2d(image_grid, head_width, self.config.rope_base, images.device)
        template_tokens, image_tokens = [template], [images]
        template, images = self.embed(template), self.embed(images)
        for template_block, image_block in zip(self.template_blocks, self.image_blocks, strict=True):
            assert isinstance(template_block, DecoderBlock)
            assert isinstance(image_block, DecoderBlock)
            template, images = (
                _update_template(template_block, template, images, template_rope, image_rope),
                _update_images(image_block, template, images, template_rope, image_rope),
            )
            template_tokens.append(template)
            image_tokens.append(images)
        template_tokens[-1], image_tokens[-1] = self.norm(template), self.norm(images)
        return template_tokens, image_tokens


def _update_template(block: DecoderBlock, template: Tensor, images: Tensor, rope: Rope, image_rope: Rope) -> Tensor:
    keys, values = block.memory(images, image_rope)  # [B, V, heads, N, D]
    memory = keys.transpose(1, 2).flatten(2, 3), values.transpose(1, 2).flatten(2, 3)
    return block(template, rope, memory)


def _update_images(block: DecoderBlock, template: Tensor, images: Tensor, template_rope: Rope, rope: Rope) -> Tensor:
    batch, views = images.shape[:2]
    # keys and values do not depend on who asks: compute them once, then hand every photo those of the others
    of_template = block.memory(template, template_rope)  # [B, heads, T, D]
    of_images = block.memory(images, rope)  # [B, V, heads, N, D]
    others = torch.tensor([[k for k in range(views) if k != view] for view in range(views)], device=images.device)

    def gathered(common: Tensor, each: Tensor) -> Tensor:  # -> [B * V, heads, T + (V - 1) N, D]
        common = common[:, None].expand(-1, views, -1, -1, -1)
        if views > 1:
            common = torch.cat([common, each[:, others].transpose(2, 3).flatten(3, 4)], 3)
        return common.flatten(0, 1)

    memory = gathered(of_template[0], of_images[0]), gathered(of_template[1], of_images[1])
    return block(images.flatten(0, 1), rope, memory).unflatten(0, (batch, views))
