"""Kernels that composite tiles of 16 x 16 pixels, and their adjoint.

A tile is sixteen blocks of 4 x 4 pixels, each one `simd.Lanes`; a Gaussian visits only the blocks that its box
touches. A pixel that has stopped is marked by the sign of its transmittance. The adjoint runs front to back as well:
with S what is still to be composited of (colour . gradient), dL/dalpha = T (colour . gradient) - S / (1 - alpha).
It gathers moments of dL/dsigma over the whitened offsets (u, v) in a slot per (Gaussian, tile), so that nothing is
added atomically.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from numba import njit, prange

from personify.render.gaussians.simd import (
    aligned_zeros,
    bits,
    columns,
    exp2,
    load,
    maximum,
    minimum,
    prefetch,
    rows,
    select,
    some,
    store,
    total,
    zeros,
)
from personify.render.gaussians.tiles import (
    CHANNELS,
    FACTOR_A,
    FACTOR_B,
    FACTOR_C,
    FALLOFF,
    FIRST_X,
    FIRST_Y,
    LAST_X,
    LAST_Y,
    LOG_OPACITY,
    MEAN_X,
    MEAN_Y,
    SHIFT,
    SLOT,
    TILE,
    sort_by_depth,
    touched,
)
from personify.render.gaussians.view import MAX_ALPHA, MIN_ALPHA, MIN_TRANSMITTANCE

BLOCKS = 4  # per side of a tile
LANES = 16
PLANE = np.uint64(TILE * TILE)  # numbers of one quantity of a tile's pixels
_HIGHEST = np.float32(MAX_ALPHA)
_LOWEST = np.float32(math.log2(MIN_ALPHA))
_STOP = np.float32(MIN_TRANSMITTANCE)
_ONE, _ZERO = np.float32(1), np.float32(0)
_FAST = {"nsz", "arcp", "contract", "afn"}
# Moments in a slot: of 1, u, v, uu, uv, vv, and the two sums of absolute gradients; then the channels.
MOMENTS = np.uint64(8)


@njit(cache=True, nogil=True, inline="always")
def _origin(turn: Any, stride: Any, tiles: Any) -> Any:
    """The tile that is drawn at a turn: far from the previous, so that every thread gets a fair share of the person."""
    tile = (np.int64(turn) * stride) % (tiles[0] * tiles[1])
    return tile, (tile % tiles[0]) * TILE, (tile // tiles[0]) * TILE


@njit(cache=True, nogil=True, inline="always")
def _pixel(x: Any, y: Any) -> Any:
    """Place of a tile's pixel in a plane."""
    return np.uint64(((y >> 2) * BLOCKS + (x >> 2)) * LANES + (y & 3) * 4 + (x & 3))


@njit(cache=True, nogil=True, inline="always")
def _blocks(records: Any, k: Any, left: Any, top: Any) -> Any:
    """Blocks of a tile that a record's box touches: first and last + 1 in x, the same in y."""
    first_x, last_x = (
        max(np.int32(records[k, FIRST_X]) - left, 0) >> 2,
        (min(np.int32(records[k, LAST_X]) - left, TILE) + 3) >> 2,
    )
    first_y, last_y = (
        max(np.int32(records[k, FIRST_Y]) - top, 0) >> 2,
        (min(np.int32(records[k, LAST_Y]) - top, TILE) + 3) >> 2,
    )
    return first_x, last_x, first_y, last_y


@njit(cache=True, nogil=True, parallel=True, fastmath=_FAST, error_model="numpy")
def blend_forward(
    stride: Any, tiles: Any, starts: Any, members: Any, records: Any, background: Any, pictures: Any
) -> Any:
    """Fill ``pictures``: image [H, W, X], alpha [H, W, 1] and transmittance [H, W]; sorts ``members``.

    Returns:
        [tiles] int64: where in ``members`` each tile stopped, all of its pixels being saturated.
    """
    stops = starts[:-1].copy()
    for turn in prange(len(stops)):
        tile, left, top = _origin(turn, stride, tiles)
        mine = members[starts[tile] : starts[tile + 1]]
        if len(mine) == 0:
            _leave_empty(left, top, background, pictures)
        else:
            sort_by_depth(mine, records)
            stops[tile] += _draw_tile(mine, records, left, top, background, pictures)
    return stops


