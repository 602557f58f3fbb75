"""Films of motions, and motions of one's own."""

import imageio.v3 as imageio
import numpy as np
import pytest

import personify
from personify import cli
from personify.errors import PersonifyError
from personify.motion.collection import import_motions
from personify.motion.files import read_motion, write_motion
from personify.motion.locomotion import gait_motion
from personify.motion.select import actions, motion_from_text
from personify.preview import mannequin, write_preview


@pytest.fixture
def collection(tmp_path, monkeypatch):
    monkeypatch.setenv("PERSONIFY_MOTIONS", str(tmp_path / "collection"))
    return tmp_path / "collection"


def test_the_package_is_the_verb():
    assert personify.motion("jump twice").name == "jump"
    with pytest.raises(PersonifyError, match="no action recognised; expected one such as"):
        personify.motion("quantum physics")


def test_film_with_ghosts(tmp_path):
    motion = gait_motion("walk").looped(0.5)
    frames = imageio.imread(write_preview(motion, tmp_path / "a.mp4", size=64, ghosts=2), plugin="FFMPEG")
    assert frames.shape[1:] == (64, 64, 3)
    assert np.abs(frames[0].astype(int) - frames[-1]).mean() > 0.5


def test_mannequin_stands_on_the_floor():
    part = mannequin().parts[0].validate()
    assert part.vertices[:, 1].min() == pytest.approx(0, abs=0.01)


@pytest.mark.parametrize(("options", "message"), [({"size": 1}, "size"), ({"ghosts": 99}, "ghosts")])
def test_refusals(tmp_path, options, message):
    with pytest.raises(PersonifyError, match=message):
        write_preview(gait_motion("walk"), tmp_path / "a.mp4", **options)


def test_command_keeps_motions(tmp_path, capsys):
    cli.main(["motion", "wave", "twice,", "then", "sit", "down", "-o", str(tmp_path / "a.npz"), "--seconds", "6"])
    assert read_motion(tmp_path / "a.npz").duration == pytest.approx(6, abs=0.05)
    assert "wave_hello, then sit" in capsys.readouterr().out
    with pytest.raises(SystemExit):
        cli.main(["motion", "quantum physics", "-o", str(tmp_path / "b.npz")])
    assert not (tmp_path / "b.npz").exists()
    assert "no action recognised" in capsys.readouterr().err


def test_motions_of_ones_own_are_found(tmp_path, collection, capsys):
    folder = tmp_path / "mine"
    folder.mkdir()
    write_motion(gait_motion("walk"), folder / "clip7.npz")
    (folder / "clip7.txt").write_text("capoeira ginga\n")
    (folder / "broken.bvh").write_text("HIERARCHY nonsense")
    cli.main(["motion", "import", str(folder)])
    assert "imported 1 motions: clip7" in capsys.readouterr().out
    assert actions("capoeira ginga") == ["clip7"]
    assert motion_from_text("do the capoeira ginga slowly").motion.name == "clip7"
    assert actions("walking") == ["walk"]


def test_importing_nothing(tmp_path, collection):
    with pytest.raises(PersonifyError, match="no such folder"):
        import_motions(tmp_path / "nowhere")
    (tmp_path / "empty").mkdir()
    with pytest.raises(PersonifyError, match="no readable motion"):
        import_motions(tmp_path / "empty")
    assert not collection.exists()
