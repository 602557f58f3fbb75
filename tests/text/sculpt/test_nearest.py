"""Nearest points and escaping rays against brute force and solids whose answer is known."""

import numpy as np
import pytest
import trimesh

from personify.errors import PersonifyError
from personify.text.sculpt.nearest import SurfaceTree


@pytest.fixture(scope="module")
def soup():
    rng = np.random.default_rng(0)
    vertices = rng.normal(size=(150, 3))
    faces = rng.integers(0, 150, (90, 3))
    faces[0] = [5, 5, 7]  # a degenerate one
    return vertices, faces


def brute_force(points, vertices, faces):
    samples = [(a, b) for a in np.linspace(0, 1, 60) for b in np.linspace(0, 1, 60) if a + b <= 1.0001]
    a, b = np.array(samples).T
    dense = np.einsum("ks,fsd->fkd", np.stack([1 - a - b, a, b], 1), vertices[faces])
    return np.linalg.norm(points[:, None, None] - dense, axis=-1).min((1, 2))


def test_distances_agree_with_dense_samples(soup):
    points = np.random.default_rng(1).normal(size=(40, 3)) * 2
    found = SurfaceTree(*soup).nearest(points)
    expected = brute_force(points, *soup)
    assert (found.distances <= expected + 1e-5).all()
    assert np.allclose(found.distances, expected, atol=0.03)


def test_barycentrics_give_the_nearest_point(soup):
    vertices, faces = soup
    points = np.random.default_rng(2).normal(size=(200, 3))
    found = SurfaceTree(vertices, faces).nearest(points)
    assert (found.barycentrics >= -1e-6).all()
    nearest = (vertices[faces[found.face_ids]] * found.barycentrics[..., None]).sum(1)
    assert np.allclose(np.linalg.norm(points - nearest, axis=1), found.distances, atol=1e-5)


def test_only_faces_that_face_the_same_way_count():
    box = trimesh.creation.box((2, 2, 0.1))
    tree = SurfaceTree(box.vertices, box.faces)
    point, up = np.array([[0.2, 0.1, 0.06]]), np.array([[0.0, 0.0, 1.0]])
    assert tree.nearest(point, up, 0.5).distances == pytest.approx(0.01, abs=1e-6)
    assert tree.nearest(point, -up, 0.5).distances == pytest.approx(0.11, abs=1e-6)
    nothing = SurfaceTree([[0, 0, 0], [1, 0, 0], [0, 1, 0]], [[0, 1, 2]]).nearest(point, -up, 0.5)
    assert nothing.face_ids[0] == -1
    assert np.isinf(nothing.distances[0])


def test_points_escape_unless_they_are_inside():
    ball = trimesh.creation.icosphere(3)
    points = np.random.default_rng(3).normal(size=(300, 3))
    directions = np.eye(3)
    out = SurfaceTree(ball.vertices, ball.faces).escapes(
        points, np.random.default_rng(4).normal(size=(300, 3)), directions
    )
    radius = np.linalg.norm(points, axis=1)
    clear = np.abs(radius - 1) > 0.02
    inside = ~out
    assert not inside[clear & (radius > 1.8)].any()
    assert inside[clear & (radius < 1)].all()


def test_no_faces():
    with pytest.raises(PersonifyError, match="at least one"):
        SurfaceTree(np.zeros((3, 3)), np.zeros((0, 3), int))
