"""Hair that is tied, plaited or stands: ponytail, bun, braids, pigtails and mohawk."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike

from personify.wardrobe.barber import Barber, ramp, wave
from personify.wardrobe.figure import Points
from personify.wardrobe.scalp import MIDDLE
from personify.wardrobe.strands import UP, Roots, ribbons, tubes, unit
from personify.wardrobe.tresses import card_columns


def _gather(barber: Barber, ties: Points, part: bool) -> None:
    """Hair drawn tightly over the head to one tie, or on each side to its own; ties are canonical [1 or 2, 3]."""
    barber.cap(0.003)
    head = barber.head
    for layer, (count, edge, width) in enumerate(((900, np.inf, 0.010), (3400, 0.012, 0.005), (900, np.inf, 0.010))):
        roots = barber.roots(count + layer, -0.001 if layer == 1 else 0.002, edge)  # thin ones along the hairline
        side = (roots.canonical[:, 0] > MIDDLE).astype(int) if part else np.zeros(len(roots.points), int)
        targets = np.stack([head.place(tie) for tie in ties])[side]
        steps = 8
        t = np.linspace(0, 1, steps + 1)[None, :, None]
        curves = roots.points[:, None] * (1 - t) + targets[:, None] * t
        center = head.place([MIDDLE, 1.655, 0.028])
        radius = np.linalg.norm(roots.points - center, axis=1)[:, None]
        reach = np.linalg.norm(targets - center, axis=1)[:, None]
        ray = unit(curves - center)
        curves = center + ray * (radius * (1 - t[..., 0]) + reach * t[..., 0])[..., None]
        far = np.linalg.norm(roots.points - targets, axis=1) / (0.2 * head.scale)
        over = 0.004 * np.minimum(far, 1)[:, None]  # hair that comes from further away lies on top
        for _ in range(2):
            height, normals = head.above(curves)
            lift = (0.0036 + 0.0008 * layer + over + 0.0008 * barber.rng.random((len(curves), 1))) * head.scale
            curves = curves + normals * (lift * np.minimum(1, 3 * t[..., 0]) - height)[..., None] * (1 - t**6)
        barber.cards(curves, width, (0.7, 1.0, 0.8, 0.35), min(layer, 1), 0.06)


def _tail(barber: Barber, tie: ArrayLike, direction: ArrayLike, length: float, count: int, spread: float) -> None:
    """Loose hair from a tie: a sheaf that swells below the band and comes together again at the tips."""
    head = barber.head
    stem = Roots(head.place(tie)[None], unit(np.asarray(direction, np.float64))[None], np.asarray(tie)[None])
    steps = 12
    spine = head.grow(stem, stem.normals, np.array([length]), ramp(0.0, 0.022, steps), (0, -0.9, 0), steps)[0]
    tangent = unit(np.gradient(spine, axis=0))
    side = unit(np.cross(tangent, np.array([0.3, 0.2, 1.0])))
    angle = barber.rng.uniform(0, 2 * np.pi, (count, 1, 1))
    fan = np.cos(angle) * side + np.sin(angle) * np.cross(tangent, side)
    swell = np.interp(np.linspace(0, 1, steps + 1), [0, 0.12, 0.45, 1], [0.007, 0.018, 0.026, 0.015]) * head.scale
    reach = np.sqrt(barber.rng.uniform(0.1, 1, (count, 1))) * swell * (1 + spread)
    curves = spine + fan * reach[..., None]
    stretch = barber.rng.uniform(0.86, 1.04, (count, 1, 1))
    curves = curves[:, :1] + (curves - curves[:, :1]) * stretch
    curves = wave(barber, curves, 0.003)
    widths = 0.020 * head.scale * np.interp(np.linspace(0, 1, steps + 1), [0, 0.2, 0.7, 1], [0.4, 1, 1, 0.6])
    kinds = barber.rng.integers(0, 4, count)
    columns = card_columns(kinds, barber.rng.random(count) < 0.5)
    ribbons(barber.mesh, curves, np.broadcast_to(fan, curves.shape), widths * np.ones((count, 1)), columns)


def _band(barber: Barber, tie: ArrayLike, axis: ArrayLike, radius: float = 0.013) -> None:
    """The hair wound around a tie."""
    head = barber.head
    center, pole = head.place(tie), unit(np.asarray(axis, np.float64))
    side = unit(np.cross(pole, UP + np.array([0.01, 0, 0.02])))
    other = np.cross(pole, side)
    turn = np.linspace(0, 2 * np.pi, 13)
    ring = center + radius * head.scale * (np.cos(turn)[:, None] * side + np.sin(turn)[:, None] * other)
    tubes(barber.mesh, ring[None], np.full((1, 13), 0.006 * head.scale), (0.55, 0.65))


def ponytail(barber: Barber) -> None:
    tie = np.array([MIDDLE, 1.712, -0.072])
    _gather(barber, tie[None], part=False)
    _band(barber, tie + np.array([0, 0.002, -0.006]), [0, 0.35, -1.0])
    _tail(barber, tie + np.array([0, 0.004, -0.012]), [0, -0.15, -0.6], barber.rng.uniform(0.26, 0.36), 70, 0.2)


def bun(barber: Barber) -> None:
    """A knot of coiled hair, anywhere from the nape to the top of the head."""
    high = barber.rng.uniform(0.0, 1.0)
    tie = np.array([MIDDLE, 1.700 + 0.052 * high, -0.078 + 0.040 * high])
    _gather(barber, tie[None], part=False)
    head = barber.head
    pole = unit(np.array([0, 0.35 + 0.9 * high, -1.0]))
    center = head.place(tie) + 0.012 * head.scale * pole
    side = np.array([1.0, 0, 0])
    other = np.cross(pole, side)
    count, steps = 28, 15
    turn = barber.rng.uniform(0, 2 * np.pi, count)[:, None] + np.linspace(0, 3.6, steps)
    band = np.clip(barber.rng.uniform(-1.1, 1.45, count)[:, None] + np.linspace(-0.25, 0.25, steps), -1.4, 1.4)
    radius = 0.036 * head.scale * barber.rng.uniform(0.93, 1.05, count)[:, None]
    disc = np.cos(turn)[..., None] * side + np.sin(turn)[..., None] * other
    curves = center + (radius * np.cos(band))[..., None] * disc + (0.75 * radius * np.sin(band))[..., None] * pole
    thick = np.broadcast_to(0.0085 * head.scale * np.sin(np.linspace(0.5, 2.64, steps)), (count, steps))
    tubes(barber.mesh, curves, thick, (0.54, 0.62))


def _plait(barber: Barber, path: Points, radius: float) -> None:
    """Three strands that cross over and under along a path [K, 3] (the plait is 2.6 radii wide)."""
    steps = 70
    knots = np.linspace(0, 1, len(path))
    s = np.linspace(0, 1, steps)
    spine = np.stack([np.interp(s, knots, path[:, axis]) for axis in range(3)], 1)
    tangent = unit(np.gradient(spine, axis=0))
    _, normals = barber.head.above(spine)
    side = unit(np.cross(normals, tangent))
    out = np.cross(tangent, side)
    length = np.linalg.norm(np.diff(spine, axis=0), axis=1).sum()
    taper = np.interp(s, [0, 0.08, 0.75, 0.95, 1.0], [0.8, 1.0, 0.85, 0.6, 0.55])[:, None] * radius
    strands = []
    for k in range(3):
        phase = 2 * np.pi * (s * length / (5.2 * radius) + k / 3)[:, None]
        strands.append(spine + taper * (1.15 * np.sin(phase) * side + 0.55 * np.sin(2 * phase) * out))
    tubes(barber.mesh, np.stack(strands), np.repeat(taper[None, :, 0] * 0.82, 3, 0), (0.55, 0.7), 4.0, 7)


def braids(barber: Barber) -> None:
    ties = np.array([[MIDDLE - 0.070, 1.612, -0.012], [MIDDLE + 0.070, 1.612, -0.012]])
    _gather(barber, ties, part=True)
    head = barber.head
    for tie, sign in zip(ties, (-1.0, 1.0), strict=True):
        start = head.place(tie)[None]
        root = Roots(start, np.array([[sign, 0, 0]]), tie[None])
        out = np.array([[0.35 * sign, -0.7, 0.45]])
        path = head.grow(root, out, np.array([0.30]), ramp(0.0, 0.016, 14), (0.0, -0.30, 0.05), 14)[0]
        _band(barber, tie, [0.3 * sign, -1, 0], 0.006)
        _plait(barber, path, 0.0115 * head.scale)
        end = Roots(path[-1:], UP[None], tie[None])
        down = np.repeat(path[-1:] - path[-2:-1], 10, 0) + barber.rng.normal(0, 0.006, (10, 3))
        brush = Roots(np.repeat(end.points, 10, 0), np.repeat(end.normals, 10, 0), np.repeat(tie[None], 10, 0))
        barber.cards(head.grow(brush, down, np.full(10, 0.05), np.zeros(6), (0, -0.1, 0), 5), 0.010)


def pigtails(barber: Barber) -> None:
    ties = np.array([[MIDDLE - 0.072, 1.695, -0.018], [MIDDLE + 0.072, 1.695, -0.018]])
    _gather(barber, ties, part=True)
    length = barber.rng.uniform(0.16, 0.24)
    for tie, sign in zip(ties, (-1.0, 1.0), strict=True):
        _band(barber, tie + np.array([0.006 * sign, 0, -0.002]), [sign, 0.3, -0.2], 0.011)
        _tail(barber, tie + np.array([0.012 * sign, 0.002, -0.004]), [sign, 0.35, -0.3], length, 54, 0.1)


def mohawk(barber: Barber) -> None:
    tall = barber.rng.uniform(0.075, 0.105)
    count = 420
    polar = barber.rng.uniform(-58, 95, count)  # degrees from the top, forward negative
    roots = barber.head.at(np.radians(np.abs(polar)), np.where(polar < 0, 0.0, np.pi))
    shift = np.array([1.0, 0, 0]) * barber.rng.uniform(-0.017, 0.017, count)[:, None] * barber.head.scale
    roots = Roots(roots.points + shift, roots.normals, roots.canonical)
    within = barber.depth(roots) > 0.004
    roots, polar = roots[within], polar[within]
    length = tall * np.interp(polar, [-58, -35, 0, 50, 95], [0.62, 0.9, 1.0, 0.8, 0.4])
    flow = roots.normals + np.array([0, 0.15, -0.12]) + barber.jitter(roots, 0.09) * np.array([0.6, 1, 1])
    curves = barber.head.grow(
        roots, flow, length * barber.rng.uniform(0.85, 1.1, len(length)), np.zeros(8), (0, 0.02, -0.03), 7
    )
    count = len(curves)
    normals = np.broadcast_to(np.array([1.0, 0, 0]), curves.shape) + 0.5 * barber.rng.normal(size=(count, 1, 3))
    widths = (
        0.022
        * barber.head.scale
        * np.interp(np.linspace(0, 1, 8), [0, 0.4, 1], [0.8, 1, 0.7])[None]
        * np.ones((count, 1))
    )
    kinds = barber.rng.integers(0, 4, count)
    ribbons(barber.mesh, curves, unit(normals), widths, card_columns(kinds, barber.rng.random(count) < 0.5))
