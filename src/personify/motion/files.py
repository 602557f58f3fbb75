"""Motions on disk: our own ``.npz``, and `read_motion` and `write_motion`, which know every format by its extension."""

from __future__ import annotations

import zipfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from personify.errors import PersonifyError
from personify.export.glb import write_glb
from personify.files import atomic_path
from personify.motion.amass import amass_motion, is_amass, write_amass
from personify.motion.bvh import read_bvh, write_bvh
from personify.motion.clip import Motion
from personify.motion.gltf import read_glb_motion
from personify.motion.kinematics import REFERENCE_SKELETON
from personify.motion.smplx_json import read_smplx_folder
from personify.motion.stick_figure import stick_figure

FORMAT = "personify-motion-1"
READABLE = (".bvh", ".npz", ".glb", ".vrma")
MAX_BYTES = 512 * 2**20  # unpacked: an hour of 55 joints at 120 fps is 285 MB


def write_motion(motion: Motion, path: Path | str) -> None:
    """Write a motion; the same motion gives the same bytes.

    Args:
        motion: what to write.
        path: ``.npz`` (ours, everything exactly), ``.amass.npz`` (AMASS's SMPL-X layout), ``.bvh``, or ``.glb`` (an
            animated stick figure with Mixamo's joint names); the last two on the skeleton of a 1.75 m adult.

    Raises:
        PersonifyError: another extension, or the folder cannot be written.
    """
    path = Path(path)
    name = path.name.lower()
    if name.endswith(".amass.npz"):
        write_amass(motion, path)
    elif name.endswith(".npz"):
        _write_own(motion, path)
    elif name.endswith(".bvh"):
        write_bvh(motion.retargeted(REFERENCE_SKELETON), path)
    elif name.endswith(".glb"):
        clip = motion.retargeted(REFERENCE_SKELETON).to_clip()
        extras = {"licence": motion.licence, "source": motion.source, "text": motion.text}
        write_glb(path, [stick_figure(REFERENCE_SKELETON)], REFERENCE_SKELETON, [clip], name=motion.name, extras=extras)
    else:
        raise PersonifyError(f"{path}: unknown extension for a motion; expected .npz, .amass.npz, .bvh or .glb")


def _write_own(motion: Motion, path: Path) -> None:
    with atomic_path(path) as temporary, open(temporary, "wb") as file:
        np.savez_compressed(
            file,
            format=np.array(FORMAT),
            name=np.array(motion.name),
            fps=np.float64(motion.fps),
            rotations=motion.rotations,
            translation=motion.translation,
            rest_height=np.float64(motion.rest_height),
            text=np.array(motion.text),
            loop=np.bool_(motion.loop),
            licence=np.array(motion.licence),
            source=np.array(motion.source),
        )


def read_motion(path: Path | str) -> Motion:
    """Read a motion: ``.bvh``; ``.npz`` of our own or of AMASS (both layouts); the first animation of a ``.glb`` or
    ``.vrma``; a folder of SMPL-X JSON frames.

    Raises:
        PersonifyError: the file is missing, of another kind, damaged or too large.

    Example:
        >>> import tempfile
        >>> from personify.motion.locomotion import gait_motion
        >>> path = Path(tempfile.mkdtemp()) / "walk.npz"
        >>> write_motion(gait_motion("walk"), path)
        >>> read_motion(path).name
        'walk'
    """
    path = Path(path)
    if path.is_dir():
        return read_smplx_folder(path)
    suffix = path.suffix.lower()
    if suffix not in READABLE:
        expected = f"{', '.join(READABLE)} or a folder of SMPL-X .json frames"
        raise PersonifyError(f"{path}: unknown motion format {path.suffix!r}; expected {expected}")
    if not path.is_file():
        raise PersonifyError(f"{path}: no such file; expected a motion ({', '.join(READABLE)})")
    if suffix == ".bvh":
        return read_bvh(path)
    if suffix in (".glb", ".vrma"):
        return read_glb_motion(path)
    arrays = _read_arrays(path)
    if is_amass(arrays):
        return amass_motion(arrays, path)
    return _own_motion(arrays, path)


def is_motion_file(text: str) -> bool:
    """Whether a text names a motion to read rather than saying one in words.

    >>> is_motion_file("dance.bvh"), is_motion_file("dance")
    (True, False)
    """
    path = Path(text)
    return path.suffix.lower() in READABLE or any(path.glob("*.json"))


def _read_arrays(path: Path) -> dict[str, Any]:
    try:
        with zipfile.ZipFile(path) as archive:
            size = sum(member.file_size for member in archive.infolist())
        if size > MAX_BYTES:
            raise PersonifyError(f"{path}: unpacks to {size / 2**20:.0f} MB; expected at most {MAX_BYTES // 2**20} MB")
        with np.load(path, allow_pickle=False) as file:
            return {key: file[key] for key in file.files}
    except PersonifyError:
        raise
    except Exception as error:  # a damaged archive fails in zipfile, zlib or numpy in a dozen different ways
        raise PersonifyError(f"{path}: is damaged or not an .npz archive of plain arrays ({error})") from error


def _own_motion(arrays: Mapping[str, Any], path: Path) -> Motion:
    if str(arrays.get("format", "")) != FORMAT:
        raise PersonifyError(f"{path}: holds {', '.join(sorted(arrays)[:8])}; expected a motion of personify or AMASS")
    try:
        return Motion(
            name=str(arrays["name"]),
            fps=float(arrays["fps"]),
            rotations=arrays["rotations"],
            translation=arrays["translation"],
            rest_height=float(arrays["rest_height"]),
            text=str(arrays["text"]),
            loop=bool(arrays["loop"]),
            licence=str(arrays["licence"]),
            source=str(arrays["source"]),
        )
    except (KeyError, TypeError, ValueError, PersonifyError) as error:
        raise PersonifyError(f"{path}: is not a complete motion ({error})") from error
