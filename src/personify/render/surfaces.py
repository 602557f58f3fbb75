"""What a camera sees of a mesh, gathered into rows of numbers that the arithmetic of light runs along.

A chunk holds up to `CHUNK` surfaces: a one-dimensional float32 array with one row per quantity and one column per
surface, and the faces they lie on. Every step is a loop over the columns that names its arrays before it begins: an
array handed to another function costs an atomic count, which per surface would take longer than the arithmetic.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from personify.render.gaussians.simd import log2
from personify.render.kernels import inner
from personify.render.lights import in_light, matrix_rows, visibility
from personify.render.rasterize import barycentrics_at
from personify.render.reflection import ONE, ZERO, dot, normalized, shade, tone
from personify.render.textures import sample_color, sample_vector


class Materials(NamedTuple):
    """What the parts of a scene are made of.

    Attributes:
        colors: [P, 3] float32 linear RGB, which multiplies the texture.
        roughness: [P] float32.
        metallic: [P] float32.
        textures: [P] int32 index into `Textures`, -1 = none.
        normal_maps: [P] int32, likewise.
    """

    colors: NDArray[np.float32]
    roughness: NDArray[np.float32]
    metallic: NDArray[np.float32]
    textures: NDArray[np.int32]
    normal_maps: NDArray[np.int32]


class Mesh(NamedTuple):
    """All parts of a scene in one mesh, posed.

    Attributes:
        vertices: [V, 3] float32.
        faces: [F, 3] int32.
        uvs: [V, 2] float32.
        normals: [G, 3] float32.
        normal_faces: [F, 3] int32 rows of ``normals``.
        parts: [F] int32 part, and so material, of every face.
    """

    vertices: NDArray[np.float32]
    faces: NDArray[np.int32]
    uvs: NDArray[np.float32]
    normals: NDArray[np.float32]
    normal_faces: NDArray[np.int32]
    parts: NDArray[np.int32]


class View(NamedTuple):
    """Camera of the output image: position [3], forward [3], pixel index -> ray as [3, 3], samples per axis, ortho."""

    position: NDArray[np.float32]
    forward: NDArray[np.float32]
    rays: NDArray[np.float32]
    samples: int
    ortho: bool


CHUNK = 128  # surfaces; a pixel has at most 64


def _rows(first: int, count: int) -> tuple[np.uint64, ...]:
    return tuple(np.uint64(row * CHUNK) for row in range(first, first + count))


# The first sample that sees a surface, how many of a pixel's samples do, and the pixel's column,
SAMPLE_X, SAMPLE_Y, WEIGHT, COLUMN = _rows(0, 4)
# part, nearness, share of the surroundings that is open, share of the key light that arrives,
PART, NEAR, OPEN, LIT = _rows(4, 4)
# world position, unit normal, direction to the viewer, and whether the front (1) or the back (-1) is seen,
X, Y, Z, NX, NY, NZ, VX, VY, VZ, SIDE = _rows(8, 10)
# texture coordinate and its derivatives along a row and a column of samples, tangent along u and its handedness,
U, V, UX, WX, UY, WY, TX, TY, TZ, HAND = _rows(18, 10)
# a normal map's vector, and material; the colour becomes the light that leaves.
BX, BY, BZ, RED, GREEN, BLUE, ROUGH, METAL = _rows(28, 8)
ROWS = 36


@inner()
def collect(chunk: Any, ids: Any, row: Any, column: Any, stop: Any, raster: Any, mesh: Any, samples: Any) -> Any:
    """Surfaces that the pixels of a row see, from some column on, until the chunk is full or the row ends.

    Args:
        chunk: [ROWS * CHUNK] float32.
        ids: [CHUNK] int32 faces.
        row: of the picture.
        column: to begin with.
        stop: column behind the last.
        raster: z-buffer of ``samples`` times the picture's size.
        mesh: what was drawn.
        samples: per pixel along an axis.

    Returns:
        Number of surfaces, and the column to go on with.
    """
    face_ids, planes, nearness = raster.face_ids, raster.planes, raster.nearness
    parts, normals, normal_faces = mesh.parts, mesh.normals, mesh.normal_faces
    count = np.uint64(0)
    while column < stop and count + samples * samples <= CHUNK:
        first, match, last = count, count, np.int32(-1)
        for y in range(row * samples, (row + np.uint64(1)) * samples):
            for x in range(column * samples, (column + np.uint64(1)) * samples):
                f = face_ids[y, x]
                if f < 0:
                    continue
                if f != last:
                    last = f
                    a, b, c = barycentrics_at(planes, f, np.float32(x), np.float32(y))
                    i, j, k = (
                        np.uint64(normal_faces[f, 0]),
                        np.uint64(normal_faces[f, 1]),
                        np.uint64(normal_faces[f, 2]),
                    )
                    nx, ny, nz = normalized(
                        a * normals[i, 0] + b * normals[j, 0] + c * normals[k, 0],
                        a * normals[i, 1] + b * normals[j, 1] + c * normals[k, 1],
                        a * normals[i, 2] + b * normals[j, 2] + c * normals[k, 2],
                    )
                    # The surface goes on: the same part, close by, facing the same way.
                    part, near, match = np.float32(parts[f]), nearness[y, x], first
                    while match < count and not (
                        chunk[PART + match] == part
                        and abs(chunk[NEAR + match] - near) < np.float32(0.01) * abs(near)
                        and nx * chunk[NX + match] + ny * chunk[NY + match] + nz * chunk[NZ + match] > np.float32(0.92)
                    ):
                        match += np.uint64(1)
                    if match == count:
                        count += np.uint64(1)
                        ids[match], chunk[WEIGHT + match], chunk[COLUMN + match] = f, ZERO, np.float32(column)
                        chunk[SAMPLE_X + match], chunk[SAMPLE_Y + match] = np.float32(x), np.float32(y)
                        chunk[PART + match], chunk[NEAR + match] = part, near
                        chunk[NX + match], chunk[NY + match], chunk[NZ + match] = nx, ny, nz
                chunk[WEIGHT + match] += ONE
        column += np.uint64(1)
    return count, column


@inner(fastmath=True, error_model="numpy")
def place(chunk: Any, ids: Any, count: Any, planes: Any, mesh: Any, view: Any) -> None:
    """Position, texture coordinate, frame and direction to the viewer."""
    faces, p, uvs, ortho = mesh.faces, mesh.vertices, mesh.uvs, view.ortho
    ex, ey, ez = view.position[0], view.position[1], view.position[2]
    fx, fy, fz = view.forward[0], view.forward[1], view.forward[2]
    for i in range(count):
        f = ids[i]
        v0, v1, v2 = np.uint64(faces[f, 0]), np.uint64(faces[f, 1]), np.uint64(faces[f, 2])
        _, b, c = barycentrics_at(planes, f, chunk[SAMPLE_X + i], chunk[SAMPLE_Y + i])
        e = (p[v1, 0] - p[v0, 0], p[v1, 1] - p[v0, 1], p[v1, 2] - p[v0, 2])
        g = (p[v2, 0] - p[v0, 0], p[v2, 1] - p[v0, 1], p[v2, 2] - p[v0, 2])
        x, y, z = p[v0, 0] + b * e[0] + c * g[0], p[v0, 1] + b * e[1] + c * g[1], p[v0, 2] + b * e[2] + c * g[2]
        chunk[X + i], chunk[Y + i], chunk[Z + i] = x, y, z
        vx, vy, vz = (-fx, -fy, -fz) if ortho else (ex - x, ey - y, ez - z)
        chunk[VX + i], chunk[VY + i], chunk[VZ + i] = vx, vy, vz
        out = (e[1] * g[2] - e[2] * g[1], e[2] * g[0] - e[0] * g[2], e[0] * g[1] - e[1] * g[0])
        chunk[SIDE + i] = -ONE if dot(out, (vx, vy, vz)) < ZERO else ONE
        # The tangent follows u (v grows downwards); the sign makes up for mirrored texture coordinates.
        u, w = uvs[v0, 0], uvs[v0, 1]
        u1, w1, u2, w2 = uvs[v1, 0] - u, uvs[v1, 1] - w, uvs[v2, 0] - u, uvs[v2, 1] - w
        hand = ONE if u1 * w2 - u2 * w1 > ZERO else -ONE
        chunk[HAND + i], chunk[TX + i] = hand, hand * (e[0] * w2 - g[0] * w1)
        chunk[TY + i], chunk[TZ + i] = hand * (e[1] * w2 - g[1] * w1), hand * (e[2] * w2 - g[2] * w1)
        du, dw = b * u1 + c * u2, b * w1 + c * w2
        chunk[U + i], chunk[V + i] = u + du, w + dw
        # Derivatives come from the edge functions; their texture coordinates are seen from the sample.
        depth = ONE if ortho else -(vx * fx + vy * fy + vz * fz)
        sa, sb, sc = planes[f, 12] * depth, planes[f, 13] * depth, planes[f, 14] * depth
        u1, w1, u2, w2 = u1 - du, w1 - dw, u2 - du, w2 - dw
        ax, bx, cx = planes[f, 0] * sa, planes[f, 3] * sb, planes[f, 6] * sc
        ay, by, cy = planes[f, 1] * sa, planes[f, 4] * sb, planes[f, 7] * sc
        chunk[UX + i], chunk[WX + i] = bx * u1 + cx * u2 - ax * du, bx * w1 + cx * w2 - ax * dw
        chunk[UY + i], chunk[WY + i] = by * u1 + cy * u2 - ay * du, by * w1 + cy * w2 - ay * dw


@inner(fastmath=True, error_model="numpy")
def paint(chunk: Any, count: Any, materials: Any, textures: Any, samples: Any) -> None:
    """Material: colour, roughness, metallic, and the normal map's vector."""
    texels, levels, counts = textures.texels, textures.levels, textures.counts
    colors, roughness, metallic, color_maps, normal_maps = materials
    for i in range(count):
        m = np.uint64(chunk[PART + i])
        u, v = chunk[U + i], chunk[V + i]
        footprint = (chunk[UX + i], chunk[WX + i], chunk[UY + i], chunk[WY + i])
        red, green, blue = ONE, ONE, ONE
        if color_maps[m] >= 0:
            t = np.uint64(color_maps[m])
            lod = _lod(np.float32(samples * levels[t, 0, 1]), np.float32(samples * levels[t, 0, 2]), footprint)
            red, green, blue = sample_color(texels, levels, counts, t, lod, u, v)
        chunk[RED + i], chunk[GREEN + i], chunk[BLUE + i] = (
            colors[m, 0] * red,
            colors[m, 1] * green,
            colors[m, 2] * blue,
        )
        chunk[ROUGH + i], chunk[METAL + i] = roughness[m], metallic[m]
        x, y, z = ZERO, ZERO, ONE
        if normal_maps[m] >= 0:
            t = np.uint64(normal_maps[m])
            lod = _lod(np.float32(samples * levels[t, 0, 1]), np.float32(samples * levels[t, 0, 2]), footprint)
            x, y, z = sample_vector(texels, levels, counts, t, lod, u, v)
        chunk[BX + i], chunk[BY + i], chunk[BZ + i] = x, y, z


