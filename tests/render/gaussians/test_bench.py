"""The bench measures what it says."""

import numpy as np
import pytest
from PIL import Image

from personify.bench import as_text
from personify.render.gaussians import bench, rasterization
from personify.render.gaussians.growth import COLORS, growth, plot_growth
from personify.render.precompile import precompile_gaussians


def test_report(monkeypatch):
    monkeypatch.setattr(bench, "SIZES", ((300, 32), (600, 32), (300, 64), (1200, 64)))
    monkeypatch.setattr(bench, "COMPARED", ((300, 32),))
    report = bench.bench_splat(seconds=0.01)
    rows = report["pictures"]
    assert [(row["Gaussians"], row["pixels"]) for row in rows] == list(bench.SIZES)
    for row in rows:
        assert 0 < row["covered pixels"] < row["pixels"] ** 2
        assert row["pairs"] >= row["covered pixels"]
        assert row["limit both ways, ms"] <= row["both ways, ms"]
    assert rows[0]["PyTorch, times as long"] > 1
    assert rows[0]["PyTorch both ways, times the computing"] > 1
    assert "PyTorch, times as long" not in rows[1]
    assert {"per Gaussian, ns", "per pair, ns", "explained"} <= report["growth"].keys()
    assert "covered pixels" in as_text(report)


def test_scene_is_a_body():
    scene, view = bench.body_scene(3000, 64)
    _, alpha, _ = rasterization(**scene, width=view.width, height=view.height)
    rows = np.flatnonzero(alpha[0, :, :, 0].numpy().max(1) > 0.5)
    assert rows[0] < 10 < 54 < rows[-1]  # from head to feet
    assert 0.05 < (alpha > 0.5).float().mean() < 0.4


def test_chart(tmp_path):
    """Points of a straight growth lie on the dashed line, in the colour of their number of Gaussians."""
    sizes = [(n, size) for n in (1000, 3000, 8000) for size in (64, 128, 256)]
    rows = [
        {
            "Gaussians": n,
            "pixels": s,
            "covered pixels": s * s // 5,
            "pairs": n * s,
            "both ways, ms": 1 + n / 1e3 + s / 99,
        }
        for n, s in sizes
    ]
    assert growth(rows)["explained"] > 0.9
    path = plot_growth(rows, tmp_path / "chart.png")
    pixels = np.asarray(Image.open(path)).reshape(-1, 3)
    for color in COLORS:
        assert (pixels == color).all(1).sum() > 6 * 70  # three points in either panel


def test_limit_adds_arithmetic_and_memory():
    assert bench._limit(0, 1000, 115e3, 1.0) == pytest.approx(1.0)
    assert bench._limit(1000, 0, 1.0, 240e3) == pytest.approx(1.0)


def test_kernels_compile_ahead():
    precompile_gaussians()
