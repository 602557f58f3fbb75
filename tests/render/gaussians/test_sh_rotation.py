"""Spherical harmonics are in the splatting convention and turn with what they colour."""

import math

import numpy as np
import pytest
import torch
from scipy.special import sph_harm_y

from personify.body.rotations import axis_angle_to_matrix
from personify.errors import PersonifyError
from personify.render.gaussians.sh_rotation import _probes, rotate_sh
from personify.render.gaussians.spherical_harmonics import basis


def directions(count, seed=0):
    vectors = torch.randn(count, 3, generator=torch.Generator().manual_seed(seed), dtype=torch.float64)
    return torch.nn.functional.normalize(vectors, dim=-1)


def rotations(count, seed=1):
    return axis_angle_to_matrix(2 * torch.randn(count, 3, generator=torch.Generator().manual_seed(seed)).double())


def test_the_basis_is_that_of_scipy_with_the_condon_shortley_phase():
    d = directions(50).numpy()
    theta, phi = np.arccos(d[:, 2]), np.arctan2(d[:, 1], d[:, 0])
    expected = []
    for degree in range(4):
        for order in range(-degree, degree + 1):
            y = sph_harm_y(degree, abs(order), theta, phi)  # SciPy includes the phase (-1)^m
            part = y.real if order >= 0 else y.imag
            expected.append(part * (math.sqrt(2) if order else 1))
    np.testing.assert_allclose(basis(3, torch.from_numpy(d)).numpy(), np.stack(expected, 1), atol=1e-12)


@pytest.mark.parametrize("degree", [0, 1, 2, 3])
def test_a_turned_function_is_the_old_one_seen_from_the_turned_direction(degree):
    sh = torch.randn(20, (degree + 1) ** 2, 3, generator=torch.Generator().manual_seed(2)).double()
    turn, d = rotations(20), directions(20)
    before = (basis(degree, d)[:, None] @ sh)[:, 0]
    after = (basis(degree, (turn @ d[..., None])[..., 0])[:, None] @ rotate_sh(sh, turn))[:, 0]
    assert torch.allclose(before, after, atol=1e-12)


def test_turns_follow_one_another():
    sh = torch.randn(16, 3, generator=torch.Generator().manual_seed(3)).double()
    a, b = rotations(2)
    assert torch.allclose(rotate_sh(rotate_sh(sh, a), b), rotate_sh(sh, b @ a), atol=1e-12)
    assert torch.allclose(rotate_sh(sh, torch.eye(3).double()), sh, atol=1e-12)


def test_one_turn_for_all_and_all_turns_for_one():
    sh = torch.randn(5, 4, 3, generator=torch.Generator().manual_seed(4)).double()
    assert rotate_sh(sh, rotations(1)[0]).shape == (5, 4, 3)
    assert rotate_sh(sh[0], rotations(7)).shape == (7, 4, 3)


@pytest.mark.parametrize("degree", [1, 2, 3])
def test_probes_are_well_conditioned(degree):
    assert torch.linalg.cond(_probes(degree)[1]) < 5


def test_gradients():
    sh = torch.randn(2, 9, 3, generator=torch.Generator().manual_seed(5)).double().requires_grad_()
    turn = rotations(2).requires_grad_()
    assert torch.autograd.gradcheck(rotate_sh, (sh, turn))


@pytest.mark.parametrize("count", [0, 2, 8, 25])
def test_counts_that_are_no_degree_are_refused(count):
    with pytest.raises(PersonifyError, match=f"{count} coefficients"):
        rotate_sh(torch.zeros(count, 3), torch.eye(3))
