"""Videos: MP4 with H.264, which plays everywhere."""

from __future__ import annotations

import contextlib
import itertools
from collections.abc import Iterable, Iterator, Sized
from pathlib import Path

import imageio_ffmpeg
import numpy as np
from numpy.typing import ArrayLike, NDArray
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from personify.errors import PersonifyError
from personify.files import atomic_path
from personify.render.sheets import to_uint8


def write_video(
    path: Path | str,
    frames: Iterable[ArrayLike],
    fps: float = 30.0,
    total: int | None = None,
    progress: bool = False,
) -> Path:
    """Write frames as MP4 (H.264, yuv420p), whole or not at all.

    Args:
        path: ends in .mp4.
        frames: [H, W, 3] each, all of one size (odd sizes repeat their last row or column); read one at a time.
        fps: frames per second.
        total: number of frames, for the progress bar; taken from ``frames`` when it has a length.
        progress: show a bar with the time left.

    Raises:
        PersonifyError: wrong name or speed, no frames, or frames of different sizes.
    """
    path = Path(path)
    if path.suffix.lower() != ".mp4":
        raise PersonifyError(f"{path}: expected a file name that ends in .mp4")
    if not 0 < fps <= 1000:
        raise PersonifyError(f"fps: {fps:g} is out of range; expected more than 0 and at most 1000")
    if total is None and isinstance(frames, Sized):
        total = len(frames)
    pictures = _checked(frames, path)
    first = next(pictures, None)  # before the file is opened: an empty video is an error, not a file
    if first is None:
        raise PersonifyError(f"{path}: there are no frames to write")
    size = (first.shape[1], first.shape[0])
    options = ["-crf", "16", "-preset", "veryfast", "-movflags", "+faststart"]
    with atomic_path(path) as temporary, _bar(progress) as bar:
        writer = imageio_ffmpeg.write_frames(
            str(temporary), size, fps=fps, codec="libx264", pix_fmt_out="yuv420p", macro_block_size=1,
            quality=None, ffmpeg_log_level="error", output_params=options,
        )  # fmt: skip
        with contextlib.closing(writer):
            writer.send(None)
            task = bar.add_task(path.name, total=total)
            for picture in itertools.chain([first], pictures):
                writer.send(np.ascontiguousarray(picture))
                bar.advance(task)
    return path


def _checked(frames: Iterable[ArrayLike], path: Path) -> Iterator[NDArray[np.uint8]]:
    shape: tuple[int, ...] | None = None
    for index, frame in enumerate(frames):
        picture = to_uint8(frame)[..., :3]
        if shape is not None and picture.shape != shape:
            sizes = f"{picture.shape[1]} x {picture.shape[0]} after {shape[1]} x {shape[0]}"
            raise PersonifyError(f"{path}: frame {index} is {sizes}; expected frames of one size")
        shape = picture.shape
        # yuv420p halves the colour resolution and so needs even sizes.
        yield np.pad(picture, ((0, shape[0] % 2), (0, shape[1] % 2), (0, 0)), mode="edge")


def _bar(visible: bool) -> Progress:
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    return Progress(*columns, disable=not visible)
