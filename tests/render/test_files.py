from __future__ import annotations

from pathlib import Path

import imageio.v3 as iio
import numpy as np
import pytest
from PIL import Image

from personify.errors import PersonifyError
from personify.render.sheets import contact_sheet, save_png, to_uint8
from personify.render.video import write_video


def test_images_are_rounded_and_clipped() -> None:
    values = np.array([[[-1, 0.5, 2.0], [np.nan, 1 / 255, 0.499 / 255]]])
    assert to_uint8(values).tolist() == [[[0, 128, 255], [0, 1, 0]]]
    raw = np.full((2, 2, 4), 7, np.uint8)
    assert to_uint8(raw) is raw


def test_png_round_trip(tmp_path: Path) -> None:
    image = np.random.default_rng(0).integers(0, 256, (9, 7, 4), dtype=np.uint8)
    path = save_png(tmp_path / "deep" / "a.png", image)
    assert (np.asarray(Image.open(path)) == image).all()
    assert list(path.parent.iterdir()) == [path]


def test_a_sheet_has_every_image_in_reading_order() -> None:
    images = [np.full((20, 30, 3), value) for value in (0.1, 0.2, 0.3, 0.4, 0.5)]
    sheet = contact_sheet(images, columns=3, gap=4)
    assert sheet.shape == (2 * 24 + 4, 3 * 34 + 4, 3)
    centers = [sheet[4 + 24 * (k // 3) + 10, 4 + 34 * (k % 3) + 15, 0] for k in range(5)]
    assert centers == pytest.approx([0.1, 0.2, 0.3, 0.4, 0.5], abs=0.01)


def test_labels_are_written_under_the_images_and_long_ones_are_wrapped() -> None:
    images = [np.zeros((60, 80, 3))] * 2
    one, many = contact_sheet(images, ["red", "blue"]), contact_sheet(images, ["red", "a tall man in a long blue coat"])
    below = one[8 + 60 + 1 : -8]
    assert (below < 0.5).any()
    assert many.shape[0] > one.shape[0]


def test_transparent_and_smaller_images_are_centred_on_the_background() -> None:
    clear = np.zeros((10, 10, 4))
    sheet = contact_sheet([clear, np.zeros((20, 30, 3))], columns=1, gap=2, background=(0.5, 0.5, 0.5))
    assert sheet[2:22] == pytest.approx(0.5, abs=0.01)


def frames(count: int, height: int = 34, width: int = 48) -> list[np.ndarray]:
    return [np.full((height, width, 3), index / 10) for index in range(count)]


def test_a_video_has_its_frames_its_speed_and_its_colours(tmp_path: Path) -> None:
    path = write_video(tmp_path / "a.mp4", iter(frames(10)), fps=12.5)
    read = iio.imread(path)
    assert read.shape == (10, 34, 48, 3)
    assert read.mean((1, 2, 3)) == pytest.approx(np.arange(10) / 10 * 255, abs=5)
    meta = iio.immeta(path)
    assert meta["fps"] == pytest.approx(12.5, abs=0.01)
    assert "yuv420p" in meta["pix_fmt"]
    assert list(tmp_path.iterdir()) == [path]


def test_odd_sizes_are_padded_to_even_ones(tmp_path: Path) -> None:
    path = write_video(tmp_path / "odd.mp4", frames(3, 33, 47))
    assert iio.imread(path).shape == (3, 34, 48, 3)


def test_progress_counts_every_frame(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    write_video(tmp_path / "bar.mp4", frames(4), progress=True)
    assert "4/4" in capsys.readouterr().out


def test_a_failing_or_empty_video_leaves_nothing_and_keeps_the_old_file(tmp_path: Path) -> None:
    old = write_video(tmp_path / "a.mp4", frames(2)).read_bytes()

    def broken() -> object:
        yield frames(1)[0]
        raise RuntimeError("the renderer fell over")

    with pytest.raises(RuntimeError, match="fell over"):
        write_video(tmp_path / "a.mp4", broken())
    with pytest.raises(PersonifyError, match="no frames"):
        write_video(tmp_path / "b.mp4", [])
    with pytest.raises(PersonifyError, match="frame 1 is 20 x 10 after 48 x 34"):
        write_video(tmp_path / "b.mp4", [*frames(1), np.zeros((10, 20, 3))])
    assert [path.name for path in tmp_path.iterdir()] == ["a.mp4"]
    assert (tmp_path / "a.mp4").read_bytes() == old


def test_bad_input_is_refused(tmp_path: Path) -> None:
    for make, message in (
        (lambda: to_uint8(np.zeros((3, 3))), r"\[H, W, 3 or 4\]"),
        (lambda: to_uint8(np.zeros((0, 3, 3))), "image"),
        (lambda: save_png(tmp_path / "a.jpg", np.zeros((2, 2, 3))), "ends in .png"),
        (lambda: contact_sheet([]), "0 images"),
        (lambda: contact_sheet([np.zeros((2, 2, 3))], ["a", "b"]), "one label each"),
        (lambda: write_video(tmp_path / "a.avi", frames(1)), "ends in .mp4"),
        (lambda: write_video(tmp_path / "a.mp4", frames(1), fps=0), "fps"),
    ):
        with pytest.raises(PersonifyError, match=message):
            make()
