"""Folds in cloth: what a dressed person lacks most to the eye, carved into normals and shade, never into the outline.

Dressing leaves cloth nearly smooth. Here it creases where bodies bend it (elbows, armpits, waist, knees, hems) and
hangs in long folds below the hips. The height depends on the place alone, so folds run on across seams.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from personify.body.mesh import Float, MeshPart, Skeleton
from personify.body.pose import HAND_JOINTS, JOINT_INDEX
from personify.text.sculpt.relief import shaded, slopes, tangents, turned
from personify.text.sculpt.texels import resample
from personify.wardrobe.fractal import fractal
from personify.wardrobe.uvmap import bake_attributes
from personify.wardrobe.vocabulary import GARMENTS

SLOTS = ("top", "bottom", "full", "outer", "back")
CLOSE = ("top", "bottom")
"""Garments of these slots lie close to the body and fold less deeply."""
STIFF = ("armour",)
"""Garments of these slots fold, except these kinds."""
DEEPEST = 0.011  # metres
_CLOSE_DEPTH = 0.6
_BENT = {"elbow": 0.10, "wrist": 0.06, "shoulder": 0.09, "knee": 0.11, "ankle": 0.10, "hip": 0.09}
"""Joints around which cloth creases, and how far (metres, of an adult)."""
_FINEST = 512  # texels of a side in which folds are drawn; larger maps take them enlarged
_ARMS = (*(f"{side}_{name}" for side in ("left", "right") for name in ("shoulder", "elbow", "wrist")), *HAND_JOINTS)
_CREASE_SHADE = 0.4  # of the light that a crease as deep as `DEEPEST` loses


def folds(kind: str) -> bool:
    """Whether a kind of garment is of cloth that folds.

    >>> folds("dress"), folds("armour"), folds("boots")
    (True, False, False)
    """
    return kind in GARMENTS and GARMENTS[kind].slot in SLOTS and kind not in STIFF


def fold(part: MeshPart, skeleton: Skeleton, depth: float = 1.0, seed: int = 0) -> MeshPart:
    """The part with deeper folds: new normal map and texture, same geometry.

    Args:
        part: a garment with texture and normal map; one without is returned as it is.
        skeleton: of the person.
        depth: 0 to 2; 1 is natural.
        seed: another seed folds elsewhere.
    """
    material = part.material
    if material.texture is None or material.normal_map is None or depth <= 0:
        return part
    if part.name in GARMENTS and GARMENTS[part.name].slot in CLOSE:
        depth *= _CLOSE_DEPTH
    full = material.normal_map.shape[:2]
    size = min(_FINEST, full[0])
    frames = tangents(part)
    points, weights = part.vertices, along_arms(part)[:, None]
    baked, _ = bake_attributes(part.uvs, part.faces, np.concatenate([points, weights, frames], 1), size)
    places, arms = baked[..., :3], baked[..., 3]
    height = depth * fold_height(places, arms, skeleton, seed)
    steep = slopes(lambda p: depth * fold_height(p, arms, skeleton, seed), places, (baked[..., 4:7], baked[..., 7:10]))
    normals = turned(material.normal_map, resample(steep, full))
    shade = 1 - _CREASE_SHADE * np.clip(-height / DEEPEST, 0, 1)
    return replace(part, material=replace(material, normal_map=normals, texture=shaded(material.texture, shade)))


def fold_height(places: Float, arms: Float, skeleton: Skeleton, seed: int = 0) -> Float:
    """Metres that cloth stands out (or, negative, lies back) at places of the T-pose.

    Args:
        places: [..., 3] metres.
        arms: [...] 1 on sleeves, 0 elsewhere.
        skeleton: of the person.
        seed: another seed folds elsewhere.
    """
    unit = float(np.ptp(skeleton.rest_joints[:, 1])) / 1.55  # of an adult's joints
    p = places / np.float32(unit)
    p = p + 0.03 * np.stack([fractal(p, 0.16, 2, seed + k) for k in (1, 2, 3)], -1)
    bent = np.full(places.shape[:-1], 0.22, np.float32)
    for name, reach in _BENT.items():
        for side in ("left", "right"):
            joint = skeleton.rest_joints[JOINT_INDEX[f"{side}_{name}"]]
            bent += np.exp(-np.square((places - joint) / (reach * unit)).sum(-1)).astype(np.float32)
    waist = skeleton.rest_joints[JOINT_INDEX["spine1"], 1]
    bent += np.exp(-np.square((places[..., 1] - waist) / (0.08 * unit))).astype(np.float32)
    sleeves = _ridges(fractal(p, (0.055, 0.16, 0.16), 2, seed + 5))
    trunk = _ridges(fractal(p @ _DIAGONAL, (0.16, 0.055, 0.16), 2, seed + 6))
    knees = skeleton.rest_joints[[JOINT_INDEX["left_knee"], JOINT_INDEX["left_hip"]], 1]
    middle = np.abs(places[..., 0]) < 0.55 * unit
    fall = np.clip((knees[1] - places[..., 1]) / (knees[1] - knees[0]), 0, 1) * middle
    hanging = fractal(p, (0.075, 0.9, 0.075), 2, seed + 7)
    height = np.clip(bent, 0, 1.1) * np.where(arms > 0.5, sleeves, trunk) * (1 - 0.5 * fall) + 0.8 * fall * hanging
    return (DEEPEST * unit * height).astype(np.float32)


_DIAGONAL = np.array([[0.9, 0.44, 0], [-0.44, 0.9, 0], [0, 0, 1]], np.float32)


def _ridges(noise: Float) -> Float:
    """Round backs and narrow valleys, as cloth folds; a sharp one would be a staircase of texels."""
    return 0.5 - (np.square(1.6 * noise) + 0.015) ** 0.4


def along_arms(part: MeshPart) -> Float:  # [V]
    """Share of every vertex that moves with shoulders, arms and hands."""
    arms: Float = part.lbs_weights[:, [JOINT_INDEX[name] for name in _ARMS]].sum(1)
    return arms
