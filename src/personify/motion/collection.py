"""Motions of one's own beside the library: files imported with their texts, found by words like any other."""

from __future__ import annotations

import os
from dataclasses import replace
from functools import lru_cache
from pathlib import Path

import numpy as np

from personify.errors import PersonifyError
from personify.motion.clip import Motion
from personify.motion.files import READABLE, read_motion, write_motion
from personify.motion.words import IGNORED, stem, words_of


def collection_folder() -> Path:
    """Where imported motions are kept: ``$PERSONIFY_MOTIONS``, or ``personify/motions`` among the user's data."""
    data = Path(os.environ.get("XDG_DATA_HOME") or Path.home() / ".local" / "share")
    return Path(os.environ.get("PERSONIFY_MOTIONS") or data / "personify" / "motions")


def import_motions(folder: Path | str) -> tuple[list[str], list[str]]:
    """Copy every motion of a folder (and of those inside it) into the collection.

    What a motion shows is the first line of a ``.txt`` file of the same name, else the text inside the file, else the
    file's name.

    Returns:
        Names of the motions that were taken, and one line about each file that could not be read.

    Raises:
        PersonifyError: no such folder, or no motion in it.
    """
    folder = Path(folder)
    if not folder.is_dir():
        raise PersonifyError(f"{folder}: no such folder; expected one with motions ({', '.join(READABLE)})")
    taken, refused = [], []
    for path in sorted(path for path in folder.rglob("*") if path.suffix.lower() in READABLE):
        try:
            motion = read_motion(path)
        except PersonifyError as error:
            refused.append(str(error))
            continue
        name = "_".join(words_of(path.stem.replace("_", " "))) or "motion"
        write_motion(replace(motion, name=name, text=_text(path, motion)), collection_folder() / f"{name}.npz")
        taken.append(name)
    if not taken:
        raise PersonifyError(
            f"{folder}: no readable motion in it; {refused[0] if refused else 'expected .bvh or .npz'}"
        )
    _texts.cache_clear()
    return taken, refused


def imported_motion(words: list[str]) -> tuple[str, float] | None:
    """The imported motion whose text shares most with some words: its name and the share, 0 to 1; None = none."""
    wanted = {stem(word) for word in words} - {stem(word) for word in IGNORED}
    if not wanted:
        return None
    fits = [(len(wanted & text) / len(wanted | text), name) for name, text in _texts(collection_folder()).items()]
    best = max(fits, default=(0.0, ""))
    return (best[1], best[0]) if best[0] > 0 else None


def read_imported(name: str) -> Motion:
    """An imported motion by name."""
    return read_motion(collection_folder() / f"{name}.npz")


def _text(path: Path, motion: Motion) -> str:
    beside = path.with_suffix(".txt")
    if beside.is_file():
        return beside.read_text(encoding="utf-8", errors="replace").strip().partition("\n")[0][:200]
    return motion.text or path.stem.replace("_", " ")


@lru_cache(maxsize=4)
def _texts(folder: Path) -> dict[str, frozenset[str]]:
    """Stems of every imported motion's text."""
    texts = {}
    for path in sorted(folder.glob("*.npz")):
        with np.load(path, allow_pickle=False) as file:
            texts[path.stem] = frozenset(stem(word) for word in words_of(str(file["text"])) if word not in IGNORED)
    return texts
