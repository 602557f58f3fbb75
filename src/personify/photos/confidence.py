"""What of a person the photos showed, and what had to be invented."""

from __future__ import annotations

import torch
from torch import Tensor

from personify.body.pose import JOINT_NAMES
from personify.photos.neighbors import neighbors
from personify.photos.network import CanonicalGaussians
from personify.photos.template import Template

REACH = 0.12  # metres from a texel to the nearest pixel at which the confidence has fallen to 1/e: half a body's depth
_REGIONS = {
    "head": ("neck", "head", "jaw", "left_eye", "right_eye"),
    "torso": ("pelvis", "spine1", "spine2", "spine3", "left_collar", "right_collar"),
    "left arm": ("left_shoulder", "left_elbow"),
    "right arm": ("right_shoulder", "right_elbow"),
    "left leg": ("left_hip", "left_knee"),
    "right leg": ("right_hip", "right_knee"),
    "left foot": ("left_ankle", "left_foot"),
    "right foot": ("right_ankle", "right_foot"),
}


def regions(lbs_weights: Tensor) -> dict[str, Tensor]:  # [..., 55] -> name -> [...] bool
    """Parts of the body by the joint that moves a point most; the hands are what no other region names."""
    strongest = lbs_weights.argmax(-1)
    named = {
        region: torch.isin(strongest, torch.tensor([JOINT_NAMES.index(name) for name in names if name in JOINT_NAMES]))
        for region, names in _REGIONS.items()
    }
    left = torch.tensor([name.startswith("left_") for name in JOINT_NAMES])[strongest]
    rest = ~torch.stack(list(named.values())).any(0)
    return named | {"left hand": rest & left, "right hand": rest & ~left}


def seen_texels(gaussians: CanonicalGaussians, template: Template) -> Tensor:  # [H, W]
    """How sure it is that some photo shows a texel of the template: 1 seen .. 0 invented; 0 outside the mask.

    By the network's own belief of where every pixel lies (B = 1). Near is what lies close in the T-pose and moves with
    the same joints.
    """
    shown = gaussians.source[0, :, 0] > 0
    own = gaussians.source[0, :, 0] == 0
    seen = torch.zeros_like(template.mask)
    if shown.any() and own.any():
        places = torch.cat([gaussians.means[0], gaussians.lbs_weights[0] @ template.joints], -1)
        distance = neighbors(places[own], places[shown])[0][:, 0]
        _, row, column = gaussians.source[0, own].unbind(-1)
        seen[row, column] = torch.exp(-((distance / REACH) ** 2))
    return seen


def seen_regions(seen: Tensor, template: Template) -> dict[str, float]:  # [H, W]
    """Share of every region's surface that the photos show, 0 to 1.

    Example:
        >>> from personify.photos.template import body_template
        >>> template = body_template(32)
        >>> seen_regions(template.mask, template)["torso"]
        1.0
    """
    area = template.mask * template.spacing() ** 2
    shares = {}
    for region, inside in regions(template.lbs_weights).items():
        weight = area * inside
        shares[region] = round(float((seen * weight).sum() / weight.sum().clamp(min=1e-12)), 3)
    return shares
