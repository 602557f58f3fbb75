"""Recordings as other software writes them, made from one of our motions."""

from __future__ import annotations

import numpy as np
from scipy.spatial.transform import Rotation

from personify.body.pose import BODY_JOINTS, PARENTS
from personify.motion.clip import Motion
from personify.motion.humanoids import SourceMotion
from personify.motion.kinematics import REFERENCE_SKELETON, body_rest, matrices

# The 22 body joints as rigs call them, in `BODY_JOINTS` order; None = the rig has no such joint.
NAMES: dict[str, list[str | None]] = {
    "mixamo": [
        "mixamorig:Hips", "mixamorig:LeftUpLeg", "mixamorig:RightUpLeg", "mixamorig:Spine", "mixamorig:LeftLeg",
        "mixamorig:RightLeg", "mixamorig:Spine1", "mixamorig:LeftFoot", "mixamorig:RightFoot",
        "mixamorig:Spine2", "mixamorig:LeftToeBase", "mixamorig:RightToeBase", "mixamorig:Neck",
        "mixamorig:LeftShoulder", "mixamorig:RightShoulder", "mixamorig:Head", "mixamorig:LeftArm",
        "mixamorig:RightArm", "mixamorig:LeftForeArm", "mixamorig:RightForeArm", "mixamorig:LeftHand",
        "mixamorig:RightHand",
    ],
    "xsens": [
        "Pelvis", "LeftUpperLeg", "RightUpperLeg", "L5", "LeftLowerLeg", "RightLowerLeg", "L3", "LeftFoot",
        "RightFoot", "T8", "LeftToe", "RightToe", "Neck", "LeftShoulder", "RightShoulder", "Head",
        "LeftUpperArm", "RightUpperArm", "LeftForeArm", "RightForeArm", "LeftHand", "RightHand",
    ],
    "rokoko": [
        "Hips", "LeftThigh", "RightThigh", "Spine1", "LeftShin", "RightShin", "Spine2", "LeftFoot", "RightFoot",
        "Spine4", "LeftToe", "RightToe", "Neck", "LeftShoulder", "RightShoulder", "Head", "LeftArm", "RightArm",
        "LeftForeArm", "RightForeArm", "LeftHand", "RightHand",
    ],
    "daz": [
        "hip", "lThigh", "rThigh", "abdomen", "lShin", "rShin", None, "lFoot", "rFoot", "chest", None, None,
        "neck", "lCollar", "rCollar", "head", "lShldr", "rShldr", "lForeArm", "rForeArm", "lHand", "rHand",
    ],
    "biped": [
        "Bip01 Pelvis", "Bip01 L Thigh", "Bip01 R Thigh", "Bip01 Spine", "Bip01 L Calf", "Bip01 R Calf",
        "Bip01 Spine1", "Bip01 L Foot", "Bip01 R Foot", "Bip01 Spine2", "Bip01 L Toe0", "Bip01 R Toe0",
        "Bip01 Neck", "Bip01 L Clavicle", "Bip01 R Clavicle", "Bip01 Head", "Bip01 L UpperArm",
        "Bip01 R UpperArm", "Bip01 L Forearm", "Bip01 R Forearm", "Bip01 L Hand", "Bip01 R Hand",
    ],
    "blender": [
        "hips", "thigh.L", "thigh.R", "spine", "shin.L", "shin.R", None, "foot.L", "foot.R", "chest", "toe.L",
        "toe.R", None, "shoulder.L", "shoulder.R", "head", "upper_arm.L", "upper_arm.R", "forearm.L",
        "forearm.R", "hand.L", "hand.R",
    ],
    "smpl": list(BODY_JOINTS),
    "smpl short": [
        "Pelvis", "L_Hip", "R_Hip", "Torso", "L_Knee", "R_Knee", "Spine", "L_Ankle", "R_Ankle", "Chest",
        "L_Toe", "R_Toe", "Neck", "L_Thorax", "R_Thorax", "Head", "L_Shoulder", "R_Shoulder", "L_Elbow",
        "R_Elbow", "L_Hand", "R_Hand",
    ],
}  # fmt: skip


def recorded(
    motion: Motion,
    names: list[str | None],
    scale: float = 1.0,
    axes: np.ndarray | None = None,
    bone_frames: int | None = None,
) -> SourceMotion:
    """The motion as a rig with these names would have recorded it.

    Args:
        motion: on the reference skeleton.
        names: of the body joints; None leaves the joint out (its rotation goes to its children).
        scale: file units per metre.
        axes: [3, 3] from our world to the file's.
        bone_frames: seed of random joint frames, as in rigs whose zero pose is no standing figure.
    """
    axes = np.eye(3) if axes is None else axes
    kept = [joint for joint, name in enumerate(names) if name is not None]
    local, rest = matrices(motion.rotations[:, : len(names)]), body_rest(REFERENCE_SKELETON)
    world = local.copy()
    for joint, parent in enumerate(PARENTS[: len(names)]):
        if parent >= 0:
            world[:, joint] = world[:, parent] @ local[:, joint]
    generator = np.random.default_rng(bone_frames)
    own = np.tile(np.eye(3), (len(names), 1, 1))
    if bone_frames is not None:
        own = Rotation.random(len(names), rng=generator).as_matrix()
    parents, offsets, rotations = [], [], []
    for joint in kept:
        parent = PARENTS[joint]
        while parent >= 0 and parent not in kept:
            parent = PARENTS[parent]
        turned = axes @ world[:, joint] @ axes.T @ own[joint]
        if parent < 0:
            parents.append(-1)
            offsets.append(np.zeros(3))
            rotations.append(turned)
            continue
        above = axes @ world[:, parent] @ axes.T @ own[parent]
        parents.append(kept.index(parent))
        offsets.append(own[parent].T @ axes @ (rest[joint] - rest[parent]) * scale)
        rotations.append(np.swapaxes(above, -1, -2) @ turned)
    positions = np.tile(np.array(offsets), (motion.num_frames, 1, 1))
    positions[:, 0] = motion.translation @ axes.T * scale
    ends = [np.zeros((0, 3)) for _ in kept]
    return SourceMotion(
        [str(names[joint]) for joint in kept],
        parents,
        np.array(offsets),
        ends,
        motion.fps,
        np.stack(rotations, 1),
        positions,
    )
