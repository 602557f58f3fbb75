"""Rooms, streets and heaps of things that never were: what synthetic people stand before when masks are learnt.

Nothing looks real on purpose. Whoever is to find people in all of these learns what people look like, as there is
nothing else that the pictures have in common.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFilter

from personify.data.augment import Float

Color = tuple[int, int, int]
Points = list[tuple[float, float]]
_SKIN = ((236, 200, 176), (214, 164, 130), (172, 118, 84), (110, 72, 50), (70, 46, 36))
_ROOM = ((226, 220, 208), (190, 190, 192), (120, 122, 126), (48, 48, 52), (24, 24, 26), (150, 110, 70), (206, 176, 130))


def clutter(rng: np.random.Generator, size: int = 256) -> NDArray[np.uint8]:  # [size, size, 3]
    """A random crowded or bare surrounding.

    Example:
        >>> clutter(np.random.default_rng(0), 64).shape
        (64, 64, 3)
    """
    palette = _palette(rng)
    picture = _ground(rng, size, palette)
    for _ in range(int(rng.choice((0, 4, 12, 30, 60)) * rng.uniform(0.5, 1.5))):
        shape = rng.choice(len(_SHAPES), p=_ODDS)
        mask = Image.new("L", (size, size))
        _SHAPES[shape](ImageDraw.Draw(mask), rng, size)
        picture.paste(_fill(rng, size, palette), (0, 0), mask)
    if rng.random() < 0.5:
        _box(ImageDraw.Draw(picture), rng, size, palette)
    return _lit(picture, rng)


def _palette(rng: np.random.Generator) -> list[Color]:
    """The colours of one place: a few of any hue, some of rooms, and those of skin."""
    vivid = rng.uniform(0.1, 1)
    own = [vivid * rng.integers(0, 256, 3) + (1 - vivid) * rng.integers(0, 256) for _ in range(3)]
    known = [(*_ROOM, *_SKIN)[rng.integers(len(_ROOM) + len(_SKIN))] for _ in range(4)]
    return [_rgb(np.asarray(color)) for color in (*own, *known)]


def _color(rng: np.random.Generator, palette: list[Color]) -> Color:
    return _rgb(np.array(palette[rng.integers(len(palette))]) + rng.normal(0, 14, 3))


def _rgb(color: NDArray[Any]) -> Color:
    red, green, blue = (int(value) for value in np.clip(color, 0, 255))
    return red, green, blue


def noise(rng: np.random.Generator, size: int, cells: int) -> Float:  # [size, size], about unit variance
    """Smooth noise with so many bumps along a side."""
    bumps = Image.fromarray(rng.standard_normal((cells, cells), np.float32))
    return np.asarray(bumps.resize((size, size), Image.Resampling.BICUBIC))


def _gradient(rng: np.random.Generator, size: int) -> Float:  # [size, size] in [-1, 1]
    y, x = np.mgrid[:size, :size].astype(np.float32) / size - 0.5
    angle = rng.uniform(0, 2 * math.pi)
    slope: Float = 1.4 * (x * np.float32(math.cos(angle)) + y * np.float32(math.sin(angle)))
    return slope


def _fill(rng: np.random.Generator, size: int, palette: list[Color]) -> Image.Image:
    """A plain, shaded, stained, striped or chequered surface."""
    first, second = (np.array(_color(rng, palette), np.float32) for _ in range(2))
    kind = rng.random()
    if kind < 0.35:
        return Image.new("RGB", (size, size), _rgb(first))
    if kind < 0.6:
        share = 0.5 + 0.5 * _gradient(rng, size) * rng.uniform(0.2, 1)
    elif kind < 0.85:
        share = 0.5 + rng.uniform(0.1, 0.5) * noise(rng, size, int(2 ** rng.uniform(1, 7)))
    else:
        waves = np.sin(2 * math.pi * 2 ** rng.uniform(1, 5.5) * _gradient(rng, size))
        if rng.random() < 0.4:
            waves = waves * np.sin(2 * math.pi * 2 ** rng.uniform(1, 5) * _gradient(rng, size))
        share = (waves > rng.uniform(-0.5, 0.9)).astype(np.float32)
    mixed = first + (second - first) * share[..., None]
    return Image.fromarray(mixed.clip(0, 255).astype(np.uint8))


def _ground(rng: np.random.Generator, size: int, palette: list[Color]) -> Image.Image:
    """A wall, or a wall above a floor."""
    picture = _fill(rng, size, palette)
    if rng.random() < 0.65:
        left, right = size * (rng.uniform(0.3, 0.9) + rng.normal(0, 0.08, 2))
        mask = Image.new("L", (size, size))
        ImageDraw.Draw(mask).polygon([(0, left), (size, right), (size, size), (0, size)], 255)
        picture.paste(_fill(rng, size, palette), (0, 0), mask)
    return picture


def _length(rng: np.random.Generator, size: int) -> float:
    return float(size * 2 ** rng.uniform(-5, -0.7))


def _place(rng: np.random.Generator, size: int) -> tuple[float, float]:
    x, y = rng.uniform(-0.1, 1.1, 2) * size
    return float(x), float(y)


def _turned(rng: np.random.Generator, size: int, width: float, height: float) -> Points:
    """Corners of a rectangle somewhere, mostly upright."""
    x, y = _place(rng, size)
    angle = rng.normal(0, 0.12) if rng.random() < 0.7 else rng.uniform(0, math.pi)
    cosine, sine = math.cos(angle), math.sin(angle)
    corners = ((-1, -1), (1, -1), (1, 1), (-1, 1))
    return [
        (x + 0.5 * (a * width * cosine - b * height * sine), y + 0.5 * (a * width * sine + b * height * cosine))
        for a, b in corners
    ]


def _rectangle(draw: ImageDraw.ImageDraw, rng: np.random.Generator, size: int) -> None:
    draw.polygon(_turned(rng, size, _length(rng, size), _length(rng, size)), 255)


def _polygon(draw: ImageDraw.ImageDraw, rng: np.random.Generator, size: int) -> None:
    (x, y), radius = _place(rng, size), _length(rng, size)
    angles = np.sort(rng.uniform(0, 2 * math.pi, rng.integers(3, 9)))
    radii = radius * rng.uniform(0.4, 1, len(angles))
    draw.polygon([(x + r * math.cos(a), y + r * math.sin(a)) for a, r in zip(angles, radii, strict=True)], 255)


def _ellipse(draw: ImageDraw.ImageDraw, rng: np.random.Generator, size: int) -> None:
    (x, y), wide, tall = _place(rng, size), 0.5 * _length(rng, size), 0.5 * _length(rng, size)
    draw.ellipse((x - wide, y - tall, x + wide, y + tall), 255)


def _bar(draw: ImageDraw.ImageDraw, rng: np.random.Generator, size: int) -> None:
    """Legs of tables, poles, frames, arms of lamps: as long and thin as limbs are."""
    long, thin = size * rng.uniform(0.15, 0.9), size * 2 ** rng.uniform(-7, -3.5)
    draw.polygon(_turned(rng, size, thin, long) if rng.random() < 0.6 else _turned(rng, size, long, thin), 255)


def _limbs(draw: ImageDraw.ImageDraw, rng: np.random.Generator, size: int) -> None:
    """A bent stroke with round joints: cables, branches, and arms without a body."""
    points = np.array(_place(rng, size)) + size * rng.normal(0, 0.12, (rng.integers(2, 6), 2)).cumsum(0)
    thick = size * 2 ** rng.uniform(-7, -3.5)
    draw.line([(float(x), float(y)) for x, y in points], 255, max(1, round(thick)), "curve")
    for x, y in points[[0, -1]]:
        draw.ellipse((x - thick / 2, y - thick / 2, x + thick / 2, y + thick / 2), 255)


def _rows(draw: ImageDraw.ImageDraw, rng: np.random.Generator, size: int) -> None:
    """The same thing many times: books, slats, windows."""
    (x, y), wide, tall = _place(rng, size), size * rng.uniform(0.01, 0.1), size * rng.uniform(0.02, 0.2)
    across, down = int(rng.integers(1, 12)), int(rng.integers(1, 6))
    for row in range(down):
        for column in range(across):
            left, top = x + 1.3 * column * wide, y + 1.2 * row * tall
            draw.rectangle((left, top, left + wide, top + tall), 255)


Shape = Callable[[ImageDraw.ImageDraw, np.random.Generator, int], None]
_SHAPES: tuple[Shape, ...] = (_rectangle, _polygon, _ellipse, _bar, _limbs, _rows)
_ODDS = (0.3, 0.15, 0.12, 0.18, 0.15, 0.1)


def _box(draw: ImageDraw.ImageDraw, rng: np.random.Generator, size: int, palette: list[Color]) -> None:
    """A piece of furniture: a block seen from above, its sides of different brightness."""
    (x, y), wide, tall = _place(rng, size), 2 * _length(rng, size), _length(rng, size)
    deep, lean = rng.uniform(0.2, 0.6) * wide, rng.uniform(-0.5, 0.5) * wide
    color = np.array(_color(rng, palette))
    front: Points = [(x, y), (x + wide, y), (x + wide, y + tall), (x, y + tall)]
    top: Points = [(x, y), (x + wide, y), (x + wide + lean, y - deep), (x + lean, y - deep)]
    edge = wide if lean > 0 else 0.0
    side: Points = [
        (x + edge, y), (x + edge, y + tall), (x + edge + lean, y + tall - deep), (x + edge + lean, y - deep),
    ]  # fmt: skip
    for face, shade in ((front, 0.8), (side, 0.55), (top, 1.1)):
        draw.polygon(face, _rgb(color * shade))


def _lit(picture: Image.Image, rng: np.random.Generator) -> NDArray[np.uint8]:
    """Lamps, windows and corners the light does not reach."""
    if rng.random() < 0.5:
        picture = picture.filter(ImageFilter.GaussianBlur(rng.uniform(0.5, 3)))
    size = picture.width
    shade = 1 + rng.uniform(0, 0.35) * _gradient(rng, size) + rng.uniform(0, 0.15) * noise(rng, size, 4)
    values = np.asarray(picture) * shade[..., None]
    for _ in range(rng.integers(0, 3)):
        y, x = np.mgrid[:size, :size].astype(np.float32)
        (column, row), radius = _place(rng, size), _length(rng, size)
        values = (
            values + (rng.uniform(40, 200) * np.exp(-(((x - column) ** 2 + (y - row) ** 2) / radius**2)))[..., None]
        )
    return values.clip(0, 255).astype(np.uint8)
