"""The shipped image-text model: two small towers trained on rendered, captioned people (``tools/train_perception.py``).

Besides the two encoders it has linear attribute heads that work on either embedding, because both live in one space.
"""

from __future__ import annotations

import dataclasses
import itertools
import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import torch
from safetensors import SafetensorError, safe_open
from safetensors.torch import save_file
from torch import Tensor, nn
from torch.nn import functional

from personify.errors import PersonifyError
from personify.files import asset, atomic_path
from personify.perception.labels import FIELDS
from personify.perception.tokens import MAX_WORDS, NUM_HASHES, tokenize


@dataclass(frozen=True)
class TowerConfig:
    """Sizes of both towers.

    Attributes:
        widths: channels of the image stages; every stage after the first halves the resolution.
        depth: residual blocks per stage.
        pools: learned attention pools beside the mean.
        text_width, text_layers: of the text transformer.
        embedding: length of the shared unit vectors.
        image_size: pixels.
    """

    widths: tuple[int, ...] = (48, 96, 160)
    depth: int = 2
    pools: int = 4
    text_width: int = 160
    text_layers: int = 2
    embedding: int = 192
    image_size: int = 112


class _ConvBlock(nn.Module):
    def __init__(self, inside: int, outside: int, stride: int) -> None:
        super().__init__()
        self.norm = nn.GroupNorm(1, inside)
        self.first = nn.Conv2d(inside, outside, 3, stride, 1)
        self.second = nn.Conv2d(outside, outside, 3, 1, 1)
        self.skip = _skip(inside, outside, stride)

    def forward(self, x: Tensor) -> Tensor:
        return self.skip(x) + self.second(functional.silu(self.first(self.norm(x))))


def _skip(inside: int, outside: int, stride: int) -> nn.Module:
    if inside == outside and stride == 1:
        return nn.Identity()
    pool: nn.Module = nn.AvgPool2d(stride) if stride > 1 else nn.Identity()
    return nn.Sequential(pool, nn.Conv2d(inside, outside, 1, bias=False))


class ImageTower(nn.Module):
    """Pre-norm residual convolutions, then attention pools: [N, 3, S, S] in [0, 1] -> [N, D]."""

    def __init__(self, config: TowerConfig) -> None:
        super().__init__()
        widths = config.widths
        self.stem = nn.Conv2d(3, widths[0], 7, 4, 3)
        layers: list[nn.Module] = []
        for inside, outside in itertools.pairwise(widths):
            layers.append(_ConvBlock(inside, outside, 2))
            layers += [_ConvBlock(outside, outside, 1) for _ in range(config.depth - 1)]
        self.blocks = nn.Sequential(*layers, nn.GroupNorm(1, widths[-1]))
        self.attention = nn.Conv2d(widths[-1], config.pools, 1)
        self.project = nn.Sequential(
            nn.Linear(widths[-1] * (config.pools + 1), 256), nn.SiLU(), nn.Linear(256, config.embedding)
        )

    def forward(self, images: Tensor) -> Tensor:
        x = self.blocks(self.stem(2 * images - 1))
        weights = self.attention(x).flatten(2).softmax(-1)
        pooled = (weights @ x.flatten(2).mT).flatten(1)
        return self.project(torch.cat([pooled, x.mean((2, 3))], 1))


class TextTower(nn.Module):
    """Hashed word bags, a small transformer and a mean over words: texts -> [N, D]."""

    def __init__(self, config: TowerConfig) -> None:
        super().__init__()
        width = config.text_width
        self.bag = nn.EmbeddingBag(NUM_HASHES, width, mode="mean")
        nn.init.normal_(self.bag.weight, std=0.5)
        self.position = nn.Parameter(0.1 * torch.randn(MAX_WORDS, width))
        layers = [
            nn.TransformerEncoderLayer(width, 4, 3 * width, 0.0, "gelu", batch_first=True, norm_first=True)
            for _ in range(config.text_layers)
        ]
        self.layers = nn.ModuleList(layers)
        self.norm = nn.LayerNorm(width)
        self.project = nn.Linear(width, config.embedding)

    def forward(self, texts: Sequence[str]) -> Tensor:
        hashes, offsets, words = (tensor.to(self.position.device) for tensor in tokenize(texts))
        padding = words < 0
        x = self.bag(hashes, offsets)[words.clamp(min=0)] + self.position[: words.shape[1]]
        for layer in self.layers:
            x = layer(x, src_key_padding_mask=padding)
        x = self.norm(x).masked_fill(padding[..., None], 0).sum(1) / (~padding).sum(1, keepdim=True)
        return self.project(x)


