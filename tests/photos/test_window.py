"""Windows of pictures and back."""

import numpy as np
import pytest

from personify.photos.window import cut_window, put_back


def ramp(height=20, width=30):
    y, x = np.mgrid[:height, :width].astype(np.float32) + 0.5
    return np.stack([x, y], 2)


@pytest.mark.parametrize(("corner", "side"), [((3, 4), 10), ((2.5, 1.25), 12.5), ((0, 0), 20)])
def test_a_window_shows_where_it_lies(corner, side):
    window = cut_window(ramp(), corner, side, 16)
    steps = (np.arange(16) + 0.5) * side / 16
    inner = np.s_[2:-2]
    assert np.allclose(window[8, inner, 0], corner[0] + steps[inner], atol=0.51)
    assert np.allclose(window[inner, 8, 1], corner[1] + steps[inner], atol=0.51)


def test_beyond_the_edges():
    corner, side = (-5.0, 0.0), 20.0
    assert (cut_window(ramp(), corner, side, 20)[:, :5] == 0).all()
    assert (cut_window(ramp(), corner, side, 20, "edge")[:, :5, 0] == 0.5).all()


@pytest.mark.parametrize(("corner", "side"), [((4.0, 2.0), 14.0), ((-3.0, -2.0), 24.0), ((11.5, 3.25), 13.5)])
def test_put_back_undoes_cutting(corner, side):
    y, x = np.mgrid[:20, :30].astype(np.float32) + 0.5
    left, top = max(0.0, corner[0]) + 2, max(0.0, corner[1]) + 2
    blob = np.exp(-(((x - left - 4) ** 2 + (y - top - 4) ** 2) / 12)).astype(np.float32)
    window = cut_window(blob[..., None], corner, side, 64)[..., 0]
    back = put_back(window, corner, side, (20, 30))
    inside = (x > left) & (y > top) & (x < corner[0] + side - 2) & (y < corner[1] + side - 2)
    assert np.abs(back - blob)[inside].max() < 0.1
    outside = (x < corner[0] - 1) | (y < corner[1] - 1) | (x > corner[0] + side + 1)
    assert (back[outside] == 0).all()
