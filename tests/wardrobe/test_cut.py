"""Cuts are exact, complete and reproducible by their blends."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.spatial import ConvexHull

from personify.wardrobe.cut import Mesh, boundary_edges, slice_mesh, subdivide, vertex_normals


def ball(count: int = 200, seed: int = 0) -> Mesh:
    """A closed convex mesh with outward faces."""
    points = np.random.default_rng(seed).normal(size=(count, 3))
    points /= np.linalg.norm(points, axis=1, keepdims=True)
    faces = ConvexHull(points).simplices
    a, b, c = np.moveaxis(points[faces], 1, 0)
    inward = (np.cross(b - a, c - a) * a).sum(1) < 0
    faces[inward] = faces[inward][:, ::-1]
    return Mesh(faces.astype(np.int64), points)


def area(mesh: Mesh) -> float:
    a, b, c = np.moveaxis(mesh.canonical[mesh.faces], 1, 0)
    return float(np.linalg.norm(np.cross(b - a, c - a), axis=1).sum() / 2)


plane = st.tuples(*[st.floats(-1, 1)] * 3, st.floats(-0.6, 0.6)).filter(lambda p: np.linalg.norm(p[:3]) > 0.1)


@settings(max_examples=20, deadline=None)
@given(plane)
def test_two_halves_make_the_whole(parameters):
    mesh = ball()
    field = mesh.canonical @ np.array(parameters[:3]) - parameters[3]
    near, _ = slice_mesh(mesh, field)
    far, _ = slice_mesh(mesh, -field)
    both, _ = slice_mesh(mesh, field, keep="both")
    assert area(near) + area(far) == pytest.approx(area(mesh), rel=2e-3)
    assert area(both) == pytest.approx(area(mesh), rel=1e-9)
    assert len(boundary_edges(both.faces)) == 0


@settings(max_examples=20, deadline=None)
@given(plane)
def test_new_edges_lie_on_the_zero_of_the_field(parameters):
    mesh = ball()
    field = mesh.canonical @ np.array(parameters[:3]) - parameters[3]
    cut, blend = slice_mesh(mesh, field)
    if len(cut.faces):
        rim = np.unique(boundary_edges(cut.faces))
        assert np.abs((blend @ field)[rim]).max(initial=0) < 2e-4
        assert (blend @ field).min() > -2e-4


def test_blends_sum_to_one_and_reproduce_positions():
    mesh = ball()
    cut, blend = slice_mesh(mesh, mesh.canonical[:, 1] - 0.2)
    np.testing.assert_allclose(blend.sum(1), 1, atol=1e-12)
    np.testing.assert_allclose(blend @ mesh.canonical, cut.canonical)


def test_cutting_everything_away_leaves_nothing():
    mesh = ball()
    cut, _ = slice_mesh(mesh, np.full(len(mesh.canonical), -1.0))
    assert len(cut.faces) == 0
    assert len(boundary_edges(cut.faces)) == 0


def test_subdivision_counts_and_affine_invariance():
    mesh = ball()
    blend, faces = subdivide(mesh.faces, len(mesh.canonical))
    edges = len(mesh.canonical) + len(mesh.faces) - 2  # Euler's formula of a sphere
    assert len(faces) == 4 * len(mesh.faces)
    assert blend.shape[0] == len(mesh.canonical) + edges
    np.testing.assert_allclose(blend.sum(1), 1, atol=1e-12)
    assert len(boundary_edges(faces)) == 0


def test_subdivision_keeps_straight_borders_straight():
    x, y = np.meshgrid(np.arange(5.0), np.arange(5.0))
    index = np.arange(25).reshape(5, 5)
    a, b, c, d = index[:-1, :-1], index[:-1, 1:], index[1:, 1:], index[1:, :-1]
    faces = np.concatenate([np.stack([a, b, c], -1).reshape(-1, 3), np.stack([a, c, d], -1).reshape(-1, 3)])
    blend, finer = subdivide(faces, 25)
    fine = blend @ np.stack([x.ravel(), y.ravel()], 1)
    rim = fine[np.unique(boundary_edges(finer))]
    on_a_side = np.minimum(np.abs(rim - 0), np.abs(rim - 4)).min(1)
    assert (on_a_side < 0.26).all()  # only the corners are rounded
    assert (np.sort(on_a_side)[: len(rim) - 4] < 1e-9).all()


def test_normals_of_a_ball_point_outwards():
    mesh = ball(800)
    normals = vertex_normals(mesh.canonical, mesh.faces)
    assert (normals * mesh.canonical).sum(1).min() > 0.95
