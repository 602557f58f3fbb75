"""A garment while it is being tailored: cut from a draped surface, hemmed, given patches and strips."""

from __future__ import annotations

import functools
from dataclasses import dataclass, replace

import numpy as np
import scipy.sparse as sp
from numpy.typing import NDArray

from personify.body.mesh import Int
from personify.wardrobe.cut import Mesh, boundary_edges, slice_mesh, vertex_normals
from personify.wardrobe.drape import Fitting
from personify.wardrobe.figure import Points
from personify.wardrobe.patterns import Region
from personify.wardrobe.suit import ANGLES, Surface, limbs, smoothstep


@dataclass(frozen=True)
class Cloth:
    """A piece of cloth on a figure in the A-pose.

    Attributes:
        vertices: [N, 3] metres.
        faces: [F, 3].
        canonical: [N, 3] where it lies on the average adult: what fields are written in.
        lbs_weights: [N, J].
        edge: [N] metres to the nearest hem.
        lay: [N, 9] metres along the cloth, around and down torso, sleeves and legs (see `_lay`).
        region: [F] `Region` of strips; -1 = decided by where the face lies.
        island: [F] UV islands of strips; -1 = decided by where the face lies.
        st: [N, 2] position on a strip's own island.
        trousers_below: canonical y under which the main cloth is laid out as trouser legs.
    """

    vertices: Points
    faces: Int
    canonical: Points
    lbs_weights: Points
    edge: Points
    lay: Points
    region: Int
    island: Int
    st: Points
    trousers_below: float = -1.0

    @functools.cached_property
    def normals(self) -> Points:
        """[N, 3] unit normals."""
        return vertex_normals(self.vertices, self.faces)

    def blend(self, matrix: sp.csr_matrix, faces: Int) -> Cloth:
        """Vertices blended by ``matrix`` [N', N] with new faces that all lie on the main cloth."""
        none = np.full(len(faces), -1)
        return Cloth(
            matrix @ self.vertices,
            faces,
            matrix @ self.canonical,
            matrix @ self.lbs_weights,
            matrix @ self.edge,
            matrix @ self.lay,
            none,
            none,
            matrix @ self.st,
            self.trousers_below,
        )

    def cut(self, field: Points) -> Cloth:
        """Keep what is positive in ``field`` [N]; field values are metres to the new hem."""
        mesh, blend = slice_mesh(Mesh(self.faces, self.canonical), field)
        cloth = self.blend(blend, mesh.faces)
        return replace(cloth, edge=np.minimum(cloth.edge, np.maximum(blend @ field, 0)))

    def keep(self, faces: NDArray[np.bool_]) -> Cloth:
        """Only some faces [F]; vertices stay."""
        return replace(self, faces=self.faces[faces], region=self.region[faces], island=self.island[faces])

    def compact(self) -> Cloth:
        """Without unused vertices; the kept ones keep their normals."""
        used, local = np.unique(self.faces, return_inverse=True)
        fields = ("vertices", "canonical", "lbs_weights", "edge", "lay", "st")
        small = replace(self, faces=local.reshape(-1, 3), **{name: getattr(self, name)[used] for name in fields})
        small.__dict__["normals"] = self.normals[used]
        return small

    def moved(self, offset: Points) -> Cloth:
        """Vertices shifted by ``offset`` [N, 3] or [N] metres along the normals."""
        offset = self.normals * offset[:, None] if offset.ndim == 1 else offset
        return replace(self, vertices=self.vertices + offset)


def drape_cloth(fitting: Fitting, surface: Surface, radius: dict[str, Points] | None, offset: float | Points) -> Cloth:
    """The whole surface hung at ``radius`` (by limb, [K, ANGLES]; None clings everywhere); where nothing hangs it lies
    ``offset`` metres off the suit."""
    vertices, normals = fitting.tunic if surface.is_tunic else fitting.suit
    draped = vertices + normals * np.broadcast_to(offset, len(vertices))[:, None]
    if radius is not None:
        nodes = np.concatenate([fitting.rings[name].points(radius[name]) for name in limbs()])
        draped = (1 - surface.share.sum(1, keepdims=True)) * draped + surface.drape @ nodes
    none = np.full(len(surface.mesh.faces), -1)
    lay = _lay(fitting, surface, radius or fitting.worn, draped)
    far, st = np.full(len(vertices), 1.0), np.zeros((len(vertices), 2))
    return Cloth(draped, surface.mesh.faces, surface.mesh.canonical, surface.lbs_weights, far, lay, none, none, st)


def _lay(fitting: Fitting, surface: Surface, radius: dict[str, Points], vertices: Points) -> Points:
    """[N, 9]: around torso from front and back (+ = wearer's left), around sleeve from its top (unsigned), around
    left leg from front and back, around right leg likewise, down (body), along (sleeve)."""
    x, y, z = surface.mesh.canonical.T
    arcs = {name: _arcs(fitting.rings[name].points(radius[name])) for name in limbs()}
    sampled = {name: surface.samples[name] @ arcs[name] for name in limbs()}
    planar = smoothstep(y, 1.27, 1.38)[:, None]
    torso = sampled["torso"][:, :2] * (1 - planar) + vertices[:, :1] * planar
    # Over the shoulder the cloth runs inwards as well as up.
    slope = 0.7 * np.maximum(0, np.where(z > 0, 0.07 - z, z + 0.06)) * smoothstep(y, 1.30, 1.40)
    down = -(vertices[:, 1] + slope * fitting.figure.scale)
    arm = np.where((x > 0)[:, None], sampled["left_arm"], sampled["right_arm"])
    waist = smoothstep(y, 0.80, 0.93)[:, None]
    legs = [
        sampled[f"{side}_leg"][:, :2] * (1 - waist) + (torso - middle * fitting.figure.scale) * waist
        for side, middle in (("left", 0.1), ("right", -0.1))
    ]
    return np.concatenate([torso, np.abs(arm[:, :1]), *legs, down[:, None], arm[:, 2:]], 1)


