"""A small synthetic person of boxes: one box per bone, blended at the joints, textured, with face shapes and clips."""

from __future__ import annotations

import numpy as np
import torch

from personify.body.mesh import Material, MeshPart, Skeleton
from personify.body.pose import JOINT_INDEX, JOINT_NAMES, PARENTS
from personify.body.rotations import axis_angle_to_matrix, matrix_to_quaternion
from personify.export.clip import AnimationClip

_LEFT = {
    "hip": (0.09, 0.90, 0), "knee": (0.10, 0.50, 0), "ankle": (0.10, 0.08, -0.02), "foot": (0.10, 0.03, 0.10),
    "collar": (0.06, 1.42, 0), "shoulder": (0.17, 1.43, 0), "elbow": (0.43, 1.43, 0), "wrist": (0.68, 1.43, 0),
    "eye": (0.03, 1.64, 0.08),
}  # fmt: skip
_CENTRE = {
    "pelvis": (0, 0.95, 0), "spine1": (0, 1.05, 0), "spine2": (0, 1.18, 0), "spine3": (0, 1.30, 0),
    "neck": (0, 1.50, 0), "head": (0, 1.58, 0.01), "jaw": (0, 1.58, 0.03),
}  # fmt: skip
_FINGER_HEIGHT = {"index": 0.03, "middle": 0.01, "ring": -0.01, "pinky": -0.03, "thumb": 0.04}


def _rest_joint(name: str) -> tuple[float, float, float]:
    if name in _CENTRE:
        return _CENTRE[name]
    side, joint = name.split("_")
    if joint in _LEFT:
        x, y, z = _LEFT[joint]
    else:
        x, y, z = 0.72 + 0.03 * int(joint[-1]), 1.43, _FINGER_HEIGHT[joint[:-1]]
    return (x if side == "left" else -x), y, z


def make_skeleton() -> Skeleton:
    rest = np.array([_rest_joint(name) for name in JOINT_NAMES], np.float32)
    return Skeleton(JOINT_NAMES, PARENTS, rest)


def checker(first: tuple[int, int, int], second: tuple[int, int, int], size: int = 64) -> np.ndarray:
    rows, columns = np.indices((size, size)) // 8
    return np.where((rows + columns)[..., None] % 2 == 0, first, second).astype(np.uint8)


_CORNERS = np.array([(x, y, z) for x in (-1, 1) for y in (-1, 1) for z in (-1, 1)], np.float32)
_SIDES = (
    (0, 1, 3, 2),
    (4, 6, 7, 5),
    (0, 4, 5, 1),
    (2, 3, 7, 6),
    (0, 2, 6, 4),
    (1, 5, 7, 3),
)  # outward, four corners each


