"""Hash encoding: against plain torch, and derivatives of first and second order."""

import numpy as np
import torch
from torch.autograd import gradcheck

from personify.text.sculpt.encoding import HashEncoding, encode


def plain(points, table, cells):
    """The same in a few lines of torch."""
    features = []
    entries = table.shape[1]
    for level, n in enumerate(cells.tolist()):
        low = (points * n).long().clamp(max=n - 1)
        fraction = points * n - low
        total = 0
        for corner in range(8):
            bit = torch.tensor([corner & 1, corner >> 1 & 1, corner >> 2])
            at = low + bit
            side = n + 1
            if side**3 <= entries:
                index = at[:, 0] + side * (at[:, 1] + side * at[:, 2])
            else:
                mixed = at[:, 0] ^ (at[:, 1] * 2654435761 & 0xFFFFFFFF) ^ (at[:, 2] * 805459861 & 0xFFFFFFFF)
                index = mixed & (entries - 1)
            weight = torch.where(bit.bool(), fraction, 1 - fraction).prod(-1)
            total = total + weight[:, None] * table[level, index]
        features.append(total)
    return torch.cat(features, -1)


def problem(count=12):
    generator = torch.Generator().manual_seed(0)
    points = torch.rand(count, 3, dtype=torch.float64, generator=generator) * 0.9 + 0.05
    table = torch.randn(3, 128, 2, dtype=torch.float64, generator=generator)
    cells = np.array([3, 4, 9])  # the first two are dense, the last is hashed
    return points.requires_grad_(), table.requires_grad_(), cells


def test_values_and_gradients_are_those_of_plain_torch():
    points, table, cells = problem(500)
    ours, expected = encode(points, table, cells), plain(points, table, cells)
    torch.testing.assert_close(ours, expected, rtol=0, atol=1e-12)
    weights = torch.randn(ours.shape, dtype=torch.float64)
    for got, wanted in zip(
        torch.autograd.grad((ours * weights).sum(), [points, table]),
        torch.autograd.grad((expected * weights).sum(), [points, table]),
        strict=True,
    ):
        torch.testing.assert_close(got, wanted, rtol=0, atol=1e-10)


def test_gradcheck():
    points, table, cells = problem()
    assert gradcheck(lambda x, t: encode(x, t, cells), (points, table))


def eikonal(points, table, cells, encoder):
    """A loss on the gradient to the points, as normals need it."""
    value = torch.tanh(encoder(points, table, cells)).sum()
    (gradient,) = torch.autograd.grad(value, points, create_graph=True)
    return (gradient.norm(dim=-1) - 1).square().sum()


def test_second_derivatives_to_the_table():
    points, table, cells = problem()
    (ours,) = torch.autograd.grad(eikonal(points, table, cells, encode), table)
    (expected,) = torch.autograd.grad(eikonal(points, table, cells, plain), table)
    torch.testing.assert_close(ours, expected, rtol=0, atol=1e-9)
    assert gradcheck(lambda t: eikonal(points, t, cells, encode), (table,))


def test_borders_and_outside_points():
    encoding = HashEncoding(levels=3, coarsest=4, finest=32, log2_entries=8)
    corners = torch.tensor([[0.0, 0.0, 0.0], [1.0, 1.0, 1.0], [-3.0, 0.5, 7.0]])
    out = encoding(corners)
    assert out.isfinite().all()
    torch.testing.assert_close(out[2], encoding(torch.tensor([[0.0, 0.5, 1.0]]))[0])


def test_same_bytes_every_time():
    points, table, cells = problem(3000)
    first, second = (
        torch.autograd.grad(encode(points, table, cells).square().sum(), [points, table]) for _ in range(2)
    )
    assert all(torch.equal(a, b) for a, b in zip(first, second, strict=True))
