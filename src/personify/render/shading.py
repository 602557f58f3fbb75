"""The fused shading kernel: from z-buffer samples to the pixels of an image.

A pixel shades once per surface it sees, not once per sample: edges get the quality of supersampling at about the cost
of one sample. Light is linear until the last step.
"""

from __future__ import annotations

import math
from typing import Any, NamedTuple

import numpy as np
from numba import njit, prange
from numpy.typing import NDArray

from personify.render.backdrop import backdrop_color, floor_light
from personify.render.color import encode
from personify.render.lights import visibility
from personify.render.rasterize import barycentrics_at, interleaved
from personify.render.textures import sample_color, sample_vector

MATERIAL = np.dtype(
    [
        ("red", np.float32),
        ("green", np.float32),
        ("blue", np.float32),
        ("roughness", np.float32),
        ("metallic", np.float32),
        ("texture", np.int32),  # -1 = none
        ("normal_map", np.int32),  # -1 = none
    ]
)
_LAMP = 0.09  # radius of a lamp over its distance
_WRAP = 0.22  # how far diffuse light creeps around the terminator, as in skin and cloth
_WHITE = 0.72  # the tone curve is the identity up to here and approaches 1 above


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


@njit(cache=True, nogil=True)
def _mix(a: Any, b: Any, t: Any) -> Any:
    return a + (b - a) * t


@njit(cache=True, nogil=True)
def _saturate(x: Any) -> Any:
    return min(max(x, 0.0), 1.0)


@njit(cache=True, nogil=True)
def _smoothstep(low: Any, high: Any, x: Any) -> Any:
    t = _saturate((x - low) / (high - low))
    return t * t * (3 - 2 * t)


@njit(cache=True, nogil=True, fastmath=True)
def _normal(mesh: Any, f: Any, a: Any, b: Any, c: Any) -> Any:
    """Smooth unit normal at barycentrics of a face."""
    i, j, k = np.uint64(mesh.normal_faces[f, 0]), np.uint64(mesh.normal_faces[f, 1]), np.uint64(mesh.normal_faces[f, 2])
    v = mesh.normals
    nx = a * v[i, 0] + b * v[j, 0] + c * v[k, 0]
    ny = a * v[i, 1] + b * v[j, 1] + c * v[k, 1]
    nz = a * v[i, 2] + b * v[j, 2] + c * v[k, 2]
    scale = 1 / math.sqrt(max(nx * nx + ny * ny + nz * nz, 1e-12))
    return nx * scale, ny * scale, nz * scale


@njit(cache=True, nogil=True, fastmath=True)
def _place(mesh: Any, f: Any, a: Any, b: Any, c: Any) -> Any:
    """World position and uv at barycentrics of a face."""
    i, j, k = np.uint64(mesh.faces[f, 0]), np.uint64(mesh.faces[f, 1]), np.uint64(mesh.faces[f, 2])
    v = mesh.vertices
    x = a * v[i, 0] + b * v[j, 0] + c * v[k, 0]
    y = a * v[i, 1] + b * v[j, 1] + c * v[k, 1]
    z = a * v[i, 2] + b * v[j, 2] + c * v[k, 2]
    tu = a * mesh.uvs[i, 0] + b * mesh.uvs[j, 0] + c * mesh.uvs[k, 0]
    tv = a * mesh.uvs[i, 1] + b * mesh.uvs[j, 1] + c * mesh.uvs[k, 1]
    return x, y, z, tu, tv


@njit(cache=True, nogil=True, fastmath=True)
def _footprint(mesh: Any, planes: Any, f: Any, u: Any, v: Any, z: Any) -> Any:
    """Derivatives (du/dx, dv/dx, du/dy, dv/dy) per sample, from the edge functions."""
    ux, vx, uy, vy, tx, ty = 0.0, 0.0, 0.0, 0.0, 0.0, 0.0
    for corner in range(3):
        i, scale = mesh.faces[f, corner], planes[f, 12 + corner]
        gx, gy = planes[f, 3 * corner] * scale, planes[f, 3 * corner + 1] * scale
        ux, vx, tx = ux + gx * mesh.uvs[i, 0], vx + gx * mesh.uvs[i, 1], tx + gx
        uy, vy, ty = uy + gy * mesh.uvs[i, 0], vy + gy * mesh.uvs[i, 1], ty + gy
    return z * (ux - u * tx), z * (vx - v * tx), z * (uy - u * ty), z * (vy - v * ty)


