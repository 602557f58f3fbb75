"""The first moves of a gentle run: garments whose colour the words left open try every named colour, then all large
ones a few shades.

The landscape of a small guide has no downhill path from blue to gold; twenty looks at it cost less than the steps.
"""

from __future__ import annotations

import colorsys
import math
from collections.abc import Collection, Iterable

import numpy as np
import torch
from torch import Tensor

from personify.body.mesh import MeshPart
from personify.perception.portraits import View
from personify.text.sculpt.field import FieldImage
from personify.text.sculpt.loop import Sculptor
from personify.text.sculpt.restraint import RestrainedField
from personify.text.sculpt.steady import lit
from personify.wardrobe.vocabulary import COLORS

MARGIN = 0.03  # cosines differ by less for no reason
LARGEST = 4  # small things follow taste, not words
BRIGHTER = (0.0, -0.5, -0.25, 0.25, 0.5)  # logits; the first choice is to change nothing
MORE_COLOR = (0.0, -0.25, 0.35)
NEUTRALS = ("white", "cream", "beige", "khaki", "brown", "grey", "charcoal", "black", "silver")
_VIEWS = (View("full", 0.25), View("upper", -0.2))


@torch.no_grad()
def search_colors(sculptor: Sculptor, parts: Collection[str], margin: float = MARGIN) -> dict[str, str]:
    """Give the largest of some parts the named colour that the guide likes best, one part after the other.

    Args:
        sculptor: whose field is a `RestrainedField`; it is changed.
        parts: names; those that the field may not paint are left alone.
        margin: a colour must raise the mean cosine by this much.

    Returns:
        Part -> its new colour.
    """
    field = sculptor.field
    assert isinstance(field, RestrainedField)
    meshes = field.solid.parts
    open_parts = [k for k in field.painted if meshes[k].name in parts]
    chosen: dict[str, str] = {}
    for k in _largest(field, open_parts):
        changes = torch.logit(field.palette, eps=0.01) - torch.logit(field.mean_color(k), eps=0.01)
        changes = torch.cat([torch.zeros(1, 3), changes])
        losses = torch.stack([_losses(sculptor, field, k, view, changes) for view in _VIEWS]).mean(0)
        fitting = [True, *(goes_with(color, chosen.values()) for color in COLORS)]
        winner = int(losses.masked_fill(~torch.tensor(fitting), torch.inf).argmin())
        if float(losses[0] - losses[winner]) > margin:
            field.part_tints[k] += changes[winner]
            chosen[meshes[k].name] = list(COLORS)[winner - 1]
    return chosen


@torch.no_grad()
def search_shades(sculptor: Sculptor, margin: float = 0.015) -> None:
    """Give the largest painted parts the brightness and saturation that the guide likes best, one after the other.

    A step follows two or three pictures by chance; this looks at the same ones for every choice, and what it gains is
    what another model sees as well.
    """
    field = sculptor.field
    assert isinstance(field, RestrainedField)
    grid = torch.cartesian_prod(torch.tensor(BRIGHTER), torch.tensor(MORE_COLOR))
    for k in _largest(field, field.painted):
        color = torch.logit(field.mean_color(k), eps=0.01)
        changes = grid[:, :1] + grid[:, 1:] * (color - color.mean())
        losses = torch.stack([_losses(sculptor, field, k, view, changes) for view in _VIEWS]).mean(0)
        winner = int(losses.argmin())
        if float(losses[0] - losses[winner]) > margin:
            field.shades[k] = grid[winner]


def _largest(field: RestrainedField, parts: Iterable[int]) -> list[int]:
    return sorted(parts, key=lambda k: -_area(field.solid.parts[k]))[:LARGEST]


def goes_with(color: str, others: Iterable[str]) -> bool:
    """Whether a colour is neutral or within 60 degrees of hue of all strong ones: guides love contrast, eyes do not.

    >>> goes_with("orange", ["red", "black"]), goes_with("sky blue", ["red"])
    (True, False)
    """
    strong = [_hue(other) for other in others if other not in NEUTRALS]
    return color in NEUTRALS or all(abs(math.remainder(_hue(color) - hue, 1)) <= 1 / 6 for hue in strong)


def _hue(color: str) -> float:
    return colorsys.rgb_to_hsv(*COLORS[color])[0]


def _losses(sculptor: Sculptor, field: RestrainedField, k: int, view: View, changes: Tensor) -> Tensor:  # [N, 3] -> [N]
    """What the guide thinks of part k with each of some changes of its tint, painted into one picture of it."""
    shot = sculptor.sitter.shot(view, sculptor.guide.model.image_size)
    image = field.render(shot.camera)
    field.part_tints[k] += 1
    moved = _logits(field.render(shot.camera)) - _logits(image)
    field.part_tints[k] -= 1
    share = moved.mean(-1, keepdim=True).clamp(0, 1)  # of every pixel that is part k
    opacity = image.opacity[..., None]
    repainted = [torch.sigmoid(_logits(image) + share * change) * opacity for change in changes]
    pictures = [lit(image._replace(stylized_color=one), shot.camera, 0.88).colors for one in repainted]
    return sculptor.guide.loss(torch.stack(pictures), [shot.part] * len(pictures))


def _logits(image: FieldImage) -> Tensor:  # [H, W, 3]
    return torch.logit(image.stylized_color / image.opacity[..., None].clamp(min=1e-3), eps=1e-3)


def _area(part: MeshPart) -> float:
    corners = part.vertices[part.faces]
    return float(np.linalg.norm(np.cross(corners[:, 1] - corners[:, 0], corners[:, 2] - corners[:, 0]), axis=1).sum())
