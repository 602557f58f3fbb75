"""Gaits: closed cycles, feet that roll and never slide, knees that bend forward."""

import numpy as np
import pytest

from motion.helpers import angles_between, largest_step, lowest_sole, slide_speed, soles
from personify.body.pose import JOINT_INDEX
from personify.errors import PersonifyError
from personify.motion.kinematics import REFERENCE_SKELETON, SIDES, body_frames
from personify.motion.locomotion import GAITS, gait_motion

FLYING = [name for name, gait in GAITS.items() if gait.stance < 0.5]
WALKING = [name for name in GAITS if name not in FLYING]


def joint(motion, name):
    _, positions = body_frames(motion.rotations, motion.translation, REFERENCE_SKELETON)
    return positions[:, JOINT_INDEX[name]]


@pytest.mark.parametrize("name", GAITS)
@pytest.mark.parametrize("speed", [0.6, 1.0, 1.4])
def test_feet_stay_on_the_floor_and_do_not_slide(name, speed):
    motion = gait_motion(name, speed).looped(4)
    assert lowest_sole(motion) > -0.003
    assert slide_speed(motion) < 0.02


@pytest.mark.parametrize("name", GAITS)
def test_cycles_close_and_travel_at_their_speed(name):
    motion = gait_motion(name)
    assert motion.loop
    assert angles_between(motion.rotations[0], motion.rotations[-1]).max() < 1e-3
    travel = motion.translation[-1] - motion.translation[0]
    np.testing.assert_allclose(travel, (0, 0, GAITS[name].speed * motion.duration), atol=1e-5)


@pytest.mark.parametrize("name", GAITS)
def test_cycles_are_symmetric(name):
    """Half a cycle later the mirror image does the same, up to the rounding to whole frames."""
    motion = gait_motion(name, fps=120)
    half = motion.duration / 2
    mirrored = motion.mirrored()
    later = motion.looped(2 * motion.duration).sampled(motion.times + half)
    assert np.median(angles_between(later.rotations, mirrored.rotations)) < 1.0


@pytest.mark.parametrize("name", GAITS)
def test_knees_bend_forward_and_elbows_too(name):
    motion = gait_motion(name)
    for side, _ in SIDES:
        hip, knee, ankle = (joint(motion, f"{side}_{part}") for part in ("hip", "knee", "ankle"))
        along = (ankle - hip) / np.linalg.norm(ankle - hip, axis=-1, keepdims=True)
        bend = knee - hip - along * ((knee - hip) * along).sum(-1, keepdims=True)
        backward = np.cross(along, (1, 0, 0))  # perpendicular to the leg, to its back
        assert ((bend * backward).sum(-1) > -0.01).all() or ((bend * -backward).sum(-1) > -0.01).all()
        assert (bend[:, 2] > -0.02).mean() > 0.9
        assert motion.rotations[:, JOINT_INDEX[f"{side}_knee"], 0].min() > -0.05


@pytest.mark.parametrize("name", WALKING)
def test_walking_always_touches_the_floor(name):
    down = np.min([points[..., 1].min(1) for points in soles(gait_motion(name)).values()], axis=0)
    assert down.max() < 0.005


@pytest.mark.parametrize("name", FLYING)
def test_running_flies(name):
    down = np.min([points[..., 1].min(1) for points in soles(gait_motion(name)).values()], axis=0)
    assert down.max() > 0.01
    assert down.min() < 0.003


@pytest.mark.parametrize("name", ["walk", "run", "march"])
def test_arms_swing_against_the_legs(name):
    motion = gait_motion(name)
    for side, _ in SIDES:
        wrist = (joint(motion, f"{side}_wrist") - motion.translation)[:, 2]
        ankle = (joint(motion, f"{side}_ankle") - motion.translation)[:, 2]
        assert np.corrcoef(wrist, ankle)[0, 1] < -0.6


@pytest.mark.parametrize("name", GAITS)
def test_arms_keep_clear_of_trunk_and_thighs(name):
    motion = gait_motion(name)
    for side, sign in SIDES:
        hip = joint(motion, f"{side}_hip")
        for part in ("elbow", "wrist"):
            outside = sign * (joint(motion, f"{side}_{part}") - hip)[:, 0]
            in_front = np.abs((joint(motion, f"{side}_{part}") - hip)[:, 2]) > 0.13
            assert (outside > 0.1)[~in_front].all()


@pytest.mark.parametrize("name", GAITS)
def test_movement_is_smooth(name):
    assert largest_step(gait_motion(name, fps=60)) < 30


@pytest.mark.parametrize(("name", "speed", "expected"), [("moonwalk", 1, "not known"), ("walk", 9, "out of range")])
def test_refusals(name, speed, expected):
    with pytest.raises(PersonifyError, match=expected):
        gait_motion(name, speed)
