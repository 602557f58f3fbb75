"""A z-buffer for triangle meshes: which face each pixel sees, where on it, and how far away.

Homogeneous rasterisation (Olano & Greer 1997): edge functions come straight from camera coordinates, so triangles that
cross the camera plane need no clipping. Rows are dealt in bands, each owned by one thread: no atomics, always the same
result.
"""

from __future__ import annotations

import math
from typing import Any, NamedTuple

import numpy as np
from numba import njit, prange
from numpy.typing import ArrayLike, NDArray

from personify.errors import PersonifyError
from personify.render.cameras import Camera
from personify.render.cutouts import Cutouts, alpha_at, is_covered, level_of_detail, no_cutouts
from personify.render.kernels import inner
from personify.render.textures import Textures, pack_textures

NEAR = 0.01  # metres
BAND = 16  # rows
UNKNOWN = np.float32(-1e30)  # level of detail
NOTHING = -1e30  # nearness of an empty sample; finite, because kernels with fast arithmetic read it


class Fragments(NamedTuple):
    """What every pixel sees.

    Attributes:
        face_ids: [H, W] int32, -1 where nothing is.
        barycentrics: [H, W, 3] float32 perspective-correct weights of the face's corners, 0 where nothing is.
        depth: [H, W] float32 metres along the viewing axis, 0 where nothing is.
    """

    face_ids: NDArray[np.int32]
    barycentrics: NDArray[np.float32]
    depth: NDArray[np.float32]


class Raster(NamedTuple):
    """Raw z-buffer, from which kernels interpolate.

    Attributes:
        face_ids: [H, W] int32, -1 where nothing is.
        nearness: [H, W] float32, larger is nearer: 1 / depth, or -depth for a parallel projection; `NOTHING` if empty.
        planes: [F, 16] float32 functions of the pixel index (three edges, nearness), three edge scales, the area.
        ortho: parallel projection.
    """

    face_ids: NDArray[np.int32]
    nearness: NDArray[np.float32]
    planes: NDArray[np.float32]
    ortho: bool


def rasterize_mesh(
    vertices: ArrayLike, faces: ArrayLike, viewmats: ArrayLike, Ks: ArrayLike, width: int, height: int,
    ortho: bool = False,
) -> Fragments:  # fmt: skip
    """Nearest face of every pixel centre; of two equally near faces the one with the lower index.

    Nothing is differentiable here; `personify.render.attributes` makes what lies on the faces so.

    Args:
        vertices: [V, 3] metres, or [C, V, 3] with a pose for every camera.
        faces: [F, 3] vertex indices; both sides are drawn.
        viewmats: [C, 4, 4] world-to-camera, or [4, 4] for results without the camera axis.
        Ks: [C, 3, 3] or [3, 3] intrinsics in pixels.
        width: pixels.
        height: pixels.
        ortho: parallel projection; what lies nearer than 1 cm to a camera is not drawn.

    Raises:
        PersonifyError: shapes or indices are wrong, or vertices or cameras are not finite.

    Example:
        >>> triangle = [[-1, -1, 3], [1, -1, 3], [0, 1, 3]]
        >>> K = [[16, 0, 16], [0, 16, 16], [0, 0, 1]]
        >>> fragments = rasterize_mesh(triangle, [[0, 1, 2]], np.eye(4), K, 32, 32)
        >>> int(fragments.face_ids[16, 16]), int(fragments.face_ids[0, 0])
        (0, -1)
    """
    points, triangles = _array(vertices, np.float32), _array(faces, np.int32).reshape(-1, 3)
    views, intrinsics = _array(viewmats, np.float32), _array(Ks, np.float32)
    _check(points, triangles, views, intrinsics)
    pairs = zip(views.reshape(-1, 4, 4), intrinsics.reshape(-1, 3, 3), strict=True)
    cameras = [Camera(view, K, width, height, ortho) for view, K in pairs]
    found = _empty_fragments((*views.shape[:-2], height, width))
    rasterizer = Rasterizer(triangles)
    for index, camera in enumerate(cameras):
        raster = rasterizer.draw(points if points.ndim == 2 else points[index], camera)
        _resolve(raster, *(array if views.ndim == 2 else array[index] for array in found))
    return found


def fragments(raster: Raster) -> Fragments:
    """Face ids, barycentrics and depth of a z-buffer."""
    found = _empty_fragments(raster.face_ids.shape)
    _resolve(raster, *found)
    return found


