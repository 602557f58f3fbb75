"""The displaced surface: it starts as what it was, is pushed by pictures, and ends as a part with the same layout."""

import numpy as np
import pytest
import torch

from personify.determinism import deterministic
from personify.render.cameras import frame_points
from personify.text.sculpt.handles import SparseProduct, handle_weights, incidence, place_handles
from personify.text.sculpt.solid import Solid
from personify.text.sculpt.surface import SurfaceField, SurfaceOptions

from . import shapes

OPTIONS = SurfaceOptions(texture_size=32, spacings=(0.15, 0.06))


def person():
    return [shapes.ball(), shapes.ball(0.33, "coat", texture=False, color=(0.1, 0.4, 0.1, 1.0))]


@pytest.fixture(scope="module")
def solid():
    return Solid.of(person(), shapes.skeleton())


@pytest.fixture
def field(solid):
    return SurfaceField(solid, OPTIONS)


@pytest.fixture(scope="module")
def camera(solid):
    return frame_points(solid.vertices, 0.3, 0.2, 48, 48)


def disturb(field, amount=0.5):
    generator = torch.Generator().manual_seed(1)
    with torch.no_grad():
        for parameter in field.parameters():
            parameter.copy_(amount * torch.randn(parameter.shape, generator=generator))


def test_it_starts_as_the_person(solid, field, camera):
    image = field.render(camera)
    assert torch.equal(image.color, image.stylized_color)
    assert set(image.opacity.unique().tolist()) <= {0, 0.25, 0.5, 0.75, 1}
    middle = image.color[24, 24]
    assert torch.allclose(middle, torch.tensor([0.349, 0.665, 0.349]), atol=2e-3)  # the coat in sRGB
    np.testing.assert_allclose(field.vertices().detach().numpy(), solid.vertices, atol=1e-6)


def test_normals_of_a_ball(field, camera):
    image = field.render(camera)
    normals, towards = image.normals[24, 24], torch.from_numpy(camera.position - np.float32([0, 1, 0]))
    assert float((normals @ (towards / towards.norm())).detach()) > 0.99
    assert torch.allclose(image.normals[image.opacity > 0].norm(dim=-1), torch.ones(()), atol=1e-5)


def test_nothing_changed_gives_the_same_parts(solid, field):
    for before, after in zip(solid.parts, field.sculpted_parts(), strict=True):
        assert np.allclose(before.vertices, after.vertices, atol=1e-6)
        assert np.allclose(before.material.base_color, after.material.base_color, atol=1e-3)
        if before.material.texture is not None:
            assert np.array_equal(before.material.texture, after.material.texture)


def test_pictures_push_shape_and_color(field, camera):
    optimizer = torch.optim.Adam(field.parameter_groups())
    light, target = torch.tensor([0.0, 1.0, 0.0]), torch.tensor([0.9, 0.8, 0.1])
    losses = []
    for _ in range(30):
        image = field.render(camera)
        color = (image.stylized_color - target * image.opacity[..., None]).square().mean()
        shape = ((image.normals @ light) * image.opacity).square().mean()
        loss = color + shape
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        losses.append((float(color.detach()), float(shape.detach())))
    assert losses[-1][0] < 0.3 * losses[0][0]
    assert losses[-1][1] < 0.97 * losses[0][1]


def test_gradient_of_a_picture(solid, camera):
    """Directional derivative of shading and colours against finite differences, where no pixel changes its face."""
    field = SurfaceField(solid, OPTIONS).double()
    field.requires_grad_()
    where, seen = field._rasterize(field.base, camera)
    field._rasterize = lambda points, fine: (where, seen)  # the derivative of visibility is not part of the deal
    object.__setattr__(field, "options", SurfaceOptions(supersample=1))

    def loss():
        image = field.render(camera)
        return (image.normals**3).sum() + image.stylized_color.square().sum()

    gradients = torch.autograd.grad(loss(), list(field.parameters()))
    generator = torch.Generator().manual_seed(0)
    for parameter, gradient in zip(field.parameters(), gradients, strict=True):
        way = torch.randn(parameter.shape, generator=generator, dtype=torch.float64)
        with torch.no_grad():
            parameter += 1e-5 * way
            up = loss()
            parameter -= 2e-5 * way
            down = loss()
            parameter += 1e-5 * way
        # Float32 buffers inside (barycentrics, sparse weights) are constants; the arithmetic around them is double.
        assert float((gradient * way).sum()) == pytest.approx(float((up - down) / 2e-5), rel=2e-3, abs=1e-4)


