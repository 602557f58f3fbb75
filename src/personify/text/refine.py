"""Settle what words outside the vocabulary leave open, by the score of an image-text model.

Moves exchange whole groups of attributes at once (a dress comes with no trousers; hair style with hair colour), taken
from people of the code-book that fit the text. What was said outright never moves, and a move must gain more than
`MARGIN`, because scores differ a little for no reason.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from personify.perception.portraits import take_portraits
from personify.perception.protocol import ImageTextModel
from personify.perception.scoring import portrait_embeddings, scores, text_embeddings
from personify.wardrobe.attributes import Attributes, attributes_of
from personify.wardrobe.dress import dress
from personify.wardrobe.outfit import Outfit

MARGIN = 0.01
TEXTURE_SIZE = 128  # enough for what a 112-pixel picture shows
GROUPS: dict[str, tuple[str, ...]] = {
    "clothes": ("top", "bottom", "full"),
    "outerwear": ("outer", "back", "front"),
    "head": ("head", "eyes", "neck"),
    "hair": ("hair",),
    "small things": ("feet", "legs", "waist", "hands"),
}
"""Owners that only make sense together, by a name for the report."""


@dataclass(frozen=True)
class Refinement:
    """What refinement did.

    Attributes:
        scores: ``{"start": ..., "end": ...}`` similarity of pictures and text, empty when nothing was scored.
        moves: one line per accepted move.
    """

    scores: dict[str, float] = field(default_factory=dict)
    moves: list[str] = field(default_factory=list)


def similarity(outfit: Outfit, text: str, model: ImageTextModel) -> float:
    """How well pictures of a dressed person fit a text, in [-1, 1]."""
    skeleton, parts = dress(outfit, TEXTURE_SIZE)
    pictures = portrait_embeddings(model, take_portraits(skeleton, parts, size=model.image_size))
    return float(scores(pictures[None], text_embeddings(model, [text]))[0, 0])


def refine(
    start: Attributes,
    said: Attributes,
    candidates: Sequence[Outfit],
    build: Callable[[Attributes], Outfit],
    score: Callable[[Outfit], float],
    evaluations: int,
) -> tuple[Outfit, Refinement]:
    """Coordinate ascent over `GROUPS`, each move offered by one of the candidates.

    Args:
        start: hints to begin with (the best person of the code-book).
        said: what was said; groups with a said attribute keep it.
        candidates: people to take groups from, best first.
        build: hints to a whole outfit that obeys ``said``.
        score: of an outfit.
        evaluations: how many variants may be scored besides the start.

    Returns:
        The best outfit found and the story.
    """
    best_hints, best = dict(start), build(start)
    best_score = first = score(best)
    moves: list[str] = []
    tried = {best}
    for name, owners, candidate in _offers(candidates):
        if evaluations <= 0:
            break
        hints = _exchange(best_hints, owners, attributes_of(candidate))
        outfit = build(hints)
        if outfit in tried:
            continue
        tried.add(outfit)
        evaluations -= 1
        if (value := score(outfit)) > best_score + MARGIN:
            moves.append(f"{name}: {best_score:.3f} -> {value:.3f}")
            best_hints, best, best_score = hints, outfit, value
    return best, Refinement({"start": first, "end": best_score}, moves)


def _offers(candidates: Sequence[Outfit]) -> list[tuple[str, tuple[str, ...], Outfit]]:
    """Every group of the second-best person, then of the third ..."""
    return [(name, owners, candidate) for candidate in candidates for name, owners in GROUPS.items()]


def _exchange(hints: Attributes, owners: tuple[str, ...], other: Attributes) -> Attributes:
    def belongs(address: str) -> bool:
        return address.partition(".")[0] in owners

    kept = {address: value for address, value in hints.items() if not belongs(address)}
    return kept | {address: value for address, value in other.items() if belongs(address)}
