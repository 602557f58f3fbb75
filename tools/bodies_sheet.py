"""What the code-book of bodies makes of shape words, beside the neutral body.

    python tools/bodies_sheet.py docs/bodies.png

Clay and dressed; under each the words, the score, and whether nonsense reaches as much (then ``create`` looks away).
"""

from __future__ import annotations

import argparse
from pathlib import Path

import numpy as np
import torch

from personify.perception.pretrained import load_image_text
from personify.render.sheets import contact_sheet, save_png
from personify.text.body_codebook import BodyCodebook, BodyPictures
from personify.wardrobe.figure import default_body

WORDS = (
    "a fat man", "a skinny woman", "a muscular man", "an elderly woman", "a wellfed man", "the thinnest woman",
    "like a sumo wrestler", "a ballerina's body", "like a bodybuilder", "gaunt",
)  # fmt: skip


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("sheet", type=Path)
    parser.add_argument("words", nargs="*", default=WORDS)
    arguments = parser.parse_args()
    torch.set_num_threads(1)
    codebook, model, pictures = BodyCodebook.load(), load_image_text(), BodyPictures(224)
    shown, labels = [pictures.draw(default_body().shape_vector()[0].float())], ["neutral"]
    for words in arguments.words:
        shapes, scores = codebook.search(model, words, 1)
        shown.append(pictures.draw(shapes[0]))
        doubt = "" if float(scores[0]) >= float(codebook.floor) else ", as nonsense"
        labels.append(f"{words}: {scores[0]:.2f}{doubt}")
    fronts = [one[:, 0, :, 45:-45].numpy() for one in shown]
    save_png(arguments.sheet, contact_sheet([np.concatenate(list(one), 1) for one in fronts], labels, columns=4))


if __name__ == "__main__":
    main()
