"""Embed a few thousand dressed people with an image-text model: the code-book that searches look things up in.

    python tools/build_codebook.py --out src/personify/assets/codebook.safetensors --people 1500

Every named look comes several times, the rest are people of the tasteful prior. Texts for the typical score are
captions of random outfits.
"""

from __future__ import annotations

import argparse
import time
from pathlib import Path
from random import Random

import torch

from personify.perception.portraits import take_portraits
from personify.perception.scoring import portrait_embeddings, scores, text_embeddings
from personify.perception.towers import SmallImageText
from personify.text.codebook import Codebook
from personify.wardrobe.caption import caption
from personify.wardrobe.dress import dress
from personify.wardrobe.looks import looks
from personify.wardrobe.outfit import Outfit
from personify.wardrobe.sampling import likely_sex, sample_outfit, tasteful

TEXTURE_SIZE = 128


def draw_people(count: int, seed: int) -> list[Outfit]:
    """All named looks in turn (half), then people of the prior."""
    random = Random(f"code-book {seed}")
    named = list(looks().values())
    people = []
    for k in range(count // 2):
        look, number = named[k % len(named)], random.getrandbits(32)
        sex = str(look.person.get("sex") or likely_sex({}, number))
        people.append(tasteful(look.attributes(number, sex) | {"person.sex": sex}, number))
    return people + [tasteful({}, random.getrandbits(32)) for _ in range(count - len(people))]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--out", type=Path, default=Path("src/personify/assets/codebook.safetensors"))
    parser.add_argument("--model", type=Path, help="instead of the shipped model")
    parser.add_argument("--people", type=int, default=1500)
    parser.add_argument("--seed", type=int, default=0)
    arguments = parser.parse_args()
    model = SmallImageText.load(arguments.model)
    people = draw_people(arguments.people, arguments.seed)
    embeddings, start = [], time.perf_counter()
    for k, outfit in enumerate(people, 1):
        skeleton, parts = dress(outfit, TEXTURE_SIZE)
        embeddings.append(portrait_embeddings(model, take_portraits(skeleton, parts, size=model.image_size)))
        if k % 50 == 0:
            left = (time.perf_counter() - start) / k * (len(people) - k) / 60
            print(f"{k} of {len(people)} people, {left:.1f} min left", flush=True)
    table = torch.stack(embeddings)
    random = Random(f"texts {arguments.seed}")
    texts = [caption(sample_outfit(random), random, view="full").text for _ in range(300)]
    typical = scores(table, text_embeddings(model, texts)).mean(1)
    Codebook(tuple(people), table, typical, model.name).save(arguments.out)
    print(f"{arguments.out}: {arguments.out.stat().st_size / 1e6:.2f} MB")


if __name__ == "__main__":
    main()
