"""Foreign skeletons: names, units, axes and joint frames of other software end in the same poses."""

import numpy as np
import pytest

from motion.helpers import angles_between
from motion.recordings import NAMES, recorded
from personify.body.pose import JOINT_INDEX
from personify.errors import PersonifyError
from personify.motion.humanoids import match_joints, to_motion
from personify.motion.kinematics import REFERENCE_SKELETON, body_frames
from personify.motion.library import library_motion
from personify.motion.locomotion import gait_motion

WALK = gait_motion("walk")
Z_UP = np.array([[1.0, 0, 0], [0, 0, -1], [0, 1, 0]])
TOE_BONES = ("left_foot", "right_foot")
LIMBS = [
    (f"{side}_{first}", f"{side}_{second}")
    for side in ("left", "right")
    for first, second in (("shoulder", "elbow"), ("elbow", "wrist"), ("hip", "knee"), ("knee", "ankle"))
]


def limb_error(first, second) -> float:
    """Greatest angle between the limbs of two motions, degrees."""
    worst = 0.0
    for start, end in LIMBS:
        directions = []
        for motion in (first, second):
            _, positions = body_frames(motion.rotations, motion.translation, REFERENCE_SKELETON)
            bone = positions[:, JOINT_INDEX[end]] - positions[:, JOINT_INDEX[start]]
            directions.append(bone / np.linalg.norm(bone, axis=-1, keepdims=True))
        worst = max(worst, float(np.degrees(np.arccos((directions[0] * directions[1]).sum(-1).clip(-1, 1))).max()))
    return worst


@pytest.mark.parametrize("family", NAMES)
def test_every_family_of_names_gives_the_same_limbs(family):
    motion = to_motion(recorded(WALK, NAMES[family]), "walk", "test")
    assert limb_error(motion, WALK) < 0.1
    assert motion.rest_height == pytest.approx(0.97, rel=0.03)
    np.testing.assert_allclose(motion.translation[-1, 2], WALK.translation[-1, 2], atol=1e-3)


@pytest.mark.parametrize("scale", [1.0, 100.0, 1000.0, 39.37, 39.37 * 0.45])
def test_units_are_inferred_from_the_hips(scale):
    motion = to_motion(recorded(WALK, NAMES["mixamo"], scale=scale), "walk", "test")
    np.testing.assert_allclose(motion.translation[:, 1], WALK.translation[:, 1], atol=0.01)


def test_a_stated_unit_wins():
    motion = to_motion(recorded(WALK, NAMES["mixamo"], scale=100), "walk", "test", metres_per_unit=0.005)
    assert motion.rest_height == pytest.approx(0.97 / 2, rel=0.03)


@pytest.mark.parametrize(
    "axes", [Z_UP, np.diag([-1.0, 1, -1]), Z_UP @ np.diag([-1.0, 1, -1])], ids=["z up", "back", "both"]
)
def test_axes_of_the_file_do_not_matter(axes):
    motion = to_motion(recorded(WALK, NAMES["mixamo"], axes=axes), "walk", "test")
    assert limb_error(motion, WALK) < 0.1
    np.testing.assert_allclose(motion.translation[-1], WALK.translation[-1], atol=0.01)


def test_a_zero_pose_that_is_no_figure_is_replaced_by_a_standing_frame():
    source = recorded(library_motion("wave_right"), NAMES["mixamo"], bone_frames=7)
    motion = to_motion(source, "wave", "test")
    assert limb_error(motion, library_motion("wave_right")) < 12


def test_a_leading_t_pose_is_the_rest_and_is_dropped():
    posed = WALK.rotations.copy()
    posed[0] = 0
    standing = WALK.translation.copy()
    standing[0] = (0, 0.97, 0)
    with_t_pose = type(WALK)("walk", 30, posed, standing, 0.97)
    motion = to_motion(recorded(with_t_pose, NAMES["mixamo"], bone_frames=3), "walk", "test")
    assert motion.num_frames == WALK.num_frames - 1
    assert limb_error(motion, WALK.sampled(WALK.times[1:])) < 0.1


