"""Train the text encoder of `personify.motion.matching` on the phrases of the catalogue.

    python tools/train_matching.py src/personify/assets/motion_matching.safetensors

Every phrase is paraphrased on the fly: words are left out or replaced by their neighbours of
``tools/motion_thesaurus.txt``, and words that say nothing about the action are mixed in. The encoder learns to find
the phrases of the same action among those of all others (a softmax over actions of the log-sum-exp of their phrases'
cosines), and to keep texts about nothing away from all. Nothing under ``tests/`` is read. Seeded; about a minute on two
cores; prints the loss and the share of fresh paraphrases that find their action.
"""

from __future__ import annotations

import argparse
from pathlib import Path

import numpy as np
import torch
from safetensors.torch import save_file
from torch import Tensor

from personify.files import atomic_path
from personify.motion.catalogue import ENTRIES
from personify.motion.matching import GLUE, SHARPNESS
from personify.motion.words import stem, words_of

DIMENSION = 64
STEPS = 500
BATCH = 512
NOISE = """
man woman person boy girl child kid guy lady old young tall short big small red blue green black
white shirt
dress jeans hat coat shoes hair beard knight robot pirate doctor teacher park street house garden room city beach forest
morning evening night today slowly quickly happily sadly loudly quietly carefully twice three times left right forward
backward very really little while wearing dressed beautiful strong thin fat heavy handsome bearded blonde thoughtful
purple zebra banana table mountain cloud computer science idea number letter
"""


def phrases_of_actions() -> tuple[list[list[str]], Tensor]:
    """Words of every phrase, and the action [P] it belongs to."""
    rows = [(k, phrase) for k, entry in enumerate(ENTRIES) for phrase in entry.phrases.split(", ")]
    words = [[word for word in words_of(phrase) if word not in GLUE] or words_of(phrase) for _, phrase in rows]
    return words, torch.tensor([k for k, _ in rows])


def thesaurus() -> dict[str, list[str]]:
    """Other words for a word, by stem."""
    groups = [line.split() for line in Path(__file__).with_name("motion_thesaurus.txt").read_text().splitlines()]
    return {stem(word): [other for other in group if other != word] for group in groups for word in group}


def paraphrased(phrase: list[str], other: dict[str, list[str]], random: np.random.Generator) -> list[str]:
    """The words of a phrase said in another way."""
    kept = [word for word in phrase if random.random() > 0.15] or phrase
    said = []
    for word in kept:
        choices = other.get(stem(word), [])
        said.append(choices[random.integers(len(choices))] if choices and random.random() < 0.35 else word)
    return said + [str(word) for word in random.choice(NOISE.split(), random.integers(0, 4))]


class Bag:
    """Bags of words as rows of a sparse matrix, so that encoding is one product."""

    def __init__(self, vocabulary: dict[str, int]) -> None:
        self.vocabulary = vocabulary

    def __call__(self, texts: list[list[str]]) -> Tensor:
        pairs = {(row, self.vocabulary[stem(word)]) for row, text in enumerate(texts) for word in text}
        index = torch.tensor(sorted(pairs)).T
        return torch.sparse_coo_tensor(index, torch.ones(index.shape[1]), (len(texts), len(self.vocabulary)))


def action_logits(query: Tensor, phrases: Tensor, owner: Tensor) -> Tensor:
    """[B, A] log-sum-exp of the scaled cosines with the phrases of every action."""
    weight = torch.exp(SHARPNESS * (query @ phrases.T - 1))
    total = torch.zeros(len(query), int(owner.max()) + 1).index_add(1, owner, weight)
    return torch.log(total + 1e-9)


def train(seed: int) -> tuple[list[str], Tensor]:
    """Words of the vocabulary and their vectors [V, D]."""
    random = np.random.default_rng(seed)
    generator = torch.Generator().manual_seed(seed)
    phrases, owner = phrases_of_actions()
    other, noise = thesaurus(), NOISE.split()
    words = sorted(
        {w for phrase in phrases for w in phrase} | {w for group in other.values() for w in group} | set(noise)
    )
    vocabulary: dict[str, int] = {}
    for word in words:
        vocabulary.setdefault(stem(word), len(vocabulary))
    bag = Bag(vocabulary)
    catalogue = bag(phrases)
    vectors = (torch.randn(len(vocabulary), DIMENSION, generator=generator) * 0.3).requires_grad_()
    optimizer = torch.optim.Adam([vectors], lr=0.02)
    schedule = torch.optim.lr_scheduler.CosineAnnealingLR(optimizer, STEPS)
    counts = torch.bincount(owner).double()
    chance = (1 / counts[owner]).numpy() ** 0.5  # actions with few phrases are heard as often as others
    for step in range(STEPS):
        chosen = random.choice(len(phrases), BATCH, p=chance / chance.sum())
        query = normalised(bag([paraphrased(phrases[k], other, random) for k in chosen]), vectors)
        known = normalised(catalogue, vectors)
        logits = action_logits(query, known, owner)
        nothing = normalised(bag([list(random.choice(noise, random.integers(1, 4))) for _ in range(64)]), vectors)
        astray = torch.relu(nothing @ known.T - 0.3).amax(1).square().mean()
        loss = (
            torch.nn.functional.cross_entropy(logits, owner[chosen])
            + 20 * astray
            + 1e-3 * vectors.square().sum(1).mean()
        )
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        schedule.step()
        if step % 50 == 49:
            right = (logits.argmax(1) == owner[chosen]).float().mean()
            print(
                f"step {step + 1}: loss {loss.item():.3f}, paraphrases that find their action {right:.1%}", flush=True
            )
    return words, vectors.detach()


def normalised(bags: Tensor, vectors: Tensor) -> Tensor:
    """Directions [B, D] of bags of words."""
    return torch.nn.functional.normalize(torch.sparse.mm(bags, vectors), dim=1, eps=1e-6)


def main() -> None:
    """Command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("target", type=Path)
    parser.add_argument("--seed", type=int, default=0)
    arguments = parser.parse_args()
    words, vectors = train(arguments.seed)
    with atomic_path(arguments.target) as path:
        save_file({"vectors": vectors.half()}, path, {"words": " ".join(words)})


if __name__ == "__main__":
    main()
