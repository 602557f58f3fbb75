"""Images on disk and contact sheets."""

from __future__ import annotations

import math
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from numpy.typing import ArrayLike, NDArray
from PIL import Image, ImageDraw, ImageFont

from personify.errors import PersonifyError
from personify.files import atomic_path


def to_uint8(image: ArrayLike) -> NDArray[np.uint8]:
    """[H, W, 3 or 4] in [0, 1] -> uint8, rounded and clipped; uint8 passes through.

    Raises:
        PersonifyError: the array is not an image.

    Example:
        >>> to_uint8(np.full((1, 1, 3), 0.5)).tolist()
        [[[128, 128, 128]]]
    """
    array = np.asarray(image)
    if array.ndim != 3 or array.shape[2] not in (3, 4) or 0 in array.shape:
        raise PersonifyError(f"image: expected [H, W, 3 or 4], got {list(array.shape)}")
    if array.dtype == np.uint8:
        return array
    return (np.clip(np.nan_to_num(array), 0, 1) * 255 + 0.5).astype(np.uint8)


def save_png(path: Path | str, image: ArrayLike) -> Path:
    """Write an image [H, W, 3 or 4] (float in [0, 1] or uint8) as PNG, whole or not at all."""
    path = Path(path)
    if path.suffix.lower() != ".png":
        raise PersonifyError(f"{path}: expected a file name that ends in .png")
    pixels = to_uint8(image)
    with atomic_path(path) as temporary:
        Image.fromarray(pixels).save(temporary)
    return path


def contact_sheet(
    images: Sequence[ArrayLike],  # each [H, W, 3 or 4]
    labels: Sequence[str] | None = None,
    columns: int | None = None,
    gap: int = 8,
    background: tuple[float, float, float] = (1.0, 1.0, 1.0),
) -> NDArray[np.float32]:
    """Arrange images in a grid, each with its label under it.

    Args:
        images: of any sizes; smaller ones are centred in their cell.
        labels: one per image; long ones are wrapped.
        columns: images per row; None makes the sheet about as wide as high.
        gap: pixels between images.
        background: sRGB.

    Returns:
        [H, W, 3] float32 sRGB.

    Raises:
        PersonifyError: no images, or another number of labels.

    Example:
        >>> contact_sheet([np.zeros((10, 20, 3))] * 4, columns=2, gap=2).shape
        (26, 46, 3)
    """
    if not images or (labels is not None and len(labels) != len(images)):
        raise PersonifyError(
            f"contact_sheet: {len(images)} images and {len(labels or ())} labels; expected one label each"
        )
    pictures = [Image.fromarray(to_uint8(image)).convert("RGBA") for image in images]
    width, height = max(p.width for p in pictures), max(p.height for p in pictures)
    size = max(11, round(width / 22))
    font = ImageFont.load_default(size)
    texts = [_wrap(text, font, width) for text in labels] if labels else [""] * len(pictures)
    lines = max((text.count("\n") + 1 for text in texts), default=0) if labels else 0
    caption = lines * (round(size * 1.25)) + (gap if lines else 0)
    columns = columns or math.ceil(math.sqrt(len(pictures) * (height + caption) / width))
    columns = min(columns, len(pictures))
    rows = math.ceil(len(pictures) / columns)
    canvas = (columns * (width + gap) + gap, rows * (height + caption + gap) + gap)
    color = tuple(round(255 * channel) for channel in background)
    sheet = Image.new("RGB", canvas, color)
    draw = ImageDraw.Draw(sheet)
    ink = (32, 32, 36) if sum(color) > 380 else (235, 235, 238)
    for index, (picture, text) in enumerate(zip(pictures, texts, strict=True)):
        x, y = gap + index % columns * (width + gap), gap + index // columns * (height + caption + gap)
        sheet.paste(picture, (x + (width - picture.width) // 2, y + (height - picture.height) // 2), picture)
        draw.multiline_text((x + width / 2, y + height + gap / 2), text, ink, font, anchor="ma", align="center")
    return (np.asarray(sheet) / 255).astype(np.float32)


def _wrap(text: str, font: ImageFont.FreeTypeFont | ImageFont.ImageFont, width: int) -> str:
    lines = [""]
    for word in text.split():
        longer = f"{lines[-1]} {word}".strip()
        if lines[-1] and font.getlength(longer) > width:
            lines.append(word)
        else:
            lines[-1] = longer
    return "\n".join(lines)
