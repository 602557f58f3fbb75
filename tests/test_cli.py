"""The command line: quick answers, one clear line for every mistake, nothing half written."""

import json
import shutil
import subprocess
import sys

import pytest

from personify import bench as bench_module
from personify import cli, files, produce
from personify.motion import library
from personify.wardrobe import looks as looks_module


def complaint(capsys, *argv):
    """The one line on standard error of a command that ends with code 2."""
    with pytest.raises(SystemExit) as end:
        cli.main([str(word) for word in argv])
    assert end.value.code == 2
    error = capsys.readouterr().err
    assert error.startswith("personify: ")
    assert error.count("\n") == 1
    return error


@pytest.mark.parametrize("code", ["import personify", "from personify.cli import main; main(['--help'])"])
def test_import_and_help_load_neither_torch_nor_numba(code):
    check = "import sys, atexit; atexit.register(lambda: print('HEAVY', {'torch', 'numba'} & set(sys.modules)))"
    result = subprocess.run([sys.executable, "-c", f"{check}; {code}"], capture_output=True, text=True, check=True)
    assert result.stdout.endswith("HEAVY set()\n")


@pytest.mark.parametrize(
    ("options", "words"),
    [
        (["--look", ""], "look: is empty"),
        (["--text", " "], "text: is empty"),
        (["--seed", "-1"], "seed: -1 is out of range"),
        (["--seed", str(2**32)], "seed: 4294967296 is out of range"),
        (["--size", "8"], "size: 8; expected 16 to 4096"),
        (["--motion", "nowhere.bvh"], "nowhere.bvh: no such file"),
    ],
)
def test_create_names_what_is_wrong(capsys, tmp_path, options, words):
    assert words in complaint(capsys, "create", *options, "-o", tmp_path / "out")
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("argv", [["create", "--preset", "best"], ["paint"], ["create", "--seed", "x"], []])
def test_words_the_command_does_not_know_end_with_code_2(capsys, argv):
    with pytest.raises(SystemExit) as end:
        cli.main(argv)
    assert end.value.code == 2
    assert "Traceback" not in "".join(capsys.readouterr())


def test_a_file_where_the_folder_should_be(capsys, tmp_path):
    (tmp_path / "file").write_text("mine")
    for output in (tmp_path / "file", tmp_path / "file/below"):
        assert str(output) in complaint(capsys, "create", "--look", "a man", "-o", output)
    assert (tmp_path / "file").read_text() == "mine"
    assert [path.name for path in tmp_path.iterdir()] == ["file"]


@pytest.mark.parametrize(("name", "data"), [("cut.bvh", b"HIERARCHY\nROOT Hips\n{\n OFF"), ("cut.npz", b"PK\3\4no")])
def test_a_truncated_motion(capsys, tmp_path, name, data):
    (tmp_path / name).write_bytes(data)
    assert name in complaint(capsys, "create", "--motion", tmp_path / name, "-o", tmp_path / "out")
    assert [path.name for path in tmp_path.iterdir()] == [name]


@pytest.fixture(scope="module")
def saved(tmp_path_factory, lumberjack):
    return lumberjack.save(tmp_path_factory.mktemp("saved") / "avatar.safetensors")


def test_damaged_missing_and_foreign_avatars(capsys, tmp_path, saved):
    cut = tmp_path / "cut.safetensors"
    cut.write_bytes(saved.read_bytes()[:5000])
    assert "cut.safetensors" in complaint(capsys, "export", cut, tmp_path / "a.glb")
    assert "no such file" in complaint(capsys, "export", tmp_path / "none.safetensors", tmp_path / "a.glb")
    foreign = shutil.copy(files.asset("body.safetensors"), tmp_path / "body.safetensors")
    assert "not an avatar" in complaint(capsys, "animate", foreign, "--motion", "waving")
    assert {path.name for path in tmp_path.iterdir()} == {"cut.safetensors", "body.safetensors"}


def test_outputs_that_cannot_be(capsys, tmp_path, saved):
    (tmp_path / "folder.glb").mkdir()
    assert "is a folder" in complaint(capsys, "export", saved, tmp_path / "folder.glb")
    assert "unknown extension '.fbx'" in complaint(capsys, "export", saved, tmp_path / "a.fbx")
    assert [path.name for path in tmp_path.iterdir()] == ["folder.glb"]


def test_export_and_animate_write(tmp_path, saved):
    cli.main(["export", str(saved), str(tmp_path / "a.ply")])
    cli.main(["animate", str(saved), "--motion", "jumping", "-o", str(tmp_path / "a.glb")])
    assert {path.name for path in tmp_path.iterdir()} == {"a.ply", "a.glb"}


@pytest.mark.parametrize(
    ("name", "reader"), [("motions.npz", library._clips), ("looks.json", looks_module.looks)], ids=["motions", "looks"]
)
def test_a_damaged_installation_is_told(monkeypatch, tmp_path, name, reader):
    (tmp_path / name).write_bytes(files.asset(name).read_bytes()[:500])
    monkeypatch.setattr(files, "ASSETS", tmp_path)
    with pytest.raises(files.PersonifyError, match=f"{name}: is damaged .*; reinstall"):
        reader.__wrapped__()
    (tmp_path / name).unlink()
    with pytest.raises(files.PersonifyError, match=f"'{name}' is missing"):
        reader.__wrapped__()


def test_bugs_of_ours_end_with_code_1_and_keep_their_traceback_for_debug(capsys, monkeypatch):
    def fail(**options):
        raise ZeroDivisionError("a bug")

    monkeypatch.setattr(produce, "produce", fail)
    for argv, traceback in ((["create"], False), (["create", "--debug"], True)):
        with pytest.raises(SystemExit) as end:
            cli.main(argv)
        assert end.value.code == 1
        error = capsys.readouterr().err
        assert ("Traceback" in error) == traceback
        assert "ZeroDivisionError: a bug" in error
        assert traceback or ("--debug" in error and error.count("\n") == 1)


def test_bench_prints_and_writes_numbers(capsys, monkeypatch, tmp_path):
    small = bench_module.bench(size=32, frames=2, preset="draft")
    assert all(value > 0 for name, value in small.items() if name.endswith((", ms", ", s")))
    monkeypatch.setattr(bench_module, "bench", lambda: small)
    cli.main(["bench", "-o", str(tmp_path / "bench.json")])
    assert json.loads((tmp_path / "bench.json").read_text()) == small
    assert "frame of 32 x 32, ms" in capsys.readouterr().out
    assert "bench.txt" in complaint(capsys, "bench", "-o", tmp_path / "bench.txt")


def test_looks_lists_names(capsys):
    cli.main(["looks"])
    names = capsys.readouterr().out.splitlines()
    assert "knight" in names
    assert names == sorted(names)
