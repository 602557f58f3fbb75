"""Which Gaussians each tile of the picture sees, from near to far.

Gaussians are dealt in chunks, one per thread, that count and then fill the tiles' lists in the order of the Gaussians;
each tile sorts its own list. No step waits for another thread's and the result does not depend on their number.

Arrays are indexed in full everywhere: a row taken as an array of its own costs two atomic reference counts.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from numba import njit, prange

from personify.render.gaussians.simd import bits, from_bits, log2
from personify.render.gaussians.view import MAX_EXTENT, MIN_ALPHA, RADIUS_SLACK

SHIFT = 4
TILE = 1 << SHIFT  # pixels
# Columns of a record: mean in pixel indices, factor so that the falloff is 2^-(u^2 + v^2), log2 of the opacity,
MEAN_X, MEAN_Y, FACTOR_A, FACTOR_B, FACTOR_C, LOG_OPACITY = (np.uint64(column) for column in range(6))
# first and last + 1 pixel in either direction, depth, bits of the first slot, and then the channels.
FIRST_X, LAST_X, FIRST_Y, LAST_Y, DEPTH, SLOT, CHANNELS = (np.uint64(column) for column in range(6, 13))
LINE = 16  # float32 numbers of a cache line
FALLOFF = np.float32(math.sqrt(0.5 / math.log(2)))  # exp(-r^2 / 2) = 2^-(FALLOFF r)^2
_BLOCK = np.uint64(64)
_FAR = np.float32(1e9)
_LOG_MIN = np.float32(math.log2(MIN_ALPHA))
_TWO_LN_TWO = np.float32(2 * math.log(2))
_FAST = {"nsz", "arcp", "contract", "afn"}


def record_size(channels: int) -> int:
    """Numbers per record: whole cache lines.

    Example:
        >>> record_size(3), record_size(4), record_size(5)
        (16, 16, 32)
    """
    return -(-(int(CHANNELS) + channels) // LINE) * LINE


@njit(cache=True, nogil=True, parallel=True, fastmath=_FAST, error_model="numpy")
def pack(screen: Any, colors: Any, tiles: Any, chunks: Any, width: Any, height: Any, records: Any, slots: Any) -> Any:
    """Write the records of all Gaussians and count the tiles that they touch.

    Args:
        screen: means2d, factors, depths, opacities, radii.
        tiles: number of tiles in x and y.
        records: [N, record_size] to fill; boxes of Gaussians that are not drawn are empty.
        slots: [N + 1] int64 to fill: first of the slots that each Gaussian owns, one per tile, within its chunk.

    Returns:
        [chunks, tiles] int32 counts.
    """
    count = len(colors)
    counts = np.zeros((chunks, tiles[0] * tiles[1]), np.int32)
    for chunk in prange(chunks):
        slot, end = 0, np.uint64(count * (chunk + 1) // chunks)
        for first in range(np.uint64(count * chunk // chunks), end, _BLOCK):
            # Two loops: the second's branches, which nobody can predict, must not wait for the first's roots.
            last = min(first + _BLOCK, end)
            for k in range(first, last):
                _record(k, screen, colors, width, height, records)
            for k in range(first, last):
                slots[k] = slot
                if records[k, LAST_X] > records[k, FIRST_X]:
                    first_x, last_x, first_y, last_y = touched(records, k)
                    for y in range(first_y, last_y):
                        for x in range(first_x, last_x):
                            counts[chunk, np.uint64(y * tiles[0] + x)] += 1
                    slot += (last_x - first_x) * (last_y - first_y)
    return counts


@njit(cache=True, nogil=True, forceinline=True)
def _record(k: Any, screen: Any, colors: Any, width: Any, height: Any, records: Any) -> None:
    """Write a record; its box stays empty if the Gaussian is not drawn."""
    means2d, factors, depths, opacities, radii = screen
    half = np.float32(0.5)
    x, y = means2d[k, 0] - half, means2d[k, 1] - half
    a, b, c = factors[k, 0], factors[k, 1], factors[k, 2]
    # The exact box, which is smaller than the radii that are rounded up.
    log_opacity = log2(opacities[k])
    extent: Any = min(math.sqrt(abs(_TWO_LN_TWO * (log_opacity - _LOG_MIN))), np.float32(MAX_EXTENT))
    slack = np.float32(RADIUS_SLACK)
    # A factor of a huge Gaussian may be 0: the limit comes first, as that is what min keeps before a NaN.
    reach_y = min(_FAR, extent / c + slack)
    reach_x = min(_FAR, extent * math.sqrt(b * b + c * c) / (a * c) + slack)
    first_x, last_x = max(math.ceil(x - reach_x), 0), min(math.floor(x + reach_x) + 1, width)
    first_y, last_y = max(math.ceil(y - reach_y), 0), min(math.floor(y + reach_y) + 1, height)
    drawn = (radii[k, 0] > 0) & (first_x < last_x) & (first_y < last_y)
    records[k, MEAN_X], records[k, MEAN_Y] = x, y
    records[k, FACTOR_A], records[k, FACTOR_B], records[k, FACTOR_C] = a * FALLOFF, b * FALLOFF, c * FALLOFF
    records[k, LOG_OPACITY], records[k, DEPTH] = log_opacity, depths[k]
    records[k, FIRST_X], records[k, LAST_X] = first_x, last_x if drawn else first_x
    records[k, FIRST_Y], records[k, LAST_Y] = first_y, last_y
    given = np.uint64(colors.shape[1])
    for channel in range(given):
        records[k, CHANNELS + channel] = colors[k, channel]
    for column in range(CHANNELS + given, np.uint64(records.shape[1])):
        records[k, column] = np.float32(0)


@njit(cache=True, nogil=True, forceinline=True)
def touched(records: Any, k: Any) -> Any:
    """Tiles of a record: first and last + 1 in x, the same in y."""
    first_x, last_x = np.int64(records[k, FIRST_X]), np.int64(records[k, LAST_X])
    first_y, last_y = np.int64(records[k, FIRST_Y]), np.int64(records[k, LAST_Y])
    return first_x >> SHIFT, (last_x + TILE - 1) >> SHIFT, first_y >> SHIFT, (last_y + TILE - 1) >> SHIFT


@njit(cache=True, nogil=True, parallel=True)
def deal(records: Any, tiles: Any, counts: Any, slots: Any) -> Any:
    """Lists of Gaussians per tile.

    Args:
        counts: from `pack`; overwritten.
        slots: from `pack`; now counted from the first Gaussian of all, and entered into the records.

    Returns:
        starts: [tiles + 1] int64.
        members: [pairs] int32 Gaussians, in their own order.
    """
    chunks, size = counts.shape
    starts = np.empty(size + 1, np.int64)
    totals = np.zeros(chunks + 1, np.int64)
    offsets = np.empty((chunks, size), np.int64)
    pairs = 0
    for index in range(size):
        starts[index] = pairs
        for chunk in range(chunks):
            offsets[chunk, index] = pairs
            pairs += counts[chunk, index]
            totals[chunk + 1] += counts[chunk, index]
    starts[size] = pairs
    members = np.empty(pairs, np.int32)
    count = len(records)
    for chunk in range(chunks):
        totals[chunk + 1] += totals[chunk]
    slots[count] = pairs
    for chunk in prange(chunks):
        for k in range(np.uint64(count * chunk // chunks), np.uint64(count * (chunk + 1) // chunks)):
            slots[k] += totals[chunk]
            if records[k, LAST_X] > records[k, FIRST_X]:
                records[k, SLOT] = from_bits(np.int32(slots[k]))
                first_x, last_x, first_y, last_y = touched(records, k)
                for y in range(first_y, last_y):
                    for x in range(first_x, last_x):
                        tile = np.uint64(y * tiles[0] + x)
                        place = np.uint64(offsets[chunk, tile])
                        members[place] = k
                        offsets[chunk, tile] += 1
    return starts, members


@njit(cache=True, nogil=True)
def sort_by_depth(members: Any, records: Any) -> None:
    """Sort a tile's list in place; equally far Gaussians keep their order."""
    count = len(members)
    keys = np.empty(count, np.uint32)
    low, high = np.uint32(0xFFFFFFFF), np.uint32(0)
    for i in range(np.uint64(count)):
        key = np.uint32(bits(records[np.uint64(members[i]), DEPTH])) & np.uint32(0x7FFFFFFF)
        keys[i] = key
        low, high = min(low, key), max(high, key)
    if count <= 32:
        _insertion_sort(keys, members)
    elif high > low:
        _radix_sort(keys, members, low, high - low)


