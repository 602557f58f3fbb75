"""From any named humanoid skeleton to the 55 joints of the pose language."""

from __future__ import annotations

import difflib
import re
from dataclasses import dataclass

import numpy as np

from personify.body.pose import FINGERS, JOINT_NAMES, PARENTS
from personify.errors import PersonifyError
from personify.motion.clip import Motion
from personify.motion.grounding import on_floor
from personify.motion.kinematics import SIDES, Float64, aligning, axis_angles, frame, interpolate, unit

# What joints are called, by role; earlier names win. A name may serve two roles: in most rigs "shoulder" is the
# collar bone and "foot" the ankle, in SMPL-like rigs they are the shoulder and the ball of the foot.
_SIDED_NAMES: dict[str, tuple[str, ...]] = {
    "hip": ("upleg", "upperleg", "thigh", "hip"),
    "knee": ("lowerleg", "lowleg", "shin", "calf", "knee", "leg"),
    "ankle": ("ankle", "foot"),
    "foot": ("toebase", "toes", "toe", "ball", "foot"),
    "collar": ("collar", "clavicle", "shoulder"),
    "shoulder": ("upperarm", "uparm", "arm", "shldr", "shoulder"),
    "elbow": ("forearm", "lowerarm", "lowarm", "elbow"),
    "wrist": ("hand", "wrist"),
}
_REQUIRED = ("hip", "knee", "ankle", "shoulder", "elbow", "wrist")
_UNITS = (1.0, 0.01, 0.001, 0.0254, 0.0254 / 0.45)  # metres, centimetres, millimetres, inches, CMU's own
_USUAL_HIP_HEIGHT = 0.9
ALREADY_STRAIGHT = np.cos(
    np.radians(3)
)  # a T-pose this good is taken as it is, so that our own files read back exactly


@dataclass
class SourceMotion:
    """A recording on its own skeleton, in its own units and axes.

    Attributes:
        names, parents: [J]; the root's parent is -1 and parents come first.
        offsets: [J, 3] zero pose, relative to the parent.
        ends: [J] arrays [E, 3] of bone ends (End Sites).
        fps: frames per second.
        rotations: [F, J, 3, 3] relative to the parent.
        positions: [F, J, 3] relative to the parent.
    """

    names: list[str]
    parents: list[int]
    offsets: Float64
    ends: list[Float64]
    fps: float
    rotations: Float64
    positions: Float64


@dataclass
class _Rest:
    """World orientation [J, 3, 3] and position [J, 3] of the source joints in a standing pose."""

    orientations: Float64
    positions: Float64


def to_motion(source: SourceMotion, name: str, origin: str, metres_per_unit: float | None = None) -> Motion:
    """The recording in the pose language: floor at y = 0, starting over the origin.

    Raises:
        PersonifyError: the joints are not those of a humanoid.
    """
    roles = match_joints(source.names, source.parents)
    orientations, positions = _world(source.rotations, source.positions, source.parents)
    rest, first = _standing_pose(source, roles, orientations, positions)
    turn = _to_house_axes(rest, roles)
    tpose = _straightened(_Rest(turn @ rest.orientations, rest.positions @ turn.T), source.parents, roles)
    scale = metres_per_unit or _unit(tpose, source, roles)
    rest_height = float(np.clip(_pelvis_height(tpose, source, roles) * scale, 0.05, 10))
    deltas = turn @ orientations[first:] @ np.swapaxes(tpose.orientations, -1, -2)
    rotations = _pose_language(deltas, roles)
    travel = (positions[first:, roles["pelvis"]] @ turn.T) * scale
    travel = travel - travel[0] * (1, 0, 1)
    motion = Motion(name, float(np.clip(source.fps, 1, 1000)), rotations, travel, rest_height, name.replace("_", " "),
                    False, "", origin)  # fmt: skip
    return on_floor(motion)


