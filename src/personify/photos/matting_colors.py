"""Where exactly the edges of a roughly known person are, by the photos' own colours.

Photos of one person help each other: skin and clothes have the same colours in all, what stands behind has not. So a
pixel's colour counts as the person's by how much of it the *other* photos' masks show (co-segmentation, Rother et al.
2006). A random walker whose seeds these colours are together with the rough mask then moves the edges to those of the
picture (Grady 2005, "Multilabel Random Walker Image Segmentation Using Prior Models"): the convex sibling of GrabCut's
graph cut, solved as one sparse linear system.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage, sparse
from scipy.cluster.vq import kmeans2, vq
from scipy.sparse.linalg import spsolve
from skimage.color import rgb2lab

from personify.body.mesh import Float

_CLUSTERS = 64
_ROUNDS = 2
_CONTRAST = 1.0  # squared difference of colour, in units of the photo's mean, that weakens a bond to 1/e
_TRUST = 0.3  # of rough mask and colours against the bonds
_COLORS = 1.5  # of the colours against the rough mask
_RARE = 2e-3  # share of a colour below which it says nothing
_SUREST = 3.0  # log odds that a colour can say


def sharpen(images: Sequence[Float], alphas: Sequence[Float]) -> list[Float]:  # N x [H, W, 3] sRGB, N x [H, W]
    """Masks of one person in several photos, whose edges follow those of the pictures.

    Example:
        >>> image, rough = np.zeros((32, 32, 3), np.float32), np.zeros((32, 32), np.float32)
        >>> image[8:24, 8:24] = (0.9, 0.2, 0.1)
        >>> rough[10:26, 8:24] = 0.8
        >>> sharp = sharpen([image], [rough])[0] > 0.5
        >>> bool(sharp[8, 16]), bool(sharp[25, 16])
        (True, False)
    """
    walked = (_walk(image, person) for image, person in zip(images, _recolored(images, alphas), strict=True))
    return [np.clip((alpha - 0.5) * 3 + 0.5, 0, 1).astype(np.float32) for alpha in walked]


def _recolored(images: Sequence[Float], alphas: Sequence[Float]) -> list[Float]:  # N x [H, W, 3], N x [H, W]
    """Chance of every pixel to be the person, by the rough masks and the colours of all photos."""
    if not images:
        return []
    labels = _clusters([rgb2lab(image) for image in images])
    roughs = [alpha.clip(0, 1) for alpha in alphas]
    persons = roughs
    for _ in range(_ROUNDS):
        odds = _color_odds(labels, persons, roughs)
        persons = [_belief(*pair) for pair in zip(odds, roughs, strict=True)]
    return persons


def _belief(odds: Float, rough: Float) -> Float:  # [H, W] -> [H, W]
    place = np.log((rough + 0.01) / (1 - rough + 0.01))
    return (1 / (1 + np.exp(-(_COLORS * odds.clip(-_SUREST, _SUREST) + place)))).astype(np.float32)


def _clusters(labs: Sequence[NDArray[np.float64]]) -> list[NDArray[np.int64]]:  # N x [H, W, 3] -> N x [H, W]
    """Which of a few dozen colours of these photos a pixel has."""
    pixels = [lab.reshape(-1, 3) * (0.6, 1.0, 1.0) for lab in labs]  # shading changes lightness most
    # each distinct colour once, so that a small cap counts like a large wall
    sample = np.unique(np.round(np.concatenate([some[::5] for some in pixels]) / 2) * 2, axis=0)
    centers, _ = kmeans2(sample, min(_CLUSTERS, len(sample)), minit="++", seed=0, iter=8, missing="warn")
    nearest = [vq(some, centers)[0].astype(np.int64) for some in pixels]
    return [label.reshape(lab.shape[:2]) for label, lab in zip(nearest, labs, strict=True)]


def _color_odds(labels: Sequence[NDArray[np.int64]], persons: Sequence[Float], roughs: Sequence[Float]) -> list[Float]:
    """Logarithm of how much more often a pixel's colour is the person's than that of what is around.

    The person's colours are those in the other photos, so that what is taken along in one finds no friend in the rest.
    """
    count = 1 + max(int(label.max()) for label in labels)
    around = [(1 - person) * _near(rough) for person, rough in zip(persons, roughs, strict=True)]
    own, behind = (
        np.stack([_histogram(label, weight, count) for label, weight in zip(labels, weights, strict=True)])
        for weights in (persons, around)
    )
    shared = (own.sum(0) - own) / (len(own) - 1) if len(own) > 1 else own
    odds = np.log((shared + _RARE) / (0.5 * (behind + behind.mean(0)) + _RARE)).astype(np.float32)
    return [one[label] for one, label in zip(odds, labels, strict=True)]


def _near(rough: Float) -> Float:  # [H, W]
    """Weight of the surroundings: what is near the person is what they must be told from."""
    near = ndimage.gaussian_filter(rough, 0.08 * len(rough))
    weight: Float = near / max(float(near.max()), 1e-6) + 0.1
    return weight


def _histogram(labels: NDArray[np.int64], weight: Float, count: int) -> NDArray[np.float64]:
    sums = np.bincount(labels.ravel(), weight.ravel(), count)
    return sums / max(float(sums.sum()), 1e-9)


def _walk(image: Float, person: Float) -> NDArray[np.float64]:  # [H, W, 3], [H, W] -> [H, W]
    """Grady's random walker with priors: (L + trust (F + B)) x = trust F."""
    trust = _TRUST * (0.1 + np.abs(2 * person - 1)).ravel()
    # direct, as the many short products of an iterative solver wait for each other on a busy machine
    solution = spsolve(
        (_bonds(rgb2lab(image)) + sparse.diags(trust)).tocsc(), trust * person.ravel(), permc_spec="MMD_AT_PLUS_A"
    )
    return np.clip(solution, 0, 1).reshape(person.shape)


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
    bond = np.exp(-square / (_CONTRAST * square.mean() + 1e-9)) + 1e-3
    count = height * width
    adjacency = sparse.coo_matrix((bond, (first, second)), (count, count))
    adjacency = (adjacency + adjacency.T).tocsr()
    return sparse.diags(np.asarray(adjacency.sum(1)).ravel()) - adjacency
