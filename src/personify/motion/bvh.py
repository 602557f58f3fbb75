"""BVH files: a strict parser, a writer, and the way from any named skeleton to the pose language."""

from __future__ import annotations

import io
import math
import warnings
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from personify.body.mesh import Skeleton
from personify.body.pose import JOINT_INDEX
from personify.errors import PersonifyError
from personify.export.humanoid import mixamo_name
from personify.files import atomic_path
from personify.motion.clip import Motion
from personify.motion.humanoids import SourceMotion, to_motion
from personify.motion.kinematics import REFERENCE_SKELETON, Float64, matrices

MAX_BYTES = 256 * 2**20
MAX_JOINTS = 500
_CHANNELS = tuple(f"{axis}{kind}" for kind in ("position", "rotation") for axis in "XYZ")
_CENTIMETRES = 100.0


@dataclass
class _Joint:
    name: str
    parent: int
    offset: tuple[float, ...] = (0.0, 0.0, 0.0)
    channels: list[str] = field(default_factory=list)
    ends: list[tuple[float, ...]] = field(default_factory=list)


def read_bvh(path: Path | str, metres_per_unit: float | None = None) -> Motion:
    """Read a BVH file onto the 55 joints: by joint names, then by bone directions so that limbs point the same way.

    Understood name families: CMU and its cgspeed conversions, Mixamo, MotionBuilder, Rokoko, Xsens, LAFAN1, Biped, Daz,
    SMPL and our own. Rotation channels multiply in file order. The T-pose is the zero pose or, where that is no
    standing figure or where the first frame is a T-pose, a frame of the file (a leading T-pose frame is dropped).

    Args:
        path: the file.
        metres_per_unit: length unit; None = inferred from the height of the hips (metres, centimetres, millimetres,
            inches or CMU's units).

    Raises:
        PersonifyError: damaged, or not a humanoid with arms and legs.
    """
    path = Path(path)
    try:
        if path.stat().st_size > MAX_BYTES:
            raise PersonifyError(f"{path}: larger than {MAX_BYTES // 2**20} MB; expected a shorter recording")
        text = path.read_text(encoding="utf-8", errors="replace")
    except OSError as error:
        raise PersonifyError(f"{path}: cannot be read ({error.strerror})") from error
    try:
        source = parse_bvh(text)
        return to_motion(source, path.stem, f"BVH, {path.name}", metres_per_unit)
    except PersonifyError as error:
        raise PersonifyError(f"{path}: {error}") from error


def parse_bvh(text: str) -> SourceMotion:
    """Structure and local transforms of a BVH text, in its own units and axes."""
    head, keyword, tail = text.partition("MOTION")
    if not keyword or "HIERARCHY" not in head:
        raise PersonifyError("is not a BVH file; expected the sections HIERARCHY and MOTION")
    joints = _hierarchy(head)
    count = sum(len(joint.channels) for joint in joints)
    fps, values = _frames(tail, count)
    rotations = np.broadcast_to(np.eye(3), (len(values), len(joints), 3, 3)).copy()
    offsets = np.array([joint.offset for joint in joints], float)
    positions = np.broadcast_to(offsets, (len(values), len(joints), 3)).copy()
    column = 0
    for index, joint in enumerate(joints):
        for channel in joint.channels:
            value, axis = values[:, column], "XYZ".index(channel[0])
            column += 1
            if channel.endswith("position"):
                positions[:, index, axis] = value
            else:
                turn = np.zeros((len(values), 3))
                turn[:, axis] = np.radians(value)
                rotations[:, index] = rotations[:, index] @ matrices(turn)
    return SourceMotion(
        names=[joint.name for joint in joints],
        parents=[joint.parent for joint in joints],
        offsets=offsets,
        ends=[np.array(joint.ends, float).reshape(-1, 3) for joint in joints],
        fps=fps,
        rotations=rotations,
        positions=positions,
    )