def match_joints(names: list[str], parents: list[int]) -> dict[str, int]:
    """Source joint of every role in the pose language that the skeleton has.

    >>> chain = ["Hips", "LeftUpLeg", "LeftLeg", "LeftFoot", "RightUpLeg", "RightLeg", "RightFoot", "Chest",
    ...          "LeftArm", "LeftForeArm", "LeftHand", "RightArm", "RightForeArm", "RightHand", "Head"]
    >>> roles = match_joints(chain, [-1, 0, 1, 2, 0, 4, 5, 0, 7, 8, 9, 7, 11, 12, 7])
    >>> roles["left_ankle"], roles["spine3"], "left_foot" in roles
    (3, 7, False)
    """
    found: dict[tuple[str, str], int] = {}
    for index, name in enumerate(names):
        found.setdefault(_side_and_base(name), index)
    roles: dict[str, int] = {}
    for side, _ in SIDES:
        for role in ("hip", "knee", "ankle", "foot", "elbow", "wrist", "shoulder", "collar"):
            taken = set(roles.values())
            options = [found[side, base] for base in _SIDED_NAMES[role] if (side, base) in found]
            free = [index for index in options if index not in taken]
            if free:
                roles[f"{side}_{role}"] = free[0]
        roles |= _fingers(side, found)
    missing = [f"{side} {role}" for side, _ in SIDES for role in _REQUIRED if f"{side}_{role}" not in roles]
    if missing:
        raise PersonifyError(
            f"no joint found for {', '.join(missing)} among {', '.join(names)[:200]}{_nearest(missing[0], names)}; "
            "expected a humanoid with joint names of CMU, Mixamo, MotionBuilder, Rokoko, Xsens, VRM or SMPL"
        )
    return roles | _central(names, parents, roles, found)


def _side_and_base(name: str) -> tuple[str, str]:
    """("left", "upleg") of ``mixamorig:LeftUpLeg``, ``l_upleg``, ``Bip01 L UpLeg`` or ``upleg.L``."""
    short = re.sub(r"^.*:", "", name.strip())
    short = re.sub(r"^(bip\d*|character\d*|mixamorig\d*|def|b|bn)[ _\-.]+", "", short, flags=re.IGNORECASE)
    words = re.sub(r"[ _\-.]+", " ", short).strip()
    patterns = (
        r"^(?P<side>left|right) ?(?P<base>.+)$",
        r"^(?P<base>.+?) ?(?P<side>left|right)$",
        r"^(?P<side>[lr]) (?P<base>.+)$",
        r"^(?P<base>.+) (?P<side>[lr])$",
    )
    for pattern in patterns:
        if match := re.match(pattern, words, flags=re.IGNORECASE):
            side = "left" if match["side"].lower().startswith("l") else "right"
            return side, match["base"].replace(" ", "").lower()
    if match := re.match(r"^([lr])([A-Z].*)$", words):  # lThigh, RHand
        return "left" if match[1] == "l" else "right", match[2].replace(" ", "").lower()
    if match := re.match(r"^([LR])([A-Z][a-z].*)$", words):
        return "left" if match[1] == "L" else "right", match[2].replace(" ", "").lower()
    return "", words.replace(" ", "").lower()


def _fingers(side: str, found: dict[tuple[str, str], int]) -> dict[str, int]:
    roles: dict[str, int] = {}
    for finger in FINGERS:
        for k in (1, 2, 3):
            for word in (finger, "little") if finger == "pinky" else (finger,):
                bases = (
                    f"hand{word}{k}",
                    f"inhand{word}{k}",
                    f"{word}{k}",
                    f"{word}0{k}",
                    f"{word}{_vrm_bone(finger, k)}",
                )
                for base in bases:
                    if (side, base) in found:
                        roles.setdefault(f"{side}_{finger}{k}", found[side, base])
    return roles


def _nearest(missing: str, names: list[str]) -> str:
    """The joints whose names come nearest to what is missing, as a hint."""
    side, role = missing.split(" ", 1)
    wanted = [side + base for base in _SIDED_NAMES[role]]
    by_key = {"".join(_side_and_base(name)): name for name in names}
    close = [match for want in wanted for match in difflib.get_close_matches(want, by_key, 2, 0.7)]
    hints = list(dict.fromkeys(by_key[match] for match in close))[:3]
    return f" (nearest to {missing}: {', '.join(hints)})" if hints else ""


def _vrm_bone(finger: str, k: int) -> str:
    bones = ("metacarpal", "proximal", "distal") if finger == "thumb" else ("proximal", "intermediate", "distal")
    return bones[k - 1]


