"""Which pictures of a person the network sees and which it must draw."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from personify.errors import PersonifyError

Indices = NDArray[np.intp]


def azimuths(viewmats: NDArray[np.float32]) -> NDArray[np.float64]:  # [V, 4, 4] -> [V]
    """Radians in [0, 2 pi) around +Y that every camera has turned from the person's front towards their left."""
    right = viewmats[:, 0, :3]
    return np.arctan2(-right[:, 2], right[:, 0]) % (2 * np.pi)


def spread_views(azimuths: NDArray[np.float64], count: int, rng: np.random.Generator | None = None) -> Indices:
    """``count`` views all around the person.

    Args:
        azimuths: [V] radians.
        count: 1 to V.
        rng: chooses the first view and the steps (the paper's sampler: next by floor(V / count) or one more);
            None starts at the view nearest to the front and steps evenly.

    Raises:
        PersonifyError: fewer views than asked for.

    Example:
        >>> spread_views(np.deg2rad([0, 90, 180, 270]), 2).tolist()
        [0, 2]
    """
    total = len(azimuths)
    if not 1 <= count <= total:
        raise PersonifyError(f"views: asked for {count} of {total}; expected 1 to {total}")
    order = np.argsort(azimuths)
    if rng is None:
        front = int(np.argmin(np.abs((azimuths[order] + np.pi) % (2 * np.pi) - np.pi)))
        return order[(front + np.arange(count) * total // count) % total]
    steps = total // count + rng.integers(0, 2, count - 1) if total > count else np.ones(count - 1, int)
    places = (rng.integers(total) + np.concatenate([[0], np.cumsum(steps)]).astype(int)) % total
    if len(np.unique(places)) < count:  # several long steps may come round to the first view
        places = (places[0] + np.arange(count) * total // count) % total
    return order[places]


def training_views(
    azimuths: NDArray[np.float64], inputs: int, targets: int, rng: np.random.Generator
) -> tuple[Indices, Indices]:
    """Spread input views, and target views drawn from all of them without repetition (inputs may come again)."""
    return spread_views(azimuths, inputs, rng), rng.permutation(len(azimuths))[:targets]


def held_out_views(azimuths: NDArray[np.float64], inputs: int) -> tuple[Indices, Indices]:
    """Even input views from the front on, and all the others as targets."""
    chosen = spread_views(azimuths, inputs)
    return chosen, np.setdiff1d(np.arange(len(azimuths)), chosen)
