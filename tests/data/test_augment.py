import numpy as np
import pytest

from personify.data.augment import Grade, Window, degrade, occlude


def test_no_strength_changes_no_colour():
    colors = np.random.default_rng(0).random((5, 3), np.float32)
    assert np.allclose(Grade.draw(np.random.default_rng(1), 0.0)(colors), colors, atol=1e-6)


def test_grading_keeps_range_and_differs_between_draws():
    colors = np.random.default_rng(0).random((50, 3), np.float32)
    first, second = (Grade.draw(np.random.default_rng(seed))(colors) for seed in (1, 2))
    assert first.min() >= 0
    assert first.max() <= 1
    assert np.abs(first - second).mean() > 0.02


def test_hue_turns_keep_grey():
    grade = Grade.draw(np.random.default_rng(3))
    assert np.allclose(grade.mix.sum(1), 1, atol=1e-5)


def test_degrading_stays_close_and_repeats():
    image = np.random.default_rng(0).random((32, 32, 3), np.float32) * 0.2 + 0.4
    results = [degrade(image, np.random.default_rng(seed)) for seed in (0, 0, 1)]
    assert np.array_equal(results[0], results[1])
    assert 0 < np.abs(results[2] - image).mean() < 0.15


def test_occlusion_only_removes():
    hidden = occlude(np.ones((40, 40), np.float32), np.random.default_rng(0))
    assert set(np.unique(hidden)) == {0, 1}
    assert 0.005 < 1 - hidden.mean() < 0.12


@pytest.mark.parametrize("window", [Window(0, 0, 16), Window(-3, 2.5, 20), Window(4.2, 5.1, 7)])
def test_windows_agree_in_pixels_intrinsics_and_resampling(window):
    image = np.zeros((16, 16, 4), np.uint8)
    image[..., 3] = 255
    image[6:12, 5:11, 0] = 250
    small = window.resample(image, 32)
    index, inside = window.pixels(16, 32)
    nearest = image.reshape(-1, 4)[index] * inside[..., None]
    assert (np.abs(small[..., 0].astype(int) - nearest[..., 0]) < 130).mean() > 0.9
    # a point projected with the window's intrinsics falls where the nearest pixel says it came from
    K = window.intrinsics(np.eye(3, dtype=np.float32), 32)
    place = K @ [8.5, 8.5, 1.0]
    if 0 <= place[0] < 32 and 0 <= place[1] < 32:
        assert abs(int(index[int(place[1]), int(place[0])]) - (8 * 16 + 8)) in (0, 1, 16, 17, 15)


def test_the_full_window_keeps_the_picture():
    image = np.random.default_rng(0).integers(0, 255, (16, 16, 4)).astype(np.uint8)
    image[..., 3] = 255
    assert np.array_equal(Window(0, 0, 16).resample(image, 16), image)


def test_transparent_colour_does_not_bleed():
    image = np.full((16, 16, 4), 255, np.uint8)
    image[:8, :, :] = 0
    image[:8, :, 1] = 255  # bright green, wholly transparent
    small = Window(0, 0, 16).resample(image, 5)
    assert (small[0, :, 1] == 0).all()
    assert (small[..., :3] <= small[..., 3:]).all()
