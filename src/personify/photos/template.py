"""Template maps: where every texel of a body's UV atlas lies in the T-pose, and how it is skinned."""

from __future__ import annotations

import functools
from dataclasses import dataclass, replace

import numpy as np
import torch
from numpy.typing import NDArray
from scipy.spatial import cKDTree
from torch import Tensor

from personify.body.anny import AnnyBody
from personify.body.model import BodyModel
from personify.body.pose import PARENTS
from personify.body.uv_obj import Atlas
from personify.errors import PersonifyError
from personify.wardrobe.uvmap import bake_attributes


@dataclass(frozen=True)
class Template:
    """A body surface as images over its UV atlas (NoPo-Avatar, section 3.1).

    The network also takes one set of maps per person, with a leading B.

    Attributes:
        positions: [H, W, 3] metres, T-pose; texels outside the mask repeat their nearest neighbour inside.
        lbs_weights: [H, W, J] skinning weights; rows sum to 1.
        mask: [H, W] 1 where the surface is, 0 elsewhere.
        joints: [J, 3] joints of the same T-pose.
        parents: [J] of the joint tree, -1 for the root.
    """

    positions: Tensor
    lbs_weights: Tensor
    mask: Tensor
    joints: Tensor
    parents: tuple[int, ...] = PARENTS

    @functools.cached_property
    def opposite(self) -> Tensor:  # [H * W] int64
        """Flat index of the texel on the other side of the body for each texel, -1 outside the mask.

        Of several people's maps those of the first count.
        """
        height, width, _ = self.positions.shape[-3:]
        mask = self.mask.reshape(-1, height * width)[0].cpu()
        texels = mask.nonzero()[:, 0]
        surface = self.positions.reshape(-1, height * width, 3)[0].cpu()[texels].numpy()
        opposite = torch.full_like(mask, -1, dtype=torch.int64)
        opposite[texels] = texels[torch.from_numpy(cKDTree(surface).query(surface * [-1, 1, 1])[1])]
        return opposite.to(self.mask.device)

    def spacing(self) -> Tensor:  # [..., H, W]
        """Distance in metres from each texel to the next, along the axis on which they lie farther apart.

        On either axis the nearer of the two neighbours counts, because the other one may lie across a seam.
        """
        inside = self.mask > 0
        axes = []
        for dim in (-2, -1):
            last = self.mask.shape[dim] - 1
            step = (self.positions.narrow(dim - 1, 1, last) - self.positions.narrow(dim - 1, 0, last)).norm(dim=-1)
            both = inside.narrow(dim, 1, last) & inside.narrow(dim, 0, last)
            step = torch.where(both, step, torch.inf)
            edge = torch.full_like(step.narrow(dim, 0, 1), torch.inf)
            axes.append(torch.minimum(torch.cat([edge, step], dim), torch.cat([step, edge], dim)))
        known = [torch.where(axis.isfinite(), axis, 0) for axis in axes]
        return torch.maximum(*known)

    def displaced(self, displacement: Tensor) -> Template:  # [B, H, W, 3]
        """One set of maps for each of B people, whose surfaces lie elsewhere.

        >>> body_template(16).displaced(torch.ones(2, 16, 16, 3)).positions.shape
        torch.Size([2, 16, 16, 3])
        """
        batch = displacement.shape[:-1]
        return replace(
            self,
            positions=self.positions + displacement,
            lbs_weights=self.lbs_weights.expand(*batch, -1),
            mask=self.mask.expand(batch),
        )

    def to(self, device: torch.device | str) -> Template:
        """The same maps on another device."""
        return Template(
            self.positions.to(device),
            self.lbs_weights.to(device),
            self.mask.to(device),
            self.joints.to(device),
            self.parents,
        )


def template_maps(
    vertices: NDArray[np.floating],  # [V, 3]
    faces: NDArray[np.integer],  # [F, 3]
    lbs_weights: NDArray[np.floating],  # [V, J]
    uvs: NDArray[np.floating],  # [T, 2] in [0, 1], v grows downwards
    face_uvs: NDArray[np.integer],  # [F, 3]
    resolution: int,
) -> tuple[Tensor, Tensor, Tensor]:  # [R, R, 3], [R, R, J], [R, R]
    """Positions, skinning weights and mask of any unwrapped, skinned surface, interpolated at texel centres.

    Raises:
        PersonifyError: the resolution is not positive, or the atlas covers no texel.
    """
    if resolution < 1:
        raise PersonifyError(f"template: resolution is {resolution}; expected at least 1")
    attributes = np.concatenate([vertices, lbs_weights], 1)
    baked, mask = bake_attributes(
        uvs, np.asarray(faces, np.int64), attributes, resolution, np.asarray(face_uvs, np.int64)
    )
    if not mask.any():
        raise PersonifyError(f"template: the UV atlas covers no texel at resolution {resolution}; expected more texels")
    positions, weights = torch.from_numpy(baked[..., :3].copy()), torch.from_numpy(baked[..., 3:].copy())
    weights = weights / weights.sum(-1, keepdim=True)
    return positions, weights, torch.from_numpy(mask).float()


def body_template(
    resolution: int, body: BodyModel | None = None, shape: Tensor | None = None, atlas: Atlas | None = None
) -> Template:
    """Template of a body in the T-pose with the soles on y = 0.

    Args:
        resolution: texels along each side.
        body: the shipped Anny by default; any other needs an atlas.
        shape: [1, S] parameters of the body; the average adult by default.
        atlas: `personify.body.uv_obj.read_atlas` of the body's UV file; Anny has its own.

    Raises:
        PersonifyError: a body without an atlas, or the atlas of another surface.

    Example:
        >>> template = body_template(32)
        >>> template.positions.shape, template.lbs_weights.shape
        (torch.Size([32, 32, 3]), torch.Size([32, 32, 55]))
    """
    body = AnnyBody() if body is None else body
    atlas = _own_atlas(body) if atlas is None else atlas
    if atlas.vertices != len(body.lbs_weights):
        raise PersonifyError(
            f"template: the atlas is of {atlas.vertices} vertices, the body {body.name} has {len(body.lbs_weights)}; "
            "expected the UV file of this body"
        )
    with torch.no_grad():
        output = body(shape)
    vertices, weights = output.vertices[0].numpy(), body.lbs_weights.numpy()
    maps = template_maps(vertices, atlas.faces, weights, atlas.uvs, atlas.face_uvs, resolution)
    return Template(*maps, joints=output.tpose_joints[0], parents=body.parents)


def _own_atlas(body: BodyModel) -> Atlas:
    if not isinstance(body, AnnyBody):
        raise PersonifyError(f"template: the body {body.name} has no UV atlas of its own; expected one, see read_atlas")
    return Atlas(len(body.lbs_weights), body.faces.numpy(), body.uv.numpy(), body.face_uv.numpy())
