"""The renderer in plain PyTorch: any dtype, any device, every gradient from autograd.

It is the meaning of `rasterization`, which the fast kernels must reproduce, and what is used where they do not work.
Memory grows with the number of (pixel, Gaussian) pairs.
"""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import Tensor

from personify.body.rotations import quaternion_to_matrix
from personify.render.gaussians.spherical_harmonics import spherical_harmonics
from personify.render.gaussians.view import (
    FRUSTUM_MARGIN,
    MAX_ALPHA,
    MAX_EXTENT,
    MIN_ALPHA,
    MIN_TRANSMITTANCE,
    RADIUS_SLACK,
    Projection,
    View,
)


def covariances(quats: Tensor, scales: Tensor) -> Tensor:  # [..., 4], [..., 3] -> [..., 3, 3]
    """R diag(scales^2) R^T of quaternions wxyz, which need not be normalised.

    Example:
        >>> import torch
        >>> covariances(torch.tensor([2.0, 0, 0, 0]), torch.tensor([1.0, 2, 3])).diagonal().tolist()
        [1.0, 4.0, 9.0]
    """
    axes = quaternion_to_matrix(quats) * scales[..., None, :]
    return axes @ axes.mT


def project(
    means: Tensor,  # [N, 3]
    quats: Tensor | None,  # [N, 4]
    scales: Tensor | None,  # [N, 3]
    covars: Tensor | None,  # [N, 3, 3], instead of quats and scales
    opacities: Tensor,  # [N]
    viewmat: Tensor,  # [4, 4]
    K: Tensor,  # [3, 3]
    view: View,
) -> Projection:
    """EWA splatting (Zwicker et al. 2001): Gaussians on the screen."""
    if covars is None:
        assert quats is not None
        assert scales is not None
        covars = covariances(quats, scales)
    covars = (covars + covars.mT) / 2  # like the kernels, whose gradient of covars is symmetric
    K = K.detach()
    local = means @ viewmat[:3, :3].T + viewmat[:3, 3]
    depths = local[:, 2]
    visible = (depths >= view.near_plane) & (depths <= view.far_plane)
    local = torch.where(visible[:, None], local, local.new_tensor([0.0, 0.0, 1.0]))
    means2d, derivative = _flatten(local, K, view)
    derivative = derivative @ viewmat[:3, :3]
    flat = derivative @ covars @ derivative.mT
    xx, xy, yy = flat[:, 0, 0], flat[:, 0, 1], flat[:, 1, 1]
    sharp = xx * yy - xy * xy
    xx, yy = xx + view.eps2d, yy + view.eps2d
    area = xx * yy - xy * xy
    visible = visible & (area > 0) & (yy > 0)
    xx, xy, yy, area = (torch.where(visible, value, 1 - 0 * value) for value in (xx, xy, yy, area))
    if view.antialiased:
        visible = visible & (sharp > 0)
        opacities = opacities * (torch.where(visible, sharp, area) / area).sqrt()
    a = (yy / area).sqrt()
    factors = torch.stack([a, -xy / yy * a, yy.rsqrt()], -1)
    radii = _radii(means2d, xx, yy, opacities, visible, view)
    return Projection(means2d, factors, depths, opacities, radii)


def _flatten(local: Tensor, K: Tensor, view: View) -> tuple[Tensor, Tensor]:
    """[N, 2] pixels of points in camera axes, and their derivative [N, 2, 3]."""
    x, y, z = local.unbind(-1)
    fx, fy, cx, cy = K[0, 0], K[1, 1], K[0, 2], K[1, 2]
    zero = torch.zeros_like(z)
    if view.ortho:
        rows = [fx + zero, zero, zero, zero, fy + zero, zero]
        return torch.stack([fx * x + cx, fy * y + cy], -1), torch.stack(rows, -1).unflatten(-1, (2, 3))
    margin_x, margin_y = FRUSTUM_MARGIN * view.width, FRUSTUM_MARGIN * view.height
    u = torch.clamp(x / z, -(cx + margin_x) / fx, (view.width - cx + margin_x) / fx)
    v = torch.clamp(y / z, -(cy + margin_y) / fy, (view.height - cy + margin_y) / fy)
    rows = [fx / z, zero, -fx * u / z, zero, fy / z, -fy * v / z]
    return torch.stack([fx * x / z + cx, fy * y / z + cy], -1), torch.stack(rows, -1).unflatten(-1, (2, 3))


@torch.no_grad()
def _radii(means2d: Tensor, xx: Tensor, yy: Tensor, opacities: Tensor, visible: Tensor, view: View) -> Tensor:
    extent = (2 * torch.log((opacities / MIN_ALPHA).clamp(min=1))).sqrt().clamp(max=MAX_EXTENT)
    radii = torch.ceil(extent[:, None] * torch.stack([xx, yy], -1).sqrt() + RADIUS_SLACK)
    size = means2d.new_tensor([view.width, view.height])
    on_screen = ((means2d + radii > 0) & (means2d - radii < size)).all(-1)
    visible = visible & on_screen & (opacities >= MIN_ALPHA) & (radii > view.radius_clip).any(-1)
    return torch.where(visible[:, None], radii.clamp(max=1e9), 0).int()


