"""The notebook runs from top to bottom with the smallest presets."""

import json
import sys
import types
from dataclasses import replace
from pathlib import Path

from personify import show
from personify.text import create
from personify.text.create import Preset
from personify.text.sculpt import presets

NOTEBOOK = Path(__file__).parents[1] / "docs" / "text_to_avatar.ipynb"


def test_cells_run_in_order(tmp_path, monkeypatch, tiny_codebook, capsys):
    shown = []
    display = types.ModuleType("IPython.display")
    display.Image = display.Video = lambda path, embed=False: Path(path).stat().st_size
    display.display = shown.append
    monkeypatch.setitem(sys.modules, "IPython", types.ModuleType("IPython"))
    monkeypatch.setitem(sys.modules, "IPython.display", display)
    small = Preset(texture_size=64, candidates=4, evaluations=0)
    monkeypatch.setattr(create, "PRESETS", dict.fromkeys(create.PRESETS, small))
    tiny = replace(presets.PRESETS["draft"], steps=1, views=1)
    monkeypatch.setattr(presets, "PRESETS", dict.fromkeys(presets.PRESETS, tiny))
    monkeypatch.setattr(show, "TURN_SECONDS", 0.1)
    monkeypatch.setattr(show, "LONGEST_MOTION", 0.2)
    monkeypatch.chdir(tmp_path)
    notebook = json.loads(NOTEBOOK.read_text(encoding="utf-8"))
    names: dict[str, object] = {}
    for index, cell in enumerate(notebook["cells"]):
        if cell["cell_type"] == "code":
            assert cell["outputs"] == []  # results belong to the reader's machine
            exec(compile("".join(cell["source"]), f"cell {index}", "exec"), names)
    assert len(shown) == 4
    assert all(size > 1000 for size in shown)
    assert (tmp_path / "text_to_avatar" / "avatar.glb").stat().st_size > 10_000
    assert "the back of a knight made of red hot lava" in capsys.readouterr().out