def _hierarchy(head: str) -> list[_Joint]:
    tokens = head.split()
    joints: list[_Joint] = []
    open_joints: list[int | None] = []  # None = an End Site
    pending: int | None = None
    at = tokens.index("HIERARCHY") + 1
    try:
        while at < len(tokens):
            token = tokens[at].upper()
            if token in ("ROOT", "JOINT"):
                brace = tokens.index("{", at)
                parents = [joint for joint in open_joints if joint is not None]
                joints.append(_Joint(" ".join(tokens[at + 1 : brace]), parents[-1] if parents else -1))
                pending, at = len(joints) - 1, brace
            elif token == "END":
                pending, at = None, tokens.index("{", at)
            elif token == "{":
                open_joints.append(pending)
                at += 1
            elif token == "}":
                open_joints.pop()
                at += 1
            elif token == "OFFSET":
                _set_offset(joints, open_joints, tokens[at + 1 : at + 4])
                at += 4
            elif token == "CHANNELS":
                number = int(tokens[at + 1])
                joints[_innermost(open_joints)].channels = _channels(tokens[at + 2 : at + 2 + number], number)
                at += 2 + number
            else:
                raise ValueError(f"unexpected {tokens[at]!r}")
            if len(joints) > MAX_JOINTS:
                raise ValueError(f"more than {MAX_JOINTS} joints")
    except (ValueError, IndexError) as error:
        raise PersonifyError(f"has a damaged HIERARCHY ({error})") from error
    if open_joints or not joints or sum(joint.parent < 0 for joint in joints) != 1:
        raise PersonifyError("has a damaged HIERARCHY (expected one ROOT and balanced braces)")
    return joints


def _innermost(open_joints: list[int | None]) -> int:
    joint = open_joints[-1]
    if joint is None:
        raise ValueError("an End Site has channels")
    return joint


def _set_offset(joints: list[_Joint], open_joints: list[int | None], values: list[str]) -> None:
    offset = tuple(float(value) for value in values)
    if len(offset) != 3 or not all(math.isfinite(value) and abs(value) < 1e6 for value in offset):
        raise ValueError("an OFFSET needs three numbers")
    if open_joints[-1] is None:
        joints[next(joint for joint in reversed(open_joints) if joint is not None)].ends.append(offset)
    else:
        joints[open_joints[-1]].offset = offset


def _channels(names: list[str], number: int) -> list[str]:
    by_lower = {channel.lower(): channel for channel in _CHANNELS}
    if len(names) != number or not all(name.lower() in by_lower for name in names):
        raise ValueError(f"channels {' '.join(names)[:60]!r}; expected names such as Xposition and Zrotation")
    return [by_lower[name.lower()] for name in names]


def _frames(tail: str, channels: int) -> tuple[float, Float64]:
    words = tail.split(None, 5)
    try:
        if len(words) < 6 or words[0].lower() != "frames:" or " ".join(words[2:4]).lower() != "frame time:":
            raise ValueError("expected 'Frames:' and 'Frame Time:' and numbers")
        count, step = int(words[1]), float(words[4])
        with warnings.catch_warnings():
            warnings.simplefilter("error")  # numpy only warns when text is not a number
            values = np.fromstring(words[5], sep=" ")
        if not 1e-3 <= step <= 1:
            raise ValueError(f"a frame time of {step:g} s; expected 0.001 to 1")
        if channels == 0 or count < 1 or len(values) != count * channels:
            raise ValueError(f"{len(values)} numbers; expected {count} frames of {channels}")
        if not np.isfinite(values).all() or np.abs(values).max() > 1e7:
            raise ValueError("numbers out of range")
    except (ValueError, DeprecationWarning) as error:
        raise PersonifyError(f"has a damaged MOTION section ({error})") from error
    return round(1 / step, 2), values.reshape(count, channels)


