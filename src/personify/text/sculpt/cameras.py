"""Where a step of sculpting looks from: parts of a person placed by their joints, or AvatarCLIP's own cameras."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
import torch

from personify.body.mesh import Float, Skeleton
from personify.perception.portraits import View, caption_view, region_camera
from personify.render.cameras import Camera, intrinsics, look_at
from personify.text.sculpt.solid import Solid
from personify.text.sculpt.views import FOV, polar_direction

REGIONS = {"full": 0.5, "upper": 0.3, "head": 0.2}
"""Share of the pictures of each region."""
_PUBLISHED_HEIGHT = 1.61  # metres; the body that the published distances are for


class Shot(NamedTuple):
    """A picture to take: the camera, and the part of the person it shows (a key of `prompts.part_prompts`)."""

    camera: Camera
    part: str

    def polar(self, target: Float) -> tuple[float, float]:
        """Angle of the camera from the front (+Z) seen from ``target`` [3], and its turn around that axis, radians."""
        x, y, z = (self.camera.position - target).tolist()
        return math.atan2(math.hypot(x, y), z), math.atan2(y, x)


@dataclass(frozen=True)
class Sitter:
    """Who is looked at.

    Attributes:
        skeleton: in the T-pose.
        vertices: [V, 3] posed, metres.
        joints: [J, 3] posed.
    """

    skeleton: Skeleton
    vertices: Float
    joints: Float

    @staticmethod
    def of(solid: Solid, skeleton: Skeleton) -> Sitter:
        """The person of a solid, whose skeleton it does not remember."""
        transforms = solid.transforms.numpy()
        joints = np.einsum("jab,jb->ja", transforms[:, :3, :3], skeleton.rest_joints) + transforms[:, :3, 3]
        return Sitter(skeleton, solid.vertices, joints.astype(np.float32))

    @property
    def center(self) -> Float:
        """[3] middle of the bounding box."""
        middle: Float = (self.vertices.min(0) + self.vertices.max(0)) / 2
        return middle

    @property
    def face(self) -> Float:
        """[3] middle of the face, between eyes and jaw."""
        return self._at("left_eye", "right_eye", "jaw", "jaw")

    def _at(self, *names: str) -> Float:
        found: Float = self.joints[[self.skeleton.joint_names.index(name) for name in names]].mean(0)
        return found

    def shot(self, view: View, size: int) -> Shot:
        """A picture that frames a region as the pictures do that the shipped model was trained on."""
        camera = region_camera(self.vertices, self.skeleton, self.joints, view, size)
        return Shot(camera, caption_view(view))

    def part_shot(self, generator: torch.Generator, size: int, parts: bool = True) -> Shot:
        """A random region, mostly from the front.

        Args:
            generator: of the choices.
            size: pixels of a side.
            parts: False shows only whole figures, whatever the side, under the name ``"full"``.
        """
        region, side, spread, height, margin, *shift = torch.rand(7, generator=generator).tolist()
        name = _drawn(region) if parts else "full"
        if side < 0.75:
            azimuth = float(torch.randn((), generator=generator)) * math.radians(40)
        else:
            azimuth = (2 * spread - 1) * math.pi
        elevation = math.radians(-10 + 35 * height)
        offset = (0.06 * (shift[0] - 0.5), 0.06 * (shift[1] - 0.5))
        shot = self.shot(View(name, azimuth, elevation, 0.02 + 0.08 * margin, offset), size)
        return shot if parts else shot._replace(part="full")

    def paper_shot(self, generator: torch.Generator, step: int, size: int = 256, parts: bool = True) -> Shot:
        """AvatarCLIP's cameras (section 4.2 and its code): every fourth looks at the face; metres fit the height.

        The published ones look at a point behind the body and at a fixed face; ours look at its middle and its face.
        """
        unit = float(np.ptp(self.vertices[:, 1])) / _PUBLISHED_HEIGHT
        noise, turn = torch.randn(4, generator=generator), torch.rand(2, generator=generator)
        phi = 2 * math.pi * float(turn[0])
        if parts and step % 4 == 3:
            theta = float((noise[3] * (math.pi / 12)).clamp(-math.pi / 2, math.pi / 2))
            target, distance, part = self.face, 0.4 * unit, "face"
        else:
            theta = float(noise[3] * (math.pi / 3))
            target = self.center + (unit * (0.1 * noise[:3]).clamp(-0.3, 0.3)).numpy()
            distance = unit * (1 + float(turn[1]))
            part = "back" if parts and abs(theta) > math.pi / 2 else "full"
        eye = target + distance * polar_direction(theta, phi)
        return Shot(Camera(look_at(eye, target), intrinsics(FOV, size, size), size, size), part)


def _drawn(share: float) -> str:
    """The region at a share of `REGIONS` laid end to end.

    >>> [_drawn(share) for share in (0.0, 0.6, 0.99)]
    ['full', 'upper', 'head']
    """
    for name, weight in REGIONS.items():
        if share < weight:
            return name
        share -= weight
    return next(reversed(REGIONS))
