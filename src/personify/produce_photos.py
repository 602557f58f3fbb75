"""From photos to a folder of files: what ``personify reconstruct`` writes and prints."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

from rich.console import Console

from personify import __version__
from personify.errors import PersonifyError
from personify.export.viewer import write_viewer
from personify.files import ASSETS, asset, sha256
from personify.photos.matting import Box
from personify.photos.prepare import find_photos, mask_sheet
from personify.photos.reconstruct import WEIGHTS, Reconstruction, reconstruct_with_story
from personify.photos.template import body_template
from personify.produce import motion_of, tell, whole_folder
from personify.render.sheets import save_png
from personify.show import write_film, write_views
from personify.stages import Stages


def produce_from_photos(
    photos: Sequence[Path],
    output: Path,
    masks: Path | None = None,
    box: Sequence[Box] = (),
    motion: str | None = None,
    refine: bool = False,
    weights: Path | None = None,
    seed: int = 0,
    size: int = 512,
) -> Reconstruction:
    """Reconstruct a person and write all files into ``output``, telling what happens.

    Raises:
        PersonifyError: bad photos, masks, boxes, motion, size or folder.
    """
    if not 16 <= size <= 4096:
        raise PersonifyError(f"size: {size}; expected 16 to 4096 pixels")
    console = Console()
    stages = Stages(lambda name, stage: tell(console, stage))
    files = find_photos(photos)
    if box and len(box) != len(files):
        raise PersonifyError(f"box: {len(box)} given for {len(files)} photos; expected one for each, in order")
    boxes = {file.name: given for file, given in zip(files, box, strict=False)}
    performed = motion_of(motion, seed) if motion else None
    with whole_folder(output) as folder:
        console.print(f"[bold]personify[/bold] {len(files)} photos, device cpu")
        story = reconstruct_with_story(
            files, masks=masks, boxes=boxes, motion=performed, refine=refine, weights=weights, stages=stages
        )
        for note in story.notes:
            console.print(f"  note: {note}", markup=False)
        shown = ", ".join(f"{region} {share:.0%}" for region, share in story.seen.items())
        console.print(f"  seen in the photos: {shown}; the rest is invented", markup=False)
        _write_files(story, folder, size, weights)
    console.print(f"wrote {output}/ — open [bold]{output / 'avatar.html'}[/bold] in a browser")
    return story


def _write_files(story: Reconstruction, folder: Path, size: int, weights: Path | None) -> None:
    with story.stages("export"):
        story.mesh.export(folder / "avatar.glb")
        write_viewer(folder / "avatar.html", folder / "avatar.glb", title=story.mesh.name)
        story.avatar.save(folder / "avatar.safetensors")
        story.mesh.save(folder / "mesh.safetensors")
        story.avatar.export(folder / "splats.ply")
    with story.stages("pictures"):
        save_png(folder / "masks.png", mask_sheet(story.photos))
        save_png(folder / "overlays.png", story.overlays(body_template(story.crops[0].image.shape[0])))
        write_views(story.avatar, folder / "views.png", size)
    with story.stages("film"):
        write_film(story.avatar, folder / "avatar.mp4", size=size)
    hashes = {path.name: sha256(path) for path in sorted(folder.iterdir())}
    hashes[WEIGHTS] = sha256(weights or asset(WEIGHTS))
    hashes["body.safetensors"] = sha256(ASSETS / "body.safetensors")
    text = json.dumps(manifest(story, hashes), indent=2, sort_keys=True, ensure_ascii=False)
    (folder / "manifest.json").write_text(text + "\n", encoding="utf-8")


def manifest(story: Reconstruction, assets: dict[str, str]) -> dict[str, Any]:
    """Everything needed to judge and to repeat a run, JSON-ready."""
    return {
        "personify": __version__,
        "photos": [
            {
                "name": photo.name,
                "mask": photo.method,
                "crop": {"corner": window.corner, "side": window.side, "pixels": window.image.shape[0]},
                "viewmat": viewmat.tolist(),
                "K": K.tolist(),
                "rotations": rotations.tolist(),
            }
            for photo, window, viewmat, K, rotations in zip(
                story.photos, story.crops, story.stance.viewmats, story.stance.Ks, story.stance.rotations, strict=True
            )
        ],
        "shape": story.stance.shape[0].tolist(),
        "seen": story.seen,
        "notes": list(story.notes),
        "provenance": story.avatar.provenance,
        "assets": assets,
        "stages": [asdict(stage) for stage in story.stages.done],
    }
