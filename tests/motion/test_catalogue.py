"""Every action the library offers."""

import numpy as np
import pytest

from motion.helpers import largest_step, soles
from personify.body.pose import JOINT_INDEX
from personify.motion.catalogue import ENTRIES, Ask, entry_named
from personify.motion.grounding import lowest_heights
from personify.motion.keyposes import library_pose, pose_names
from personify.motion.kinematics import REFERENCE_SKELETON, body_frames, matrices
from personify.motion.quality import quality
from personify.motion.smoothing import smoothed

MADE = {}


def made(entry):
    if entry.name not in MADE:
        MADE[entry.name] = entry.make(Ask())
    return MADE[entry.name]


def test_names_are_unique_and_many():
    names = [entry.name for entry in ENTRIES]
    assert len(set(names)) == len(names) >= 150
    assert all(len(entry.phrases.split(", ")) >= 2 for entry in ENTRIES)


@pytest.mark.parametrize("entry", ENTRIES, ids=lambda entry: entry.name)
def test_every_action_moves_smoothly_above_the_floor(entry):
    motion = made(entry)
    assert 0.4 < motion.duration < 20
    assert largest_step(motion) < 50  # degrees a frame, before smoothing: the knees of a sprinter turn fastest
    assert lowest_heights(motion, REFERENCE_SKELETON).min() > -0.06
    assert motion.text
    assert motion.licence == "CC0-1.0"


# Nobody stands in these, or the floor is not one: water, air, saddles, rungs and stairs.
FLOORLESS = {
    "swim", "breaststroke", "fly", "ride_bike", "ride_horse", "row", "pull_ups", "climb", "climb_stairs", "down_stairs",
}  # fmt: skip


@pytest.mark.parametrize("entry", [e for e in ENTRIES if e.name not in FLOORLESS], ids=lambda entry: entry.name)
def test_feet_stay_where_they_stand(entry):
    motion = smoothed(made(entry))
    if motion.loop:
        motion = motion.looped(motion.duration * np.ceil(3 / motion.duration))
    assert quality(motion).foot_skate < 0.06  # m/s
    assert largest_step(motion) < 40  # degrees a frame


@pytest.mark.parametrize("name", ["boxing_guard", "punch_up", "rifle", "scared"])
def test_who_stands_has_both_feet_down(name):
    motion = smoothed(made(entry_named(name)))
    for points in soles(motion).values():
        speed = np.linalg.norm(np.gradient(points, axis=0), axis=-1).max(1) * motion.fps
        assert points[speed < 0.1, :, 1].min(1).max() < 0.012


@pytest.mark.parametrize("entry", [entry for entry in ENTRIES if made(entry).loop], ids=lambda entry: entry.name)
def test_loops_close(entry):
    motion = made(entry)
    first, last = matrices(motion.rotations[[0, -1]])
    assert np.abs(first - last).max() < 0.06


@pytest.mark.parametrize(
    "name", ["walk", "limp", "skip", "swim", "ride_bike", "push", "sidestep", "crawl", "climb_stairs"]
)
def test_going_moves_the_root(name):
    motion = made(entry_named(name))
    assert np.linalg.norm(motion.translation[-1] - motion.translation[0]) > 0.3


@pytest.mark.parametrize("name", ["violin", "drums", "sweep", "lie_down", "drive", "meditate", "climb"])
def test_lasting_actions_last(name):
    for seconds in (8.0, 16.0):
        motion = entry_named(name).make(Ask(seconds=seconds))
        assert motion.duration == pytest.approx(seconds, abs=1.6)


@pytest.mark.parametrize(("name", "count", "seconds"), [("push_ups", 4, 6.0), ("sit_ups", 2, 3.6), ("climb", 4, 3.6)])
def test_counted_actions_count(name, count, seconds):
    assert entry_named(name).make(Ask(count=count)).duration == pytest.approx(seconds, abs=0.1)


def test_a_boxer_hits_ahead_with_both_fists():
    motion = smoothed(made(entry_named("box_punches")))
    _, positions = body_frames(motion.rotations, motion.translation, REFERENCE_SKELETON)
    for side in ("left", "right"):
        reach = positions[:, JOINT_INDEX[f"{side}_wrist"]] - positions[:, JOINT_INDEX[f"{side}_shoulder"]]
        furthest = reach[reach[:, 2].argmax()]
        assert furthest[2] > 0.4
        assert abs(furthest[0]) < 0.3
        path = positions[:, JOINT_INDEX[f"{side}_wrist"]] - positions[:, 0]
        assert np.linalg.norm(np.diff(path, axis=0), axis=-1).max() * motion.fps > 2  # m/s about the pelvis


def test_hands_fit_the_action():
    curl = [JOINT_INDEX["right_middle2"]]
    assert np.abs(made(entry_named("hammer")).rotations[60, curl]).max() > 0.5  # a grip
    assert np.abs(made(entry_named("dribble")).rotations[60, curl]).max() < 0.3  # open


def test_poses():
    assert len(pose_names()) >= 150
    assert library_pose("handstand").mirrored().num_frames == 1
