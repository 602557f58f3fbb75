"""What is known about a synthetic person, carried over to the template: the truth that training compares with."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from scipy.spatial import cKDTree
from torch import Tensor

from personify.data.record import PersonRecord
from personify.photos.articulation import blend, bone_transforms
from personify.photos.bones import spread_over_bones
from personify.photos.template import Template

REACH = 0.15
"""Metres between the average body and somebody's surface up to which a texel is said to be seen (coats, skirts)."""
_NEIGHBOURS = 4


@dataclass(frozen=True)
class KnownPerson:
    """A record and where its surface lies in the template's T-pose.

    Attributes:
        record: pictures, cameras, poses.
        positions: [P, 3] float16 canonical position of every seen pixel, in the order of the record.
        texels: [K] int32 flat index of the template's texels that were seen.
        texel_positions: [K, 3] float16 canonical positions of the outermost surface there.
        texel_colors: [K, 3] uint8 sRGB, the mean of what the pictures show.
        texel_rows: [K] int32 a row of the record with that surface; its skinning is the texel's.
    """

    record: PersonRecord
    positions: NDArray[np.float16]
    texels: NDArray[np.int32]
    texel_positions: NDArray[np.float16]
    texel_colors: NDArray[np.uint8]
    texel_rows: NDArray[np.int32]

    def mirrored(self, opposite: NDArray[np.intp]) -> KnownPerson:
        """The same person in a mirror; ``opposite`` is the template's."""
        record, order = self.record.mirrored()
        texels = np.flatnonzero(opposite >= 0)
        rows = np.searchsorted(self.texels, opposite[texels]).clip(0, len(self.texels) - 1)
        seen = self.texels[rows] == opposite[texels]
        rows, flip = rows[seen], np.array([-1, 1, 1], np.float16)
        return KnownPerson(
            record,
            self.positions[order] * flip,
            texels[seen].astype(np.int32),
            self.texel_positions[rows] * flip,
            self.texel_colors[rows],
            np.argsort(order)[self.texel_rows[rows]].astype(np.int32),
        )


def know(record: PersonRecord, template: Template) -> KnownPerson:
    """Find a person's surface in the template's T-pose and on its texels."""
    weights = dense_weights(record.joint_index, record.joint_weight)
    positions = canonical_positions(record, weights, template)
    texels, texel_positions, colors, rows = _texels(record, weights, positions, template)
    return KnownPerson(
        record, positions.astype(np.float16), texels, texel_positions.astype(np.float16), colors, rows
    )  # fmt: skip


def dense_weights(
    joint_index: NDArray[np.uint8], joint_weight: NDArray[np.uint8], joints: int = 55
) -> NDArray[np.float32]:  # [..., 4] -> [..., J]
    """Skinning weights of a record's rows; rows sum to 1 (rows without any weight stay 0)."""
    weights = np.zeros((*joint_index.shape[:-1], joints), np.float32)
    np.put_along_axis(weights, joint_index.astype(np.intp), joint_weight.astype(np.float32), -1)
    return weights / np.maximum(weights.sum(-1, keepdims=True), 1e-6)


def canonical_positions(
    record: PersonRecord,
    weights: NDArray[np.float32],  # [P, J]
    template: Template,
) -> NDArray[np.float32]:  # [P, 3]
    """Undo the change of skeleton: the points that `articulate` carries onto this person's T-pose surface."""
    transforms = bone_transforms(template.joints, torch.from_numpy(record.joints), template.parents)
    shaped = blend(spread_over_bones(torch.from_numpy(weights), template.parents), transforms)
    own: Tensor = torch.from_numpy(record.positions.astype(np.float32)) - shaped[..., 3]
    canonical: NDArray[np.float32] = torch.linalg.solve(shaped[..., :3], own[..., None])[..., 0].numpy()
    return canonical


def _texels(
    record: PersonRecord, weights: NDArray[np.float32], positions: NDArray[np.float32], template: Template
) -> tuple[NDArray[np.int32], NDArray[np.float32], NDArray[np.uint8], NDArray[np.int32]]:
    """The seen surface nearest to each texel of the average body.

    Neighbours are sought in space and in the centre of the joints that move a point, so that a hand that rests on a
    hip does not become part of the hip.
    """
    joints = template.joints.numpy()
    texels = np.flatnonzero(template.mask.numpy().ravel() > 0)
    surface = template.positions.numpy().reshape(-1, 3)[texels]
    skin = template.lbs_weights.numpy().reshape(-1, len(joints))[texels]
    tree = cKDTree(np.concatenate([positions, weights @ joints], 1))
    _, rows = tree.query(np.concatenate([surface, skin @ joints], 1), k=_NEIGHBOURS)
    found = positions[rows].mean(1)
    seen = np.linalg.norm(found - surface, axis=1) < REACH
    colors = record.images[..., :3].reshape(-1, 3)[record.pixels[rows[seen]]].mean(1)
    return texels[seen].astype(np.int32), found[seen], np.round(colors).astype(np.uint8), rows[seen, 0].astype(np.int32)
