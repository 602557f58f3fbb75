"""Spherical harmonics against their definition."""

import pytest
import torch

from personify.render.gaussians.spherical_harmonics import basis, spherical_harmonics


def sphere(count):
    """Directions spread evenly (Fibonacci)."""
    k = torch.arange(count).double() + 0.5
    z, turn = 1 - 2 * k / count, torch.pi * (1 + 5**0.5) * k
    flat = (1 - z * z).sqrt()
    return torch.stack([flat * turn.cos(), flat * turn.sin(), z], -1)


def test_orthonormal_on_the_sphere():
    values = basis(3, sphere(20_000))
    gram = 4 * torch.pi * values.T @ values / len(values)
    torch.testing.assert_close(gram, torch.eye(16).double(), atol=2e-3, rtol=0)


def test_signs_and_order_of_gaussian_splatting():
    x, y, z = torch.eye(3).double()
    assert basis(1, x)[3] < 0 < basis(1, z)[2]
    assert basis(1, y)[1] < 0
    assert basis(2, x + y)[4] > 0 > basis(2, y + z)[5]
    assert basis(3, z)[12] > 0


@pytest.mark.parametrize("degree", [0, 1, 2, 3])
def test_length_of_direction_and_further_coefficients_do_not_matter(degree):
    directions, coefficients = sphere(10), torch.randn(10, 16, 3, generator=torch.Generator().manual_seed(0)).double()
    colors = spherical_harmonics(degree, directions, coefficients)
    cut = spherical_harmonics(degree, 5 * directions, coefficients[:, : (degree + 1) ** 2])
    torch.testing.assert_close(cut, colors)
    assert (colors >= 0).all()
