"""Kernels that composite tiles of 16 x 16 pixels.

A tile is sixteen blocks of 4 x 4 pixels, each one `simd.Lanes`; a Gaussian visits only the blocks that its box
touches. A pixel that has stopped is marked by the sign of its transmittance.

The planes of a tile's pixels (transmittance, channels, ...) are interleaved block by block. Planes a power of two
apart would let a load wait for the store before it, because the two addresses look the same to the processor.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from numba import njit, prange

from personify.render.gaussians.simd import (
    aligned_zeros,
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
    zeros,
)
from personify.render.gaussians.tiles import (
    CHANNELS,
    FACTOR_A,
    FACTOR_B,
    FACTOR_C,
    FIRST_X,
    FIRST_Y,
    LAST_X,
    LAST_Y,
    LOG_OPACITY,
    MEAN_X,
    MEAN_Y,
    TILE,
    sort_by_depth,
)
from personify.render.gaussians.view import MAX_ALPHA, MIN_ALPHA, MIN_TRANSMITTANCE

BLOCKS = 4  # per side of a tile
LANES = np.uint64(16)
HIGHEST = np.float32(MAX_ALPHA)
LOWEST = np.float32(math.log2(MIN_ALPHA))
STOP = np.float32(MIN_TRANSMITTANCE)
ONE, ZERO = np.float32(1), np.float32(0)
FAST = {"nsz", "arcp", "contract", "afn"}
# Channels that live in registers; fewer are filled up with zeros, more are read and written in memory.
REGISTERS = np.uint64(4)
_SECOND, _THIRD, _FOURTH = (CHANNELS + np.uint64(channel) for channel in (1, 2, 3))


@njit(cache=True, nogil=True, forceinline=True)
def tile_of_turn(turn: Any, stride: Any, tiles: Any) -> Any:
    """The tile that is drawn at a turn: far from the previous, so that every thread gets a fair share of the person."""
    tile = (np.int64(turn) * stride) % (tiles[0] * tiles[1])
    return tile, (tile % tiles[0]) * TILE, (tile // tiles[0]) * TILE


@njit(cache=True, nogil=True, forceinline=True)
def pixel(x: Any, y: Any, block: Any) -> Any:
    """Place of a tile's pixel in the first plane; ``block`` is the size of a block of all planes."""
    return np.uint64((y >> 2) * BLOCKS + (x >> 2)) * block + np.uint64((y & 3) * 4 + (x & 3))


@njit(cache=True, nogil=True, forceinline=True)
def touched_blocks(records: Any, k: Any, left: Any, top: Any) -> Any:
    """Blocks of a tile that a record's box touches: first and last + 1 in x, the same in y."""
    first_x, last_x = np.int32(records[k, FIRST_X]) - left, np.int32(records[k, LAST_X]) - left
    first_y, last_y = np.int32(records[k, FIRST_Y]) - top, np.int32(records[k, LAST_Y]) - top
    return max(first_x, 0) >> 2, (min(last_x, TILE) + 3) >> 2, max(first_y, 0) >> 2, (min(last_y, TILE) + 3) >> 2


@njit(cache=True, nogil=True, parallel=True, fastmath=FAST, error_model="numpy")
def blend_forward(
    stride: Any, tiles: Any, starts: Any, members: Any, records: Any, background: Any, pictures: Any
) -> Any:
    """Fill ``pictures``: image [H, W, X], alpha [H, W, 1] and transmittance [H, W]; sorts ``members``.

    Returns:
        [tiles] int64: where in ``members`` each tile stopped, all of its pixels being saturated.
    """
    stops = starts[:-1].copy()
    for turn in prange(len(stops)):
        tile, left, top = tile_of_turn(turn, stride, tiles)
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
            alpha[y, x, 0], passed[y, x] = ZERO, ONE
            for channel in range(channels):
                image[y, x, channel] = background[channel]


