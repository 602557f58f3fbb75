"""A person pasted into a surrounding, with the mask that is then known exactly: lessons in cutting people out."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray
from PIL import Image
from scipy.ndimage import gaussian_filter

from personify.data.augment import Float, Grade, degrade
from personify.data.clutter import noise

_BOX, _BILINEAR = Image.Resampling.BOX, Image.Resampling.BILINEAR
# how often; nobody at all often, as most windows in which somebody is looked for have nobody in them
_ABSENT, _BYSTANDER, _OCCLUDED, _SHADOW, _HIDDEN_FACE = 0.25, 0.2, 0.12, 0.5, 0.1


def compose(
    people: NDArray[np.uint8], surroundings: NDArray[np.uint8], rng: np.random.Generator, size: int
) -> tuple[Float, Float]:
    """A photo of one of the people, and who of it is that person.

    Anything may be smaller and farther away, also other people; they are not the person.

    Args:
        people: [N, S, S, 4] straight alpha, whole figures.
        surroundings: [M, B, B, 3].
        rng: decides everything.
        size: pixels along each side.

    Returns:
        [size, size, 3] sRGB in [0, 1] and alpha [size, size].

    Example:
        >>> person, wall = np.full((1, 8, 8, 4), 200, np.uint8), np.zeros((1, 8, 8, 3), np.uint8)
        >>> image, alpha = compose(person, wall, np.random.default_rng(1), 16)
        >>> image.shape, alpha.shape
        ((16, 16, 3), (16, 16))
    """
    image = _surrounding(surroundings, rng, size)
    if rng.random() < _ABSENT:
        return degrade(image, rng), np.zeros((size, size), np.float32)
    tall, center = _height(rng), 0.5 + rng.normal(0, 0.1, 2)
    if rng.random() < _BYSTANDER:
        other, alpha = _placed(people, rng, size, tall * rng.uniform(0.2, 0.55), rng.uniform(0, 1, 2))
        image = _over(image, other, alpha)
    person, alpha = _placed(people, rng, size, tall, center)
    if rng.random() < _SHADOW:
        image = _shadowed(image, alpha, rng)
    image = _over(image, _relit(person, image, rng), alpha)
    if rng.random() < _OCCLUDED:
        front = _hiding(rng, size)
        image = _over(image, _surrounding(surroundings, rng, size), front)
        alpha = alpha * (1 - front)
    return degrade(Grade.draw(rng, 0.7)(image), rng), alpha


def _height(rng: np.random.Generator) -> float:
    """Of the person over that of the photo: mostly filling it, sometimes far away, sometimes cut off."""
    kind = rng.random()
    low, high = (0.55, 0.95) if kind < 0.65 else (0.22, 0.55) if kind < 0.92 else (0.95, 1.8)
    return float(rng.uniform(low, high))


def _surrounding(surroundings: NDArray[np.uint8], rng: np.random.Generator, size: int) -> Float:  # [size, size, 3]
    """A part of one of the surroundings in other colours."""
    picture = surroundings[rng.integers(len(surroundings))]
    side = int(len(picture) * rng.uniform(0.35, 1))
    top, left = rng.integers(0, len(picture) - side + 1, 2)
    part = picture[top : top + side, left : left + side]
    part = part[:, ::-1] if rng.random() < 0.5 else part
    part = np.rot90(part, int(rng.integers(4))) if rng.random() < 0.3 else part
    small = Image.fromarray(np.ascontiguousarray(part)).resize((size, size), _BOX if side > size else _BILINEAR)
    return Grade.draw(rng, 1.5)(np.divide(np.asarray(small), 255, dtype=np.float32))


def _placed(
    people: NDArray[np.uint8], rng: np.random.Generator, size: int, tall: float, center: NDArray[np.float64]
) -> tuple[Float, Float]:  # [size, size, 3], [size, size]
    """Someone turned, stretched and leaned, as tall as said (over the photo) and standing where said (0 to 1)."""
    pixels = people[rng.integers(len(people))]
    figure = Image.fromarray(pixels[:, ::-1] if rng.random() < 0.5 else pixels, "RGBA")
    left, top, right, bottom = figure.getchannel("A").point(lambda value: 255 * (value > 127)).getbbox() or (0, 0, 1, 1)
    if rng.random() < _HIDDEN_FACE:
        _hide_face(figure, (left, top, right, top + max(1, (bottom - top) // 7)), int(rng.integers(2, 7)))
    scale = tall * size / max(right - left, bottom - top)
    shrink = min(1.0, max(scale, 4 / figure.width))
    if shrink < 1:  # warping does not antialias
        figure = figure.resize((round(figure.width * shrink),) * 2, _BOX)
    shrink = figure.width / pixels.shape[1]
    inverse = np.linalg.inv(_leaning(rng) * scale / shrink)
    offset = shrink * np.array([left + right, top + bottom]) / 2 - inverse @ (center * size)
    affine = (*inverse[0], offset[0], *inverse[1], offset[1])
    turned = figure.transform((size, size), Image.Transform.AFFINE, affine, _BILINEAR)
    warped = np.divide(np.asarray(turned), 255, dtype=np.float32)
    return _textured(warped[..., :3], rng), warped[..., 3]


def _hide_face(figure: Image.Image, box: tuple[int, int, int, int], blocks: int) -> None:
    """In large blocks of one colour each, as photos that are passed on often are."""
    head, place = figure.crop(box), (box[0], box[1])
    reduced = head.resize((max(1, blocks * head.width // head.height), blocks), _BOX)
    coarse = reduced.resize(head.size, Image.Resampling.NEAREST)
    coarse.putalpha(head.getchannel("A"))
    figure.paste(coarse, place)


def _leaning(rng: np.random.Generator) -> NDArray[np.float64]:  # [2, 2]
    """Turn, stretch and shear, near the identity; every twentieth in any direction."""
    angle = rng.uniform(-math.pi, math.pi) if rng.random() < 0.05 else rng.normal(0, 0.25)
    cosine, sine = math.cos(angle), math.sin(angle)
    stretch = math.exp(rng.normal(0, 0.1))
    turn = np.array([[cosine, -sine], [sine, cosine]])
    lean: NDArray[np.float64] = turn @ np.array([[stretch, rng.normal(0, 0.08)], [rng.normal(0, 0.04), 1 / stretch]])
    return lean


def _textured(color: Float, rng: np.random.Generator) -> Float:  # [S, S, 3]
    """Other colours, folds, stains and shading than the renderer's."""
    size = len(color)
    folds = rng.uniform(0, 0.2) * noise(rng, size, 6) + rng.uniform(0, 0.15) * noise(rng, size, 24)
    graded = Grade.draw(rng, 1.5)(color)
    if rng.random() < 0.2:
        graded = graded[..., rng.permutation(3)]
    contrast = rng.uniform(0.6, 1.4)
    textured: Float = (((graded - 0.5) * contrast + 0.5) * (1 + folds[..., None])).clip(0, 1).astype(np.float32)
    return textured


