"""NeuS volume rendering (Wang et al. 2021, sections 3.1 and 3.3), as in AvatarCLIP: bounds, up-sampling, compositing.

Depths, distances and sharpness are in the field's units (metres and 1 / metres); directions have unit length.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple, Protocol

import torch
from torch import Tensor

from personify.text.sculpt.field import FieldSamples


class SampledField(Protocol):
    """What the renderer needs of a field."""

    center: Tensor  # [3]
    radius: float

    def sdf(self, points: Tensor) -> Tensor: ...  # [N, 3] -> [N]

    def evaluate(self, points: Tensor) -> FieldSamples: ...

    def sharpness(self) -> Tensor: ...  # [], 1 / metres


@dataclass(frozen=True)
class Sampling:
    """Where samples lie along a ray; the defaults are the published ones.

    Attributes:
        uniform: samples spread evenly.
        importance: samples added where the surface is, in ``rounds`` equal rounds of doubling sharpness.
        rounds: of up-sampling.
        first_sharpness: of the first round, in a sphere of unit radius.
    """

    uniform: int = 32
    importance: int = 32
    rounds: int = 4
    first_sharpness: float = 64.0


class RayImage(NamedTuple):
    """Composited rays.

    Attributes:
        color: [N, 3] reconstruction over black.
        stylized_color: [N, 3] over black; add ``(1 - opacity) * background``.
        opacity: [N] sum of the weights.
        normals: [N, 3] unit.
        weights: [N, S].
        depth: [N] metres to the sections' midpoints, weighted.
        eikonal: scalar, mean of ``(|gradient| - 1)^2`` near the sphere.
        samples: the field at the sections' midpoints, [N * S].
    """

    color: Tensor
    stylized_color: Tensor
    opacity: Tensor
    normals: Tensor
    weights: Tensor
    depth: Tensor
    eikonal: Tensor
    samples: FieldSamples


def sphere_bounds(origins: Tensor, directions: Tensor, center: Tensor, radius: float) -> tuple[Tensor, Tensor]:
    """Depths [N], [N] one radius before and after each ray's closest approach to the centre; near is cut at 0."""
    # Divided by |d|^2 as the original does: its directions are unit only to single precision.
    middle = -((origins - center) * directions).sum(-1) / directions.square().sum(-1)
    return (middle - radius).clamp(min=0), middle + radius


def uniform_depths(near: Tensor, far: Tensor, count: int, generator: torch.Generator | None = None) -> Tensor:
    """[N, count] evenly spaced from near [N] to far [N]; the generator shifts each ray by up to half a section."""
    steps = torch.linspace(0, 1, count, dtype=near.dtype, device=near.device)
    depths = near[:, None] + (far - near)[:, None] * steps
    if generator is not None:
        shift = torch.rand(len(near), 1, generator=generator) - 0.5
        depths = depths + shift.to(depths) * (far - near)[:, None] / count
    return depths


def inverse_cdf(edges: Tensor, weights: Tensor, count: int) -> Tensor:  # [N, S], [N, S - 1] -> [N, count]
    """Depths at evenly spaced quantiles of a piecewise constant density."""
    weights = weights + 1e-5
    density = weights / weights.sum(-1, keepdim=True)
    cdf = torch.cat([torch.zeros_like(density[:, :1]), density.cumsum(-1)], -1)
    quantiles = torch.linspace(0.5 / count, 1 - 0.5 / count, count, dtype=cdf.dtype, device=cdf.device)
    quantiles = quantiles.expand(len(cdf), count).contiguous()
    above = torch.searchsorted(cdf, quantiles, right=True)
    below, above = (above - 1).clamp(min=0), above.clamp(max=cdf.shape[1] - 1)
    low, high = cdf.gather(1, below), cdf.gather(1, above)
    width = torch.where(high - low < 1e-5, torch.ones_like(low), high - low)
    start, stop = edges.gather(1, below), edges.gather(1, above)
    return start + (quantiles - low) / width * (stop - start)


def accumulate(alphas: Tensor) -> Tensor:  # [N, S] -> [N, S]
    """Weights ``a_i * prod_{j < i} (1 - a_j + 1e-7)``."""
    passed = torch.cumprod(torch.cat([torch.ones_like(alphas[:, :1]), 1 - alphas + 1e-7], -1), -1)
    return alphas * passed[:, :-1]


def section_alphas(before: Tensor, after: Tensor, sharpness: Tensor | float) -> Tensor:
    """Opacity of sections from the distances at their ends, unclipped (NeuS eq. 13)."""
    entering, leaving = torch.sigmoid(before * sharpness), torch.sigmoid(after * sharpness)
    return (entering - leaving + 1e-5) / (entering + 1e-5)


