"""Render captioned people for the image-text model: shards of pictures with alpha, outfits and labels.

    python tools/perception_data.py --out DATA --people 6000 --seed 0

Every shard holds 25 people x 8 views and is written atomically; a killed run goes on where it stopped. Two processes
with different ``--seed`` fill one folder together. Two fifths of the people are drawn freely, a quarter tastefully, the
rest wear a named look; every fifth is *painted*: the same clothes only as colour on the bare body, which is what
sculpting starts from. With ``--made`` nobody is painted, and everybody or their clothes are made of lava, ice, gold...
(`judge_materials`): lessons for the judge, five materials per dressed person.
"""

from __future__ import annotations

import argparse
import json
import math
import time
from pathlib import Path
from random import Random

import numpy as np
import torch
from judge_materials import Made, draw_made, remake

from personify.body.posing import relaxed_pose
from personify.errors import PersonifyError
from personify.files import atomic_path
from personify.motion.library import library_motion, library_names
from personify.perception.labels import FIELDS, encode
from personify.perception.portraits import View, take_portraits
from personify.render.lights import Light, Lights
from personify.render.renderer import MeshRenderer
from personify.wardrobe.attributes import attributes_of
from personify.wardrobe.dress import dress
from personify.wardrobe.looks import looks
from personify.wardrobe.outfit import Outfit
from personify.wardrobe.painted import painted_person
from personify.wardrobe.sampling import likely_sex, sample_outfit, tasteful

SIZE = 112
SHARD = 25
TEXTURE = 128
PAINTED = 0.2  # share of people whose clothes are paint
REMADE = 5  # times somebody is made of something
ANYTHING, TASTEFUL = "anything", "tasteful"


def views_of(rng: np.random.Generator) -> list[View]:
    """Eight views: three whole figures, two upper bodies, three heads; mostly from the front."""

    def view(region: str, azimuth: float) -> View:
        margin = float(rng.uniform(0.02, 0.1))
        shift = tuple(rng.normal(0, 0.02, 2).tolist())
        return View(region, azimuth, float(rng.uniform(-0.08, 0.2)), margin, shift)

    side = rng.choice([-1.0, 1.0])
    return [
        view("full", rng.normal(0, 0.35)),
        view("full", rng.normal(0, 0.5)),
        view("full", side * rng.uniform(1.0, 2.0) if rng.random() < 0.4 else math.pi + rng.normal(0, 0.4)),
        view("upper", rng.normal(0, 0.4)),
        view("upper", rng.normal(0, 0.4) if rng.random() < 0.6 else math.pi + rng.normal(0, 0.4)),
        view("head", rng.normal(0, 0.35)),
        view("head", rng.normal(0, 0.5)),
        view("head", side * rng.uniform(1.0, 2.0) if rng.random() < 0.6 else math.pi + rng.normal(0, 0.4)),
    ]


def random_lights(rng: np.random.Generator) -> Lights:
    """Studio light with another direction, strength and warmth."""
    strength, warmth = rng.uniform(0.7, 1.05), rng.normal(0, 0.04)
    color = (strength * (1 + warmth), strength, strength * (1 - warmth))
    ambient = rng.uniform(0.35, 0.6)
    key = Light(float(rng.normal(-0.4, 0.6)), float(rng.uniform(0.3, 1.0)), color)
    return Lights(key=key, sky=(ambient,) * 3, ground=(0.55 * ambient,) * 3)


def random_pose(skeleton, poses: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """The relaxed pose with noise, or a frame of a gesture."""
    pose = relaxed_pose(skeleton) if rng.random() < 0.6 else poses[rng.integers(len(poses))].copy()
    pose[:22] += rng.normal(0, 0.04, (22, 3)).astype(np.float32)
    pose[0] = 0  # cameras, not the pelvis, decide where we look from
    return pose


def gesture_frames() -> np.ndarray:
    """[N, 55, 3] frames of the authored standing gestures."""
    frames = [library_motion(name).rotations[::15] for name in library_names()]
    return np.concatenate(frames)


def draw_person(random: Random) -> tuple[Outfit, str]:
    """Somebody, and where they come from: ``"anything"`` (two fifths), ``"tasteful"`` (a quarter) or a look's name."""
    kind = random.random()
    if kind < 0.4:
        return sample_outfit(random), ANYTHING
    seed = random.getrandbits(32)
    if kind < 0.65:
        return tasteful({}, seed), TASTEFUL
    look = random.choice(list(looks().values()))
    sex = str(look.person.get("sex") or likely_sex({}, seed))
    return tasteful(look.attributes(seed, sex) | {"person.sex": sex}, seed), look.name


def render_shard(seed: int, index: int, poses: np.ndarray, made: bool = False) -> dict[str, np.ndarray]:
    """Pictures [N, S, S, 4], labels [N, F] and view names; outfits as JSON, origins, painted and made per person."""
    images, labels, views, outfits, origins, painted, stuffs = [], [], [], [], [], [], []
    for k in range(SHARD):
        rng = np.random.default_rng([seed, index, k])
        if not made or k % REMADE == 0:
            random = Random(f"{seed}/{index}/{k}")
            outfit, origin = draw_person(random)
            if made and origin in (ANYTHING, TASTEFUL):  # "an ice queen": roles are what stuff is said of
                outfit, origin = draw_person(random)
            paint = not made and bool(rng.random() < PAINTED)
            skeleton, dressed = (painted_person if paint else dress)(outfit, TEXTURE)
        stuff = draw_made(outfit, rng) if made else Made()
        parts = remake(dressed, stuff, rng) if made else dressed
        plan = views_of(rng)
        renderer = MeshRenderer(parts, lights=random_lights(rng))
        groups = (plan[:4], plan[4:])  # two poses per person
        poses_now = [random_pose(skeleton, poses, rng) for _ in groups]
        images += [
            take_portraits(skeleton, parts, group, SIZE, pose, renderer)
            for group, pose in zip(groups, poses_now, strict=True)
        ]
        labels += [encode(attributes_of(outfit))] * len(plan)
        views += [f"{view.region} {view.facing}" for view in plan]
        outfits.append(json.dumps(outfit.to_dict()))
        origins.append(origin)
        painted.append(paint)
        stuffs.append(stuff.to_json())
    return {
        "images": np.concatenate(images),
        "labels": np.stack(labels),
        "views": np.array(views),
        "outfits": np.array(outfits),
        "origins": np.array(origins),
        "painted": np.array(painted),
        "made": np.array(stuffs),
        "fields": np.array(list(FIELDS)),
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--people", type=int, default=6000)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--made", action="store_true", help="everybody is made of something, for the judge")
    arguments = parser.parse_args()
    torch.set_num_threads(1)
    poses = gesture_frames()
    shards = math.ceil(arguments.people / SHARD)
    for index in range(shards):
        path = arguments.out / f"people-{arguments.seed}-{index:04d}.npz"
        if path.exists():
            continue
        start = time.perf_counter()
        try:
            shard = render_shard(arguments.seed, index, poses, arguments.made)
        except PersonifyError as error:
            raise SystemExit(f"shard {index}: {error}") from error
        with atomic_path(path) as temporary:
            np.savez(temporary, **shard)
        seconds = time.perf_counter() - start
        left = seconds * (shards - index - 1) / 60
        speed = f"{1e3 * seconds / SHARD:.0f} ms per person"
        print(f"{path.name}: {len(shard['images'])} pictures, {speed}, {left:.0f} min left", flush=True)


if __name__ == "__main__":
    main()
