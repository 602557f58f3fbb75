"""Pictures to watch a training by: photos, targets, and what the network makes of them."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from personify.photos.network import PhotoNetwork
from personify.photos.template import Template
from personify.train.batches import PhotoBatch
from personify.train.objective import draw


@torch.no_grad()
def panel(network: PhotoNetwork, batch: PhotoBatch, template: Template) -> NDArray[np.uint8]:
    """A row per person: photos, then for every target the truth, the result, and the template's Gaussians alone.

    Returns:
        [B * S, (V + 3 C) * S, 3] uint8.
    """
    gaussians = network(batch.images, batch.masks, template).gaussians
    alone = replace(gaussians, opacities=gaussians.opacities * gaussians.from_template)
    size = batch.image_size
    rendered, without_photos = (
        draw(each, template, batch.joints, batch.target_poses, batch.target_viewmats, batch.target_Ks, size,
             batch.backgrounds)[0]
        for each in (gaussians, alone)
    )  # fmt: skip
    photos = batch.images.movedim(2, -1)
    columns = [*photos.unbind(1)]
    for truth, result, template_only in zip(
        batch.target_images.unbind(1), rendered.unbind(1), without_photos.unbind(1), strict=True
    ):
        columns += [truth, result, template_only]
    rows: Tensor = torch.cat(columns, 2).flatten(0, 1)
    return (rows.clamp(0, 1) * 255).round().byte().cpu().numpy()
