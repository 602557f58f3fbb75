"""Cutting a person out of a photo: by rembg's networks if installed, else by colour and place alone.

The classical way finds a person-shaped region whose colours differ from what surrounds it, then alternates between
colour histograms of person and background and a random walker whose seeds are these colours (Grady 2005, "Multilabel
Random Walker Image Segmentation Using Prior Models"): the convex sibling of GrabCut's graph cut, solved as one sparse
linear system.
"""

from __future__ import annotations

import importlib.util
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image
from scipy import ndimage, sparse
from scipy.cluster.vq import kmeans2, vq
from scipy.sparse.linalg import spsolve
from skimage.color import rgb2lab

from personify.body.mesh import Float

WORKING_SIDE = 180  # pixels of the longer side on which the classical way works
Box = tuple[float, float, float, float]
"""Left, top, right and bottom around a person, in pixels of the upright photo."""
_CLUSTERS = 48
_ROUNDS = 5
_PIECE = 0.05  # of the largest piece of a person
_CONTRAST = 0.05  # squared difference of colour, in units of the photo's mean, that weakens a bond to 1/e
_TRUST = 0.06  # of the colours against the bonds
_HEIGHTS = (0.38, 0.5, 0.65, 0.8, 0.95)  # of a person, over the photo's height
_SLENDER = 0.22  # width of the middle of a person over the height


@dataclass(frozen=True)
class Matte:
    """A person's mask.

    Attributes:
        alpha: [H, W] in [0, 1].
        method: ``"rembg"`` or ``"colours"``.
    """

    alpha: Float
    method: str


def matte(image: Float, box: Box | None = None) -> Matte:  # [H, W, 3] sRGB in [0, 1]
    """Find the person; with the extra ``[matting]`` (rembg) by a trained network, else by `cut_out`."""
    if importlib.util.find_spec("rembg") is None:
        return Matte(cut_out(image, box), "colours")
    import rembg

    session = rembg.new_session("u2net_human_seg")
    alpha: Any = rembg.remove(Image.fromarray((image * 255).round().astype(np.uint8)), session=session, only_mask=True)
    return Matte(np.divide(np.asarray(alpha), 255, dtype=np.float32), "rembg")


def cut_out(image: Float, box: Box | None = None) -> Float:  # [H, W, 3] -> [H, W]
    """The person in a photo by colours, with a body of usual proportions as the only knowledge about people.

    Best effort: it wants the person whole, upright, alone, and coloured unlike what is around. In a crowded picture it
    needs the box around the person.

    Example:
        >>> photo = np.ones((60, 60, 3), np.float32)
        >>> photo[10:50, 25:35] = (0.8, 0.1, 0.1)
        >>> alpha = cut_out(photo)
        >>> bool(alpha[30, 30] > 0.9), bool(alpha[30, 5] < 0.1)
        (True, True)
    """
    height, width = image.shape[:2]
    small = _shrunk(image)
    lab = rgb2lab(small)
    clusters = _clusters(lab)
    rows, columns = clusters.shape
    if box is None:
        prior = _body_prior(*_find_body(clusters), clusters.shape)
    else:
        prior = _box_prior(np.array(box) * np.tile((columns / width, rows / height), 2), clusters.shape)
    bonds = _bonds(lab)
    alpha = prior
    for _ in range(_ROUNDS):
        alpha = _walk(bonds, _color_odds(clusters, alpha, prior), prior)
    alpha = _one_person(alpha, prior)
    full = Image.fromarray(alpha.astype(np.float32)).resize((width, height), Image.Resampling.BICUBIC)
    return np.clip((np.asarray(full) - 0.5) * 3 + 0.5, 0, 1).astype(np.float32)


def _shrunk(image: Float) -> Float:
    scale = min(1.0, WORKING_SIDE / max(image.shape[:2]))
    size = max(8, round(image.shape[1] * scale)), max(8, round(image.shape[0] * scale))
    pixels = Image.fromarray((image * 255).round().astype(np.uint8)).resize(size, Image.Resampling.BOX)
    return np.divide(np.asarray(pixels), 255, dtype=np.float32)


