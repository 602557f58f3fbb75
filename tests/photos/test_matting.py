"""Cutting out: people the network has never seen, before clutter it has never seen, and photos that help each other."""

import sys
import types
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from personify.data.clutter import clutter
from personify.data.compose import compose
from personify.errors import PersonifyError
from personify.photos import matting
from personify.photos.matting import cut_out, matte
from personify.photos.matting_colors import sharpen

from .pictures import figure_mask, toy_photo

PEOPLE = Path(__file__).parents[1] / "fixtures/matting_people.npz"


def overlap(alpha, truth):
    found, truth = alpha > 0.5, truth > 0.5
    return (found & truth).sum() / max(1, (found | truth).sum())


def as_array(photo):
    return np.asarray(photo, np.float32) / 255


@pytest.fixture(scope="module")
def people():
    """Held-out dressed people, [N, 128, 128, 4]."""
    with np.load(PEOPLE, allow_pickle=False) as data:
        return data["images"]


def cut(image, box=None):
    return cut_out([image], [box])[0].alpha


def standing(people, number, surrounding, center=(0.5, 0.5), tall=0.7):
    """A photo of one of them upright in its place, and the mask; sizes are shares of the photo."""
    size = len(surrounding)
    person = Image.fromarray(people[number], "RGBA")
    person = person.crop(person.getchannel("A").getbbox())
    person = person.resize((round(person.width * tall * size / person.height), round(tall * size)))
    photo, mask = Image.fromarray(surrounding).convert("RGB"), Image.new("L", (size, size))
    corner = round(center[0] * size - person.width / 2), round(center[1] * size - person.height / 2)
    photo.paste(person, corner, person)
    mask.paste(255, corner, person)
    return as_array(photo), as_array(mask)


def test_unseen_people_before_unseen_clutter(people):
    walls = np.stack([clutter(np.random.default_rng([77, k]), 256) for k in range(8)])
    scores = []
    for k in range(10):
        image, truth = compose(people, walls, np.random.default_rng([78, k]), 256)
        if (truth > 0.5).mean() > 0.02:
            scores.append(overlap(cut(image), truth))
    assert len(scores) >= 6
    assert np.mean(scores) > 0.55
    assert np.median(scores) > 0.7


@pytest.mark.parametrize(("center", "tall"), [((0.5, 0.5), 0.9), ((0.7, 0.6), 0.45), ((0.3, 0.55), 0.6)])
def test_people_of_all_sizes_and_places(people, center, tall):
    photo, truth = standing(people, 3, clutter(np.random.default_rng([79, 1]), 300), center, tall)
    assert overlap(cut(photo), truth) > 0.7


def test_of_two_people_the_larger(people):
    wall = clutter(np.random.default_rng([80, 4]), 300)
    near, truth = standing(people, 5, wall, (0.35, 0.5), 0.8)
    both, _ = standing(people, 8, (near * 255).astype(np.uint8), (0.82, 0.5), 0.4)
    alpha = cut(both)
    assert overlap(alpha, truth) > 0.9
    assert (alpha[:, 230:] > 0.5).sum() < 20


def test_a_box_says_who_is_meant(people):
    wall = clutter(np.random.default_rng([80, 4]), 300)
    near, _ = standing(people, 5, wall, (0.3, 0.5), 0.8)
    both, truth = standing(people, 8, (near * 255).astype(np.uint8), (0.8, 0.5), 0.5)
    rows, columns = (np.flatnonzero((truth > 0.5).any(axis)) for axis in (1, 0))
    box = float(columns[0] - 3), float(rows[0] - 3), float(columns[-1] + 4), float(rows[-1] + 4)
    alpha = cut(both, box)
    assert overlap(alpha, truth) > 0.85
    assert (alpha[:, : int(box[0]) - 1] == 0).all()


def test_a_photo_of_one_colour_has_nobody_in_it():
    assert (cut(np.full((60, 90, 3), 0.5, np.float32)) < 0.5).all()


