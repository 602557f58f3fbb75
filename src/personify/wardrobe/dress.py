"""The whole person: body, skin, face, hair, clothes, shoes and small things from one `Outfit`."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence

import numpy as np

from personify.body.mesh import MeshPart, Skeleton
from personify.errors import PersonifyError
from personify.wardrobe.accessories import make_accessories
from personify.wardrobe.clothes import make_clothes
from personify.wardrobe.figure import Figure
from personify.wardrobe.footwear import make_footwear
from personify.wardrobe.hair import make_hair
from personify.wardrobe.headwear import make_headwear
from personify.wardrobe.outfit import Outfit
from personify.wardrobe.physique import figure_of
from personify.wardrobe.piece import Piece, finish
from personify.wardrobe.skin import make_skin


def dress(outfit: Outfit, texture_size: int = 1024) -> tuple[Skeleton, tuple[MeshPart, ...]]:
    """Build a dressed person in the T-pose, standing on y = 0.

    The same outfit (seed included) and texture size give the same bytes.

    Args:
        outfit: who they are and what they wear.
        texture_size: side of every garment's texture in pixels, 64 to 4096.

    Returns:
        The person's skeleton and parts; part names are unique.

    Raises:
        PersonifyError: ``texture_size`` is out of range.

    Example:
        >>> skeleton, parts = dress(Outfit(), texture_size=64)
        >>> parts[0].name
        'skin'
    """
    if not 64 <= texture_size <= 4096:
        raise PersonifyError(f"texture_size: {texture_size}; expected 64 to 4096 pixels")
    figure = figure_of(outfit)
    pieces = make_pieces(figure, outfit, texture_size)
    return stand_on_floor(figure.skeleton, [finish(figure, piece) for piece in pieces])


def make_pieces(figure: Figure, outfit: Outfit, texture_size: int) -> list[Piece]:
    """All pieces in the A-pose, skin first; skin that something covers is left out."""
    clothes, under_clothes = make_clothes(figure, outfit, texture_size)
    shoes, under_shoes = make_footwear(figure, outfit, texture_size)
    hats, hat_plane = make_headwear(figure, outfit, texture_size)
    small, under_small = make_accessories(figure, outfit, texture_size, clothes)
    skin = make_skin(figure, outfit, under_clothes | under_shoes | under_small, texture_size)
    hair = make_hair(figure, outfit, texture_size, hat_plane)
    return [*skin, *hair, *clothes, *shoes, *hats, *small]


def stand_on_floor(skeleton: Skeleton, parts: Sequence[MeshPart]) -> tuple[Skeleton, tuple[MeshPart, ...]]:
    """Lift skeleton and parts so that the lowest point (a shoe's sole, a bare foot) is on y = 0."""
    lowest = min(float(part.vertices[:, 1].min()) for part in parts if len(part.vertices))
    lift = np.array([0, -lowest, 0], np.float32)
    lifted = dataclasses.replace(skeleton, rest_joints=skeleton.rest_joints + lift)
    return lifted, tuple(dataclasses.replace(part, vertices=part.vertices + lift) for part in parts)
