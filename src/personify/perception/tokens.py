"""Words to numbers without a vocabulary file: every word becomes hashes of itself and of its letter groups.

A misspelt or unseen word still shares most of its letter groups with the word that was meant.
"""

from __future__ import annotations

import functools
import re
import zlib
from collections.abc import Sequence

import torch
from torch import Tensor

NUM_WORD_HASHES = 4096
NUM_GROUP_HASHES = 8192
NUM_HASHES = 1 + NUM_WORD_HASHES + NUM_GROUP_HASHES  # 0 is padding
MAX_WORDS = 48

_WORD = re.compile(r"[a-z0-9]+(?:-[a-z0-9]+)*")


@functools.lru_cache(maxsize=65536)
def word_hashes(word: str) -> tuple[int, ...]:
    """Hash numbers of one lower-case word: the word, its letter triples and quadruples."""
    framed = f"<{word}>"
    groups = {framed[k : k + size] for size in (3, 4) for k in range(max(1, len(framed) - size + 1))}
    first = 1 + zlib.crc32(word.encode()) % NUM_WORD_HASHES
    return (first, *sorted(1 + NUM_WORD_HASHES + zlib.crc32(group.encode()) % NUM_GROUP_HASHES for group in groups))


def split_words(text: str) -> list[str]:
    """Lower-case words; hyphenated words also as their parts.

    >>> split_words("A T-shirt, red!")
    ['a', 't-shirt', 'red']
    """
    return _WORD.findall(text.lower())[:MAX_WORDS]


def tokenize(texts: Sequence[str]) -> tuple[Tensor, Tensor, Tensor]:
    """Texts as a bag of hashes per word.

    Returns:
        (hashes [M] int64, offsets [W] int64 start of each distinct word's hashes, words [N, L] int64 index of each
        text's words into the offsets, -1 = padding). Distinct words are looked up once.
    """
    index: dict[str, int] = {}
    rows = [[index.setdefault(word, len(index)) for word in split_words(text) or [""]] for text in texts]
    bags = [word_hashes(word) for word in index]
    offsets = torch.tensor([0, *map(len, bags)][:-1]).cumsum(0)
    length = max(map(len, rows))
    words = torch.full((len(rows), length), -1)
    for k, row in enumerate(rows):
        words[k, : len(row)] = torch.tensor(row)
    return torch.tensor([number for bag in bags for number in bag]), offsets, words