@njit(cache=True, nogil=True, fastmath=True)
def _lod(levels: Any, texture: Any, ux: Any, vx: Any, uy: Any, vy: Any, samples: Any) -> Any:
    """Level of detail; a stretched footprint is allowed to alias by a factor of two rather than to blur."""
    width, height = samples * levels[texture, 0, 1], samples * levels[texture, 0, 2]
    a = ux * ux * width * width + vx * vx * height * height
    b = uy * uy * width * width + vy * vy * height * height
    return 0.5 * math.log2(max(max(a, b) / 4, min(a, b), 1e-12))


@njit(cache=True, nogil=True, fastmath=True)
def _bend(mesh: Any, f: Any, n: Any, bump: Any) -> Any:
    """Turn a normal by a tangent-space one; the tangents follow the face's uv (v grows downwards, green is up)."""
    i, j, k = mesh.faces[f, 0], mesh.faces[f, 1], mesh.faces[f, 2]
    p, uvs = mesh.vertices, mesh.uvs
    u1, v1, u2, v2 = uvs[j, 0] - uvs[i, 0], uvs[j, 1] - uvs[i, 1], uvs[k, 0] - uvs[i, 0], uvs[k, 1] - uvs[i, 1]
    sign = 1.0 if u1 * v2 - u2 * v1 > 0 else -1.0
    tx = sign * ((p[j, 0] - p[i, 0]) * v2 - (p[k, 0] - p[i, 0]) * v1)
    ty = sign * ((p[j, 1] - p[i, 1]) * v2 - (p[k, 1] - p[i, 1]) * v1)
    tz = sign * ((p[j, 2] - p[i, 2]) * v2 - (p[k, 2] - p[i, 2]) * v1)
    along = tx * n[0] + ty * n[1] + tz * n[2]
    tx, ty, tz = tx - along * n[0], ty - along * n[1], tz - along * n[2]
    scale = 1 / math.sqrt(max(tx * tx + ty * ty + tz * tz, 1e-30))
    tx, ty, tz = tx * scale, ty * scale, tz * scale
    # Upwards in the texture: n x t when (u, down) is left-handed on the surface, i.e. when the uv are not mirrored.
    bx, by, bz = -sign * (n[1] * tz - n[2] * ty), -sign * (n[2] * tx - n[0] * tz), -sign * (n[0] * ty - n[1] * tx)
    x = bump[0] * tx + bump[1] * bx + bump[2] * n[0]
    y = bump[0] * ty + bump[1] * by + bump[2] * n[1]
    z = bump[0] * tz + bump[1] * bz + bump[2] * n[2]
    scale = 1 / math.sqrt(max(x * x + y * y + z * z, 1e-12))
    return x * scale, y * scale, z * scale


@njit(cache=True, nogil=True, fastmath=True)
def _environment(rig: Any, r: Any, roughness: Any) -> Any:
    """What a reflection sees: sky over ground, a soft box at the key light, a strip light on the far side."""
    blur = 0.25 + 0.75 * roughness
    up = _smoothstep(-blur, blur, r[1])
    sharp = 2 / (0.02 + roughness * roughness) + 1
    key = max(r[0] * rig.directions[0, 0] + r[1] * rig.directions[0, 1] + r[2] * rig.directions[0, 2], 0.0)
    rim = max(r[0] * rig.directions[2, 0] + r[1] * rig.directions[2, 1] + r[2] * rig.directions[2, 2], 0.0)
    box = 2.2 * (1 - 0.7 * roughness) * key ** min(sharp, 24.0)
    strip = 1.2 * (1 - 0.7 * roughness) * rim ** min(sharp, 12.0)
    red = 1.5 * _mix(rig.ambient[1, 0] * 0.7, rig.ambient[0, 0], up) + box * rig.colors[0, 0] + strip
    green = 1.5 * _mix(rig.ambient[1, 1] * 0.7, rig.ambient[0, 1], up) + box * rig.colors[0, 1] + strip
    blue = 1.5 * _mix(rig.ambient[1, 2] * 0.7, rig.ambient[0, 2], up) + box * rig.colors[0, 2] + strip
    return red, green, blue


