"""GLB writer: a skinned, textured, animated avatar as one binary glTF 2.0 file (Khronos, ISO/IEC 12113:2022).

The layout is what engines expect of a character: an armature node named after the avatar that holds the joints with
Mixamo's names, one mesh node per part beside it (a skinned mesh below another node would be moved twice), four
influences per vertex, a T-pose bind whose inverse bind matrices are pure translations.
"""

from __future__ import annotations

import json
import struct
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from personify.body.gaussians import Gaussians
from personify.body.mesh import Float, Image, Material, MeshPart, Skeleton
from personify.errors import PersonifyError
from personify.export.clip import AnimationClip
from personify.export.glb_buffer import GlbBuffer, smallest_index_type
from personify.export.humanoid import mixamo_name
from personify.export.influences import strongest_influences
from personify.export.normals import smooth_normals, tangents
from personify.export.splat_glb import EXTENSION, splat_mesh
from personify.export.textures import encode_png
from personify.files import atomic_path

Json = dict[str, Any]


def write_glb(
    path: Path | str,
    parts: Sequence[MeshPart],
    skeleton: Skeleton,
    clips: Sequence[AnimationClip] = (),
    *,
    name: str = "avatar",
    joint_prefix: str = "",
    extras: Mapping[str, Any] | None = None,
    copyright: str | None = None,
    gaussians: Gaussians | None = None,
) -> Path:
    """Write an avatar; the same arguments give the same bytes.

    Args:
        path: where to write; replaced only when the file is complete.
        parts: T-pose surface, one mesh each; ``morphs`` become morph targets.
        skeleton: the joints that ``lbs_weights`` and the clips speak of.
        clips: motions, one glTF animation each.
        name: of the armature node, the object a user sees in an engine.
        joint_prefix: put before every joint name, e.g. ``"mixamorig:"``.
        extras: JSON-ready provenance, stored in ``asset.extras``.
        copyright: stored in ``asset.copyright``.
        gaussians: a surface of 3D Gaussians, beside the parts or instead of them (`personify.export.splat_glb`).

    Returns:
        The path written.

    Raises:
        PersonifyError: a part or a clip does not fit the skeleton, or ``extras`` is no JSON.
    """
    options: dict[str, Any] = {"name": name, "joint_prefix": joint_prefix, "extras": extras, "copyright": copyright}
    data = encode_glb(parts, skeleton, clips, **options, gaussians=gaussians)
    with atomic_path(path) as temporary:
        temporary.write_bytes(data)
    return Path(path)


def encode_glb(
    parts: Sequence[MeshPart],
    skeleton: Skeleton,
    clips: Sequence[AnimationClip] = (),
    *,
    name: str = "avatar",
    joint_prefix: str = "",
    extras: Mapping[str, Any] | None = None,
    copyright: str | None = None,
    gaussians: Gaussians | None = None,
) -> bytes:
    """The bytes that `write_glb` writes."""
    _check(parts, skeleton, clips, gaussians)
    document = _Document()
    document.add_skeleton(skeleton, name, joint_prefix)
    for part in parts:
        document.add_part(part)
    moving = _moving_joints(clips)
    for clip in clips:
        document.add_clip(clip, moving, parts)
    if gaussians is not None:
        document.add_gaussians(gaussians)
    asset: Json = {"version": "2.0", "generator": "Personify"}
    asset |= {"copyright": copyright} if copyright else {}
    asset |= {"extras": dict(extras)} if extras else {}
    return document.encode(asset)


