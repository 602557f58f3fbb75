"""A perceptual distance between pictures, by whatever trained features this machine has."""

from __future__ import annotations

import importlib.util
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import torch
from torch import Tensor

from personify.perception.towers import SmallImageText

_VGG = "vgg16-397923af.pth"  # what LPIPS needs beside its own small file, as torch.hub stores it


@dataclass(frozen=True)
class Perceptual:
    """A distance and its name, for reports.

    Attributes:
        name: ``"lpips-vgg"`` or ``"personify-image-tower"``.
        distance: pictures [N, H, W, 3] in 0..1, twice, to their mean distance; differentiable.
    """

    name: str
    distance: Callable[[Tensor, Tensor], Tensor]


def load_perceptual() -> Perceptual:
    """LPIPS (Zhang et al. 2018) through torchmetrics where its weights lie on this machine, else our image tower.

    Nothing is downloaded.
    """
    if _lpips_is_here():
        return Perceptual("lpips-vgg", _lpips())
    return Perceptual("personify-image-tower", TowerDistance(SmallImageText.load()))


def _lpips_is_here() -> bool:
    packages = all(importlib.util.find_spec(name) for name in ("torchmetrics", "torchvision"))
    return packages and (Path(torch.hub.get_dir()) / "checkpoints" / _VGG).is_file()


def _lpips() -> Callable[[Tensor, Tensor], Tensor]:
    from torchmetrics.functional.image.lpips import learned_perceptual_image_patch_similarity as lpips

    def distance(rendered: Tensor, target: Tensor) -> Tensor:
        first, second = (image.movedim(-1, 1).clamp(0, 1) for image in (rendered, target))
        return lpips(first, second, net_type="vgg", normalize=True)

    return distance


class TowerDistance:
    """LPIPS's recipe on the shipped image tower: squared differences of features scaled to unit length.

    Args:
        model: whose image tower looks; it is frozen.
    """

    def __init__(self, model: SmallImageText) -> None:
        tower = model.image.eval().requires_grad_(False)
        self.layers = [tower.stem, *list(tower.blocks)[:-1]]

    def __call__(self, rendered: Tensor, target: Tensor) -> Tensor:
        a, b = (2 * image.movedim(-1, 1) - 1 for image in (rendered, target))
        distances = []
        for layer in self.layers:
            a, b = layer(a), layer(b)
            unit_a, unit_b = (torch.nn.functional.normalize(features, dim=1) for features in (a, b))
            distances.append((unit_a - unit_b).square().sum(1).mean())
        return torch.stack(distances).mean()
