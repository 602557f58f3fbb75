"""Which action words speak of: a small learned text encoder, trained by ``tools/train_matching.py``.

A text is the normalised sum of its words' vectors; two texts mean the same action when theirs point the same way. An
action is found by its phrases (`personify.motion.catalogue`), so new actions need words but no training.
"""

from __future__ import annotations

import difflib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray
from safetensors import safe_open

from personify.files import reading_asset
from personify.motion.words import FAST, IGNORED, SLOW, stem, words_of

GLUE = frozenset(
    ("a", "an", "the", "with", "to", "at", "of", "in", "on", "from", "for", "i", "do", "does", "is", "are", "be",
        "and", "or",
     "as", "his", "her", "their", "its", "my", "your", "he", "she", "they", "it", "who", "that", "this", "s", "while")
)  # fmt: skip
_SETTING = frozenset(("in", "at", "during", "near", "under", "through", "by"))  # they lead to where, not to what
SHARPNESS = 16.0  # how much a phrase that fits better counts more than others of the same action
CONFIDENT = 0.5  # cosine below which a text speaks of no action; unrelated words stay below 0.4
_TYPO_SIMILARITY = 0.85


@dataclass(frozen=True, eq=False)
class TextEncoder:
    """Words to directions.

    Attributes:
        vocabulary: row of every known stem.
        vectors: [V, D] float32; their lengths say how much a word matters.
        spellings: stems by written word, for finding what a misspelt one means.
    """

    vocabulary: Mapping[str, int]
    vectors: NDArray[np.float32]
    spellings: Mapping[str, str]

    @staticmethod
    @lru_cache(maxsize=1)
    def shipped() -> TextEncoder:
        """The trained encoder."""
        with reading_asset("motion_matching.safetensors") as path, safe_open(path, "np") as file:
            words = (file.metadata() or {})["words"].split(" ")
            vocabulary: dict[str, int] = {}
            for word in words:
                vocabulary.setdefault(stem(word), len(vocabulary))
            spellings = {word: stem(word) for word in words}
            spellings |= {word.removesuffix("e") + "ing": found for word, found in spellings.items()}
            return TextEncoder(vocabulary, file.get_tensor("vectors").astype(np.float32), spellings)

    def known(self, word: str) -> str | None:
        """Stem of a word in the vocabulary, or of the word that a misspelt one stands for; None = not known."""
        stemmed = stem(word)
        if stemmed in self.vocabulary:
            return stemmed
        if len(word) < 4 or word in IGNORED or word in SLOW or word in FAST:
            return None
        return _corrected(self, word)

    def encode(self, words: Sequence[str]) -> NDArray[np.float32]:
        """[D] direction of some words; zero if none is known. A setting ("in the rain") counts half."""
        weights: dict[int, float] = {}
        setting = False
        for word in words:
            setting = word in _SETTING or (setting and not word.endswith("ing"))
            # One name for both sides: which of them is meant must never change the action.
            found = None if word in GLUE else self.known("left" if word == "right" else word)
            if found is not None:
                row = self.vocabulary[found]
                weights[row] = max(weights.get(row, 0.0), 0.5 if setting else 1.0)
        if not weights:
            return np.zeros(self.vectors.shape[1], np.float32)
        total = np.array(list(weights.values()), np.float32) @ self.vectors[list(weights)]
        return total / max(float(np.linalg.norm(total)), 1e-6)


@lru_cache(maxsize=4096)
def _corrected(encoder: TextEncoder, word: str) -> str | None:
    near = difflib.get_close_matches(word, encoder.spellings, n=1, cutoff=_TYPO_SIMILARITY)
    return encoder.spellings[near[0]] if near and near[0][0] == word[0] else None


@dataclass(frozen=True)
class Match:
    """An action found for a text: its name, how well it fits (-1 to 1), and the phrase of it that fits best."""

    name: str
    fit: float
    phrase: str


class Matcher:
    """Ranks named actions, each with its phrases, by how well they fit a text.

    Args:
        phrases: what people call each action, in words.

    Example:
        >>> Matcher({"walk": ["walk", "stroll"], "jump": ["jump", "leap"]}).ranked("leaping")[0].name
        'jump'
    """

    def __init__(self, phrases: Mapping[str, Sequence[str]]) -> None:
        self.encoder = TextEncoder.shipped()
        self.names = tuple(phrases)
        self._phrases = [phrase for name in self.names for phrase in phrases[name]]
        self._starts = np.cumsum([0, *(len(phrases[name]) for name in self.names[:-1])])
        self._vectors = np.stack([self.encoder.encode(words_of(phrase)) for phrase in self._phrases])
        self._compound = [[stem(word) for word in phrase.split(" ")] for phrase in self._phrases if " and " in phrase]
        self.stems = {
            name: frozenset(stem(word) for phrase in phrases[name] for word in words_of(phrase)) - GLUE
            for name in self.names
        }

    def ranked(self, words: str | Sequence[str]) -> list[Match]:
        """Every action, the best fit first."""
        query = self.encoder.encode(words_of(words) if isinstance(words, str) else words)
        fit = self._vectors @ query
        total = np.add.reduceat(np.exp(SHARPNESS * fit), self._starts)
        best = np.maximum.reduceat(fit, self._starts)
        order = np.lexsort((-total, -best.round(3)))
        return [Match(self.names[k], float(best[k]), self._best_phrase(fit, k)) for k in order]

    def _best_phrase(self, fit: NDArray[np.float32], action: int) -> str:
        start = self._starts[action]
        stop = self._starts[action + 1] if action + 1 < len(self._starts) else len(fit)
        return self._phrases[start + int(np.argmax(fit[start:stop]))]

    def joining(self, words: Sequence[str]) -> set[int]:
        """Positions of an "and" inside a phrase ("sit and stand up"), which does not separate two actions."""
        if "and" not in words:
            return set()
        stems = [stem(word) for word in words]
        inner = set()
        for parts in self._compound:
            if set(parts) <= set(stems):
                k = parts.index("and")
                pair = parts[k - 1 : k + 2]
                inner |= {i for i in range(1, len(stems) - 1) if stems[i - 1 : i + 2] == pair}
        return inner


@lru_cache(maxsize=1)
def library_matcher() -> Matcher:
    """The matcher of the shipped library."""
    from personify.motion.catalogue import ENTRIES

    return Matcher({entry.name: entry.phrases.split(", ") for entry in ENTRIES})
