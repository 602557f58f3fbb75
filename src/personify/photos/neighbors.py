"""Nearest neighbours, by a tree on the CPU and by distances in blocks elsewhere."""

from __future__ import annotations

import torch
from scipy.spatial import cKDTree
from torch import Tensor

_BLOCK = 4096


def neighbors(points: Tensor, others: Tensor, count: int = 1) -> tuple[Tensor, Tensor]:
    """Distances and indices of the nearest of the others, nearest first; without gradient.

    Args:
        points: [N, D].
        others: [M, D].
        count: neighbours of each point, at most M.

    Returns:
        [N, count] distances, [N, count] indices into the others.

    Example:
        >>> neighbors(torch.tensor([[0.0]]), torch.tensor([[3.0], [1.0]]), 2)[1].tolist()
        [[1, 0]]
    """
    points, others = points.detach(), others.detach()
    if points.device.type == "cpu":
        distances, index = cKDTree(others.numpy()).query(points.numpy(), list(range(1, count + 1)))
        return torch.from_numpy(distances).to(points), torch.from_numpy(index)
    found = [torch.cdist(block, others).topk(count, largest=False) for block in points.split(_BLOCK)]
    return torch.cat([values for values, _ in found]), torch.cat([index for _, index in found])