def test_an_a_pose_rest_is_straightened():
    """The same recording, expressed on a rig that rests with its arms at 45 degrees."""
    source = recorded(WALK, NAMES["mixamo"])
    for side, sign in (("Left", 1), ("Right", -1)):
        joint = source.names.index(f"mixamorig:{side}Arm")
        angle = -sign * np.pi / 4
        droop = np.array([[np.cos(angle), -np.sin(angle), 0], [np.sin(angle), np.cos(angle), 0], [0, 0, 1]])
        source.rotations[:, joint] = source.rotations[:, joint] @ droop.T
        arm = [k for k, name in enumerate(source.names) if name.startswith(f"mixamorig:{side}") and "Hand" in name]
        arm.append(source.names.index(f"mixamorig:{side}ForeArm"))
        for bone in arm:
            source.offsets[bone] = droop @ source.offsets[bone]
            source.positions[:, bone] = source.positions[:, bone] @ droop.T
            source.rotations[:, bone] = droop @ source.rotations[:, bone] @ droop.T
    assert limb_error(to_motion(source, "walk", "test"), WALK) < 0.1


def test_fingers_are_read():
    names = [*NAMES["mixamo"]]
    source = recorded(WALK, names)
    wrist = source.names.index("mixamorig:LeftHand")
    source.names.append("mixamorig:LeftHandIndex1")
    source.parents.append(wrist)
    source.offsets = np.vstack([source.offsets, [0.09, 0, 0.03]])
    source.ends.append(np.zeros((0, 3)))
    curl = np.array([[0.0, 1, 0], [-1, 0, 0], [0, 0, 1]])
    source.rotations = np.concatenate([source.rotations, np.tile(curl, (WALK.num_frames, 1, 1, 1))], 1)
    source.positions = np.concatenate([source.positions, np.tile(source.offsets[-1], (WALK.num_frames, 1, 1))], 1)
    motion = to_motion(source, "walk", "test")
    index = motion.rotations[:, JOINT_INDEX["left_index1"]]
    assert angles_between(index, np.tile((0, 0, -np.pi / 2), (WALK.num_frames, 1))).max() < 0.1


def test_the_result_starts_over_the_origin_on_the_floor():
    source = recorded(WALK.moved(0.0, (5.0, -3.0)), NAMES["mixamo"])
    source.positions[:, 0, 1] += 0.4
    motion = to_motion(source, "walk", "test")
    np.testing.assert_allclose(motion.translation[0, [0, 2]], 0, atol=1e-6)
    np.testing.assert_allclose(motion.translation[:, 1], WALK.translation[:, 1], atol=0.02)


def test_shoulders_and_feet_mean_what_the_rig_means():
    mixamo = match_joints([str(name) for name in NAMES["mixamo"]], recorded(WALK, NAMES["mixamo"]).parents)
    smpl = match_joints([str(name) for name in NAMES["smpl"]], recorded(WALK, NAMES["smpl"]).parents)
    assert mixamo == smpl


def test_what_is_no_humanoid_is_refused_with_what_is_missing():
    with pytest.raises(PersonifyError, match="no joint found for left hip"):
        match_joints(["root", "tail", "jaw"], [-1, 0, 1])


def test_a_missing_joint_is_named_with_the_nearest_names():
    names = ["Hips", "LeftUppLeg", "LeftLeg", "LeftFoot", "RightUpLeg", "RightLeg", "RightFoot", "Chest",
             "LeftArm", "LeftForeArm", "LeftHand", "RightArm", "RightForeArm", "RightHand"]  # fmt: skip
    with pytest.raises(PersonifyError, match=r"no joint found for left hip .*nearest to left hip: LeftUppLeg"):
        match_joints(names, [-1, 0, 1, 2, 0, 4, 5, 0, 7, 8, 9, 7, 11, 12])


@pytest.mark.parametrize("torn", ["LeftUpLeg", "RightArm"])
def test_limbs_without_a_common_root_are_refused(torn):
    names = ["Hips", "LeftUpLeg", "LeftLeg", "LeftFoot", "RightUpLeg", "RightLeg", "RightFoot", "Chest",
             "LeftArm", "LeftForeArm", "LeftHand", "RightArm", "RightForeArm", "RightHand"]  # fmt: skip
    parents = [-1, 0, 1, 2, 0, 4, 5, 0, 7, 8, 9, 7, 11, 12]
    parents[names.index(torn)] = -1
    with pytest.raises(PersonifyError, match="hang on different roots"):
        match_joints(names, parents)