def _box(low: np.ndarray, high: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """24 vertices (every side has its own four, as at texture seams), 12 faces, uvs."""
    corners = (low + high) / 2 + _CORNERS * (high - low) / 2
    vertices = np.concatenate([corners[list(side)] for side in _SIDES])
    faces = np.concatenate([np.array([[0, 1, 2], [0, 2, 3]]) + 4 * k for k in range(6)])
    uvs = np.tile(np.array([[0, 1], [1, 1], [1, 0], [0, 0]], np.float32), (6, 1))
    return vertices.astype(np.float32), faces, uvs


def _bone_boxes(skeleton: Skeleton, joints: list[str], radius: float) -> tuple[np.ndarray, ...]:
    """A box around every bone; its near half follows the joint, its far half blends towards the child."""
    vertices, faces, uvs, weights = [], [], [], []
    for name in joints:
        joint = JOINT_INDEX[name]
        child = next((k for k, parent in enumerate(skeleton.parents) if parent == joint), joint)
        start, end = skeleton.rest_joints[joint], skeleton.rest_joints[child]
        box, box_faces, box_uvs = _box(np.minimum(start, end) - radius, np.maximum(start, end) + radius)
        blend = np.zeros((len(box), len(skeleton.parents)), np.float32)
        towards = np.linalg.norm(box - end, axis=1) < np.linalg.norm(box - start, axis=1)
        blend[:, joint] = 1
        if child != joint:
            blend[towards, joint], blend[towards, child] = 0.6, 0.4
        faces.append(box_faces + sum(map(len, vertices)))
        vertices.append(box), uvs.append(box_uvs), weights.append(blend)
    return np.concatenate(vertices), np.concatenate(faces), np.concatenate(uvs), np.concatenate(weights)


def make_parts(skeleton: Skeleton) -> list[MeshPart]:
    """Skin (with two face shapes), a shirt that shares the skin's normal map, a half transparent visor."""
    bumps = np.full((16, 16, 3), (128, 128, 255), np.uint8)
    skin = Material("skin", texture=checker((222, 170, 140), (240, 196, 170)), normal_map=bumps, roughness=0.6)
    cloth = checker((30, 80, 170), (235, 235, 235))
    shirt = Material("shirt", texture=cloth, normal_map=bumps, double_sided=True, alpha_mode="MASK")
    visor = Material("visor", base_color=(0.1, 0.5, 0.3, 0.5), metallic=1.0, roughness=0.1, alpha_mode="BLEND")
    torso = ["pelvis", "spine1", "spine2", "spine3", "left_shoulder", "right_shoulder"]
    worn = {"left_collar", "right_collar", "jaw", "left_eye", "right_eye", *torso}
    vertices, faces, uvs, weights = _bone_boxes(skeleton, [name for name in JOINT_NAMES if name not in worn], 0.03)
    head, head_faces, head_uvs = _box(np.array([-0.09, 1.56, -0.09]), np.array([0.09, 1.78, 0.11]))
    head_weights = np.zeros((len(head), len(JOINT_NAMES)), np.float32)
    head_weights[:, JOINT_INDEX["head"]] = 1
    first, top = len(vertices), np.flatnonzero(head[:, 1] > 1.7)
    morphs = {
        "jawOpen": (np.array([first + 9, first + 2]), np.float32([[0, -0.03, 0], [0, -0.02, 0.01]])),
        "browInnerUp": (first + top, np.tile(np.float32([0, 0.08, 0]), (len(top), 1))),
    }
    body = MeshPart(
        "body",
        np.concatenate([vertices, head]),
        np.concatenate([faces, head_faces + first]),
        np.concatenate([uvs, head_uvs]),
        np.concatenate([weights, head_weights]),
        skin,
        morphs,
    )
    visor_box, visor_faces, visor_uvs = _box(np.array([-0.10, 1.63, 0.08]), np.array([0.10, 1.67, 0.13]))
    return [
        body,
        MeshPart("shirt", *_bone_boxes(skeleton, torso, 0.08), shirt),
        MeshPart("visor", visor_box, visor_faces, visor_uvs, head_weights, visor),
    ]


def axis_angles_to_quaternions(axis_angles: np.ndarray) -> np.ndarray:
    return matrix_to_quaternion(axis_angle_to_matrix(torch.from_numpy(axis_angles).double())).float().numpy()


def make_clips(skeleton: Skeleton) -> list[AnimationClip]:
    """A wave with the arms lowered, and a spin on the spot that passes 180 degrees."""
    times = np.linspace(0, 1, 13, dtype=np.float32)
    phase = 2 * np.pi * times
    wave = np.zeros((len(times), len(JOINT_NAMES), 3))
    wave[:, JOINT_INDEX["left_shoulder"], 2] = -1.2  # held still
    wave[:, JOINT_INDEX["right_shoulder"], 2] = 0.3 * np.sin(phase) - 0.4
    wave[:, JOINT_INDEX["right_elbow"], 2] = 0.8 * np.cos(phase) - 0.8
    wave[:, JOINT_INDEX["left_knee"], 0] = 0.5 + 0.5 * np.sin(phase)
    spin = np.zeros_like(wave)
    spin[:, 0, 1] = phase
    root = np.tile(skeleton.rest_joints[0], (len(times), 1))
    bounce = root + np.float32([0, 0.05, 0]) * np.abs(np.sin(phase))[:, None].astype(np.float32)
    mouth = {"jawOpen": (0.5 - 0.5 * np.cos(phase)).astype(np.float32)}
    return [
        AnimationClip("wave", times, axis_angles_to_quaternions(wave), bounce.astype(np.float32), mouth),
        AnimationClip("spin", times * 2, axis_angles_to_quaternions(spin), root),
    ]
