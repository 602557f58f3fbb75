"""Hair in every style of the vocabulary: a thin cap on the scalp and many strands grown over it."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from personify.wardrobe.barber import WHORL, Barber, curl, ramp, sides, wave
from personify.wardrobe.beard import make_beard
from personify.wardrobe.figure import Figure, Points
from personify.wardrobe.headfit import HatPlane
from personify.wardrobe.noise import smoothstep, value_noise
from personify.wardrobe.outfit import Outfit
from personify.wardrobe.piece import Piece
from personify.wardrobe.scalp import MIDDLE, azimuth, recession_of
from personify.wardrobe.strands import Head, Mesh, Roots, tubes
from personify.wardrobe.tresses import hair_material
from personify.wardrobe.updo import braids, bun, mohawk, pigtails, ponytail
from personify.wardrobe.vocabulary import HAIR_COLORS


def _buzz(barber: Barber) -> None:
    """Painted on the skin; see `complexion`."""


def _short(barber: Barber) -> None:
    """Away from the whorl and, in front, off to one side: women's falls there, men's stands up a little."""
    barber.cap(0.005)
    female = barber.sex == "female"
    aside = barber.rng.choice([-1.0, 1.0])
    for layer, (count, lift) in enumerate(((1300, 0.003), (1500, 0.005))):
        roots = barber.roots(count + layer, 0.0)
        low, locks = sides(roots), barber.locks(roots)
        front = smoothstep(0.02, 0.10, roots.canonical[:, 2]) * (1 - low)
        crown = smoothstep(0.02, 0.07, np.linalg.norm(roots.canonical - WHORL, axis=1))
        rise = 0.30 * (1 - 0.7 * low) * crown + (0.15 if female else 0.65) * front
        sweep = (aside * front + 0.5 * locks)[:, None] * np.array([1.0, 0, 0])
        flow = barber.away(roots) + sweep + rise[:, None] * roots.normals + barber.jitter(roots, 0.10)
        length = (0.050 - 0.020 * low + (0.018 if female else -0.008) * front) * (1 + 0.5 * locks)
        length = length * barber.rng.uniform(0.8, 1.2, len(low))
        height = ramp(0.001, 1, 5)[None] * (lift + 0.007 * (1 - low) * crown)[:, None]
        barber.cards(barber.head.grow(roots, flow, length, height, (0, -0.06, 0), 5, 0.6), 0.0075, tone=layer)


def _side_part(barber: Barber) -> None:
    barber.cap(0.006)
    part = MIDDLE + 0.032
    for layer, (count, lift) in enumerate(((1150, 0.004), (1150, 0.008))):
        roots = barber.roots(count + layer, 0.0)
        low, x, z = sides(roots), roots.canonical[:, 0], roots.canonical[:, 2]
        sweep = np.where(x > part, 1.0, -1.0)[:, None] * np.array([1.0, 0, 0]) + np.array([0, 0, -0.35])
        flow = (1 - low)[:, None] * sweep + low[:, None] * (np.array([0, -1.0, -0.35]) + 0 * sweep)
        front = smoothstep(0.06, 0.10, z) * (1 - low) * (x < part)
        flow = flow + (0.35 * (1 - low) + 0.35 * front)[:, None] * roots.normals + barber.jitter(roots, 0.10)
        length = (0.085 - 0.06 * low - 0.03 * (x > part) * (1 - low)) * barber.rng.uniform(0.85, 1.15, len(low))
        height = ramp(0.001, 1, 7)[None] * (lift + (0.008 + 0.008 * front) * (1 - low))[:, None]
        barber.cards(barber.head.grow(roots, flow, length, height, (0, -0.08, 0), 7, 0.7), 0.009, tone=layer)


def _quiff(barber: Barber) -> None:
    barber.cap(0.005)
    for layer, (count, lift) in enumerate(((1150, 0.003), (1150, 0.006))):
        roots = barber.roots(count + layer, 0.0)
        low, z = sides(roots), roots.canonical[:, 2]
        front = smoothstep(0.03, 0.10, z) * (1 - low)
        flow = (1 - low)[:, None] * np.array([0, 0.0, -1.0]) + low[:, None] * np.array([0, -0.75, -0.6])
        flow = flow + (0.15 * (1 - low) + 1.5 * front)[:, None] * roots.normals + barber.jitter(roots, 0.09)
        length = (0.062 + 0.022 * front - 0.036 * low) * barber.rng.uniform(0.85, 1.15, len(low))
        height = ramp(0.001, 1, 7)[None] * (lift + 0.008 * (1 - low) + 0.020 * front)[:, None]
        pull = (1 - low)[:, None] * np.array([0, -0.05, -0.22]) + low[:, None] * np.array([0, -0.10, 0])
        barber.cards(barber.head.grow(roots, flow, length, height, pull, 7, 0.5), 0.009, tone=layer)


def _curly(barber: Barber) -> None:
    barber.cap(0.016)
    for layer, (count, lift) in enumerate(((520, 0.010), (820, 0.018))):
        roots = barber.roots(count + layer)
        low = sides(roots)
        flow = 0.55 * barber.away(roots) + 0.6 * roots.normals + barber.jitter(roots, 0.35)
        length = (0.056 - 0.010 * low) * barber.rng.uniform(0.8, 1.15, len(low))
        height = ramp(0.002, 1, 12, 0.5)[None] * (lift + 0.010 * (1 - low))[:, None]
        curves = barber.head.grow(roots, flow, length, height, (0, -0.05, 0), 12, 0.8)
        barber.cards(curl(barber, curves, 0.0085, 1.7), 0.0095, (0.8, 1.0, 1.0, 0.9), tone=layer)


def _afro(barber: Barber) -> None:
    size = barber.rng.uniform(0.042, 0.060)

    def volume(canonical: Points) -> Points:
        lump = value_noise(canonical, 45.0, barber.seed) + 0.5 * value_noise(canonical, 110.0, barber.seed + 1) - 0.75
        return size - 0.020 + 0.012 * lump

    barber.cap(volume, 0.0)
    for layer in range(2):
        roots = barber.roots(2000 + layer, 0.003)
        flow = roots.normals + barber.jitter(roots, 0.45)
        edge = smoothstep(0.0, 0.03, barber.depth(roots))
        length = (size + 0.008) * (0.35 + 0.65 * edge) * barber.rng.uniform(0.85, 1.1, len(edge))
        curves = barber.head.grow(roots, flow, length, np.zeros(7), (0, -0.02, 0), 6)
        barber.cards(curl(barber, curves, 0.009, 1.3), 0.014, (0.8, 1.0, 1.0, 1.0), layer, 0.12)


def _fall(barber: Barber, roots: Roots, part: float) -> Points:
    """Where hanging hair sets out: sideways from the parting, backwards over the crown."""
    x, z = roots.canonical[:, 0] - MIDDLE - part, roots.canonical[:, 2]
    side = np.where(x > 0, 1.0, -1.0)
    back = smoothstep(0.07, -0.03, z)
    flow = side[:, None] * np.array([1.0, 0, 0]) * (1 - 0.75 * back)[:, None] + back[:, None] * np.array([0, 0, -1.0])
    beside = smoothstep(0.045, 0.0, np.abs(x)) * (1 - back)  # rises from the parting before it falls
    return flow + np.array([0, -0.15, -0.25]) + 0.30 * roots.normals + beside[:, None] * np.array([0, 0.45, -0.8])


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


_WAVY = 0.005  # metres of sway that take more steps to draw


def _hang(barber: Barber, ends: float, volume: float, sway: float) -> None:
    """Hair that falls from a parting to the canonical height ``ends``, sometimes with a fringe."""
    barber.cap(0.0015)
    part = barber.rng.choice([0.0, 0.028, -0.028])
    fringe = barber.rng.random() < 0.3
    count, width = (360, 0.021) if sway > _WAVY else (520, 0.018)
    for layer, lift in enumerate((0.004, 0.006)):
        roots = barber.roots(count + count * layer // 5, 0.006)
        upstream = np.clip((roots.canonical[:, 1] - 1.60) / 0.15, 0, 1)  # lies over what grows further down
        height = lift + (layer * volume + 0.006) * upstream
        _curtain(barber, roots, part, ends, height, sway, width, layer)
    hairline = barber.roots(4800, -0.001, 0.013)  # many thin wisps where skin shows between thick ones
    hairline = hairline[azimuth(hairline.canonical) < 75]
    _curtain(barber, hairline, part, ends, np.full(len(hairline.points), 0.005), sway, 0.006, 1)
    if fringe:
        _fringe(barber)


def _curtain(
    barber: Barber, roots: Roots, part: float, ends: float, stand: Points, sway: float, width: float, tone: int
) -> None:
    """Strands that fall from the parting to ``ends`` and stand off the head by ``stand`` [N] metres."""
    steps = 14 if sway > _WAVY else 9
    around = azimuth(roots.canonical)
    flow = _fall(barber, roots, part) + barber.jitter(roots, 0.10)
    aside = 0.35 * np.hypot(roots.canonical[:, 0], roots.canonical[:, 2] - 0.02)
    length = (np.abs(roots.canonical[:, 1] - ends) + aside) * barber.rng.uniform(0.90, 1.03, len(around))
    stand = stand + 0.008 * np.exp(-(((around - 92) / 26) ** 2)) + barber.rng.uniform(0, 0.0015, len(around))  # ears
    height = ramp(0.0, 1, steps, 0.6)[None] * stand[:, None]
    curves = barber.head.grow(roots, flow, length, height, _drop(barber, roots, part), steps, 0.6)
    barber.cards(wave(barber, curves, sway), width, (0.8, 1.0, 1.0, 1.0, 0.8), tone, 0.12)


def _fringe(barber: Barber) -> None:
    """Hair cut above the brows, in locks that part a little and lengthen towards the temples."""
    polar, turn = np.meshgrid(np.radians(np.linspace(32, 60, 6)), np.radians(np.linspace(-42, 42, 21)))
    roots = barber.head.at(polar.ravel(), turn.ravel() + barber.rng.normal(0, 0.03, polar.size))
    roots = roots[barber.depth(roots) > 0.002]
    locks, across = barber.locks(roots), roots.canonical[:, 0] - MIDDLE
    flow = np.array([0, -0.35, 1.0]) + 0.35 * roots.normals + barber.jitter(roots, 0.08)
    flow[:, 0] += 0.5 * locks + 4.0 * across
    drop = roots.canonical[:, 1] - 1.684 + 0.25 * (0.12 - roots.canonical[:, 2]) + 0.012 * locks
    drop = drop + barber.rng.uniform(-0.006, 0.004, len(drop))
    height = ramp(0.004, 0.011, 7)
    curves = barber.head.grow(roots, flow, np.maximum(drop + 0.006, 0.02), height, (0, -0.6, 0), 7, 0.9)
    barber.cards(curves, 0.012, (0.7, 1.0, 0.9, 0.5), tone=1)


def _bob(barber: Barber) -> None:
    _hang(barber, barber.rng.uniform(1.535, 1.56), 0.008, 0.002)


def _long(barber: Barber) -> None:
    _hang(barber, barber.rng.uniform(1.30, 1.40), 0.006, 0.002)


def _wavy(barber: Barber) -> None:
    _hang(barber, barber.rng.uniform(1.33, 1.42), 0.012, 0.009)


def _locs(barber: Barber) -> None:
    barber.cap(0.005)
    roots = barber.roots(300, 0.004)
    flow = 0.9 * _fall(barber, roots, 0.0) + 0.6 * roots.normals + barber.jitter(roots, 0.22)
    aside = 0.5 * np.hypot(roots.canonical[:, 0], roots.canonical[:, 2])
    length = np.abs(roots.canonical[:, 1] - barber.rng.uniform(1.40, 1.50)) + aside
    length = length * barber.rng.uniform(0.85, 1.08, len(length))
    steps = 14
    lift = 0.004 + ramp(0.0, 1, steps, 0.5)[None] * barber.rng.uniform(0.004, 0.026, len(length))[:, None]
    curves = barber.head.grow(roots, flow, length, lift, _drop(barber, roots), steps, 0.25)
    kink = np.sin(np.arange(steps + 1) * 1.7 + barber.rng.uniform(0, 6, (len(curves), 1)))
    profile = np.interp(np.linspace(0, 1, steps + 1), [0, 0.1, 0.9, 1], [0.6, 1, 0.85, 0.35])
    radius = 0.0056 * barber.head.scale * profile * barber.rng.uniform(0.75, 1.25, (len(curves), steps + 1))
    tubes(barber.mesh, curves + 0.0025 * kink[..., None], radius, (0.55, 0.7), 5.0)


_STYLES: dict[str, Callable[[Barber], None]] = {
    "buzz": _buzz, "short": _short, "side part": _side_part, "quiff": _quiff, "curly": _curly, "afro": _afro,
    "bob": _bob, "long": _long, "wavy": _wavy, "ponytail": ponytail, "bun": bun, "braids": braids,
    "pigtails": pigtails, "mohawk": mohawk, "locs": _locs,
}  # fmt: skip
_FRIZZ = {"curly": 0.7, "afro": 1.0, "locs": 1.0, "wavy": 0.2, "buzz": 1.0}


def _under_hat(head: Head, vertices: Points, plane: HatPlane) -> Points:
    """Press hair above a hat's plane down until it fits inside the hat."""
    top = min(plane.ceiling, 1.0)
    level = plane.above(head.canonical_of(vertices))
    pressed = smoothstep(-0.012, 0.0, level)
    if np.isfinite(plane.ceiling):
        pressed = pressed * smoothstep(top + 0.012, top, level)
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
    head = Head(figure, 0.022 if outfit.worn("outer") else 0.012)
    beard = make_beard(head, outfit, texture_size)
    style = outfit.hair.style
    if style in ("bald", "buzz") or (hat_plane is not None and hat_plane.hides_all):
        return beard
    rng = np.random.default_rng([outfit.seed, 421])
    barber = Barber(head, outfit.person.sex, recession_of(outfit), outfit.seed, rng, Mesh.empty())
    _STYLES[style](barber)
    vertices, uvs, faces = barber.mesh.joined()
    if hat_plane is not None:
        vertices = _under_hat(head, vertices, hat_plane)
    color = np.array(HAIR_COLORS[outfit.hair.color]) * rng.uniform(0.96, 1.04)
    material = hair_material("hair", color, max(texture_size // 2, 128), _FRIZZ.get(style, 0.0))
    return [Piece("hair", vertices, faces, uvs, head.weights(vertices), material), *beard]
