"""Files: whole or not at all."""

import hashlib
import os
import stat

import pytest

from personify.errors import PersonifyError
from personify.files import asset, atomic_path, sha256


def test_a_finished_file_replaces_the_old_one(tmp_path):
    path = tmp_path / "a.txt"
    path.write_text("old")
    with atomic_path(path) as temporary:
        assert temporary.suffix == ".txt"
        assert temporary.parent == tmp_path
        temporary.write_text("new")
        assert path.read_text() == "old"
    assert path.read_text() == "new"
    assert os.listdir(tmp_path) == ["a.txt"]


def crash_while_writing(path):
    with atomic_path(path) as temporary:
        temporary.write_text("half of")
        raise ZeroDivisionError


def test_a_crash_leaves_the_old_file_and_no_litter(tmp_path):
    path = tmp_path / "a.txt"
    path.write_text("old")
    with pytest.raises(ZeroDivisionError):
        crash_while_writing(path)
    assert path.read_text() == "old"
    assert os.listdir(tmp_path) == ["a.txt"]


def test_a_crash_before_the_first_file_leaves_none(tmp_path):
    with pytest.raises(ZeroDivisionError):
        crash_while_writing(tmp_path / "new" / "a.txt")
    assert os.listdir(tmp_path / "new") == []


def test_results_are_readable_like_any_other_file(tmp_path):
    umask = os.umask(0o022)
    try:
        with atomic_path(tmp_path / "a.txt") as temporary:
            temporary.write_text("x")
    finally:
        os.umask(umask)
    assert stat.S_IMODE((tmp_path / "a.txt").stat().st_mode) == 0o644


def test_a_folder_is_not_a_file(tmp_path):
    with pytest.raises(PersonifyError, match="is a folder"), atomic_path(tmp_path):
        pass


def test_a_place_that_cannot_be_written_is_named(tmp_path):
    (tmp_path / "file").write_text("")
    with (
        pytest.raises(PersonifyError, match=r"file/a\.txt: cannot be written"),
        atomic_path(tmp_path / "file" / "a.txt"),
    ):
        pass


@pytest.mark.skipif(os.name != "posix" or os.geteuid() == 0, reason="root writes everywhere")
def test_a_read_only_folder_is_named(tmp_path):
    tmp_path.chmod(0o500)
    with pytest.raises(PersonifyError, match="writable folder"), atomic_path(tmp_path / "a.txt"):
        pass


def test_sha256_is_that_of_the_bytes(tmp_path):
    data = os.urandom(3_000_000)
    (tmp_path / "a").write_bytes(data)
    assert sha256(tmp_path / "a") == hashlib.sha256(data).hexdigest()


def test_a_missing_asset_is_named():
    assert asset("body.safetensors").is_file()
    with pytest.raises(PersonifyError, match=r"'soul\.safetensors' is missing"):
        asset("soul.safetensors")
