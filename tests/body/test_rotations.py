"""Rotations: round trips, agreement with scipy, gradients where they are usually wrong (identity and half a turn)."""

import math

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.spatial.transform import Rotation

from personify.body import rotations as R

component = st.floats(-1, 1, allow_nan=False, width=32)
axes = st.tuples(component, component, component).filter(lambda v: math.hypot(*v) > 1e-3)
angles = st.one_of(st.floats(0, math.pi - 1e-4), st.sampled_from([0.0, 1e-12, 1e-7, 1e-4, 0.00101, math.pi / 2, 3.1]))


def vector(axis, angle):
    axis = torch.tensor(axis, dtype=torch.float64)
    return axis / axis.norm() * angle


@settings(max_examples=60, deadline=None)
@given(axes, angles)
def test_axis_angle_agrees_with_scipy_and_returns(axis, angle):
    rotation = vector(axis, angle)
    matrix = R.axis_angle_to_matrix(rotation)
    np.testing.assert_allclose(matrix, Rotation.from_rotvec(rotation.numpy()).as_matrix(), atol=1e-12)
    np.testing.assert_allclose(R.matrix_to_axis_angle(matrix), rotation, atol=1e-7)


@settings(max_examples=60, deadline=None)
@given(axes, angles)
def test_quaternions_agree_with_scipy_and_return(axis, angle):
    matrix = R.axis_angle_to_matrix(vector(axis, angle))
    quaternion = R.matrix_to_quaternion(matrix)
    expected = Rotation.from_matrix(matrix.numpy()).as_quat(canonical=True)[[3, 0, 1, 2]]
    assert quaternion[0] >= 0
    np.testing.assert_allclose(quaternion, expected, atol=1e-7)
    np.testing.assert_allclose(R.quaternion_to_matrix(3 * quaternion), matrix, atol=1e-7)  # normalised inside


@settings(max_examples=40, deadline=None)
@given(axes, angles)
def test_six_dimensional_rotation_is_the_first_two_columns(axis, angle):
    matrix = R.axis_angle_to_matrix(vector(axis, angle))
    six = R.matrix_to_rotation_6d(matrix)
    np.testing.assert_array_equal(six, np.concatenate([matrix[:, 0], matrix[:, 1]]))
    np.testing.assert_allclose(R.rotation_6d_to_matrix(six), matrix, atol=1e-12)


def test_any_six_numbers_make_a_rotation():
    six = torch.randn(50, 6, generator=torch.Generator().manual_seed(0), dtype=torch.float64)
    matrix = R.rotation_6d_to_matrix(six)
    np.testing.assert_allclose(matrix @ matrix.mT, torch.eye(3).expand(50, 3, 3), atol=1e-12)
    np.testing.assert_allclose(torch.linalg.det(matrix), np.ones(50), atol=1e-12)


@pytest.mark.parametrize("axis", [(1, 0, 0), (0, 1, 0), (0, 0, 1), (0.6, -0.8, 0), (0.5, 0.5, -0.7)])
def test_half_a_turn_keeps_its_axis_up_to_sign(axis):
    rotation = vector(axis, math.pi)
    back = R.matrix_to_axis_angle(R.axis_angle_to_matrix(rotation))
    assert min((back - rotation).norm(), (back + rotation).norm()) < 1e-6


@pytest.mark.parametrize("angle", [0.0, 1e-9, 9e-4, 1.1e-3, 1.0, math.pi - 1e-3, math.pi, 5.0])
def test_rodrigues_gradients(angle):
    rotation = vector((0.3, -0.5, 0.8), angle).requires_grad_()
    assert torch.autograd.gradcheck(R.axis_angle_to_matrix, rotation, atol=1e-6)


@pytest.mark.parametrize("angle", [1e-9, 0.01, 1.0, math.pi - 1e-3])
def test_gradients_through_there_and_back(angle):
    rotation = vector((0.3, -0.5, 0.8), angle).requires_grad_()

    def there_and_back(vector):
        return R.matrix_to_axis_angle(R.axis_angle_to_matrix(vector))

    jacobian = torch.autograd.functional.jacobian(there_and_back, rotation)
    np.testing.assert_allclose(jacobian, np.eye(3), atol=1e-5)


def test_gradient_is_finite_exactly_at_the_identity():
    matrix = torch.eye(3, dtype=torch.float64).requires_grad_()
    R.matrix_to_axis_angle(matrix).sum().backward()
    assert torch.isfinite(matrix.grad).all()


def test_leading_dimensions_and_skew():
    vectors = torch.randn(2, 5, 3, generator=torch.Generator().manual_seed(1))
    other = torch.randn(2, 5, 3, generator=torch.Generator().manual_seed(2))
    np.testing.assert_allclose(
        (R.skew(vectors) @ other[..., None])[..., 0], torch.cross(vectors, other, dim=-1), atol=1e-6
    )
    matrices = R.axis_angle_to_matrix(vectors)
    np.testing.assert_allclose(matrices[1, 3], R.axis_angle_to_matrix(vectors[1, 3]), atol=1e-7)
