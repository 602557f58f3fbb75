"""The pictures of a person that an image-text model judges: whole figure, upper body and head, from several sides."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from personify.body.mesh import Float, MeshPart, Skeleton
from personify.body.posing import relaxed_pose, skin_parts, skinning_transforms
from personify.render.cameras import Camera, frame_points
from personify.render.renderer import MeshRenderer
from personify.wardrobe.caption import VIEWS

REGIONS = ("full", "upper", "head")
FACINGS = ("front", "side", "back")


@dataclass(frozen=True)
class View:
    """Which picture to take.

    Attributes:
        region: one of `REGIONS`.
        azimuth: radians from the front, positive towards the person's left.
        elevation: radians above the horizon.
        margin: fraction of the image left around the region.
        shift: [2] offset of the picture as fractions of its size.
    """

    region: str
    azimuth: float = 0.0
    elevation: float = 0.05
    margin: float = 0.06
    shift: tuple[float, float] = (0.0, 0.0)

    @property
    def facing(self) -> str:
        """One of `FACINGS`."""
        turned = abs(math.remainder(self.azimuth, 2 * math.pi))
        return FACINGS[int(turned > math.radians(55)) + int(turned > math.radians(125))]


STANDARD_VIEWS = (
    View("full", 0.25),
    View("full", math.pi - 0.25),
    View("upper", -0.2),
    View("head", 0.2),
)
"""What a finished person is scored by."""


def caption_view(view: View) -> str:
    """The key of `personify.wardrobe.caption.VIEWS` that speaks of this picture."""
    if view.region == "head":
        return "nape" if view.facing == "back" else "face"
    front = "upper" if view.region == "upper" else "full"
    return {"front": front, "side": "side", "back": "back"}[view.facing]


def part_prompt(text: str, view: View) -> str:
    """The text said of a part of the person, as the captions the model was trained on say it.

    >>> part_prompt("a man in a red shirt", View("head"))
    'the face of a man in a red shirt'
    """
    return VIEWS[caption_view(view)][0][0] + text


def region_camera(vertices: NDArray[np.floating], skeleton: Skeleton, posed: Float, view: View, size: int) -> Camera:
    """Frame a region of a posed person.

    Args:
        vertices: [V, 3] all posed vertices.
        skeleton: for the rest proportions.
        posed: [J, 3] posed joints.
        view: region and direction.
        size: pixels of the square picture.
    """
    head, neck = (posed[skeleton.joint_names.index(name)] for name in ("head", "neck"))
    pelvis = posed[skeleton.joint_names.index("pelvis")]
    unit = float(np.linalg.norm(neck - pelvis))  # a torso length makes boxes fit children too
    if view.region == "full":
        points = vertices
    elif view.region == "upper":
        middle = (neck + pelvis) / 2 + np.array([0, 0.15 * unit, 0])
        points = middle + unit * np.array([[x, y, z] for x in (-0.5, 0.5) for y in (-0.62, 0.72) for z in (-0.2, 0.2)])
    else:
        up = (head - neck) / max(float(np.linalg.norm(head - neck)), 1e-6)
        middle = head + 0.17 * unit * up + np.array([0, 0, 0.03 * unit])
        points = middle + 0.27 * unit * np.array([[x, y, z] for x in (-1, 1) for y in (-1, 1) for z in (-0.6, 0.6)])
    camera = frame_points(points, view.azimuth, view.elevation, size, size, margin=view.margin)
    K = camera.K.copy()
    K[:2, 2] += np.asarray(view.shift, np.float32) * size
    return Camera(camera.viewmat, K, size, size)


def take_portraits(
    skeleton: Skeleton,
    parts: Sequence[MeshPart],
    views: Sequence[View] = STANDARD_VIEWS,
    size: int = 112,
    pose: Float | None = None,
    renderer: MeshRenderer | None = None,
) -> NDArray[np.uint8]:  # [N, size, size, 4]
    """Render views with alpha, in the relaxed pose unless one is given ([J, 3] axis-angle)."""
    renderer = renderer or MeshRenderer(parts)
    transforms = skinning_transforms(skeleton, relaxed_pose(skeleton) if pose is None else pose)
    posed = skin_parts(parts, transforms)
    rest = np.concatenate([skeleton.rest_joints, np.ones((len(skeleton.rest_joints), 1), np.float32)], 1)
    joints = np.einsum("jab,jb->ja", transforms.numpy(), rest)[:, :3]
    points = np.concatenate(posed)
    cameras = [region_camera(points, skeleton, joints, view, size) for view in views]
    images = [renderer.render(posed, camera, transparent=True) for camera in cameras]
    return (np.stack(images) * 255 + 0.5).astype(np.uint8)


def over_background(images: NDArray[np.uint8], gray: float = 0.88) -> Float:  # [N, H, W, 4] -> [N, H, W, 3]
    """RGBA pictures on a plain background, as float sRGB."""
    values: Float = images.astype(np.float32) / np.float32(255)
    return values[..., :3] * values[..., 3:] + gray * (1 - values[..., 3:])
