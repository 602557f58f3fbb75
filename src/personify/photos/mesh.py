"""A person of Gaussians as a mesh: the body's own surface, moved to the Gaussians and painted with their colours."""

from __future__ import annotations

import numpy as np
import torch
from numpy.typing import NDArray
from scipy.ndimage import gaussian_filter, map_coordinates
from scipy.spatial import cKDTree
from torch import Tensor

from personify.body.anny import AnnyBody
from personify.body.mesh import Float, Int, Material, MeshPart
from personify.body.pose import JOINT_NAMES, PARENTS, mirrored_joint
from personify.photos.articulation import apply, blend, bone_transforms
from personify.photos.network import CanonicalGaussians
from personify.photos.template import Template, body_template
from personify.render.gaussians.spherical_harmonics import C0
from personify.wardrobe.uvmap import bake_attributes

TEXTURE_SIZE = 512
_BAKED = 256  # texels along each side at which Gaussians are gathered; they are no finer
_FARTHEST = 0.12  # metres from the body to the surface of clothes and hair
_SMOOTHING = 8  # rounds in which a vertex's displacement moves towards its neighbours'
_NEIGHBORS = 6
_BLUR = 0.008  # metres
_SEEN = 0.1  # metres from a texel to the nearest pixel of a photo
_MIRROR = [JOINT_NAMES.index(mirrored_joint(name)) for name in JOINT_NAMES]


def person_mesh(
    gaussians: CanonicalGaussians,
    template: Template,
    body: AnnyBody,
    shape: Tensor,  # [1, 11]
    joints: Tensor,  # [55, 3]
    texture_size: int = TEXTURE_SIZE,
) -> MeshPart:
    """Skinned, textured skin-and-clothes of one person (B = 1), in the T-pose.

    Args:
        gaussians: canonical.
        template: as given to the network.
        body: the default body.
        shape: of this person.
        joints: of this person's T-pose, as ``body(shape)`` has them.
        texture_size: pixels along each side.
    """
    shaped = blend(gaussians.bone_logits[0].softmax(-1), bone_transforms(template.joints, joints, PARENTS))
    means = apply(shaped, gaussians.means[0]).detach()
    with torch.no_grad():
        skin = body(shape).vertices[0]
    vertices = skin.numpy() + _displacements(gaussians, means, template, body, shape)
    texture = _texture(gaussians, means, body, vertices, joints, texture_size)
    return _unwrapped(body, vertices.astype(np.float32), texture)


def _displacements(
    gaussians: CanonicalGaussians, means: Tensor, template: Template, body: AnnyBody, shape: Tensor
) -> NDArray[np.float64]:  # [V, 3]
    """How far the template's Gaussians stand off the body, smooth over its surface."""
    size = template.mask.shape[0]
    surface = body_template(size, body, shape).positions
    own = gaussians.source[0, :, 0] == 0
    _, row, column = gaussians.source[0, own].unbind(-1)
    offset = (means[own] - surface[row, column]).numpy()
    offset *= np.minimum(1, _FARTHEST / np.maximum(np.linalg.norm(offset, axis=1, keepdims=True), 1e-9))
    weight = gaussians.opacities[0, own].detach().numpy()[:, None]
    maps = np.zeros((size, size, 4))
    maps[row.numpy(), column.numpy()] = np.concatenate([offset * weight, weight], 1)
    maps = gaussian_filter(maps, (1.0, 1.0, 0))
    faces, face_uvs = body.faces.numpy().ravel(), body.face_uv.numpy().ravel()
    place = body.uv.numpy()[face_uvs].T[::-1] * size - 0.5
    sampled = np.stack([map_coordinates(maps[..., k], place, order=1, mode="nearest") for k in range(4)], 1)
    sums = np.zeros((len(body.template), 4))
    np.add.at(sums, faces, sampled)
    return _smooth(sums[:, :3] / np.maximum(sums[:, 3:], 1e-6), body.faces.numpy())


def _smooth(values: NDArray[np.float64], faces: Int) -> NDArray[np.float64]:  # [V, C]
    for _ in range(_SMOOTHING):
        sums, count = np.zeros_like(values), np.zeros(len(values))
        for a, b in ((0, 1), (1, 2), (2, 0)):
            np.add.at(sums, faces[:, a], values[faces[:, b]])
            np.add.at(sums, faces[:, b], values[faces[:, a]])
            np.add.at(count, faces[:, [a, b]], 1)
        values = np.where(count[:, None] > 0, 0.4 * values + 0.6 * sums / np.maximum(count, 1)[:, None], values)
    return values


