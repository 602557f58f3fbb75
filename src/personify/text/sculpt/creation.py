"""Sculpting as a stage of ``personify create``: after dressing, told as it goes, kept in a folder of its own."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from pathlib import Path

from rich.console import Console

from personify.errors import PersonifyError
from personify.perception.protocol import ImageTextModel
from personify.text.create import Creation
from personify.text.sculpt.avatar import sculpt
from personify.text.sculpt.presets import SculptPreset
from personify.text.sculpt.record import progress_bar
from personify.text.sculpt.restraint import colored_parts, free_parts
from personify.text.sculpt.substances import find_substance


def sculpted(
    creation: Creation,
    preset: SculptPreset,
    folder: Path | None = None,
    guide: ImageTextModel | Path | str | None = None,
    prompts: Mapping[str, str] | None = None,
    resume: bool = False,
    console: Console | None = None,
) -> Creation:
    """The creation with its avatar sculpted towards its own words; garments that were not named stay as they are.

    Args:
        creation: a dressed person.
        preset: how.
        folder: for checkpoint, stills, film; none by default.
        guide: what `load_image_text` takes.
        prompts: part -> prompt, instead of those made from the words.
        resume: go on with the checkpoint in ``folder``.
        console: where to tell.

    Raises:
        PersonifyError: there are no words to sculpt by, or as `sculpt` does.
    """
    words = creation.texts["look"] or creation.texts["shape"]
    if not words:
        raise PersonifyError("sculpt: there are no words about the person; give a look, e.g. --look 'a golden knight'")
    console = console or Console()
    meshes, said = creation.avatar.parts, creation.reading.attributes
    parts = free_parts(meshes, said)
    # Words that were read are already obeyed, their colours exactly; only where words are left that nobody could read
    # do colours change.
    open_words = bool(creation.reading.not_understood or prompts)
    recolor = free_parts(meshes, {}) - colored_parts(meshes, said) if open_words else set[str]()
    if substance := find_substance(words, []):  # "dressed in gold" was read as a colour and means more
        meant = {address: value for address, value in said.items() if value in substance.words.split(", ")}
        recolor |= free_parts(meshes, {}) if "clothes.color" in meant else colored_parts(meshes, meant)
    settled = colored_parts(meshes, said) - recolor if open_words else {part.name for part in meshes}
    with creation.stages("sculpt"), progress_bar(console) as bar:
        result = sculpt(
            creation.avatar, words, preset, guide=guide, prompts=prompts, parts=parts | recolor, recolor=recolor,
            unread=creation.reading.not_understood, settled=settled, seed=creation.seed, folder=folder, resume=resume,
            watch=bar,
        )  # fmt: skip
    for part, prompt in result.prompts.items():
        console.print(f"  {part:6s} {prompt}", style="dim", markup=False)
    if stuff := result.avatar.provenance["sculpted"]["made_of"]:
        console.print(f"  made of {stuff}", markup=False)
    if not result.finished:
        told = f"broken off after {result.steps} of {preset.steps} steps; --resume goes on"
        console.print(f"  {told}, here is what is done", markup=False)
    return dataclasses.replace(creation, avatar=result.avatar)