class _Document:
    """A glTF document under construction: nodes are the armature, then the joints, then one per part."""

    def __init__(self) -> None:
        self.buffer = GlbBuffer()
        self.lists: dict[str, list[Json]] = {}
        self.roots: list[int] = []
        self.extensions: list[str] = []
        self._known: dict[tuple[int, bool], int] = {}  # materials and textures by identity: both outlive the writer

    def add(self, kind: str, item: Json) -> int:
        items = self.lists.setdefault(kind, [])
        items.append(item)
        return len(items) - 1

    def add_skeleton(self, skeleton: Skeleton, name: str, prefix: str) -> None:
        rest = np.asarray(skeleton.rest_joints, np.float32)
        first = 1
        children: dict[int, list[int]] = {}
        for joint, parent in enumerate(skeleton.parents):
            children.setdefault(parent, []).append(first + joint)
        armature = self.add("nodes", {"name": name, "children": children[-1]})
        for joint, parent in enumerate(skeleton.parents):
            offset = rest[joint] - rest[parent] if parent >= 0 else rest[joint]
            node: Json = {"name": mixamo_name(skeleton.joint_names[joint], prefix), "translation": offset.tolist()}
            self.add("nodes", node | ({"children": children[joint]} if joint in children else {}))
        inverse_bind = np.tile(np.eye(4, dtype=np.float32), (len(rest), 1, 1))
        inverse_bind[:, :3, 3] = -rest
        self.add(
            "skins",
            {
                "name": name,
                "skeleton": armature,
                "joints": list(range(first, first + len(rest))),
                "inverseBindMatrices": self.buffer.accessor(inverse_bind, "bind pose"),
            },
        )
        self.roots.append(armature)

    def add_part(self, part: MeshPart) -> None:
        vertices = np.asarray(part.vertices, np.float32)
        normals = smooth_normals(vertices, part.faces)
        joints, weights = strongest_influences(part.lbs_weights)
        attributes = {
            "POSITION": self.buffer.accessor(vertices, "vertices", bounds=True),
            "NORMAL": self.buffer.accessor(normals, "vertices"),
            "TEXCOORD_0": self.buffer.accessor(np.asarray(part.uvs, np.float32), "vertices"),
            "JOINTS_0": self.buffer.accessor(joints, "vertices"),
            "WEIGHTS_0": self.buffer.accessor(weights, "vertices"),
        }
        if part.material.normal_map is not None:
            frames = tangents(vertices, part.faces, part.uvs, normals)
            attributes["TANGENT"] = self.buffer.accessor(frames, "vertices")
        indices = part.faces.reshape(-1).astype(smallest_index_type(len(vertices)))
        primitive: Json = {
            "attributes": attributes,
            "indices": self.buffer.accessor(indices, "triangles"),
            "material": self.material(part.material),
        }
        mesh: Json = {"name": part.name, "primitives": [primitive]}
        if part.morphs:
            primitive["targets"] = [{"POSITION": self.morph(part, shape)} for shape in part.morphs]
            mesh["extras"] = {"targetNames": list(part.morphs)}
        node = {"name": part.name, "mesh": self.add("meshes", mesh), "skin": 0}
        self.roots.append(self.add("nodes", node))

    def add_gaussians(self, gaussians: Gaussians) -> None:
        mesh = splat_mesh(gaussians, self.buffer, "gaussians", skin=0)
        node = {"name": "gaussians", "mesh": self.add("meshes", mesh)}  # unskinned: plain viewers show the rest pose
        self.roots.append(self.add("nodes", node))
        self.extensions.append(EXTENSION)

    def morph(self, part: MeshPart, shape: str) -> int:
        indices, offsets = part.morphs[shape]
        order = np.argsort(indices)
        if len(order) == 0:  # glTF has no empty sparse accessor
            return self.buffer.sparse_accessor(len(part.vertices), np.zeros(1, np.int64), np.zeros((1, 3), np.float32))
        return self.buffer.sparse_accessor(len(part.vertices), indices[order], offsets[order].astype(np.float32))

    def material(self, material: Material) -> int:
        key = (id(material), True)
        if key in self._known:
            return self._known[key]
        surface: Json = {
            "baseColorFactor": list(map(float, material.base_color)),
            "metallicFactor": float(material.metallic),
            "roughnessFactor": float(material.roughness),
        }
        item: Json = {"name": material.name, "pbrMetallicRoughness": surface}
        if material.texture is not None:
            surface["baseColorTexture"] = {"index": self.texture(material.texture, material.alpha_mode != "OPAQUE")}
        if material.normal_map is not None:
            item["normalTexture"] = {"index": self.texture(material.normal_map, alpha=False)}
        item |= {"alphaMode": material.alpha_mode} if material.alpha_mode != "OPAQUE" else {}
        item |= {"doubleSided": True} if material.double_sided else {}
        self._known[key] = self.add("materials", item)
        return self._known[key]

    def texture(self, image: Image, alpha: bool) -> int:
        """Without ``alpha`` a fourth channel, which an opaque material ignores, is left out of the file."""
        key = (id(image), alpha)
        if key not in self._known:
            if "samplers" not in self.lists:  # clamped: an atlas must not bleed from its opposite edge
                self.add("samplers", {"magFilter": 9729, "minFilter": 9987, "wrapS": 33071, "wrapT": 33071})
            png = encode_png(image if alpha else image[..., :3])
            source = self.add("images", {"bufferView": self.buffer.blob(png), "mimeType": "image/png"})
            self._known[key] = self.add("textures", {"source": source, "sampler": 0})
        return self._known[key]

    def add_clip(self, clip: AnimationClip, moving: Sequence[int], parts: Sequence[MeshPart]) -> None:
        times = np.asarray(clip.times, np.float32)
        animation: Json = {"name": clip.name, "channels": [], "samplers": []}

        def channel(node: int, path: str, keys: Float, values: Float) -> None:
            sampler = {"input": self.buffer.accessor(keys, bounds=True), "output": self.buffer.accessor(values)}
            animation["samplers"].append(sampler)
            target = {"node": node, "path": path}
            animation["channels"].append({"sampler": len(animation["samplers"]) - 1, "target": target})

        first = 1
        channel(first, "translation", times, np.asarray(clip.translations, np.float32))
        for joint in moving:
            values = continuous_quaternions(clip.rotations[:, joint])
            keep = 1 if np.ptp(values, 0).max() < 1e-6 else len(values)  # a joint held still needs one key
            channel(first + joint, "rotation", times[:keep], values[:keep])
        for part, node in zip(parts, self.roots[1:], strict=True):
            if clip.morph_weights and part.morphs.keys() & clip.morph_weights.keys():
                rest = np.zeros(len(times), np.float32)
                weights = np.stack([np.asarray(clip.morph_weights.get(shape, rest)) for shape in part.morphs], 1)
                channel(node, "weights", times, weights.astype(np.float32).reshape(-1))
        self.add("animations", animation)

    def encode(self, asset: Json) -> bytes:
        views, binary = self.buffer.finish()
        used = {"extensionsUsed": self.extensions} if self.extensions else {}
        document = (
            self.lists
            | used
            | {
                "asset": asset,
                "scene": 0,
                "scenes": [{"nodes": self.roots}],
                "accessors": self.buffer.accessors,
                "bufferViews": views,
                "buffers": [{"byteLength": len(binary)}],
            }
        )
        try:
            text = json.dumps(document, sort_keys=True, separators=(",", ":"), allow_nan=False, ensure_ascii=False)
        except (TypeError, ValueError) as error:
            raise PersonifyError(f"extras: {error}; expected plain JSON data") from error
        return _container(text.encode(), binary)


