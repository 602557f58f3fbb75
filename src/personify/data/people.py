"""Synthetic people: dressed, posed, lit and photographed at random, with exact cameras and surface maps.

The same seed and index give the same person. `write_people` fills a folder that a killed run goes on filling;
`stream_people` makes people for ever.
"""

from __future__ import annotations

import functools
import json
import math
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from random import Random

import numpy as np
from numpy.typing import NDArray

from personify.body.mesh import MeshPart, Skeleton
from personify.body.pose import NUM_BODY_JOINTS
from personify.body.posing import relaxed_pose, skin_parts, skinning_transforms
from personify.data.record import INFLUENCES, Float, PersonRecord
from personify.motion.library import library_motion, library_names
from personify.motion.locomotion import gait_motion
from personify.render.cameras import Camera, frame_points
from personify.render.lights import Light, Lights
from personify.render.renderer import MeshRenderer, RenderBuffers
from personify.wardrobe.dress import dress
from personify.wardrobe.looks import looks
from personify.wardrobe.outfit import Outfit
from personify.wardrobe.sampling import likely_sex, sample_outfit, tasteful

TEXTURE_SIZE = 128  # of the clothes; a person is about 120 pixels tall in a picture of 128
_LYING = ("push_ups",)


def draw_outfit(random: Random) -> Outfit:
    """Two fifths of the people are drawn freely, a third tastefully, the rest wear a named look."""
    kind, seed = random.random(), random.getrandbits(32)
    if kind < 0.4:
        return sample_outfit(random)
    if kind < 0.73:
        return tasteful({}, seed)
    look = random.choice(list(looks().values()))
    sex = str(look.person.get("sex") or likely_sex({}, seed))
    return tasteful(look.attributes(seed, sex) | {"person.sex": sex}, seed)


def random_lights(rng: np.random.Generator) -> Lights:
    """Studio light with another direction, strength and warmth."""
    strength, warmth = rng.uniform(0.6, 1.0), rng.normal(0, 0.04)
    color = (strength * (1 + warmth), strength, strength * (1 - warmth))
    ambient = rng.uniform(0.4, 0.65)
    key = Light(float(rng.normal(-0.3, 0.6)), float(rng.uniform(0.3, 1.0)), color)
    return Lights(key=key, sky=(ambient,) * 3, ground=(0.6 * ambient,) * 3)


@functools.lru_cache(maxsize=1)
def _library_poses() -> NDArray[np.float64]:  # [N, 55, 3]
    clips = [library_motion(name).rotations[::12] for name in library_names() if name not in _LYING]
    clips += [gait_motion(name).rotations[::3] for name in ("walk", "run")]
    return np.concatenate(clips)


def random_pose(skeleton: Skeleton, rng: np.random.Generator) -> Float:  # [55, 3]
    """A relaxed stance, a frame of a shipped clip or the T-pose, each with noise on every body joint."""
    kind = rng.random()
    if kind < 0.3:
        pose = relaxed_pose(skeleton)
    elif kind < 0.95:
        poses = _library_poses()
        pose = poses[rng.integers(len(poses))].astype(np.float32)
    else:
        pose = np.zeros_like(relaxed_pose(skeleton))
    noise = np.zeros_like(pose)
    noise[1:NUM_BODY_JOINTS] = rng.normal(0, 0.07, (NUM_BODY_JOINTS - 1, 3))
    return pose + noise


def random_camera(points: NDArray[np.float32], azimuth: float, size: int, rng: np.random.Generator) -> Camera:
    """A camera at an azimuth that sees all points [N, 3], with random height, lens, distance, shift and roll."""
    camera = frame_points(
        points, azimuth, float(rng.normal(0.08, 0.15)), size, size,
        fov=math.radians(rng.uniform(20, 50)), margin=float(rng.uniform(0.02, 0.12)),
    )  # fmt: skip
    camera.K[:2, 2] += rng.normal(0, 0.015 * size, 2).clip(-0.03 * size, 0.03 * size)
    roll = float(rng.normal(0, 0.05))
    turn = np.array([[math.cos(roll), -math.sin(roll)], [math.sin(roll), math.cos(roll)]], np.float32)
    camera.viewmat[:2] = turn @ camera.viewmat[:2]
    return camera


