"""Transformer blocks with two-dimensional rotary position embedding (Su et al. 2021; Weinzaepfel et al. 2023)."""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn.functional import scaled_dot_product_attention

Rope = tuple[Tensor, Tensor]
"""Cosines and sines [N, 2, D / 4] of every token's (row, column), for heads of width D."""


def rope_2d(grid: tuple[int, int], head_width: int, base: float, device: torch.device) -> Rope:
    """Rotations of a grid's tokens, row-major: the first half of a head turns by row, the second by column."""
    quarter = head_width // 4
    frequencies = base ** (-torch.arange(quarter, device=device) / quarter)
    row, column = torch.meshgrid(
        torch.arange(grid[0], device=device), torch.arange(grid[1], device=device), indexing="ij"
    )
    angles = torch.stack([row.flatten(), column.flatten()], -1)[..., None] * frequencies
    return angles.cos(), angles.sin()


def rotate(x: Tensor, rope: Rope) -> Tensor:  # [..., N, D] -> [..., N, D]
    """Turn each pair of channels (k, k + D/4) of both halves by its token's angle."""
    cos, sin = (part.to(x.dtype) for part in rope)
    first, second = x.unflatten(-1, (2, 2, -1)).unbind(-2)
    return torch.stack([first * cos - second * sin, second * cos + first * sin], -2).flatten(-3)


class SelfAttention(nn.Module):
    """Multi-head attention of a sequence to itself."""

    def __init__(self, width: int, heads: int) -> None:
        super().__init__()
        self.heads = heads
        self.qkv = nn.Linear(width, 3 * width)
        self.proj = nn.Linear(width, width)

    def forward(self, x: Tensor, rope: Rope) -> Tensor:  # [B, N, C] -> [B, N, C]
        queries, keys, values = self.qkv(x).unflatten(-1, (3, self.heads, -1)).permute(2, 0, 3, 1, 4)
        mixed = scaled_dot_product_attention(rotate(queries, rope), rotate(keys, rope), values)
        return self.proj(mixed.transpose(1, 2).flatten(2))


class CrossAttention(nn.Module):
    """Multi-head attention to a memory whose keys and values are computed once and may be shared by several queries."""

    def __init__(self, width: int, heads: int) -> None:
        super().__init__()
        self.heads = heads
        self.query = nn.Linear(width, width)
        self.key = nn.Linear(width, width)
        self.value = nn.Linear(width, width)
        self.proj = nn.Linear(width, width)

    def _split(self, x: Tensor) -> Tensor:  # [..., N, C] -> [..., heads, N, D]
        return x.unflatten(-1, (self.heads, -1)).transpose(-2, -3)

    def memory(self, x: Tensor, rope: Rope) -> tuple[Tensor, Tensor]:  # [..., N, C] -> two [..., heads, N, D]
        return rotate(self._split(self.key(x)), rope), self._split(self.value(x))

    def forward(self, x: Tensor, rope: Rope, memory: tuple[Tensor, Tensor]) -> Tensor:  # [B, N, C] -> [B, N, C]
        mixed = scaled_dot_product_attention(rotate(self._split(self.query(x)), rope), *memory)
        return self.proj(mixed.transpose(1, 2).flatten(2))


class MLP(nn.Module):
    """Two linear layers with a GELU between."""

    def __init__(self, width: int, hidden: int) -> None:
        super().__init__()
        self.fc1 = nn.Linear(width, hidden)
        self.fc2 = nn.Linear(hidden, width)

    def forward(self, x: Tensor) -> Tensor:
        return self.fc2(nn.functional.gelu(self.fc1(x)))


def layer_norm(width: int) -> nn.LayerNorm:
    return nn.LayerNorm(width, eps=1e-6)


class EncoderBlock(nn.Module):
    """Pre-norm self-attention and MLP."""

    def __init__(self, width: int, heads: int, mlp_ratio: int) -> None:
        super().__init__()
        self.norm1 = layer_norm(width)
        self.attn = SelfAttention(width, heads)
        self.norm2 = layer_norm(width)
        self.mlp = MLP(width, mlp_ratio * width)

    def forward(self, x: Tensor, rope: Rope) -> Tensor:  # [B, N, C] -> [B, N, C]
        x = x + self.attn(self.norm1(x), rope)
        return x + self.mlp(self.norm2(x))


class DecoderBlock(nn.Module):
    """Pre-norm self-attention, cross-attention to a normalised memory, and MLP."""

    def __init__(self, width: int, heads: int, mlp_ratio: int) -> None:
        super().__init__()
        self.norm1 = layer_norm(width)
        self.attn = SelfAttention(width, heads)
        self.norm_memory = layer_norm(width)
        self.norm2 = layer_norm(width)
        self.cross_attn = CrossAttention(width, heads)
        self.norm3 = layer_norm(width)
        self.mlp = MLP(width, mlp_ratio * width)

    def memory(self, x: Tensor, rope: Rope) -> tuple[Tensor, Tensor]:  # [..., N, C] -> two [..., heads, N, D]
        return self.cross_attn.memory(self.norm_memory(x), rope)

    def forward(self, x: Tensor, rope: Rope, memory: tuple[Tensor, Tensor]) -> Tensor:  # [B, N, C] -> [B, N, C]
        x = x + self.attn(self.norm1(x), rope)
        x = x + self.cross_attn(self.norm2(x), rope, memory)
        return x + self.mlp(self.norm3(x))
