"""Pictures of the start, in the field's own flat colours: what reconstruction and silhouette are held to."""

from __future__ import annotations

import numpy as np
import torch
from torch import Tensor

from personify.render.cameras import Camera
from personify.render.rasterize import rasterize_mesh
from personify.text.sculpt.solid import Solid


def template_picture(solid: Solid, camera: Camera) -> tuple[Tensor, Tensor]:
    """Unlit sRGB over black [H, W, 3] and silhouette [H, W] (0 or 1) of a person."""
    view = (camera.viewmat, camera.K, camera.width, camera.height, camera.ortho)
    seen = rasterize_mesh(solid.vertices, solid.faces, *view)
    mask = seen.face_ids >= 0
    picture = np.zeros((camera.height, camera.width, 3), np.float32)
    picture[mask] = solid.colors_at(seen.face_ids[mask].astype(np.int64), seen.barycentrics[mask])
    return torch.from_numpy(picture), torch.from_numpy(mask.astype(np.float32))
