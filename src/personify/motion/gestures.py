"""Longer performances composed of shipped gestures: talking and arguing; and gestures laid over locomotion."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from personify.body.pose import JOINT_INDEX, JOINT_NAMES, NUM_JOINTS
from personify.motion.clip import Motion, smooth_step
from personify.motion.kinematics import axis_angles, interpolate, matrices
from personify.motion.library import library_motion
from personify.motion.procedural import idle

# (clip, mirrored, share of the full gesture)
_ARGUMENT = (
    ("point_forward_right", False, 1.0), ("hands_wide", False, 0.75), ("shrug", False, 1.0),
    ("stop_hand_right", False, 0.9), ("point_forward_right", True, 0.9), ("present_left", True, 1.0),
    ("hands_on_hips", False, 1.0), ("point_side_right", False, 0.8),
)  # fmt: skip
_CONVERSATION = (
    ("present_left", False, 0.7), ("present_left", True, 0.7), ("shrug", False, 0.6), ("hands_wide", False, 0.35),
    ("hand_on_heart", False, 0.8), ("stop_hand_right", True, 0.45), ("thinking", False, 0.9),
)  # fmt: skip
_ARM_JOINTS = {
    side: [
        index
        for index, name in enumerate(JOINT_NAMES)
        if name.startswith(side) and index >= JOINT_INDEX["left_collar"] and not name.endswith("eye")
    ]
    for side in ("left", "right")
}


def argue(seed: int = 0, gestures: int = 6) -> Motion:
    """Argue: pointing, palms up, stop signs and shrugs in quick succession, the trunk leaning into each."""
    return _performance("argue", "argue, gesturing angrily", _ARGUMENT, seed, gestures, speed=1.5, emphasis=1.0)


def talk(seed: int = 0, gestures: int = 6) -> Motion:
    """Talk: small open-handed gestures."""
    return _performance("talk", "talk, gesturing", _CONVERSATION, seed, gestures, speed=1.1, emphasis=0.4)


def softened(motion: Motion, share: float) -> Motion:
    """Only ``share`` (0 to 1) of the way from the first pose to every pose."""
    first = np.broadcast_to(matrices(motion.rotations[:1]), (motion.num_frames, NUM_JOINTS, 3, 3))
    rotations = interpolate(first, matrices(motion.rotations), np.full(first.shape[:2], share))
    translation = motion.translation[:1] + share * (motion.translation - motion.translation[:1])
    return replace(motion, rotations=axis_angles(rotations), translation=translation)


def layered(base: Motion, gesture: Motion) -> Motion:
    """``gesture`` with the arms (those it moves) and head while the rest of the body does ``base``.

    Lasts as long as the gesture; ``base`` is repeated. The arms fade in and out over 0.4 s.
    """
    gesture = gesture.resampled(base.fps)
    base = base.looped(gesture.duration)
    frames = min(base.num_frames, gesture.num_frames)
    start, target = matrices(base.rotations[:frames]), matrices(gesture.rotations[:frames])
    weight = np.zeros((frames, NUM_JOINTS))
    fade = np.minimum(np.arange(frames), np.arange(frames)[::-1]) / (0.4 * base.fps)
    for joints in _ARM_JOINTS.values():
        moved = np.ptp(gesture.rotations[:, joints[:4]], axis=0).max() > 0.3
        weight[:, joints] = smooth_step(fade)[:, None] * moved
    weight[:, [JOINT_INDEX["neck"], JOINT_INDEX["head"]]] = 0.7 * smooth_step(fade)[:, None]
    rotations = axis_angles(interpolate(start, target, weight))
    return replace(
        base,
        name=f"{base.name}_{gesture.name}",
        rotations=rotations,
        translation=base.translation[:frames],
        text=f"{base.text} and {gesture.text}",
        loop=False,
    )


def _performance(
    name: str,
    text: str,
    repertoire: tuple[tuple[str, bool, float], ...],
    seed: int,
    gestures: int,
    speed: float,
    emphasis: float,
) -> Motion:
    """Gestures without immediate repeats over a standing body; loops."""
    order = np.random.default_rng(seed).permutation(len(repertoire))
    parts = []
    for step in range(gestures):
        clip, mirror, share = repertoire[order[step % len(order)]]
        part = softened(library_motion(clip), share).retimed(speed)
        part = part.mirrored() if mirror else part
        parts.append(part.sliced(_whole(0.45 / speed), _whole(2.1 / speed)))
    arms = parts[0]
    for part in parts[1:]:
        arms = arms.concatenated(part, 0.6 / speed)
    result = layered(idle(arms.duration), arms)
    rotations = result.rotations.copy()
    rotations[:, JOINT_INDEX["spine1"]] += _nods(result, 0.05 * emphasis)
    rotations[:, JOINT_INDEX["head"]] += _nods(result, 0.10 * emphasis)
    return replace(result, name=name, text=text, rotations=rotations, loop=True)


def _whole(seconds: float) -> float:
    return round(seconds * 30) / 30


def _nods(motion: Motion, size: float) -> np.ndarray:
    """[F, 3] small forward nods on the beat of speech, still at both ends."""
    progress = motion.times / motion.duration
    pulse = np.sin(2 * np.pi * 1.4 * motion.times) * np.sin(2 * np.pi * 0.31 * motion.times + 0.7)
    angle = size * pulse * np.sin(np.pi * progress)
    return np.stack([angle, 0.6 * np.roll(angle, 5) * (progress < 0.9), 0 * angle], -1).astype(np.float32)
