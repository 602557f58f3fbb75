from __future__ import annotations

import numpy as np
import pytest
import torch
from torch import Tensor

from personify.errors import PersonifyError
from personify.render.attributes import barycentrics_of, interpolate, sample_texture
from personify.render.cameras import frame_points
from personify.render.rasterize import Fragments, rasterize_mesh

from .shapes import sphere

SIZE = (17, 13)  # width, height


def views(points: np.ndarray, ortho: bool = False) -> tuple[Tensor, Tensor]:
    cameras = [frame_points(points, azimuth, 0.3, *SIZE) for azimuth in (0.2, -1.4)]
    if ortho:
        K = np.array([[11.0, 0, 8], [0, 12, 6], [0, 0, 1]])
        return torch.stack([torch.tensor(camera.viewmat) for camera in cameras]), torch.tensor(np.stack([K, K]))
    return tuple(torch.tensor(np.stack([getattr(camera, name) for camera in cameras])) for name in ("viewmat", "K"))


def scene(ortho: bool = False) -> tuple[Tensor, Tensor, Tensor, Tensor, Fragments]:
    """A ball before two cameras: vertices, faces, viewmats, Ks in float64, and what the pixels see."""
    ball = sphere()
    viewmats, Ks = views(ball.vertices, ortho)
    found = rasterize_mesh(ball.vertices, ball.faces, viewmats, Ks, *SIZE, ortho)
    tensors = (torch.tensor(ball.vertices), torch.tensor(ball.faces), viewmats, Ks)
    return *(t.double() if t.is_floating_point() else t for t in tensors), found


def test_interpolation_agrees_with_a_loop_over_pixels() -> None:
    vertices, faces, _, _, found = scene()
    attributes = torch.randn(len(vertices), 5, generator=torch.Generator().manual_seed(0)).double()
    weights = torch.tensor(found.barycentrics).double()
    image = interpolate(attributes, faces, torch.tensor(found.face_ids), weights)
    assert image.shape == (2, 13, 17, 5)
    for pixel in np.ndindex(2, 13, 17):
        face = found.face_ids[pixel]
        expected = np.zeros(5)
        if face >= 0:
            for corner in range(3):
                expected += found.barycentrics[pixel][corner] * attributes[faces[face, corner]].numpy()
        assert image[pixel].numpy() == pytest.approx(expected, abs=1e-12)


def test_every_camera_may_have_its_own_attributes() -> None:
    vertices, faces, _, _, found = scene()
    ids, weights = torch.tensor(found.face_ids), torch.tensor(found.barycentrics).double()
    both = torch.stack([vertices, 2 * vertices])
    shared = interpolate(vertices, faces, ids, weights)
    assert torch.equal(interpolate(both, faces, ids, weights), torch.stack([shared[0], 2 * shared[1]]))


@pytest.mark.parametrize("ortho", [False, True])
def test_barycentrics_are_those_of_the_rasterizer(ortho: bool) -> None:
    vertices, faces, viewmats, Ks, found = scene(ortho)
    ids = torch.tensor(found.face_ids)
    assert (ids >= 0).any()
    weights = barycentrics_of(vertices, faces, ids, viewmats, Ks, ortho)
    assert weights.numpy() == pytest.approx(found.barycentrics, abs=2e-4)
    moved = torch.stack([vertices, vertices])  # a pose per camera, the same here
    assert torch.equal(barycentrics_of(moved, faces, ids, viewmats, Ks, ortho), weights)
    alone = barycentrics_of(vertices, faces, ids[1], viewmats[1], Ks[1], ortho)
    assert alone.numpy() == pytest.approx(weights[1].numpy(), abs=1e-12)


def test_gradients_of_interpolation() -> None:
    generator = torch.Generator().manual_seed(1)
    ids = torch.tensor([[[0, -1], [1, 0]], [[1, 1], [-1, 0]]])
    faces = torch.tensor([[0, 1, 2], [2, 1, 3]])
    weights = torch.rand(2, 2, 2, 3, generator=generator, dtype=torch.float64).requires_grad_()
    for shape in ((4, 3), (2, 4, 3)):
        attributes = torch.randn(shape, generator=generator, dtype=torch.float64).requires_grad_()
        assert torch.autograd.gradcheck(lambda a, w: interpolate(a, faces, ids, w), (attributes, weights))


@pytest.mark.parametrize("ortho", [False, True])
def test_gradients_of_barycentrics(ortho: bool) -> None:
    vertices, faces, viewmats, Ks, found = scene(ortho)
    ids = torch.tensor(found.face_ids)[:, 4:6, 7:9]
    triangles, used = faces[ids[ids >= 0]], torch.unique(faces[ids[ids >= 0]])
    # Only the seen corners move, on a small image of two by two pixels.
    local = torch.searchsorted(used, triangles)
    small = torch.full_like(ids, -1)
    small[ids >= 0] = torch.arange(len(triangles), dtype=ids.dtype)
    Ks = Ks.clone()
    Ks[:, 0, 2] -= 7
    Ks[:, 1, 2] -= 4
    inputs = (vertices[used].requires_grad_(), viewmats.requires_grad_(), Ks.requires_grad_())
    assert torch.autograd.gradcheck(lambda v, w, k: barycentrics_of(v, local, small, w, k, ortho), inputs, atol=1e-4)


