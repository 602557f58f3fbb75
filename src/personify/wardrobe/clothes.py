"""All clothing of an outfit, from the skin outwards."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from personify.wardrobe.armour import make_armour
from personify.wardrobe.bottoms import make_bottom, make_legwear
from personify.wardrobe.drape import Fitting
from personify.wardrobe.figure import Figure
from personify.wardrobe.gowns import make_full
from personify.wardrobe.layout import make_piece
from personify.wardrobe.outerwear import make_apron, make_cape, make_outer
from personify.wardrobe.outfit import Outfit
from personify.wardrobe.piece import Piece
from personify.wardrobe.tailor import Worn, leave_room_for_belt, leave_room_for_shoes, leave_room_for_tie
from personify.wardrobe.tops import make_top
from personify.wardrobe.vocabulary import SKIN_TONES

SKIN_MARGIN = 0.010  # metres of skin kept under every hem
SHEERNESS = 0.22  # how much of the skin's colour stockings let through
LAYER_MARGIN = 0.025  # metres of cloth kept under the hem of the layer above


def make_clothes(figure: Figure, outfit: Outfit, texture_size: int) -> tuple[list[Piece], NDArray[np.bool_]]:
    """Clothes of an outfit (shoes, hats and small things are made elsewhere).

    Returns:
        (pieces in the A-pose, [V] body vertices that are safely under cloth).
    """
    fitting = Fitting(figure)
    layers = _hide_lower(_layers(fitting, outfit))
    covered = np.zeros(len(figure.rest), bool)
    pieces: list[Piece] = []
    for layer in layers:
        covered |= layer.covers(figure.canonical) > SKIN_MARGIN
        garment = layer.garment
        if not len(layer.cloth.faces):  # wholly hidden under the layers above
            continue
        piece = make_piece(layer.cloth, garment.kind, garment, outfit.seed, texture_size)
        pieces += [_sheer(piece, outfit) if garment.kind == "stockings" else piece, *layer.hardware]
    return pieces, covered


def _sheer(piece: Piece, outfit: Outfit) -> Piece:
    """Stockings through which some of the skin's colour shows."""
    dyed = piece.material.texture
    assert dyed is not None
    skin = 255 * np.array(SKIN_TONES[outfit.person.skin])
    texture = ((1 - SHEERNESS) * dyed + SHEERNESS * skin).astype(np.uint8)
    return replace(piece, material=replace(piece.material, texture=texture))


def _layers(fitting: Fitting, outfit: Outfit) -> list[Worn]:
    """Garments from the skin outwards; each pushes out from those before it."""
    rng = np.random.default_rng([outfit.seed, 4001])
    if shoes := outfit.worn("feet"):
        leave_room_for_shoes(fitting, shoes.kind)
    top, bottom = outfit.worn("top"), outfit.worn("bottom")
    tucked = _is_tucked(outfit, rng)
    socks = outfit.worn("legs")
    legwear = [make_legwear(fitting, socks, outfit.worn("feet"))] if socks else []
    tops = [make_top(fitting, top, tucked, rng)] if top and tucked else []
    bottoms = [make_bottom(fitting, bottom)] if bottom else []
    tops_over = [make_top(fitting, top, tucked, rng)] if top and not tucked else []
    layers = legwear + tops + bottoms + tops_over
    if full := outfit.worn("full"):
        layers.append(make_full(fitting, full, rng))
    if outfit.worn("waist"):
        leave_room_for_belt(fitting)
    if (neck := outfit.worn("neck")) and neck.kind == "tie":
        leave_room_for_tie(fitting)
    if outer := outfit.worn("outer"):
        layers.append(make_armour(fitting, outer) if outer.kind == "armour" else make_outer(fitting, outer))
    if apron := outfit.worn("front"):
        layers.append(make_apron(fitting, apron))
    if cape := outfit.worn("back"):
        layers.append(make_cape(fitting, cape))
    return layers


def _is_tucked(outfit: Outfit, rng: np.random.Generator) -> bool:
    """Tops go into overalls, shirts and blouses into trousers under jackets and ties, otherwise as the seed likes."""
    top, bottom = outfit.worn("top"), outfit.worn("bottom")
    choice = rng.random()
    if full := outfit.worn("full"):
        return full.kind == "overalls"
    if bottom is not None and bottom.kind == "leggings":
        return False
    if top is None or bottom is None or top.kind not in ("shirt", "blouse", "t-shirt", "tank top", "polo shirt"):
        return False
    if outfit.worn("outer") or outfit.worn("neck") or outfit.worn("waist"):
        return True
    return choice < {"shirt": 0.5, "blouse": 0.6}.get(top.kind, 0.85 if bottom.kind == "skirt" else 0.15)


def _hide_lower(layers: list[Worn]) -> list[Worn]:
    """Cut away cloth that layers above it cover by a safe margin, so that it cannot poke through."""
    kept = []
    for k, layer in enumerate(layers):
        hidden = np.zeros(len(layer.cloth.vertices), bool)
        for upper in layers[k + 1 :]:
            hidden |= upper.covers(layer.cloth.canonical) > LAYER_MARGIN
        visible = ~np.all(hidden[layer.cloth.faces], axis=1)
        kept.append(replace(layer, cloth=layer.cloth.keep(visible)))
    return kept