def _clusters(lab: NDArray[np.float64]) -> NDArray[np.int64]:  # [H, W, 3] -> [H, W]
    """Which of a few dozen colours of this photo a pixel has."""
    pixels = lab.reshape(-1, 3) * (0.6, 1.0, 1.0)  # shading changes lightness most
    # each distinct colour once, so that a small cap counts like a large wall
    sample = np.unique(np.round(pixels[:: max(1, len(pixels) // 6000)] / 2) * 2, axis=0)
    centers, _ = kmeans2(sample, min(_CLUSTERS, len(sample)), minit="++", seed=0, iter=12, missing="warn")
    labels: NDArray[np.int64] = vq(pixels, centers)[0].astype(np.int64).reshape(lab.shape[:2])
    return labels


def _find_body(clusters: NDArray[np.int64]) -> tuple[float, float, float]:
    """(column, row, height) in pixels of the upright slender box whose colours differ most from those around it.

    Boxes near the middle and large ones are preferred, as photographers do.
    """
    rows, columns = clusters.shape
    sums = _integral(clusters)
    found, best = (columns / 2, rows / 2, 0.9 * rows), -1.0
    for share in _HEIGHTS:
        tall = share * rows
        for row in np.arange(tall / 2, rows - tall / 2 + 1, max(2.0, rows / 24)):
            for column in np.arange(0.12, 0.89, 0.04) * columns:
                inner = _count(sums, column, row, _SLENDER * tall, tall)
                outer = _count(sums, column, row, 0.75 * tall, 1.08 * tall) - inner
                p, q = inner / max(inner.sum(), 1), outer / max(outer.sum(), 1)
                differs = 0.5 * float(((p - q) ** 2 / np.maximum(p + q, 1e-9)).sum())
                away = ((column / columns - 0.5) / 0.3) ** 2 + ((row / rows - 0.5) / 0.35) ** 2
                score = differs * np.exp(-0.5 * away) * share**0.5
                if score > best:
                    found, best = (float(column), float(row), float(tall)), score
    return found


def _integral(clusters: NDArray[np.int64]) -> NDArray[np.float64]:  # [H, W] -> [K, H + 1, W + 1]
    single = clusters[None] == np.arange(clusters.max() + 1)[:, None, None]
    return np.pad(single.cumsum(1).cumsum(2), ((0, 0), (1, 0), (1, 0))).astype(np.float64)


def _count(sums: NDArray[np.float64], column: float, row: float, wide: float, tall: float) -> NDArray[np.float64]:
    """Pixels of every cluster in a box, [K]."""
    height, width = sums.shape[1] - 1, sums.shape[2] - 1
    top, bottom = (int(np.clip(round(row + side * tall / 2), 0, height)) for side in (-1, 1))
    left, right = (int(np.clip(round(column + side * wide / 2), 0, width)) for side in (-1, 1))
    box: NDArray[np.float64] = sums[:, bottom, right] - sums[:, top, right] - sums[:, bottom, left] + sums[:, top, left]
    return box


def _body_prior(column: float, row: float, tall: float, shape: tuple[int, int]) -> NDArray[np.float64]:  # [H, W]
    """Chance of being the person before looking at colours: sure in the body's middle, none far away."""
    y, x = np.mgrid[: shape[0], : shape[1]] + 0.5
    aside, along = np.abs(x - column) / tall, np.abs(y - row) / tall
    slim = np.exp(-0.5 * (aside / 0.17) ** 2) * np.exp(-0.5 * (np.maximum(along - 0.42, 0) / 0.06) ** 2)
    return 0.9 * slim


def _box_prior(box: NDArray[np.float64], shape: tuple[int, int]) -> NDArray[np.float64]:  # [H, W]
    """Like `_body_prior`, for a box known to hold the whole person."""
    y, x = np.mgrid[: shape[0], : shape[1]] + 0.5
    left, top, right, bottom = box
    aside = np.abs(x - (left + right) / 2) / (right - left)
    along = np.abs(y - (top + bottom) / 2) / (bottom - top)
    middle = 0.4 + 0.5 * np.exp(-0.5 * ((aside / 0.2) ** 2 + (along / 0.42) ** 6))
    return np.where((aside <= 0.5) & (along <= 0.5), middle, 0.0)


def _bonds(lab: NDArray[np.float64]) -> sparse.csr_matrix:
    """Graph Laplacian of the pixels: neighbours of one colour belong together."""
    height, width = lab.shape[:2]
    index = np.arange(height * width).reshape(height, width)
    ends, squares = [], []
    for a, b in ((np.s_[:, :-1], np.s_[:, 1:]), (np.s_[:-1], np.s_[1:]), (np.s_[:-1, :-1], np.s_[1:, 1:]),
                 (np.s_[:-1, 1:], np.s_[1:, :-1])):  # fmt: skip
        ends.append((index[a].ravel(), index[b].ravel()))
        squares.append(((lab[a] - lab[b]) ** 2).sum(-1).ravel())
    first, second = (np.concatenate(side) for side in zip(*ends, strict=True))
    square = np.concatenate(squares)
    bond = np.exp(-square / (_CONTRAST * 20 * square.mean() + 1e-9)) + 1e-3
    count = height * width
    adjacency = sparse.coo_matrix((bond, (first, second)), (count, count))
    adjacency = (adjacency + adjacency.T).tocsr()
    return sparse.diags(np.asarray(adjacency.sum(1)).ravel()) - adjacency


def _color_odds(
    clusters: NDArray[np.int64], alpha: NDArray[np.float64], prior: NDArray[np.float64]
) -> NDArray[np.float64]:  # [H, W]
    """Logarithm of how much more often a pixel's colour is the person's than the surroundings'."""
    count = int(clusters.max()) + 1
    near = ndimage.gaussian_filter(prior, 0.12 * clusters.shape[0])
    surroundings = (1 - alpha) * (near / near.max() + 0.1)
    person, other = (
        np.bincount(clusters.ravel(), weight.ravel(), count) for weight in (alpha * (prior > 0.03), surroundings)
    )
    person, other = (histogram / max(histogram.sum(), 1e-9) + 2e-3 for histogram in (person, other))
    odds: NDArray[np.float64] = np.log(person / other)[clusters]
    return odds


def _walk(
    laplacian: sparse.csr_matrix, odds: NDArray[np.float64], prior: NDArray[np.float64]
) -> NDArray[np.float64]:  # [H, W]
    """Grady's random walker with priors: (L + trust (F + B)) x = trust F."""
    place = np.log((prior + 0.002) / (1 - prior + 0.002))
    person = 1 / (1 + np.exp(-(np.clip(odds, -3, 3) + place)))
    trust = _TRUST * (0.1 + np.abs(2 * person - 1)).ravel()
    # direct, as the many short products of an iterative solver wait for each other on a busy machine
    solution = spsolve((laplacian + sparse.diags(trust)).tocsc(), trust * person.ravel(), permc_spec="MMD_AT_PLUS_A")
    return np.clip(solution, 0, 1).reshape(prior.shape)


def _one_person(alpha: NDArray[np.float64], prior: NDArray[np.float64]) -> NDArray[np.float64]:
    """Only the connected pieces with most of the body prior in them, without holes of a few pixels.

    Several, as dark shorts before a dark floor may have separated the legs from the rest.
    """
    labels, count = ndimage.label(alpha > 0.5)
    if count == 0:
        return np.zeros_like(alpha)
    weight = ndimage.sum_labels(prior, labels, np.arange(1, count + 1))
    body = np.isin(labels, 1 + np.flatnonzero(weight > _PIECE * weight.max()))
    closed = ndimage.binary_closing(body, iterations=1) | body
    return np.where(ndimage.binary_dilation(closed), np.where(closed, np.maximum(alpha, 0.6), alpha), 0)
