"""Foot skate and jerk of every motion generator, for the same texts and lengths.

    python tools/motion_quality.py
    python tools/motion_quality.py --generators --recordings clips_30fps.npz

"library" is the default (`personify.motion`); the others sample learned priors. Averages over the texts. Somebody who
hardly moves has little jerk, so the table also tells

- ``speed`` and ``jerk at 1 m/s``: how fast the joints go about the pelvis, and the jerk if it were played at the
  rate at which they go 1 m/s (time scaled by s scales jerk by s^3; geometric mean),
- ``smoothness``: minus the logarithm of the dimensionless jerk,
- ``does it``: for how many texts what was asked can be seen at all, by the `SIGNS` of each action;
- last, every generator beside the first one over the texts that both perform: who stands still is no rival.

Recordings of the open motion set (see `mocap`) show what people do: the medians of all three seconds in which a clip of
that name shows the sign.
"""

from __future__ import annotations

import argparse
import dataclasses
import re
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np

import personify
from personify.body.pose import JOINT_INDEX
from personify.motion.clip import Motion
from personify.motion.kinematics import REFERENCE_SKELETON, body_frames
from personify.motion.quality import Quality, quality

SECONDS, FPS = 3.0, 30
COLUMNS = ("foot skate m/s", "jerk m/s^3", "jerk at 1 m/s", "smoothness", "speed m/s", "travel m", "does it")


def _speeds(positions: np.ndarray, *joints: str) -> np.ndarray:
    """[F - 1, J] m/s relative to the pelvis."""
    paths = positions[:, [JOINT_INDEX[joint] for joint in joints]] - positions[:, :1]
    return np.linalg.norm(np.diff(paths, axis=0), axis=-1) * FPS


def _travel(positions: np.ndarray) -> float:
    return float(np.linalg.norm((positions[-1, 0] - positions[0, 0])[[0, 2]]))


def _hand_up(positions: np.ndarray) -> float:
    """Seconds that a wrist is above its shoulder."""
    above = [positions[:, JOINT_INDEX[f"{side}_wrist"], 1] > positions[:, JOINT_INDEX[f"{side}_shoulder"], 1]
             for side in ("left", "right")]  # fmt: skip
    return float(np.max(np.sum(above, 1))) / FPS


_HANDS = ("left_wrist", "right_wrist")
_LIMBS = (*_HANDS, "left_ankle", "right_ankle")
SIGNS: dict[str, Callable[[np.ndarray], bool]] = {  # of joint positions [F, 22, 3] over `SECONDS`
    "walk": lambda positions: _travel(positions) > 1.5,
    "run": lambda positions: _travel(positions) > 4.5,
    "wave": lambda positions: _hand_up(positions) > 0.5,
    "argue": lambda positions: bool(_speeds(positions, *_HANDS).mean() > 0.3),
    "dance": lambda positions: bool(_speeds(positions, *_LIMBS).mean() > 0.2),
    "sit down": lambda positions: bool(positions[0, 0, 1] - positions[-1, 0, 1] > 0.25),
    "throw a ball": lambda positions: bool(_speeds(positions, *_HANDS).max() > 4),
    "box": lambda positions: bool(_speeds(positions, *_HANDS).max() > 2),
}


def made(generator: str, text: str, steps: int) -> Motion:
    """A motion of `SECONDS` at `FPS` by a generator's name; ``steps`` are those of the optimisers."""
    if generator == "library":
        return personify.motion(text, seconds=SECONDS)
    from personify.motion.priors.motion_generators import MOTION_GENERATORS

    options = {} if generator == "interpolation" else {"steps": steps}
    return MOTION_GENERATORS[generator](text, round(SECONDS * FPS) + 1, **options)


def shows(text: str, motion: Motion) -> bool:
    """Whether a motion has the sign of the action."""
    return SIGNS[text](body_frames(motion.rotations, motion.translation, REFERENCE_SKELETON)[1])


