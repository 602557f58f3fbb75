"""Forward kinematics, two-bone inverse kinematics and direction frames."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.spatial.transform import Rotation

from personify.body.mesh import Skeleton
from personify.body.pose import BODY_JOINTS, JOINT_INDEX, PARENTS
from personify.errors import PersonifyError
from personify.motion.kinematics import (
    REFERENCE_SKELETON,
    aligning,
    axis_angles,
    body_frames,
    body_rest,
    frame,
    interpolate,
    local_rotations,
    matrices,
    place_leg,
    two_bone_directions,
    unit,
)

RNG = np.random.default_rng(3)


def test_reference_body_stands_on_the_floor_and_is_symmetric():
    rest = dict(zip(REFERENCE_SKELETON.joint_names, REFERENCE_SKELETON.rest_joints, strict=True))
    assert rest["pelvis"][1] == pytest.approx(0.97)
    assert rest["left_foot"][1] == pytest.approx(0.02, abs=1e-6)
    for name, position in rest.items():
        if name.startswith("left_"):
            np.testing.assert_allclose(rest["right_" + name[5:]], position * (-1, 1, 1), atol=1e-6)


def test_frames_agree_with_a_plain_chain():
    rotations = RNG.normal(size=(4, 55, 3), scale=0.5)
    translation = RNG.normal(size=(4, 3))
    orientations, positions = body_frames(rotations, translation, REFERENCE_SKELETON)
    rest = body_rest(REFERENCE_SKELETON)
    for f in range(4):
        turn, place = [], []
        for joint in range(len(BODY_JOINTS)):
            own = Rotation.from_rotvec(rotations[f, joint]).as_matrix()
            parent = PARENTS[joint]
            turn.append(own if parent < 0 else turn[parent] @ own)
            offset = rest[joint] - rest[parent]
            place.append(translation[f] if parent < 0 else place[parent] + turn[parent] @ offset)
        np.testing.assert_allclose(orientations[f], turn, atol=1e-9)
        np.testing.assert_allclose(positions[f], place, atol=1e-6)


def test_local_rotations_undo_the_chain():
    rotations = RNG.normal(size=(3, 22, 3), scale=0.5)
    orientations, _ = body_frames(rotations, np.zeros((3, 3)), REFERENCE_SKELETON)
    np.testing.assert_allclose(local_rotations(orientations), rotations, atol=1e-6)


def test_a_skeleton_without_feet_is_refused():
    with pytest.raises(PersonifyError, match=r"lacks the joints .*left_foot"):
        body_rest(Skeleton(("pelvis",), (-1,), np.zeros((1, 3), np.float32)))


@settings(max_examples=30, deadline=None)
@given(st.lists(st.floats(-3, 3), min_size=3, max_size=3))
def test_axis_angles_round_trip(vector):
    turned = matrices(axis_angles(matrices(vector)))
    np.testing.assert_allclose(turned, matrices(vector), atol=1e-6)


def test_interpolation_meets_both_ends():
    start, end = matrices(RNG.normal(size=(5, 3))), matrices(RNG.normal(size=(5, 3)))
    np.testing.assert_allclose(interpolate(start, end, np.zeros(5)), start, atol=1e-9)
    np.testing.assert_allclose(interpolate(start, end, np.ones(5)), end, atol=1e-6)


def test_frame_is_a_rotation_with_the_given_first_axis():
    first, second = RNG.normal(size=(10, 3)), RNG.normal(size=(10, 3))
    result = frame(first, second)
    np.testing.assert_allclose(result @ np.swapaxes(result, -1, -2), np.tile(np.eye(3), (10, 1, 1)), atol=1e-9)
    assert np.linalg.det(result) == pytest.approx(np.ones(10))
    np.testing.assert_allclose(np.cross(result[..., 0], first), 0, atol=1e-9)
    assert ((result[..., 1] * second).sum(-1) > 0).all()


@settings(max_examples=30, deadline=None)
@given(st.integers(0, 10_000))
def test_aligning_turns_one_direction_into_the_other(seed):
    first, second = np.random.default_rng(seed).normal(size=(2, 3))
    np.testing.assert_allclose(
        aligning(first, second) @ first / np.linalg.norm(first), second / np.linalg.norm(second), atol=1e-6
    )


def test_aligning_opposite_directions_is_a_half_turn():
    np.testing.assert_allclose(aligning((1, 0, 0), (-1, 0, 0)) @ (1, 0, 0), (-1, 0, 0), atol=1e-9)


@settings(max_examples=30, deadline=None)
@given(st.integers(0, 10_000))
def test_two_bones_reach_what_is_within_reach(seed):
    generator = np.random.default_rng(seed)
    root, pole = generator.normal(size=(2, 1, 3))
    target = root + 0.6 * generator.uniform(0.3, 1) * Rotation.random(random_state=seed).as_matrix()[:, :1].T
    upper, lower = two_bone_directions(root, target, 0.4, 0.35, pole)
    np.testing.assert_allclose(root + 0.4 * upper + 0.35 * lower, target, atol=1e-6)
    along = unit(target - root)
    aside = pole - along * (along * pole).sum(-1, keepdims=True)
    assert (upper * aside).sum() >= -1e-6  # the joint lies on the pole's side of the line


def test_two_bones_point_straight_at_what_is_out_of_reach():
    upper, lower = two_bone_directions(np.zeros((1, 3)), np.array([[0, -5.0, 0]]), 0.4, 0.4, np.array([[0, 0, 1.0]]))
    np.testing.assert_allclose(upper, [[0, -1, 0]], atol=0.02)
    np.testing.assert_allclose(lower, [[0, -1, 0]], atol=0.02)


@pytest.mark.parametrize("side", ["left", "right"])
def test_place_leg_moves_the_ankle_and_keeps_the_foot(side):
    rotations = np.zeros((1, 22, 3))
    rotations[:, JOINT_INDEX[f"{side}_hip"]] = (-0.6, 0.1, 0.05)
    rotations[:, JOINT_INDEX[f"{side}_knee"]] = (0.9, 0, 0)
    orientations, positions = body_frames(rotations, np.array([[0, 0.97, 0]]), REFERENCE_SKELETON)
    ankle, foot = JOINT_INDEX[f"{side}_ankle"], JOINT_INDEX[f"{side}_foot"]
    target = positions[:, ankle] + (0.02, 0.05, -0.04)
    before = orientations[:, [ankle, foot]].copy()
    place_leg(orientations, positions, side, target, body_rest(REFERENCE_SKELETON))
    np.testing.assert_allclose(orientations[:, [ankle, foot]], before, atol=1e-9)
    _, moved = body_frames(local_rotations(orientations), np.array([[0, 0.97, 0]]), REFERENCE_SKELETON)
    np.testing.assert_allclose(moved[:, ankle], target, atol=1e-4)
    knee = JOINT_INDEX[f"{side}_knee"]
    assert moved[0, knee, 2] > (moved[0, ankle, 2] + moved[0, JOINT_INDEX[f"{side}_hip"], 2]) / 2  # bends forward
