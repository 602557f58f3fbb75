"""Compile the renderer's kernels into numba's cache: ``python -m personify.render.precompile``."""

from __future__ import annotations

from typing import Any

import numpy as np
import torch

from personify.body.gaussians import GaussianRig, Gaussians
from personify.body.mesh import Material, MeshPart
from personify.render.cameras import frame_points
from personify.render.gaussians import rasterization
from personify.render.renderer import MeshRenderer


def precompile() -> None:
    """Draw one small picture of every kind, which compiles (or loads) every kernel a picture needs."""
    image = np.full((4, 4, 4), 128, np.uint8)
    corners = np.array([[0, 0, 0], [1, 0, 0], [0, 1, 0]], np.float32)
    faces = np.array([[0, 1, 2]])
    materials = [
        Material("plain"),
        Material("textured", texture=image[..., :3], normal_map=image[..., :3], double_sided=True),
        Material("cut", texture=image, alpha_mode="MASK"),
    ]
    parts = [
        MeshPart(material.name, corners + np.float32(k), faces, corners[:, :2], np.ones((3, 1), np.float32), material)
        for k, material in enumerate(materials)
    ]
    renderer = MeshRenderer(parts)
    camera = frame_points(np.concatenate([part.vertices for part in parts]), width=16, height=16)
    renderer.render(None, camera)
    renderer.render(None, camera, transparent=True)


def precompile_gaussians() -> None:
    """Pose, draw and differentiate a few Gaussians, which compiles (or loads) every kernel they need."""
    from personify.render.gaussians.bench import body_scene

    scene, view = body_scene(4, 16)
    given: dict[str, Any] = scene | {"colors": torch.zeros(4, 1, 3), "width": view.width, "height": view.height}
    for name in ("means", "quats", "scales", "opacities", "colors", "viewmats"):
        given[name].requires_grad_()
    image, alpha, _ = rasterization(**given, sh_degree=0)
    (image.sum() + alpha.sum()).backward()
    shape = {name: given[name].detach() for name in ("means", "quats", "scales", "opacities")}
    person = Gaussians(**shape, sh=torch.zeros(4, 1, 3), lbs_weights=torch.ones(4, 1))
    GaussianRig(person).pose(torch.eye(4)[None])


if __name__ == "__main__":
    precompile()
