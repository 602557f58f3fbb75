"""A person, a guide and a tiny preset for tests of the sculpting loop; seconds per run."""

from dataclasses import replace

import numpy as np
import torch

from personify.avatar import Avatar
from personify.body.pose import JOINT_INDEX
from personify.perception.towers import SmallImageText, TowerConfig
from personify.text.sculpt.avatar import make_sculptor
from personify.text.sculpt.presets import PRESETS

from . import shapes

TINY = replace(PRESETS["draft"], steps=4, size=32, views=2)
LOOK = "a ball in a yellow coat"


def skeleton():
    built = shapes.skeleton()
    places = {"pelvis": 0.85, "neck": 1.15, "head": 1.2, "jaw": 1.18, "left_eye": 1.25, "right_eye": 1.25}
    for name, height in places.items():
        built.rest_joints[JOINT_INDEX[name]] = [0, height, 0.1 if height > 1.15 else 0]
    return built


def avatar():
    button = shapes.ball(0.04, "coat buttons", subdivisions=1)
    button = replace(button, vertices=button.vertices + np.float32([0, 0, 0.33]))
    parts = (shapes.ball(subdivisions=2), shapes.ball(0.33, "coat", subdivisions=2), button)
    return Avatar("ball", skeleton(), parts)


def guide(seed=0):
    with torch.random.fork_rng():
        torch.manual_seed(seed)
        config = TowerConfig(widths=(8, 16), depth=1, text_width=16, text_layers=1, embedding=12, image_size=32)
        return SmallImageText(config, "personify-small-test").eval().requires_grad_(False)


def sculptor(preset=TINY, look=LOOK, seed=3):
    return make_sculptor(avatar(), look, preset, guide(), parts={"coat", "coat buttons"}, seed=seed)


def state(run):
    return {name: value.clone() for name, value in run.field.state_dict().items()}


if __name__ == "__main__":  # a process that is killed half way: folder, steps before the kill
    import os
    import signal
    import sys
    from pathlib import Path

    run = sculptor()

    def die(progress):
        if progress.done == int(sys.argv[2]):
            os.kill(os.getpid(), signal.SIGKILL)

    run.run(Path(sys.argv[1]) / "checkpoint.safetensors", die, save_seconds=0)
