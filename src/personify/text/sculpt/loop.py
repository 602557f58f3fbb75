"""The sculpting loop: pictures of a field, the guide's opinion, a step; what is done is kept on disk."""

from __future__ import annotations

import contextlib
import dataclasses
import signal
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import torch
from torch import Tensor
from torch.nn import functional

from personify.determinism import deterministic
from personify.perception.portraits import STANDARD_VIEWS, View
from personify.text.sculpt.cameras import Shot, Sitter
from personify.text.sculpt.checkpoint import fingerprint, load_checkpoint, save_checkpoint
from personify.text.sculpt.field import Field, FieldImage
from personify.text.sculpt.guidance import Guide, askew, random_background
from personify.text.sculpt.presets import SculptPreset
from personify.text.sculpt.rays import affordable_side, dilate
from personify.text.sculpt.schedule import learning_rate
from personify.text.sculpt.shading import Light, color_loss, lit_pictures, mask_loss, random_headlight
from personify.text.sculpt.solid import Solid
from personify.text.sculpt.steady import Portrait, portrait
from personify.text.sculpt.template import template_picture

SAVE_SECONDS = 30.0  # at most this much is lost when a run is killed


class Progress(NamedTuple):
    """State of a run after a step: steps done, of how many, loss terms (unweighted) and seconds left."""

    done: int
    steps: int
    terms: dict[str, float]
    seconds_left: float


