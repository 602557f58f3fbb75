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
    t = transforms  # indexed in full everywhere: a row taken as an array costs an atomic count
    for i in prange(len(means)):
        first, x, y, z = joints[i, 0], means[i, 0], means[i, 1], means[i, 2]
        a, b, c, d, e, f, g, h, k, u, v, w = 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0
        for slot in range(joints.shape[1]):
            share = weights[i, slot]
            if share == 0:
                break
            j = joints[i, slot]
            a, b, c, u = a + share * t[j, 0, 0], b + share * t[j, 0, 1], c + share * t[j, 0, 2], u + share * t[j, 0, 3]
            d, e, f, v = d + share * t[j, 1, 0], e + share * t[j, 1, 1], f + share * t[j, 1, 2], v + share * t[j, 1, 3]
            g, h, k, w = g + share * t[j, 2, 0], h + share * t[j, 2, 1], k + share * t[j, 2, 2], w + share * t[j, 2, 3]
        posed[i, 0] = a * x + b * y + c * z + u
        posed[i, 1] = d * x + e * y + f * z + v
        posed[i, 2] = g * x + h * y + k * z + w
        if a * (e * k - f * h) + b * (f * g - d * k) + c * (d * h - e * g) < smallest_determinant:
            a, b, c = t[first, 0, 0], t[first, 0, 1], t[first, 0, 2]
            d, e, f = t[first, 1, 0], t[first, 1, 1], t[first, 1, 2]
            g, h, k = t[first, 2, 0], t[first, 2, 1], t[first, 2, 2]
        if weights[i, 0] < 1:
            a, b, c, d, e, f, g, h, k = _nearest_rotation(a, b, c, d, e, f, g, h, k)
        rotations[i, 0, 0], rotations[i, 0, 1], rotations[i, 0, 2] = a, b, c
        rotations[i, 1, 0], rotations[i, 1, 1], rotations[i, 1, 2] = d, e, f
        rotations[i, 2, 0], rotations[i, 2, 1], rotations[i, 2, 2] = g, h, k


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
        ra, rb, rc = rotations[i, 0, 0], rotations[i, 0, 1], rotations[i, 0, 2]
        rd, re, rf = rotations[i, 1, 0], rotations[i, 1, 1], rotations[i, 1, 2]
        rg, rh, rk = rotations[i, 2, 0], rotations[i, 2, 1], rotations[i, 2, 2]
        a, b, c, d, e, f, g, h, k = 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0
        if not rigid[i]:
            for slot in range(neighbors.shape[1]):
                j = neighbors[i, slot]
                x, y, z = means[j, 0] - means[i, 0], means[j, 1] - means[i, 1], means[j, 2] - means[i, 2]
                u = posed[j, 0] - posed[i, 0] - (ra * x + rb * y + rc * z)
                v = posed[j, 1] - posed[i, 1] - (rd * x + re * y + rf * z)
                w = posed[j, 2] - posed[i, 2] - (rg * x + rh * y + rk * z)
                p, q, o = levers[i, slot, 0], levers[i, slot, 1], levers[i, slot, 2]
                a, b, c = a + u * p, b + u * q, c + u * o
                d, e, f = d + v * p, e + v * q, f + v * o
                g, h, k = g + w * p, h + w * q, k + w * o
            size = math.sqrt(a * a + b * b + c * c + d * d + e * e + f * f + g * g + h * h + k * k)
            if size > largest_strain:
                shrink = largest_strain / size
                a, b, c, d, e = a * shrink, b * shrink, c * shrink, d * shrink, e * shrink
                f, g, h, k = f * shrink, g * shrink, h * shrink, k * shrink
        a, b, c, d, e, f, g, h, k = a + ra, b + rb, c + rc, d + rd, e + re, f + rf, g + rg, h + rh, k + rk
        xx, xy, xz, yy, yz, zz = 0.0, 0.0, 0.0, 0.0, 0.0, 0.0
        for column in range(3):
            p, q, o = axes[i, 0, column], axes[i, 1, column], axes[i, 2, column]
            x, y, z = a * p + b * q + c * o, d * p + e * q + f * o, g * p + h * q + k * o
            xx, xy, xz, yy, yz, zz = xx + x * x, xy + x * y, xz + x * z, yy + y * y, yz + y * z, zz + z * z
        covars[i, 0, 0], covars[i, 0, 1], covars[i, 0, 2] = xx, xy, xz
        covars[i, 1, 0], covars[i, 1, 1], covars[i, 1, 2] = xy, yy, yz
        covars[i, 2, 0], covars[i, 2, 1], covars[i, 2, 2] = xz, yz, zz
