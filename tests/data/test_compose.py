"""Clutter and people pasted into it: repeatable, in range, and the mask is where the person is."""

import numpy as np
import pytest

from personify.data.clutter import clutter
from personify.data.compose import compose


def rng(*seed):
    return np.random.default_rng(seed)


def figure(color, size=64):
    """A cross in one colour with nothing around."""
    person = np.zeros((1, size, size, 4), np.uint8)
    person[0, size // 8 : -size // 8, 3 * size // 8 : 5 * size // 8] = (*color, 255)
    person[0, size // 4 : 3 * size // 8, size // 4 : -size // 4] = (*color, 255)
    return person


WALLS = np.stack([clutter(rng(k), 64) for k in range(3)])


@pytest.mark.parametrize("size", [32, 100])
def test_clutter_is_a_picture_and_repeats(size):
    first, again, other = (clutter(rng(0, seed), size) for seed in (1, 1, 2))
    assert first.shape == (size, size, 3)
    assert first.dtype == np.uint8
    assert (first == again).all()
    assert (first != other).mean() > 0.5


def test_clutter_comes_in_many_kinds():
    busy = [np.abs(np.diff(clutter(rng(3, k), 64).astype(float), axis=0)).mean() for k in range(30)]
    assert max(busy) > 5 * min(busy)


def test_same_seed_same_lesson():
    first, again, other = (compose(figure((200, 30, 30)), WALLS, rng(0, seed), 48) for seed in (1, 1, 2))
    assert all((a == b).all() for a, b in zip(first, again, strict=True))
    assert np.abs(first[0] - other[0]).mean() > 0.01


def test_pictures_and_masks_are_in_range():
    for k in range(20):
        image, alpha = compose(figure((200, 30, 30)), WALLS, rng(4, k), 40)
        assert image.shape == (40, 40, 3)
        assert alpha.shape == (40, 40)
        for values in (image, alpha):
            assert values.dtype == np.float32
            assert 0 <= values.min() <= values.max() <= 1


def test_people_are_of_all_sizes_and_sometimes_absent():
    shares = np.array([compose(figure((200, 30, 30)), WALLS, rng(5, k), 32)[1].mean() for k in range(150)])
    assert 0.15 < (shares == 0).mean() < 0.35
    assert np.percentile(shares, 90) > 4 * np.percentile(shares[shares > 0], 15)


def test_the_mask_is_where_the_person_is(monkeypatch):
    """With everything else switched off, a red figure before a blue wall must be red exactly where the mask says."""
    monkeypatch.setattr("personify.data.compose._textured", lambda color, rng: color)
    monkeypatch.setattr("personify.data.compose._relit", lambda person, image, rng: person)
    monkeypatch.setattr("personify.data.compose.degrade", lambda image, rng: image)
    monkeypatch.setattr("personify.data.compose._BYSTANDER", 0)
    monkeypatch.setattr("personify.data.compose._ABSENT", 0)
    monkeypatch.setattr("personify.data.compose.Grade.draw", lambda rng, strength: lambda image: image)
    wall = np.zeros((1, 64, 64, 3), np.uint8)
    wall[..., 2] = 255
    agreements = []
    for k in range(12):
        image, alpha = compose(figure((255, 0, 0)), wall, rng(6, k), 48)
        agreements.append(((image[..., 0] > 0.5) == (alpha > 0.5)).mean())
    assert min(agreements) > 0.995
