"""What is done to a dressed person before and after the steps: stuff, folds, hems; a step back where nothing was won.

The pictures are those that people will look at, drawn by the renderer that films avatars; the loop's own are simpler.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace

from personify.avatar import Avatar
from personify.body.mesh import MeshPart, Skeleton
from personify.perception.portraits import take_portraits
from personify.perception.protocol import ImageTextModel
from personify.perception.scoring import portrait_embeddings, scores, text_embeddings
from personify.text.sculpt.folds import fold, folds
from personify.text.sculpt.restraint import garment_of
from personify.text.sculpt.substances import Substance, find_substance, paint
from personify.text.sculpt.tailoring import tailor
from personify.wardrobe.vocabulary import GARMENTS

Parts = tuple[MeshPart, ...]
_KEPT = ("sole", "laces", "jewels")  # endings of the names of parts that stay what they are


@dataclass(frozen=True)
class Finish:
    """A dressed person, finished.

    Attributes:
        avatar: the person.
        painted: names of the parts that are made of something now: their colours are settled.
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
    if substance is None:
        painted = frozenset()
    elif painted:
        stuff = substance.words.partition(",")[0]
        versions = [_made_of(parts, substance, k, painted, seed) for k in range(len(substance.versions))]
        parts = versions[best(model, avatar.skeleton, look, versions)]

    def sewn(part: MeshPart) -> MeshPart:
        if not folds(part.name) or part.material.metallic >= 0.5:
            return part
        folded = fold(part, avatar.skeleton, seed=seed)
        return folded if part.name in painted else tailor(folded)

    return Finish(replace(avatar, parts=tuple(map(sewn, parts))), painted, stuff)


def _made_of(parts: Parts, substance: Substance, version: int, names: Collection[str], seed: int) -> Parts:
    def small(name: str) -> bool:
        kind = garment_of(name)
        return name != kind or GARMENTS[kind].slot == "waist"

    return tuple(
        paint(part, substance, version, seed, small(part.name)) if part.name in names else part for part in parts
    )


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
