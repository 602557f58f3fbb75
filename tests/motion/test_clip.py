"""`Motion` and its operations: invariants, round trips and refusals."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.spatial.transform import Rotation

from motion.helpers import angles_between, largest_step, stretched
from personify.body.pose import JOINT_INDEX, NUM_JOINTS
from personify.errors import PersonifyError
from personify.motion.clip import Motion, heading, quaternions, smooth_step
from personify.motion.kinematics import REFERENCE_SKELETON, body_frames
from personify.motion.library import library_motion
from personify.motion.locomotion import gait_motion


def random_motion(frames: int = 12, seed: int = 0, fps: float = 30.0) -> Motion:
    """A smooth random wander."""
    generator = np.random.default_rng(seed)
    times = np.linspace(0, 1, frames)[:, None, None]
    rotations = np.sin(3 * times + generator.normal(size=(1, NUM_JOINTS, 3))) * generator.normal(
        size=(1, NUM_JOINTS, 3), scale=0.4
    )
    translation = np.array([0, 0.97, 0]) + np.cumsum(generator.normal(size=(frames, 3), scale=0.01), 0)
    return Motion("wander", fps, rotations, translation, 0.97)


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({"rotations": np.zeros((3, 54, 3))}, "rotations must be"),
        ({"rotations": np.zeros((0, 55, 3)), "translation": np.zeros((0, 3))}, "F >= 1"),
        ({"translation": np.zeros((2, 3))}, "translation must be"),
        ({"rotations": np.full((3, 55, 3), np.nan)}, "finite"),
        ({"rotations": [["a"]]}, "must be numbers"),
        ({"fps": 0}, "fps"),
        ({"fps": float("nan")}, "fps"),
        ({"rest_height": 20}, "rest_height"),
    ],
)
def test_nonsense_is_refused_by_name(changes, expected):
    valid = {
        "name": "m",
        "fps": 30,
        "rotations": np.zeros((3, 55, 3)),
        "translation": np.zeros((3, 3)),
        "rest_height": 1.0,
    }
    with pytest.raises(PersonifyError, match=expected):
        Motion(**(valid | changes))


def test_arrays_become_float32():
    motion = random_motion()
    assert motion.rotations.dtype == motion.translation.dtype == np.float32


@settings(max_examples=15, deadline=None)
@given(seed=st.integers(0, 1000), factor=st.integers(2, 4))
def test_resampling_finer_and_back_changes_nothing(seed, factor):
    motion = random_motion(seed=seed)
    back = motion.resampled(motion.fps * factor).resampled(motion.fps)
    assert back.num_frames == motion.num_frames
    assert angles_between(back.rotations, motion.rotations).max() < 0.02
    np.testing.assert_allclose(back.translation, motion.translation, atol=1e-5)


def test_interpolation_is_slerp():
    motion = random_motion()
    middle = motion.sampled(np.array([0.5 / motion.fps]))
    start, end = (Rotation.from_rotvec(motion.rotations[frame]) for frame in (0, 1))
    expected = start * Rotation.from_rotvec(0.5 * (start.inv() * end).as_rotvec())
    assert angles_between(middle.rotations[0], expected.as_rotvec()).max() < 1e-3


def test_a_loop_stays_closed_at_any_rate():
    walk = gait_motion("walk")
    for fps in (24, 25, 60, 120):
        resampled = walk.resampled(fps)
        assert abs(resampled.duration - walk.duration) <= 0.51 / fps
        assert angles_between(resampled.rotations[0], resampled.rotations[-1]).max() < 1e-3
        np.testing.assert_allclose(resampled.translation[-1], walk.translation[-1], atol=1e-6)


@pytest.mark.parametrize("speed", [0.5, 2.0])
def test_retiming_changes_the_duration_only(speed):
    motion = random_motion(frames=31)
    faster = motion.retimed(speed)
    assert faster.duration == pytest.approx(motion.duration / speed, abs=1 / motion.fps)
    np.testing.assert_allclose(faster.rotations[[0, -1]], motion.rotations[[0, -1]], atol=1e-5)


def test_slices_join_to_the_whole():
    motion = random_motion(frames=31)
    joined = motion.sliced(0, 0.5).concatenated(motion.sliced(0.5, 1.0), blend=0)
    assert joined.num_frames == motion.num_frames
    assert angles_between(joined.rotations, motion.rotations).max() < 1e-3


def test_slice_outside_the_clip_is_refused():
    with pytest.raises(PersonifyError, match="cannot cut"):
        random_motion().sliced(0, 99)


def test_concatenation_is_continuous_and_keeps_heading_and_place():
    walk, wave = gait_motion("walk").moved(1.0, (3.0, -2.0)), library_motion("wave_right")
    joined = walk.concatenated(wave, 0.3)
    assert joined.num_frames == walk.num_frames + wave.num_frames - 10
    assert largest_step(joined) < 35
    assert np.linalg.norm(np.diff(joined.translation, axis=0), axis=1).max() < 0.06
    assert abs(heading(joined.rotations[-1, 0]) - 1.0) < 0.2
    assert joined.text == "walk, then wave hello with the right hand"
    assert not joined.loop


def test_travel_continues_over_laps():
    walk = gait_motion("walk")
    long = walk.looped(10 * walk.duration)
    assert long.loop
    speed = np.diff(long.translation[:, 2]) * long.fps
    np.testing.assert_allclose(speed, 1.3, rtol=0.06)
    assert largest_step(long) == pytest.approx(largest_step(walk), abs=0.1)


def test_a_motion_that_does_not_loop_holds_its_end():
    motion = random_motion()
    held = motion.looped(2.0)
    assert held.duration == pytest.approx(2.0)
    np.testing.assert_allclose(held.rotations[-1], motion.rotations[-1], atol=1e-6)


def test_in_place_takes_the_travel_out():
    walk = gait_motion("walk").in_place()
    assert np.abs(walk.translation[-1] - walk.translation[0]).max() < 1e-5
    assert np.ptp(walk.translation[:, 2]) < 0.05


@settings(max_examples=10, deadline=None)
@given(seed=st.integers(0, 1000))
def test_mirroring_mirrors_every_joint(seed):
    motion = random_motion(seed=seed)
    mirrored = motion.mirrored()
    _, positions = body_frames(motion.rotations, motion.translation, REFERENCE_SKELETON)
    _, reflected = body_frames(mirrored.rotations, mirrored.translation, REFERENCE_SKELETON)
    for name in ("head", "left_wrist", "right_wrist", "left_foot", "right_knee"):
        other = name.replace("left", "?").replace("right", "left").replace("?", "right")
        np.testing.assert_allclose(
            reflected[:, JOINT_INDEX[other]], positions[:, JOINT_INDEX[name]] * (-1, 1, 1), atol=1e-5
        )


def test_moving_turns_about_the_origin():
    motion = random_motion()
    moved = motion.moved(np.pi / 2, (1.0, 2.0))
    np.testing.assert_allclose(moved.translation[:, 0], motion.translation[:, 2] + 1, atol=1e-5)
    np.testing.assert_allclose(moved.translation[:, 2], -motion.translation[:, 0] + 2, atol=1e-5)
    assert heading(moved.rotations[0, 0]) == pytest.approx(heading(motion.rotations[0, 0]) + np.pi / 2, abs=1e-4)


def test_quaternions_agree_with_scipy_and_never_flip():
    motion = random_motion(frames=60)
    spinning = motion.rotations.copy()
    spinning[:, 0] = Rotation.from_rotvec(np.outer(np.linspace(0, 4 * np.pi, 60), (0, 1, 0))).as_rotvec()
    result = quaternions(spinning)
    expected = Rotation.from_rotvec(spinning.reshape(-1, 3)).as_quat(scalar_first=True).reshape(60, NUM_JOINTS, 4)
    assert np.abs(np.abs((result * expected).sum(-1)) - 1).max() < 1e-5
    assert (result[1:] * result[:-1]).sum(-1).min() > 0.5


def test_clip_for_exporters_has_the_same_poses():
    clip = gait_motion("walk").to_clip()
    assert clip.rotations.shape == (33, NUM_JOINTS, 4)
    assert clip.duration == pytest.approx(gait_motion("walk").duration, abs=1e-6)
    np.testing.assert_allclose(np.linalg.norm(clip.rotations, axis=-1), 1, atol=1e-5)


def test_retargeting_to_a_scaled_body_scales_travel_only():
    walk = gait_motion("walk")
    giant = replace(REFERENCE_SKELETON, rest_joints=REFERENCE_SKELETON.rest_joints * np.float32(1.25))
    scaled = walk.retargeted(giant)
    assert angles_between(scaled.rotations, walk.rotations).max() < 1.5
    np.testing.assert_allclose(scaled.translation, walk.translation * 1.25, atol=0.01)


def test_retargeting_is_stable():
    walk = gait_motion("walk")
    skeleton = stretched(leg=0.8, arm=1.1, width=1.2)
    once = walk.retargeted(skeleton)
    np.testing.assert_array_equal(once.rotations, walk.retargeted(skeleton).rotations)


def test_easing_starts_and_ends_at_rest():
    values = smooth_step(np.array([-1, 0, 1e-3, 0.5, 1 - 1e-3, 1, 2]))
    np.testing.assert_allclose(values, [0, 0, 0, 0.5, 1, 1, 1], atol=1e-7)
