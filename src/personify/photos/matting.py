"""Cutting one person out of one or several photos: by rembg's networks if installed, else by our own small one.

The own network (`personify.photos.matting_network`) first looks for somebody in many windows of each photo, then twice
closer at who was found. At last the colours of all photos together say what is the person's and where exactly the
edges are (`personify.photos.matting_colors`).
"""

from __future__ import annotations

import importlib.util
import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from PIL import Image
from scipy import ndimage
from torch import Tensor

from personify.body.mesh import Float
from personify.errors import PersonifyError
from personify.photos.matting_colors import sharpen
from personify.photos.matting_network import MattingNetwork, adapted, shipped_matting
from personify.photos.window import Window, cut_window, put_back, resize, within

Box = tuple[float, float, float, float]
"""Left, top, right and bottom around a person, in pixels of the upright photo."""
Pictures = Sequence[tuple[Window, Float]]
"""Windows of a photo and what they show."""
_REDUCED = 384  # pixels of the longer side of a photo that is searched
_SEARCHED = 96  # pixels of each of the many windows in which somebody is looked for
_SHARES = (1.0, 0.72, 0.52, 0.37)  # of the photo's longer side by these windows
_STEP = 0.34  # of a window to the next one
_SEEN = 128  # pixels of a closer look
_FILLED = ((0.4, 0.5, 0.62, 0.76), (0.5, 0.62, 0.74, 0.88))  # of the side of a look by the person
_EDGED = 176  # pixels of the window in which edges are sharpened
_PERHAPS = 0.35  # chance from which a limb is kept within the next look
_PIECE = 0.05  # of the largest piece of a person
_NEAR = 0.06  # of the side of a look: how far off a piece of the same person may be
_MIDDLE = 0.3  # of the photo, how far from its middle people are who are meant
_LEAST = 0.001  # agreement below which there is nobody


@dataclass(frozen=True)
class Matte:
    """A person's mask.

    Attributes:
        alpha: [H, W] in [0, 1]; all zero where nobody is found.
        method: ``"rembg"`` or ``"network"``.
        agreement: of closer looks at several scales with each other, 0 to 1; low where the mask is a guess.
    """

    alpha: Float
    method: str
    agreement: float = 1.0


def matte(images: Sequence[Float], boxes: Sequence[Box | None]) -> list[Matte]:  # [H, W, 3] sRGB in [0, 1]
    """Find one person in all photos; with the extra ``[matting]`` (rembg) by a large network, else by `cut_out`.

    Raises:
        PersonifyError: rembg is installed, but without what runs its network, or it could not fetch the weights.
    """
    if importlib.util.find_spec("rembg") is None:
        return cut_out(images, boxes)
    try:
        import rembg

        session = rembg.new_session("u2net_human_seg")
    except (SystemExit, Exception) as error:  # without a backend its import ends the program
        raise PersonifyError(
            f"matting: rembg does not work here ({error}); pip install 'personify[matting]' with a network for its "
            "weights, or pip uninstall rembg to use our own network"
        ) from error
    pictures = [Image.fromarray((image * 255).round().astype(np.uint8)) for image in images]
    alphas: list[Any] = [rembg.remove(picture, session=session, only_mask=True) for picture in pictures]
    return [Matte(np.divide(np.asarray(alpha), 255, dtype=np.float32), "rembg") for alpha in alphas]


def cut_out(
    images: Sequence[Float], boxes: Sequence[Box | None] | None = None, network: MattingNetwork | None = None
) -> list[Matte]:
    """The largest person in each photo, who wears the same in all.

    Args:
        images: each [H, W, 3] sRGB in [0, 1].
        boxes: around the person; what lies outside is not theirs, and nobody is looked for.
        network: the shipped one by default.
    """
    network = network or shipped_matting()
    scenes = [_Scene(*pair, network) for pair in zip(images, boxes or [None] * len(images), strict=True)]
    for filled in _FILLED:
        for scene in scenes:
            scene.look(filled)
    # not between the looks: colours of what was taken for the person at a first look make a mistake look right
    there = [scene for scene in scenes if scene.somebody]
    pictures = [cut_window(scene.image, *scene.window, _EDGED, "edge") for scene in there]
    for scene, alpha in zip(there, sharpen(pictures, [scene.chance for scene in there]), strict=True):
        scene.chance = _one_person(alpha * scene.allowed())
    return [Matte(scene.alpha(), "network", scene.agreement) for scene in scenes]


