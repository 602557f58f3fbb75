"""Train the network that cuts people out, on people of ``tools/photos_data.py`` and ``tools/matting_people.py``.

    python tools/train_matting.py PEOPLE TILTED --held-out HELD --out RUN

Every picture is composed anew (`personify.data.compose`); the same seed gives the same ones. A killed run goes on where
it stopped. ``RUN/matting.safetensors`` is what ships, ``RUN/log.txt`` the held-out overlap (IoU) on the way.
"""

from __future__ import annotations

import argparse
import copy
import math
import time
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.utils.data import DataLoader, Dataset
from train_judge import Muon

from personify.data.clutter import clutter
from personify.data.compose import compose
from personify.data.people import people_files
from personify.data.record import PersonRecord
from personify.files import atomic_path
from personify.photos.matting_network import MattingNetwork, load_matting, save_matting

_SIZES = ((0.8, 96), (1.0, 128))  # pixels until this share of the steps
_RATES = (0.005, 1e-3)  # of the convolutions and of everything else
_EVERY = 100  # steps between checkpoints
_HELD_SEED = 1_000_000


class Compositions(Dataset[tuple[NDArray[np.float32], NDArray[np.float32]]]):
    """Numbered batches of photos that never were."""

    def __init__(
        self, people: NDArray[np.uint8], surroundings: NDArray[np.uint8], seed: int, batch: int, sizes: Sequence[int]
    ) -> None:
        self.people, self.surroundings, self.seed, self.batch, self.sizes = people, surroundings, seed, batch, sizes

    def __len__(self) -> int:
        return len(self.sizes)

    def __getitem__(self, step: int) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
        rng = np.random.default_rng([self.seed, step])
        made = [compose(self.people, self.surroundings, rng, self.sizes[step]) for _ in range(self.batch)]
        images, alphas = zip(*made, strict=True)
        return np.stack(images).transpose(0, 3, 1, 2), np.stack(alphas)


def loss_of(logits: Tensor, alpha: Tensor) -> Tensor:
    """Cross-entropy of pixels, and Dice's overlap of figures however small."""
    entropy = torch.nn.functional.binary_cross_entropy_with_logits(logits, alpha)
    found = logits.sigmoid()
    common, total = (found * alpha).sum((1, 2)), (found + alpha).sum((1, 2))
    return entropy + 0.5 * (1 - (2 * common + 1) / (total + 1)).mean()


def mirrored(images: Tensor, alphas: Tensor, seed: int) -> tuple[Tensor, Tensor]:
    """The lessons, and the same once more in a mirror, under lamps of other colours; making one costs much."""
    generator = torch.Generator().manual_seed(seed)
    gain = 0.75 + 0.5 * torch.rand(len(images), 3, 1, 1, generator=generator)
    again = (gain * images).clamp(0, 1).flip(3)
    return torch.cat([images, again]), torch.cat([alphas, alphas.flip(2)])


@torch.no_grad()
def overlap(network: MattingNetwork, images: Tensor, alphas: Tensor) -> float:
    """Mean IoU over the pictures with somebody in them."""
    found, truth = network(images) > 0, alphas > 0.5
    some = truth.any((1, 2))
    return float(((found & truth).sum((1, 2)) / (found | truth).sum((1, 2)).clamp(min=1))[some].mean())


def pictures(folders: Sequence[Path], limit: int | None = None) -> NDArray[np.uint8]:  # [N, S, S, 4]
    files = [file for folder in folders for file in people_files(folder)[:limit]]
    return np.concatenate([PersonRecord.load(file).images for file in files])


def surroundings(path: Path, count: int, seed: int) -> NDArray[np.uint8]:
    """Clutter, made once for a run."""
    if not path.exists():
        made = np.stack([clutter(np.random.default_rng([seed, index])) for index in range(count)])
        with atomic_path(path) as temporary, open(temporary, "wb") as file:
            np.save(file, made)
    return np.load(path, mmap_mode="r")


