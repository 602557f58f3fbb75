"""Small meshes for the renderer's tests."""

from __future__ import annotations

import numpy as np

from personify.body.mesh import Material, MeshPart


def part(
    vertices: np.ndarray, faces: np.ndarray, uvs: np.ndarray | None = None, material: Material | None = None
) -> MeshPart:
    """A part with one bone and, unless given, no texture coordinates to speak of."""
    vertices = np.asarray(vertices, np.float32)
    uvs = np.zeros((len(vertices), 2), np.float32) if uvs is None else np.asarray(uvs, np.float32)
    weights = np.ones((len(vertices), 1), np.float32)
    material = material or Material("grey", (0.5, 0.5, 0.5, 1.0))
    return MeshPart(material.name, vertices, np.asarray(faces, np.int64), uvs, weights, material)


def card(material: Material | None = None, size: float = 1.0, z: float = 0.0, bottom: float = 0.0) -> MeshPart:
    """A square facing +Z that stands on y = ``bottom``; the texture is upright and unmirrored from the front."""
    x, top = size / 2, bottom + size
    vertices = [[-x, bottom, z], [x, bottom, z], [x, top, z], [-x, top, z]]
    return part(vertices, [[0, 1, 2], [0, 2, 3]], [[0, 1], [1, 1], [1, 0], [0, 0]], material)


def sphere(material: Material | None = None, radius: float = 0.5, center: tuple = (0.0, 0.5, 0.0)) -> MeshPart:
    """A sphere of latitudes and longitudes with a UV seam at the back."""
    rows, columns = 24, 48
    polar, turn = np.meshgrid(np.linspace(0, np.pi, rows), np.linspace(-np.pi, np.pi, columns), indexing="ij")
    direction = np.stack([np.sin(polar) * np.sin(turn), np.cos(polar), np.sin(polar) * np.cos(turn)], -1)
    uvs = np.stack([turn / (2 * np.pi) + 0.5, polar / np.pi], -1)
    first = (np.arange(rows - 1)[:, None] * columns + np.arange(columns - 1)).ravel()
    below = first + columns
    faces = np.concatenate([np.stack([first, below, first + 1], 1), np.stack([first + 1, below, below + 1], 1)])
    return part(direction.reshape(-1, 3) * radius + center, faces, uvs.reshape(-1, 2), material)
