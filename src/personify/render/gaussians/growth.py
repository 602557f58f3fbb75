"""How the time of a picture grows with the work (``personify bench splat``): a fit, and a chart."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFont

from personify.files import atomic_path

TIME = "both ways, ms"
PANEL, MARGIN, TOP = 380, 64, 60  # pixels
COLORS = ((31, 119, 180), (214, 96, 20), (44, 140, 60))
_INK, _GRID = (60, 60, 60), (225, 225, 225)

Line = tuple[str, NDArray[np.float64], NDArray[np.float64]]  # name, places, milliseconds


def growth(rows: Sequence[dict[str, Any]]) -> dict[str, float]:
    """Least squares of the time both ways over Gaussians and pairs, and how well a straight line tells it.

    Example:
        >>> rows = [{"Gaussians": n, "pairs": p, "both ways, ms": 1 + n / 1e4 + p / 1e5}
        ...         for n, p in ((1e3, 1e4), (1e4, 1e4), (1e4, 1e6), (1e5, 1e5))]
        >>> fit = growth(rows)
        >>> fit["per Gaussian, ns"], fit["per pair, ns"], fit["explained"]
        (100.0, 10.0, 1.0)
    """
    work = np.array([[1, row["Gaussians"], row["pairs"]] for row in rows], float)
    times = np.array([row[TIME] for row in rows], float)
    (fixed, per_gaussian, per_pair), *_ = np.linalg.lstsq(work, times, rcond=None)
    rest = times - work @ [fixed, per_gaussian, per_pair]
    return {
        "fixed, ms": round(float(fixed), 3),
        "per Gaussian, ns": round(float(per_gaussian) * 1e6, 1),
        "per pair, ns": round(float(per_pair) * 1e6, 2),
        "explained": round(float(1 - rest.var() / times.var()), 4),
    }


def plot_growth(rows: Sequence[dict[str, Any]], path: Path | str) -> Path:
    """Draw the times both ways over Gaussians and over covered pixels, and the straight lines nearest to them.

    Args:
        rows: ``pictures`` of `bench.bench_splat`.
        path: of the picture, ``.png``.
    """
    image = Image.new("RGB", (2 * (PANEL + 2 * MARGIN), PANEL + TOP + MARGIN), "white")
    draw = ImageDraw.Draw(image)
    _panel(draw, MARGIN, "Gaussians", _lines(rows, "Gaussians", "pixels", "{0} x {0} pixels"))
    _panel(draw, PANEL + 3 * MARGIN, "covered pixels", _lines(rows, "covered pixels", "Gaussians", "{0} Gaussians"))
    path = Path(path)
    with atomic_path(path) as temporary:
        image.save(temporary, "PNG")
    return path


def _lines(rows: Sequence[dict[str, Any]], over: str, apart: str, name: str) -> list[Line]:
    """A line for every value of ``apart`` that has three places or more."""
    lines: list[Line] = []
    for value in dict.fromkeys(row[apart] for row in rows):
        points = sorted((row[over], row[TIME]) for row in rows if row[apart] == value)
        if len(points) >= 3:
            places, times = np.array(points, float).T
            lines.append((name.format(value), places, times))
    return lines


def _panel(draw: ImageDraw.ImageDraw, left: int, title: str, lines: list[Line]) -> None:
    font, bottom = ImageFont.load_default(14), TOP + PANEL
    most_x = _round_up(max((places.max() for _, places, _ in lines), default=1))
    most_y = _round_up(max((times.max() for _, _, times in lines), default=1))
    draw.text((left, 12), f"ms forward and backward over {title}", _INK, font)
    for tick in range(6):
        x, y = left + tick * PANEL // 5, bottom - tick * PANEL // 5
        draw.line([(x, TOP), (x, bottom)], _GRID)
        draw.line([(left, y), (left + PANEL, y)], _GRID)
        draw.text((x, bottom + 8), f"{most_x * tick / 5:,.0f}", _INK, font, anchor="mt")
        draw.text((left - 8, y), f"{most_y * tick / 5:.4g}", _INK, font, anchor="rm")
    for (name, places, times), color, place in zip(lines, COLORS, range(3), strict=False):
        slope, start = np.polyfit(places, times, 1)
        ends = np.array([0, most_x])
        _straight(draw, left, bottom, ends / most_x, (start + slope * ends) / most_y, color)
        for x, y in zip(left + places / most_x * PANEL, bottom - times / most_y * PANEL, strict=True):
            draw.ellipse([x - 5, y - 5, x + 5, y + 5], color)
        draw.text((left + 12, TOP + 10 + 20 * place), name, color, font)


def _straight(
    draw: ImageDraw.ImageDraw, left: int, bottom: int, x: NDArray[Any], y: NDArray[Any], color: tuple[int, int, int]
) -> None:
    """A dashed line between two points in the unit square of a panel, as far as it lies inside."""
    for t in np.arange(0, 1, 0.02):
        ends = [x[0] + (x[1] - x[0]) * np.array([t, t + 0.01]), y[0] + (y[1] - y[0]) * np.array([t, t + 0.01])]
        if ends[1].min() >= 0 and ends[1].max() <= 1:
            draw.line([(left + u * PANEL, bottom - v * PANEL) for u, v in zip(*ends, strict=True)], color, 2)


def _round_up(value: float) -> float:
    """The next of 1, 2, 5, 10, 20, 50, ...

    Example:
        >>> _round_up(3.0), _round_up(130.0)
        (5.0, 200.0)
    """
    power = 10.0 ** np.floor(np.log10(value))
    return float(power * next(factor for factor in (1, 2, 5, 10) if factor * power >= value))
