"""From a dressed avatar and words to a sculpted avatar: builds the field, runs the loop, makes the mesh."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch

from personify.avatar import Avatar
from personify.body.mesh import MeshPart
from personify.errors import PersonifyError
from personify.perception.pretrained import load_image_text
from personify.perception.protocol import ImageTextModel
from personify.text.sculpt.bind import bind
from personify.text.sculpt.cameras import Sitter
from personify.text.sculpt.extract import decimate, marching_cubes, smooth, texture
from personify.text.sculpt.field import Field
from personify.text.sculpt.finish import finish, step_back
from personify.text.sculpt.guidance import Guide
from personify.text.sculpt.hash_grid import HashGridField, HashGridOptions
from personify.text.sculpt.initialize import fit_to_solid
from personify.text.sculpt.loop import Progress, Sculptor
from personify.text.sculpt.mlp import FULL, MLPField
from personify.text.sculpt.palette import search_colors, search_shades
from personify.text.sculpt.presets import SculptPreset, find_preset
from personify.text.sculpt.prompts import part_prompts, style_for
from personify.text.sculpt.record import Recorder
from personify.text.sculpt.restraint import RestrainedField, free_parts
from personify.text.sculpt.solid import Solid, open_pose
from personify.text.sculpt.surface import SurfaceField, SurfaceOptions


@dataclass(frozen=True)
class Sculpture:
    """A sculpted avatar.

    Attributes:
        avatar: with the motions of the start.
        prompts: part -> what the guide was told.
        steps: taken.
        finished: False if the run was interrupted.
    """

    avatar: Avatar
    prompts: dict[str, str]
    steps: int
    finished: bool


def sculpt(
    avatar: Avatar,
    look: str,
    preset: str | SculptPreset = "standard",
    *,
    guide: ImageTextModel | Path | str | None = None,
    prompts: Mapping[str, str] | None = None,
    parts: Collection[str] | None = None,
    recolor: Collection[str] = (),
    unread: Sequence[str] = (),
    settled: Collection[str] = (),
    seed: int = 0,
    folder: Path | str | None = None,
    resume: bool = False,
    watch: Callable[[Progress], None] = lambda progress: None,
) -> Sculpture:
    """Push a dressed person's shape and texture towards words, under the guidance of an image-text model.

    Args:
        avatar: the start; it is left as it is.
        look: the words.
        preset: a name in `PRESETS`, or one of your own.
        guide: an image-text model, or what `load_image_text` takes; the shipped one by default.
        prompts: part -> prompt, instead of those made from ``look``.
        parts: names of the parts that may change (``draft`` and ``standard``); all garments by default.
        recolor: names of those that may begin in another named colour, see `palette.search_colors`.
        unread: phrases of ``look`` that the start does not obey; they may say what clothes are made of.
        settled: names of parts whose colours stay (``draft`` and ``standard``).
        seed: 0 or more; of everything random.
        folder: for checkpoint, stills, preview, film and sheet; nothing is written by default.
        resume: go on with the checkpoint in ``folder``, if there is one.
        watch: called after every step.

    Raises:
        PersonifyError: the avatar has no meshes, bad words, preset, part or guide, or a checkpoint of another run.

    Example:
        >>> from dataclasses import replace
        >>> import personify
        >>> from personify.text.sculpt.presets import PRESETS
        >>> person = personify.create(look="a woman in a green dress", texture_size=64)
        >>> sculpt(person, "a woman in a golden dress", replace(PRESETS["draft"], steps=1, views=1)).steps
        1
    """
    settings = find_preset(preset) if isinstance(preset, str) else preset
    model: Any = load_image_text(guide) if guide is None or isinstance(guide, str | Path) else guide
    gentle, stuff = settings.field == "surface", ""
    if gentle:
        begun = finish(avatar, look, model, recolor, unread, seed)
        avatar, settled, stuff = begun.avatar, {*settled, *begun.painted}, begun.stuff
        recolor = set(recolor) - settled
    sculptor = make_sculptor(avatar, look, settings, model, prompts, parts, seed, settled)
    recorder, checkpoint, fresh = None, None, True
    if folder is not None:
        folder = Path(folder)
        checkpoint = folder / "checkpoint.safetensors"
        if resume and checkpoint.exists():
            sculptor.load(checkpoint)
            fresh = False
        recorder = Recorder(sculptor, folder)
    if fresh and isinstance(sculptor.field, RestrainedField):
        search_colors(sculptor, recolor)
        search_shades(sculptor)

    def observe(progress: Progress) -> None:
        if recorder is not None:
            recorder(progress)
        watch(progress)

    finished = sculptor.run(checkpoint, observe)
    if recorder is not None:
        recorder.close()
    meshes = mesh_of(sculptor.field, sculptor.solid, settings)
    if gentle:
        meshes = step_back(model, avatar.skeleton, look, avatar.parts, meshes)
    story = {"look": look, "preset": preset if isinstance(preset, str) else "own", "steps": sculptor.done, "seed": seed}
    story |= {"guide": sculptor.guide.model.name, "prompts": sculptor.guide.prompts, "made_of": stuff}
    result = dataclasses.replace(avatar, parts=meshes, provenance={**avatar.provenance, "sculpted": story})
    return Sculpture(result, sculptor.guide.prompts, sculptor.done, finished)


def make_sculptor(
    avatar: Avatar,
    look: str,
    preset: SculptPreset,
    guide: ImageTextModel | Path | str | None = None,
    prompts: Mapping[str, str] | None = None,
    parts: Collection[str] | None = None,
    seed: int = 0,
    settled: Collection[str] = (),
) -> Sculptor:
    """A run that has not begun; arguments as those of `sculpt`, and names of parts whose colours stay."""
    if not avatar.parts:
        raise PersonifyError(f"sculpt: avatar {avatar.name!r} has no meshes; expected one made from words")
    names = {part.name for part in avatar.parts}
    if unknown := set(parts or ()) - names:
        raise PersonifyError(f"sculpt: part {min(unknown)!r} is none of the avatar's: {', '.join(sorted(names))}")
    model: Any = load_image_text(guide) if guide is None or isinstance(guide, str | Path) else guide
    said = part_prompts(look, style_for(model.name), prompts)
    pose = None if preset.field == "surface" else open_pose(avatar.skeleton)
    solid = Solid.of(avatar.parts, avatar.skeleton, pose)
    free = free_parts(avatar.parts, {}) if parts is None else set(parts)
    with torch.random.fork_rng(devices=[]):  # fields draw their first weights from the global generator
        torch.manual_seed(seed)
        field = make_field(solid, preset, free, seed, settled)
    return Sculptor(field, solid, Sitter.of(solid, avatar.skeleton), Guide(model, said), preset, seed)


def make_field(
    solid: Solid, preset: SculptPreset, free: Collection[str], seed: int = 0, settled: Collection[str] = ()
) -> Field:
    """The preset's field, already looking like the person.

    Raises:
        PersonifyError: the preset names no known field.
    """
    if preset.field == "surface":
        options = SurfaceOptions(reach=preset.reach, supersample=preset.supersample)
        return RestrainedField(solid, free, options, preset.fine, settled)
    if preset.field not in ("hash grid", "mlp"):
        raise PersonifyError(f"sculpt: field {preset.field!r} is not known; expected surface, hash grid or mlp")
    field: HashGridField | MLPField
    if preset.field == "hash grid":
        field = HashGridField(solid, HashGridOptions(band=preset.reach))
    else:
        field = MLPField(FULL, *solid.bounding_sphere())
    field.proxy = solid
    fit_to_solid(field, solid, preset.fit_steps, seed=seed)
    return field


def mesh_of(field: Field, solid: Solid, preset: SculptPreset) -> tuple[MeshPart, ...]:
    """The sculpted parts of a surface; one skinned, textured mesh of a volumetric field."""
    if isinstance(field, SurfaceField):
        return field.sculpted_parts()
    room = preset.reach + 0.02
    lower, upper = solid.vertices.min(0) - room, solid.vertices.max(0) + room
    surface = decimate(smooth(marching_cubes(field, lower, upper, preset.mesh_resolution)), preset.mesh_faces)
    return (bind(texture(field, surface, preset.texture_size), surface, solid),)
