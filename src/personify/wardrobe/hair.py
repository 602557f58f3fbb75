"""Hair in every style of the vocabulary: a thin cap on the scalp and many strands grown over it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from personify.wardrobe.beard import make_beard
from personify.wardrobe.figure import Figure, Points
from personify.wardrobe.headfit import HatPlane
from personify.wardrobe.noise import smoothstep, value_noise
from personify.wardrobe.outfit import Outfit
from personify.wardrobe.piece import Piece
from personify.wardrobe.scalp import MIDDLE, azimuth, hairline
from personify.wardrobe.strands import AROUND, DOWN, UP, Head, Mesh, Roots, unit, ribbons, sheet_faces, tubes
from personify.wardrobe.tresses import SOLID, card_columns, hair_material
from personify.wardrobe.vocabulary import HAIR_COLORS

WHORL = np.array([MIDDLE + 0.006, 1.752, -0.03])


@dataclass
class Barber:
    """What a style works with: the head, what has been cut so far, and this person's own randomness."""

    head: Head
    sex: str
    seed: int
    rng: np.random.Generator
    mesh: Mesh

    def inside(self, roots: Roots, margin: float = 0.0) -> Any:
        """Which roots lie at least ``margin`` metres inside the hairline."""
        return hairline(roots.canonical, self.sex, self.seed) > margin

    def roots(self, count: int, margin: float = 0.002) -> Roots:
        """Well-spread roots; ``count`` is the number on the whole sphere, about half lie inside the hairline."""
        roots = self.head.roots(count, self.seed)
        return roots[self.inside(roots, margin)]

    def away(self, roots: Roots, canonical: Points = WHORL) -> Points:
        """Tangential direction away from a canonical point, the whorl by default."""
        direction = roots.canonical - canonical
        direction = direction - (direction * roots.normals).sum(1, keepdims=True) * roots.normals
        return unit(direction)

    def jitter(self, roots: Roots, amount: float) -> Points:
        return amount * self.rng.normal(size=roots.points.shape)

    def cap(self, thickness: float | Callable[[Points], Points], margin: float = 0.002) -> None:
        """A thin shell over the scalp that starts ``margin`` inside the hairline and swells to ``thickness``."""
        head = self.head
        canonical = head.canonical.reshape(-1, 3)
        inside = hairline(canonical, self.sex, self.seed)
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
        self, curves: Points, width: float, taper: tuple[float, ...] = (0.7, 1.0, 0.9, 0.55), tone: int = 0
    ) -> None:
        """Strips along strands, darker kinds below and lighter above."""
        count, steps, _ = curves.shape
        _, normals = self.head.above(curves)
        profile = np.interp(np.linspace(0, 1, steps), np.linspace(0, 1, len(taper)), taper)
        widths = width * self.head.scale * profile * self.rng.uniform(0.75, 1.25, (count, 1))
        kinds = np.clip(self.rng.integers(0, 3, count) + tone, 0, 3)
        ribbons(self.mesh, curves, normals, widths, card_columns(kinds, self.rng.random(count) < 0.5))


def _ramp(low: float, high: float, steps: int, power: float = 0.7) -> Points:
    return low + (high - low) * np.linspace(0, 1, steps + 1) ** power


def _sides(roots: Roots) -> Points:
    """0 on top of the head, 1 at the sides and the nape."""
    return smoothstep(1.725, 1.685, roots.canonical[:, 1])


def _buzz(barber: Barber) -> None:
    """Painted on the skin; see `complexion`."""


def _short(barber: Barber) -> None:
    barber.cap(0.005)
    for layer, (count, lift) in enumerate(((620, 0.003), (620, 0.006))):
        roots = barber.roots(count + layer)
        low = _sides(roots)
        crown = smoothstep(0.02, 0.07, np.linalg.norm(roots.canonical - WHORL, axis=1))
        rise = 0.30 * (1 - 0.7 * low) * crown
        flow = barber.away(roots) + rise[:, None] * roots.normals + barber.jitter(roots, 0.13)
        length = (0.052 - 0.014 * low) * barber.rng.uniform(0.8, 1.2, len(low))
        height = _ramp(0.001, 1, 5)[None] * (lift + 0.007 * (1 - low) * crown)[:, None]
        barber.cards(barber.head.grow(roots, flow, length, height, (0, -0.06, 0), 5, 0.4), 0.012, tone=layer)


