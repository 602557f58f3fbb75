"""The losses of a batch: the paper's (section 3.4) and those that the truth about synthetic people allows."""

from __future__ import annotations

from dataclasses import dataclass, replace

import torch
from torch import Tensor

from personify.body.anny import AnnyBody
from personify.body.rotations import axis_angle_to_matrix
from personify.body.skinning import forward_kinematics
from personify.photos import losses
from personify.photos.alignment import tpose_joints
from personify.photos.articulation import articulate, articulate_means, pose_transforms
from personify.photos.bones import spread_over_bones
from personify.photos.drawing import draw_posed
from personify.photos.network import CanonicalGaussians, NetworkOutput
from personify.photos.network.auxiliary import BodyEstimate
from personify.photos.network.figure import Figure
from personify.photos.network.model import MASK_THRESHOLD
from personify.photos.network.stem import Surface, turn_to_camera
from personify.photos.template import Template
from personify.render.gaussians.spherical_harmonics import C0
from personify.train.batches import PhotoBatch

_WIDTH = 0.02  # metres by which people's surfaces differ
_NECK = 1.45  # metres in the T-pose
_TELLING = 8.0  # how much more heads count when it comes to the side that is seen: little else tells front from back


@dataclass(frozen=True)
class LossWeights:
    """Factors of the terms; 0 leaves a term out.

    The defaults are for people whose surface is known: dense terms carry the signal, pictures polish. For other people
    set those to 0 and ``chamfer`` to the paper's 0.1.
    """

    mse: float = 50.0
    mask: float = 10.0
    ssim: float = 0.5
    projection: float = 1.0
    chamfer: float = 0.0
    position: float = 0.5
    skinning: float = 0.1
    texel_position: float = 2.0
    texel_color: float = 3.0
    texel_skinning: float = 0.1
    body: float = 0.1
    facing: float = 0.6
    turn: float = 0.1
    figure: float = 0.5


def stem_losses(surface: Surface, batch: PhotoBatch, template: Template) -> dict[str, Tensor]:
    """What the stem alone learns: where every pixel lies as the camera sees it, which side that is, and skinning.

    Positions are compared before they are turned back, with the true turn: whether a photo shows somebody's left or
    right is one question for the whole photo, not one for every pixel.
    """
    seen = batch.masks.flatten(0, 1) > MASK_THRESHOLD
    known, turns = batch.known.flatten(0, 1)[seen], batch.turns.flatten(0, 1)[surface.photo]
    positions = turn_to_camera(batch.positions.flatten(0, 1)[seen], turns)
    bones = spread_over_bones(batch.lbs_weights.flatten(0, 1)[seen], template.parents)
    told = known * torch.where(positions[:, 1] > _NECK, 1 + _TELLING, 1)
    return {
        "position": losses.position_loss(surface.seen[None], positions[None], known[None]),
        "skinning": losses.skinning_loss(surface.bone_logits[None], bones[None], known[None]),
        "facing": ((surface.facing - turns).square().sum(-1) * told).sum() / told.sum().clamp(min=1),
        "turn": 1 - (surface.turns * batch.turns.flatten(0, 1)).sum(-1).mean(),
    }


