"""From files of any kind to cut-out square pictures of one person, as the network wants them."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from PIL import Image, ImageOps, UnidentifiedImageError
from scipy import ndimage

from personify.body.mesh import Float
from personify.errors import PersonifyError
from personify.photos.matting import Box, Matte, matte
from personify.photos.window import cut_window
from personify.render.sheets import contact_sheet

MOST_PHOTOS = 8
SMALLEST_SIDE = 48  # pixels
MOST_PIXELS = 200_000_000
WORKING_SIDE = 1024  # pixels of the longer side to which large photos are reduced
SUFFIXES = (".jpg", ".jpeg", ".png", ".webp", ".bmp", ".tif", ".tiff", ".gif", ".heic", ".avif")
_SOLID = 0.5  # mask from which a pixel belongs to the person, as in training
_MARGIN = 0.07  # of the window on every side, as in training
_SMALLEST_PERSON = 0.004  # of the photo's area
_SECOND_PERSON = 0.35  # of the area of the first
_SURE = 0.65  # agreement below which half of the held-out masks are bad
_SHARED = 0.15, 0.45  # of the colours with another photo, below which it shows somebody else, or something else, too


@dataclass(frozen=True)
class Photo:
    """An upright photo and where the person is in it.

    Attributes:
        name: of the file.
        image: [H, W, 3] sRGB in [0, 1].
        mask: [H, W] in [0, 1].
        method: where the mask comes from: ``"alpha"``, ``"mask"``, ``"rembg"`` or ``"network"``.
        agreement: of several looks at the photo about the mask, 0 to 1.
    """

    name: str
    image: Float
    mask: Float
    method: str
    agreement: float = 1.0


@dataclass(frozen=True)
class Crop:
    """A square window around the person.

    Attributes:
        image: [S, S, 3] sRGB; black outside the mask.
        mask: [S, S]; 0 below one half.
        corner: (left, top) of the window in the photo, pixels; it may lie outside.
        side: of the window in the photo, pixels.
    """

    image: Float
    mask: Float
    corner: tuple[float, float]
    side: float


def find_photos(paths: Sequence[Path | str]) -> list[Path]:
    """The image files meant by files and folders, in order of name within a folder.

    Raises:
        PersonifyError: nothing there, or more than 8.
    """
    found: list[Path] = []
    for path in map(Path, paths):
        if path.is_dir():
            inside = sorted(file for file in path.iterdir() if file.suffix.lower() in SUFFIXES)
            if not inside:
                raise PersonifyError(f"{path}: no photos in this folder; expected files such as front.jpg")
            found += inside
        elif path.is_file():
            found.append(path)
        else:
            raise PersonifyError(f"{path}: no such file or folder; expected photos of one person")
    if not found:
        raise PersonifyError("photos: none given; expected 1 to 8 files or a folder")
    if len(found) > MOST_PHOTOS:
        raise PersonifyError(f"photos: {len(found)} given; expected at most {MOST_PHOTOS}, from different sides")
    return found


def read_photos(
    paths: Sequence[Path | str],
    masks: Sequence[Path | str | None] | None = None,
    boxes: Sequence[Box | None] | None = None,
) -> list[Photo]:
    """Read photos of one person upright and find the person in them.

    Args:
        paths: any images Pillow reads; EXIF rotation is applied, an alpha channel that is not all opaque is the mask.
        masks: images of the photos' sizes, white where the person is.
        boxes: around the person, in pixels of the upright photo; a help where there is no mask.

    Raises:
        PersonifyError: not an image, too small or large, a mask of another size, or no person.
    """
    files, nothing = [Path(path) for path in paths], [None] * len(paths)
    opened = [_Opened.read(*one) for one in zip(files, masks or nothing, boxes or nothing, strict=True)]
    unknown = [one for one in opened if one.mask is None]
    found = iter(matte([one.image for one in unknown], [one.box for one in unknown]) if unknown else [])
    return [_checked(path, one, one.mask or next(found)) for path, one in zip(files, opened, strict=True)]


@dataclass(frozen=True)
class _Opened:
    """A photo of which the mask may not be known yet; the box is in pixels of its reduced image."""

    image: Float
    mask: Matte | None
    box: Box | None

    @staticmethod
    def read(path: Path, mask: Path | str | None, box: Box | None) -> _Opened:
        picture = _open(path)
        size = picture.size
        picture.thumbnail((WORKING_SIDE, WORKING_SIDE), Image.Resampling.LANCZOS, reducing_gap=3.0)
        rgba = np.divide(np.asarray(picture), 255, dtype=np.float32)
        color, alpha = np.ascontiguousarray(rgba[..., :3]), np.ascontiguousarray(rgba[..., 3])
        place = None if box is None else _scaled(box, path, size, picture.width / size[0])
        if mask is not None:
            return _Opened(color, Matte(_read_mask(Path(mask), size, picture.size), "mask"), place)
        return _Opened(color, Matte(alpha, "alpha") if alpha.min() < 0.98 else None, place)


def _checked(path: Path, opened: _Opened, matte: Matte) -> Photo:
    share = float((matte.alpha >= _SOLID).mean())
    if share < _SMALLEST_PERSON:
        raise PersonifyError(f"{path}: no person found in it; expected one, standing out from the background")
    if share > 0.97:
        raise PersonifyError(f"{path}: the person's mask covers the whole photo; expected some background around")
    return Photo(path.name, opened.image, matte.alpha, matte.method, matte.agreement)


def _open(path: Path) -> Image.Image:
    """An upright RGBA picture."""
    try:
        with Image.open(path) as image:
            width, height = image.size
            if min(width, height) < SMALLEST_SIDE:
                raise PersonifyError(f"{path}: {width} x {height} pixels; expected at least {SMALLEST_SIDE} each way")
            if width * height > MOST_PIXELS:
                millions = width * height // 1_000_000
                raise PersonifyError(f"{path}: {millions} megapixels; expected at most {MOST_PIXELS // 1_000_000}")
            image.draft("RGB", (2 * WORKING_SIDE, 2 * WORKING_SIDE))  # JPEG decodes at a fraction of its size
            return ImageOps.exif_transpose(image).convert("RGBA")
    except Image.DecompressionBombError as error:
        raise PersonifyError(f"{path}: too many pixels; expected at most {MOST_PIXELS // 1_000_000} million") from error
    except (OSError, UnidentifiedImageError, SyntaxError, ValueError) as error:
        raise PersonifyError(f"{path}: not a readable image ({error}); expected a JPEG, PNG or WebP photo") from error


def _scaled(box: Box, path: Path, size: tuple[int, int], scale: float) -> Box:
    left, top, right, bottom = box
    if not (0 <= left < right <= size[0] and 0 <= top < bottom <= size[1]):
        raise PersonifyError(
            f"{path}: box {box}; expected left, top, right, bottom within {size[0]} x {size[1]} pixels"
        )
    return left * scale, top * scale, right * scale, bottom * scale


def _read_mask(path: Path, size: tuple[int, int], reduced: tuple[int, int]) -> Float:
    try:
        with Image.open(path) as image:
            mask = image.getchannel("A") if image.mode in ("RGBA", "LA") else image.convert("L")
    except (OSError, UnidentifiedImageError, SyntaxError, ValueError) as error:
        raise PersonifyError(f"{path}: not a readable mask ({error}); expected a black and white image") from error
    # a JPEG's draft may have reduced the photo by a power of two; what must agree is the shape
    if abs(math.log(mask.width / mask.height) - math.log(size[0] / size[1])) > 0.01:
        raise PersonifyError(
            f"{path}: the mask is {mask.width} x {mask.height}, not the shape of its photo; expected the same size"
        )
    return np.divide(np.asarray(mask.resize(reduced, Image.Resampling.BOX)), 255, dtype=np.float32)


def crop(photo: Photo, size: int) -> Crop:
    """The window that shows the person as large as in training, at ``size`` pixels.

    Example:
        >>> mask = np.zeros((90, 60), np.float32)
        >>> mask[20:60, 20:40] = 1
        >>> window = crop(Photo("a", np.ones((90, 60, 3), np.float32), mask, "mask"), 64)
        >>> window.image.shape, round(window.side, 1)
        ((64, 64, 3), 46.5)
    """
    rows, columns = (np.flatnonzero((photo.mask >= _SOLID).any(axis)) for axis in (1, 0))
    top, bottom, left, right = rows[0], rows[-1] + 1, columns[0], columns[-1] + 1
    side = float(max(bottom - top, right - left)) / (1 - 2 * _MARGIN)
    corner = (float(left + right - side) / 2, float(top + bottom - side) / 2)
    rgba = np.concatenate([photo.image * photo.mask[..., None], photo.mask[..., None]], 2)
    resampled = cut_window(rgba, corner, side, size)
    alpha = resampled[..., 3]
    mask = np.where(alpha >= _SOLID, alpha, 0)
    image = np.where(mask[..., None] > 0, resampled[..., :3] / np.maximum(alpha, 1e-3)[..., None], 0).clip(0, 1)
    return Crop(image.astype(np.float32), mask.astype(np.float32), corner, side)


def remarks(photos: Sequence[Photo]) -> list[str]:
    """What a user should know about the masks before judging the result."""
    notes = []
    if any(photo.method == "network" for photo in photos):
        notes.append("cut out by our small network; look at masks.png; --masks, --box or personify[matting] do better")
    for photo in photos:
        notes += [f"{photo.name}: {remark}" for remark in _remarks_on(photo)]
    return notes + _strangers(photos)


def _remarks_on(photo: Photo) -> list[str]:
    mask = photo.mask >= _SOLID
    labels, count = ndimage.label(mask)
    areas = np.sort(np.bincount(labels.ravel())[1:])[::-1]
    notes = []
    if photo.agreement < _SURE:
        notes.append("the mask is a guess, as looks at several scales disagree; help with --masks or --box")
    if count > 1 and areas[1] > _SECOND_PERSON * areas[0]:
        notes.append("two separate figures in the mask; expected one person, so give a mask of the one you mean")
    edges = {"top": mask[0], "bottom": mask[-1], "left": mask[:, 0], "right": mask[:, -1]}
    cut = [name for name, edge in edges.items() if edge.mean() > 0.04]
    if cut:
        notes.append(f"the person is cut off at the {' and '.join(cut)}; what is missing will be invented")
    return notes


def _strangers(photos: Sequence[Photo]) -> list[str]:
    """Photos whose colours have little in common with those of the others."""
    if len(photos) < 2:
        return []
    histograms = []
    for photo in photos:
        colors = (photo.image[photo.mask >= _SOLID] * 3.999).astype(int)
        counts = np.bincount(colors @ (16, 4, 1), minlength=64)
        histograms.append(counts / counts.sum())
    notes = []
    for k, photo in enumerate(photos):
        shared = max(np.minimum(histograms[k], other).sum() for j, other in enumerate(histograms) if j != k)
        if shared < _SHARED[0]:
            notes.append(f"{photo.name}: its colours are unlike the others'; expected one person in the same clothes")
        elif shared < _SHARED[1]:
            notes.append(f"{photo.name}: more than half of its mask has colours that no other photo shows; look at "
                         "masks.png, and help with --masks or --box")  # fmt: skip
    return notes


def mask_sheet(photos: Sequence[Photo], size: int = 256) -> Float:
    """Preview: every photo with what is not the person greyed out."""
    pictures = []
    for photo in photos:
        shown = photo.mask[..., None] * photo.image + (1 - photo.mask[..., None]) * (0.25 * photo.image + 0.65)
        scale = size / max(shown.shape[:2])
        pixels = Image.fromarray((shown.clip(0, 1) * 255).round().astype(np.uint8))
        pictures.append(np.asarray(pixels.resize((round(pixels.width * scale), round(pixels.height * scale)))))
    return contact_sheet(pictures, [f"{photo.name} ({photo.method})" for photo in photos], columns=4)