class SmallImageText(nn.Module):
    """An `ImageTextModel` of a few million parameters with attribute heads.

    Example:
        >>> model = SmallImageText(TowerConfig(widths=(8, 16), depth=1, text_width=16, text_layers=1, embedding=12))
        >>> model.encode_text(["a woman in a red dress"]).shape
        torch.Size([1, 12])
    """

    head_scale = 12.0  # unit vectors are too short for a linear classifier

    def __init__(self, config: TowerConfig | None = None, name: str = "personify-small") -> None:
        super().__init__()
        self.config = config or TowerConfig()
        self.name = name
        self.image = ImageTower(self.config)
        self.text = TextTower(self.config)
        self.log_scale = nn.Parameter(torch.tensor(2.5))
        self.heads = nn.ModuleDict(
            {key(field): nn.Linear(self.config.embedding, len(classes)) for field, classes in FIELDS.items()}
        )

    @property
    def image_size(self) -> int:
        """Side of the square pictures the image tower sees, in pixels."""
        return self.config.image_size

    def encode_text(self, texts: Sequence[str]) -> Tensor:  # [N, D]
        """Unit embeddings of texts.

        Raises:
            PersonifyError: no texts.
        """
        if not texts:
            raise PersonifyError("texts: an empty list; expected at least one text")
        return functional.normalize(self.text(texts).float(), dim=-1)

    def encode_image(self, images: Tensor) -> Tensor:  # [N, H, W, 3] -> [N, D]
        """Unit embeddings of sRGB images in [0, 1], resized to `image_size`; differentiable.

        Raises:
            PersonifyError: not [N, H, W, 3].
        """
        return functional.normalize(self.image(tower_input(images, self.image_size)).float(), dim=-1)

    def attribute_logits(self, embeddings: Tensor) -> dict[str, Tensor]:  # [N, D] -> field: [N, classes]
        """What either embedding says of every field of `personify.perception.labels.FIELDS`."""
        return {field: self.heads[key(field)](self.head_scale * embeddings) for field in FIELDS}

    def save(self, path: Path | str, **report: str) -> None:
        """Write half-precision weights, configuration and a report as safetensors, atomically."""
        tensors = {name: tensor.half().contiguous() for name, tensor in self.state_dict().items()}
        metadata = {"format": "personify-image-text-1", "name": self.name, **report}
        metadata["config"] = json.dumps(dataclasses.asdict(self.config))
        with atomic_path(path) as temporary:
            save_file(tensors, temporary, metadata)

    @staticmethod
    def load(path: Path | str | None = None) -> SmallImageText:
        """Read a saved model in float32, ready to evaluate; the shipped one by default.

        Raises:
            PersonifyError: missing, damaged or of another format.
        """
        path = asset("image_text.safetensors") if path is None else Path(path)
        try:
            with safe_open(path, "pt") as file:
                metadata = file.metadata() or {}
                tensors = {name: file.get_tensor(name).float() for name in file.keys()}  # noqa: SIM118
            if metadata.get("format") != "personify-image-text-1":
                raise PersonifyError(f"{path}: not an image-text model of format personify-image-text-1")
            values = json.loads(metadata["config"])
            values.pop("block", None)  # written while there were two kinds of blocks
            model = SmallImageText(TowerConfig(**values | {"widths": tuple(values["widths"])}), metadata["name"])
            model.load_state_dict(tensors)
        except (OSError, SafetensorError, KeyError, ValueError, TypeError, RuntimeError) as error:
            raise PersonifyError(f"{path}: not a readable image-text model ({error})") from error
        return model.eval().requires_grad_(False)


def tower_input(images: Tensor, size: int) -> Tensor:  # [N, H, W, 3] -> [N, 3, size, size]
    """Pictures as image towers want them: resized, channels first, stored channels last; differentiable.

    Raises:
        PersonifyError: not [N, H, W, 3].
    """
    if images.ndim != 4 or images.shape[-1] != 3:
        raise PersonifyError(f"images: shape {list(images.shape)}; expected [N, H, W, 3] sRGB in [0, 1]")
    x = images.movedim(-1, 1)
    if x.shape[-2:] != (size, size):
        x = functional.interpolate(x, (size, size), mode="bilinear", antialias=True, align_corners=False)
    return x.contiguous(memory_format=torch.channels_last)


def key(field: str) -> str:
    """Field name as a module name (modules may not contain dots)."""
    return field.replace(".", "_")
