"""Train the photo network on people from ``tools/photos_data.py``.

    python tools/train_photos.py DATA --out RUN
    python tools/train_photos.py DATA MORE --weights 3 1 --preset tiny --out RUN --start BEST.safetensors
    python tools/train_photos.py DATA --out RUN --stages 1 --start BEST.safetensors    # the stem alone

Run it again with the same arguments to go on after an interruption. ``RUN/weights.safetensors`` is what ships.
"""

from __future__ import annotations

import argparse
from dataclasses import replace
from pathlib import Path

import torch

from personify.train.presets import PRESETS
from personify.train.run import Folder, train


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("data", type=Path, nargs="+", help="folders of people")
    parser.add_argument("--weights", type=float, nargs="+", help="how often batches come from each folder")
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--preset", choices=PRESETS, default="mini")
    parser.add_argument("--shorten", type=float, default=1.0, help="factor on the steps of every stage")
    parser.add_argument("--stages", type=int, nargs="+", help="only these stages of the preset, counted from 1")
    parser.add_argument("--start", type=Path, help="weights to begin with")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--limit", type=int, help="people of each folder")
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--every", type=int, default=250, help="steps between checkpoints and panels")
    parser.add_argument("--devices", type=int, default=1)
    arguments = parser.parse_args()
    torch.set_num_threads(arguments.threads)
    torch.set_flush_denormal(True)  # vanishing gradients make every step of a CPU twice as slow otherwise
    odds = arguments.weights or [1.0] * len(arguments.data)
    folders = [Folder(path, weight, arguments.limit) for path, weight in zip(arguments.data, odds, strict=True)]
    preset = PRESETS[arguments.preset].shortened(arguments.shorten)
    if arguments.stages:
        if not set(arguments.stages) <= set(range(1, len(preset.stages) + 1)):
            parser.error(f"--stages: {arguments.preset} has stages 1 to {len(preset.stages)}")
        preset = replace(preset, stages=tuple(preset.stages[number - 1] for number in arguments.stages))
    options = {"devices": arguments.devices, "strategy": "ddp"} if arguments.devices > 1 else {}
    print(train(preset, folders, arguments.out, arguments.seed, arguments.start, arguments.every, **options))


if __name__ == "__main__":
    main()
