"""From raw channels to Gaussians."""

from __future__ import annotations

from dataclasses import dataclass, fields

import torch
from torch import Tensor

from personify.body.rotations import quaternion_to_matrix
from personify.photos.bones import joint_log_weights
from personify.photos.network.config import NetworkConfig
from personify.render.gaussians.spherical_harmonics import C0


@dataclass(frozen=True)
class CanonicalGaussians:
    """Gaussians of B people in the template's T-pose; the template's come first, then the views' in order.

    People with fewer Gaussians are padded with rows far away that have no size and no opacity.

    Attributes:
        means: [B, N, 3] metres.
        quats: [B, N, 4] unit quaternions, wxyz.
        scales: [B, N, 3] metres, standard deviations along the axes.
        opacities: [B, N] in [0, 1].
        harmonics: [B, N, K, 3] spherical harmonics of sRGB colour; colour = 0.5 + basis @ harmonics.
        bone_logits: [B, N, E] skinning to bones (`personify.photos.bones`), before the softmax.
        joint_log_weights: [B, N, J] skinning to joints; the weights are the softmax.
        source: [B, N, 3] int64 (view, row, column); view 0 is the template, 1..V the photos, -1 padding.
    """

    means: Tensor
    quats: Tensor
    scales: Tensor
    opacities: Tensor
    harmonics: Tensor
    bone_logits: Tensor
    joint_log_weights: Tensor
    source: Tensor

    @property
    def covariances(self) -> Tensor:  # [B, N, 3, 3] square metres
        axes = quaternion_to_matrix(self.quats) * self.scales[..., None, :]
        return axes @ axes.mT

    @property
    def lbs_weights(self) -> Tensor:  # [B, N, J], rows sum to 1
        return self.joint_log_weights.softmax(-1)

    @property
    def from_template(self) -> Tensor:  # [B, N] bool
        return self.source[..., 0] == 0

    @property
    def from_photos(self) -> Tensor:  # [B, N] bool
        return self.source[..., 0] > 0


Rows = tuple[dict[str, Tensor], Tensor, Tensor]
"""Fields of P Gaussians of one branch without their source, the person [P] each belongs to, and the source [P, 3]."""


def activate(
    raw: Tensor,  # [P, channels]
    means: Tensor,  # [P, 3]
    mask: Tensor,  # [P]
    config: NetworkConfig,
    color_prior: Tensor | None = None,  # [P, 3] sRGB
    bone_prior: Tensor | None = None,  # [P, E] logits
    scale_prior: Tensor | None = None,  # [P] metres
) -> dict[str, Tensor]:
    """Raw channels to the fields of Gaussians.

    Opacity is a sigmoid times the mask; scales are softplus, cut; harmonics of band l >= 1 start small.
    Priors are what the channels change instead of predicting it from nothing.
    """
    opacity, scale, quat, harmonics, bone_logits, _ = raw.split(config.channel_sizes, -1)
    bands = torch.arange(config.sh_degree + 1, device=raw.device)
    damping = torch.where(bands == 0, 1.0, 0.1 * 0.25**bands).repeat_interleave(2 * bands + 1)
    harmonics = (harmonics.unflatten(-1, (3, -1)) * damping).mT
    if color_prior is not None:
        constant = (color_prior - 0.5)[:, None] / C0
        harmonics = torch.cat([harmonics[:, :1] + constant, harmonics[:, 1:]], 1)
    if bone_prior is not None:
        bone_logits = bone_logits + bone_prior
    if scale_prior is not None:
        scale = scale + inverse_softplus(scale_prior / config.scale_unit)[:, None]
    x, y, z, w = quat.unbind(-1)
    return {
        "means": means,
        "quats": _unit(torch.stack([w, x, y, z], -1)),
        "scales": (config.scale_unit * torch.nn.functional.softplus(scale)).clamp(max=config.largest_scale),
        "opacities": opacity[..., 0].sigmoid() * mask,
        "harmonics": harmonics,
        "bone_logits": bone_logits,
        "joint_log_weights": joint_log_weights(bone_logits, config.parents),
    }


def inverse_softplus(value: Tensor) -> Tensor:
    """What `softplus` turns into the (positive) value."""
    return value + (-(-value).expm1()).log()


def _unit(quaternion: Tensor) -> Tensor:
    """Normalised quaternion; a vanishing one becomes the identity, as the rotation of zero is in the original."""
    norm = quaternion.norm(dim=-1, keepdim=True)
    identity = quaternion.new_tensor([1.0, 0, 0, 0])
    return torch.where(norm > 1e-12, quaternion / norm.clamp(min=1e-12), identity)


def batch_rows(parts: list[Rows], batch: int) -> CanonicalGaussians:
    """Sort flat rows into people, keeping the order of the parts, and pad to the largest person.

    Args:
        parts: of each branch, ordered by person.
        batch: number of people B.
    """
    counts = torch.stack([torch.bincount(person, minlength=batch) for _, person, _ in parts])
    starts = counts.cumsum(0) - counts  # where a branch begins within each person
    slots = []
    for (_, person, _), count, start in zip(parts, counts, starts, strict=True):
        rank = torch.arange(len(person), device=person.device) - (count.cumsum(0) - count)[person]
        slots.append(start[person] + rank)
    index = torch.cat([person for _, person, _ in parts]), torch.cat(slots)
    longest = int(counts.sum(0).max())

    def padded(rows: Tensor, padding: float) -> Tensor:
        return rows.new_full((batch, longest, *rows.shape[1:]), padding).index_put(index, rows)

    names = [field.name for field in fields(CanonicalGaussians) if field.name != "source"]
    columns = {name: padded(torch.cat([part[name] for part, _, _ in parts]), _PADDING.get(name, 0.0)) for name in names}
    return CanonicalGaussians(**columns, source=padded(torch.cat([source for _, _, source in parts]), -1))


_PADDING = {"means": 1e8}
