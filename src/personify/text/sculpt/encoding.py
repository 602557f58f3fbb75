"""Multi-resolution hash encoding (Instant-NGP, Mueller et al. 2022) by compiled kernels, differentiable twice.

The second derivative is what normals need: a loss on the gradient of the distance differentiates the encoding once to
the points and once more to the table. Derivatives of second order to the *points* are left out: nothing here moves
samples.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import torch
from numba import njit, prange
from torch import Tensor

_BLOCK = 256  # points per task


class HashEncoding(torch.nn.Module):
    """Features of points in the unit cube: trilinear in ``levels`` grids, each dense if it fits its table, else hashed.

    Args:
        levels: grids.
        coarsest: cells along an axis of the first grid.
        finest: of the last one; those between grow geometrically.
        log2_entries: of every level's table, two features each.

    Example:
        >>> encoding = HashEncoding(levels=2, coarsest=4, finest=8, log2_entries=10)
        >>> encoding(torch.rand(5, 3)).shape
        torch.Size([5, 4])
    """

    def __init__(self, levels: int = 8, coarsest: int = 16, finest: int = 256, log2_entries: int = 15) -> None:
        super().__init__()
        growth = (finest / coarsest) ** (1 / max(1, levels - 1))
        self.cells = np.array([round(coarsest * growth**k) for k in range(levels)], np.int64)
        table = torch.rand(levels, 2**log2_entries, 2) * 2e-4 - 1e-4
        self.table = torch.nn.Parameter(table)
        self.features = 2 * levels

    def forward(self, points: Tensor) -> Tensor:  # [N, 3] in [0, 1] -> [N, 2 * levels]
        return encode(points, self.table, self.cells)


def encode(points: Tensor, table: Tensor, cells: np.ndarray) -> Tensor:  # [N, 3], [L, T, 2], [L] -> [N, 2 L]
    """Trilinear features of points; what lies outside the unit cube takes those of its border."""
    return _Gather.apply(points.clamp(0, 1), None, table, cells)


class _Gather(torch.autograd.Function):
    """``sum_corner weight(x) table``; with a direction, the derivative of that along it."""

    @staticmethod
    def forward(ctx: Any, x: Tensor, along: Tensor | None, table: Tensor, cells: np.ndarray) -> Tensor:
        ctx.save_for_backward(x, along, table)
        ctx.cells = cells
        out = torch.empty(len(x), 2 * len(table), dtype=table.dtype)
        _gather(_numpy(x), _numpy(x if along is None else along), along is not None, _numpy(table), cells, out.numpy())
        return out

    @staticmethod
    def backward(ctx: Any, grad: Tensor) -> tuple[Tensor | None, ...]:
        x, along, table = ctx.saved_tensors
        inputs = points = entries = None
        if along is None and ctx.needs_input_grad[0]:
            inputs = _InputGradient.apply(x, table, grad, ctx.cells)
        if along is not None and ctx.needs_input_grad[1]:
            points = _InputGradient.apply(x, table, grad, ctx.cells)
        if ctx.needs_input_grad[2]:
            entries = _Scatter.apply(x, along, grad, table.shape[1], ctx.cells)
        return inputs, points, entries, None


class _Scatter(torch.autograd.Function):
    """Adjoint of `_Gather` in the table."""

    @staticmethod
    def forward(ctx: Any, x: Tensor, along: Tensor | None, grad: Tensor, entries: int, cells: np.ndarray) -> Tensor:
        ctx.save_for_backward(x, along)
        ctx.cells = cells
        table = torch.zeros(len(cells), entries, 2, dtype=grad.dtype)
        _scatter(
            _numpy(x), _numpy(x if along is None else along), along is not None, _numpy(grad), cells, table.numpy()
        )
        return table

    @staticmethod
    def backward(ctx: Any, grad: Tensor) -> tuple[Tensor | None, ...]:
        x, along = ctx.saved_tensors
        return None, None, _Gather.apply(x, along, grad, ctx.cells), None, None


class _InputGradient(torch.autograd.Function):
    """Gradient [N, 3] to the points of `_Gather`'s output weighted by ``grad``."""

    @staticmethod
    def forward(ctx: Any, x: Tensor, table: Tensor, grad: Tensor, cells: np.ndarray) -> Tensor:
        ctx.save_for_backward(x, table, grad)
        ctx.cells = cells
        out = torch.empty(len(x), 3, dtype=table.dtype)
        _input_gradient(_numpy(x), _numpy(table), _numpy(grad), cells, out.numpy())
        return out

    @staticmethod
    def backward(ctx: Any, along: Tensor) -> tuple[Tensor | None, ...]:
        x, table, grad = ctx.saved_tensors
        entries = weights = None
        if ctx.needs_input_grad[1]:
            entries = _Scatter.apply(x, along, grad, table.shape[1], ctx.cells)
        if ctx.needs_input_grad[2]:
            weights = _Gather.apply(x, along, table, ctx.cells)
        return None, entries, weights, None


