"""Skin weights as glTF stores them: a few joints per vertex."""

from __future__ import annotations

import numpy as np

from personify.body.mesh import Float, Int

INFLUENCES = 4  # what every engine reads; further sets are ignored by many
SMALLEST_WEIGHT = 1e-6


def strongest_influences(lbs_weights: Float, count: int = INFLUENCES) -> tuple[Int, Float]:
    """The ``count`` strongest joints of every vertex, renormalised.

    Args:
        lbs_weights: [V, J], rows sum to about 1.
        count: joints to keep, a multiple of four.

    Returns:
        Joint indices [V, count] uint8 (uint16 beyond 256 joints) and weights [V, count] float32 in falling order whose
        sum is 1 to the last bit or two; unused slots are joint 0 with weight 0.

    Example:
        >>> joints, weights = strongest_influences(np.float32([[0.1, 0.1, 0.2, 0.1, 0.5]]))
        >>> joints[0, :2].tolist(), float(weights.sum())
        ([4, 2], 1.0)
    """
    present = min(count, lbs_weights.shape[1])
    joints = np.argsort(-lbs_weights, axis=1, kind="stable")[:, :present]
    weights = np.take_along_axis(lbs_weights, joints, 1).astype(np.float64)
    weights[weights < SMALLEST_WEIGHT] = 0
    weights = (weights / weights.sum(1, keepdims=True)).astype(np.float32)
    weights[:, 0] = 1 - weights[:, 1:].sum(1, dtype=np.float64)  # what float32 rounding lost
    joints[weights == 0] = 0
    unused = ((0, 0), (0, count - present))
    index_type = np.uint8 if lbs_weights.shape[1] <= 256 else np.uint16
    return np.pad(joints, unused).astype(index_type), np.pad(weights, unused)
