"""Sixteen-lane arithmetic against NumPy."""

import numpy as np
from numba import njit

from personify.render.gaussians import simd


@njit
def arithmetic(a, b, results):
    for i in range(0, len(a), 16):
        at = np.uint64(i)
        x, y = simd.load(a, at), simd.load(b, at)
        simd.store(results[0], at, x * y + np.float32(2) - x / y)
        simd.store(results[1], at, simd.exp2(x))
        simd.store(results[2], at, simd.select((x > y) & ~(y >= np.float32(0)), -x, simd.minimum(x, y)))
        simd.store(results[3], at, simd.maximum(x, np.float32(0.5)))
        results[4][i] = simd.total(x)
        results[4][i + 1] = simd.some(x > np.float32(9))
        simd.store(results[5], at, simd.totals((x, y, x * y)))


@njit
def logarithms(a, result):
    for i in range(len(a)):
        result[i] = simd.log2(a[i])


def test_lanes():
    generator = np.random.default_rng(0)
    a, b = generator.uniform(-8, 8, (2, 64)).astype(np.float32)
    a[16:32] += 10
    results = tuple(np.zeros(64, np.float32) for _ in range(6))
    arithmetic(a, b, results)
    np.testing.assert_allclose(results[0], a * b + 2 - a / b, rtol=1e-5, atol=1e-5)
    np.testing.assert_allclose(results[1], np.exp2(a), rtol=3e-7)
    np.testing.assert_array_equal(results[2], np.where((a > b) & ~(b >= 0), -a, np.minimum(a, b)))
    np.testing.assert_array_equal(results[3], np.maximum(a, 0.5))
    np.testing.assert_allclose(results[4][::16], a.reshape(-1, 16).sum(1), rtol=1e-5)
    rows = np.stack([a, b, a * b], 1).reshape(-1, 16, 3)
    np.testing.assert_allclose(results[5].reshape(-1, 16)[:, :3], rows.sum(1), rtol=1e-5, atol=1e-4)
    assert not results[5].reshape(-1, 16)[:, 3:].any()
    np.testing.assert_array_equal(results[4][1::16], [(row > 9).any() for row in a.reshape(-1, 16)])


def test_places_of_lanes():
    @njit
    def places(result):
        simd.store(result, np.uint64(0), simd.columns())
        simd.store(result, np.uint64(16), simd.rows())
        simd.store(result, np.uint64(32), simd.zeros())

    result = np.ones(48, np.float32)
    places(result)
    assert result[:16].tolist() == [0, 1, 2, 3] * 4
    assert result[16:32].tolist() == [row for row in range(4) for _ in range(4)]
    assert not result[32:].any()


def test_logarithm():
    a = np.geomspace(1e-6, 4, 1000).astype(np.float32)
    result = np.empty_like(a)
    logarithms(a, result)
    np.testing.assert_allclose(result, np.log2(a.astype(np.float64)), atol=2e-6)
