"""The published ablation as one run: five levels of what the guide is shown, measured and laid side by side."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import torch

from personify.avatar import Avatar
from personify.files import atomic_path
from personify.perception.portraits import View
from personify.perception.protocol import ImageTextModel
from personify.render.sheets import contact_sheet, save_png
from personify.text.sculpt.avatar import make_sculptor
from personify.text.sculpt.field import FieldImage
from personify.text.sculpt.loop import Sculptor
from personify.text.sculpt.presets import SculptPreset, ladder

_SHOWN = (View("full", 0.3), View("head", 0.25))


def run_ladder(
    avatar: Avatar,
    look: str,
    preset: SculptPreset,
    folder: Path,
    guide: ImageTextModel | Path | str | None = None,
    seed: int = 0,
    size: int = 256,
    report: Callable[[str, dict[str, float]], None] = lambda level, row: None,
) -> dict[str, dict[str, float]]:
    """Sculpt the same start five times, each time with one idea more; writes ``ladder.json``, ``.md`` and ``.png``.

    Args:
        avatar: the start.
        look: the words.
        preset: whose switches are set; everything else stays.
        folder: to write into.
        guide: as for `personify.text.sculpt.avatar.sculpt`.
        seed: the same for all levels.
        size: pixels of the sheet's pictures.
        report: called with every level's name and row of the table.

    Returns:
        Level -> ``similarity`` (mean cosine of the guide over four views, lit), ``brightness`` (mean sRGB
        of the person, unlit), ``roughness`` (mean angle between normals of neighbouring pixels, degrees).
    """
    table, pictures, labels = {}, [], []
    for name, level in {"start": None, **ladder(preset)}.items():
        sculptor = make_sculptor(avatar, look, level or preset, guide, seed=seed)
        if level is not None:
            sculptor.run()
        table[name] = _measured(sculptor)
        report(name, table[name])
        for view in _SHOWN:
            now = sculptor.portrait(view, size)
            pictures += [now.colors.numpy(), now.shape.numpy()]
        labels += [name, "", "", ""]
    save_png(folder / "ladder.png", contact_sheet(pictures, labels, columns=4))
    about: dict[str, Any] = {"look": look, "steps": preset.steps, "seed": seed, "levels": table}
    for path, text in (("ladder.json", json.dumps(about, indent=2) + "\n"), ("ladder.md", _as_markdown(table))):
        with atomic_path(folder / path) as temporary:
            temporary.write_text(text, encoding="utf-8")
    return table


@torch.no_grad()
def _measured(sculptor: Sculptor) -> dict[str, float]:
    image = sculptor.portrait(_SHOWN[0], 128).image
    person = image.opacity > 0.5
    return {
        "similarity": sculptor.similarity(),
        "brightness": float(image.stylized_color[person].mean()),
        "roughness": _roughness(image),
    }


def _roughness(image: FieldImage) -> float:
    """Mean angle in degrees between the normals of pixels side by side, both on the person."""
    inside = image.opacity > 0.99
    both = inside[:, 1:] & inside[:, :-1]
    cosine = (image.normals[:, 1:] * image.normals[:, :-1]).sum(-1)[both].clamp(-1, 1)
    return float(torch.rad2deg(torch.acos(cosine)).mean())


def _as_markdown(table: dict[str, dict[str, float]]) -> str:
    columns = list(next(iter(table.values())))
    lines = ["| level | " + " | ".join(columns) + " |", "| --- |" + " ---: |" * len(columns)]
    lines += [f"| {name} | " + " | ".join(f"{row[key]:.3f}" for key in columns) + " |" for name, row in table.items()]
    return "\n".join(lines) + "\n"