def _texture(
    gaussians: CanonicalGaussians, means: Tensor, body: AnnyBody, vertices: NDArray[np.floating], joints: Tensor,
    size: int,
) -> NDArray[np.uint8]:  # fmt: skip
    """Colours of the nearest Gaussians; where no photo shows the surface, of the other side of the body if one does."""
    attributes = np.concatenate([vertices, body.lbs_weights.numpy()], 1)
    baked, inside = bake_attributes(
        body.uv.numpy(), body.faces.numpy(), attributes, _BAKED, body.face_uv.numpy(), gutter=0
    )
    texels, weights = baked[inside][:, :3], baked[inside][:, 3:]
    centers = joints.numpy()
    solid = (gaussians.opacities[0] > 0.05).numpy() & (gaussians.source[0, :, 0] >= 0).numpy()
    painted = _Paint.of(gaussians, means, solid, centers)
    color = painted.at(texels, weights @ centers)
    from_photos = _Paint.of(gaussians, means, solid & (gaussians.source[0, :, 0] > 0).numpy(), centers)
    if len(from_photos.places):
        unseen = from_photos.distance(texels, weights @ centers) > _SEEN
        mirrored = texels[unseen] * (-1, 1, 1), weights[unseen][:, _MIRROR] @ centers
        shown = from_photos.distance(*mirrored) <= _SEEN
        index = np.flatnonzero(unseen)[shown]
        color[index] = from_photos.at(mirrored[0][shown], mirrored[1][shown])
    full = np.zeros((_BAKED, _BAKED, 3), np.float32)
    full[inside] = color
    return _enlarged(full, inside, size)


class _Paint:
    """Coloured points in space and among the joints, so that a hand on a hip does not paint the hip."""

    def __init__(self, places: NDArray[np.floating], colors: Float, opacities: Float) -> None:
        self.places, self.colors, self.opacities = places, colors, opacities
        self.tree = cKDTree(places) if len(places) else None

    @staticmethod
    def of(gaussians: CanonicalGaussians, means: Tensor, chosen: NDArray[np.bool_], centers: Float) -> _Paint:
        rows = torch.from_numpy(np.flatnonzero(chosen))
        places = np.concatenate([means[rows].numpy(), gaussians.lbs_weights[0, rows].detach().numpy() @ centers], 1)
        colors = (0.5 + C0 * gaussians.harmonics[0, rows, 0]).clamp(0, 1).detach().numpy()
        return _Paint(places, colors, gaussians.opacities[0, rows].detach().numpy())

    def at(self, points: Float, centers: Float) -> Float:  # [P, 3], [P, 3] -> [P, 3]
        count = min(_NEIGHBORS, len(self.places))
        assert self.tree is not None
        distance, index = self.tree.query(np.concatenate([points, centers], 1), range(1, count + 1))
        share = self.opacities[index] / (distance**2 + _BLUR**2)
        mixed: Float = (share[..., None] * self.colors[index]).sum(1) / share.sum(1, keepdims=True)
        return mixed.astype(np.float32)

    def distance(self, points: Float, centers: Float) -> NDArray[np.float64]:  # [P]
        assert self.tree is not None
        nearest: NDArray[np.float64] = self.tree.query(np.concatenate([points, centers], 1))[0]
        return nearest


def _enlarged(colors: Float, inside: NDArray[np.bool_], size: int) -> NDArray[np.uint8]:  # -> [size, size, 3]
    """The texture at its full size, with gutters."""
    from PIL import Image
    from scipy.ndimage import distance_transform_edt

    nearest = distance_transform_edt(~inside, return_distances=False, return_indices=True)
    filled = (colors[nearest[0], nearest[1]] * 255).round().astype(np.uint8)
    return np.array(Image.fromarray(filled).resize((size, size), Image.Resampling.BICUBIC))


def _unwrapped(body: AnnyBody, vertices: Float, texture: NDArray[np.uint8]) -> MeshPart:
    """One vertex for each pair of a vertex and a place in the atlas."""
    corners = np.stack([body.faces.numpy().ravel(), body.face_uv.numpy().ravel()], 1)
    pairs, inverse = np.unique(corners, axis=0, return_inverse=True)
    return MeshPart(
        "person",
        vertices[pairs[:, 0]],
        inverse.reshape(-1, 3).astype(np.int64),
        body.uv.numpy()[pairs[:, 1]].astype(np.float32),
        body.lbs_weights.numpy()[pairs[:, 0]].astype(np.float32),
        Material("person", texture=texture, roughness=0.9),
    ).validate()
