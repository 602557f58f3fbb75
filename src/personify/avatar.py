"""`Avatar`: a rigged person of meshes, Gaussians or both that can be posed, animated, saved and exported."""

from __future__ import annotations

import dataclasses
import io
import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from PIL import Image as PillowImage
from safetensors import SafetensorError, safe_open
from safetensors.torch import save_file

from personify.body.gaussians import GaussianRig, Gaussians, PosedGaussians
from personify.body.mesh import Float, Image, Material, MeshPart, Skeleton
from personify.body.posing import pose_array, skin_parts, skinning_transforms
from personify.errors import PersonifyError
from personify.export.glb import encode_glb
from personify.export.obj import write_obj
from personify.export.ply import write_ply
from personify.export.splat_ply import write_splat_ply
from personify.export.splat_spz import write_splat_spz
from personify.export.textures import encode_png
from personify.export.viewer import write_viewer
from personify.files import atomic_path
from personify.motion.clip import Motion
from personify.motion.faces import face_weights

FORMAT = "personify-avatar-1"


@dataclass(frozen=True)
class Avatar:
    """A person of mesh parts or 3D Gaussians, or both, on an SMPL-X skeleton, in the T-pose.

    Attributes:
        name: of the person; names the armature in exported files.
        skeleton: 55 joints.
        parts: skin, eyes, hair, garments ...
        motions: clips that travel with the avatar and are exported with it.
        outfit: what the person is and wears, as `personify.wardrobe.outfit.Outfit.to_dict` gives it; empty if unknown.
        provenance: where it comes from (texts, seed, versions, licences); travels with every file.
        gaussians: a surface of 3D Gaussians, or None.

    Example:
        >>> import personify
        >>> avatar = personify.create(look="a girl in a yellow dress", texture_size=64)
        >>> posed = avatar.pose(left_shoulder=(0, 0, -1.2))
        >>> len(posed) == len(avatar.parts)
        True
    """

    name: str
    skeleton: Skeleton
    parts: tuple[MeshPart, ...]
    motions: tuple[Motion, ...] = ()
    outfit: dict[str, Any] = field(default_factory=dict)
    provenance: dict[str, Any] = field(default_factory=dict)
    gaussians: Gaussians | None = None

    @cached_property
    def gaussian_rig(self) -> GaussianRig | None:
        """The Gaussians prepared for posing, at first use."""
        return None if self.gaussians is None else GaussianRig(self.gaussians)

    def pose(
        self, expression: Mapping[str, float] | None = None, **rotations: Sequence[float]
    ) -> list[Float]:  # [V, 3] per part
        """Vertices of every part in one pose, joints given by SMPL-X name as axis-angle; the others stay at zero.

        Raises:
            PersonifyError: an unknown joint or ARKit expression.
        """
        pose = pose_array(self.skeleton, **rotations)
        return skin_parts(self.parts, skinning_transforms(self.skeleton, pose), expression)

    def pose_gaussians(self, **rotations: Sequence[float]) -> PosedGaussians:
        """The Gaussians in one pose, joints given as in `pose`.

        Raises:
            PersonifyError: an unknown joint, or the avatar has no Gaussians.
        """
        pose = pose_array(self.skeleton, **rotations)
        if self.gaussian_rig is None:
            raise PersonifyError(f"avatar {self.name!r} has no Gaussians; expected one made from photos")
        return self.gaussian_rig.pose(skinning_transforms(self.skeleton, pose))

    def animate(self, motion: Motion) -> Animation:
        """The avatar performing a motion, retargeted to its proportions with its soles on the floor."""
        return Animation(self, motion.retargeted(self.skeleton))

    def export(self, path: Path | str, motions: Sequence[Motion] | None = None) -> Path:
        """Write the avatar for other programs; the extension chooses the format.

        Args:
            path: ``.glb`` (skinned, textured, animated), ``.html`` (the same in an offline viewer), ``.obj`` (with
                textures beside it) or ``.ply`` (vertex colours), both in the T-pose. Gaussians go into ``.glb`` as
                skinned splats, into ``.spz``, and without meshes beside them into ``.ply``, both in the T-pose.
            motions: clips of the GLB or viewer; the avatar's own by default.

        Raises:
            PersonifyError: unknown extension, nothing that the format can hold, or the path cannot be written.
        """
        path = Path(path)
        suffix = path.suffix.lower()
        if suffix not in (".glb", ".html", ".obj", ".ply", ".spz"):
            raise PersonifyError(f"{path}: unknown extension {path.suffix!r}; expected .glb, .html, .obj, .ply or .spz")
        if suffix == ".spz" or (suffix == ".ply" and not self.parts):
            return self._export_splats(path)
        if suffix != ".glb" and not self.parts:
            raise PersonifyError(f"{path}: {suffix} holds meshes, this avatar is of Gaussians; use .glb, .ply or .spz")
        if suffix == ".obj":
            write_obj(path, self.parts)
            return path
        if suffix == ".ply":
            return write_ply(path, self.parts)
        chosen = self.motions if motions is None else motions
        clips = [motion.retargeted(self.skeleton).to_clip() for motion in chosen]
        splats = None if suffix == ".html" else self.gaussians  # the viewer would show them as points
        glb = encode_glb(self.parts, self.skeleton, clips, name=self.name, extras=self.provenance, gaussians=splats)
        if suffix == ".html":
            return write_viewer(path, glb, title=self.name)
        with atomic_path(path) as temporary:
            temporary.write_bytes(glb)
        return path

    def _export_splats(self, path: Path) -> Path:
        if self.gaussians is None:
            raise PersonifyError(f"{path}: {path.suffix} holds Gaussians and avatar {self.name!r} has none; use .glb")
        write = write_splat_spz if path.suffix.lower() == ".spz" else write_splat_ply
        return write(path, self.gaussians)

    def save(self, path: Path | str) -> Path:
        """Write everything as one safetensors file (textures as PNG bytes), atomically.

        Raises:
            PersonifyError: the extension is not ``.safetensors`` or the folder cannot be written.
        """
        path = _checked_suffix(path, ".safetensors")
        tensors: dict[str, torch.Tensor] = {"rest_joints": torch.from_numpy(self.skeleton.rest_joints)}
        textures = _TextureStore()
        parts = [_store_part(k, part, tensors, textures) for k, part in enumerate(self.parts)]
        tensors |= textures.tensors | _store_gaussians(self.gaussians)
        header = {
            "format": FORMAT,
            "name": self.name,
            "joint_names": self.skeleton.joint_names,
            "parents": self.skeleton.parents,
            "parts": parts,
            "motions": [_store_motion(k, motion, tensors) for k, motion in enumerate(self.motions)],
            "outfit": self.outfit,
            "provenance": self.provenance,
        }
        tensors = {name: tensor.contiguous() for name, tensor in tensors.items()}
        with atomic_path(path) as temporary:
            # One entry of metadata: safetensors writes several in random order, but the bytes should not vary.
            save_file(tensors, temporary, {"avatar": json.dumps(header, sort_keys=True)})
        return path

    @staticmethod
    def load(path: Path | str) -> Avatar:
        """Inverse of `save`.

        Raises:
            PersonifyError: missing, damaged or not an avatar.
        """
        path = Path(path)
        try:
            with safe_open(path, "pt") as file:
                header = json.loads((file.metadata() or {}).get("avatar", "{}"))
                tensors = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118 - not a dict
            if header.get("format") != FORMAT:
                raise PersonifyError(f"{path}: not an avatar file of format {FORMAT}; make one with `personify create`")
            return _restore(header, tensors)
        except FileNotFoundError as error:
            raise PersonifyError(f"{path}: no such file; expected an avatar made with `personify create`") from error
        except (OSError, SafetensorError, KeyError, ValueError, TypeError, AttributeError, IndexError) as error:
            raise PersonifyError(f"{path}: not a readable avatar file ({error}); make it again") from error


