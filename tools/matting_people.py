"""Render people as photos of sport and play show them, for the matting network; a killed run goes on where it stopped.

    python tools/matting_people.py --out DATA --people 80 --seed 0

More bent than those of ``tools/photos_data.py``, tilted in every direction before the camera (which looks down on them,
or up), and half of them undressed to shorts: skin is what the network must know best. About 6 s per person.
"""

from __future__ import annotations

import argparse
import dataclasses
import json
import math
from pathlib import Path
from random import Random

import numpy as np
import torch

from personify.body.mesh import Float, Skeleton
from personify.body.pose import NUM_BODY_JOINTS
from personify.body.rotations import axis_angle_to_matrix, matrix_to_axis_angle
from personify.data.people import TEXTURE_SIZE, draw_outfit, photograph, random_pose
from personify.data.record import PersonRecord
from personify.wardrobe.dress import dress
from personify.wardrobe.outfit import Garment, Outfit

_KEPT = ("head", "eyes", "feet")


def undressed(outfit: Outfit, random: Random) -> Outfit:
    """The same person in short trousers, with or without what is on head and feet."""
    kept = [one for one in outfit.garments if one.slot in _KEPT and random.random() < 0.5]
    color = random.choice(("black", "navy", "red", "grey", "white", "green", "blue"))
    return dataclasses.replace(outfit, garments=(Garment("shorts", color), *kept))


def tilted_pose(skeleton: Skeleton, rng: np.random.Generator) -> Float:  # [55, 3]
    """A pose of the other data, bent more, and the whole person tilted."""
    pose = random_pose(skeleton, rng)
    pose[1:NUM_BODY_JOINTS] += rng.normal(0, 0.16, (NUM_BODY_JOINTS - 1, 3))
    pitch, roll = rng.normal(0.25, 0.3), rng.normal(0, 0.25)
    yaw = rng.uniform(0, 2 * math.pi)
    # turned first and tilted then: for a camera at the height of the hips that is a look from above
    turns = axis_angle_to_matrix(torch.tensor([[0, yaw, 0], [pitch, 0, 0], [0, 0, roll]], dtype=torch.float32))
    root = turns[2] @ turns[1] @ turns[0] @ axis_angle_to_matrix(torch.from_numpy(pose[0]).float())
    pose[0] = matrix_to_axis_angle(root).numpy()
    return pose


def tilted_person(seed: int, index: int, views: int, size: int) -> PersonRecord:
    """Another pose in every picture."""
    random, rng = Random(f"matting/{seed}/{index}"), np.random.default_rng([7, seed, index])
    outfit = draw_outfit(random)
    outfit = undressed(outfit, random) if random.random() < 0.5 else outfit
    skeleton, parts = dress(outfit, TEXTURE_SIZE)
    shots = [(tilted_pose(skeleton, rng), float(rng.normal(0, 0.3))) for _ in range(views)]
    return photograph(skeleton, parts, shots, rng, size, json.dumps(outfit.to_dict()))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--people", type=int, default=80)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--views", type=int, default=12)
    parser.add_argument("--size", type=int, default=128)
    arguments = parser.parse_args()
    torch.set_num_threads(1)
    for index in range(arguments.people):
        path = arguments.out / f"person-tilted-{arguments.seed}-{index:06d}.npz"
        if not path.exists():
            print(tilted_person(arguments.seed, index, arguments.views, arguments.size).save(path).name, flush=True)


if __name__ == "__main__":
    main()