def losses_of(
    output: NetworkOutput, batch: PhotoBatch, template: Template, weights: LossWeights, body: AnnyBody | None = None
) -> dict[str, Tensor]:
    """Every active term, without its factor.

    Args:
        output: of the network.
        batch: what it was given.
        template: as given to the network.
        weights: terms of weight 0 are not computed.
        body: whose shape the auxiliary head estimates; needed if the network has that head.
    """
    gaussians = output.gaussians
    terms: dict[str, Tensor] = {}
    if weights.mse or weights.mask or weights.ssim:
        rendered, alphas = draw(gaussians, template, batch.joints, batch.target_poses, batch.target_viewmats,
                           batch.target_Ks, batch.image_size, batch.backgrounds)  # fmt: skip
        terms["mse"] = losses.mse(rendered, batch.target_images)
        terms["mask"] = losses.mse(alphas[..., 0], batch.target_alphas)
        if weights.ssim:
            terms["ssim"] = losses.ssim_loss(rendered, batch.target_images)
    if weights.projection:
        transforms = pose_transforms(batch.poses, batch.joints, template.parents)
        posed = articulate_means(
            _solid(gaussians), template.joints.expand_as(batch.joints), batch.joints, transforms, template.parents
        )
        terms["projection"] = losses.projection_loss(
            posed, gaussians.source, batch.viewmats, batch.Ks, batch.image_size
        )
    if weights.chamfer:
        terms["chamfer"] = losses.chamfer_loss(gaussians, points=2048)
    terms |= _photo_terms(gaussians, batch, template)
    terms |= _texel_terms(gaussians, batch, template)
    if weights.body and output.body is not None and body is not None:
        terms["body"] = body_loss(output.body, batch, body)
    return {name: term for name, term in terms.items() if getattr(weights, name)}


def figure_loss(coefficients: Tensor, figure: Figure, batch: PhotoBatch, template: Template) -> Tensor:
    """Squared displacement that the principal ones [B, K] leave unexplained, per seen texel in `_WIDTH` squared."""
    true = batch.texel_positions - template.positions - figure.average.movedim(0, -1)
    square = (figure.displacement(coefficients) - true).square().sum(-1) * batch.texel_known
    return square.sum() / batch.texel_known.sum().clamp(min=1) / _WIDTH**2


def total(terms: dict[str, Tensor], weights: LossWeights) -> Tensor:
    """Weighted sum."""
    return torch.stack([getattr(weights, name) * term for name, term in terms.items()]).sum()


def draw(
    gaussians: CanonicalGaussians,
    template: Template,
    joints: Tensor,  # [B, J, 3]
    poses: Tensor,  # [B, C, J, 3]
    viewmats: Tensor,  # [B, C, 4, 4]
    Ks: Tensor,  # [B, C, 3, 3]
    size: tuple[int, int],
    backgrounds: Tensor | None = None,  # [B, 3]
) -> tuple[Tensor, Tensor]:  # [B, C, H, W, 3], [B, C, H, W, 1]
    """Pictures and alphas of people in poses."""
    transforms = pose_transforms(poses, joints, template.parents)
    posed = articulate(_solid(gaussians), template.joints.expand_as(joints), joints, transforms, template.parents)
    # what looks right at these few pixels should not grow holes at more
    return draw_posed(posed, viewmats, Ks, size, backgrounds, rasterize_mode="antialiased")


def _solid(gaussians: CanonicalGaussians) -> CanonicalGaussians:
    """Padding moved from infinity to the origin, where it does not overflow."""
    padding = gaussians.source[..., :1] < 0
    return replace(gaussians, means=gaussians.means.masked_fill(padding, 0.0))


def _photo_terms(gaussians: CanonicalGaussians, batch: PhotoBatch, template: Template) -> dict[str, Tensor]:
    """Canonical position and skinning of every photo's pixel against the truth."""
    place = _places(gaussians, gaussians.from_photos)
    terms = _surface_terms(gaussians, gaussians.from_photos, batch.positions[place], batch.lbs_weights[place],
                           batch.known[place], template)  # fmt: skip
    return {"position": terms[0], "skinning": terms[1]}


def _texel_terms(gaussians: CanonicalGaussians, batch: PhotoBatch, template: Template) -> dict[str, Tensor]:
    """Position, colour and skinning of every template texel over which the person was seen."""
    person, _, row, column = _places(gaussians, gaussians.from_template)
    place = (person, row, column)
    known = batch.texel_known[place]
    terms = _surface_terms(gaussians, gaussians.from_template, batch.texel_positions[place],
                           batch.texel_weights[place], known, template)  # fmt: skip
    color = 0.5 + C0 * gaussians.harmonics[gaussians.from_template][:, 0]
    off = (color - batch.texel_colors[place]).abs().mean(-1)
    return {
        "texel_position": terms[0],
        "texel_color": (off * known).sum() / known.sum().clamp(min=1),
        "texel_skinning": terms[1],
    }


