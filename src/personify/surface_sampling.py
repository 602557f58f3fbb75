"""From a textured mesh person to Gaussians: flat ones, spread over the surface."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
import torch
from numpy.typing import NDArray
from scipy.spatial import cKDTree

from personify.body.gaussians import Gaussians
from personify.body.mesh import Float, Int, MeshPart
from personify.body.rotations import matrix_to_quaternion, quaternion_to_matrix
from personify.errors import PersonifyError
from personify.export.normals import smooth_normals, tangents
from personify.export.textures import surface_colors
from personify.render.gaussians.spherical_harmonics import C0, basis

DENSITY = 0.5
SPREAD = 0.68  # standard deviation over the distance of two Gaussians: smaller ones leave gaps, larger ones blur
THICKNESS = 0.12  # over the standard deviation along the surface
OPACITY = 0.98
SIDES_APART = 0.1  # metres
COVERED = 0.014  # metres above a surface within which another part hides it
FLATTEST = 1e-12  # square metres; smaller faces are seen by nobody
_AMBIENT = 0.42  # share of the light that does not come from the lamp
_PLASTIC = 0.7548776662466927  # 1 / plastic number: steps of the plane's most even sequence (Roberts 2018)


def gaussians_from_parts(parts: Sequence[MeshPart], count: int = 100_000, seed: int = 0, lit: bool = True) -> Gaussians:
    """Sample the surface of mesh parts into flat Gaussians that carry its colours and skin weights.

    Args:
        parts: in the T-pose. Where a texture cuts holes there are no Gaussians.
        count: about how many. What lies closely under another part is left out.
        seed: of where they fall.
        lit: add the light of a lamp at the camera (harmonics of degree 2); else the plain colours of the textures.

    Returns:
        About ``count`` Gaussians, in the order of the parts.

    Raises:
        PersonifyError: no surface, or an argument is out of range.

    Example:
        >>> from personify.body.mesh import Material
        >>> card = MeshPart(
        ...     "card", np.float32([[0, 0, 0], [1, 0, 0], [0, 1, 0]]), np.array([[0, 1, 2]]),
        ...     np.zeros((3, 2), np.float32), np.ones((3, 1), np.float32), Material("red", (1, 0, 0, 1)))
        >>> len(gaussians_from_parts([card], 50))
        50
    """
    if not 1 <= count <= 10_000_000:
        raise PersonifyError(f"gaussians: count {count}; expected 1 to 10 million")
    areas = [_areas(part.validate()) for part in parts]
    wanted = [np.where(area > FLATTEST, area, 0) ** DENSITY for area in areas]
    total = sum(float(each.sum()) for each in wanted)
    if not total > 0:
        raise PersonifyError("gaussians: the parts have no surface; expected at least one face with an area")
    trial = _sample(parts, areas, wanted, max(count // 4, min(count, 200)) / total, seed, lit)
    seen = np.count_nonzero(trial.visible) / max(len(trial.visible), 1)  # not in a hole and not under something else
    samples = _sample(parts, areas, wanted, count / max(seen, 0.1) / total, seed, lit)
    return Gaussians(*(torch.from_numpy(field[samples.visible]) for field in samples.fields))


class _Samples(NamedTuple):
    """The fields of `Gaussians` for all parts, and which of them are to be kept [N]."""

    fields: list[Float]
    visible: NDArray[np.bool_]


def _sample(
    parts: Sequence[MeshPart],
    areas: Sequence[NDArray[np.float64]],
    wanted: Sequence[NDArray[np.float64]],
    density: float,
    seed: int,
    lit: bool,
) -> _Samples:
    rng = np.random.default_rng(seed)
    pieces = [
        _sample_part(part, area, share * density, rng, lit)
        for part, area, share in zip(parts, areas, wanted, strict=True)
    ]
    fields = [np.concatenate(arrays) for arrays in zip(*(piece.fields for piece in pieces), strict=True)]
    owners = np.repeat(np.arange(len(parts)), [len(piece.visible) for piece in pieces])
    covers = np.array([part.material.alpha_mode == "OPAQUE" for part in parts])
    normals = quaternion_to_matrix(torch.from_numpy(fields[1]))[:, :, 2].numpy()
    covered = _covered(fields[0], normals, fields[2][:, 0], owners, covers[owners])
    return _Samples(fields, np.concatenate([piece.visible for piece in pieces]) & ~covered)


def _covered(
    means: Float, normals: Float, sizes: Float, owners: Int, opaque: NDArray[np.bool_]
) -> NDArray[np.bool_]:  # [N]
    """Which samples lie closely under another part (skin under a sleeve), whose Gaussians they would pierce.

    Hair and the like have holes: they neither cover nor are covered.
    """
    candidates = np.flatnonzero(opaque)
    covered = np.zeros(len(means), np.bool_)
    if len(candidates) < 2:
        return covered
    places, up = means[candidates], normals[candidates]
    _, near = cKDTree(places).query(places + COVERED / 2 * up, 6, distance_upper_bound=COVERED / 2 + 0.002)
    found = near < len(candidates)
    near = np.where(found, near, 0)
    offsets = places[near] - places[:, None]
    height = (offsets * up[:, None]).sum(2)
    aside = np.linalg.norm(offsets - height[..., None] * up[:, None], axis=2)
    over = (height > 0.0005) & (aside < 1.6 * sizes[candidates][near])  # an eyelid beside an eye does not cover it
    parallel = np.abs((up[near] * up[:, None]).sum(2)) > 0.6
    other = owners[candidates][near] != owners[candidates][:, None]
    covered[candidates] = (found & over & parallel & other).any(1)
    return covered


def _areas(part: MeshPart) -> NDArray[np.float64]:  # [F]
    corners = part.vertices.astype(np.float64)[part.faces]
    return np.linalg.norm(np.cross(corners[:, 1] - corners[:, 0], corners[:, 2] - corners[:, 0]), axis=1) / 2


def _sample_part(
    part: MeshPart, area: NDArray[np.float64], expected: NDArray[np.float64], rng: np.random.Generator, lit: bool
) -> _Samples:
    faces = _pick_faces(expected, _along_a_curve(part), rng)
    corners = part.faces[faces]
    weights = _spread_in_triangles(len(faces), rng)
    colors = np.float32(1 / 255) * surface_colors(part.material, _blend(part.uvs, corners, weights))
    visible = colors[:, 3] > (0.5 if part.material.alpha_mode == "MASK" else 0.02)
    opacity = OPACITY * (colors[:, 3] if part.material.alpha_mode == "BLEND" else np.ones(len(colors), np.float32))
    sigma = SPREAD * np.sqrt(area[faces] / expected[faces])
    scales = sigma[:, None] * [1, 1, THICKNESS]
    lbs_weights = _blend(part.lbs_weights, corners, weights)
    fields = (
        _blend(part.vertices, corners, weights),
        matrix_to_quaternion(torch.from_numpy(_frames(part.vertices[corners]))).numpy(),
        scales,
        opacity,
        _lit(colors[:, :3], _shading_normals(part, corners, weights)) if lit else _plain(colors[:, :3]),
        lbs_weights / np.maximum(lbs_weights.sum(1, keepdims=True), 1e-12),
    )
    return _Samples([np.ascontiguousarray(field, np.float32) for field in fields], visible)


def _along_a_curve(part: MeshPart) -> Int:  # [F]
    """Faces in an order in which successors are neighbours: by the Morton code of where they are.

    The two sides of a cloth lie in the same place; moved apart along their normals they come one after the other.
    """
    triangles = part.vertices[part.faces]
    normals = _unit(np.cross(triangles[:, 1] - triangles[:, 0], triangles[:, 2] - triangles[:, 0]))
    places = triangles.mean(1) + SIDES_APART * normals
    cells = ((places - places.min(0)) / max(float(np.ptp(places, 0).max()), 1e-6) * 1023).astype(np.int64)
    code = sum(((cells[:, axis] >> bit) & 1) << (3 * bit + axis) for bit in range(10) for axis in range(3))
    return np.argsort(code, kind="stable")


def _pick_faces(expected: NDArray[np.float64], order: Int, rng: np.random.Generator) -> Int:
    """Faces, each as often as expected, rounded up or down; also a patch of neighbours gets what it should."""
    ends = np.cumsum(expected[order])
    total = round(float(ends[-1])) if len(ends) else 0
    places = (np.arange(total) + rng.random()) * (ends[-1] / max(total, 1)) if total else np.zeros(0)
    return order[np.minimum(np.searchsorted(ends, places, side="right"), len(ends) - 1)]


def _spread_in_triangles(count: int, rng: np.random.Generator) -> Float:  # [count, 3] barycentrics
    """Consecutive points lie far apart, so that many in one face cover it evenly."""
    k = np.arange(1, count + 1)
    u, v = (k * _PLASTIC + rng.random()) % 1, (k * _PLASTIC**2 + rng.random()) % 1
    folded = u + v > 1
    u, v = np.where(folded, 1 - u, u), np.where(folded, 1 - v, v)
    return np.stack([1 - u - v, u, v], 1).astype(np.float32)


def _blend(values: Float, corners: Int, weights: Float) -> Float:  # [V, C], [N, 3], [N, 3] -> [N, C]
    return sum(weights[:, k, None] * values[corners[:, k]] for k in range(3))  # type: ignore[return-value]


def _frames(triangles: Float) -> NDArray[np.float64]:  # [N, 3, 3] corners -> [N, 3, 3]
    """Rotations whose columns are an edge, a tangent across it, and the normal."""
    triangles = triangles.astype(np.float64)
    edge, other = triangles[:, 1] - triangles[:, 0], triangles[:, 2] - triangles[:, 0]
    normal = np.cross(edge, other)
    along, normal = (v / np.linalg.norm(v, axis=1, keepdims=True) for v in (edge, normal))
    return np.stack([along, np.cross(normal, along), normal], -1)


def _shading_normals(part: MeshPart, corners: Int, weights: Float) -> Float:  # [N, 3] unit
    """Smooth normals, bent by the material's normal map where it has one."""
    vertex_normals = smooth_normals(part.vertices, part.faces)
    normals = _unit(_blend(vertex_normals, corners, weights))
    image = part.material.normal_map
    if image is None:
        return normals
    frames = _blend(tangents(part.vertices, part.faces, part.uvs, vertex_normals), corners, weights)
    along = _unit(frames[:, :3] - normals * (frames[:, :3] * normals).sum(1, keepdims=True))
    across = np.cross(normals, along) * np.where(frames[:, 3:] < 0, -1, 1)
    rows, columns = (_blend(part.uvs, corners, weights)[:, ::-1] * image.shape[:2]).astype(int).T
    rows, columns = np.clip(rows, 0, image.shape[0] - 1), np.clip(columns, 0, image.shape[1] - 1)
    bend = image[rows, columns, :3] / np.float32(127.5) - 1
    return _unit(bend[:, :1] * along + bend[:, 1:2] * across + bend[:, 2:] * normals)


