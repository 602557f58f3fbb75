"""Bodies meet the floor: nothing sinks below it, and planted feet neither float nor slide."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.ndimage import gaussian_filter1d

from personify.body.mesh import Skeleton
from personify.body.pose import JOINT_INDEX
from personify.motion.clip import Motion
from personify.motion.kinematics import (
    REFERENCE_SKELETON,
    SIDES,
    Float64,
    body_frames,
    body_rest,
    local_rotations,
    place_leg,
)

Offsets = Mapping[str, ArrayLike]

# Distance from other joints to the skin, as a fraction of pelvis height: they touch the floor when kneeling or lying.
_BODY_RADII = {"knee": 0.055, "elbow": 0.045, "wrist": 0.04, "shoulder": 0.06}
_CENTRAL_RADII = {"pelvis": 0.10, "spine2": 0.09, "spine3": 0.10, "head": 0.09}

PLANTED_HEIGHT = 0.025  # metres above the floor on an adult below which a sole point counts as touching
PLANTED_SPEED = 0.35  # metres per second below which a touching sole point counts as planted


def sole_offsets(skeleton: Skeleton) -> dict[str, Float64]:
    """Points of the soles, as offsets [K, 3] from a joint in T-pose axes: heel (ankle), ball and tip (foot).

    The soles are where the T-pose stands: y = 0. Shoes with a sole of thickness t lower every offset by t.

    >>> {name: points.shape for name, points in sole_offsets(REFERENCE_SKELETON).items()}["left_foot"]
    (2, 3)
    """
    rest = body_rest(skeleton)
    scale = rest[0, 1] / 0.97
    points = {}
    for side, _ in SIDES:
        ankle, foot = rest[JOINT_INDEX[f"{side}_ankle"]], rest[JOINT_INDEX[f"{side}_foot"]]
        points[f"{side}_ankle"] = np.array([[0, -ankle[1], -0.05 * scale]])
        points[f"{side}_foot"] = np.array([[0, -foot[1], 0], [0, -foot[1], 0.065 * scale]])
    return points


def sole_points(orientations: Float64, positions: Float64, side: str, offsets: Offsets) -> Float64:
    """World positions [F, K, 3] of one foot's sole points: heel first, then ball and tip."""
    points = []
    for joint in (f"{side}_ankle", f"{side}_foot"):
        index = JOINT_INDEX[joint]
        local = np.atleast_2d(np.asarray(offsets[joint], float))
        points.append(positions[:, None, index] + np.einsum("fab,kb->fka", orientations[:, index], local))
    return np.concatenate(points, 1)


def lowest_heights(motion: Motion, skeleton: Skeleton, offsets: Offsets | None = None) -> Float64:
    """[F] height above the floor of the lowest point of the body, metres; negative = below the floor."""
    offsets = sole_offsets(skeleton) if offsets is None else offsets
    orientations, positions = body_frames(motion.rotations, motion.translation, skeleton)
    height = body_rest(skeleton)[0, 1]
    radii = {f"{side}_{name}": radius for side, _ in SIDES for name, radius in _BODY_RADII.items()} | _CENTRAL_RADII
    heights = [positions[:, JOINT_INDEX[name], 1] - radius * height for name, radius in radii.items()]
    for side, _ in SIDES:
        heights.extend(sole_points(orientations, positions, side, offsets)[..., 1].T)
    return np.min(heights, axis=0)


def ground(motion: Motion, skeleton: Skeleton, offsets: Offsets | None = None) -> Motion:
    """Raise or lower the pelvis so that the lowest point of this body is as high as it was on the source body.

    The source's proportions are unknown, so an adult scaled to its pelvis height stands in for it; heights under
    3 cm count as touching. Nothing ends up below the floor.
    """
    scale = motion.rest_height / float(REFERENCE_SKELETON.rest_joints[0, 1])
    source = replace(motion, translation=motion.translation / scale, rest_height=motion.rest_height / scale)
    flight = (lowest_heights(source, REFERENCE_SKELETON) - 0.03).clip(0) * scale
    lowest = lowest_heights(motion, skeleton, offsets)
    lift = gaussian_filter1d(flight - lowest, sigma=0.03 * motion.fps, mode="nearest")
    lift = np.maximum(lift, -lowest)
    translation = motion.translation.astype(float)
    translation[:, 1] += lift
    return replace(motion, translation=translation)


