"""Kinematics and linear blend skinning: a naive loop, the numbers of an original implementation, and the way back."""

from pathlib import Path

import numpy as np
import pytest
import torch
from safetensors.torch import load_file

from personify.body import skinning
from personify.body.pose import JOINT_NAMES, NUM_JOINTS, PARENTS, mirrored_joint
from personify.body.rotations import axis_angle_to_matrix
from personify.body.smplx import pose_offsets

FIXTURES = Path(__file__).parents[1] / "fixtures"


@pytest.fixture(scope="module")
def original():
    """A random SMPL-like body posed by the code of AvatarCLIP and smplx."""
    return load_file(FIXTURES / "smpl_lbs.safetensors")


def problem(batch=3, points=40, seed=0, spread=0.4):
    generator = torch.Generator().manual_seed(seed)
    rotations = axis_angle_to_matrix(
        spread * torch.randn(batch, NUM_JOINTS, 3, generator=generator, dtype=torch.float64)
    )
    joints = torch.randn(batch, NUM_JOINTS, 3, generator=generator, dtype=torch.float64)
    rest = torch.randn(batch, points, 3, generator=generator, dtype=torch.float64)
    weights = torch.rand(points, NUM_JOINTS, generator=generator, dtype=torch.float64) ** 8
    return rotations, joints, rest, weights / weights.sum(1, keepdim=True)


def test_kinematics_match_a_chain_of_homogeneous_matrices():
    rotations, joints, _, _ = problem(batch=1)
    frames = skinning.forward_kinematics(rotations[0], joints[0], PARENTS)
    for joint in (0, 5, 21, 54):
        chain, k = np.eye(4), joint
        while k >= 0:
            step = np.eye(4)
            step[:3, :3] = rotations[0, k]
            step[:3, 3] = joints[0, k] - (joints[0, PARENTS[k]] if PARENTS[k] >= 0 else 0)
            chain, k = step @ chain, PARENTS[k]
        np.testing.assert_allclose(frames[joint], chain, atol=1e-12)


def test_transl_is_where_the_root_goes():
    rotations, joints, _, _ = problem()
    target = torch.tensor([[1.0, 2, 3]] * 3, dtype=torch.float64)
    free = skinning.forward_kinematics(rotations, joints, PARENTS)
    moved = skinning.forward_kinematics(rotations, joints, PARENTS, target)
    np.testing.assert_allclose(moved[:, 0, :3, 3], target)
    shift = (target - joints[:, 0])[:, None]
    np.testing.assert_allclose(moved[..., :3, 3] - free[..., :3, 3], shift.expand(-1, NUM_JOINTS, -1), atol=1e-12)


def test_lbs_matches_a_naive_loop():
    rotations, joints, rest, weights = problem()
    transforms = skinning.rest_to_posed(skinning.forward_kinematics(rotations, joints, PARENTS), joints)
    posed = skinning.lbs(rest, weights, transforms)
    for b, v in ((0, 0), (1, 17), (2, 39)):
        point = np.append(rest[b, v], 1.0)
        naive = sum(float(weights[v, j]) * (transforms[b, j].numpy() @ point) for j in range(NUM_JOINTS))
        np.testing.assert_allclose(posed[b, v], naive[:3], atol=1e-12)


def test_identity_pose_changes_nothing():
    _, joints, rest, weights = problem()
    identity = torch.eye(3, dtype=torch.float64).expand(3, NUM_JOINTS, 3, 3)
    transforms = skinning.rest_to_posed(skinning.forward_kinematics(identity, joints, PARENTS), joints)
    np.testing.assert_allclose(skinning.lbs(rest, weights, transforms), rest, atol=1e-12)


def test_inverse_lbs_returns_to_rest():
    rotations, joints, rest, weights = problem(spread=0.15)
    transforms = skinning.rest_to_posed(skinning.forward_kinematics(rotations, joints, PARENTS), joints)
    posed = skinning.lbs(rest, weights, transforms)
    np.testing.assert_allclose(skinning.inverse_lbs(posed, weights, transforms), rest, atol=1e-9)


