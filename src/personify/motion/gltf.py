"""Animations of binary glTF: Mixamo characters, our own avatars, and VRM animations (``.vrma``)."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
from scipy.spatial.transform import Rotation

from personify.errors import PersonifyError
from personify.export.glb_reader import Glb, read_glb
from personify.motion.clip import Motion
from personify.motion.humanoids import SourceMotion, to_motion
from personify.motion.kinematics import Float64

FPS = 30.0
LONGEST = 3600.0  # seconds
MAX_NODES = 2000
_PATHS = {"translation": 3, "rotation": 4}


def read_glb_motion(path: Path | str, animation: str | None = None, metres_per_unit: float | None = None) -> Motion:
    """One animation of a ``.glb`` or ``.vrma`` file, sampled at 30 frames per second onto the 55 joints.

    Any humanoid rig with joint names of Mixamo, VRM or another family that `read_bvh` knows; the nodes' rest pose is
    the file's T-pose (or is straightened into one). Linear, stepped and cubic keys are understood.

    Args:
        path: the file.
        animation: its name; the first one by default.
        metres_per_unit: length unit; None = inferred from the height of the hips (glTF says metres, files say else).

    Raises:
        PersonifyError: damaged, without animation, without one of that name, or not a humanoid.
    """
    path = Path(path)
    glb = read_glb(path)
    try:
        found = glb.items("animations")
        if not found:
            raise PersonifyError("holds no animation; expected one, e.g. downloaded from Mixamo 'with skin'")
        names = [str(entry.get("name", f"animation {k}")) for k, entry in enumerate(found)]
        if animation is not None and animation not in names:
            raise PersonifyError(f"holds no animation {animation!r}; it holds {', '.join(names)[:200]}")
        index = 0 if animation is None else names.index(animation)
        source = _source(glb, found[index])
        title = names[index] if len(found) > 1 or "name" in found[index] else path.stem
        return to_motion(source, title, f"glTF, {path.name}", metres_per_unit)
    except PersonifyError as error:
        text = str(error)
        raise error if text.startswith(str(path)) else PersonifyError(f"{path}: {text}") from error
    except (ValueError, TypeError, KeyError, IndexError, AttributeError, OverflowError) as error:
        raise PersonifyError(f"{path}: has a malformed skeleton or animation ({error})") from error


def _source(glb: Glb, animation: dict[str, Any]) -> SourceMotion:
    """The animated node tree in world axes of its rest pose: there the zero pose is the rest pose."""
    nodes, order, parents = _tree(glb)
    rest_turns, rest_offsets, scales = _rest(nodes)
    times, keys = _channels(glb, animation, len(nodes))
    turns = np.broadcast_to(rest_turns, (len(times), *rest_turns.shape)).copy()
    offsets = np.broadcast_to(rest_offsets, (len(times), *rest_offsets.shape)).copy()
    for (node, path), values in keys.items():
        if path == "rotation":
            turns[:, node] = _rotations(values)
        else:
            offsets[:, node] = values
    world, sizes = np.empty_like(rest_turns), np.ones(len(nodes))  # above each node: rest orientation and scale
    rotations, positions, zero = np.empty_like(turns), np.empty_like(offsets), np.empty_like(rest_offsets)
    for node in order:
        above, size = (np.eye(3), 1.0) if parents[node] < 0 else (world[parents[node]], sizes[parents[node]])
        world[node], sizes[node] = above @ rest_turns[node], size * scales[node]
        rotations[:, node] = above @ turns[:, node] @ world[node].T
        positions[:, node] = size * offsets[:, node] @ above.T
        zero[node] = size * rest_offsets[node] @ above.T
    place = {node: k for k, node in enumerate(order)}
    return SourceMotion(
        names=_names(glb, nodes, order),
        parents=[place.get(parents[node], -1) for node in order],
        offsets=zero[order],
        ends=[np.zeros((0, 3)) for _ in order],
        fps=FPS,
        rotations=rotations[:, order],
        positions=positions[:, order],
    )


def _tree(glb: Glb) -> tuple[list[dict[str, Any]], list[int], list[int]]:
    """Nodes, their numbers with parents first, and every node's parent."""
    nodes = glb.items("nodes")
    if not 0 < len(nodes) <= MAX_NODES:
        raise PersonifyError(f"holds {len(nodes)} nodes; expected a skeleton of 1 to {MAX_NODES}")
    parents = [-1] * len(nodes)
    for index, node in enumerate(nodes):
        for child in node.get("children", []):
            if type(child) is not int or not 0 <= child < len(nodes) or parents[child] >= 0:
                raise PersonifyError(f"has a node tree in which {child!r} is no child of its own")
            parents[child] = index
    order = [index for index, parent in enumerate(parents) if parent < 0]
    for index in order:  # grows while it is walked
        order += nodes[index].get("children", [])
    if len(order) != len(nodes):
        raise PersonifyError("has a node tree with a circle")
    return nodes, order, parents


def _rest(nodes: list[dict[str, Any]]) -> tuple[Float64, Float64, Float64]:
    """Local rest rotations [N, 3, 3], translations [N, 3] and uniform scales [N]."""
    turns, offsets, scales = np.tile(np.eye(3), (len(nodes), 1, 1)), np.zeros((len(nodes), 3)), np.ones(len(nodes))
    for index, node in enumerate(nodes):
        if "matrix" in node:
            matrix = _numbers(node["matrix"], 16).reshape(4, 4).T
            size = np.cbrt(abs(np.linalg.det(matrix[:3, :3])))
            left, _, right = np.linalg.svd(matrix[:3, :3])
            turns[index], offsets[index], scales[index] = left @ right, matrix[:3, 3], size
            continue
        turns[index] = _rotations(_numbers(node.get("rotation", (0, 0, 0, 1)), 4)[None])[0]
        offsets[index] = _numbers(node.get("translation", (0, 0, 0)), 3)
        scales[index] = np.cbrt(np.abs(_numbers(node.get("scale", (1, 1, 1)), 3)).prod())
    return turns, offsets, scales