def up_sample(
    origins: Tensor,  # [N, 3]
    directions: Tensor,  # [N, 3]
    depths: Tensor,  # [N, S]
    sdf: Tensor,  # [N, S]
    count: int,
    sharpness: float,
    center: Tensor,
    radius: float,
) -> Tensor:  # [N, count]
    """New depths of one round: where the surface would be if it were ``sharpness`` sharp (NeuS supplement B)."""
    points = origins[:, None] + directions[:, None] * depths[..., None]
    in_sphere = torch.linalg.norm(points - center, dim=-1) < radius
    section_in_sphere = in_sphere[:, :-1] | in_sphere[:, 1:]
    length = depths[:, 1:] - depths[:, :-1]
    slope = (sdf[:, 1:] - sdf[:, :-1]) / (length + 1e-5)
    # The smaller of two neighbouring slopes: sections that touch the surface from the side do not count as hits.
    slope = torch.minimum(torch.cat([torch.zeros_like(slope[:, :1]), slope[:, :-1]], -1), slope)
    slope = slope.clamp(-1e3, 0) * section_in_sphere
    middle = (sdf[:, :-1] + sdf[:, 1:]) * 0.5
    alphas = section_alphas(middle - slope * length * 0.5, middle + slope * length * 0.5, sharpness)
    return inverse_cdf(depths, accumulate(alphas), count)


@torch.no_grad()
def sample_depths(
    field: SampledField, origins: Tensor, directions: Tensor, near: Tensor, far: Tensor,
    sampling: Sampling = Sampling(), generator: torch.Generator | None = None,
) -> Tensor:  # [N, S], ascending  # fmt: skip
    """Uniform samples and the rounds of importance samples."""

    def distance(depths: Tensor) -> Tensor:
        points = origins[:, None] + directions[:, None] * depths[..., None]
        return field.sdf(points.reshape(-1, 3)).reshape(depths.shape)

    depths = uniform_depths(near, far, sampling.uniform, generator)
    if sampling.importance == 0:
        return depths
    sdf = distance(depths)
    count = sampling.importance // sampling.rounds
    for k in range(sampling.rounds):
        sharpness = sampling.first_sharpness * 2**k / field.radius
        new = up_sample(origins, directions, depths, sdf, count, sharpness, field.center, field.radius)
        depths, order = torch.cat([depths, new], -1).sort(-1)
        if k + 1 < sampling.rounds:
            sdf = torch.cat([sdf, distance(new)], -1).gather(-1, order)
    return depths


def section_lengths(depths: Tensor, last: float) -> Tensor:  # [N, S] -> [N, S]
    """Distances to the next sample; the last section has a given length."""
    return torch.cat([depths[:, 1:] - depths[:, :-1], torch.full_like(depths[:, :1], last)], -1)


def composite(
    field: SampledField,
    origins: Tensor,  # [N, 3]
    directions: Tensor,  # [N, 3]
    depths: Tensor,  # [N, S] starts of the sections
    lengths: Tensor,  # [N, S]
    cos_anneal: float = 1.0,
) -> RayImage:
    """Shade the midpoint of every section and blend front to back (NeuS eqs. 3, 10 to 13).

    Args:
        cos_anneal: 1 takes the slope of the field along the ray as it is; towards 0 a blunter form that forgives
            normals that look away from the camera early in training.
    """
    middles = depths + lengths * 0.5
    points = origins[:, None] + directions[:, None] * middles[..., None]
    samples = field.evaluate(points.reshape(-1, 3))
    sdf, gradient = samples.sdf.reshape(depths.shape), samples.gradient.reshape(points.shape)
    cosine = (directions[:, None] * gradient).sum(-1)
    slope = -(torch.relu(-cosine * 0.5 + 0.5) * (1 - cos_anneal) + torch.relu(-cosine) * cos_anneal)
    half = slope * lengths * 0.5
    alphas = section_alphas(sdf - half, sdf + half, field.sharpness()).clamp(0, 1)
    weights = accumulate(alphas)

    def blend(values: Tensor) -> Tensor:
        return (values.reshape(points.shape) * weights[..., None]).sum(1)

    near_sphere = (torch.linalg.norm(points.detach() - field.center, dim=-1) < 1.2 * field.radius).to(sdf.dtype)
    error = (torch.linalg.norm(gradient, dim=-1) - 1).square()
    eikonal = (near_sphere * error).sum() / (near_sphere.sum() + 1e-5)
    normals = torch.nn.functional.normalize(blend(samples.gradient), dim=-1, eps=1e-7)
    return RayImage(
        blend(samples.color), blend(samples.stylized_color), weights.sum(-1), normals,
        weights, (weights * middles).sum(-1), eikonal, samples,
    )  # fmt: skip


def render_rays(
    field: SampledField, origins: Tensor, directions: Tensor,
    sampling: Sampling = Sampling(), cos_anneal: float = 1.0, generator: torch.Generator | None = None,
) -> RayImage:  # fmt: skip
    """Render rays [N, 3] through the field's sphere."""
    near, far = sphere_bounds(origins, directions, field.center, field.radius)
    depths = sample_depths(field, origins, directions, near, far, sampling, generator)
    lengths = section_lengths(depths, 2 * field.radius / sampling.uniform)
    return composite(field, origins, directions, depths, lengths, cos_anneal)
