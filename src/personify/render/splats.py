"""Pictures of posed Gaussians: alone in the studio, or before and behind a mesh."""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np
import torch
from numpy.typing import NDArray
from scipy.ndimage import gaussian_filter, map_coordinates
from torch import Tensor

from personify.body.gaussians import PosedGaussians
from personify.render import backdrop
from personify.render.cameras import Camera
from personify.render.gaussians import rasterization
from personify.render.gaussians.api import compiled
from personify.render.lights import Lights, set_up

Float = NDArray[np.float32]
_CELL = 0.03  # metres of the grid on which shadows fall
_SOFT = 0.10  # metres by which they are blurred
_STUDIO = np.full(3, -1, np.float32)  # `backdrop`'s sign for the cove


class Layer(NamedTuple):
    """What a camera sees of Gaussians.

    Attributes:
        color: [H, W, 3] sRGB, multiplied by alpha.
        alpha: [H, W].
        depth: [H, W] expected metres along the viewing axis, 0 where nothing is.
    """

    color: Float
    alpha: Float
    depth: Float


def view_colors(posed: PosedGaussians, camera: Camera) -> Tensor:  # [N, 3] sRGB
    """Colours towards a camera: harmonics turn with the surface, so the view is turned back to the T-pose."""
    degree = math.isqrt(posed.sh.shape[1]) - 1
    views = posed.means - torch.from_numpy(camera.position)
    if camera.ortho:
        views = torch.from_numpy(camera.viewmat[2, :3]).expand_as(posed.means)
    local = (posed.rotations * views[..., None]).sum(-2)  # R^T v, several times faster than as a batch of products
    # Seen from the origin, the direction to a point is the point.
    return compiled().shade(degree, local, posed.sh, torch.eye(4))


def draw_layer(posed: PosedGaussians, camera: Camera) -> Layer:
    """Colour, alpha and depth of every pixel."""
    picture, alpha, _ = rasterization(
        means=posed.means,
        quats=None,
        scales=None,
        covars=posed.covars,
        opacities=posed.opacities,
        colors=view_colors(posed, camera),
        viewmats=torch.from_numpy(camera.viewmat)[None],
        Ks=torch.from_numpy(camera.K)[None],
        width=camera.width,
        height=camera.height,
        render_mode="RGB+ED",
        camera_model="ortho" if camera.ortho else "pinhole",
    )
    image = picture[0].numpy()
    return Layer(image[..., :3], alpha[0, ..., 0].numpy(), image[..., 3])


def render_gaussians(posed: PosedGaussians, camera: Camera, lights: Lights = Lights()) -> Float:  # noqa: B008 (frozen)
    """One picture in the studio, [H, W, 3] sRGB, with a soft shadow on the floor."""
    layer = draw_layer(posed, camera)
    cove = backdrop.paint(_STUDIO, camera.height, camera.width).image
    shaded = cove * _floor_light(posed, camera, lights)[..., None]
    return np.clip(layer.color + (1 - layer.alpha[..., None]) * shaded, 0, 1)


def composite(image: Float, depth: Float, layer: Layer) -> Float:
    """Gaussians before and behind a mesh's picture [H, W, 3] with depth [H, W] (0 where the mesh is not)."""
    hidden = (depth > 0) & (depth < layer.depth)
    alpha = np.where(hidden, 0, layer.alpha)[..., None]
    return np.clip(np.where(hidden[..., None], 0, layer.color) + (1 - alpha) * image, 0, 1)


def _floor_light(posed: PosedGaussians, camera: Camera, lights: Lights) -> Float:  # [H, W]
    """Share of the backdrop's brightness that the shadow on the floor leaves, as displayed."""
    means, areas = posed.means.numpy(), _shadow_areas(posed)
    towards = set_up(lights, camera).directions[0]
    height = np.maximum(means[:, 1], 0)
    falls = means[:, [0, 2]] - height[:, None] * (towards[[0, 2]] / towards[1])
    corner = np.minimum(falls.min(0), means[:, [0, 2]].min(0)) - 0.5
    size = np.ceil((np.maximum(falls.max(0), means[:, [0, 2]].max(0)) + 0.5 - corner) / _CELL).astype(int)
    near = areas * np.clip(1 - height / backdrop.CONTACT, 0, 1)
    key = np.exp(-_spread(falls, areas, corner, size, _SOFT))
    ambient = np.exp(-0.5 * _spread(means[:, [0, 2]], near, corner, size, _SOFT))
    light = (0.70 + 0.30 * key) * (0.35 + 0.65 * ambient)  # lighter than a mesh's, whose penumbra grows with height
    ground, hit = _floor_points(camera)
    cells = (ground - corner) / _CELL - 0.5
    arriving = map_coordinates(light, [cells[..., 0], cells[..., 1]], order=1, mode="constant", cval=1.0)
    return np.where(hit, arriving, 1).astype(np.float32) ** np.float32(1 / 2.2)


def _shadow_areas(posed: PosedGaussians) -> Float:  # [N] square metres of light that a Gaussian blocks
    variances = torch.diagonal(posed.covars, dim1=1, dim2=2).sum(1)  # of a flat one: twice its spread squared
    return (math.pi * posed.opacities * variances).numpy()


def _spread(points: Float, amounts: Float, corner: Float, size: NDArray[np.int64], blur: float) -> Float:
    """Amounts per square metre on the grid."""
    cells = np.clip(((points - corner) / _CELL).astype(int), 0, size - 1)
    total = np.bincount(cells[:, 0] * size[1] + cells[:, 1], amounts, size[0] * size[1]).reshape(size)
    return gaussian_filter(total.astype(np.float32) / _CELL**2, blur / _CELL)


def _floor_points(camera: Camera) -> tuple[Float, NDArray[np.bool_]]:  # [H, W, 2] X and Z, [H, W]
    """Where every pixel's ray meets the floor, and whether it does."""
    rows, columns = np.indices((camera.height, camera.width), np.float32) + np.float32(0.5)
    pixels = np.stack([columns, rows, np.ones_like(rows)], -1)
    local = pixels @ np.linalg.inv(camera.K).T
    rotation = camera.viewmat[:3, :3]
    start, rays = camera.position, local @ rotation
    if camera.ortho:
        start, rays = (
            start + (local * np.array([1, 1, 0], np.float32)) @ rotation,
            np.broadcast_to(rotation[2], local.shape),
        )
    hit = rays[..., 1] < -1e-6
    distance = np.where(hit, -start[..., 1] / np.where(hit, rays[..., 1], -1), 0)
    return (start + distance[..., None] * rays)[..., [0, 2]], hit & (distance > 0)
