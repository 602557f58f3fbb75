"""Finger shapes."""

import numpy as np
import pytest

from personify.body.pose import HAND_JOINTS, JOINT_INDEX, NUM_JOINTS
from personify.body.skinning import forward_kinematics
from personify.errors import PersonifyError
from personify.motion.hands import HAND_SHAPES, hand_rotations, set_hands
from personify.motion.kinematics import REFERENCE_SKELETON, matrices

torch = pytest.importorskip("torch")


def fingertips(shape: str, side: str) -> dict[str, np.ndarray]:
    """Last joint of every finger relative to the wrist, T-pose arm."""
    rotations = np.zeros((1, NUM_JOINTS, 3))
    set_hands(rotations, shape, shape)
    frames = forward_kinematics(
        torch.from_numpy(matrices(rotations[0])),
        torch.from_numpy(REFERENCE_SKELETON.rest_joints.astype(float)),
        REFERENCE_SKELETON.parents,
    )
    wrist = frames[JOINT_INDEX[f"{side}_wrist"], :3, 3]
    fingers = ("index", "middle", "ring", "pinky", "thumb")
    return {finger: (frames[JOINT_INDEX[f"{side}_{finger}3"], :3, 3] - wrist).numpy() for finger in fingers}


@pytest.mark.parametrize("shape", HAND_SHAPES)
def test_hands_mirror_each_other(shape):
    np.testing.assert_array_equal(hand_rotations("right", shape), hand_rotations("left", shape) * (1, -1, -1))


def test_a_fist_closes_towards_the_palm():
    fist, flat = fingertips("fist", "left"), fingertips("open", "left")
    for finger in ("index", "middle", "ring", "pinky"):
        assert fist[finger][0] < flat[finger][0] - 0.02
        assert fist[finger][1] < flat[finger][1] - 0.02  # the palm faces down in the T-pose


def test_pointing_leaves_only_the_index_out():
    point, flat = fingertips("point", "right"), fingertips("open", "right")
    np.testing.assert_allclose(point["index"], flat["index"], atol=0.01)
    assert abs(point["middle"][0]) < abs(flat["middle"][0]) - 0.02


def test_a_raised_thumb_points_forward_of_the_fist():
    assert fingertips("thumb up", "left")["thumb"][2] > fingertips("fist", "left")["thumb"][2] + 0.02


def test_weight_blends_from_relaxed():
    rotations = np.ones((3, NUM_JOINTS, 3))
    set_hands(rotations, "fist", "open", np.array([0, 0.5, 1]))
    hand = rotations[:, JOINT_INDEX[HAND_JOINTS[0]] : JOINT_INDEX[HAND_JOINTS[0]] + 15]
    np.testing.assert_allclose(hand[0], hand_rotations("left", "relaxed"))
    np.testing.assert_allclose(hand[2], hand_rotations("left", "fist"))
    np.testing.assert_allclose(hand[1], (hand[0] + hand[2]) / 2)
    assert (rotations[:, : JOINT_INDEX[HAND_JOINTS[0]]] == 1).all()


def test_unknown_shape():
    with pytest.raises(PersonifyError, match="hand shape 'claw' is not known; expected one of open"):
        hand_rotations("left", "claw")