@pytest.mark.parametrize("size", [(48, 160), (400, 60), (33, 47)])
def test_any_shape_of_photo_has_a_mask_of_its_shape(size):
    alpha = cut(as_array(toy_photo((size[1], size[0]))))
    assert alpha.shape == size
    assert alpha.dtype == np.float32
    assert 0 <= alpha.min() <= alpha.max() <= 1


def test_same_photo_same_mask():
    photo = as_array(toy_photo())
    assert (cut(photo) == cut(photo)).all()


def test_sharpening_moves_a_rough_mask_to_the_edges():
    photo, rough = as_array(toy_photo(size=(160, 160))), figure_mask(toy_photo(size=(160, 160)))
    wide = np.asarray(Image.fromarray(rough).resize((16, 16), Image.Resampling.BOX).resize((160, 160)))
    assert overlap(sharpen([photo], [wide])[0], rough) > overlap(wide, rough) + 0.02


def capped(background, poster=False):
    """A red figure with a teal cap before a wall, which may have a poster; and the parts' masks."""
    parts = {"person": np.s_[30:90, 40:60], "cap": np.s_[20:30, 42:58], "poster": np.s_[30:70, 64:90]}
    image = np.random.default_rng(0).normal(0, 0.02, (100, 100, 3)) + background
    image[parts["person"]] += np.subtract((0.8, 0.2, 0.2), background)
    image[parts["cap"]] += np.subtract((0.1, 0.7, 0.7), background)
    if poster:
        image[parts["poster"]] += np.subtract((0.15, 0.2, 0.8), background)
    masks = {name: np.zeros((100, 100), np.float32) for name in parts}
    for name, where in parts.items():
        masks[name][where] = 1
    return image.clip(0, 1).astype(np.float32), masks


def test_photos_of_one_person_help_each_other():
    first, masks = capped((0.9, 0.9, 0.8), poster=True)
    second, _ = capped((0.4, 0.5, 0.35))
    rough = 0.95 * masks["person"] + 0.2 * masks["cap"] + 0.7 * masks["poster"]
    whole = 0.95 * (masks["person"] + masks["cap"])
    alone, together = sharpen([first], [rough])[0], sharpen([first, second], [rough, whole])[0]
    assert overlap(alone * (1 - masks["cap"]), masks["person"] + masks["poster"]) > 0.9  # all it can know
    assert overlap(together, whole) > 0.95


def test_nobody_in_any_photo_is_no_reason_to_fail():
    assert sharpen([], []) == []
    grey = np.full((60, 90, 3), 0.5, np.float32)
    assert all((one.alpha < 0.5).all() for one in cut_out([grey, grey]))


def test_looks_agree_about_somebody_in_plain_sight(people):
    plain, _ = standing(people, 3, np.full((256, 256, 3), 150, np.uint8), tall=0.7)
    assert cut_out([plain])[0].agreement > 0.8


def test_rembg_is_used_where_installed(monkeypatch):
    fake = types.ModuleType("rembg")
    fake.new_session = lambda name: name
    fake.remove = lambda image, session, only_mask: Image.new("L", image.size, 128)
    monkeypatch.setitem(sys.modules, "rembg", fake)
    monkeypatch.setattr(matting.importlib.util, "find_spec", lambda name: object())
    (result,) = matte([as_array(toy_photo())], [None])
    assert result.method == "rembg"
    assert np.allclose(result.alpha, 128 / 255)


@pytest.mark.parametrize("failure", [SystemExit(1), OSError("no route to host")])
def test_rembg_that_does_not_work_is_told(monkeypatch, failure):
    def new_session(name: str) -> None:
        raise failure

    fake = types.ModuleType("rembg")
    fake.new_session = new_session
    monkeypatch.setitem(sys.modules, "rembg", fake)
    monkeypatch.setattr(matting.importlib.util, "find_spec", lambda name: object())
    with pytest.raises(PersonifyError, match=r"rembg does not work here .*uninstall"):
        matte([as_array(toy_photo())], [None])


def test_without_rembg_our_own_network_decides(monkeypatch):
    monkeypatch.setattr(matting.importlib.util, "find_spec", lambda name: None)
    assert matte([as_array(toy_photo())], [None])[0].method == "network"
