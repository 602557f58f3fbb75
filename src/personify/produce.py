"""From words to a folder of files: what ``personify create`` writes and prints."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from rich.console import Console

from personify.avatar import Avatar
from personify.errors import PersonifyError
from personify.export.viewer import write_viewer
from personify.files import ASSETS, sha256
from personify.motion.clip import Motion
from personify.motion.collection import import_motions
from personify.motion.files import is_motion_file, read_motion
from personify.motion.quality import quality
from personify.motion.select import create_motion, motion_from_text
from personify.perception.pretrained import load_image_text
from personify.preview import write_preview
from personify.render.shading import shade_image
from personify.show import write_film, write_views
from personify.stages import Stage, Stages
from personify.text.complete import complete
from personify.text.create import Creation, create_with_story, manifest
from personify.text.reader import read
from personify.text.recipes import load_recipe
from personify.text.sculpt.ablation import run_ladder
from personify.text.sculpt.creation import sculpted
from personify.wardrobe.dress import dress

COMPILING_SECONDS = 30  # on two cores of a present-day laptop


@contextmanager
def whole_folder(path: Path) -> Iterator[Path]:
    """Yield a temporary folder beside ``path``; its files move into ``path`` only when all are written.

    Raises:
        PersonifyError: ``path`` is a file, or its parent cannot be written.
    """
    if path.exists() and not path.is_dir():
        raise PersonifyError(f"{path}: is a file; expected a folder to write into")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        temporary = Path(tempfile.mkdtemp(prefix=f".{path.name}-", dir=path.parent))
    except OSError as error:
        raise PersonifyError(f"{path}: cannot be written ({error.strerror}); choose a writable folder") from error
    try:
        yield temporary
        try:
            path.mkdir(exist_ok=True)
            for name in sorted(file.name for file in temporary.iterdir()):
                if (path / name).is_dir():
                    raise PersonifyError(f"{path / name}: is a folder; expected a file that may be replaced")
            for file in sorted(temporary.iterdir()):
                os.replace(file, path / file.name)
        except OSError as error:
            raise PersonifyError(f"{path}: cannot be written ({error.strerror}); choose a writable folder") from error
    finally:
        shutil.rmtree(temporary, ignore_errors=True)


def kernels_are_compiled() -> bool:
    """Whether an earlier run left machine code in numba's cache."""
    folder = shade_image.stats.cache_path
    return folder is not None and any(Path(folder).glob("shading.shade_image-*.nbi"))


def compile_kernels() -> None:
    """Fill numba's cache: the renderer's kernels in a second process while this one compiles those of the wardrobe."""
    renderer = subprocess.Popen([sys.executable, "-m", "personify.render.precompile"])
    dress(complete(read(look="a bearded man with long hair in a shirt, trousers, boots, a hat and a scarf")), 64)
    renderer.wait()  # whether it succeeded or not: what is missing is compiled when it is needed


def motion_of(words_or_file: str, seed: int = 0) -> Motion:
    """A motion from words, or from a file or folder that `personify.motion.files.read_motion` reads.

    Raises:
        PersonifyError: the file is missing or unreadable.
    """
    if is_motion_file(words_or_file):
        return read_motion(words_or_file)
    return motion_from_text(words_or_file, seed).motion


def produce(
    output: Path,
    text: str | None = None,
    shape: str | None = None,
    look: str | None = None,
    motion: str | None = None,
    seed: int = 0,
    preset: str = "standard",
    size: int = 512,
    sculpt: str | None = None,
    guide: str | None = None,
    resume: bool = False,
    recipe: str | None = None,
    change: tuple[str, ...] = (),
) -> Creation:
    """Create a person and write all files into ``output``, telling what happens.

    What sculpting keeps on the way (checkpoint, stills, film) lies in ``output/sculpt``.

    Raises:
        PersonifyError: bad text, seed, preset, size, guide, recipe or folder.
    """
    plan = load_recipe(
        recipe, change, shape=shape, look=look, motion=motion, seed=seed or None, sculpt=sculpt, guide=guide
    )
    look, shape, motion, seed = plan.look or look, plan.shape, plan.motion, plan.seed
    settings = plan.sculpt_preset()
    if not 16 <= size <= 4096:
        raise PersonifyError(f"size: {size}; expected 16 to 4096 pixels")
    console = Console()
    stages = Stages(lambda name, stage: tell(console, stage))
    from_file = motion is not None and is_motion_file(motion)
    performed = read_motion(motion) if motion is not None and from_file else None
    # A guide that cannot be loaded should be told before the work, not after it.
    model = None if settings is None else load_image_text(plan.guide)
    with whole_folder(output) as folder:
        console.print(f"[bold]personify[/bold] preset {preset}, device cpu, seed {seed}")
        if not kernels_are_compiled():
            console.print(f"first run: compiling once for this machine, about {COMPILING_SECONDS} s more")
            compile_kernels()
        words = None if from_file else motion
        creation = create_with_story(
            text, shape=shape, look=look, motion=words, seed=seed, preset=preset, motion_clip=performed, stages=stages
        )
        _tell_reading(console, creation)
        if settings is not None:
            creation = sculpted(creation, settings, output / "sculpt", model, plan.prompts, resume, console)
        _write_files(creation, folder, size)
    console.print(f"wrote {output}/ — open [bold]{output / 'avatar.html'}[/bold] in a browser")
    return creation


