"""Training as a whole: it learns, it goes on exactly where it was killed, it runs on two processes."""

import importlib
import itertools
import sys
from dataclasses import replace

import numpy as np
import pytest
import torch
from PIL import Image

from personify.errors import PersonifyError
from personify.files import sha256
from personify.photos.checkpoints import load_network
from personify.photos.network import build
from personify.photos.template import body_template
from personify.train import run
from personify.train.batches import Sampling
from personify.train.module import PhotoTraining, rate_factor
from personify.train.presets import PRESETS, STEM, Stage
from personify.train.run import Folder, train

QUIET = {"accelerator": "cpu", "logger": False}


def stages_done(out):
    return sorted(path.parent.name for path in out.glob("*/weights.safetensors"))


@pytest.fixture
def finished(folder, preset, tmp_path):
    out = tmp_path / "whole"
    train(preset, [Folder(folder)], out, every=2, **QUIET)
    return out


def test_stages_follow_each_other(finished, preset):
    assert stages_done(finished) == ["stage-1-32px", "stage-2-40px"]
    network = load_network(finished / "weights.safetensors")
    assert network.config == replace(preset.network, template_size=(40, 40))
    first = load_network(finished / "stage-1-32px" / "weights.safetensors")
    near = (network.encoder.patch_embed.weight - first.encoder.patch_embed.weight).abs().max()
    fresh = (network.encoder.patch_embed.weight - build(network.config, seed=9).encoder.patch_embed.weight).abs().max()
    assert near < 0.3 * fresh


def test_panels_show_people(finished):
    pictures = sorted((finished / "stage-1-32px" / "panels").glob("*.png"))
    assert [picture.stem for picture in pictures] == ["000002", "000004", "000006"]
    picture = np.asarray(Image.open(pictures[-1]))
    assert picture.shape[0] == 2 * 32
    assert picture.shape[1] % 32 == 0
    assert picture.std() > 10


@pytest.mark.parametrize("killed_after", [3, 4])
def test_a_killed_run_ends_with_the_same_bytes(finished, folder, preset, tmp_path, monkeypatch, killed_after):
    step = PhotoTraining.training_step

    def fails(self, batch, index):
        if self.trainer.global_step == killed_after:
            raise RuntimeError("killed")
        return step(self, batch, index)

    out = tmp_path / "resumed"
    with monkeypatch.context() as patch:
        patch.setattr(PhotoTraining, "training_step", fails)
        with pytest.raises(RuntimeError, match="killed"):
            train(preset, [Folder(folder)], out, every=2, **QUIET)
    assert stages_done(out) == []
    train(preset, [Folder(folder)], out, every=2, **QUIET)
    assert sha256(out / "weights.safetensors") == sha256(finished / "weights.safetensors")


def test_a_finished_stage_is_not_repeated(finished, folder, preset, monkeypatch):
    monkeypatch.setattr(run, "_run_stage", None)
    train(preset, [Folder(folder)], finished)


def test_two_processes_learn_the_same_weights(folder, preset, tmp_path):
    short = replace(preset, stages=preset.stages[:1]).shortened(0.5)
    out = train(short, [Folder(folder)], tmp_path, devices=2, strategy="ddp_spawn", **QUIET)
    assert all(value.isfinite().all() for value in load_network(out).state_dict().values())
    alone = train(short, [Folder(folder)], tmp_path / "alone", **QUIET)
    assert sha256(out) != sha256(alone)  # the second process saw other batches


@pytest.fixture
def stemmed(preset):
    """The stem alone, then everything else."""
    network = replace(preset.network, stem_widths=(8, 16), figure=2, guided=True)
    first, second = preset.stages[0], preset.stages[0]
    alone = replace(first, sampling=replace(first.sampling, view_odds=(1.0,)), trains=STEM)
    return replace(
        preset, network=network, stages=(alone, replace(second, sampling=replace(second.sampling, image_size=40)))
    )


