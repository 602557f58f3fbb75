"""How well people are cut out of several photos each: every photo alone, and the photos of one person together.

    python tools/evaluate_matting.py HELD [--weights RUN/matting.safetensors] [--rooms PICTURE ...]

Held-out people of ``tools/photos_data.py``, each in another pose in every photo, in different corners of one room at
different sizes: synthetic (`personify.data.clutter`), or real ones, as in the pictures that come with scikit-image.
Prints the overlap (IoU) with the truth.
"""

from __future__ import annotations

import argparse
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from PIL import Image, ImageOps

from personify.data.augment import Float, Grade, degrade
from personify.data.clutter import clutter
from personify.data.people import people_files
from personify.data.record import PersonRecord
from personify.photos.matting import cut_out
from personify.photos.matting_network import load_matting, shipped_matting

_SIZE = 320  # pixels of a photo's sides


def photos_of(
    people: NDArray[np.uint8], room: NDArray[np.uint8], rng: np.random.Generator, count: int
) -> list[tuple[Float, NDArray[np.bool_]]]:
    """Photos [S, S, 3] of one person, whose pictures are [N, S, S, 4], in one room, and who of each is the person."""
    grade = Grade.draw(rng)
    chosen = rng.choice(len(people), count, replace=False)
    return [_photo(Image.fromarray(people[index], "RGBA"), room, grade, rng) for index in chosen]


def _photo(
    figure: Image.Image, room: NDArray[np.uint8], grade: Grade, rng: np.random.Generator
) -> tuple[Float, NDArray[np.bool_]]:
    side = int(rng.uniform(0.55, 1) * len(room))
    top, left = rng.integers(0, len(room) - side + 1, 2)
    corner = Image.fromarray(room[top : top + side, left : left + side]).resize((_SIZE, _SIZE))
    figure = figure.rotate(float(rng.normal(0, 8)), Image.Resampling.BICUBIC, expand=True)
    figure = figure.crop(figure.getchannel("A").getbbox())
    scale = _SIZE * rng.uniform(0.45, 0.85) / max(figure.size)
    figure = figure.resize((round(figure.width * scale), round(figure.height * scale)), Image.Resampling.BICUBIC)
    colors = np.divide(np.asarray(figure.convert("RGB")), 255, dtype=np.float32) * rng.uniform(0.8, 1.15)
    alpha = figure.getchannel("A")
    figure = Image.fromarray((grade(colors) * 255).astype(np.uint8))
    x, y = (0.5 + rng.normal(0, 0.08, 2)) * _SIZE - np.array(figure.size) / 2
    place = round(float(x)), round(float(y))
    mask = Image.new("L", corner.size)
    corner.paste(figure, place, alpha)
    mask.paste(alpha, place)
    return degrade(np.divide(np.asarray(corner), 255, dtype=np.float32), rng), np.asarray(mask) > 127


def room_of(pictures: list[Path], number: int, rng: np.random.Generator) -> NDArray[np.uint8]:  # [512, 512, 3]
    if not pictures:
        return clutter(rng, 512)
    return np.array(ImageOps.fit(Image.open(pictures[number % len(pictures)]).convert("RGB"), (512, 512)))


def overlap(alpha: Float, truth: NDArray[np.bool_]) -> float:
    found = alpha > 0.5
    return float((found & truth).sum() / max(1, (found | truth).sum()))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("held_out", type=Path, help="folder of people")
    parser.add_argument("--weights", type=Path, help="of another network than the shipped one")
    parser.add_argument("--rooms", type=Path, nargs="+", default=[], help="pictures of real places")
    parser.add_argument("--photos", type=int, default=4, help="of each person")
    parser.add_argument("--people", type=int, default=24)
    arguments = parser.parse_args()
    torch.set_num_threads(1)
    network = load_matting(arguments.weights) if arguments.weights else shipped_matting()
    alone, together = [], []
    for number, file in enumerate(people_files(arguments.held_out)[: arguments.people]):
        rng = np.random.default_rng([5, number])
        room = room_of(arguments.rooms, number, rng)
        taken = photos_of(PersonRecord.load(file).images, room, rng, arguments.photos)
        images, truths = zip(*taken, strict=True)
        apart = [cut_out([image], network=network)[0] for image in images]
        alone += [overlap(one.alpha, truth) for one, truth in zip(apart, truths, strict=True)]
        joint = cut_out(images, network=network)
        together += [overlap(one.alpha, truth) for one, truth in zip(joint, truths, strict=True)]
    for name, scores in (("alone", alone), ("together", together)):
        print(f"{name}: mean IoU {np.mean(scores):.3f}, median {np.median(scores):.3f}, worst tenth "
              f"{np.quantile(scores, 0.1):.3f}, {len(scores)} photos")  # fmt: skip


if __name__ == "__main__":
    main()
