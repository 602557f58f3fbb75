"""How a field learns its start: from the person's mesh directly, or from pictures as the paper did."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

import numpy as np
import torch
from torch import Tensor

from personify.body.mesh import Float
from personify.determinism import deterministic
from personify.text.sculpt.distance import SolidDistance
from personify.text.sculpt.solid import Solid
from personify.text.sculpt.volume import VolumeField


class _Examples(NamedTuple):
    """Points [N, 3], their signed distances [N] and the colours [N, 3] of the surface nearest to them."""

    points: Tensor
    sdf: Tensor
    colors: Tensor


@deterministic()
def fit_to_solid(
    field: VolumeField,
    solid: Solid,
    steps: int = 400,
    batch: int = 8192,
    spread: float = 0.02,
    seed: int = 0,
    report: Callable[[int, float], None] | None = None,
) -> float:
    """Teach a field the distance to a person and their colours (seconds, where the paper took 300,000 steps).

    Args:
        field: is changed.
        solid: the person.
        steps: of Adam.
        batch: points per step.
        spread: metres; standard deviation of the points' distance from the surface.
        seed: of points and batches.
        report: called with the step and the mean distance error in metres.

    Returns:
        Mean absolute error of the distance over the last batch, metres.
    """
    examples = _draw(solid, batch * 24, spread, seed)
    generator = torch.Generator().manual_seed(seed)
    groups = [{**group, "lr": group["lr"] * 2} for group in field.parameter_groups()]
    optimizer = torch.optim.Adam(groups, eps=1e-15)
    schedule = torch.optim.lr_scheduler.OneCycleLR(
        optimizer, [group["lr"] for group in groups], total_steps=steps, pct_start=0.1
    )
    error = float("nan")
    for step in range(steps):
        chosen = torch.randint(len(examples.points), (batch,), generator=generator)
        points, sdf, colors = (values[chosen].to(field.center) for values in examples)
        samples = field.evaluate(points)
        distance = (samples.sdf - sdf).abs().mean()
        eikonal = (samples.gradient.norm(dim=-1) - 1).square().mean()
        color = (samples.color - colors).abs().mean() + (samples.stylized_color - colors).abs().mean()
        loss = distance / spread + 0.1 * eikonal + color
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        schedule.step()
        error = float(distance.detach())
        if report is not None:
            report(step, error)
    with torch.no_grad():  # a surface about a millimetre thick: pictures are crisp from the first step on
        field.variance_network.variance.fill_(float(np.log(field.radius / 0.001) / 10))
    return error


def _draw(solid: Solid, count: int, spread: float, seed: int) -> _Examples:
    """Points near the surface, and one in eight anywhere in the bounding sphere."""
    rng = np.random.default_rng(seed)
    near = count - count // 8
    # Half of them very near: with few examples fine levels of a grid learn noise between them.
    reach = np.where(np.arange(near) % 2 == 0, spread, spread / 5)[:, None]
    surface = _surface_points(solid, near, rng) + reach * rng.normal(size=(near, 3))
    center, radius = solid.bounding_sphere()
    away = rng.normal(size=(count - near, 3))
    away *= radius * np.cbrt(rng.random((count - near, 1))) / np.linalg.norm(away, axis=1, keepdims=True)
    points = np.concatenate([surface, away + np.array(center)]).astype(np.float32)
    sdf, nearest = SolidDistance(solid)(points)
    colors = solid.colors_at(nearest.face_ids.astype(np.int64), nearest.barycentrics)
    return _Examples(torch.from_numpy(points), torch.from_numpy(sdf), torch.from_numpy(colors))


def _surface_points(solid: Solid, count: int, rng: np.random.Generator) -> Float:  # [count, 3]
    corners = solid.vertices[solid.faces].astype(np.float64)
    areas = np.linalg.norm(np.cross(corners[:, 1] - corners[:, 0], corners[:, 2] - corners[:, 0]), axis=1)
    faces = np.searchsorted(np.cumsum(areas), rng.random(count) * areas.sum()).clip(max=len(areas) - 1)
    a, b = np.sort(rng.random((2, count, 1)), axis=0)
    chosen = corners[faces]
    return (a * chosen[:, 0] + (b - a) * chosen[:, 1] + (1 - b) * chosen[:, 2]).astype(np.float32)
