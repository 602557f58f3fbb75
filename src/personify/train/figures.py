"""How people's surfaces differ from the template: the principal displacements that the stem estimates."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor

from personify.photos.template import Template
from personify.train.targets import KnownPerson

_SPARE = 8  # dimensions more than wanted, for the accuracy of the last ones
_ITERATIONS = 3


def principal_displacements(
    people: Sequence[KnownPerson], template: Template, count: int
) -> tuple[Tensor, Tensor, Tensor]:  # [H, W, 3], [K, H, W, 3], [K]
    """Principal component analysis of where people's outermost surfaces lie over the texels, in metres.

    Everybody also counts in a mirror; texels that nobody saw count as average. The same people give the same result.

    Returns:
        The average displacement, displacements of one standard deviation, the largest first (zeros where there are
        fewer people than displacements), and for each whether its mirror image is itself (1) or its opposite (-1).
    """
    opposite = template.opposite.numpy()
    both = [version for person in people for version in (person, person.mirrored(opposite))]
    surface = template.positions.flatten(0, 1)
    displacements = torch.zeros(len(both), *surface.shape)
    known = torch.zeros(len(both), len(surface), 1)
    for row, seen, person in zip(displacements, known, both, strict=True):
        texels = torch.from_numpy(person.texels).long()
        row[texels] = torch.from_numpy(person.texel_positions).float() - surface[texels]
        seen[texels] = 1
    average = displacements.sum(0) / known.sum(0).clamp(min=1)
    displacements.sub_(average).mul_(known)
    rank = min(count, len(both))
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(0)
        _, deviations, axes = torch.svd_lowrank(displacements.flatten(1), min(rank + _SPARE, len(both)), _ITERATIONS)
    basis = torch.zeros(count, surface.numel())
    basis[:rank] = (axes[:, :rank] * deviations[:rank] / len(both) ** 0.5).mT
    signs = symmetry(basis.view(count, -1, 3), template.opposite)
    return average.view_as(template.positions), basis.view(count, *template.positions.shape), signs


def symmetry(basis: Tensor, opposite: Tensor) -> Tensor:  # [K, H * W, 3], [H * W] -> [K]
    """1 where the mirror image of displacements is more like them than like their opposite, else -1.

    As everybody counts in a mirror, principal displacements are one or the other but for rounding.
    """
    image = basis[:, opposite] * basis.new_tensor([-1.0, 1.0, 1.0])
    alike = (image * basis)[:, opposite >= 0].sum((1, 2))
    return torch.where(alike < 0, -1.0, 1.0)
