from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from personify.errors import PersonifyError
from personify.render.cameras import Camera, direction, frame_face, frame_points, intrinsics, look_at, orbit, turntable

ANGLES = st.floats(-3.1, 3.1)


def test_azimuth_zero_is_in_front_and_positive_is_towards_the_left_of_the_person() -> None:
    camera = Camera(orbit([0, 1, 0], 3, 0), intrinsics(0.5, 100, 100), 100, 100)
    assert camera.position == pytest.approx([0, 1, 3], abs=1e-6)
    aside = Camera(orbit([0, 1, 0], 3, math.radians(90)), camera.K, 100, 100)
    assert aside.position == pytest.approx([3, 1, 0], abs=1e-6)
    above = Camera(orbit([0, 1, 0], 3, 0, math.radians(90)), camera.K, 100, 100)
    assert above.position == pytest.approx([0, 4, 0], abs=1e-6)


def test_the_left_of_the_person_is_on_the_right_of_the_image_and_up_is_up() -> None:
    camera = Camera(orbit([0, 1, 0], 3, 0), intrinsics(0.5, 100, 100), 100, 100)
    (left, head), depth = camera.project([[0.2, 1, 0], [0, 1.2, 0]])
    assert left[0] > 50
    assert left[1] == pytest.approx(50, abs=1e-3)
    assert head[1] < 50
    assert depth == pytest.approx([3, 3], abs=1e-6)


@settings(max_examples=30, deadline=None)
@given(ANGLES, st.floats(-1.5, 1.5))
def test_viewmats_are_rigid_and_know_their_azimuth(azimuth: float, elevation: float) -> None:
    camera = Camera(orbit([0.1, 1, -0.2], 2.5, azimuth, elevation), intrinsics(0.5, 64, 64), 64, 64)
    rotation = camera.viewmat[:3, :3]
    assert rotation @ rotation.T == pytest.approx(np.eye(3), abs=1e-5)
    assert np.linalg.det(rotation) == pytest.approx(1, abs=1e-5)
    assert camera.position == pytest.approx([0.1, 1, -0.2] + 2.5 * direction(azimuth, elevation), abs=1e-4)
    assert math.cos(camera.azimuth - azimuth) == pytest.approx(1, abs=1e-5)
    assert camera.project([[0.1, 1, -0.2]])[0][0] == pytest.approx([32, 32], abs=1e-2)


def test_looking_straight_down_keeps_the_front_of_the_person_at_the_bottom() -> None:
    camera = Camera(look_at([0, 3, 0], [0, 0, 0]), intrinsics(0.5, 64, 64), 64, 64)
    front = camera.project([[0, 0, 0.3]])[0][0]
    assert front[1] > 33
    assert camera.azimuth == pytest.approx(0, abs=1e-6)


@settings(max_examples=30, deadline=None)
@given(st.integers(0, 2**31), ANGLES, st.floats(-1.4, 1.4), st.sampled_from([(64, 64), (200, 90), (90, 200)]))
def test_framed_points_fit_and_touch_the_margin(
    seed: int, azimuth: float, elevation: float, size: tuple[int, int]
) -> None:
    points = np.random.default_rng(seed).normal(size=(40, 3)) * [0.4, 0.9, 0.3]
    width, height = size
    camera = frame_points(points, azimuth, elevation, width, height, margin=0.1)
    pixels, depth = camera.project(points)
    fraction = pixels / size
    assert (depth > 0).all()
    assert fraction.min() >= 0.1 - 1e-3
    assert fraction.max() <= 0.9 + 1e-3
    assert min(fraction.min(), 1 - fraction.max()) == pytest.approx(0.1, abs=1e-3)  # as near as it can be


def test_a_single_point_is_seen_in_the_middle() -> None:
    camera = frame_points([[1, 2, 3]], 0.3, 0.2, 32, 48)
    pixels, depth = camera.project([[1, 2, 3]])
    assert pixels[0] == pytest.approx([16, 24], abs=1e-2)
    assert depth[0] > 0


def test_a_face_is_framed_from_its_joint_or_its_vertices() -> None:
    joint = np.array([0, 1.55, 0])
    camera = frame_face(joint, 0.4, width=100, height=100)
    crown, chin = camera.project(joint + np.array([[0, 0.2, 0], [0, -0.07, 0.1]]))[0]
    assert 0 < crown[1] < 20
    assert 70 < chin[1] < 100
    vertices = joint + np.random.default_rng(0).uniform(-0.1, 0.1, (50, 3))
    pixels = frame_face(vertices, width=100, height=100).project(vertices)[0]
    assert pixels.min() >= 0
    assert pixels.max() <= 100


def test_a_turntable_keeps_its_distance_and_sees_everything() -> None:
    points = np.random.default_rng(1).normal(size=(50, 3)) * [0.5, 0.9, 0.2] + [0.3, 1, -0.1]
    cameras = list(turntable(points, 8, width=120, height=160))
    middle = (points.min(0) + points.max(0)) / 2
    distances = [np.linalg.norm((camera.position - middle)[[0, 2]]) for camera in cameras]
    assert distances == pytest.approx([distances[0]] * 8, abs=1e-4)
    azimuths = np.unwrap([camera.azimuth for camera in cameras])
    assert np.diff(azimuths) == pytest.approx(np.full(7, math.pi / 4), abs=1e-4)
    for camera in cameras:
        fraction = camera.project(points)[0] / [120, 160]
        assert fraction.min() >= 0.05
        assert fraction.max() <= 0.95


def test_scaling_a_camera_scales_its_pixels() -> None:
    camera = frame_points([[0, 0, 0], [0.5, 1.8, 0.2]], 0.3, 0.1, 40, 60)
    point = [[0.2, 1, 0.1]]
    assert camera.scaled(2).project(point)[0] == pytest.approx(2 * camera.project(point)[0], abs=1e-3)
    assert (camera.scaled(2).width, camera.scaled(2).height) == (80, 120)


def test_a_parallel_camera_does_not_foreshorten() -> None:
    K = np.array([[50, 0, 32], [0, 50, 32], [0, 0, 1]])
    camera = Camera(look_at([0, 0, 5], [0, 0, 0]), K, 64, 64, ortho=True)
    pixels = camera.project([[0.2, 0, 0], [0.2, 0, -4]])[0]
    assert pixels[0] == pytest.approx([42, 32], abs=1e-4)
    assert pixels[1] == pytest.approx([42, 32], abs=1e-4)


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: look_at([1, 2, 3], [1, 2, 3]), "eye and target coincide"),
        (lambda: frame_points(np.zeros((0, 3))), "N > 0"),
        (lambda: frame_points([[0, np.nan, 0]]), "finite"),
        (lambda: Camera(np.eye(3), np.eye(3), 8, 8), "viewmat"),
        (lambda: Camera(np.eye(4), np.eye(3) * np.nan, 8, 8), "camera.K"),
        (lambda: Camera(np.eye(4), np.eye(3), 0, 8), "at least 1 x 1"),
        (lambda: Camera(np.eye(4), -np.eye(3), 8, 8), "focal lengths"),
        (lambda: list(turntable([[0, 0, 0]], 0)), "frames is 0"),
    ],
)
def test_bad_cameras_are_refused_in_one_line(make: object, message: str) -> None:
    with pytest.raises(PersonifyError, match=message) as caught:
        make()  # type: ignore[operator]
    assert "\n" not in str(caught.value)
