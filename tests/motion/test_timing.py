"""Curves through keys."""

import numpy as np
import pytest

from personify.motion.timing import covering, eased, flowing, swept

KEYS = [(0.0, (0.0, 1.0)), (1.0, (2.0, 1.0)), (3.0, (-1.0, 0.0)), (4.0, (0.0, 1.0))]


@pytest.mark.parametrize("curve", [eased, flowing, swept])
def test_curves_pass_their_keys(curve):
    times = np.array([key[0] for key in KEYS])
    np.testing.assert_allclose(curve(times, KEYS), [key[1] for key in KEYS], atol=1e-9)


def test_easing_rests_at_keys_and_never_overshoots():
    times = np.linspace(-1, 5, 601)
    values = eased(times, KEYS)
    assert values.min() >= -1
    assert values.max() <= 2
    at_key = np.abs(times - 1.0).argmin()
    assert np.abs(values[at_key + 1] - values[at_key]).max() < 1e-3
    np.testing.assert_array_equal(values[0], [0, 1])
    np.testing.assert_array_equal(values[-1], [0, 1])


def test_flow_is_periodic_and_does_not_stop():
    step = 1e-4
    ends = flowing(np.array([0, step, 4 - step, 4]), KEYS)
    np.testing.assert_allclose((ends[1] - ends[0]) / step, (ends[3] - ends[2]) / step, atol=1e-2)


def test_a_sweep_goes_through_keys_and_rests_at_the_ends_and_where_held():
    times = np.linspace(-0.5, 4.5, 5001)
    values = swept(times, [(0, 0.0), (1, 1.0), (2, 4.0), (3, 4.0), (4, 0.0)])
    speed = np.gradient(values, times)
    for at, passing in ((0, False), (1, True), (2, False), (3, False), (4, False)):
        assert (abs(speed[np.abs(times - at).argmin()]) > 0.5) == passing
    np.testing.assert_allclose(values[(times >= 2) & (times <= 3)], 4.0, atol=1e-9)
    np.testing.assert_allclose(values[[0, -1]], 0.0, atol=1e-9)


def test_a_sweep_has_less_jerk_than_stops_at_every_key():
    times = np.linspace(0, 2, 201)
    keys = [(0, 0.0), (0.8, 1.0), (1.2, 2.0), (2, 3.0)]
    jerk = [np.square(np.diff(curve(times, keys), 3)).sum() for curve in (swept, eased)]
    assert jerk[0] < 0.2 * jerk[1]


@pytest.mark.parametrize("periodic", [False, True])
def test_covers_lie_above_and_are_smooth(periodic):
    random = np.random.default_rng(0)
    values = (random.normal(size=200) - 2).clip(0)
    values[-1] = values[0] = 1.0  # at the seam
    cover = covering(values, 7, periodic)
    assert (cover >= values - 1e-9).all()
    assert cover.max() <= values.max() + 1e-9
    assert np.abs(np.diff(cover)).max() < 0.5 * np.abs(np.diff(values)).max()
    assert not covering(np.zeros(9), 7).any()
    if periodic:
        assert cover[0] == cover[-1]