def recorded(path: Path, text: str) -> Iterator[Quality]:
    """Of every `SECONDS` of the recordings that are called so and show it."""
    from mocap import REST, read_clips

    height, frames = float(REST[0, 1]), round(SECONDS * FPS) + 1
    for clip in read_clips(path):
        if re.search(rf"\b{text.split()[0]}", clip.text.lower()) and bool(clip.recorded.all()):
            for start in range(0, len(clip.rotations) - frames, frames):
                part = slice(start, start + frames)
                rotations = np.zeros((frames, 55, 3))
                rotations[:, : clip.rotations.shape[1]] = clip.rotations[part]
                motion = Motion(text, FPS, rotations, clip.travel[part].numpy() * height, height)
                if shows(text, motion):
                    yield quality(motion)


def row(name: str, numbers: list[Quality], done: float) -> str:
    """A line of the table: averages, but the geometric mean for the jerk at 1 m/s."""
    mean = {key: float(np.mean([getattr(number, key) for number in numbers])) for key in dataclasses.asdict(numbers[0])}
    rated = float(np.exp(np.mean([np.log(number.jerk / number.speed**3) for number in numbers])))
    return (f"{name:>16s}{mean['foot_skate']:15.3f}{mean['jerk']:15.0f}{rated:15.0f}{mean['smoothness']:15.2f}"
            f"{mean['speed']:15.2f}{mean['travel']:15.2f}{done:15.0%}")  # fmt: skip


def beside(first: dict[str, Quality], name: str, other: dict[str, Quality]) -> str:
    """Foot skate and jerk of two generators over the texts that both perform."""
    shared = [text for text in other if text in first]
    if not shared:
        return f"{name}: performs nothing that the first one performs"
    skate, jerk = (
        [float(np.mean([getattr(numbers[text], key) for text in shared])) for numbers in (other, first)]
        for key in ("foot_skate", "jerk")
    )
    measures = f"skate {skate[0]:.3f} against {skate[1]:.3f} m/s, jerk {jerk[0]:.0f} against {jerk[1]:.0f} m/s^3"
    return f"{name}, over {', '.join(shared)}: {measures}"


def main() -> None:
    """Command line."""
    from personify.motion.priors.motion_generators import MOTION_GENERATORS

    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--generators", nargs="*", default=["library", *MOTION_GENERATORS])
    parser.add_argument("--texts", nargs="+", default=list(SIGNS), choices=list(SIGNS))
    parser.add_argument("--steps", type=int, default=500, help="of optimisation and reconstruction")
    parser.add_argument("--each", action="store_true", help="also print every text")
    parser.add_argument("--recordings", type=Path, help="clips_30fps.npz of the open motion set")
    arguments = parser.parse_args()
    print(" " * 16 + "".join(f"{head:>15s}" for head in COLUMNS))
    performed: dict[str, dict[str, Quality]] = {}
    for generator in arguments.generators:
        motions = [made(generator, text, arguments.steps) for text in arguments.texts]
        done = [shows(text, motion) for text, motion in zip(arguments.texts, motions, strict=True)]
        numbers = [quality(motion) for motion in motions]
        for line in zip(arguments.texts, numbers, done, strict=True) if arguments.each else ():
            print(row(line[0], [line[1]], line[2]), flush=True)
        print(row(generator, numbers, float(np.mean(done))), flush=True)
        measured = zip(arguments.texts, numbers, done, strict=True)
        performed[generator] = {text: number for text, number, does_it in measured if does_it}
    first, *others = arguments.generators
    for other in others:
        print(beside(performed[first], other, performed[other]))
    for text in arguments.texts if arguments.recordings else ():
        found = list(recorded(arguments.recordings, text))
        if found:
            median = {
                key: float(np.median([getattr(one, key) for one in found])) for key in dataclasses.asdict(found[0])
            }
            print(row(f"{text} ({len(found)} rec.)", [Quality(**median)], 1.0), flush=True)


if __name__ == "__main__":
    main()
