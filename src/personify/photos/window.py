"""Square windows of pictures, which may reach over their edges."""

from __future__ import annotations

import math
from typing import Literal

import numpy as np
from PIL import Image

from personify.body.mesh import Float

Window = tuple[tuple[float, float], float]
"""Corner (left, top) and side in pixels of a picture; it may reach over the edges."""


def cut_window(
    image: Float, corner: tuple[float, float], side: float, size: int, beyond: Literal["constant", "edge"] = "constant"
) -> Float:  # [H, W, C] -> [size, size, C]
    """Part of a picture at another resolution.

    Args:
        image: [H, W, C].
        corner: (left, top) in its pixels.
        side: in its pixels.
        size: pixels of the result.
        beyond: the edges of the picture are zeros, or the pixels at the ``"edge"`` again.

    Example:
        >>> cut_window(np.ones((4, 4, 1), np.float32), (-2, 0), 4, 4)[0, :, 0].tolist()
        [0.0, 0.0, 1.0, 1.0]
    """
    left, top = corner
    reach = math.ceil(max(0.0, -left, -top, left + side - image.shape[1], top + side - image.shape[0]))
    padded = np.pad(image, ((reach, reach), (reach, reach), (0, 0)), mode=beyond)
    box = (left + reach, top + reach, left + side + reach, top + side + reach)
    kernel = Image.Resampling.BOX if side > size else Image.Resampling.BILINEAR
    bands = [Image.fromarray(np.ascontiguousarray(band)) for band in padded.transpose(2, 0, 1)]
    return np.stack([np.asarray(band.resize((size, size), kernel, box)) for band in bands], 2)


def within(inner: Window, outer: Window, size: int) -> Window:
    """A window of a picture as a window of another window that is drawn at ``size`` pixels.

    Example:
        >>> within(((30.0, 10.0), 20.0), ((20.0, 10.0), 40.0), 80)
        ((20.0, 0.0), 40.0)
    """
    (left, top), side = inner
    scale = size / outer[1]
    return ((left - outer[0][0]) * scale, (top - outer[0][1]) * scale), side * scale


def put_back(window: Float, corner: tuple[float, float], side: float, shape: tuple[int, ...]) -> Float:
    """A window [S, S] in its place of an empty picture of a shape (height, width): the inverse of `cut_window`.

    Example:
        >>> put_back(np.ones((2, 2), np.float32), (1, 0), 2, (2, 3)).tolist()
        [[0.0, 1.0, 1.0], [0.0, 1.0, 1.0]]
    """
    scale = len(window) / side
    affine = (scale, 0, -corner[0] * scale, 0, scale, -corner[1] * scale)
    picture = Image.fromarray(np.ascontiguousarray(window, np.float32))
    height, width = shape
    return np.asarray(picture.transform((width, height), Image.Transform.AFFINE, affine, Image.Resampling.BILINEAR))


def resize(image: Float, height: int, width: int) -> Float:  # [H, W, C] -> [height, width, C]
    """A whole picture at another resolution.

    Example:
        >>> resize(np.ones((4, 6, 2), np.float32), 2, 3).shape
        (2, 3, 2)
    """
    kernel = Image.Resampling.BOX if width < image.shape[1] else Image.Resampling.BILINEAR
    bands = [Image.fromarray(np.ascontiguousarray(band)) for band in image.transpose(2, 0, 1)]
    return np.stack([np.asarray(band.resize((width, height), kernel)) for band in bands], 2)