def load(path: Path | str) -> Avatar:
    """`Avatar.load`."""
    return Avatar.load(path)


@dataclass(frozen=True)
class Animation(Sequence[list[Float]]):
    """An avatar under a motion: frame k lists the posed vertices [V, 3] of every mesh part, computed when asked for."""

    avatar: Avatar
    motion: Motion

    def __len__(self) -> int:
        return len(self.motion.rotations)

    def __getitem__(self, frame: Any) -> Any:
        if isinstance(frame, slice):
            return [self[k] for k in range(*frame.indices(len(self)))]
        return skin_parts(self.avatar.parts, self.transforms(frame), self.expression(frame))

    def transforms(self, frame: int) -> torch.Tensor:  # [J, 4, 4]
        """Skinning matrices of a frame, which pose the Gaussians too (`Avatar.gaussian_rig`)."""
        if not -len(self) <= frame < len(self):
            raise IndexError(f"frame {frame}: expected below {len(self)}")
        motion = self.motion
        return skinning_transforms(self.avatar.skeleton, motion.rotations[frame], motion.translation[frame])

    def expression(self, frame: int) -> dict[str, float]:
        """ARKit weights of a frame: the face that goes with the action, as far as the avatar has the shapes."""
        return {shape: float(weights[frame]) for shape, weights in self._faces.items()}

    @cached_property
    def _faces(self) -> dict[str, Float]:
        known = {shape for part in self.avatar.parts for shape in part.morphs}
        faces = face_weights(self.motion.name, self.motion.times)
        return {shape: weights for shape, weights in faces.items() if shape in known}

    def __iter__(self) -> Iterator[list[Float]]:
        return (self[k] for k in range(len(self)))


