"""Adjoint of the kernels that composite tiles.

It runs front to back as well: with S what is still to be composited of (colour . gradient), dL/dalpha =
T (colour . gradient) - S / (1 - alpha). It gathers moments of dL/dsigma over the whitened offsets (u, v) for every
(Gaussian, tile), so that nothing is added atomically. What a tile gathers lies together in memory: a cache line
written here and there costs more than all the arithmetic.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numba import njit, prange

from personify.render.gaussians.blending import (
    BLOCKS,
    FAST,
    HIGHEST,
    LANES,
    LOWEST,
    ONE,
    REGISTERS,
    STOP,
    ZERO,
    add,
    colors_in_registers,
    pixel,
    tile_of_turn,
    touched_blocks,
)
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
    totals,
    zeros,
)
from personify.render.gaussians.tiles import (
    CHANNELS,
    FACTOR_A,
    FACTOR_B,
    FACTOR_C,
    FALLOFF,
    LINE,
    LOG_OPACITY,
    MEAN_X,
    MEAN_Y,
    SHIFT,
    SLOT,
    TILE,
    touched,
)
from personify.render.gaussians.view import MIN_ALPHA

# Columns of the sums: moments of 1, u, v, uu, uv, vv, and the two sums of absolute gradients; then the channels.
MOMENTS = np.uint64(8)


def sums_size(channels: int) -> int:
    """Columns of the sums: whole cache lines.

    Example:
        >>> sums_size(3), sums_size(8), sums_size(9)
        (16, 16, 32)
    """
    return -(-(int(MOMENTS) + channels) // LINE) * LINE


@njit(cache=True, nogil=True, parallel=True, fastmath=FAST, error_model="numpy")
def blend_backward(lists: Any, absolute: Any, pictures: Any, sums: Any, places: Any) -> None:
    """Fill ``sums`` [pairs, sums_size]: what every (Gaussian, tile) contributes to the gradients, tile by tile.

    Args:
        lists: stride, tiles, starts, stops, members, records of the forward pass.
        absolute: also sum absolute gradients of the means.
        pictures: image, passed, and gradients of the image and of alpha.
        places: [pairs] int32 to fill: rows of the sums that belong to each slot.
    """
    stride, tiles, starts, stops, members, records = lists
    channels = max(np.uint64(pictures[0].shape[2]), REGISTERS)
    for turn in prange(len(stops)):
        tile, left, top = tile_of_turn(turn, stride, tiles)
        if starts[tile] < starts[tile + 1]:
            block = (np.uint64(2) + channels) * LANES
            planes = _prepare(left, top, channels, block, pictures)
            span = (np.uint64(starts[tile]), np.uint64(stops[tile]), np.uint64(starts[tile + 1]))
            _gather_tile(span, members, records, left, top, channels, block, absolute, planes, sums, places)


@njit(cache=True, nogil=True, fastmath=FAST, error_model="numpy")
def _prepare(left: Any, top: Any, channels: Any, block: Any, pictures: Any) -> Any:
    """Planes of a tile: transmittance, what is still to be composited, gradient of each channel; room for sums."""
    image, passed, g_image, g_alpha = pictures
    height, width, given = image.shape
    planes = aligned_zeros(block * np.uint64(BLOCKS * BLOCKS) + (channels - REGISTERS) * LANES)
    for y in range(min(TILE, height - top)):
        for x in range(min(TILE, width - left)):
            at = pixel(x, y, block)
            planes[at] = ONE
            rest = -passed[top + y, left + x] * g_alpha[top + y, left + x, 0]
            for channel in range(np.uint64(given)):
                gradient = g_image[top + y, left + x, channel]
                planes[at + LANES * (np.uint64(2) + channel)] = gradient
                rest += gradient * image[top + y, left + x, channel]
            planes[at + LANES] = rest
    return planes


@njit(cache=True, nogil=True, fastmath=FAST, error_model="numpy")
def _gather_tile(
    span: Any,
    members: Any,
    records: Any,
    left: Any,
    top: Any,
    channels: Any,
    block: Any,
    absolute: Any,
    planes: Any,
    sums: Any,
    places: Any,
) -> None:
    """Sums of the members of a tile: from the first of ``span`` to the last, after the middle one all are zero."""
    start, stop, end = span
    lines, size = records.reshape(-1), np.uint64(records.shape[1])
    flat, width = sums.reshape(-1), np.uint64(sums.shape[1])
    for j in range(start, end):
        k = np.uint64(members[j])
        prefetch(lines, np.uint64(members[min(j + np.uint64(8), end - np.uint64(1))]) * size)
        first_x, last_x, first_y, _ = touched(records, k)
        slot = ((top >> SHIFT) - first_y) * (last_x - first_x) + (left >> SHIFT) - first_x
        places[np.uint64(bits(records[k, SLOT]) + slot)] = np.int32(j)
        to = j * width
        if j >= stop or not _gather(k, records, left, top, channels, block, absolute, planes, flat, to):
            for line in range(to, to + width, LANES):
                store(flat, line, zeros())


@njit(cache=True, nogil=True, forceinline=True, fastmath=FAST, error_model="numpy")
def _gather(
    k: Any,
    records: Any,
    left: Any,
    top: Any,
    channels: Any,
    block: Any,
    absolute: Any,
    planes: Any,
    sums: Any,
    to: Any,
) -> Any:
    """Composite one Gaussian again and write its sums over a tile's pixels; False if it reaches none of them."""
    further = block * np.uint64(BLOCKS * BLOCKS) - REGISTERS * LANES  # sums of channels that live in memory
    mean_x, mean_y = records[k, MEAN_X], records[k, MEAN_Y]
    a, b, c, log_opacity = records[k, FACTOR_A], records[k, FACTOR_B], records[k, FACTOR_C], records[k, LOG_OPACITY]
    color0, color1, color2, color3 = colors_in_registers(records, k)
    first_x, last_x, first_y, last_y = touched_blocks(records, k, left, top)
    m = mu = mv = muu = muv = mvv = absolute_x = absolute_y = sum0 = sum1 = sum2 = sum3 = zeros()
    reached = False
    for channel in range(REGISTERS, channels):
        store(planes, further + channel * LANES, zeros())
    for y in range(first_y, last_y):
        dy = rows() + (np.float32(4 * y + top) - mean_y)
        v = dy * c
        across = dy * b
        level = log_opacity - v * v
        row = row_u = zeros()
        for x in range(first_x, last_x):
            at = np.uint64(y * BLOCKS + x) * block
            u = (columns() + (np.float32(4 * x + left) - mean_x)) * a + across
            exponent = level - u * u
            before = load(planes, at)
            seen = (exponent >= LOWEST) & (before > ZERO)
            if some(seen):
                raw = exp2(exponent)
                alpha = minimum(raw, HIGHEST)
                after = before - before * alpha
                goes_on = after > STOP
                drawn = seen & goes_on
                weight = select(drawn, before - after, zeros())
                store(planes, at, select(seen, select(goes_on, after, -before), before))
                g0, g1 = load(planes, at + np.uint64(2) * LANES), load(planes, at + np.uint64(3) * LANES)
                g2, g3 = load(planes, at + np.uint64(4) * LANES), load(planes, at + np.uint64(5) * LANES)
                toward = g0 * color0 + g1 * color1 + g2 * color2 + g3 * color3
                sum0, sum1, sum2, sum3 = sum0 + weight * g0, sum1 + weight * g1, sum2 + weight * g2, sum3 + weight * g3
                for channel in range(REGISTERS, channels):
                    gradient = load(planes, at + (np.uint64(2) + channel) * LANES)
                    toward = toward + gradient * records[k, CHANNELS + channel]
                    add(planes, further + channel * LANES, weight * gradient)
                rest = load(planes, at + LANES) - weight * toward
                store(planes, at + LANES, rest)
                slope = alpha * (rest / (ONE - alpha) - before * toward)
                slope = select(drawn & (raw <= HIGHEST), slope, zeros())
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
        moments = m, mu, mv, muu, muv, mvv, absolute_x * a, absolute_y, sum0, sum1, sum2, sum3
        store(sums, to, totals(moments))
        for channel in range(REGISTERS, channels):
            sums[to + MOMENTS + channel] = total(load(planes, further + channel * LANES))
    return reached


