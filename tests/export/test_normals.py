from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from personify.export.normals import smooth_normals, tangents


def grid_sphere(rows: int = 24, columns: int = 48) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """A unit sphere with a texture seam: the first and the last column are the same positions."""
    v, u = np.meshgrid(np.linspace(0, 1, rows + 1), np.linspace(0, 1, columns + 1), indexing="ij")
    polar, turn = np.pi * v, 2 * np.pi * u
    x, y, z = np.sin(polar) * np.sin(turn), np.cos(polar), np.sin(polar) * np.cos(turn)
    points = np.stack([x, y, z], -1)
    points[:, -1] = points[:, 0]  # bit for bit
    index = np.arange((rows + 1) * (columns + 1)).reshape(rows + 1, columns + 1)
    a, b, c, d = index[:-1, :-1], index[1:, :-1], index[1:, 1:], index[:-1, 1:]
    faces = np.concatenate([np.stack([a, b, c], -1).reshape(-1, 3), np.stack([a, c, d], -1).reshape(-1, 3)])
    return points.reshape(-1, 3).astype(np.float32), faces, np.stack([u, v], -1).reshape(-1, 2).astype(np.float32)


def test_a_sphere_points_outwards_and_shows_no_seam():
    vertices, faces, _ = grid_sphere()
    normals = smooth_normals(vertices, faces)
    assert (normals * vertices).sum(1).min() > 0.995
    grid = normals.reshape(25, 49, 3)
    np.testing.assert_allclose(grid[1:-1, 0], grid[1:-1, -1], atol=1e-6)


def test_two_sheets_back_to_back_keep_opposite_normals():
    sheet = np.float32([[0, 0, 0], [1, 0, 0], [0, 1, 0]])
    normals = smooth_normals(np.concatenate([sheet, sheet]), np.array([[0, 1, 2], [3, 5, 4]]))
    np.testing.assert_array_equal(normals[:, 2], [1, 1, 1, -1, -1, -1])


def test_degenerate_and_unused_vertices_get_a_unit_normal():
    vertices = np.float32([[0, 0, 0], [0, 0, 0], [0, 0, 0], [5, 5, 5]])
    normals = smooth_normals(vertices, np.array([[0, 1, 2]]))
    np.testing.assert_array_equal(np.linalg.norm(normals, axis=1), 1)


def test_tangents_follow_u_around_a_sphere():
    vertices, faces, uvs = grid_sphere()
    normals = smooth_normals(vertices, faces)
    frames = tangents(vertices, faces, uvs, normals)
    inner = np.abs(vertices[:, 1]) < 0.9
    along_u = np.stack([vertices[:, 2], np.zeros(len(vertices)), -vertices[:, 0]], 1)
    along_u /= np.linalg.norm(along_u, axis=1, keepdims=True) + 1e-9
    assert ((frames[:, :3] * along_u).sum(1)[inner] > 0.99).all()
    up = np.cross(normals, frames[:, :3]) * frames[:, 3:]
    assert (up[inner, 1] > 0).all()  # the top of the texture is the top of the sphere


def test_mirrored_islands_have_the_other_handedness():
    vertices, faces, uvs = grid_sphere()
    mirrored = np.stack([1 - uvs[:, 0], uvs[:, 1]], 1)
    normals = smooth_normals(vertices, faces)
    inner = np.abs(vertices[:, 1]) < 0.9
    assert (tangents(vertices, faces, mirrored, normals)[inner, 3] == -1).all()


@pytest.mark.filterwarnings("error")
@settings(max_examples=20, deadline=None)
@given(st.integers(0, 999))
def test_frames_are_always_unit_and_perpendicular(seed):
    generator = np.random.default_rng(seed)
    vertices = generator.normal(size=(20, 3)).astype(np.float32)
    faces = generator.integers(0, 20, (15, 3))
    uvs = generator.random((20, 2)).astype(np.float32) * (seed % 2)  # every second one has no texture area at all
    normals = smooth_normals(vertices, faces)
    frames = tangents(vertices, faces, uvs, normals)
    np.testing.assert_allclose(np.linalg.norm(frames[:, :3], axis=1), 1, atol=1e-5)
    np.testing.assert_allclose((frames[:, :3] * normals).sum(1), 0, atol=1e-5)
    assert set(np.unique(frames[:, 3])) <= {-1, 1}
