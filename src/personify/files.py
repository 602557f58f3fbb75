"""Atomic writing, hashing and shipped assets."""

from __future__ import annotations

import hashlib
import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from personify.errors import PersonifyError

ASSETS = Path(__file__).parent / "assets"


def asset(name: str) -> Path:
    """Path of a shipped asset, e.g. ``asset("body.safetensors")``.

    Raises:
        PersonifyError: the file is missing from the installation.
    """
    path = ASSETS / name
    if not path.is_file():
        raise PersonifyError(f"asset {name!r} is missing from this installation; reinstall personify")
    return path


@contextmanager
def reading_asset(name: str) -> Iterator[Path]:
    """`asset`, with every failure to read it told as what it is: a damaged installation.

    Raises:
        PersonifyError: the file is missing, or the block fails.
    """
    path = asset(name)
    try:
        yield path
    except Exception as error:
        raise PersonifyError(f"{path}: is damaged ({error}); reinstall personify") from error


def sha256(path: Path | str) -> str:
    """Hex SHA-256 of a file's bytes."""
    digest = hashlib.sha256()
    with open(path, "rb") as file:
        while block := file.read(1 << 20):
            digest.update(block)
    return digest.hexdigest()


@contextmanager
def atomic_path(path: Path | str) -> Iterator[Path]:
    """Yield a temporary path beside ``path``; move it into place when the block succeeds.

    A crash or an exception leaves either the old file or none, never half of one. The temporary name keeps
    the suffix, so writers that choose a format by extension work unchanged.

    Raises:
        PersonifyError: the folder cannot be written, or ``path`` is a folder.

    Example:
        >>> import tempfile
        >>> folder = Path(tempfile.mkdtemp())
        >>> with atomic_path(folder / "a.txt") as temporary:
        ...     _ = temporary.write_text("hello")
        >>> (folder / "a.txt").read_text()
        'hello'
    """
    path = Path(path)
    if path.is_dir():
        raise PersonifyError(f"{path}: is a folder; expected the path of a file to write")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        handle, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.stem}-", suffix=path.suffix)
    except OSError as error:
        raise PersonifyError(f"{path}: cannot be written ({error.strerror}); choose a writable folder") from error
    os.close(handle)
    temporary = Path(name)
    try:
        yield temporary
        _publish(temporary, path)
    finally:
        temporary.unlink(missing_ok=True)


def _publish(temporary: Path, path: Path) -> None:
    umask = os.umask(0)
    os.umask(umask)
    temporary.chmod(0o666 & ~umask)  # mkstemp makes private files; a result should be readable like any other
    with open(temporary, "rb+") as file:
        os.fsync(file.fileno())
    os.replace(temporary, path)
