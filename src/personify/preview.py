"""A motion on its own: a mannequin on a ruled floor, as a film, with ghosts of earlier moments if asked for."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import replace
from functools import lru_cache
from pathlib import Path

import numpy as np

from personify.avatar import Animation, Avatar
from personify.body.anny import AnnyBody
from personify.body.mesh import Float, Material, MeshPart, Skeleton
from personify.body.pose import JOINT_NAMES, NUM_JOINTS, PARENTS
from personify.errors import PersonifyError
from personify.motion.clip import Motion
from personify.motion.files import write_motion
from personify.render.cameras import Camera, frame_points
from personify.render.renderer import MeshRenderer
from personify.render.video import write_video
from personify.show import motion_cameras

FPS = 24
LONGEST = 30.0  # seconds of film
_TILE = 1.0  # metres between the lines of the floor
_REACH = 3.0  # metres of floor to every side
_LINE = 0.008  # metres, their width
_PALE = Material("ghost", (0.66, 0.71, 0.80, 1.0), roughness=1.0)
_CLAY = (0.42, 0.40, 0.38, 1.0)


def mannequin() -> Avatar:
    """The average adult in clay, without clothes or features: the one who shows motions."""
    body = AnnyBody()
    output = body()
    used, faces = body.faces.unique(return_inverse=True)
    vertices = output.vertices[0, used].numpy().astype(np.float32)
    part = MeshPart(
        "mannequin", vertices, faces.numpy(), np.zeros((len(used), 2), np.float32),
        body.lbs_weights[used].numpy().astype(np.float32), Material("clay", _CLAY, roughness=0.9),
    )  # fmt: skip
    skeleton = Skeleton(JOINT_NAMES, PARENTS, output.joints[0].numpy().astype(np.float32))
    return Avatar("mannequin", skeleton, (part,), (), {}, {})


def write_preview(
    motion: Motion, path: Path | str, avatar: Avatar | None = None, size: int = 384, ghosts: int = 0
) -> Path:
    """Write a motion: ``.mp4`` shows it, the extensions of `write_motion` keep it.

    Args:
        motion: at most 30 seconds of it are filmed.
        path: where.
        avatar: who performs in the film; `mannequin` by default.
        size: pixels of the square frames.
        ghosts: how many pale copies stay behind along the way; the camera then sees the whole way.

    Raises:
        PersonifyError: unknown extension, or an argument out of range.
    """
    path = Path(path)
    if path.suffix.lower() != ".mp4":
        write_motion(motion, path)
        return path
    if not 16 <= size <= 4096:
        raise PersonifyError(f"size: {size}; expected 16 to 4096 pixels")
    if not 0 <= ghosts <= 12:
        raise PersonifyError(f"ghosts: {ghosts}; expected 0 to 12")
    motion = motion.sliced(0, round(LONGEST * motion.fps) / motion.fps) if motion.duration > LONGEST else motion
    animation = (avatar or mannequin()).animate(replace(motion, loop=False).resampled(FPS))
    if not animation.avatar.parts:
        raise PersonifyError(f"avatar {animation.avatar.name!r}: has no mesh; film it with `personify animate`")
    return write_video(path, _pictures(animation, size, ghosts), FPS, total=len(animation))


def _pictures(animation: Animation, size: int, ghosts: int) -> Iterator[Float]:
    left_at = np.linspace(0, len(animation) - 1, ghosts + 1).round().astype(int)[:-1] if ghosts else np.zeros(0, int)
    cameras = [_camera_for_all(animation, size)] * len(animation) if ghosts else motion_cameras(animation, size)
    parts = animation.avatar.parts
    renderer = MeshRenderer([*parts, _floor(), *_pale(parts, ghosts)])
    for frame, camera in enumerate(cameras):
        yield renderer.render(_posed(animation, frame, left_at), camera)


def _posed(animation: Animation, frame: int, left_at: np.ndarray) -> list[Float]:
    """Vertices of the performer, the floor and every ghost; ghosts that are still to come have no size."""
    place = animation.motion.translation[frame]
    ghosts: list[Float] = []
    for moment in left_at:
        if moment < frame:
            ghosts += animation[int(moment)]
        else:
            ghosts += [np.broadcast_to(place, part.vertices.shape).copy() for part in animation.avatar.parts]
    return [*animation[frame], _floor().vertices + np.float32(np.round(place / _TILE) * _TILE * (1, 0, 1)), *ghosts]


def _camera_for_all(animation: Animation, size: int) -> Camera:
    frames = np.linspace(0, len(animation) - 1, min(len(animation), 12)).round().astype(int)
    points = np.concatenate([np.concatenate(animation[int(frame)]) for frame in frames])
    return frame_points(points, math.radians(55), math.radians(10), size, size)


@lru_cache(maxsize=1)
def _floor() -> MeshPart:
    """Thin lines over the floor: strips, because even a see-through sheet would throw its shadow on the studio."""
    along = np.arange(-_REACH, _REACH + 1e-6, _TILE)
    strip = np.array([(-_REACH, 0.002, -1), (-_REACH, 0.002, 1), (_REACH, 0.002, -1), (_REACH, 0.002, 1)])
    crosswise = np.concatenate([strip * (1, 1, _LINE / 2) + np.array((0, 0, z)) for z in along])
    vertices = np.concatenate([crosswise, crosswise[:, [2, 1, 0]] * (-1, 1, 1)])
    first = 4 * np.arange(2 * len(along))[:, None, None]
    faces = (first + np.array([(0, 1, 2), (2, 1, 3)])).reshape(-1, 3)
    weights = np.zeros((len(vertices), NUM_JOINTS), np.float32)
    weights[:, 0] = 1
    material = Material("floor", (0.25, 0.27, 0.33, 1.0), roughness=1.0, double_sided=True)
    return MeshPart(
        "floor", vertices.astype(np.float32), faces, np.zeros((len(vertices), 2), np.float32), weights, material
    )


def _pale(parts: Sequence[MeshPart], ghosts: int) -> list[MeshPart]:
    """Pale copies of the parts, for every ghost."""
    return [
        replace(part, name=f"ghost {k} {part.name}", material=_PALE) for k in range(ghosts) for part in parts
    ]  # fmt: skip
