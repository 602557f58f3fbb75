"""What a run leaves to look at: stills, a preview, a film of the process, scalars for TensorBoard, a final sheet."""

from __future__ import annotations

import contextlib
import importlib.util
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import torch
from PIL import Image
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, TextColumn, TimeElapsedColumn
from rich.progress import Progress as ProgressBar

from personify.errors import PersonifyError
from personify.perception.portraits import View
from personify.render.sheets import contact_sheet, save_png
from personify.render.video import write_video
from personify.text.sculpt.loop import Progress, Sculptor, resized

STILLS = 30  # per run, and the first and the last
FILM_SECONDS = 15.0
_FRONT = View("full", 0.3)
_FINAL = {"front": _FRONT, "back": View("full", 3.4), "face": View("head", 0.25)}


def film_speed(frames: int) -> float:
    """Frames per second at which a film of the process takes 15 seconds, from 10 to 60 (as the tutorial's does).

    >>> film_speed(30), film_speed(300), film_speed(3000)
    (10.0, 20.0, 60.0)
    """
    return float(np.clip(frames / FILM_SECONDS, 10, 60))


def write_process_film(stills: Path, path: Path) -> Path:
    """The stills in a folder, in order, as an MP4.

    Raises:
        PersonifyError: there are none.
    """
    files = sorted(stills.glob("*.png"))
    if not files:
        raise PersonifyError(f"{stills}: has no stills; expected a folder that sculpting wrote")
    frames = (np.asarray(Image.open(file).convert("RGB")) for file in files)
    return write_video(path, frames, film_speed(len(files)), total=len(files))


def write_sheet(sculptor: Sculptor, path: Path, size: int = 320) -> Path:
    """Front, back and face of a field: colours, the shape alone, normals."""
    portraits = [sculptor.portrait(view, 2 * size) for view in _FINAL.values()]  # drawn large: smooth edges
    rows = zip(*((one.colors, one.shape, one.normals) for one in portraits), strict=True)
    pictures = [resized(picture, size).numpy() for row in rows for picture in row]
    labels = [f"{name}{what}" for what in ("", ", shape", ", normals") for name in _FINAL]
    return save_png(path, contact_sheet(pictures, labels, columns=len(_FINAL)))


class Recorder:
    """Writes stills, ``preview.png`` and scalars while a run goes on; call it with every `Progress`.

    Args:
        sculptor: the run.
        folder: to write into.
        size: pixels of a still's height.
    """

    def __init__(self, sculptor: Sculptor, folder: Path, size: int = 256) -> None:
        self.sculptor, self.folder, self.size = sculptor, folder, size
        self._every = max(1, sculptor.preset.steps // STILLS)
        self._scalars = _scalars(folder / "logs", sculptor.done)

    def __call__(self, progress: Progress) -> None:
        for name, value in progress.terms.items():
            if self._scalars is not None:
                self._scalars.add_scalar(f"loss/{name}", value, progress.done)
        if progress.done % self._every == 0 or progress.done == progress.steps:
            now = self.sculptor.portrait(_FRONT, self.size)
            still = torch.cat([now.colors, now.shape], 1).numpy()
            save_png(self.folder / "stills" / f"{progress.done:06d}.png", still)
            save_png(self.folder / "preview.png", still)

    def close(self) -> None:
        """Finish: the process film and the sheet."""
        if self._scalars is not None:
            self._scalars.close()
        write_process_film(self.folder / "stills", self.folder / "process.mp4")
        write_sheet(self.sculptor, self.folder / "views.png")


def _scalars(folder: Path, done: int) -> Any:
    """A TensorBoard writer where the extra ``train`` is installed, else None; forgets what a resumed run repeats."""
    if importlib.util.find_spec("tensorboard") is None:
        return None
    from torch.utils.tensorboard import SummaryWriter

    return SummaryWriter(str(folder), purge_step=done + 1)


@contextlib.contextmanager
def progress_bar(console: Console) -> Iterator[Any]:
    """A bar with steps, seconds left and loss terms; yields what `Sculptor.run` calls."""
    count, text = (BarColumn(), MofNCompleteColumn(), TimeElapsedColumn()), TextColumn("{task.description}")
    with ProgressBar(TextColumn("  sculpt"), *count, text, console=console, transient=True) as bar:
        task = bar.add_task("")

        def show(progress: Progress) -> None:
            terms = "  ".join(f"{name} {value:.3g}" for name, value in progress.terms.items())
            left = f"{progress.seconds_left:.0f} s left  " if progress.terms else ""
            bar.update(task, completed=progress.done, total=progress.steps, description=left + terms)

        yield show
