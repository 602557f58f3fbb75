"""A person for tests: a ball with a coat, and an arm that bends."""

import numpy as np
import trimesh

from personify.body.mesh import Material, MeshPart, Skeleton
from personify.body.pose import JOINT_INDEX, JOINT_NAMES, NUM_JOINTS, PARENTS


def skeleton():
    """All joints at (0, 1, 0), except the left arm along +X."""
    joints = np.tile(np.float32([0, 1, 0]), (NUM_JOINTS, 1))
    joints[JOINT_INDEX["left_shoulder"]] = [0.2, 1, 0]
    for name in JOINT_NAMES:
        if (name.startswith("left_") and name.split("_", 1)[1] in ("elbow", "wrist")) or (
            name.startswith("left_") and name[-1].isdigit()
        ):
            joints[JOINT_INDEX[name]] = [0.5, 1, 0]
    return Skeleton(JOINT_NAMES, PARENTS, joints)


def weights(count, joint="pelvis"):
    out = np.zeros((count, NUM_JOINTS), np.float32)
    out[:, JOINT_INDEX[joint]] = 1
    return out


def sphere_uvs(points):
    unit = points / np.linalg.norm(points, axis=1, keepdims=True)
    around = np.arctan2(unit[:, 0], unit[:, 2]) / (2 * np.pi) + 0.5
    return np.stack([around, np.arccos(unit[:, 1].clip(-1, 1)) / np.pi], 1).astype(np.float32)


def checkers(size=32):
    tiles = (np.indices((size, size)) // 8).sum(0) % 2
    return np.where(tiles[..., None] > 0, np.uint8([200, 60, 60]), np.uint8([60, 60, 200])).astype(np.uint8)


def ball(radius=0.3, name="skin", texture=True, subdivisions=3, color=(1.0, 1.0, 1.0, 1.0)):
    mesh = trimesh.creation.icosphere(subdivisions, radius)
    points = mesh.vertices.astype(np.float32)
    material = Material(name, color, texture=checkers() if texture else None)
    at = points + np.float32([0, 1, 0])
    return MeshPart(name, at, mesh.faces.astype(np.int64), sphere_uvs(points), weights(len(at)), material)


def arm():
    """A closed tube along +X that bends at the elbow, x = 0.5."""
    mesh = trimesh.creation.cylinder(0.05, 0.8, sections=24).subdivide_to_size(0.03)
    points = (mesh.vertices[:, [2, 1, 0]] * [1, 1, -1] + [0.6, 1, 0]).astype(np.float32)
    bend = np.clip((points[:, 0] - 0.44) / 0.12, 0, 1).astype(np.float32)
    blend = (1 - bend)[:, None] * weights(len(points), "left_shoulder")
    blend += bend[:, None] * weights(len(points), "left_elbow")
    uvs = np.stack([points[:, 0], points[:, 1] - 0.5], 1).astype(np.float32)
    return MeshPart("arm", points, mesh.faces.astype(np.int64), uvs, blend, Material("arm", (0.2, 0.6, 0.2, 1)))
