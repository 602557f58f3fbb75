"""The shipped clips."""

import numpy as np
import pytest

from motion.helpers import largest_step, lowest_sole
from personify.body.pose import JOINT_INDEX
from personify.errors import PersonifyError
from personify.files import asset
from personify.motion.grounding import lowest_heights
from personify.motion.hands import hand_rotations
from personify.motion.kinematics import REFERENCE_SKELETON, body_frames
from personify.motion.library import library_motion, library_names


def wrist_heights(name: str) -> np.ndarray:
    motion = library_motion(name)
    _, positions = body_frames(motion.rotations, motion.translation, REFERENCE_SKELETON)
    return positions[:, [JOINT_INDEX["left_wrist"], JOINT_INDEX["right_wrist"]], 1]


def test_all_clips_are_free_and_small():
    names = library_names()
    assert len(names) == len(set(names)) == 74
    assert {library_motion(name).licence for name in names} == {"CC0-1.0"}
    assert asset("motions.npz").stat().st_size < 300_000


@pytest.mark.parametrize("name", library_names())
def test_every_clip_is_smooth_and_stands_on_the_floor(name):
    motion = library_motion(name)
    assert motion.text
    assert motion.fps == 30
    assert 1 < motion.duration < 10
    assert largest_step(motion) < 45
    assert lowest_sole(motion) > -0.012
    assert abs(lowest_heights(motion, REFERENCE_SKELETON).min()) < 0.015


def test_gestures_do_what_their_names_say():
    assert wrist_heights("right_arm_up")[50, 1] > 1.7 > 1.0 > wrist_heights("right_arm_up")[50, 0]
    assert wrist_heights("arms_raised")[50].min() > 1.7
    assert wrist_heights("touch_toes")[50].max() < 0.45
    sitting = library_motion("sit_chair").translation[50]
    assert sitting[1] < 0.65


def test_fingers_take_their_shape_with_the_pose():
    motion = library_motion("thumbs_up_right")
    first = JOINT_INDEX["right_index1"]
    np.testing.assert_allclose(motion.rotations[0, first : first + 15], hand_rotations("right", "relaxed"), atol=1e-5)
    np.testing.assert_allclose(motion.rotations[50, first : first + 15], hand_rotations("right", "thumb up"), atol=0.02)


def test_clips_that_end_where_they_begin_loop():
    assert library_motion("clap").loop
    for name in library_names():
        motion = library_motion(name)
        if motion.loop:
            assert np.abs(motion.rotations[0, :22] - motion.rotations[-1, :22]).max() < 0.06


def test_unknown_clip():
    with pytest.raises(PersonifyError, match="'moonwalk' is not in the library"):
        library_motion("moonwalk")
