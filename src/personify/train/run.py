"""From a folder of people to weights: stages chained in one call, each continued where a killed run stopped."""

from __future__ import annotations

import functools
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from PIL import Image
from torch.utils.data import DataLoader, Sampler

from personify.data.people import people_files
from personify.data.record import PersonRecord
from personify.determinism import deterministic
from personify.errors import PersonifyError
from personify.files import atomic_path
from personify.photos.checkpoints import load_network, save_network
from personify.photos.network import PhotoNetwork, build
from personify.photos.template import Template, body_template
from personify.train.batches import TrainingBatches
from personify.train.figures import principal_displacements
from personify.train.panels import panel
from personify.train.presets import Stage, TrainingPreset
from personify.train.targets import KnownPerson, know

try:
    import lightning
    from lightning.pytorch.callbacks import Callback, ModelCheckpoint

    from personify.train.module import PhotoTraining
except ModuleNotFoundError as error:
    if (error.name or "").split(".")[0] != "lightning":
        raise
    raise PersonifyError("training needs Lightning; pip install 'personify[train]'") from error

WEIGHTS = "weights.safetensors"


@dataclass(frozen=True)
class Folder:
    """A folder of person records and how often batches come from it.

    Attributes:
        path: of the folder.
        weight: relative to the other folders.
        limit: use only the first so many people; None uses all.
    """

    path: Path
    weight: float = 1.0
    limit: int | None = None

    def people(self, template: Template) -> list[KnownPerson]:
        """Everybody in the folder, on a template.

        Raises:
            PersonifyError: the folder has no records.
        """
        files = people_files(self.path)[: self.limit]
        if not files:
            raise PersonifyError(f"{self.path}: no people; make some with tools/photos_data.py --out {self.path}")
        return [know(PersonRecord.load(file), template) for file in files]


class PhotoData(lightning.LightningDataModule):
    """Batches of one stage; a resumed run starts with the batch after the last one it finished."""

    def __init__(self, folders: Sequence[Folder], template: Template, stage: Stage, seed: int) -> None:
        super().__init__()
        self.folders, self.template, self.stage, self.seed = folders, template, stage, seed

    @functools.cached_property
    def people(self) -> list[list[KnownPerson]]:
        """Everybody, folder by folder."""
        return [folder.people(self.template) for folder in self.folders]

    def batches(self, rank: int = 0) -> TrainingBatches:
        """All batches of the stage for one process."""
        odds = [folder.weight for folder in self.folders]
        return TrainingBatches(
            self.people, odds, self.stage.sampling, self.template, self.stage.steps, self.seed, rank
        )  # fmt: skip

    def train_dataloader(self) -> DataLoader[Any]:
        assert self.trainer is not None
        batches = self.batches(self.trainer.global_rank)
        return DataLoader(batches, batch_size=None, sampler=_StepsFrom(self.trainer.global_step, len(batches)))


class _StepsFrom(Sampler[int]):
    """Steps from ``start`` on; its length is that of the whole run, which is what Lightning counts."""

    def __init__(self, start: int, steps: int) -> None:
        self.start, self.steps = start, steps

    def __len__(self) -> int:
        return self.steps

    def __iter__(self) -> Any:
        return iter(range(self.start, self.steps))


class Panels(Callback):
    """Writes ``panels/000500.png`` and so on, with the averaged weights, always of the same people."""

    def __init__(self, folder: Path, data: PhotoData, every: int) -> None:
        self.folder, self.data, self.every = folder, data, every

    def on_train_batch_end(self, trainer: Any, module: Any, *_: Any) -> None:
        if trainer.is_global_zero and trainer.global_step % self.every == 0:
            batch = self.data.batches()[0].to(module.device)
            network = module.average.module.eval()
            picture = panel(network, batch, module.template.to(module.device))
            with atomic_path(self.folder / f"{trainer.global_step:06d}.png") as temporary:
                Image.fromarray(picture).save(temporary)


def train(
    preset: TrainingPreset,
    folders: Sequence[Folder],
    out: Path | str,
    seed: int = 0,
    start: Path | str | None = None,
    every: int = 250,
    **trainer: Any,
) -> Path:
    """Run all stages; call it again with the same arguments to go on after an interruption.

    Args:
        preset: what to train and how.
        folders: of people.
        out: a folder for checkpoints, panels, logs and the weights of every stage.
        seed: of the network and the batches.
        start: weights to begin with, instead of fresh ones.
        every: steps between checkpoints and panels.
        trainer: further arguments of `lightning.Trainer`, e.g. ``devices=2``.

    Returns:
        The weights of the last stage, ``OUT/weights.safetensors``.

    Raises:
        PersonifyError: no people, or ``start`` is of another configuration.
    """
    out = Path(out)
    weights = Path(start) if start else None
    for index, stage in enumerate(preset.stages):
        folder = out / f"stage-{index + 1}-{stage.sampling.image_size}px"
        finished = folder / WEIGHTS
        if not finished.exists():
            network = _network(preset, stage, weights, seed)
            save_network(
                _run_stage(network, preset, stage, folders, folder, seed + index, every, trainer), finished, half=False
            )
        weights = finished
    assert weights is not None
    save_network(load_network(weights), out / WEIGHTS)
    return out / WEIGHTS


def _network(preset: TrainingPreset, stage: Stage, weights: Path | None, seed: int) -> PhotoNetwork:
    size = (stage.template_size, stage.template_size)
    if weights is None:
        return build(replace(preset.network, template_size=size), seed)
    network = load_network(weights)
    if replace(network.config, template_size=preset.network.template_size) != preset.network:
        raise PersonifyError(f"{weights}: weights of another configuration; expected those of this preset's network")
    network.resize_template(size)
    return network.train()


def _run_stage(
    network: PhotoNetwork,
    preset: TrainingPreset,
    stage: Stage,
    folders: Sequence[Folder],
    folder: Path,
    seed: int,
    every: int,
    options: dict[str, Any],
) -> PhotoNetwork:
    """Train one stage to its end and return the averaged network."""
    template = body_template(stage.template_size)
    data = PhotoData(folders, template, stage, seed)
    if network.figure is not None and not network.figure.learnt:
        people = [person for folder in data.people for person in folder]
        network.figure.learn(*principal_displacements(people, template, network.config.figure))
    module = PhotoTraining(network, template, preset, stage)
    checkpoint = ModelCheckpoint(folder, "checkpoint", every_n_train_steps=every, enable_version_counter=False)
    defaults: dict[str, Any] = {
        "max_steps": stage.steps, "precision": preset.precision, "gradient_clip_val": preset.clip,
        "default_root_dir": folder, "enable_progress_bar": False, "enable_model_summary": False,
        "use_distributed_sampler": False, "log_every_n_steps": 20, "accelerator": "auto", "devices": 1,
        "callbacks": [checkpoint, Panels(folder / "panels", data, every)],
    }  # fmt: skip
    trainer = lightning.Trainer(**(defaults | options))
    last = folder / "checkpoint.ckpt"
    with deterministic():
        trainer.fit(module, data, ckpt_path=last if last.exists() else None)
    averaged = module.average.module
    assert isinstance(averaged, PhotoNetwork)
    return averaged
