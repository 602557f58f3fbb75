"""Hats: crowns and brims fitted to this person's head."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from personify.wardrobe.figure import Points


@dataclass(frozen=True)
class HatPlane:
    """Where a hat sits, in canonical coordinates: hair above the plane must hide inside the hat.

    Attributes:
        height: metres, y of the plane above the ear (z = 0).
        tilt: rise of the plane per metre towards the face: a cap sits higher in front.
        inside_clearance: metres between scalp and hat; hair above the plane must be thinner.
        ceiling: metres above the plane up to which hair is held down; a headband lets it out again above.
        hides_all: nothing of the hair shows (headscarf, helmet).
    """

    height: float
    tilt: float = 0.0
    inside_clearance: float = 0.008
    ceiling: float = np.inf
    hides_all: bool = False

    def above(self, canonical: Points) -> Points:  # [N, 3] -> [N] metres
        """Signed height of canonical points over the plane."""
        return canonical[:, 1] - self.height - self.tilt * canonical[:, 2]
