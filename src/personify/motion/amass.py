"""AMASS recordings (Mahmood et al. 2019): SMPL+H and SMPL-X layouts of ``.npz``."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from personify.body.pose import HAND_JOINTS, JOINT_INDEX, NUM_JOINTS
from personify.errors import PersonifyError
from personify.files import atomic_path
from personify.motion.clip import Motion
from personify.motion.grounding import on_floor
from personify.motion.kinematics import Float64, axis_angles, matrices

LICENCE = "AMASS: non-commercial scientific research only, see https://amass.is.tue.mpg.de/license.html"
REST_HEIGHT = 0.93  # pelvis above the soles of the mean SMPL body; the file's own body needs the licensed model
Z_UP_TO_Y_UP = np.array([[1.0, 0, 0], [0, 0, 1], [0, -1, 0]])
# Pelvis of the mean neutral SMPL-X body in its own axes: its translation moves the body's origin, not the pelvis.
_MEAN_PELVIS = np.array([0.003, -0.351, 0.012])
_SPLIT_KEYS = ("root_orient", "pose_body")
_FIRST_HAND_JOINT = JOINT_INDEX[HAND_JOINTS[0]]


def is_amass(arrays: Mapping[str, Any]) -> bool:
    """Whether the arrays of an ``.npz`` look like an AMASS recording."""
    return "trans" in arrays and ("poses" in arrays or all(key in arrays for key in _SPLIT_KEYS))


def amass_motion(arrays: Mapping[str, Any], path: Path | str) -> Motion:
    """The motion in an AMASS file, turned to +Y up, lowered to the floor, starting over the origin.

    The pelvis position in the file depends on the licensed body model; without it, only the travel is taken from
    the file and the height is settled by the floor.

    Args:
        arrays: ``trans`` [F, 3]; ``poses`` [F, 156] (SMPL+H) or [F, 165] (SMPL-X), or ``root_orient`` [F, 3],
            ``pose_body`` [F, 63] and optionally ``pose_hand`` [F, 90], ``pose_jaw`` [F, 3], ``pose_eye`` [F, 6];
            ``mocap_framerate`` or ``mocap_frame_rate``.
        path: names the motion and appears in messages.

    Raises:
        PersonifyError: something is missing or has another shape.
    """
    path = Path(path)
    try:
        rotations = _rotations(arrays, path)
        translation = np.asarray(arrays["trans"], float)
        fps = float(np.asarray(arrays.get("mocap_frame_rate", arrays.get("mocap_framerate"))))
        if translation.shape != (len(rotations), 3) or not np.isfinite(rotations).all() or not np.isfinite(fps):
            raise ValueError(f"trans is {list(translation.shape)}; expected [{len(rotations)}, 3] of finite numbers")
        rotations[:, 0] = axis_angles(Z_UP_TO_Y_UP @ matrices(rotations[:, 0]))
        translation = (translation - translation[0] * (1, 1, 0)) @ Z_UP_TO_Y_UP.T
        text, source = path.stem.replace("_", " "), f"AMASS, {path.name}"
        motion = Motion(path.stem, fps, rotations, translation, REST_HEIGHT, text, False, LICENCE, source)
    except (TypeError, ValueError, IndexError, PersonifyError) as error:
        raise PersonifyError(f"{path}: is not a usable AMASS file ({error})") from error
    return on_floor(motion)


def _rotations(arrays: Mapping[str, Any], path: Path) -> Float64:
    """[F, 55, 3] in the file's own axes."""
    if "poses" in arrays:
        poses = np.asarray(arrays["poses"], float)
        if poses.ndim != 2 or poses.shape[1] not in (156, 165) or len(poses) == 0:
            raise ValueError(f"poses is {list(poses.shape)}; expected [F, 156] or [F, 165]")
        joints = poses.reshape(len(poses), -1, 3)
        if joints.shape[1] == NUM_JOINTS:
            return joints.copy()
        rotations = np.zeros((len(poses), NUM_JOINTS, 3))
        rotations[:, :22], rotations[:, _FIRST_HAND_JOINT:] = joints[:, :22], joints[:, 22:]
        return rotations
    frames = len(np.asarray(arrays["root_orient"]))
    rotations = np.zeros((max(frames, 1), NUM_JOINTS, 3))
    parts = {"root_orient": (0, 1), "pose_body": (1, 22), "pose_jaw": (22, 23), "pose_eye": (23, 25),
             "pose_hand": (25, 55)}  # fmt: skip
    for key, (first, last) in parts.items():
        if key in arrays:
            rotations[:, first:last] = np.asarray(arrays[key], float).reshape(frames, last - first, 3)
    return rotations


def write_amass(motion: Motion, path: Path | str) -> None:
    """Write a motion in AMASS's SMPL-X layout: z up, ``poses`` [F, 165], ``trans`` [F, 3], betas of the mean body.

    Raises:
        PersonifyError: the extension is not ``.npz`` or the folder cannot be written.
    """
    path = Path(path)
    if path.suffix.lower() != ".npz":
        raise PersonifyError(f"{path}: unknown extension for AMASS; expected .npz")
    rotations = motion.rotations.astype(float)
    rotations[:, 0] = axis_angles(Z_UP_TO_Y_UP.T @ matrices(rotations[:, 0]))
    height = motion.translation * (1, REST_HEIGHT / motion.rest_height, 1)
    poses = rotations.reshape(len(rotations), -1)
    with atomic_path(path) as temporary, open(temporary, "wb") as file:
        np.savez_compressed(
            file,
            surface_model_type=np.array("smplx"),
            gender=np.array("neutral"),
            mocap_frame_rate=np.float64(motion.fps),
            mocap_time_length=np.float64(motion.duration),
            trans=height @ Z_UP_TO_Y_UP - _MEAN_PELVIS,
            poses=poses,
            root_orient=poses[:, :3],
            pose_body=poses[:, 3:66],
            pose_jaw=poses[:, 66:69],
            pose_eye=poses[:, 69:75],
            pose_hand=poses[:, 75:],
            betas=np.zeros(16),
        )
