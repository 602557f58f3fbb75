"""The code-book that searches look things up in: people from ``tools/perception_data.py``, embedded by a model.

    python tools/build_codebook.py DATA --out src/personify/assets/codebook.safetensors

People in named looks and from the tasteful prior are kept; painted and freely drawn ones make no good answers.
"""

from __future__ import annotations

import argparse
import json
from pathlib import Path
from random import Random

import numpy as np
import torch
from perception_data import ANYTHING
from torch import Tensor

from personify.perception.portraits import STANDARD_VIEWS
from personify.perception.protocol import ImageTextModel
from personify.perception.scoring import portrait_embeddings, scores, text_embeddings
from personify.perception.towers import SmallImageText
from personify.text.codebook import Codebook
from personify.wardrobe.caption import caption
from personify.wardrobe.outfit import Outfit
from personify.wardrobe.sampling import sample_outfit

TEXTS = 300  # captions that the typical score of a person is the mean over


def read_people(folder: Path, count: int) -> tuple[list[Outfit], list[np.ndarray]]:
    """Outfits and, for each, the pictures that come nearest to the standard views."""
    people, pictures = [], []
    for path in sorted(folder.glob("people-*.npz")):
        shard = np.load(path)
        per_person = len(shard["views"]) // len(shard["outfits"])
        for k, text in enumerate(shard["outfits"]):
            if shard["painted"][k] or shard["origins"][k] == ANYTHING or len(people) >= count:
                continue
            rows = slice(k * per_person, (k + 1) * per_person)
            names = shard["views"][rows].tolist()
            chosen = [_nearest(names, f"{view.region} {view.facing}") for view in STANDARD_VIEWS]
            people.append(Outfit.from_dict(json.loads(str(text))))
            pictures.append(shard["images"][rows][chosen])
    return people, pictures


def _nearest(names: list[str], wanted: str) -> int:
    """The picture of that region and facing, else of that region."""
    region = wanted.split()[0]
    return next((k for k, name in enumerate(names) if name == wanted), [n.split()[0] for n in names].index(region))


def typical_scores(model: ImageTextModel, embeddings: Tensor, seed: int) -> Tensor:  # [N]
    """Mean score of every person over captions of random outfits."""
    random = Random(f"texts {seed}")
    texts = [caption(sample_outfit(random), random, view="full").text for _ in range(TEXTS)]
    return scores(embeddings, text_embeddings(model, texts)).mean(1)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("data", type=Path)
    parser.add_argument("--out", type=Path, default=Path("src/personify/assets/codebook.safetensors"))
    parser.add_argument("--model", type=Path, help="instead of the shipped model")
    parser.add_argument("--people", type=int, default=1500)
    arguments = parser.parse_args()
    model = SmallImageText.load(arguments.model)
    people, pictures = read_people(arguments.data, arguments.people)
    embeddings = torch.stack([portrait_embeddings(model, four) for four in pictures])
    Codebook(tuple(people), embeddings, typical_scores(model, embeddings, 0), model.name).save(arguments.out)
    print(f"{arguments.out}: {len(people)} people, {arguments.out.stat().st_size / 1e6:.2f} MB")


if __name__ == "__main__":
    main()
