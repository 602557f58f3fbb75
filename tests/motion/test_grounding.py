"""Feet on the floor: nothing below it, nothing sliding, on bodies of all proportions."""

from dataclasses import replace

import numpy as np
import pytest

from motion.helpers import angles_between, lowest_sole, slide_speed, soles, stretched
from personify.motion.clip import Motion
from personify.motion.dance import dance
from personify.motion.grounding import ground, lowest_heights, on_floor, sole_offsets
from personify.motion.kinematics import REFERENCE_SKELETON
from personify.motion.library import library_motion
from personify.motion.locomotion import gait_motion
from personify.motion.procedural import jump, sit

BODIES = {
    "same": REFERENCE_SKELETON,
    "long legs": stretched(leg=1.15),
    "short legs, wide": stretched(leg=0.75, width=1.3),
    "child": replace(REFERENCE_SKELETON, rest_joints=REFERENCE_SKELETON.rest_joints * np.float32(0.62)),
}


@pytest.mark.parametrize("body", BODIES.values(), ids=BODIES)
@pytest.mark.parametrize(
    "motion",
    [
        gait_motion("walk"),
        gait_motion("run"),
        gait_motion("march"),
        dance("groove"),
        library_motion("wave_right"),
        sit(),
    ],
    ids=lambda motion: motion.name,
)
def test_retargeted_soles_touch_the_floor_and_stay_put(motion, body):
    fitted = motion.retargeted(body)
    assert lowest_sole(fitted, body) > -0.002
    down = [points[..., 1].min(1) for points in soles(fitted, body).values()]
    assert np.min(down, axis=0).min() < 0.003
    assert slide_speed(fitted, body) < 0.02


@pytest.mark.parametrize("body", BODIES.values(), ids=BODIES)
@pytest.mark.parametrize("motion", [gait_motion("walk"), gait_motion("run"), dance("groove")], ids=lambda m: m.name)
def test_loops_stay_closed(motion, body):
    fitted = motion.retargeted(body)
    assert fitted.loop
    assert fitted.num_frames == motion.num_frames
    assert angles_between(fitted.rotations[0], fitted.rotations[-1]).max() < 0.2
    scale = fitted.rest_height / motion.rest_height
    np.testing.assert_allclose(fitted.translation[:, [0, 2]], motion.translation[:, [0, 2]] * scale, atol=1e-4)


@pytest.mark.parametrize("body", BODIES.values(), ids=BODIES)
def test_a_jump_leaves_the_floor_as_high_as_its_legs_are_long(body):
    fitted = jump(0.3).retargeted(body)
    scale = fitted.rest_height / 0.97
    assert lowest_heights(fitted, body).max() == pytest.approx(0.3 * scale, rel=0.25)


def test_a_sunken_recording_is_raised():
    walk = gait_motion("walk")
    sunken = replace(walk, translation=walk.translation - np.float32((0, 0.3, 0)))
    assert lowest_sole(sunken) < -0.25
    assert lowest_sole(ground(sunken, REFERENCE_SKELETON)) > -0.002


def test_a_floating_recording_comes_down():
    walk = gait_motion("walk")
    floating = replace(walk, translation=walk.translation + np.float32((0, 0.3, 0)))
    assert np.abs(lowest_heights(on_floor(floating), REFERENCE_SKELETON)).max() < 0.02


def test_skating_feet_are_pinned():
    """A standing figure whose root glides slowly: the feet must stay behind, as far as the legs reach."""
    frames = 30
    still = library_motion("shrug")
    translation = np.repeat(still.translation[:1], frames, 0)
    translation[:, 0] += np.linspace(0, 0.06, frames)
    translation[:, 1] -= 0.03
    gliding = Motion("glide", 30, np.repeat(still.rotations[:1], frames, 0), translation, still.rest_height)
    assert slide_speed(gliding) > 0.05
    fitted = ground(gliding, REFERENCE_SKELETON)
    travel = [np.ptp(points[:, 1, 0]) for points in soles(fitted).values()]
    assert max(travel) < 0.002


def test_shoes_raise_the_body_by_their_soles():
    walk = gait_motion("walk")
    bare = sole_offsets(REFERENCE_SKELETON)
    shod = {name: points - (0, 0.03, 0) for name, points in bare.items()}
    raised = (
        ground(walk, REFERENCE_SKELETON, shod).translation[:, 1] - ground(walk, REFERENCE_SKELETON).translation[:, 1]
    )
    np.testing.assert_allclose(raised, 0.03, atol=0.012)


@pytest.mark.parametrize("name", ["kneel_one", "push_ups", "sit_chair"])
def test_knees_and_hands_do_not_sink(name):
    body = stretched(leg=0.85, arm=0.9)
    assert lowest_heights(library_motion(name).retargeted(body), body).min() > -0.03


def test_one_frame_is_a_motion_too():
    pose = library_motion("squats").sliced(0, 0)
    assert lowest_sole(pose.retargeted(stretched(leg=1.1)), stretched(leg=1.1)) > -0.002
