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
from personify.render.textures import Textures, pack_textures, sample_value

NEAR = 0.01  # metres
BAND = 16  # rows
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


class Cutouts(NamedTuple):
    """Which faces have holes (hair cards, lashes): their texture's alpha is drawn as a dithered coverage.

    Attributes:
        face_textures: [F] int32 texture with the alpha channel, -1 = solid.
        sharp: [F] bool, magnified texels are cut at 0.5 instead of dithered (glTF's MASK).
        alphas: [F] float32 factor.
        uvs: [F, 3, 2] float32.
    """

    face_textures: NDArray[np.int32]
    sharp: NDArray[np.bool_]
    alphas: NDArray[np.float32]
    uvs: NDArray[np.float32]


def no_cutouts(faces: int) -> Cutouts:
    """Every face is solid."""
    nothing = np.zeros((1, 3, 2), np.float32)
    solid = np.full(faces, -1, np.int32)
    return Cutouts(solid, np.zeros(1, np.bool_), np.ones(1, np.float32), nothing)


def rasterize_mesh(vertices: ArrayLike, faces: ArrayLike, camera: Camera) -> Fragments:
    """Nearest face of every pixel centre; of two equally near faces the one with the lower index.

    Args:
        vertices: [V, 3] metres.
        faces: [F, 3] vertex indices; both sides are drawn.
        camera: pinhole or orthographic; what lies nearer than 1 cm to a pinhole is not drawn.

    Raises:
        PersonifyError: shapes or indices are wrong, or vertices are not finite.

    Example:
        >>> from personify.render.cameras import frame_points
        >>> triangle = [[-1, 0, 0], [1, 0, 0], [0, 2, 0]]
        >>> fragments = rasterize_mesh(triangle, [[0, 1, 2]], frame_points(triangle, width=32, height=32))
        >>> int(fragments.face_ids[16, 16]), int(fragments.face_ids[0, 0])
        (0, -1)
    """
    vertices = np.ascontiguousarray(vertices, np.float32)
    faces = np.ascontiguousarray(faces, np.int32).reshape(-1, 3)
    if vertices.ndim != 2 or vertices.shape[1] != 3 or not np.isfinite(vertices).all():
        raise PersonifyError(f"rasterize_mesh: vertices must be finite [V, 3], got {list(vertices.shape)}")
    if len(faces) and not (faces.min() >= 0 and faces.max() < len(vertices)):
        raise PersonifyError(f"rasterize_mesh: faces must index {len(vertices)} vertices")
    return Fragments(*resolve(Rasterizer(faces).draw(vertices, camera)))


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
        self._image = (np.empty((0, 0), np.int32), np.empty((0, 0), np.float32))

    def draw(self, vertices: NDArray[np.float32], camera: Camera) -> Raster:  # [V, 3]
        """The nearest face of every pixel centre."""
        self._fit(len(vertices), (camera.height, camera.width))
        viewmat, K = camera.viewmat.astype(np.float64), camera.K.astype(np.float64)
        _project(vertices, viewmat, K, camera.ortho, self._points)
        size = (camera.width, camera.height)
        _set_up(self._points, self.faces, self.single_sided, *size, camera.ortho, self._planes, self._boxes)
        starts, members = _bin(self._boxes, (camera.height + BAND - 1) // BAND)
        limit = -NEAR if camera.ortho else 1 / NEAR
        _fill(self._planes, self._boxes, starts, members, limit, self.cutouts, self.textures, *self._image)
        return Raster(*self._image, self._planes, camera.ortho)

    def _fit(self, vertices: int, shape: tuple[int, int]) -> None:
        if len(self._points) != vertices:
            self._points = np.empty((vertices, 4))
        if self._image[0].shape != shape:
            self._image = (np.empty(shape, np.int32), np.empty(shape, np.float32))


@njit(cache=True, nogil=True)
def _project(vertices: Any, viewmat: Any, K: Any, ortho: Any, points: Any) -> None:
    """[V, 4]: homogeneous pixel index and depth."""
    for i in range(len(vertices)):
        x, y, z = vertices[i, 0], vertices[i, 1], vertices[i, 2]
        cx = viewmat[0, 0] * x + viewmat[0, 1] * y + viewmat[0, 2] * z + viewmat[0, 3]
        cy = viewmat[1, 0] * x + viewmat[1, 1] * y + viewmat[1, 2] * z + viewmat[1, 3]
        cz = viewmat[2, 0] * x + viewmat[2, 1] * y + viewmat[2, 2] * z + viewmat[2, 3]
        w = 1.0 if ortho else cz
        points[i, 0] = K[0, 0] * cx + K[0, 1] * cy + (K[0, 2] - 0.5) * w
        points[i, 1] = K[1, 1] * cy + (K[1, 2] - 0.5) * w
        points[i, 2] = w
        points[i, 3] = cz


@njit(cache=True, nogil=True, parallel=True)
def _set_up(
    points: Any, faces: Any, single_sided: Any, width: Any, height: Any, ortho: Any, planes: Any, boxes: Any
) -> None:
    for f in prange(len(faces)):
        a, b, c = _corner(points, faces[f, 0]), _corner(points, faces[f, 1]), _corner(points, faces[f, 2])
        drawn = _box(a, b, c, width, height, boxes[f])
        if drawn:
            drawn = _planes(a, b, c, single_sided[f], ortho, planes[f])
        if not drawn:
            boxes[f, 2], boxes[f, 3] = 1, 0


@njit(cache=True, nogil=True, inline="always")
def _corner(points: Any, i: Any) -> Any:
    return points[i, 0], points[i, 1], points[i, 2], points[i, 3]


@njit(cache=True, nogil=True)
def _box(a: Any, b: Any, c: Any, width: Any, height: Any, box: Any) -> Any:
    x0, x1, y0, y1 = np.inf, -np.inf, np.inf, -np.inf
    for p, q in ((a, b), (b, c), (c, a)):
        if p[3] >= NEAR:
            x, y = p[0] / p[2], p[1] / p[2]
            x0, x1, y0, y1 = min(x0, x), max(x1, x), min(y0, y), max(y1, y)
        if (p[3] < NEAR) != (q[3] < NEAR):  # the edge crosses the near plane: its crossing bounds what is visible
            t = (NEAR - p[3]) / (q[3] - p[3])
            w = p[2] + t * (q[2] - p[2])
            x, y = (p[0] + t * (q[0] - p[0])) / w, (p[1] + t * (q[1] - p[1])) / w
            x0, x1, y0, y1 = min(x0, x), max(x1, x), min(y0, y), max(y1, y)
    slack = 1e-3
    if not (x1 > -slack and y1 > -slack and x0 < width and y0 < height):
        return False
    box[0], box[1] = math.ceil(max(x0 - slack, 0.0)), math.floor(min(x1 + slack, width - 1.0))
    box[2], box[3] = math.ceil(max(y0 - slack, 0.0)), math.floor(min(y1 + slack, height - 1.0))
    return box[0] <= box[1] and box[2] <= box[3]


@njit(cache=True, nogil=True)
def _planes(a: Any, b: Any, c: Any, single_sided: Any, ortho: Any, plane: Any) -> Any:
    ea0, ea1, ea2 = b[1] * c[2] - b[2] * c[1], b[2] * c[0] - b[0] * c[2], b[0] * c[1] - b[1] * c[0]
    eb0, eb1, eb2 = c[1] * a[2] - c[2] * a[1], c[2] * a[0] - c[0] * a[2], c[0] * a[1] - c[1] * a[0]
    ec0, ec1, ec2 = a[1] * b[2] - a[2] * b[1], a[2] * b[0] - a[0] * b[2], a[0] * b[1] - a[1] * b[0]
    determinant = a[0] * ea0 + a[1] * ea1 + a[2] * ea2
    # Each edge is scaled by its own size only, so the two faces that share it see exactly opposite values: no cracks.
    na, nb, nc = max(abs(ea0), abs(ea1)), max(abs(eb0), abs(eb1)), max(abs(ec0), abs(ec1))
    facing_away = determinant > 0  # image rows grow downwards
    if determinant == 0 or min(na, nb, nc) == 0 or (single_sided and facing_away):
        return False
    sign = 1.0 if determinant > 0 else -1.0
    ia, ib, ic, inverse = sign / na, sign / nb, sign / nc, 1 / determinant
    plane[0], plane[1], plane[2] = ea0 * ia, ea1 * ia, ea2 * ia
    plane[3], plane[4], plane[5] = eb0 * ib, eb1 * ib, eb2 * ib
    plane[6], plane[7], plane[8] = ec0 * ic, ec1 * ic, ec2 * ic
    qa, qb, qc = (-a[3], -b[3], -c[3]) if ortho else (1.0, 1.0, 1.0)
    plane[9] = (ea0 * qa + eb0 * qb + ec0 * qc) * inverse
    plane[10] = (ea1 * qa + eb1 * qb + ec1 * qc) * inverse
    plane[11] = (ea2 * qa + eb2 * qb + ec2 * qc) * inverse
    inverse = abs(inverse)
    plane[12], plane[13], plane[14] = na * inverse, nb * inverse, nc * inverse
    plane[15] = 0.5 * abs(determinant / (a[2] * b[2] * c[2]))  # pixels squared
    return True


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
    planes: Any,
    boxes: Any,
    starts: Any,
    members: Any,
    limit: Any,
    cutouts: Any,
    textures: Any,
    face_ids: Any,
    nearness: Any,
) -> None:
    height = len(face_ids)
    bands = len(starts) - 2
    for slot in prange(bands):
        band = interleaved(slot, bands)
        first, last = band * BAND, min(band * BAND + BAND, height)
        face_ids[first:last] = -1
        nearness[first:last] = NOTHING
        for holes in (False, True):  # solid faces first: they hide most of the samples that need a look at a texture
            for member in range(starts[band], starts[band + 1]):
                f = members[member]
                if (cutouts.face_textures[f] >= 0) == holes:
                    _fill_face(f, planes, boxes, first, last, limit, face_ids, nearness, cutouts, textures)