@njit(cache=True, nogil=True, parallel=True, fastmath=FAST, error_model="numpy")
def add_slots(slots: Any, places: Any, sums: Any, factors: Any, opacities: Any, results: Any) -> None:
    """Gradients of means2d, factors, opacities, colors, and sums of absolute gradients of means2d."""
    flat, size = sums.reshape(-1), np.uint64(sums.shape[1])
    for index in prange(len(factors)):
        k = np.uint64(index)
        slot, end = np.uint64(slots[k]), np.uint64(slots[k + np.uint64(1)])
        for later in range(slot + np.uint64(16), min(end + np.uint64(16), np.uint64(len(places)))):
            prefetch(flat, np.uint64(places[later]) * size)
        if slot < end:
            first = np.uint64(places[slot])
            for column in range(np.uint64(0), size, LANES):
                value = load(flat, first * size + column)
                for other in range(slot + np.uint64(1), end):
                    value = value + load(flat, np.uint64(places[other]) * size + column)
                store(flat, first * size + column, value)
            _spread(k, first, sums, factors, opacities, results)
        else:
            _clear(k, results)


@njit(cache=True, nogil=True, forceinline=True, fastmath=FAST, error_model="numpy")
def _spread(k: Any, row: Any, sums: Any, factors: Any, opacities: Any, results: Any) -> None:
    """From the row that holds the sums of a Gaussian to its gradients."""
    g_means2d, g_factors, g_opacities, g_colors, absgrad = results
    per_pixel = ONE / FALLOFF
    per_square = per_pixel * per_pixel
    a, b, c = factors[k, 0], factors[k, 1], factors[k, 2]
    m, mu, mv = sums[row, 0], sums[row, 1] * per_pixel, sums[row, 2] * per_pixel
    muu, muv, mvv = sums[row, 3] * per_square, sums[row, 4] * per_square, sums[row, 5] * per_square
    g_means2d[k, 0], g_means2d[k, 1] = -a * mu, -(b * mu + c * mv)
    g_factors[k, 0], g_factors[k, 1], g_factors[k, 2] = (muu - b / c * muv) / a, muv / c, mvv / c
    g_opacities[k] = -m / max(opacities[k], np.float32(MIN_ALPHA))
    for channel in range(np.uint64(g_colors.shape[1])):
        g_colors[k, channel] = sums[row, MOMENTS + channel]
    if len(absgrad) > 0:
        absgrad[k, 0] += sums[row, 6] * per_square
        absgrad[k, 1] += sums[row, 7] * per_square


@njit(cache=True, nogil=True, forceinline=True)
def _clear(k: Any, results: Any) -> None:
    """Gradients of a Gaussian that is not drawn."""
    g_means2d, g_factors, g_opacities, g_colors, _ = results
    g_means2d[k, 0] = g_means2d[k, 1] = g_opacities[k] = ZERO
    g_factors[k, 0] = g_factors[k, 1] = g_factors[k, 2] = ZERO
    for channel in range(np.uint64(g_colors.shape[1])):
        g_colors[k, channel] = ZERO
