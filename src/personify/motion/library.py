"""The shipped clips: 74 short authored motions of everyday gestures and exercises (CC0)."""

from __future__ import annotations

from functools import lru_cache

import numpy as np

from personify.body.pose import JOINT_INDEX, NUM_BODY_JOINTS, NUM_JOINTS
from personify.errors import PersonifyError
from personify.files import reading_asset
from personify.motion.clip import Motion, smooth_step
from personify.motion.hands import set_hands
from personify.motion.kinematics import Float64, matrices
from personify.motion.posing import PELVIS_HEIGHT

# Finger shapes (left, right) that the pose at the heart of a clip asks for; other clips keep relaxed hands.
_HANDS: dict[str, tuple[str, str]] = {
    "arabesque": ("open", "open"), "drink": ("relaxed", "grip"), "guitar": ("grip", "cup"),
    "phone": ("relaxed", "grip"),
    "pick_up": ("relaxed", "grip"), "read_book": ("cup", "cup"), "selfie": ("relaxed", "grip"),
    "box_punches": ("fist", "fist"), "boxing_guard": ("fist", "fist"), "front_kick_left": ("fist", "fist"),
    "front_kick_right": ("fist", "fist"), "horse_stance": ("fist", "fist"), "arms_forward": ("open", "open"),
    "arms_raised": ("open", "open"), "arms_v": ("open", "open"), "cheer": ("fist", "fist"), "clap": ("open", "open"),
    "cover_ears": ("cup", "cup"), "cover_eyes": ("open", "open"), "curtsy": ("grip", "grip"),
    "facepalm": ("relaxed", "open"), "flex_biceps": ("fist", "fist"), "hand_on_heart": ("relaxed", "open"),
    "hands_on_hips": ("cup", "cup"), "hands_up": ("open", "open"), "hands_wide": ("open", "open"),
    "high_five": ("relaxed", "open"), "hug": ("open", "open"), "left_arm_up": ("open", "relaxed"),
    "namaste_bow": ("open", "open"), "point_forward_left": ("point", "relaxed"),
    "point_forward_right": ("relaxed", "point"), "point_side_left": ("point", "relaxed"),
    "point_side_right": ("relaxed", "point"), "point_up_left": ("point", "relaxed"),
    "point_up_right": ("relaxed", "point"), "praying": ("open", "open"), "present_left": ("open", "relaxed"),
    "right_arm_up": ("relaxed", "open"), "salute_right": ("relaxed", "open"), "shake_hands": ("relaxed", "cup"),
    "shrug": ("open", "open"), "stop_hand_left": ("open", "relaxed"), "stop_hand_right": ("relaxed", "open"),
    "thinking": ("relaxed", "cup"), "thumbs_up_left": ("thumb up", "relaxed"),
    "thumbs_up_right": ("relaxed", "thumb up"), "wave_left": ("open", "relaxed"), "wave_right": ("relaxed", "open"),
    "knight_kneel": ("relaxed", "fist"), "jumping_jacks": ("open", "open"), "overhead_press": ("grip", "grip"),
    "push_ups": ("open", "open"), "lunges": ("cup", "cup"), "squats": ("open", "open"), "touch_toes": ("open", "open"),
    "tree_pose": ("open", "open"), "warrior_2": ("open", "open"), "chair_pose": ("open", "open"),
    "heart_overhead": ("cup", "cup"), "dab": ("open", "open"),
}  # fmt: skip


def library_names() -> tuple[str, ...]:
    """Names of the shipped clips.

    >>> len(library_names()), "wave_right" in library_names()
    (74, True)
    """
    return tuple(_clips())


def library_motion(name: str) -> Motion:
    """A shipped clip by name.

    Raises:
        PersonifyError: there is no such clip.

    Example:
        >>> library_motion("clap").text
        'clap the hands, applaud'
    """
    clips = _clips()
    if name not in clips:
        raise PersonifyError(f"motion {name!r} is not in the library; see `library_names()`")
    return clips[name]


@lru_cache(maxsize=1)
def _clips() -> dict[str, Motion]:
    with reading_asset("motions.npz") as path, np.load(path, allow_pickle=False) as data:
        starts, fps = data["starts"], float(data["fps"])
        steps, licence = data["steps"], str(data["licence"])
        clips = {}
        for index, (name, text) in enumerate(zip(data["names"].tolist(), data["texts"].tolist(), strict=True)):
            frames = slice(starts[index], starts[index + 1])
            body = data["rotations"][frames].cumsum(0) * steps[0]
            translation = data["translation"][frames].cumsum(0) * steps[1]
            rotations = np.zeros((len(body), NUM_JOINTS, 3))
            rotations[:, :NUM_BODY_JOINTS] = body
            set_hands(rotations, *_HANDS.get(name, ("relaxed", "relaxed")), weight=_departure(body))
            closed = float(np.abs(body[0] - body[-1]).max()) < 0.05
            clips[name] = Motion(name, fps, rotations, translation, PELVIS_HEIGHT, text, closed, licence, "personify")
    return clips


def _departure(body: Float64) -> Float64:
    """[F] how far the arms have left their first pose, 0 to 1: the fingers take their shape on the way."""
    arms = matrices(
        body[:, [JOINT_INDEX[f"{side}_{joint}"] for side in ("left", "right") for joint in ("shoulder", "elbow")]]
    )
    turn = np.einsum("fjab,jab->fj", arms, arms[0])  # trace of the relative rotation
    angle = np.arccos(((turn - 1) / 2).clip(-1, 1)).sum(1)
    if angle.max() < 0.3:
        return np.ones(len(body))  # the clip starts in its pose
    return smooth_step(1.5 * angle / angle.max())