@njit(cache=True, nogil=True)
def interleaved(slot: Any, count: Any) -> Any:
    """Deal rows so that both halves of an image go to every thread: the person is seldom spread evenly over it."""
    return slot // 2 if slot % 2 == 0 else (count + 1) // 2 + slot // 2


@njit(cache=True, nogil=True, inline="always")
def _fill_face(
    f: Any,
    planes: Any,
    boxes: Any,
    first: Any,
    last: Any,
    limit: Any,
    face_ids: Any,
    nearness: Any,
    cutouts: Any,
    textures: Any,
) -> None:
    a0, b0, c0, n0 = planes[f, 0], planes[f, 3], planes[f, 6], planes[f, 9]
    limit = np.float32(limit)
    zero = np.float32(0)
    solid = cutouts.face_textures[f] < 0
    lod = 0.0 if solid else _cutout_lod(f, planes, cutouts, textures)
    # Unsigned columns: no test for negative indices in the inner loop.
    begin, end = np.uint64(boxes[f, 0]), np.uint64(boxes[f, 1] + 1)
    for row in range(np.uint64(max(boxes[f, 2], first)), np.uint64(min(boxes[f, 3] + 1, last))):
        y = np.float32(row)
        a = planes[f, 1] * y + planes[f, 2]
        b = planes[f, 4] * y + planes[f, 5]
        c = planes[f, 7] * y + planes[f, 8]
        n = planes[f, 10] * y + planes[f, 11]
        start, stop = _span(a0, a, b0, b, c0, c, begin, end)
        for column in range(start, stop):
            x = np.float32(np.int32(column))
            near = n0 * x + n
            inside = (a0 * x + a >= zero) & (b0 * x + b >= zero) & (c0 * x + c >= zero)
            if inside & (near > nearness[row, column]) & (near <= limit) and (
                solid or _is_covered(f, planes, x, y, lod, cutouts, textures)
            ):
                nearness[row, column] = near
                face_ids[row, column] = f


