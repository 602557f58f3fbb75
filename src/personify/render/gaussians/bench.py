"""How fast Gaussians are drawn here (``personify bench splat``), how far from the machine's limit, and how it grows."""

from __future__ import annotations

import os
import platform
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import cache
from typing import Any

import numba
import numpy as np
import torch
from torch import Tensor

from personify.body.anny import AnnyBody
from personify.render.cameras import frame_points
from personify.render.gaussians import oracle
from personify.render.gaussians.api import GEOMETRY, ORACLE, compiled, draw
from personify.render.gaussians.growth import growth
from personify.render.gaussians.view import View

Scene = dict[str, Tensor | None]

SIZES = ((5_000, 128), (5_000, 256), (5_000, 512), (20_000, 128), (20_000, 256), (20_000, 512), (100_000, 512))
COMPARED = ((5_000, 128), (20_000, 256))  # plain PyTorch is too slow for the rest
SECONDS = 0.5  # per measurement; the fastest repeat counts, because other programs only ever slow one down
# By counting operations: per (pixel, Gaussian) pair, and bytes per Gaussian and direction.
FLOPS_FORWARD, FLOPS_BACKWARD, BYTES = 40, 75, 120


def bench_splat(seconds: float = SECONDS) -> dict[str, Any]:
    """Milliseconds of pictures of a body, of the same by plain PyTorch, the machine's limits, and the growth.

    Times are those of the fastest repeat. Where other programs keep the cores busy (see the load), "times the
    computing" still tells: it compares processor time, which they do not take.
    """
    sgemm, copy = _sgemm(), _copy()
    rows = [_measure(count, size, seconds, sgemm, copy) for count, size in SIZES]
    return {
        "device": f"cpu, {platform.processor() or platform.machine()}",
        "threads": numba.get_num_threads(),
        "load when started": round(os.getloadavg()[0], 1) if hasattr(os, "getloadavg") else None,
        "arithmetic, GFLOP/s": round(sgemm / 1e9, 1),
        "memory, GB/s": round(copy / 1e9, 1),
        "pictures": rows,
        "growth": growth(rows),
        "threads, times as fast as one": _speedup(20_000, 256, seconds),
    }


def body_scene(count: int, size: int, seed: int = 0) -> tuple[Scene, View]:
    """A body covered with flat Gaussians, in random order, and a camera that sees all of it.

    Args:
        count: Gaussians; their size follows from how densely they lie.
        size: pixels of the square picture.
    """
    vertices, faces = _surface()
    generator = np.random.default_rng(seed)
    corners = vertices[faces]
    normals = np.cross(corners[:, 1] - corners[:, 0], corners[:, 2] - corners[:, 0])
    areas = np.linalg.norm(normals, axis=1) / 2
    chosen = generator.choice(len(faces), count, p=areas / areas.sum())
    weights = generator.dirichlet([1, 1, 1], count)
    sigma = 0.6 * np.sqrt(areas.sum() / count)
    scales = sigma * np.exp(generator.normal(0, 0.3, (count, 3))) * [1, 1, 0.3]
    means = (corners[chosen] * weights[..., None]).sum(1)
    camera = frame_points(vertices, width=size, height=size)
    numbers: dict[str, Any] = {
        "means": means,
        "quats": _facing(normals[chosen] / (2 * areas[chosen, None]), generator),
        "scales": scales,
        "covars": None,
        "opacities": generator.uniform(0.6, 0.99, count),
        "colors": generator.random((count, 3)),
        "viewmats": camera.viewmat[None],
        "Ks": camera.K[None],
        "backgrounds": np.ones((1, 3)),
    }
    scene = {name: None if value is None else torch.tensor(value).float() for name, value in numbers.items()}
    return scene, View(size, size, 0.01, 1e10, 0.0, 0.3, False, False)


@cache
def _surface() -> tuple[Any, Any]:
    """Vertices [V, 3] and triangles [F, 3] of a body."""
    body = AnnyBody()
    return body().vertices[0].detach().numpy(), body.faces.numpy()


def _facing(normals: Any, generator: np.random.Generator) -> Any:  # [N, 3] -> [N, 4]
    """Quaternions that turn +Z towards normals, after a random turn about it."""
    half = np.concatenate([1 + normals[:, 2:], -normals[:, 1:2], normals[:, :1], np.zeros((len(normals), 1))], 1)
    half[half[:, 0] < 1e-6] = [0, 1, 0, 0]
    half /= np.linalg.norm(half, axis=1, keepdims=True)
    turn = generator.uniform(0, np.pi, len(normals))
    c, s = np.cos(turn), np.sin(turn)
    w, x, y, z = half.T
    return np.stack([w * c - z * s, x * c + y * s, y * c - x * s, z * c + w * s], 1)


