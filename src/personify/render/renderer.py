"""`MeshRenderer`: pictures and training buffers of textured meshes, on the CPU."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from personify.body.mesh import Material, MeshPart
from personify.color import srgb_to_linear
from personify.errors import PersonifyError
from personify.render import backdrop, lights, occlusion
from personify.render.cameras import Camera
from personify.render.normals import SmoothNormals
from personify.render.rasterize import Cutouts, Raster, Rasterizer, fragments
from personify.render.shading import shade_image
from personify.render.surfaces import Materials, Mesh, View
from personify.render.textures import Textures, pack_textures

Float = NDArray[np.float32]
RGB = tuple[float, float, float]
STUDIO = "studio"
_FLOOR_REACH = 1.6  # metres around the person's bounding box that can receive a shadow


class RenderBuffers(NamedTuple):
    """What every pixel sees, for training and compositing.

    Attributes:
        part_ids: [H, W] int32 index into the renderer's parts, -1 where nothing is.
        face_ids: [H, W] int32 face within its part, -1 where nothing is.
        barycentrics: [H, W, 3] float32 perspective-correct weights of the face's corners.
        depth: [H, W] float32 metres along the viewing axis, 0 where nothing is.
        uvs: [H, W, 2] float32, v grows downwards.
        normals: [H, W, 3] float32 smooth unit normals in world axes, 0 where nothing is.
    """

    part_ids: NDArray[np.int32]
    face_ids: NDArray[np.int32]
    barycentrics: Float
    depth: Float
    uvs: Float
    normals: Float


class _Scratch(NamedTuple):
    """Images that are kept between frames: ambient occlusion before and after its blur [H, W], and the backdrop."""

    openness: Float
    blurred: Float
    backdrop: backdrop.Backdrop


class MeshRenderer:
    """Draws the parts of a person, again and again, in changing poses.

    Textures, mipmaps and adjacency are prepared once; per frame only vertex positions change. The same input gives
    the same image, whatever the number of threads. Calls from several threads take turns.

    Args:
        parts: what to draw; opaque, masked and blended materials in any order.
        background: ``"studio"`` (a grey cove whose floor at y = 0 receives shadows) or an sRGB colour.
        lights: the studio's lights, fixed to the camera's azimuth.
        supersample: samples per pixel along each axis; 2 for video, 3 or 4 for stills of hair.

    Raises:
        PersonifyError: a part is inconsistent, or an argument is out of range.

    Example:
        >>> part = MeshPart(
        ...     "card", np.float32([[0, 0, 0], [1, 0, 0], [0, 1, 0]]), np.array([[0, 1, 2]]),
        ...     np.zeros((3, 2), np.float32), np.ones((3, 1), np.float32), Material("red", (1, 0, 0, 1)))
        >>> from personify.render.cameras import frame_points
        >>> MeshRenderer([part]).render(None, frame_points(part.vertices, width=64, height=48)).shape
        (48, 64, 3)
    """

    def __init__(
        self,
        parts: Sequence[MeshPart],
        background: str | RGB = STUDIO,
        lights: lights.Lights = lights.Lights(),  # noqa: B008 (frozen)
        supersample: int = 2,
    ) -> None:
        if not parts:
            raise PersonifyError("MeshRenderer: expected at least one mesh part")
        if not 1 <= supersample <= 8:
            raise PersonifyError(f"MeshRenderer: supersample is {supersample}; expected 1 to 8")
        self.parts = tuple(part.validate() for part in parts)
        self.background = _linear_background(background)
        self.lights = lights
        self.supersample = supersample
        self._lock = threading.Lock()
        self._join()
        self._images: dict[tuple[int, int], _Scratch] = {}  # of the last size only
        self._floor = np.ones((2, backdrop.FLOOR_CELLS, backdrop.FLOOR_CELLS, 2), np.float32)

    def _join(self) -> None:
        """Concatenate the parts into one mesh."""
        counts = [len(part.vertices) for part in self.parts]
        self._offsets = np.concatenate([[0], np.cumsum(counts)])
        shifted = [part.faces + offset for part, offset in zip(self.parts, self._offsets, strict=False)]
        faces = np.concatenate(shifted).astype(np.int32)
        owner = np.repeat(np.arange(len(self.parts)), [len(part.faces) for part in self.parts]).astype(np.int32)
        self._first_face = np.searchsorted(owner, np.arange(len(self.parts))).astype(np.int32)
        uvs = np.concatenate([part.uvs for part in self.parts]).astype(np.float32)
        self._vertices = np.concatenate([part.vertices for part in self.parts]).astype(np.float32)
        vertex_parts = np.repeat(np.arange(len(self.parts)), counts).astype(np.int32)
        self._normals = SmoothNormals(self._vertices, faces, vertex_parts)
        self._materials, self._textures = _pack_materials([part.material for part in self.parts])
        self._mesh = Mesh(self._vertices, faces, uvs, self._normals.normals, self._normals.faces, owner)
        single = np.array([not part.material.double_sided for part in self.parts])[owner]
        cutouts = _cutouts([part.material for part in self.parts], self._materials, owner, uvs[faces])
        self._viewer = Rasterizer(faces, single, cutouts, self._textures)
        self._shadow = Rasterizer(faces, single, cutouts, self._textures)

    def render(self, vertices: Sequence[Float] | None, camera: Camera, transparent: bool = False) -> Float:
        """One picture.

        Args:
            vertices: posed [V_i, 3] of every part, in the order of the parts; None = as given.
            camera: of the picture; its size is the picture's.
            transparent: return RGBA (alpha not premultiplied, no floor shadow) instead of RGB over the background.

        Returns:
            [H, W, 3 or 4] float32 sRGB in [0, 1].
        """
        with self._lock:
            self._pose(vertices)
            fine = camera.scaled(self.supersample)
            raster = self._viewer.draw(self._vertices, fine)
            rig = lights.set_up(self.lights, camera)
            shadow = self._cast_shadow(camera, rig)
            floor = self._light_floor(shadow, wanted=not transparent and self.background[0] < 0)
            openness = self._occlude(raster, camera, fine)
            image = np.empty((camera.height, camera.width, 4 if transparent else 3), np.float32)
            shade_image(
                raster, self._mesh, self._materials, self._textures, rig, shadow,
                self._scratch(camera).backdrop, floor, _view(camera, self.supersample), openness, image,
            )  # fmt: skip
            return image

    def buffers(self, vertices: Sequence[Float] | None, camera: Camera) -> RenderBuffers:
        """Part, face, barycentrics, depth, uv and normal of every pixel centre (no antialiasing)."""
        with self._lock:
            self._pose(vertices)
            face_ids, barycentrics, depth = fragments(self._viewer.draw(self._vertices, camera))
            hit = face_ids >= 0
            seen, weights = face_ids[hit], barycentrics[hit][..., None]
            uvs, normals = np.zeros((*hit.shape, 2), np.float32), np.zeros((*hit.shape, 3), np.float32)
            uvs[hit] = (self._mesh.uvs[self._mesh.faces[seen]] * weights).sum(1)
            normal = (self._mesh.normals[self._mesh.normal_faces[seen]] * weights).sum(1)
            normals[hit] = normal / np.maximum(np.linalg.norm(normal, axis=1, keepdims=True), 1e-12)
            part_ids = np.where(hit, self._mesh.parts[face_ids], -1).astype(np.int32)
            local = np.where(hit, face_ids - self._first_face[part_ids], -1).astype(np.int32)
            return RenderBuffers(part_ids, local, barycentrics, depth, uvs, normals)

    def _pose(self, vertices: Sequence[Float] | None) -> None:
        arrays = [part.vertices for part in self.parts] if vertices is None else list(vertices)
        if len(arrays) != len(self.parts):
            raise PersonifyError(
                f"render: got {len(arrays)} vertex arrays for {len(self.parts)} parts; expected one each"
            )
        for part, array, start, stop in zip(self.parts, arrays, self._offsets, self._offsets[1:], strict=False):
            array = np.asarray(array)
            if array.shape != part.vertices.shape or not np.isfinite(array).all():
                expected = list(part.vertices.shape)
                raise PersonifyError(
                    f"render: vertices of {part.name!r} must be finite {expected}, got {list(array.shape)}"
                )
            self._vertices[start:stop] = array
        self._normals.update(self._vertices)

    def _cast_shadow(self, camera: Camera, rig: lights.Rig) -> lights.Shadow:
        light = lights.shadow_camera(self._vertices, camera, rig.directions[0])
        return lights.shadow_map(self._shadow.draw(self._vertices, light), light)

    def _light_floor(self, shadow: lights.Shadow, wanted: bool) -> backdrop.Floor:
        low, high, near_faces = backdrop.stand_on(self._vertices, self._mesh.faces)
        span = float((high - low).max()) + 2 * _FLOOR_REACH
        corner = ((low + high) / 2 - span / 2).astype(np.float32)
        cell = np.float32(span / (backdrop.FLOOR_CELLS - 1))
        if wanted:
            below = Rasterizer(near_faces).draw(self._vertices, backdrop.camera_below(corner, cell))
            backdrop.fill_floor(shadow, below.nearness, corner, cell, *self._floor)
        return backdrop.Floor(wanted, self._floor[1], corner, cell)

    def _occlude(self, raster: Raster, camera: Camera, fine: Camera) -> Float:
        scratch = self._scratch(camera)
        occlusion.ambient_occlusion(raster, self.supersample, fine.K, scratch.openness, scratch.blurred)
        return scratch.blurred

    def _scratch(self, camera: Camera) -> _Scratch:
        shape = (camera.height, camera.width)
        if shape not in self._images:
            openness, blurred = np.empty(shape, np.float32), np.empty(shape, np.float32)
            self._images = {shape: _Scratch(openness, blurred, backdrop.paint(self.background, *shape))}
        return self._images[shape]


def _linear_background(background: str | RGB) -> Float:
    if isinstance(background, str):
        if background != STUDIO:
            raise PersonifyError(f"background: {background!r} is not known; expected {STUDIO!r} or an sRGB triple")
        return np.full(3, -1, np.float32)
    color = np.asarray(background, np.float32)
    if color.shape != (3,) or not ((color >= 0) & (color <= 1)).all():
        raise PersonifyError(f"background: {background!r} is not an sRGB colour; expected three numbers in [0, 1]")
    return srgb_to_linear(color)


def _pack_materials(materials: Sequence[Material]) -> tuple[Materials, Textures]:
    """Materials (one per part) and their textures, each packed once however many parts share it."""
    images: dict[tuple[int, str], int] = {}
    order: list[NDArray[np.uint8]] = []

    def index(image: NDArray[np.uint8] | None, kind: str) -> int:
        if image is None:
            return -1
        if (id(image), kind) not in images:
            images[id(image), kind] = len(order)
            order.append(image)
        return images[id(image), kind]

    for material in materials:
        for name, image in (("texture", material.texture), ("normal_map", material.normal_map)):
            if image is not None and (image.ndim != 3 or image.shape[2] not in (3, 4) or image.dtype != np.uint8):
                raise PersonifyError(f"material {material.name!r}: {name} must be uint8 [H, W, 3 or 4]")
    packed = Materials(
        np.array([material.base_color[:3] for material in materials], np.float32),
        np.array([material.roughness for material in materials], np.float32),
        np.array([material.metallic for material in materials], np.float32),
        np.array([index(m.texture, "mask" if m.alpha_mode == "MASK" else "color") for m in materials], np.int32),
        np.array([index(material.normal_map, "normal") for material in materials], np.int32),
    )
    return packed, pack_textures(order, [kind for _, kind in images])


def _cutouts(materials: Sequence[Material], packed: Materials, owner: NDArray[np.int32], uvs: Float) -> Cutouts:
    holes = [m.alpha_mode != "OPAQUE" and m.texture is not None and m.texture.shape[2] == 4 for m in materials]
    textures = np.where(holes, packed.textures, -1).astype(np.int32)
    sharp = np.array([material.alpha_mode == "MASK" for material in materials])
    alphas = np.array([material.base_color[3] for material in materials], np.float32)
    return Cutouts(textures[owner], sharp[owner], alphas[owner], np.ascontiguousarray(uvs))


def _view(camera: Camera, samples: int) -> View:
    """Ray of a pixel index: a direction for a pinhole, an offset from the camera centre for a parallel camera."""
    rotation = camera.viewmat[:3, :3].T.astype(np.float64)
    to_camera = np.linalg.inv(camera.K.astype(np.float64)) @ np.array([[1, 0, 0.5], [0, 1, 0.5], [0, 0, 1]])
    if camera.ortho:
        to_camera[2] = 0
    return View(
        np.ascontiguousarray(camera.position),
        np.ascontiguousarray(camera.viewmat[2, :3]),
        np.ascontiguousarray(rotation @ to_camera, dtype=np.float32),
        samples,
        camera.ortho,
    )