@njit(cache=True, nogil=True)
def _leave_empty(left: Any, top: Any, background: Any, pictures: Any) -> None:
    image, alpha, passed = pictures
    height, width, channels = image.shape
    for y in range(top, min(top + TILE, height)):
        for x in range(left, min(left + TILE, width)):
            alpha[y, x, 0], passed[y, x] = _ZERO, _ONE
            for channel in range(channels):
                image[y, x, channel] = background[channel]


@njit(cache=True, nogil=True, fastmath=_FAST, error_model="numpy")
def _draw_tile(members: Any, records: Any, left: Any, top: Any, background: Any, pictures: Any) -> Any:
    """Draw one tile; how many of its Gaussians were looked at."""
    image, alpha, passed = pictures
    height, width, channels = image.shape
    planes = aligned_zeros((1 + channels) * int(PLANE))
    bottom, right = min(TILE, height - top), min(TILE, width - left)
    for y in range(bottom):
        for x in range(right):
            planes[_pixel(x, y)] = _ONE
    looked_at = _composite(members, records, left, top, channels, planes)
    for y in range(bottom):
        for x in range(right):
            at = _pixel(x, y)
            rest = abs(planes[at])
            alpha[top + y, left + x, 0], passed[top + y, left + x] = _ONE - rest, rest
            for channel in range(channels):
                at += PLANE
                image[top + y, left + x, channel] = planes[at] + rest * background[channel]
    return np.int64(looked_at)


@njit(cache=True, nogil=True, fastmath=_FAST, error_model="numpy")
def _composite(members: Any, records: Any, left: Any, top: Any, channels: Any, planes: Any) -> Any:
    """Add a tile's Gaussians to its planes (transmittance, channels); how many were looked at."""
    flat = records.reshape(-1)
    size = np.uint64(records.shape[1])
    count = np.uint64(len(members))
    for j in range(count):
        if j & np.uint64(31) == np.uint64(31) and _saturated(planes):
            return j
        prefetch(flat, np.uint64(members[min(j + np.uint64(8), count - np.uint64(1))]) * size)
        k = np.uint64(members[j])
        mean_x, mean_y = records[k, MEAN_X], records[k, MEAN_Y]
        a, b, c, log_opacity = records[k, FACTOR_A], records[k, FACTOR_B], records[k, FACTOR_C], records[k, LOG_OPACITY]
        first_x, last_x, first_y, last_y = _blocks(records, k, left, top)
        for y in range(first_y, last_y):
            dy = rows() + (np.float32(4 * y + top) - mean_y)
            v = dy * c
            across = dy * b
            level = log_opacity - v * v
            for x in range(first_x, last_x):
                at = np.uint64((y * BLOCKS + x) * LANES)
                u = (columns() + (np.float32(4 * x + left) - mean_x)) * a + across
                exponent = level - u * u
                before = load(planes, at)
                after = before - before * minimum(exp2(exponent), _HIGHEST)
                seen = (exponent >= _LOWEST) & (before > _ZERO)
                goes_on = after > _STOP
                weight = select(seen & goes_on, before - after, zeros())
                store(planes, at, select(seen, select(goes_on, after, -before), before))
                for channel in range(np.uint64(channels)):
                    at += PLANE
                    store(planes, at, load(planes, at) + weight * records[k, CHANNELS + channel])
    return count


@njit(cache=True, nogil=True)
def _saturated(planes: Any) -> Any:
    largest = load(planes, np.uint64(0))
    for block in range(np.uint64(1), np.uint64(BLOCKS * BLOCKS)):
        largest = maximum(largest, load(planes, block * np.uint64(LANES)))
    return not some(largest > _ZERO)