def _measure(count: int, size: int, seconds: float, sgemm: float, copy: float) -> dict[str, Any]:
    scene, view = body_scene(count, size)
    forward, both, computing = _times(compiled(), scene, view, seconds)
    pairs, covered = _work(scene, view)
    row: dict[str, Any] = {
        "Gaussians": count,
        "pixels": size,
        "pairs": pairs,
        "covered pixels": covered,
        "forward, ms": round(forward * 1000, 2),
        "both ways, ms": round(both * 1000, 2),
        "forward, fps": round(1 / forward),
        "limit both ways, ms": round(_limit(count, pairs, sgemm, copy) * 1000, 2),
    }
    if (count, size) in COMPARED:
        slow_forward, slow_both, slow_computing = _times(ORACLE, scene, view, seconds)
        row["PyTorch, times as long"] = round(slow_forward / forward, 1)
        row["PyTorch both ways, times as long"] = round(slow_both / both, 1)
        row["PyTorch both ways, times the computing"] = round(slow_computing / computing, 1)
    return row


def _times(backend: Any, scene: Scene, view: View, seconds: float) -> tuple[float, float, float]:
    """Seconds of a picture, of a picture with all gradients, and of the processor for the latter."""
    names = ("means", "quats", "scales", "opacities", "colors")
    leaves = {
        name: value.clone().requires_grad_() for name, value in scene.items() if value is not None and name in names
    }
    generator = torch.Generator().manual_seed(0)
    upstream = [torch.rand(1, view.height, view.width, channels, generator=generator) for channels in (3, 1)]

    def forward() -> None:
        with torch.no_grad():
            draw(backend, scene, view)

    def both() -> None:
        image, alpha, _ = draw(backend, {**scene, **leaves}, view)
        torch.autograd.grad([image, alpha], list(leaves.values()), upstream)

    return fastest(forward, seconds)[0], *fastest(both, seconds)


def fastest(work: Callable[[], object], seconds: float) -> tuple[float, float]:
    """Seconds of the quickest of many calls, by the clock and of the processor, after one that does not count."""
    work()
    best, end = np.full(2, np.inf), time.perf_counter() + seconds
    while time.perf_counter() < end or np.isinf(best).any():
        start = np.array([time.perf_counter(), time.process_time()])
        work()
        best = np.minimum(best, np.array([time.perf_counter(), time.process_time()]) - start)
    return float(best[0]), float(best[1])


@torch.no_grad()
def _work(scene: Scene, view: View) -> tuple[int, int]:
    """(Pixel, Gaussian) pairs that are composited, and pixels that anything covers."""
    one = {
        name: value[0] if name in ("viewmats", "Ks") and value is not None else value for name, value in scene.items()
    }
    _, pixels = oracle.pairs(ORACLE.project(*(one[name] for name in GEOMETRY), view), view)
    return len(pixels), len(pixels.unique())


def _limit(count: int, pairs: int, sgemm: float, copy: float) -> float:
    """Seconds that arithmetic and memory alone would take, forward and backward."""
    return pairs * (FLOPS_FORWARD + FLOPS_BACKWARD) / sgemm + 2 * count * BYTES / copy


def _sgemm() -> float:
    """Floating-point operations per second of a large matrix product."""
    a = torch.rand(768, 768)
    return float(2 * 768**3 / fastest(lambda: a @ a, 0.3)[0])


def _copy() -> float:
    """Bytes per second read and written by a copy that no cache holds."""
    a = torch.rand(16_000_000)
    b = torch.empty_like(a)
    return 2 * a.nbytes / fastest(lambda: b.copy_(a), 0.3)[0]


def _speedup(count: int, size: int, seconds: float) -> float:
    scene, view = body_scene(count, size)
    _, many, _ = _times(compiled(), scene, view, seconds)
    with _threads(1):
        _, one, _ = _times(compiled(), scene, view, seconds)
    return round(one / many, 2)


@contextmanager
def _threads(count: int) -> Iterator[None]:
    before = numba.get_num_threads()
    numba.set_num_threads(count)
    try:
        yield
    finally:
        numba.set_num_threads(before)