@inner(forceinline=True, fastmath=True, error_model="numpy")
def _lod(width: Any, height: Any, footprint: Any) -> Any:
    """Level of detail; a stretched footprint is allowed to alias by a factor of two rather than to blur."""
    ux, vx, uy, vy = footprint[0] * width, footprint[1] * height, footprint[2] * width, footprint[3] * height
    a, b = ux * ux + vx * vx, uy * uy + vy * vy
    return np.float32(0.5) * log2(max(max(a, b) * np.float32(0.25), min(a, b), np.float32(1e-12)))


@inner(fastmath=True, error_model="numpy")
def bend(chunk: Any, padded: Any) -> None:
    """Turn normals by their normal map's vector (green is up), and towards the viewer's side."""
    for i in range(padded):
        n, t = (chunk[NX + i], chunk[NY + i], chunk[NZ + i]), (chunk[TX + i], chunk[TY + i], chunk[TZ + i])
        along = dot(t, n)
        t = normalized(t[0] - along * n[0], t[1] - along * n[1], t[2] - along * n[2])
        # Upwards in the texture: n x t when (u, down) is left-handed on the surface, i.e. when the uv are not mirrored.
        right, up, out = chunk[BX + i], -chunk[HAND + i] * chunk[BY + i], chunk[BZ + i]
        x = right * t[0] + up * (n[1] * t[2] - n[2] * t[1]) + out * n[0]
        y = right * t[1] + up * (n[2] * t[0] - n[0] * t[2]) + out * n[1]
        z = right * t[2] + up * (n[0] * t[1] - n[1] * t[0]) + out * n[2]
        n = normalized(x, y, z)
        v = normalized(chunk[VX + i], chunk[VY + i], chunk[VZ + i])
        turn = -ONE if (dot(n, v) < ZERO) & (chunk[SIDE + i] < ZERO) else ONE
        chunk[NX + i], chunk[NY + i], chunk[NZ + i] = turn * n[0], turn * n[1], turn * n[2]
        chunk[VX + i], chunk[VY + i], chunk[VZ + i] = v


