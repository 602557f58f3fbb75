"""What this machine and this installation can do, as plain rows for people (``personify doctor``)."""

from __future__ import annotations

import importlib.util
import os
import platform
from pathlib import Path
from typing import NamedTuple

import personify
from personify.errors import PersonifyError
from personify.files import ASSETS, sha256


class Row(NamedTuple):
    """One finding; ``hint`` is empty when there is nothing to do about it."""

    name: str
    value: str
    hint: str = ""


_LATER = "nothing yet; reserved for"
_EXTRAS = {
    "clip": ("transformers", "any CLIP or SigLIP as guide for words that the shipped model does not know"),
    "train": ("lightning", "training of the photo network on your own data"),
    "cuda": ("gsplat", "Gaussian rendering on NVIDIA graphics cards"),
    "matting": ("rembg", "cutting people out of photos with a large network, which it downloads once"),
    "batch": ("ray", f"{_LATER} many avatars at once on several machines"),
}


def report() -> list[Row]:
    """Version, devices, threads, kernel cache, video encoder, shipped assets and extras.

    >>> [row.value for row in report() if row.name == "personify"] == [personify.__version__]
    True
    """
    return [
        Row("personify", personify.__version__),
        Row("python", f"{platform.python_version()} on {platform.system()} {platform.machine()}"),
        *_devices(),
        _threads(),
        _kernel_cache(),
        _ffmpeg(),
        *_assets(),
        *_extras(),
    ]


def _devices() -> list[Row]:
    import torch

    rows = [Row("cpu", cpu_name()), Row("torch", torch.__version__)]
    if not torch.cuda.is_available():
        return [*rows, Row("cuda", "none", "not needed; everything runs on the CPU")]
    for index in range(torch.cuda.device_count()):
        properties = torch.cuda.get_device_properties(index)
        rows.append(Row(f"cuda {index}", f"{properties.name}, {properties.total_memory / 2**30:.0f} GiB"))
    return rows


def cpu_name() -> str:
    """The processor's name as the system gives it."""
    try:
        lines = Path("/proc/cpuinfo").read_text().splitlines()
    except OSError:
        lines = []
    names = [line.partition(":")[2].strip() for line in lines if line.startswith("model name")]
    return names[0] if names else platform.processor() or platform.machine()


def _threads() -> Row:
    import numba
    import torch

    cores = os.cpu_count() or 1
    value = f"{torch.get_num_threads()} for torch, {numba.get_num_threads()} for numba, {cores} cores"
    spinning = os.environ.get("OMP_WAIT_POLICY", "").upper() == "ACTIVE"
    return Row("threads", value, "set OMP_WAIT_POLICY=PASSIVE: waiting threads steal the cores" if spinning else "")


def _nothing() -> None:
    """Something for numba to find a cache folder for."""


def _kernel_cache() -> Row:
    import numba

    try:
        folder = numba.njit(cache=True)(_nothing).stats.cache_path
    except RuntimeError:  # numba found no folder that it may write
        return Row("kernel cache", "none", "set NUMBA_CACHE_DIR to a writable folder, or every start compiles again")
    return Row("kernel cache", str(folder))


def _ffmpeg() -> Row:
    try:
        import imageio_ffmpeg

        return Row("ffmpeg", str(imageio_ffmpeg.get_ffmpeg_exe()))
    except (ImportError, RuntimeError):
        return Row("ffmpeg", "none", "no videos without it: pip install imageio-ffmpeg")


def _assets() -> list[Row]:
    files = sorted(path for path in ASSETS.glob("*") if path.is_file())
    if not files:
        raise PersonifyError(f"{ASSETS}: holds no assets; reinstall personify")
    return [Row(path.name, f"{path.stat().st_size / 1e6:.2f} MB, sha256 {sha256(path)[:16]}") for path in files]


def _extras() -> list[Row]:
    rows = []
    for extra, (module, gain) in _EXTRAS.items():
        found = importlib.util.find_spec(module) is not None
        hint = "" if found else f'pip install "personify[{extra}]" adds {gain}'
        rows.append(Row(f"extra {extra}", "installed" if found else "missing", hint))
    return rows
