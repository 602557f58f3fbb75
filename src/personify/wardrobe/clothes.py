"""All clothing of an outfit, from the skin outwards."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from personify.wardrobe.bottoms import make_bottom
from personify.wardrobe.drape import Fitting
from personify.wardrobe.figure import Figure
from personify.wardrobe.layout import make_piece
from personify.wardrobe.outfit import Outfit
from personify.wardrobe.piece import Piece
from personify.wardrobe.tailor import Worn
from personify.wardrobe.tops import make_top

SKIN_MARGIN = 0.02  # metres of skin kept under every hem
LAYER_MARGIN = 0.04  # metres of cloth kept under the hem of the layer above


def make_clothes(figure: Figure, outfit: Outfit, texture_size: int) -> tuple[list[Piece], NDArray[np.bool_]]:
    """Clothes of an outfit (shoes, hats and small things are made elsewhere).

    Returns:
        (pieces in the A-pose, [V] body vertices that are safely under cloth).
    """
    fitting = Fitting(figure)
    layers = _layers(fitting, outfit)
    covered = np.zeros(len(figure.rest), bool)
    for layer in layers:
        covered |= layer.covers(figure.canonical) > SKIN_MARGIN
    pieces = []
    for k, layer in enumerate(layers):
        pieces += [make_piece(layer.cloth, layer.garment.kind, layer.garment, outfit.seed, texture_size), *layer.hardware]
    return pieces, covered


def _layers(fitting: Fitting, outfit: Outfit) -> list[Worn]:
    layers = []
    if bottom := outfit.worn("bottom"):
        layers.append(make_bottom(fitting, bottom))
    if top := outfit.worn("top"):
        layers.append(make_top(fitting, top, False))
    return layers