class _Scene:
    """One photo, and what is known about the person in it: the chance of every pixel of a window to be theirs."""

    def __init__(self, image: Float, box: Box | None, network: MattingNetwork) -> None:
        height, width = image.shape[:2]
        scale = _REDUCED / max(height, width)
        small = resize(image, round(height * scale), round(width * scale))
        everywhere = [(window, cut_window(small, *window, _SEARCHED, "edge")) for window in _windows(*small.shape[:2])]
        self.image, self.box, self.agreement = image, box, 0.0
        self.network = adapted(network, _batch([picture for _, picture in everywhere]))
        self.window: Window = ((0.0, 0.0), float(max(height, width)))
        found = _search(self.network, everywhere, small.shape[:2], scale) if box is None else box
        self.chance = self._inside(found or (0, 0, 0, 0))

    @property
    def somebody(self) -> bool:
        return bool((self.chance > 0.5).any())

    def alpha(self) -> Float:  # [H, W]
        return put_back(self.chance, *self.window, self.image.shape[:2])

    def allowed(self) -> Float | float:
        """Where the person may be."""
        return 1.0 if self.box is None else self._inside(self.box)

    def _inside(self, box: Box) -> Float:
        """The box as a mask of the window."""
        (left, top), side = self.window
        x, y = ((np.arange(_EDGED) + 0.5) * side / _EDGED + start for start in (left, top))
        inside = ((x > box[0]) & (x < box[2]))[None] & ((y > box[1]) & (y < box[3]))[:, None]
        return inside.astype(np.float32)

    def look(self, filled: tuple[float, ...]) -> None:
        """Look closer: the network's mean answer to several windows around the person and to their mirror images."""
        if not self.somebody:
            return
        windows = [self._around(share) for share in filled]
        pictures = [cut_window(self.image, *window, _SEEN, "edge") for window in windows]
        straight, mirrored = np.split(_ask(self.network, [*pictures, *(picture[:, ::-1] for picture in pictures)]), 2)
        self.window = windows[0]
        answers = [
            put_back(answer, *within(window, self.window, _EDGED), (_EDGED, _EDGED))
            for group in (straight, mirrored[..., ::-1])
            for answer, window in zip(group, windows, strict=True)
        ]
        mean: Float = np.mean(answers, 0)
        self.agreement = float(np.minimum(answers, mean).sum() / max(np.maximum(answers, mean).sum(), 1e-6))
        self.chance = _one_person(mean * self.allowed())

    def _around(self, filled: float) -> Window:
        """The window of whose side the person takes that share."""
        (left, top), side = self.window
        rows, columns = (np.flatnonzero((self.chance > _PERHAPS).any(axis)) for axis in (1, 0))
        size = float(max(np.ptp(rows), np.ptp(columns)) + 1) / filled
        scale = side / _EDGED
        column, row = ((ends[0] + ends[-1] + 1 - size) / 2 * scale for ends in (columns, rows))
        return (left + float(column), top + float(row)), size * scale


def _batch(pictures: Sequence[Float]) -> Tensor:  # N x [S, S, 3] -> [N, 3, S, S]
    return torch.from_numpy(np.stack(pictures)).movedim(3, 1).contiguous(memory_format=torch.channels_last)


@torch.no_grad()
def _ask(network: MattingNetwork, pictures: Sequence[Float]) -> Float:  # N x [S, S, 3] -> [N, S, S]
    """Chance of every pixel to be the person."""
    batches = _batch(pictures).split(16)  # more at once do not fit into the cache
    return torch.cat([network(batch).sigmoid() for batch in batches]).numpy()


