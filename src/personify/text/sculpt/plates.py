"""Plates of metal where dressing left cloth: panel lines, bright rims, dark joints.

Like folds they go into normals and shade and depend on the place alone; the outline stays.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from personify.body.mesh import Float, MeshPart, Skeleton
from personify.body.pose import JOINT_INDEX
from personify.text.sculpt.folds import along_arms
from personify.text.sculpt.relief import shaded, slopes, tangents, turned
from personify.text.sculpt.tailoring import Borders
from personify.text.sculpt.texels import resample
from personify.wardrobe.uvmap import bake_attributes

_FINEST = 512  # texels of a side in which plates are drawn
_JOINT = 0.045  # metres from a joint of an adult to the end of a plate
_DEEP = 0.0018  # metres
_LINE_SHADE, _JOINT_SHADE = 0.2, 0.1  # of the light that is lost there
_JOINTS = ("elbow", "wrist", "knee", "ankle")


def plate(part: MeshPart, skeleton: Skeleton, panels: bool = True) -> MeshPart:
    """The part as sheets of metal: new normal map and texture, same geometry.

    Args:
        part: a garment with texture and normal map; one without is returned as it is.
        skeleton: of the person.
        panels: draw panel lines and joints; armour has its own, and gets rims only.
    """
    material = part.material
    if material.texture is None or material.normal_map is None:
        return part
    full = material.normal_map.shape[:2]
    size = min(_FINEST, full[0])
    attributes = np.concatenate([part.vertices, along_arms(part)[:, None], tangents(part)], 1)
    baked, inside = bake_attributes(part.uvs, part.faces, attributes, size)
    places, arms = baked[..., :3], baked[..., 3]
    width = max(0.003, 0.7 * _texel(part, int(inside.sum())))
    borders = Borders(part, size)

    def height(p: Float) -> Float:
        lines = _panel_lines(p, arms, skeleton, width) if panels else np.zeros(p.shape[:-1], np.float32)
        return np.float32(-_DEEP) * np.maximum(lines, _groove(borders.distance(p), width))

    steep = slopes(height, places, (baked[..., 4:7], baked[..., 7:10]))
    light = 1 - _LINE_SHADE * -height(places) / _DEEP
    if panels:
        light *= 1 - _JOINT_SHADE * _joints(places, skeleton)
    return replace(
        part,
        material=replace(
            material,
            normal_map=turned(material.normal_map, resample(steep, full)),
            texture=shaded(material.texture, light.astype(np.float32)),
        ),
    )


def _texel(part: MeshPart, count: int) -> float:
    """Metres that a texel covers."""
    corners = part.vertices[part.faces]
    area = 0.5 * np.linalg.norm(np.cross(corners[:, 1] - corners[:, 0], corners[:, 2] - corners[:, 0]), axis=1).sum()
    return float(np.sqrt(area / max(count, 1)))


def _groove(distance: Float, width: float) -> Float:
    """A line along the borders of a sheet, behind its rim."""
    return np.exp(-np.square((distance - 4 * width) / width)).astype(np.float32)


def _panel_lines(p: Float, arms: Float, skeleton: Skeleton, width: float) -> Float:
    """1 on the seams along limbs and trunk and on both sides of every joint, 0 elsewhere."""
    joints = skeleton.rest_joints
    shoulder, pelvis = (joints[JOINT_INDEX[name]] for name in ("left_shoulder", "pelvis"))
    seam = np.abs(p[..., 2] - np.where(arms > 0.5, shoulder[2], pelvis[2]))
    ring = np.abs(_from_joint(p, skeleton) - _JOINT * _unit(skeleton))
    return np.exp(-np.square(np.minimum(ring, seam) / width)).astype(np.float32)


def _joints(p: Float, skeleton: Skeleton) -> Float:
    """1 where limbs bend, 0 elsewhere."""
    steep = (_JOINT * _unit(skeleton) - _from_joint(p, skeleton)) / (0.1 * _JOINT)
    return (0.5 + 0.5 * np.tanh(steep)).astype(np.float32)


def _from_joint(p: Float, skeleton: Skeleton) -> Float:
    """Metres along the limb to the nearest joint; infinite far from all of them."""
    near = np.full(p.shape[:-1], np.inf, np.float32)
    for name in _JOINTS:
        for side in ("left", "right"):
            joint = skeleton.rest_joints[JOINT_INDEX[f"{side}_{name}"]]
            along = np.abs(
                p[..., 0 if name in ("elbow", "wrist") else 1] - joint[0 if name in ("elbow", "wrist") else 1]
            )
            close = np.linalg.norm(p - joint, axis=-1) < 0.14 * _unit(skeleton)
            near = np.minimum(near, np.where(close, along, np.inf))
    return near


def _unit(skeleton: Skeleton) -> float:
    """Size of a person beside an adult."""
    return float(np.ptp(skeleton.rest_joints[:, 1])) / 1.55