def _numpy(tensor: Tensor) -> np.ndarray:
    return np.ascontiguousarray(tensor.detach().numpy())


@njit(cache=True, nogil=True, inline="always")
def _cell(x: Any, n: Any) -> Any:
    """Corner indices of a point's cell and the position inside it; the upper border belongs to the last cell."""
    ix, iy, iz = min(np.int64(x[0] * n), n - 1), min(np.int64(x[1] * n), n - 1), min(np.int64(x[2] * n), n - 1)
    return ix, iy, iz, x[0] * n - ix, x[1] * n - iy, x[2] * n - iz


@njit(cache=True, nogil=True, inline="always")
def _entry(ix: Any, iy: Any, iz: Any, cells: Any, entries: Any) -> Any:
    side = cells + 1
    if side * side * side <= entries:
        return ix + side * (iy + side * iz)
    mixed = np.uint32(ix) ^ (np.uint32(iy) * np.uint32(2654435761)) ^ (np.uint32(iz) * np.uint32(805459861))
    return np.int64(mixed & np.uint32(entries - 1))


@njit(cache=True, nogil=True, inline="always")
def _weights(corner: Any, fx: Any, fy: Any, fz: Any) -> Any:
    """Trilinear weight of a corner, and its derivatives by the position inside the cell."""
    one = fx * 0 + 1
    right, up, far = corner & 1, (corner >> 1) & 1, corner >> 2
    wx, sx = (fx, one) if right else (one - fx, -one)
    wy, sy = (fy, one) if up else (one - fy, -one)
    wz, sz = (fz, one) if far else (one - fz, -one)
    return wx * wy * wz, sx * wy * wz, wx * sy * wz, wx * wy * sz


@njit(cache=True, nogil=True, parallel=True, fastmath=True)
def _gather(x: Any, along: Any, directional: Any, table: Any, cells: Any, out: Any) -> None:
    count, entries = len(x), table.shape[1]
    for block in prange((count + _BLOCK - 1) // _BLOCK):
        for level in range(len(cells)):
            n = cells[level]
            for i in range(block * _BLOCK, min(count, block * _BLOCK + _BLOCK)):
                ix, iy, iz, fx, fy, fz = _cell(x[i], n)
                a, b = 0.0, 0.0
                for corner in range(8):
                    w, dx, dy, dz = _weights(corner, fx, fy, fz)
                    if directional:
                        w = n * (dx * along[i, 0] + dy * along[i, 1] + dz * along[i, 2])
                    h = _entry(ix + (corner & 1), iy + ((corner >> 1) & 1), iz + (corner >> 2), n, entries)
                    a += w * table[level, h, 0]
                    b += w * table[level, h, 1]
                out[i, 2 * level], out[i, 2 * level + 1] = a, b


@njit(cache=True, nogil=True, parallel=True, fastmath=True)
def _scatter(x: Any, along: Any, directional: Any, grad: Any, cells: Any, table: Any) -> None:
    """Parallel over levels: each table belongs to one thread, so no atomics are needed and sums keep their order."""
    entries = table.shape[1]
    for level in prange(len(cells)):
        n = cells[level]
        for i in range(len(x)):
            ix, iy, iz, fx, fy, fz = _cell(x[i], n)
            for corner in range(8):
                w, dx, dy, dz = _weights(corner, fx, fy, fz)
                if directional:
                    w = n * (dx * along[i, 0] + dy * along[i, 1] + dz * along[i, 2])
                h = _entry(ix + (corner & 1), iy + ((corner >> 1) & 1), iz + (corner >> 2), n, entries)
                table[level, h, 0] += w * grad[i, 2 * level]
                table[level, h, 1] += w * grad[i, 2 * level + 1]


@njit(cache=True, nogil=True, parallel=True, fastmath=True)
def _input_gradient(x: Any, table: Any, grad: Any, cells: Any, out: Any) -> None:
    count, entries = len(x), table.shape[1]
    for block in prange((count + _BLOCK - 1) // _BLOCK):
        out[block * _BLOCK : min(count, block * _BLOCK + _BLOCK)] = 0
        for level in range(len(cells)):
            n = cells[level]
            for i in range(block * _BLOCK, min(count, block * _BLOCK + _BLOCK)):
                ix, iy, iz, fx, fy, fz = _cell(x[i], n)
                for corner in range(8):
                    _, dx, dy, dz = _weights(corner, fx, fy, fz)
                    h = _entry(ix + (corner & 1), iy + ((corner >> 1) & 1), iz + (corner >> 2), n, entries)
                    value = n * (table[level, h, 0] * grad[i, 2 * level] + table[level, h, 1] * grad[i, 2 * level + 1])
                    out[i, 0] += dx * value
                    out[i, 1] += dy * value
                    out[i, 2] += dz * value
