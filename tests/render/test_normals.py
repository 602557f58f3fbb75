from __future__ import annotations

import numpy as np
import pytest
import trimesh

from personify.render.normals import SmoothNormals, weld

from .shapes import sphere


def corner_normals(smooth: SmoothNormals, vertices: np.ndarray) -> np.ndarray:  # [F, 3, 3]
    return smooth.update(vertices.astype(np.float32))[smooth.faces]


def test_a_sphere_is_smooth_across_its_seam() -> None:
    ball = sphere(radius=1, center=(0, 0, 0))
    normals = corner_normals(SmoothNormals(ball.vertices, ball.faces.astype(np.int32)), ball.vertices)
    radial = ball.vertices[ball.faces]
    areas = np.linalg.norm(np.cross(radial[:, 1] - radial[:, 0], radial[:, 2] - radial[:, 0]), axis=1)
    agreement = (normals * radial).sum(-1)[areas > 1e-6]
    assert agreement.min() > 0.99


def test_agrees_with_trimesh_on_a_posed_mesh() -> None:
    mesh = trimesh.creation.icosphere(2)
    faces = mesh.faces.astype(np.int32)
    smooth = SmoothNormals(mesh.vertices.astype(np.float32), faces)
    bent = mesh.vertices * [1, 1.5, 0.7] + 0.2 * np.sin(3 * mesh.vertices[:, [1, 2, 0]])
    expected = trimesh.geometry.weighted_vertex_normals(
        len(bent), faces, *area_weights(trimesh.Trimesh(bent, faces, process=False))
    )
    actual = corner_normals(smooth, bent)
    assert actual == pytest.approx(expected[faces], abs=1e-4)


def area_weights(mesh: trimesh.Trimesh) -> tuple[np.ndarray, np.ndarray]:
    """Face normals, and corner 'angles' replaced by areas: trimesh then weights by area as we do."""
    return mesh.face_normals, np.repeat(mesh.area_faces[:, None], 3, 1)


def test_edges_of_a_box_stay_sharp_when_its_sides_are_separate() -> None:
    box = trimesh.creation.box()
    vertices, faces = box.triangles.reshape(-1, 3), np.arange(36, dtype=np.int32).reshape(-1, 3)
    normals = corner_normals(SmoothNormals(vertices.astype(np.float32), faces), vertices)
    assert normals == pytest.approx(np.repeat(box.face_normals[:, None], 3, 1), abs=1e-6)


def test_parts_and_the_two_sides_of_cloth_are_not_welded() -> None:
    triangle = np.array([[0, 0, 0], [1, 0, 0], [0, 1, 0]], np.float32)
    vertices = np.concatenate([triangle] * 3)
    faces = np.array([[0, 1, 2], [3, 4, 5], [6, 8, 7]], np.int32)  # twin, other part, other side
    same_part = weld(vertices, faces, np.zeros(9, np.int32))
    assert same_part[:3].tolist() == same_part[3:6].tolist()
    assert not set(same_part[:3]) & set(same_part[6:])
    other_part = weld(vertices, faces, np.repeat([0, 1, 0], 3).astype(np.int32))
    assert not set(other_part[:3]) & set(other_part[3:6])


def test_degenerate_faces_give_finite_normals() -> None:
    vertices = np.zeros((3, 3), np.float32)
    smooth = SmoothNormals(vertices, np.array([[0, 1, 2]], np.int32))
    assert np.isfinite(smooth.update(vertices)).all()
