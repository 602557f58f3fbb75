"""Bake authored motions (format h22-motion-v1) into the asset `motions.npz` that `personify.motion.library` reads.

    python tools/bake_motions.py authored_motions.npz src/personify/assets/motions.npz

Only clips under CC0-1.0 that were authored for this project are taken; the names lose their ``auth_`` prefix.
"""

from __future__ import annotations

import argparse
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from personify.files import atomic_path

ROTATION_STEP = 1e-3  # radians; under a tenth of a degree
TRANSLATION_STEP = 1e-3  # metres


def undelta(low: NDArray[np.uint8], high: NDArray[np.uint8]) -> NDArray[np.int16]:
    """Undo h22's packing: bytes of zigzag-coded differences along the frames."""
    zigzag = low.astype(np.int32) | (high.astype(np.int32) << 8)
    difference = ((zigzag >> 1) ^ -(zigzag & 1)).astype(np.int16)
    return np.cumsum(difference, axis=0, dtype=np.int16)


def delta(values: NDArray[np.float64], starts: NDArray[np.int64], step: float) -> NDArray[np.int16]:
    """Quantised differences along the frames, restarting with every clip: small numbers compress well."""
    quantised = np.round(values / step).astype(np.int64)
    differences = np.diff(quantised, axis=0, prepend=0 * quantised[:1])
    differences[starts[:-1]] = quantised[starts[:-1]]
    return differences.astype(np.int16)


def main() -> None:
    """Command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("source", type=Path)
    parser.add_argument("target", type=Path)
    arguments = parser.parse_args()
    with np.load(arguments.source, allow_pickle=False) as file:
        data = dict(file)
    keep = (data["clip_kind"] == "authored") & (data["clip_licence"] == "CC0-1.0")
    if not keep.all():
        raise SystemExit(f"{arguments.source}: {np.sum(~keep)} clips are not authored CC0 clips; refusing to ship them")
    starts = data["clip_start"].astype(np.int64)
    rotations = undelta(data["rot_lo"], data["rot_hi"]) * float(data["rot_step"])
    translation = undelta(data["trans_lo"], data["trans_hi"]) * float(data["trans_step"])
    with atomic_path(arguments.target) as path, open(path, "wb") as file:
        np.savez_compressed(
            file,
            names=np.array([str(name).removeprefix("auth_") for name in data["clip_id"]]),
            texts=data["clip_text"],
            starts=starts,
            fps=np.float32(data["fps"]),
            rotations=delta(rotations, starts, ROTATION_STEP),
            translation=delta(translation, starts, TRANSLATION_STEP),
            steps=np.float64([ROTATION_STEP, TRANSLATION_STEP]),
            licence=np.array("CC0-1.0"),
        )


if __name__ == "__main__":
    main()
