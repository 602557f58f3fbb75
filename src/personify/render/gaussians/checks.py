"""What `rasterization` accepts: every refusal is one line that names the argument, the place and what to do."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import torch
from torch import Tensor

from personify.errors import PersonifyError
from personify.render.gaussians.view import View

MAX_PIXELS = 1 << 28


def check_choices(**chosen: Any) -> None:
    """Words that say how to draw."""
    choices = {
        "sh_degree": (None, 0, 1, 2, 3),
        "render_mode": ("RGB", "D", "ED", "RGB+D", "RGB+ED"),
        "rasterize_mode": ("classic", "antialiased"),
        "camera_model": ("pinhole", "ortho"),
    }
    for name, allowed in choices.items():
        if chosen[name] not in allowed:
            _refuse(f"{name} is {chosen[name]!r}; expected one of {', '.join(map(str, allowed))}")


def check_view(view: View) -> None:
    """Numbers of the picture."""
    for name in ("width", "height"):
        size = getattr(view, name)
        if isinstance(size, bool) or not isinstance(size, int) or size < 1:
            _refuse(f"{name} is {size!r}; expected a positive integer number of pixels")
    if view.width * view.height > MAX_PIXELS:
        _refuse(f"{view.width} x {view.height} is more than {MAX_PIXELS} pixels; draw it in parts")
    for name in ("near_plane", "far_plane", "radius_clip", "eps2d"):
        if not math.isfinite(getattr(view, name)) or getattr(view, name) < 0:
            _refuse(f"{name} is {getattr(view, name)!r}; expected a finite number, at least 0")
    if view.near_plane == 0 and not view.ortho:
        _refuse("near_plane is 0; a pinhole camera needs a positive one")


def check_shapes(tensors: dict[str, Tensor | None], sh_degree: int | None, render_mode: str) -> None:
    """Types, shapes, dtypes and devices; ``tensors`` holds the arguments by name."""
    for name, value in tensors.items():
        if value is not None and not isinstance(value, Tensor):
            _refuse(f"{name} is a {type(value).__name__}; expected a tensor")
    means, viewmats = _given(tensors, "means"), _given(tensors, "viewmats")
    if means.ndim < 2 or means.shape[-1] != 3:
        _refuse(f"means has shape {list(means.shape)}; expected [..., N, 3]")
    if viewmats.ndim < 3:
        _refuse(f"viewmats has shape {list(viewmats.shape)}; expected [..., C, 4, 4]")
    if not means.is_floating_point():
        _refuse(f"means is {means.dtype}; expected a floating dtype, usually float32")
    batch, count, cameras = list(means.shape[:-2]), means.shape[-2], viewmats.shape[-3]
    if cameras == 0 or 0 in batch:
        _refuse(f"nothing to draw: means {list(means.shape)}, viewmats {list(viewmats.shape)}; expected a camera")
    expected: dict[str, list[list[Any]]] = {
        "opacities": [[*batch, count]],
        "viewmats": [[*batch, cameras, 4, 4]],
        "Ks": [[*batch, cameras, 3, 3]],
        **_shape_shapes(tensors, batch, count),
        **_color_shapes(tensors, batch, count, cameras, sh_degree, render_mode),
    }
    for name, shapes in expected.items():
        value = _given(tensors, name)
        if list(value.shape) not in shapes:
            wanted = " or ".join(str(shape) for shape in shapes)
            _refuse(f"{name} has shape {list(value.shape)}; expected {wanted} for means {list(means.shape)}")
        if value.dtype != means.dtype or value.device != means.device:
            is_like = f"{means.dtype} on {means.device}"
            _refuse(f"{name} is {value.dtype} on {value.device}; expected {is_like} like means")


def _shape_shapes(tensors: dict[str, Tensor | None], batch: list[int], count: int) -> dict[str, list[list[Any]]]:
    if tensors["covars"] is not None:
        if tensors["quats"] is not None or tensors["scales"] is not None:
            _refuse("covars is given beside quats or scales; give either covars or both of these")
        return {"covars": [[*batch, count, 3, 3]]}
    return {"quats": [[*batch, count, 4]], "scales": [[*batch, count, 3]]}


def _color_shapes(
    tensors: dict[str, Tensor | None],
    batch: list[int],
    count: int,
    cameras: int,
    sh_degree: int | None,
    render_mode: str,
) -> dict[str, list[list[Any]]]:
    """Colours may be given per scene or per camera; pictures of depth alone need none."""
    colors, backgrounds = tensors["colors"], tensors["backgrounds"]
    shapes: dict[str, list[list[Any]]] = {}
    channels = 1
    if "RGB" in render_mode:
        colors = _given(tensors, "colors")
        last = list(colors.shape[-1:]) if sh_degree is None else [*colors.shape[-2:-1], 3]
        channels = last[-1] if last else 0
        if channels == 0:
            _refuse(f"colors has shape {list(colors.shape)}; expected at least one channel")
        if sh_degree is not None and (colors.ndim < len(batch) + 3 or colors.shape[-2] < (sh_degree + 1) ** 2):
            needed = f"[..., K, 3] with K >= {(sh_degree + 1) ** 2} for sh_degree {sh_degree}"
            _refuse(f"colors has shape {list(colors.shape)}; expected {needed}")
        shapes["colors"] = [[*batch, count, *last], [*batch, cameras, count, *last]]
    if backgrounds is not None:
        shapes["backgrounds"] = [[*batch, cameras, channels]]
    return shapes


def check_values(tensors: dict[str, Tensor | None]) -> None:
    """Finite numbers, rotations that exist, scales and opacities in range.

    One pass over each tensor: the smallest and largest value also tell NaN and infinity.
    """
    ranges = {
        "scales": (0.0, math.inf, "expected at least 0; pass the exponential of log-scales"),
        "opacities": (0.0, 1.0, "expected values in [0, 1]; pass the sigmoid of logits"),
    }
    for name, value in tensors.items():
        if value is None or value.numel() == 0:
            continue
        low, high = (float(end) for end in torch.aminmax(value.detach()))
        if not (math.isfinite(low) and math.isfinite(high)):
            at, worst = _first(value, ~value.isfinite())
            _refuse(f"{name}{at} is {worst}; expected finite values")
        lowest, highest, hint = ranges.get(name, (-math.inf, math.inf, ""))
        if low < lowest or high > highest:
            at, worst = _first(value, (value < lowest) | (value > highest))
            _refuse(f"{name}{at} is {worst:.6g}; {hint}")
    _check_quaternions(tensors["quats"])
    focal = _given(tensors, "Ks")[..., (0, 1), (0, 1)]
    if focal.numel() and float(focal.detach().min()) <= 0:
        at, worst = _first(focal, focal <= 0)
        _refuse(f"Ks: focal length {worst:.6g} at {at}; expected positive pixels")


def _check_quaternions(quats: Tensor | None) -> None:
    if quats is None or quats.numel() == 0:
        return
    quats = quats.detach()
    largest = quats.abs().amax(-1)
    if float(largest.min()) < 1e-12:
        at, _ = _first(largest, largest < 1e-12)
        _refuse(f"quats{at} is zero; a rotation needs a quaternion that is not, e.g. [1, 0, 0, 0]")


def _first(value: Tensor, bad: Tensor) -> tuple[Sequence[int], float]:
    at = bad.nonzero()[0].tolist()
    return at, float(value.detach()[tuple(at)])


def _given(tensors: dict[str, Tensor | None], name: str) -> Tensor:
    value = tensors[name]
    if value is None:
        instead = " (or covars)" if name in ("quats", "scales") else ""
        _refuse(f"{name} is missing; expected a tensor{instead}")
    assert value is not None
    return value


def _refuse(what: str) -> None:
    raise PersonifyError(f"rasterization: {what}")
