"""The photo network under Lightning."""

from __future__ import annotations

import math
import re
from dataclasses import dataclass
from typing import Any

import lightning
import torch
from torch import Tensor
from torch.nn import Parameter
from torch.optim.lr_scheduler import LambdaLR
from torch.optim.swa_utils import AveragedModel

from personify.body.anny import AnnyBody
from personify.photos.network import PhotoNetwork
from personify.photos.template import Template
from personify.train.batches import PhotoBatch
from personify.train.objective import figure_loss, losses_of, stem_losses, total
from personify.train.presets import STEM, Stage, TrainingPreset


class PhotoTraining(lightning.LightningModule):
    """One stage of training.

    Args:
        network: to train; its template size is the stage's.
        template: maps of that size.
        preset: optimiser.
        stage: schedule and losses.
    """

    def __init__(self, network: PhotoNetwork, template: Template, preset: TrainingPreset, stage: Stage) -> None:
        super().__init__()
        self.network = network
        for name, parameter in network.named_parameters():
            parameter.requires_grad_(re.match(stage.trains, name) is not None)
        self.average = AveragedModel(network, multi_avg_fn=RunningMean(preset.average)).requires_grad_(False)
        self.template, self.preset, self.stage = template, preset, stage
        self._body = (AnnyBody() if network.config.body_shapes else None,)  # a tuple, so that it is no submodule

    def training_step(self, batch: PhotoBatch, step: int) -> Tensor:
        """Weighted sum of the losses; every term is logged."""
        template, body = self.template.to(self.device), self._body[0]
        body = None if body is None else body.to(self.device)
        if self.stage.trains.startswith(STEM):
            look = self.network.look(batch.images, batch.masks)
            terms, figure = stem_losses(look.surface, batch, template), look.figure
        else:
            output = self.network(batch.images, batch.masks, template)
            figure = output.figure
            with torch.autocast(self.device.type, enabled=False):
                terms = losses_of(output, batch, template, self.stage.losses, body)
        if self.network.figure is not None and figure is not None and figure.requires_grad:
            terms["figure"] = figure_loss(figure, self.network.figure, batch, template)
        loss = total(terms, self.stage.losses)
        self.log_dict({f"loss/{name}": term.detach() for name, term in terms.items()}, batch_size=len(batch.images))
        self.log("loss/total", loss.detach(), prog_bar=True, batch_size=len(batch.images))
        return loss

    def optimizer_step(self, *arguments: Any, **keywords: Any) -> None:
        """Follow the weights with their running mean, before any callback saves them."""
        super().optimizer_step(*arguments, **keywords)
        self.average.update_parameters(self.network)

    def configure_optimizers(self) -> Any:
        """AdamW; the rate rises linearly and falls with a cosine that ends with the stage."""
        rate = self.stage.learning_rate
        groups: dict[float, list[Parameter]] = {}
        for name, parameter in self.network.named_parameters():
            if not parameter.requires_grad:
                continue
            factor = self.preset.output_factor if ".out." in name and "fusion" not in name else 1.0
            groups.setdefault(factor * rate, []).append(parameter)
        optimizer = torch.optim.AdamW(
            [{"params": parameters, "lr": lr} for lr, parameters in groups.items()],
            betas=(0.9, 0.95),
            weight_decay=self.preset.weight_decay,
        )
        schedule = LambdaLR(optimizer, lambda step: rate_factor(step, self.stage.warmup, self.stage.steps))
        return {"optimizer": optimizer, "lr_scheduler": {"scheduler": schedule, "interval": "step"}}


@dataclass(frozen=True)
class RunningMean:
    """Exponential running mean for `AveragedModel` that forgets its untrained start: it opens with a short memory."""

    decay: float

    @torch.no_grad()
    def __call__(self, averaged: Any, current: Any, count: Tensor | int) -> None:
        keep = min(self.decay, (1 + int(count)) / (10 + int(count)))
        torch._foreach_lerp_(averaged, current, 1 - keep)


def rate_factor(step: int, warmup: int, steps: int) -> float:
    """Factor on the learning rate.

    >>> [round(rate_factor(step, 10, 110), 2) for step in (0, 9, 10, 60, 110)]
    [0.1, 1.0, 1.0, 0.5, 0.0]
    """
    if step < warmup:
        return (step + 1) / warmup
    progress = (step - warmup) / max(1, steps - warmup)
    return 0.5 * (1 + math.cos(math.pi * min(progress, 1.0)))