def _empty_fragments(shape: tuple[int, ...]) -> Fragments:
    return Fragments(np.empty(shape, np.int32), np.empty((*shape, 3), np.float32), np.empty(shape, np.float32))


def _array(value: Any, dtype: Any) -> Any:
    """C-ordered array of a list, an array or a tensor (whose gradient ends here)."""
    return np.ascontiguousarray(value.detach() if hasattr(value, "detach") else value, dtype)


def _check(vertices: Any, faces: Any, viewmats: Any, Ks: Any) -> None:
    cameras = viewmats.shape[:-2]
    if viewmats.shape != (*cameras, 4, 4) or Ks.shape != (*cameras, 3, 3) or len(cameras) > 1:
        raise PersonifyError(
            "rasterize_mesh: expected viewmats [C, 4, 4] with Ks [C, 3, 3], "
            f"got {list(viewmats.shape)} and {list(Ks.shape)}"
        )
    if vertices.shape[-1:] != (3,) or vertices.shape[:-2] not in ((), cameras) or vertices.ndim < 2:
        raise PersonifyError(
            f"rasterize_mesh: vertices must be [V, 3] or one such array per camera, got {list(vertices.shape)}"
        )
    if not np.isfinite(vertices).all():
        raise PersonifyError("rasterize_mesh: vertices must be finite")
    if len(faces) and not (faces.min() >= 0 and faces.max() < vertices.shape[-2]):
        raise PersonifyError(f"rasterize_mesh: faces must index {vertices.shape[-2]} vertices")


