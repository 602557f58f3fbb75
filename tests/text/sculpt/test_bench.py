"""The three fields side by side."""

from personify.bench import as_text
from personify.text.sculpt.bench import bench_sculpt


def test_three_fields_are_measured():
    report = bench_sculpt(size=16, steps=1)
    rows = report["fields"]
    assert [row["field"] for row in rows] == ["surface", "hash grid", "networks of the paper"]
    assert all(row["ms per step"] > 0 and row["rays"] > 10 for row in rows)
    assert rows[-1]["times as fast as the paper"] == 1.0
    assert "networks of the paper" in as_text(report)