@njit(cache=True, nogil=True, inline="always")
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


@njit(cache=True, nogil=True)
def _cutout_lod(f: Any, planes: Any, cutouts: Any, textures: Any) -> Any:
    """Level of detail of a whole face: log2 of texels per sample."""
    uvs, texture = cutouts.uvs, cutouts.face_textures[f]
    u1, v1 = uvs[f, 1, 0] - uvs[f, 0, 0], uvs[f, 1, 1] - uvs[f, 0, 1]
    u2, v2 = uvs[f, 2, 0] - uvs[f, 0, 0], uvs[f, 2, 1] - uvs[f, 0, 1]
    texels = 0.5 * abs(u1 * v2 - u2 * v1) * textures.levels[texture, 0, 1] * textures.levels[texture, 0, 2]
    return 0.5 * math.log2(max(texels / max(planes[f, 15], 1e-9), 1e-9))


@njit(cache=True, nogil=True)
def _is_covered(f: Any, planes: Any, x: Any, y: Any, lod: Any, cutouts: Any, textures: Any) -> Any:
    """Stochastic transparency (Enderton et al. 2010) with thresholds stratified over 2 x 2 samples."""
    a, b, c = barycentrics_at(planes, f, x, y)
    uvs = cutouts.uvs
    u = a * uvs[f, 0, 0] + b * uvs[f, 1, 0] + c * uvs[f, 2, 0]
    v = a * uvs[f, 0, 1] + b * uvs[f, 1, 1] + c * uvs[f, 2, 1]
    alpha = cutouts.alphas[f] * sample_value(textures, cutouts.face_textures[f], lod, u, v, 3)
    softness = min(max(lod + 1.0, 0.0), 1.0) if cutouts.sharp[f] else 1.0
    if abs(alpha - 0.5) >= 0.5 * softness:  # no threshold can change the answer
        return alpha > 0.5
    column, row = int(x), int(y)
    # Neighbouring samples take the four strata, in an order that differs between faces, so that layers add up.
    stratum = (2 * (column & 1) + ((column ^ row) & 1) + (f * 2654435761 >> 13)) & 3
    noise = (52.9829189 * ((0.06711056 * (column >> 1) + 0.00583715 * (row >> 1)) % 1.0)) % 1.0
    return alpha > 0.5 + softness * ((noise + stratum) / 4 - 0.5)


