"""The fused shading kernel: from z-buffer samples to the pixels of an image.

A pixel shades once per surface it sees, not once per sample: edges get the quality of supersampling at about the cost
of one sample. Light is linear until the last step. A row of the picture gathers its surfaces, which are lit many at a
time (`surfaces`, `reflection`), adds them to its pixels, and shows the backdrop in what is left.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numba import njit, prange

from personify.render import surfaces
from personify.render.backdrop import backdrop_color, floor_light
from personify.render.color import encode
from personify.render.kernels import inner
from personify.render.rasterize import interleaved
from personify.render.reflection import lamps_of
from personify.render.surfaces import BLUE, CHUNK, COLUMN, GREEN, OPEN, RED, ROWS, WEIGHT

_ONE = np.float32(1)


@njit(cache=True, nogil=True, parallel=True)
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
    samples = view.samples * view.samples
    for slot in prange(height):
        row = np.uint64(interleaved(slot, height))
        light = np.zeros((width, 4), np.float32)  # sum over the samples of linear RGB and 1
        _light_row(row, raster, mesh, materials, textures, rig, shadow, view, openness, light)
        if channels == 4:
            _straighten(row, light, samples, image)
        else:
            _show_backdrop(row, light, samples, backdrop, floor_light(floor, view, row, width), image)


@inner()
def _light_row(
    row: Any,
    raster: Any,
    mesh: Any,
    materials: Any,
    textures: Any,
    rig: Any,
    shadow: Any,
    view: Any,
    openness: Any,
    light: Any,
) -> None:
    """Add up the surfaces that the pixels of a row see."""
    column, stop = _seen_columns(raster.face_ids, row, view.samples)
    if column == stop:
        return
    chunk, ids, lamps = np.zeros(ROWS * CHUNK, np.float32), np.empty(CHUNK, np.int32), lamps_of(rig)
    while column < stop:
        count, column = surfaces.collect(chunk, ids, row, column, stop, raster, mesh, np.uint64(view.samples))
        padded = (count + np.uint64(15)) & ~np.uint64(15)
        surfaces.place(chunk, ids, count, raster.planes, mesh, view)
        surfaces.paint(chunk, count, materials, textures, view.samples)
        surfaces.bend(chunk, padded)
        surfaces.cast_shadows(chunk, count, shadow, lamps[0][0])
        for i in range(count):
            chunk[OPEN + i] = openness[row, np.uint64(chunk[COLUMN + i])]
        surfaces.light_up(chunk, padded, lamps)
        for i in range(count):
            at, weight = np.uint64(chunk[COLUMN + i]), chunk[WEIGHT + i]
            light[at, 0] += weight * chunk[RED + i]
            light[at, 1] += weight * chunk[GREEN + i]
            light[at, 2] += weight * chunk[BLUE + i]
            light[at, 3] += weight


@inner()
def _seen_columns(face_ids: Any, row: Any, samples: Any) -> Any:
    """First pixel of a row that sees something, and the one behind the last."""
    width, step, one = np.uint64(face_ids.shape[1]), np.uint64(samples), np.uint64(1)
    first: Any = width
    last: Any = np.uint64(0)
    for y in range(row * step, (row + one) * step):
        for x in range(width):
            if face_ids[y, x] >= 0:
                first, last = min(first, x), max(last, x + one)
    return min(first, last) // step, (last + step - one) // step


@inner(error_model="numpy")
def _straighten(row: Any, light: Any, samples: Any, image: Any) -> None:
    """A row of a transparent picture: colour not multiplied by alpha."""
    for column in range(np.uint64(len(light))):
        seen = light[column, 3]
        scale = _ONE / max(seen, _ONE)
        for channel in range(np.uint64(3)):
            image[row, column, channel] = encode(scale * light[column, channel])
        image[row, column, 3] = seen / np.float32(samples)


@inner(error_model="numpy")
def _show_backdrop(row: Any, light: Any, samples: Any, backdrop: Any, arriving: Any, image: Any) -> None:
    """A row of a picture with something behind the person."""
    behind, height, width = backdrop.image, image.shape[0], image.shape[1]
    share, samples = _ONE / np.float32(samples), np.float32(samples)
    color = (backdrop.color[0], backdrop.color[1], backdrop.color[2])
    for column in range(np.uint64(width)):
        rest = samples - light[column, 3]
        if rest == samples and arriving[column] == _ONE:
            image[row, column, 0], image[row, column, 1] = behind[row, column, 0], behind[row, column, 1]
            image[row, column, 2] = behind[row, column, 2]
            continue
        rest *= arriving[column]
        red, green, blue = backdrop_color(color, row, column, height, width)
        image[row, column, 0] = encode(share * (light[column, 0] + rest * red))
        image[row, column, 1] = encode(share * (light[column, 1] + rest * green))
        image[row, column, 2] = encode(share * (light[column, 2] + rest * blue))