def write_bvh(motion: Motion, path: Path | str, skeleton: Skeleton = REFERENCE_SKELETON) -> None:
    """Write a motion on a skeleton as BVH: Mixamo joint names, centimetres, +Y up, zero pose = T-pose.

    Args:
        motion: as retargeted to ``skeleton``.
        path: a ``.bvh`` file.
        skeleton: supplies the offsets; joints outside the pose language are refused.
    """
    path = Path(path)
    if path.suffix.lower() != ".bvh":
        raise PersonifyError(f"{path}: unknown extension; expected .bvh")
    columns = [JOINT_INDEX[name] for name in skeleton.joint_names]
    lines = io.StringIO()
    lines.write("HIERARCHY\n")
    order = _write_joint(lines, skeleton, 0, 0)
    angles = euler_zxy(matrices(motion.rotations[:, [columns[joint] for joint in order]]))
    values = np.concatenate([motion.translation * _CENTIMETRES, angles.reshape(motion.num_frames, -1)], 1)
    lines.write(f"MOTION\nFrames: {motion.num_frames}\nFrame Time: {1 / motion.fps:.8f}\n")
    np.savetxt(lines, values, fmt="%.5f")
    with atomic_path(path) as temporary:
        temporary.write_text(lines.getvalue(), encoding="utf-8")


def euler_zxy(rotation: Float64) -> Float64:  # [..., 3, 3] -> [..., 3] degrees
    """Angles (z, x, y) with ``R = Rz @ Rx @ Ry``.

    >>> bool(np.allclose(euler_zxy(matrices([0, 0, np.pi / 2])), [90, 0, 0]))
    True
    """
    x = np.arcsin(rotation[..., 2, 1].clip(-1, 1))
    locked = np.abs(rotation[..., 2, 1]) > 1 - 1e-9  # z and y turn about the same axis: give it all to z
    z = np.where(
        locked,
        np.arctan2(rotation[..., 1, 0], rotation[..., 0, 0]),
        np.arctan2(-rotation[..., 0, 1], rotation[..., 1, 1]),
    )
    y = np.where(locked, 0, np.arctan2(-rotation[..., 2, 0], rotation[..., 2, 2]))
    return np.degrees(np.stack([z, x, y], -1))


def _write_joint(lines: io.StringIO, skeleton: Skeleton, joint: int, depth: int) -> list[int]:
    """Write a joint with its descendants; returns them in file order."""
    tab = "\t" * depth
    parent = skeleton.parents[joint]
    offset = skeleton.rest_joints[joint] - (skeleton.rest_joints[parent] if parent >= 0 else 0)
    kind = "ROOT" if parent < 0 else "JOINT"
    children = [child for child, its_parent in enumerate(skeleton.parents) if its_parent == joint]
    channels = "Zrotation Xrotation Yrotation"
    lines.write(f"{tab}{kind} {mixamo_name(skeleton.joint_names[joint])}\n{tab}{{\n")
    lines.write(f"{tab}\tOFFSET {_numbers(offset)}\n")
    channels = f"6 Xposition Yposition Zposition {channels}" if parent < 0 else f"3 {channels}"
    lines.write(f"{tab}\tCHANNELS {channels}\n")
    order = [joint]
    for child in children:
        order += _write_joint(lines, skeleton, child, depth + 1)
    if not children:
        lines.write(
            f"{tab}\tEnd Site\n{tab}\t{{\n{tab}\t\tOFFSET {_numbers(_end_offset(skeleton, joint))}\n{tab}\t}}\n"
        )
    lines.write(f"{tab}}}\n")
    return order


def _end_offset(skeleton: Skeleton, joint: int) -> Float64:
    """Tip of a last joint: the toe's end on the floor, everything else half its own bone further."""
    bone = skeleton.rest_joints[joint] - skeleton.rest_joints[skeleton.parents[joint]]
    if skeleton.joint_names[joint].endswith("_foot"):
        return np.array((0, -skeleton.rest_joints[joint, 1], np.linalg.norm(bone) / 2))
    return np.asarray(bone, float) / 2


def _numbers(offset: Float64) -> str:
    return " ".join(f"{value * _CENTIMETRES:.5f}" for value in offset)
