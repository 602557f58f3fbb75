"""Key poses into motions: the shipped poses, small regular movements on top, and a body that rests on its contacts."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Any

import numpy as np
from scipy.interpolate import CubicSpline

from personify.body.pose import JOINT_INDEX, NUM_BODY_JOINTS, NUM_JOINTS
from personify.errors import PersonifyError
from personify.files import reading_asset
from personify.motion.clip import Motion, smooth_step
from personify.motion.grounding import carried, locked
from personify.motion.hands import set_hands
from personify.motion.kinematics import Float64, axis_angles, interpolate, matrices
from personify.motion.posing import PELVIS_HEIGHT

FPS = 30.0
STANDING = "stand_relaxed"
Key = tuple[float, Motion]
Hands = tuple[str, str]


@dataclass(frozen=True)
class Swing:
    """A joint swinging to and fro about its pose, in the axes of the limb itself.

    Along the left arm +X points to the hand and the elbow bends about -Y; the right arm is its mirror image, so give
    the left arm's numbers for either side.

    Attributes:
        joint: SMPL-X name; without a side (``"elbow"``) both sides swing together.
        degrees: (x, y, z) at the crest.
        hertz: swings per second.
        phase: in cycles; for both sides, the right one follows half a cycle later when ``alternate``.
        alternate: left and right take turns.
        middle: (x, y, z) degrees the joint is turned all the time.
    """

    joint: str
    degrees: tuple[float, float, float]
    hertz: float = 1.0
    phase: float = 0.0
    alternate: bool = False
    middle: tuple[float, float, float] = (0.0, 0.0, 0.0)

    def turns(self, times: Float64) -> dict[str, Float64]:
        """Axis-angle [F, 3] by joint."""
        sides = ("",) if self.joint in JOINT_INDEX else ("left_", "right_")
        result = {}
        for side in sides:
            name = side + self.joint
            late = 0.5 if self.alternate and side == "right_" else 0.0
            wave = np.sin(2 * np.pi * (self.hertz * times + self.phase - late))
            mirror = (1, -1, -1) if name.startswith("right_") else (1, 1, 1)
            result[name] = np.radians((np.array(self.middle) + wave[:, None] * self.degrees) * mirror)
        return result


def pose_names() -> tuple[str, ...]:
    """Names of the shipped poses; the mirror image of each is one `Motion.mirrored` away.

    >>> "violin" in pose_names()
    True
    """
    return tuple(_poses())


def library_pose(name: str) -> Motion:
    """A shipped pose, as a motion of one frame.

    Raises:
        PersonifyError: there is no such pose.

    Example:
        >>> library_pose("squat").num_frames
        1
    """
    poses = _poses()
    if name not in poses:
        raise PersonifyError(f"pose {name!r} is not in the library; see `pose_names()`")
    return poses[name]


@lru_cache(maxsize=1)
def _poses() -> dict[str, Motion]:
    with reading_asset("poses.npz") as path, np.load(path, allow_pickle=False) as data:
        rotations = np.zeros((len(data["names"]), 1, NUM_JOINTS, 3))
        rotations[:, 0, :NUM_BODY_JOINTS] = data["rotations"] * data["steps"][0]
        translation = data["translation"][:, None] * data["steps"][1]
        licence = str(data["licence"])
        return {
            str(name): Motion(str(name), FPS, turns, place, PELVIS_HEIGHT, str(text), False, licence, "personify")
            for name, text, turns, place in zip(data["names"], data["texts"], rotations, translation, strict=True)
        }


def keyed(
    name: str,
    text: str,
    keys: Sequence[tuple[float, Any]],
    swings: Sequence[Swing] = (),
    hands: Hands = ("relaxed", "relaxed"),
    span: tuple[float, float] | None = None,
    smooth: bool = False,
    roll: Float64 | None = None,
) -> Motion:
    """A motion through key poses that rests on its contacts and does not slide; it loops when it ends as it began.

    Args:
        name, text: of the motion.
        keys: (seconds, pose as a `Motion` of one frame or name of a shipped pose), first at 0.
        swings: movements on top of the poses.
        hands: finger shapes of left and right.
        span: seconds between which the swings and the finger shapes are in force, with 0.3 s to get there; None = all.
        smooth: pass through the keys without stopping; the motion then is one period.
        roll: [F] radians the whole body is turned about the world's +Z, as in a cartwheel.
    """
    poses = [(at, library_pose(pose) if isinstance(pose, str) else pose) for at, pose in keys]
    times = np.arange(round(poses[-1][0] * FPS) + 1) / FPS
    turns = (_splined if smooth else _eased)(times, poses)
    weight = _weight(times, span)
    for swing in swings:
        for joint, turn in swing.turns(times).items():
            turns[:, JOINT_INDEX[joint]] = turns[:, JOINT_INDEX[joint]] @ matrices(turn * weight[:, None])
    if roll is not None:
        turns[:, 0] = matrices(roll[:, None] * (0, 0, 1)) @ turns[:, 0]
    rotations = axis_angles(turns)
    set_hands(rotations, *hands, weight=weight)
    heights = np.interp(times, [at for at, _ in poses], [pose.translation[0, 1] for _, pose in poses])
    first, last = poses[0][1], poses[-1][1]
    closed = bool(np.allclose(first.rotations, last.rotations, atol=1e-4))
    motion = Motion(
        name, FPS, rotations, heights[:, None] * (0, 1, 0), PELVIS_HEIGHT, text, closed, "CC0-1.0",
        "personify, key poses",
    )  # fmt: skip
    return locked(carried(motion))


def held(
    name: str,
    text: str,
    pose: Motion | str,
    swings: Sequence[Swing] = (),
    hands: Hands = ("relaxed", "relaxed"),
    seconds: float = 3.0,
    via: Sequence[str] = (),
    enter: float = 0.8,
) -> Motion:
    """From standing into a pose, stay in it for ``seconds`` doing what ``swings`` say, and back; loops.

    Args:
        name, text, swings, hands: as for `keyed`.
        pose: the pose or its name.
        seconds: how long to stay.
        via: poses to pass on the way in, and in reverse on the way out.
        enter: seconds from one pose to the next.
    """
    way: list[Motion | str] = [STANDING, *via, pose]
    inward = [(0.1 + enter * k, step) for k, step in enumerate(way)]
    arrived = inward[-1][0]
    outward = [(arrived + seconds + enter * k, step) for k, step in enumerate(reversed(way))]
    keys = [(0.0, STANDING), *inward, *outward, (outward[-1][0] + 0.1, STANDING)]
    breath = Swing("spine2", (0.6, 0, 0), 0.3)
    return keyed(name, text, keys, (breath, *swings), hands, (arrived, arrived + seconds))


def turned(pose: Motion | str, **degrees: tuple[float, float, float]) -> Motion:
    """A pose with joints turned further, each by (x, y, z) degrees in the axes of its own limb."""
    pose = library_pose(pose) if isinstance(pose, str) else pose
    rotations = matrices(pose.rotations)
    for joint, angles in degrees.items():
        rotations[:, JOINT_INDEX[joint]] = rotations[:, JOINT_INDEX[joint]] @ matrices(np.radians(angles))
    return replace(pose, rotations=axis_angles(rotations))


def _weight(times: Float64, span: tuple[float, float] | None) -> Float64:
    """[F] 1 inside the span, 0 outside, with soft edges of 0.3 s."""
    if span is None:
        return np.ones(len(times))
    return smooth_step((times - span[0] + 0.3) / 0.3) * smooth_step((span[1] + 0.3 - times) / 0.3)


def _eased(times: Float64, keys: Sequence[Key]) -> Float64:
    """[F, 55, 3, 3] coming to rest at every key."""
    at = np.array([key[0] for key in keys])
    poses = np.concatenate([matrices(pose.rotations) for _, pose in keys])
    after = np.searchsorted(at, times, side="right").clip(1, len(at) - 1)
    weight = smooth_step((times - at[after - 1]) / (at[after] - at[after - 1]))
    return interpolate(poses[after - 1], poses[after], np.broadcast_to(weight[:, None], (len(times), NUM_JOINTS)))


def _splined(times: Float64, keys: Sequence[Key]) -> Float64:
    """[F, 55, 3, 3] passing through the keys: a periodic cubic spline of the matrices, made orthogonal again."""
    at = np.array([key[0] for key in keys])
    poses = np.concatenate([matrices(pose.rotations) for _, pose in keys])
    poses[-1] = poses[0]
    values = CubicSpline(at, poses, bc_type="periodic")(times)
    left, _, right = np.linalg.svd(values)
    return left @ right