class Sculptor:
    """A run: a field, its optimiser and its random numbers.

    Args:
        field: is changed.
        solid: the person the field started as.
        sitter: the same person, for the cameras.
        guide: prompts and model.
        preset: how.
        seed: of cameras, lights, backgrounds and bends.

    Attributes:
        done: steps taken.
    """

    def __init__(
        self, field: Field, solid: Solid, sitter: Sitter, guide: Guide, preset: SculptPreset, seed: int = 0
    ) -> None:
        self.field, self.solid, self.sitter, self.guide, self.preset, self.seed = (
            field, solid, sitter, guide, preset, seed,
        )  # fmt: skip
        groups = [{**group, "lr": group["lr"] * preset.learning_rate} for group in field.parameter_groups()]
        self.optimizer = torch.optim.Adam(groups, eps=1e-15, foreach=False)
        self._peaks = [float(group["lr"]) for group in groups]
        self.generator = torch.Generator().manual_seed(seed)
        self.done = 0

    def step(self) -> dict[str, float]:
        """One step of the optimiser; returns the unweighted loss terms."""
        with deterministic():
            for group, peak in zip(self.optimizer.param_groups, self._peaks, strict=True):
                group["lr"] = learning_rate(self.done + 1, self.preset.steps, self.preset.warm_up, peak)
            terms = self.terms()
            loss = torch.stack([self.preset.weights[name] * value for name, value in terms.items()]).sum()
            self.optimizer.zero_grad()
            loss.backward()
            self.optimizer.step()
        self.done += 1
        return {name: float(value.detach()) for name, value in terms.items()}

    def terms(self) -> dict[str, Tensor]:
        """The loss terms that the preset weighs.

        ``guide`` and ``textureless``: 1 - cosine of pictures with and without colours; ``reconstruction`` and ``mask``:
        hold the field to pictures of the start; the others are those of the field (``eikonal``, ``offset``, ...).
        """
        shots = [self._shot() for _ in range(self.preset.views)]
        images = [self.field.render(shot.camera, self.generator) for shot in shots]
        terms = self._opinions(shots, images) | self._losses_to_start(shots, images)
        for name in images[0].regularization:
            terms[name] = torch.stack([image.regularization[name] for image in images]).mean()
        terms |= self.field.regularization()
        return {name: value for name, value in terms.items() if self.preset.weights.get(name, 0) > 0}

    def _shot(self) -> Shot:
        preset = self.preset
        if preset.cameras == "paper":
            shot = self.sitter.paper_shot(self.generator, self.done, preset.size, preset.part_prompts)
        else:
            shot = self.sitter.part_shot(self.generator, preset.size, preset.part_prompts)
        if preset.field == "surface":
            return shot
        side = affordable_side(dilate(self.solid.silhouette(shot.camera)), preset.max_rays)
        return shot._replace(camera=shot.camera.scaled(max(16, side) / preset.size))

    def _opinions(self, shots: list[Shot], images: list[FieldImage]) -> dict[str, Tensor]:
        pairs = [self._pictures(shot, image) for shot, image in zip(shots, images, strict=True)]
        pictures = torch.cat([torch.stack(kind) for kind in zip(*pairs, strict=True)])
        if self.preset.augment:
            pictures = askew(pictures, self.generator)
        losses = self.guide.loss(pictures, [shot.part for shot in shots] * len(pairs[0]))
        names = ("guide", "textureless")[: len(pairs[0])]
        return {name: loss.mean() for name, loss in zip(names, losses.chunk(len(names)), strict=True)}

    def _pictures(self, shot: Shot, image: FieldImage) -> tuple[Tensor, ...]:
        """What the guide sees of a shot, at the guide's own size: colours, and the shape alone."""
        preset, size = self.preset, image.opacity.shape[0]
        behind = torch.zeros(size, size, 3)
        if preset.backgrounds:
            behind = random_background(size, self.generator)
        stylized = (image.stylized_color + (1 - image.opacity[..., None]) * behind).clamp(0, 1)
        textureless, shaded = lit_pictures(stylized, image.normals, image.opacity, self._light(shot))
        colors = shaded if preset.shading else stylized
        chosen = (colors, textureless) if preset.textureless else (colors,)
        return tuple(resized(picture, self.guide.model.image_size) for picture in chosen)

    def _light(self, shot: Shot) -> Light:
        light = random_headlight(*shot.polar(self.sitter.center), self.generator)
        low, high = self.preset.ambient
        return light._replace(ambient=low + (high - low) * light.ambient / 0.2)

    def _losses_to_start(self, shots: list[Shot], images: list[FieldImage]) -> dict[str, Tensor]:
        if not {"reconstruction", "mask"} & set(self.preset.weights):
            return {}
        colors, masks = [], []
        for shot, image in zip(shots, images, strict=True):
            target, mask = template_picture(self.solid, shot.camera)
            colors.append(color_loss(image.color.reshape(-1, 3), target.reshape(-1, 3), mask.reshape(-1)))
            masks.append(mask_loss(image.opacity.reshape(-1), mask.reshape(-1)))
        return {"reconstruction": torch.stack(colors).mean(), "mask": torch.stack(masks).mean()}

    def portrait(self, view: View, size: int) -> Portrait:
        """The field as it is now."""
        return portrait(self.field, self.sitter.shot(view, size).camera)

    @torch.no_grad()
    def similarity(self, views: Sequence[View] = STANDARD_VIEWS) -> float:
        """Mean cosine of the guide over pictures without chance."""
        shots = [self.sitter.shot(view, self.guide.model.image_size) for view in views]
        pictures = [portrait(self.field, shot.camera, behind=0.88).colors for shot in shots]
        return 1 - float(self.guide.loss(torch.stack(pictures), [shot.part for shot in shots]).mean())

    @property
    def run_name(self) -> str:
        """Fingerprint of everything that decides the outcome."""
        facts = {
            "preset": dataclasses.asdict(self.preset), "prompts": self.guide.prompts,
            "guide": self.guide.model.name, "seed": self.seed,
        }  # fmt: skip
        return fingerprint(facts, torch.from_numpy(self.solid.vertices))

    def save(self, path: Path) -> None:
        """Write a checkpoint, atomically."""
        title = f"{self.guide.prompts['full']!r}, {self.preset.field}, {self.preset.steps} steps, seed {self.seed}"
        about = {"run": self.run_name, "title": title, "done": self.done}
        save_checkpoint(path, self.field, self.optimizer, self.generator, about)  # type: ignore[arg-type]

    def load(self, path: Path) -> None:
        """Go on where `save` left off.

        Raises:
            PersonifyError: damaged, or of another run.
        """
        about = load_checkpoint(path, self.field, self.optimizer, self.generator, self.run_name)  # type: ignore[arg-type]
        self.done = int(about["done"])

    def run(
        self,
        checkpoint: Path | None = None,
        watch: Callable[[Progress], None] = lambda progress: None,
        save_seconds: float = SAVE_SECONDS,
    ) -> bool:
        """All steps that are left. Ctrl-C ends the run after the current step, a second one at once.

        Args:
            checkpoint: where to keep what is done, now and then and at the end.
            watch: called before the first and after every step.
            save_seconds: between checkpoints.

        Returns:
            Whether the run was finished.
        """
        begin, first = time.monotonic(), self.done
        saved = begin
        watch(Progress(self.done, self.preset.steps, {}, float("nan")))
        with _first_interrupt() as interrupted:
            while self.done < self.preset.steps and not interrupted.is_set():
                terms = self.step()
                pace = (time.monotonic() - begin) / (self.done - first)
                watch(Progress(self.done, self.preset.steps, terms, pace * (self.preset.steps - self.done)))
                if checkpoint and time.monotonic() - saved >= save_seconds:
                    self.save(checkpoint)
                    saved = time.monotonic()
        if checkpoint:
            self.save(checkpoint)
        return self.done == self.preset.steps


def resized(picture: Tensor, size: int) -> Tensor:  # [H, W, 3] -> [size, size, 3]
    """A picture at the guide's size, every pixel the mean of what it covers."""
    if picture.shape[:2] == (size, size):
        return picture
    image = functional.interpolate(picture.movedim(-1, 0)[None], (size, size), mode="bilinear", antialias=True)
    return image[0].movedim(0, -1)


@contextlib.contextmanager
def _first_interrupt() -> Iterator[threading.Event]:
    """An event that the first Ctrl-C sets; the second one interrupts as usual. Elsewhere than in the main thread,
    which alone may listen, nothing changes."""
    event = threading.Event()
    if threading.current_thread() is not threading.main_thread():
        yield event
        return
    before = signal.getsignal(signal.SIGINT)

    def note(number: int, frame: Any) -> None:
        event.set()
        signal.signal(signal.SIGINT, before)

    signal.signal(signal.SIGINT, note)
    try:
        yield event
    finally:
        signal.signal(signal.SIGINT, before)
