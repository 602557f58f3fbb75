"""Pictures and films of an avatar."""

from __future__ import annotations

import dataclasses
import math
import threading
from collections import deque
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from functools import partial
from pathlib import Path

import numba
import numpy as np
from scipy.ndimage import uniform_filter1d
from torch import Tensor

from personify.avatar import Animation, Avatar
from personify.body.mesh import Float
from personify.body.pose import JOINT_INDEX
from personify.body.posing import relaxed_pose, skin_parts, skinning_transforms
from personify.drawing import AvatarRenderer, surface_points
from personify.motion.clip import Motion
from personify.render.cameras import Camera, frame_face, frame_points, turntable
from personify.render.sheets import contact_sheet, save_png
from personify.render.video import write_video

TURN_SECONDS = 2.0
LONGEST_MOTION = 4.0  # seconds of a motion shown in a film; short loops are repeated up to this
FPS = 20
_HEAD = [JOINT_INDEX[name] for name in ("head", "jaw", "left_eye", "right_eye")]
Shot = tuple[Callable[[], Tensor], Camera, Mapping[str, float]]
"""What to draw: a function that gives the skinning matrices [J, 4, 4] of a pose, the camera, and the expression."""


def stand(avatar: Avatar) -> list[Float]:
    """Vertices of every part in the relaxed standing pose."""
    return skin_parts(avatar.parts, standing(avatar))


def standing(avatar: Avatar) -> Tensor:  # [J, 4, 4]
    """Skinning matrices of the relaxed standing pose."""
    return skinning_transforms(avatar.skeleton, relaxed_pose(avatar.skeleton))


def head_points(avatar: Avatar, posed: list[Float]) -> Float:  # [N, 3]
    """Posed vertices that follow the head (face, hair, hat), for framing a portrait."""
    rigid = [part.lbs_weights[:, _HEAD].sum(1) > 0.9 for part in avatar.parts]
    return np.concatenate([points[mask] for points, mask in zip(posed, rigid, strict=True)])


def _head_of_gaussians(avatar: Avatar) -> Float:  # [N, 3]
    assert avatar.gaussians is not None
    rigid = avatar.gaussians.lbs_weights[:, _HEAD].sum(1).numpy() > 0.9
    return surface_points(avatar, standing(avatar))[rigid]


def views(avatar: Avatar, size: int = 512) -> list[Float]:
    """Front, side, back and face pictures, [size, size, 3] sRGB each."""
    renderer = AvatarRenderer(avatar, supersample=3)
    pose = standing(avatar)
    points = surface_points(avatar, pose)
    # One distance for all three directions, so that the sheet shows one size.
    angles = (math.radians(20), math.radians(90), math.radians(180))
    cameras = [list(turntable(points, 36, width=size, height=size))[round(math.degrees(a) / 10)] for a in angles]
    face = head_points(avatar, stand(avatar)) if avatar.parts else _head_of_gaussians(avatar)
    cameras.append(frame_face(face, math.radians(18), math.radians(2), size, size, margin=0.1))
    return [renderer.render(pose, camera) for camera in cameras]


def write_views(avatar: Avatar, path: Path | str, size: int = 512) -> Path:
    """Save `views` as one labelled PNG, atomically."""
    return save_png(path, contact_sheet(views(avatar, size), ["front", "side", "back", "face"], columns=4))


def motion_cameras(animation: Animation, size: int) -> list[Camera]:
    """A camera for every frame that sees the person from slightly aside and follows them over the floor."""
    motion = animation.motion
    path = np.zeros_like(motion.translation)
    path[:, [0, 2]] = uniform_filter1d(motion.translation[:, [0, 2]], max(1, round(motion.fps)), axis=0, mode="nearest")
    sampled = np.linspace(0, len(animation) - 1, min(len(animation), 12)).round().astype(int)
    avatar = animation.avatar
    points = np.concatenate([surface_points(avatar, animation.transforms(int(k))) - path[k] for k in sampled])
    still = frame_points(points, math.radians(25), math.radians(8), size, size)
    return [_moved(still, step) for step in path]


def _moved(camera: Camera, step: Float) -> Camera:
    """The camera carried along by ``step`` [3] metres."""
    viewmat = camera.viewmat.copy()
    viewmat[:3, 3] -= viewmat[:3, :3] @ step
    return dataclasses.replace(camera, viewmat=viewmat)


def film_length(motion: Motion) -> Motion:
    """The motion as shown in a film: at `FPS`, loops repeated and long ones cut to `LONGEST_MOTION`."""
    if motion.loop and motion.duration < LONGEST_MOTION:
        motion = motion.looped(LONGEST_MOTION)
    if motion.duration > LONGEST_MOTION:
        motion = motion.sliced(0, LONGEST_MOTION)
    return motion.resampled(FPS)


def pictures(avatar: Avatar, shots: Sequence[Shot]) -> Iterator[Float]:
    """Draw many pictures in order, several at a time.

    A picture keeps two cores busy only part of the time; two pictures at once on one core each do better. Numba's
    "workqueue" threads allow one caller only, so there pictures are drawn one after the other.
    """
    cores = numba.get_num_threads()
    workers = cores if numba.threading_layer() in ("omp", "tbb") else 1
    own = threading.local()

    def begin() -> None:
        numba.set_num_threads(max(1, cores // workers))
        own.renderer = AvatarRenderer(avatar)

    def draw(shot: Shot) -> Float:
        pose, camera, expression = shot
        picture: Float = own.renderer.render(pose(), camera, expression)
        return picture

    with ThreadPoolExecutor(workers, initializer=begin) as pool:
        waiting: deque[Future[Float]] = deque()
        for shot in shots:
            waiting.append(pool.submit(draw, shot))
            if len(waiting) > 2 * workers:
                yield waiting.popleft().result()
        while waiting:
            yield waiting.popleft().result()


def write_film(
    avatar: Avatar, path: Path | str, motion: Motion | None = None, size: int = 512, turn: bool = True
) -> Path:
    """An MP4: one turn in the relaxed pose, then the motion; with progress and time left on a terminal.

    Args:
        avatar: who.
        path: ``.mp4`` file.
        motion: what they do; the avatar's first motion by default.
        size: pixels of the square frames.
        turn: show the turntable first.

    Raises:
        PersonifyError: unknown extension or unwritable folder.
    """
    motion = motion or (avatar.motions[0] if avatar.motions else None)
    animation = None if motion is None else avatar.animate(film_length(motion))
    turn_frames = round(TURN_SECONDS * FPS) if turn or animation is None else 0
    shots: list[Shot] = []
    if turn_frames:
        pose = standing(avatar)
        cameras = turntable(surface_points(avatar, pose), turn_frames, width=size, height=size)
        shots += [(lambda: pose, camera, {}) for camera in cameras]
    if animation is not None:
        cameras_along = motion_cameras(animation, size)
        shots += [
            (partial(animation.transforms, k), camera, animation.expression(k))
            for k, camera in enumerate(cameras_along)
        ]
    return write_video(path, pictures(avatar, shots), FPS, total=len(shots))
