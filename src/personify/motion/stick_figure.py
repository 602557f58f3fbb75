"""A body of bones, so that a motion without an avatar shows in every viewer."""

from __future__ import annotations

import numpy as np

from personify.body.mesh import Material, MeshPart, Skeleton
from personify.motion.kinematics import frame, unit

THICKNESS = 0.09  # of a bone, as a fraction of its length
HEAD_HEIGHT = 0.22  # metres above the head's joint


def stick_figure(skeleton: Skeleton) -> MeshPart:
    """One octahedron per bone, rigidly skinned to the joint it starts at, in the T-pose.

    >>> from personify.motion.kinematics import REFERENCE_SKELETON
    >>> stick_figure(REFERENCE_SKELETON).faces.shape
    (440, 3)
    """
    joints = skeleton.rest_joints.astype(float)
    bones = [(parent, joints[parent], joints[k]) for k, parent in enumerate(skeleton.parents) if parent >= 0]
    head = skeleton.joint_names.index("head")
    bones.append((head, joints[head], joints[head] + (0, HEAD_HEIGHT, 0)))
    vertices = np.concatenate([_octahedron(start, end) for _, start, end in bones]).astype(np.float32)
    faces = np.concatenate([_FACES + 6 * k for k in range(len(bones))])
    weights = np.zeros((len(vertices), len(joints)), np.float32)
    weights[np.arange(len(vertices)), np.repeat([joint for joint, _, _ in bones], 6)] = 1
    material = Material("bones", base_color=(0.75, 0.62, 0.45, 1.0), roughness=0.8)
    return MeshPart("bones", vertices, faces, np.zeros((len(vertices), 2), np.float32), weights, material)


_FACES = np.array([(0, 1, 2), (0, 2, 3), (0, 3, 4), (0, 4, 1), (5, 2, 1), (5, 3, 2), (5, 4, 3), (5, 1, 4)])


def _octahedron(start: np.ndarray, end: np.ndarray) -> np.ndarray:
    """[6, 3] start, a square a quarter of the way along, end; counter-clockwise seen from outside."""
    bone = end - start
    axis = unit(bone)
    side = np.eye(3)[np.abs(axis).argmin()]
    axes = frame(side - axis * (axis @ side), axis)
    width = THICKNESS * np.linalg.norm(bone)
    square = [start + 0.25 * bone + width * (x * axes[:, 0] + z * axes[:, 2]) for x, z in _SQUARE]
    return np.stack([start, *square, end])


_SQUARE = ((1, 0), (0, 1), (-1, 0), (0, -1))
