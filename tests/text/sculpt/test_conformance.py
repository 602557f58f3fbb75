"""The smaller numbers of the original: cameras, rays, shading, losses, schedule, grid and mesh colours."""

import math

import numpy as np
import pytest
import torch

from personify.render.cameras import look_at
from personify.text.sculpt import extract, neus, rays, shading, views
from personify.text.sculpt.mlp import MLPLayout
from personify.text.sculpt.schedule import learning_rate

from .conformance import assert_near, fixture, published_field

OPENGL = torch.diag(torch.tensor([1.0, -1.0, -1.0, 1.0], dtype=torch.float64))


def camera_to_world(viewmat):
    """The original's matrix of our camera: it looks along -z with y up."""
    return torch.linalg.inv(torch.as_tensor(viewmat, dtype=torch.float64)) @ OPENGL


@pytest.fixture(scope="module")
def cameras():
    return fixture("cameras_rays")


def test_look_at(cameras):
    expected = cameras["out.lookat_camera_to_world"]
    for eye, at, matrix in zip(cameras["eye"], cameras["at"], expected, strict=True):
        assert_near(camera_to_world(look_at(eye.numpy(), at.numpy())), matrix, 3e-6)


def test_polar_direction(cameras):
    ours = [
        radius * views.polar_direction(*angles)
        for radius, angles in zip(cameras["radius"].tolist(), cameras["theta_phi"].tolist(), strict=True)
    ]
    assert_near(torch.tensor(np.array(ours)), cameras["out.sphere_coord"], 3e-6)


@pytest.fixture(scope="module")
def first_camera(cameras):
    viewmat = OPENGL @ torch.linalg.inv(cameras["out.lookat_camera_to_world"][0])
    return viewmat, cameras["intrinsics"]


def grid(count):
    """The original's pixels: corners are pixel 0 and pixel 255."""
    axis = torch.linspace(0, 255, count, dtype=torch.float64)
    rows, columns = torch.meshgrid(axis, axis, indexing="ij")
    return torch.stack([columns, rows], -1)


@pytest.mark.parametrize(("level", "count"), [("16", 16), ("22.75", 11)])
def test_rays_of_a_grid(cameras, first_camera, level, count):
    origins, directions = rays.pixel_rays(grid(count).reshape(-1, 2), *first_camera)
    assert_near(origins, cameras[f"out.rays_level_{level}.origins"].reshape(-1, 3), 3e-6)
    assert_near(directions, cameras[f"out.rays_level_{level}.directions"].reshape(-1, 3), 3e-6)


def test_rays_of_a_silhouette(cameras, first_camera):
    mask = rays.dilate(cameras["silhouette.mask"].numpy() > 0)
    side = rays.affordable_side(mask, 700)
    small = rays.resized_mask(mask, side)
    assert side == int(cameras["out.silhouette.W"])
    assert np.array_equal(small, cameras["out.silhouette.dilated_resized_mask"].numpy())
    origins, directions = rays.pixel_rays(grid(side)[torch.from_numpy(small)], *first_camera)
    assert_near(origins, cameras["out.silhouette.origins"], 3e-6)
    assert_near(directions, cameras["out.silhouette.directions"], 3e-6)


def test_rays_meet_their_pixels():
    camera = views.template_views(size=8)[58]
    origins, directions = rays.camera_rays(camera)
    pixels, _ = camera.project((origins + 1.7 * directions).numpy())
    assert np.allclose(pixels, rays.pixel_centers(8, 8).numpy(), atol=1e-4)


def test_ray_bounds(cameras):
    near, far = neus.sphere_bounds(cameras["near_far.rays_o"], cameras["near_far.rays_d"], torch.zeros(3), 1.0)
    assert_near(near, cameras["out.near"][:, 0], 3e-6)
    assert_near(far, cameras["out.far"][:, 0], 3e-6)


def test_template_views():
    matrices = torch.stack([camera_to_world(camera.viewmat) for camera in views.template_views()])
    assert_near(matrices, fixture("template_cameras")["out.transforms"], 3e-6)


@pytest.fixture(scope="module")
def shaded():
    return fixture("shading_losses")


def test_lit_pictures_and_their_gradient(shaded):
    light = shading.Light(shaded["out.light_direction"], float(shaded["out.ambience"]))
    gradients = shaded["gradients"].clone().requires_grad_()
    normals = torch.nn.functional.normalize((gradients * shaded["weights"][..., None]).sum(1), dim=-1, eps=1e-7)
    opacity = shaded["weights"].sum(1)
    textureless, lit = shading.lit_pictures(shaded["extra_color"], normals, opacity, light)
    assert_near(normals, shaded["out.normals"], 3e-6)
    assert_near(textureless, shaded["out.texture_less_rgb"], 3e-6)
    assert_near(lit, shaded["out.shaded_texture_rgb"], 3e-6)
    scalar = textureless.square().sum() + lit.sum()
    assert_near(scalar, shaded["out.scalar.value"], 4.6e-4)
    (gradient,) = torch.autograd.grad(scalar, gradients)
    assert_near(gradient[1:], shaded["out.scalar.grad_gradients"][1:], 6.6e-6)  # row 0 has no normal


def test_reconstruction_losses(shaded):
    mask, target = shaded["out.loss.mask"][:, 0], shaded["true_rgb"]
    assert_near(shading.color_loss(shaded["color"], target, mask), shaded["out.loss.color"], 3.2e-6)
    assert_near(shading.psnr(shaded["color"], target, mask), shaded["out.loss.psnr"], 2.3e-5)
    assert_near(shading.mask_loss(shaded["weights"].sum(1), mask), shaded["out.loss.mask_bce"], 2.8e-6)


def test_headlight_stays_near_the_camera():
    generator = torch.Generator().manual_seed(3)
    lights = [shading.random_headlight(0.3, 1.0, generator) for _ in range(40)]
    towards = torch.from_numpy(views.polar_direction(0.3, 1.0)).float()
    assert all(float(light.direction @ towards) > math.cos(1.0) and 0 <= light.ambient <= 0.2 for light in lights)
    assert len({light.ambient for light in lights}) == 40


@pytest.mark.parametrize(
    ("name", "steps", "warm_up"),
    [("clip_full", 100_000, 500), ("clip_small", 30_000, 500), ("reconstruction", 300_000, 5000)],
)
def test_learning_rate(name, steps, warm_up):
    original = fixture("small_things")
    ours = [learning_rate(step, steps, warm_up) for step in original[f"out.{name}.steps"].tolist()]
    assert np.allclose(ours, original[f"out.{name}.lr"].numpy(), rtol=0, atol=1e-9)


@pytest.fixture(scope="module")
def small_field():
    tensors = fixture("mesh")
    return tensors, published_field(tensors, MLPLayout(width=64, sdf_layers=3, skip_layers=(2,), color_layers=1))


def test_grid_for_marching_cubes(small_field):
    tensors, field = small_field
    ours = extract.sdf_grid(field, np.full(3, -1.01), np.full(3, 1.01), (14, 14, 14))
    assert_near(-torch.from_numpy(ours), tensors["out.minus_sdf"], 3e-6)


def test_colors_of_a_mesh(small_field):
    tensors, field = small_field
    colors = extract.view_colors(field, tensors["vertices"].numpy())
    assert_near(torch.from_numpy(colors), tensors["out.vertex_rgb"], 2.7e-6)
    assert np.array_equal((colors * 255).astype(np.uint8), tensors["out.vertex_rgb_8bit"].numpy())
