"""What `personify reconstruct` makes of three pictures of people whom training never saw, a row each.

python tools/photos_sheet.py docs/photos_people.png
"""

from __future__ import annotations

import argparse
import tempfile
from pathlib import Path

import numpy as np

from personify.body.mesh import Float
from personify.evaluate.photos import OTHER_POSES, held_out_person
from personify.photos.reconstruct import reconstruct
from personify.render.sheets import contact_sheet, save_png
from personify.show import views

LABELS = ("photo 1", "photo 2", "photo 3", "front", "side", "back", "face")


def row(person: int, size: int) -> list[Float]:
    """Three pictures of a held-out person, and four of the avatar."""
    photos = held_out_person(person, size).images[OTHER_POSES]
    with tempfile.TemporaryDirectory() as folder:
        for k, photo in enumerate(photos):
            save_png(Path(folder) / f"{k}.png", photo)  # with alpha: nobody has to be cut out
        avatar = reconstruct(folder)
    colors, alphas = photos[..., :3].astype(np.float32) / 255, photos[..., 3:].astype(np.float32) / 255
    return [*(colors * alphas + 0.9 * (1 - alphas)), *views(avatar, size)]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("out", type=Path)
    parser.add_argument("--people", type=int, nargs="+", default=[0, 4, 5], help="numbers of held-out people")
    parser.add_argument("--size", type=int, default=256, help="pixels of every picture")
    arguments = parser.parse_args()
    pictures = [picture for person in arguments.people for picture in row(person, arguments.size)]
    labels = LABELS * len(arguments.people)
    save_png(arguments.out, contact_sheet(pictures, labels, columns=len(LABELS)))


if __name__ == "__main__":
    main()
