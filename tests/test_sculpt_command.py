"""``personify create --sculpt``, ``recipes`` and ``ladder``: from words to files."""

import json
from dataclasses import replace

import pytest

from personify import cli
from personify.avatar import Avatar
from personify.errors import PersonifyError
from personify.produce import climb, produce
from personify.text import create
from personify.text.create import Preset
from personify.text.sculpt import presets

CHANGES = ("sculpt.steps=2", "sculpt.views=1", "sculpt.size=48")


@pytest.fixture(autouse=True)
def small(monkeypatch):
    monkeypatch.setattr(create, "PRESETS", {"draft": Preset(texture_size=64, candidates=4, evaluations=0)})


def test_words_nobody_could_read_are_sculpted(tmp_path, tiny_codebook, capsys):
    folder = tmp_path / "out"
    creation = produce(
        folder, recipe="lava-knight", preset="draft", sculpt="draft", size=32, change=(*CHANGES, "motion=bowing")
    )
    story = json.loads((folder / "manifest.json").read_text(encoding="utf-8"))
    assert (story["sculpted"]["steps"], story["motion"]["name"]) == (2, creation.motion.name)
    assert story["sculpted"]["prompts"]["full"] == "a knight made of glowing red lava"
    assert "sculpt" in [stage["name"] for stage in story["stages"]]
    assert {"checkpoint.safetensors", "process.mp4"} <= {path.name for path in (folder / "sculpt").iterdir()}
    avatar = Avatar.load(folder / "avatar.safetensors")
    assert avatar.export(tmp_path / "again.glb").read_bytes() == (folder / "avatar.glb").read_bytes()
    assert "the back of a knight made of glowing red lava" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"motion": "waving", "sculpt": "draft", "preset": "draft"}, "sculpt: there are no words about the person"),
        ({"look": "a man", "sculpt": "draft", "guide": "nowhere.safetensors"}, "nowhere.safetensors"),
        ({"recipe": "nobody"}, "recipe 'nobody'"),
        ({"look": "a man", "change": ("sculpt.colour=1",)}, "sculpt.colour is not known"),
    ],
)
def test_bad_input_leaves_nothing(tmp_path, options, message):
    with pytest.raises(PersonifyError, match=message):
        produce(tmp_path / "out", **options)
    assert list(tmp_path.iterdir()) == []


def test_recipes_are_listed(capsys):
    cli.main(["recipes"])
    assert {"firefighter", "golden-robot"} <= set(capsys.readouterr().out.split())


def test_the_ladder_is_one_command(tmp_path, monkeypatch, capsys):
    tiny = replace(presets.PRESETS["draft"], steps=1, views=1)
    monkeypatch.setattr(presets, "PRESETS", {"draft": tiny})
    climb("a man in a coat", tmp_path / "ladder")
    assert {path.name for path in (tmp_path / "ladder").iterdir()} == {"ladder.json", "ladder.md", "ladder.png"}
    assert "+ textureless" in capsys.readouterr().out.replace("texture-less", "textureless")