@njit(cache=True, nogil=True, parallel=True, fastmath=_FAST, error_model="numpy")
def blend_backward(lists: Any, absolute: Any, pictures: Any, sums: Any) -> None:
    """Fill ``sums`` [pairs, MOMENTS + X]: what every (Gaussian, tile) contributes to the gradients.

    Args:
        lists: stride, tiles, starts, stops, members, records of the forward pass.
        absolute: also sum absolute gradients of the means.
        pictures: image, passed, and gradients of the image and of alpha.
    """
    stride, tiles, starts, stops, members, records = lists
    channels = np.uint64(pictures[0].shape[2])
    for turn in prange(len(stops)):
        tile, left, top = _origin(turn, stride, tiles)
        if starts[tile] < starts[tile + 1]:
            planes = _prepare(left, top, pictures)
            span = (np.uint64(starts[tile]), np.uint64(stops[tile]), np.uint64(starts[tile + 1]))
            _gather_tile(span, members, records, left, top, channels, absolute, planes, sums)


@njit(cache=True, nogil=True, fastmath=_FAST, error_model="numpy")
def _prepare(left: Any, top: Any, pictures: Any) -> Any:
    """Planes of a tile: transmittance, what is still to be composited, gradient of each channel; room for sums."""
    image, passed, g_image, g_alpha = pictures
    height, width, channels = image.shape
    planes = aligned_zeros((2 + channels) * int(PLANE) + channels * LANES)
    for y in range(min(TILE, height - top)):
        for x in range(min(TILE, width - left)):
            at = _pixel(x, y)
            planes[at] = _ONE
            rest = -passed[top + y, left + x] * g_alpha[top + y, left + x, 0]
            for channel in range(np.uint64(channels)):
                gradient = g_image[top + y, left + x, channel]
                planes[at + PLANE * (np.uint64(2) + channel)] = gradient
                rest += gradient * image[top + y, left + x, channel]
            planes[at + PLANE] = rest
    return planes


@njit(cache=True, nogil=True, fastmath=_FAST, error_model="numpy")
def _gather_tile(
    span: Any,
    members: Any,
    records: Any,
    left: Any,
    top: Any,
    channels: Any,
    absolute: Any,
    planes: Any,
    sums: Any,
) -> None:
    """Sums of the members of a tile: from the first of ``span`` to the last, after the middle one all are zero."""
    start, stop, end = span
    flat, size = records.reshape(-1), np.uint64(records.shape[1])
    for j in range(start, end):
        k = np.uint64(members[j])
        prefetch(flat, np.uint64(members[min(j + np.uint64(8), end - np.uint64(1))]) * size)
        first_x, last_x, first_y, _ = touched(records, k)
        place = ((top >> SHIFT) - first_y) * (last_x - first_x) + (left >> SHIFT) - first_x
        slot = np.uint64(bits(records[k, SLOT]) + place)
        if j >= stop or not _gather(k, records, left, top, channels, absolute, planes, sums, slot):
            for i in range(np.uint64(sums.shape[1])):
                sums[slot, i] = _ZERO


