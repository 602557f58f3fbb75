from __future__ import annotations

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from personify.errors import PersonifyError
from personify.render.cameras import Camera, frame_points, look_at
from personify.render.rasterize import NEAR, Cutouts, Fragments, Rasterizer, rasterize_mesh
from personify.render.textures import pack_textures

from .shapes import sphere


def reference(vertices: np.ndarray, faces: np.ndarray, camera: Camera) -> tuple[Fragments, np.ndarray]:
    """Ray against every triangle in float64 (Moeller & Trumbore 1997), and which pixels are too close to call."""
    columns, rows = np.meshgrid(np.arange(camera.width) + 0.5, np.arange(camera.height) + 0.5)
    view, K = camera.viewmat.astype(float), camera.K.astype(float)
    flat = np.stack([(columns - K[0, 2]) / K[0, 0], (rows - K[1, 2]) / K[1, 1], np.ones_like(rows)], -1)
    origin = flat * [1, 1, 0] if camera.ortho else np.zeros_like(flat)
    ray = np.broadcast_to([0.0, 0.0, 1.0], flat.shape) if camera.ortho else flat
    local = vertices.astype(float) @ view[:3, :3].T + view[:3, 3]
    best = np.full(rows.shape, np.inf)
    face_ids, barycentrics = np.full(rows.shape, -1), np.zeros((*rows.shape, 3))
    unsure = np.zeros(rows.shape, bool)
    for index, (a, b, c) in enumerate(local[faces]):
        cross = np.cross(ray, c - a)
        determinant = cross @ (b - a)
        safe = np.where(np.abs(determinant) < 1e-14, 1.0, determinant)
        offset = origin - a
        u = (offset * cross).sum(-1) / safe
        q = np.cross(offset, b - a)
        v, depth = (ray * q).sum(-1) / safe, (q @ (c - a)) / safe
        inner = np.minimum(np.minimum(u, v), 1 - u - v)
        ahead = (np.abs(determinant) >= 1e-14) & (depth >= NEAR)
        unsure |= (np.abs(inner) < 1e-3) | (np.abs(depth - NEAR) < 1e-4)
        unsure |= (inner > -1e-3) & ahead & (np.abs(depth - best) < 1e-4 * depth)
        hit = (inner >= 0) & ahead & (depth < best)
        best[hit], face_ids[hit] = depth[hit], index
        barycentrics[hit] = np.stack([1 - u - v, u, v], -1)[hit]
    return Fragments(face_ids, barycentrics, np.where(face_ids >= 0, best, 0)), unsure


def rasterize(vertices: np.ndarray, faces: np.ndarray, camera: Camera) -> Fragments:
    return rasterize_mesh(vertices, faces, camera.viewmat, camera.K, camera.width, camera.height, camera.ortho)


def assert_agrees(vertices: np.ndarray, faces: np.ndarray, camera: Camera) -> Fragments:
    actual = rasterize(vertices, faces, camera)
    expected, unsure = reference(vertices.astype(np.float32), faces, camera)
    assert (actual.face_ids == expected.face_ids)[~unsure].all()
    same = (actual.face_ids >= 0) & ~unsure
    # A grazing triangle turns rounding of a pixel into a long way on its surface.
    assert np.abs(actual.depth - expected.depth)[same] == pytest.approx(0, abs=2e-3 * max(1, expected.depth.max()))
    assert np.median(np.abs(actual.barycentrics - expected.barycentrics)[same] if same.any() else 0) < 1e-4
    return actual


@settings(max_examples=25, deadline=None)
@given(st.integers(0, 2**31), st.booleans())
def test_random_triangles_agree_with_rays(seed: int, ortho: bool) -> None:
    rng = np.random.default_rng(seed)
    vertices = rng.uniform(-1, 1, (36, 3))
    faces = rng.integers(0, 36, (30, 3))
    K = np.array([[30, 0, 21], [0, 35, 17], [0, 0, 1]])
    camera = Camera(look_at([0.3, 0.2, 3], [0, 0, 0]), K, 40, 33, ortho)
    assert_agrees(vertices, faces, camera)


