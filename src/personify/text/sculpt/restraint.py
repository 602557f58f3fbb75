"""A surface that may change only where the words say so, and each garment's colour mostly as a whole.

A small guide pulls every surface towards what it has learnt, whether the words speak of it or not, and destroys faces
first (measured: three numbers per garment look better than a free texture, and a frozen face better than a guided one).
"""

from __future__ import annotations

from collections.abc import Collection, Container
from typing import Any

import torch
from torch import Tensor

from personify.body.mesh import MeshPart
from personify.text.sculpt.solid import Solid
from personify.text.sculpt.surface import SurfaceField, SurfaceOptions
from personify.wardrobe.attributes import Attributes
from personify.wardrobe.vocabulary import COLORS, GARMENTS


def garment_of(part: str) -> str | None:
    """The kind of garment that a part belongs to, or None for skin, eyes and hair.

    >>> garment_of("suit jacket buttons"), garment_of("skin")
    ('suit jacket', None)
    """
    kinds = [kind for kind in GARMENTS if part == kind or part.startswith(f"{kind} ")]
    return max(kinds, key=len) if kinds else None


def free_parts(parts: Collection[MeshPart], said: Attributes) -> set[str]:
    """Names of the parts that may change: the garments that were named; all garments where none was.

    Args:
        parts: of the person.
        said: what was read, e.g. ``{"top.color": "red"}``.
    """
    garments = {part.name: GARMENTS[kind].slot for part in parts if (kind := garment_of(part.name))}
    named = {name for name, slot in garments.items() if any(address.startswith(f"{slot}.") for address in said)}
    return named or set(garments)


def colored_parts(parts: Collection[MeshPart], said: Container[str]) -> set[str]:
    """Names of the parts that belong to garments whose colour was said."""
    kinds = {part.name: garment_of(part.name) for part in parts}
    return {name for name, kind in kinds.items() if kind and f"{GARMENTS[kind].slot}.color" in said}


class RestrainedField(SurfaceField):
    """A `SurfaceField` of which only some parts change, their colour mostly in brightness and saturation.

    Free to turn the hue, a small guide drives silver to mint and charcoal to teal: whatever sets it off from the rest.

    Args:
        solid: the person at the start.
        free: names of the parts that may change.
        options: see `SurfaceOptions`.
        fine: share of the rate at which handles tint beside the shades of whole parts; 0 = not at all.
        settled: names of parts whose colours stay.

    Attributes:
        part_tints: [P, 3] logits; a part's new colour, chosen and not optimised.
        shades: [P, 2] brightness and saturation of every part, as changes in logits; these are optimised.
        painted: indices of the parts whose colour may change.
    """

    movable: Tensor  # [G, 1] 1 where the surface may move
    paintable: Tensor  # [G, 1] 1 where its colour may change
    part_of: Tensor  # [G]
    part_tints: Tensor  # [P, 3]
    part_logits: Tensor  # [P, 3] of the mean colours at the start
    palette: Tensor  # [C, 3] sRGB

    def __init__(
        self,
        solid: Solid,
        free: Collection[str],
        options: SurfaceOptions | None = None,
        fine: float = 0.1,
        settled: Collection[str] = (),
    ) -> None:
        super().__init__(solid, options or SurfaceOptions())
        self.fine = fine
        movable = torch.tensor([float(part.name in free) for part in solid.parts])
        # Buttons, laces and buckles go along with their garment but keep their colour.
        whole = [part.name == garment_of(part.name) and part.name not in settled for part in solid.parts]
        paintable = movable * torch.tensor(whole).float()
        counts = torch.tensor([len(part.vertices) for part in solid.parts])
        owner = torch.repeat_interleave(torch.arange(len(counts)), counts)
        part_of = torch.zeros(len(self.base), dtype=torch.long).index_copy(0, self.groups, owner)
        self.register_buffer("part_of", part_of, persistent=False)
        self.register_buffer("movable", movable[part_of][:, None], persistent=False)
        self.register_buffer("paintable", paintable[part_of][:, None], persistent=False)
        self.register_buffer("palette", torch.tensor(list(COLORS.values())), persistent=False)
        self.register_buffer("part_tints", torch.zeros(len(counts), 3))
        self.shades = torch.nn.Parameter(torch.zeros(len(counts), 2))
        means = torch.stack([torch.sigmoid(self._logits(k)).mean(0) for k in range(len(counts))])
        self.register_buffer("part_logits", torch.logit(means, eps=0.01), persistent=False)
        self.painted = paintable.nonzero()[:, 0].tolist()
        self.table.texels.requires_grad_(False)  # what a small guide paints texel by texel is camouflage

    def attributes(self) -> tuple[Tensor, Tensor]:
        offsets, tints = super().attributes()
        return offsets * self.movable, (tints + self._changes()[self.part_of]) * self.paintable

    def _changes(self) -> Tensor:  # [P, 3] logits
        color = self.part_logits + self.part_tints
        chroma = color - color.mean(1, keepdim=True)
        return self.part_tints + self.shades[:, :1] + self.shades[:, 1:] * chroma

    def regularization(self) -> dict[str, Tensor]:
        """Those of `SurfaceField`, ``palette``: mean squared sRGB distance of parts from named colours, and ``shade``:
        mean square of the shades."""
        shades = self.shades.square().mean()
        return {**super().regularization(), "palette": self._off_palette(), "shade": shades}

    def _off_palette(self) -> Tensor:
        if not self.painted:
            return self.shades.sum() * 0
        means = torch.stack([self.mean_color(k) for k in self.painted])
        return (means[:, None] - self.palette).square().sum(-1).amin(1).mean()

    def mean_color(self, k: int) -> Tensor:  # [3]
        """Mean sRGB of part k as it is now."""
        return torch.sigmoid(self._logits(k) + self._changes()[k]).mean(0)

    def _logits(self, k: int) -> Tensor:  # [N, 3]
        """About a thousand texels of part k at the start."""
        start, side = int(self.table.starts[k]), int(self.table.sizes[k])
        return self.table.base[start : start + side * side : max(1, side * side // 1024)]

    def parameter_groups(self) -> list[dict[str, Any]]:
        """Shades of parts at their full rate, heights as usual, tints of handles slowed down; texels stay."""
        heights, tints = super().parameter_groups()[:2]
        slow = [{**tints, "lr": self.fine * tints["lr"]}] if self.fine > 0 else []
        return [{"params": [self.shades], "lr": 0.02}, heights, *slow]
