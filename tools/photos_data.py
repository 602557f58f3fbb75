"""Render synthetic people for the photo network; a killed run goes on where it stopped.

    python tools/photos_data.py --out DATA --people 800 --seed 0

Two processes with different ``--seed`` fill one folder together. About 6 s per person on a busy core.
"""

from __future__ import annotations

import argparse
from pathlib import Path

import torch

from personify.data.people import write_people


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--people", type=int, default=800)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--views", type=int, default=12)
    parser.add_argument("--size", type=int, default=128)
    arguments = parser.parse_args()
    torch.set_num_threads(1)
    for path, seconds in write_people(arguments.out, arguments.people, arguments.seed, arguments.views, arguments.size):
        print(f"{path.name}: {seconds:.2f} s", flush=True)


if __name__ == "__main__":
    main()
