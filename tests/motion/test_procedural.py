"""Everyday motions and dances: closed where they say so, smooth, on the floor, and doing what they are called."""

import numpy as np
import pytest

from motion.helpers import angles_between, largest_step, lowest_sole, slide_speed
from personify.body.pose import JOINT_INDEX
from personify.errors import PersonifyError
from personify.motion.acting import laugh, throw
from personify.motion.clip import heading
from personify.motion.dance import DANCES, dance
from personify.motion.grounding import lowest_heights
from personify.motion.kinematics import REFERENCE_SKELETON, body_frames
from personify.motion.procedural import crouch, hop, idle, jump, nod, shake_head, sit, turn, wave

MOTIONS = [
    idle(),
    wave(),
    jump(),
    hop(),
    sit(),
    crouch(),
    turn(),
    nod(),
    shake_head(),
    throw(),
    laugh(),
    *map(dance, DANCES),
]


def joint(motion, name):
    _, positions = body_frames(motion.rotations, motion.translation, REFERENCE_SKELETON)
    return positions[:, JOINT_INDEX[name]]


@pytest.mark.parametrize("motion", MOTIONS, ids=lambda motion: motion.name)
def test_smooth_and_on_the_floor(motion):
    assert largest_step(motion) < 35
    assert lowest_sole(motion) > -0.003
    if motion.name not in ("jump", "hop"):
        assert lowest_heights(motion, REFERENCE_SKELETON).max() < 0.01
    if motion.name != "dance_twist":  # the twist pivots on its balls
        assert slide_speed(motion) < 0.03


@pytest.mark.parametrize("motion", [motion for motion in MOTIONS if motion.loop], ids=lambda motion: motion.name)
def test_loops_close(motion):
    assert angles_between(motion.rotations[0], motion.rotations[-1]).max() < 1e-3
    np.testing.assert_allclose(motion.translation[0], motion.translation[-1], atol=1e-6)


def test_nobody_stands_like_a_statue():
    motion = idle()
    assert np.ptp(joint(motion, "head"), axis=0).max() > 0.01
    assert np.ptp(motion.rotations[:, JOINT_INDEX["spine3"], 0]) > np.radians(0.3)


@pytest.mark.parametrize(("side", "other"), [("left", "right"), ("right", "left")])
def test_waving_lifts_the_named_hand_only(side, other):
    motion = wave(side)
    middle = slice(motion.num_frames // 3, motion.num_frames // 2)
    shoulder = joint(motion, f"{side}_shoulder")[middle, 1]
    assert (joint(motion, f"{side}_wrist")[middle, 1] > shoulder + 0.1).all()
    assert joint(motion, f"{other}_wrist")[:, 1].max() < 0.95
    sideways = joint(motion, f"{side}_wrist")[motion.num_frames // 4 : 3 * motion.num_frames // 4, 0]
    turns = np.count_nonzero(np.diff(np.sign(np.diff(sideways))))
    assert turns >= 4  # to and fro


@pytest.mark.parametrize("height", [0.1, 0.3, 0.6])
def test_jumps_reach_their_height_and_fall_freely(height):
    motion = jump(height)
    lowest = lowest_heights(motion, REFERENCE_SKELETON)
    assert lowest.max() == pytest.approx(height, rel=0.3)
    top = int(motion.translation[:, 1].argmax())
    fall = np.diff(motion.translation[top - 2 : top + 2, 1], n=2) * motion.fps**2
    np.testing.assert_allclose(fall, -9.81, rtol=0.08)


def test_sitting_ends_on_the_seat_and_stays():
    motion = sit(seat=0.46)
    assert motion.translation[-1, 1] == pytest.approx(0.46 + 0.085, abs=0.03)
    np.testing.assert_allclose(motion.translation[-1], motion.translation[-30], atol=0.01)
    assert not motion.loop


@pytest.mark.parametrize("degrees", [90, -90, 180, 360])
def test_turning_ends_where_it_should(degrees):
    motion = turn(degrees)
    difference = (np.degrees(heading(motion.rotations[-1, 0])) - degrees + 180) % 360 - 180
    assert abs(difference) < 3
    np.testing.assert_allclose(motion.translation[-1, [0, 2]], 0, atol=0.05)


def test_yes_and_no_move_the_head_about_the_right_axis():
    yes = np.ptp(nod().rotations[:, JOINT_INDEX["head"]], axis=0)
    no = np.ptp(shake_head().rotations[:, JOINT_INDEX["head"]], axis=0)
    assert yes[0] > 3 * yes[1]
    assert no[1] > 3 * no[0]


def test_throwing_goes_forward_and_over_the_head():
    motion = throw()
    hand = joint(motion, "right_wrist")
    top = int(hand[:, 1].argmax())
    assert hand[top, 1] > joint(motion, "head")[top, 1]
    assert np.argmin(hand[:, 2]) < top < np.argmax(hand[:, 2])
    assert np.ptp(joint(motion, "left_ankle")[:, 2]) > 0.3
    assert np.ptp(joint(motion, "right_ankle")[:, 2]) < 0.01


@pytest.mark.parametrize("style", DANCES)
def test_dances_use_the_whole_body(style):
    motion = dance(style)
    for name in ("pelvis", "spine2", "left_shoulder", "right_shoulder", "left_knee", "right_knee", "head"):
        assert np.ptp(motion.rotations[:, JOINT_INDEX[name]], axis=0).max() > np.radians(4), name


def test_tempo_sets_the_length():
    assert dance("groove", 120).duration == pytest.approx(4.0, abs=0.05)


@pytest.mark.parametrize(
    ("call", "expected"),
    [
        (lambda: idle(0.01), "seconds"),
        (lambda: jump(5), "height"),
        (lambda: hop(5), "height"),
        (lambda: turn(5), "degrees"),
        (lambda: dance("polka"), "dance 'polka' is not known"),
        (lambda: dance("groove", 500), "tempo"),
    ],
)
def test_refusals(call, expected):
    with pytest.raises(PersonifyError, match=expected):
        call()
