"""Bodies meet the floor: nothing sinks below it, and planted feet neither float nor slide."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.ndimage import gaussian_filter1d

from personify.body.mesh import Skeleton
from personify.body.pose import JOINT_INDEX
from personify.motion.clip import Motion, heading, smooth_step
from personify.motion.kinematics import (
    REFERENCE_SKELETON,
    SIDES,
    Float64,
    body_frames,
    body_rest,
    leg_length,
    local_rotations,
    place_leg,
)
from personify.motion.timing import covering

Offsets = Mapping[str, ArrayLike]

# Distance from other joints to the skin, as a fraction of pelvis height: they touch the floor when kneeling or lying.
_LIMB_RADII = {"knee": 0.055, "elbow": 0.045, "wrist": 0.04, "shoulder": 0.06}
_CENTRAL_RADII = {"pelvis": 0.10, "spine2": 0.09, "spine3": 0.10, "head": 0.09}

REFERENCE_HEIGHT = float(REFERENCE_SKELETON.rest_joints[0, 1])
PLANTED_HEIGHT = 0.025  # metres above the floor on an adult below which a sole point counts as touching
TIPTOE_ANKLE = 0.2  # of the pelvis' height; an ankle that is higher belongs to a foot in the air
PLANTED_SPEED = 0.35  # metres per second below which a touching sole point counts as planted


def sole_offsets(skeleton: Skeleton) -> dict[str, Float64]:
    """Points of the soles, as offsets [K, 3] from a joint in T-pose axes: heel (ankle), ball and tip (foot).

    The soles are where the T-pose stands: y = 0. Shoes with a sole of thickness t lower every offset by t.

    >>> {name: points.shape for name, points in sole_offsets(REFERENCE_SKELETON).items()}["left_foot"]
    (2, 3)
    """
    rest = body_rest(skeleton)
    scale = rest[0, 1] / REFERENCE_HEIGHT
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
    return np.min(_Stance.of(motion, skeleton, offsets).heights(), axis=0)


def ground(motion: Motion, skeleton: Skeleton, offsets: Offsets | None = None) -> Motion:
    """Fit a motion whose travel is already scaled to the floor under another body.

    Each foot is brought to the height above the floor that it had on the source body, by moving the pelvis and bending
    the legs; planted feet are pinned to one place. The source's proportions are unknown, so an adult scaled to its
    pelvis height stands in for it.

    Args:
        motion: ``rest_height`` and travel scaled to ``skeleton``, as `Motion.retargeted` does.
        skeleton: the body.
        offsets: points of its soles, laid out as `sole_offsets` does.
    """
    if not motion.loop or motion.num_frames < 3:
        return _fitted(motion, skeleton, offsets)
    # Contacts run on over the seam of a loop: fit three laps and keep the one that has neighbours.
    laps = _fitted(motion.looped(3 * motion.duration), skeleton, offsets)
    lap = slice(motion.num_frames - 1, 2 * motion.num_frames - 1)
    middle = replace(laps, rotations=laps.rotations[lap], translation=laps.translation[lap], loop=True)
    placed = middle.moved(heading(motion.rotations[0, 0]) - heading(middle.rotations[0, 0]))
    return placed.moved(0, (motion.translation[0] - placed.translation[0])[[0, 2]])


def _fitted(motion: Motion, skeleton: Skeleton, offsets: Offsets | None) -> Motion:
    scale = motion.rest_height / REFERENCE_HEIGHT
    on_reference = replace(motion, translation=motion.translation / scale, rest_height=REFERENCE_HEIGHT)
    source = _Stance.of(on_reference, REFERENCE_SKELETON)
    target = _Stance.of(motion, skeleton, offsets)
    wanted = source.foot_heights().clip(0) * scale
    rise = wanted - target.foot_heights()  # [2, F] what each foot lacks
    nearness = np.exp(-wanted / 0.04) + 1e-6
    lift = (nearness * rise).sum(0) / nearness.sum(0)  # the pelvis follows the foot that stands
    sunk = (source.body_height().clip(None, 0) * scale - target.body_height() - lift).clip(0)
    lift = gaussian_filter1d(lift + sunk, sigma=max(1e-3, 0.03 * motion.fps), mode="nearest")
    ankles = {}
    for (side, _), foot_rise in zip(SIDES, rise, strict=True):
        points = target.soles[side] + foot_rise[:, None, None] * (0, 1, 0)
        planted = planted_frames(points, motion.fps, scale)
        planted |= planted_frames(source.soles[side], motion.fps)
        shift = _planting_shift(points, planted, motion.fps) + foot_rise[:, None] * (0, 1, 0)
        ankles[side] = target.positions[:, JOINT_INDEX[f"{side}_ankle"]] + shift
    excess = beyond_reach(target.positions + lift[:, None, None] * (0, 1, 0), ankles, body_rest(skeleton))
    lift -= covering(excess, 0.2 * motion.fps)
    return _posed(motion, target, lift, ankles, body_rest(skeleton))


@dataclass(frozen=True)
class _Stance:
    """Where a body is over time: frames of its joints and points of its soles by side."""

    orientations: Float64  # [F, 22, 3, 3]
    positions: Float64  # [F, 22, 3]
    soles: dict[str, Float64]  # [F, K, 3]
    pelvis_height: float

    @staticmethod
    def of(motion: Motion, skeleton: Skeleton, offsets: Offsets | None = None) -> _Stance:
        offsets = sole_offsets(skeleton) if offsets is None else offsets
        orientations, positions = body_frames(motion.rotations, motion.translation, skeleton)
        soles = {side: sole_points(orientations, positions, side, offsets) for side, _ in SIDES}
        return _Stance(orientations, positions, soles, float(body_rest(skeleton)[0, 1]))

    def foot_heights(self) -> Float64:  # [2, F] lowest sole point, left and right
        return np.stack([self.soles[side][..., 1].min(1) for side, _ in SIDES])

    def body_height(self) -> Float64:  # [F] lowest point of everything but the feet
        joints = {f"{side}_{name}": radius for side, _ in SIDES for name, radius in _LIMB_RADII.items()}
        radii = joints | _CENTRAL_RADII
        heights = [self.positions[:, JOINT_INDEX[name], 1] - r * self.pelvis_height for name, r in radii.items()]
        return np.min(heights, axis=0)

    def points(self) -> Float64:  # [F, K, 3]
        joints = {f"{side}_{name}": radius for side, _ in SIDES for name, radius in _LIMB_RADII.items()}
        undersides = [
            self.positions[:, JOINT_INDEX[name]] - (0, radius * self.pelvis_height, 0)
            for name, radius in (joints | _CENTRAL_RADII).items()
        ]
        return np.concatenate([*self.soles.values(), np.stack(undersides, 1)], 1)

    def heights(self) -> Float64:  # [3, F]
        return np.concatenate([self.foot_heights(), self.body_height()[None]])


def beyond_reach(positions: Float64, ankles: dict[str, Float64], rest: Float64) -> Float64:
    """[F] how far the pelvis must sink so that both legs, all but straight, reach ankles that may bear weight."""
    excess, length = np.zeros(len(positions)), leg_length(rest)
    for side, _ in SIDES:
        line = positions[:, JOINT_INDEX[f"{side}_hip"]] - ankles[side]
        height = np.sqrt(((0.997 * length) ** 2 - (line[:, [0, 2]] ** 2).sum(1)).clip(0))
        upright = line[:, 1] > 0.5 * length  # a leg that kicks or kneels is no reason to sink
        bearing = 1 - smooth_step((ankles[side][:, 1] / rest[0, 1] - TIPTOE_ANKLE) / 0.1)
        excess = np.maximum(excess, np.where(upright, line[:, 1] - height, 0) * bearing)
    return excess


def _posed(motion: Motion, stance: _Stance, lift: Float64, ankles: dict[str, Float64], rest: Float64) -> Motion:
    """The motion with its pelvis raised by ``lift`` [F] and its ankles at ``ankles``."""
    raised = lift[:, None] * (0, 1, 0)
    orientations, positions = stance.orientations.copy(), stance.positions + raised[:, None]
    for side, _ in SIDES:
        place_leg(orientations, positions, side, ankles[side], rest)
    rotations = motion.rotations.astype(float)
    rotations[:, : orientations.shape[1]] = local_rotations(orientations)
    return replace(motion, rotations=rotations, translation=motion.translation + raised)


def contact_points(motion: Motion, skeleton: Skeleton) -> Float64:
    """[F, K, 3] points that can bear the body: both soles, and the undersides of knees, elbows, hands, back and
    head."""
    return _Stance.of(motion, skeleton).points()


def carried(motion: Motion, skeleton: Skeleton = REFERENCE_SKELETON) -> Motion:
    """The poses of a motion with a pelvis path that follows from what touches the floor.

    Every frame rests on its lowest points, and those stay where they are: limbs that bear the body push it along.
    For motions that never leave the floor.
    """
    points = contact_points(replace(motion, translation=motion.translation * (0, 1, 0)), skeleton)
    height = gaussian_filter1d(points[..., 1].min(1), sigma=0.05 * motion.fps, mode="nearest")
    weight = np.exp(-(points[..., 1] - points[..., 1].min(1, keepdims=True)) / 0.008)
    weight = (weight[1:] + weight[:-1]) / 2
    slide = np.diff(points, axis=0) * weight[..., None] / weight.sum(1)[:, None, None]
    path = np.concatenate([np.zeros((1, 3)), -slide.sum(1).cumsum(0)])
    return replace(
        motion, translation=(motion.translation * (0, 1, 0) + path * (1, 0, 1)) - height[:, None] * (0, 1, 0)
    )


def locked(motion: Motion, skeleton: Skeleton = REFERENCE_SKELETON) -> Motion:
    """The motion with feet that stand still or step: what slid over the floor is lifted, what stood is pinned."""
    orientations, positions = body_frames(motion.rotations, motion.translation, skeleton)
    rest = body_rest(skeleton)
    for side, _ in SIDES:
        points = sole_points(orientations, positions, side, sole_offsets(skeleton))
        lift = _step_lift(points, motion.fps)
        place_leg(
            orientations,
            positions,
            side,
            positions[:, JOINT_INDEX[f"{side}_ankle"]] + lift[:, None] * (0, 1, 0),
            rest,
        )
    rotations = motion.rotations.astype(float)
    rotations[:, : orientations.shape[1]] = local_rotations(orientations)
    return ground(replace(motion, rotations=rotations), skeleton)


def _step_lift(points: Float64, fps: float) -> Float64:
    """[F] how high to lift a foot that slides over the floor, from its sole points [F, K, 3]."""
    ball = points[:, 1, [0, 2]]
    path = np.linalg.norm(np.diff(ball, axis=0, prepend=ball[:1]), axis=1)
    low = points[..., 1].min(1)
    lift = np.zeros(len(points))
    for start, stop in _runs((path * fps > 0.06) & (low < 0.03)):
        length = path[start:stop].sum()
        airborne = low[max(0, start - 1)] > 0.02 or low[min(stop, len(low) - 1)] > 0.02  # the end of a real step
        if length > 0.04 and not airborne:
            lift[start:stop] = min(0.08, 0.02 + 0.2 * length) * np.sin(np.pi * path[start:stop].cumsum() / length) ** 2
    return lift


def planted_frames(points: Float64, fps: float, scale: float = 1.0) -> NDArray[np.bool_]:
    """[F, K] whether each sole point touches the floor and hardly moves (`PLANTED_HEIGHT`, `PLANTED_SPEED`)."""
    if len(points) < 2:
        return points[..., 1] < PLANTED_HEIGHT * scale
    velocity = np.gradient(points[..., [0, 2]], axis=0) * fps
    speed = np.linalg.norm(velocity, axis=-1)
    return (points[..., 1] < PLANTED_HEIGHT * scale) & (speed < PLANTED_SPEED * scale)


def _planting_shift(points: Float64, planted: NDArray[np.bool_], fps: float) -> Float64:
    """[F, 3] how far to move a foot over the floor so that its contacts stay put.

    The foot pivots about whichever planted point is lowest; corrections fade over 0.1 s around each contact.
    """
    shift = np.zeros((len(points), 3))
    weight = np.zeros(len(points))
    for start, stop in _runs(np.asarray(planted.any(1))):
        if stop - start >= 3:
            shift[start:stop] = _pinned(points[start:stop], planted[start:stop])
            weight[start:stop] = 1
    return _faded(shift, weight, fade=max(1, round(0.1 * fps)))


def _pinned(points: Float64, planted: NDArray[np.bool_]) -> Float64:
    """[F, 3] shifts over the floor that keep the lowest planted point of every frame of one contact still."""
    heights = np.where(planted, points[..., 1], np.inf)
    active = heights.argmin(1)
    shift = np.zeros((len(points), 3))
    for frame in range(1, len(points)):
        # Carry on from the previous frame with the point that is down now, so a roll from heel to ball is seamless.
        before, now = points[frame - 1, active[frame]], points[frame, active[frame]]
        shift[frame, [0, 2]] = shift[frame - 1, [0, 2]] + (before - now)[[0, 2]]
    return shift - shift.mean(0)


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
    scale = motion.rest_height / REFERENCE_HEIGHT
    source = replace(motion, translation=motion.translation / scale, rest_height=REFERENCE_HEIGHT)
    floor = np.percentile(lowest_heights(source, REFERENCE_SKELETON), 5) * scale
    return replace(motion, translation=motion.translation - (0, floor, 0))
