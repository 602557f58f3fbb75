"""Colours of the photos, carried to the template by where the network believes each pixel to lie on the body."""

from __future__ import annotations

import torch
from torch import Tensor

from personify.photos.neighbors import neighbors
from personify.photos.network.gaussians import Rows
from personify.photos.template import Template

_NEIGHBORS = 4
_BLUR = 0.01  # metres by which the nearest pixel does not yet outweigh the others
_REACH = 0.1  # metres in which the confidence falls to 1/e


def carried_colors(rows: Rows, images: Tensor, template: Template) -> Tensor:  # [B, H, W, 4]
    """Colour in -1..1 of the photos' pixels nearest to every texel, and confidence in 0..1; 0 outside the mask.

    Near is what lies close in the T-pose and moves with the same joints, so that a hand that rests on a hip does not
    paint the hip. Every texel gets a colour, also those that no photo shows. No gradient passes.

    Args:
        rows: the photos' Gaussians.
        images: [B, V, 3, H, W] in -1..1.
        template: its maps may be one for all people or one for each.
    """
    fields, person, source = rows
    view, row, column = source.unbind(-1)
    colors = images[person, view - 1, :, row, column]
    joints = template.joints.to(colors)
    places = torch.cat([fields["means"], fields["joint_log_weights"].softmax(-1) @ joints], -1).detach()
    surface = torch.cat([template.positions, template.lbs_weights @ joints], -1)
    carried = []
    for index in range(len(images)):
        own = person == index
        maps = surface if surface.ndim == 3 else surface[index]
        mask = template.mask if template.mask.ndim == 2 else template.mask[index]
        carried.append(_carry(places[own], colors[own], maps, mask > 0))
    return torch.stack(carried)


def _carry(places: Tensor, colors: Tensor, maps: Tensor, inside: Tensor) -> Tensor:  # [H, W, 4]
    result = maps.new_zeros(*inside.shape, 4)
    count = min(_NEIGHBORS, len(places))
    if count:
        distances, index = neighbors(maps[inside], places, count)
        shares = torch.nn.functional.normalize(1 / (distances + _BLUR), p=1, dim=-1)
        color = (shares[..., None] * colors[index]).sum(1)
        confidence = torch.exp(-distances.mean(1, keepdim=True) / _REACH)
        result[inside] = torch.cat([color, confidence], -1)
    return result
