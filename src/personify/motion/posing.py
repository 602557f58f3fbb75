"""`Figure`: people posed the way an animator thinks (where the pelvis is, where limbs point, where feet stand)."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from personify.body.pose import JOINT_INDEX, NUM_JOINTS
from personify.motion.clip import Motion
from personify.motion.hands import set_hands
from personify.motion.kinematics import (
    BODY_PARENTS,
    REFERENCE_SKELETON,
    SIDES,
    Float64,
    aloft,
    axis_angles,
    body_rest,
    frame,
    local_rotations,
    matrices,
    two_bone_directions,
    unit,
    yielding,
)
from personify.motion.timing import covering

REST = body_rest(REFERENCE_SKELETON)
PELVIS_HEIGHT = float(REST[0, 1])
ANKLE_HEIGHT = float(REST[JOINT_INDEX["left_ankle"], 1])
THIGH = float(REST[JOINT_INDEX["left_hip"], 1] - REST[JOINT_INDEX["left_knee"], 1])
HEEL = np.array((0, -ANKLE_HEIGHT, -0.05))  # from the ankle of a flat foot
TOE_JOINT = REST[JOINT_INDEX["left_foot"]] - REST[JOINT_INDEX["left_ankle"]]
SHIN = float(np.linalg.norm(REST[JOINT_INDEX["left_knee"]] - REST[JOINT_INDEX["left_ankle"]]))
_DEGREE = np.pi / 180
_REACH = 0.997  # how straight a leg may get, as a share of its length
_REACH_FRAMES = 7  # within which the pelvis gives way to a leg that does not reach


def euler(pitch: ArrayLike = 0, yaw: ArrayLike = 0, roll: ArrayLike = 0) -> Float64:  # degrees -> [..., 3, 3]
    """Turn about the vertical, then nod (positive = forward), then lean (positive = towards the right side)."""
    pitch, yaw, roll = np.broadcast_arrays(*(np.asarray(angle, float) * _DEGREE for angle in (pitch, yaw, roll)))
    zero = np.zeros_like(pitch)
    turns = (np.stack(axis, -1) for axis in ((zero, yaw, zero), (pitch, zero, zero), (zero, zero, roll)))
    first, second, third = (matrices(turn) for turn in turns)
    return first @ second @ third


@dataclass
class Arm:
    """Where one arm points, in axes of the chest (+X left, +Y up, +Z forward); each [F, 3] or [3].

    Attributes:
        upper: from shoulder to elbow.
        fore: from elbow to wrist.
        palm: where the palm faces, None = as the elbow leaves it.
        hand: where the fingers point, None = along the forearm.
        shrug: [F] degrees the shoulder is raised beyond what the arm itself asks for.
    """

    upper: Any
    fore: Any
    palm: Any = None
    hand: Any = None
    shrug: Any = 0.0


@dataclass
class Foot:
    """Where one foot is: ankle position [F, 3], orientation [F, 3, 3], bend of the toes [F] in degrees (+ = down)."""

    ankle: Any
    orientation: Any
    toes: Any = 0.0

    def heel_raised(self, degrees: ArrayLike) -> Foot:
        """The foot on its ball, the heel raised by ``degrees`` [F]; the toes stay where they are, flat."""
        orientation = self.orientation @ euler(degrees)
        ankle = np.asarray(self.ankle) + self.orientation @ TOE_JOINT - orientation @ TOE_JOINT
        return Foot(ankle, orientation, -np.asarray(degrees))

    def lowest(self) -> Float64:  # [F]
        """Height of the lowest sole point, metres."""
        sole, ball = np.asarray(self.orientation), -ANKLE_HEIGHT - TOE_JOINT[1]
        toes = sole @ euler(self.toes)
        points = (sole @ HEEL, *(sole @ TOE_JOINT + toes @ (0, ball, ahead) for ahead in (0, 0.065)))
        return np.asarray(self.ankle)[..., 1] + np.min([point[..., 1] for point in points], axis=0)


def hanging_arm(side: str) -> Arm:
    """An arm at rest beside the body."""
    sign = dict(SIDES)[side]
    return Arm((sign * 0.17, -1, -0.04), (sign * 0.10, -1, 0.16), (-sign, 0, 0.15))


def standing_foot(side: str, width: float = 0.11, forward: float = 0.0, toe_out: float = 9.0) -> Foot:
    """A foot flat on the floor; ``width`` metres from the middle, ``toe_out`` degrees."""
    sign = dict(SIDES)[side]
    return Foot((sign * width, ANKLE_HEIGHT, forward), euler(yaw=sign * toe_out))


@dataclass
class Figure:
    """A person over F frames on the reference skeleton; angles in degrees, every field broadcasts over frames.

    Attributes:
        frames: F.
        pelvis: [F, 3] position, metres.
        pelvis_rotation: [F, 3, 3].
        spine, head: [F, 3, 3] total rotation of the three spine joints and of neck plus head.
        arms, feet: by side, ``"left"`` and ``"right"``.
        hands: finger shape by side, see `personify.motion.hands`.
    """

    frames: int
    pelvis: Any = (0.0, PELVIS_HEIGHT - 0.006, 0.0)
    pelvis_rotation: Any = field(default_factory=lambda: np.eye(3))
    spine: Any = field(default_factory=lambda: np.eye(3))
    head: Any = field(default_factory=lambda: np.eye(3))
    arms: dict[str, Arm] = field(default_factory=lambda: {side: hanging_arm(side) for side, _ in SIDES})
    feet: dict[str, Foot] = field(default_factory=lambda: {side: standing_foot(side) for side, _ in SIDES})
    hands: dict[str, str] = field(default_factory=lambda: {"left": "relaxed", "right": "relaxed"})

    def solved(self, loop: bool = False) -> tuple[Float64, Float64]:
        """Rotations [F, 55, 3] and pelvis positions [F, 3].

        Where a leg could not reach, a foot on the floor pulls the pelvis down and a foot in the air is pulled along.
        """
        pelvis_rotation = self._spread(self.pelvis_rotation, 3, 3)
        pelvis = self._within_reach(self._spread(self.pelvis, 3), pelvis_rotation, loop)
        turns = {"pelvis": pelvis_rotation, **self._torso()}
        for side, _ in SIDES:
            turns |= self._arm(side)
        local = np.tile(np.eye(3), (self.frames, len(BODY_PARENTS), 1, 1))
        for name, turn in turns.items():
            local[:, JOINT_INDEX[name]] = turn
        orientations = self._chain(local)
        for side, _ in SIDES:
            self._leg(side, orientations, pelvis)
        rotations = np.zeros((self.frames, NUM_JOINTS, 3))
        rotations[:, : len(BODY_PARENTS)] = local_rotations(orientations)
        set_hands(rotations, self.hands["left"], self.hands["right"])
        return rotations, pelvis

    def motion(self, name: str, text: str, fps: float = 30.0, loop: bool = False) -> Motion:
        """The figure as a clip."""
        rotations, pelvis = self.solved(loop)
        return Motion(name, fps, rotations, pelvis, PELVIS_HEIGHT, text, loop, "CC0-1.0", "personify, procedural")

    def _spread(self, value: Any, *shape: int) -> Float64:
        return np.array(np.broadcast_to(np.asarray(value, float), (self.frames, *shape)))

    def _within_reach(self, pelvis: Float64, rotation: Float64, loop: bool) -> Float64:
        excess = np.zeros(self.frames)
        for side, _ in SIDES:
            hip = pelvis + np.einsum("fab,b->fa", rotation, REST[JOINT_INDEX[f"{side}_hip"]] - REST[0])
            ankle = self._spread(self.feet[side].ankle, 3)
            aside = (hip - ankle)[:, [0, 2]]
            reach = np.sqrt(((_REACH * (THIGH + SHIN)) ** 2 - (aside**2).sum(1)).clip(0))
            excess = np.maximum(excess, (hip[:, 1] - ankle[:, 1] - reach) * (1 - self._aloft(side)))
        pelvis[:, 1] -= covering(excess, _REACH_FRAMES, loop)
        return pelvis

    def _aloft(self, side: str) -> Float64:
        """[F] 0 for a foot on the floor to 1 for one that is in the air."""
        return self._spread(aloft(self.feet[side].lowest()))

    def _torso(self) -> dict[str, Float64]:
        spine, head = axis_angles(self._spread(self.spine, 3, 3)), axis_angles(self._spread(self.head, 3, 3))
        third, half = matrices(spine / 3), matrices(head / 2)
        return {"spine1": third, "spine2": third, "spine3": third, "neck": half, "head": half}

    def _arm(self, side: str) -> dict[str, Float64]:
        sign, arm = dict(SIDES)[side], self.arms[side]
        upper, fore = unit(self._spread(arm.upper, 3)), unit(self._spread(arm.fore, 3))
        raised = 28 * upper[:, 1].clip(0) + 6 * upper[:, 1].clip(-1, 0) + 4 + self._spread(arm.shrug)
        collar = euler(roll=sign * raised) @ euler(yaw=-sign * 10 * upper[:, 2].clip(-0.5, 1))
        hinge = np.cross(upper, fore) + 0.01 * np.cross(upper, (0, 0.3, 1))
        rest = frame((sign, 0, 0), (0, -sign, 0)).T
        shoulder, elbow = frame(upper, hinge) @ rest, frame(fore, hinge) @ rest
        wrist = elbow
        if arm.palm is not None:
            palm = self._spread(arm.palm, 3)
            hand = fore if arm.hand is None else unit(self._spread(arm.hand, 3))
            wrist = frame(hand, palm) @ frame((sign, 0, 0), (0, -1, 0)).T
            elbow = matrices(fore * (_twist(elbow[..., 1] * -1, palm, fore) * 0.5)[:, None]) @ elbow
        return {
            f"{side}_collar": collar,
            f"{side}_shoulder": np.swapaxes(collar, -1, -2) @ shoulder,
            f"{side}_elbow": np.swapaxes(shoulder, -1, -2) @ elbow,
            f"{side}_wrist": np.swapaxes(elbow, -1, -2) @ wrist,
        }

    def _chain(self, local: Float64) -> Float64:
        orientations = local.copy()
        for joint, parent in enumerate(BODY_PARENTS):
            if parent >= 0:
                orientations[:, joint] = orientations[:, parent] @ local[:, joint]
        return orientations

    def _leg(self, side: str, orientations: Float64, pelvis: Float64) -> None:
        hip, knee, ankle, toes = (JOINT_INDEX[f"{side}_{name}"] for name in ("hip", "knee", "ankle", "foot"))
        foot = self.feet[side]
        sole = self._spread(foot.orientation, 3, 3)
        root = pelvis + np.einsum("fab,b->fa", orientations[:, 0], REST[hip] - REST[0])
        target = self._spread(foot.ankle, 3)
        line = unit(target - root)
        target = yielding(root, target, THIGH + SHIN, self._aloft(side))
        hinge = orientations[:, 0, :, 0] + sole[..., 0]  # the knee bends about the mean of hip's and foot's side axis
        thigh, shin = two_bone_directions(root, target, THIGH, SHIN, np.cross(line, hinge))
        for joint, below, direction in ((hip, knee, thigh), (knee, ankle, shin)):
            rest = frame(REST[below] - REST[joint], (1, 0, 0))
            orientations[:, joint] = frame(direction, hinge) @ rest.T
        orientations[:, ankle] = sole
        orientations[:, toes] = sole @ euler(pitch=self._spread(foot.toes))


def _twist(start: Float64, end: Float64, axis: Float64) -> Float64:
    """[F] signed angle about ``axis`` from ``start`` to ``end``."""
    end = end - axis * (axis * end).sum(-1, keepdims=True)
    return np.arctan2((np.cross(start, end) * axis).sum(-1), (start * end).sum(-1))
