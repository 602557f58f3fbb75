"""Curves through keys."""

import numpy as np
import pytest

from personify.motion.timing import eased, flowing

KEYS = [(0.0, (0.0, 1.0)), (1.0, (2.0, 1.0)), (3.0, (-1.0, 0.0)), (4.0, (0.0, 1.0))]


@pytest.mark.parametrize("curve", [eased, flowing])
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
