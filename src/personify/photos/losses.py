"""Training losses of NoPo-Avatar (section 3.4) and dense supervision for people whose true surface is known.

With ``compat=True`` a loss repeats the original's arithmetic; otherwise its slips are repaired: pixel centres instead
of corners, points behind the camera, and skinning targets that sum to one.
"""

from __future__ import annotations

import torch
from torch import Tensor

from personify.photos.neighbors import neighbors
from personify.photos.network.gaussians import CanonicalGaussians

WEIGHTS: dict[str, float] = {
    "mse": 1.0,
    "perceptual": 0.05,
    "chamfer": 0.1,
    "projection": 1.0,
    "skinning": 0.01,
    "ssim": 1.0,
}
"""Weights of the paper's terms; it uses SSIM nowhere, and this is the weight it would have."""


def mse(rendered: Tensor, target: Tensor) -> Tensor:
    """Mean squared difference over everything."""
    return (rendered - target).square().mean()


def ssim_loss(rendered: Tensor, target: Tensor) -> Tensor:  # [..., H, W, C] in 0..1
    """``1 - SSIM`` with the usual 11 x 11 Gaussian window (Wang et al. 2004), zeros outside the images.

    >>> image = torch.rand(1, 16, 16, 3)
    >>> ssim_loss(image, image).item()
    0.0
    """
    a, b = (image.flatten(0, -4).movedim(-1, 1).flatten(0, 1)[:, None] for image in (rendered, target))
    mean_a, mean_b = _blur(a), _blur(b)
    variance_a, variance_b = _blur(a * a) - mean_a.square(), _blur(b * b) - mean_b.square()
    covariance = _blur(a * b) - mean_a * mean_b
    luminance = (2 * mean_a * mean_b + 0.01**2) / (mean_a.square() + mean_b.square() + 0.01**2)
    structure = (2 * covariance + 0.03**2) / (variance_a + variance_b + 0.03**2)
    return 1 - (luminance * structure).mean()


def _blur(x: Tensor) -> Tensor:  # [M, 1, H, W]
    window = torch.exp(-torch.arange(-5, 6, dtype=x.dtype, device=x.device).square() / (2 * 1.5**2))
    window = (window / window.sum())[None, None]
    rows = torch.nn.functional.conv2d(x, window[..., None], padding=(5, 0))
    return torch.nn.functional.conv2d(rows, window[..., None, :], padding=(0, 5))


def chamfer_loss(
    gaussians: CanonicalGaussians,
    two_way: bool = True,
    points: int | None = None,
    generator: torch.Generator | None = None,
) -> Tensor:
    """Squared distance between the photos' Gaussians and the template's, which are held fixed.

    Args:
        gaussians: canonical.
        two_way: add the distances from the template to the photos.
        points: of each set, a random choice of at most this many is compared; None compares all.
        generator: of that choice.

    Returns:
        Mean over each set's nearest neighbours, then over people; 0 for people without both sets.
    """
    losses = []
    for means, source in zip(gaussians.means, gaussians.source[..., 0], strict=True):
        photos = _some(means[source > 0], points, generator)
        template = _some(means[source == 0].detach(), points, generator)
        if len(photos) == 0 or len(template) == 0:
            losses.append(means.new_zeros(()))
            continue
        loss = _mean_square_distance(photos, template)
        if two_way:
            loss = loss + _mean_square_distance(template, photos)
        losses.append(loss)
    return torch.stack(losses).mean()


def _mean_square_distance(points: Tensor, others: Tensor) -> Tensor:
    _, index = neighbors(points, others)
    return (points - others[index[:, 0]]).square().sum(-1).mean()


def _some(rows: Tensor, count: int | None, generator: torch.Generator | None) -> Tensor:
    if count is None or len(rows) <= count:
        return rows
    return rows[torch.randperm(len(rows), generator=generator)[:count].to(rows.device)]


def projection_loss(
    means: Tensor,  # [B, V, N, 3] Gaussians in the pose of every photo (`articulate_means`)
    source: Tensor,  # [B, N, 3] view (0 = template), row, column
    viewmats: Tensor,  # [B, V, 4, 4]
    Ks: Tensor,  # [B, V, 3, 3] pixels
    size: tuple[int, int],  # (height, width) of the photos
    compat: bool = False,
) -> Tensor:
    """How far each photo's Gaussians, put back into its pose and camera, fall from the pixels they came from.

    Squared distance in units of the image's sides, averaged over both coordinates and the photos' Gaussians of a
    person, cut at 1 per person, averaged over people. Points that are not in front of their camera do not count.
    """
    squares, counted = projection_errors(means, source, viewmats, Ks, size, compat)
    totals = torch.where(counted, squares, 0).sum(1) / counted.sum(1).clamp(min=1)
    return totals.clamp(max=1).mean()


def projection_errors(
    means: Tensor,
    source: Tensor,
    viewmats: Tensor,
    Ks: Tensor,
    size: tuple[int, int],
    compat: bool = False,
) -> tuple[Tensor, Tensor]:  # [B, N], [B, N] bool
    """Each Gaussian's squared error in `projection_loss`, and whether it counts."""
    view = (source[..., 0] - 1).clamp(min=0)
    own = means.gather(1, view[:, None, :, None].expand(-1, 1, -1, 3))[:, 0]
    person = torch.arange(len(means), device=means.device)[:, None]
    viewmat, K = viewmats[person, view], Ks[person, view]
    camera = (viewmat[..., :3, :3] @ own[..., None])[..., 0] + viewmat[..., :3, 3]
    counted = source[..., 0] > 0
    if not compat:
        counted = counted & (camera[..., 2] > 1e-3)
    depth = torch.where(counted, camera[..., 2], 1)[..., None]
    pixels = (K @ (camera / depth)[..., None])[..., :2, 0]
    target = source[..., 1:].flip(-1) + (0.0 if compat else 0.5)
    sides = pixels.new_tensor([size[1], size[0]])
    return ((pixels - target) / sides).square().mean(-1), counted


def skinning_loss(
    joint_log_weights: Tensor,  # [B, ..., J]
    target: Tensor,  # [B, ..., J] skinning weights of the true surface
    weight: Tensor | None = None,  # [B, ...] of each point, e.g. the photo's mask; 0 where the target is not known
    compat: bool = False,
) -> Tensor:
    """Cross-entropy of joint weights, averaged over the points of a person and then over people.

    People without any known point contribute 0.

    The original scales the targets to unit Euclidean length instead of sum one.
    """
    target = target.clamp(min=0)
    target = torch.nn.functional.normalize(target, dim=-1, p=2.0 if compat else 1.0)
    entropy = -(target * joint_log_weights.log_softmax(-1)).sum(-1)
    return _average(entropy, weight)


def position_loss(
    means: Tensor,  # [B, ..., 3]
    target: Tensor,  # [B, ..., 3] true canonical positions
    weight: Tensor | None = None,  # [B, ...] of each point; 0 where the target is not known
    softening: float = 0.005,
) -> Tensor:
    """Mean distance in metres to known canonical positions, rounded off below ``softening`` metres."""
    square = (means - target).square().sum(-1)
    return _average((square + softening**2).sqrt() - softening, weight)


def _average(values: Tensor, weight: Tensor | None) -> Tensor:  # [B, ...] -> []
    """Mean over the points of a person, then over people."""
    if weight is None:
        return values.mean()
    weight = weight.to(values.dtype)
    totals = [tensor.flatten(1).sum(1) for tensor in (values * weight, weight)]
    return (totals[0] / totals[1].clamp(min=1e-8)).mean()
