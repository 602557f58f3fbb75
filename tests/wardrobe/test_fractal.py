"""Noise and scattered points: bounded, seeded, continuous, of the wavelength asked for."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from personify.wardrobe.fractal import fractal, scatter


@pytest.fixture
def points() -> np.ndarray:
    return np.random.default_rng(1).uniform(-2, 2, (4000, 3)).astype(np.float32)


@given(seed=st.integers(0, 2**32 - 1), octaves=st.integers(1, 5))
@settings(max_examples=12, deadline=None)
def test_fractal_is_bounded_centred_and_repeatable(seed: int, octaves: int) -> None:
    points = np.random.default_rng(3).uniform(-1, 1, (3000, 3))
    field = fractal(points, 0.05, octaves, seed)
    assert np.abs(field).max() <= 1
    assert abs(field.mean()) < 0.05
    assert field.std() > 0.1
    assert np.array_equal(field, fractal(points, 0.05, octaves, seed))


def test_fractal_is_continuous_and_its_wavelength_is_in_metres(points: np.ndarray) -> None:
    near, far = (np.abs(fractal(points + d, 0.1, 1) - fractal(points, 0.1, 1)).mean() for d in (0.001, 0.05))
    assert near < 0.02 < 0.15 < far


def test_another_seed_is_another_field(points: np.ndarray) -> None:
    a, b = fractal(points, 0.05, 2, 1), fractal(points, 0.05, 2, 100)
    assert abs(np.corrcoef(a, b)[0, 1]) < 0.1


def test_wavelength_per_axis_stretches(points: np.ndarray) -> None:
    along, across = np.array([0.02, 0, 0], np.float32), np.array([0, 0.02, 0], np.float32)
    base = fractal(points, (0.5, 0.05, 0.5), 1)
    change = [np.abs(fractal(points + d, (0.5, 0.05, 0.5), 1) - base).mean() for d in (along, across)]
    assert change[0] < 0.3 * change[1]


def test_planar_points_keep_their_shape() -> None:
    assert fractal(np.zeros((2, 5, 2)), 0.1).shape == (2, 5)


@given(pitch=st.floats(0.005, 0.2), jitter=st.floats(0, 1))
@settings(max_examples=12, deadline=None)
def test_scatter_finds_the_nearest_point(pitch: float, jitter: float) -> None:
    points = np.random.default_rng(5).uniform(-0.5, 0.5, (300, 2)).astype(np.float32)
    offset, random = scatter(points, pitch, jitter, 7)
    assert np.hypot(*offset.T).max() < 1.3 * pitch
    assert ((random >= 0) & (random < 1)).all()
    # the point found is itself a grid point: asking from there gives a zero offset and the same number
    again, same = scatter(points - offset, pitch, jitter, 7)
    assert np.abs(again).max() < 0.01 * pitch
    assert np.array_equal(random, same)


def test_scatter_without_jitter_is_a_brick_grid() -> None:
    centers = np.array([[0.005, 0.005], [0.015, 0.005], [0.01, 0.015]])
    offset, random = scatter(centers, 0.01)
    assert np.abs(offset).max() < 1e-6
    assert len(set(random.tolist())) == 3
