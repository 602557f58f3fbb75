"""`rasterization`: check, then draw scene by scene and camera by camera."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Sequence
from typing import Any, Literal, NamedTuple

import torch
from torch import Tensor

from personify.render.gaussians import cuda, oracle
from personify.render.gaussians.checks import check_choices, check_shapes, check_values, check_view
from personify.render.gaussians.view import Projection, View

RenderMode = Literal["RGB", "D", "ED", "RGB+D", "RGB+ED"]


class Backend(NamedTuple):
    """One way to draw; `oracle` documents the functions."""

    project: Callable[..., Projection]
    shade: Callable[..., Tensor]
    blend: Callable[..., tuple[Tensor, Tensor]]


GEOMETRY = ("means", "quats", "scales", "covars", "opacities", "viewmats", "Ks")
ORACLE = Backend(oracle.project, oracle.shade, oracle.blend)


def rasterization(
    means: Tensor,
    quats: Tensor | None,
    scales: Tensor | None,
    opacities: Tensor,
    colors: Tensor | None,
    viewmats: Tensor,
    Ks: Tensor,
    width: int,
    height: int,
    *,
    near_plane: float = 0.01,
    far_plane: float = 1e10,
    radius_clip: float = 0.0,
    eps2d: float = 0.3,
    sh_degree: int | None = None,
    backgrounds: Tensor | None = None,
    render_mode: RenderMode = "RGB",
    absgrad: bool = False,
    rasterize_mode: Literal["classic", "antialiased"] = "classic",
    camera_model: Literal["pinhole", "ortho"] = "pinhole",
    covars: Tensor | None = None,
) -> tuple[Tensor, Tensor, dict[str, Any]]:
    """Draw 3D Gaussians (Kerbl et al. 2023); names, shapes and meaning are those of gsplat's function.

    Float32 tensors on the CPU are drawn by compiled kernels, on an NVIDIA card by gsplat if it is installed; anything
    else, float64 above all, by plain PyTorch. Differentiable in every tensor but ``Ks``. Leading dimensions ``...`` are
    scenes and the same in all arguments.

    Args:
        means: [..., N, 3] metres.
        quats: [..., N, 4] rotations wxyz, not zero; need not be normalised.
        scales: [..., N, 3] standard deviations along the rotated axes, metres, at least 0.
        opacities: [..., N] in [0, 1].
        colors: [..., (C,) N, D] of any number of channels; with ``sh_degree`` [..., (C,) N, K, 3] harmonics.
        viewmats: [..., C, 4, 4] world-to-camera, OpenCV axes.
        Ks: [..., C, 3, 3] pixels (pixels per metre if ortho); pixel centres lie at +0.5. No gradient.
        width: pixels.
        height: pixels.
        near_plane: Gaussians with nearer centres are not drawn, metres.
        far_plane: Gaussians with farther centres are not drawn, metres.
        radius_clip: Gaussians of at most this radius on screen are not drawn, pixels.
        eps2d: added to the variances on screen, pixels squared.
        sh_degree: 0 to 3 if ``colors`` are spherical harmonics, of which the first (sh_degree + 1)^2 are used.
        backgrounds: [..., C, D]; black if None. Depth has none.
        render_mode: what the last dimension holds: colours, depth accumulated (D) or divided by alpha (ED), or both.
        absgrad: fill ``meta["means2d"].absgrad`` [..., C, N, 2] in the backward pass: sums over pixels of the absolute
            gradient, by which Gaussians are split (Ye et al. 2024).
        rasterize_mode: "antialiased" lowers opacities by what ``eps2d`` adds in area (Yu et al. 2024).
        camera_model: of all cameras.
        covars: [..., N, 3, 3] symmetric, instead of ``quats`` and ``scales``, which are then None.

    Returns:
        The pictures [..., C, height, width, X] with X = D, 1 or D + 1, their alphas [..., C, height, width, 1], and
        ``meta`` with means2d [..., C, N, 2], radii [..., C, N, 2] (0 = not drawn), depths, opacities [..., C, N] and
        factors [..., C, N, 3], of which `conics` makes conics. A loss on these and ``retain_grad`` work, as the picture
        depends on them.

    Raises:
        PersonifyError: an argument has the wrong type, shape, dtype or device, or values that cannot be drawn.

    Example:
        >>> red = torch.tensor([[1.0, 0.0, 0.0]])
        >>> image, alpha, meta = rasterization(
        ...     means=torch.tensor([[0.0, 0.0, 2.0]]), quats=torch.tensor([[1.0, 0.0, 0.0, 0.0]]),
        ...     scales=torch.full((1, 3), 0.1), opacities=torch.tensor([0.8]), colors=red, viewmats=torch.eye(4)[None],
        ...     Ks=torch.tensor([[[20.0, 0.0, 8.5], [0.0, 20.0, 8.5], [0.0, 0.0, 1.0]]]), width=16, height=16)
        >>> image[0, 8, 8].tolist() == [alpha[0, 8, 8].item(), 0.0, 0.0]
        True
        >>> round(alpha[0, 8, 8].item(), 4)
        0.8
    """
    check_choices(
        sh_degree=sh_degree, render_mode=render_mode, rasterize_mode=rasterize_mode, camera_model=camera_model
    )
    antialiased, ortho = rasterize_mode == "antialiased", camera_model == "ortho"
    near_plane, far_plane, radius_clip, eps2d = map(float, (near_plane, far_plane, radius_clip, eps2d))
    view = View(width, height, near_plane, far_plane, radius_clip, eps2d, antialiased, ortho)
    check_view(view)
    tensors: dict[str, Tensor | None] = {"means": means, "quats": quats, "scales": scales, "covars": covars}
    tensors |= {"opacities": opacities, "colors": colors, "viewmats": viewmats, "Ks": Ks, "backgrounds": backgrounds}
    check_shapes(tensors, sh_degree, render_mode)
    check_values(tensors)
    if means.is_cuda and means.dtype == torch.float32 and cuda.available():
        modes = {"render_mode": render_mode, "rasterize_mode": rasterize_mode, "sh_degree": sh_degree}
        return cuda.rasterization(tensors, view, absgrad=absgrad, **modes)
    return draw(_backend(means), tensors, view, sh_degree=sh_degree, render_mode=render_mode, absgrad=absgrad)


def compiled() -> Backend:
    """The numba kernels, or the oracle where numba does not compile (``NUMBA_DISABLE_JIT``) or has changed too much."""
    import numba

    if numba.config.DISABLE_JIT:  # type: ignore[attr-defined]
        return ORACLE
    try:
        from personify.render.gaussians import cpu
    except (ImportError, AttributeError) as error:
        warnings.warn(
            f"Gaussians are drawn slowly, as numba {numba.__version__} is not understood: {error}", stacklevel=2
        )
        return ORACLE
    return Backend(cpu.project, cpu.shade, cpu.blend)


def _backend(means: Tensor) -> Backend:
    return compiled() if means.device.type == "cpu" and means.dtype == torch.float32 else ORACLE


def draw(
    backend: Backend,
    tensors: dict[str, Tensor | None],
    view: View,
    *,
    sh_degree: int | None = None,
    render_mode: str = "RGB",
    absgrad: bool = False,
) -> tuple[Tensor, Tensor, dict[str, Any]]:
    """`rasterization` of checked arguments by a given backend."""
    shape, pictures = _split(tensors, sh_degree)
    projections = [backend.project(*(one[name] for name in GEOMETRY), view) for one in pictures]
    # Joined before blending, so that the pictures depend on the very tensors that are handed out.
    screen = Projection(*(_join(values, shape) for values in zip(*projections, strict=True)))
    absolute = torch.zeros_like(screen.means2d) if absgrad else None
    every_sums = [None] * len(pictures) if absolute is None else _parts(absolute, shape)
    images, alphas = [], []
    for one, sums, *parts in zip(pictures, every_sums, *(_parts(value, shape) for value in screen), strict=True):
        projection = Projection(*parts)
        colors, background = _channels(backend, one, projection, sh_degree, render_mode)
        image, alpha = backend.blend(projection, colors, background, view, sums)
        images.append(_expected_depth(image, alpha) if "ED" in render_mode else image)
        alphas.append(alpha)
    if absolute is not None:
        screen.means2d.absgrad = absolute  # type: ignore[attr-defined]
    return _join(images, shape), _join(alphas, shape), screen._asdict() | {"width": view.width, "height": view.height}


def _split(tensors: dict[str, Tensor | None], sh_degree: int | None) -> tuple[torch.Size, list[dict[str, Any]]]:
    """The leading shape (..., C), and the arguments of every picture without it."""
    means, viewmats = tensors["means"], tensors["viewmats"]
    assert means is not None
    assert viewmats is not None
    scenes, shape = means.shape[:-2], viewmats.shape[:-2]
    parts: dict[str, list[Tensor | None]] = {}
    for name, value in tensors.items():
        per_camera = name in ("viewmats", "Ks", "backgrounds")
        if name == "colors" and value is not None:
            per_camera = value.ndim == len(shape) + (2 if sh_degree is None else 3)
        if value is None:
            parts[name] = [None] * shape.numel()
        elif per_camera:
            parts[name] = [*_parts(value, shape)]
        else:
            parts[name] = [part for part in _parts(value, scenes) for _ in range(shape[-1])]
    return shape, [{name: values[k] for name, values in parts.items()} for k in range(shape.numel())]


def _join(values: Sequence[Tensor], shape: torch.Size) -> Tensor:  # [...] each -> [*shape, ...]
    joined = values[0][None] if len(values) == 1 else torch.stack(list(values))
    return joined.reshape(*shape, *values[0].shape)


def _parts(value: Tensor, shape: torch.Size) -> list[Tensor]:  # [*shape, ...] -> [...] each
    rest = value.shape[len(shape) :]
    # One alone is not cut out, which saves its gradient from being put together again.
    return [value.reshape(rest)] if shape.numel() == 1 else list(value.reshape(shape.numel(), *rest).unbind())


def _channels(
    backend: Backend, one: dict[str, Any], projection: Projection, sh_degree: int | None, render_mode: str
) -> tuple[Tensor, Tensor | None]:
    """What is composited, [N, X], and its background, [X]: colours, depth (which has no background) or both."""
    colors, background = one["colors"], one["backgrounds"]
    depths = projection.depths[:, None]
    if "RGB" not in render_mode:
        return depths, None
    if sh_degree is not None:
        colors = backend.shade(sh_degree, one["means"], colors, one["viewmats"])
    if render_mode == "RGB":
        return colors, background
    return torch.cat([colors, depths], -1), None if background is None else torch.nn.functional.pad(background, (0, 1))


def _expected_depth(image: Tensor, alpha: Tensor) -> Tensor:
    """The last channel divided by alpha, as gsplat does."""
    return torch.cat([image[..., :-1], image[..., -1:] / alpha.clamp(min=1e-10)], -1)