@settings(max_examples=25, deadline=None)
@given(st.integers(0, 2**31))
def test_triangles_around_and_behind_the_camera_agree_with_rays(seed: int) -> None:
    rng = np.random.default_rng(seed)
    vertices = rng.uniform(-1, 1, (30, 3))
    faces = rng.integers(0, 30, (12, 3))
    camera = Camera(look_at([0, 0, 0], [0, 0, -1]), np.array([[20, 0, 16], [0, 20, 16], [0, 0, 1]]), 32, 32)
    assert_agrees(vertices, faces, camera)


def test_a_floor_under_the_camera_reaches_the_bottom_of_the_image() -> None:
    vertices = np.array([[-50, 0, -50], [50, 0, -50], [50, 0, 50], [-50, 0, 50]])
    camera = Camera(look_at([0, 1, 0], [0, 1, -1]), np.array([[20, 0, 16], [0, 20, 16], [0, 0, 1]]), 32, 32)
    fragments = assert_agrees(vertices, np.array([[0, 1, 2], [0, 2, 3]]), camera)
    assert (fragments.face_ids[17:] >= 0).all()
    assert (fragments.face_ids[:16] < 0).all()


def test_a_closed_surface_has_no_cracks() -> None:
    ball = sphere()
    camera = frame_points(ball.vertices, 0.3, 0.2, 301, 301)
    fragments = rasterize(ball.vertices, ball.faces, camera)
    rows, columns = np.mgrid[:301, :301]
    inside = np.hypot(rows - 150, columns - 150) < 0.8 * 0.44 * 301
    assert (fragments.face_ids[inside] >= 0).all()
    front = fragments.depth[inside]
    assert front.max() < np.linalg.norm(camera.position - [0, 0.5, 0])  # never the far side through a crack


def test_barycentrics_bring_back_the_pixel() -> None:
    ball = sphere()
    camera = frame_points(ball.vertices, -0.8, 0.4, 90, 70)
    fragments = rasterize(ball.vertices, ball.faces, camera)
    rows, columns = np.nonzero(fragments.face_ids >= 0)
    weights = fragments.barycentrics[rows, columns]
    assert weights.sum(1) == pytest.approx(np.ones(len(rows)), abs=1e-5)
    corners = ball.vertices[ball.faces[fragments.face_ids[rows, columns]]]
    pixels, depth = camera.project((corners * weights[..., None]).sum(1))
    assert pixels == pytest.approx(np.stack([columns, rows], 1) + 0.5, abs=2e-2)
    assert depth == pytest.approx(fragments.depth[rows, columns], abs=1e-4)


def test_backs_of_single_sided_faces_are_not_drawn() -> None:
    vertices = np.array([[-1, -1, 0], [1, -1, 0], [0, 1, 0]], np.float32)
    camera = frame_points(vertices, width=16, height=16)
    for faces, drawn in (([[0, 1, 2]], True), ([[0, 2, 1]], False)):
        raster = Rasterizer(np.array(faces, np.int32), np.ones(1, np.bool_)).draw(vertices, camera)
        assert (raster.face_ids >= 0).any() == drawn


def test_coverage_follows_alpha() -> None:
    vertices = np.array([[-9, -9, 0], [9, -9, 0], [0, 18, 0]], np.float32)
    faces, uvs = np.array([[0, 1, 2]], np.int32), np.full((1, 3, 2), 0.5, np.float32)
    camera = Camera(look_at([0, 0, 3], [0, 0, 0]), np.array([[40, 0, 32], [0, 40, 32], [0, 0, 1]]), 64, 64)
    for alpha in (0, 60, 128, 200, 255):
        textures = pack_textures([np.full((4, 4, 4), alpha, np.uint8)], ["color"])
        cutouts = Cutouts(np.zeros(1, np.int32), np.zeros(1, np.bool_), np.ones(1, np.float32), uvs)
        raster = Rasterizer(faces, None, cutouts, textures).draw(vertices, camera)
        assert (raster.face_ids >= 0).mean() == pytest.approx(alpha / 255, abs=0.03)


def test_equal_depth_goes_to_the_lower_face_and_repeats_exactly() -> None:
    vertices = np.array([[-1, -1, 0], [1, -1, 0], [0, 1, 0]], np.float32)
    camera = frame_points(vertices, 0.2, 0.1, 32, 32)
    faces = np.array([[0, 1, 2]] * 3)
    first, second = rasterize(vertices, faces, camera), rasterize(vertices, faces, camera)
    assert set(np.unique(first.face_ids)) == {-1, 0}
    assert all(a.tobytes() == b.tobytes() for a, b in zip(first, second, strict=True))


