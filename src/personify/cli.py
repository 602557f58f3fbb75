"""The ``personify`` command: one function per verb, no logic of its own.

Heavy imports happen inside the functions, so that ``personify --help`` answers at once.
"""

from __future__ import annotations

import sys
import traceback
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal

import tyro

from personify.errors import PersonifyError

if TYPE_CHECKING:
    from personify.motion.clip import Motion


@dataclass(frozen=True)
class Create:
    """Make an animated person from words.

    Writes avatar.glb, avatar.mp4, views.png, avatar.safetensors, avatar.html and manifest.json into the output folder.
    """

    text: str | None = None
    """Everything in one sentence; split into the three texts below where they are not given."""
    shape: str | None = None
    """The body, e.g. "tall and heavy"."""
    look: str | None = None
    """Person and clothes, e.g. "a bearded man in a red checked shirt and blue jeans"."""
    motion: str | None = None
    """What they do, e.g. "waving"; or a .bvh or .npz file."""
    output: Annotated[Path, tyro.conf.arg(aliases=["-o"])] = Path("out/avatar")
    """Folder to write; made if needed."""
    seed: int = 0
    """Varies what the words do not say."""
    preset: Literal["draft", "standard", "high"] = "standard"
    """How much care to take."""
    size: int = 512
    """Pixels of the video's frames and of each view."""
    sculpt: Literal["draft", "standard", "high", "paper"] | None = None
    """Push shape and textures towards the words by an image-text model; draft = 1 minute, standard = 5."""
    guide: str | None = None
    """Image-text model that sculpts: folder or hub id of a CLIP or SigLIP; the shipped one if not given."""
    resume: bool = False
    """Go on with the sculpting that was broken off in the output folder."""
    recipe: str | None = None
    """A ready run by name, or a .toml file of yours; `personify recipes` lists them."""
    change: Annotated[tuple[str, ...], tyro.conf.arg(name="set")] = ()
    """Changes to the recipe or the sculpting, e.g. sculpt.steps=80 "motion=waving"."""


@dataclass(frozen=True)
class Ladder:
    """Sculpt one person five times, each time with one published idea more; writes a table and a sheet."""

    look: str
    """Person and clothes."""
    output: Annotated[Path, tyro.conf.arg(aliases=["-o"])] = Path("out/ladder")
    """Folder to write."""
    sculpt: Literal["draft", "standard", "high", "paper"] = "draft"
    """What the switches are set in."""
    guide: str | None = None
    """Image-text model; the shipped one if not given."""
    seed: int = 0
    """Of the person and of the sculpting."""
    change: Annotated[tuple[str, ...], tyro.conf.arg(name="set")] = ()
    """Changes to the sculpting, e.g. sculpt.steps=10."""


@dataclass(frozen=True)
class Recipes:
    """List the ready runs that `personify create --recipe` knows."""


@dataclass(frozen=True)
class Reconstruct:
    """Make an animated person from 1 to 8 photos of them, in any poses.

    Writes avatar.glb, avatar.html, avatar.mp4, splats.ply, avatar.safetensors (Gaussians), mesh.safetensors, views.png,
    masks.png, overlays.png and manifest.json into the output folder.
    """

    photos: tyro.conf.Positional[tuple[Path, ...]]
    """Photos, or a folder of them."""
    output: Annotated[Path, tyro.conf.arg(aliases=["-o"])] = Path("out/person")
    """Folder to write; made if needed."""
    motion: str | None = None
    """What they do, e.g. "waving"; or a .bvh or .npz file."""
    refine: bool = False
    """Optimise the person against the photos, less than a minute."""
    masks: Path | None = None
    """Folder with a black and white image for each photo, named like it; white = the person."""
    box: tyro.conf.UseAppendAction[tuple[tuple[float, float, float, float], ...]] = ()
    """Left, top, right, bottom around the person in pixels; once for each photo, in order."""
    weights: Path | None = None
    """Of another photo network than the shipped one."""
    seed: int = 0
    """Varies what the motion's words do not say."""
    size: int = 512
    """Pixels of the video's frames and of each view."""


