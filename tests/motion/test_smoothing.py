"""The curves of least jerk at the end of every motion."""

from dataclasses import replace

import numpy as np
import pytest

from personify.motion.clip import Motion, smooth_step
from personify.motion.kinematics import matrices
from personify.motion.locomotion import gait_motion
from personify.motion.posing import Figure
from personify.motion.procedural import wave
from personify.motion.quality import quality
from personify.motion.smoothing import least_jerk, smoothed


@pytest.fixture(scope="module")
def walk():
    return gait_motion("walk")


def swinging(hertz):
    """An elbow that turns half a radian to and fro for four seconds."""
    times = np.arange(121) / 30
    rotations = np.zeros((121, 55, 3))
    rotations[:, 18, 1] = 0.5 * np.sin(2 * np.pi * hertz * times)
    return Motion("swing", 30, rotations, np.tile((0, 0.95, 0), (121, 1)), 0.95)


@pytest.mark.parametrize("cutoff", [4.0, 6.0])
@pytest.mark.parametrize("hertz", [1.0, 3.0, 5.0])
def test_swings_keep_what_the_least_jerk_leaves(hertz, cutoff):
    amplitude = np.sqrt(2) * np.std(smoothed(swinging(hertz), cutoff).rotations[30:90, 18, 1])
    ratio = np.sin(np.pi * hertz / 30) / np.sin(np.pi * cutoff / 30)
    assert amplitude == pytest.approx(0.5 / (1 + ratio**6), rel=0.04)


@pytest.mark.parametrize("frames", [4, 5, 40])
def test_least_jerk_solves_its_normal_equations(frames):
    random = np.random.default_rng(frames)
    values, weights, cutoff = random.normal(size=(frames, 2)), random.uniform(1, 50, frames), 0.15
    third = np.diff(np.eye(frames), 3, axis=0)
    strength = (2 * np.sin(np.pi * cutoff)) ** -6
    expected = np.linalg.solve(np.diag(weights) + strength * third.T @ third, weights[:, None] * values)
    np.testing.assert_allclose(least_jerk(values, cutoff, weights), expected, atol=1e-9)


def test_least_jerk_leaves_parabolas_alone():
    times = np.arange(30.0)
    np.testing.assert_allclose(least_jerk(times**2, 0.05), times**2, atol=1e-6)


def test_a_walk_loses_jerk_and_keeps_its_feet_and_its_way(walk):
    long = walk.looped(4)
    done = smoothed(long)
    before, after = quality(long), quality(done)
    assert after.jerk < 0.7 * before.jerk
    assert after.smoothness > before.smoothness + 0.5
    assert after.foot_skate < 0.03
    assert after.lowest > -0.01
    assert after.travel == pytest.approx(before.travel, abs=0.01)
    stride = [np.ptp(motion.rotations[:, 1, 0]) for motion in (long, done)]
    assert stride[1] > 0.9 * stride[0]


def test_a_foot_that_shuffles_is_lifted_over_the_floor():
    figure = Figure(frames=61)
    ahead = 0.3 * smooth_step(np.linspace(-0.5, 1.5, 61))
    figure.feet["right"].ankle = np.array(figure.feet["right"].ankle) + ahead[:, None] * (0, 0, 1)
    shuffling = figure.motion("shuffle", "shuffle")
    assert quality(smoothed(shuffling)).foot_skate < 0.2 * quality(shuffling).foot_skate


def test_loops_stay_loops_without_a_seam(walk):
    done = smoothed(walk)
    assert done.loop
    first, last = matrices(done.rotations[[0, -1]])
    assert np.abs(first - last).max() < 1e-3
    np.testing.assert_allclose(
        done.translation[-1] - done.translation[0], walk.translation[-1] - walk.translation[0], atol=1e-3
    )
    laps = quality(done.looped(4 * done.duration))
    assert laps.jerk == pytest.approx(quality(done).jerk, rel=0.15)


def test_the_ends_are_no_stops(walk):
    part = replace(walk.looped(2).sliced(0, 1.5), loop=False)
    speed = np.diff(smoothed(part).translation[:, 2])
    assert speed[[0, -1]] == pytest.approx(np.full(2, speed.mean()), rel=0.1)


def test_who_stands_stands_still():
    still = wave()
    done = smoothed(still)
    assert quality(done).foot_skate < 1e-3
    assert np.ptp(done.rotations[:, 19], axis=0).max() > 0.8 * np.ptp(still.rotations[:, 19], axis=0).max()


@pytest.mark.parametrize("frames", [1, 2, 3, 4, 5])
def test_short_motions(walk, frames):
    short = replace(walk, rotations=walk.rotations[:frames], translation=walk.translation[:frames], loop=False)
    assert smoothed(short).num_frames == frames
    assert np.isfinite(smoothed(short).rotations).all()


def test_smoothness_is_free_of_units_of_speed_and_falls_with_noise(walk):
    long = walk.looped(3)
    fast = replace(long, fps=2 * long.fps)  # the same movement in half the time
    assert quality(fast).smoothness == pytest.approx(quality(long).smoothness, abs=1e-3)
    noise = np.random.default_rng(0).normal(0, 0.02, long.rotations.shape)
    assert quality(replace(long, rotations=long.rotations + noise)).smoothness < quality(long).smoothness - 1
    frozen = replace(long, rotations=0 * long.rotations, translation=0 * long.translation)
    assert np.isnan(quality(frozen).smoothness)
