"""What every hairstyle is cut with: roots inside the hairline, a cap over the scalp, cards along strands."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from personify.wardrobe.figure import Points
from personify.wardrobe.noise import smoothstep, value_noise
from personify.wardrobe.scalp import MIDDLE, hairline
from personify.wardrobe.strands import AROUND, DOWN, UP, Head, Mesh, Roots, ribbons, sheet_faces, unit
from personify.wardrobe.tresses import SOLID, card_columns

WHORL = np.array([MIDDLE + 0.006, 1.752, -0.03])


@dataclass
class Barber:
    """What a style works with: the head, what has been cut so far, and this person's own randomness."""

    head: Head
    sex: str
    recession: float
    seed: int
    rng: np.random.Generator
    mesh: Mesh

    def depth(self, roots: Roots) -> NDArray[np.floating]:
        """Metres inside the hairline, negative outside."""
        return hairline(roots.canonical, self.sex, self.seed, self.recession)

    def roots(self, count: int, margin: float = 0.002, edge: float = np.inf) -> Roots:
        """Well-spread roots ``margin`` to ``edge`` metres inside the hairline; ``count`` is for the whole sphere."""
        roots = self.head.roots(count, self.seed)
        depth = self.depth(roots)
        return roots[(depth > margin) & (depth < edge)]

    def away(self, roots: Roots, canonical: Points = WHORL) -> Points:
        """Tangential direction away from a canonical point, the whorl by default."""
        direction = roots.canonical - canonical
        direction = direction - (direction * roots.normals).sum(1, keepdims=True) * roots.normals
        return unit(direction)

    def jitter(self, roots: Roots, amount: float) -> Points:
        return amount * self.rng.normal(size=roots.points.shape)

    def locks(self, roots: Roots) -> NDArray[np.floating]:
        """[N] in [-0.5, 0.5], alike for neighbours: hair keeps together in locks about two centimetres wide."""
        return value_noise(roots.canonical, 60.0, self.seed + 7) - 0.5

    def cap(self, thickness: float | Callable[[Points], Points], margin: float = 0.007) -> None:
        """A thin shell over the scalp that starts ``margin`` inside the hairline and swells to ``thickness``."""
        head = self.head
        canonical = head.canonical.reshape(-1, 3)
        inside = hairline(canonical, self.sex, self.seed, self.recession)
        thick = thickness(canonical) if callable(thickness) else thickness
        swell = (0.0006 + thick * smoothstep(margin, margin + 0.022, inside)) * head.scale
        shell = head.points.reshape(-1, 3) + head.normals.reshape(-1, 3) * swell[:, None]
        index = np.arange(DOWN * AROUND).reshape(DOWN, AROUND)
        closed = np.concatenate([index, index[:, :1]], 1)
        faces = sheet_faces(DOWN, AROUND + 1)
        keep = (inside[closed.ravel()] > margin)[faces].all(1)
        turn = np.linspace(0, 1, AROUND + 1)
        u = SOLID[0] + (SOLID[1] - SOLID[0]) * (1 - np.abs(1 - 2 * turn))
        uvs = np.stack(np.broadcast_arrays(u[None], np.linspace(0.01, 0.99, DOWN)[:, None]), -1)
        self.mesh.add(shell[closed.ravel()], uvs, faces[keep])

    def cards(
        self,
        curves: Points,
        width: float,
        taper: tuple[float, ...] = (0.8, 1.0, 1.0, 0.8),
        tone: int = 0,
        root: float = 0.004,
    ) -> None:
        """Strips along strands, darker kinds below and lighter above; narrow ones are flat. ``root``: see `ribbons`."""
        count, steps, _ = curves.shape
        _, normals = self.head.above(curves)
        profile = np.interp(np.linspace(0, 1, steps), np.linspace(0, 1, len(taper)), taper)
        widths = width * self.head.scale * profile * self.rng.uniform(0.75, 1.25, (count, 1))
        kinds = np.minimum(self.rng.integers(0, 3, count) + tone, 3)
        flipped = self.rng.random(count) < 0.5
        ribbons(self.mesh, curves, normals, widths, card_columns(kinds, flipped), 0.12 if width > 0.015 else 0.0, root)


def ramp(low: float, high: float, steps: int, power: float = 0.7) -> Points:
    return low + (high - low) * np.linspace(0, 1, steps + 1) ** power


def sides(roots: Roots) -> NDArray[np.floating]:
    """0 on top of the head, 1 at the sides and the nape."""
    return smoothstep(1.725, 1.685, roots.canonical[:, 1])


def curl(barber: Barber, curves: Points, radius: float, turns: float) -> Points:
    """Wind strands into corkscrews that widen from the root."""
    count, steps, _ = curves.shape
    tangent = unit(np.gradient(curves, axis=1))
    side = unit(np.cross(tangent, UP + 0.01))
    other = np.cross(tangent, side)
    phase = barber.rng.uniform(0, 2 * np.pi, (count, 1)) + np.linspace(0, turns * 2 * np.pi, steps)
    size = radius * barber.head.scale * np.linspace(0.15, 1, steps) ** 0.6
    return curves + size[None, :, None] * (np.cos(phase)[..., None] * side + np.sin(phase)[..., None] * other)


def wave(barber: Barber, curves: Points, amount: float) -> Points:
    steps = curves.shape[1]
    _, normals = barber.head.above(curves)
    side = unit(np.cross(normals, np.gradient(curves, axis=1)))
    distance = np.linalg.norm(np.diff(curves, axis=1, prepend=curves[:, :1]), axis=2).cumsum(1)
    phase = distance / (0.075 * barber.head.scale) * 2 * np.pi + barber.rng.normal(0, 0.6, (len(curves), 1))
    size = amount * np.linspace(0, 1, steps) ** 0.5 * barber.head.scale
    return curves + (size * np.sin(phase))[..., None] * side + (0.5 * size * np.cos(phase))[..., None] * normals
