"""Measure words to person on a list of prompts: attributes as read, and what an independent judge sees.

    python tools/evaluate_words.py --sheet docs/prompts.png --report docs/words_report.json

The judge in ``tools/judge.safetensors`` (trained apart: other architecture, seed and people) embeds four pictures of
every result and ranks all prompts; the share of results whose own prompt comes first is reported.
"""

from __future__ import annotations

import argparse
import json
from pathlib import Path

import torch

from personify.files import atomic_path
from personify.perception.evidence import EvidenceImageText
from personify.perception.portraits import View, over_background, take_portraits
from personify.perception.scoring import portrait_embeddings, scores, text_embeddings
from personify.render.sheets import contact_sheet, save_png
from personify.text.create import create_with_story
from personify.wardrobe.attributes import attributes_of, satisfies
from personify.wardrobe.outfit import Outfit


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--prompts", type=Path, default=Path("tests/text/prompts.json"))
    parser.add_argument("--judge", type=Path, default=Path("tools/judge.safetensors"))
    parser.add_argument("--sheet", type=Path)
    parser.add_argument("--report", type=Path)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--texture-size", type=int, default=256)
    arguments = parser.parse_args()
    entries = json.loads(arguments.prompts.read_text())
    texts = [entry["prompt"] for entry in entries]
    judge = EvidenceImageText.load(arguments.judge)

    right = asked = 0
    wrong, people, pictures = [], [], []
    for k, entry in enumerate(entries):  # another seed for each, or all would share one face
        creation = create_with_story(look=entry["prompt"], seed=arguments.seed + k, texture_size=arguments.texture_size)
        attributes = attributes_of(Outfit.from_dict(creation.avatar.outfit))
        marks = {name: satisfies(attributes, name, wanted) for name, wanted in entry["expected"].items()}
        right, asked = right + sum(marks.values()), asked + len(marks)
        wrong += [f"{entry['prompt']}: {name}" for name, good in marks.items() if not good]
        avatar = creation.avatar
        people.append(portrait_embeddings(judge, take_portraits(avatar.skeleton, avatar.parts, size=judge.image_size)))
        if arguments.sheet:
            pictures.append(over_background(take_portraits(avatar.skeleton, avatar.parts, [View("full", 0.3)], 320))[0])
    similarity = scores(torch.stack(people), text_embeddings(judge, texts))
    ranks = (similarity > similarity.diagonal()[:, None]).sum(1) + 1
    report = {
        "attributes right": right / asked,
        "attributes asked": asked,
        "wrong": wrong,
        "judge": judge.name,
        "judge ranks first": float((ranks == 1).float().mean()),
        "judge ranks in first three": float((ranks <= 3).float().mean()),
        "judge ranks": {text: int(rank) for text, rank in zip(texts, ranks, strict=True)},
    }
    if arguments.sheet:
        save_png(arguments.sheet, contact_sheet(pictures, texts, columns=8))
    text = json.dumps(report, indent=2, ensure_ascii=False)
    if arguments.report:
        with atomic_path(arguments.report) as temporary:
            temporary.write_text(text + "\n", encoding="utf-8")
    print(text)


if __name__ == "__main__":
    main()
