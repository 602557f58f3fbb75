"""The compiled backend: numba kernels as differentiable PyTorch operations, for float32 on the CPU."""

from __future__ import annotations

import math
import threading
from typing import Any

import numba
import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.autograd import Function
from torch.autograd.function import once_differentiable

from personify.errors import PersonifyError
from personify.render.gaussians.blending import blend_forward
from personify.render.gaussians.blending_backward import add_slots, blend_backward, sums_size
from personify.render.gaussians.harmonics import shade_backward, shade_forward
from personify.render.gaussians.projection import BLOCK, project_forward
from personify.render.gaussians.projection_backward import project_backward
from personify.render.gaussians.tiles import TILE, deal, pack, record_size
from personify.render.gaussians.view import Projection, View

# A picture keeps all cores busy, and numba's fallback threading layer ends the process when two threads use it at once.
_ONE_AT_A_TIME = threading.Lock()
MOST_PAIRS = 2**31 - 1  # (Gaussian, tile) pairs that 32 bits can number
_CHUNK = 4096  # Gaussians; fewer are not worth another thread


def project(
    means: Tensor,
    quats: Tensor | None,
    scales: Tensor | None,
    covars: Tensor | None,
    opacities: Tensor,
    viewmat: Tensor,
    K: Tensor,
    view: View,
) -> Projection:
    """See `oracle.project`."""
    return Projection(*_Project.apply(means, quats, scales, covars, opacities, viewmat, K, view))


def blend(
    projection: Projection, colors: Tensor, background: Tensor | None, view: View, absgrad: Tensor | None = None
) -> tuple[Tensor, Tensor]:
    """See `oracle.blend`."""
    if background is None:
        background = colors.new_zeros(colors.shape[-1])
    image, alpha = _Blend.apply(*projection, colors, background, view, absgrad)
    return image, alpha


class _Project(Function):
    @staticmethod
    def forward(
        ctx: Any,
        means: Tensor,
        quats: Tensor | None,
        scales: Tensor | None,
        covars: Tensor | None,
        opacities: Tensor,
        viewmat: Tensor,
        K: Tensor,
        view: View,
    ) -> tuple[Tensor, ...]:
        count = len(means)
        screen = (
            means.new_empty(count, 2),
            means.new_empty(count, 3),
            means.new_empty(count),
            means.new_empty(count),
            means.new_empty(count, 2, dtype=torch.int32),
        )
        scene = _scene(means, quats, scales, covars, opacities)
        with _ONE_AT_A_TIME:
            project_forward(scene, _double(viewmat), _double(K), view, tuple(value.numpy() for value in screen))
        ctx.save_for_backward(means, quats, scales, covars, opacities, viewmat, K)
        ctx.view = view
        ctx.mark_non_differentiable(screen[-1])
        return screen

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, *gradients: Tensor) -> tuple[Tensor | None, ...]:
        *scene, viewmat, K = ctx.saved_tensors
        means, covars, count = scene[0], scene[3], len(scene[0])
        of_quats, of_covars = (0, count) if covars is not None else (count, 0)
        shapes = (count, 3), (of_quats, 4), (of_quats, 3), (of_covars, 3, 3), (count,)
        results = tuple(means.new_empty(shape) for shape in shapes)
        blocks = -(-count // int(BLOCK)) if ctx.needs_input_grad[5] else 0
        parts = np.empty((blocks, 3, 4))
        with _ONE_AT_A_TIME:
            project_backward(
                _scene(*scene),
                _double(viewmat),
                _double(K),
                ctx.view,
                tuple(_array(gradient) for gradient in gradients[:4]),
                (*(result.numpy() for result in results), parts),
            )
        of_viewmat = None
        if ctx.needs_input_grad[5]:
            of_viewmat = torch.nn.functional.pad(torch.from_numpy(parts.sum(0)).to(viewmat.dtype), (0, 0, 0, 1))
        kept = (result if needed else None for result, needed in zip(results, ctx.needs_input_grad[:5], strict=True))
        return (*kept, of_viewmat, None, None)


def shade(degree: int, means: Tensor, coefficients: Tensor, viewmat: Tensor) -> Tensor:  # [N, 3]
    """See `oracle.shade`."""
    center = -torch.linalg.solve(viewmat[:3, :3], viewmat[:3, 3])
    colors: Tensor = _Shade.apply((degree + 1) ** 2, means, center, coefficients)
    return colors


class _Shade(Function):
    @staticmethod
    def forward(ctx: Any, used: int, means: Tensor, center: Tensor, coefficients: Tensor) -> Tensor:
        colors = means.new_empty(len(means), 3)
        with _ONE_AT_A_TIME:
            shade_forward(used, tuple(map(_array, (means, center, coefficients, colors))))
        ctx.save_for_backward(means, center, coefficients, colors)
        ctx.used = used
        return colors

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, g_colors: Tensor) -> tuple[Tensor | None, ...]:
        means, center, coefficients, colors = ctx.saved_tensors
        g_means, g_coefficients = torch.empty_like(means), coefficients.new_empty(coefficients.shape)
        given = means, center, coefficients, colors, g_colors, g_means, g_coefficients
        with _ONE_AT_A_TIME:
            shade_backward(ctx.used, tuple(map(_array, given)))
        return None, g_means, -g_means.sum(0), g_coefficients


