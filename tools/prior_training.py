"""The loop that the prior trainings share: seeded, resumable, with a falling learning rate and a log."""

from __future__ import annotations

import argparse
import math
import time
from collections.abc import Callable, Sequence
from pathlib import Path

import torch
from torch import Tensor, nn

from personify.files import atomic_path


def arguments(doc: str | None, steps: int, asset: str) -> argparse.ArgumentParser:
    """The options that all trainings have."""
    parser = argparse.ArgumentParser(description=doc, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("data", type=Path, help="folder with clips_30fps.npz and poses.npz")
    parser.add_argument("--out", type=Path, default=Path("src/personify/assets") / asset)
    parser.add_argument("--checkpoint", type=Path, help="resumed if there, written every minute")
    parser.add_argument("--steps", type=int, default=steps)
    parser.add_argument("--rate", type=float, default=1e-3)
    parser.add_argument("--seed", type=int, default=0)
    return parser


def fit(
    module: nn.Module,
    loss: Callable[[int, torch.Generator], tuple[Tensor, dict[str, Tensor]]],
    options: argparse.Namespace,
    report: Callable[[], str] = lambda: "",
    every: int = 200,
    slow: Sequence[nn.Parameter] = (),
) -> None:
    """Adam from a short warm-up down a cosine.

    Args:
        module: what is trained, in place; left in evaluation mode.
        loss: of a step, given a generator that depends on seed and step only.
        options: from `arguments`.
        report: evaluated for the log, with the module in evaluation mode.
        every: steps between lines of the log.
        slow: parameters that start where they should be and move at a hundredth of the rate.
    """
    held = {id(parameter) for parameter in slow}
    fast = [parameter for parameter in module.parameters() if id(parameter) not in held]
    optimiser = torch.optim.Adam([{"params": fast}, {"params": list(slow)}] if slow else fast)
    rates = (options.rate, 0.01 * options.rate)
    first = _resume(module, optimiser, options.checkpoint)
    saved = begun = time.monotonic()
    for step in range(first, options.steps):
        for group, rate in zip(optimiser.param_groups, rates, strict=False):
            fall = 0.5 * (1 + math.cos(math.pi * step / options.steps))
            group["lr"] = rate * min(1.0, (step + 1) / 100) * (0.02 + 0.98 * fall)
        module.train()
        generator = torch.Generator().manual_seed(options.seed * 1_000_003 + step)
        torch.manual_seed(options.seed * 1_000_003 + step)  # dropout and codes
        value, parts = loss(step, generator)
        optimiser.zero_grad()
        value.backward()
        nn.utils.clip_grad_norm_(module.parameters(), 1.0)
        optimiser.step()
        if (step + 1) % every == 0 or step + 1 == options.steps:
            module.eval()
            numbers = " ".join(f"{name} {float(number.detach()):.4f}" for name, number in parts.items())
            print(f"step {step + 1} {time.monotonic() - begun:.0f} s: {numbers} {report()}", flush=True)
        if options.checkpoint and (time.monotonic() - saved > 60 or step + 1 == options.steps):
            saved = time.monotonic()
            with atomic_path(options.checkpoint) as path:
                torch.save({"step": step + 1, "module": module.state_dict(), "adam": optimiser.state_dict()}, path)
    module.eval()


def _resume(module: nn.Module, optimiser: torch.optim.Optimizer, checkpoint: Path | None) -> int:
    if checkpoint is None or not checkpoint.is_file():
        return 0
    state = torch.load(checkpoint, weights_only=True)
    module.load_state_dict(state["module"])
    optimiser.load_state_dict(state["adam"])
    print(f"resumed at step {state['step']}", flush=True)
    return int(state["step"])


def principal_components(samples: Tensor, weights: Tensor, count: int) -> tuple[Tensor, Tensor, Tensor]:
    """Weighted mean [D], orthonormal components [D, count] and their standard deviations [count]."""
    weights = weights / weights.sum()
    mean = weights @ samples
    centred = (samples - mean) * weights.sqrt()[:, None]
    values, vectors = torch.linalg.eigh((centred.T @ centred).double())
    order = values.argsort(descending=True)[:count]
    return mean, vectors[:, order].float(), values[order].clamp(min=1e-10).sqrt().float()