def _write_files(creation: Creation, folder: Path, size: int) -> None:
    avatar, stages = creation.avatar, creation.stages
    with stages("export"):
        avatar.export(folder / "avatar.glb")
        write_viewer(folder / "avatar.html", folder / "avatar.glb", title=avatar.name)
        avatar.save(folder / "avatar.safetensors")
    with stages("pictures"):
        write_views(avatar, folder / "views.png", size)
    with stages("film"):
        write_film(avatar, folder / "avatar.mp4", size=size)
    hashes = {path.name: sha256(path) for path in sorted(ASSETS.iterdir()) if path.is_file()}
    hashes |= {path.name: sha256(path) for path in sorted(folder.iterdir())}
    facts = manifest(creation, hashes) | {"sculpted": avatar.provenance.get("sculpted")}
    story = json.dumps(facts, indent=2, sort_keys=True, ensure_ascii=False)
    (folder / "manifest.json").write_text(story + "\n", encoding="utf-8")


def climb(
    look: str,
    output: Path,
    sculpt: str = "draft",
    guide: str | None = None,
    seed: int = 0,
    change: tuple[str, ...] = (),
) -> None:
    """Run the published ablation on one dressed person, see `personify.text.sculpt.ablation.run_ladder`.

    Raises:
        PersonifyError: bad text, seed, guide, change or folder.
    """
    console = Console()
    preset = load_recipe(None, change, look=look, sculpt=sculpt).sculpt_preset()
    assert preset is not None
    avatar = create_with_story(look=look, seed=seed, preset="draft").avatar

    def tell(level: str, row: dict[str, float]) -> None:
        console.print(f"  {level:18s} " + "  ".join(f"{name} {value:.3f}" for name, value in row.items()), markup=False)

    with whole_folder(output) as folder:
        run_ladder(avatar, look, preset, folder, guide, seed, report=tell)
    console.print(f"wrote {output}/")


def write_performance(avatar: Avatar, motion: Motion | None, path: Path) -> None:
    """An avatar with a motion as ``.glb``, ``.html``, ``.obj``, ``.ply`` or ``.mp4``."""
    if path.suffix.lower() == ".mp4":
        write_film(avatar, path, motion, turn=motion is None)
    else:
        avatar.export(path, None if motion is None else [motion])
    Console().print(f"wrote {path}")


def rehearse(
    words: tuple[str, ...],
    output: Path,
    seconds: float | None = None,
    loop: bool = False,
    ghosts: int = 0,
    avatar: Path | None = None,
    size: int = 384,
    seed: int = 0,
) -> None:
    """Make a motion from words and write it, telling what was understood; or import a folder of motions.

    Raises:
        PersonifyError: the words name no action, or an argument is out of range.
    """
    console = Console()
    if words[:1] == ("import",) and len(words) == 2:
        taken, refused = import_motions(words[1])
        for line in refused:
            console.print(f"  left out: {line}", markup=False)
        console.print(f"imported {len(taken)} motions: {', '.join(taken)}", markup=False)
        return
    text = " ".join(words)
    motion = create_motion(text, seed, seconds, loop)
    choice, measured = motion_from_text(text, seed, seconds, loop), quality(motion)
    for word in choice.not_understood:
        console.print(f"  not understood: {word!r}", markup=False)
    numbers = f"{motion.duration:.1f} s, foot skate {measured.foot_skate:.3f} m/s, jerk {measured.jerk:.0f} m/s^3"
    console.print(f"  {', then '.join(choice.actions)}: {numbers}", markup=False)
    write_preview(motion, output, None if avatar is None else Avatar.load(avatar), size, ghosts)
    console.print(f"wrote {output}")


def tell(console: Console, stage: Stage | None) -> None:
    """Print a stage that has ended: name, seconds, peak memory."""
    if stage is not None:
        console.print(f"  {stage.name:10s} {stage.seconds:6.1f} s   [dim]{stage.peak_megabytes:.0f} MB[/dim]")


def _tell_reading(console: Console, creation: Creation) -> None:
    if creation.understood:
        console.print("  understood: " + "; ".join(creation.understood), markup=False)
    for line in creation.conflicts:
        console.print(f"  note: {line}", markup=False)
    for line in creation.refinement.moves:
        console.print(f"  searched: {line}", markup=False)
    for phrase in creation.not_understood:
        console.print(f"  not understood: {phrase!r}", markup=False)
