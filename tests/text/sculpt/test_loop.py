"""A run of sculpting: it follows its guide, keeps what it must not touch, and goes on after any end without a trace."""

import dataclasses
import os
import signal
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file

from personify.errors import PersonifyError
from personify.text.sculpt.presets import LADDER, PRESETS, SculptPreset, find_preset, ladder
from personify.text.sculpt.restraint import free_parts, garment_of

from . import sitters

ROOT = Path(__file__).parents[3]


@pytest.fixture(scope="module")
def whole():
    run = sitters.sculptor()
    assert run.run()
    return sitters.state(run)


def same(run, expected):
    return all(torch.equal(value, expected[name]) for name, value in run.field.state_dict().items())


def test_same_seed_same_bits_other_seed_others(whole):
    again, other = sitters.sculptor(), sitters.sculptor(seed=4)
    again.run()
    other.run()
    assert same(again, whole)
    assert not same(other, whole)


def test_the_guide_is_followed():
    """Where bright pictures please, the coat grows brighter and paler, and nothing else does."""
    preset = replace(
        sitters.TINY, steps=60, views=1, augment=False, textureless=False, part_prompts=False, weights={"guide": 1.0}
    )
    run = sitters.sculptor(preset)
    target = torch.tensor([0.95, 0.95, 0.95])
    run.guide.loss = lambda images, parts: (images - target).square().mean((1, 2, 3))
    first = run.step()["guide"]
    run.run()
    shades = run.field.shades.detach()
    assert run.step()["guide"] < first
    assert shades[1, 0] > 0.3
    assert shades[1, 1] < 0
    assert torch.equal(shades[[0, 2]], torch.zeros(2, 2))  # skin is frozen, buttons keep their colour


def test_frozen_parts_keep_every_bit():
    run = sitters.sculptor()
    run.run()
    before, after = run.solid.parts, run.field.sculpted_parts()
    for old, new in zip(before, after, strict=True):
        moved = not torch.equal(torch.from_numpy(old.vertices), torch.from_numpy(new.vertices))
        painted = (old.material.texture != new.material.texture).any()
        assert (bool(moved), bool(painted)) == {
            "skin": (False, False), "coat": (True, True), "coat buttons": (True, False),
        }[old.name]  # fmt: skip


def test_killed_runs_go_on_without_a_trace(whole, tmp_path):
    command = [sys.executable, "-m", "tests.text.sculpt.sitters", str(tmp_path), "3"]
    environment = {**os.environ, "PYTHONPATH": f"{ROOT / 'src'}{os.pathsep}{ROOT}"}
    ended = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True)
    assert ended.returncode == -signal.SIGKILL, ended.stderr.decode()
    run = sitters.sculptor()
    run.load(tmp_path / "checkpoint.safetensors")
    assert run.done == 2  # the third step was lost with the process
    run.run()
    assert same(run, whole)


def test_an_interrupt_keeps_what_is_done(whole, tmp_path):
    run = sitters.sculptor()
    path = tmp_path / "checkpoint.safetensors"
    finished = run.run(path, lambda progress: os.kill(os.getpid(), signal.SIGINT) if progress.done == 1 else None)
    assert not finished
    assert run.done == 1
    again = sitters.sculptor()
    again.load(path)
    assert again.run()
    assert same(again, whole)


def test_progress_tells_steps_terms_and_time():
    seen = []
    sitters.sculptor().run(watch=seen.append)
    assert [progress.done for progress in seen] == [0, 1, 2, 3, 4]
    assert set(seen[-1].terms) == {"guide", "textureless", "offset", "bend", "color", "palette", "shade"}
    assert 0 <= seen[-1].terms["guide"] <= 2
    assert seen[-1].seconds_left == 0 < seen[1].seconds_left


def test_rates_end_where_the_run_ends():
    run = sitters.sculptor(replace(sitters.TINY, steps=12, warm_up=3))
    rates = []
    run.run(watch=lambda progress: rates.append(run.optimizer.param_groups[0]["lr"]))
    assert max(rates) == pytest.approx(run._peaks[0])
    assert rates[-1] == pytest.approx(0.05 * run._peaks[0])


@pytest.mark.parametrize("change", ["words", "seed", "steps"])
def test_checkpoints_of_another_run_are_refused(tmp_path, change):
    path = tmp_path / "checkpoint.safetensors"
    sitters.sculptor().save(path)
    other = {
        "words": lambda: sitters.sculptor(look="a man"),
        "seed": lambda: sitters.sculptor(seed=9),
        "steps": lambda: sitters.sculptor(replace(sitters.TINY, steps=5)),
    }[change]()
    with pytest.raises(
        PersonifyError, match=r"is of another run \('a ball in a yellow coat', surface, 4 steps, seed 3\)"
    ):
        other.load(path)


def test_damaged_checkpoints_are_named(tmp_path):
    path = tmp_path / "checkpoint.safetensors"
    path.write_bytes(b"nonsense")
    with pytest.raises(PersonifyError, match="not a readable checkpoint"):
        sitters.sculptor().load(path)


def test_checkpoints_hold_plain_tensors(tmp_path):
    run = sitters.sculptor()
    run.run(tmp_path / "checkpoint.safetensors")
    names = set(load_file(tmp_path / "checkpoint.safetensors"))
    assert {"field.heights", "field.part_tints", "generator", "optimizer.0.exp_avg"} <= names


def test_garments_that_were_named_are_free():
    parts = sitters.avatar().parts
    assert garment_of("suit jacket buttons") == "suit jacket"
    assert garment_of("hair") is None
    assert free_parts(parts, {}) == {"coat", "coat buttons"}
    assert free_parts(parts, {"outer.color": "red"}) == {"coat", "coat buttons"}
    assert free_parts(parts, {"feet.kind": "boots"}) == {"coat", "coat buttons"}  # nothing of it is worn


def test_the_ladder_switches_one_thing_after_the_other():
    levels = list(ladder(PRESETS["paper"]).values())
    names = LADDER[-1][1]
    on = [sum(getattr(level, name) for name in names) for level in levels]
    assert on == [0, 1, 2, 3, 4]
    assert all(dataclasses.replace(level, **dict.fromkeys(names, True)) == levels[-1] for level in levels)


def test_without_switches_pictures_are_flat_on_black():
    level0 = next(iter(ladder(sitters.TINY).values()))
    run = sitters.sculptor(replace(level0, weights={"guide": 1.0, "textureless": 1.0}))
    seen = []
    run.guide.loss = lambda images, parts: seen.append((images, parts)) or images.mean((1, 2, 3))
    assert set(run.step()) == {"guide"}
    images, parts = seen[0]
    assert set(parts) == {"full"}
    assert float(images[:, 0, 0].abs().max()) == 0


def test_unknown_presets_are_named():
    with pytest.raises(
        PersonifyError, match="preset 'best' is not known; expected one of draft, standard, high, paper"
    ):
        find_preset("best")
    assert all(isinstance(preset, SculptPreset) for preset in PRESETS.values())


def test_hues_do_not_drift():
    field = sitters.sculptor().field
    with torch.no_grad():
        field.shades.copy_(torch.tensor([[0.3, 0.4]]).expand_as(field.shades))
        before, after = field.part_logits, field.part_logits + field._changes()
    chroma = [logits - logits.mean(1, keepdim=True) for logits in (before, after)]
    assert torch.allclose(chroma[1], 1.4 * chroma[0], atol=1e-5)  # more saturated, of the same hue
    assert torch.allclose((after - before).mean(1), torch.full((3,), 0.3), atol=1e-5)  # and brighter
