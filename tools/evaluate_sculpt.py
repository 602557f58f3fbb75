"""Compare sculpted people with what they were sculpted from, by a judge that did not guide and for the eye.

    python tools/evaluate_sculpt.py --sheet docs/sculpted.png --report docs/sculpt_report.json

The judge in ``tools/judge.safetensors`` (trained apart: other architecture, seed and people) scores four pictures of
each, drawn by the renderer that films avatars; the guide is the shipped model.
"""

from __future__ import annotations

import argparse
import json
import time
from pathlib import Path

import numpy as np
import torch
from PIL import Image

from personify.avatar import Avatar
from personify.files import atomic_path
from personify.perception.evidence import EvidenceImageText
from personify.perception.portraits import View, over_background, take_portraits
from personify.perception.scoring import portrait_embeddings, scores, text_embeddings
from personify.render.sheets import contact_sheet, save_png
from personify.text.create import create_with_story
from personify.text.recipes import load_recipe
from personify.text.sculpt.creation import sculpted
from personify.text.sculpt.presets import SculptPreset

NAMES = ("start", "sculpted")
PROMPTS = (
    "a woman in a red dress",
    "a man in a blue shirt and black trousers",
    "a knight made of red hot lava",
    "a robot made of polished silver",
    "an ice queen in a long dress",
    "a forest spirit in a long dress",
    "a king dressed in gold",
    "a pirate captain",
    "a firefighter",
    "a wizard of the night sky",
    "a superhero of the sun",
    "a woman in a green coat and brown boots",
)


def judged(judge: EvidenceImageText, avatar: Avatar, text: str) -> float:
    """Similarity of an avatar's pictures and a text."""
    pictures = take_portraits(avatar.skeleton, avatar.parts, size=judge.image_size)
    return float(scores(portrait_embeddings(judge, pictures)[None], text_embeddings(judge, [text]))[0, 0])


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--judge", type=Path, default=Path("tools/judge.safetensors"))
    parser.add_argument("--guide", help="image-text model; the shipped one by default")
    parser.add_argument("--sculpt", default="standard")
    parser.add_argument("--set", nargs="*", default=[], help="changes to the preset, e.g. sculpt.steps=40")
    parser.add_argument("--work", type=Path, default=Path("out/evaluate_sculpt"), help="folder of what is measured")
    parser.add_argument("--prompts", type=Path, help="other prompts, one in a line; their own --work keeps them apart")
    parser.add_argument("--only", type=int, nargs="*", help="numbers of prompts to run; all by default")
    parser.add_argument("--sheet", type=Path)
    parser.add_argument("--report", type=Path)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--texture-size", type=int, default=256)
    arguments = parser.parse_args()
    torch.set_num_threads(2)
    recipe = load_recipe(None, arguments.set, look="anybody", sculpt=arguments.sculpt)
    preset = recipe.sculpt_preset()
    assert preset is not None
    prompts = arguments.prompts.read_text(encoding="utf-8").splitlines() if arguments.prompts else PROMPTS
    judge = EvidenceImageText.load(arguments.judge)
    for k in range(len(prompts)) if arguments.only is None else arguments.only:
        if not (arguments.work / f"{k:02d}.json").exists():  # a run that was broken off goes on
            make(k, prompts[k], preset, arguments)
    files = sorted(arguments.work.glob("??.json"))
    rows = [json.loads(file.read_text()) | judgement(judge, file) for file in files]
    better = sum(row["sculpted"] > row["start"] for row in rows)
    print(f"the judge prefers {better} of {len(rows)}")
    if arguments.sheet:
        pictures = [np.asarray(Image.open(file.with_suffix(f".{name}.png"))) for file in files for name in NAMES]
        labels = [label for row in rows for label in (row["prompt"], f"{row['start']:.2f} to {row['sculpted']:.2f}")]
        save_png(arguments.sheet, contact_sheet(pictures, labels, columns=8))
    if arguments.report:
        report = {"judge": judge.name, "judge prefers the sculpted one": better, "of": len(rows), "prompts": rows}
        with atomic_path(arguments.report) as temporary:
            temporary.write_text(json.dumps(report, indent=2) + "\n", encoding="utf-8")


def make(k: int, prompt: str, preset: SculptPreset, arguments: argparse.Namespace) -> None:
    """Sculpt prompt k; leaves ``k.json``, the avatar before and after, and a picture of each."""
    start = create_with_story(look=prompt, seed=arguments.seed + k, texture_size=arguments.texture_size)
    begin = time.perf_counter()
    end = sculpted(start, preset, guide=arguments.guide)
    seconds = round(time.perf_counter() - begin, 1)
    row = {"prompt": prompt, "preset": arguments.sculpt, "steps": preset.steps, "seconds": seconds}
    for name, one in zip(NAMES, (start, end), strict=True):
        picture = take_portraits(one.avatar.skeleton, one.avatar.parts, [View("full", 0.3)], 400)
        save_png(arguments.work / f"{k:02d}.{name}.png", over_background(picture)[0][:, 75:-75])
        one.avatar.save(arguments.work / f"{k:02d}.{name}.safetensors")
    with atomic_path(arguments.work / f"{k:02d}.json") as temporary:
        temporary.write_text(json.dumps(row) + "\n", encoding="utf-8")
    print(json.dumps(row), flush=True)


def judgement(judge: EvidenceImageText, file: Path) -> dict[str, float]:
    """Scores of what `make` left: a new judge needs no new sculpting."""
    text = json.loads(file.read_text())["prompt"]
    found = {name: judged(judge, Avatar.load(file.with_suffix(f".{name}.safetensors")), text) for name in NAMES}
    print(f"{text:45s} " + " ".join(f"{name} {value:.4f}" for name, value in found.items()), flush=True)
    return found


if __name__ == "__main__":
    main()
