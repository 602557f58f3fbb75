"""A knight's helmet with an open face: bowl, cheek and neck guard, crest, brow band and nose guard."""

from __future__ import annotations

import math

import numpy as np

from personify.body.mesh import Material
from personify.wardrobe.fabric import accent_of, color_of, solid
from personify.wardrobe.figure import Points
from personify.wardrobe.headfit import ANGLES, HeadFit
from personify.wardrobe.loft import Shell, join, loft, thickened, tube
from personify.wardrobe.outfit import Garment
from personify.wardrobe.patterns import Region

_THICK = 0.0035  # metres of steel
_NECK = -0.180  # metres below the plane, where the guard ends


def cut_helmet(fit: HeadFit, garment: Garment) -> tuple[list[Shell], list[tuple[str, Shell, Material]]]:
    """Main surfaces and solid extras in hat coordinates."""
    bowl = fit.revolve(fit.dome(0.016, 2.2, 16), 0.010)
    pointed = np.clip(bowl[..., 1] / fit.top, 0, 1.2) ** 8
    bowl[..., 1] += 0.012 * pointed * fit.size
    crest = np.exp(-np.square(bowl[..., 0] / (0.012 * fit.size))) * np.clip(bowl[..., 1] / fit.top, 0, 1) ** 0.5
    bowl[..., [1, 2]] *= 1 + 0.05 * crest[..., None]
    guard = _guard(fit)
    steel = color_of(garment, 0)
    trim = accent_of(garment) if garment.accent else np.clip(steel * 0.55, 0, 1)
    shells = [thickened(loft(bowl), _THICK * fit.size), thickened(loft(guard, closed=False), _THICK * fit.size)]
    trims = join([_edge(fit, guard), _brow(fit), _nose_guard(fit), *_rivets(fit)])
    return [shell.colored(Region.HEAD) for shell in shells], [("trim", trims, solid("trim", trim, 0.35, 0.9))]


def _guard(fit: HeadFit) -> Points:  # [R, C, 3]
    """Steel from the bowl down to the neck, open in front between the cheeks."""
    rows = []
    previous = fit.band + 0.010 * fit.size
    for share in np.linspace(0, 1, 14):
        u = 0.004 + share * (_NECK - 0.004)
        opening = math.radians(52 - 20 * np.clip((share - 0.45) / 0.5, 0, 1) ** 1.5)
        wanted = fit.section(u * fit.size) + 0.022 * fit.size
        radius = np.maximum(wanted, previous * (0.985 if share < 0.7 else 1.01))
        previous = radius
        angles = np.linspace(opening, 2 * math.pi - opening, 57)
        ring = np.interp(angles, np.append(ANGLES, 2 * math.pi), np.append(radius, radius[0]))
        flare = 0.022 * np.clip((share - 0.75) / 0.25, 0, 1) ** 2 * np.clip(-np.cos(angles), 0, 1)
        reach = ring + flare * fit.size
        rows.append(np.stack([reach * np.sin(angles), np.full(57, u * fit.size), reach * np.cos(angles)], 1))
    return np.stack(rows)


def _edge(fit: HeadFit, guard: Points) -> Shell:
    """A rolled edge along face opening and neck."""
    border = np.concatenate([guard[:, 0], guard[-1, 1:-1], guard[::-1, -1]])
    return tube(border, 0.0045 * fit.size, 8)


def _brow(fit: HeadFit) -> Shell:
    ring = fit.revolve([(1.0, 0.004)], 0.012)[0]
    return tube(np.concatenate([ring, ring[:2]]), 0.0065 * fit.size, 8)


def _nose_guard(fit: HeadFit) -> Shell:
    """A bar from the brow over the bridge of the nose."""
    start = fit.band[0] + 0.012 * fit.size
    nose = fit.local[(np.abs(fit.local[:, 0]) < 0.012 * fit.size) & (fit.local[:, 1] < -0.02 * fit.size)]
    rows = []
    for share in np.linspace(0, 1, 8):
        u = (0.008 - 0.062 * share) * fit.size
        near = nose[np.abs(nose[:, 1] - u) < 0.012 * fit.size]
        front = max(start, float(near[:, 2].max()) + 0.010 * fit.size if len(near) else start)
        half = (0.010 + 0.003 * share) * fit.size
        across = np.linspace(-1, 1, 7)
        rows.append(np.stack([half * across, np.full(7, u), front - 0.004 * fit.size * across**2], 1))
    return thickened(loft(np.stack(rows), closed=False), 0.003 * fit.size)


def _rivets(fit: HeadFit) -> list[Shell]:
    ring = fit.revolve([(1.0, 0.022)], 0.010)[0]
    outward = np.stack([np.sin(ANGLES), 0 * ANGLES, np.cos(ANGLES)], 1)
    return [
        tube(ring[k] + outward[k] * fit.size * np.array([[-0.002], [0.002], [0.0035]]), 0.004 * fit.size, 8)
        for k in range(0, 64, 8)
    ]