@njit(cache=True, nogil=True)
def _insertion_sort(keys: Any, members: Any) -> None:
    for i in range(1, len(keys)):
        key, member, j = keys[i], members[i], i
        while j > 0 and keys[j - 1] > key:
            keys[j], members[j] = keys[j - 1], members[j - 1]
            j -= 1
        keys[j], members[j] = key, member


@njit(cache=True, nogil=True)
def _radix_sort(keys: Any, members: Any, low: Any, span: Any) -> None:
    """Least significant digit first, eight bits at a time."""
    count = np.uint64(len(keys))
    other_keys, other_members = np.empty(count, np.uint32), np.empty(count, np.int32)
    source_keys, source, target_keys, target = keys, members, other_keys, other_members
    for i in range(count):
        keys[i] -= low
    shift = np.uint32(0)
    mask = np.uint32(255)
    while shift < np.uint32(32) and (span >> shift) > 0:
        places = np.zeros(257, np.int32)
        for i in range(count):
            places[np.uint64((source_keys[i] >> shift) & mask) + np.uint64(1)] += 1
        for before in range(256):
            places[before + 1] += places[before]
        for i in range(count):
            digit = np.uint64((source_keys[i] >> shift) & mask)
            place = np.uint64(places[digit])
            places[digit] += 1
            target_keys[place], target[place] = source_keys[i], source[i]
        source_keys, target_keys = target_keys, source_keys
        source, target = target, source
        shift += np.uint32(8)
    if shift & np.uint32(8):  # an odd number of passes ended in the other array
        members[:] = source