def test_nothing_to_draw_is_an_empty_image() -> None:
    camera = frame_points([[0, 0, 0]], width=8, height=8)
    fragments = rasterize(np.zeros((0, 3)), np.zeros((0, 3), int), camera)
    assert (fragments.face_ids == -1).all()
    assert not fragments.depth.any()


def test_a_batch_is_the_single_pictures() -> None:
    ball = sphere()
    cameras = [frame_points(ball.vertices, azimuth, 0.2, 40, 30) for azimuth in (0.0, 1.0, 2.0)]
    viewmats, Ks = np.stack([camera.viewmat for camera in cameras]), np.stack([camera.K for camera in cameras])
    poses = np.stack([ball.vertices, ball.vertices * np.float32([1, 0.5, 1]), ball.vertices])
    shared = rasterize_mesh(ball.vertices, ball.faces, viewmats, Ks, 40, 30)
    posed = rasterize_mesh(poses, ball.faces, viewmats, Ks, 40, 30)
    for index, camera in enumerate(cameras):
        for array, single in zip(shared, rasterize(ball.vertices, ball.faces, camera), strict=True):
            assert array[index].tobytes() == single.tobytes()
        for array, single in zip(posed, rasterize(poses[index], ball.faces, camera), strict=True):
            assert array[index].tobytes() == single.tobytes()
    assert (posed.face_ids[1] != shared.face_ids[1]).any()


def test_degenerate_faces_are_not_drawn() -> None:
    vertices = np.array([[0, 0, 0], [1, 1, 0], [2, 2, 0], [-1, -1, 0], [1, -1, 0], [0, 1, 0]], np.float32)
    camera = frame_points(vertices, width=33, height=33)
    fragments = rasterize(vertices, np.array([[0, 1, 2], [0, 0, 1], [4, 4, 4], [3, 4, 5]]), camera)
    assert set(np.unique(fragments.face_ids)) == {-1, 3}
    assert np.isfinite(fragments.barycentrics).all()


def test_tensors_with_gradients_are_taken_by_value() -> None:
    ball = sphere()
    camera = frame_points(ball.vertices, width=20, height=20)
    tensors = (torch.tensor(camera.viewmat), torch.tensor(camera.K))
    found = rasterize_mesh(torch.tensor(ball.vertices, requires_grad=True), ball.faces, *tensors, 20, 20)
    assert found.face_ids.tobytes() == rasterize(ball.vertices, ball.faces, camera).face_ids.tobytes()


@pytest.mark.parametrize(
    ("vertices", "faces", "message"),
    [
        (np.zeros((3, 2)), [[0, 1, 2]], "vertices"),
        ([[0, 0, np.inf]] * 3, [[0, 1, 2]], "finite"),
        (np.zeros((3, 3)), [[0, 1, 3]], "index 3 vertices"),
        (np.zeros((3, 3)), [[0, 1, -1]], "index 3 vertices"),
        (np.zeros((2, 3, 3)), [[0, 1, 2]], "one such array per camera"),
    ],
)
def test_bad_meshes_are_refused(vertices: np.ndarray, faces: list, message: str) -> None:
    with pytest.raises(PersonifyError, match=message):
        rasterize(vertices, faces, frame_points([[0, 0, 0]]))


@pytest.mark.parametrize(
    ("viewmats", "Ks", "size", "message"),
    [
        (np.eye(3), np.eye(3), (8, 8), "viewmats"),
        (np.stack([np.eye(4)] * 2), np.eye(3), (8, 8), "viewmats"),
        (np.eye(4) * np.nan, np.eye(3), (8, 8), "finite"),
        (np.eye(4), np.eye(3), (0, 8), "empty"),
    ],
)
def test_bad_cameras_are_refused(viewmats: np.ndarray, Ks: np.ndarray, size: tuple[int, int], message: str) -> None:
    with pytest.raises(PersonifyError, match=message):
        rasterize_mesh(np.zeros((3, 3)), [[0, 1, 2]], viewmats, Ks, *size)
