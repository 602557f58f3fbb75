"""Gaussians of a person: their covariances, how they follow a pose, and what is refused."""

import dataclasses

import numpy as np
import pytest
import torch

from personify.body.gaussians import LARGEST_STRAIN, GaussianRig, Gaussians
from personify.body.rotations import axis_angle_to_matrix, matrix_to_quaternion, nearest_rotation
from personify.body.skinning import rigid
from personify.errors import PersonifyError


def random(*shape, seed=0):
    return torch.randn(*shape, generator=torch.Generator().manual_seed(seed))


def cloud(count=200, joints=3, seed=0):
    """Gaussians along a limb in +X whose weights change smoothly from joint to joint."""
    means = random(count, 3, seed=seed) * torch.tensor([0.2, 0.05, 0.05])
    weights = torch.softmax(20 * means[:, :1] * torch.arange(joints).float(), -1)
    weights = torch.where(weights > 1e-3, weights, 0)
    weights = weights / weights.sum(1, keepdim=True)
    quats, scales = random(count, 4, seed=seed + 1), 0.005 * torch.rand(count, 3) + 0.002
    return Gaussians(means, quats, scales, torch.rand(count), random(count, 4, 3, seed=seed + 2), weights)


def bend(angles, translations=None):  # [J, 3], [J, 3] -> [J, 4, 4]
    angles = torch.as_tensor(angles, dtype=torch.float32)
    moved = torch.zeros_like(angles) if translations is None else torch.as_tensor(translations).float()
    return rigid(axis_angle_to_matrix(angles), moved)


def reference_shape(rig, means, rotations):
    """Gradient of the motion by a plain regularised least squares fit, Gaussian by Gaussian, in float64."""
    given = rig.gaussians
    rest, posed = given.means.double(), means.double()
    covars = []
    for i in range(len(rest)):
        moments, excess = torch.zeros(3, 3).double(), torch.zeros(3, 3).double()
        total = 1e-12
        for j in rig.neighbors[i]:
            trust = max(0.0, 1 - float((given.lbs_weights[j] - given.lbs_weights[i]).abs().sum()))
            offset = rest[j] - rest[i]
            moments += trust * torch.outer(offset, offset)
            excess += trust * torch.outer(posed[j] - posed[i] - rotations[i].double() @ offset, offset)
            total += trust * float(offset @ offset)
        strain = excess @ torch.linalg.inv(moments + 0.15 * total * torch.eye(3).double())
        strain *= min(1.0, LARGEST_STRAIN / float(strain.norm()))
        gradient = rotations[i].double() + strain
        covars.append(gradient @ given.covariances()[i].double() @ gradient.T)
    return torch.stack(covars)


def test_the_rest_pose_changes_nothing():
    given = cloud()
    posed = GaussianRig(given).pose(bend(torch.zeros(3, 3)))
    assert torch.allclose(posed.means, given.means, atol=1e-6)
    assert torch.allclose(posed.covars, given.covariances(), atol=1e-9)
    assert torch.allclose(posed.rotations, torch.eye(3).expand(len(given), 3, 3), atol=1e-5)


def test_a_rigid_motion_turns_every_covariance():
    given = cloud()
    turn = axis_angle_to_matrix(torch.tensor([0.5, -1.0, 2.0]))
    posed = GaussianRig(given).pose(rigid(turn, torch.tensor([1.0, 2.0, 3.0])).expand(3, 4, 4))
    assert torch.allclose(posed.means, given.means @ turn.T + torch.tensor([1.0, 2.0, 3.0]), atol=1e-5)
    assert torch.allclose(posed.covars, turn @ given.covariances() @ turn.T, atol=1e-8)
    assert torch.allclose(posed.rotations, turn.expand(len(given), 3, 3), atol=1e-5)


def test_compiled_posing_is_the_differentiable_one():
    rig = GaussianRig(cloud(seed=3))
    transforms = bend(random(3, 3, seed=9), 0.1 * random(3, 3, seed=8))
    compiled, plain = rig._compiled(transforms), rig._differentiable(transforms)
    for name, a, b, atol in zip(("means", "covars", "rotations"), compiled, plain, (1e-6, 2e-8, 2e-5), strict=True):
        assert torch.allclose(a, b, atol=atol), name


def test_covariances_follow_the_gradient_of_the_motion():
    rig = GaussianRig(cloud(60, seed=5))
    posed = rig.pose(bend([[0, 0, 0], [0, 0, 0.8], [0, 0, 1.6]]))
    assert torch.allclose(posed.covars.double(), reference_shape(rig, posed.means, posed.rotations), atol=1e-8)


