"""Our own motion files and the dispatch by extension."""

import zipfile

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from motion.helpers import angles_between
from personify.errors import PersonifyError
from personify.motion import files
from personify.motion.bvh import write_bvh
from personify.motion.files import read_motion, write_motion
from personify.motion.library import library_motion
from personify.motion.locomotion import gait_motion

WALK = gait_motion("walk")


def test_round_trip_is_exact(tmp_path):
    write_motion(WALK, tmp_path / "walk.npz")
    back = read_motion(tmp_path / "walk.npz")
    np.testing.assert_array_equal(back.rotations, WALK.rotations)
    np.testing.assert_array_equal(back.translation, WALK.translation)
    for field in ("name", "fps", "rest_height", "text", "loop", "licence", "source"):
        assert getattr(back, field) == getattr(WALK, field)


def test_same_motion_same_bytes(tmp_path):
    write_motion(WALK, tmp_path / "a.npz")
    write_motion(WALK, tmp_path / "b.npz")
    assert (tmp_path / "a.npz").read_bytes() == (tmp_path / "b.npz").read_bytes()


def test_bvh_goes_through_the_same_door(tmp_path):
    write_bvh(library_motion("clap"), tmp_path / "clap.BVH".lower())
    assert read_motion(tmp_path / "clap.bvh").name == "clap"


@pytest.mark.parametrize(
    ("name", "content", "expected"),
    [
        ("a.fbx", b"", "unknown motion format '.fbx'; expected .bvh, .npz, .glb, .vrma"),
        ("a.npz", b"PK\x03\x04 nonsense", "damaged"),
        ("a.npz", b"", "damaged"),
        ("a.bvh", b"\x00\xff\xfe", "not a BVH file"),
    ],
)
def test_nonsense_is_refused(tmp_path, name, content, expected):
    (tmp_path / name).write_bytes(content)
    with pytest.raises(PersonifyError, match=expected):
        read_motion(tmp_path / name)


def test_missing_file(tmp_path):
    with pytest.raises(PersonifyError, match="no such file"):
        read_motion(tmp_path / "none.npz")


def test_other_archives_are_named_by_what_they_hold(tmp_path):
    np.savez(tmp_path / "other.npz", weights=np.zeros(3))
    with pytest.raises(PersonifyError, match="holds weights; expected a motion"):
        read_motion(tmp_path / "other.npz")


def test_pickled_objects_are_never_loaded(tmp_path):
    np.savez(tmp_path / "evil.npz", format=np.array([{}], dtype=object))
    with pytest.raises(PersonifyError, match="plain arrays"):
        read_motion(tmp_path / "evil.npz")


def test_incomplete_motion(tmp_path):
    np.savez(tmp_path / "half.npz", format=np.array(files.FORMAT), name=np.array("x"))
    with pytest.raises(PersonifyError, match="not a complete motion"):
        read_motion(tmp_path / "half.npz")


def test_a_bomb_is_refused_before_it_is_unpacked(tmp_path, monkeypatch):
    monkeypatch.setattr(files, "MAX_BYTES", 1000)
    with zipfile.ZipFile(tmp_path / "bomb.npz", "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("poses.npy", bytes(100_000))
    with pytest.raises(PersonifyError, match="unpacks to"):
        read_motion(tmp_path / "bomb.npz")


@settings(max_examples=60, deadline=None)
@given(data=st.data())
def test_mutated_files_raise_only_our_error(tmp_path_factory, data):
    path = tmp_path_factory.mktemp("fuzz") / "walk.npz"
    write_motion(WALK.sliced(0, 0.1), path)
    raw = bytearray(path.read_bytes())
    for _ in range(data.draw(st.integers(1, 4))):
        raw[data.draw(st.integers(0, len(raw) - 1))] = data.draw(st.integers(0, 255))
    path.write_bytes(raw[: data.draw(st.sampled_from([len(raw), len(raw) // 2]))])
    try:
        motion = read_motion(path)
    except PersonifyError:
        return
    assert np.isfinite(motion.rotations).all()


def test_only_npz_is_written(tmp_path):
    with pytest.raises(PersonifyError, match=r"expected \.npz"):
        write_motion(WALK, tmp_path / "walk.json")
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("name", ["wave_right", "jumping_jacks"])
def test_the_amass_layout_comes_back(tmp_path, name):
    motion = library_motion(name)
    write_motion(motion, tmp_path / "motion.amass.npz")
    with np.load(tmp_path / "motion.amass.npz") as file:
        assert file["poses"].shape == (motion.num_frames, 165)
        assert 0.85 < file["trans"][0, 2] < 1.0  # z is up, and the body's origin is close to its pelvis in z
    back = read_motion(tmp_path / "motion.amass.npz")
    assert back.fps == motion.fps
    assert angles_between(back.rotations, motion.rotations).max() < 0.1
    travel, expected = (m.translation[:, [0, 2]] - m.translation[0, [0, 2]] for m in (back, motion))
    np.testing.assert_allclose(travel, expected, atol=1e-3)


def test_an_unknown_extension_to_write(tmp_path):
    with pytest.raises(PersonifyError, match=r"expected \.npz, \.amass\.npz, \.bvh or \.glb"):
        write_motion(WALK, tmp_path / "walk.fbx")
    assert not list(tmp_path.iterdir())
