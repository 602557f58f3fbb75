"""Per-person optimisation against the given photos: Gaussians, body shape, poses and cameras together."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass, replace

import torch
from torch import Tensor

from personify.body.anny import AnnyBody
from personify.body.rotations import axis_angle_to_matrix
from personify.determinism import deterministic
from personify.photos.alignment import FreeStance, Stance, draw_stance, tpose_joints
from personify.photos.losses import ssim_loss
from personify.photos.network import CanonicalGaussians
from personify.photos.template import Template
from personify.render.gaussians.spherical_harmonics import C0

STEPS = 60
_POSES_FIRST = 0.5  # of the steps: colours fitted to a wrong pose are wrong from everywhere else
_SHIFT = 0.015  # metres, the farthest a Gaussian may go
_SIDES = 8
_NEAR = 2.5  # cost of moving away: photos say nothing about how what they fit looks from elsewhere
_STIFF = 2e-4  # cost of a squared radian of every joint


@dataclass(frozen=True)
class Refined:
    """What refinement ends with.

    Attributes:
        gaussians: canonical.
        stance: the body in the photos.
        psnr: (before, after) decibels on the photos.
    """

    gaussians: CanonicalGaussians
    stance: Stance
    psnr: tuple[float, float]


class FreeGaussians(torch.nn.Module):
    """Canonical Gaussians of one person whose colours, places, sizes and opacities can be optimised within bounds."""

    def __init__(self, start: CanonicalGaussians) -> None:
        super().__init__()
        self.start = replace(start, **{name: getattr(start, name).detach() for name in start.__dataclass_fields__})
        count = start.means.shape[1]
        self.color = torch.nn.Parameter(torch.zeros(count, 3))
        self.shift = torch.nn.Parameter(torch.zeros(count, 3))
        self.growth = torch.nn.Parameter(torch.zeros(count))
        self.solidity = torch.nn.Parameter(torch.zeros(count))

    def gaussians(self) -> CanonicalGaussians:
        """Where they have got to."""
        start = self.start
        opacity = (start.opacities.clamp(1e-3, 1 - 1e-3).logit() + self.solidity).sigmoid()
        constant = start.harmonics[:, :, :1] + self.color[None, :, None] / C0
        return replace(
            start,
            means=start.means + _SHIFT * self.shift.tanh(),
            scales=start.scales * self.growth.clamp(-1, 1).exp()[None, :, None],
            opacities=opacity,
            harmonics=torch.cat([constant, start.harmonics[:, :, 1:]], 2),
        )

    def strain(self) -> Tensor:
        """How far they are from where they started."""
        return _NEAR * (self.shift.square().mean() + self.growth.square().mean() + 2 * self.color.square().mean())


@deterministic()
def refine(
    gaussians: CanonicalGaussians,
    template: Template,
    stance: Stance,
    images: Tensor,  # [V, S, S, 3] black outside the masks
    masks: Tensor,  # [V, S, S]
    body: AnnyBody,
    steps: int = STEPS,
    poses_only: bool = False,
    report: Callable[[int, float], None] = lambda step, loss: None,
) -> Refined:
    """Make the person look like the photos.

    Args:
        gaussians: of the network, B = 1.
        template: as given to the network.
        stance: from `personify.photos.alignment.align`.
        images: crops.
        masks: crops.
        body: whose shape is fitted.
        steps: of Adam, each of which draws all photos.
        poses_only: hold Gaussians and body shape: the paper's test-time optimisation of pose and camera.
        report: called with (step, loss).
    """
    stance = best_turns(gaussians, template, stance, images, masks, body)
    free, person = FreeStance(stance, body), FreeGaussians(gaussians)
    free.shape.requires_grad_(not poses_only)
    moving = [{"params": [free.twist], "lr": 0.004}, {"params": [free.turns], "lr": 0.01},
              {"params": [free.zoom], "lr": 0.002}, {"params": [free.shape], "lr": 0.02}]  # fmt: skip
    looks = [{"params": [person.color], "lr": 0.02}, {"params": [person.shift], "lr": 0.05},
             {"params": [person.growth, person.solidity], "lr": 0.02}]  # fmt: skip
    first = steps if poses_only else round(_POSES_FIRST * steps)
    optimizer = torch.optim.Adam([*moving, *looks], betas=(0.8, 0.98))
    schedule = torch.optim.lr_scheduler.CosineAnnealingLR(optimizer, max(1, steps), 0)
    generator = torch.Generator().manual_seed(0)
    size, masks = images.shape[1], masks[..., None]
    start = float("nan")
    for step in range(steps):
        optimizer.zero_grad()
        now = free.stance()
        shown = person.gaussians() if step >= first else person.start
        colors, alphas = draw_stance(shown, template, now, _pelvis_joints(body, now), size)
        if step == 0:
            start = _psnr(colors.detach(), images, masks)
        # over changing backgrounds colour cannot stand in for what is missing, nor hide what is too much
        background = torch.rand(3, generator=generator)
        picture, target = colors + (1 - alphas) * background, images * masks + (1 - masks) * background
        loss = (picture - target).square().mean() + 0.05 * ssim_loss(picture, target)
        (loss + _STIFF * free.strain() + person.strain()).backward()
        optimizer.step()
        schedule.step()
        report(step, float(loss.detach()))
    with torch.no_grad():
        now, shown = free.stance(), person.start if poses_only else person.gaussians()
        colors, _ = draw_stance(shown, template, now, _pelvis_joints(body, now), size)
    return Refined(shown, now, (start, _psnr(colors, images, masks)))


@torch.no_grad()
def best_turns(
    gaussians: CanonicalGaussians,
    template: Template,
    stance: Stance,
    images: Tensor,  # [V, S, S, 3]
    masks: Tensor,  # [V, S, S]
    body: AnnyBody,
) -> Stance:
    """Every photo's camera from the side from which the person looks most like the photo.

    Correspondences of a blurry network leave open which side is seen; the picture does not.
    """
    joints, target = _pelvis_joints(body, stance), images * masks[..., None]
    candidates, errors = [], []
    for k in range(_SIDES):
        turn = axis_angle_to_matrix(torch.tensor([0.0, 2 * math.pi * k / _SIDES, 0.0]))
        viewmats = stance.viewmats.clone()
        viewmats[:, :3, :3] = viewmats[:, :3, :3] @ turn
        colors, alphas = draw_stance(gaussians, template, replace(stance, viewmats=viewmats), joints, images.shape[1])
        shape = (alphas[..., 0] - masks).square().mean((1, 2))
        errors.append((colors - target).square().mean((1, 2, 3)) + 0.3 * shape)
        candidates.append(viewmats)
    best = torch.stack(errors).argmin(0)
    return replace(stance, viewmats=torch.stack(candidates)[best, torch.arange(len(best))])


def _pelvis_joints(body: AnnyBody, stance: Stance) -> Tensor:  # [55, 3]
    return tpose_joints(body, stance.shape)[0]


def _psnr(colors: Tensor, images: Tensor, masks: Tensor) -> float:
    """Decibels over black, inside all photos."""
    return float(-10 * (colors.clamp(0, 1) - images * masks).square().mean().clamp(min=1e-10).log10())
