import numpy as np
import pytest

from personify.data.views import azimuths, held_out_views, spread_views, training_views
from personify.errors import PersonifyError
from personify.render.cameras import orbit


def test_azimuths_are_those_the_cameras_were_made_with():
    wanted = np.array([0.1, 1.5, 3.0, 5.9])
    viewmats = np.stack([orbit([0, 1, 0], 3, azimuth, 0.2) for azimuth in wanted])
    assert np.allclose(azimuths(viewmats), wanted, atol=1e-5)


@pytest.mark.parametrize("count", [1, 2, 3, 5, 7])
def test_input_views_are_different_and_spread(count):
    angles = np.random.default_rng(0).permutation(np.arange(7) * 2 * np.pi / 7)
    for seed in range(20):
        chosen = spread_views(angles, count, np.random.default_rng(seed))
        assert len(np.unique(chosen)) == count
        gaps = np.diff(np.sort(angles[chosen]), append=np.sort(angles[chosen])[0] + 2 * np.pi)
        assert gaps.max() < 2 * np.pi / count + 2 * np.pi / 7 * count


def test_even_views_start_at_the_front():
    angles = np.deg2rad([350, 200, 100, 20, 280])
    assert angles[spread_views(angles, 1)[0]] == np.deg2rad(350)


def test_too_many_views():
    with pytest.raises(PersonifyError, match="asked for 4 of 3"):
        spread_views(np.zeros(3), 4)


def test_held_out_targets_are_no_inputs():
    inputs, targets = held_out_views(np.linspace(0, 6, 9), 3)
    assert len(inputs) == 3
    assert sorted([*inputs, *targets]) == list(range(9))


def test_training_views_repeat_with_the_seed():
    draws = [training_views(np.linspace(0, 6, 9), 2, 3, np.random.default_rng(4)) for _ in range(2)]
    assert np.array_equal(draws[0][0], draws[1][0])
    assert np.array_equal(draws[0][1], draws[1][1])
    assert len(np.unique(draws[0][1])) == 3
