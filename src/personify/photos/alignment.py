"""Where the body is in every photo: pose, camera and shape that carry each pixel's Gaussian back to its pixel.

The network says where on the T-posed body every pixel lies and how it is skinned: several hundred correspondences
between a photo and a rig. Fitting the kinematic chain to them needs no key points, no cameras and no body model
regressor. The auxiliary head's estimate is where it starts; this is the paper's projection loss, used at test time.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass, replace

import torch
from torch import Tensor

from personify.body.anny import AnnyBody, to_tpose_rotations
from personify.body.model import tpose_positions
from personify.body.pose import NUM_BODY_JOINTS, NUM_JOINTS, PARENTS
from personify.body.rotations import axis_angle_to_matrix
from personify.body.skinning import forward_kinematics, rest_to_posed, rigid
from personify.determinism import deterministic
from personify.photos.articulation import apply, articulate, blend, bone_transforms
from personify.photos.drawing import draw_posed
from personify.photos.network import CanonicalGaussians
from personify.photos.network.auxiliary import BodyEstimate
from personify.photos.template import Template

_POINTS = 300  # of each photo that are compared
_OUTLIER = 0.03  # of the photo's side, from where on distance counts linearly
_STIFF = 1e-3  # cost of a squared radian of every joint
_TURNS = 4  # directions from which the camera's fit is started, so that back and front do not stay confused


def _carrier(joint: int) -> int:
    return joint if joint < NUM_BODY_JOINTS else _carrier(PARENTS[joint])


_CARRIERS = [_carrier(joint) for joint in range(NUM_JOINTS)]


@dataclass(frozen=True)
class Stance:
    """The body in V photos; pelvis-centred metres, OpenCV cameras of the crops.

    Attributes:
        shape: [1, 11] phenotypes of the default body.
        rotations: [V, 22, 3, 3] of the body joints; the root's is the identity, the camera holds it.
        viewmats: [V, 4, 4].
        Ks: [V, 3, 3] pixels of the crops.
    """

    shape: Tensor
    rotations: Tensor
    viewmats: Tensor
    Ks: Tensor

    @staticmethod
    def guess(size: int, views: int, body: BodyEstimate | None) -> Stance:
        """What the network's auxiliary head says; without one, an average adult who faces the camera."""
        rotations = torch.eye(3).repeat(views, NUM_BODY_JOINTS, 1, 1)
        if body is not None:
            count = min(NUM_BODY_JOINTS, body.rotations.shape[2])
            rotations[:, :count] = body.rotations[0, :, :count]
            return Stance(body.shape, rotations, body.viewmats[0], body.Ks[0])
        focal, depth = 2.0 * size, 4.2
        viewmat = torch.diag(torch.tensor([1.0, -1, -1, 1]))
        viewmat[2, 3] = depth
        K = torch.tensor([[focal, 0, size / 2], [0, focal, size / 2], [0, 0, 1]])
        return Stance(AnnyBody().shape_vector(), rotations, viewmat.repeat(views, 1, 1), K.repeat(views, 1, 1))


def tpose_joints(body: AnnyBody, shape: Tensor) -> Tensor:  # [B, S] -> [B, 55, 3]
    """T-pose joints of shapes relative to the pelvis, without computing any surface."""
    joints = body.joint_template + (body.phenotype_weights(shape) @ body.joint_basis.flatten(1)).unflatten(-1, (-1, 3))
    placed = tpose_positions(joints, to_tpose_rotations(joints), PARENTS)
    return placed - placed[:, :1]


def photo_transforms(rotations: Tensor, joints: Tensor) -> Tensor:  # [V, 22, 3, 3], [55, 3] -> [V, 55, 4, 4]
    """Motion of every joint away from the T-pose to its place in each photo, with the pelvis in the origin.

    Fingers, jaw and eyes are stiff: they move with their wrist and with the head.
    """
    moving = joints[:NUM_BODY_JOINTS]
    frames = forward_kinematics(rotations, moving, PARENTS[:NUM_BODY_JOINTS], joints.new_zeros(3))
    return rest_to_posed(frames, moving)[:, _CARRIERS]


class FreeStance(torch.nn.Module):
    """A stance that can be optimised: turns of the joints, a twist and zoom of every camera, the body's shape."""

    def __init__(self, start: Stance, body: AnnyBody) -> None:
        super().__init__()
        views = len(start.viewmats)
        self.start, self.body = start, body
        self.turns = torch.nn.Parameter(torch.zeros(views, NUM_BODY_JOINTS, 3))
        self.twist = torch.nn.Parameter(torch.zeros(views, 6))
        self.zoom = torch.nn.Parameter(torch.zeros(views))
        self.shape = torch.nn.Parameter(start.shape.detach().clamp(0.02, 0.98).logit())

    def stance(self) -> Stance:
        """Where it has got to."""
        turned = axis_angle_to_matrix(self.turns)
        rotations = torch.cat([self.start.rotations[:, :1], self.start.rotations[:, 1:] @ turned[:, 1:]], 1)
        depth = self.start.viewmats[:, 2, 3]
        spin = axis_angle_to_matrix(self.twist[:, :3]) @ self.start.viewmats[:, :3, :3]
        place = self.start.viewmats[:, :3, 3] + self.twist[:, 3:] * depth[:, None]
        zoom = self.zoom.exp()[:, None, None]
        Ks = self.start.Ks * torch.where(torch.eye(3).bool() & (torch.arange(3) < 2), zoom, 1.0)
        return Stance(self.shape.sigmoid(), rotations, rigid(spin, place), Ks)

    def strain(self) -> Tensor:
        """How far it is from where it started: squared radians of the joints, and of the zoom."""
        return self.turns.square().sum((1, 2)).mean() + 30 * self.zoom.square().mean()