def _side_part(barber: Barber) -> None:
    barber.cap(0.006)
    part = MIDDLE + 0.032
    for layer, (count, lift) in enumerate(((620, 0.005), (520, 0.010))):
        roots = barber.roots(count + layer)
        low, x, z = _sides(roots), roots.canonical[:, 0], roots.canonical[:, 2]
        sweep = np.where(x > part, 1.0, -1.0)[:, None] * np.array([1.0, 0, 0]) + np.array([0, 0, -0.35])
        flow = (1 - low)[:, None] * sweep + low[:, None] * (np.array([0, -1.0, -0.35]) + 0 * sweep)
        front = smoothstep(0.06, 0.10, z) * (1 - low) * (x < part)
        flow = flow + (0.35 * (1 - low) + 0.35 * front)[:, None] * roots.normals + barber.jitter(roots, 0.10)
        length = (0.085 - 0.06 * low - 0.03 * (x > part) * (1 - low)) * barber.rng.uniform(0.85, 1.15, len(low))
        height = _ramp(0.001, 1, 7)[None] * (lift + (0.008 + 0.008 * front) * (1 - low))[:, None]
        barber.cards(barber.head.grow(roots, flow, length, height, (0, -0.08, 0), 7, 0.7), 0.013, tone=layer)


def _quiff(barber: Barber) -> None:
    barber.cap(0.005)
    for layer, (count, lift) in enumerate(((620, 0.003), (620, 0.006))):
        roots = barber.roots(count + layer)
        low, z = _sides(roots), roots.canonical[:, 2]
        front = smoothstep(0.03, 0.10, z) * (1 - low)
        flow = (1 - low)[:, None] * np.array([0, 0.0, -1.0]) + low[:, None] * np.array([0, -0.75, -0.6])
        flow = flow + (0.15 * (1 - low) + 1.5 * front)[:, None] * roots.normals + barber.jitter(roots, 0.09)
        length = (0.062 + 0.022 * front - 0.036 * low) * barber.rng.uniform(0.85, 1.15, len(low))
        height = _ramp(0.001, 1, 7)[None] * (lift + 0.008 * (1 - low) + 0.020 * front)[:, None]
        pull = (1 - low)[:, None] * np.array([0, -0.05, -0.22]) + low[:, None] * np.array([0, -0.10, 0])
        barber.cards(barber.head.grow(roots, flow, length, height, pull, 7, 0.5), 0.012, tone=layer)


def _curl(barber: Barber, curves: Points, radius: float, turns: float) -> Points:
    """Wind strands into corkscrews that widen from the root."""
    count, steps, _ = curves.shape
    tangent = unit(np.gradient(curves, axis=1))
    side = unit(np.cross(tangent, UP + 0.01))
    other = np.cross(tangent, side)
    phase = barber.rng.uniform(0, 2 * np.pi, (count, 1)) + np.linspace(0, turns * 2 * np.pi, steps)
    size = radius * barber.head.scale * np.linspace(0.15, 1, steps) ** 0.6
    return curves + size[None, :, None] * (np.cos(phase)[..., None] * side + np.sin(phase)[..., None] * other)


def _curly(barber: Barber) -> None:
    barber.cap(0.016)
    for layer, (count, lift) in enumerate(((520, 0.010), (820, 0.018))):
        roots = barber.roots(count + layer)
        low = _sides(roots)
        flow = 0.55 * barber.away(roots) + 0.6 * roots.normals + barber.jitter(roots, 0.35)
        length = (0.056 - 0.010 * low) * barber.rng.uniform(0.8, 1.15, len(low))
        height = _ramp(0.002, 1, 12, 0.5)[None] * (lift + 0.010 * (1 - low))[:, None]
        curves = barber.head.grow(roots, flow, length, height, (0, -0.05, 0), 12, 0.8)
        barber.cards(_curl(barber, curves, 0.0085, 1.7), 0.0095, (0.8, 1.0, 1.0, 0.9), tone=layer)