def _arcs(points: Points) -> Points:  # [K * ANGLES, 3] -> [K * ANGLES, 3]
    """Signed distance around from the first column and from the opposite one, and distance along the limb."""
    rings = points.reshape(-1, ANGLES, 3)
    half = ANGLES // 2
    steps = np.linalg.norm(np.roll(rings, -1, 1) - rings, axis=2)
    forward = np.concatenate([np.zeros((len(rings), 1)), np.cumsum(steps, 1)], 1)
    length, forward = forward[:, -1:], forward[:, :-1]
    first = np.where(np.arange(ANGLES) <= half, forward, forward - length)
    opposite = forward[:, half : half + 1] - forward
    along = np.concatenate([[0], np.cumsum(np.linalg.norm(np.diff(rings.mean(1), axis=0), axis=1))])
    return np.stack([first, opposite, np.broadcast_to(along[:, None], first.shape)], -1).reshape(-1, 3)


def join(*cloths: Cloth) -> Cloth:
    """Several cloths as one."""
    start = np.cumsum([0, *(len(cloth.vertices) for cloth in cloths)])
    faces = np.concatenate([cloth.faces + first for cloth, first in zip(cloths, start, strict=False)])
    fields = ("vertices", "canonical", "lbs_weights", "edge", "lay", "region", "island", "st")
    joined = {name: np.concatenate([getattr(cloth, name) for cloth in cloths]) for name in fields}
    return Cloth(faces=faces, trousers_below=cloths[0].trousers_below, **joined)


def rim(cloth: Cloth, thickness: float = 0.004, depth: float = 0.015) -> Cloth:
    """Give every hem a visible thickness: a lip turned inwards and a short lining behind it."""
    edges = boundary_edges(cloth.faces)
    ring = np.unique(edges)
    local = np.searchsorted(ring, edges)
    inward, normals = _inward(cloth, edges, ring), cloth.normals[ring]
    base = cloth.vertices[ring]
    lip, inside = base - normals * thickness, base - normals * thickness + inward * depth
    pick = sp.csr_matrix((np.ones(len(ring)), (np.arange(len(ring)), ring)), (len(ring), len(cloth.vertices)))
    count, size = len(cloth.vertices), len(ring)
    a, b = local.T
    quads = [np.stack([ring[b], ring[a], count + a, count + b], 1)]
    quads += [np.stack([count + b, count + a, count + size + a, count + size + b], 1)]
    quad = np.concatenate(quads)
    faces = np.concatenate([quad[:, [0, 1, 2]], quad[:, [0, 2, 3]]])
    whole = sp.vstack([sp.identity(count), pick, pick]).tocsr()
    added = len(faces)
    source = np.concatenate([_face_of_edges(cloth.faces, edges)] * 4)
    out = cloth.blend(whole, np.concatenate([cloth.faces, faces]))
    vertices = np.concatenate([cloth.vertices, lip, inside])
    region = np.concatenate([cloth.region, cloth.region[source[:added]]])
    island = np.concatenate([cloth.island, cloth.island[source[:added]]])
    return replace(out, vertices=vertices, region=region, island=island)


def _face_of_edges(faces: Int, edges: Int) -> Int:
    """[E] the face each directed boundary edge belongs to."""
    size = faces.max() + 1
    keys = np.concatenate([faces[:, i] * size + faces[:, j] for i, j in ((0, 1), (1, 2), (2, 0))])
    order = np.argsort(keys)
    found = order[np.searchsorted(keys[order], edges[:, 0] * size + edges[:, 1])]
    return found % len(faces)


def _inward(cloth: Cloth, edges: Int, ring: Int) -> Points:
    """[R, 3] unit direction in the cloth away from its hem."""
    normals = cloth.normals
    along = cloth.vertices[edges[:, 1]] - cloth.vertices[edges[:, 0]]
    across = np.cross(normals[edges[:, 0]], along)
    total = np.zeros((len(ring), 3))
    for k in (0, 1):
        np.add.at(total, np.searchsorted(ring, edges[:, k]), across)
    return total / (np.linalg.norm(total, axis=1, keepdims=True) + 1e-9)


def patch(cloth: Cloth, field: Points, height: float | Points, region: Region | None = None) -> Cloth:
    """A second layer of cloth where ``field`` [N] is positive, raised by ``height``: pockets, plackets, cuffs."""
    raised = replace(cloth.moved(np.broadcast_to(height, len(cloth.vertices))), edge=np.full(len(cloth.vertices), 1.0))
    piece = raised.cut(field)
    if region is not None:
        piece = replace(piece, region=np.full(len(piece.faces), int(region)))
    return rim(piece, thickness=float(np.max(height)) + 0.001, depth=0.0) if len(piece.faces) else piece
