"""Handles on a person's surface: few parameters that move and tint all layers smoothly and together."""

from __future__ import annotations

from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from scipy.sparse import csr_matrix
from scipy.spatial import cKDTree
from torch import Tensor

from personify.body.mesh import Float

_NEIGHBOURS = 8


def place_handles(points: Float, normals: Float, spacing: float) -> tuple[Float, Float]:
    """One handle per cell of a grid and main direction of the normal: centroid [K, 3] and mean unit normal [K, 3]."""
    axis = np.abs(normals).argmax(1)
    side = np.sign(np.take_along_axis(normals, axis[:, None], 1)).astype(np.int64)
    cells = np.floor(points / spacing).astype(np.int64)
    _, owner = np.unique(np.concatenate([cells, axis[:, None], side], 1), axis=0, return_inverse=True)
    owner = owner.reshape(-1)
    sums = np.zeros((owner.max() + 1, 6))
    np.add.at(sums, owner, np.concatenate([points, normals], 1))
    centers = sums[:, :3] / np.bincount(owner)[:, None]
    directions = sums[:, 3:] / np.maximum(np.linalg.norm(sums[:, 3:], axis=1, keepdims=True), 1e-12)
    return centers.astype(np.float32), directions.astype(np.float32)


def handle_weights(
    points: Float, normals: Float, centers: Float, directions: Float, spacing: float
) -> csr_matrix:  # [V, K]
    """Smooth weights of the handles at every point, rows sum to 1; only handles that face the same way have a say.

    So the front of the thigh does not follow the back, and the arm not the side of the body; but a button follows the
    coat under it, though no edge joins them.
    """
    count = min(_NEIGHBOURS, len(centers))
    distance, near = cKDTree(centers).query(points, count)
    distance, near = distance.reshape(-1, count), near.reshape(-1, count)
    agreement = np.clip((normals[:, None] * directions[near]).sum(-1), 0, 1) ** 2
    # 1e-9: where nobody agrees, the nearest ones decide.
    weights = np.exp(-0.5 * (distance / (0.7 * spacing)) ** 2) * (agreement + 1e-9) + 1e-30
    weights /= weights.sum(1, keepdims=True)
    rows = np.repeat(np.arange(len(points)), count)
    shape = (len(points), len(centers))
    return csr_matrix((weights.ravel().astype(np.float32), (rows, near.ravel())), shape=shape)


class SparseProduct(torch.nn.Module):
    """``matrix @ x`` with gradient to ``x``, by scipy: on a CPU several times as fast as torch's sparse tensors."""

    def __init__(self, matrix: csr_matrix) -> None:
        super().__init__()
        self.matrix = matrix.tocsr()
        self.adjoint = matrix.T.tocsr()

    def forward(self, x: Tensor) -> Tensor:  # [K, C] -> [V, C]
        return _Product.apply(x, self.matrix, self.adjoint)


class _Product(torch.autograd.Function):
    @staticmethod
    def forward(ctx: Any, x: Tensor, matrix: csr_matrix, adjoint: csr_matrix) -> Tensor:
        ctx.matrices = (matrix, adjoint)
        return torch.from_numpy(matrix @ x.detach().cpu().numpy()).to(x)

    @staticmethod
    def backward(ctx: Any, grad: Tensor) -> tuple[Tensor, None, None]:
        matrix, adjoint = ctx.matrices
        return _Product.apply(grad, adjoint, matrix), None, None


def incidence(faces: NDArray[np.integer[Any]], vertices: int) -> csr_matrix:  # [V, F]
    """1 where a face touches a vertex: sums face values around vertices."""
    columns = np.repeat(np.arange(len(faces)), 3)
    ones = np.ones(3 * len(faces), np.float32)
    return csr_matrix((ones, (faces.ravel(), columns)), shape=(vertices, len(faces)))