@dataclass(frozen=True)
class Animate:
    """Let an avatar perform another motion."""

    avatar: tyro.conf.Positional[Path]
    """An avatar.safetensors."""
    motion: str
    """What it does, in words; or a .bvh or .npz file."""
    output: Annotated[Path, tyro.conf.arg(aliases=["-o"])] = Path("out/animated.glb")
    """.glb, .html or .mp4 file to write."""
    seed: int = 0
    """Varies what the words do not say."""


@dataclass(frozen=True)
class Export:
    """Write an avatar for other programs."""

    avatar: tyro.conf.Positional[Path]
    """An avatar.safetensors."""
    output: tyro.conf.Positional[Path]
    """.glb, .html, .obj, .ply or .mp4 file to write."""


@dataclass(frozen=True)
class Looks:
    """List the named looks that a text may use."""


@dataclass(frozen=True)
class Doctor:
    """Tell what this machine has: device, threads, caches, extras, and what each missing one would add."""


@dataclass(frozen=True)
class Warmup:
    """Compile everything ahead, so that the first avatar is as quick as the next."""


@dataclass(frozen=True)
class Bench:
    """Measure this machine: milliseconds per frame, to dress, of the body; of Gaussians; of a step of sculpting."""

    what: tyro.conf.Positional[Literal["general", "splat", "sculpt"]] = "general"
    """What to measure; splat = Gaussians, about a minute; sculpt = the three fields side by side, half a minute."""
    output: Annotated[Path | None, tyro.conf.arg(aliases=["-o"])] = None
    """.json file to write the numbers to; splat also draws its growth into a .png file beside it."""


@dataclass(frozen=True)
class Codebook:
    """Make a code-book for an image-text model: draw everything in it and embed the pictures."""

    action: tyro.conf.Positional[Literal["build"]]
    """What to do."""
    kind: Literal["pose", "shape"] = "pose"
    """What is in it: poses, or bodies."""
    model: str | None = None
    """Image-text model: .safetensors of ours, folder or hub id of a CLIP or SigLIP; the shipped one if not given."""
    output: Annotated[Path, tyro.conf.arg(aliases=["-o"])] = Path("out/codebook.safetensors")
    """.safetensors file to write."""
    seed: int = 0
    """Of the small network that is fitted to the embeddings."""


@dataclass(frozen=True)
class MakeMotion:
    """Make a motion from words, e.g. `personify motion "wave twice, then walk" -o walk.mp4`.

    `personify motion import FOLDER` adds motion files of your own to those that words can find.
    """

    words: tyro.conf.Positional[tuple[str, ...]]
    """What happens; or "import" and a folder."""
    output: Annotated[Path, tyro.conf.arg(aliases=["-o"])] = Path("out/motion.mp4")
    """.mp4 film, or .bvh, .npz, .amass.npz, .glb to keep it."""
    seconds: float | None = None
    """How long; as long as it takes if not given."""
    loop: bool = False
    """Make it a loop."""
    ghosts: int = 0
    """Film only: pale copies that stay behind along the way."""
    avatar: Path | None = None
    """Film only: an avatar.safetensors to perform; a clay mannequin if not given."""
    size: int = 384
    """Film only: pixels of the square frames."""
    seed: int = 0
    """Varies what the words do not say."""


Motions = Annotated[MakeMotion, tyro.conf.subcommand("motion")]
Command = (
    Create | Reconstruct | Ladder | Recipes | Animate | Export | Looks | Doctor | Warmup | Bench | Codebook | Motions
)


@dataclass(frozen=True)
class Arguments:
    """Words in, an animatable 3D person out."""

    command: Command
    debug: bool = False
    """Show the traceback of errors."""


