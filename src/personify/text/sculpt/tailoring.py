"""What tailors do and dressing leaves out: turned and stitched hems, and seams that stand out.

Hems, cuffs, necklines and the fronts of coats are the open borders of a garment's surface. Like folds they go into
normals and shade; the outline stays.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from PIL import Image as PillowImage
from PIL import ImageFilter
from scipy.spatial import cKDTree

from personify.body.mesh import Float, Image, MeshPart
from personify.text.sculpt.relief import shaded, tangents, turned
from personify.text.sculpt.texels import resample
from personify.wardrobe.uvmap import bake_attributes

HEM = 0.022  # metres from border to stitches
_THICK = 0.0016  # metres that the turned cloth stands out
_STITCH = 0.0035  # metres, half the width of the stitched groove
_EDGE = 0.006  # metres from the border that lie in its own shade
_GROOVE_SHADE, _EDGE_SHADE = 0.30, 0.22
_FINEST = 512  # texels of a side in which hems are drawn


def tailor(part: MeshPart) -> MeshPart:
    """The part with hems along its borders and clearer seams: new normal map and texture, same geometry.

    Args:
        part: a garment with texture and normal map; one without is returned as it is.
    """
    material = part.material
    if material.texture is None or material.normal_map is None:
        return part
    material = replace(material, texture=_crisp(material.texture))
    borders = border_points(part)
    if len(borders) == 0 or material.texture is None or material.normal_map is None:
        return replace(part, material=material)
    tree = cKDTree(borders)
    full = material.normal_map.shape[:2]
    baked, _ = bake_attributes(
        part.uvs, part.faces, np.concatenate([part.vertices, tangents(part)], 1), min(_FINEST, full[0])
    )
    places, frames = baked[..., :3], (baked[..., 3:6], baked[..., 6:9])
    step = 0.002
    ends = [[hem_height(tree.query(places + sign * step * frame)[0]) for sign in (-1, 1)] for frame in frames]
    slopes = np.stack([(after - before) / (2 * step) for before, after in ends], -1).astype(np.float32)
    normals = turned(material.normal_map, resample(slopes, full))
    texture = shaded(material.texture, hem_shade(tree.query(places)[0]))
    return replace(part, material=replace(material, normal_map=normals, texture=texture))


def border_points(part: MeshPart) -> Float:  # [N, 3]
    """Points every few millimetres along the open borders of a surface; seams of the texture are none."""
    places, welded = np.unique(np.round(part.vertices, 4), axis=0, return_inverse=True)
    faces = welded.reshape(-1)[part.faces]
    edges = np.sort(np.concatenate([faces[:, [0, 1]], faces[:, [1, 2]], faces[:, [2, 0]]]), axis=1)
    edges, counts = np.unique(edges, axis=0, return_counts=True)
    ends = places[edges[counts == 1]]
    share = np.linspace(0, 1, 5, dtype=np.float32)[:, None, None]
    return (ends[:, 0] * (1 - share) + ends[:, 1] * share).reshape(-1, 3).astype(np.float32)


def hem_height(distance: Float) -> Float:
    """Metres that cloth stands out, by distance from the border: turned cloth, a groove of stitches, then nothing."""
    turned_cloth = 1 / (1 + np.exp((distance - HEM) / 0.0015))
    groove = np.exp(-np.square((distance - HEM) / _STITCH))
    return (_THICK * (turned_cloth - groove)).astype(np.float32)


def hem_shade(distance: Float) -> Float:
    """Share of the light that reaches cloth, by distance from the border.

    >>> [f"{share:.2f}" for share in hem_shade(np.array([HEM, 0.1]))]
    ['0.69', '1.00']
    """
    groove = _GROOVE_SHADE * np.exp(-np.square((distance - HEM) / _STITCH))
    return (1 - groove - _EDGE_SHADE * np.exp(-distance / _EDGE)).astype(np.float32)


def _crisp(texture: Image) -> Image:
    """Details of a texture drawn clearer: seams, plackets, pockets, patterns."""
    picture = PillowImage.fromarray(np.ascontiguousarray(texture[..., :3]))
    sharp = np.asarray(picture.filter(ImageFilter.UnsharpMask(radius=len(texture) / 100, percent=70, threshold=2)))
    return np.concatenate([sharp, texture[..., 3:]], 2)
