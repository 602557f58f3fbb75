"""Shape words that nobody could read, looked up in the code-book of bodies (AvatarCLIP section 4.1)."""

from __future__ import annotations

from dataclasses import replace

import torch
from torch import Tensor

from personify.perception.protocol import ImageTextModel
from personify.text.body_codebook import BodyCodebook, body_words
from personify.text.reader import Reading, read
from personify.wardrobe.attributes import Attributes, attributes_of, outfit_from
from personify.wardrobe.figure import default_body

_FOUND = ("person.build", "person.stature")
"""What a body may add to what was said; sex, age and skin are never guessed from it."""
_GROWN = 0.55  # of Anny's age: about sixteen


def search_body(
    reading: Reading, shape: str, model: ImageTextModel, codebook: BodyCodebook | None = None
) -> tuple[Reading, list[str]]:
    """A reading with the build and stature that unread shape words ask for, where they do so clearly.

    Words that were read stay as read, and texts of which every word was read are not looked up at all.

    Args:
        reading: of all texts.
        shape: the text about the body.
        model: that made the code-book.
        codebook: the shipped one by default.

    Returns:
        The reading, and one line per thing that was found.

    Raises:
        PersonifyError: the code-book was made with another model.
    """
    open_addresses = [address for address in _FOUND if not _is_said(address, reading.attributes)]
    if not open_addresses or not read(shape).not_understood:
        return reading, []
    codebook = codebook or BodyCodebook.load()
    shapes, scores = codebook.search(model, shape, 1, _agreeing(codebook.shapes, reading.attributes))
    if not len(scores) or float(scores[0]) < float(codebook.floor):
        return reading, []
    best, score = codebook.refine(model, shape, shapes[0])
    body = attributes_of(outfit_from(body_words(best)))
    found = {address: body[address] for address in open_addresses if body[address] != "average"}
    words = ", ".join(f"{address.partition('.')[2]} {value}" for address, value in found.items()) or "an average body"
    return replace(reading, attributes={**found, **reading.attributes}), [f"{shape!r} looks like {words} ({score:.2f})"]


def _is_said(address: str, said: Attributes) -> bool:
    return address in said or (address == "person.stature" and "person.height" in said)


def _agreeing(shapes: Tensor, said: Attributes) -> Tensor:  # [N, 11] -> [N] bool
    """Bodies of the sex that was said, grown unless a child was asked for."""
    names = default_body().shape_names
    sex, age = shapes[:, names.index("gender")], shapes[:, names.index("age")]
    young = said.get("person.age_group") in ("child", "teenager") or float(said.get("person.age", 30)) < 16
    agree = (age < _GROWN) if young else (age >= _GROWN)
    if "person.sex" in said:
        agree = agree & ((sex > 0.5) == (said["person.sex"] == "female"))
    return agree if bool(agree.any()) else torch.ones_like(agree)
