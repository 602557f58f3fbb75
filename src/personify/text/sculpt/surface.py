"""The fast field: a person's own mesh, displaced and repainted (as TADA, Liao et al. 2024, on our bodies and clothes).

Skinning, texture coordinates and face shapes stay exact, because no vertex is added or removed. What is optimised is
the difference to the start: handles move and tint the surface from coarse to fine, texels add what is finer still.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any, NamedTuple

import numpy as np
import torch
from scipy.sparse import hstack
from torch import Tensor
from torch.nn.functional import avg_pool2d, normalize

from personify.body.mesh import Float, MeshPart
from personify.body.pose import HAND_JOINTS, HEAD_JOINTS, JOINT_INDEX
from personify.body.skinning import inverse_lbs
from personify.export.normals import smooth_normals
from personify.render.cameras import Camera
from personify.render.normals import weld
from personify.render.renderer import MeshRenderer
from personify.text.sculpt.field import FieldImage
from personify.text.sculpt.handles import SparseProduct, handle_weights, incidence, place_handles
from personify.text.sculpt.nearest import SurfaceTree
from personify.text.sculpt.solid import Solid
from personify.text.sculpt.texels import TexelTable

_FACE_SHARE, _HAND_SHARE = 0.35, 0.12  # of the reach: features and fingers are small


@dataclass(frozen=True)
class SurfaceOptions:
    """How much of a person the sculpting may change, and how finely.

    Attributes:
        texture_size: largest side of the textures that are optimised; the final ones keep their own size.
        reach: metres the surface may move at most; face and hands move less.
        spacings: metres between handles, coarse to fine.
        supersample: samples per pixel along each axis.
    """

    texture_size: int = 256
    reach: float = 0.03
    spacings: tuple[float, ...] = (0.08, 0.03, 0.012)
    supersample: int = 2


class _Fragments(NamedTuple):
    """Surface points: faces of the joined mesh [M], barycentrics [M, 3], part [M] and texture coordinates [M, 2]."""

    faces: Tensor
    barycentrics: Tensor
    parts: Tensor
    uvs: Tensor


class SurfaceField(torch.nn.Module):
    """A displaced, repainted person; see `personify.text.sculpt.field.Field`.

    Args:
        solid: the person at the start, dressed or naked, posed as they shall be looked at.
        options: see `SurfaceOptions`.

    Attributes:
        heights: [K] of the handles, squashed to the reach.
        tints: [K, 3] of the handles, logits.
        table: the textures.
    """

    base: Tensor  # [G, 3] welded vertices of the start
    freedom: Tensor  # [G] metres
    directions: Tensor  # [K, 3]
    groups: Tensor  # [V] welded vertex of every vertex
    faces: Tensor  # [F, 3] into the welded vertices

    def __init__(self, solid: Solid, options: SurfaceOptions = SurfaceOptions()) -> None:
        super().__init__()
        self.solid, self.options = solid, options
        self._renderer = MeshRenderer(solid.parts)
        self._first_face = torch.from_numpy(np.searchsorted(solid.owner, np.arange(len(solid.parts))))
        vertex_parts = np.repeat(np.arange(len(solid.parts)), np.diff(solid.first)).astype(np.int32)
        groups = weld(solid.vertices, solid.faces.astype(np.int32), vertex_parts)
        _, kept = np.unique(groups, return_index=True)
        points, normals = solid.vertices[kept], _outward(solid)[kept]
        self._place_handles(points, normals)
        self._keep("base", points)
        self._keep("freedom", _freedom(solid, options.reach)[kept])
        self._keep("groups", groups.astype(np.int64))
        self._keep("faces", groups[solid.faces].astype(np.int64))
        self._around = SparseProduct(incidence(self.faces.numpy(), len(points)))
        self.table = TexelTable(solid.parts, options.texture_size)

    def _place_handles(self, points: Float, normals: Float) -> None:
        weights, directions = [], []
        for spacing in self.options.spacings:
            centers, ways = place_handles(points, normals, spacing)
            weights.append(handle_weights(points, normals, centers, ways, spacing))
            directions.append(ways / len(self.options.spacings))  # all levels together span the reach
        self._spread = SparseProduct(hstack(weights))
        self._keep("directions", np.concatenate(directions))
        self.heights = torch.nn.Parameter(torch.zeros(len(self.directions)))
        self.tints = torch.nn.Parameter(torch.zeros(len(self.directions), 3))

    def _keep(self, name: str, array: np.ndarray) -> None:
        self.register_buffer(name, torch.from_numpy(np.ascontiguousarray(array)), persistent=False)

    def attributes(self) -> tuple[Tensor, Tensor]:
        """Offsets [G, 3] in metres and tints [G, 3] (logits) of the welded vertices."""
        moves = torch.tanh(self.heights)[:, None] * self.directions
        spread = self._spread(torch.cat([moves, self.tints], 1))
        return spread[:, :3] * self.freedom[:, None], spread[:, 3:]

    def vertices(self) -> Tensor:  # [V, 3]
        """Posed vertices of the joined mesh."""
        return (self.base + self.attributes()[0])[self.groups]

    def normals(self, points: Tensor) -> Tensor:  # [G, 3] -> [G, 3]
        """Unit area-weighted normals of the welded vertices."""
        a, b, c = (points[self.faces[:, k]] for k in range(3))
        return normalize(self._around(torch.cross(b - a, c - a, dim=-1)), dim=-1, eps=1e-12)

    def render(self, camera: Camera, generator: torch.Generator | None = None) -> FieldImage:
        """A picture; outlines move with the surface but hand no gradient back: shading is what sculpts."""
        offsets, tints = self.attributes()
        points = self.base + offsets
        fine = camera.scaled(self.options.supersample)
        where, seen = self._rasterize(points, fine)
        values = _interpolate(torch.cat([self.normals(points), tints], 1)[self.faces[seen.faces]], seen)
        base, added = self.table.sample(seen.parts, seen.uvs)
        colors = torch.sigmoid(torch.cat([base, base + added + values[:, 3:]], 1))
        normals = self._facing(normalize(values[:, :3], dim=-1), points, seen, camera)
        samples = torch.cat([colors, normals, torch.ones_like(colors[:, :1])], 1)
        picture = self._picture(samples, where, fine)
        unit = normalize(picture[..., 6:9], dim=-1, eps=1e-7)
        return FieldImage(picture[..., :3], picture[..., 3:6], picture[..., 9], unit, {})

    def _rasterize(self, points: Tensor, camera: Camera) -> tuple[Tensor, _Fragments]:
        """Which samples [M] see the person, and where."""
        posed = points.detach()[self.groups].cpu().numpy()
        buffers = self._renderer.buffers(self.solid.by_part(posed), camera)
        where = torch.from_numpy(np.flatnonzero(buffers.part_ids >= 0))
        rows = where.numpy()
        parts = torch.from_numpy(buffers.part_ids.reshape(-1)[rows]).long()
        faces = torch.from_numpy(buffers.face_ids.reshape(-1)[rows]).long() + self._first_face[parts]
        barycentrics = torch.from_numpy(buffers.barycentrics.reshape(-1, 3)[rows])
        return where, _Fragments(faces, barycentrics, parts, torch.from_numpy(buffers.uvs.reshape(-1, 2)[rows]))

    def _facing(self, normals: Tensor, points: Tensor, seen: _Fragments, camera: Camera) -> Tensor:
        """Cloth and hair are drawn from both sides: their backs are lit like fronts."""
        corners = points.detach()[self.faces[seen.faces]]
        flat = torch.cross(corners[:, 1] - corners[:, 0], corners[:, 2] - corners[:, 0], dim=-1)
        away = ((corners[:, 0] - torch.from_numpy(camera.position)) * flat).sum(-1, keepdim=True) > 0
        return torch.where(away, -normals, normals)

    def _picture(self, values: Tensor, where: Tensor, camera: Camera) -> Tensor:
        """Scatter samples [M, C] into a picture [H, W, C] and average those of every pixel."""
        fine = values.new_zeros(camera.height * camera.width, values.shape[1]).index_copy(0, where, values)
        fine = fine.reshape(1, camera.height, camera.width, -1).permute(0, 3, 1, 2)
        return avg_pool2d(fine, self.options.supersample)[0].permute(1, 2, 0)

    def regularization(self) -> dict[str, Tensor]:
        """Penalties of the whole person.

        ``offset``: mean squared share of the reach used; ``bend``: mean squared difference of that share along edges;
        ``color``: mean squared change of the colours' logits.
        """
        offsets, tints = self.attributes()
        share = offsets / self.freedom[:, None]
        edges = share[self.faces[:, 0]] - share[self.faces[:, 1]]
        return {
            "offset": share.square().sum(-1).mean(),
            "bend": edges.square().sum(-1).mean(),
            "color": self.table.texels.square().mean() + tints.square().mean(),
        }

    def parameter_groups(self) -> list[dict[str, Any]]:
        return [
            {"params": [self.heights], "lr": 0.02},
            {"params": [self.tints], "lr": 0.02},
            {"params": [self.table.texels], "lr": 0.02},
        ]

    def sdf(self, points: Tensor) -> Tensor:
        return self._nearest(points)[0]

    def gradient(self, points: Tensor) -> Tensor:
        return self._nearest(points)[1]

    def color(self, points: Tensor) -> Tensor:
        seen = self._nearest(points)[2]
        return torch.sigmoid(self.table.sample(seen.parts, seen.uvs)[0])

    def stylized_color(self, points: Tensor) -> Tensor:
        seen = self._nearest(points)[2]
        base, added = self.table.sample(seen.parts, seen.uvs)
        return torch.sigmoid(base + added + _interpolate(self.attributes()[1][self.faces[seen.faces]], seen))

    def _nearest(self, points: Tensor) -> tuple[Tensor, Tensor, _Fragments]:
        """Signed distance [N], its gradient [N, 3], and the nearest surface points; the sign is that of the normal."""
        welded = self.base + self.attributes()[0]
        found = SurfaceTree(welded.detach().numpy(), self.faces.numpy()).nearest(points.detach().numpy())
        faces, barycentrics = torch.from_numpy(found.face_ids).long(), torch.from_numpy(found.barycentrics)
        parts = torch.from_numpy(self.solid.owner)[faces]
        uvs = torch.from_numpy(np.concatenate([part.uvs for part in self.solid.parts]))
        seen = _Fragments(faces, barycentrics, parts, uvs.new_empty(0))
        seen = seen._replace(uvs=_interpolate(uvs[torch.from_numpy(self.solid.faces)[faces]], seen))
        normals = normalize(_interpolate(self.normals(welded)[self.faces[faces]], seen), dim=-1)
        away = points - _interpolate(welded[self.faces[faces]], seen)
        sign = torch.where((away * normals).sum(-1) < 0, -1.0, 1.0).detach()
        distance = torch.linalg.norm(away, dim=-1)
        on_surface = (distance < 1e-6)[:, None]
        outwards = away * (sign / distance.clamp(min=1e-6))[:, None]
        return sign * distance, torch.where(on_surface, normals, outwards), seen

    @torch.no_grad()
    def sculpted_parts(self) -> tuple[MeshPart, ...]:
        """The person in the T-pose with new shape and textures; texture coordinates, skinning and morphs are kept."""
        weights = torch.from_numpy(self.solid.lbs_weights)
        before, after = (
            inverse_lbs(points, weights, self.solid.transforms)
            for points in (torch.from_numpy(self.solid.vertices), self.vertices())
        )
        moves = self.solid.by_part((after - before).numpy())
        tints = self.solid.by_part(self.attributes()[1][self.groups].numpy())
        return tuple(
            replace(part, vertices=part.vertices + moves[k], material=self.table.repaint(k, part, tints[k]))
            for k, part in enumerate(self.solid.parts)
        )


def _interpolate(corners: Tensor, seen: _Fragments) -> Tensor:  # [M, 3, C] -> [M, C]
    return (corners * seen.barycentrics[..., None]).sum(1)


def _outward(solid: Solid) -> Float:  # [V, 3]
    """Normals along which things move; hair and lashes, whose cards face anywhere, take those of what is under them."""
    normals = smooth_normals(solid.vertices, solid.faces)
    loose = np.concatenate([np.full(len(part.vertices), part.material.alpha_mode != "OPAQUE") for part in solid.parts])
    under = solid.faces[~loose[solid.faces[:, 0]]]
    if loose.any() and len(under):
        found = SurfaceTree(solid.vertices, under).nearest(solid.vertices[loose])
        carried = (normals[under[found.face_ids]] * found.barycentrics[..., None]).sum(1)
        normals[loose] = carried / np.maximum(np.linalg.norm(carried, axis=1, keepdims=True), 1e-12)
    return normals


def _freedom(solid: Solid, reach: float) -> Float:  # [V] metres
    """How far every vertex may move: parts with face shapes keep their features, hands their fingers."""

    def weight(names: tuple[str, ...]) -> Float:
        return solid.lbs_weights[:, [JOINT_INDEX[name] for name in names]].sum(1)

    face = np.concatenate([np.full(len(part.vertices), bool(part.morphs)) for part in solid.parts])
    head = np.where(face, weight(("head", *HEAD_JOINTS)), 0)
    hands = weight(("left_wrist", "right_wrist", *HAND_JOINTS))
    return (reach * (1 - (1 - _FACE_SHARE) * head) * (1 - (1 - _HAND_SHARE) * hands)).astype(np.float32)
