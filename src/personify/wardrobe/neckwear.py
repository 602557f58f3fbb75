"""Ties, bow ties and scarves, laid on whatever neck and chest wear."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np

from personify.wardrobe.figure import Points
from personify.wardrobe.loft import Shell, arranged, loft, skin_weights, smooth_periodic, thickened, to_piece
from personify.wardrobe.outfit import Garment
from personify.wardrobe.patterns import Region
from personify.wardrobe.piece import Piece
from personify.wardrobe.surroundings import ANGLES, Surroundings, painted
from personify.wardrobe.tailor import TIE_FALL, WAIST

_KNOT_Y = 1.452  # canonical height of a tie's knot
_TIP_Y = WAIST + 0.008  # of the tip of its blade, just above a belt


def make_neckwear(around: Surroundings, garment: Garment, seed: int, size: int) -> list[Piece]:
    """The garment in the slot ``neck``; it follows chest and neck."""
    shells = {"tie": _tie, "bow tie": _bow_tie, "scarf": _scarf}[garment.kind](around, seed)
    shell = arranged(shells) if garment.kind != "tie" else _on_the_bias(arranged(shells))
    weights = skin_weights(around.figure, shell.vertices, 30)
    return [
        to_piece(garment.kind, shell, weights, painted(shell, garment, around.to_canonical(shell.vertices), seed, size))
    ]


def _knot_place(around: Surroundings) -> Points:
    y = around.height(_KNOT_Y)
    middle = around.figure.joint("neck")[0]
    return np.array([middle, y, float(around.front(middle, np.array([y, y - 0.02])).max())])


def _hanging(around: Surroundings, x: float, y: Points) -> Points:  # [N] heights from top to bottom -> [N] z
    """Cloth on the chest: it falls straight down from what stands out and swings back slowly."""
    z = around.front(x, y)
    for k in range(1, len(z)):
        z[k] = max(z[k], z[k - 1] - TIE_FALL * (y[k - 1] - y[k]))
    return np.convolve(np.pad(z, 2, "edge"), np.ones(5) / 5, "valid")


def _tie(around: Surroundings, seed: int) -> list[Shell]:
    scale, knot = around.figure.scale, _knot_place(around)
    y = np.linspace(knot[1] - 0.012 * scale, around.height(_TIP_Y), 30)
    z = np.maximum(_hanging(around, knot[0], y), knot[2] - 0.01) + 0.005 * scale
    share = np.linspace(0, 1, 30)
    half = (0.014 + 0.026 * np.minimum(share / 0.82, 1.0) ** 0.8) * scale
    half = np.where(share > 0.9, half * np.clip((1.0 - share) / 0.1, 0, 1), half)
    across = np.linspace(-1, 1, 9)
    rows = [
        np.stack([knot[0] + half[k] * across, np.full(9, y[k]), z[k] + 0.004 * scale * (1 - across**2)], 1)
        for k in range(30)
    ]
    blade = thickened(loft(np.stack(rows), closed=False), 0.004 * scale)
    return [blade, _knot(knot, scale, 0.024, 0.016, 0.042), _band(around, 0.010)]


def _on_the_bias(shell: Shell) -> Shell:
    """Cut across the weave, so that stripes run diagonally."""
    cosine, sine = math.cos(0.6), math.sin(0.6)
    return replace(shell, st=shell.st @ np.array([[cosine, sine], [-sine, cosine]]))


def _knot(place: Points, scale: float, top: float, bottom: float, height: float) -> Shell:
    """A rounded trapezoid."""
    angle = np.linspace(0, 2 * math.pi, 24, endpoint=False)
    rows = []
    for t in np.linspace(0, 1, 9):
        half = top + (bottom - top) * t
        cap = math.sqrt(max(1 - (2 * t - 1) ** 6, 0.0))
        x, z = half * cap * np.sin(angle), 0.011 * cap * np.cos(angle)
        rows.append(place + scale * np.stack([x, np.full(24, (0.5 - t) * height), z + 0.006], 1))
    return loft(np.stack(rows)).colored(Region.TRIM)


def _band(around: Surroundings, half: float) -> Shell:
    """The strip around the bare neck, which a collar usually hides; higher behind than in front."""
    scale = around.figure.scale
    center, radius = around.outline(1.478, 0.012, spread=0.075, skin_only=True)
    radius = np.minimum(smooth_periodic(radius, 6) + 0.004 * scale, 0.080 * scale)
    rows = []
    for u in (half, -half):
        ring = radius[:, None] * np.stack([np.sin(ANGLES), 0 * ANGLES, np.cos(ANGLES)], 1)
        ring[:, 1] = (u - 0.004 - 0.014 * np.cos(ANGLES)) * scale
        rows.append(center + ring)
    return thickened(loft(np.stack(rows)), 0.002 * scale)


def _bow_tie(around: Surroundings, seed: int) -> list[Shell]:
    scale, place = around.figure.scale, _knot_place(around) + np.array([0, 0.012, 0.004]) * around.figure.scale
    angle = np.linspace(0, 2 * math.pi, 24, endpoint=False)
    wings = []
    for sign in (1, -1):
        rows = []
        for t in np.linspace(0, 1, 12):
            tall = 0.008 + 0.019 * math.sin(math.pi * 0.5 * min(t / 0.8, 1.0)) ** 1.2
            deep = 0.004 + 0.006 * math.sin(math.pi * min(t, 0.98))
            close = math.sqrt(max(1 - t**14, 0.0))
            pleat = 1 - 0.25 * np.exp(-np.square(np.cos(angle) / 0.3)) * (1 - t)
            x = np.full(24, sign * (0.004 + 0.052 * t))
            ring = np.stack([x, tall * close * np.cos(angle), deep * close * pleat * np.sin(angle) * sign], 1)
            ring[:, 2] += 0.004 - 0.010 * t**2
            rows.append(place + scale * ring)
        wings.append(loft(np.stack(rows)).colored(Region.FRONT))
    return [*wings, _knot(place, scale, 0.0095, 0.0095, 0.024), _band(around, 0.010)]


def _scarf(around: Surroundings, seed: int) -> list[Shell]:
    """A thick loop around the neck and one or two hanging ends."""
    scale = around.figure.scale
    center, radius = around.outline(1.485, 0.02, spread=0.08)
    radius = np.clip(smooth_periodic(radius, 8), 0.055 * scale, 0.092 * scale)
    turn = np.linspace(0, 2 * math.pi, 20, endpoint=False)
    rng = np.random.default_rng([seed, 7301])
    phase = rng.uniform(0, 2 * math.pi, 3)
    rows = []
    for t in turn:
        bulge = 1 + 0.10 * np.sin(3 * ANGLES + 2 * t + phase[0]) + 0.06 * np.sin(5 * ANGLES - t + phase[1])
        out = (0.026 - 0.023 * np.cos(t)) * bulge
        up = 0.044 * np.sin(t) * bulge * (1 + 0.1 * np.cos(ANGLES))
        ring = (radius + out * scale)[:, None] * np.stack([np.sin(ANGLES), 0 * ANGLES, np.cos(ANGLES)], 1)
        ring[:, 1] = (up - 0.030 * np.cos(ANGLES) + 0.004) * scale
        rows.append(center + ring)
    loop = loft(np.stack([*rows, rows[0]])[::-1]).colored(Region.FRONT)
    ends = [_scarf_end(around, 0.042, 1.13 - 0.05 * rng.random(), phase[2])]
    if rng.random() > 0.4:
        ends.append(_scarf_end(around, -0.045, 1.20 + 0.05 * rng.random(), phase[1]))
    return [loop, *ends]


def _scarf_end(around: Surroundings, x: float, tip: float, phase: float) -> Shell:
    scale = around.figure.scale
    middle = around.figure.joint("neck")[0] + x * scale
    y = np.linspace(around.height(1.475), around.height(tip), 22)
    z = _hanging(around, middle, y) + 0.010 * scale
    share = np.linspace(0, 1, 22)
    half = (0.034 + 0.022 * share) * scale
    across = np.linspace(-1, 1, 11)
    rows = []
    for k in range(22):
        fold = 0.006 * np.sin(2.6 * across + phase) * (0.6 + 0.4 * share[k])
        depth = z[k] + scale * (fold - 0.010 * across**2 * (1 - 0.5 * share[k]))
        rows.append(np.stack([middle + half[k] * across, np.full(11, y[k]), depth], 1))
    return thickened(loft(np.stack(rows), closed=False), 0.008 * scale).colored(Region.FRONT)
