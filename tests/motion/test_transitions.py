"""From one motion to the next."""

from dataclasses import replace

import numpy as np
import pytest

from motion.helpers import largest_step
from personify.motion.catalogue import Ask, entry_named
from personify.motion.clip import heading
from personify.motion.floorwork import get_up
from personify.motion.grounding import carried, locked
from personify.motion.keyposes import Swing, held, keyed, turned
from personify.motion.kinematics import matrices
from personify.motion.locomotion import gait_motion
from personify.motion.procedural import jump, sit, wave
from personify.motion.quality import quality
from personify.motion.styles import STYLES, styled
from personify.motion.transitions import closed, joined, leaping, steered


def test_joining_is_smooth():
    both = joined(gait_motion("walk").looped(3), wave())
    assert largest_step(both) < 25
    assert both.translation[-1, 2] > 2


def test_who_sits_stands_up_before_walking():
    both = joined(sit(), gait_motion("walk").looped(3))
    low, high = np.argmin(both.translation[:, 1]), len(both.translation) - 1
    assert both.translation[low, 1] < 0.6
    assert both.translation[high, 1] > 0.85
    assert largest_step(both) < 25


@pytest.mark.parametrize("name", ["fall", "lie_down"])
def test_who_lies_gets_up(name):
    both = joined(entry_named(name).make(Ask()), get_up())
    assert both.translation[-1, 1] > 0.9
    assert largest_step(both) < 45


def test_steering_turns_path_and_person():
    walk = gait_motion("walk").looped(4)
    left = steered(walk, 90, 1.5)
    assert heading(left.rotations[-1, 0]) - heading(walk.rotations[-1, 0]) == pytest.approx(np.pi / 2, abs=0.02)
    assert left.translation[-1, 0] > 2
    way = [np.linalg.norm(np.diff(m.translation[:, [0, 2]], axis=0), axis=1).sum() for m in (walk, left)]
    assert way[0] == pytest.approx(way[1], rel=0.03)


def test_leaps_happen_in_the_air():
    far = leaping(jump(), (0.0, 1.0))
    assert far.translation[-1, 2] - jump().translation[-1, 2] == pytest.approx(1.0, abs=1e-4)
    assert quality(far).foot_skate < 0.05


def test_closing_makes_a_loop():
    loop = closed(joined(wave(), jump()))
    assert loop.loop
    assert np.abs(np.subtract(*matrices(loop.rotations[[0, -1]]))).max() < 0.02


def test_locking_removes_slides():
    standing = wave()
    drift = 0.03 * np.sin(2 * np.pi * 0.5 * standing.times)[:, None] * (1, 0, 0)
    sliding = replace(standing, translation=standing.translation + drift, loop=False)
    assert quality(sliding).foot_skate > 0.03
    assert quality(locked(sliding)).foot_skate < 0.3 * quality(sliding).foot_skate
    walk = gait_motion("walk").looped(3)
    assert quality(locked(walk)).foot_skate < 1.3 * quality(walk).foot_skate


def test_contacts_carry_the_body():
    still = carried(held("squat", "squat", "squat"))
    assert np.ptp(still.translation[:, [0, 2]], axis=0).max() < 0.5
    assert quality(still).lowest == pytest.approx(0, abs=0.02)


def test_swings_mirror_and_alternate():
    both = keyed("x", "x", [(0, "t_pose"), (2, "t_pose")], [Swing("elbow", (0, -20, 0), 1.0)])
    np.testing.assert_allclose(both.rotations, both.mirrored().rotations, atol=2e-2)
    turns = Swing("elbow", (0, -20, 0), 1.0, alternate=True).turns(np.array([0.25]))
    assert turns["left_elbow"][0, 1] == pytest.approx(-np.radians(20))
    assert turns["right_elbow"][0, 1] == pytest.approx(-np.radians(20))  # mirrored crest, half a cycle later


def test_turned_poses():
    assert not np.allclose(turned("t_pose", left_elbow=(0, -90, 0)).rotations, turned("t_pose").rotations)


@pytest.mark.parametrize("name", STYLES)
def test_styles_keep_the_legs(name):
    walk = gait_motion("walk")
    done = styled(walk, name)
    assert done.loop
    assert abs(done.translation[-1, 2] - walk.translation[-1, 2]) < 1e-4
    assert quality(done).foot_skate < 0.2


def test_quality_tells_good_from_bad():
    walk = gait_motion("walk").looped(3)
    noise = np.random.default_rng(0).normal(0, 0.03, walk.rotations.shape)
    shaky = type(walk)("shaky", walk.fps, walk.rotations + noise, walk.translation, walk.rest_height)
    assert quality(shaky).jerk > 3 * quality(walk).jerk
    assert quality(walk.in_place()).foot_skate > 5 * quality(walk).foot_skate
    assert quality(walk).travel == pytest.approx(3 * 1.3, rel=0.1)
    assert quality(walk).speed == pytest.approx(quality(walk.moved(1.0)).speed, rel=1e-3)
    assert quality(walk.sliced(0, 0)).jerk == quality(walk.sliced(0, 0)).speed == 0
