"""Bake authored motions and poses (format h22-motion-v1) into the assets `motions.npz` and `poses.npz`.

    python tools/bake_motions.py authored_motions.npz authored_poses.npz src/personify/assets

Only clips under CC0-1.0 that were authored for this project are taken; the names lose their ``auth_`` prefix, and of
poses that are mirror images of each other one is kept.
The authored clips hold the midpoint of the feet still and let both feet slide; here one foot stands, the other one
steps, and the toes of a raised heel lie flat.
"""

from __future__ import annotations

import argparse
from dataclasses import replace
from itertools import pairwise
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from personify.body.pose import JOINT_INDEX, NUM_BODY_JOINTS, NUM_JOINTS
from personify.files import atomic_path
from personify.motion.clip import Motion
from personify.motion.grounding import locked, sole_offsets, sole_points
from personify.motion.kinematics import (
    REFERENCE_SKELETON,
    SIDES,
    aligning,
    axis_angles,
    body_frames,
    local_rotations,
    matrices,
)

Array = NDArray[np.float64]

FPS = 30.0
ROTATION_STEP = 1e-3  # radians; under a tenth of a degree
TRANSLATION_STEP = 1e-3  # metres


def undelta(low: NDArray[np.uint8], high: NDArray[np.uint8]) -> NDArray[np.int16]:
    """Undo h22's packing: bytes of zigzag-coded differences along the frames."""
    zigzag = low.astype(np.int32) | (high.astype(np.int32) << 8)
    difference = ((zigzag >> 1) ^ -(zigzag & 1)).astype(np.int16)
    return np.cumsum(difference, axis=0, dtype=np.int16)


def delta(values: NDArray[np.float64], starts: NDArray[np.int64], step: float) -> NDArray[np.int16]:
    """Quantised differences along the frames, restarting with every clip: small numbers compress well."""
    quantised = np.round(values / step).astype(np.int64)
    differences = np.diff(quantised, axis=0, prepend=0 * quantised[:1])
    differences[starts[:-1]] = quantised[starts[:-1]]
    return differences.astype(np.int16)


def repaired(motion: Motion) -> Motion:
    """The motion with flat toes, a standing foot that does not slide, and steps instead of slides."""
    rotations = motion.rotations.astype(float)
    orientations, positions = body_frames(rotations, motion.translation, REFERENCE_SKELETON)
    flatten_toes(orientations, positions)
    positions += standing_shift(feet(orientations, positions))[:, None]
    rotations[:, :NUM_BODY_JOINTS] = local_rotations(orientations)
    return locked(replace(motion, rotations=rotations, translation=positions[:, 0]))


def feet(orientations: Array, positions: Array) -> dict[str, Array]:
    """Sole points [F, 3, 3] by side: heel, ball, tip."""
    offsets = sole_offsets(REFERENCE_SKELETON)
    return {side: sole_points(orientations, positions, side, offsets) for side, _ in SIDES}


def flatten_toes(orientations: Array, positions: Array) -> None:
    """Turn toes that would point into the floor until they lie flat; in place."""
    soles = feet(orientations, positions)
    floor = np.min([points[..., 1].min(1) for points in soles.values()], axis=0)
    for side, _ in SIDES:
        ball, tip = soles[side][:, 1], soles[side][:, 2]
        toes = tip - ball
        contact = (1 - (ball[:, 1] - floor - 0.03) / 0.05).clip(0, 1) * (toes[:, 1] < 0)
        turn = axis_angles(aligning(toes, toes * (1, 0, 1))) * contact[:, None]
        joint = JOINT_INDEX[f"{side}_foot"]
        orientations[:, joint] = matrices(turn) @ orientations[:, joint]


