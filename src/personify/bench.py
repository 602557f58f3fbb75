"""What this machine takes for a frame, a body and a dressed person (``personify bench``), and reports in general."""

from __future__ import annotations

import json
import os
import statistics
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numba
import torch

import personify
from personify.body.anny import AnnyBody
from personify.doctor import cpu_name
from personify.errors import PersonifyError
from personify.files import atomic_path
from personify.render.renderer import MeshRenderer
from personify.show import motion_cameras
from personify.text.create import PRESETS, create
from personify.wardrobe.dress import dress
from personify.wardrobe.outfit import Outfit

LOOK = "a man in a white shirt and blue jeans"


def bench(size: int = 512, frames: int = 24, preset: str = "standard") -> dict[str, Any]:
    """Median times of the parts of the work, and the machine they were taken on; kernels are compiled beforehand.

    Args:
        size: pixels of the square pictures.
        frames: pictures to draw.
        preset: of the person.
    """
    avatar = create(look=LOOK, motion="waving", preset=preset)
    outfit, texture_size = Outfit.from_dict(avatar.outfit), PRESETS[preset].texture_size
    animation = avatar.animate(avatar.motions[0])
    renderer, cameras = MeshRenderer(avatar.parts), motion_cameras(animation, size)
    body = AnnyBody()

    def draw(k: int) -> None:
        renderer.render(animation[k % len(animation)], cameras[k % len(animation)])

    return {
        "personify": personify.__version__,
        "device": f"cpu, {cpu_name()}",
        "cores": os.cpu_count(),
        "threads": {"torch": torch.get_num_threads(), "numba": numba.get_num_threads()},
        f"frame of {size} x {size}, ms": _milliseconds(draw, frames),
        "body forward, ms": _milliseconds(lambda k: body(), frames),
        f"dressing, {preset}, s": round(_milliseconds(lambda k: dress(outfit, texture_size), 3) / 1000, 2),
    }


def as_text(report: dict[str, Any]) -> str:
    """A line per number, and a table per list of rows.

    Example:
        >>> print(as_text({"cores": 2, "pictures": [{"pixels": 64, "ms": 1.5}, {"pixels": 128}]}))
        cores                            2
        pictures
            pixels  ms
            64      1.5
            128     -
    """
    return "\n".join(
        "\n".join([name, *_rows(value)]) if isinstance(value, list) else f"{name:32s} {value}"
        for name, value in report.items()
    )


def _rows(rows: list[dict[str, Any]]) -> list[str]:
    names = list(dict.fromkeys(name for row in rows for name in row))
    cells = [names, *([str(row.get(name, "-")) for name in names] for row in rows)]
    widths = [max(map(len, column)) for column in zip(*cells, strict=True)]
    return ["    " + "  ".join(f"{c:{w}s}" for c, w in zip(line, widths, strict=True)).rstrip() for line in cells]


def _milliseconds(work: Callable[[int], object], times: int) -> float:
    """Median over several calls, after one that does not count."""
    work(0)
    taken = []
    for k in range(times):
        start = time.perf_counter()
        work(k)
        taken.append(time.perf_counter() - start)
    return round(1000 * statistics.median(taken), 2)


def write_report(report: dict[str, Any], path: Path | str) -> Path:
    """Write the numbers as JSON.

    Raises:
        PersonifyError: the extension is not ``.json``, or the folder cannot be written.
    """
    path = Path(path)
    if path.suffix.lower() != ".json":
        raise PersonifyError(f"{path}: unknown extension {path.suffix!r}; expected .json")
    with atomic_path(path) as temporary:
        temporary.write_text(json.dumps(report, indent=2) + "\n", encoding="utf-8")
    return path