def _central(
    names: list[str], parents: list[int], roles: dict[str, int], found: dict[tuple[str, str], int]
) -> dict[str, int]:
    """Pelvis, spine, neck and head from the tree: the pelvis is where the legs meet, the chest where the arms meet."""
    pelvis = _meeting(parents, roles["left_hip"], roles["right_hip"])
    chest = _meeting(parents, roles["left_shoulder"], roles["right_shoulder"])
    spine = _ancestors(parents, chest)[::-1]
    if pelvis not in spine:
        raise PersonifyError("the arms do not hang on the same spine as the legs; expected a humanoid")
    spine = spine[spine.index(pelvis) + 1 :]
    central = {"pelvis": pelvis}
    if spine:
        central["spine3"] = spine[-1]
    if len(spine) >= 2:
        central["spine1"] = spine[0]
    if len(spine) >= 3:
        central["spine2"] = spine[len(spine) // 2]
    neck = [index for index, name in enumerate(names) if _side_and_base(name)[1].startswith("neck")]
    if neck:
        central["neck"] = neck[0]
    if ("", "head") in found:
        central["head"] = found["", "head"]
    return central


def _ancestors(parents: list[int], joint: int) -> list[int]:
    path = []
    while joint >= 0:
        path.append(joint)
        joint = parents[joint]
    return path


def _meeting(parents: list[int], first: int, second: int) -> int:
    others = set(_ancestors(parents, second))
    common = [joint for joint in _ancestors(parents, first) if joint in others]
    if not common:
        raise PersonifyError("left and right limbs hang on different roots; expected one humanoid")
    return common[0]


def _world(rotations: Float64, positions: Float64, parents: list[int]) -> tuple[Float64, Float64]:
    """World frames of all joints, batched over leading dimensions."""
    orientations, places = rotations.copy(), positions.copy()
    for joint, parent in enumerate(parents):
        if parent >= 0:
            orientations[..., joint, :, :] = orientations[..., parent, :, :] @ rotations[..., joint, :, :]
            offset = (orientations[..., parent, :, :] @ positions[..., joint, :, None])[..., 0]
            places[..., joint, :] = places[..., parent, :] + offset
    return orientations, places


def _standing_pose(
    source: SourceMotion, roles: dict[str, int], orientations: Float64, positions: Float64
) -> tuple[_Rest, int]:
    """The pose to take as T-pose, and the first frame of the actual motion.

    A T-pose in the first frame is there on purpose (cgspeed's CMU conversions); then the zero pose, if it stands;
    then the frame that stands straightest (LAFAN1's zero pose is a heap of bones along X).
    """
    many = len(orientations) > 1
    if many and _uprightness(positions[:1], roles)[0] > 0.9 and _arms_out(positions[:1], roles)[0] > 0.9:
        return _Rest(orientations[0], positions[0]), 1
    zero = np.broadcast_to(np.eye(3), (len(source.names), 3, 3))
    rest = _Rest(*_world(zero, source.offsets, source.parents))
    if _uprightness(rest.positions[None], roles)[0] > 0.8:
        return rest, 0
    sample = np.unique(np.linspace(0, len(positions) - 1, 200).astype(int))
    score = _uprightness(positions[sample], roles) + 0.3 * _arms_out(positions[sample], roles)
    best = sample[int(np.argmax(score))]
    return _Rest(orientations[best], positions[best]), 0


def _directions(positions: Float64, roles: dict[str, int], first: str, second: str) -> Float64:
    return unit(positions[:, roles[second]] - positions[:, roles[first]])


def _lateral(positions: Float64, roles: dict[str, int]) -> Float64:
    return unit(positions[:, roles["left_hip"]] - positions[:, roles["right_hip"]])


def _uprightness(positions: Float64, roles: dict[str, int]) -> Float64:
    """[F] smallest cosine between the trunk's axis and thighs and shins: 1 = stands straight."""
    shoulders = (positions[:, roles["left_shoulder"]] + positions[:, roles["right_shoulder"]]) / 2
    hips = (positions[:, roles["left_hip"]] + positions[:, roles["right_hip"]]) / 2
    up = unit(shoulders - hips)
    bones = [(f"{side}_{a}", f"{side}_{b}") for side, _ in SIDES for a, b in (("hip", "knee"), ("knee", "ankle"))]
    legs = np.min([-(up * _directions(positions, roles, *bone)).sum(-1) for bone in bones], axis=0)
    return np.minimum(legs, 1 - np.abs((up * _lateral(positions, roles)).sum(-1)))


def _arms_out(positions: Float64, roles: dict[str, int]) -> Float64:
    """[F] smallest cosine between the arms and the sideways direction: 1 = a T-pose."""
    lateral = _lateral(positions, roles)
    cosines = [
        sign * (lateral * _directions(positions, roles, f"{side}_{a}", f"{side}_{b}")).sum(-1)
        for side, sign in SIDES
        for a, b in (("shoulder", "elbow"), ("elbow", "wrist"))
    ]
    return np.min(cosines, axis=0)


def _to_house_axes(rest: _Rest, roles: dict[str, int]) -> Float64:
    """Rotation that makes the standing pose face +Z with +Y up; "up" is the file axis nearest to the spine."""
    positions = rest.positions[None]
    shoulders = (positions[:, roles["left_shoulder"]] + positions[:, roles["right_shoulder"]]) / 2
    ankles = (positions[:, roles["left_ankle"]] + positions[:, roles["right_ankle"]]) / 2
    trunk = (shoulders - ankles)[0]
    axis = int(np.abs(trunk).argmax())
    up = np.eye(3)[axis] * np.sign(trunk[axis])
    across = positions[0, roles["left_shoulder"]] - positions[0, roles["right_shoulder"]]
    lateral = unit(_lateral(positions, roles)[0] + unit(across))
    lateral = lateral - up * (up @ lateral)
    return frame(lateral, up).T


def _straightened(rest: _Rest, parents: list[int], roles: dict[str, int]) -> _Rest:
    """The pose with arms along +-X and legs along -Y: limbs turn by the smallest rotation, carrying their children."""
    orientations, positions = rest.orientations.copy(), rest.positions.copy()
    for side, sign in SIDES:
        chains = (("shoulder", "elbow", (sign, 0, 0)), ("elbow", "wrist", (sign, 0, 0)),
                  ("hip", "knee", (0, -1, 0)), ("knee", "ankle", (0, -1, 0)))  # fmt: skip
        for start, end, direction in chains:
            joint, tip = roles[f"{side}_{start}"], roles[f"{side}_{end}"]
            bone = positions[tip] - positions[joint]
            if unit(bone) @ direction > ALREADY_STRAIGHT or np.linalg.norm(bone) < 1e-9:
                continue
            turn = aligning(bone, direction)
            moved = [index for index in range(len(parents)) if joint in _ancestors(parents, index)]
            if start == "knee":
                # Feet stay as they stand: in a straight leg they are flat on the floor already.
                feet = [index for index in moved if tip in _ancestors(parents, index)]
                kept = orientations[feet].copy()
                shift = positions[joint] + turn @ (positions[tip] - positions[joint]) - positions[tip]
                ground = positions[feet] + shift
            orientations[moved] = turn @ orientations[moved]
            positions[moved] = positions[joint] + (positions[moved] - positions[joint]) @ turn.T
            if start == "knee":
                orientations[feet], positions[feet] = kept, ground
    return _Rest(orientations, positions)


def _pelvis_height(tpose: _Rest, source: SourceMotion, roles: dict[str, int]) -> float:
    """Pelvis above the soles in source units: down to the lowest joint or bone end of the feet."""
    feet = [
        index
        for index in range(len(source.parents))
        if {roles["left_ankle"], roles["right_ankle"]} & set(_ancestors(source.parents, index))
    ]
    joints = tpose.positions[feet, 1].min()
    ends = np.concatenate([tpose.positions[foot] + source.ends[foot] @ tpose.orientations[foot].T for foot in feet])
    pelvis = tpose.positions[roles["pelvis"], 1]
    leg = pelvis - tpose.positions[[roles["left_ankle"], roles["right_ankle"]], 1].min()
    sole = min(joints - 0.02 * leg, ends[:, 1].min() if len(ends) else joints)  # the ball's joint is above the sole
    if len(feet) == 2 and len(ends) == 0:  # bare ankles
        return float(1.09 * leg)
    return float(pelvis - sole)


def _unit(tpose: _Rest, source: SourceMotion, roles: dict[str, int]) -> float:
    height = max(_pelvis_height(tpose, source, roles), 1e-9)
    return min(_UNITS, key=lambda unit_: abs(np.log(height * unit_ / _USUAL_HIP_HEIGHT)))


def _pose_language(deltas: Float64, roles: dict[str, int]) -> Float64:
    """[F, 55, 3] local rotations from world turns away from the T-pose [F, J, 3, 3]; missing joints follow."""
    world = np.empty((len(deltas), len(JOINT_NAMES), 3, 3))
    pelvis = deltas[:, roles["pelvis"]]
    chest = deltas[:, roles["spine3"]] if "spine3" in roles else pelvis
    for joint, (name, parent) in enumerate(zip(JOINT_NAMES, PARENTS, strict=True)):
        if name in roles:
            world[:, joint] = deltas[:, roles[name]]
        elif name in ("spine1", "spine2"):
            share = np.full(len(deltas), 1 / 3 if name == "spine1" else 2 / 3)
            start = deltas[:, roles["spine1"]] if "spine1" in roles else pelvis
            world[:, joint] = interpolate(start, chest, share if "spine1" not in roles else share * 0 + 0.5)
        elif name == "spine3":
            world[:, joint] = chest
        elif name == "neck" and "head" in roles:
            world[:, joint] = interpolate(chest, deltas[:, roles["head"]], np.full(len(deltas), 0.5))
        else:
            world[:, joint] = world[:, parent]
    local = world.copy()
    above = world[:, list(PARENTS[1:])]
    local[:, 1:] = np.swapaxes(above, -1, -2) @ world[:, 1:]
    return axis_angles(local)
