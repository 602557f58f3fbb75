"""Hats: crowns and brims that follow the outline of this person's head."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np

from personify.body.mesh import Material
from personify.wardrobe.fabric import accent_of, color_of, solid
from personify.wardrobe.figure import Figure, Points
from personify.wardrobe.headfit import ANGLES, HatPlane, HeadFit, hat_material, measure_head
from personify.wardrobe.headscarf import make_headscarf
from personify.wardrobe.helmet import cut_helmet
from personify.wardrobe.loft import Shell, arranged, join, loft, rigid_weights, rimmed, thickened, to_piece, tube
from personify.wardrobe.outfit import Garment, Outfit
from personify.wardrobe.patterns import Region, luminance
from personify.wardrobe.piece import Piece

__all__ = ["HATS", "HatPlane", "make_headwear"]

Extra = tuple[str, Shell, Material]  # name, surface in hat coordinates, look


@dataclass(frozen=True)
class Hat:
    """A kind of hat.

    Attributes:
        plane: where it sits.
        cut: head and garment -> (main surfaces in hat coordinates, solid extras).
        hair: metres of hair that fit below it.
    """

    plane: HatPlane
    cut: Callable[[HeadFit, Garment], tuple[list[Shell], list[Extra]]]
    hair: float = 0.010


def make_headwear(figure: Figure, outfit: Outfit, texture_size: int) -> tuple[list[Piece], HatPlane | None]:
    """The hat of an outfit.

    Args:
        figure: who wears it.
        outfit: its garment in the slot ``head``, if any.
        texture_size: side of a large garment's texture; hats take half of it.

    Returns:
        (pieces in the A-pose, where hair must hide), or ([], None) without a hat.
    """
    garment = outfit.worn("head")
    if garment is None:
        return [], None
    if garment.kind == "headscarf":
        return make_headscarf(figure, garment, outfit.seed, max(texture_size // 2, 64))
    hat = HATS[garment.kind]
    fit = measure_head(figure, hat.plane, hat.hair)
    shells, extras = hat.cut(fit, garment)
    shell = arranged(shells)
    main = replace(shell, vertices=fit.to_world(shell.vertices))
    material = hat_material(main, garment, fit, outfit.seed, max(texture_size // 2, 64))
    pieces = [to_piece(garment.kind, main, rigid_weights(len(main.vertices), "head"), material)]
    for name, extra, look in extras:
        world = replace(extra, vertices=fit.to_world(extra.vertices))
        pieces.append(to_piece(f"{garment.kind} {name}", world, rigid_weights(len(world.vertices), "head"), look))
    return pieces, hat.plane


def _crown(fit: HeadFit, rows: Points, lining: float = 0.03) -> Shell:
    """A crown from its rings, with a thin turned-in edge."""
    inside = rows[-1] * [0.965, 1, 0.965]
    turned = np.stack([rows[-1] * [0.985, 1, 0.985] - [0, 0.001, 0], inside, inside * [0.99, 1, 0.99] + [0, lining, 0]])
    return loft(_seam_behind(np.concatenate([rows, turned]))).colored(Region.HEAD)


def _seam_behind(rows: Points) -> Points:
    """Rings that start at the nape, where the seam of a hat belongs."""
    return np.roll(rows, len(ANGLES) // 2, axis=1)


def _brim(fit: HeadFit, width: Points | float, rise: Points | float, thick: float = 0.003, rings: int = 8) -> Shell:
    """A brim around the band: width and rise of its edge in metres, one number or one per column."""
    width, rise = np.broadcast_to(width, ANGLES.shape), np.broadcast_to(rise, ANGLES.shape)
    inner = fit.revolve([(1.0, 0.0)], -0.004)[0]
    outward = np.stack([np.sin(ANGLES), 0 * ANGLES, np.cos(ANGLES)], 1)
    rows = []
    for t in np.linspace(0, 1, rings):
        row = inner + (t * width * fit.size)[:, None] * outward
        row[:, 1] += rise * fit.size * t**2
        rows.append(row)
    return thickened(loft(_seam_behind(np.stack(rows))), thick * fit.size).colored(Region.HEAD)


def _ribbon(fit: HeadFit, garment: Garment, rows: Points, name: str = "band") -> Extra:
    """A band around the crown in the accent colour, or in a tone that suits the hat."""
    color = accent_of(garment) if garment.accent else color_of(garment, 0) * 0.45
    if garment.accent is None and luminance(color_of(garment, 0)) < 0.12:
        color = np.array((0.34, 0.32, 0.31))
    return name, thickened(loft(_seam_behind(rows)), 0.0015 * fit.size), solid(name, color, 0.6)


def _ball(center: Points, radius: float, squash: float = 1.0) -> Shell:
    """A small round button or jewel."""
    rings = np.linspace(0, math.pi, 8)
    angles = np.linspace(0, 2 * math.pi, 12, endpoint=False)
    rows = np.stack(
        [
            np.stack([np.sin(r) * np.sin(angles), np.full(12, np.cos(r) * squash), np.sin(r) * np.cos(angles)], 1)
            for r in rings
        ]
    )
    return loft(center + radius * rows)


def _cap(fit: HeadFit, garment: Garment) -> tuple[list[Shell], list[Extra]]:
    crown = fit.revolve(fit.dome(0.010, 2.35, 14))
    crown[..., 1] += (
        0.006 * fit.size * np.clip(crown[..., 2] / fit.band[0], 0, 1) * np.sin(np.pi * np.linspace(0, 1, 14))[:, None]
    )
    spread = np.linspace(-1.0, 1.0, 25)
    radius = np.interp(spread % (2 * math.pi), np.append(ANGLES, 2 * math.pi), np.append(fit.band, fit.band[0]))
    rows = []
    for t in np.linspace(0, 1, 7):
        x, w = radius * np.sin(spread), radius * np.cos(spread)
        w = w - 0.003 + t * 0.074 * fit.size * np.maximum(np.cos(spread * (math.pi / 2)), 0) ** 0.5
        drop = (0.011 * (x / (0.07 * fit.size)) ** 2 + 0.010 * t) * min(1.0, 2.5 * t)
        rows.append(np.stack([x * (1 + 0.04 * t), 0.006 - drop * fit.size, w], 1))
    visor = thickened(loft(np.stack(rows), closed=False), 0.003 * fit.size).colored(Region.HEAD)
    top = crown[0].mean(0)
    return [_crown(fit, crown), visor], [
        ("button", _ball(top, 0.008 * fit.size, 0.5), solid("button", color_of(garment, 0) * 0.85, 0.8))
    ]


def _beanie(fit: HeadFit, garment: Garment) -> tuple[list[Shell], list[Extra]]:
    dome = fit.dome(0.022, 2.1, 16, bottom=0.045)
    dome = [(scale * 1.0, height) for scale, height in dome]
    cuff = [(1.035, 0.052), (1.060, 0.050), (1.066, 0.044), (1.066, 0.010), (1.058, 0.002), (1.03, 0.0)]
    crown = _crown(fit, fit.revolve([*dome, *cuff]))
    low = crown.vertices[:, 1] < 0.051 * fit.size
    return [replace(crown, region=np.where(low, float(Region.CUFF), crown.region))], []


def _top_hat(fit: HeadFit, garment: Garment) -> tuple[list[Shell], list[Extra]]:
    profile = [
        (0.0, 0.150),
        (0.55, 0.150),
        (0.97, 0.150),
        (1.015, 0.148),
        (1.03, 0.143),
        (0.99, 0.10),
        (0.97, 0.06),
        (0.98, 0.02),
        (1.0, 0.0),
    ]
    profile = [(s * 1.0, h + fit.top / fit.size - 0.085) if k < 5 else (s, h) for k, (s, h) in enumerate(profile)]
    curl = 0.020 * np.abs(np.sin(ANGLES)) ** 2 - 0.006 * np.cos(ANGLES) ** 2
    ribbon = fit.revolve([(0.972, 0.048), (0.982, 0.026), (1.0, 0.004)], 0.002)
    return [_crown(fit, fit.revolve(profile)), _brim(fit, 0.052, curl)], [_ribbon(fit, garment, ribbon)]


def _cowboy_hat(fit: HeadFit, garment: Garment) -> tuple[list[Shell], list[Extra]]:
    height = fit.top / fit.size + 0.030
    steps = (
        (0.0, 1.0),
        (0.3, 1.0),
        (0.58, 1.0),
        (0.76, 0.985),
        (0.86, 0.94),
        (0.91, 0.80),
        (0.95, 0.5),
        (0.98, 0.2),
        (1.0, 0.0),
    )
    crown = fit.revolve([(scale, share * height) for scale, share in steps])
    upper = np.clip(crown[..., 1] / (height * fit.size), 0, 1) ** 4
    x, w = crown[..., 0] / fit.band.mean(), crown[..., 2] / fit.band.mean()
    crease = 0.026 * np.exp(-np.square(x / 0.22)) * np.exp(-np.square(w / 0.75))
    pinch = 0.016 * np.exp(-np.square((np.abs(x) - 0.55) / 0.28) - np.square((w - 0.5) / 0.32))
    crown[..., 1] -= (crease + pinch) * upper * fit.size
    crown[..., 0] *= 1 - 0.16 * upper * np.clip(w, 0, 1)
    curl = 0.062 * np.abs(np.sin(ANGLES)) ** 3 - 0.016 * np.cos(ANGLES) ** 2
    width = 0.088 - 0.012 * np.abs(np.sin(ANGLES)) ** 2
    ribbon = fit.revolve([(0.978, 0.026), (0.99, 0.014), (1.0, 0.002)], 0.002)
    return [_crown(fit, crown), _brim(fit, width, curl)], [_ribbon(fit, garment, ribbon)]


def _straw_hat(fit: HeadFit, garment: Garment) -> tuple[list[Shell], list[Extra]]:
    height = fit.top / fit.size + 0.014
    steps = (
        (0.0, 1.0),
        (0.4, 0.995),
        (0.7, 0.97),
        (0.85, 0.91),
        (0.93, 0.78),
        (0.965, 0.55),
        (0.985, 0.25),
        (1.0, 0.0),
    )
    wave = -0.014 + 0.006 * np.sin(2 * ANGLES + 0.7) + 0.003 * np.sin(5 * ANGLES)
    ribbon = fit.revolve([(0.974, 0.034), (0.988, 0.018), (1.0, 0.002)], 0.002)
    crown = _crown(fit, fit.revolve([(scale, share * height) for scale, share in steps]))
    return [crown, _brim(fit, 0.098, wave, 0.0035)], [_ribbon(fit, garment, ribbon)]


def _wizard_hat(fit: HeadFit, garment: Garment) -> tuple[list[Shell], list[Extra]]:
    share = np.linspace(1, 0, 22)
    cone = fit.revolve([((1 - t) ** 0.88, 0.36 * t) for t in share])
    t = share[:, None]
    swell = 1 + 0.035 * np.sin(t * 26 + 0.6 * np.sin(ANGLES)) * (t < 0.9)
    cone[..., [0, 2]] *= swell[..., None]
    bend = np.clip(t - 0.45, 0, 1) ** 2
    cone[..., 2] -= 0.42 * bend * fit.size
    cone[..., 0] += 0.16 * bend * fit.size
    cone[..., 1] -= 0.34 * bend * fit.size
    wave = -0.012 + 0.012 * np.sin(3 * ANGLES + 1.0)
    ribbon = fit.revolve([(0.915, 0.036), (0.962, 0.018), (1.0, 0.002)], 0.004)
    buckle = _frame(fit, 0.020, fit.band[0] * 0.985 + 0.006 * fit.size, 0.019 * fit.size)
    gold = solid("buckle", (0.83, 0.65, 0.26), 0.3, 1.0)
    return [_crown(fit, cone), _brim(fit, 0.090, wave)], [_ribbon(fit, garment, ribbon), ("buckle", buckle, gold)]


def _frame(fit: HeadFit, half: float, front: float, height: float) -> Shell:
    """A square buckle standing in front of the band."""
    angles = np.linspace(0, 2 * math.pi, 17)
    square = 1 / np.maximum(np.abs(np.cos(angles)), np.abs(np.sin(angles)))
    x, u = half * square * np.sin(angles) * fit.size, 0.8 * half * square * np.cos(angles) * fit.size
    return tube(np.stack([x, height + u, np.full(17, front)], 1), 0.0028 * fit.size, 6)


def _beret(fit: HeadFit, garment: Garment) -> tuple[list[Shell], list[Extra]]:
    height = fit.top / fit.size + 0.004
    steps = (
        (0.0, 1.0),
        (0.35, 0.995),
        (0.7, 0.96),
        (1.0, 0.86),
        (1.22, 0.66),
        (1.30, 0.45),
        (1.24, 0.27),
        (1.10, 0.15),
        (1.02, 0.09),
        (1.01, 0.0),
    )
    crown = fit.revolve([(scale, share * height) for scale, share in steps])
    loose = np.clip(crown[..., 1] / (0.3 * height * fit.size), 0, 1)
    side = crown[..., 0] / fit.band.mean()
    crown[..., 0] -= 0.020 * loose * fit.size
    crown[..., 1] += (0.016 * side - 0.004) * loose * fit.size * np.clip(np.abs(side), 0, 1)
    crown[..., 1] += (
        0.004
        * fit.size
        * loose
        * np.sin(5 * ANGLES + 1)
        * np.clip(np.hypot(crown[..., 0], crown[..., 2]) / fit.band.mean(), 0, 1)
    )
    top = crown[0].mean(0)
    stalk = tube(top + np.array([[0, -0.004, 0], [0, 0.006, 0], [0.002, 0.013, 0]]) * fit.size, 0.0025 * fit.size, 6)
    return [_crown(fit, crown)], [("stalk", stalk, solid("stalk", color_of(garment, 0) * 0.8, 0.9))]


def _chef_hat(fit: HeadFit, garment: Garment) -> tuple[list[Shell], list[Extra]]:
    band = fit.top / fit.size - 0.02
    steps = (
        (0.0, 0.115),
        (0.5, 0.112),
        (0.9, 0.100),
        (1.18, 0.078),
        (1.30, 0.052),
        (1.30, 0.030),
        (1.20, 0.012),
        (1.06, 0.002),
    )
    profile = [
        *((scale, band + rise) for scale, rise in steps),
        (1.005, band),
        (1.02, band - 0.004),
        (1.015, 0.02),
        (1.01, 0.0),
    ]
    crown = fit.revolve(profile)
    puffed = np.array([min(scale / 1.3, 1) * (rise > 0) for scale, rise in steps] + [0, 0, 0, 0])[:, None]
    pleat = 1 + 0.035 * puffed * np.cos(16 * ANGLES) + 0.04 * puffed * np.sin(3 * ANGLES + 0.5)
    crown[..., [0, 2]] *= pleat[..., None]
    crown[..., 1] += 0.012 * fit.size * puffed * np.sin(2 * ANGLES)
    return [_crown(fit, crown)], []


def _hard_hat(fit: HeadFit, garment: Garment) -> tuple[list[Shell], list[Extra]]:
    crown = fit.revolve(fit.dome(0.022, 2.25, 18), 0.006)
    x = crown[..., 0] / fit.size
    high = np.clip(crown[..., 1] / fit.top, 0, 1)
    ridge = np.clip(1 - np.abs(x) / 0.014, 0, 1) ** 0.5 + 0.7 * np.clip(1 - np.abs(np.abs(x) - 0.036) / 0.008, 0, 1)
    crown[..., 1] += 0.006 * ridge * high * fit.size
    width = 0.014 + 0.040 * np.clip(np.cos(ANGLES), 0, 1) ** 1.5
    return [_crown(fit, crown), _brim(fit, width + 0.006, -0.008 - 0.006 * np.cos(ANGLES) ** 2, 0.0035)], []


def _crown_of_gold(fit: HeadFit, garment: Garment) -> tuple[list[Shell], list[Extra]]:
    points = np.abs(((ANGLES * 8 / (2 * math.pi)) % 1.0) - 0.5) * 2  # 1 at the eight tips
    tips = 0.030 + 0.036 * points
    rows = []
    for share in (1.0, 0.75, 0.5, 0.25, 0.0):
        row = fit.revolve([(1.0 + 0.10 * share, 0.0)])[0]
        row[:, 1] = tips * share * fit.size
        rows.append(row)
    body = thickened(loft(_seam_behind(np.stack(rows))), 0.003 * fit.size).colored(Region.HEAD)
    rim = tube(np.concatenate([rows[-1], rows[-1][:2]]), 0.0042 * fit.size, 8)
    balls = [_ball(rows[0][k], 0.0055 * fit.size) for k in range(4, 64, 8)]
    jewels = [_ball((0.5 * rows[3] + 0.5 * rows[2])[k] * [1.02, 1, 1.02], 0.0065 * fit.size) for k in range(0, 64, 8)]
    gold = solid("rim", np.clip(color_of(garment, 0) * 1.05, 0, 1), 0.25, 1.0)
    stones = solid("jewels", accent_of(garment) if garment.accent else np.array((0.62, 0.05, 0.10)), 0.12)
    return [body], [("rim", join([rim, *balls]), gold), ("jewels", join(jewels), stones)]


def _headband(fit: HeadFit, garment: Garment) -> tuple[list[Shell], list[Extra]]:
    rows = fit.revolve(
        [(0.955, 0.0195), (0.975, 0.017), (0.995, 0.004), (1.005, -0.010), (1.0, -0.017), (0.985, -0.0185)]
    )
    return [rimmed(loft(_seam_behind(rows)), 0.005 * fit.size).colored(Region.HEAD)], []


HATS: dict[str, Hat] = {
    "cap": Hat(HatPlane(1.672, 0.10), _cap),
    "beanie": Hat(HatPlane(1.662, 0.14), _beanie),
    "top hat": Hat(HatPlane(1.682, 0.10), _top_hat),
    "cowboy hat": Hat(HatPlane(1.680, 0.12), _cowboy_hat),
    "straw hat": Hat(HatPlane(1.678, 0.14), _straw_hat),
    "wizard hat": Hat(HatPlane(1.680, 0.14), _wizard_hat),
    "beret": Hat(HatPlane(1.682, 0.22), _beret),
    "chef hat": Hat(HatPlane(1.678, 0.12), _chef_hat),
    "hard hat": Hat(HatPlane(1.676, 0.08), _hard_hat),
    "crown": Hat(HatPlane(1.702, 0.10, 0.012, ceiling=0.03), _crown_of_gold, hair=0.014),
    "helmet": Hat(HatPlane(1.675, 0.10, hides_all=True), cut_helmet),
    "headband": Hat(HatPlane(1.694, 0.16, 0.006, ceiling=0.018), _headband, hair=0.006),
}