def _unit(vectors: NDArray[np.floating]) -> Float:
    vectors = vectors.astype(np.float32)
    return vectors / np.maximum(np.linalg.norm(vectors, axis=1, keepdims=True), 1e-12)


def _plain(colors: Float) -> Float:  # [N, 3] sRGB -> [N, 1, 3]
    return (colors[:, None] - np.float32(0.5)) / np.float32(C0)


def _lit(colors: Float, normals: Float) -> Float:  # [N, 3] sRGB, [N, 3] -> [N, 9, 3]
    """Harmonics of a matt surface under ambient light and a lamp at the camera; both sides look alike.

    The brightness depends on the angle between normal and view only: a sum of Legendre polynomials, which the addition
    theorem turns into harmonics of the normal (Ramamoorthi and Hanrahan 2001).
    """
    mean, bend = _brightness()
    values = basis(2, torch.from_numpy(normals)).numpy()
    sh = np.float32(4 * math.pi / 5 * bend) * values[:, :, None] * colors[:, None]
    sh[:, 1:4] = 0
    sh[:, :1] = _plain(np.float32(mean) * colors)
    return sh


def _brightness() -> tuple[float, float]:
    """Legendre coefficients of degree 0 and 2 of the displayed brightness, over the cosine of normal and view."""
    cosines = np.linspace(-1, 1, 101)
    linear = _AMBIENT + (1 - _AMBIENT) * np.abs(cosines)
    mean, _, bend = np.polynomial.legendre.legfit(cosines, linear ** (1 / 2.2), 2)
    return float(mean), float(bend)
