"""BVH text: what we write reads back, dialects are understood, damage is refused in one line."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.spatial.transform import Rotation

from motion.helpers import angles_between, stretched
from personify.errors import PersonifyError
from personify.motion.bvh import euler_zxy, parse_bvh, read_bvh, write_bvh
from personify.motion.kinematics import REFERENCE_SKELETON, matrices
from personify.motion.library import library_motion
from personify.motion.locomotion import gait_motion

WALK = gait_motion("walk")

SMALL = """HIERARCHY
ROOT Hips
{
  OFFSET 1 2 3
  CHANNELS 6 Xposition Yposition Zposition Yrotation Xrotation Zrotation
  JOINT Upper Spine
  {
    OFFSET 0 10 0
    CHANNELS 3 zrotation XROTATION Yrotation
    End Site
    {
      OFFSET 0 5 0
    }
  }
}
MOTION
Frames: 2
Frame Time: 0.0083333
0 0 0 10 20 30 40 50 60
1 2 3 0 0 0 0 0 0
"""


@pytest.fixture
def text(tmp_path):
    write_bvh(WALK, tmp_path / "walk.bvh")
    return (tmp_path / "walk.bvh").read_text()


@pytest.mark.parametrize("name", ["wave_right", "sit_chair", "jumping_jacks", "touch_toes"])
def test_round_trip(tmp_path, name):
    motion = library_motion(name)
    write_bvh(motion, tmp_path / f"{name}.bvh")
    back = read_bvh(tmp_path / f"{name}.bvh")
    assert back.fps == motion.fps
    assert angles_between(back.rotations, motion.rotations).max() < 0.01
    np.testing.assert_allclose(back.translation[:, 1], motion.translation[:, 1], atol=0.02)
    assert back.rest_height == pytest.approx(motion.rest_height, abs=1e-3)


def test_round_trip_on_another_body(tmp_path):
    body = stretched(leg=0.8)
    motion = WALK.retargeted(body)
    write_bvh(motion, tmp_path / "walk.bvh", body)
    back = read_bvh(tmp_path / "walk.bvh")
    assert angles_between(back.rotations, motion.rotations).max() < 0.01


def test_same_motion_same_bytes(tmp_path, text):
    write_bvh(WALK, tmp_path / "again.bvh")
    assert (tmp_path / "again.bvh").read_text() == text


def test_channels_multiply_in_file_order():
    source = parse_bvh(SMALL)
    assert source.names == ["Hips", "Upper Spine"]
    assert source.parents == [-1, 0]
    assert source.fps == pytest.approx(120, abs=0.1)
    root = Rotation.from_euler("YXZ", [10, 20, 30], degrees=True).as_matrix()
    spine = Rotation.from_euler("ZXY", [40, 50, 60], degrees=True).as_matrix()
    np.testing.assert_allclose(source.rotations[0], [root, spine], atol=1e-9)
    np.testing.assert_allclose(source.positions[1], [[1, 2, 3], [0, 10, 0]])
    np.testing.assert_allclose(source.ends[1], [[0, 5, 0]])


def test_windows_line_ends_and_tabs():
    source = parse_bvh(SMALL.replace("\n", "\r\n").replace("  ", "\t"))
    np.testing.assert_allclose(source.rotations, parse_bvh(SMALL).rotations)


@settings(max_examples=50, deadline=None)
@given(st.lists(st.floats(-3.1, 3.1), min_size=3, max_size=3))
def test_euler_angles_rebuild_the_rotation(vector):
    rotation = matrices(vector)
    rebuilt = Rotation.from_euler("ZXY", euler_zxy(rotation), degrees=True).as_matrix()
    np.testing.assert_allclose(rebuilt, rotation, atol=1e-6)


def test_euler_angles_at_gimbal_lock():
    rotation = Rotation.from_euler("ZXY", [30, 90, 20], degrees=True).as_matrix()
    rebuilt = Rotation.from_euler("ZXY", euler_zxy(rotation), degrees=True).as_matrix()
    np.testing.assert_allclose(rebuilt, rotation, atol=1e-6)


@pytest.mark.parametrize(
    ("old", "new", "expected"),
    [
        ("HIERARCHY", "", "HIERARCHY and MOTION"),
        ("MOTION", "", "HIERARCHY and MOTION"),
        ("Frames: 2", "Frames: 3", "18 numbers; expected 3 frames of 9"),
        ("Frame Time: 0.0083333", "Frame Time: 0", "frame time"),
        ("Frame Time: 0.0083333", "Frame Time: nan", "frame time"),
        ("50 60", "50 sixty", "damaged MOTION"),
        ("50 60", "50 inf", "out of range"),
        ("0 5 0", "0 5", "damaged HIERARCHY"),
        ("0 5 0", "0 5 inf", "OFFSET needs three numbers"),
        ("0 10 0", "0 ten 0", "damaged HIERARCHY"),
        ("3 zrotation", "4 zrotation", "channels"),
        ("zrotation", "wrotation", "channels"),
        ("}\nMOTION", "MOTION", "balanced braces"),
        ("ROOT Hips", "ROOT Hips { }\nROOT Other", "damaged HIERARCHY"),
    ],
)
def test_damage_is_named(old, new, expected):
    assert old in SMALL
    with pytest.raises(PersonifyError, match=expected):
        parse_bvh(SMALL.replace(old, new, 1))


def test_messages_name_the_file_in_one_line(tmp_path):
    (tmp_path / "snake.bvh").write_text(SMALL)
    with pytest.raises(PersonifyError, match=r"snake\.bvh: no joint found for left hip") as caught:
        read_bvh(tmp_path / "snake.bvh")
    assert "\n" not in str(caught.value)


@settings(max_examples=40, deadline=None)
@given(data=st.data())
def test_mutated_files_raise_only_our_error(tmp_path_factory, data):
    path = tmp_path_factory.mktemp("fuzz") / "walk.bvh"
    write_bvh(WALK.sliced(0, 0.1), path)
    raw = bytearray(path.read_bytes())
    for _ in range(data.draw(st.integers(1, 5))):
        at = data.draw(st.integers(0, len(raw) - 1))
        if data.draw(st.booleans()):
            raw[at] = data.draw(st.integers(0, 255))
        else:
            del raw[at : at + data.draw(st.integers(1, len(raw) // 3))]
        if not raw:
            break
    path.write_bytes(raw)
    try:
        motion = read_bvh(path)
    except PersonifyError:
        return
    assert np.isfinite(motion.rotations).all()


def test_only_bvh_is_written(tmp_path):
    with pytest.raises(PersonifyError, match=r"expected \.bvh"):
        write_bvh(WALK, tmp_path / "walk.fbx", REFERENCE_SKELETON)
