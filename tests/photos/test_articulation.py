"""Bones, shape warp and posing: the original's numbers with `compat`, and the repairs without."""

import dataclasses

import pytest
import torch

from personify.body.gaussians import GaussianRig, Gaussians
from personify.body.pose import JOINT_INDEX, PARENTS
from personify.body.rotations import axis_angle_to_matrix
from personify.body.skinning import rigid
from personify.photos.articulation import (
    articulate,
    articulate_means,
    blended_rotations,
    bone_transforms,
    minimal_rotation,
    person_gaussians,
    pose_transforms,
)
from personify.photos.bones import bone_joints, joint_log_weights, spread_over_bones
from personify.photos.network.gaussians import CanonicalGaussians
from personify.render.gaussians.spherical_harmonics import spherical_harmonics

TREE = (-1, 0, 1, 2, 0)  # a spine of four joints and a twig


def some_gaussians(count=20, degree=1, parents=TREE, dtype=torch.float64, seed=0):
    generator = torch.Generator().manual_seed(seed)

    def normal(*shape):
        return torch.randn(*shape, generator=generator, dtype=dtype)

    logits = normal(1, count, len(bone_joints(parents)))
    return CanonicalGaussians(
        means=normal(1, count, 3),
        quats=torch.nn.functional.normalize(normal(1, count, 4), dim=-1),
        scales=0.01 * normal(1, count, 3).abs(),
        opacities=normal(1, count).sigmoid(),
        harmonics=normal(1, count, (degree + 1) ** 2, 3),
        bone_logits=logits,
        joint_log_weights=joint_log_weights(logits, parents),
        source=torch.zeros(1, count, 3, dtype=torch.int64),
    )


def skeleton(seed=0, parents=TREE):
    return torch.randn(len(parents), 3, generator=torch.Generator().manual_seed(seed), dtype=torch.float64)


def test_bones_of_both_trees(parts):
    for name, joints, count in (("smplx", 55, 69), ("smpl", 24, 28)):
        parents = tuple(parts[f"tables.const.{name}_parent"].tolist())
        bones = bone_joints(parents)
        assert len(bones) == count
        assert [far for _, far in bones[: joints - 1]] == list(range(1, joints))
        assert [far for _, far in bones[joints - 1 :]] == parts[f"tables.const.{name}_leaves"].tolist()


def test_joint_weights_are_the_originals(parts):
    smpl = tuple(parts["tables.const.smpl_parent"].tolist())
    parts.check("articulation.out.joint_log_weights", joint_log_weights(parts["articulation.in.bone_logits"], PARENTS))
    parts.check("smpl24.out.joint_log_weights", joint_log_weights(parts["smpl24.in.bone_logits"], smpl))


def test_weights_survive_the_way_over_bones():
    weights = torch.rand(7, 55, dtype=torch.float64, generator=torch.Generator().manual_seed(0)) ** 8 + 1e-3
    weights = weights / weights.sum(-1, keepdim=True)
    bones = spread_over_bones(weights, PARENTS)
    torch.testing.assert_close(joint_log_weights(bones.log(), PARENTS).softmax(-1), weights)


def test_kinematics_are_the_originals(parts):
    angles, joints = parts["kinematics.in.joint_angles"], parts["kinematics.in.tpose_joints"]
    transforms = pose_transforms(angles[:, None], joints, PARENTS)[:, 0]
    parts.check("kinematics.out.torch.local_Rs", axis_angle_to_matrix(angles))
    parts.check("kinematics.out.torch.global_Rs", transforms[..., :3, :3])
    parts.check("kinematics.out.torch.global_Ts", transforms[..., :3, 3])


def test_shape_warp_is_the_originals(parts):
    smpl = tuple(parts["tables.const.smpl_parent"].tolist())
    for name, parents in (("articulation", PARENTS), ("smpl24", smpl)):
        joints = parts[f"{name}.in.template_joints"], parts[f"{name}.in.subject_joints"]
        transforms = bone_transforms(*joints, parents, compat=True)
        parts.check(f"{name}.out.shape_warp.Rs", transforms[..., :3, :3])
        parts.check(f"{name}.out.shape_warp.Ts", transforms[..., :3, 3])


