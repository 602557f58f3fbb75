"""`Motion`: a clip of poses in the pose language, with the operations that make one clip into another."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from personify.body.mesh import Skeleton
from personify.body.pose import JOINT_INDEX, JOINT_NAMES, NUM_JOINTS, mirrored_joint
from personify.errors import PersonifyError
from personify.export.clip import AnimationClip
from personify.motion.faces import face_weights
from personify.motion.kinematics import Float64, axis_angles, interpolate, matrices

Array = NDArray[Any]  # any real numbers in, float32 [F, ...] once in a Motion

_MIRROR_ORDER = [JOINT_INDEX[mirrored_joint(name)] for name in JOINT_NAMES]


@dataclass(frozen=True, eq=False)
class Motion:
    """Poses over time.

    Attributes:
        name: short identifier, e.g. ``"walk"``.
        fps: frames per second, 1 to 1000.
        rotations: [F, 55, 3] float32 axis-angle, SMPL-X joint order, T-pose = zero.
        translation: [F, 3] float32 pelvis world position in metres, floor at y = 0.
        rest_height: pelvis above the soles in the T-pose of the skeleton the motion was made on, metres.
        text: what happens, in words.
        loop: the last frame continues seamlessly with the first one (up to travel over the floor).
        licence: terms of the data, SPDX where there is one.
        source: where it comes from.

    Example:
        >>> motion = Motion("still", 30, np.zeros((31, 55, 3)), np.tile([0, 0.97, 0], (31, 1)), 0.97)
        >>> motion.duration, motion.retimed(2).duration, motion.resampled(10).num_frames
        (1.0, 0.5, 11)
    """

    name: str
    fps: float
    rotations: Array
    translation: Array
    rest_height: float
    text: str = ""
    loop: bool = False
    licence: str = ""
    source: str = ""

    def __post_init__(self) -> None:
        for attribute in ("rotations", "translation"):
            object.__setattr__(self, attribute, _float_array(self.name, attribute, getattr(self, attribute)))
        frames = len(self.rotations)
        checks = {
            "rotations must be [F, 55, 3] with F >= 1": self.rotations.shape == (frames, NUM_JOINTS, 3) and frames > 0,
            "translation must be [F, 3] with the F of rotations": self.translation.shape == (frames, 3),
            "rotations and translation must be finite": bool(
                np.isfinite(self.rotations).all() and np.isfinite(self.translation).all()
            ),
            "fps must be between 1 and 1000": 1 <= self.fps <= 1000,
            "rest_height must be between 0.05 and 10 metres": 0.05 <= self.rest_height <= 10,
        }
        for expected, holds in checks.items():
            if not holds:
                raise PersonifyError(f"motion {self.name!r}: {expected}")

    @property
    def num_frames(self) -> int:
        """F."""
        return len(self.rotations)

    @property
    def duration(self) -> float:
        """Seconds from the first frame to the last."""
        return (self.num_frames - 1) / self.fps

    @property
    def times(self) -> Float64:
        """[F] seconds."""
        return np.arange(self.num_frames) / self.fps

    def resampled(self, fps: float) -> Motion:
        """The same motion at another frame rate (slerp); keeps the first frame and all but the last fraction of one.

        A loop keeps its last frame exactly: its length is rounded to whole frames instead.
        """
        if not 1 <= fps <= 1000:
            raise PersonifyError(f"fps: {fps:g} is out of range; expected 1 to 1000")
        if self.loop and self.num_frames > 1:
            count = max(2, round(self.duration * fps) + 1)
            return replace(self.sampled(np.linspace(0, self.duration, count)), fps=fps)
        count = int(np.floor(self.duration * fps + 1e-6)) + 1
        return replace(self.sampled(np.arange(count) / fps), fps=fps)

    def sampled(self, times: Float64) -> Motion:
        """Poses at ``times`` [K] seconds, clamped to the clip; the result keeps ``fps``."""
        position = (np.asarray(times, float) * self.fps).clip(0, self.num_frames - 1)
        before = np.minimum(np.floor(position + 1e-6).astype(int), self.num_frames - 1)
        after = np.minimum(before + 1, self.num_frames - 1)
        weight = (position - before).clip(0, 1)
        start, end = matrices(self.rotations[before]), matrices(self.rotations[after])
        rotations = axis_angles(interpolate(start, end, np.broadcast_to(weight[:, None], start.shape[:2])))
        translation = self.translation[before] * (1 - weight[:, None]) + self.translation[after] * weight[:, None]
        return replace(self, rotations=rotations, translation=translation)

    def retimed(self, speed: float) -> Motion:
        """Faster (``speed`` > 1) or slower, at the same frame rate."""
        if not 0.05 <= speed <= 20:
            raise PersonifyError(f"speed: {speed:g} is out of range; expected 0.05 to 20")
        count = max(2, round(self.duration / speed * self.fps) + 1)
        return self.sampled(np.linspace(0, self.duration, count))

    def sliced(self, start: float, stop: float) -> Motion:
        """The part from ``start`` to ``stop`` seconds."""
        first, last = round(start * self.fps), round(stop * self.fps)
        if not 0 <= first <= last < self.num_frames:
            raise PersonifyError(
                f"motion {self.name!r}: cannot cut {start:g} s to {stop:g} s out of {self.duration:g} s"
            )
        part = slice(first, last + 1)
        return replace(self, rotations=self.rotations[part], translation=self.translation[part], loop=False)

    def moved(self, turn: float, offset: tuple[float, float] | Float64 = (0.0, 0.0)) -> Motion:
        """Turned by ``turn`` radians about the vertical through the origin, then shifted by ``offset`` (x, z)."""
        rotation = matrices((0, turn, 0))
        rotations = self.rotations.astype(float)
        rotations[:, 0] = axis_angles(rotation @ matrices(self.rotations[:, 0]))
        translation = self.translation @ rotation.T + (offset[0], 0, offset[1])
        return replace(self, rotations=rotations, translation=translation)

    def following(self, previous: Motion) -> Motion:
        """This motion, scaled, turned and shifted over the floor so that it starts where ``previous`` ends."""
        scale = previous.rest_height / self.rest_height
        scaled = replace(self, translation=self.translation * scale, rest_height=previous.rest_height)
        turned = scaled.moved(heading(previous.rotations[-1, 0]) - heading(self.rotations[0, 0]))
        return turned.moved(0, (previous.translation[-1] - turned.translation[0])[[0, 2]])

    def concatenated(self, other: Motion, blend: float = 0.3) -> Motion:
        """This motion, then ``other`` from the place where this one ends, cross-faded over ``blend`` seconds.

        The overlap is shortened where a clip is shorter. Text and name are joined; the result does not loop.
        """
        other = other.resampled(self.fps)
        overlap = 1 + int(min(round(blend * self.fps), self.num_frames - 1, other.num_frames - 1))
        meeting = slice(0, self.num_frames - overlap + 1)
        follower = other.following(
            replace(self, rotations=self.rotations[meeting], translation=self.translation[meeting])
        )
        weight = smooth_step(np.linspace(0, 1, overlap)) if overlap > 1 else np.ones(1)
        rotations = interpolate(
            matrices(self.rotations[-overlap:]),
            matrices(follower.rotations[:overlap]),
            np.broadcast_to(weight[:, None], (overlap, NUM_JOINTS)),
        )
        mix = weight[:, None]
        translation = self.translation[-overlap:] * (1 - mix) + follower.translation[:overlap] * mix
        return replace(
            self,
            rotations=np.concatenate([self.rotations[:-overlap], axis_angles(rotations), follower.rotations[overlap:]]),
            translation=np.concatenate([self.translation[:-overlap], translation, follower.translation[overlap:]]),
            text=", then ".join(text for text in (self.text, other.text) if text),
            licence=self.licence if self.licence == other.licence else f"{self.licence}; {other.licence}",
            source=self.source if self.source == other.source else f"{self.source}; {other.source}",
            loop=False,
        )

    def looped(self, seconds: float) -> Motion:
        """Repeated (travel continues) and cut to ``seconds``; a motion that does not loop holds its last frame."""
        if not 0 < seconds <= 3600:
            raise PersonifyError(f"seconds: {seconds:g} is out of range; expected 0 to 3600")
        frames = round(seconds * self.fps) + 1
        if not self.loop or self.num_frames < 2:
            return replace(self.sampled(np.arange(frames) / self.fps), loop=False)
        laps = [self]
        count = self.num_frames
        while count < frames:
            laps.append(self.following(laps[-1]))
            count += self.num_frames - 1
        rotations = np.concatenate([self.rotations[:1], *(lap.rotations[1:] for lap in laps)])
        translation = np.concatenate([self.translation[:1], *(lap.translation[1:] for lap in laps)])
        whole = (frames - 1) % (self.num_frames - 1) == 0
        return replace(self, rotations=rotations[:frames], translation=translation[:frames], loop=whole)

    def in_place(self) -> Motion:
        """Without travel over the floor: the straight line from first to last pelvis position is taken out."""
        travel = (self.translation[-1] - self.translation[0]) * (1, 0, 1)
        progress = np.linspace(0, 1, self.num_frames)[:, None]
        return replace(self, translation=self.translation - progress * travel)

    def mirrored(self) -> Motion:
        """Left and right exchanged.

        >>> motion = Motion("m", 30, np.random.default_rng(0).normal(size=(2, 55, 3)), np.ones((2, 3)), 1)
        >>> bool(np.array_equal(motion.mirrored().mirrored().rotations, motion.rotations))
        True
        """
        rotations = self.rotations[:, _MIRROR_ORDER] * np.array((1, -1, -1), np.float32)
        return replace(self, rotations=rotations, translation=self.translation * np.array((-1, 1, 1), np.float32))

    def retargeted(self, skeleton: Skeleton, sole_offsets: dict[str, Any] | None = None) -> Motion:
        """For a body of other proportions: travel scaled by leg length, soles on the floor, planted feet held still.

        Args:
            skeleton: the new body, soles on y = 0 in its T-pose.
            sole_offsets: see `personify.motion.grounding.sole_offsets`; shoes with thick soles need their own.
        """
        from personify.motion.grounding import ground  # grounding needs Motion

        height = float(skeleton.rest_joints[skeleton.joint_names.index("pelvis"), 1])
        scaled = replace(self, translation=self.translation * (height / self.rest_height), rest_height=height)
        return ground(scaled, skeleton, sole_offsets)

    def to_clip(self) -> AnimationClip:
        """Plain arrays for the exporters: wxyz quaternions, pelvis positions and the action's face at `times`."""
        times = self.times.astype(np.float32)
        faces = face_weights(self.name, self.times)
        return AnimationClip(self.name, times, quaternions(self.rotations), self.translation, faces)


