"""An image-text model whose coordinates are attributes: how surely a picture shows each, how much a text asks for it.

The picture tower classifies every field of `personify.perception.labels.FINE_FIELDS`, each by its own attention over
the feature map; its embedding is one number in [0, 1] per class. The text tower writes a weight per class and leaves at
zero what the words do not speak of. The cosine of the two adds up the evidence for what was said, so people and texts
in new combinations need not have been seen together. The judge of ``tools/`` is one.
"""

from __future__ import annotations

import dataclasses
import json
import math
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import torch
from safetensors import SafetensorError, safe_open
from safetensors.torch import save_file
from torch import Tensor, nn
from torch.nn import functional

from personify.errors import PersonifyError
from personify.files import atomic_path
from personify.perception.labels import FINE_FIELDS
from personify.perception.tokens import NUM_HASHES, tokenize
from personify.perception.towers import tower_input

FORMAT = "personify-evidence-1"
DOUBT = 0.02  # probabilities below this count as none


@dataclass(frozen=True)
class EvidenceConfig:
    """Sizes of both towers.

    Attributes:
        widths: channels of the stages of the picture tower; the first works at half the resolution, each next one at
            half of that.
        depths: residual blocks per stage.
        text_width, text_layers: of the word convolutions.
        image_size: pixels.
    """

    widths: tuple[int, ...] = (32, 64, 128)
    depths: tuple[int, ...] = (1, 2, 2)
    text_width: int = 160
    text_layers: int = 3
    image_size: int = 112


class _Residual(nn.Module):
    """Two 3x3 convolutions around a shortcut (He et al. 2016)."""

    def __init__(self, inside: int, outside: int, stride: int) -> None:
        super().__init__()
        self.first = nn.Conv2d(inside, outside, 3, stride, 1, bias=False)
        self.norm = nn.BatchNorm2d(outside)
        self.second = nn.Conv2d(outside, outside, 3, 1, 1, bias=False)
        self.end = nn.BatchNorm2d(outside)
        same = inside == outside and stride == 1
        pool: nn.Module = nn.AvgPool2d(stride) if stride > 1 else nn.Identity()
        self.skip = nn.Identity() if same else nn.Sequential(pool, nn.Conv2d(inside, outside, 1, bias=False))

    def forward(self, x: Tensor) -> Tensor:
        inner = functional.relu(self.norm(self.first(x)))
        return functional.relu(self.skip(x) + self.end(self.second(inner)))


class AttributeTower(nn.Module):
    """Residual stages, then a look of its own for every field.

    Pictures [N, 3, S, S] in [0, 1] become log probabilities [N, F, K], padded to the largest number of classes.
    """

    def __init__(self, config: EvidenceConfig) -> None:
        super().__init__()
        widths, classes = config.widths, max(map(len, FINE_FIELDS.values()))
        self.stem = nn.Sequential(nn.Conv2d(3, widths[0], 3, 2, 1, bias=False), nn.BatchNorm2d(widths[0]), nn.ReLU())
        blocks: list[nn.Module] = []
        inside = widths[0]
        for stage, (width, depth) in enumerate(zip(widths, config.depths, strict=True)):
            for k in range(depth):
                blocks.append(_Residual(inside, width, 2 if stage and k == 0 else 1))
                inside = width
        self.blocks = nn.Sequential(*blocks)
        self.attention = nn.Conv2d(inside, len(FINE_FIELDS), 1)
        self.norm = nn.BatchNorm1d(len(FINE_FIELDS) * 2 * inside)  # pooled features differ little from their means
        self.weight = nn.Parameter(torch.randn(len(FINE_FIELDS), 2 * inside, classes) / math.sqrt(2 * inside))
        self.bias = nn.Parameter(torch.zeros(len(FINE_FIELDS), 1, classes))

    def features(self, images: Tensor) -> Tensor:  # [N, 3, S, S] -> [N, C, h, w]
        """What the residual stages make of pictures."""
        x: Tensor = self.blocks(self.stem(2 * images - 1))
        return x

    def forward(self, images: Tensor) -> Tensor:
        x = self.features(images)
        looks = self.attention(x).flatten(2).float().softmax(-1)
        x = x.flatten(2).float().mT
        features = torch.cat([looks @ x, x.mean(1, keepdim=True).expand(-1, looks.shape[1], -1)], -1)
        features = self.norm(features.flatten(1)).view_as(features)
        logits = torch.baddbmm(self.bias, features.transpose(0, 1), self.weight).transpose(0, 1).float()
        return logits.masked_fill(~real_classes(), -1e4).log_softmax(-1)