def standing_shift(soles: dict[str, Array]) -> Array:
    """[F, 3] shift of the whole body that keeps the foot that carries it in place."""
    heights = np.stack([soles[side][..., 1].min(1) for side, _ in SIDES], 1)
    balls = np.stack([soles[side][:, 1] for side, _ in SIDES], 1)
    shift = np.zeros((len(heights), 3))
    standing = 0
    for frame in range(1, len(heights)):
        if abs(heights[frame, 0] - heights[frame, 1]) > 0.015:
            standing = int(heights[frame].argmin())
        slide = (balls[frame, standing] - balls[frame - 1, standing]) * (1, 0, 1)
        shift[frame] = shift[frame - 1] - slide * (heights[frame].min() < 0.05)
    return shift


def repair_all(rotations: Array, translation: Array, starts: NDArray[np.int64]) -> tuple[Array, Array]:
    """`repaired`, clip by clip."""
    for first, last in pairwise(starts):
        pose = np.zeros((last - first, NUM_JOINTS, 3))
        pose[:, :NUM_BODY_JOINTS] = rotations[first:last]
        height = float(REFERENCE_SKELETON.rest_joints[0, 1])
        motion = repaired(Motion("clip", FPS, pose, translation[first:last], height))
        rotations[first:last], translation[first:last] = motion.rotations[:, :NUM_BODY_JOINTS], motion.translation
    return rotations, translation


def unpacked(source: Path) -> tuple[dict[str, NDArray], Array, Array, NDArray[np.int64]]:
    """Everything in an h22 file, and its rotations [F, 22, 3], translations [F, 3] and clip starts."""
    with np.load(source, allow_pickle=False) as file:
        data = dict(file)
    keep = (data["clip_kind"] == "authored") & (data["clip_licence"] == "CC0-1.0")
    if not keep.all():
        raise SystemExit(f"{source}: {np.sum(~keep)} clips are not authored CC0 clips; refusing to ship them")
    rotations = undelta(data["rot_lo"], data["rot_hi"]) * float(data["rot_step"])
    translation = undelta(data["trans_lo"], data["trans_hi"]) * float(data["trans_step"])
    return data, rotations, translation, data["clip_start"].astype(np.int64)


def bake_motions(source: Path, target: Path) -> None:
    """Write `motions.npz`."""
    data, rotations, translation, starts = unpacked(source)
    rotations, translation = repair_all(rotations, translation, starts)
    with atomic_path(target) as path, open(path, "wb") as file:
        np.savez_compressed(
            file,
            names=np.array([str(name).removeprefix("auth_") for name in data["clip_id"]]),
            texts=data["clip_text"],
            starts=starts,
            fps=np.float32(FPS),
            rotations=delta(rotations, starts, ROTATION_STEP),
            translation=delta(translation, starts, TRANSLATION_STEP),
            steps=np.float64([ROTATION_STEP, TRANSLATION_STEP]),
            licence=np.array("CC0-1.0"),
        )


def bake_poses(source: Path, target: Path) -> None:
    """Write `poses.npz`."""
    data, rotations, translation, _ = unpacked(source)
    names = data["clip_id"].tolist()
    keep = [k for k, name in enumerate(names) if not name.endswith("_mirrored")]
    with atomic_path(target) as path, open(path, "wb") as file:
        np.savez_compressed(
            file,
            names=data["clip_id"][keep],
            texts=data["clip_text"][keep],
            rotations=np.round(rotations[keep] / ROTATION_STEP).astype(np.int16),
            translation=np.round(translation[keep] / TRANSLATION_STEP).astype(np.int16),
            steps=np.float64([ROTATION_STEP, TRANSLATION_STEP]),
            licence=np.array("CC0-1.0"),
        )


def main() -> None:
    """Command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("motions", type=Path)
    parser.add_argument("poses", type=Path)
    parser.add_argument("assets", type=Path)
    arguments = parser.parse_args()
    bake_motions(arguments.motions, arguments.assets / "motions.npz")
    bake_poses(arguments.poses, arguments.assets / "poses.npz")


if __name__ == "__main__":
    main()
