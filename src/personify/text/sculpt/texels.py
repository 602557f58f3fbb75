"""Textures under optimisation: every part's image in one table of texels, as a change of the start's colours."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import torch
from PIL import Image as PillowImage
from torch import Tensor

from personify.body.mesh import Float, Image, Material, MeshPart
from personify.color import linear_to_srgb, srgb_to_linear
from personify.export.textures import tinted_texture
from personify.wardrobe.uvmap import bake_attributes

_EPS = 1e-3  # colours this close to black or white have finite logits


class TexelTable(torch.nn.Module):
    """Logits of sRGB colours: those of the start (`base`) and what was added to them (`texels`).

    Args:
        parts: whose textures are optimised; a part without one has a single texel.
        size: largest side.
    """

    base: Tensor  # [T, 3]
    sizes: Tensor  # [P]
    starts: Tensor  # [P]

    def __init__(self, parts: Sequence[MeshPart], size: int) -> None:
        super().__init__()
        tables = [_shrunk(_picture(part.material), size) for part in parts]
        sizes = torch.tensor([len(table) for table in tables])
        joined = torch.from_numpy(np.concatenate([table.reshape(-1, 3) for table in tables]))
        self.register_buffer("base", torch.logit(joined, eps=_EPS), persistent=False)
        self.register_buffer("sizes", sizes, persistent=False)
        self.register_buffer("starts", sizes.square().cumsum(0) - sizes.square(), persistent=False)
        self.texels = torch.nn.Parameter(torch.zeros_like(joined))

    def sample(self, parts: Tensor, uvs: Tensor) -> tuple[Tensor, Tensor]:  # [M], [M, 2] -> [M, 3], [M, 3]
        """Logits of the start and of the change, bilinear; clamped at the borders."""
        indices, weights = self.taps(parts, uvs)
        base = (self.base[indices] * weights[..., None]).sum(1)
        return base, (self.texels[indices] * weights[..., None]).sum(1)

    def taps(self, parts: Tensor, uvs: Tensor) -> tuple[Tensor, Tensor]:  # -> [M, 4], [M, 4]
        """The four texels around each point, and their weights."""
        sizes = self.sizes[parts]
        last = (sizes - 1)[:, None]
        position = (uvs * sizes[:, None] - 0.5).clamp(min=0).minimum(last.to(uvs))
        low = position.long()
        high = (low + 1).minimum(last)
        (u, v), start = (position - low).unbind(1), self.starts[parts]
        rows = (start + low[:, 1] * sizes, start + high[:, 1] * sizes)
        indices = [row + column for row in rows for column in (low[:, 0], high[:, 0])]
        weights = [y * x for y in (1 - v, v) for x in (1 - u, u)]
        return torch.stack(indices, 1), torch.stack(weights, 1)

    @torch.no_grad()
    def repaint(self, k: int, part: MeshPart, tints: Float) -> Material:
        """Material of part k after the change: at its own resolution, so that fine patterns survive.

        Args:
            tints: [V, 3] further change of the logits at the part's vertices.
        """
        side, start = int(self.sizes[k]), int(self.starts[k])
        change = self.texels[start : start + side * side].reshape(side, side, 3).cpu().numpy()
        if part.material.texture is None:
            color = _changed(_picture(part.material), change + tints.mean(0))[0, 0]
            red, green, blue = (float(value) for value in srgb_to_linear(color))
            return replace(part.material, base_color=(red, green, blue, part.material.base_color[3]))
        image = tinted_texture(part.material)
        baked, _ = bake_attributes(part.uvs, part.faces, tints, side)
        wanted = resample(change + baked, image.shape[:2])
        rgb = np.round(255 * _changed((image[..., :3] / 255).astype(np.float32), wanted)).astype(np.uint8)
        texture: Image = np.concatenate([rgb, image[..., 3:]], 2)
        return replace(part.material, texture=texture, base_color=(1.0, 1.0, 1.0, part.material.base_color[3]))


def _picture(material: Material) -> Float:  # [H, W, 3] sRGB
    if material.texture is None:
        return linear_to_srgb(material.base_color[:3]).reshape(1, 1, 3)
    return (tinted_texture(material)[..., :3] / np.float32(255)).astype(np.float32)


def _shrunk(image: Float, size: int) -> Float:
    """A square copy of at most ``size`` pixels a side, every texel the mean of what it covers."""
    side = min(size, max(image.shape[:2]))
    return image if image.shape[:2] == (side, side) else resample(image, (side, side))


def resample(image: Float, shape: tuple[int, ...]) -> Float:  # [H, W, C] -> [*shape, C]
    """An image at another size: smaller by the mean of what a texel covers, larger by straight lines."""
    size = (shape[1], shape[0])
    method = PillowImage.Resampling.BOX if shape[0] < image.shape[0] else PillowImage.Resampling.BILINEAR
    channels = [
        np.asarray(PillowImage.fromarray(np.ascontiguousarray(image[..., k], np.float32)).resize(size, method))
        for k in range(image.shape[2])
    ]
    return np.stack(channels, -1).astype(np.float32)


def _changed(color: Float, change: Float) -> Float:
    """sRGB after adding to the logits; exactly the start's where nothing was added."""
    logits = torch.logit(torch.from_numpy(np.ascontiguousarray(color, np.float32)), eps=_EPS)
    moved = torch.sigmoid(logits + torch.from_numpy(change.astype(np.float32))).numpy()
    return np.where(np.abs(change) < 1e-6, color, moved).astype(np.float32)
