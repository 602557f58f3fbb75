"""Painted people: clothes and hair only as colour on the bare body.

Where a texture is optimised on a bare body, this is what a good result looks like, so the image-text model has to know
such people; and it is how colours get from a dressed person onto any other surface.
"""

from __future__ import annotations

import dataclasses

import numpy as np
from scipy.ndimage import distance_transform_edt
from scipy.spatial import cKDTree

from personify.body.mesh import Float, MeshPart, Skeleton
from personify.export.textures import surface_colors
from personify.wardrobe.dress import dress
from personify.wardrobe.outfit import Outfit
from personify.wardrobe.uvmap import bake_attributes

_HIDDEN = ("eyes", "lashes", "mouth")


def painted_person(outfit: Outfit, texture_size: int) -> tuple[Skeleton, tuple[MeshPart, ...]]:
    """A person whose clothes and hair are paint, in the T-pose.

    Args:
        outfit: who they are and what is painted on.
        texture_size: of the textures, pixels.
    """
    dressed_skeleton, dressed = dress(outfit, texture_size)
    bald = dataclasses.replace(outfit.hair, style="bald", beard="none")
    skeleton, parts = dress(dataclasses.replace(outfit, garments=(), hair=bald), texture_size)
    lift = skeleton.rest_joints[0] - dressed_skeleton.rest_joints[0]  # shoes lift the dressed one
    shown = [part for part in dressed if part.name not in _HIDDEN and len(part.faces)]
    samples = [_samples(part) for part in shown]
    tree = cKDTree(np.concatenate([points for points, _ in samples]) + lift)
    colors = np.concatenate([values for _, values in samples])
    return skeleton, tuple(
        _painted(part, tree, colors, texture_size) if part.name == "skin" else part for part in parts
    )


def _painted(skin: MeshPart, tree: cKDTree, colors: Float, size: int) -> MeshPart:
    """The skin with every texel in the colour of the nearest shown surface; shown skin is nearest to itself."""
    position, inside = bake_attributes(skin.uvs, skin.faces, skin.vertices, size, gutter=0)
    _, nearest = tree.query(position[inside])
    texture = np.zeros((size, size, 3), np.float32)
    texture[inside] = colors[nearest]
    outside = distance_transform_edt(~inside, return_distances=False, return_indices=True)
    image = texture[tuple(outside)].astype(np.uint8)
    return dataclasses.replace(skin, material=dataclasses.replace(skin.material, texture=image, normal_map=None))


def _samples(part: MeshPart) -> tuple[Float, Float]:
    """Vertices and face centres with their sRGB colours (0 to 255)."""
    points = np.concatenate([part.vertices, part.vertices[part.faces].mean(1)])
    uvs = np.concatenate([part.uvs, part.uvs[part.faces].mean(1)])
    return points, surface_colors(part.material, uvs)[:, :3].astype(np.float32)