def hold_feet(motion: Motion, skeleton: Skeleton, offsets: Offsets | None = None) -> Motion:
    """Keep planted feet where they are: each contact is pinned to one place on the floor by bending the leg.

    A foot is planted while a sole point touches the floor and hardly moves; it pivots about whichever of heel and
    ball is lower. Corrections fade over a tenth of a second before and after each contact.
    """
    offsets = sole_offsets(skeleton) if offsets is None else offsets
    rest = body_rest(skeleton)
    orientations, positions = body_frames(motion.rotations, motion.translation, skeleton)
    for side, _ in SIDES:
        points = sole_points(orientations, positions, side, offsets)
        shift = _planting_shift(points, motion.fps, motion.rest_height / 0.97)
        if np.abs(shift).max() > 1e-5:
            ankle = positions[:, JOINT_INDEX[f"{side}_ankle"]] + shift
            place_leg(orientations, positions, side, ankle, rest)
    rotations = motion.rotations.astype(float)
    rotations[:, :22] = local_rotations(orientations)
    return replace(motion, rotations=rotations)


def planted_frames(points: Float64, fps: float, scale: float = 1.0) -> NDArray[np.bool_]:
    """[F, K] whether each sole point touches the floor and hardly moves (`PLANTED_HEIGHT`, `PLANTED_SPEED`)."""
    if len(points) < 2:
        return points[..., 1] < PLANTED_HEIGHT * scale
    velocity = np.gradient(points[..., [0, 2]], axis=0) * fps
    speed = np.linalg.norm(velocity, axis=-1)
    return (points[..., 1] < PLANTED_HEIGHT * scale) & (speed < PLANTED_SPEED * scale)


def _planting_shift(points: Float64, fps: float, scale: float) -> Float64:
    """[F, 3] how far to move a foot so that its contacts stay put."""
    planted = planted_frames(points, fps, scale)
    shift = np.zeros((len(points), 3))
    weight = np.zeros(len(points))
    for start, stop in _runs(np.asarray(planted.any(1))):
        if stop - start >= 3:
            shift[start:stop] = _pinned(points[start:stop], planted[start:stop])
            weight[start:stop] = 1
    fade = max(1, round(0.1 * fps))
    return _faded(shift, weight, fade)


def _pinned(points: Float64, planted: NDArray[np.bool_]) -> Float64:
    """[F, 3] shifts that keep the lowest planted point of every frame of one contact still and on the floor."""
    heights = np.where(planted, points[..., 1], np.inf)
    active = heights.argmin(1)
    shift = np.zeros((len(points), 3))
    for frame in range(1, len(points)):
        # Carry on from the previous frame with the point that is down now, so a roll from heel to ball is seamless.
        before, now = points[frame - 1, active[frame]], points[frame, active[frame]]
        shift[frame, [0, 2]] = shift[frame - 1, [0, 2]] + (before - now)[[0, 2]]
    shift[:, [0, 2]] -= shift[:, [0, 2]].mean(0)
    shift[:, 1] = -np.minimum(points[..., 1].min(1), PLANTED_HEIGHT)
    return shift


def _faded(shift: Float64, weight: Float64, fade: int) -> Float64:
    """Extend the shifts of the contacts into the frames between them, falling smoothly to zero."""
    held = np.flatnonzero(weight)
    result = shift.copy()
    for frame in np.flatnonzero(weight == 0):
        after = int(np.searchsorted(held, frame))
        contacts = held[max(0, after - 1) : after + 1]
        remaining = (1 - np.abs(contacts - frame) / (fade + 1)).clip(0)
        influence = remaining**2 * (3 - 2 * remaining)
        result[frame] = influence @ shift[contacts] / max(1.0, influence.sum())
    return result


def _runs(flags: NDArray[np.bool_]) -> list[tuple[int, int]]:
    """Start and stop of every stretch of True."""
    edges = np.flatnonzero(np.diff(np.concatenate([[False], flags, [False]]).astype(int)))
    return [(int(start), int(stop)) for start, stop in edges.reshape(-1, 2)]


def on_floor(motion: Motion) -> Motion:
    """Raise or lower a whole recording so that its lowest moments touch y = 0 (an adult's proportions assumed)."""
    scale = motion.rest_height / float(REFERENCE_SKELETON.rest_joints[0, 1])
    source = replace(motion, translation=motion.translation / scale, rest_height=motion.rest_height / scale)
    floor = np.percentile(lowest_heights(source, REFERENCE_SKELETON), 5) * scale
    return replace(motion, translation=motion.translation - (0, floor, 0))