def test_both_stages_are_the_originals(parts):
    def given(name):
        return parts[f"articulation.in.{name}"]

    means, logits = given("means"), given("bone_logits")
    axes = Gaussians.from_covariances(means[0], given("covariances")[0], means[0, :, 0], means[0, :, None], logits[0])
    gaussians = CanonicalGaussians(
        means, axes.quats[None], axes.scales[None], torch.ones(1, 150), torch.zeros(1, 150, 25, 3), logits,
        joint_log_weights(logits, PARENTS), torch.zeros(1, 150, 3, dtype=torch.int64),
    )  # fmt: skip
    poses = rigid(given("pose_Rs"), given("pose_Ts"))
    still = torch.eye(4).expand_as(poses)
    template, subject = given("template_joints"), given("subject_joints")[None]
    # identical skeletons are where the original divides by zero; its pose alone is that of the untouched person
    for name, skeletons, transforms in (
        ("stage_a", (template, subject), still),
        ("stage_b", (template, subject), poses),
        ("pose_only", (template, template[None]), poses),
    ):
        posed = articulate(gaussians, *skeletons, transforms, PARENTS, compat=True)
        parts.check(f"articulation.out.{name}.means", posed.means[0])
        parts.check(f"articulation.out.{name}.covariances", posed.covariances[0])
        torch.testing.assert_close(
            articulate_means(gaussians, *skeletons, transforms, PARENTS, compat=True), posed.means
        )


@pytest.mark.parametrize("compat", [True, False])
@pytest.mark.parametrize(
    "case", ["identical_axis_aligned", "identical_generic", "parallel_scaled", "antiparallel", "nearly_identical"]
)
def test_bones_the_original_cannot_turn(parts, case, compat):
    template, subject = (parts[f"degenerate.in.{case}.{who}_joints"] for who in ("template", "subject"))
    transforms = bone_transforms(template, subject, PARENTS, compat)
    for bone, (start, end) in enumerate(bone_joints(PARENTS)[:54]):
        linear = transforms[bone, :3, :3]
        wanted, old = subject[end] - subject[start], template[end] - template[start]
        scale = wanted.norm() / old.norm()
        torch.testing.assert_close(linear @ old, wanted, atol=1e-4 * wanted.norm().item(), rtol=0)
        torch.testing.assert_close(linear @ linear.T / scale**2, torch.eye(3), atol=2e-5, rtol=0)
        assert torch.linalg.det(linear) > 0
        if case.startswith("identical"):
            torch.testing.assert_close(transforms[bone], torch.eye(4), atol=1e-5, rtol=0)


def test_minimal_rotations_near_opposite_directions_are_rotations():
    generator = torch.Generator().manual_seed(0)
    start = torch.nn.functional.normalize(torch.randn(200, 3, generator=generator), dim=-1)
    nearly = 10 ** torch.linspace(-8, 0, 200)[:, None] * torch.randn(200, 3, generator=generator)
    end = torch.nn.functional.normalize(-start + nearly, dim=-1)
    turn = minimal_rotation(start, end)
    torch.testing.assert_close((turn @ start[..., None])[..., 0], end, atol=2e-5, rtol=0)
    torch.testing.assert_close(turn @ turn.mT, torch.eye(3).expand(200, 3, 3), atol=2e-5, rtol=0)
    angle = torch.acos((start * end).sum(-1).clamp(-1, 1))
    traces = turn.diagonal(dim1=-2, dim2=-1).sum(-1)
    torch.testing.assert_close(traces, 1 + 2 * angle.cos(), atol=1e-4, rtol=0)  # and the smallest that does it


def test_finger_tips_follow_a_longer_arm():
    template = torch.zeros(55, 3)
    for joint, parent in enumerate(PARENTS[1:], 1):
        step = [0.1, 0, 0] if joint in (16, 18, 20) or joint >= 25 else [0, 0.1, 0]
        template[joint] = template[parent] + torch.tensor(step)
    tip = JOINT_INDEX["left_index3"]
    leaf = bone_joints(PARENTS).index((tip, tip))
    taller = 1.3 * template
    beyond = template[tip] + torch.tensor([0.02, 0, 0])
    repaired, original = (bone_transforms(template, taller, PARENTS, compat)[leaf] for compat in (False, True))
    torch.testing.assert_close(repaired[:3, :3] @ beyond + repaired[:3, 3], 1.3 * beyond)
    torch.testing.assert_close(original, torch.eye(4))


def test_nothing_changes_in_the_templates_own_rest():
    gaussians, joints = some_gaussians(), skeleton()
    still = pose_transforms(torch.zeros(1, 1, 5, 3, dtype=torch.float64), joints[None], TREE)
    posed = articulate(gaussians, joints, joints[None], still, TREE)
    torch.testing.assert_close(posed.means[:, 0], gaussians.means)
    torch.testing.assert_close(posed.covariances[:, 0], gaussians.covariances)
    torch.testing.assert_close(posed.harmonics[:, 0], gaussians.harmonics)
    torch.testing.assert_close(posed.opacities[:, 0], gaussians.opacities)


