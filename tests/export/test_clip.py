from __future__ import annotations

import numpy as np
import pytest

from personify.body.pose import JOINT_NAMES
from personify.errors import PersonifyError
from personify.export.clip import AnimationClip
from personify.export.humanoid import MIXAMO_NAMES, mixamo_name

GOOD = {
    "times": np.float32([0, 0.5]),
    "rotations": np.tile(np.float32([1, 0, 0, 0]), (2, 3, 1)),
    "translations": np.zeros((2, 3), np.float32),
    "morph_weights": {"jawOpen": np.zeros(2, np.float32)},
}
BAD = {
    "at least one key": {"times": np.zeros(0, np.float32)},
    "strictly increase": {"times": np.float32([0.5, 0.5])},
    "start at 0 or later": {"times": np.float32([-1, 0])},
    r"rotations must be \[K, J, 4\]": {"rotations": np.zeros((2, 3, 3))},
    "rotations must not be zero": {"rotations": np.zeros((2, 3, 4))},
    r"translations must be \[K, 3\]": {"translations": np.zeros((3, 3))},
    r"morph_weights must each be \[K\]": {"morph_weights": {"jawOpen": np.zeros(3)}},
    "finite": {"translations": np.full((2, 3), np.nan)},
}


def test_a_sound_clip_is_accepted():
    assert AnimationClip("a", **GOOD).duration == 0.5


@pytest.mark.parametrize("message", BAD)
def test_a_bad_clip_says_what_is_wrong(message):
    with pytest.raises(PersonifyError, match=f"'nod': .*{message}"):
        AnimationClip("nod", **(GOOD | BAD[message]))


def test_every_joint_of_the_pose_language_has_its_own_mixamo_name():
    assert set(MIXAMO_NAMES) == set(JOINT_NAMES)
    assert len(set(MIXAMO_NAMES.values())) == len(JOINT_NAMES)


def test_sides_are_kept_and_unknown_joints_pass_through():
    assert mixamo_name("right_knee") == "RightLeg"
    assert mixamo_name("left_foot", "mixamorig:") == "mixamorig:LeftToeBase"
    assert mixamo_name("tail") == "tail"