def _container(text: bytes, binary: bytes) -> bytes:
    text += b" " * (-len(text) % 4)
    header = struct.pack("<4sII", b"glTF", 2, 12 + 8 + len(text) + 8 + len(binary))
    return b"".join(
        [header, struct.pack("<I4s", len(text), b"JSON"), text, struct.pack("<I4s", len(binary), b"BIN\0"), binary]
    )


def continuous_quaternions(rotations: Float) -> Float:
    """wxyz [K, 4] to glTF's xyzw, unit length, each key on the same hemisphere as the one before.

    Players interpolate components, so a sign flip between two keys would swing the limb the long way round.
    """
    unit = rotations.astype(np.float64)
    unit /= np.linalg.norm(unit, axis=1, keepdims=True)
    flips = np.where((unit[1:] * unit[:-1]).sum(1) < 0, -1.0, 1.0)
    first = -1.0 if unit[0, 0] < 0 else 1.0
    unit *= np.cumprod(np.concatenate([[first], flips]))[:, None]
    return unit[:, [1, 2, 3, 0]].astype(np.float32)


def _moving_joints(clips: Sequence[AnimationClip]) -> list[int]:
    """Joints that leave the T-pose in any clip.

    They get a channel in every clip, so that a player that switches clips never keeps a limb from the last one.
    """
    off_rest = [np.abs(clip.rotations[..., 1:]).max((0, 2)) > 1e-6 for clip in clips]
    return np.flatnonzero(np.any(off_rest, axis=0)).tolist() if off_rest else []


def _check(
    parts: Sequence[MeshPart], skeleton: Skeleton, clips: Sequence[AnimationClip], gaussians: Gaussians | None
) -> None:
    joints = len(skeleton.joint_names)
    if list(skeleton.parents).count(-1) != 1 or len(skeleton.parents) != joints or skeleton.parents[0] != -1:
        raise PersonifyError("skeleton: expected one parent per joint and one root, the first joint")
    if not parts and gaussians is None:
        raise PersonifyError("parts: expected at least one mesh part")
    if gaussians is not None and gaussians.lbs_weights.shape[1:] != (joints,):
        raise PersonifyError(f"gaussians: lbs_weights must have {joints} columns, one per joint")
    for part in parts:
        part.validate()
        if len(part.faces) == 0:
            raise PersonifyError(f"mesh part {part.name!r}: has no faces; leave it out")
        if part.lbs_weights.shape[1] != joints:
            raise PersonifyError(f"mesh part {part.name!r}: lbs_weights must have {joints} columns, one per joint")
        for shape, (indices, offsets) in part.morphs.items():
            inside = len(indices) == 0 or (indices.min() >= 0 and indices.max() < len(part.vertices))
            if not inside or len(np.unique(indices)) != len(indices) or offsets.shape != (len(indices), 3):
                raise PersonifyError(
                    f"mesh part {part.name!r}: morph {shape!r} must be [K] vertices and [K, 3] offsets"
                )
    for clip in clips:
        if clip.rotations.shape[1] != joints:
            raise PersonifyError(f"animation clip {clip.name!r}: expected rotations of {joints} joints")