def blend(
    projection: Projection,
    colors: Tensor,  # [N, X]
    background: Tensor | None,  # [X]
    view: View,
    absgrad: Tensor | None = None,  # [N, 2], filled in the backward pass
) -> tuple[Tensor, Tensor]:
    """Composite front to back: the picture [H, W, X] and its alpha [H, W, 1]."""
    splats, pixels = pairs(projection, view)
    alphas, _ = _alphas(projection, splats, pixels, view, absgrad)
    before, _ = _transmittances(alphas, pixels)
    weights = (alphas * before)[:, None]
    count = view.width * view.height
    image = torch.zeros(count, colors.shape[-1], dtype=colors.dtype, device=colors.device)
    image = image.index_add(0, pixels, weights * colors[splats])
    alpha = image.new_zeros(count, 1).index_add(0, pixels, weights)
    if background is not None:
        image = image + (1 - alpha) * background
    return image.view(view.height, view.width, -1), alpha.view(view.height, view.width, 1)


@torch.no_grad()
def pairs(projection: Projection, view: View) -> tuple[Tensor, Tensor]:
    """Gaussians [P] and pixels [P] of every contribution, by pixel and then from near to far."""
    splats, pixels = _candidates(projection, view)
    alphas, falloff = _alphas(projection, splats, pixels, view)
    kept = (alphas >= MIN_ALPHA) & falloff.isfinite()
    pixels, order = torch.sort(pixels[kept], stable=True)
    splats, alphas = splats[kept][order], alphas[kept][order]
    _, after = _transmittances(alphas, pixels)
    kept = after > MIN_TRANSMITTANCE
    return splats[kept], pixels[kept]


def _candidates(projection: Projection, view: View) -> tuple[Tensor, Tensor]:
    """Gaussians, from near to far, and every pixel of their boxes."""
    radii, means2d = projection.radii, projection.means2d
    size = torch.tensor([view.width, view.height], device=radii.device)
    first = torch.minimum((means2d - 0.5 - radii).ceil().clamp(min=0), size).long()
    last = torch.minimum((means2d - 0.5 + radii).floor() + 1, size).clamp(min=0).long()
    boxes = (last - first).clamp(min=0) * (radii > 0)
    order = torch.argsort(projection.depths.float(), stable=True)  # float32 decides ties, as on a graphics card
    counts = boxes.prod(-1)[order]
    splats = torch.repeat_interleave(order, counts)
    index = torch.arange(len(splats), device=radii.device)
    index = index - torch.repeat_interleave(torch.cumsum(counts, 0) - counts, counts)
    columns = boxes[splats, 0]
    return splats, (first[splats, 1] + index // columns) * view.width + first[splats, 0] + index % columns


def _alphas(
    projection: Projection, splats: Tensor, pixels: Tensor, view: View, absgrad: Tensor | None = None
) -> tuple[Tensor, Tensor]:
    """[P] alphas of pairs, and the falloff's exponent."""
    centers = torch.stack([pixels % view.width, pixels // view.width], -1) + 0.5
    means2d = projection.means2d[splats]
    if absgrad is not None and means2d.requires_grad:
        means2d.register_hook(_adder(absgrad, splats))
    x, y = (centers.to(means2d.dtype) - means2d).unbind(-1)
    a, b, c = projection.factors[splats].unbind(-1)
    u, v = a * x + b * y, c * y
    falloff = 0.5 * (u * u + v * v)
    return (projection.opacities[splats] * torch.exp(-falloff)).clamp(max=MAX_ALPHA), falloff


def _adder(absgrad: Tensor, splats: Tensor) -> Callable[[Tensor], None]:
    def add(gradient: Tensor) -> None:
        absgrad.index_add_(0, splats, gradient.abs())

    return add


def _transmittances(alphas: Tensor, pixels: Tensor) -> tuple[Tensor, Tensor]:
    """[P] what passes before and after each contribution, for pairs sorted by pixel."""
    logs = torch.log1p(-alphas.double())  # one sum runs through all pixels, which float32 would not survive
    after = torch.cumsum(logs, 0)
    before = after - logs
    start = torch.ones_like(pixels, dtype=torch.bool)
    start[1:] = pixels[1:] != pixels[:-1]
    index = torch.arange(len(pixels), device=pixels.device)
    base = before[torch.cummax(torch.where(start, index, 0), 0).values]
    return torch.exp(before - base).to(alphas.dtype), torch.exp(after - base).to(alphas.dtype)


def shade(degree: int, means: Tensor, coefficients: Tensor, viewmat: Tensor) -> Tensor:  # [N, 3]
    """Colours that a camera sees of spherical harmonics [N, K, 3]."""
    center = -torch.linalg.solve(viewmat[:3, :3], viewmat[:3, 3])
    return spherical_harmonics(degree, means - center, coefficients)
