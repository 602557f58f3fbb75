"""Without jerks: the smoothest motion near a given one that leaves planted feet where they are."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from scipy.linalg import solveh_banded
from scipy.ndimage import minimum_filter1d
from scipy.sparse import diags

from personify.body.mesh import Skeleton
from personify.body.pose import JOINT_INDEX
from personify.motion.clip import Array, Motion, heading, quaternions, smooth_step
from personify.motion.grounding import REFERENCE_HEIGHT, beyond_reach, sole_offsets, sole_points
from personify.motion.kinematics import (
    REFERENCE_SKELETON,
    SIDES,
    Float64,
    axis_angles,
    body_frames,
    body_rest,
    local_rotations,
    matrices,
    place_leg,
)
from personify.motion.timing import covering

CUTOFF = 3.5  # hertz: above what limbs do on purpose, below what keys and contacts leave
_HELD = 300.0  # how much more a frame counts in which a foot stands
_HELD_SPEED = 0.15  # metres per second below which an adult's sole point stands
_CLEARANCE = 0.02  # metres by which a foot that goes faster passes over the floor


def smoothed(motion: Motion, hertz: float = CUTOFF, skeleton: Skeleton = REFERENCE_SKELETON) -> Motion:
    """A motion without what is faster than people move.

    Rotations, pelvis and the feet's places and directions each become the curve that is near them with the least jerk
    (`least_jerk`); where a foot stands, its curve is held to it. The legs then follow hips and feet, so that what stood
    still before stands still after. On the way, feet that shuffle are lifted over the floor, and feet of somebody
    upright that rest a few centimetres above it are put down.

    Args:
        motion: on the floor, feet locked.
        hertz: a swing this fast is halved, one half as fast keeps 98 %, one twice as fast 2 %.
        skeleton: whose legs to place.

    Example:
        >>> from personify.motion.procedural import wave
        >>> from personify.motion.quality import quality
        >>> bool(quality(smoothed(wave())).jerk < 0.9 * quality(wave()).jerk)
        True
    """
    if motion.num_frames < 4:
        return motion
    if not motion.loop:
        return _filtered(motion, hertz, skeleton)
    # The curves run on over the seam of a loop: three laps, of which the middle one has neighbours.
    laps = motion.looped(3 * motion.duration)
    turn = heading(motion.rotations[0, 0]) - heading(laps.rotations[motion.num_frames - 1, 0])
    laps = laps.moved(turn)
    laps = laps.moved(0, (motion.translation[0] - laps.translation[motion.num_frames - 1])[[0, 2]])
    done, lap = _filtered(laps, hertz, skeleton), slice(motion.num_frames - 1, 2 * motion.num_frames - 1)
    return replace(done, rotations=done.rotations[lap], translation=done.translation[lap], loop=True)


def least_jerk(values: Array, cutoff: float, weights: Array | None = None) -> Float64:
    """The curve x that minimises sum w |x - values|^2 + c sum |third difference of x|^2, along the first axis.

    A Whittaker-Henderson smoother (Eilers 2003, "A perfect smoother"); its ends are free, so nothing is bent there.

    Args:
        values: [F, ...], F >= 4.
        cutoff: frequency, in cycles per frame, of which half is kept where all weights are 1; this decides c.
        weights: [F] w; None = 1.

    Example:
        >>> line = np.arange(8.0)
        >>> bool(np.allclose(least_jerk(line, 0.1), line))
        True
    """
    values = np.asarray(values, float)
    frames = len(values)
    third = diags([-1.0, 3.0, -3.0, 1.0], [0, 1, 2, 3], shape=(frames - 3, frames))
    roughness = (third.T @ third) / (2 * np.sin(np.pi * min(cutoff, 0.5))) ** 6
    weights = np.ones(frames) if weights is None else np.asarray(weights, float)
    bands = np.zeros((4, frames))
    for offset in range(4):
        bands[offset, : frames - offset] = roughness.diagonal(-offset)
    bands[0] += weights
    flat = values.reshape(frames, -1) * weights[:, None]
    return solveh_banded(bands, flat, lower=True).reshape(values.shape)


def _filtered(motion: Motion, hertz: float, skeleton: Skeleton) -> Motion:
    cutoff, rest = hertz / motion.fps, body_rest(skeleton)
    before, places = body_frames(motion.rotations, motion.translation, skeleton)
    rotations = _turns(least_jerk(quaternions(motion.rotations), cutoff))
    torso, torso_places = body_frames(rotations, least_jerk(motion.translation, cutoff), skeleton)
    soles = {side: sole_points(before, places, side, sole_offsets(skeleton)) for side, _ in SIDES}
    held = {side: 1 + _HELD * _standing(points, motion.fps, rest[0, 1]) for side, points in soles.items()}
    upright = smooth_step((torso_places[:, 0, 1] / rest[0, 1] - 0.8) / 0.1)
    lift = {side: -upright * _hovering(points, rest[0, 1]) * (held[side] > 1) for side, points in soles.items()}
    for _ in range(2):  # the first round may itself drag a foot over the floor
        orientations, positions, ankles = torso.copy(), torso_places.copy(), {}
        for side, _ in SIDES:
            down = minimum_filter1d(held[side], 5) > 1  # in the middle of a stand
            lift[side] += np.where(down, 0, _clearance(soles[side], motion.fps, rest[0, 1]))
            ankle, foot = JOINT_INDEX[f"{side}_ankle"], [JOINT_INDEX[f"{side}_ankle"], JOINT_INDEX[f"{side}_foot"]]
            ankles[side] = least_jerk(places[:, ankle] + lift[side][:, None] * (0, 1, 0), cutoff, held[side])
            turns = least_jerk(quaternions(axis_angles(before[:, foot])), cutoff, held[side])
            orientations[:, foot] = matrices(_turns(turns))
        positions[..., 1] -= covering(beyond_reach(positions, ankles, rest), 0.2 * motion.fps, motion.loop)[:, None]
        for side, _ in SIDES:
            place_leg(orientations, positions, side, ankles[side], rest)
            _swing_smoothly(orientations, side, cutoff, held[side])
        rotations[:, : orientations.shape[1]] = local_rotations(orientations)
        orientations, positions = body_frames(rotations, positions[:, 0], skeleton)
        soles = {side: sole_points(orientations, positions, side, sole_offsets(skeleton)) for side, _ in SIDES}
    return replace(motion, rotations=rotations, translation=positions[:, 0])


def _swing_smoothly(orientations: Float64, side: str, cutoff: float, held: Float64) -> None:
    """Where a leg is not ``held``, it swings by smooth turns of its joints, not by a smooth way of its ankle; in
    place."""
    hip, knee = JOINT_INDEX[f"{side}_hip"], JOINT_INDEX[f"{side}_knee"]
    turns = quaternions(local_rotations(orientations)[:, [hip, knee]])
    thigh, shin = np.moveaxis(matrices(_turns(least_jerk(turns, cutoff, held))), 1, 0)
    orientations[:, hip] = orientations[:, 0] @ thigh
    orientations[:, knee] = orientations[:, hip] @ shin


def _standing(soles: Float64, fps: float, pelvis_height: float) -> Float64:
    """[F] 1 where one of a foot's sole points [F, K, 3] stays where it is to the next frame or since the last."""
    speeds = np.linalg.norm(np.diff(soles, axis=0), axis=-1) * fps * REFERENCE_HEIGHT / pelvis_height
    still = (speeds < _HELD_SPEED).any(1).astype(float)
    return np.maximum(np.append(still, 0), np.append(0, still))