@njit(cache=True, nogil=True, fastmath=True)
def _ggx(n: Any, v: Any, light: Any, nl: Any, nv: Any, roughness: Any) -> Any:
    """GGX distribution times visibility (Karis 2013), and Schlick's Fresnel weight."""
    hx, hy, hz = light[0] + v[0], light[1] + v[1], light[2] + v[2]
    scale = 1 / math.sqrt(max(hx * hx + hy * hy + hz * hz, 1e-12))
    hx, hy, hz = hx * scale, hy * scale, hz * scale
    nh = _saturate(n[0] * hx + n[1] * hy + n[2] * hz)
    vh = _saturate(v[0] * hx + v[1] * hy + v[2] * hz)
    a = math.sqrt(roughness**4 + _LAMP * _LAMP)  # a lamp of some size blurs its own reflection
    d = nh * nh * (a * a - 1) + 1
    k = (roughness + 1) * (roughness + 1) / 8
    lobe = a * a / (math.pi * d * d) / (4 * _mix(k, 1.0, nl) * _mix(k, 1.0, nv) + 1e-4)
    return lobe, (1 - vh) ** 5


@njit(cache=True, nogil=True, fastmath=True)
def shade(rig: Any, n: Any, v: Any, albedo: Any, roughness: Any, metallic: Any, lit: Any, openness: Any) -> Any:
    """Linear RGB of a surface: diffuse with a soft terminator, GGX highlights and a studio to reflect.

    Args:
        rig: the lights.
        n: unit normal towards the viewer's side.
        v: unit vector towards the viewer.
        albedo: linear RGB.
        roughness: 0 .. 1.
        metallic: 0 .. 1.
        lit: share of the key light that arrives.
        openness: share of the surroundings that is open.
    """
    nv = max(n[0] * v[0] + n[1] * v[1] + n[2] * v[2], 0.02)
    up = 0.5 + 0.5 * n[1]
    brightest = max(max(albedo[0], albedo[1]), max(albedo[2], 1e-4))
    red, green, blue = 0.0, 0.0, 0.0
    gloss_red, gloss_green, gloss_blue = 0.0, 0.0, 0.0
    # Textures of rough things (cloth) are painted as seen, highlights included: adding more would bleach them.
    gloss = _mix(1.0, _mix(0.7, 0.02, roughness * roughness), 1 - metallic)
    f0 = 0.04 * (1 - metallic)
    base = (f0 + albedo[0] * metallic, f0 + albedo[1] * metallic, f0 + albedo[2] * metallic)
    for index in range(4):
        light = (rig.directions[index, 0], rig.directions[index, 1], rig.directions[index, 2])
        nl = n[0] * light[0] + n[1] * light[1] + n[2] * light[2]
        seen = lit if index == 0 else openness
        direct = max(nl, 0.0) * seen
        creep = 0.7 * (_saturate((nl + _WRAP) / (1 + _WRAP)) - max(nl, 0.0))
        # Light that creeps around the terminator has passed through the material and takes its colour.
        r, g, b = (
            direct + creep * albedo[0] / brightest,
            direct + creep * albedo[1] / brightest,
            (direct + creep * albedo[2] / brightest),
        )
        red, green, blue = (
            red + r * rig.colors[index, 0],
            green + g * rig.colors[index, 1],
            blue + b * rig.colors[index, 2],
        )
        if nl > 0:
            lobe, fresnel = _ggx(n, v, light, nl, nv, roughness)
            # A soft box is seldom hidden altogether: eyes keep their catch light under brows and lashes.
            glint = nl * _mix(seen, 1.0, 0.6 * (1 - roughness) * (1 - roughness))
            lobe *= glint * math.pi * gloss * (1.0 if index < 2 else 0.3)
            gloss_red += lobe * rig.colors[index, 0] * _mix(base[0], 1.0, fresnel)
            gloss_green += lobe * rig.colors[index, 1] * _mix(base[1], 1.0, fresnel)
            gloss_blue += lobe * rig.colors[index, 2] * _mix(base[2], 1.0, fresnel)
    red += openness * _mix(rig.ambient[1, 0], rig.ambient[0, 0], up)
    green += openness * _mix(rig.ambient[1, 1], rig.ambient[0, 1], up)
    blue += openness * _mix(rig.ambient[1, 2], rig.ambient[0, 2], up)
    mirror = (2 * nv * n[0] - v[0], 2 * nv * n[1] - v[1], 2 * nv * n[2] - v[2])
    around = _environment(rig, mirror, roughness)
    edge = (1 - nv) ** 5 * (1 - roughness)
    # Where the key light does not come, most of the studio is hidden as well (between strands, under hems).
    facing = n[0] * rig.directions[0, 0] + n[1] * rig.directions[0, 1] + n[2] * rig.directions[0, 2]
    reach = lit * _saturate(4 * facing)
    weight = openness * gloss * _mix(_mix(0.4, 1.0, reach), 1.0, metallic)
    diffuse = 1 - metallic
    return (
        diffuse * albedo[0] * red + gloss_red + weight * around[0] * _mix(base[0], 1.0, edge),
        diffuse * albedo[1] * green + gloss_green + weight * around[1] * _mix(base[1], 1.0, edge),
        diffuse * albedo[2] * blue + gloss_blue + weight * around[2] * _mix(base[2], 1.0, edge),
    )


