"""Composed performances and layering."""

import numpy as np
import pytest

from motion.helpers import angles_between, largest_step, lowest_sole, slide_speed
from personify.body.pose import JOINT_INDEX
from personify.motion.gestures import argue, layered, softened, talk
from personify.motion.library import library_motion
from personify.motion.locomotion import gait_motion
from personify.motion.procedural import wave


@pytest.mark.parametrize("make", [argue, talk])
def test_performances_flow_and_loop(make):
    motion = make(seed=3)
    assert motion.duration > 3
    assert largest_step(motion) < 40
    assert angles_between(motion.rotations[0], motion.rotations[-1]).max() < 1
    assert lowest_sole(motion) > -0.003
    assert slide_speed(motion) < 0.02
    for side in ("left", "right"):
        assert np.ptp(motion.rotations[:, JOINT_INDEX[f"{side}_shoulder"]], axis=0).max() > 0.5


def test_seeds_choose():
    np.testing.assert_array_equal(argue(1).rotations, argue(1).rotations)
    assert argue(1).rotations.shape != argue(2).rotations.shape or not np.allclose(
        argue(1).rotations, argue(2).rotations
    )


def test_softening_goes_part_of_the_way():
    full = library_motion("hands_wide")
    half = softened(full, 0.5)
    start = np.repeat(full.rotations[:1], full.num_frames, 0)
    np.testing.assert_allclose(
        angles_between(start, half.rotations), 0.5 * angles_between(start, full.rotations), atol=0.05
    )


def test_layering_walks_with_waving_arms():
    walk, waving = gait_motion("walk"), wave("right")
    both = layered(walk, waving)
    assert both.duration == pytest.approx(waving.duration, abs=0.05)
    long = walk.looped(waving.duration)
    legs = [JOINT_INDEX[name] for name in ("left_hip", "right_knee", "left_ankle", "spine1")]
    np.testing.assert_allclose(both.rotations[:, legs], long.rotations[: both.num_frames, legs], atol=1e-5)
    middle = both.num_frames // 2
    elbow = JOINT_INDEX["right_elbow"]
    assert angles_between(both.rotations[middle, elbow], waving.rotations[middle, elbow]) < 0.1
    other = JOINT_INDEX["left_elbow"]
    np.testing.assert_allclose(both.rotations[:, other], long.rotations[: both.num_frames, other], atol=1e-5)
