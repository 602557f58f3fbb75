"""How each size of the network is trained: stages of growing resolution, each starting from the one before."""

from __future__ import annotations

from dataclasses import dataclass, field, replace

from personify.photos.network import PRESETS as NETWORKS
from personify.photos.network import NetworkConfig
from personify.train.batches import Sampling
from personify.train.objective import LossWeights

STEM = r"stem\."
"""`Stage.trains` for the stem; with more after it, for a part of the stem."""
_FIGURE = STEM + r"figure\.head\."
_READERS = rf"atlas\.|\w+_(position|gaussian)\.out\.|{_FIGURE}"  # what makes Gaussians of the stem's features


@dataclass(frozen=True)
class Stage:
    """One resolution.

    Attributes:
        sampling: batches and the size of the pictures.
        template_size: texels along each side of the template maps.
        steps: optimiser steps; warm-up and cosine end with them.
        learning_rate: at the end of the warm-up.
        warmup: steps of linear warm-up.
        losses: factors of the terms.
        trains: regular expression at the start of the names of the parameters that are trained; `STEM` also leaves out
            all that comes after the stem, and all losses but its own.
    """

    sampling: Sampling
    template_size: int
    steps: int
    learning_rate: float
    warmup: int = 500
    losses: LossWeights = field(default_factory=LossWeights)
    trains: str = r"(?!stem\.)"


@dataclass(frozen=True)
class TrainingPreset:
    """A network and its way up.

    Attributes:
        network: its configuration; template sizes come from the stages.
        stages: in order.
        weight_decay: of AdamW (betas 0.9 and 0.95, as in the paper).
        clip: largest norm of the gradient.
        output_factor: of the learning rate for the heads' last layers, which start from zero.
        average: decay of the weights' running mean, which is what is saved and evaluated.
        precision: of Lightning's trainer.
    """

    network: NetworkConfig
    stages: tuple[Stage, ...]
    weight_decay: float = 0.05
    clip: float = 1.0
    output_factor: float = 2.0
    average: float = 0.999
    precision: str = "32-true"

    def shortened(self, factor: float) -> TrainingPreset:
        """The same with fewer (or more) steps in every stage.

        >>> PRESETS["mini"].shortened(0.5).stages[0].steps * 2 == PRESETS["mini"].stages[0].steps
        True
        """
        stages = tuple(
            replace(stage, steps=max(1, round(stage.steps * factor)), warmup=round(stage.warmup * min(factor, 1)))
            for stage in self.stages
        )
        return replace(self, stages=stages)


SURFACE = LossWeights(
    mse=0.0, mask=0.0, ssim=0.0, projection=0.0, position=1.0, skinning=0.2, texel_color=2.0, body=0.3
)
"""Only what is known about the surface: no picture is drawn, so a step takes half the time."""
_MANY = (0.15, 0.2, 0.35, 0.3)
_FEW = (0.35, 0.25, 0.4)  # numbers of photos for the stem, which must learn what several photos say together
_SIDES = LossWeights(position=1.0, skinning=0.15, figure=0.25)
_LAST = LossWeights(projection=0.0, body=0.0, position=1.0, texel_position=1.0, figure=0.3)


def _stage(size: int, batch: int, steps: int, rate: float, views: tuple[float, ...] = (0.2, 0.2, 0.6)) -> Stage:
    return Stage(Sampling(batch, size, views, targets=4), size, steps, rate)


PRESETS: dict[str, TrainingPreset] = {
    "full": TrainingPreset(
        NETWORKS["full"],
        (_stage(256, 4, 300_000, 1e-4), _stage(512, 4, 100_000, 1e-4), _stage(1024, 4, 50_000, 1e-4)),
        clip=0.5,
        output_factor=1.0,
        precision="bf16-mixed",
    ),
    "base": TrainingPreset(
        NETWORKS["base"], (_stage(256, 16, 60_000, 3e-4), _stage(512, 8, 20_000, 1e-4)), precision="bf16-mixed"
    ),
    "tiny": TrainingPreset(
        NETWORKS["tiny"],
        (
            Stage(Sampling(32, 128, _FEW, targets=1), 128, 6_000, 1.5e-3, losses=_SIDES, trains=STEM),
            _stage(128, 32, 6_000, 4e-4),
            _stage(256, 32, 6_000, 3e-4),
        ),
        precision="bf16-mixed",
    ),
    "mini": TrainingPreset(
        NETWORKS["mini"],
        (
            Stage(Sampling(4, 96, _FEW, targets=1), 96, 10_000, 1.2e-3, warmup=150, losses=_SIDES, trains=STEM),
            Stage(Sampling(16, 96, _FEW, targets=1), 96, 1_500, 2e-3, warmup=50, losses=_SIDES, trains=_FIGURE),
            Stage(Sampling(4, 96, _MANY, targets=1), 96, 1_000, 8e-4, warmup=30, losses=SURFACE),
            Stage(Sampling(4, 96), 96, 1_500, 1.2e-3, warmup=25, losses=_LAST, trains=_READERS),
        ),
        output_factor=1.5,
        average=0.99,
    ),
}
"""``full`` is the paper's schedule (its 300k + 50k steps with a stage between); ``mini`` takes 3 hours on a core."""
