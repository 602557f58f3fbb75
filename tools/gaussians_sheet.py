"""The picture of docs/gaussians.md: a person as mesh and as Gaussians, whole and at the joints; and what a frame costs.

usage: python tools/gaussians_sheet.py docs/gaussians.png [--count 100000] [--seed 3]
"""

from __future__ import annotations

import argparse
import dataclasses
import statistics
import time
from collections.abc import Callable

import numpy as np
import torch

from personify.avatar import Avatar
from personify.body.mesh import Float
from personify.body.pose import JOINT_INDEX
from personify.body.posing import pose_array, relaxed_pose, skinning_transforms
from personify.drawing import AvatarRenderer, surface_points
from personify.render.cameras import Camera, frame_points
from personify.render.sheets import contact_sheet, save_png
from personify.render.splats import draw_layer
from personify.surface_sampling import gaussians_from_parts
from personify.text.create import create

LOOK = "a woman with long hair in a blue shirt, jeans and sneakers"
SIZE = 320
POSES = {
    "sitting": {
        "left_hip": (-1.6, 0, 0.2), "right_hip": (-1.6, 0, -0.2), "left_knee": (1.7, 0, 0), "right_knee": (1.7, 0, 0),
        "left_elbow": (0, -1.9, 0), "right_elbow": (0, 1.9, 0), "left_shoulder": (0, -0.6, -0.9),
        "right_shoulder": (0, 0.6, 0.9),
    },
    "reaching": {
        "left_shoulder": (0, 0, 1.1), "right_shoulder": (0, 0, -1.1), "left_collar": (0, 0, 0.25),
        "right_collar": (0, 0, -0.25), "left_hip": (-0.3, 0, 0.8), "right_hip": (0.3, 0, -0.5),
    },
}  # fmt: skip
CLOSE = (("sitting", "left_knee"), ("sitting", "left_elbow"), ("reaching", "left_shoulder"), ("reaching", "pelvis"))


def near(avatar: Avatar, transforms: torch.Tensor, joint: str, azimuth: float) -> Camera:
    """A camera on 40 cm around a joint."""
    matrix, place = transforms[JOINT_INDEX[joint]].numpy(), avatar.skeleton.rest_joints[JOINT_INDEX[joint]]
    corners = np.indices((2, 2, 2)).reshape(3, 8).T - 0.5
    return frame_points(matrix[:3, :3] @ place + matrix[:3, 3] + 0.4 * corners, azimuth, 0.1, SIZE, SIZE)


def pictures(mesh: Avatar, splats: Avatar) -> tuple[list[Float], list[str]]:
    renderers = {"mesh": AvatarRenderer(mesh, supersample=3), "Gaussians": AvatarRenderer(splats)}
    poses = {name: pose_array(mesh.skeleton, **joints) for name, joints in POSES.items()}
    poses = {"standing": relaxed_pose(mesh.skeleton)} | poses
    matrices = {name: skinning_transforms(mesh.skeleton, pose) for name, pose in poses.items()}
    shots = [
        (name, matrix, frame_points(surface_points(mesh, matrix), 0.4, 0.14, SIZE, SIZE))
        for name, matrix in matrices.items()
    ]
    shots += [(f"{joint}, {name}", matrices[name], near(mesh, matrices[name], joint, 0.6)) for name, joint in CLOSE]
    images, labels = [], []
    for kind, renderer in renderers.items():
        images += [renderer.render(matrix, camera) for _, matrix, camera in shots]
        labels += [f"{kind}, {label}".replace("_", " ") for label, _, _ in shots]
    return images, labels


def milliseconds(work: Callable[[], object], repeats: int = 30) -> str:
    """Wall clock of the best call, and processor time of all threads, which other programs disturb less."""
    work()
    wall, processor = [], []
    for _ in range(repeats):
        start, used = time.perf_counter(), time.process_time()
        work()
        wall.append(1000 * (time.perf_counter() - start))
        processor.append(1000 * (time.process_time() - used))
    return f"{min(wall):.1f} ms at best, {statistics.median(processor):.1f} ms of processor time"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("output")
    parser.add_argument("--count", type=int, default=100_000)
    parser.add_argument("--seed", type=int, default=3)
    arguments = parser.parse_args()
    mesh = create(look=LOOK, seed=arguments.seed, preset="draft", texture_size=512)
    splats = dataclasses.replace(mesh, parts=(), gaussians=gaussians_from_parts(mesh.parts, arguments.count))
    images, labels = pictures(mesh, splats)
    save_png(arguments.output, contact_sheet(images, labels, columns=len(images) // 2))
    rig = splats.gaussian_rig
    assert rig is not None
    transforms = skinning_transforms(mesh.skeleton, relaxed_pose(mesh.skeleton))
    posed = rig.pose(transforms)
    camera = frame_points(posed.means, 0.4, 0.14, 512, 512)
    print(f"{len(posed.means)} Gaussians, {torch.get_num_threads()} threads, 512 x 512")
    print("pose:", milliseconds(lambda: rig.pose(transforms)))
    print("draw:", milliseconds(lambda: draw_layer(posed, camera)))
    print("both:", milliseconds(lambda: draw_layer(rig.pose(transforms), camera)))


if __name__ == "__main__":
    main()