def _afro(barber: Barber) -> None:
    size = barber.rng.uniform(0.042, 0.060)

    def volume(canonical: Points) -> Points:
        lump = value_noise(canonical, 45.0, barber.seed) + 0.5 * value_noise(canonical, 110.0, barber.seed + 1) - 0.75
        return size + 0.012 * lump

    barber.cap(volume, 0.0)
    for layer in range(2):
        roots = barber.roots(900 + layer, 0.004)
        flow = roots.normals + barber.jitter(roots, 0.35)
        edge = smoothstep(0.0, 0.03, hairline(roots.canonical, barber.sex, barber.seed))
        length = (size + 0.010) * (0.35 + 0.65 * edge) * barber.rng.uniform(0.8, 1.12, len(edge))
        curves = barber.head.grow(roots, flow, length, np.zeros(9), (0, -0.02, 0), 8)
        barber.cards(_curl(barber, curves, 0.008, 2.0), 0.016, (0.6, 0.9, 1.0, 1.0), tone=layer)


def _fall(barber: Barber, roots: Roots, part: float) -> Points:
    """Where hanging hair sets out: sideways from the parting, backwards over the crown."""
    x, z = roots.canonical[:, 0] - MIDDLE - part, roots.canonical[:, 2]
    side = np.where(x > 0, 1.0, -1.0)
    back = smoothstep(0.07, -0.03, z)
    flow = side[:, None] * np.array([1.0, 0, 0]) * (1 - 0.75 * back)[:, None] + back[:, None] * np.array([0, 0, -1.0])
    return flow + np.array([0, -0.15, -0.25]) + 0.30 * roots.normals


def _drop(barber: Barber, roots: Roots, part: float = 0.0) -> Callable[[Points], Points]:
    """Weight of hanging hair: down, in towards the neck below the ears, then to the chest or to the back."""
    neck, scale = barber.head.figure.joint("neck"), barber.head.scale
    brow = barber.head.figure.joint("left_eye")[1]
    side = np.where(roots.canonical[:, 0] > MIDDLE + part, 1.0, -1.0)
    forward = np.where(azimuth(roots.canonical) < 84, 1.0, -1.0)

    def pull(points: Points) -> Points:
        level = (points[:, 1] - neck[1]) / scale
        axis = (neck[[0, 2]] - points[:, [0, 2]]) / scale
        reach = np.hypot(axis[:, 0], axis[:, 1])
        inwards = 7.0 * np.maximum(reach - 0.072, 0) * smoothstep(0.17, 0.08, level)
        force = np.zeros_like(points)
        force[:, 1] = -0.8
        force[:, [0, 2]] = inwards[:, None] * axis / (reach[:, None] + 1e-6)
        beside = smoothstep(0.09, 0.02, level) * smoothstep(0.02, 0.06, np.abs(axis[:, 0]))
        lid = (points[:, 1] - brow) / scale  # the face stays free
        face = smoothstep(0.085, 0.05, lid) * smoothstep(-0.16, -0.12, lid) * smoothstep(0.045, 0.07, -axis[:, 1])
        sideways = side * np.maximum(0.070 + side * axis[:, 0], 0) * face
        force[:, 0] += 22 * sideways
        force[:, 1] += 6 * np.abs(sideways)
        force[:, 2] += 0.8 * forward * beside * smoothstep(0.075, 0.045, np.abs(axis[:, 1]))
        return force

    return pull


def _hang(barber: Barber, ends: float, volume: float, wave: float = 0.0, count: int = 440) -> None:
    """Hair that falls from a parting to the canonical height ``ends``."""
    barber.cap(0.007)
    part = barber.rng.choice([0.0, 0.028, -0.028])
    for layer, lift in enumerate((0.005, 0.011)):
        roots = barber.roots(count + 37 * layer)
        around = azimuth(roots.canonical)
        flow = _fall(barber, roots, part) + barber.jitter(roots, 0.10)
        over = np.abs(roots.canonical[:, 1] - ends) + 0.35 * np.hypot(
            roots.canonical[:, 0], roots.canonical[:, 2] - 0.02
        )
        length = over * barber.rng.uniform(0.93, 1.03, len(over))
        steps = 11
        ear = 0.008 * np.exp(-(((around - 92) / 26) ** 2))
        height = (
            _ramp(0.001, 1, steps, 0.4)[None] * (lift + volume * barber.rng.uniform(0.5, 1, len(over)) + ear)[:, None]
        )
        curves = barber.head.grow(roots, flow, length, height, _drop(barber, roots, part), steps, 0.6)
        if wave:
            curves = _wave(barber, curves, wave)
        barber.cards(curves, 0.024, (0.6, 1.0, 1.0, 0.9, 0.6), tone=layer)


