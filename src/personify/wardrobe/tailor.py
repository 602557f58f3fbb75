"""What all garments share: necklines, sleeves and hems as fields, fits as numbers, layers in order."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from personify.wardrobe.cloth import Cloth, drape_cloth, join, rim
from personify.wardrobe.drape import GAP, Fitting, hang, height_rows, soften
from personify.wardrobe.fabric import solid
from personify.wardrobe.figure import Points
from personify.wardrobe.outfit import Garment
from personify.wardrobe.piece import Piece
from personify.wardrobe.suit import LEG_TOP, REACHES, body_suit, node_angles, smoothstep, tunic
from personify.wardrobe.vocabulary import COLORS

Field = Callable[[Points], Points]  # canonical [N, 3] -> [N], metres inside the garment's edge

EASE = {"slim": 0.003, "regular": 0.007, "loose": 0.024}  # metres between body and cloth
HANG = {"slim": 0.90, "regular": 0.48, "loose": 0.14}  # how fast cloth may fall inwards below a bulge
SLEEVE_END = {"none": 0.17, "short": 0.345, "long": 0.72}  # canonical |x|
WAIST = 0.992  # canonical y of a waistband's upper edge, on the hip bones
TIE_FALL = 0.35  # metres per metre by which a tie swings back below the chest


@dataclass(frozen=True)
class Worn:
    """A garment that has been made.

    Attributes:
        garment: what it is.
        cloth: its geometry, hems not yet rimmed.
        covers: field of what it hides of the layers below and of the skin.
        hardware: buttons, buckles and the like, ready pieces.
    """

    garment: Garment
    cloth: Cloth
    covers: Field
    hardware: tuple[Piece, ...] = ()


def sleeve(end: float) -> Field:
    """Inside up to canonical |x| = ``end``; sleeveless garments get a rounded armhole."""

    def field(c: Points) -> Points:
        x, y = np.abs(c[:, 0]), c[:, 1]
        if end > 0.2:
            return np.where(y > 1.2, end - x, 1.0)
        return np.where(y > 1.2, end + 0.6 * np.clip(1.36 - y, 0, 0.12) - x, 1.0)

    return field


def below(height: float) -> Field:
    """Inside under canonical y = ``height``."""
    return lambda c: height - c[:, 1]


def above(height: float) -> Field:
    """Inside over canonical y = ``height``."""
    return lambda c: c[:, 1] - height


def round_neck(height: float = 1.502, drop: float = 0.055, width: float = 0.0) -> Field:
    """Neckline at ``height`` behind the neck, ``drop`` lower in front, ``width`` wider than the neck.

    Grows down the neck and outwards along the shoulders, so its level sets circle the neck."""

    def field(c: Points) -> Points:
        x, y, z = c.T
        outward = np.maximum(0, np.hypot(x, z - 0.012) - 0.065)
        line = height - drop * smoothstep(z, -0.05, 0.07) * smoothstep(np.abs(x), 0.13, 0.06)
        return (line - y) + 0.8 * outward - width

    return field


def v_neck(depth: float, width: float = 0.075, height: float = 1.50) -> Field:
    """V down to ``depth`` metres under the neck in front."""

    def field(c: Points) -> Points:
        x, y, z = c.T
        back = round_neck(height, 0.02)(c)
        slope = depth / width
        line = (height - depth + slope * np.abs(x) - y) / np.hypot(1, slope)
        return np.where((z > 0) & (np.abs(x) < width + 0.03), np.minimum(line, np.maximum(back, line)), back)

    return field


def both(*fields: Field) -> Field:
    """Inside all of them."""
    return lambda c: np.minimum.reduce([field(c) for field in fields])


def torso_radius(
    fitting: Fitting, ease: float, slope: float, flare: float = 0.0, flare_from: float = 0.95, waist: float = 0.0
) -> Points:
    """Rings of a garment around torso and legs: over everything worn, hanging from chest, belly and hips.

    Args:
        fitting: the figure so far.
        ease: metres away from the body.
        slope: how fast the cloth may fall inwards (`hang`).
        flare: metres per metre by which it widens below canonical y ``flare_from``.
        waist: 0..1, how much the waist is taken in.
    """
    rings, scale = fitting.rings["torso"], fitting.figure.scale
    least = np.maximum(rings.radius + ease * scale, fitting.worn["torso"] + GAP)
    rows = height_rows("torso")
    taken = 1.2 * waist * np.exp(-(((rows - 1.10) / 0.09) ** 2))
    down = np.where(rows > flare_from, slope + taken, -flare)
    fold = _skirt_folds(rows, flare_from, flare)
    hung = hang(least + 0.003 * scale, rings.step, down)
    return np.maximum(soften(hung, along=1.8) * (1 + fold), least)


def _skirt_folds(rows: Points, start: float, flare: float) -> Points:  # [K, ANGLES]
    depth = np.clip((start - rows) / 0.5, 0, 1) * min(0.6 * max(flare, 0), 0.08)
    return depth[:, None] * np.cos(9 * node_angles() + 0.7)


def arm_radius(fitting: Fitting, side: str, ease: float, slope: float, cuff: float | None = None) -> Points:
    """Rings of a sleeve; with ``cuff`` it gathers to that much ease at the wrist."""
    rings, scale = fitting.rings[f"{side}_arm"], fitting.figure.scale
    # Cloth rests on the top of arm and shoulder and hangs below them.
    under = 0.35 + 0.65 * (0.5 - 0.5 * np.cos(node_angles()))
    along = 0.25 + 0.75 * smoothstep(REACHES, 0.22, 0.40)
    least = np.maximum(rings.radius + 0.3 * ease * scale, fitting.worn[f"{side}_arm"] + GAP)
    room = (0.3 + 0.9 * under * along[:, None]) * ease * scale
    hung = hang(np.maximum(rings.radius + room, least), rings.step, slope, up=1.0)
    if cuff is not None:
        gathered = smoothstep(REACHES, 0.63, 0.70)[:, None]
        hung = hung * (1 - gathered) + np.maximum(rings.radius + cuff * scale, least) * gathered
    elbow = np.exp(-(((REACHES - 0.44) / 0.07) ** 2)) + 0.5 * np.exp(-(((REACHES - 0.62) / 0.05) ** 2))
    inner = 0.5 + 0.5 * np.cos(node_angles() - 0.5 * np.pi)
    folds = 0.25 * ease * elbow[:, None] * np.sin(REACHES[:, None] * 150 + 2 * np.sin(node_angles())) * inner
    return np.maximum(soften(hung) + folds * scale, least)


def leg_radius(fitting: Fitting, side: str, ease: float, hem: float | None, end: float) -> Points:
    """Rings of a trouser leg: bridges the hollows of the thigh, then hangs straight from the knee.

    Args:
        fitting: the figure so far.
        side: ``left`` or ``right``.
        ease: metres away from the body.
        hem: radius at the ankle in metres of the canonical adult; None follows the leg (shorts).
        end: canonical y of the hem; the foot below it does not widen the leg.
    """
    name = f"{side}_leg"
    rings, scale, rows = fitting.rings[name], fitting.figure.scale, height_rows(name)
    room = ease * scale * (0.45 + 0.55 * smoothstep(rows, 0.93, 0.74))[:, None]  # close where it meets the hips
    least = np.maximum(rings.radius + 0.5 * room, fitting.worn[name] + GAP)
    least[rows < end] = least[rows >= end][-1]
    hung = hang(least + 0.3 * room, rings.step, 0.9 if hem is None else 0.28, up=0.6)
    if hem is not None:
        thigh = hung[int(np.argmin(np.abs(rows - 0.76)))].mean()
        fall = 0.8 * smoothstep(rows, 0.84, 0.46) + 0.2 * smoothstep(rows, 0.46, 0.10)
        straight = thigh + (hem * scale - thigh) * fall
        hung = np.maximum(hung, (np.minimum(1, 2 * fall) * straight)[:, None])
        breaks = 0.10 * hem * np.exp(-(((rows - 0.10) / 0.05) ** 2)) * np.sin(rows * 190)
        knee = 0.05 * hem * np.exp(-(((rows - 0.50) / 0.06) ** 2)) * np.sin(rows * 140 + 1)
        front = 0.6 + 0.4 * np.cos(node_angles())
        hung = hung + (breaks + knee)[:, None] * front * scale
    return np.maximum(soften(hung, 2.0), least)


def bare(fitting: Fitting) -> dict[str, Points]:
    """The radii of everything worn so far: what a garment leaves untouched."""
    return dict(fitting.worn)


def put_on(fitting: Fitting, radius: dict[str, Points], covered: dict[str, tuple[float, float]]) -> None:
    """Record a garment, its patches and rims as the new outermost layer on rows between (low, high) of each limb."""
    radius = {name: value + 0.003 for name, value in radius.items()}
    for name, (low, high) in covered.items():
        rows = REACHES if name.endswith("arm") else height_rows(name)
        inside = ((rows > low) & (rows < high))[:, None]
        fitting.worn[name] = np.where(inside, np.maximum(fitting.worn[name], radius[name]), fitting.worn[name])
        if name.endswith("leg"):  # what goes around both legs has to clear the trousers too
            around = fitting.around_leg(name, radius[name])
            tube = fitting.worn["torso"][LEG_TOP:]
            fitting.worn["torso"][LEG_TOP:] = np.where(inside, np.maximum(tube, around), tube)


def gather_at_waist(fitting: Fitting, radius: Points) -> Points:
    """Rings of a tucked top: it blouses a little over the waistband and lies flat below its edge."""
    rings = fitting.rings["torso"]
    flat = np.maximum(rings.radius, fitting.worn["torso"] + GAP)
    tucked = smoothstep(height_rows("torso"), WAIST + 0.035, WAIST - 0.01)[:, None]
    return radius * (1 - tucked) + np.minimum(radius, flat) * tucked


def waisted(fitting: Fitting, radius: Points) -> Points:
    """Rings of trousers or a skirt whose band lies close on what is tucked in."""
    rings = fitting.rings["torso"]
    close = np.maximum(rings.radius + 0.002, fitting.worn["torso"] - 0.002)
    band = smoothstep(height_rows("torso"), WAIST - 0.07, WAIST - 0.01)[:, None]
    return radius * (1 - band) + np.minimum(radius, close) * band


def leave_room_for_belt(fitting: Fitting) -> None:
    """Jackets and coats lie over a belt and its buckle."""
    rows = height_rows("torso")
    belt = np.exp(-(((rows - WAIST + 0.018) / 0.04) ** 2))[:, None] * (0.008 + 0.010 * _frontal(0.35))
    fitting.worn["torso"] = fitting.worn["torso"] + belt * fitting.figure.scale


def leave_room_for_tie(fitting: Fitting) -> None:
    """Jackets and coats lie over a tie, which hangs down from the chest."""
    rings, rows, worn = fitting.rings["torso"], height_rows("torso"), fitting.worn["torso"]
    ahead = hang((rings.centers[:, 2] + worn[:, 0])[:, None], rings.step, TIE_FALL)[:, 0]
    room = ahead + 0.010 * fitting.figure.scale - rings.centers[:, 2] - worn[:, 0]
    shown = smoothstep(rows, WAIST - 0.06, WAIST + 0.03)
    fitting.worn["torso"] = worn + (shown * room)[:, None] * _frontal(0.55)


def _frontal(width: float) -> Points:  # [ANGLES]
    """1 in front, falling off over ``width`` radians to both sides."""
    turn = np.minimum(node_angles(), 2 * np.pi - node_angles())
    return np.exp(-((turn / width) ** 2))


def leave_room_for_shoes(fitting: Fitting, kind: str) -> None:
    """Trousers fall over the heels of shoes, and over shaft and instep of boots."""
    front = 0.5 + 0.5 * np.cos(node_angles())
    for name in ("left_leg", "right_leg"):
        ankle, heel = (smoothstep(height_rows(name), *span)[:, None] for span in ((0.24, 0.17), (0.14, 0.08)))
        room = (0.010 + 0.022 * front) * ankle if kind == "boots" else 0.014 * (1 - front) * heel
        room = room * fitting.figure.scale
        fitting.worn[name] = fitting.worn[name] + room


def cut_out(
    fitting: Fitting, radius: dict[str, Points] | None, offset: float, field: Field, legs: bool = False
) -> Cloth:
    """Drape a whole surface and cut the garment from it; ``offset`` metres off the suit where nothing hangs."""
    surface = body_suit() if legs else tunic()
    cloth = drape_cloth(fitting, surface, radius, offset * fitting.figure.scale)
    return cloth.cut(field(cloth.canonical))


def sewn(main: Cloth, *parts: Cloth, thickness: float = 0.004) -> Cloth:
    """Main cloth with rims on its hems, and its patches and strips."""
    return join(rim(main, thickness), *parts)


def slip(fitting: Fitting, color: str) -> Piece:
    """Plain short tights under skirts and dresses."""
    cloth = cut_out(fitting, None, -0.009, both(below(1.0), above(0.74)), legs=True)
    material = solid("slip", 0.55 * np.array(COLORS[color]), 0.9)
    uvs = np.full((len(cloth.vertices), 2), 0.5)
    return Piece(material.name, cloth.vertices, cloth.faces, uvs, cloth.lbs_weights, material)