def test_the_stem_learns_first_and_then_stays(folder, stemmed, tmp_path):
    last = load_network(train(stemmed, [Folder(folder)], tmp_path, **QUIET)).state_dict()
    first = load_network(tmp_path / "stage-1-32px" / "weights.safetensors").state_dict()
    start = build(replace(stemmed.network, template_size=(32, 32)), 0).state_dict()
    for name in first:
        learnt, kept = not torch.equal(first[name], start[name]), torch.allclose(last[name], first[name], atol=1e-3)
        assert (learnt, kept) == (True, True) if name.startswith("stem.") else not learnt, name
    assert any(not torch.allclose(last[name], first[name], atol=1e-3) for name in last if name.startswith("atlas."))


def test_a_killed_stem_ends_with_the_same_bytes(folder, stemmed, tmp_path, monkeypatch):
    alone = replace(stemmed, stages=stemmed.stages[:1])
    whole = train(alone, [Folder(folder)], tmp_path / "whole", every=2, **QUIET)
    step = PhotoTraining.training_step

    def fails(self, batch, index):
        if self.trainer.global_step == 3:
            raise RuntimeError("killed")
        return step(self, batch, index)

    with monkeypatch.context() as patch:
        patch.setattr(PhotoTraining, "training_step", fails)
        with pytest.raises(RuntimeError, match="killed"):
            train(alone, [Folder(folder)], tmp_path / "resumed", every=2, **QUIET)
    assert sha256(train(alone, [Folder(folder)], tmp_path / "resumed", every=2, **QUIET)) == sha256(whole)


@pytest.mark.parametrize("trains", [STEM, r"(?!stem\.)"])
def test_training_lowers_every_loss(folder, stemmed, tmp_path, trains):
    """Two hundred small steps; single batches vary, so the first and last quarter are compared."""
    history = []
    log_dict = PhotoTraining.log_dict
    stage = Stage(Sampling(2, 32, (1.0,), 1), 32, steps=200, learning_rate=3e-3, warmup=20, trains=trains)

    def remember(self, values, **options):
        history.append({name: float(value) for name, value in values.items()})
        log_dict(self, values, **options)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(PhotoTraining, "log_dict", remember)
        train(replace(stemmed, stages=(stage,)), [Folder(folder)], tmp_path, every=1000, **QUIET)
    for name in history[0]:
        values = [terms[name] for terms in history]
        assert np.mean(values[-50:]) < np.mean(values[:50]), name


def test_without_lightning(monkeypatch):
    monkeypatch.setitem(sys.modules, "lightning", None)
    monkeypatch.delitem(sys.modules, "personify.train.run")
    with pytest.raises(PersonifyError, match=r"pip install 'personify\[train\]'"):
        importlib.import_module("personify.train.run")


def test_no_people(preset, tmp_path):
    with pytest.raises(PersonifyError, match=r"no people; make some with tools/photos_data\.py"):
        train(preset, [Folder(tmp_path)], tmp_path / "out")


def test_starting_from_other_weights(finished, preset, folder, tmp_path):
    other = replace(preset, network=replace(preset.network, head_width=12))
    with pytest.raises(PersonifyError, match="weights of another configuration"):
        train(other, [Folder(folder)], tmp_path / "other", start=finished / "weights.safetensors")


def test_the_rate_ends_with_the_run():
    rates = [rate_factor(step, 5, 50) for step in range(51)]
    assert rates[:5] == [0.2, 0.4, 0.6, 0.8, 1.0]
    assert all(later <= earlier for earlier, later in itertools.pairwise(rates[5:]))
    assert rates[-1] == 0


@pytest.mark.parametrize("name", PRESETS)
def test_presets_fit_their_network(name):
    preset = PRESETS[name]
    assert list(preset.stages) == sorted(preset.stages, key=lambda stage: stage.sampling.image_size)
    for stage in preset.stages:
        assert stage.template_size % preset.network.patch_size == 0
        assert stage.sampling.image_size % preset.network.patch_size == 0
        assert stage.warmup < stage.steps
        assert sum(stage.sampling.view_odds) == pytest.approx(1)


def test_people_can_be_limited(folder):
    template = body_template(32)
    assert len(Folder(folder, limit=1).people(template)) == 1
    assert torch.equal(template.mask, body_template(32).mask)