def _surface_terms(
    gaussians: CanonicalGaussians,
    chosen: Tensor,  # [B, N] bool, P of them true
    positions: Tensor,  # [P, 3]
    lbs_weights: Tensor,  # [P, J]
    known: Tensor,  # [P]
    template: Template,
) -> tuple[Tensor, Tensor]:
    """Position and skinning losses, each averaged over all people's points together."""
    bones = spread_over_bones(lbs_weights, template.parents)
    position = losses.position_loss(gaussians.means[chosen][None], positions[None], known[None])
    return position, losses.skinning_loss(gaussians.bone_logits[chosen][None], bones[None], known[None])


def _places(gaussians: CanonicalGaussians, chosen: Tensor) -> tuple[Tensor, Tensor, Tensor, Tensor]:
    """Person, photo (the template is -1), row and column of the chosen Gaussians [B, N]."""
    view, row, column = gaussians.source[chosen].unbind(-1)
    return chosen.nonzero()[:, 0], view - 1, row, column


def body_loss(estimate: BodyEstimate, batch: PhotoBatch, body: AnnyBody) -> Tensor:
    """Joint rotations, camera rotations, the places of the joints in the photos, focal lengths and proportions."""
    count = estimate.rotations.shape[2]
    true = axis_angle_to_matrix(batch.poses[..., :count, :])
    turned = batch.viewmats[..., :3, :3] @ true[..., 0, :, :]
    rotation = (estimate.rotations[:, :, 1:] - true[:, :, 1:]).abs().mean()
    camera = (estimate.viewmats[..., :3, :3] - turned).abs().mean()
    placed = (_joint_pixels(estimate, batch) - _true_joint_pixels(batch)) / max(batch.image_size)
    focal = (estimate.Ks[..., 0, 0] / batch.Ks[..., 0, 0]).log().abs().mean()
    own = batch.joints - batch.joints[:, :1]
    proportions = (tpose_joints(body, estimate.shape) - own)[:, :count].abs().mean()
    return rotation + camera + placed.abs().mean() + 0.1 * focal + 5 * proportions


def _posed_joints(rotations: Tensor, joints: Tensor, parents: tuple[int, ...]) -> Tensor:  # [B, V, J, 3]
    frames = forward_kinematics(rotations, (joints - joints[:, :1])[:, None], parents)
    return frames[..., :3, 3]


def _joint_pixels(estimate: BodyEstimate, batch: PhotoBatch) -> Tensor:  # [B, V, J, 2]
    """Where the estimated camera sees the true pose's joints: the estimate of pose and camera stay apart."""
    count = estimate.rotations.shape[2]
    rotations = axis_angle_to_matrix(batch.poses[..., :count, :]).clone()
    rotations[:, :, 0] = torch.eye(3, device=rotations.device)
    joints = _posed_joints(rotations, batch.joints[:, :count], AnnyBody.parents[:count])
    return _project(joints, estimate.viewmats, estimate.Ks)


def _true_joint_pixels(batch: PhotoBatch) -> Tensor:
    count = 22
    rotations = axis_angle_to_matrix(batch.poses[..., :count, :])
    joints = _posed_joints(rotations, batch.joints[:, :count], AnnyBody.parents[:count])
    return _project(joints + batch.joints[:, None, :1], batch.viewmats, batch.Ks)


def _project(points: Tensor, viewmats: Tensor, Ks: Tensor) -> Tensor:
    camera = points @ viewmats[..., :3, :3].mT + viewmats[..., None, :3, 3]
    pixels = camera @ Ks.mT
    return pixels[..., :2] / pixels[..., 2:].clamp(min=0.1)