def test_a_stretched_sheet_has_stretched_gaussians():
    x, y = torch.meshgrid(torch.linspace(-0.1, 0.1, 21), torch.linspace(-0.1, 0.1, 21), indexing="ij")
    means = torch.stack([x, y, torch.zeros_like(x)], -1).reshape(-1, 3)
    share = (means[:, :1] + 0.1) / 0.2
    count = len(means)
    quats, scales = torch.tensor([[1.0, 0, 0, 0]]).expand(count, 4), torch.full((count, 3), 0.005)
    sheet = Gaussians(
        means, quats, scales, torch.ones(count), torch.zeros(count, 1, 3), torch.cat([1 - share, share], 1)
    )
    posed = GaussianRig(sheet).pose(bend(torch.zeros(2, 3), [[0, 0, 0], [0.1, 0, 0]]))  # 0.2 m become 0.3 m
    sizes = posed.covars[count // 2].diagonal().sqrt() / 0.005
    assert sizes[0].item() == pytest.approx(1.5, abs=0.15)  # the regularisation keeps a little of the old size
    assert sizes[1:].tolist() == pytest.approx([1, 1], abs=1e-3)


def test_torn_neighbors_do_not_make_spikes():
    given = cloud(300, joints=2, seed=2)
    torn = torch.nn.functional.one_hot((given.means[:, 1] > 0).long(), 2).float()
    rig = GaussianRig(dataclasses.replace(given, lbs_weights=torn))
    posed = rig.pose(bend([[0, 0, 0], [0, 0, 3]], [[0, 0, 0], [5, 0, 0]]))
    grown = torch.linalg.eigvalsh(posed.covars)[:, 2] / torch.linalg.eigvalsh(given.covariances())[:, 2]
    assert grown.max() < 1.001  # what follows other joints is another surface
    smooth = GaussianRig(given).pose(bend([[0, 0, 0], [0, 0, 3]], [[0, 0, 0], [5, 0, 0]]))
    grown = torch.linalg.eigvalsh(smooth.covars)[:, 2] / torch.linalg.eigvalsh(given.covariances())[:, 2]
    assert grown.max() < (1 + LARGEST_STRAIN) ** 2 + 1e-3


def test_opposed_blends_keep_the_strongest_joint():
    given = dataclasses.replace(cloud(20, joints=2), lbs_weights=torch.tensor([[0.55, 0.45]]).expand(20, 2))
    posed = GaussianRig(given).pose(bend([[0, 0, 0], [np.pi, 0, 0]]))
    assert torch.allclose(posed.rotations, torch.eye(3).expand(20, 3, 3), atol=1e-5)
    assert posed.covars.isfinite().all()


def test_gradients_reach_the_pose_and_the_gaussians():
    given = cloud(6, seed=4)
    fields = {f.name: getattr(given, f.name).double() for f in dataclasses.fields(Gaussians)}
    rig = GaussianRig(Gaussians(**fields))

    def posed(angles, **changed):
        rig.gaussians = Gaussians(**(fields | changed))
        result = rig.pose(rigid(axis_angle_to_matrix(angles), angles))
        return result.means, 1e4 * result.covars, result.rotations

    angles = (0.5 * random(3, 3)).double().requires_grad_()
    assert torch.autograd.gradcheck(posed, (angles,))
    for name in ("means", "quats", "scales"):
        leaf = fields[name].clone().requires_grad_()
        assert torch.autograd.gradcheck(lambda value, name=name: posed(angles.detach(), **{name: value}), (leaf,))


def test_nearest_rotation_is_the_polar_factor():
    matrices = axis_angle_to_matrix(random(50, 3)) + 0.3 * random(50, 3, 3, seed=1)
    matrices = matrices[torch.linalg.det(matrices) > 0.1].double()
    u, _, vh = torch.linalg.svd(matrices)
    assert torch.allclose(nearest_rotation(matrices), u @ vh, atol=1e-6)
    turns = axis_angle_to_matrix(random(2, 3).double()).requires_grad_()
    assert torch.autograd.gradcheck(nearest_rotation, (turns,))


def test_covariances_become_axes_and_back():
    given = cloud()
    covariances = given.covariances()
    again = Gaussians.from_covariances(given.means, covariances, given.opacities, given.sh, given.lbs_weights)
    assert torch.allclose(again.validate().covariances(), covariances, atol=1e-9)


def test_quats_need_not_be_normalised():
    given = cloud()
    turns = axis_angle_to_matrix(random(200, 3))
    scaled = dataclasses.replace(given, quats=3 * matrix_to_quaternion(turns))
    expected = turns @ torch.diag_embed(given.scales.square()) @ turns.mT
    assert torch.allclose(scaled.covariances(), expected, atol=1e-9)


def test_one_gaussian_is_enough():
    posed = GaussianRig(cloud(1)).pose(bend(random(3, 3)))
    assert posed.covars.shape == (1, 3, 3)
    assert posed.covars.isfinite().all()


@pytest.mark.parametrize(
    ("field", "value", "message"),
    [
        ("means", torch.full((200, 3), torch.nan), "means"),
        ("means", torch.zeros(0, 3), "at least one"),
        ("quats", torch.zeros(200, 4), "quats"),
        ("scales", torch.zeros(200, 3), "scales"),
        ("opacities", torch.full((200,), 1.5), "opacities"),
        ("sh", torch.zeros(200, 5, 3), "sh"),
        ("lbs_weights", torch.ones(200, 3), "lbs_weights"),
        ("lbs_weights", torch.full((199, 3), 1 / 3), "lbs_weights"),
    ],
)
def test_inconsistent_gaussians_are_named(field, value, message):
    with pytest.raises(PersonifyError, match=message):
        GaussianRig(dataclasses.replace(cloud(), **{field: value}))


def test_a_pose_of_another_skeleton_is_refused():
    with pytest.raises(PersonifyError, match=r"\[3, 4, 4\]"):
        GaussianRig(cloud()).pose(torch.eye(4).expand(55, 4, 4))
