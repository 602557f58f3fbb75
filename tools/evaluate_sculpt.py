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

import torch

from personify.avatar import Avatar
from personify.files import atomic_path
from personify.perception.portraits import View, over_background, take_portraits
from personify.perception.scoring import portrait_embeddings, scores, text_embeddings
from personify.perception.towers import SmallImageText
from personify.render.sheets import contact_sheet, save_png
from personify.text.create import create_with_story
from personify.text.recipes import load_recipe
from personify.text.sculpt.creation import sculpted

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


def judged(judge: SmallImageText, avatar: Avatar, text: str) -> float:
    """Similarity of an avatar's pictures and a text."""
    pictures = take_portraits(avatar.skeleton, avatar.parts, size=judge.image_size)
    return float(scores(portrait_embeddings(judge, pictures)[None], text_embeddings(judge, [text]))[0, 0])


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--judge", type=Path, default=Path("tools/judge.safetensors"))
    parser.add_argument("--guide", help="image-text model; the shipped one by default")
    parser.add_argument("--sculpt", default="standard")
    parser.add_argument("--set", nargs="*", default=[], help="changes to the preset, e.g. sculpt.steps=40")
    parser.add_argument("--work", type=Path, default=Path("out/evaluate_sculpt"))
    parser.add_argument("--first", type=int, default=len(PROMPTS), help="only so many prompts")
    parser.add_argument("--sheet", type=Path)
    parser.add_argument("--report", type=Path)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--texture-size", type=int, default=256)
    arguments = parser.parse_args()
    torch.set_num_threads(2)
    judge = SmallImageText.load(arguments.judge)
    recipe = load_recipe(None, arguments.set, look="anybody", sculpt=arguments.sculpt)
    preset = recipe.sculpt_preset()
    assert preset is not None
    rows, pictures, labels = [], [], []
    for k, text in enumerate(PROMPTS[: arguments.first]):
        start = create_with_story(look=text, seed=arguments.seed + k, texture_size=arguments.texture_size)
        begin = time.perf_counter()
        end = sculpted(start, preset, arguments.work / f"{k:02d}", arguments.guide)
        seconds = time.perf_counter() - begin
        marks = [judged(judge, one.avatar, text) for one in (start, end)]
        rows.append({"prompt": text, "start": marks[0], "sculpted": marks[1], "seconds": round(seconds, 1)})
        print(json.dumps(rows[-1]), flush=True)
        for one in (start, end):
            avatar = one.avatar
            view = [View("full", 0.3)]
            pictures.append(over_background(take_portraits(avatar.skeleton, avatar.parts, view, 320))[0])
        labels += [text, "sculpted"]
    report = {
        "judge": judge.name,
        "preset": arguments.sculpt,
        "steps": preset.steps,
        "judge prefers the sculpted one": sum(row["sculpted"] > row["start"] for row in rows),
        "of": len(rows),
        "prompts": rows,
    }
    if arguments.sheet:
        save_png(arguments.sheet, contact_sheet(pictures, labels, columns=6))
    if arguments.report:
        with atomic_path(arguments.report) as temporary:
            temporary.write_text(json.dumps(report, indent=2) + "\n", encoding="utf-8")
    print(f"the judge prefers {report['judge prefers the sculpted one']} of {len(rows)}")


if __name__ == "__main__":
    main()
