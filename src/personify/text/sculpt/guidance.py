"""What pulls: pictures over random backgrounds, seen a little askew, compared with prompts by an image-text model."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import torch
from torch import Tensor
from torch.nn import functional

from personify.perception.protocol import ImageTextModel

BACKGROUNDS = ("white", "noise", "chessboard", "black")


def background(kind: str, size: int, generator: torch.Generator) -> Tensor:  # [size, size, 3]
    """One of the four backgrounds of AvatarCLIP: without them textures learn to be dark.

    Args:
        kind: one of `BACKGROUNDS`; ``"noise"`` is grey N(0.5, 0.2) per pixel, ``"chessboard"`` blurred 0.2 and 0.8.
        size: pixels.
        generator: of the noise, of the number of squares and of the blur.
    """
    if kind == "noise":
        return (0.5 + 0.2 * torch.randn(size, size, 1, generator=generator)).clamp(0, 1).expand(-1, -1, 3)
    if kind == "chessboard":
        cell = max(1, size // int(torch.randint(10, 20, (), generator=generator)))
        index = torch.arange(size) // cell
        board = 0.2 + 0.6 * ((index[:, None] + index) % 2).float()
        sigma = 0.1 + 1.9 * float(torch.rand((), generator=generator))
        return _blurred(board, sigma)[..., None].expand(-1, -1, 3)
    return torch.full((size, size, 3), 1.0 if kind == "white" else 0.0)


def random_background(size: int, generator: torch.Generator) -> Tensor:
    """One of `BACKGROUNDS`, all equally often."""
    return background(BACKGROUNDS[int(torch.randint(4, (), generator=generator))], size, generator)


def _blurred(image: Tensor, sigma: float) -> Tensor:  # [H, W] -> [H, W]
    """Gaussian blur with the published kernel of 5 pixels across and 9 down."""
    image = image[None, None]
    for taps, axis in ((5, 3), (9, 2)):
        reach = taps // 2
        kernel = torch.exp(-0.5 * (torch.arange(-reach, reach + 1) / sigma).square())
        shape = (1, 1, 1, taps) if axis == 3 else (1, 1, taps, 1)
        padding = (reach, reach, 0, 0) if axis == 3 else (0, 0, reach, reach)
        padded = functional.pad(image, padding, mode="replicate")
        image = functional.conv2d(padded, (kernel / kernel.sum()).reshape(shape))
    return image[0, 0]


def askew(images: Tensor, generator: torch.Generator, amount: float = 0.12) -> Tensor:  # [N, H, W, 3]
    """Every image under its own random perspective, differentiable: noise that fools one pixel grid fools no two.

    Args:
        images: to be bent.
        generator: of the corners.
        amount: how far each corner of the picture moves inwards or outwards at most, as a share of its side.
    """
    count, height, width = images.shape[:3]
    corners = torch.tensor([[-1.0, -1.0], [1.0, -1.0], [1.0, 1.0], [-1.0, 1.0]])
    moved = corners + amount * (2 * torch.rand(count, 4, 2, generator=generator) - 1)
    homographies = _homographies(corners.expand(count, -1, -1), moved).to(images)
    grid = functional.affine_grid(torch.eye(2, 3)[None], [1, 1, height, width], align_corners=False).reshape(-1, 2)
    points = torch.cat([grid, torch.ones(len(grid), 1)], 1).to(images) @ homographies.mT
    where = (points[..., :2] / points[..., 2:]).reshape(count, height, width, 2)
    bent = functional.grid_sample(images.movedim(-1, 1), where, padding_mode="border", align_corners=False)
    return bent.movedim(1, -1)


def _homographies(source: Tensor, target: Tensor) -> Tensor:  # [N, 4, 2], [N, 4, 2] -> [N, 3, 3]
    """Projective maps of four points to four others (Hartley & Zisserman 2004, section 4.1)."""
    x, y = source.unbind(-1)
    zero, one = torch.zeros_like(x), torch.ones_like(x)
    u, v = target.unbind(-1)
    rows = torch.cat([
        torch.stack([x, y, one, zero, zero, zero, -u * x, -u * y], -1),
        torch.stack([zero, zero, zero, x, y, one, -v * x, -v * y], -1),
    ], 1)  # fmt: skip
    solved = torch.linalg.solve(rows, torch.cat([u, v], 1))
    return torch.cat([solved, torch.ones(len(solved), 1)], 1).reshape(-1, 3, 3)


class Guide:
    """Prompts, embedded once, that pictures of parts are compared with.

    Args:
        model: any image-text model.
        prompts: part -> prompt, see `personify.text.sculpt.prompts.part_prompts`.
    """

    def __init__(self, model: ImageTextModel, prompts: Mapping[str, str]) -> None:
        self.model, self.prompts = model, dict(prompts)
        with torch.no_grad():
            self._targets = dict(zip(prompts, model.encode_text(list(prompts.values())), strict=True))

    def loss(self, images: Tensor, parts: Sequence[str]) -> Tensor:  # [N, H, W, 3] -> [N]
        """``1 - cosine`` of each picture and the prompt of the part it shows, in [0, 2]."""
        embeddings = self.model.encode_image(images)
        targets = torch.stack([self._targets[part] for part in parts]).to(embeddings)
        return 1 - (embeddings * targets).sum(-1)
