"""Reading photos of all kinds, and what is said about those that will not do."""

from dataclasses import replace

import numpy as np
import pytest
from PIL import Image

from personify.errors import PersonifyError
from personify.photos.prepare import Photo, crop, find_photos, mask_sheet, read_photos, remarks

from .pictures import figure_mask, toy_photo


def read_photo(path, mask=None, box=None):
    return read_photos([path], [mask], [box])[0]


@pytest.fixture
def cut_out_photo(tmp_path):
    photo = toy_photo()
    alpha = Image.fromarray((figure_mask(photo) * 255).astype(np.uint8))
    photo.putalpha(alpha)
    photo.save(tmp_path / "front.png")
    return tmp_path / "front.png"


def test_alpha_is_the_mask(cut_out_photo):
    photo = read_photo(cut_out_photo)
    assert photo.method == "alpha"
    assert (photo.mask == figure_mask(toy_photo())).all()


def test_exif_rotation_is_undone(tmp_path):
    upright = toy_photo()
    exif = Image.Exif()
    exif[0x0112] = 6  # the camera was turned: rotate by 90 degrees to show
    upright.rotate(90, expand=True).save(tmp_path / "turned.png", exif=exif)
    Image.fromarray((figure_mask(upright) * 255).astype(np.uint8)).save(tmp_path / "mask.png")
    photo = read_photo(tmp_path / "turned.png", tmp_path / "mask.png")
    assert np.abs(photo.image - np.asarray(upright) / 255).max() < 1e-6


def test_large_photos_are_reduced(tmp_path, cut_out_photo):
    Image.open(cut_out_photo).resize((1800, 2400)).save(tmp_path / "large.png")
    photo = read_photo(tmp_path / "large.png")
    assert photo.image.shape[:2] == photo.mask.shape == (1024, 768)


@pytest.mark.parametrize("size", [(300, 90), (90, 300)])
def test_crop_holds_the_whole_person_whatever_the_aspect(size):
    mask = np.zeros(size[::-1], np.float32)
    mask[20:70, 30:60] = 1
    photo = Photo("a", np.ones((*mask.shape, 3), np.float32), mask, "mask")
    window = crop(photo, 50)
    assert window.mask.sum() / 50**2 == pytest.approx(50 * 30 / window.side**2, rel=0.1)
    assert not window.mask[0].any()
    assert not window.mask[:, 0].any()
    assert (window.image[window.mask == 0] == 0).all()
    assert np.allclose(window.image[window.mask > 0], 1, atol=1e-3)


def test_crop_undoes_the_edge_mixing_of_alpha():
    mask = np.zeros((64, 64), np.float32)
    mask[10:50, 20:40] = 1
    red = np.zeros((64, 64, 3), np.float32)
    red[mask > 0] = (0.9, 0.1, 0.2)
    window = crop(Photo("a", red, mask, "mask"), 24)
    assert np.allclose(window.image[window.mask > 0], (0.9, 0.1, 0.2), atol=0.01)


def test_folders_are_read_in_order_of_names(tmp_path):
    for name in ("b.JPG", "a.png", "notes.txt"):
        (tmp_path / name).write_bytes(b"")
    assert [file.name for file in find_photos([tmp_path])] == ["a.png", "b.JPG"]


def save(photo, path):
    photo.save(path)
    return path


BAD = {
    "expected at least 48": lambda folder: save(toy_photo().resize((10, 10)), folder / "tiny.png"),
    "not a readable image": lambda folder: (folder / "broken.jpg").write_bytes(b"\xff\xd8no") and folder / "broken.jpg",
    "no person found": lambda folder: save(Image.new("RGBA", (90, 90)), folder / "empty.png"),
    "expected at most 200": lambda folder: save(Image.new("1", (20000, 10001)), folder / "huge.png"),
}


@pytest.mark.parametrize("message", BAD)
def test_useless_photos_are_refused(tmp_path, message):
    path = BAD[message](tmp_path)
    with pytest.raises(PersonifyError, match=message) as caught:
        read_photo(path)
    assert str(path) in str(caught.value)
    assert "\n" not in str(caught.value)


