"""What tailors do and dressing leaves out: turned and stitched hems, and seams that stand out.

Hems, cuffs, necklines and the fronts of coats are the open borders of a garment's surface. Like folds they go into
normals and shade; the outline stays.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from PIL import Image as PillowImage
from PIL import ImageFilter
from scipy.sparse import coo_matrix
from scipy.sparse.csgraph import connected_components, dijkstra
from scipy.spatial import cKDTree

from personify.body.mesh import Float, Image, Int, MeshPart
from personify.text.sculpt.relief import shaded, slopes, tangents, turned
from personify.text.sculpt.texels import resample
from personify.wardrobe.uvmap import bake_attributes

HEM = 0.022  # metres from border to stitches
_THICK = 0.0016  # metres that the turned cloth stands out
_STITCH = 0.0035  # metres, half the width of the stitched groove
_EDGE = 0.006  # metres from the border that lie in its own shade
_GROOVE_SHADE, _EDGE_SHADE = 0.30, 0.22
_FINEST = 512  # texels of a side in which hems are drawn
_CLEARER = 10  # of 255, how much a detail gains at most
_FAR = 1.0  # metres; no hem reaches as far


def tailor(part: MeshPart, crisp: bool = True) -> MeshPart:
    """The part with hems along its borders and clearer seams: new normal map and texture, same geometry.

    Args:
        part: a garment with texture and normal map; one without is returned as it is.
        crisp: draw details of the texture clearer, not only hems.
    """
    material = part.material
    if material.texture is None or material.normal_map is None:
        return part
    texture = _crisp(material.texture) if crisp else material.texture
    full = material.normal_map.shape[:2]
    size = min(_FINEST, full[0])
    borders = Borders(part, size)
    baked, _ = bake_attributes(part.uvs, part.faces, np.concatenate([part.vertices, tangents(part)], 1), size)
    places, frames = baked[..., :3], (baked[..., 3:6], baked[..., 6:9])
    steep = slopes(lambda p: hem_height(borders.distance(p) / borders.narrow), places, frames)
    normals = turned(material.normal_map, resample(steep, full))
    texture = shaded(texture, hem_shade(borders.distance(places) / borders.narrow))
    return replace(part, material=replace(material, normal_map=normals, texture=texture))


class Borders:
    """Distances of a garment's texels from its open borders, along the cloth: a collar puts no hem on the shirt below.

    Args:
        part: the garment.
        size: texels of a side.

    Attributes:
        narrow: [S, S] below 1 on collars and straps that are too narrow for a whole hem.
    """

    def __init__(self, part: MeshPart, size: int) -> None:
        points = border_points(part)
        self._tree = cKDTree(points) if len(points) else None
        walks = _walks(part)
        baked, _ = bake_attributes(part.uvs, part.faces, np.stack([walks, _widths(part, walks)], -1), size)
        self._walked = baked[..., 0]
        self.narrow = np.clip(baked[..., 1] / (4 * HEM), 0.3, 1)

    def distance(self, places: Float) -> Float:  # [S, S, 3] -> [S, S]
        """Metres from the nearest border, at places on or near the texels; very far where there is none."""
        if self._tree is None:
            return np.full(places.shape[:-1], _FAR, np.float32)
        straight = self._tree.query(places)[0]
        # Walks follow the edges of triangles, which is longer; only much longer ones lead from another layer.
        return np.where(self._walked > 1.6 * straight + 0.02, _FAR, straight).astype(np.float32)


def border_points(part: MeshPart) -> Float:  # [N, 3]
    """Points every few millimetres along the open borders of a surface; seams of the texture are none."""
    places, _, edges, counts = _welded(part)
    ends = places[edges[counts == 1]]
    share = np.linspace(0, 1, 5, dtype=np.float32)[:, None, None]
    return (ends[:, 0] * (1 - share) + ends[:, 1] * share).reshape(-1, 3).astype(np.float32)


def _welded(part: MeshPart) -> tuple[Float, Int, Int, Int]:
    """Places [N, 3] of a part without seams, which one each vertex is at [V], edges [E, 2], triangles per edge [E]."""
    places, welded = np.unique(np.round(part.vertices, 4), axis=0, return_inverse=True)
    welded = welded.reshape(-1)
    faces = welded[part.faces]
    edges = np.sort(np.concatenate([faces[:, [0, 1]], faces[:, [1, 2]], faces[:, [2, 0]]]), axis=1)
    edges, counts = np.unique(edges, axis=0, return_counts=True)
    return places, welded, edges, counts


def _walks(part: MeshPart) -> Float:  # [V]
    """Metres along edges from every vertex to the nearest border."""
    places, welded, edges, counts = _welded(part)
    if (counts != 1).all():
        return np.full(len(part.vertices), _FAR, np.float32)
    lengths = np.linalg.norm(places[edges[:, 0]] - places[edges[:, 1]], axis=1) + 1e-9
    graph = coo_matrix((lengths, edges.T), shape=(len(places), len(places))).tocsr()
    walks = dijkstra(graph, directed=False, indices=np.unique(edges[counts == 1]), min_only=True, limit=0.5)
    return np.minimum(walks, _FAR)[welded].astype(np.float32)


def _widths(part: MeshPart, walks: Float) -> Float:  # [V]
    """The longest way to a border on the piece of cloth that each vertex belongs to."""
    places, welded, edges, _ = _welded(part)
    joined = coo_matrix((np.ones(len(edges)), edges.T), shape=(len(places), len(places)))
    pieces = connected_components(joined, directed=False)[1][welded]
    longest = np.zeros(pieces.max() + 1, np.float32)
    np.maximum.at(longest, pieces, walks)
    return longest[pieces]


def hem_height(distance: Float) -> Float:
    """Metres that cloth stands out, by distance from the border: turned cloth, a groove of stitches, then nothing."""
    turned_cloth = 0.5 - 0.5 * np.tanh((distance - HEM) / 0.003)
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
    colors = texture[..., :3].astype(np.int16)
    # Strong edges, of a yellow stripe on black cloth, are clear already and would get halos.
    clearer = colors + np.clip(sharp - colors, -_CLEARER, _CLEARER)
    return np.concatenate([clearer.astype(np.uint8), texture[..., 3:]], 2)