def _checked_suffix(path: Path | str, suffix: str) -> Path:
    path = Path(path)
    if path.suffix.lower() != suffix:
        raise PersonifyError(f"{path}: unknown extension {path.suffix!r}; expected {suffix}")
    return path


class _TextureStore:
    """Textures as PNG bytes, each image object once."""

    def __init__(self) -> None:
        self.tensors: dict[str, torch.Tensor] = {}
        self._names: dict[int, str] = {}

    def add(self, image: Image | None) -> str | None:
        if image is None:
            return None
        if id(image) not in self._names:
            name = f"texture.{len(self._names)}"
            self._names[id(image)] = name
            self.tensors[name] = torch.from_numpy(np.frombuffer(encode_png(image), np.uint8).copy())
        return self._names[id(image)]


def _store_part(k: int, part: MeshPart, tensors: dict[str, torch.Tensor], textures: _TextureStore) -> dict[str, Any]:
    prefix = f"part.{k}"
    arrays: dict[str, NDArray[Any]] = {
        "vertices": part.vertices,
        "faces": part.faces.astype(np.int32),
        "uvs": part.uvs,
        **_store_weights(part.lbs_weights),
    }
    for name, (index, offset) in part.morphs.items():
        arrays[f"morph.{name}.index"], arrays[f"morph.{name}.offset"] = index.astype(np.int32), offset
    tensors |= {f"{prefix}.{name}": torch.from_numpy(np.ascontiguousarray(a)) for name, a in arrays.items()}
    material = {f.name: getattr(part.material, f.name) for f in dataclasses.fields(Material)}
    material |= {name: textures.add(material[name]) for name in ("texture", "normal_map")}
    return {"name": part.name, "morphs": list(part.morphs), "material": material}


def _store_weights(weights: Float) -> dict[str, NDArray[Any]]:
    """Only the joints that matter: indices [V, I] and weights [V, I] in falling order."""
    influences = max(1, int((weights > 0).sum(1).max(initial=1)))
    strongest = np.argsort(-weights, axis=1, kind="stable")[:, :influences]
    return {"weight_index": strongest.astype(np.uint8), "weight_value": np.take_along_axis(weights, strongest, 1)}


def _restore_weights(index: NDArray[Any], value: Float, joints: int) -> Float:  # -> [V, J]
    weights = np.zeros((len(value), joints), np.float32)
    np.put_along_axis(weights, index.astype(np.int64), value, 1)
    return weights


