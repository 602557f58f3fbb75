"""The kernels of light against the same formulas in plain numpy."""

from __future__ import annotations

import math

import numpy as np
import pytest
from numba import njit

from personify.render.cameras import frame_points
from personify.render.lights import Lights, Rig, Shadow, in_light, matrix_rows, set_up, visibility
from personify.render.reflection import lamps_of, shade, tone


def unit(vectors: np.ndarray) -> np.ndarray:
    return vectors / np.linalg.norm(vectors, axis=-1, keepdims=True)


def mix(a: np.ndarray, b: np.ndarray, t: np.ndarray) -> np.ndarray:
    return a + (b - a) * t


def plain_shade(
    rig: Rig, n: np.ndarray, v: np.ndarray, albedo: np.ndarray, roughness: float, metallic: float, lit: float,
    openness: float,
) -> np.ndarray:  # fmt: skip
    """Linear RGB of one surface, in float64 and with branches."""
    directions, colors, ambient = (np.asarray(array, float) for array in rig)
    nv = max(n @ v, 0.02)
    gloss = mix(1, mix(0.7, 0.02, roughness**2), 1 - metallic)
    base = 0.04 * (1 - metallic) + albedo * metallic
    diffuse = openness * mix(ambient[1], ambient[0], 0.5 + 0.5 * n[1])
    reflected = np.zeros(3)
    for index, (direction, color) in enumerate(zip(directions, colors, strict=True)):
        nl, seen = n @ direction, lit if index == 0 else openness
        creep = 0.7 * (np.clip((nl + 0.22) / 1.22, 0, 1) - max(nl, 0))
        diffuse += color * (max(nl, 0) * seen + creep * albedo / max(albedo.max(), 1e-4))
        if nl > 0:
            half = unit(direction + v)
            aa, k = roughness**4 + 0.09**2, (roughness + 1) ** 2 / 8
            spread = aa / (math.pi * (max(n @ half, 0) ** 2 * (aa - 1) + 1) ** 2)
            lobe = spread / (4 * mix(k, 1, nl) * mix(k, 1, nv) + 1e-4)
            glint = nl * mix(seen, 1, 0.6 * (1 - roughness) ** 2) * math.pi * gloss * (1.0 if index < 2 else 0.3)
            reflected += lobe * glint * color * mix(base, 1, (1 - v @ half) ** 5)
    mirror, blur = 2 * nv * n - v, 0.25 + 0.75 * roughness
    up = np.clip((mirror[1] + blur) / (2 * blur), 0, 1)
    sharp, dim = 2 / (0.02 + roughness**2) + 1, 1 - 0.7 * roughness
    key, rim = max(mirror @ directions[0], 0), max(mirror @ directions[2], 0)
    around = 1.5 * mix(0.7 * ambient[1], ambient[0], up * up * (3 - 2 * up))
    around = around + 2.2 * dim * key ** min(sharp, 24) * colors[0] + 1.2 * dim * rim ** min(sharp, 12)
    reach = lit * np.clip(4 * (n @ directions[0]), 0, 1)
    weight = openness * gloss * mix(mix(0.4, 1, reach), 1, metallic)
    edge = (1 - nv) ** 5 * (1 - roughness)
    return (1 - metallic) * albedo * diffuse + reflected + weight * around * mix(base, 1, edge)


def random_surfaces(count: int = 200) -> list[tuple]:
    """Normal, direction to the viewer, albedo, roughness, metallic, lit, openness: float32 numbers."""
    random = np.random.default_rng(0)
    v = unit(random.normal(size=(count, 3)))
    n = unit(v + 0.8 * random.normal(size=(count, 3)))
    rest = random.uniform(size=(count, 7)).astype(np.float32)
    rest[:, 3] = 0.05 + 0.95 * rest[:, 3]
    numbers = zip(n.astype(np.float32), v.astype(np.float32), rest, strict=True)
    return [(tuple(a), tuple(b), tuple(c[:3]), *c[3:]) for a, b, c in numbers]


def test_shading_agrees_with_plain_numpy() -> None:
    rig = set_up(Lights(), frame_points(np.eye(3), 0.4, width=8, height=8))
    for n, v, albedo, *rest in random_surfaces():
        expected = plain_shade(rig, *(np.array(vector, float) for vector in (n, v, albedo)), *map(float, rest))
        assert shade(lamps_of(rig), n, v, albedo, *rest) == pytest.approx(expected, rel=1e-4, abs=1e-5)


def test_bright_light_is_compressed_and_keeps_its_hue() -> None:
    for peak in (0.1, 0.5, 0.72, 0.9, 1.5, 4.0):
        color = tuple(np.float32([peak, peak / 2, peak / 4]))
        expected = peak if peak <= 0.72 else 1 - 0.28 * math.exp(-(peak - 0.72) / 0.28)
        assert tone(color) == pytest.approx([expected, expected / 2, expected / 4], rel=1e-5)


@njit
def lookup(shadow: Shadow, x: float, y: float, z: float) -> float:
    column, row, near = in_light(matrix_rows(shadow), (x, y, z))
    return visibility(shadow.nearness, column, row, near)


def plain_visibility(nearness: np.ndarray, column: float, row: float, near: float) -> float:
    """A tent three texels wide around a place, over those texels that let light pass."""
    rows, columns = np.indices(nearness.shape)
    tent = np.maximum(3 - abs(rows - row), 0) * np.maximum(3 - abs(columns - column), 0)
    return float((tent * (nearness <= near)).sum() / tent.sum())


def test_shadows_are_filtered_with_a_tent() -> None:
    random = np.random.default_rng(1)
    nearness = random.uniform(size=(40, 40)).astype(np.float32)
    shadow = Shadow(nearness, np.eye(3, 4, dtype=np.float32), np.float32(1))
    for x, y in random.uniform(2, 36.9, (100, 2)).astype(np.float32):
        expected = plain_visibility(nearness, float(x), float(y), 0.5)
        assert lookup(shadow, x, y, np.float32(0.5)) == pytest.approx(expected, abs=1e-5)


@pytest.mark.parametrize("place", [(-5, 20), (20, -5), (1.5, 20), (38, 20), (20, 1000)])
def test_outside_of_the_shadow_map_everything_is_lit(place: tuple[float, float]) -> None:
    shadow = Shadow(np.ones((40, 40), np.float32), np.eye(3, 4, dtype=np.float32), np.float32(1))
    assert lookup(shadow, *np.float32(place), np.float32(0)) == 1