@inner(fastmath=True, error_model="numpy")
def cast_shadows(chunk: Any, count: Any, shadow: Any, towards: Any) -> None:
    """Share of the key light; the place looked up lies above the surface, so that no surface shadows itself."""
    nearness, texel = shadow.nearness, shadow.texel
    rows = matrix_rows(shadow)
    for i in range(count):
        n = (chunk[NX + i], chunk[NY + i], chunk[NZ + i])
        facing, lit = dot(n, towards), ZERO
        if facing > ZERO:
            lift = texel * np.float32(2.5) * (np.float32(2) - facing)
            place = (chunk[X + i] + lift * n[0], chunk[Y + i] + lift * n[1], chunk[Z + i] + lift * n[2])
            column, row, near = in_light(rows, place)
            lit = visibility(nearness, column, row, near + np.float32(2) * texel)
        chunk[LIT + i] = lit


@inner(fastmath=True, error_model="numpy")
def light_up(chunk: Any, padded: Any, lamps: Any) -> None:
    """Replace colours by the linear RGB that the surfaces show, ready for display."""
    for i in range(padded):
        n, v = (chunk[NX + i], chunk[NY + i], chunk[NZ + i]), (chunk[VX + i], chunk[VY + i], chunk[VZ + i])
        albedo = (chunk[RED + i], chunk[GREEN + i], chunk[BLUE + i])
        color = shade(lamps, n, v, albedo, chunk[ROUGH + i], chunk[METAL + i], chunk[LIT + i], chunk[OPEN + i])
        chunk[RED + i], chunk[GREEN + i], chunk[BLUE + i] = tone(color)