def test_layers_move_together(solid, field):
    """The coat lies 3 cm over the ball: it must be pushed along, not through."""
    disturb(field)
    offsets = field.vertices().detach().numpy() - solid.vertices
    inner, outer = solid.by_part(offsets)
    assert np.linalg.norm(inner, axis=1).max() > 0.003
    assert np.linalg.norm(inner - outer, axis=1).max() < 0.6 * np.linalg.norm(inner, axis=1).max()


def test_reach_is_kept(field, solid):
    disturb(field, 50.0)
    offsets = field.vertices().detach().numpy() - solid.vertices
    assert np.linalg.norm(offsets, axis=1).max() <= OPTIONS.reach + 1e-6


def test_parts_show_what_the_field_showed(field, camera):
    disturb(field, 0.3)
    image = field.render(camera)
    again = SurfaceField(Solid.of(field.sculpted_parts(), shapes.skeleton()), OPTIONS).render(camera)
    assert float((image.stylized_color - again.color).abs().mean()) < 0.02
    assert float((image.normals - again.normals).abs().mean()) < 0.01


def test_distance_gradient_and_colors_at_points(field):
    points = torch.tensor([[0.0, 1.5, 0.0], [0.0, 1.31, 0.05]])
    assert field.sdf(points)[0].item() == pytest.approx(0.17, abs=2e-3)
    assert field.sdf(points)[1].item() < 0
    assert torch.allclose(field.gradient(points)[0], torch.tensor([0.0, 1.0, 0.0]), atol=0.02)
    assert torch.allclose(field.color(points[:1]), torch.tensor([[0.349, 0.665, 0.349]]), atol=2e-3)
    assert torch.equal(field.color(points), field.stylized_color(points))


def test_regularization_is_zero_at_the_start_only(field):
    assert all(value.item() == 0 for value in field.regularization().values())
    disturb(field)
    assert all(value.item() > 0 for value in field.regularization().values())


def test_same_seed_same_gradients(solid, camera):
    runs = []
    for _ in range(2):
        field = SurfaceField(solid, OPTIONS)
        disturb(field)
        with deterministic():
            image = field.render(camera)
            (image.stylized_color.sum() + image.normals.square()[..., 0].sum()).backward()
        runs.append([parameter.grad for parameter in field.parameters()])
        assert all(grad.abs().sum() > 0 for grad in runs[-1])
    assert all(torch.equal(*pair) for pair in zip(*runs, strict=True))


def test_handles_ignore_surfaces_that_face_away():
    points = np.float32([[x, y, z] for x in np.linspace(0, 1, 9) for y in np.linspace(0, 1, 9) for z in (0, 0.01)])
    normals = np.where(points[:, 2:] > 0, np.float32([0, 0, 1]), np.float32([0, 0, -1]))
    centers, ways = place_handles(points, normals, 0.3)
    weights = handle_weights(points, normals, centers, ways, 0.3)
    assert np.allclose(weights.sum(1), 1, atol=1e-5)
    agree = normals[:, 2:] * ways[:, 2][None]
    assert np.asarray(weights.multiply(agree < 0).sum()) < 1e-4


def test_sparse_product_is_differentiable():
    faces = np.array([[0, 1, 2], [2, 1, 3]])
    product = SparseProduct(incidence(faces, 4).astype(np.float64))
    x = torch.randn(2, 3, dtype=torch.float64, requires_grad=True)
    assert torch.autograd.gradcheck(product, (x,))
    assert torch.equal(
        product(torch.ones(2, 1, dtype=torch.float64))[:, 0], torch.tensor([1.0, 2, 2, 1], dtype=torch.float64)
    )
