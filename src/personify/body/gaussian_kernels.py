"""Compiled posing of Gaussians: `personify.body.gaussians.GaussianRig.pose` for float32 on a CPU."""

from __future__ import annotations

import math
from typing import Any

from numba import njit, prange


@njit(cache=True, nogil=True, parallel=True, fastmath=True)
def follow(
    means: Any,
    joints: Any,
    weights: Any,
    transforms: Any,
    smallest_determinant: Any,
    posed: Any,
    rotations: Any,
) -> None:
    """Posed means, and the rotation nearest to the blend of the joints' matrices.

    Args:
        means: [N, 3].
        joints: [N, I] in falling order of weight.
        weights: [N, I].
        transforms: [J, 4, 4].
        smallest_determinant: of a blend; below it the first joint's rotation is taken.
        posed: [N, 3] result.
        rotations: [N, 3, 3] result.
    """
    for i in prange(len(means)):
        first, x, y, z = joints[i, 0], means[i, 0], means[i, 1], means[i, 2]
        a, b, c, d, e, f, g, h, k, u, v, w = 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0
        for slot in range(joints.shape[1]):
            share = weights[i, slot]
            if share == 0:
                break
            t = transforms[joints[i, slot]]
            a, b, c, u = a + share * t[0, 0], b + share * t[0, 1], c + share * t[0, 2], u + share * t[0, 3]
            d, e, f, v = d + share * t[1, 0], e + share * t[1, 1], f + share * t[1, 2], v + share * t[1, 3]
            g, h, k, w = g + share * t[2, 0], h + share * t[2, 1], k + share * t[2, 2], w + share * t[2, 3]
        posed[i, 0] = a * x + b * y + c * z + u
        posed[i, 1] = d * x + e * y + f * z + v
        posed[i, 2] = g * x + h * y + k * z + w
        t = transforms[first]
        if a * (e * k - f * h) + b * (f * g - d * k) + c * (d * h - e * g) < smallest_determinant:
            a, b, c = t[0, 0], t[0, 1], t[0, 2]
            d, e, f = t[1, 0], t[1, 1], t[1, 2]
            g, h, k = t[2, 0], t[2, 1], t[2, 2]
        if weights[i, 0] < 1:
            a, b, c, d, e, f, g, h, k = _nearest_rotation(a, b, c, d, e, f, g, h, k)
        r = rotations[i]
        r[0, 0], r[0, 1], r[0, 2] = a, b, c
        r[1, 0], r[1, 1], r[1, 2] = d, e, f
        r[2, 0], r[2, 1], r[2, 2] = g, h, k


@njit(cache=True, nogil=True, fastmath=True)
def _nearest_rotation(a: Any, b: Any, c: Any, d: Any, e: Any, f: Any, g: Any, h: Any, k: Any) -> Any:
    """Newton's method for the polar decomposition (Higham 1986), rows abc, def, ghk."""
    for _ in range(8):
        ca, cb, cc = e * k - f * h, f * g - d * k, d * h - e * g
        cd, ce, cf = c * h - b * k, a * k - c * g, b * g - a * h
        cg, ch, ck = b * f - c * e, c * d - a * f, a * e - b * d
        scale = 0.5 / (a * ca + b * cb + c * cc)
        na, nb, nc = 0.5 * a + scale * ca, 0.5 * b + scale * cb, 0.5 * c + scale * cc
        nd, ne, nf = 0.5 * d + scale * cd, 0.5 * e + scale * ce, 0.5 * f + scale * cf
        ng, nh, nk = 0.5 * g + scale * cg, 0.5 * h + scale * ch, 0.5 * k + scale * ck
        change = abs(na - a) + abs(nb - b) + abs(nc - c) + abs(nd - d) + abs(ne - e) + abs(nf - f)
        a, b, c, d, e, f, g, h, k = na, nb, nc, nd, ne, nf, ng, nh, nk
        if change < 1e-4:  # it converges quadratically: the next step would change nothing in float32
            break
    return a, b, c, d, e, f, g, h, k


@njit(cache=True, nogil=True, parallel=True, fastmath=True)
def stretch(
    means: Any,
    axes: Any,
    neighbors: Any,
    levers: Any,
    rigid: Any,
    largest_strain: Any,
    posed: Any,
    rotations: Any,
    covars: Any,
) -> None:
    """Covariances under the gradient of the motion.

    Args:
        means: [N, 3] at rest.
        axes: [N, 3, 3] columns as long as the standard deviations.
        neighbors: [N, k].
        levers: [N, k, 3].
        rigid: [N] whether a Gaussian and its neighbours follow one joint only: they have no strain.
        largest_strain: Frobenius norm.
        posed: [N, 3].
        rotations: [N, 3, 3].
        covars: [N, 3, 3] result.
    """
    for i in prange(len(means)):
        r, s = rotations[i], axes[i]
        a, b, c, d, e, f, g, h, k = 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0
        if not rigid[i]:
            for slot in range(neighbors.shape[1]):
                j = neighbors[i, slot]
                x, y, z = means[j, 0] - means[i, 0], means[j, 1] - means[i, 1], means[j, 2] - means[i, 2]
                u = posed[j, 0] - posed[i, 0] - (r[0, 0] * x + r[0, 1] * y + r[0, 2] * z)
                v = posed[j, 1] - posed[i, 1] - (r[1, 0] * x + r[1, 1] * y + r[1, 2] * z)
                w = posed[j, 2] - posed[i, 2] - (r[2, 0] * x + r[2, 1] * y + r[2, 2] * z)
                p, q, o = levers[i, slot, 0], levers[i, slot, 1], levers[i, slot, 2]
                a, b, c = a + u * p, b + u * q, c + u * o
                d, e, f = d + v * p, e + v * q, f + v * o
                g, h, k = g + w * p, h + w * q, k + w * o
            size = math.sqrt(a * a + b * b + c * c + d * d + e * e + f * f + g * g + h * h + k * k)
            if size > largest_strain:
                shrink = largest_strain / size
                a, b, c, d, e = a * shrink, b * shrink, c * shrink, d * shrink, e * shrink
                f, g, h, k = f * shrink, g * shrink, h * shrink, k * shrink
        a, b, c, d, e, f = a + r[0, 0], b + r[0, 1], c + r[0, 2], d + r[1, 0], e + r[1, 1], f + r[1, 2]
        g, h, k = g + r[2, 0], h + r[2, 1], k + r[2, 2]
        xx, xy, xz, yy, yz, zz = 0.0, 0.0, 0.0, 0.0, 0.0, 0.0
        for column in range(3):
            p, q, o = s[0, column], s[1, column], s[2, column]
            x, y, z = a * p + b * q + c * o, d * p + e * q + f * o, g * p + h * q + k * o
            xx, xy, xz, yy, yz, zz = xx + x * x, xy + x * y, xz + x * z, yy + y * y, yz + y * z, zz + z * z
        m = covars[i]
        m[0, 0], m[0, 1], m[0, 2] = xx, xy, xz
        m[1, 0], m[1, 1], m[1, 2] = xy, yy, yz
        m[2, 0], m[2, 1], m[2, 2] = xz, yz, zz
