"""Holes in a surface (hair cards, lashes, lace): a texture's alpha drawn as dithered coverage."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from personify.render.gaussians.simd import log2
from personify.render.kernels import inner
from personify.render.textures import sample_value


class Cutouts(NamedTuple):
    """Which faces have holes (hair cards, lashes): their texture's alpha is drawn as a dithered coverage.

    Attributes:
        face_textures: [F] int32 texture with the alpha channel, -1 = solid.
        sharp: [F] bool, magnified texels are cut at 0.5 instead of dithered (glTF's MASK).
        alphas: [F] float32 factor.
        uvs: [F, 3, 2] float32.
    """

    face_textures: NDArray[np.int32]
    sharp: NDArray[np.bool_]
    alphas: NDArray[np.float32]
    uvs: NDArray[np.float32]


def no_cutouts(faces: int) -> Cutouts:
    """Every face is solid."""
    nothing = np.zeros((1, 3, 2), np.float32)
    solid = np.full(faces, -1, np.int32)
    return Cutouts(solid, np.zeros(1, np.bool_), np.ones(1, np.float32), nothing)


@inner(forceinline=True, error_model="numpy")
def level_of_detail(f: Any, area: Any, texture: Any, uvs: Any, levels: Any) -> Any:
    """log2 of texels per sample of a whole face that covers ``area`` samples."""
    u1, v1 = uvs[f, 1, 0] - uvs[f, 0, 0], uvs[f, 1, 1] - uvs[f, 0, 1]
    u2, v2 = uvs[f, 2, 0] - uvs[f, 0, 0], uvs[f, 2, 1] - uvs[f, 0, 1]
    tiny, half = np.float32(1e-9), np.float32(0.5)
    texels = half * abs(u1 * v2 - u2 * v1) * np.float32(levels[texture, 0, 1] * levels[texture, 0, 2])
    return half * log2(max(texels / max(area, tiny), tiny))


@inner(forceinline=True)
def alpha_at(f: Any, weights: Any, lod: Any, texture: Any, uvs: Any, texels: Any, levels: Any, counts: Any) -> Any:
    """A texture's alpha at barycentrics of a face."""
    a, b, c = weights
    u = a * uvs[f, 0, 0] + b * uvs[f, 1, 0] + c * uvs[f, 2, 0]
    v = a * uvs[f, 0, 1] + b * uvs[f, 1, 1] + c * uvs[f, 2, 1]
    return sample_value(texels, levels, counts, texture, lod, u, v, 3)


@inner(forceinline=True)
def is_covered(f: Any, column: Any, row: Any, alpha: Any, softness: Any) -> Any:
    """Stochastic transparency (Enderton et al. 2010) with thresholds stratified over 2 x 2 samples."""
    # Neighbouring samples take the four strata, in an order that differs between faces, so that layers add up.
    stratum = (2 * (column & 1) + ((column ^ row) & 1) + (f * 2654435761 >> 13)) & 3
    noise = _fraction(52.9829189 * _fraction(0.06711056 * (column >> 1) + 0.00583715 * (row >> 1)))
    return alpha > np.float32(0.5) + softness * np.float32((noise + stratum) / 4 - 0.5)


@inner(forceinline=True)
def _fraction(x: Any) -> Any:
    return x - np.int64(x)
