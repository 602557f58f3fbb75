"""Folders of SMPL-X JSON frames."""

import json

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from motion.helpers import angles_between
from personify.errors import PersonifyError
from personify.motion.files import is_motion_file, read_motion
from personify.motion.kinematics import axis_angles, matrices
from personify.motion.locomotion import gait_motion
from personify.motion.smplx_json import read_smplx_folder

WALK = gait_motion("walk")
CAMERA = np.diag([1.0, -1.0, -1.0])


def frames_of(motion, folder, camera=True):
    folder.mkdir(parents=True)
    for k in range(motion.num_frames):
        pose = motion.rotations[k].astype(float)
        trans = motion.translation[k].astype(float)
        root = axis_angles(CAMERA @ matrices(pose[0])) if camera else pose[0]
        values = {
            "betas": [0.0] * 10,
            "trans": (CAMERA @ trans if camera else trans).tolist(),
            "root_pose": root.tolist(),
            "body_pose": pose[1:22].tolist(),
            "jaw_pose": pose[22].tolist(),
            "leye_pose": pose[23].tolist(),
            "reye_pose": pose[24].tolist(),
            "lhand_pose": pose[25:40].tolist(),
            "rhand_pose": pose[40:].tolist(),
            "focal": [1000.0, 1000.0],
            "princpt": [320.0, 240.0],
            "img_size_wh": [640, 480],
        }
        (folder / f"{k:05d}.json").write_text(json.dumps(values))


@pytest.mark.parametrize("camera", [True, False])
def test_camera_axes_are_turned_upright(tmp_path, camera):
    frames_of(WALK, tmp_path / "walking" / "smplx_params", camera)
    back = read_motion(tmp_path / "walking" / "smplx_params")
    assert (back.name, back.fps) == ("walking", 30)
    assert angles_between(back.rotations, WALK.rotations).max() < 0.01
    travel = back.translation - back.translation[0]
    np.testing.assert_allclose(travel[:, 2], (WALK.translation - WALK.translation[0])[:, 2], atol=1e-3)


def test_hands_and_face_may_be_missing(tmp_path):
    frames_of(WALK.sliced(0, 0.1), tmp_path / "a")
    for path in (tmp_path / "a").glob("*.json"):
        values = json.loads(path.read_text())
        path.write_text(json.dumps({key: values[key] for key in ("root_pose", "body_pose", "trans")}))
    back = read_smplx_folder(tmp_path / "a", fps=20)
    assert back.fps == 20
    assert not back.rotations[:, 22:].any()


def test_folders_count_as_motions_only_with_frames(tmp_path):
    assert not is_motion_file(str(tmp_path))
    frames_of(WALK.sliced(0, 0), tmp_path / "a")
    assert is_motion_file(str(tmp_path / "a"))


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", "no frame of SMPL-X"),
        ("[]", "root_pose, body_pose, trans missing"),
        ('{"root_pose": [0, 0, 0], "body_pose": [1], "trans": [0, 0, 0]}', "reshape"),
        ('{"root_pose": [0, 0, NaN], "body_pose": %s, "trans": [0, 0, 0]}' % ([0] * 63), "not finite"),
        ('{"root_pose": ["a", 0, 0], "body_pose": %s, "trans": [0, 0, 0]}' % ([0] * 63), "could not convert"),
        ("[" * 100_000, "no frame of SMPL-X"),
    ],
)
def test_damage_names_the_frame(tmp_path, text, expected):
    (tmp_path / "0.json").write_text(text)
    with pytest.raises(PersonifyError, match=expected) as caught:
        read_smplx_folder(tmp_path)
    assert "0.json" in str(caught.value)


def test_an_empty_folder(tmp_path):
    with pytest.raises(PersonifyError, match=r"holds 0 \.json files"):
        read_smplx_folder(tmp_path)


@settings(max_examples=40, deadline=None)
@given(data=st.data())
def test_mutated_frames_raise_only_our_error(tmp_path_factory, data):
    folder = tmp_path_factory.mktemp("fuzz") / "frames"
    frames_of(WALK.sliced(0, 0), folder)
    path = next(folder.glob("*.json"))
    raw = bytearray(path.read_bytes())
    for _ in range(data.draw(st.integers(1, 5))):
        raw[data.draw(st.integers(0, len(raw) - 1))] = data.draw(st.integers(0, 255))
    path.write_bytes(raw)
    try:
        motion = read_smplx_folder(folder)
    except PersonifyError:
        return
    assert np.isfinite(motion.rotations).all()
