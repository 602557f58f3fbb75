"""What several motion tests measure."""

from __future__ import annotations

import numpy as np

from personify.body.mesh import Skeleton
from personify.motion.clip import Motion
from personify.motion.grounding import planted_frames, sole_offsets, sole_points
from personify.motion.kinematics import REFERENCE_SKELETON, SIDES, axis_angles, body_frames, matrices


def stretched(leg: float = 1.0, arm: float = 1.0, width: float = 1.0) -> Skeleton:
    """The reference skeleton with other proportions, soles still on y = 0."""
    joints = REFERENCE_SKELETON.rest_joints.astype(float)
    offsets = joints - joints[list(REFERENCE_SKELETON.parents)]
    offsets[0] = joints[0]
    for index, name in enumerate(REFERENCE_SKELETON.joint_names):
        part = name.split("_")[-1]
        if part in ("knee", "ankle", "foot"):
            offsets[index] *= leg
        if part in ("elbow", "wrist"):
            offsets[index] *= arm
        if part in ("hip", "collar", "shoulder"):
            offsets[index, 0] *= width
    placed = np.zeros_like(joints)
    for index, parent in enumerate(REFERENCE_SKELETON.parents):
        placed[index] = offsets[index] + (placed[parent] if parent >= 0 else 0)
    sole = 0.02 * leg
    placed[:, 1] += sole - placed[REFERENCE_SKELETON.joint_names.index("left_foot"), 1]
    return Skeleton(REFERENCE_SKELETON.joint_names, REFERENCE_SKELETON.parents, placed.astype(np.float32))


def soles(motion: Motion, skeleton: Skeleton = REFERENCE_SKELETON) -> dict[str, np.ndarray]:
    """Sole points [F, 3, 3] by side."""
    orientations, positions = body_frames(motion.rotations, motion.translation, skeleton)
    offsets = sole_offsets(skeleton)
    return {side: sole_points(orientations, positions, side, offsets) for side, _ in SIDES}


def lowest_sole(motion: Motion, skeleton: Skeleton = REFERENCE_SKELETON) -> float:
    """Lowest height of any sole point, metres."""
    return min(float(points[..., 1].min()) for points in soles(motion, skeleton).values())


def slide_speed(motion: Motion, skeleton: Skeleton = REFERENCE_SKELETON) -> float:
    """Greatest speed over the floor, m/s, of a sole point that is down and stays down for two frames around it."""
    worst = 0.0
    for points in soles(motion, skeleton).values():
        planted = planted_frames(points, motion.fps, motion.rest_height / 0.97) & (points[..., 1] < 0.003)
        held = planted[:-3] & planted[1:-2] & planted[2:-1] & planted[3:]
        speed = np.linalg.norm(points[2:-1, :, [0, 2]] - points[1:-2, :, [0, 2]], axis=-1) * motion.fps
        worst = max(worst, float((speed * held).max(initial=0)))
    return worst


def angles_between(first: np.ndarray, second: np.ndarray) -> np.ndarray:
    """Degrees between axis-angle rotations [..., 3]."""
    relative = np.swapaxes(matrices(first), -1, -2) @ matrices(second)
    return np.degrees(np.linalg.norm(axis_angles(relative), axis=-1))


def largest_step(motion: Motion) -> float:
    """Greatest turn of any joint from one frame to the next, degrees."""
    return float(angles_between(motion.rotations[:-1], motion.rotations[1:]).max())