def test_a_photo_cut_short_is_refused(tmp_path):
    toy_photo().save(tmp_path / "whole.jpg")
    (tmp_path / "half.jpg").write_bytes((tmp_path / "whole.jpg").read_bytes()[:1500])
    with pytest.raises(PersonifyError, match="not a readable image"):
        read_photo(tmp_path / "half.jpg")


def test_masks_must_fit(tmp_path):
    photo = save(toy_photo(), tmp_path / "a.png")
    Image.new("L", (160, 120), 255).save(tmp_path / "mask.png")
    with pytest.raises(PersonifyError, match="160 x 120"):
        read_photo(photo, tmp_path / "mask.png")
    Image.new("L", (120, 160), 255).save(tmp_path / "mask.png")
    with pytest.raises(PersonifyError, match="covers the whole photo"):
        read_photo(photo, tmp_path / "mask.png")


def test_boxes_must_lie_in_the_photo(tmp_path):
    photo = save(toy_photo(), tmp_path / "a.png")
    with pytest.raises(PersonifyError, match="within 120 x 160"):
        read_photo(photo, box=(10, 10, 500, 100))


@pytest.mark.parametrize(("count", "message"), [(0, "no photos in this folder"), (9, "at most 8")])
def test_number_of_photos(tmp_path, count, message):
    for k in range(count):
        (tmp_path / f"{k}.jpg").write_bytes(b"")
    with pytest.raises(PersonifyError, match=message):
        find_photos([tmp_path])
    with pytest.raises(PersonifyError, match="no such file"):
        find_photos([tmp_path / "nowhere"])


def figure(mask, color=(0.8, 0.1, 0.1), method="mask"):
    return Photo("a.png", np.broadcast_to(np.float32(color), (*mask.shape, 3)).copy(), mask, method)


def test_remarks_name_what_is_odd():
    mask = np.zeros((60, 60), np.float32)
    mask[10:50, 10:20] = 1
    assert remarks([figure(mask), figure(mask)]) == []
    assert "small network" in remarks([figure(mask, method="network")])[0]
    assert "unlike the others" in remarks([figure(mask), figure(mask, (0.1, 0.1, 0.9))])[0]
    two = mask.copy()
    two[10:50, 40:50] = 1
    assert "two separate figures" in remarks([figure(two)])[0]
    mask[30:] = mask[30:31]
    assert "cut off at the bottom" in remarks([figure(mask)])[0]
    mask[20:30, :20] = 1
    assert "cut off at the bottom and left" in remarks([figure(mask)])[0]


def test_remarks_tell_by_name_which_mask_is_unsure():
    mask = np.zeros((60, 60), np.float32)
    mask[10:50, 10:20] = 1
    unsure = replace(figure(mask), name="b.png", agreement=0.4)
    (note,) = remarks([figure(mask), unsure])
    assert note.startswith("b.png: the mask is a guess")
    assert "--masks or --box" in note
    taken_along = figure(mask)
    taken_along.image[10:40, 10:20] = (0.1, 0.1, 0.9)
    notes = remarks([figure(mask), replace(taken_along, name="c.png")])
    assert any(note.startswith("c.png: more than half of its mask has colours") for note in notes)


def test_only_photos_without_masks_are_cut_out_and_in_order(tmp_path, cut_out_photo):
    save(toy_photo(), tmp_path / "plain.png")
    Image.new("RGB", (120, 160)).save(tmp_path / "black.png")
    Image.fromarray((figure_mask(toy_photo()) * 255).astype(np.uint8)).save(tmp_path / "mask.png")
    files = [tmp_path / "black.png", cut_out_photo]
    photos = read_photos(files, [tmp_path / "mask.png", None])
    assert [(photo.name, photo.method) for photo in photos] == [("black.png", "mask"), ("front.png", "alpha")]


def test_mask_sheet_greys_out_the_rest(cut_out_photo):
    sheet = mask_sheet([read_photo(cut_out_photo)], size=160)
    assert sheet.ndim == 3
    assert np.ptp(sheet[20, 20]) < 0.1  # the wall, faded
    assert np.ptp(sheet[70, 68]) > 0.5  # the shirt
