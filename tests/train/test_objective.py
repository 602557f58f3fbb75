"""The losses vanish for the truth, fall in training, and have gradients for every weight."""

from dataclasses import replace

import numpy as np
import pytest
import torch

from personify.body.anny import AnnyBody
from personify.evaluate.photos import Maps
from personify.photos.alignment import tpose_joints
from personify.photos.bones import joint_log_weights, spread_over_bones
from personify.photos.network import NetworkOutput, build
from personify.photos.network.auxiliary import BodyEstimate
from personify.train.batches import collate, sample
from personify.train.objective import LossWeights, body_loss, draw, losses_of, total
from personify.train.targets import know

from .conftest import SMALL


@pytest.fixture(scope="module")
def person(records, template):
    return know(records[0], template)


@pytest.fixture(scope="module")
def batch(person):
    return collate([sample(person, np.array([0, 2]), np.array([1, 3]), 48, (32, 32))])


@pytest.fixture(scope="module")
def truth(person, batch, template):
    """Gaussians exactly where the photos' pixels and the texels are known to be."""
    maps = Maps.of(person, template).gaussians(template)
    _, view, row, column = batch.known.nonzero().unbind(1)
    bones = spread_over_bones(batch.lbs_weights[0, view, row, column], template.parents).clamp(min=1e-9).log()
    rows = {
        "means": batch.positions[0, view, row, column],
        "quats": torch.tensor([[1.0, 0, 0, 0]]).expand(len(view), 4),
        "scales": torch.full((len(view), 3), 0.02),
        "opacities": torch.full((len(view),), 0.5),
        "harmonics": torch.zeros(len(view), 1, 3),
        "bone_logits": bones,
        "joint_log_weights": joint_log_weights(bones, template.parents),
        "source": torch.stack([view + 1, row, column], 1),
    }
    return replace(maps, **{name: torch.cat([getattr(maps, name), rows[name][None]], 1) for name in rows})


def test_the_truth_has_no_loss(truth, batch, template):
    terms = losses_of(NetworkOutput(truth, None), batch, template, LossWeights())
    assert terms["projection"].sqrt() * 48 < 0.2  # pixels
    assert terms["position"] < 1e-4
    assert terms["texel_position"] < 5e-3
    assert terms["texel_color"] < 0.01


def test_the_truth_looks_like_the_person(person, batch, template):
    gaussians = Maps.of(person, template).gaussians(template)
    drawn, alphas = draw(gaussians, template, batch.joints, batch.target_poses, batch.target_viewmats,
                         batch.target_Ks, (48, 48), batch.backgrounds)  # fmt: skip
    assert (drawn - batch.target_images).square().mean() < 0.01
    assert ((alphas[..., 0] > 0.5) == (batch.target_alphas > 0.5)).float().mean() > 0.95


def test_terms_without_weight_are_left_out(truth, batch, template):
    weights = LossWeights(mse=0, mask=0, ssim=0, projection=0, position=0, skinning=0, chamfer=0.1)
    terms = losses_of(NetworkOutput(truth, None), batch, template, weights)
    assert set(terms) == {"chamfer", "texel_position", "texel_color", "texel_skinning"}


def test_every_weight_gets_a_finite_gradient(batch, template):
    network, weights = build(SMALL), LossWeights(chamfer=0.1)
    for parameter in network.parameters():  # zero-initialised layers hide what lies before them
        torch.nn.init.normal_(parameter, 0, 0.05)
    output = network(batch.images, batch.masks, template)
    total(losses_of(output, batch, template, weights, AnnyBody()), weights).backward()
    for name, parameter in network.named_parameters():
        assert parameter.grad is not None, name
        assert parameter.grad.isfinite().all(), name


def test_photos_without_any_known_pixel_are_harmless(batch, template):
    blind = replace(batch, masks=torch.zeros_like(batch.masks), known=torch.zeros_like(batch.known))
    network, weights = build(SMALL), LossWeights()
    loss = total(losses_of(network(blind.images, blind.masks, template), blind, template, weights, AnnyBody()), weights)
    loss.backward()
    assert loss.isfinite()
    assert all(p.grad is None or p.grad.isfinite().all() for p in network.parameters())


def test_the_true_body_has_no_body_loss(batch):
    from personify.body.rotations import axis_angle_to_matrix

    body = AnnyBody()
    shape = torch.full((1, 11), 0.5)
    joints = tpose_joints(body, shape)
    batch = replace(batch, joints=joints)
    rotations = axis_angle_to_matrix(batch.poses[..., :22, :])
    viewmats = batch.viewmats.clone()  # of pelvis-centred, root-aligned points; this pelvis is the origin
    viewmats[..., :3, :3] = viewmats[..., :3, :3] @ rotations[..., 0, :, :]
    estimate = BodyEstimate(shape, rotations, viewmats, batch.Ks)
    assert body_loss(estimate, batch, body) < 1e-4
    wrong = replace(estimate, shape=torch.full((1, 11), 0.9))
    assert body_loss(wrong, batch, body) > 0.01


def test_joints_of_a_shape_are_the_bodys():
    body, shape = AnnyBody(), torch.tensor([[0.7, 0.6, 0.4, 0.5, 0.8, 0.3, 0.5, 0.5, 0.2, 0.3, 0.5]])
    joints = body(shape).tpose_joints
    assert torch.allclose(tpose_joints(body, shape), joints - joints[:, :1], atol=1e-5)