@njit(cache=True, nogil=True, fastmath=True)
def tone(color: Any) -> Any:
    """A shoulder on the brightest channel only: hue and everything up to `_WHITE` stay as they are."""
    peak = max(max(color[0], color[1]), color[2])
    if peak <= _WHITE:
        return color
    scale = (1 - (1 - _WHITE) * math.exp(-(peak - _WHITE) / (1 - _WHITE))) / peak
    return color[0] * scale, color[1] * scale, color[2] * scale


@njit(cache=True, nogil=True, fastmath=True)
def _surface(
    raster: Any,
    mesh: Any,
    materials: Any,
    textures: Any,
    rig: Any,
    shadow: Any,
    view: Any,
    f: Any,
    weights: Any,
    normal: Any,
    openness: Any,
) -> Any:
    """Display-ready linear RGB of one sample of a face at barycentric ``weights``."""
    x, y, z, tu, tv = _place(mesh, f, weights[0], weights[1], weights[2])
    nx, ny, nz = normal
    material = materials[mesh.parts[f]]
    if view.ortho:
        vx, vy, vz = -view.forward[0], -view.forward[1], -view.forward[2]
        depth = 1.0
    else:
        vx, vy, vz = view.position[0] - x, view.position[1] - y, view.position[2] - z
        depth = -(vx * view.forward[0] + vy * view.forward[1] + vz * view.forward[2])
        scale = 1 / math.sqrt(max(vx * vx + vy * vy + vz * vz, 1e-12))
        vx, vy, vz = vx * scale, vy * scale, vz * scale
    red, green, blue = material.red, material.green, material.blue
    if material.texture >= 0 or material.normal_map >= 0:
        ux, uxv, uy, uyv = _footprint(mesh, raster.planes, f, tu, tv, depth)
        if material.texture >= 0:
            lod = _lod(textures.levels, material.texture, ux, uxv, uy, uyv, view.samples)
            r, g, b = sample_color(textures, material.texture, lod, tu, tv)
            red, green, blue = red * r, green * g, blue * b
        if material.normal_map >= 0:
            t = material.normal_map
            lod = _lod(textures.levels, t, ux, uxv, uy, uyv, view.samples)
            bx, by, bz = sample_vector(textures, t, lod, tu, tv)
            nx, ny, nz = _bend(mesh, f, (nx, ny, nz), (bx, by, bz))
    if nx * vx + ny * vy + nz * vz < 0 and _is_back(mesh, f, vx, vy, vz):
        nx, ny, nz = -nx, -ny, -nz
    light = rig.directions[0]
    facing = nx * light[0] + ny * light[1] + nz * light[2]
    lit = 0.0
    if facing > 0:
        texel = 1 / math.sqrt(shadow.matrix[0, 0] ** 2 + shadow.matrix[0, 1] ** 2 + shadow.matrix[0, 2] ** 2)
        lift = texel * (2.5 + 2.5 * (1 - facing))  # metres along the normal: no surface shadows itself
        lit = visibility(shadow, x + nx * lift, y + ny * lift, z + nz * lift, 2 * texel)
    color = shade(
        rig, (nx, ny, nz), (vx, vy, vz), (red, green, blue), material.roughness, material.metallic, lit, openness
    )
    return tone(color)