class RequestTower(nn.Module):
    """Hashed word bags and convolutions over neighbouring words; every word then votes: texts -> [N, D].

    A sum over words, not their mean, so that what one word asks for does not fade in a long text.
    """

    def __init__(self, config: EvidenceConfig) -> None:
        super().__init__()
        width = config.text_width
        self.bag = nn.EmbeddingBag(NUM_HASHES, width, mode="mean")
        nn.init.normal_(self.bag.weight, std=0.5)
        self.norms = nn.ModuleList(nn.LayerNorm(width) for _ in range(config.text_layers + 1))
        self.mixes = nn.ModuleList(nn.Conv1d(width, width, 5, padding=2) for _ in range(config.text_layers))
        self.vote = nn.Linear(width, int(real_classes().sum()) + 1)

    def forward(self, texts: Sequence[str]) -> Tensor:
        hashes, offsets, words = (tensor.to(self.vote.bias.device) for tensor in tokenize(texts))
        there = (words >= 0)[..., None]
        x = self.bag(hashes, offsets)[words.clamp(min=0)] * there
        for norm, mix in zip(self.norms, self.mixes, strict=False):
            x = x + functional.relu(mix(norm(x).mul(there).mT).mT) * there
        return self.vote((self.norms[-1](x) * there).sum(1) / 8)


def real_classes() -> Tensor:  # [F, K] bool
    """Which entries of the padded table of classes exist."""
    counts = torch.tensor([len(classes) for classes in FINE_FIELDS.values()])
    return torch.arange(int(counts.max())) < counts[:, None]


class EvidenceImageText(nn.Module):
    """An `ImageTextModel` that can say what it saw.

    Example:
        >>> model = EvidenceImageText(EvidenceConfig(widths=(4, 8), depths=(1, 1), text_width=16, text_layers=1)).eval()
        >>> model.encode_text(["a woman in a red dress"]).shape == model.encode_image(torch.zeros(1, 112, 112, 3)).shape
        True
    """

    def __init__(self, config: EvidenceConfig | None = None, name: str = "personify-judge") -> None:
        super().__init__()
        self.config = config or EvidenceConfig()
        self.name = name
        self.image = AttributeTower(self.config)
        self.text = RequestTower(self.config)
        self.log_scale = nn.Parameter(torch.tensor(4.0))

    @property
    def image_size(self) -> int:
        """Side of the square pictures the image tower sees, in pixels."""
        return self.config.image_size

    def attributes(self, images: Tensor) -> Tensor:  # [N, H, W, 3] -> [N, F, K] log probabilities
        """What sRGB images in [0, 1] show of every field of `FINE_FIELDS`, padded to the largest number of classes.

        Raises:
            PersonifyError: not [N, H, W, 3].
        """
        return self.image(tower_input(images, self.image_size))

    def encode_image(self, images: Tensor) -> Tensor:  # [N, H, W, 3] -> [N, D]
        """Unit embeddings of sRGB images in [0, 1], resized to `image_size`; differentiable.

        Raises:
            PersonifyError: not [N, H, W, 3].
        """
        return embed_evidence(self.attributes(images))

    def encode_text(self, texts: Sequence[str]) -> Tensor:  # [N, D]
        """Unit embeddings of texts. The last coordinate is the texts' own: one that says little points there.

        Raises:
            PersonifyError: no texts.
        """
        if not texts:
            raise PersonifyError("texts: an empty list; expected at least one text")
        return embed_request(self.text(texts).float())

    def save(self, path: Path | str, **report: str) -> None:
        """Write half-precision weights, configuration and a report as safetensors, atomically."""
        tensors = {
            name: (tensor.half() if tensor.is_floating_point() else tensor).contiguous()
            for name, tensor in self.state_dict().items()
        }
        metadata = {"format": FORMAT, "name": self.name, **report}
        metadata["config"] = json.dumps(dataclasses.asdict(self.config))
        with atomic_path(path) as temporary:
            save_file(tensors, temporary, metadata)

    @staticmethod
    def load(path: Path | str) -> EvidenceImageText:
        """Read a saved model in float32, ready to evaluate.

        Raises:
            PersonifyError: missing, damaged or of another format.
        """
        try:
            with safe_open(path, "pt") as file:
                metadata = file.metadata() or {}
                tensors = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118
            if metadata.get("format") != FORMAT:
                raise PersonifyError(f"{path}: not an image-text model of format {FORMAT}")
            values = json.loads(metadata["config"])
            values |= {name: tuple(values[name]) for name in ("widths", "depths")}
            model = EvidenceImageText(EvidenceConfig(**values), metadata["name"])
            model.load_state_dict(tensors)
        except (OSError, SafetensorError, KeyError, ValueError, TypeError, RuntimeError) as error:
            raise PersonifyError(f"{path}: not a readable image-text model ({error})") from error
        return model.eval().requires_grad_(False)


def embed_evidence(log_probabilities: Tensor) -> Tensor:  # [N, F, K] -> [N, D]
    """Unit vectors of how sure each class is: 0 below `DOUBT`, 1 at certainty, logarithmic between; then a constant.

    Sums of logarithms are what evidence adds up to; the floor keeps one blunder from outweighing everything else.
    """
    evidence = (log_probabilities[:, real_classes()].exp() / DOUBT).log1p() / math.log1p(1 / DOUBT)
    ones = torch.ones_like(evidence[:, :1])
    return functional.normalize(torch.cat([evidence, ones, torch.zeros_like(ones)], 1), dim=1)


def embed_request(weights: Tensor) -> Tensor:  # [N, D - 1] -> [N, D]
    """Unit vectors of what texts ask for; the last coordinate is theirs alone, so that little asked stays little."""
    return functional.normalize(torch.cat([weights, torch.ones_like(weights[:, :1])], 1), dim=1)
