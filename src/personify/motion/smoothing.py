"""Without jerks: a low-pass filter that leaves planted feet where they are."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from scipy.ndimage import gaussian_filter1d

from personify.body.mesh import Skeleton
from personify.body.pose import JOINT_INDEX
from personify.motion.clip import Array, Motion, heading, quaternions
from personify.motion.kinematics import (
    REFERENCE_SKELETON,
    SIDES,
    Float64,
    body_frames,
    body_rest,
    local_rotations,
    place_leg,
)

SMOOTHING = 0.03  # seconds; 3 dB down at 4.4 Hz: above what limbs do on purpose, below what keys and contacts leave


def smoothed(motion: Motion, seconds: float = SMOOTHING, skeleton: Skeleton = REFERENCE_SKELETON) -> Motion:
    """A motion without what is faster than people move.

    Rotations, pelvis and the paths of the ankles pass the same Gaussian; the legs then follow hips and ankles, so that
    a foot that stood still before stands still after.

    Args:
        motion: on the floor, feet locked.
        seconds: standard deviation of the Gaussian.
        skeleton: whose legs to place.

    Example:
        >>> from personify.motion.locomotion import gait_motion
        >>> from personify.motion.quality import quality
        >>> walk = gait_motion("walk").looped(4)
        >>> quality(smoothed(walk)).jerk < 0.7 * quality(walk).jerk
        True
    """
    if motion.num_frames < 4:
        return motion
    if not motion.loop:
        return _filtered(motion, seconds * motion.fps, skeleton)
    # The filter runs on over the seam of a loop: three laps, of which the middle one has neighbours.
    laps = motion.looped(3 * motion.duration)
    turn = heading(motion.rotations[0, 0]) - heading(laps.rotations[motion.num_frames - 1, 0])
    laps = laps.moved(turn)
    laps = laps.moved(0, (motion.translation[0] - laps.translation[motion.num_frames - 1])[[0, 2]])
    done, lap = _filtered(laps, seconds * motion.fps, skeleton), slice(motion.num_frames - 1, 2 * motion.num_frames - 1)
    return replace(done, rotations=done.rotations[lap], translation=done.translation[lap], loop=True)


def _filtered(motion: Motion, frames: float, skeleton: Skeleton) -> Motion:
    """``frames`` is the standard deviation."""
    _, before = body_frames(motion.rotations, motion.translation, skeleton)
    rotations = _axis_angles(_low_passed(quaternions(motion.rotations), frames))
    translation = _low_passed(motion.translation, frames)
    orientations, positions = body_frames(rotations, translation, skeleton)
    for side, _ in SIDES:
        ankle = _low_passed(before[:, JOINT_INDEX[f"{side}_ankle"]], frames)
        place_leg(orientations, positions, side, ankle, body_rest(skeleton))
    rotations[:, : orientations.shape[1]] = local_rotations(orientations)
    return replace(motion, rotations=rotations, translation=translation)


def _low_passed(values: Array, frames: float) -> Float64:
    """Along the first axis; beyond its ends the values go on as they came (point reflection), with no kink there."""
    margin = min(len(values) - 1, int(4 * frames) + 1)
    padded = np.pad(np.asarray(values, float), ((margin, margin), *((0, 0),) * (values.ndim - 1)), "reflect",
                    reflect_type="odd")  # fmt: skip
    return gaussian_filter1d(padded, frames, axis=0)[margin : margin + len(values)]


def _axis_angles(quaternion: Float64) -> Float64:  # [..., 4] wxyz of any length -> [..., 3]
    quaternion = np.where(quaternion[..., :1] < 0, -quaternion, quaternion)
    sine = np.linalg.norm(quaternion[..., 1:], axis=-1, keepdims=True)
    angle = 2 * np.arctan2(sine, quaternion[..., :1])
    return quaternion[..., 1:] / np.maximum(sine, 1e-12) * angle
