"""Pictures to look at: the README's row of people, and contact sheets of random people, faces and frames of a walk.

python tools/people_sheet.py hero docs/hero.png
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
from personify.show import film_length, head_points, motion_cameras, stand
from personify.text.complete import complete
from personify.text.create import create
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
        renderer, cameras = MeshRenderer(avatar.parts, supersample=3), motion_cameras(animation, 400)
        for frame in np.linspace(0, min(len(animation) - 1, 28), 8).astype(int):
            pictures.append(renderer.render(animation[int(frame)], cameras[int(frame)]))
            labels.append(f"frame {frame}")
    return pictures, labels, 8


HERO = (
    ("a bearded man in a red checked shirt, blue jeans and boots", "tall and heavy", "thumbs up", 1.2),
    ("a smiling young woman with long red hair in a yellow summer dress and sandals", "slim", "waving", 1.4),
    ("a knight in armour", "strong", "standing", 0.5),
    ("a smiling 9 year old girl with pigtails in a striped t-shirt, denim skirt and sneakers", "", "cheering", 1.0),
    ("an old man with a grey beard in a navy suit and tie", "", "thinking", 1.5),
)


def hero(spacing: float = 0.95) -> Float:
    """Five people made from words in one studio, side by side; their feet stand where their motion puts them."""
    parts, posed = [], []
    for k, (look, shape, motion, time) in enumerate(HERO):
        avatar = create(look=look, shape=shape or None, motion=motion, seed=3)
        animation = avatar.animate(avatar.motions[0])
        aside = np.array([spacing * (k - (len(HERO) - 1) / 2), 0, 0], np.float32)
        parts += avatar.parts
        posed += [points + aside for points in animation[round(time * animation.motion.fps) % len(animation)]]
    camera = frame_points(np.concatenate(posed), math.radians(4), math.radians(5), 1400, 660, margin=0.03)
    return MeshRenderer(parts, supersample=3).render(posed, camera)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("what", choices=("hero", "people", "faces", "walk"))
    parser.add_argument("out", type=Path)
    parser.add_argument("--count", type=int, default=48)
    parser.add_argument("--first", type=int, default=0)
    arguments = parser.parse_args()
    if arguments.what == "hero":
        save_png(arguments.out, hero())
        return
    make = {"people": people, "faces": faces, "walk": walk}[arguments.what]
    pictures, labels, columns = make(arguments.count, arguments.first)
    save_png(arguments.out, contact_sheet(pictures, labels, columns=columns))


if __name__ == "__main__":
    main()
