"""Real people in files: what validators, other libraries and a browser make of them."""

from __future__ import annotations

import json
import shutil
import subprocess

import numpy as np
import pygltflib
import pytest
import trimesh

from personify.body.posing import skin_parts
from personify.text.create import create

from .browser import CHROMIUM, open_browser
from .glb_checks import check_glb, posed_vertices
from .test_glb import SCRIPT, VALIDATOR

LOOKS = [
    "a woman in a long blue dress",
    "a man in a black suit and tie",
    "a knight in armour",
    "a little girl in a skirt",
]


@pytest.fixture(scope="module")
def glb_path(tmp_path_factory, lumberjack):
    return lumberjack.export(tmp_path_factory.mktemp("avatar") / "lumberjack.glb")


@pytest.mark.skipif(not shutil.which("node"), reason="node is not installed")
@pytest.mark.skipif(not VALIDATOR, reason="set PERSONIFY_GLTF_VALIDATOR to a folder with npm's gltf-validator")
def test_khronos_validator_is_content_with_every_outfit(tmp_path, glb_path):
    people = [create(look=look, motion="waving", preset="draft", texture_size=64) for look in LOOKS]
    paths = [avatar.export(tmp_path / f"{k}.glb") for k, avatar in enumerate(people)]
    command = ["node", str(SCRIPT), VALIDATOR, *map(str, [glb_path, *paths])]
    result = subprocess.run(command, capture_output=True, text=True, check=False)
    assert len(result.stdout.splitlines()) == 1 + len(LOOKS), result.stderr
    for line in result.stdout.splitlines():
        issues = json.loads(line)["issues"]
        assert (issues["numErrors"], issues["numWarnings"]) == (0, 0), issues["messages"]


def test_other_libraries_read_it(glb_path, lumberjack):
    check_glb(glb_path)
    assert set(trimesh.load(glb_path).geometry) == {part.name for part in lumberjack.parts}
    document = pygltflib.GLTF2().load(str(glb_path))
    assert len(document.skins[0].joints) == len(lumberjack.skeleton.joint_names)
    assert [animation.name for animation in document.animations] == [lumberjack.motions[0].name]


@pytest.mark.parametrize("share", [0.3, 0.8])
def test_players_move_the_skin_as_we_do(glb_path, lumberjack, share):
    animation = lumberjack.animate(lumberjack.motions[0])
    key = int(share * len(animation))
    theirs = posed_vertices(check_glb(glb_path), lumberjack.motions[0].name, key)
    for part, ours, other in zip(lumberjack.parts, animation[key], theirs, strict=True):
        distance = np.linalg.norm(ours - other, axis=1)
        assert distance.mean() < 1e-4, part.name


def test_faces_go_with_actions_here_and_in_the_file(glb_path, lumberjack):
    animation = lumberjack.animate(lumberjack.motions[0])
    half = len(animation) // 2
    smile = animation.expression(half)
    assert smile["mouthSmileLeft"] > 0.3
    assert max(animation.expression(0).values()) == 0
    skin = next(k for k, part in enumerate(lumberjack.parts) if "mouthSmileLeft" in part.morphs)
    serious = skin_parts(lumberjack.parts, animation.transforms(half))[skin]
    moved = np.linalg.norm(animation[half][skin] - serious, axis=1)
    assert moved.max() > 2e-3
    theirs = posed_vertices(check_glb(glb_path), lumberjack.motions[0].name, half)[skin]
    np.testing.assert_allclose(animation[half][skin][moved > 1e-3], theirs[moved > 1e-3], atol=1e-3)


@pytest.mark.skipif(CHROMIUM is None, reason="chromium is not installed")
def test_a_browser_shows_the_person_moving(tmp_path, lumberjack):
    path = lumberjack.export(tmp_path / "lumberjack.html")
    clip = lumberjack.motions[0].name
    with open_browser(tmp_path / "profile") as page:
        page.open(path)
        page.wait_for("document.body?.classList.contains('ready')")
        pictures = []
        for time in (0.2, 0.9):
            page.evaluate(f"location.hash = 'clip={clip}&time={time}'")
            page.wait_for_frames()
            pictures.append(page.screenshot())
        assert page.errors == []
    saturation = pictures[0].max(-1) - pictures[0].min(-1)
    assert (saturation > 60).mean() > 0.01  # a red shirt in a grey studio
    assert (np.abs(pictures[0] - pictures[1]).max(-1) > 12).mean() > 0.003
