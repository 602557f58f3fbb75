"""Small random Gaussians for the exporters' tests."""

from __future__ import annotations

import torch

from personify.body.gaussians import Gaussians
from personify.body.pose import NUM_JOINTS


def make_gaussians(count: int = 50, coefficients: int = 9, seed: int = 0) -> Gaussians:
    generator = torch.Generator().manual_seed(seed)

    def normal(*shape: int) -> torch.Tensor:
        return torch.randn(*shape, generator=generator)

    return Gaussians(
        means=normal(count, 3) + torch.tensor([0.0, 1.0, 0.0]),
        quats=torch.nn.functional.normalize(normal(count, 4), dim=1),
        scales=(normal(count, 3) - 5).exp(),
        opacities=torch.sigmoid(3 * normal(count)),
        sh=0.5 * normal(count, coefficients, 3),
        lbs_weights=torch.softmax(5 * normal(count, NUM_JOINTS), 1),
    )
