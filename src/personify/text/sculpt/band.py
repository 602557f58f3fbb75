"""Where rays meet the neighbourhood of a person: the few samples that a narrow band needs."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from personify.body.mesh import Float
from personify.export.normals import smooth_normals
from personify.render.cameras import Camera
from personify.render.rasterize import rasterize_mesh
from personify.text.sculpt.rays import camera_rays
from personify.text.sculpt.solid import Solid


class BandRays(NamedTuple):
    """Rays that pass the band, and their samples.

    Attributes:
        mask: [H, W] which pixels have one.
        origins: [N, 3].
        directions: [N, 3] unit.
        depths: [N, S] metres, starts of the sections.
        lengths: [N, S] metres.
    """

    mask: NDArray[np.bool_]
    origins: Tensor
    directions: Tensor
    depths: Tensor
    lengths: Tensor


class Band:
    """All points within ``width`` metres of a person's surface.

    A ray is sampled from where it enters the inflated person, over twice the width, and again around the person's own
    surface if that lies deeper: an arm may so grow in front of a chest, and the chest still shows beside it.
    """

    def __init__(self, solid: Solid, width: float) -> None:
        self.solid, self.width = solid, width
        normals = smooth_normals(solid.vertices, solid.faces)
        self._hull: Float = (solid.vertices + width * normals).astype(np.float32)

    def rays(self, camera: Camera, samples: int, generator: torch.Generator | None = None) -> BandRays:
        """Samples of a camera's rays, evenly spread over the band; the generator shifts them within their sections."""
        faces = self.solid.faces
        view = (camera.viewmat, camera.K, camera.width, camera.height, camera.ortho)
        hull, surface = (rasterize_mesh(points, faces, *view) for points in (self._hull, self.solid.vertices))
        mask = (hull.face_ids >= 0) | (surface.face_ids >= 0)
        origins, directions = camera_rays(camera, mask)
        along = (directions @ torch.from_numpy(camera.viewmat[2, :3])).clamp(min=1e-6)
        never = np.float32(np.inf)
        enter, hit = (
            torch.from_numpy(np.where(f.face_ids >= 0, f.depth, never)[mask]) / along for f in (hull, surface)
        )
        enter = torch.minimum(enter, hit - self.width).clamp(min=0)
        enter = torch.where(enter.isfinite(), enter, hit - self.width)
        first = torch.minimum(enter + 2 * self.width, hit + self.width)
        again = torch.maximum(hit - self.width, first)
        second = torch.where(hit.isfinite(), hit + self.width - again, torch.zeros_like(hit)).clamp(min=0)
        total = first - enter + second
        steps = torch.arange(samples).expand(len(total), samples).float()
        if generator is not None:
            steps = (steps + torch.rand(len(total), 1, generator=generator) - 0.5).clamp(min=0)
        position = steps * (total / samples)[:, None]
        beyond = position >= (first - enter)[:, None]
        jump = torch.where(hit.isfinite(), again - first, torch.zeros_like(hit))
        depths = enter[:, None] + position + torch.where(beyond, jump[:, None], torch.zeros(()))
        return BandRays(mask, origins, directions, depths, (total / samples)[:, None].expand_as(depths))
