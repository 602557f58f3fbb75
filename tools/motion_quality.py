"""Foot skate and jerk of every motion generator, for the same texts and lengths.

    python tools/motion_quality.py

"library" is the default (`personify.motion`); the others sample learned priors. Averages over the texts.
"""

from __future__ import annotations

import argparse
import dataclasses

import numpy as np

import personify
from personify.motion.clip import Motion
from personify.motion.quality import Quality, quality

TEXTS = ("walk", "run", "wave", "argue", "dance", "sit down", "throw a ball", "box")
SECONDS = 3.0


def made(generator: str, text: str, steps: int) -> Motion:
    """A motion of `SECONDS` at 30 frames a second by a generator's name; ``steps`` are those of the optimisers."""
    if generator == "library":
        return personify.motion(text, seconds=SECONDS)
    from personify.motion.priors.motion_generators import MOTION_GENERATORS

    options = {} if generator == "interpolation" else {"steps": steps}
    return MOTION_GENERATORS[generator](text, round(SECONDS * 30) + 1, **options)


def main() -> None:
    """Command line."""
    from personify.motion.priors.motion_generators import MOTION_GENERATORS

    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--generators", nargs="+", default=["library", *MOTION_GENERATORS])
    parser.add_argument("--texts", nargs="+", default=TEXTS)
    parser.add_argument("--steps", type=int, default=500, help="of optimisation and reconstruction")
    parser.add_argument("--each", action="store_true", help="also print every text")
    arguments = parser.parse_args()
    print("".join(f"{head:>16s}" for head in ("generator", "foot skate m/s", "jerk m/s^3", "smoothness", "travel m")))
    for generator in arguments.generators:
        numbers = [quality(made(generator, text, arguments.steps)) for text in arguments.texts]
        rows = list(zip(arguments.texts, numbers, strict=True)) if arguments.each else []
        for name, row in [*((text, dataclasses.asdict(number)) for text, number in rows), (generator, mean(numbers))]:
            print(f"{name:>16s}{row['foot_skate']:16.3f}{row['jerk']:16.0f}{row['smoothness']:16.2f}{row['travel']:16.2f}",
                  flush=True)  # fmt: skip


def mean(numbers: list[Quality]) -> dict[str, float]:
    """Of every number over the texts."""
    return {key: float(np.mean([getattr(number, key) for number in numbers])) for key in dataclasses.asdict(numbers[0])}


if __name__ == "__main__":
    main()