def _relit(person: Float, image: Float, rng: np.random.Generator) -> Float:
    """The person in the light of the place; sometimes hardly to be told from it."""
    mean = image.mean((0, 1))
    blend = max(0.0, rng.uniform(-0.4, 0.6))
    return ((1 - blend) * person + blend * (0.6 * mean + 0.4 * person * mean * 2)).clip(0, 1).astype(np.float32)


def _shadowed(image: Float, alpha: Float, rng: np.random.Generator) -> Float:
    """The person's shadow beside them: their own shape moved, flattened and blurred."""
    size = len(alpha)
    lower = Image.fromarray(alpha).transform(
        (size, size),
        Image.Transform.AFFINE,
        (1, rng.normal(0, 0.6), rng.normal(0, 0.2) * size, 0, 1 + rng.uniform(0, 1.5), -rng.uniform(0.3, 1.3) * size),
    )
    soft = gaussian_filter(np.asarray(lower) if rng.random() < 0.6 else alpha, rng.uniform(0.01, 0.06) * size)
    dark: Float = image * (1 - rng.uniform(0.2, 0.7) * soft[..., None])
    return dark.astype(np.float32)


def _hiding(rng: np.random.Generator, size: int) -> Float:  # [size, size]
    """A bar or box that stands in front."""
    y, x = np.mgrid[:size, :size] / size - rng.uniform(0.1, 0.9, 2)[:, None, None]
    angle = rng.normal(0, 0.3)
    across, along = x * math.cos(angle) + y * math.sin(angle), y * math.cos(angle) - x * math.sin(angle)
    return ((np.abs(across) < rng.uniform(0.02, 0.25)) & (np.abs(along) < rng.uniform(0.02, 0.25))).astype(np.float32)


def _over(image: Float, front: Float, alpha: Float) -> Float:
    mixed: Float = image + alpha[..., None] * (front - image)
    return mixed
