"""What a field starts from: a posed person as one coloured, skinned surface."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import ArrayLike, NDArray
from torch import Tensor

from personify.body.mesh import Float, Int, MeshPart, Skeleton
from personify.body.posing import relaxed_pose, skinning_transforms
from personify.body.skinning import blend_transforms
from personify.errors import PersonifyError
from personify.export.textures import surface_colors
from personify.render.cameras import Camera
from personify.render.rasterize import rasterize_mesh


def open_pose(skeleton: Skeleton) -> Float:  # [J, 3]
    """Standing with arms and legs well apart: what may change its topology must not grow sleeves onto the ribs."""
    pose = relaxed_pose(skeleton)
    for side, sign in (("left", 1), ("right", -1)):
        joints = [skeleton.joint_names.index(f"{side}_{name}") for name in ("shoulder", "collar", "elbow", "hip")]
        pose[joints] = [(0, 0, -sign * 0.7), (0, 0, 0), (0, 0, 0), (0, 0, sign * 0.14)]
    return pose


@dataclass(frozen=True)
class Solid:
    """All parts of a person in one mesh; layers may overlap and be open, as clothes and hair are.

    Attributes:
        vertices: [V, 3] float32 posed, metres.
        faces: [F, 3] int64.
        lbs_weights: [V, J] float32.
        transforms: [J, 4, 4] skinning matrices that carry the T-pose to ``vertices``.
        parts: what the mesh was made of, in the T-pose; their textures give the colours.
        owner: [F] index of each face's part.
        first: [P + 1] first vertex of each part.
    """

    vertices: Float
    faces: Int
    lbs_weights: Float
    transforms: Tensor
    parts: tuple[MeshPart, ...]
    owner: Int
    first: Int

    @staticmethod
    def of(parts: Sequence[MeshPart], skeleton: Skeleton, pose: ArrayLike | None = None) -> Solid:
        """Join the parts of a person and pose them.

        Args:
            parts: in the T-pose.
            skeleton: theirs.
            pose: [J, 3] axis-angle; None = `relaxed_pose`, in which pictures of people mostly show them.

        Raises:
            PersonifyError: no parts, or an inconsistent one.
        """
        if not parts:
            raise PersonifyError("sculpt: no mesh parts to start from; expected at least one")
        first = np.cumsum([0, *[len(part.validate().vertices) for part in parts]])
        faces = [part.faces + offset for part, offset in zip(parts, first, strict=False)]
        owner = np.repeat(np.arange(len(parts)), [len(part.faces) for part in parts])
        weights = np.concatenate([part.lbs_weights for part in parts]).astype(np.float32)
        transforms = skinning_transforms(skeleton, relaxed_pose(skeleton) if pose is None else pose)
        rest = torch.from_numpy(np.concatenate([part.vertices for part in parts]).astype(np.float32))
        matrices = blend_transforms(torch.from_numpy(weights), transforms)
        posed = (matrices[:, :3, :3] @ rest[..., None])[..., 0] + matrices[:, :3, 3]
        joined = np.concatenate(faces).astype(np.int64)
        return Solid(posed.numpy(), joined, weights, transforms, tuple(parts), owner, first)

    def by_part(self, values: Float) -> list[Float]:  # [V, ...] -> per part
        """Split an array of all vertices into the parts'."""
        return [values[start:stop] for start, stop in zip(self.first, self.first[1:], strict=False)]

    def bounding_sphere(self, margin: float = 1.1) -> tuple[tuple[float, float, float], float]:
        """Centre of the bounding box and the radius, in metres, of a sphere around all vertices with some room."""
        center = (self.vertices.min(0) + self.vertices.max(0)) / 2
        radius = float(np.linalg.norm(self.vertices - center, axis=1).max()) * margin
        return (float(center[0]), float(center[1]), float(center[2])), radius

    def silhouette(self, camera: Camera) -> NDArray[np.bool_]:  # [H, W]
        """Pixels whose centre sees the person."""
        view = (camera.viewmat, camera.K, camera.width, camera.height, camera.ortho)
        return rasterize_mesh(self.vertices, self.faces, *view).face_ids >= 0

    def colors_at(self, face_ids: Int, barycentrics: Float) -> Float:  # [N], [N, 3] -> [N, 3]
        """sRGB of points given by face and barycentric coordinates."""
        uvs = np.concatenate([part.uvs for part in self.parts])
        points = (uvs[self.faces[face_ids]] * barycentrics[..., None]).sum(1)
        colors = np.zeros((len(face_ids), 3), np.float32)
        for k, part in enumerate(self.parts):
            mine = self.owner[face_ids] == k
            if mine.any():
                colors[mine] = surface_colors(part.material, points[mine])[:, :3] / np.float32(255)
        return colors
