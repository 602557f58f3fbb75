"""The two volumetric fields around a ball: start, pictures, band, learning from pictures."""

import numpy as np
import pytest
import torch

from personify.errors import PersonifyError
from personify.render.cameras import frame_points
from personify.text.sculpt.distance import SHELL, SolidDistance
from personify.text.sculpt.hash_grid import HashGridField, HashGridOptions
from personify.text.sculpt.initialize import fit_to_solid
from personify.text.sculpt.mlp import FULL, SMALL, MLPField
from personify.text.sculpt.solid import Solid

from . import shapes


@pytest.fixture(scope="module")
def solid():
    return Solid.of([shapes.ball(texture=False, color=(0.5, 0.1, 0.1, 1.0))], shapes.skeleton())


@pytest.fixture(scope="module")
def camera(solid):
    return frame_points(solid.vertices, 0.3, 0.1, 24, 24)


@pytest.fixture(scope="module")
def grid(solid):
    torch.manual_seed(0)
    field = HashGridField(solid, HashGridOptions(coarse_cells=12))
    fit_to_solid(field, solid, steps=120, batch=2048)
    return field


def points_at(radius):
    ways = torch.nn.functional.normalize(torch.randn(200, 3, generator=torch.Generator().manual_seed(1)), dim=-1)
    return ways * radius + torch.tensor([0.0, 1.0, 0.0])


def test_distance_to_a_solid_is_signed_and_has_a_shell(solid):
    distance = SolidDistance(solid)
    for radius in (0.1, 0.27, 0.35, 0.6):
        assert np.allclose(distance(points_at(radius).numpy())[0], radius - 0.3 - SHELL, atol=3e-3)


def test_an_open_sheet_has_an_outside_on_both_sides():
    sheet = shapes.ball()
    upper = sheet.vertices[sheet.faces][:, :, 1].min(1) > 1.0
    half = type(sheet)("bowl", sheet.vertices, sheet.faces[upper], sheet.uvs, sheet.lbs_weights, sheet.material)
    values, _ = SolidDistance(Solid.of([half], shapes.skeleton()))(np.float32([[0, 1.1, 0], [0, 1.3005, 0]]))
    assert values[0] > 0.1  # under the bowl one sees out
    assert values[1] < 0  # in the thickness of the sheet


def test_hash_grid_learns_the_ball(grid):
    for radius in (0.28, 0.3, 0.325):
        error = grid.sdf(points_at(radius)) - (radius - 0.3 - SHELL)
        assert float(error.detach().abs().mean()) < 0.004
    color = grid.color(points_at(0.302)).detach()
    assert torch.allclose(color.mean(0), torch.tensor([0.735, 0.349, 0.349]), atol=0.06)
    length = grid.gradient(points_at(0.31)).detach().norm(dim=-1)
    assert float((length - 1).abs().mean()) < 0.15


def test_nothing_grows_outside_the_band(grid):
    with torch.no_grad():
        far = points_at(0.5)
        before = grid.sdf(far)
        grid.trunk[2].bias += 5.0
        assert torch.equal(grid.sdf(far), before)
        assert (grid.sdf(points_at(0.3)) > 1).all()
        grid.trunk[2].bias -= 5.0
    assert before.min() > 0


def test_picture_of_the_grid(grid, solid, camera):
    image = grid.render(camera)
    seen = torch.from_numpy(solid.silhouette(camera))
    assert float(image.opacity[seen].detach().mean()) > 0.9
    assert float(image.opacity[0, 0].detach()) == 0
    towards = torch.from_numpy(camera.position - np.float32([0, 1, 0]))
    assert float((image.normals[12, 12] @ (towards / towards.norm())).detach()) > 0.95


def test_pictures_reach_every_parameter(grid, camera):
    image = grid.render(camera, torch.Generator().manual_seed(0))
    loss = (image.stylized_color - 0.2).square().mean() + image.normals[..., 1].mean() + image.color.mean()
    loss = loss + 0.1 * image.regularization["eikonal"]
    gradients = torch.autograd.grad(loss, list(grid.parameters()))
    assert all(gradient.isfinite().all() and gradient.abs().sum() > 0 for gradient in gradients)


def test_samples_of_the_band_cover_it_and_nothing_else(grid, solid, camera):
    rays = grid.band.rays(camera, 8)
    points = rays.origins[:, None] + rays.directions[:, None] * (rays.depths + rays.lengths / 2)[..., None]
    radius = (points - torch.tensor([0.0, 1.0, 0.0])).norm(dim=-1)
    middle = radius[(rays.directions @ torch.from_numpy(camera.viewmat[2, :3])).argmax()]
    assert radius.max() < 0.3 + 2 * grid.options.band
    assert middle.min() < 0.3 - 0.7 * grid.options.band
    assert middle.max() > 0.3 + 0.7 * grid.options.band
    assert (rays.depths.diff(dim=1) > 0).all()


@pytest.mark.parametrize("layout", [FULL, SMALL])
def test_the_networks_start_as_a_sphere(layout):
    torch.manual_seed(0)
    field = MLPField(layout)
    points = torch.randn(500, 3) * 0.5
    samples = field.evaluate(points)
    assert float(samples.gradient.detach().norm(dim=-1).mean()) == pytest.approx(1, abs=0.2)
    assert float((samples.sdf - (points.norm(dim=-1) - 0.5)).detach().abs().mean()) < 0.2


@pytest.mark.parametrize(("layout", "sdf", "color"), [(FULL, 264_884, 135_180), (SMALL, 50_228, 18_188)])
def test_sizes_are_the_published_ones(layout, sdf, color):
    field = MLPField(layout)
    counts = [sum(p.numel() for p in net.parameters()) for net in (field.sdf_network, field.color_network)]
    assert counts == [sdf, color]


def test_networks_in_metres(solid):
    torch.manual_seed(0)
    unit, moved = MLPField(SMALL), MLPField(SMALL, center=(0, 1, 0), radius=0.5)
    moved.load_state_dict({**unit.state_dict(), "center": moved.center})
    points = torch.randn(20, 3)
    placed = points * 0.5 + torch.tensor([0.0, 1.0, 0.0])
    a, b = unit.evaluate(points), moved.evaluate(placed)
    assert torch.allclose(a.sdf * 0.5, b.sdf, atol=1e-5)
    assert torch.allclose(a.gradient, b.gradient, atol=1e-4)
    assert torch.allclose(unit.sharpness() / 0.5, moved.sharpness())


def test_rays_are_traced_only_near_the_proxy(solid, camera):
    torch.manual_seed(0)
    center, radius = solid.bounding_sphere()
    field = MLPField(SMALL, center, radius)
    field.proxy = solid
    with torch.no_grad():
        image = field.render(frame_points(solid.vertices, margin=0.3, width=32, height=32))
    traced = image.opacity != 0
    assert 0.1 < traced.float().mean() < 0.6


@pytest.mark.parametrize(
    ("checkpoint", "message"),
    [({}, "sdf_network_fine"), ({"sdf_network_fine": MLPField(FULL).sdf_network.state_dict()}, "another layout")],
)
def test_checkpoints_that_do_not_fit(checkpoint, message):
    with pytest.raises(PersonifyError, match=message):
        MLPField(SMALL).load_published(checkpoint)