def _numbers(values: Any, count: int) -> Float64:
    numbers = np.array(values, float)
    if numbers.shape != (count,) or not np.isfinite(numbers).all():
        raise PersonifyError(f"has a node with {str(values)[:60]} where {count} numbers belong")
    return numbers


def _rotations(quaternions: Float64) -> Float64:  # [F, 4] xyzw -> [F, 3, 3]
    if not np.isfinite(quaternions).all() or (np.abs(quaternions).max(-1) < 1e-6).any():
        raise PersonifyError("has a rotation that is no unit quaternion")
    matrices: Float64 = Rotation.from_quat(quaternions).as_matrix()
    return matrices


def _channels(glb: Glb, animation: dict[str, Any], nodes: int) -> tuple[Float64, dict[tuple[int, str], Float64]]:
    """Common times [F] and the sampled values [F, 3 or 4] of every animated translation and rotation."""
    samplers, tracks = animation.get("samplers", []), {}
    for channel in animation.get("channels", []):
        target = channel.get("target", {})
        node, path = target.get("node"), target.get("path")
        if path not in _PATHS or node is None:
            continue  # scales and morph weights do not move joints
        if type(node) is not int or not 0 <= node < nodes:
            raise PersonifyError(f"animates node {node!r}, which does not exist")
        sampler = samplers[channel["sampler"]]
        tracks[node, path] = _track(glb, sampler, _PATHS[path])
    if not any(path == "rotation" for _, path in tracks):
        raise PersonifyError("holds an animation that turns no joint")
    start = min(times[0] for times, _, _ in tracks.values())
    end = max(times[-1] for times, _, _ in tracks.values())
    if not end - start <= LONGEST:
        raise PersonifyError(f"lasts {end - start:.0f} s; expected at most {LONGEST:.0f}")
    times = start + np.arange(int(np.floor((end - start) * FPS + 1e-4)) + 1) / FPS
    return times, {key: _sampled(times, *track, turn=key[1] == "rotation") for key, track in tracks.items()}


def _track(glb: Glb, sampler: dict[str, Any], width: int) -> tuple[Float64, Float64, str]:
    """Key times [K], values [K, width] ([K, 3, width] for cubic keys: tangents around the value) and the kind."""
    times = glb.accessor(sampler["input"]).astype(float)
    stored = glb.accessor(sampler["output"])
    values = stored.astype(float)
    if stored.dtype.kind in "iu":  # normalised integers
        values = np.maximum(values / np.iinfo(stored.dtype).max, -1)
    kind = sampler.get("interpolation", "LINEAR")
    shape = (len(times), 3, width) if kind == "CUBICSPLINE" else (len(times), width)
    if times.ndim != 1 or (np.diff(times) < 0).any() or not (np.isfinite(times).all() and np.isfinite(values).all()):
        raise PersonifyError("has an animation whose key times do not increase, or whose keys are no numbers")
    return times, values.reshape(shape), kind


def _sampled(times: Float64, keys: Float64, values: Float64, kind: str, turn: bool) -> Float64:
    """Values at ``times``, held before the first and after the last key (glTF 2.0, appendix C)."""
    after = np.searchsorted(keys, times + 1e-5, side="right")  # keys are stored in single precision
    after = after.clip(1, max(len(keys) - 1, 1))
    before = after - 1
    after = np.minimum(after, len(keys) - 1)
    span = np.maximum(keys[after] - keys[before], 1e-9)
    weight = ((times - keys[before]) / span).clip(0, 1)[:, None]
    if kind == "CUBICSPLINE":
        first, last = values[before], values[after]
        leave, arrive = span[:, None] * first[:, 2], span[:, None] * last[:, 0]
        square, cube = weight**2, weight**3
        return (
            (2 * cube - 3 * square + 1) * first[:, 1]
            + (cube - 2 * square + weight) * leave
            + (3 * square - 2 * cube) * last[:, 1]
            + (cube - square) * arrive
        )
    first, last = values[before], values[after]
    if kind == "STEP":
        return np.where(weight < 1, first, last)
    if not turn:
        return first * (1 - weight) + last * weight
    last = last * np.where((first * last).sum(-1, keepdims=True) < 0, -1.0, 1.0)
    angle = np.arccos((first * last).sum(-1, keepdims=True).clip(-1, 1))
    near = angle < 1e-4
    sine = np.where(near, 1.0, np.sin(angle))
    start = np.where(near, 1 - weight, np.sin((1 - weight) * angle) / sine)
    return start * first + np.where(near, weight, np.sin(weight * angle) / sine) * last


def _names(glb: Glb, nodes: list[dict[str, Any]], order: list[int]) -> list[str]:
    """Names of the nodes; in VRM files the names of the humanoid bones that they are."""
    names = {index: str(node.get("name", f"node {index}")) for index, node in enumerate(nodes)}
    extensions = glb.document.get("extensions", {})
    for kind in ("VRMC_vrm_animation", "VRMC_vrm"):
        bones = extensions.get(kind, {}).get("humanoid", {}).get("humanBones", {})
        for bone, entry in bones.items():
            if entry.get("node") in names:
                names[entry["node"]] = bone
    return [names[index] for index in order]