def _hovering(soles: Float64, pelvis_height: float) -> Float64:
    """[F] metres by which a foot with sole points [F, K, 3] misses the floor, up to 6 cm; higher up it is raised."""
    height = soles[..., 1].min(1).clip(0)
    return height * (1 - smooth_step((height * REFERENCE_HEIGHT / pelvis_height - 0.06) / 0.02))


def _clearance(soles: Float64, fps: float, pelvis_height: float) -> Float64:
    """[F] metres that a foot with sole points [F, K, 3] lacks to pass over the floor, where it does not stand."""
    scale = pelvis_height / REFERENCE_HEIGHT
    speed = np.linalg.norm(np.gradient(soles[..., [0, 2]], axis=0), axis=-1).min(1) * fps / scale
    lack = _CLEARANCE * scale * smooth_step((speed - 0.1) / 0.2) - soles[..., 1].min(1)
    return covering(lack.clip(0), 0.15 * fps)


def _turns(quaternion: Float64) -> Float64:  # [..., 4] wxyz of any length -> axis-angle [..., 3]
    quaternion = np.where(quaternion[..., :1] < 0, -quaternion, quaternion)
    sine = np.linalg.norm(quaternion[..., 1:], axis=-1, keepdims=True)
    angle = 2 * np.arctan2(sine, quaternion[..., :1])
    return quaternion[..., 1:] / np.maximum(sine, 1e-12) * angle
