"""From one motion to the next: where to leave, how to get up in between, steering, leaping, closing loops."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from personify.motion.clip import Motion, heading, smooth_step
from personify.motion.floorwork import get_up
from personify.motion.grounding import REFERENCE_HEIGHT, locked, sole_offsets, sole_points
from personify.motion.kinematics import REFERENCE_SKELETON, SIDES, Float64, axis_angles, body_frames, matrices

BLEND = 0.45  # seconds of a transition
_LOW, _LYING = 0.72, 0.35  # pelvis heights, as a share of standing, below which somebody sits or lies


def joined(first: Motion, second: Motion, blend: float = BLEND) -> Motion:
    """``first``, then ``second`` from where it ended: left where the two fit best, with getting up in between.

    Somebody who ended low gets up first, if ``second`` starts upright.
    """
    if second.name == "get_up":
        second = get_up(prone=_prone(first))
    height = first.translation[-1, 1] / first.rest_height
    if height < _LOW and second.translation[0, 1] / second.rest_height > _LOW + 0.1:
        first = first.concatenated(_rising(first, height), blend)
    far = abs(float(first.translation[-1, 1] / first.rest_height - second.translation[0, 1] / second.rest_height))
    blend = blend * (1 + 3 * far)
    leave = _best_exit(first, second, blend)
    return first.sliced(0, leave).concatenated(second, blend)


def closed(motion: Motion, blend: float = BLEND) -> Motion:
    """The motion as a loop: its end is blended into its beginning."""
    if motion.loop or motion.duration < 3 * blend:
        return replace(motion, loop=True)
    start = round(blend * motion.fps) / motion.fps
    end = (motion.num_frames - 1) / motion.fps
    whole = motion.sliced(start, end).concatenated(motion.sliced(0, start), start)
    return replace(whole, name=motion.name, text=motion.text, loop=True)


def steered(motion: Motion, degrees: float, seconds: float | None = None) -> Motion:
    """A motion that travels, led ``degrees`` to the left (negative: right), feet replanted.

    Within its first ``seconds``; None = evenly all the way, so that 360 degrees make a circle.
    """
    progress = motion.times / motion.duration if seconds is None else smooth_step(motion.times / seconds)
    turn = np.radians(degrees) * progress
    rotation = matrices(turn[:, None] * (0, 1, 0))
    halfway = matrices((turn[1:] + turn[:-1])[:, None] / 2 * (0, 1, 0))
    steps = np.diff(motion.translation.astype(float), axis=0) * (1, 0, 1)
    path = np.concatenate([np.zeros((1, 3)), np.einsum("fab,fb->fa", halfway, steps).cumsum(0)])
    rotations = motion.rotations.astype(float)
    rotations[:, 0] = axis_angles(rotation @ matrices(motion.rotations[:, 0]))
    translation = path + motion.translation[:1] * (1, 0, 1) + motion.translation * (0, 1, 0)
    return locked(replace(motion, rotations=rotations, translation=translation, loop=False))


def leaping(motion: Motion, offset: tuple[float, float]) -> Motion:
    """A jump carried ``offset`` (x, z) metres over the floor while both feet are in the air."""
    orientations, positions = body_frames(motion.rotations, motion.translation, REFERENCE_SKELETON)
    soles = [sole_points(orientations, positions, side, sole_offsets(REFERENCE_SKELETON)) for side, _ in SIDES]
    flying = (np.min([points[..., 1].min(1) for points in soles], axis=0) > 0.01).astype(float)
    if not flying.any():
        return motion
    progress = np.concatenate([[0.0], ((flying[1:] + flying[:-1]) / 2).cumsum()])
    progress /= progress[-1]
    return replace(motion, translation=motion.translation + progress[:, None] * (offset[0], 0, offset[1]))


def _rising(previous: Motion, height: float) -> Motion:
    """How somebody who sits, kneels or lies gets up: from lying as everybody does, else the way down reversed."""
    if height < _LYING:
        return get_up(prone=_prone(previous))
    upright = np.flatnonzero(previous.translation[:, 1] / previous.rest_height > _LOW + 0.15)
    start = upright[-1] if len(upright) else 0
    back = slice(start, None)
    reverse = replace(
        previous, rotations=previous.rotations[back][::-1], translation=previous.translation[back][::-1], loop=False
    )
    down = int(np.argmax(reverse.translation[:, 1] > reverse.translation[0, 1] + 0.02))
    return reverse.sliced(max(0, down - 5) / reverse.fps, reverse.duration)


def _prone(motion: Motion) -> bool:
    """Whether it ends face down."""
    return bool(matrices(motion.rotations[-1, 0])[1, 2] < -0.3)


def _best_exit(first: Motion, second: Motion, blend: float) -> float:
    """Seconds at which to leave ``first``: within its last second, where pose and speed are most like the start."""
    frames = round(blend * first.fps)
    last = first.num_frames - 1
    earliest = max(last - round(first.fps), last // 2, frames)
    if earliest >= last or second.num_frames < 2:
        return last / first.fps
    target = _features(second.resampled(first.fps), np.array([0, 1]))
    candidates = np.arange(earliest, last + 1)
    poses = _features(first, np.stack([candidates - frames, candidates - frames + 1]).reshape(-1).clip(0))
    count = len(candidates)
    cost = ((poses[:count] - target[:1]) ** 2).sum(-1).mean(-1)
    speed = poses[count:] - poses[:count] - (target[1:] - target[:1])
    cost = cost + 9 * (speed**2).sum(-1).mean(-1) * (0.1 * first.fps) ** 2
    return float(candidates[int(np.argmin(cost))]) / first.fps


def _features(motion: Motion, frames: np.ndarray) -> Float64:
    """Joint positions [K, 22, 3] relative to the pelvis' place on the floor and its heading."""
    _, positions = body_frames(
        motion.rotations[frames],
        motion.translation[frames] * (REFERENCE_HEIGHT / motion.rest_height),
        REFERENCE_SKELETON,
    )
    positions = positions - positions[:, :1] * (1, 0, 1)
    turn = np.stack([matrices((0, -heading(rotation), 0)) for rotation in motion.rotations[frames, 0]])
    return np.einsum("kab,kjb->kja", turn, positions)
