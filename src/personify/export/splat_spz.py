"""Compressed splats: Niantic's ``.spz`` (version 3), written by the optional package gsply.

Much smaller than a PLY; centres are kept to a quarter of a millimetre. SPZ's axes (right, up, back) are ours.
"""

from __future__ import annotations

import tempfile
from pathlib import Path

from personify.body.gaussians import Gaussians
from personify.errors import PersonifyError
from personify.export.splat_ply import write_splat_ply
from personify.files import atomic_path


def write_splat_spz(path: Path | str, gaussians: Gaussians) -> Path:
    """Write Gaussians in their rest pose; skin weights have no place in the format.

    Raises:
        PersonifyError: gsply is not installed, the Gaussians are inconsistent, or the path cannot be written.
    """
    try:
        import gsply
    except ImportError as error:
        raise PersonifyError(f"{path}: .spz needs the package gsply; pip install gsply") from error
    with tempfile.TemporaryDirectory() as folder, atomic_path(path) as temporary:
        # Through the PLY layout, whose meaning both sides agree on; gsply's arrays may be activated or not.
        gsply.write_spz(temporary, gsply.plyread(write_splat_ply(Path(folder) / "splats.ply", gaussians)))
    return Path(path)