@njit(cache=True, nogil=True, inline="always")
def barycentrics_at(planes: Any, f: Any, x: Any, y: Any) -> Any:
    """Perspective-correct weights of a face's corners at a pixel index, from `Raster.planes`."""
    a = (planes[f, 0] * x + planes[f, 1] * y + planes[f, 2]) * planes[f, 12]
    b = (planes[f, 3] * x + planes[f, 4] * y + planes[f, 5]) * planes[f, 13]
    c = (planes[f, 6] * x + planes[f, 7] * y + planes[f, 8]) * planes[f, 14]
    total = 1 / (a + b + c)
    return a * total, b * total, c * total


@njit(cache=True, nogil=True, parallel=True)
def resolve(raster: Any) -> Any:
    """Face ids, barycentrics and depth of a z-buffer, as in `Fragments`."""
    height, width = raster.face_ids.shape
    barycentrics = np.zeros((height, width, 3), np.float32)
    depth = np.zeros((height, width), np.float32)
    for row in prange(height):
        for column in range(width):
            f = raster.face_ids[row, column]
            if f >= 0:
                a, b, c = barycentrics_at(raster.planes, f, np.float32(column), np.float32(row))
                barycentrics[row, column, 0], barycentrics[row, column, 1], barycentrics[row, column, 2] = a, b, c
                near = raster.nearness[row, column]
                depth[row, column] = -near if raster.ortho else 1 / near
    return raster.face_ids, barycentrics, depth
