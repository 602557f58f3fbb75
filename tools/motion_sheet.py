"""Draw `docs/motions_sheet.png` (24 motions, 8 moments each) and the five films `docs/motion_*.mp4`.

    python tools/motion_sheet.py docs

Look at them as a stranger would: weight, contacts and hands should be those of a person doing the thing.
"""

from __future__ import annotations

import argparse
import dataclasses
import math
from collections.abc import Iterator
from pathlib import Path

import numpy as np

import personify
from personify.avatar import Avatar
from personify.body.mesh import Float
from personify.motion.clip import Motion
from personify.preview import write_preview
from personify.render.cameras import frame_points
from personify.render.renderer import MeshRenderer
from personify.render.sheets import contact_sheet, save_png

LOOK = "a young woman in a fitted orange t-shirt, grey leggings and white sneakers, short dark hair"
MOMENTS = 8
SHEET = (
    "wave the left hand", "walk", "run", "sneak", "limp", "carry a box", "jump forward", "throw a ball",
    "swim the front crawl", "climb a ladder", "crawl", "turn a cartwheel", "trip and fall", "get up from the floor",
    "play the violin", "play the drums", "chop wood", "swing a golf club", "shoot an arrow", "box", "dance",
    "cry", "argue", "sit down",
)  # fmt: skip
FILMS = {
    "wave_walk": "wave the left hand twice, then walk forward slowly",
    "run_jump": "run, then jump forward, then cheer",
    "chop": "chop wood for five seconds",
    "fall_get_up": "trip and fall, then get up",
    "dance": "dance happily",
}


def moments(avatar: Avatar, renderer: MeshRenderer, motion: Motion, size: int) -> Iterator[Float]:
    """Pictures evenly spread over a motion, the camera going along over the floor."""
    animation = avatar.animate(motion)
    frames = (
        np.linspace(0, min(len(animation), 95) - 1 if motion.loop else len(animation) - 1, MOMENTS + motion.loop)
        .round()
        .astype(int)[:MOMENTS]
    )
    places = animation.motion.translation[frames] * (1, 0, 1)
    posed = [animation[int(frame)] for frame in frames]
    points = np.concatenate([np.concatenate(parts) - place for parts, place in zip(posed, places, strict=True)])
    camera = frame_points(points, math.radians(38), math.radians(8), size, size)
    for parts, place in zip(posed, places, strict=True):
        viewmat = camera.viewmat.copy()
        viewmat[:3, 3] -= viewmat[:3, :3] @ place
        yield renderer.render(parts, dataclasses.replace(camera, viewmat=viewmat.astype(np.float32)))


def main() -> None:
    """Command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--size", type=int, default=104, help="pixels of every picture of the sheet")
    arguments = parser.parse_args()
    avatar = personify.create(look=LOOK, preset="draft")
    renderer = MeshRenderer(avatar.parts)
    images, labels = [], []
    for text in SHEET:
        images += moments(avatar, renderer, personify.motion(text), arguments.size)
        labels += [text, *[""] * (MOMENTS - 1)]
    save_png(arguments.folder / "motions_sheet.png", contact_sheet(images, labels, columns=MOMENTS, gap=2))
    for name, text in FILMS.items():
        write_preview(personify.motion(text), arguments.folder / f"motion_{name}.mp4", avatar, size=224)


if __name__ == "__main__":
    main()
