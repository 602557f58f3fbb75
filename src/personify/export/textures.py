"""Textures for exporters: PNG bytes and colours at texture coordinates."""

from __future__ import annotations

import hashlib
import io

import numpy as np
from numpy.typing import NDArray
from PIL import Image as PillowImage

from personify.body.mesh import Float, Image, Material
from personify.color import linear_to_srgb, srgb_to_linear
from personify.errors import PersonifyError

REMEMBERED = 48  # a person has about twenty textures
_encoded: dict[str, bytes] = {}  # PNG bytes by content, oldest first


def encode_png(image: Image) -> bytes:  # [H, W], [H, W, 3] or [H, W, 4] uint8
    """PNG bytes; fixed settings and no metadata, so that the same pixels give the same bytes.

    The last few are remembered: one person is written to several files.
    """
    if (
        image.dtype != np.uint8
        or image.ndim not in (2, 3)
        or image.size == 0
        or image.shape[2:] not in ((), (3,), (4,))
    ):
        raise PersonifyError(f"texture: {image.dtype} {list(image.shape)} found; expected uint8 [H, W, 3] or [H, W, 4]")
    pixels = np.ascontiguousarray(image)
    key = f"{pixels.shape} {hashlib.blake2b(pixels.data, digest_size=16).hexdigest()}"
    png = _encoded.get(key)
    if png is None:
        stream = io.BytesIO()
        PillowImage.fromarray(pixels).save(stream, "PNG", compress_level=4)
        png = _encoded[key] = stream.getvalue()
        if len(_encoded) > REMEMBERED:
            del _encoded[next(iter(_encoded))]
    return png


def surface_colors(material: Material, uvs: Float) -> Image:  # [V, 2] -> [V, 4]
    """sRGB colour and linear alpha of a material at texture coordinates, bilinear in linear light."""
    color = np.broadcast_to(np.asarray(material.base_color, np.float32), (len(uvs), 4))
    if material.texture is not None:
        color = color * _bilinear(material.texture, uvs)
    encoded = np.concatenate([linear_to_srgb(color[:, :3]), color[:, 3:]], 1)
    return np.rint(np.clip(encoded, 0, 1) * 255).astype(np.uint8)


def tinted_texture(material: Material) -> Image:
    """The texture multiplied by the base colour, for formats that know only one of the two."""
    if material.texture is None:
        raise PersonifyError(f"material {material.name!r}: has no texture to tint")
    texture = material.texture[..., :3] if material.alpha_mode == "OPAQUE" else material.texture
    if tuple(material.base_color) == (1.0, 1.0, 1.0, 1.0):
        return texture
    channels = texture.shape[2]
    # A table of the 256 byte values costs less than converting every pixel to linear light and back.
    levels = np.arange(256, dtype=np.float32) / 255
    factors = np.asarray(material.base_color, np.float32)[:channels]
    tables = linear_to_srgb(srgb_to_linear(levels)[:, None] * factors)
    if channels == 4:
        tables[:, 3] = levels * factors[3]
    tables = np.rint(np.clip(tables, 0, 1) * 255).astype(np.uint8)
    return np.stack([tables[texture[..., c], c] for c in range(channels)], -1)


def _bilinear(texture: Image, uvs: Float) -> Float:  # [H, W, 3 or 4], [V, 2] -> [V, 4] linear RGBA
    height, width = texture.shape[:2]
    x = np.clip(uvs[:, 0] * width - 0.5, 0, width - 1)
    y = np.clip(uvs[:, 1] * height - 0.5, 0, height - 1)
    left, top = np.floor(x).astype(int), np.floor(y).astype(int)
    right, bottom = np.minimum(left + 1, width - 1), np.minimum(top + 1, height - 1)
    across, down = (x - left)[:, None], (y - top)[:, None]

    def texels(rows: NDArray[np.int64], columns: NDArray[np.int64]) -> Float:
        raw = texture[rows, columns].astype(np.float32) / 255
        alpha = raw[:, 3:] if raw.shape[1] == 4 else np.ones((len(raw), 1), np.float32)
        return np.concatenate([srgb_to_linear(raw[:, :3]), alpha], 1)

    upper = texels(top, left) * (1 - across) + texels(top, right) * across
    lower = texels(bottom, left) * (1 - across) + texels(bottom, right) * across
    return (upper * (1 - down) + lower * down).astype(np.float32)