def test_a_turn_of_the_root_turns_everything():
    gaussians, joints = some_gaussians(), skeleton()
    pose = torch.zeros(1, 1, 5, 3, dtype=torch.float64)
    pose[0, 0, 0] = torch.tensor([0.3, 2.0, -0.5])
    transl = torch.tensor([[[1.0, 2.0, 3.0]]], dtype=torch.float64)
    posed = articulate(gaussians, joints, joints[None], pose_transforms(pose, joints[None], TREE, transl), TREE)
    turn = axis_angle_to_matrix(pose[0, 0, 0])
    torch.testing.assert_close(posed.means[0, 0], (gaussians.means[0] - joints[0]) @ turn.T + transl[0, 0])
    torch.testing.assert_close(posed.covariances[0, 0], turn @ gaussians.covariances[0] @ turn.T)
    view = torch.tensor([0.2, -0.5, 0.7], dtype=torch.float64).expand(20, 3)
    before = spherical_harmonics(1, view, gaussians.harmonics[0])
    torch.testing.assert_close(spherical_harmonics(1, view @ turn.T, posed.harmonics[0, 0]), before)


def test_gaussians_keep_their_size_at_bent_joints():
    """Half-way between joints that differ by 120 degrees the blended matrix flattens; the repaired turn does not."""
    gaussians, joints = some_gaussians(), skeleton()
    half = torch.full((1, 20, 5), 1e-6, dtype=torch.float64)
    half[..., 1:3] = 0.5
    gaussians = dataclasses.replace(gaussians, joint_log_weights=half.log())
    pose = torch.zeros(1, 1, 5, 3, dtype=torch.float64)
    pose[0, 0, 2, 0] = 2.1
    transforms = pose_transforms(pose, joints[None], TREE)

    def volumes(covariances):
        return torch.linalg.det(covariances).sqrt()

    kept = articulate(gaussians, joints, joints[None], transforms, TREE)
    shrunk = articulate(gaussians, joints, joints[None], transforms, TREE, compat=True)
    torch.testing.assert_close(volumes(kept.covariances[:, 0]), volumes(gaussians.covariances))
    assert (volumes(shrunk.covariances[:, 0]) < 0.5 * volumes(gaussians.covariances)).all()
    half_way = axis_angle_to_matrix(torch.tensor([1.05, 0, 0], dtype=torch.float64))
    turn = blended_rotations(half[:, None], transforms, TREE)
    torch.testing.assert_close(turn[0, 0, 0], half_way, atol=1e-5, rtol=0)


def test_rotations_exist_for_any_weights_and_pose():
    generator = torch.Generator().manual_seed(0)
    weights = torch.rand(1, 1, 200, 55, generator=generator) ** 4
    pose = 3 * torch.randn(1, 4, 55, 3, generator=generator)
    transforms = pose_transforms(pose, torch.randn(1, 55, 3, generator=generator), PARENTS)
    turn = blended_rotations(weights / weights.sum(-1, keepdim=True), transforms, PARENTS)
    torch.testing.assert_close(turn @ turn.mT, torch.eye(3).expand_as(turn), atol=1e-5, rtol=0)
    assert (torch.linalg.det(turn) > 0).all()


def test_a_person_for_an_avatar_moves_as_the_batch_does():
    gaussians, joints = some_gaussians(degree=4), skeleton()
    opacities = gaussians.opacities.clone()
    opacities[0, :4] = 0.0
    gaussians = dataclasses.replace(gaussians, opacities=opacities)
    pose = 0.5 * torch.randn(1, 1, 5, 3, generator=torch.Generator().manual_seed(3), dtype=torch.float64)
    subject = 1.2 * joints
    transforms = pose_transforms(pose, subject[None], TREE)
    posed = articulate(gaussians, joints, subject[None], transforms, TREE)
    person = person_gaussians(gaussians, 0, joints, subject, TREE)
    assert len(person.validate()) == 16
    assert person.sh.shape == (16, 16, 3)
    torch.testing.assert_close(GaussianRig(person).pose(transforms[0, 0]).means, posed.means[0, 0, 4:])
    still = articulate(gaussians, joints, subject[None], torch.eye(4, dtype=torch.float64).expand(1, 1, 5, 4, 4), TREE)
    torch.testing.assert_close(person.covariances(), still.covariances[0, 0, 4:])


@pytest.mark.parametrize("compat", [True, False])
def test_gradients(compat):
    gaussians, joints = some_gaussians(count=2), skeleton()
    generator = torch.Generator().manual_seed(1)
    pose = 0.5 * torch.randn(1, 1, 5, 3, generator=generator, dtype=torch.float64)
    inputs = [gaussians.means, gaussians.quats, gaussians.bone_logits, gaussians.harmonics, 1.2 * joints[None], pose]

    def posed(means, quats, logits, harmonics, subject, angles):
        moved = dataclasses.replace(
            gaussians, means=means, quats=quats, harmonics=harmonics, bone_logits=logits,
            joint_log_weights=joint_log_weights(logits, TREE),
        )  # fmt: skip
        result = articulate(moved, joints, subject, pose_transforms(angles, subject, TREE), TREE, compat)
        return result.means, 1e4 * result.covariances, result.harmonics

    assert torch.autograd.gradcheck(posed, [value.clone().requires_grad_() for value in inputs])
