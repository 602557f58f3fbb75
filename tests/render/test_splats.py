"""Pictures of Gaussians: colours that turn with the surface, shadows, and mixing with meshes."""

from __future__ import annotations

import numpy as np
import torch

from personify.body.gaussians import PosedGaussians
from personify.body.rotations import axis_angle_to_matrix
from personify.render.cameras import Camera, frame_points, intrinsics, look_at
from personify.render.gaussians.sh_rotation import rotate_sh
from personify.render.gaussians.spherical_harmonics import spherical_harmonics
from personify.render.splats import Layer, composite, draw_layer, render_gaussians, view_colors

FRONT = Camera(look_at([0, 1, 3], [0, 1, 0]), intrinsics(0.7, 96, 96), 96, 96)


def ball(count=300, radius=0.3, rotation=None, coefficients=4, seed=0):
    generator = torch.Generator().manual_seed(seed)
    means = radius * torch.nn.functional.normalize(torch.randn(count, 3, generator=generator), dim=1)
    sh = 0.4 * torch.randn(count, coefficients, 3, generator=generator)
    rotation = torch.eye(3) if rotation is None else rotation
    covars = (0.04**2 * torch.eye(3)).expand(count, 3, 3).contiguous()
    turned = means @ rotation.T + torch.tensor([0.0, 1.0, 0.0])
    return PosedGaussians(turned, covars, rotation.expand(count, 3, 3), torch.full((count,), 0.9), sh)


def test_colors_turn_with_the_surface():
    turn = axis_angle_to_matrix(torch.tensor([0.3, 1.9, -0.6]))
    for coefficients in (1, 4, 9, 16):
        posed = ball(rotation=turn, coefficients=coefficients)
        degree = round(coefficients**0.5) - 1
        views = posed.means - torch.from_numpy(FRONT.position)
        expected = spherical_harmonics(degree, views, rotate_sh(posed.sh, posed.rotations))
        assert torch.allclose(view_colors(posed, FRONT), expected, atol=2e-5)


def test_turning_person_and_camera_together_changes_nothing():
    turn = axis_angle_to_matrix(torch.tensor([0.0, 1.1, 0.0]))
    eye = turn.numpy() @ np.array([0, 0, 3]) + np.array([0, 1, 0])
    turned_camera = Camera(look_at(eye, [0, 1, 0]), FRONT.K, 96, 96)
    still, turned = draw_layer(ball(), FRONT), draw_layer(ball(rotation=turn), turned_camera)
    np.testing.assert_allclose(still.color, turned.color, atol=2e-3)
    np.testing.assert_allclose(still.alpha, turned.alpha, atol=2e-3)
    assert np.abs(still.color - draw_layer(ball(rotation=turn), FRONT).color).max() > 0.1  # the ball is not plain


def test_depth_is_that_of_the_surface():
    layer = draw_layer(ball(2000), FRONT)
    assert abs(layer.depth[48, 48] - 2.7) < 0.03
    assert layer.alpha[48, 48] > 0.9
    assert layer.alpha[2, 2] == 0


def test_the_studio_shows_through_and_the_floor_has_a_shadow():
    camera = frame_points([[-1, 0, -1], [1, 1.4, 1]], elevation=0.35, width=96, height=96)
    image = render_gaussians(ball(2000), camera)
    assert image.shape == (96, 96, 3)
    assert image.min() >= 0
    assert image.max() <= 1
    (under, aside), _ = camera.project([[0.73, 0, -0.94], [-0.9, 0, 0.6]])  # the key light stands in front, on the left
    column, row = under.astype(int)
    bare = render_gaussians(ball(1), camera)
    assert image[row, column].mean() < 0.93 * bare[row, column].mean()
    column, row = np.clip(aside.astype(int), 0, 95)
    assert abs(image[row, column].mean() - bare[row, column].mean()) < 0.02


def test_orthographic_cameras_see_parallel():
    K = np.array([[60, 0, 48], [0, 60, 48], [0, 0, 1]], np.float32)
    camera = Camera(look_at([0, 1, 3], [0, 1, 0]), K, 96, 96, ortho=True)
    posed = ball()
    same = spherical_harmonics(1, torch.tensor([0.0, 0.0, -1.0]).expand(300, 3), posed.sh)
    assert torch.allclose(view_colors(posed, camera), same, atol=2e-5)
    assert render_gaussians(posed, camera).shape == (96, 96, 3)


def test_meshes_hide_what_lies_behind_them():
    mesh = np.full((2, 2, 3), 0.2, np.float32)
    depth = np.float32([[1, 3], [0, 3]])
    layer = Layer(np.full((2, 2, 3), 0.5, np.float32), np.full((2, 2), 0.5, np.float32), np.full((2, 2), 2, np.float32))
    mixed = 0.5 + 0.5 * 0.2
    np.testing.assert_allclose(composite(mesh, depth, layer)[..., 0], [[0.2, mixed], [mixed, mixed]], atol=1e-6)
