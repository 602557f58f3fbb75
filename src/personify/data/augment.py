"""Domain randomisation: what real photos do to a picture, cheap enough for every training step.

Pictures are float32 [H, W, 3] sRGB in [0, 1] with a separate mask [H, W] in [0, 1].
"""

from __future__ import annotations

import io
import math
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image
from scipy.ndimage import gaussian_filter

Float = NDArray[np.float32]
_LUMA = np.array([0.299, 0.587, 0.114], np.float32)


@dataclass(frozen=True)
class Grade:
    """A change of colour shared by all pictures of a person: ``(mix @ color) * gain + lift``.

    Attributes:
        mix: [3, 3] rows sum to 1: greys stay grey.
        gain: [3].
        lift: added to every channel.
    """

    mix: Float
    gain: Float
    lift: float

    @staticmethod
    def draw(rng: np.random.Generator, strength: float = 1.0) -> Grade:
        """A random hue turn, saturation, white balance, brightness and contrast; ``strength`` 0 changes nothing."""
        angle, saturation = strength * rng.normal(0, 0.35), 1 + strength * rng.uniform(-0.3, 0.2)
        mix = _turn_about_grey(angle)
        mix = saturation * mix + (1 - saturation) * _LUMA
        contrast, lift = 1 + strength * rng.uniform(-0.2, 0.1), strength * rng.uniform(-0.05, 0.08)
        gain = contrast * (1 + strength * rng.normal(0, 0.03, 3))
        return Grade(mix.astype(np.float32), gain.astype(np.float32), float(lift + 0.5 * (1 - contrast)))

    def __call__(self, colors: Float) -> Float:  # [..., 3] -> [..., 3]
        graded: Float = np.clip((colors @ self.mix.T) * self.gain + np.float32(self.lift), 0, 1)
        return graded


def _turn_about_grey(angle: float) -> Float:  # [3, 3]
    """Rotation of RGB space about its grey diagonal."""
    cosine, sine, third = np.cos(angle), np.sin(angle), 1 / 3
    cross = np.array([[0, -1, 1], [1, 0, -1], [-1, 1, 0]]) * np.sqrt(third)
    turn: NDArray[Any] = cosine * np.eye(3) + (1 - cosine) * third + sine * cross
    return np.asarray(turn, np.float32)


def degrade(image: Float, rng: np.random.Generator) -> Float:
    """One photo's exposure, blur, noise and JPEG blocks, each half of the time.

    Example:
        >>> degrade(np.full((8, 8, 3), 0.5, np.float32), np.random.default_rng(0)).shape
        (8, 8, 3)
    """
    if rng.random() < 0.5:
        image = image * np.float32(rng.uniform(0.85, 1.12))
    if rng.random() < 0.5:
        image = gaussian_filter(image, (*[rng.uniform(0.2, 0.45)] * 2, 0))
    if rng.random() < 0.5:
        image = image + rng.normal(0, rng.uniform(0, 0.03), image.shape).astype(np.float32)
    clipped: Float = np.clip(image, 0, 1)
    return _jpeg(clipped, int(rng.integers(60, 95))) if rng.random() < 0.5 else clipped


def _jpeg(image: Float, quality: int) -> Float:
    buffer = io.BytesIO()
    Image.fromarray(np.round(image * 255).astype(np.uint8)).save(buffer, "JPEG", quality=quality)
    return np.divide(np.asarray(Image.open(buffer)), 255, dtype=np.float32)


def occlude(mask: Float, rng: np.random.Generator) -> Float:
    """Hide a random box of the mask: something stood in front, or the matting lost a limb."""
    height, width = mask.shape
    rows, columns = rng.uniform(0.1, 0.3, 2) * (height, width)
    top, left = rng.uniform(0, height - rows), rng.uniform(0, width - columns)
    hidden = mask.copy()
    hidden[int(top) : int(top + rows), int(left) : int(left + columns)] = 0
    return hidden


@dataclass(frozen=True)
class Window:
    """A square part of a picture, in its pixels; it may reach over the edges.

    Attributes:
        left: of the window.
        top: of the window.
        side: length.
    """

    left: float
    top: float
    side: float

    @staticmethod
    def draw(size: int, rng: np.random.Generator) -> Window:
        """Mostly the whole picture a little moved and scaled; every tenth shows only a part of the person."""
        side = size * rng.uniform(0.5, 0.8) if rng.random() < 0.1 else size * rng.uniform(0.88, 1.12)
        slack = abs(size - side) / 2 + 0.02 * size
        left, top = (size - side) / 2 + rng.uniform(-slack, slack, 2)
        return Window(float(left), float(top), float(side))

    def intrinsics(self, K: Float, size: int) -> Float:  # [3, 3] -> [3, 3]
        """Intrinsics of the window drawn at ``size`` pixels."""
        scale = size / self.side
        shift = np.array([[1, 0, -self.left], [0, 1, -self.top], [0, 0, 1]])
        return (np.diag([scale, scale, 1.0]) @ shift @ K).astype(np.float32)

    def pixels(self, source: int, size: int) -> tuple[NDArray[np.intp], NDArray[np.bool_]]:
        """Nearest source pixel of every window pixel: flat index [size, size] and whether it lies in the picture."""
        steps = (np.arange(size) + 0.5) * self.side / size
        rows, columns = np.floor(self.top + steps).astype(int), np.floor(self.left + steps).astype(int)
        inside = ((rows >= 0) & (rows < source))[:, None] & ((columns >= 0) & (columns < source))
        return rows.clip(0, source - 1)[:, None] * source + columns.clip(0, source - 1), inside

    def resample(self, image: NDArray[np.uint8], size: int) -> NDArray[np.uint8]:
        """The window of an RGBA picture [S, S, 4] with antialiasing, premultiplied so that no background bleeds in.

        Returns:
            [size, size, 4] uint8; colour is premultiplied by alpha.
        """
        alpha = image[..., 3:].astype(np.float32) / 255
        premultiplied = np.concatenate([np.round(image[..., :3] * alpha).astype(np.uint8), image[..., 3:]], 2)
        right, bottom = self.left + self.side, self.top + self.side
        reach = math.ceil(max(0, -self.left, -self.top, right - len(image), bottom - len(image)))
        padded = np.pad(premultiplied, ((reach, reach), (reach, reach), (0, 0)))
        box = (self.left + reach, self.top + reach, right + reach, bottom + reach)
        kernel = Image.Resampling.BOX if self.side > size else Image.Resampling.BILINEAR
        bands = [Image.fromarray(padded[..., k]).resize((size, size), kernel, box) for k in range(4)]
        return np.stack([np.asarray(band) for band in bands], 2)
