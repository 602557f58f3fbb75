"""Losses: the original's values and gradients, and what each is for."""

from types import SimpleNamespace

import pytest
import torch

from personify.body.skinning import rigid
from personify.photos.articulation import apply, blend
from personify.photos.losses import (
    WEIGHTS,
    chamfer_loss,
    mse,
    position_loss,
    projection_errors,
    projection_loss,
    skinning_loss,
    ssim_loss,
)

SIZE = (12, 10)


class Projection:
    """The fixture's people posed for their photos."""

    def __init__(self, parts):
        self.means, self.log_weights, self.logits = (
            parts[f"losses.in.gaussians.{name}"].requires_grad_()
            for name in ("means", "joint_log_weights", "bone_logits")
        )
        self.source = parts["losses.in.gaussians.idx"]
        self.shapes = rigid(parts["losses.in.context.cnl_Rs"], parts["losses.in.context.cnl_Ts"])
        self.poses = rigid(parts["losses.in.context.Rs"], parts["losses.in.context.Ts"])
        self.viewmats = torch.linalg.inv(parts["losses.in.context.extrinsics"])
        self.Ks = parts["losses.in.context.intrinsics"] * torch.tensor([[SIZE[1]], [SIZE[0]], [1]])

    def posed(self, shift=0.0, shape_warp=True):
        points = self.means[:, None] + shift
        if shape_warp:
            points = apply(blend(self.logits.softmax(-1)[:, None], self.shapes), points)
        return apply(blend(self.log_weights.softmax(-1)[:, None], self.poses), points)

    def cameras(self):
        return self.source, self.viewmats, self.Ks, SIZE


def test_projection_is_the_originals(parts):
    problem = Projection(parts)
    loss = projection_loss(problem.posed(), *problem.cameras(), compat=True)
    loss.backward()
    parts.check("losses.out.projection", loss)
    parts.check("losses.out.projection.grad_means", problem.means.grad)
    parts.check("losses.out.projection.grad_joint_log_weights", problem.log_weights.grad)
    parts.check("losses.out.projection.grad_bone_logits", problem.logits.grad)
    unwarped = problem.posed(shape_warp=False)
    parts.check("losses.out.projection.without_shape_warp", projection_loss(unwarped, *problem.cameras(), compat=True))


def test_projection_errors_are_the_originals(parts):
    problem = Projection(parts)
    errors, counted = projection_errors(problem.posed(), *problem.cameras(), compat=True)
    view, row, column = problem.source.unbind(-1)
    person = torch.arange(2)[:, None].expand_as(view)
    maps = torch.zeros(2, 2, *SIZE)
    maps[person[counted], view[counted] - 1, row[counted], column[counted]] = errors.detach()[counted]
    parts.check("losses.out.projection.map", maps)


def test_chamfer_is_the_originals(parts):
    for name, two_way in (("two_way", True), ("one_way", False)):
        means = parts["losses.in.gaussians.means"].requires_grad_()
        loss = chamfer_loss(SimpleNamespace(means=means, source=parts["losses.in.gaussians.idx"]), two_way)
        loss.backward()
        parts.check(f"losses.out.chamfer.{name}", loss, WEIGHTS["chamfer"])
        parts.check(f"losses.out.chamfer.{name}.grad_means", means.grad, WEIGHTS["chamfer"])


def test_picture_losses_are_the_originals(parts):
    rendered, target = parts["losses.in.prediction.color"].requires_grad_(), parts["losses.in.target.image"]
    loss = mse(rendered, target)
    loss.backward()
    parts.check("losses.out.mse", loss)
    parts.check("losses.out.mse.grad_color", rendered.grad)
    parts.check("losses.out.mse.context", mse(rendered[:, :2], parts["losses.in.context.image"]))
    rendered.grad = None
    loss = ssim_loss(rendered.movedim(2, -1), target.movedim(2, -1))
    loss.backward()
    parts.check("losses.out.ssim", loss)
    parts.check("losses.out.ssim.grad_color", rendered.grad)


def test_skinning_is_the_originals(parts):
    predicted = parts["losses.in.skinning.predicted_log_weights"].unflatten(1, (3, *SIZE)).requires_grad_()
    target, mask = parts["losses.in.skinning.target_weights"], parts["losses.in.skinning.mask"]
    loss = skinning_loss(predicted, target, mask * (target.sum(-1) > 0), compat=True)
    loss.backward()
    parts.check("losses.out.lbs_weights", loss, WEIGHTS["skinning"])
    gradient = predicted.grad[:, 0, 0]
    parts.check("losses.out.lbs_weights.grad_log_weights_view0_row0", gradient, WEIGHTS["skinning"])


