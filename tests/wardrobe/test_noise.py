import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from personify.wardrobe.noise import smoothstep, value_noise


@settings(max_examples=20, deadline=None)
@given(st.integers(0, 2**31 - 1), st.floats(0.5, 500))
def test_noise_stays_in_range_and_depends_on_the_seed(seed, frequency):
    points = np.random.default_rng(1).uniform(-1, 1, (200, 3))
    noise = value_noise(points, frequency, seed)
    assert noise.min() >= 0
    assert noise.max() <= 1
    assert np.array_equal(noise, value_noise(points, frequency, seed))
    assert not np.array_equal(noise, value_noise(points, frequency, (seed + 1) % 2**31))


def test_noise_is_continuous():
    line = np.stack([np.linspace(0, 1, 2001)] * 3, 1)
    assert np.abs(np.diff(value_noise(line, 10.0, 5))).max() < 0.05


def test_smoothstep_rises_and_falls():
    x = np.array([-1.0, 0.0, 0.5, 1.0, 2.0])
    assert smoothstep(0, 1, x).tolist() == [0, 0, 0.5, 1, 1]
    assert smoothstep(1, 0, x).tolist() == [1, 1, 0.5, 0, 0]
