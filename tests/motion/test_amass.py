"""AMASS: both layouts on synthetic files."""

import numpy as np
import pytest

from motion.helpers import angles_between
from personify.errors import PersonifyError
from personify.motion.amass import Z_UP_TO_Y_UP
from personify.motion.files import read_motion
from personify.motion.kinematics import axis_angles, matrices
from personify.motion.locomotion import gait_motion

WALK = gait_motion("walk", fps=60)


def in_amass_axes() -> tuple[np.ndarray, np.ndarray]:
    """Rotations [F, 55, 3] and trans [F, 3] of the walk in a Z-up world."""
    rotations = WALK.rotations.astype(float)
    rotations[:, 0] = axis_angles(Z_UP_TO_Y_UP.T @ matrices(rotations[:, 0]))
    return rotations, WALK.translation @ Z_UP_TO_Y_UP + (4.0, 2.0, -0.2)


def layout(kind: str) -> dict[str, np.ndarray]:
    rotations, trans = in_amass_axes()
    flat = rotations.reshape(len(rotations), -1)
    common = {"trans": trans, "betas": np.zeros(16), "gender": np.array("neutral")}
    if kind == "smplh":
        return common | {"poses": np.concatenate([flat[:, :66], flat[:, 75:]], 1), "mocap_framerate": np.array(60.0)}
    if kind == "smplx":
        return common | {"poses": flat, "mocap_frame_rate": np.array(60.0)}
    parts = {"root_orient": flat[:, :3], "pose_body": flat[:, 3:66], "pose_hand": flat[:, 75:]}
    return common | parts | {"mocap_frame_rate": np.array(60.0)}


@pytest.mark.parametrize("kind", ["smplh", "smplx", "split"])
def test_every_layout_gives_the_same_motion(tmp_path, kind):
    np.savez(tmp_path / "walk_poses.npz", **layout(kind))
    motion = read_motion(tmp_path / "walk_poses.npz")
    assert motion.fps == 60
    assert angles_between(motion.rotations, WALK.rotations).max() < 0.01
    np.testing.assert_allclose(
        motion.translation - motion.translation[0], WALK.translation - WALK.translation[0], atol=1e-4
    )
    np.testing.assert_allclose(motion.translation[0, [0, 2]], 0, atol=1e-6)
    assert abs(motion.translation[:, 1].mean() - WALK.translation[:, 1].mean()) < 0.06
    assert "non-commercial" in motion.licence


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({"poses": np.zeros((5, 100))}, "poses is"),
        ({"poses": np.zeros((0, 156)), "trans": np.zeros((0, 3))}, "poses is"),
        ({"trans": np.zeros((3, 3))}, "trans is"),
        ({"poses": np.full((61, 165), np.inf)}, "finite"),
        ({"mocap_frame_rate": np.array("fast")}, "usable"),
        ({"mocap_frame_rate": np.array(0.0)}, "fps"),
        ({"poses": np.array(["a"])}, "usable"),
    ],
)
def test_damage_is_refused(tmp_path, changes, expected):
    np.savez(tmp_path / "bad.npz", **(layout("smplx") | changes))
    with pytest.raises(PersonifyError, match=rf"bad\.npz: is not a usable AMASS file.*{expected}|{expected}"):
        read_motion(tmp_path / "bad.npz")


def test_a_missing_rate_is_refused(tmp_path):
    arrays = layout("smplx")
    del arrays["mocap_frame_rate"]
    np.savez(tmp_path / "bad.npz", **arrays)
    with pytest.raises(PersonifyError, match="usable AMASS file"):
        read_motion(tmp_path / "bad.npz")