def _wave(barber: Barber, curves: Points, amount: float) -> Points:
    steps = curves.shape[1]
    _, normals = barber.head.above(curves)
    side = unit(np.cross(normals, np.gradient(curves, axis=1)))
    distance = np.linalg.norm(np.diff(curves, axis=1, prepend=curves[:, :1]), axis=2).cumsum(1)
    phase = distance / (0.075 * barber.head.scale) * 2 * np.pi + barber.rng.normal(0, 0.6, (len(curves), 1))
    size = amount * np.linspace(0, 1, steps) ** 0.5 * barber.head.scale
    return curves + (size * np.sin(phase))[..., None] * side + (0.5 * size * np.cos(phase))[..., None] * normals


def _bob(barber: Barber) -> None:
    _hang(barber, barber.rng.uniform(1.535, 1.56), 0.008, 0.002)


def _long(barber: Barber) -> None:
    _hang(barber, barber.rng.uniform(1.30, 1.40), 0.006, 0.002)


def _wavy(barber: Barber) -> None:
    _hang(barber, barber.rng.uniform(1.33, 1.42), 0.012, 0.009)


def _gather(barber: Barber, ties: Points, part: bool) -> None:
    """Hair drawn tightly over the head to one tie, or on each side to its own; ties are canonical [1 or 2, 3]."""
    barber.cap(0.0055)
    head = barber.head
    for layer in range(2):
        roots = barber.roots(640 + layer, 0.001)
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
        for _ in range(2):
            height, normals = head.above(curves)
            lift = (0.0045 + 0.002 * layer + 0.001 * barber.rng.random((len(curves), 1))) * head.scale
            curves = curves + normals * (lift * np.minimum(1, 0.25 + 4 * t[..., 0]) - height)[..., None] * (1 - t**6)
        barber.cards(curves, 0.017, (0.9, 1.0, 0.8, 0.35), tone=layer)


def _tail(barber: Barber, tie: Points, direction: Points, length: float, count: int, spread: float) -> None:
    """Loose hair from a tie: a sheaf that swells below the band and comes together again at the tips."""
    head = barber.head
    stem = Roots(head.place(tie)[None], unit(np.asarray(direction, np.float64))[None], np.asarray(tie)[None])
    steps = 12
    spine = head.grow(stem, stem.normals, np.array([length]), _ramp(0.0, 0.022, steps), (0, -0.9, 0), steps)[0]
    tangent = unit(np.gradient(spine, axis=0))
    side = unit(np.cross(tangent, np.array([0.3, 0.2, 1.0])))
    angle = barber.rng.uniform(0, 2 * np.pi, (count, 1, 1))
    fan = np.cos(angle) * side + np.sin(angle) * np.cross(tangent, side)
    swell = np.interp(np.linspace(0, 1, steps + 1), [0, 0.12, 0.45, 1], [0.007, 0.018, 0.026, 0.015]) * head.scale
    reach = np.sqrt(barber.rng.uniform(0.1, 1, (count, 1))) * swell * (1 + spread)
    curves = spine + fan * reach[..., None]
    stretch = barber.rng.uniform(0.86, 1.04, (count, 1, 1))
    curves = curves[:, :1] + (curves - curves[:, :1]) * stretch
    curves = _wave(barber, curves, 0.003)
    widths = 0.020 * head.scale * np.interp(np.linspace(0, 1, steps + 1), [0, 0.2, 0.7, 1], [0.4, 1, 1, 0.6])
    kinds = barber.rng.integers(0, 4, count)
    columns = card_columns(kinds, barber.rng.random(count) < 0.5)
    ribbons(barber.mesh, curves, np.broadcast_to(fan, curves.shape), widths * np.ones((count, 1)), columns)


def _band(barber: Barber, tie: Points, axis: Points, radius: float = 0.013) -> None:
    """The hair wound around a tie."""
    head = barber.head
    center, axis = head.place(tie), unit(np.asarray(axis, np.float64))
    side = unit(np.cross(axis, UP + np.array([0.01, 0, 0.02])))
    other = np.cross(axis, side)
    turn = np.linspace(0, 2 * np.pi, 13)
    ring = center + radius * head.scale * (np.cos(turn)[:, None] * side + np.sin(turn)[:, None] * other)
    tubes(barber.mesh, ring[None], np.full((1, 13), 0.006 * head.scale), (0.55, 0.65))