class Rasterizer:
    """The z-buffer of one mesh, frame after frame; its arguments are trusted (see `rasterize_mesh`).

    The buffers are kept between frames, because fresh memory costs more than drawing into it. Hence `draw` must not
    run twice at the same time, and what it returns is valid until it runs again.

    Args:
        faces: [F, 3] int32.
        single_sided: [F] faces whose back is not drawn; None draws both sides.
        cutouts: which faces have holes, whose ``textures`` hold the alpha; None = all solid.
    """

    def __init__(
        self,
        faces: NDArray[np.int32],
        single_sided: NDArray[np.bool_] | None = None,
        cutouts: Cutouts | None = None,
        textures: Textures | None = None,
    ) -> None:
        self.faces = faces
        self.single_sided = np.zeros(len(faces), np.bool_) if single_sided is None else single_sided
        self.cutouts = no_cutouts(len(faces)) if cutouts is None else cutouts
        self.textures = pack_textures([], []) if textures is None else textures
        self._planes = np.empty((len(faces), 16), np.float32)
        self._boxes = np.empty((len(faces), 4), np.int32)  # first and last column, first and last row
        self._points = np.empty((0, 4))
        self._pixels = np.empty((0, 2), np.float32)
        self._image = (np.empty((0, 0), np.int32), np.empty((0, 0), np.float32))

    def draw(self, vertices: NDArray[np.float32], camera: Camera) -> Raster:  # [V, 3]
        """The nearest face of every pixel centre."""
        self._fit(len(vertices), (camera.height, camera.width))
        viewmat, K = camera.viewmat.astype(np.float64), camera.K.astype(np.float64)
        _project(vertices, viewmat, K, camera.ortho, self._points, self._pixels)
        size = (camera.width, camera.height)
        where = (self._points, self._pixels, self.faces, self.single_sided)
        _set_up(*where, *size, camera.ortho, self._planes, self._boxes)
        starts, members = _bin(self._boxes, (camera.height + BAND - 1) // BAND)
        limit = -NEAR if camera.ortho else 1 / NEAR
        _fill(self._planes, self._boxes, starts, members, limit, self.cutouts, self.textures, *self._image)
        return Raster(*self._image, self._planes, camera.ortho)

    def _fit(self, vertices: int, shape: tuple[int, int]) -> None:
        if len(self._points) != vertices:
            self._points, self._pixels = np.empty((vertices, 4)), np.empty((vertices, 2), np.float32)
        if self._image[0].shape != shape:
            self._image = (np.empty(shape, np.int32), np.empty(shape, np.float32))


@njit(cache=True, nogil=True, parallel=True)
def _project(vertices: Any, viewmat: Any, K: Any, ortho: Any, points: Any, pixels: Any) -> None:
    """Homogeneous pixel index and depth [V, 4]; pixel index [V, 2], which means nothing behind the camera."""
    for i in prange(len(vertices)):
        x, y, z = vertices[i, 0], vertices[i, 1], vertices[i, 2]
        cx = viewmat[0, 0] * x + viewmat[0, 1] * y + viewmat[0, 2] * z + viewmat[0, 3]
        cy = viewmat[1, 0] * x + viewmat[1, 1] * y + viewmat[1, 2] * z + viewmat[1, 3]
        cz = viewmat[2, 0] * x + viewmat[2, 1] * y + viewmat[2, 2] * z + viewmat[2, 3]
        w = 1.0 if ortho else cz
        u, v = K[0, 0] * cx + K[0, 1] * cy + (K[0, 2] - 0.5) * w, K[1, 1] * cy + (K[1, 2] - 0.5) * w
        points[i, 0], points[i, 1], points[i, 2], points[i, 3] = u, v, w, cz
        inverse = 1 / w if cz >= NEAR else 0.0
        pixels[i, 0], pixels[i, 1] = u * inverse, v * inverse


@njit(cache=True, nogil=True, parallel=True)
def _set_up(
    points: Any, pixels: Any, faces: Any, single_sided: Any, width: Any, height: Any, ortho: Any, planes: Any,
    boxes: Any,
) -> None:  # fmt: skip
    for f in prange(len(faces)):
        i, j, k = np.uint64(faces[f, 0]), np.uint64(faces[f, 1]), np.uint64(faces[f, 2])
        if min(points[i, 3], points[j, 3], points[k, 3]) >= NEAR:
            x0, x1 = min(pixels[i, 0], pixels[j, 0], pixels[k, 0]), max(pixels[i, 0], pixels[j, 0], pixels[k, 0])
            y0, y1 = min(pixels[i, 1], pixels[j, 1], pixels[k, 1]), max(pixels[i, 1], pixels[j, 1], pixels[k, 1])
        else:
            x0, x1, y0, y1 = _visible_bounds(_corner(points, i), _corner(points, j), _corner(points, k))
        slack = 1e-3  # pixels whose centres can lie in the bounds
        boxes[f, 2], boxes[f, 3] = 1, 0
        if not (x1 > -slack and y1 > -slack and x0 < width and y0 < height):
            continue
        first, last = math.ceil(max(x0 - slack, 0.0)), math.floor(min(x1 + slack, width - 1.0))
        top, bottom = math.ceil(max(y0 - slack, 0.0)), math.floor(min(y1 + slack, height - 1.0))
        if first <= last and top <= bottom:
            a, b, c = _corner(points, i), _corner(points, j), _corner(points, k)
            drawn, plane = _planes(a, b, c, single_sided[f], ortho)
            planes[f, 0], planes[f, 1], planes[f, 2], planes[f, 3] = plane[0], plane[1], plane[2], plane[3]
            planes[f, 4], planes[f, 5], planes[f, 6], planes[f, 7] = plane[4], plane[5], plane[6], plane[7]
            planes[f, 8], planes[f, 9], planes[f, 10], planes[f, 11] = plane[8], plane[9], plane[10], plane[11]
            planes[f, 12], planes[f, 13], planes[f, 14], planes[f, 15] = plane[12], plane[13], plane[14], plane[15]
            if drawn:
                boxes[f, 0], boxes[f, 1], boxes[f, 2], boxes[f, 3] = first, last, top, bottom


@inner(forceinline=True)
def _corner(points: Any, i: Any) -> Any:
    return points[i, 0], points[i, 1], points[i, 2], points[i, 3]


@inner()
def _visible_bounds(a: Any, b: Any, c: Any) -> Any:
    """Pixel bounds of the part of a triangle beyond the near plane: its corners there, and where edges cross it."""
    x0, x1, y0, y1 = np.inf, -np.inf, np.inf, -np.inf
    for p, q in ((a, b), (b, c), (c, a)):
        if p[3] >= NEAR:
            x, y = p[0] / p[2], p[1] / p[2]
            x0, x1, y0, y1 = min(x0, x), max(x1, x), min(y0, y), max(y1, y)
        if (p[3] < NEAR) != (q[3] < NEAR):
            t = (NEAR - p[3]) / (q[3] - p[3])
            w = p[2] + t * (q[2] - p[2])
            x, y = (p[0] + t * (q[0] - p[0])) / w, (p[1] + t * (q[1] - p[1])) / w
            x0, x1, y0, y1 = min(x0, x), max(x1, x), min(y0, y), max(y1, y)
    return x0, x1, y0, y1


@inner(forceinline=True, error_model="numpy")
def _planes(a: Any, b: Any, c: Any, single_sided: Any, ortho: Any) -> Any:
    """Whether a face is drawn, and its row of `Raster.planes`."""
    ea0, ea1, ea2 = b[1] * c[2] - b[2] * c[1], b[2] * c[0] - b[0] * c[2], b[0] * c[1] - b[1] * c[0]
    eb0, eb1, eb2 = c[1] * a[2] - c[2] * a[1], c[2] * a[0] - c[0] * a[2], c[0] * a[1] - c[1] * a[0]
    ec0, ec1, ec2 = a[1] * b[2] - a[2] * b[1], a[2] * b[0] - a[0] * b[2], a[0] * b[1] - a[1] * b[0]
    determinant = a[0] * ea0 + a[1] * ea1 + a[2] * ea2
    facing_away = determinant > 0  # image rows grow downwards
    noise = 1e-13 * (abs(a[0] * ea0) + abs(a[1] * ea1) + abs(a[2] * ea2))  # what rounding makes of a flat triangle
    # Each edge is scaled by its own size only, so the two faces that share it see exactly opposite values: no cracks.
    na, nb, nc = max(abs(ea0), abs(ea1)), max(abs(eb0), abs(eb1)), max(abs(ec0), abs(ec1))
    drawn = abs(determinant) > noise and not (single_sided and facing_away) and min(na, nb, nc) > 0
    sign = 1.0 if facing_away else -1.0
    ia, ib, ic, inverse = sign / na, sign / nb, sign / nc, 1 / determinant
    qa, qb, qc = (-a[3], -b[3], -c[3]) if ortho else (1.0, 1.0, 1.0)
    size = abs(inverse)
    return drawn, (
        ea0 * ia, ea1 * ia, ea2 * ia, eb0 * ib, eb1 * ib, eb2 * ib, ec0 * ic, ec1 * ic, ec2 * ic,
        (ea0 * qa + eb0 * qb + ec0 * qc) * inverse,
        (ea1 * qa + eb1 * qb + ec1 * qc) * inverse,
        (ea2 * qa + eb2 * qb + ec2 * qc) * inverse,
        na * size, nb * size, nc * size,
        0.5 * abs(determinant / (a[2] * b[2] * c[2])),  # pixels squared
    )  # fmt: skip


@njit(cache=True, nogil=True)
def _bin(boxes: Any, bands: Any) -> Any:  # -> starts [bands + 1], members: faces by band, in ascending order
    starts = np.zeros(bands + 2, np.int64)
    for f in range(len(boxes)):
        if boxes[f, 2] <= boxes[f, 3]:
            for band in range(boxes[f, 2] // BAND, boxes[f, 3] // BAND + 1):
                starts[band + 2] += 1
    for band in range(bands):
        starts[band + 2] += starts[band + 1]
    members = np.empty(starts[bands + 1], np.int32)
    for f in range(len(boxes)):
        if boxes[f, 2] <= boxes[f, 3]:
            for band in range(boxes[f, 2] // BAND, boxes[f, 3] // BAND + 1):
                members[starts[band + 1]] = f
                starts[band + 1] += 1
    return starts, members


@njit(cache=True, nogil=True, parallel=True)
def _fill(
    planes: Any, boxes: Any, starts: Any, members: Any, limit: Any, cutouts: Any, textures: Any, face_ids: Any,
    nearness: Any,
) -> None:  # fmt: skip
    height = len(face_ids)
    any_holes = (cutouts.face_textures >= 0).any()
    bands = len(starts) - 2
    for slot in prange(bands):
        band = interleaved(slot, bands)
        first, last = band * BAND, min(band * BAND + BAND, height)
        face_ids[first:last] = -1
        nearness[first:last] = NOTHING
        own, image = members[starts[band] : starts[band + 1]], (face_ids, nearness)
        for holes in range(1 + any_holes):  # solid faces first: they hide most samples that need a look at a texture
            _fill_band(own, holes == 1, planes, boxes, first, last, np.float32(limit), cutouts, textures, image)


@inner()
def interleaved(slot: Any, count: Any) -> Any:
    """Deal rows so that both halves of an image go to every thread: the person is seldom spread evenly over it."""
    return slot // 2 if slot % 2 == 0 else (count + 1) // 2 + slot // 2


@inner(error_model="numpy")
def _fill_band(
    members: Any, holes: Any, planes: Any, boxes: Any, first: Any, last: Any, limit: Any, cutouts: Any, textures: Any,
    image: Any,
) -> None:  # fmt: skip
    """Draw the faces with or those without holes into the rows of a band.

    Arrays get their names before the loops: to take one out of a tuple costs an atomic count.
    """
    face_ids, nearness = image
    face_textures, sharp, alphas, uvs = cutouts
    texels, levels, counts = textures
    zero, half, one = np.float32(0), np.float32(0.5), np.float32(1)
    for f in members:
        if (face_textures[f] >= 0) != holes:
            continue
        a0, b0, c0, n0 = planes[f, 0], planes[f, 3], planes[f, 6], planes[f, 9]
        a1, b1, c1, n1 = planes[f, 1], planes[f, 4], planes[f, 7], planes[f, 10]
        a2, b2, c2, n2 = planes[f, 2], planes[f, 5], planes[f, 8], planes[f, 11]
        lod = UNKNOWN
        # Unsigned columns: no test for negative indices in the inner loop.
        begin, end = np.uint64(boxes[f, 0]), np.uint64(boxes[f, 1] + 1)
        for row in range(np.uint64(max(boxes[f, 2], first)), np.uint64(min(boxes[f, 3] + 1, last))):
            y = np.float32(np.int32(row))
            a, b, c, n = a1 * y + a2, b1 * y + b2, c1 * y + c2, n1 * y + n2
            start, stop = _span(a0, a, b0, b, c0, c, begin, end)
            for column in range(start, stop):
                x = np.float32(np.int32(column))
                near = n0 * x + n
                inside = (a0 * x + a >= zero) & (b0 * x + b >= zero) & (c0 * x + c >= zero)
                if inside & (near > nearness[row, column]) & (near <= limit):
                    if holes:
                        texture = face_textures[f]
                        if lod == UNKNOWN:  # most such faces are tiny or hidden and never get here
                            lod = level_of_detail(f, planes[f, 15], texture, uvs, levels)
                        weights = barycentrics_at(planes, f, x, y)
                        alpha = alphas[f] * alpha_at(f, weights, lod, texture, uvs, texels, levels, counts)
                        softness = min(max(lod + one, zero), one) if sharp[f] else one
                        if abs(alpha - half) >= half * softness:  # no threshold can change the answer
                            if alpha <= half:
                                continue
                        elif not is_covered(f, np.int64(column), np.int64(row), alpha, softness):
                            continue
                    nearness[row, column] = near
                    face_ids[row, column] = f


@inner(forceinline=True, error_model="numpy")
def _span(a0: Any, a: Any, b0: Any, b: Any, c0: Any, c: Any, begin: Any, end: Any) -> Any:
    """Columns of a row that can be inside the three edges (a0 x + a >= 0 ...), with one to spare on either side."""
    if end - begin < 8:
        return begin, end
    low, high = np.float32(begin), np.float32(end)
    for slope, value in ((a0, a), (b0, b), (c0, c)):
        if slope > np.float32(1e-6):
            low = max(low, -value / slope - np.float32(1))
        elif slope < np.float32(-1e-6):
            high = min(high, -value / slope + np.float32(2))
    return np.uint64(low), np.uint64(max(high, np.float32(0)))


@inner(forceinline=True, error_model="numpy")
def barycentrics_at(planes: Any, f: Any, x: Any, y: Any) -> Any:
    """Perspective-correct weights of a face's corners at a pixel index, from `Raster.planes`."""
    a = (planes[f, 0] * x + planes[f, 1] * y + planes[f, 2]) * planes[f, 12]
    b = (planes[f, 3] * x + planes[f, 4] * y + planes[f, 5]) * planes[f, 13]
    c = (planes[f, 6] * x + planes[f, 7] * y + planes[f, 8]) * planes[f, 14]
    total = np.float32(1) / (a + b + c)
    return a * total, b * total, c * total


@njit(cache=True, nogil=True, parallel=True)
def _resolve(raster: Any, face_ids: Any, barycentrics: Any, depth: Any) -> None:
    """Fill the arrays of a `Fragments` from a z-buffer."""
    height, width = raster.face_ids.shape
    zero = np.float32(0)
    for row in prange(height):
        for column in range(width):
            f, a, b, c, z = raster.face_ids[row, column], zero, zero, zero, zero
            if f >= 0:
                a, b, c = barycentrics_at(raster.planes, f, np.float32(column), np.float32(row))
                near = raster.nearness[row, column]
                z = -near if raster.ortho else 1 / near
            face_ids[row, column], depth[row, column] = f, z
            barycentrics[row, column, 0], barycentrics[row, column, 1], barycentrics[row, column, 2] = a, b, c
