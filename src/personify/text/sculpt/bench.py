"""What a step of sculpting costs with each of the three fields (``personify bench sculpt``)."""

from __future__ import annotations

import math
import time
from collections.abc import Callable
from typing import Any

import numba
import torch

from personify.doctor import cpu_name
from personify.render.cameras import Camera, frame_points
from personify.text.sculpt.field import Field
from personify.text.sculpt.hash_grid import HashGridField
from personify.text.sculpt.mlp import FULL, MLPField
from personify.text.sculpt.neus import Sampling
from personify.text.sculpt.solid import Solid
from personify.text.sculpt.surface import SurfaceField, SurfaceOptions
from personify.text.sculpt.volume import VolumeField
from personify.wardrobe.dress import dress
from personify.wardrobe.outfit import Outfit

SAMPLES = 8  # along every ray of the volumetric fields


def bench_sculpt(size: int = 64, steps: int = 3) -> dict[str, Any]:
    """Milliseconds per step (picture, gradient, Adam) of the same person through the same camera, fastest of several.

    The volumetric fields take 8 samples per ray; the published 64 cost the networks eight times as much.

    Args:
        size: pixels of the square picture.
        steps: measured per field, after one that does not count.
    """
    skeleton, parts = dress(Outfit(), 256)
    solid = Solid.of(parts, skeleton)
    camera = frame_points(solid.vertices, math.radians(20), width=size, height=size)
    torch.manual_seed(0)
    networks = MLPField(FULL, *solid.bounding_sphere())
    networks.proxy, networks.sampling = solid, Sampling(uniform=SAMPLES, importance=0)
    fields: dict[str, Callable[[], Field]] = {
        "surface": lambda: SurfaceField(solid, SurfaceOptions(supersample=1)),
        "hash grid": lambda: HashGridField(solid),
        "networks of the paper": lambda: networks,
    }
    rows = [_measure(name, make(), camera, steps) for name, make in fields.items()]
    for row in rows:
        row["times as fast as the paper"] = round(rows[-1]["us per ray"] / row["us per ray"], 1)
    return {
        "device": f"cpu, {cpu_name()}",
        "threads": {"torch": torch.get_num_threads(), "numba": numba.get_num_threads()},
        "picture, pixels": size,
        "fields": rows,
    }


def _measure(name: str, field: Field, camera: Camera, steps: int) -> dict[str, Any]:
    optimizer = torch.optim.Adam(field.parameter_groups())
    fastest, rays = math.inf, 0
    for step in range(steps + 1):
        start = time.perf_counter()
        image = field.render(camera)
        loss = image.stylized_color.square().mean() + image.normals[..., 1].mean()
        for penalty in (*image.regularization.values(), *field.regularization().values()):
            loss = loss + 0.1 * penalty
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        fastest = fastest if step == 0 else min(fastest, time.perf_counter() - start)
        rays = int((image.opacity != 0).sum())
    samples = SAMPLES if isinstance(field, VolumeField) else 1
    return {
        "field": name,
        "ms per step": round(1e3 * fastest, 1),
        "rays": rays,
        "samples per ray": samples,
        "us per ray": round(1e6 * fastest / rays, 1),
    }