@njit(cache=True, nogil=True, fastmath=FAST, error_model="numpy")
def _draw_tile(members: Any, records: Any, left: Any, top: Any, background: Any, pictures: Any) -> Any:
    """Draw one tile; how many of its Gaussians were looked at."""
    image, alpha, passed = pictures
    height, width, given = image.shape
    channels = max(np.uint64(given), REGISTERS)
    block = (np.uint64(1) + channels) * LANES
    planes = aligned_zeros(block * np.uint64(BLOCKS * BLOCKS))
    bottom, right = min(TILE, height - top), min(TILE, width - left)
    for y in range(bottom):
        for x in range(right):
            planes[pixel(x, y, block)] = ONE
    looked_at = _composite(members, records, left, top, channels, block, planes)
    for y in range(bottom):
        for x in range(right):
            at = pixel(x, y, block)
            rest = abs(planes[at])
            alpha[top + y, left + x, 0], passed[top + y, left + x] = ONE - rest, rest
            for channel in range(given):
                at += LANES
                image[top + y, left + x, channel] = planes[at] + rest * background[channel]
    return np.int64(looked_at)


@njit(cache=True, nogil=True, fastmath=FAST, error_model="numpy")
def _composite(members: Any, records: Any, left: Any, top: Any, channels: Any, block: Any, planes: Any) -> Any:
    """Add a tile's Gaussians to its planes (transmittance, channels); how many were looked at."""
    flat = records.reshape(-1)
    size = np.uint64(records.shape[1])
    count = np.uint64(len(members))
    for j in range(count):
        if j & np.uint64(31) == np.uint64(31) and _saturated(planes, block):
            return j
        prefetch(flat, np.uint64(members[min(j + np.uint64(8), count - np.uint64(1))]) * size)
        k = np.uint64(members[j])
        mean_x, mean_y = records[k, MEAN_X], records[k, MEAN_Y]
        a, b, c, log_opacity = records[k, FACTOR_A], records[k, FACTOR_B], records[k, FACTOR_C], records[k, LOG_OPACITY]
        color0, color1, color2, color3 = colors_in_registers(records, k)
        first_x, last_x, first_y, last_y = touched_blocks(records, k, left, top)
        for y in range(first_y, last_y):
            dy = rows() + (np.float32(4 * y + top) - mean_y)
            v = dy * c
            across = dy * b
            level = log_opacity - v * v
            for x in range(first_x, last_x):
                at = np.uint64(y * BLOCKS + x) * block
                u = (columns() + (np.float32(4 * x + left) - mean_x)) * a + across
                exponent = level - u * u
                before = load(planes, at)
                after = before - before * minimum(exp2(exponent), HIGHEST)
                seen = (exponent >= LOWEST) & (before > ZERO)
                goes_on = after > STOP
                weight = select(seen & goes_on, before - after, zeros())
                store(planes, at, select(seen, select(goes_on, after, -before), before))
                add(planes, at + LANES, weight * color0)
                add(planes, at + np.uint64(2) * LANES, weight * color1)
                add(planes, at + np.uint64(3) * LANES, weight * color2)
                add(planes, at + np.uint64(4) * LANES, weight * color3)
                for channel in range(REGISTERS, channels):
                    add(planes, at + (np.uint64(1) + channel) * LANES, weight * records[k, CHANNELS + channel])
    return count


@njit(cache=True, nogil=True, forceinline=True)
def colors_in_registers(records: Any, k: Any) -> Any:
    """A record's channels that live in registers."""
    return records[k, CHANNELS], records[k, _SECOND], records[k, _THIRD], records[k, _FOURTH]


@njit(cache=True, nogil=True, forceinline=True, fastmath=FAST)
def add(array: Any, at: Any, value: Any) -> None:
    store(array, at, load(array, at) + value)


@njit(cache=True, nogil=True)
def _saturated(planes: Any, block: Any) -> Any:
    largest = load(planes, np.uint64(0))
    for k in range(np.uint64(1), np.uint64(BLOCKS * BLOCKS)):
        largest = maximum(largest, load(planes, k * block))
    return not some(largest > ZERO)
