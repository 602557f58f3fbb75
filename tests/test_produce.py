"""``personify create`` from words to files, offline; and folders that are written whole or not at all."""

import json

import imageio.v3 as imageio
import numpy as np
import pytest

from personify.avatar import Avatar
from personify.errors import PersonifyError
from personify.files import ASSETS, sha256
from personify.motion.files import write_motion
from personify.motion.select import motion_from_text
from personify.produce import motion_of, produce, whole_folder, write_performance
from personify.show import FPS, TURN_SECONDS, film_length

SIZE = 64
FILES = {"avatar.glb", "avatar.html", "avatar.mp4", "avatar.safetensors", "manifest.json", "views.png"}


@pytest.fixture(scope="module")
def run(tmp_path_factory, no_network, tiny_codebook):
    folder = tmp_path_factory.mktemp("out") / "new folder" / "knight"
    text = "a tall man in a green coat holding a sword, waving"
    return produce(folder, text=text, seed=5, preset="draft", size=SIZE), folder


@pytest.fixture(scope="module")
def story(run):
    return json.loads((run[1] / "manifest.json").read_text(encoding="utf-8"))


def test_all_files_are_there_and_nothing_else(run):
    _, folder = run
    assert {path.name for path in folder.iterdir()} == FILES
    assert list(folder.parent.iterdir()) == [folder]


def test_manifest_tells_the_run(story):
    assert story["texts"]["motion"] == "waving"
    assert "green coat" in story["texts"]["look"]
    assert (story["seed"], story["preset"]) == (5, "draft")
    assert any("green" in line for line in story["understood"])
    assert any("sword" in phrase for phrase in story["not_understood"])
    assert set(story["scores"]) == {"end"}  # clothes were named, so nothing was searched, but the result is scored
    assert {stage["name"] for stage in story["stages"]} == {"read", "search", "dress", "export", "pictures", "film"}
    assert all(stage["seconds"] >= 0 and 0 < stage["peak_megabytes"] < 2500 for stage in story["stages"])
    assert "CC0" in story["licences"]["body"]
    assert story["licences"]["motion"] == story["motion"]["licence"] != ""


def test_manifest_hashes_match(run, story):
    hashes = story["assets"]
    assert {"avatar.glb", "avatar.mp4", "body.safetensors"} <= set(hashes)
    for name, digest in hashes.items():
        assert digest == sha256((run[1] if name in FILES else ASSETS) / name)


def test_saved_avatar_exports_the_same_bytes(run, tmp_path):
    _, folder = run
    again = Avatar.load(folder / "avatar.safetensors")
    assert again.export(tmp_path / "again.glb").read_bytes() == (folder / "avatar.glb").read_bytes()
    assert again.export(tmp_path / "again.html").read_bytes() == (folder / "avatar.html").read_bytes()


def test_film_and_views_have_the_promised_size(run):
    creation, folder = run
    frames = imageio.imread(folder / "avatar.mp4", plugin="FFMPEG")
    expected = round(TURN_SECONDS * FPS) + len(film_length(creation.motion).rotations)
    assert frames.shape == (expected, SIZE, SIZE, 3)
    assert np.abs(frames[0].astype(int) - frames[30]).mean() > 1  # the person turns
    views = imageio.imread(folder / "views.png")
    assert views.shape[1] >= 4 * SIZE
    assert views.shape[0] >= SIZE


@pytest.mark.parametrize("size", [15, 4097, -1])
def test_size_out_of_range(tmp_path, size):
    with pytest.raises(PersonifyError, match="size"):
        produce(tmp_path / "out", look="a man", size=size)
    assert list(tmp_path.iterdir()) == []


def test_a_failure_leaves_the_old_files_and_no_temporary_ones(tmp_path):
    with whole_folder(tmp_path / "out") as folder:
        (folder / "a.txt").write_text("old")
    with pytest.raises(FileNotFoundError), whole_folder(tmp_path / "out") as folder:
        (folder / "a.txt").rename(folder / "missing folder" / "a.txt")
    assert [path.name for path in tmp_path.iterdir()] == ["out"]
    assert (tmp_path / "out/a.txt").read_text() == "old"


def test_a_folder_where_a_file_should_go(tmp_path):
    (tmp_path / "out/b.txt").mkdir(parents=True)
    with pytest.raises(PersonifyError, match=r"b\.txt: is a folder"), whole_folder(tmp_path / "out") as folder:
        (folder / "b.txt").write_text("new")
    assert [path.name for path in (tmp_path / "out").iterdir()] == ["b.txt"]


def test_a_motion_is_words_or_a_file(tmp_path):
    wave = motion_from_text("waving").motion
    write_motion(wave, tmp_path / "wave.npz")
    assert np.array_equal(motion_of(str(tmp_path / "wave.npz")).rotations, wave.rotations)
    assert np.array_equal(motion_of("waving").rotations, wave.rotations)
    with pytest.raises(PersonifyError, match=r"none\.bvh: no such file"):
        motion_of("none.bvh")


def test_a_performance_as_glb(tmp_path, lumberjack):
    write_performance(lumberjack, motion_of("marching"), tmp_path / "march.glb")
    assert b'"march' in (tmp_path / "march.glb").read_bytes()
