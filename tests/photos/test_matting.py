"""The classical way of cutting out."""

import sys
import types

import numpy as np
import pytest
from PIL import Image

from personify.photos import matting
from personify.photos.matting import cut_out, matte

from .pictures import figure_mask, toy_photo


def overlap(alpha, truth):
    found = alpha > 0.5
    return (found & (truth > 0)).sum() / (found | (truth > 0)).sum()


def as_array(photo):
    return np.asarray(photo, np.float32) / 255


@pytest.mark.parametrize("seed", [0, 1])
def test_a_person_before_a_wall(seed):
    photo = toy_photo(seed=seed)
    alpha = cut_out(as_array(photo))
    assert alpha.shape == (160, 120)
    assert 0 <= alpha.min() <= alpha.max() <= 1
    assert overlap(alpha, figure_mask(photo)) > 0.85


def test_a_small_person_aside_with_a_box():
    photo, crowd = toy_photo(), Image.new("RGB", (300, 240), (90, 140, 90))
    crowd.paste(photo, (150, 60))
    crowd.paste((200, 30, 40), (20, 20, 60, 200))  # something as red as the shirt
    truth = figure_mask(crowd)
    truth[:, :70] = 0
    alpha = cut_out(as_array(crowd), (185, 75, 235, 212))
    assert overlap(alpha, truth) > 0.8


def test_a_photo_of_one_colour_has_some_answer():
    alpha = cut_out(np.full((60, 60, 3), 0.5, np.float32))
    assert np.isfinite(alpha).all()


def test_same_photo_same_mask():
    photo = as_array(toy_photo())
    assert (cut_out(photo) == cut_out(photo)).all()


def test_rembg_is_used_where_installed(monkeypatch):
    fake = types.ModuleType("rembg")
    fake.new_session = lambda name: name
    fake.remove = lambda image, session, only_mask: Image.new("L", image.size, 128)
    monkeypatch.setitem(sys.modules, "rembg", fake)
    monkeypatch.setattr(matting.importlib.util, "find_spec", lambda name: object())
    result = matte(as_array(toy_photo()))
    assert result.method == "rembg"
    assert np.allclose(result.alpha, 128 / 255)


def test_without_rembg_colours_decide(monkeypatch):
    monkeypatch.setattr(matting.importlib.util, "find_spec", lambda name: None)
    assert matte(as_array(toy_photo())).method == "colours"
