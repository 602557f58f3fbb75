"""The network that knows what people look like: a small convolutional U-Net from a picture to who in it is the person.

Trained by ``tools/train_matting.py`` on nothing but synthetic people before synthetic clutter
(`personify.data.compose`), so it has seen no photo and brings no licence.
"""

from __future__ import annotations

import copy
import functools
import itertools
from pathlib import Path

import torch
from safetensors.torch import load_file, save_file
from torch import Tensor, nn

from personify.errors import PersonifyError
from personify.files import atomic_path, reading_asset

WEIGHTS = "matting.safetensors"
"""The shipped asset."""
_WIDTHS = (16, 32, 64, 96, 112)  # channels at 1/2, 1/4 .. 1/32 of the picture's side


def _convolution(inputs: int, outputs: int, kernel: int = 3, stride: int = 1) -> nn.Sequential:
    convolution = nn.Conv2d(inputs, outputs, kernel, stride, kernel // 2, bias=False)
    return nn.Sequential(convolution, nn.BatchNorm2d(outputs))


class Residual(nn.Module):
    """Two 3 x 3 convolutions around a shortcut."""

    def __init__(self, width: int) -> None:
        super().__init__()
        self.first, self.second = _convolution(width, width), _convolution(width, width)

    def forward(self, features: Tensor) -> Tensor:  # [B, C, H, W] -> the same
        return (features + self.second(self.first(features).relu())).relu()


class MattingNetwork(nn.Module):
    """A U-Net of residual blocks whose coarsest level also sees its own mean, that is the whole picture.

    Example:
        >>> MattingNetwork().eval()(torch.rand(2, 3, 64, 96)).shape
        torch.Size([2, 64, 96])
    """

    def __init__(self, widths: tuple[int, ...] = _WIDTHS) -> None:
        super().__init__()
        pairs = list(itertools.pairwise(widths))
        self.stem = _convolution(3, widths[0], stride=2)
        self.down = nn.ModuleList(_convolution(fine, coarse, stride=2) for fine, coarse in pairs)
        self.encode = nn.ModuleList(Residual(coarse) for _, coarse in pairs)
        self.whole = nn.Linear(widths[-1], widths[-1])
        self.up = nn.ModuleList(_convolution(coarse, fine, kernel=1) for fine, coarse in pairs)
        self.decode = nn.ModuleList(Residual(fine) for fine, _ in pairs)
        self.head = nn.Conv2d(widths[0], 4, 3, padding=1)

    def forward(
        self, images: Tensor
    ) -> Tensor:  # [B, 3, H, W] sRGB in [0, 1], sides multiples of 32 -> [B, H, W] logits
        features = self.stem(2 * images - 1).relu()
        passed = []
        for down, encode in zip(self.down, self.encode, strict=True):
            passed.append(features)
            features = encode(down(features).relu())
        features = features + self.whole(features.mean((2, 3)))[..., None, None]
        for level in reversed(range(len(passed))):
            raised = nn.functional.interpolate(self.up[level](features), scale_factor=2.0, mode="nearest")
            features = self.decode[level]((raised + passed[level]).relu())
        return nn.functional.pixel_shuffle(self.head(features), 2)[:, 0]


@torch.no_grad()
def adapted(network: MattingNetwork, pictures: Tensor, share: float = 0.7) -> MattingNetwork:
    """A copy that takes this photo's own light, noise and clutter for normal (AdaBN: Li et al. 2016).

    Args:
        network: ready to be asked; stays as it is.
        pictures: [N, 3, H, W] from all over the photo.
        share: of these pictures in the statistics by which features are normalised; the rest is from training.
    """
    own = copy.deepcopy(network)
    for module in own.modules():
        if isinstance(module, nn.BatchNorm2d):
            module.train()
            module.momentum = share
    own(pictures)
    return own.eval()


def save_matting(network: MattingNetwork, path: Path | str) -> Path:
    """Write the weights in half precision."""
    state = {name: value.half() for name, value in network.state_dict().items() if value.is_floating_point()}
    with atomic_path(path) as temporary:
        save_file({name: value.contiguous() for name, value in state.items()}, temporary)
    return Path(path)


def load_matting(path: Path | str) -> MattingNetwork:
    """Inverse of `save_matting`, ready to be asked.

    Raises:
        PersonifyError: missing, damaged or the weights of something else.
    """
    network = MattingNetwork()
    counters = {name: value for name, value in network.state_dict().items() if not value.is_floating_point()}
    try:
        network.load_state_dict({**counters, **{name: value.float() for name, value in load_file(path).items()}})
    except Exception as error:
        reason = str(error).splitlines()[0]
        raise PersonifyError(
            f"{path}: not weights of the matting network ({reason}); expected those of ours"
        ) from error
    return network.eval()


@functools.lru_cache(maxsize=1)
def shipped_matting() -> MattingNetwork:
    """The network that comes with Personify."""
    with reading_asset(WEIGHTS) as path:
        return load_matting(path)
