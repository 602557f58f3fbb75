"""AvatarCLIP's learning rate: a linear warm-up, then half a cosine that ends where the run ends."""

from __future__ import annotations

import math


def learning_rate(step: int, steps: int, warm_up: int, peak: float = 5e-4, floor: float = 0.05) -> float:
    """Rate of one step.

    Args:
        step: 0 is the first one, whose rate is 0.
        steps: of the whole run.
        warm_up: steps until the peak.
        peak: rate at the end of the warm-up.
        floor: share of the peak at the end of the run. (The original's cosine rises again beyond it; ours stays.)

    >>> [learning_rate(step, 100, 10, 1.0) for step in (0, 5, 10, 100, 120)]
    [0.0, 0.5, 1.0, 0.05, 0.05]
    """
    if step < warm_up:
        return peak * step / warm_up
    progress = min(1.0, (step - warm_up) / max(1, steps - warm_up))
    return peak * ((math.cos(math.pi * progress) + 1) / 2 * (1 - floor) + floor)
