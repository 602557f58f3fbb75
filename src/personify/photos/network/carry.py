"""What the photos' pixels show, carried to the template by where each pixel lies on the body."""

from __future__ import annotations

import torch
from torch import Tensor

from personify.photos.neighbors import neighbors
from personify.photos.network.gaussians import Rows
from personify.photos.template import Template

_NEIGHBORS = 24  # pixels lie centimetres off at random, which their mean does less
_BLUR = 0.03  # metres by which a pixel that lies farther counts 1/e as much
_REACH = 0.1  # metres in which the confidence falls to 1/e


def carried_maps(rows: Rows, values: Tensor, template: Template, batch: int) -> Tensor:  # [B, H, W, C + 4]
    """What the pixels nearest to every texel show; 0 outside the mask and for people without a pixel.

    Near is what lies close in the T-pose and moves with the same joints, so that a hand that rests on a hip does not
    paint the hip. Every texel gets something, also those that no photo shows.

    Args:
        rows: the photos' Gaussians, P in all.
        values: [P, C] of each; gradients reach them and nothing else.
        template: its maps may be one for all people or one for each.
        batch: number of people B.

    Returns:
        The pixels' values [C], how far from the texel they lie [3] in metres, and confidence [1] in 0..1.
    """
    fields, person, _ = rows
    joints = template.joints.to(values)
    places = torch.cat([fields["means"], fields["joint_log_weights"].softmax(-1) @ joints], -1).detach()
    surface = torch.cat([template.positions, template.lbs_weights @ joints], -1).detach()
    carried = []
    for index in range(batch):
        own = person == index
        maps = surface if surface.ndim == 3 else surface[index]
        mask = template.mask if template.mask.ndim == 2 else template.mask[index]
        carried.append(_carry(places[own], values[own], maps, mask > 0))
    return torch.stack(carried)


def evened(maps: Tensor, confidence: Tensor, opposite: Tensor) -> tuple[Tensor, Tensor]:
    """Maps in which both sides of the body share what they know, as most clothes are the same left and right.

    Args:
        maps: [B, H, W, C].
        confidence: [B, H, W, 1] in 0..1.
        opposite: [H * W] of the template; -1 leaves a texel as it is.

    Returns:
        The means, weighted by confidence [B, H, W, C], and the confidence of the other side [B, H, W, 1].
    """
    own = torch.arange(len(opposite), device=opposite.device)
    across = torch.where(opposite < 0, own, opposite)
    other, sure = (field.flatten(1, 2)[:, across].view_as(field) for field in (maps, confidence))
    share = sure / (confidence + sure).clamp(min=1e-6)
    return maps + share * (other - maps), sure


def _carry(places: Tensor, values: Tensor, maps: Tensor, inside: Tensor) -> Tensor:  # [H, W, C + 4]
    result = values.new_zeros(*inside.shape, values.shape[1] + 4)
    count = min(_NEIGHBORS, len(places))
    if not count:
        return result
    texels = maps[inside]
    distances, index = neighbors(texels, places, count)
    shares = torch.softmax(-distances / _BLUR, -1)[..., None]
    value = (shares * values[index]).sum(1)
    offset = (shares * places[index, :3]).sum(1) - texels[:, :3]
    confidence = torch.exp(-(shares[..., 0] * distances).sum(1, keepdim=True) / _REACH)
    return result.index_put(tuple(inside.nonzero().T), torch.cat([value, offset, confidence], -1))
