"""From a field to a mesh: marching cubes, clean-up, decimation, atlas, texture."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

import numpy as np
import torch
from scipy.sparse import coo_matrix, csr_matrix, diags
from scipy.sparse.csgraph import connected_components
from torch import Tensor

from personify.body.mesh import Float, Image, Int
from personify.errors import PersonifyError
from personify.text.sculpt.field import Field
from personify.text.sculpt.neus import render_rays
from personify.text.sculpt.volume import VolumeField
from personify.wardrobe.uvmap import bake_attributes

_CHUNK = 65_536  # points
_COARSE = 8  # cells of the fine grid per cell of the coarse one
_VIEWS = ((0, 0, 1), (0, 0, -1), (0, 1, 0), (0, -1, 0), (1, 0, 0), (-1, 0, 0))


class Surface(NamedTuple):
    """A triangle mesh: vertices [V, 3] float32 metres, faces [F, 3] int64 counter-clockwise from outside."""

    vertices: Float
    faces: Int


class TexturedSurface(NamedTuple):
    """A mesh with an atlas: vertices [V, 3], faces [F, 3], uvs [V, 2] (v down), texture [S, S, 3] uint8 sRGB.

    ``source`` [V] is the vertex of the mesh without seams that each vertex was.
    """

    vertices: Float
    faces: Int
    uvs: Float
    texture: Image
    source: Int


@torch.no_grad()
def sdf_grid(field: Field, lower: Float, upper: Float, shape: tuple[int, int, int]) -> Float:  # -> [X, Y, Z]
    """Signed distance on a regular grid whose ends lie on ``lower`` and ``upper``; index order x, y, z."""
    axes = [torch.linspace(float(a), float(b), n) for a, b, n in zip(lower, upper, shape, strict=True)]
    points = torch.stack(torch.meshgrid(*axes, indexing="ij"), -1).reshape(-1, 3)
    return _in_chunks(field.sdf, points).reshape(shape)


@torch.no_grad()
def sparse_sdf_grid(field: Field, lower: Float, upper: Float, shape: tuple[int, int, int]) -> Float:
    """As `sdf_grid`, but the field is asked only near its surface: blocks far from it take one value each.

    Each axis must have a multiple of 8 cells.
    """
    blocks = tuple((n - 1) // _COARSE for n in shape)
    cell = (np.asarray(upper, np.float64) - lower) / (np.array(shape) - 1)
    half = cell * _COARSE / 2
    coarse = sdf_grid(field, lower + half, upper - half, (blocks[0], blocks[1], blocks[2]))
    # A true distance cannot cross zero in a block whose centre is farther away than its corners; 1.5 for learnt ones.
    near = np.abs(coarse) < 1.5 * float(np.linalg.norm(half))
    fine = np.repeat(np.repeat(np.repeat(coarse, _COARSE, 0), _COARSE, 1), _COARSE, 2)
    fine = np.pad(fine, ((0, 1),) * 3, mode="edge")
    wanted = np.pad(np.repeat(np.repeat(np.repeat(near, _COARSE, 0), _COARSE, 1), _COARSE, 2), ((0, 1),) * 3)
    for axis in range(3):  # the far faces of the blocks are wanted as well
        wanted |= np.roll(wanted, 1, axis)
    index = np.argwhere(wanted)
    points = torch.from_numpy((index * cell + lower).astype(np.float32))
    fine[wanted] = _in_chunks(field.sdf, points)
    return fine


def marching_cubes(field: Field, lower: Float, upper: Float, resolution: int = 256, threshold: float = 0.0) -> Surface:
    """The level set of a field, largest connected piece only.

    Args:
        field: whose `sdf` is asked.
        lower: [3] corner of the box, metres.
        upper: [3] opposite corner.
        resolution: cells along the longest side.
        threshold: metres; positive ones make the person fatter.

    Raises:
        PersonifyError: resolution out of range, or the field has no surface in the box.
    """
    from skimage import measure

    if not 16 <= resolution <= 1024:
        raise PersonifyError(f"mesh resolution: {resolution}; expected 16 to 1024 cells")
    sides = np.asarray(upper, np.float64) - lower
    cell = float(sides.max()) / resolution
    cells = (np.ceil(sides / cell / _COARSE) * _COARSE).astype(int)
    shape = (int(cells[0]) + 1, int(cells[1]) + 1, int(cells[2]) + 1)
    grid = sparse_sdf_grid(field, lower, (lower + cells * cell).astype(np.float32), shape)
    if not np.isfinite(grid).all():
        raise PersonifyError("sculpted field: has distances that are not finite; sculpt again with a smaller rate")
    if not (grid.min() < threshold < grid.max()):
        raise PersonifyError(f"sculpted field: has no surface at threshold {threshold}; choose one nearer to 0")
    vertices, faces, _, _ = measure.marching_cubes(grid, threshold, spacing=(cell,) * 3, gradient_direction="descent")
    placed = (vertices + lower).astype(np.float32)
    return largest_component(Surface(placed, faces.astype(np.int64)))


def largest_component(surface: Surface) -> Surface:
    """The piece with the largest area: no floaters, no bubbles inside."""
    vertices, faces = surface
    edges = np.concatenate([faces[:, [0, 1]], faces[:, [1, 2]]])
    graph = coo_matrix((np.ones(len(edges), np.int8), edges.T), shape=(len(vertices),) * 2)
    label = connected_components(graph, directed=False)[1][faces[:, 0]]
    corners = vertices[faces]
    areas = np.linalg.norm(np.cross(corners[:, 1] - corners[:, 0], corners[:, 2] - corners[:, 0]), axis=1)
    return compact(Surface(vertices, faces[label == np.bincount(label, areas).argmax()]))


def neighbour_average(surface: Surface) -> csr_matrix:  # [V, V]
    """Half of a vertex, half of the mean of its neighbours."""
    faces, count = surface.faces, len(surface.vertices)
    pairs = np.concatenate([faces[:, [0, 1]], faces[:, [1, 2]], faces[:, [2, 0]]])
    pairs = np.concatenate([pairs, pairs[:, ::-1]])
    graph = coo_matrix((np.ones(len(pairs), np.float32), pairs.T), shape=(count, count)).tocsr()
    graph.data[:] = 1
    degree = np.maximum(np.asarray(graph.sum(1)).ravel(), 1)
    return (0.5 * (diags(np.ones(count)) + diags(1 / degree) @ graph)).tocsr().astype(np.float32)


def smooth(surface: Surface, rounds: int = 10) -> Surface:
    """Without the ripples of a learnt distance, yet not thinner (Taubin 1995: a step in, a slightly longer one out)."""
    average, points = neighbour_average(surface), surface.vertices
    for _ in range(rounds):
        points = average @ points
        points = points - 1.06 * (average @ points - points)
    return Surface(points.astype(np.float32), surface.faces)


def compact(surface: Surface) -> Surface:
    """Drop vertices that no face uses."""
    used, faces = np.unique(surface.faces, return_inverse=True)
    return Surface(surface.vertices[used], faces.reshape(-1, 3).astype(np.int64))


def decimate(surface: Surface, faces: int) -> Surface:
    """Fewer triangles by quadric error (Garland & Heckbert 1997); a mesh that is small enough is returned as it is.

    Raises:
        PersonifyError: fewer than 500 triangles are asked for.
    """
    import fast_simplification

    if faces < 500:
        raise PersonifyError(f"mesh: {faces} triangles; expected at least 500")
    if len(surface.faces) <= faces:
        return surface
    vertices, triangles = fast_simplification.simplify(
        surface.vertices, surface.faces.astype(np.int32), target_count=faces
    )
    return largest_component(Surface(np.asarray(vertices, np.float32), np.asarray(triangles, np.int64)))


def texture(field: Field, surface: Surface, size: int = 1024) -> TexturedSurface:
    """Cut a mesh into an atlas and ask the field for the colour of every texel.

    Args:
        field: its `stylized_color`.
        surface: to be textured.
        size: side of the texture, 64 to 8192 pixels.

    Raises:
        PersonifyError: size out of range.
    """
    import xatlas

    if not 64 <= size <= 8192:
        raise PersonifyError(f"texture size: {size}; expected 64 to 8192 pixels")
    atlas = xatlas.Atlas()
    atlas.add_mesh(surface.vertices, surface.faces.astype(np.uint32))
    options = xatlas.PackOptions()
    options.resolution, options.padding, options.create_image = size, 2, False
    atlas.generate(pack_options=options)
    source, faces, uvs = atlas[0]
    source, faces = source.astype(np.int64), faces.astype(np.int64)
    vertices, uvs = surface.vertices[source], uvs.astype(np.float32).clip(0, 1)
    image = _bake(field, vertices, faces, uvs, size)
    return TexturedSurface(vertices, faces, uvs, image, source)


@torch.no_grad()
def _bake(field: Field, vertices: Float, faces: Int, uvs: Float, size: int) -> Image:
    from scipy.ndimage import distance_transform_edt

    positions, inside = bake_attributes(uvs, faces, vertices, size, gutter=0)
    colors = np.zeros((size, size, 3), np.float32)
    colors[inside] = _in_chunks(field.stylized_color, torch.from_numpy(positions[inside]))
    nearest = distance_transform_edt(~inside, return_distances=False, return_indices=True)
    return np.round(colors[nearest[0], nearest[1]] * 255).astype(np.uint8)


def _in_chunks(function: Callable[[Tensor], Tensor], points: Tensor) -> Float:
    parts = [function(points[k : k + _CHUNK]).detach().cpu().numpy() for k in range(0, len(points), _CHUNK)]
    return np.concatenate(parts).astype(np.float32)


@torch.no_grad()
def view_colors(field: VolumeField, vertices: Float) -> Float:  # [V, 3] -> [V, 3]
    """Vertex colours as the original takes them: rendered from six sides, each from the side that sees it best.

    A side sees a vertex well where the depth that its ray composites is the vertex's own.
    """
    points = torch.from_numpy(np.ascontiguousarray(vertices, np.float32))
    best = torch.full((len(points),), torch.inf)
    colors = torch.zeros_like(points)
    for view in _VIEWS:
        eye = field.center + 2 * field.radius * torch.tensor(view, dtype=torch.float32)
        distance = torch.linalg.norm(points - eye, dim=-1)
        directions = (points - eye) / distance[:, None]
        image = render_rays(field, eye.expand_as(points), directions)
        error = (image.depth - distance).abs()
        better = error < best
        best = torch.where(better, error, best)
        colors = torch.where(better[:, None], image.stylized_color, colors)
    return colors.numpy()
