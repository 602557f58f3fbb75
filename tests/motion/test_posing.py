"""`Figure`: limbs point where they are told, legs reach their feet."""

import numpy as np
import pytest

from personify.body.pose import JOINT_INDEX
from personify.motion.kinematics import REFERENCE_SKELETON, SIDES, body_frames, unit
from personify.motion.posing import ANKLE_HEIGHT, Arm, Figure, Foot, euler, standing_foot

RNG = np.random.default_rng(1)


def frames_of(figure: Figure):
    rotations, pelvis = figure.solved()
    return body_frames(rotations, pelvis, REFERENCE_SKELETON)


def test_euler_signs():
    np.testing.assert_allclose(euler(pitch=90) @ (0, 1, 0), (0, 0, 1), atol=1e-9)  # nods forward
    np.testing.assert_allclose(euler(yaw=90) @ (0, 0, 1), (1, 0, 0), atol=1e-9)  # turns to the left
    np.testing.assert_allclose(euler(roll=90) @ (0, 1, 0), (-1, 0, 0), atol=1e-9)  # leans to the right


@pytest.mark.parametrize(("side", "sign"), SIDES)
def test_arms_point_where_they_are_told(side, sign):
    upper, fore = unit(RNG.normal(size=(20, 3))), unit(RNG.normal(size=(20, 3)))
    figure = Figure(20, spine=euler(10, 20, 5), pelvis_rotation=euler(0, 30))
    figure.arms[side] = Arm(upper, fore, palm=(-sign, 0, 0))
    orientations, positions = frames_of(figure)
    chest = orientations[:, JOINT_INDEX["spine3"]]
    shoulder, elbow, wrist = (positions[:, JOINT_INDEX[f"{side}_{name}"]] for name in ("shoulder", "elbow", "wrist"))
    np.testing.assert_allclose(unit(elbow - shoulder), np.einsum("fab,fb->fa", chest, upper), atol=1e-4)
    np.testing.assert_allclose(unit(wrist - elbow), np.einsum("fab,fb->fa", chest, fore), atol=1e-4)


@pytest.mark.parametrize(("side", "sign"), SIDES)
def test_palms_face_where_they_are_told(side, sign):
    figure = Figure(1)
    figure.arms[side] = Arm((sign, 0, 0), (sign, 0.3, 0.3), palm=(0, 0.3, -1))
    orientations, _ = frames_of(figure)
    palm = -orientations[0, JOINT_INDEX[f"{side}_wrist"], :, 1]  # the palm faces down in the T-pose
    assert palm @ unit((0, 0.3, -1)) > 0.9


def test_feet_stand_where_they_are_put():
    figure = Figure(1, pelvis=(0, 0.8, -0.1))
    figure.feet["left"] = Foot((0.2, ANKLE_HEIGHT, 0.1), euler(yaw=25))
    orientations, positions = frames_of(figure)
    np.testing.assert_allclose(positions[0, JOINT_INDEX["left_ankle"]], (0.2, ANKLE_HEIGHT, 0.1), atol=1e-4)
    np.testing.assert_allclose(positions[0, JOINT_INDEX["right_ankle"]], standing_foot("right").ankle, atol=1e-4)
    np.testing.assert_allclose(orientations[0, JOINT_INDEX["left_ankle"]], euler(yaw=25), atol=1e-6)


def test_the_pelvis_sinks_to_what_the_legs_can_reach():
    figure = Figure(1, pelvis=(0, 1.2, 0))
    _, positions = frames_of(figure)
    assert positions[0, 0, 1] < 0.98
    np.testing.assert_allclose(positions[0, JOINT_INDEX["left_ankle"]], standing_foot("left").ankle, atol=2e-3)


def test_standing_at_ease_hangs_the_arms():
    """Shoulder angle in the T-pose-zero language: about -75 degrees left, +75 right, part of it in the collar."""
    rotations, _ = Figure(1).solved()
    for side, sign in SIDES:
        total = rotations[0, JOINT_INDEX[f"{side}_collar"], 2] + rotations[0, JOINT_INDEX[f"{side}_shoulder"], 2]
        assert np.degrees(total) * sign == pytest.approx(-75, abs=12)
