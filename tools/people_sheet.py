"""Contact sheets to look at: random people, faces, and frames of a walk.

python tools/people_sheet.py people docs/people.png --count 48
python tools/people_sheet.py faces docs/faces.png --count 8
python tools/people_sheet.py walk docs/walk.png --count 2
"""

from __future__ import annotations

import argparse
import math
from pathlib import Path
from random import Random

import numpy as np

from personify.avatar import Avatar
from personify.body.mesh import Float
from personify.motion.select import motion_from_text
from personify.render.cameras import frame_face, frame_points
from personify.render.renderer import MeshRenderer
from personify.render.sheets import contact_sheet, save_png
from personify.show import film_length, head_points, motion_camera, stand
from personify.text.complete import complete
from personify.text.reader import read
from personify.wardrobe.caption import caption
from personify.wardrobe.dress import dress


def person(seed: int, texture_size: int) -> tuple[Avatar, str]:
    """Somebody from the tasteful prior, and a caption."""
    outfit = complete(read(None, None), seed)
    skeleton, parts = dress(outfit, texture_size)
    return Avatar(f"person {seed}", skeleton, parts), caption(outfit, Random(seed), view="full").text


def people(count: int, first: int) -> tuple[list[Float], list[str], int]:
    pictures, labels = [], []
    for seed in range(first, first + count):
        avatar, text = person(seed, 512)
        posed = stand(avatar)
        camera = frame_points(np.concatenate(posed), math.radians(15 * (seed % 5 - 2)), 0.1, 300, 420)
        pictures.append(MeshRenderer(avatar.parts, supersample=3).render(posed, camera))
        labels.append(f"{seed}: {text}"[:60])
    return pictures, labels, 8


def faces(count: int, first: int) -> tuple[list[Float], list[str], int]:
    pictures, labels = [], []
    for seed in range(first, first + count):
        avatar, text = person(seed, 2048)
        posed = stand(avatar)
        camera = frame_face(head_points(avatar, posed), math.radians(20 * (-1) ** seed), 0.03, 512, 512, margin=0.08)
        pictures.append(MeshRenderer(avatar.parts, supersample=3).render(posed, camera))
        labels.append(f"{seed}: {text}"[:80])
    return pictures, labels, 4


def walk(count: int, first: int) -> tuple[list[Float], list[str], int]:
    pictures, labels = [], []
    for seed in range(first, first + count):
        avatar, _ = person(seed, 512)
        animation = avatar.animate(film_length(motion_from_text("walking", seed).motion))
        renderer, camera = MeshRenderer(avatar.parts, supersample=3), motion_camera(animation, 400)
        for frame in np.linspace(0, min(len(animation) - 1, 28), 8).astype(int):
            pictures.append(renderer.render(animation[int(frame)], camera))
            labels.append(f"frame {frame}")
    return pictures, labels, 8


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("what", choices=("people", "faces", "walk"))
    parser.add_argument("out", type=Path)
    parser.add_argument("--count", type=int, default=48)
    parser.add_argument("--first", type=int, default=0)
    arguments = parser.parse_args()
    make = {"people": people, "faces": faces, "walk": walk}[arguments.what]
    pictures, labels, columns = make(arguments.count, arguments.first)
    save_png(arguments.out, contact_sheet(pictures, labels, columns=columns))


if __name__ == "__main__":
    main()
