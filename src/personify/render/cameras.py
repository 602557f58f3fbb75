"""Cameras: where they stand, what they see, and how they frame a person.

Axes are OpenCV's (x right, y down, z forward), ``viewmat`` is world-to-camera, pixel centres lie at +0.5.
Azimuth 0 looks at the person's face from +Z; positive azimuth moves the camera towards their left (+X).
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import ArrayLike, NDArray

from personify.errors import PersonifyError

Float = NDArray[np.float32]

_UP = (0.0, 1.0, 0.0)
# A box around a head, relative to its joint (the base of the skull), metres.
_HEAD_BOX = np.array([[x, y, z] for x in (-0.09, 0.09) for y in (-0.07, 0.20) for z in (-0.10, 0.12)])


@dataclass(frozen=True, eq=False)
class Camera:
    """A pinhole or orthographic camera.

    Attributes:
        viewmat: [4, 4] float32 world-to-camera.
        K: [3, 3] float32 in pixels; for an orthographic camera the focal lengths are pixels per metre.
        width: pixels.
        height: pixels.
        ortho: parallel projection.

    Example:
        >>> camera = frame_points([[0, 0, 0], [0, 1.8, 0]], width=64, height=64)
        >>> pixels, depth = camera.project([[0, 0.9, 0]])
        >>> pixels.round(2).tolist()
        [[32.0, 32.0]]
    """

    viewmat: Float
    K: Float
    width: int
    height: int
    ortho: bool = False

    def __post_init__(self) -> None:
        for name, shape in (("viewmat", (4, 4)), ("K", (3, 3))):
            value = np.ascontiguousarray(getattr(self, name), dtype=np.float32)
            if value.shape != shape or not np.isfinite(value).all():
                raise PersonifyError(f"camera.{name}: expected a finite {list(shape)} matrix, got {list(value.shape)}")
            object.__setattr__(self, name, value)
        if min(self.width, self.height) < 1:
            raise PersonifyError(
                f"camera: an image of {self.width} x {self.height} pixels is empty; use at least 1 x 1"
            )
        if min(self.K[0, 0], self.K[1, 1]) <= 0:
            raise PersonifyError("camera.K: focal lengths must be positive")

    @property
    def position(self) -> Float:
        """[3] world position of the camera centre."""
        return -self.viewmat[:3, :3].T @ self.viewmat[:3, 3]

    @property
    def azimuth(self) -> float:
        """Radians around +Y; taken from the right axis, so defined also when the camera looks straight down."""
        right = self.viewmat[0, :3]
        return math.atan2(-float(right[2]), float(right[0]))

    def project(self, points: ArrayLike) -> tuple[Float, Float]:  # [N, 3] -> [N, 2], [N]
        """Pixel coordinates and depth (metres along the viewing axis) of world points."""
        local = np.asarray(points, np.float32) @ self.viewmat[:3, :3].T + self.viewmat[:3, 3]
        depth = local[:, 2]
        flat = np.ones_like(local[:, 2:]) if self.ortho else local[:, 2:]
        homogeneous = np.concatenate([local[:, :2], flat], 1) @ self.K.T
        return homogeneous[:, :2] / homogeneous[:, 2:], depth

    def scaled(self, factor: float) -> Camera:
        """The same view at ``factor`` times the resolution."""
        K = np.diag([factor, factor, 1.0]).astype(np.float32) @ self.K
        return replace(self, K=K, width=round(self.width * factor), height=round(self.height * factor))


def look_at(eye: ArrayLike, target: ArrayLike, up: ArrayLike = _UP) -> Float:
    """World-to-camera matrix [4, 4] of a camera at ``eye`` looking at ``target``.

    Raises:
        PersonifyError: ``eye`` and ``target`` coincide.

    Example:
        >>> look_at([0, 1, 3], [0, 1, 0])[2, :3].tolist()  # forward is -Z
        [0.0, 0.0, -1.0]
    """
    eye, forward = np.asarray(eye, np.float64), np.asarray(target, np.float64) - np.asarray(eye, np.float64)
    distance = np.linalg.norm(forward)
    if not distance > 1e-9:
        raise PersonifyError("look_at: eye and target coincide; move one of them")
    forward /= distance
    right = np.cross(forward, np.asarray(up, np.float64))
    if np.linalg.norm(right) < 1e-6:  # looking along `up`: the image's up is then the way the person faces
        right = np.cross(forward, [0.0, 0.0, -1.0 if forward[1] < 0 else 1.0])
    right /= np.linalg.norm(right)
    rotation = np.stack([right, np.cross(forward, right), forward])
    viewmat = np.eye(4)
    viewmat[:3, :3] = rotation
    viewmat[:3, 3] = -rotation @ eye
    return viewmat.astype(np.float32) + np.float32(0)  # turns -0 into 0


def direction(azimuth: float, elevation: float) -> NDArray[np.float64]:
    """[3] unit vector: azimuth from +Z towards +X, elevation towards +Y, radians."""
    flat = math.cos(elevation)
    return np.array([flat * math.sin(azimuth), math.sin(elevation), flat * math.cos(azimuth)])


def orbit(target: ArrayLike, distance: float, azimuth: float, elevation: float = 0.0) -> Float:
    """World-to-camera matrix [4, 4] of a camera that looks at ``target`` from an azimuth and elevation (radians)."""
    target = np.asarray(target, np.float64)
    return look_at(target + distance * direction(azimuth, elevation), target)


def intrinsics(fov: float, width: int, height: int) -> Float:
    """[3, 3] pinhole matrix with a vertical field of view ``fov`` (radians) and square pixels."""
    focal = 0.5 * height / math.tan(0.5 * fov)
    return np.array([[focal, 0, width / 2], [0, focal, height / 2], [0, 0, 1]], np.float32)


def frame_points(
    points: ArrayLike,  # [N, 3] metres
    azimuth: float = 0.0,
    elevation: float = 0.0,
    width: int = 512,
    height: int = 512,
    fov: float = math.radians(30),
    margin: float = 0.06,
) -> Camera:
    """The nearest pinhole camera that sees all points, centred, with ``margin`` (fraction of the image) to spare.

    Raises:
        PersonifyError: no points, or some are not finite.
    """
    points = np.asarray(points, np.float64)
    if points.ndim != 2 or points.shape[1:] != (3,) or len(points) == 0 or not np.isfinite(points).all():
        raise PersonifyError(f"frame_points: expected finite points [N, 3] with N > 0, got {list(points.shape)}")
    rotation = orbit(np.zeros(3), 1.0, azimuth, elevation)[:3, :3].astype(np.float64)
    local = points @ rotation.T
    K = intrinsics(fov, width, height)
    eye, nearest = np.zeros(3), []
    for axis, size in ((0, width), (1, height)):
        # |x - eye_x| <= slope * (z - eye_z) for every point: a wedge pushed against the points from both sides.
        slope = (0.5 - margin) * size / float(K[axis, axis])
        right = (local[:, axis] - slope * local[:, 2]).max()
        left = (-local[:, axis] - slope * local[:, 2]).max()
        eye[axis] = (right - left) / 2
        nearest.append(-(right + left) / (2 * slope))
    eye[2] = min(*nearest, local[:, 2].min() - 0.05)  # a single point still gets a camera in front of it
    viewmat = np.eye(4, dtype=np.float32)
    viewmat[:3, :3] = rotation
    viewmat[:3, 3] = -eye
    return Camera(viewmat, K, width, height)


def frame_face(
    head: ArrayLike,  # [N, 3] vertices of the head, or [3] position of the head joint
    azimuth: float = 0.0,
    elevation: float = 0.0,
    width: int = 512,
    height: int = 512,
    fov: float = math.radians(20),
    margin: float = 0.06,
) -> Camera:
    """A portrait camera around head vertices, or around a head of usual size when only its joint is known."""
    head = np.asarray(head, np.float64)
    points = head + _HEAD_BOX if head.ndim == 1 else head
    return frame_points(points, azimuth, elevation, width, height, fov, margin)


def turntable(
    points: ArrayLike,  # [N, 3] metres
    frames: int,
    elevation: float = math.radians(8),
    width: int = 512,
    height: int = 512,
    fov: float = math.radians(30),
    margin: float = 0.06,
) -> Iterator[Camera]:
    """Cameras of one full turn around the vertical axis of the points, all at the same distance.

    Example:
        >>> len(list(turntable([[0, 0, 0], [0, 1.8, 0]], frames=12)))
        12
    """
    points = np.asarray(points, np.float64)
    if frames < 1:
        raise PersonifyError(f"turntable: frames is {frames}; expected at least 1")
    axis = (points.min(0) + points.max(0)) * [0.5, 0.0, 0.5]
    radius = np.linalg.norm((points - axis)[:, [0, 2]], axis=1)
    angles = np.arange(24) * (2 * math.pi / 24)
    swept = [axis + np.stack([radius * math.sin(a), points[:, 1], radius * math.cos(a)], 1) for a in angles]
    first = frame_points(np.concatenate(swept), 0.0, elevation, width, height, fov, margin)
    offset = first.position - axis
    for frame in range(frames):
        azimuth = 2 * math.pi * frame / frames
        cosine, sine = math.cos(azimuth), math.sin(azimuth)
        eye = axis + np.array([sine * offset[2], offset[1], cosine * offset[2]])
        rotation = orbit(np.zeros(3), 1.0, azimuth, elevation)[:3, :3]
        viewmat = np.eye(4, dtype=np.float32)
        viewmat[:3, :3] = rotation
        viewmat[:3, 3] = -rotation @ eye
        yield replace(first, viewmat=viewmat)
