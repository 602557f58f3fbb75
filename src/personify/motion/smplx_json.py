"""Folders with one SMPL-X JSON file per frame: the motion format of LHM, also read by NoPo-Avatar."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np

from personify.body.pose import NUM_JOINTS
from personify.errors import PersonifyError
from personify.motion.clip import Motion
from personify.motion.grounding import on_floor
from personify.motion.kinematics import Float64, axis_angles, matrices

FPS = 30.0
REST_HEIGHT = 0.93  # pelvis above the soles of the mean SMPL-X body
MAX_FRAMES = 108_000  # an hour at 30 frames per second
_CAMERA_TO_HOUSE = np.diag([1.0, -1.0, -1.0])  # y down, z forward -> y up, the person towards +Z
_REQUIRED = ("root_pose", "body_pose", "trans")
_ROWS = {
    "root_pose": (0, 1), "body_pose": (1, 22), "jaw_pose": (22, 23), "leye_pose": (23, 24), "reye_pose": (24, 25),
    "lhand_pose": (25, 40), "rhand_pose": (40, 55),
}  # fmt: skip


def read_smplx_folder(folder: Path | str, fps: float = FPS) -> Motion:
    """A motion from a folder of ``*.json`` frames, in the order of their names.

    Every file holds axis-angle ``root_pose`` [3], ``body_pose`` [21, 3] and ``trans`` [3], and may hold ``jaw_pose``,
    ``leye_pose``, ``reye_pose`` [3], ``lhand_pose`` and ``rhand_pose`` [15, 3]; betas and cameras are not used. Poses
    given in camera axes (y down) are turned upright.

    Args:
        folder: the files.
        fps: frames per second; the format does not say.

    Raises:
        PersonifyError: no frames, a damaged file, or numbers missing.
    """
    folder = Path(folder)
    paths = sorted(folder.glob("*.json"))
    if not 0 < len(paths) <= MAX_FRAMES:
        raise PersonifyError(f"{folder}: holds {len(paths)} .json files; expected 1 to {MAX_FRAMES}, one per frame")
    frames = [_frame(path) for path in paths]
    rotations, translation = np.stack([pose for pose, _ in frames]), np.stack([trans for _, trans in frames])
    upward = matrices(rotations[:, 0])[:, 1, 1]  # height that the body's up axis gains
    if np.median(upward) < 0:
        rotations[:, 0] = axis_angles(_CAMERA_TO_HOUSE @ matrices(rotations[:, 0]))
        translation = translation @ _CAMERA_TO_HOUSE.T
    translation = translation - translation[0] * (1, 0, 1)
    title = folder.resolve().name if folder.resolve().name != "smplx_params" else folder.resolve().parent.name
    source = f"SMPL-X parameters, {title}"
    return on_floor(Motion(title, fps, rotations, translation, REST_HEIGHT, title.replace("_", " "), False, "", source))


def _frame(path: Path) -> tuple[Float64, Float64]:
    """Rotations [55, 3] and translation [3] of one file."""
    try:
        values: Any = json.loads(path.read_text(encoding="utf-8"))
        missing = [key for key in _REQUIRED if key not in values]
        if missing:
            raise ValueError(f"{', '.join(missing)} missing")
        rotations = np.zeros((NUM_JOINTS, 3))
        for key, (first, last) in _ROWS.items():
            if key in values:
                rotations[first:last] = np.array(values[key], float).reshape(last - first, 3)
        translation = np.array(values["trans"], float).reshape(3)
        if not (np.isfinite(rotations).all() and np.isfinite(translation).all()):
            raise ValueError("numbers that are not finite")
    except (OSError, ValueError, TypeError, RecursionError) as error:
        raise PersonifyError(f"{path}: is no frame of SMPL-X parameters ({error})") from error
    return rotations, translation