def test_inverse_lbs_stays_near_where_the_blend_collapses():
    weights = torch.tensor([[0.5, 0.5]], dtype=torch.float64)
    turn = axis_angle_to_matrix(torch.tensor([[0.0, 0, 0], [3.1, 0, 0]], dtype=torch.float64))
    transforms = skinning.rigid(turn, torch.zeros(2, 3, dtype=torch.float64))
    point = torch.tensor([[0.1, 0.2, 0.3]], dtype=torch.float64)
    rest = skinning.inverse_lbs(point, weights, transforms)
    np.testing.assert_allclose(rest.norm(), point.norm(), rtol=1e-9)  # a rotation, not a blow-up


def test_gradients_of_posing():
    rotations, joints, rest, weights = problem(batch=1, points=3, seed=3)
    joints, rest = joints.requires_grad_(), rest.requires_grad_()

    def pose(rotations, joints, rest):
        frames = skinning.forward_kinematics(rotations, joints, PARENTS)
        return skinning.lbs(rest, weights, skinning.rest_to_posed(frames, joints))

    assert torch.autograd.gradcheck(pose, (rotations.requires_grad_(), joints, rest), fast_mode=True)


def pose_original(original, offsets=True):
    rotations = axis_angle_to_matrix(original["in.pose"].double().unflatten(1, (24, 3)))
    shaped, parents = original["in.v_shaped"].double(), original["in.parents"].tolist()
    joints = original["in.J_regressor"].double() @ shaped
    if offsets:
        shaped = shaped + pose_offsets(rotations[:, 1:], original["in.posedirs"].double())
    frames = skinning.forward_kinematics(rotations, joints, parents)
    transforms = skinning.rest_to_posed(frames, joints)
    return skinning.lbs(shaped, original["in.lbs_weights"].double(), transforms), frames[..., :3, 3]


def test_smpl_posing_matches_the_original(original):
    vertices, joints = pose_original(original)
    np.testing.assert_allclose(joints, original["out.my_lbs.joints"], atol=2e-6)
    np.testing.assert_allclose(vertices, original["out.my_lbs.vertices"], atol=5e-6)


def test_rodrigues_matches_the_original(original):
    ours = axis_angle_to_matrix(original["in.rotation_vectors"].double())
    np.testing.assert_allclose(ours, original["out.batch_rodrigues"], atol=1e-6)


def test_unposing_by_nearest_vertex_matches_the_original(original):
    """AvatarCLIP's drive: weights of the nearest body vertex, out of pose 0, into pose 2; no pose blend shapes."""
    points = original["in.avatar_vertices"].double()
    body_vertices, parents = original["in.v_template"].double(), original["in.parents"].tolist()
    joints = original["in.J_regressor"].double() @ body_vertices
    rotations = axis_angle_to_matrix(original["in.pose"].double().unflatten(1, (24, 3)))
    transforms = skinning.rest_to_posed(skinning.forward_kinematics(rotations, joints, parents), joints)
    weights = original["in.lbs_weights"].double()[original["out.skin.nearest_index"]]
    unposed = skinning.inverse_lbs(points, weights, transforms[0], min_determinant=0.0)
    np.testing.assert_allclose(unposed, original["out.skin.unposed"], atol=1e-4)
    reposed = skinning.lbs(unposed, weights, transforms[2])
    np.testing.assert_allclose(reposed, original["out.skin.reposed_pose2"], atol=1e-4)


def test_pose_language_is_a_tree_with_mirrored_names():
    assert len(JOINT_NAMES) == len(set(JOINT_NAMES)) == NUM_JOINTS == 55
    assert PARENTS[0] == -1
    assert all(0 <= parent < joint for joint, parent in enumerate(PARENTS) if joint)
    for joint, name in enumerate(JOINT_NAMES):
        twin = JOINT_NAMES.index(mirrored_joint(name))
        assert mirrored_joint(mirrored_joint(name)) == name
        if joint:
            assert JOINT_NAMES[PARENTS[twin]] == mirrored_joint(JOINT_NAMES[PARENTS[joint]])