def _search(network: MattingNetwork, everywhere: Pictures, shape: tuple[int, ...], scale: float) -> Box | None:
    """About where the person is whom the photo is of: what windows of all sizes agree on, nearest to the middle.

    A large window may take half a room for somebody and a small one a table's leg, but hardly both the same thing.
    """
    votes, heard, asked = np.zeros((3, *shape), np.float32)
    for answer, (window, _) in zip(_ask(network, [picture for _, picture in everywhere]), everywhere, strict=True):
        vote = put_back(answer, *window, shape)
        votes += vote
        heard += _wholeness(answer) * vote
        asked += put_back(np.ones_like(answer), *window, shape)
    height, width = shape
    y, x = np.mgrid[:height, :width] + 0.5
    away = ((y / height - 0.5) ** 2 + (x / width - 0.5) ** 2) / _MIDDLE**2
    agreed = (votes / np.maximum(asked, 1) * heard * np.exp(-0.5 * away)) ** 2
    if agreed.max() < _LEAST:
        return None
    column, row = (float((agreed * place).sum() / agreed.sum()) for place in (x, y))
    spread = max(float((agreed * (place - mean) ** 2).sum() / agreed.sum()) for place, mean in ((x, column), (y, row)))
    reach = math.sqrt(3 * spread)  # half a rod whose points lie so far from its middle
    sides = (max(column - reach, 0), max(row - reach, 0), min(column + reach, width), min(row + reach, height))
    left, top, right, bottom = (side / scale for side in sides)
    return left, top, right, bottom


def _windows(height: int, width: int) -> Iterator[Window]:
    """Squares of several sizes all over a photo, the largest also beyond its edges."""
    for share in _SHARES:
        side = share * max(height, width)
        rows, columns = (_centers(length, side) for length in (height, width))
        yield from (((column - side / 2, row - side / 2), side) for row in rows for column in columns)


def _centers(length: int, side: float) -> NDArray[np.float64]:
    """Of windows along a photo that is so long; the first and last reach a little beyond."""
    if length <= side:
        return np.array([length / 2])
    return np.linspace(0.42 * side, length - 0.42 * side, 2 + math.floor((length - side) / (_STEP * side)))


def _wholeness(chance: Float) -> float:  # [S, S]
    """How much an answer looks like one whole person: sure, in one piece, of a good size and not cut off."""
    size = len(chance)
    labels, areas = _pieces(chance)
    if len(areas) == 0:
        return 0.0
    person = labels == 1 + np.argmax(areas)
    rows, columns = np.nonzero(person)
    extent = max(np.ptp(rows), np.ptp(columns)) + 1
    alone = areas.max() / chance.sum() * (2 * chance[person].mean() - 1)
    cut = sum(int(edge.sum()) for edge in (person[0], person[-1], person[:, 0], person[:, -1])) / size
    return float(alone**2 * math.exp(-cut / 0.15 - 0.5 * (math.log(extent / size / 0.72) / 0.35) ** 2))


def _pieces(alpha: Float) -> tuple[NDArray[np.int32], NDArray[np.float64]]:
    """Connected pieces, numbered from 1, and how much there is of each."""
    labels, count = ndimage.label(alpha > 0.5)
    return labels, np.asarray(ndimage.sum_labels(alpha, labels, np.arange(1, count + 1)))


def _one_person(alpha: Float) -> Float:
    """The largest piece and what may belong to it, as something in front may hide what holds them together."""
    labels, areas = _pieces(alpha)
    if len(areas) == 0:
        return np.zeros_like(alpha)
    away = ndimage.distance_transform_edt(labels != 1 + np.argmax(areas))
    gaps = np.asarray(ndimage.minimum(away, labels, np.arange(1, len(areas) + 1)))
    own = 1 + np.flatnonzero((areas > _PIECE * areas.max()) & (gaps < _NEAR * len(alpha)))
    body = ndimage.binary_dilation(np.isin(labels, own), iterations=max(1, round(0.01 * len(alpha))))
    return np.where(body, alpha, 0).astype(np.float32)