def align(
    gaussians: CanonicalGaussians,
    template: Template,
    start: Stance,
    size: int,
    body: AnnyBody,
    steps: int = 60,
) -> Stance:
    """Fit the body to the photos of one person (B = 1).

    Args:
        gaussians: of the network; held fixed.
        template: as given to the network.
        start: first guess.
        size: pixels of the crops' sides.
        body: whose shape is fitted.
        steps: of the final fit; finding the directions of the cameras takes about as long again.
    """
    points = list(_correspondences(gaussians, len(start.viewmats)))
    turned = [_fit(points, template, _turn_cameras(start, k), size, body, steps // 5) for k in range(_TURNS)]
    errors = torch.stack([_errors(points, template, stance, size, body) for stance in turned])  # [turns, V]
    best = errors.argmin(0)
    views = torch.arange(len(best))
    chosen = replace(
        start,
        rotations=torch.stack([stance.rotations for stance in turned])[best, views],
        viewmats=torch.stack([stance.viewmats for stance in turned])[best, views],
        Ks=torch.stack([stance.Ks for stance in turned])[best, views],
    )
    return _fit(points, template, chosen, size, body, steps)


Pixels = tuple[Tensor, Tensor, Tensor, Tensor]
"""Of one photo: bone weights [P, E], canonical means [P, 3], joint weights [P, J], pixel centres [P, 2]."""


def _correspondences(gaussians: CanonicalGaussians, views: int) -> Iterator[Pixels]:
    for view in range(1, views + 1):
        rows = (gaussians.source[0, :, 0] == view).nonzero()[:, 0]
        rows = rows[:: max(1, len(rows) // _POINTS)]
        bones = gaussians.bone_logits[0, rows].softmax(-1).detach()
        centers = gaussians.source[0, rows, 1:].flip(-1) + 0.5
        yield bones, gaussians.means[0, rows].detach(), gaussians.lbs_weights[0, rows].detach(), centers


def _turn_cameras(start: Stance, quarter: int) -> Stance:
    """The same with the person turned about their own axis by quarters."""
    angle = torch.tensor([0.0, quarter * 2 * math.pi / _TURNS, 0.0])
    viewmats = start.viewmats.clone()
    viewmats[:, :3, :3] = viewmats[:, :3, :3] @ axis_angle_to_matrix(angle)
    return replace(start, viewmats=viewmats)


def _errors(points: list[Pixels], template: Template, stance: Stance, size: int, body: AnnyBody) -> Tensor:  # [V]
    """Mean robust distance of every photo's points from their pixels, relative to its side."""
    joints = tpose_joints(body, stance.shape)[0]
    bones = bone_transforms(template.joints, joints, PARENTS)
    transforms = photo_transforms(stance.rotations, joints)
    errors = []
    for view, (bone_weights, means, lbs_weights, centers) in enumerate(points):
        if len(means) == 0:
            errors.append(joints.new_zeros(()))
            continue
        posed = apply(blend(lbs_weights, transforms[view]), apply(blend(bone_weights, bones), means))
        camera = posed @ stance.viewmats[view, :3, :3].T + stance.viewmats[view, :3, 3]
        pixels = camera @ stance.Ks[view].T
        offset = (pixels[:, :2] / pixels[:, 2:].clamp(min=0.2) - centers) / size
        errors.append(((offset.square().sum(-1) + _OUTLIER**2).sqrt() - _OUTLIER).mean())
    return torch.stack(errors)


@deterministic()
def _fit(points: list[Pixels], template: Template, start: Stance, size: int, body: AnnyBody, steps: int) -> Stance:
    free = FreeStance(start, body)
    groups = [{"params": [free.twist], "lr": 0.05}, {"params": [free.turns], "lr": 0.03},
              {"params": [free.zoom], "lr": 0.01}, {"params": [free.shape], "lr": 0.05}]  # fmt: skip
    optimizer = torch.optim.Adam(groups, betas=(0.8, 0.95))
    schedule = torch.optim.lr_scheduler.CosineAnnealingLR(optimizer, steps, 0.001)
    for _ in range(steps):
        optimizer.zero_grad()
        error = _errors(points, template, free.stance(), size, body).mean()
        (error + _STIFF * free.strain()).backward()
        optimizer.step()
        schedule.step()
    with torch.no_grad():
        return free.stance()


def draw_stance(
    gaussians: CanonicalGaussians, template: Template, stance: Stance, joints: Tensor, size: int
) -> tuple[Tensor, Tensor]:  # [V, S, S, 3] premultiplied over black, [V, S, S, 1]
    """The person as the photos would show them."""
    transforms = photo_transforms(stance.rotations, joints)
    posed = articulate(gaussians, template.joints, joints[None], transforms[None], PARENTS)
    images, alphas = draw_posed(posed, stance.viewmats[None], stance.Ks[None], (size, size))
    return images[0], alphas[0]
