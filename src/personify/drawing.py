"""`AvatarRenderer`: pictures of an avatar in any pose, whatever its surface is made of."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from torch import Tensor

from personify.avatar import Avatar
from personify.body.mesh import Float
from personify.body.posing import skin_parts
from personify.render.cameras import Camera
from personify.render.renderer import MeshRenderer
from personify.render.splats import composite, draw_layer, render_gaussians


class AvatarRenderer:
    """Draws an avatar in the studio again and again: mesh parts, Gaussians, or both.

    Args:
        avatar: who.
        supersample: samples per pixel along each axis, of the mesh parts.
    """

    def __init__(self, avatar: Avatar, supersample: int = 2) -> None:
        self.avatar = avatar
        self._mesh = MeshRenderer(avatar.parts, supersample=supersample) if avatar.parts else None

    def render(self, transforms: Tensor, camera: Camera, expression: Mapping[str, float] | None = None) -> Float:
        """One picture, [H, W, 3] sRGB, under skinning matrices [J, 4, 4] and ARKit expression weights."""
        rig = self.avatar.gaussian_rig
        if self._mesh is None:
            assert rig is not None  # an avatar has parts or Gaussians
            return render_gaussians(rig.pose(transforms), camera)
        vertices = skin_parts(self.avatar.parts, transforms, expression)
        image = self._mesh.render(vertices, camera)
        if rig is None:
            return image
        depth = self._mesh.buffers(vertices, camera).depth
        return composite(image, depth, draw_layer(rig.pose(transforms), camera))


def surface_points(avatar: Avatar, transforms: Tensor) -> Float:  # [N, 3]
    """All posed vertices and centres of Gaussians, for framing."""
    points = skin_parts(avatar.parts, transforms)
    if avatar.gaussian_rig is not None:
        points = [*points, avatar.gaussian_rig.pose(transforms).means.numpy()]
    return np.concatenate(points)
