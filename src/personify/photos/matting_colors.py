"""Where exactly the edges of a roughly known person are, by this photo's own colours.

Colour histograms of person and surroundings and a random walker whose seeds they are together with the rough mask
(Grady 2005, "Multilabel Random Walker Image Segmentation Using Prior Models"): the convex sibling of GrabCut's graph
cut, solved as one sparse linear system.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage, sparse
from scipy.cluster.vq import kmeans2, vq
from scipy.sparse.linalg import spsolve
from skimage.color import rgb2lab

from personify.body.mesh import Float

_CLUSTERS = 32
_ROUNDS = 2
_CONTRAST = 0.05  # squared difference of colour, in units of the photo's mean, that weakens a bond to 1/e
_TRUST = 0.06  # of rough mask and colours against the bonds
_COLORS = 0.5  # of the colours against the rough mask


def sharpen(image: Float, alpha: Float) -> Float:  # [H, W, 3] sRGB, [H, W] -> [H, W]
    """A mask whose edges follow those of the picture.

    Example:
        >>> image, rough = np.zeros((32, 32, 3), np.float32), np.zeros((32, 32), np.float32)
        >>> image[8:24, 8:24] = (0.9, 0.2, 0.1)
        >>> rough[10:26, 8:24] = 0.8
        >>> sharp = sharpen(image, rough) > 0.5
        >>> bool(sharp[8, 16]), bool(sharp[25, 16])
        (True, False)
    """
    lab, alpha = rgb2lab(image), alpha.clip(0, 1)
    clusters, bonds = _clusters(lab), _bonds(lab)
    sharp = alpha.astype(np.float64)
    for _ in range(_ROUNDS):
        sharp = _walk(bonds, _color_odds(clusters, sharp, alpha), alpha)
    return np.clip((sharp - 0.5) * 3 + 0.5, 0, 1).astype(np.float32)


def _clusters(lab: NDArray[np.float64]) -> NDArray[np.int64]:  # [H, W, 3] -> [H, W]
    """Which of a few dozen colours of this photo a pixel has."""
    pixels = lab.reshape(-1, 3) * (0.6, 1.0, 1.0)  # shading changes lightness most
    # each distinct colour once, so that a small cap counts like a large wall
    sample = np.unique(np.round(pixels[:: max(1, len(pixels) // 6000)] / 2) * 2, axis=0)
    centers, _ = kmeans2(sample, min(_CLUSTERS, len(sample)), minit="++", seed=0, iter=8, missing="warn")
    labels: NDArray[np.int64] = vq(pixels, centers)[0].astype(np.int64).reshape(lab.shape[:2])
    return labels


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


def _color_odds(clusters: NDArray[np.int64], alpha: NDArray[np.float64], rough: Float) -> NDArray[np.float64]:
    """Logarithm of how much more often a pixel's colour is the person's than that of what is around."""
    count = int(clusters.max()) + 1
    near = ndimage.gaussian_filter(rough, 0.08 * len(clusters))
    surroundings = (1 - alpha) * (near / max(float(near.max()), 1e-6) + 0.1)
    person, other = (np.bincount(clusters.ravel(), weight.ravel(), count) for weight in (alpha, surroundings))
    person, other = (histogram / max(histogram.sum(), 1e-9) + 2e-3 for histogram in (person, other))
    odds: NDArray[np.float64] = np.log(person / other)[clusters]
    return odds


def _walk(laplacian: sparse.csr_matrix, odds: NDArray[np.float64], rough: Float) -> NDArray[np.float64]:  # [H, W]
    """Grady's random walker with priors: (L + trust (F + B)) x = trust F."""
    place = np.log((rough + 0.01) / (1 - rough + 0.01))
    person = 1 / (1 + np.exp(-(_COLORS * np.clip(odds, -3, 3) + place)))
    trust = _TRUST * (0.1 + np.abs(2 * person - 1)).ravel()
    # direct, as the many short products of an iterative solver wait for each other on a busy machine
    solution = spsolve((laplacian + sparse.diags(trust)).tocsc(), trust * person.ravel(), permc_spec="MMD_AT_PLUS_A")
    return np.clip(solution, 0, 1).reshape(rough.shape)
