"""Pictures of body poses for an image-text model: a plain coarse body, seen from five sides of its front."""

from __future__ import annotations

import math
from collections.abc import Sequence
from functools import lru_cache

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from personify.body.anny import AnnyBody
from personify.body.mesh import Float, Material, MeshPart, Skeleton
from personify.body.pose import JOINT_NAMES, NUM_BODY_JOINTS, PARENTS
from personify.body.posing import skin_parts, skinning_transforms
from personify.perception.protocol import ImageTextModel
from personify.render.cameras import frame_points
from personify.render.renderer import MeshRenderer

AZIMUTHS = tuple(math.radians(angle) for angle in (-60, -30, 0, 30, 60))  # AvatarCLIP's 120 to 240 degrees
BACKGROUND = (0.88, 0.88, 0.88)
SKIN = (0.55, 0.38, 0.29, 1.0)
_CELL = 0.018  # metres: vertices of one cell become one


@lru_cache(maxsize=1)
def coarse_body() -> tuple[Skeleton, MeshPart]:
    """The default adult in the T-pose with about a fifth of its vertices."""
    body = AnnyBody()
    output = body()
    vertices, faces = output.vertices[0].numpy(), body.faces.numpy()
    used = np.unique(faces)
    _, first, cell = np.unique(np.round(vertices[used] / _CELL), axis=0, return_index=True, return_inverse=True)
    kept, corners = used[first], np.full(len(vertices), -1)
    corners[used] = cell.ravel()
    merged = corners[faces]
    merged = merged[[len(set(face)) == 3 for face in merged.tolist()]]
    part = MeshPart(
        "body", vertices[kept], merged, np.zeros((len(kept), 2), np.float32), body.lbs_weights.numpy()[kept],
        Material("plain", SKIN, double_sided=True),
    )  # fmt: skip
    return Skeleton(JOINT_NAMES, PARENTS, output.tpose_joints[0].numpy()), part


class PosePictures:
    """Draws poses.

    Args:
        size: pixels of a side.
        azimuths: radians from the front, positive towards the person's left; one picture each.

    Example:
        >>> PosePictures(size=32).draw(torch.zeros(22, 3)).shape
        (5, 32, 32, 3)
    """

    def __init__(self, size: int = 112, azimuths: Sequence[float] = AZIMUTHS) -> None:
        self.size, self.azimuths = size, tuple(azimuths)
        self._skeleton, self._part = coarse_body()
        self._renderer = MeshRenderer([self._part], BACKGROUND, supersample=1)

    def draw(self, rotations: Tensor) -> Float:  # [22, 3] axis-angle -> [V, S, S, 3] sRGB in [0, 1]
        """One pose from all sides, filling the picture."""
        pose = np.zeros((len(JOINT_NAMES), 3), np.float32)
        pose[:NUM_BODY_JOINTS] = rotations.detach().numpy()
        posed = skin_parts([self._part], skinning_transforms(self._skeleton, pose))
        cameras = (frame_points(posed[0], azimuth, 0.0, self.size, self.size) for azimuth in self.azimuths)
        return np.stack([self._renderer.render(posed, camera) for camera in cameras])

    def embed(self, model: ImageTextModel, rotations: Tensor) -> Tensor:  # [22, 3] -> [D]
        """Mean of the model's embeddings of all sides, as a unit vector."""
        with torch.no_grad():
            embeddings = model.encode_image(torch.from_numpy(self.draw(rotations)))
        return torch.nn.functional.normalize(embeddings.mean(0), dim=0)


def sheet(rotations: Tensor, columns: int = 8, size: int = 128, azimuth: float = 0.35) -> NDArray[np.uint8]:
    """Many poses [N, 22, 3] in rows of one picture, for looking at them."""
    pictures = PosePictures(size, [azimuth])
    images = [(255 * pictures.draw(pose)[0]).astype(np.uint8) for pose in rotations]
    blank = np.full_like(images[0], 255)
    images += [blank] * (-len(images) % columns)
    return np.concatenate([np.concatenate(images[k : k + columns], 1) for k in range(0, len(images), columns)])
