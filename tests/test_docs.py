"""Every Python block of the documentation runs, every command in it exists."""

import re
import shlex
from pathlib import Path

import pytest
import tyro

from personify import cli
from personify.text import create
from personify.text.create import Preset

ROOT = Path(__file__).parents[1]
PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md"))]


def blocks(page, language):
    return re.findall(rf"^```{language}\n(.*?)^```", page.read_text(encoding="utf-8"), re.DOTALL | re.MULTILINE)


@pytest.mark.parametrize("page", [page for page in PAGES if blocks(page, "python")], ids=lambda page: page.stem)
def test_python_blocks_run(page, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    small = Preset(texture_size=64, candidates=4, evaluations=0)
    monkeypatch.setattr(create, "PRESETS", dict.fromkeys(create.PRESETS, small))
    names = {}
    for block in blocks(page, "python"):
        exec(compile(block, page.name, "exec"), names)


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.stem)
def test_commands_are_understood(page):
    lines = [line for block in blocks(page, "sh") for line in block.splitlines() if line.startswith("personify ")]
    for line in lines:
        tyro.cli(tyro.conf.OmitSubcommandPrefixes[cli.Arguments], args=shlex.split(line)[1:])


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.stem)
def test_links_lead_somewhere(page):
    for target in re.findall(r"\]\((?!https?:)([^)#]+)\)", page.read_text(encoding="utf-8")):
        assert (page.parent / target).exists(), target