@njit(cache=True, nogil=True)
def _is_back(mesh: Any, f: Any, vx: Any, vy: Any, vz: Any) -> Any:
    i, j, k = mesh.faces[f, 0], mesh.faces[f, 1], mesh.faces[f, 2]
    p = mesh.vertices
    ax, ay, az = p[j, 0] - p[i, 0], p[j, 1] - p[i, 1], p[j, 2] - p[i, 2]
    bx, by, bz = p[k, 0] - p[i, 0], p[k, 1] - p[i, 1], p[k, 2] - p[i, 2]
    return (ay * bz - az * by) * vx + (az * bx - ax * bz) * vy + (ax * by - ay * bx) * vz < 0


@njit(cache=True, nogil=True)
def _same_surface(seen: Any, surfaces: Any, part: Any, near: Any, n: Any) -> Any:
    """Which of a pixel's shaded surfaces continues at another sample: same part, close by, facing the same way."""
    for s in range(surfaces):
        close = seen[s, 0] == part and abs(seen[s, 1] - near) < 0.01 * abs(near)
        if close and seen[s, 2] * n[0] + seen[s, 3] * n[1] + seen[s, 4] * n[2] > 0.92:
            return s
    return surfaces


@njit(cache=True, nogil=True, parallel=True, fastmath=True)
def shade_image(
    raster: Any,
    mesh: Any,
    materials: Any,
    textures: Any,
    rig: Any,
    shadow: Any,
    backdrop: Any,
    floor: Any,
    view: Any,
    openness: Any,
    image: Any,
) -> None:
    """Fill an image [H, W, 3 or 4] (sRGB, straight alpha) from a z-buffer of ``view.samples`` times its size."""
    height, width, channels = image.shape
    samples = view.samples
    for slot in prange(height):
        row = np.uint64(interleaved(slot, height))
        seen = np.empty((samples * samples, 8))  # part, nearness, normal, colour of the surfaces in this pixel
        for column in range(np.uint64(width)):
            red, green, blue, count, surfaces, match = 0.0, 0.0, 0.0, 0, 0, 0
            last = -1
            for sample in range(samples * samples):
                y = np.uint64(row * samples + sample // samples)
                x = np.uint64(column * samples + sample % samples)
                f = raster.face_ids[y, x]
                if f < 0:
                    continue
                count += 1
                if f != last:
                    last = f
                    weights = barycentrics_at(raster.planes, f, np.float32(x), np.float32(y))
                    normal = _normal(mesh, f, weights[0], weights[1], weights[2])
                    match = _same_surface(seen, surfaces, mesh.parts[f], raster.nearness[y, x], normal)
                    if match == surfaces:
                        surfaces += 1
                        color = _surface(
                            raster, mesh, materials, textures, rig, shadow, view, f, weights, normal,
                            openness[row, column],
                        )  # fmt: skip
                        seen[match, 0], seen[match, 1] = mesh.parts[f], raster.nearness[y, x]
                        seen[match, 2], seen[match, 3], seen[match, 4] = normal
                        seen[match, 5], seen[match, 6], seen[match, 7] = color
                red, green, blue = red + seen[match, 5], green + seen[match, 6], blue + seen[match, 7]
            total = samples * samples
            if channels == 4:
                image[row, column, 3] = count / total
                total = max(count, 1)
            elif count < total:
                light = floor_light(floor, view, row, column)
                if count == 0 and light == 1:
                    for channel in range(3):
                        image[row, column, channel] = backdrop.image[row, column, channel]
                    continue
                r, g, b = backdrop_color(backdrop.color, row, column, height, width)
                rest = light * (total - count)
                red, green, blue = red + rest * r, green + rest * g, blue + rest * b
            image[row, column, 0] = encode(red / total)
            image[row, column, 1] = encode(green / total)
            image[row, column, 2] = encode(blue / total)