def render_person(
    outfit: Outfit, rng: np.random.Generator, views: int = 12, size: int = 128, views_per_pose: int = 2
) -> PersonRecord:
    """Photograph one person from all around.

    Args:
        outfit: who.
        rng: decides poses, cameras and lights.
        views: pictures; their azimuths cover the circle evenly, in random order.
        size: pixels along each side.
        views_per_pose: pictures after which the person takes another pose.

    Example:
        >>> record = render_person(Outfit(), np.random.default_rng(0), views=1, size=32)
        >>> record.images.shape
        (1, 32, 32, 4)
    """
    azimuths = rng.permutation(2 * math.pi * (np.arange(views) + rng.random(views)) / views)
    skeleton, parts = dress(outfit, TEXTURE_SIZE)
    poses = [random_pose(skeleton, rng) for _ in range(math.ceil(views / views_per_pose))]
    shots = [(poses[view // views_per_pose], float(azimuth)) for view, azimuth in enumerate(azimuths)]
    return photograph(skeleton, parts, shots, rng, size, json.dumps(outfit.to_dict()))


def photograph(
    skeleton: Skeleton,
    parts: Sequence[MeshPart],
    shots: Sequence[tuple[Float, float]],
    rng: np.random.Generator,
    size: int = 128,
    caption: str = "",
) -> PersonRecord:
    """Pictures under one light, one for each shot (pose [55, 3], azimuth in radians); ``rng`` varies the cameras."""
    renderer = MeshRenderer(parts, lights=random_lights(rng))
    strongest = [_strongest_weights(part.lbs_weights) for part in parts]
    images, cameras, surface = [], [], []
    for view, (pose, azimuth) in enumerate(shots):
        if view == 0 or pose is not shots[view - 1][0]:
            vertices = skin_parts(parts, skinning_transforms(skeleton, pose))
        camera = random_camera(np.concatenate(vertices), azimuth, size, rng)
        image = renderer.render(vertices, camera, transparent=True)
        images.append(np.round(image * 255).astype(np.uint8))
        cameras.append(camera)
        surface.append(_surface(parts, strongest, renderer.buffers(vertices, camera), view))
    pixels, positions, index, weight = (np.concatenate(arrays) for arrays in zip(*surface, strict=True))
    return PersonRecord(
        np.stack(images),
        np.stack([camera.viewmat for camera in cameras]),
        np.stack([camera.K for camera in cameras]),
        np.stack([pose for pose, _ in shots]),
        skeleton.rest_joints,
        pixels, positions, index, weight, caption,
    )  # fmt: skip


def _strongest_weights(lbs_weights: Float) -> tuple[NDArray[np.intp], Float]:
    index = np.argpartition(-lbs_weights, INFLUENCES, 1)[:, :INFLUENCES]
    return index, np.take_along_axis(lbs_weights, index, 1)


def _surface(
    parts: Sequence[MeshPart], strongest: list[tuple[NDArray[np.intp], Float]], buffers: RenderBuffers, view: int
) -> tuple[NDArray[np.int32], NDArray[np.float16], NDArray[np.uint8], NDArray[np.uint8]]:
    """Pixels that see the person, their T-pose positions, and the strongest skinning weights there."""
    seen = np.flatnonzero(buffers.face_ids.ravel() >= 0)
    owner, face = buffers.part_ids.ravel()[seen], buffers.face_ids.ravel()[seen]
    barycentrics = buffers.barycentrics.reshape(-1, 3)[seen]
    positions = np.empty((len(seen), 3), np.float32)
    joints = parts[0].lbs_weights.shape[1]
    weights = np.zeros((len(seen), joints), np.float32)
    for k, (part, (index, value)) in enumerate(zip(parts, strongest, strict=True)):
        mine = np.flatnonzero(owner == k)
        corners = part.faces[face[mine]]
        positions[mine] = np.einsum("pc,pcd->pd", barycentrics[mine], part.vertices[corners])
        for corner in range(3):
            vertex = corners[:, corner]
            share = barycentrics[mine, corner, None] * value[vertex]
            np.add.at(weights, (mine[:, None], index[vertex]), share)
    index, value = _strongest_weights(weights)
    value /= np.maximum(value.sum(1, keepdims=True), 1e-6)
    order = np.argsort(-value, 1)
    index, value = np.take_along_axis(index, order, 1), np.take_along_axis(value, order, 1)
    pixels = (seen + view * buffers.face_ids.size).astype(np.int32)
    return pixels, positions.astype(np.float16), index.astype(np.uint8), np.round(value * 255).astype(np.uint8)


def person(seed: int, index: int, views: int = 12, size: int = 128) -> PersonRecord:
    """Person number ``index`` of the endless crowd ``seed``."""
    outfit = draw_outfit(Random(f"{seed}/{index}"))
    return render_person(outfit, np.random.default_rng([seed, index]), views, size)


def stream_people(seed: int, first: int = 0, step: int = 1, views: int = 12, size: int = 128) -> Iterator[PersonRecord]:
    """People for ever: every ``step``-th of the crowd from ``first`` on, so that workers share it without overlap."""
    index = first
    while True:
        yield person(seed, index, views, size)
        index += step


def write_people(
    folder: Path | str, people: int, seed: int = 0, views: int = 12, size: int = 128, first: int = 0
) -> Iterator[tuple[Path, float]]:
    """Write one file per person; those that exist already are left as they are.

    Yields:
        (path, seconds it took) of every new person.
    """
    for index in range(first, first + people):
        path = Path(folder) / f"person-{seed}-{index:06d}.npz"
        if not path.exists():
            start = time.perf_counter()
            person(seed, index, views, size).save(path)
            yield path, time.perf_counter() - start


def people_files(folder: Path | str) -> list[Path]:
    """All records of a folder, sorted by name."""
    return sorted(Path(folder).glob("person-*.npz"))