def train(arguments: argparse.Namespace) -> None:
    out, steps = arguments.out, arguments.steps
    out.mkdir(parents=True, exist_ok=True)
    people = pictures(arguments.people, arguments.limit)
    rooms = surroundings(out / "surroundings.npy", arguments.surroundings, arguments.seed)
    unseen = surroundings(out / "unseen.npy", 64, _HELD_SEED)
    held = Compositions(pictures([arguments.held_out]), unseen, _HELD_SEED, 160, [128])[0]
    test = torch.from_numpy(held[0]).to(memory_format=torch.channels_last), torch.from_numpy(held[1])

    torch.manual_seed(arguments.seed)
    network = mean_of(arguments.start).train() if arguments.start else MattingNetwork()
    network = network.to(memory_format=torch.channels_last)
    average = copy.deepcopy(network).eval()
    kernels = [weight for weight in network.parameters() if weight.ndim == 4]
    others = [weight for weight in network.parameters() if weight.ndim < 4]
    optimizers = Muon(kernels, 0.0), torch.optim.AdamW(others, 0.0, weight_decay=1e-3)
    first = 0
    if (out / "checkpoint.pt").exists():
        saved = torch.load(out / "checkpoint.pt", weights_only=True)
        first = saved["step"]
        network.load_state_dict(saved["network"])
        average.load_state_dict(saved["average"])
        for optimizer, state in zip(optimizers, saved["optimizers"], strict=True):
            optimizer.load_state_dict(state)

    sizes = [next(size for share, size in _SIZES if step < share * steps) for step in range(steps)]
    lessons = Compositions(people, rooms, arguments.seed, arguments.batch, sizes)
    loader = DataLoader(lessons, batch_size=None, sampler=range(first, steps), num_workers=arguments.workers)
    start, mean = time.process_time(), 0.0
    for step, (images, alphas) in enumerate(loader, first):
        part = min(1.0, (step + 1) / 100) * (0.01 + 0.99 * math.cos(math.pi / 2 * step / steps) ** 2)
        images, alphas = mirrored(images, alphas, step)
        with torch.autocast("cpu", torch.bfloat16):
            logits = network(images.to(memory_format=torch.channels_last))
        loss = loss_of(logits.float(), alphas)
        network.zero_grad()
        loss.backward()
        for optimizer, rate in zip(optimizers, _RATES, strict=True):
            optimizer.param_groups[0]["lr"] = rate * part
            optimizer.step()
        follow(average, network, min(0.99, step / (step + 20)))
        mean += (float(loss.detach()) - mean) / min(step - first + 1, 100)
        if (step + 1) % _EVERY == 0 or step + 1 == steps:
            save(out, step + 1, network, average, optimizers)
            line = f"step {step + 1} loss {mean:.4f} held-out IoU {overlap(average, *test):.4f}"
            with open(out / "log.txt", "a") as log:
                log.write(line + "\n")
            print(line, f"{time.process_time() - start:.0f} s", flush=True)

    save_matting(average, out / "matting.safetensors")


@torch.no_grad()
def mean_of(files: Sequence[Path]) -> MattingNetwork:
    """A network between those that learnt from the same start: better where neither has been (Wortsman et al. 2022)."""
    networks = [load_matting(file) for file in files]
    for values in zip(*(network.state_dict().values() for network in networks), strict=True):
        if values[0].is_floating_point():
            values[0].copy_(torch.stack(values).mean(0))
    return networks[0]


@torch.no_grad()
def follow(average: MattingNetwork, network: MattingNetwork, keep: float) -> None:
    """Exponential moving average of weights and statistics."""
    for own, new in zip(average.state_dict().values(), network.state_dict().values(), strict=True):
        if own.is_floating_point():
            own.lerp_(new, 1 - keep)


def save(
    out: Path, step: int, network: MattingNetwork, average: MattingNetwork, optimizers: Sequence[torch.optim.Optimizer]
) -> None:
    state = {"step": step, "network": network.state_dict(), "average": average.state_dict()}
    with atomic_path(out / "checkpoint.pt") as temporary:
        torch.save({**state, "optimizers": [optimizer.state_dict() for optimizer in optimizers]}, temporary)
    save_matting(average, out / "matting.safetensors")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("people", type=Path, nargs="+", help="folders of people")
    parser.add_argument("--held-out", type=Path, required=True, help="folder of other people")
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--start", type=Path, nargs="+", help="weights to start from; the mean of several")
    parser.add_argument("--steps", type=int, default=5000)
    parser.add_argument("--batch", type=int, default=32)
    parser.add_argument("--surroundings", type=int, default=1200)
    parser.add_argument("--limit", type=int, help="people of each folder")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--workers", type=int, default=1)
    arguments = parser.parse_args()
    torch.set_num_threads(1)
    train(arguments)


if __name__ == "__main__":
    main()