def main(argv: list[str] | None = None) -> None:
    """Entry point; errors print one line and exit with code 2, or with code 1 if they are bugs of ours."""
    arguments = tyro.cli(tyro.conf.OmitSubcommandPrefixes[Arguments], prog="personify", args=_with_debug_first(argv))
    verbs: dict[type, Callable[[Any], None]] = {
        Create: _create,
        Reconstruct: _reconstruct,
        Ladder: _ladder,
        Recipes: _recipes,
        Animate: _animate,
        Export: _export,
        Looks: _looks,
        Doctor: _doctor,
        Warmup: _warmup,
        Bench: _bench,
        Codebook: _codebook,
        MakeMotion: _make_motion,
    }
    try:
        verbs[type(arguments.command)](arguments.command)
    except PersonifyError as error:
        if arguments.debug:
            traceback.print_exc()
        print(f"personify: {error}", file=sys.stderr)
        raise SystemExit(2) from None
    except Exception as error:
        if arguments.debug:
            traceback.print_exc()
        else:
            what = " ".join(f"{type(error).__name__}: {error}".split())
            print(f"personify: internal error, {what}; --debug shows where", file=sys.stderr)
        raise SystemExit(1) from None
    except KeyboardInterrupt:
        print("personify: interrupted; nothing half written", file=sys.stderr)
        raise SystemExit(130) from None


def _with_debug_first(argv: list[str] | None) -> list[str]:
    """``--debug`` belongs to the program, but people type it at the end."""
    words = sys.argv[1:] if argv is None else argv
    return ["--debug", *(word for word in words if word != "--debug")] if "--debug" in words else list(words)


def _create(command: Create) -> None:
    from personify.produce import produce

    produce(**vars(command))


def _ladder(command: Ladder) -> None:
    from personify.produce import climb

    climb(**vars(command))


def _recipes(command: Recipes) -> None:
    from personify.text.recipes import recipe_names

    print("\n".join(recipe_names()))


def _reconstruct(command: Reconstruct) -> None:
    from personify.produce_photos import produce_from_photos

    produce_from_photos(**vars(command))


def _animate(command: Animate) -> None:
    from personify.avatar import Avatar
    from personify.produce import write_performance

    write_performance(Avatar.load(command.avatar), _motion(command.motion, command.seed), command.output)


def _motion(words_or_file: str, seed: int) -> Motion:
    from personify.produce import motion_of

    return motion_of(words_or_file, seed)


def _export(command: Export) -> None:
    from personify.avatar import Avatar
    from personify.produce import write_performance

    write_performance(Avatar.load(command.avatar), None, command.output)


def _looks(command: Looks) -> None:
    from personify.wardrobe.looks import looks

    print("\n".join(sorted(looks())))


def _doctor(command: Doctor) -> None:
    from rich.console import Console
    from rich.markup import escape
    from rich.table import Table

    from personify.doctor import report

    table = Table(show_header=False, box=None)
    for name, value, hint in report():
        table.add_row(f"[bold]{escape(name)}", escape(value), f"[dim]{escape(hint)}")
    Console().print(table)


def _warmup(command: Warmup) -> None:
    import tempfile

    from personify.produce import produce
    from personify.render.precompile import precompile_gaussians

    precompile_gaussians()
    with tempfile.TemporaryDirectory() as folder:
        produce(output=Path(folder) / "warmup", look="a man in a shirt and trousers", preset="draft", size=128)


def _bench(command: Bench) -> None:
    from personify.bench import as_text, bench, write_report
    from personify.render.gaussians.bench import bench_splat
    from personify.render.gaussians.growth import plot_growth
    from personify.text.sculpt.bench import bench_sculpt

    benches: dict[str, Callable[[], dict[str, Any]]] = {"general": bench, "splat": bench_splat, "sculpt": bench_sculpt}
    report = benches[command.what]()
    print(as_text(report))
    if command.output:
        write_report(report, command.output)
        if command.what == "splat":
            plot_growth(report["pictures"], command.output.with_suffix(".png"))


def _make_motion(command: MakeMotion) -> None:
    from personify.produce import rehearse

    rehearse(**vars(command))


def _codebook(command: Codebook) -> None:
    from rich.progress import track

    from personify.motion.priors.building import build_pose_codebook
    from personify.perception.pretrained import load_image_text
    from personify.text.body_codebook import build_body_codebook

    model = load_image_text(command.model)
    if command.kind == "shape":
        bodies = build_body_codebook(model, seed=command.seed, progress=track)
        bodies.save(command.output)
        print(f"{command.output}: {len(bodies.shapes)} bodies for {bodies.model}")
        return
    codebook = build_pose_codebook(model, command.seed, track)
    codebook.save(command.output)
    print(f"{command.output}: {len(codebook.poses)} poses for {codebook.model}")


if __name__ == "__main__":
    main()