def smooth_step(value: Float64) -> Float64:
    """Minimum-jerk ease from 0 to 1 (Flash and Hogan 1985): velocity and acceleration vanish at both ends."""
    value = np.clip(value, 0, 1)
    return value**3 * (10 - 15 * value + 6 * value**2)


def quaternions(rotations: Array) -> Array:
    """Axis-angle [F, J, 3] to wxyz [F, J, 4] whose sign is continuous over F.

    >>> bool(np.allclose(quaternions(np.float32([[[0, 0, np.pi / 2]]])), [0.5**0.5, 0, 0, 0.5**0.5]))
    True
    """
    angle = np.linalg.norm(rotations.astype(float), axis=-1, keepdims=True)
    result = np.concatenate([np.cos(angle / 2), rotations * 0.5 * np.sinc(angle / (2 * np.pi))], -1)
    turns = np.sign((result[1:] * result[:-1]).sum(-1, keepdims=True))
    signs = np.cumprod(np.where(turns < 0, -1.0, 1.0), axis=0)
    result[1:] *= signs
    return result.astype(np.float32)


def heading(root_rotation: Array) -> float:
    """Angle about the vertical, in radians, of the direction the pelvis faces (0 = +Z, positive = to its left)."""
    forward = matrices(root_rotation)[:, 2]
    return float(np.arctan2(forward[0], forward[2]))


def _float_array(name: str, attribute: str, values: Any) -> Array:
    try:
        return np.ascontiguousarray(values, dtype=np.float32)
    except (TypeError, ValueError) as error:
        raise PersonifyError(f"motion {name!r}: {attribute} must be numbers, {error}") from error