def test_a_moving_vertex_drags_its_colours_along() -> None:
    # A ramp of one per metre seen head on: moving the triangle to the right by dx lowers every pixel by dx.
    vertices = torch.tensor([[-1.0, -1, 0], [1, -1, 0], [0, 1, 0]], dtype=torch.float64, requires_grad=True)
    faces, ramp = torch.tensor([[0, 1, 2]]), torch.tensor([[-1.0], [1.0], [0.0]], dtype=torch.float64)
    camera = frame_points(vertices.detach(), width=16, height=16)
    view, K = torch.tensor(camera.viewmat).double(), torch.tensor(camera.K).double()
    ids = torch.tensor(rasterize_mesh(vertices, faces, view, K, 16, 16).face_ids)
    pixel = interpolate(ramp, faces, ids, barycentrics_of(vertices, faces, ids, view, K))[8, 8, 0]
    (gradient,) = torch.autograd.grad(pixel, vertices)
    assert float(gradient[:, 0].sum()) == pytest.approx(-1, abs=1e-6)
    assert gradient[:, 1:].sum(0).abs().max() < 0.1


def bilinear(texture: np.ndarray, u: float, v: float) -> np.ndarray:
    height, width = texture.shape[:2]
    x, y = np.clip(u * width - 0.5, 0, width - 1), np.clip(v * height - 0.5, 0, height - 1)
    x0, y0 = int(x), int(y)
    x1, y1 = min(x0 + 1, width - 1), min(y0 + 1, height - 1)
    top = texture[y0, x0] * (1 - x + x0) + texture[y0, x1] * (x - x0)
    bottom = texture[y1, x0] * (1 - x + x0) + texture[y1, x1] * (x - x0)
    return top * (1 - y + y0) + bottom * (y - y0)


def test_texture_lookups_agree_with_a_plain_reference_also_beyond_the_border() -> None:
    rng = np.random.default_rng(0)
    texture, uvs = rng.random((5, 7, 3)), rng.uniform(-0.2, 1.2, (4, 10, 2))
    values = sample_texture(torch.tensor(texture), torch.tensor(uvs))
    assert values.shape == (4, 10, 3)
    for where in np.ndindex(4, 10):
        assert values[where].numpy() == pytest.approx(bilinear(texture, *uvs[where]), abs=1e-12)


def test_gradients_of_texture_lookups() -> None:
    generator = torch.Generator().manual_seed(2)
    texture = torch.rand(4, 5, 2, generator=generator, dtype=torch.float64).requires_grad_()
    uvs = torch.rand(6, 2, generator=generator, dtype=torch.float64).requires_grad_()
    assert torch.autograd.gradcheck(sample_texture, (texture, uvs))


def test_nothing_seen_is_zero_with_zero_gradients() -> None:
    attributes = torch.ones(3, 2, requires_grad=True)
    image = interpolate(attributes, torch.tensor([[0, 1, 2]]), torch.full((4, 4), -1), torch.zeros(4, 4, 3))
    image.sum().backward()
    assert not image.any()
    assert attributes.grad is not None
    assert not attributes.grad.any()


def test_a_texture_is_recovered_from_pictures() -> None:
    _, faces, _, _, found = scene()
    ids, weights = torch.tensor(found.face_ids), torch.tensor(found.barycentrics).double()
    uvs = interpolate(torch.tensor(sphere().uvs).double(), faces, ids, weights)[ids >= 0]
    true = torch.rand(6, 6, 3, generator=torch.Generator().manual_seed(3), dtype=torch.float64)
    guess = torch.full_like(true, 0.5).requires_grad_()
    optimizer = torch.optim.Adam([guess], 0.1)
    errors = []
    for _ in range(60):
        error = (sample_texture(guess, uvs) - sample_texture(true, uvs)).square().mean()
        optimizer.zero_grad()
        error.backward()
        optimizer.step()
        errors.append(float(error.detach()))
    assert errors[-1] < 0.01 * errors[0]


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda ids: interpolate(torch.ones(3, 2), torch.zeros(1, 3), ids, torch.ones(4, 4, 2)), "barycentrics"),
        (lambda ids: interpolate(torch.ones(5, 3, 2), torch.zeros(1, 3), ids, torch.ones(4, 4, 3)), "attributes"),
        (lambda ids: barycentrics_of(torch.ones(3, 3), torch.zeros(1, 3), ids, torch.eye(3), torch.eye(3)), "viewmats"),
        (lambda ids: sample_texture(torch.ones(4, 4), torch.ones(2, 2)), "texture"),
        (lambda ids: sample_texture(torch.ones(4, 4, 3), torch.ones(2, 3)), "uvs"),
    ],
)
def test_wrong_shapes_are_refused(call, message: str) -> None:
    with pytest.raises(PersonifyError, match=message):
        call(torch.zeros(4, 4, dtype=torch.int32))