@njit(cache=True, nogil=True, inline="always", fastmath=_FAST, error_model="numpy")
def _gather(
    k: Any, records: Any, left: Any, top: Any, channels: Any, absolute: Any, planes: Any, sums: Any, slot: Any
) -> Any:
    """Composite one Gaussian again and write its sums over a tile's pixels; False if it reaches none of them."""
    of_channels = PLANE * (np.uint64(2) + channels)
    mean_x, mean_y = records[k, MEAN_X], records[k, MEAN_Y]
    a, b, c, log_opacity = records[k, FACTOR_A], records[k, FACTOR_B], records[k, FACTOR_C], records[k, LOG_OPACITY]
    first_x, last_x, first_y, last_y = _blocks(records, k, left, top)
    m = mu = mv = muu = muv = mvv = absolute_x = absolute_y = zeros()
    reached = False
    for channel in range(channels):
        store(planes, of_channels + channel * np.uint64(LANES), zeros())
    for y in range(first_y, last_y):
        dy = rows() + (np.float32(4 * y + top) - mean_y)
        v = dy * c
        across = dy * b
        level = log_opacity - v * v
        row = row_u = zeros()
        for x in range(first_x, last_x):
            at = np.uint64((y * BLOCKS + x) * LANES)
            u = (columns() + (np.float32(4 * x + left) - mean_x)) * a + across
            exponent = level - u * u
            before = load(planes, at)
            seen = (exponent >= _LOWEST) & (before > _ZERO)
            if some(seen):
                raw = exp2(exponent)
                alpha = minimum(raw, _HIGHEST)
                after = before - before * alpha
                goes_on = after > _STOP
                drawn = seen & goes_on
                weight = select(drawn, before - after, zeros())
                store(planes, at, select(seen, select(goes_on, after, -before), before))
                toward = zeros()
                for channel in range(channels):
                    gradient = load(planes, at + PLANE * (np.uint64(2) + channel))
                    toward = toward + gradient * records[k, CHANNELS + channel]
                    own = of_channels + channel * np.uint64(LANES)
                    store(planes, own, load(planes, own) + weight * gradient)
                rest = load(planes, at + PLANE) - weight * toward
                store(planes, at + PLANE, rest)
                slope = alpha * (rest / (_ONE - alpha) - before * toward)
                slope = select(drawn & (raw <= _HIGHEST), slope, zeros())
                reached = True
                row = row + slope
                row_u = row_u + slope * u
                muu = muu + slope * u * u
                if absolute:
                    absolute_x = absolute_x + maximum(slope * u, -slope * u)
                    down = slope * (u * b + v * c)
                    absolute_y = absolute_y + maximum(down, -down)
        m, mu = m + row, mu + row_u
        mv, muv = mv + row * v, muv + row_u * v
        mvv = mvv + row * v * v
    if reached:
        sums[slot, 0], sums[slot, 1], sums[slot, 2], sums[slot, 3] = total(m), total(mu), total(mv), total(muu)
        sums[slot, 4], sums[slot, 5] = total(muv), total(mvv)
        sums[slot, 6], sums[slot, 7] = total(absolute_x) * a, total(absolute_y)
        for channel in range(channels):
            sums[slot, MOMENTS + channel] = total(load(planes, of_channels + channel * np.uint64(LANES)))
    return reached


@njit(cache=True, nogil=True, parallel=True, fastmath=_FAST, error_model="numpy")
def add_slots(slots: Any, sums: Any, factors: Any, opacities: Any, results: Any) -> None:
    """Gradients of means2d, factors, opacities, colors, and sums of absolute gradients of means2d."""
    g_means2d, g_factors, g_opacities, g_colors, absgrad = results
    per_pixel = _ONE / FALLOFF
    per_square = per_pixel * per_pixel
    for index in prange(len(factors)):
        k = np.uint64(index)
        m, mu, mv, muu, muv, mvv, x, y = _ZERO, _ZERO, _ZERO, _ZERO, _ZERO, _ZERO, _ZERO, _ZERO
        for channel in range(np.uint64(g_colors.shape[1])):
            g_colors[k, channel] = _ZERO
        for slot in range(np.uint64(slots[k]), np.uint64(slots[k + np.uint64(1)])):
            m, mu, mv = m + sums[slot, 0], mu + sums[slot, 1], mv + sums[slot, 2]
            muu, muv, mvv = muu + sums[slot, 3], muv + sums[slot, 4], mvv + sums[slot, 5]
            x, y = x + sums[slot, 6], y + sums[slot, 7]
            for channel in range(np.uint64(g_colors.shape[1])):
                g_colors[k, channel] += sums[slot, MOMENTS + channel]
        a, b, c = factors[k, 0], factors[k, 1], factors[k, 2]
        mu, mv, muu, muv, mvv = mu * per_pixel, mv * per_pixel, muu * per_square, muv * per_square, mvv * per_square
        g_means2d[k, 0], g_means2d[k, 1] = -a * mu, -(b * mu + c * mv)
        g_factors[k, 0], g_factors[k, 1], g_factors[k, 2] = (muu - b / c * muv) / a, muv / c, mvv / c
        g_opacities[k] = -m / max(opacities[k], np.float32(MIN_ALPHA))
        if len(absgrad) > 0:
            absgrad[k, 0] += x * per_square
            absgrad[k, 1] += y * per_square
