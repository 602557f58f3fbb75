"""Plain data of a surface: what the wardrobe makes, the renderer draws and the exporters write."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from personify.errors import PersonifyError

Float = NDArray[np.float32]
Int = NDArray[np.int64]
Image = NDArray[np.uint8]


@dataclass(frozen=True)
class Material:
    """A metallic-roughness material in glTF's sense.

    Attributes:
        name: unique within an avatar.
        base_color: [4] linear RGBA factor in [0, 1] multiplying the texture.
        texture: [H, W, 3 or 4] uint8 sRGB, row 0 = top; None = plain ``base_color``.
        normal_map: [H, W, 3] uint8 tangent-space normals (glTF: +Y up), or None.
        roughness: 0 mirror .. 1 matt.
        metallic: 0 dielectric .. 1 metal.
        double_sided: draw back faces as well (cloth, hair).
        alpha_mode: ``"OPAQUE"``, ``"MASK"`` (cut at 0.5) or ``"BLEND"``.
    """

    name: str
    base_color: tuple[float, float, float, float] = (1.0, 1.0, 1.0, 1.0)
    texture: Image | None = None
    normal_map: Image | None = None
    roughness: float = 0.8
    metallic: float = 0.0
    double_sided: bool = False
    alpha_mode: str = "OPAQUE"


@dataclass(frozen=True)
class MeshPart:
    """One skinned piece of an avatar (skin, eyes, shirt, hair ...) in the T-pose.

    Attributes:
        name: unique within an avatar.
        vertices: [V, 3] float32 metres, T-pose, +Y up, facing +Z.
        faces: [F, 3] int64, counter-clockwise seen from outside.
        uvs: [V, 2] float32 in [0, 1], v grows downwards (texture row 0 = top); seams are split vertices.
        lbs_weights: [V, J] float32, rows sum to 1, J = the skeleton's joints.
        material: how it looks.
        morphs: name -> (indices [K] int64, offsets [K, 3] float32), e.g. ARKit face shapes.
    """

    name: str
    vertices: Float
    faces: Int
    uvs: Float
    lbs_weights: Float
    material: Material
    morphs: dict[str, tuple[Int, Float]] = field(default_factory=dict)

    def validate(self) -> MeshPart:
        """Return self, or raise `PersonifyError` naming what is inconsistent."""
        count = len(self.vertices)
        checks = {
            "vertices must be finite [V, 3]": self.vertices.shape == (count, 3) and np.isfinite(self.vertices).all(),
            "faces must be [F, 3] indices below V": self.faces.ndim == 2
            and self.faces.shape[1] == 3
            and (len(self.faces) == 0 or (self.faces.min() >= 0 and self.faces.max() < count)),
            "uvs must be finite [V, 2]": self.uvs.shape == (count, 2) and bool(np.isfinite(self.uvs).all()),
            "lbs_weights must be [V, J] with rows that sum to 1": self.lbs_weights.ndim == 2
            and len(self.lbs_weights) == count
            and bool(np.allclose(self.lbs_weights.sum(1), 1, atol=1e-3)),
        }
        for expected, holds in checks.items():
            if not holds:
                raise PersonifyError(f"mesh part {self.name!r}: {expected}")
        return self


@dataclass(frozen=True)
class Skeleton:
    """Joints of one person in the T-pose; every joint frame is world-aligned there.

    Attributes:
        joint_names: [J] names in the pose language (`personify.body.pose.JOINT_NAMES`).
        parents: [J] parent index, -1 for the root; parents come before children.
        rest_joints: [J, 3] float32 metres, T-pose.
    """

    joint_names: tuple[str, ...]
    parents: tuple[int, ...]
    rest_joints: Float