_GAUSSIAN_ARRAYS = ("means", "quats", "scales", "opacities", "sh")


def _store_gaussians(gaussians: Gaussians | None) -> dict[str, torch.Tensor]:
    if gaussians is None:
        return {}
    tensors = {name: getattr(gaussians.validate(), name).detach().float().cpu() for name in _GAUSSIAN_ARRAYS}
    weights = _store_weights(gaussians.lbs_weights.detach().float().cpu().numpy())
    tensors |= {name: torch.from_numpy(array) for name, array in weights.items()}
    return {f"gaussians.{name}": tensor for name, tensor in tensors.items()}


def _restore_gaussians(tensors: dict[str, torch.Tensor], joints: int) -> Gaussians | None:
    if "gaussians.means" not in tensors:
        return None
    index, value = (tensors[f"gaussians.{name}"].numpy() for name in ("weight_index", "weight_value"))
    lbs_weights = torch.from_numpy(_restore_weights(index, value, joints))
    fields = {name: tensors[f"gaussians.{name}"] for name in _GAUSSIAN_ARRAYS}
    return Gaussians(**fields, lbs_weights=lbs_weights).validate()


def _restore(header: dict[str, Any], tensors: dict[str, torch.Tensor]) -> Avatar:
    joint_names = tuple(header["joint_names"])
    skeleton = Skeleton(joint_names, tuple(header["parents"]), tensors["rest_joints"].numpy())
    images: dict[str, Image] = {}
    for name, tensor in tensors.items():
        if name.startswith("texture."):
            images[name] = np.array(PillowImage.open(io.BytesIO(tensor.numpy().tobytes())))
    parts = [_restore_part(k, entry, tensors, images, len(joint_names)) for k, entry in enumerate(header["parts"])]
    motions = [_restore_motion(k, entry, tensors) for k, entry in enumerate(header["motions"])]
    gaussians = _restore_gaussians(tensors, len(joint_names))
    described = header["outfit"], header["provenance"]
    return Avatar(header["name"], skeleton, tuple(parts), tuple(motions), *described, gaussians)


_MOTION_ARRAYS = ("rotations", "translation")


def _store_motion(k: int, motion: Motion, tensors: dict[str, torch.Tensor]) -> dict[str, Any]:
    tensors |= {f"motion.{k}.{name}": torch.from_numpy(getattr(motion, name).copy()) for name in _MOTION_ARRAYS}
    return {f.name: getattr(motion, f.name) for f in dataclasses.fields(Motion) if f.name not in _MOTION_ARRAYS}


def _restore_motion(k: int, entry: dict[str, Any], tensors: dict[str, torch.Tensor]) -> Motion:
    arrays: dict[str, Any] = {name: tensors[f"motion.{k}.{name}"].numpy() for name in _MOTION_ARRAYS}
    return Motion(**entry, **arrays)


def _restore_part(
    k: int, entry: dict[str, Any], tensors: dict[str, torch.Tensor], images: dict[str, Image], joints: int
) -> MeshPart:
    arrays = {name: tensors[f"part.{k}.{name}"].numpy() for name in ("vertices", "uvs", "weight_index", "weight_value")}
    weights = _restore_weights(arrays["weight_index"], arrays["weight_value"], joints)
    material = dict(entry["material"])
    for name in ("texture", "normal_map"):
        material[name] = None if material[name] is None else images[material[name]]
    material["base_color"] = tuple(material["base_color"])
    morphs = {
        name: (
            tensors[f"part.{k}.morph.{name}.index"].numpy().astype(np.int64),
            tensors[f"part.{k}.morph.{name}.offset"].numpy(),
        )
        for name in entry["morphs"]
    }
    faces = tensors[f"part.{k}.faces"].numpy().astype(np.int64)
    part = MeshPart(entry["name"], arrays["vertices"], faces, arrays["uvs"], weights, Material(**material), morphs)
    return part.validate()