def _ponytail(barber: Barber) -> None:
    tie = np.array([MIDDLE, 1.712, -0.072])
    _gather(barber, tie[None], part=False)
    _band(barber, tie + [0, 0.002, -0.006], [0, 0.35, -1.0])
    _tail(barber, tie + [0, 0.004, -0.012], [0, -0.15, -0.6], barber.rng.uniform(0.26, 0.36), 70, 0.2)


def _bun(barber: Barber) -> None:
    tie = np.array([MIDDLE, 1.728, -0.070])
    _gather(barber, tie[None], part=False)
    head = barber.head
    center, axis = head.place(tie + np.array([0, 0.008, -0.012])), unit(np.array([0, 0.75, -1.0]))
    side = np.array([1.0, 0, 0])
    other = np.cross(axis, side)
    count, steps = 26, 15
    start = barber.rng.uniform(0, 2 * np.pi, count)[:, None] + np.linspace(0, 3.6, steps)
    band = barber.rng.uniform(-1.0, 1.0, count)[:, None] + np.linspace(-0.25, 0.25, steps)
    ring, rise = np.cos(np.clip(band, -1.4, 1.4)), np.sin(np.clip(band, -1.4, 1.4))
    radius = 0.034 * head.scale * barber.rng.uniform(0.93, 1.05, count)[:, None]
    flat = radius[..., None] * (np.cos(start)[..., None] * side + np.sin(start)[..., None] * other) * ring[..., None]
    curves = center + flat + (0.75 * radius * rise)[..., None] * axis
    tubes(
        barber.mesh,
        curves,
        np.full((count, steps), 0.0085 * head.scale) * np.sin(np.linspace(0.5, 2.64, steps)),
        (0.54, 0.62),
    )


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


def _braids(barber: Barber) -> None:
    ties = np.array([[MIDDLE - 0.070, 1.612, -0.012], [MIDDLE + 0.070, 1.612, -0.012]])
    _gather(barber, ties, part=True)
    head = barber.head
    for tie, sign in zip(ties, (-1.0, 1.0), strict=True):
        start = head.place(tie)[None]
        root = Roots(start, np.array([[sign, 0, 0]]), tie[None])
        out = np.array([[0.35 * sign, -0.7, 0.45]])
        path = head.grow(root, out, np.array([0.30]), _ramp(0.0, 0.016, 14), (0.0, -0.30, 0.05), 14)[0]
        _band(barber, tie, [0.3 * sign, -1, 0], 0.006)
        _plait(barber, path, 0.0115 * head.scale)
        end = Roots(path[-1:], UP[None], tie[None])
        down = np.repeat(path[-1:] - path[-2:-1], 10, 0) + barber.rng.normal(0, 0.006, (10, 3))
        brush = Roots(np.repeat(end.points, 10, 0), np.repeat(end.normals, 10, 0), np.repeat(tie[None], 10, 0))
        barber.cards(head.grow(brush, down, np.full(10, 0.05), np.zeros(6), (0, -0.1, 0), 5), 0.010)


def _pigtails(barber: Barber) -> None:
    ties = np.array([[MIDDLE - 0.072, 1.695, -0.018], [MIDDLE + 0.072, 1.695, -0.018]])
    _gather(barber, ties, part=True)
    length = barber.rng.uniform(0.16, 0.24)
    for tie, sign in zip(ties, (-1.0, 1.0), strict=True):
        _band(barber, tie + np.array([0.006 * sign, 0, -0.002]), [sign, 0.3, -0.2], 0.011)
        _tail(barber, tie + np.array([0.012 * sign, 0.002, -0.004]), [sign, 0.35, -0.3], length, 54, 0.1)


def _mohawk(barber: Barber) -> None:
    tall = barber.rng.uniform(0.075, 0.105)
    count = 420
    polar = barber.rng.uniform(-58, 95, count)  # degrees from the top, forward negative
    roots = barber.head.at(
        np.radians(np.abs(polar)), np.where(polar < 0, 0.0, np.pi) + barber.rng.normal(0, 0.0, count)
    )
    shift = np.array([1.0, 0, 0]) * barber.rng.uniform(-0.017, 0.017, count)[:, None] * barber.head.scale
    roots = Roots(roots.points + shift, roots.normals, roots.canonical)
    roots = roots[barber.inside(roots, 0.004)]
    angle = polar[: len(polar)][
        barber.inside(barber.head.at(np.radians(np.abs(polar)), np.where(polar < 0, 0.0, np.pi)), 0.004)
    ]
    length = tall * np.interp(angle, [-58, -35, 0, 50, 95], [0.62, 0.9, 1.0, 0.8, 0.4])
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


