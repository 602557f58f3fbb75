"""Foot skate and jerk of every motion generator, for the same texts and lengths.

    python tools/motion_quality.py

"library" is the default (`personify.motion`); the others sample learned priors. Averages over the texts.
"""

from __future__ import annotations

import argparse

import numpy as np

import personify
from personify.motion.clip import Motion
from personify.motion.quality import Quality, quality

TEXTS = ("walk", "run", "wave", "argue", "dance", "sit down", "throw a ball", "box")
SECONDS = 3.0


def made(generator: str, text: str) -> Motion:
    """A motion of `SECONDS` by a generator's name."""
    if generator == "library":
        return personify.motion(text, seconds=SECONDS)
    from personify.motion.priors.motion_generators import MOTION_GENERATORS

    return MOTION_GENERATORS[generator](text, round(SECONDS * 30))


def main() -> None:
    """Command line."""
    from personify.motion.priors.motion_generators import MOTION_GENERATORS

    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--generators", nargs="+", default=["library", *MOTION_GENERATORS])
    parser.add_argument("--texts", nargs="+", default=TEXTS)
    arguments = parser.parse_args()
    print(f"{'generator':16s} {'foot skate m/s':>15s} {'jerk m/s^3':>11s} {'travel m':>9s}")
    for generator in arguments.generators:
        numbers: list[Quality] = [quality(made(generator, text)) for text in arguments.texts]
        skate, jerk, travel = (np.mean([getattr(n, key) for n in numbers]) for key in ("foot_skate", "jerk", "travel"))
        print(f"{generator:16s} {skate:15.3f} {jerk:11.0f} {travel:9.2f}", flush=True)


if __name__ == "__main__":
    main()
