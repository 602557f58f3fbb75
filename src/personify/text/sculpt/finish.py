"""What is done to a dressed person before and after the steps: stuff, folds, hems; a step back where nothing was won.

The pictures are those that people will look at, drawn by the renderer that films avatars; the loop's own are simpler.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace

import numpy as np

from personify.avatar import Avatar
from personify.body.mesh import MeshPart, Skeleton
from personify.perception.portraits import take_portraits
from personify.perception.protocol import ImageTextModel
from personify.perception.scoring import portrait_embeddings, scores, text_embeddings
from personify.text.sculpt.folds import SLOTS, fold, folds
from personify.text.sculpt.painting import brightness, is_golden, paint
from personify.text.sculpt.plates import plate
from personify.text.sculpt.restraint import garment_of
from personify.text.sculpt.substances import find_substance, is_clad, is_made
from personify.text.sculpt.tailoring import tailor
from personify.wardrobe.vocabulary import GARMENTS

Parts = tuple[MeshPart, ...]
_KEPT = ("sole", "laces", "jewels")  # endings of the names of parts that stay what they are
_LAYERS = {"back": -0.7, "bottom": -0.4, "feet": -0.6, "hands": -0.5, "legs": -0.4, "top": -0.1, "head": 0.3}
"""How much deeper garments of these slots are than a dress or a coat."""
BODY = ("skin", "hair", "beard")
"""Parts that "made of" means beside garments; eyes, lashes and teeth stay, or nobody would be looked at."""


@dataclass(frozen=True)
class Finish:
    """A dressed person, finished.

    Attributes:
        avatar: the person.
        painted: names of the parts whose colours are settled, because they are made of something now or go with it.
        stuff: what of, the first word of the substance; empty if of nothing in particular.
    """

    avatar: Avatar
    painted: frozenset[str] = frozenset()
    stuff: str = ""


def finish(
    avatar: Avatar, look: str, model: ImageTextModel, open_parts: Collection[str] = (), unread: Sequence[str] = (),
    seed: int = 0,
) -> Finish:  # fmt: skip
    """Cloth gets folds and hems; clothes become what words say they are made of, in the version the guide likes best.

    "Made of" means skin and hair, too; "dressed in" every garment, metals as cloth with threads of them. A queen of
    ice, or an ice queen, keeps her golden crown and trim.

    Args:
        avatar: a dressed person; left as it is.
        look: the words.
        model: the guide.
        open_parts: names of the parts that may be made of something else.
        unread: phrases of the look that the person does not obey yet.
        seed: of folds and grain.
    """
    substance, parts, stuff = find_substance(look, unread), avatar.parts, ""
    painted = frozenset(name for name in open_parts if garment_of(name) and not name.endswith(_KEPT))
    through, woven = is_made(look), is_clad(look)
    if substance is None:
        painted = frozenset()
    elif painted:
        stuff = substance.words.partition(",")[0]
        garments = {part.name for part in parts if part.name in GARMENTS}
        body = {part.name for part in parts if part.name in BODY} if through and painted >= garments else set()
        chosen = painted | body if through or woven else painted - _goldwork(parts)
        tones = layer_tones(parts)
        versions = [
            tuple(
                paint(part, substance, k, seed, _is_small(part.name), tones.get(part.name, 0), woven, not through)
                if part.name in chosen
                else part
                for part in parts
            )
            for k in range(len(substance.versions))
        ]
        parts = versions[best(model, avatar.skeleton, look, versions)]
        painted |= body

    def sewn(part: MeshPart) -> MeshPart:
        if part.name in painted and substance and substance.is_metal and not woven and not _is_small(part.name):
            return plate(part, avatar.skeleton, panels=folds(part.name)) if garment_of(part.name) else part
        if not folds(part.name) or part.material.metallic >= 0.5:
            return part
        return tailor(fold(part, avatar.skeleton, seed=seed), crisp=part.name not in painted)

    return Finish(replace(avatar, parts=tuple(map(sewn, parts))), painted, stuff)


def layer_tones(parts: Parts) -> dict[str, float]:
    """How deep (-1) or bright (1) each garment is among the others.

    What lies behind or below is deeper, so that a cape is told from a dress; what was brighter stays so.

    Args:
        parts: of a dressed person, before they are painted.

    Returns:
        Name of a garment -> its tone, for `paint`.
    """
    garments = {part.name: part for part in parts if part.name in GARMENTS}
    if not garments:
        return {}
    usual = float(np.median([brightness(part) for part in garments.values()]))
    tones = {}
    for name, part in garments.items():
        lighter = np.log2((brightness(part) + 0.1) / (usual + 0.1))
        tones[name] = float(np.clip(_LAYERS.get(GARMENTS[name].slot, 0.0) + 0.4 * lighter, -1, 1))
    return tones


def _goldwork(parts: Parts) -> set[str]:
    """Names of crowns, belts, shoes and buckles of gold."""
    return {
        part.name
        for part in parts
        if (kind := garment_of(part.name)) and GARMENTS[kind].slot not in SLOTS and is_golden(part)
    } | {part.name for part in parts if part.name != garment_of(part.name) and is_golden(part)}


def _is_small(name: str) -> bool:
    kind = garment_of(name)
    return kind is not None and (name != kind or GARMENTS[kind].slot == "waist")


def best(model: ImageTextModel, skeleton: Skeleton, look: str, versions: Sequence[Parts], margin: float = 0.0) -> int:
    """Which version of a person the guide likes best; another than the first must be better by more than ``margin``."""
    if len(versions) == 1:
        return 0
    text = text_embeddings(model, [look])
    pictures = [take_portraits(skeleton, parts, size=model.image_size) for parts in versions]
    values = [float(scores(portrait_embeddings(model, taken)[None], text)[0, 0]) for taken in pictures]
    values[0] += margin
    return values.index(max(values))


def step_back(model: ImageTextModel, skeleton: Skeleton, look: str, start: Parts, end: Parts) -> Parts:
    """The sculpted parts, or only their shapes, or only their colours, or the start: whichever looks best."""
    pairs = list(zip(start, end, strict=True))
    shapes = tuple(replace(after, material=before.material) for before, after in pairs)
    colors = tuple(replace(before, material=after.material) for before, after in pairs)
    versions = [start, end, shapes, colors]
    return versions[best(model, skeleton, look, versions)]