def _locs(barber: Barber) -> None:
    barber.cap(0.005)
    roots = barber.roots(250, 0.004)
    flow = 0.9 * _fall(barber, roots, 0.0) + 0.4 * roots.normals + barber.jitter(roots, 0.15)
    ends = barber.rng.uniform(1.40, 1.50)
    length = np.abs(roots.canonical[:, 1] - ends) + 0.5 * np.hypot(roots.canonical[:, 0], roots.canonical[:, 2])
    length = length * barber.rng.uniform(0.85, 1.08, len(length))
    steps = 14
    lift = barber.rng.uniform(0.006, 0.022, len(length))
    curves = barber.head.grow(
        roots, flow, length, _ramp(0.001, 1, steps, 0.5)[None] * lift[:, None], _drop(barber, roots), steps, 0.5
    )
    curves = (
        curves + 0.0025 * np.sin(np.arange(steps + 1) * 1.7 + barber.rng.uniform(0, 6, (len(curves), 1)))[..., None]
    )
    profile = np.interp(np.linspace(0, 1, steps + 1), [0, 0.1, 0.9, 1], [0.6, 1, 0.85, 0.35])
    radius = 0.0052 * barber.head.scale * profile * barber.rng.uniform(0.8, 1.2, (len(curves), steps + 1))
    tubes(barber.mesh, curves, radius, (0.55, 0.7), 5.0)


_STYLES: dict[str, Callable[[Barber], None]] = {
    "buzz": _buzz, "short": _short, "side part": _side_part, "quiff": _quiff, "curly": _curly, "afro": _afro,
    "bob": _bob, "long": _long, "wavy": _wavy, "ponytail": _ponytail, "bun": _bun, "braids": _braids,
    "pigtails": _pigtails, "mohawk": _mohawk, "locs": _locs,
}  # fmt: skip
_FRIZZ = {"curly": 0.7, "afro": 1.0, "locs": 1.0, "wavy": 0.2, "buzz": 1.0}


def _under_hat(head: Head, vertices: Points, plane: HatPlane) -> Points:
    """Press hair above a hat's plane down until it fits inside the hat."""
    level = plane.above(head.canonical_of(vertices))
    pressed = smoothstep(-0.012, 0.0, level) * smoothstep(plane.ceiling + 0.012, plane.ceiling, level)
    height, normals = head.above(vertices)
    room = 0.7 * plane.inside_clearance * head.scale
    flat = np.where(height > 0, room * height / (height + room), height)
    return vertices + normals * (pressed * (flat - height))[:, None]


def make_hair(figure: Figure, outfit: Outfit, texture_size: int, hat_plane: HatPlane | None = None) -> list[Piece]:
    """Hair and beard of an outfit: no, one or two pieces.

    Args:
        figure: the body.
        outfit: hair, sex, outer garment and seed are read.
        texture_size: of the person; the hair's texture is half of it.
        hat_plane: what a hat needs, from `make_headwear`, or None.
    """
    beard = make_beard(figure, outfit, texture_size)
    style = outfit.hair.style
    if style in ("bald", "buzz") or (hat_plane is not None and hat_plane.hides_all):
        return beard
    rng = np.random.default_rng([outfit.seed, 421])
    head = Head(figure, 0.022 if outfit.worn("outer") else 0.012)
    barber = Barber(head, outfit.person.sex, outfit.seed, rng, Mesh.empty())
    _STYLES[style](barber)
    vertices, uvs, faces = barber.mesh.joined()
    if hat_plane is not None:
        vertices = _under_hat(head, vertices, hat_plane)
    color = np.array(HAIR_COLORS[outfit.hair.color]) * rng.uniform(0.96, 1.04)
    material = hair_material("hair", color, max(texture_size // 2, 128), _FRIZZ.get(style, 0.0))
    return [Piece("hair", vertices, faces, uvs, head.weights(vertices), material), *beard]