class _Blend(Function):
    @staticmethod
    def forward(
        ctx: Any,
        means2d: Tensor,
        factors: Tensor,
        depths: Tensor,
        opacities: Tensor,
        radii: Tensor,
        colors: Tensor,
        background: Tensor,
        view: View,
        absgrad: Tensor | None,
    ) -> tuple[Tensor, Tensor]:
        image = means2d.new_empty(view.height, view.width, colors.shape[-1])
        alpha, passed = means2d.new_empty(view.height, view.width, 1), means2d.new_empty(view.height, view.width)
        screen = tuple(_array(value) for value in (means2d, factors, depths, opacities, radii))
        with _ONE_AT_A_TIME:
            ctx.slots, ctx.lists = _draw(
                screen, _array(colors), _array(background), view, tuple(map(_array, (image, alpha, passed)))
            )
        ctx.save_for_backward(factors, opacities, colors, image)
        ctx.passed, ctx.absgrad = passed, absgrad
        return image, alpha

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, g_image: Tensor, g_alpha: Tensor) -> tuple[Tensor | None, ...]:
        factors, opacities, colors, _ = ctx.saved_tensors
        results = tuple(
            torch.empty_like(value, memory_format=torch.contiguous_format)
            for value in (factors[:, :2], factors, opacities, colors)
        )
        absolute = np.empty((0, 2), np.float32) if ctx.absgrad is None else ctx.absgrad.numpy()
        with _ONE_AT_A_TIME:
            _adjoint(ctx, g_image, g_alpha, (*(result.numpy() for result in results), absolute))
        g_means2d, g_factors, g_opacities, g_colors = results
        g_background = None
        if ctx.needs_input_grad[6]:
            g_background = (g_image * ctx.passed[..., None]).sum((0, 1))
        return g_means2d, g_factors, None, g_opacities, None, g_colors, g_background, None, None


def _draw(
    screen: tuple[NDArray[Any], ...],
    colors: NDArray[np.float32],
    background: NDArray[np.float32],
    view: View,
    pictures: tuple[NDArray[np.float32], ...],
) -> tuple[Any, ...]:
    """Fill picture, alpha and transmittance; slots, and the lists that the adjoint needs."""
    tiles = (-(-view.width // TILE), -(-view.height // TILE))
    chunks = max(1, min(numba.get_num_threads(), len(colors) // _CHUNK))
    # From torch, because its memory starts at a cache line.
    records = torch.empty(len(colors), record_size(colors.shape[1])).numpy()
    slots = np.empty(len(colors) + 1, np.int64)
    counts = pack(screen, colors, tiles, chunks, view.width, view.height, records, slots)
    if counts.sum(dtype=np.int64) > MOST_PAIRS:
        raise PersonifyError(
            f"rasterization: {len(colors)} Gaussians cover more than {MOST_PAIRS} tiles; "
            "draw fewer, or a smaller picture"
        )
    starts, members = deal(records, tiles, counts, slots)
    stride = _stride(tiles[0] * tiles[1])
    stops = blend_forward(stride, tiles, starts, members, records, background, pictures)
    return slots, (stride, tiles, starts, stops, members, records)


def _adjoint(ctx: Any, g_image: Tensor, g_alpha: Tensor, results: tuple[NDArray[np.float32], ...]) -> None:
    factors, opacities, _, image = ctx.saved_tensors
    # From torch, because its memory starts at a cache line.
    sums = torch.empty(int(ctx.slots[-1]), sums_size(image.shape[-1])).numpy()
    places = np.empty(len(sums), np.int32)
    pictures = tuple(_array(value) for value in (image, ctx.passed, g_image, g_alpha))
    blend_backward(ctx.lists, ctx.absgrad is not None, pictures, sums, places)
    add_slots(ctx.slots, places, sums, _array(factors), _array(opacities), results)


def _stride(tiles: int) -> int:
    """A step that visits every tile once, neighbours at very different times."""
    step = max(1, int(tiles * 0.618))
    while math.gcd(step, tiles) != 1:
        step += 1
    return step


def _scene(
    means: Tensor, quats: Tensor | None, scales: Tensor | None, covars: Tensor | None, opacities: Tensor
) -> tuple[NDArray[np.float32], ...]:
    """Arrays for the kernels; what is not given is empty."""
    quats = means.new_empty(0, 4) if quats is None else quats
    scales = means.new_empty(0, 3) if scales is None else scales
    covars = means.new_empty(0, 3, 3) if covars is None else covars
    return tuple(_array(value) for value in (means, quats, scales, covars, opacities))


def _array(value: Tensor) -> NDArray[Any]:
    return value.detach().contiguous().numpy()


def _double(value: Tensor) -> NDArray[np.float64]:
    return value.detach().double().contiguous().numpy()
