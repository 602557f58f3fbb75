"""What a run leaves behind, from a dressed person to files; and the palette that open garments try first."""

import json
from dataclasses import replace

import imageio.v3 as imageio
import numpy as np
import pytest
import torch

from personify.errors import PersonifyError
from personify.text.sculpt.ablation import run_ladder
from personify.text.sculpt.avatar import make_sculptor, sculpt
from personify.text.sculpt.palette import BRIGHTER, search_colors, search_shades
from personify.text.sculpt.presets import PRESETS
from personify.text.sculpt.record import film_speed, write_process_film
from personify.text.sculpt.restraint import colored_parts
from personify.wardrobe.vocabulary import COLORS

from . import sitters


@pytest.fixture(scope="module")
def done(tmp_path_factory):
    folder = tmp_path_factory.mktemp("sculpt")
    result = sculpt(sitters.avatar(), sitters.LOOK, sitters.TINY, guide=sitters.guide(), seed=3, folder=folder)
    return result, folder


def test_the_folder_of_a_run(done):
    result, folder = done
    assert result.finished
    assert (result.steps, result.prompts["back"]) == (4, "the back of a ball in a yellow coat")
    names = {path.name for path in folder.iterdir()}
    assert {"checkpoint.safetensors", "preview.png", "process.mp4", "stills", "views.png"} <= names
    stills = sorted((folder / "stills").iterdir())
    assert [still.stem for still in stills] == ["000000", "000001", "000002", "000003", "000004"]
    assert (folder / "preview.png").read_bytes() == stills[-1].read_bytes() != stills[0].read_bytes()
    assert imageio.imread(folder / "process.mp4", plugin="FFMPEG").shape == (5, 256, 512, 3)


def test_scalars_are_written_with_the_extra(done):
    reader = pytest.importorskip("tensorboard.backend.event_processing.event_accumulator")
    events = reader.EventAccumulator(str(done[1] / "logs")).Reload()
    assert [event.step for event in events.Scalars("loss/guide")] == [1, 2, 3, 4]


def test_the_avatar_knows_how_it_was_made(done):
    avatar = done[0].avatar
    story = avatar.provenance["sculpted"]
    assert (story["look"], story["steps"], story["guide"]) == (sitters.LOOK, 4, "personify-small-test")
    assert [part.name for part in avatar.parts] == ["skin", "coat", "coat buttons"]


def test_a_finished_run_is_resumed_to_the_same_avatar(done, tmp_path):
    result, folder = done
    options = {"guide": sitters.guide(), "seed": 3, "folder": folder, "resume": True}
    again = sculpt(sitters.avatar(), sitters.LOOK, sitters.TINY, **options)
    assert again.steps == 4
    files = [run.avatar.export(tmp_path / f"{k}.glb").read_bytes() for k, run in enumerate((result, again))]
    assert files[0] == files[1]


def test_film_speed_follows_the_tutorial(tmp_path):
    assert (film_speed(150), film_speed(600), film_speed(9000)) == (10, 40, 60)
    with pytest.raises(PersonifyError, match="has no stills"):
        write_process_film(tmp_path, tmp_path / "film.mp4")


def test_open_garments_try_every_color():
    run = make_sculptor(sitters.avatar(), sitters.LOOK, sitters.TINY, sitters.guide())
    magenta = torch.tensor(COLORS["magenta"])
    run.guide.loss = lambda images, parts: (images[:, 14:18, 20:24].mean((1, 2)) - 0.9 * magenta).square().sum(-1)
    assert search_colors(run, {"coat", "skin"}, margin=0.0) == {"coat": "magenta"}
    assert torch.allclose(run.field.mean_color(1).detach(), magenta, atol=0.1)
    assert torch.equal(run.field.part_tints[0], torch.zeros(3))
    assert search_colors(run, set()) == {}


def test_garments_try_a_few_shades():
    run = make_sculptor(sitters.avatar(), sitters.LOOK, sitters.TINY, sitters.guide())
    run.guide.loss = lambda images, parts: images[:, 14:18, 20:24].mean((1, 2, 3))  # the darker the better
    search_shades(run)
    assert run.field.shades[1, 0] == min(BRIGHTER)
    assert torch.equal(run.field.shades[[0, 2]], torch.zeros(2, 2))
    run.guide.loss = lambda images, parts: torch.zeros(len(images))
    again = make_sculptor(sitters.avatar(), sitters.LOOK, sitters.TINY, sitters.guide())
    again.guide.loss = run.guide.loss
    search_shades(again)
    assert not again.field.shades.any()  # without a gain nothing changes


def test_said_colors_are_not_searched():
    parts = sitters.avatar().parts
    assert colored_parts(parts, {"outer.color": "red"}) == {"coat", "coat buttons"}
    assert colored_parts(parts, {"outer.kind": "coat"}) == set()


def test_the_ladder_leaves_a_table_and_a_sheet(tmp_path):
    rows = []
    preset = replace(sitters.TINY, steps=2, views=1)
    table = run_ladder(
        sitters.avatar(), "a man in a coat", preset, tmp_path, sitters.guide(), size=24,
        report=lambda level, row: rows.append(level),
    )  # fmt: skip
    assert (
        rows
        == list(table)
        == ["start", "colours alone", "+ backgrounds", "+ texture-less", "+ shading", "+ part prompts"]
    )
    assert json.loads((tmp_path / "ladder.json").read_text())["levels"] == table
    assert (tmp_path / "ladder.md").read_text().count("\n") == 8
    assert imageio.imread(tmp_path / "ladder.png").shape[1] > 4 * 24
    assert table["start"]["brightness"] != table["colours alone"]["brightness"]
    assert all(np.isfinite(value) for row in table.values() for value in row.values())


def test_a_volumetric_field_ends_as_one_skinned_mesh():
    preset = replace(
        PRESETS["high"], steps=1, size=24, views=1, fit_steps=60, max_rays=300, mesh_resolution=40, mesh_faces=2000,
        texture_size=64,
    )  # fmt: skip
    result = sculpt(sitters.avatar(), "a man in a coat", preset, guide=sitters.guide())
    (part,) = result.avatar.parts
    assert part.name == "sculpture"
    assert 100 < len(part.faces) <= 2000
    radius = np.linalg.norm(part.vertices - [0, 1, 0], axis=1)
    assert 0.25 < np.median(radius) < 0.4


def test_published_cameras_and_losses_run():
    weights = PRESETS["paper"].weights
    preset = replace(PRESETS["paper"], field="hash grid", steps=4, size=24, fit_steps=20, max_rays=200)
    run = make_sculptor(sitters.avatar(), "a man in a coat", preset, sitters.guide())
    assert set(run.step()) == set(weights)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"look": " "}, "look: is empty"),
        ({"preset": "best"}, "preset 'best' is not known"),
        ({"preset": replace(sitters.TINY, field="clay")}, "field 'clay' is not known"),
        ({"parts": {"hat"}}, "part 'hat' is none of the avatar's: coat, coat buttons, skin"),
        ({"guide": "nowhere.safetensors"}, "nowhere.safetensors"),
    ],
)
def test_bad_input_is_named(options, message):
    options = {"look": "a man", "preset": sitters.TINY, "guide": sitters.guide(), **options}
    with pytest.raises(PersonifyError, match=message):
        sculpt(sitters.avatar(), **options)