def pinhole(rows=6, columns=8, depth=2.0):
    """One view whose Gaussians sit exactly on the rays of their pixels."""
    row, column = torch.meshgrid(torch.arange(rows), torch.arange(columns), indexing="ij")
    row, column = row.flatten(), column.flatten()
    K = torch.tensor([[5.0, 0, 4], [0, 5, 3], [0, 0, 1]])
    pixels = torch.stack([column + 0.5, row + 0.5, torch.ones(len(row))], -1)
    means = depth * (torch.linalg.inv(K) @ pixels.T).T
    source = torch.stack([torch.ones_like(row), row, column], -1)
    return means[None, None], source[None], torch.eye(4)[None, None], K[None, None], (rows, columns)


def test_projection_vanishes_for_the_truth_and_only_there():
    means, *rest = pinhole()
    assert projection_loss(means, *rest) < 1e-12
    moved = projection_loss(means + torch.tensor([0.1, 0, 0]), *rest)
    torch.testing.assert_close(moved, torch.tensor((0.1 * 5 / 2 / 8) ** 2 / 2))
    assert projection_loss(means + 1000, *rest) <= 1


def test_points_behind_the_camera_do_not_count():
    means, source, *rest = pinhole()
    behind = means.clone()
    behind[..., :5, 2] = -1.0
    behind.requires_grad_()
    loss = projection_loss(behind, source, *rest)
    loss.backward()
    assert loss < 1e-12
    assert behind.grad.isfinite().all()
    padded = source.clone()
    padded[:, :5] = -1
    assert projection_loss(means + 3, padded, *rest) <= 1


def test_chamfer_of_a_random_choice_comes_close():
    generator = torch.Generator().manual_seed(0)
    means = torch.rand(1, 4000, 3, generator=generator)
    source = (torch.arange(4000) % 2)[None, :, None].expand(1, -1, 3)
    pair = SimpleNamespace(means=means, source=source)
    everything = chamfer_loss(pair)
    chosen = chamfer_loss(pair, points=1500, generator=generator)
    again = chamfer_loss(pair, points=1500, generator=torch.Generator().manual_seed(1))
    same = chamfer_loss(pair, points=1500, generator=torch.Generator().manual_seed(1))
    assert 0.8 < chosen / everything < 1.6
    assert torch.equal(again, same)
    only_template = SimpleNamespace(means=means, source=0 * source)
    assert chamfer_loss(only_template) == 0


def test_skinning_is_least_at_the_target():
    target = torch.rand(2, 9, 5, dtype=torch.float64, generator=torch.Generator().manual_seed(0)) + 0.01
    target = target / target.sum(-1, keepdim=True)
    best = target.log().requires_grad_()
    skinning_loss(best, target).backward()
    assert best.grad.abs().max() < 1e-12
    assert skinning_loss(best + 0.3 * torch.randn_like(best), target) > skinning_loss(best, target)
    assert skinning_loss(best, target, torch.zeros(2, 9)) == 0


def test_position_loss_is_a_distance_in_metres():
    target = torch.zeros(2, 4, 3)
    means = torch.zeros(2, 4, 3)
    means[0, :, 1] = 0.5
    torch.testing.assert_close(position_loss(means, target), torch.tensor(0.25), atol=0.005, rtol=0)
    weight = torch.tensor([[1.0, 1, 0, 0], [0, 0, 0, 0]])
    torch.testing.assert_close(position_loss(means, target, weight), torch.tensor(0.25), atol=0.005, rtol=0)
    assert position_loss(target, target) == 0


def test_ssim_tells_pictures_apart():
    generator = torch.Generator().manual_seed(0)
    image = torch.rand(1, 24, 24, 3, generator=generator)
    assert ssim_loss(image, image) == 0
    losses = [ssim_loss(image + noise * torch.randn(image.shape, generator=generator), image) for noise in (0.05, 0.3)]
    assert 0 < losses[0] < losses[1] < 1


@pytest.mark.parametrize("name", ["projection", "skinning", "position", "ssim"])
def test_gradients(name):
    def double(*shape):
        return torch.rand(*shape, dtype=torch.float64, generator=torch.Generator().manual_seed(1))

    if name == "projection":
        means, source, viewmats, Ks, size = pinhole(2, 3)
        start = means.double() + 0.1 * double(1, 1, 6, 3)

        def loss(value):
            return projection_loss(value, source, viewmats.double(), Ks.double(), size)

    elif name == "skinning":
        start, target = double(1, 4, 5), double(1, 4, 5)

        def loss(value):
            return skinning_loss(value, target)

    elif name == "position":
        start, target = double(1, 4, 3), double(1, 4, 3)

        def loss(value):
            return position_loss(value, target)

    else:
        start, target = double(1, 5, 6, 1), double(1, 6, 5, 1).transpose(1, 2)

        def loss(value):
            return ssim_loss(value, target)

    assert torch.autograd.gradcheck(loss, (start.requires_grad_(),))
