"""From photos to files, with an untrained network: everything but the looks."""

import json
import os
import shutil
import subprocess
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

import personify
from personify import cli
from personify.errors import PersonifyError
from personify.motion.library import library_motion, library_names
from personify.photos.checkpoints import save_network
from personify.photos.reconstruct import reconstruct_with_story

from .pictures import figure_mask, toy_photo

VALIDATOR = os.environ.get("PERSONIFY_GLTF_VALIDATOR", "")
SCRIPT = Path(__file__).parents[2] / "tools/validate_glb.mjs"


@pytest.fixture(scope="module")
def weights(tmp_path_factory, small):
    path = tmp_path_factory.mktemp("weights") / "small.safetensors"
    save_network(small, path)
    return path


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    folder = tmp_path_factory.mktemp("photos")
    for k, size in enumerate([(120, 160), (200, 150)]):
        photo = toy_photo(size)
        photo.putalpha(Image.fromarray((figure_mask(photo) * 255).astype(np.uint8)))
        photo.save(folder / f"{k}.png")
    return folder


@pytest.fixture(scope="module")
def story(weights, folder):
    return reconstruct_with_story(folder, weights=weights, motion=library_motion(library_names()[0]))


def test_the_person_has_gaussians_a_mesh_and_a_story(story):
    assert story.avatar.parts == ()
    assert len(story.avatar.gaussians.validate()) > 100
    assert story.mesh.gaussians is None
    assert story.mesh.skeleton is story.avatar.skeleton
    assert story.avatar.provenance["made_from"] == ["0.png", "1.png"]
    assert set(story.seen) >= {"head", "torso", "left arm", "right foot"}
    assert [photo.method for photo in story.photos] == ["alpha", "alpha"]
    assert story.stance.viewmats.shape == (2, 4, 4)


@pytest.mark.skipif(not shutil.which("node"), reason="node is not installed")
@pytest.mark.skipif(not VALIDATOR, reason="set PERSONIFY_GLTF_VALIDATOR to a folder with npm's gltf-validator")
def test_khronos_validator_is_content(story, tmp_path):
    path = story.mesh.export(tmp_path / "person.glb")
    result = subprocess.run(["node", str(SCRIPT), VALIDATOR, str(path)], capture_output=True, text=True, check=False)
    issues = json.loads(result.stdout)["issues"]
    assert (issues["numErrors"], issues["numWarnings"]) == (0, 0), issues["messages"]


def test_one_command_writes_everything(weights, folder, tmp_path, capsys):
    output = tmp_path / "out"
    arguments = ["reconstruct", str(folder), "--weights", str(weights), "--size", "48", "-o", str(output)]
    cli.main([*arguments, "--motion", "wave"])
    assert {file.name for file in output.iterdir()} == {
        "avatar.glb", "avatar.html", "avatar.mp4", "avatar.safetensors", "manifest.json", "masks.png",
        "mesh.safetensors", "overlays.png", "splats.ply", "views.png",
    }  # fmt: skip
    told = json.loads((output / "manifest.json").read_text())
    assert [photo["mask"] for photo in told["photos"]] == ["alpha", "alpha"]
    assert "the rest" in capsys.readouterr().out
    assert len(personify.load(output / "avatar.safetensors").motions) == 1


def test_same_photos_same_bytes(weights, folder, tmp_path, story):
    again = reconstruct_with_story(folder, weights=weights, motion=story.avatar.motions[0])
    first, second = (one.avatar.save(tmp_path / f"{k}.safetensors") for k, one in enumerate((story, again)))
    assert first.read_bytes() == second.read_bytes()


def test_masks_come_from_a_folder(weights, folder, tmp_path):
    toy_photo().save(tmp_path / "a.jpg")
    masks = tmp_path / "masks"
    masks.mkdir()
    with pytest.raises(PersonifyError, match=r"no mask for a.jpg; expected a.png"):
        reconstruct_with_story(tmp_path / "a.jpg", masks=masks, weights=weights)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["{folder}", "--size", "2"], "expected 16 to 4096"),
        (["{folder}", "--box", "1", "1", "9", "9"], "one for each"),
        (["{folder}/nobody.png"], "no such file"),
        (["{folder}", "--weights", "{folder}/0.png"], "weights"),
    ],
)
def test_bad_arguments_are_told_in_one_line(folder, tmp_path, capsys, arguments, message):
    words = [word.format(folder=folder) for word in arguments]
    with pytest.raises(SystemExit) as caught:
        cli.main(["reconstruct", *words, "-o", str(tmp_path / "out")])
    error = capsys.readouterr().err
    assert caught.value.code == 2
    assert message in error
    assert len(error.splitlines()) == 1
    assert not (tmp_path / "out").exists()
