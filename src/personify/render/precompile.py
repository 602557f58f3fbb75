"""Compile the renderer's kernels into numba's cache: ``python -m personify.render.precompile``."""

from __future__ import annotations

import numpy as np

from personify.body.mesh import Material, MeshPart
from personify.render.cameras import frame_points
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


if __name__ == "__main__":
    precompile()
