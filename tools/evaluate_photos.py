"""Score the photo network on held-out synthetic people, beside two baselines and the best its template could do.

    python tools/evaluate_photos.py --held-out HELD_OUT --training DATA --report report.json --sheet sheet.png

Held-out people are rendered into the folder when it has fewer than asked for.
"""

from __future__ import annotations

import argparse
import dataclasses
import json
import time
from pathlib import Path

import torch
from PIL import Image

from personify.data.people import people_files
from personify.data.record import PersonRecord
from personify.evaluate.photos import batch_of, evaluate_photos, held_out_person, sheet
from personify.files import asset, atomic_path
from personify.photos.checkpoints import load_network
from personify.photos.template import body_template
from personify.train.targets import know


def held_out(folder: Path, people: int) -> list[PersonRecord]:
    """Records of the first held-out people, rendered where they are missing."""
    for index in range(people):
        path = folder / f"person-held-out-{index:06d}.npz"
        if not path.exists():
            held_out_person(index).save(path)
    return [PersonRecord.load(path) for path in people_files(folder)[:people]]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--held-out", type=Path, required=True, help="folder of held-out people")
    parser.add_argument("--people", type=int, default=24)
    parser.add_argument("--training", type=Path, help="folder of training people, for the baselines")
    parser.add_argument("--limit", type=int, help="training people")
    parser.add_argument("--network", type=Path, help="weights; the shipped ones by default")
    parser.add_argument("--report", type=Path)
    parser.add_argument("--sheet", type=Path)
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
