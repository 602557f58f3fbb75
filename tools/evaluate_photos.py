"""Score the photo network on held-out synthetic people, beside two baselines and the best its template could do.

    python tools/evaluate_photos.py --held-out HELD_OUT --training DATA --report report.json --sheet sheet.png

Held-out people are rendered into the folder when it has fewer than asked for. ``--refine 0 4 5`` also refines some of
them against their photos, about a minute each.
"""

from __future__ import annotations

import argparse
import dataclasses
import json
import re
import tempfile
import time
from pathlib import Path

import torch
from PIL import Image

from personify.data.people import people_files
from personify.data.record import PersonRecord
from personify.evaluate.photos import (
    OTHER_POSES,
    batch_of,
    compare,
    draw_targets,
    evaluate_photos,
    held_out_person,
    sheet,
)
from personify.files import asset, atomic_path
from personify.photos.checkpoints import load_network
from personify.photos.reconstruct import reconstruct_with_story
from personify.photos.template import Template, body_template
from personify.render.sheets import save_png
from personify.train.targets import know


def held_out(folder: Path, people: int) -> list[PersonRecord]:
    """Records of the first held-out people, rendered where they are missing."""
    for index in range(people):
        path = folder / f"person-held-out-{index:06d}.npz"
        if not path.exists():
            held_out_person(index).save(path)
    return [PersonRecord.load(path) for path in people_files(folder)[:people]]


@torch.no_grad()
def refinement_gain(record: PersonRecord, template: Template, weights: Path | None) -> tuple[float, float, float]:
    """Decibels that refinement gains on three photos, and decibels and SSIM on the targets, which it has not seen."""
    targets = batch_of(know(record, template), range(3, 6), template)
    with tempfile.TemporaryDirectory() as folder:
        for k, photo in enumerate(record.images[OTHER_POSES]):
            save_png(Path(folder) / f"{k}.png", photo)
        scores = []
        for refine in (False, True):
            with torch.enable_grad():
                story = reconstruct_with_story(folder, weights=weights, refine=refine)
            rendered = draw_targets(story.gaussians, targets, template)
            scores.append(compare(rendered, targets.target_images[0], targets.target_alphas[0]))
    (told,) = (note for note in story.notes if note.startswith("refined:"))
    before, after = (float(value) for value in re.findall(r"([-\d.]+) dB", told))
    return after - before, scores[1].psnr - scores[0].psnr, scores[1].ssim - scores[0].ssim


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--held-out", type=Path, required=True, help="folder of held-out people")
    parser.add_argument("--people", type=int, default=24)
    parser.add_argument("--training", type=Path, help="folder of training people, for the baselines")
    parser.add_argument("--limit", type=int, help="training people")
    parser.add_argument("--network", type=Path, help="weights; the shipped ones by default")
    parser.add_argument("--report", type=Path)
    parser.add_argument("--sheet", type=Path)
    parser.add_argument("--refine", type=int, nargs="*", default=[], help="numbers of held-out people to refine")
    arguments = parser.parse_args()
    torch.set_num_threads(2)
    network = load_network(arguments.network or asset("photos.safetensors"))
    template = body_template(network.config.template_size[0])
    people = held_out(arguments.held_out, arguments.people)
    files = people_files(arguments.training)[: arguments.limit] if arguments.training else []
    training = [know(PersonRecord.load(path), template) for path in files]
    scores = evaluate_photos(network, template, people, training)
    for name, score in scores.items():
        print(f"{name:20s} PSNR {score.psnr:5.2f} dB   SSIM {score.ssim:.3f}")
    batch = batch_of(know(people[0], template), range(3, 6), template)
    seconds = []
    for _ in range(5):
        start = time.perf_counter()
        with torch.no_grad():
            network(batch.images, batch.masks, template)
        seconds.append(time.perf_counter() - start)
    print(f"network on 3 photos: {1e3 * min(seconds):.0f} ms")
    for k in arguments.refine:
        gains = refinement_gain(people[k], template, arguments.network)
        print("refined person {}: {:+.2f} dB on the photos, {:+.3f} dB and {:+.4f} SSIM on others".format(k, *gains))
    if arguments.report:
        report = {
            "people": len(people),
            "pixels": network.config.template_size[0],
            "training people": len(training),
            "scores": {name: dataclasses.asdict(score) for name, score in scores.items()},
        }
        with atomic_path(arguments.report) as temporary:
            temporary.write_text(json.dumps(report, indent=2) + "\n")
    if arguments.sheet:
        with atomic_path(arguments.sheet) as temporary:
            Image.fromarray(sheet(network, template, people[:8])).save(temporary)


if __name__ == "__main__":
    main()
