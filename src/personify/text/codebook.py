"""A code-book of dressed people, embedded offline: where words outside the reader's vocabulary are looked up.

Made by ``tools/build_codebook.py`` for one image-text model; the model's name is stored with it.
"""

from __future__ import annotations

import json
import zlib
from dataclasses import dataclass
from pathlib import Path

import torch
from safetensors import SafetensorError, safe_open
from safetensors.torch import save_file
from torch import Tensor

from personify.errors import PersonifyError
from personify.files import asset, atomic_path
from personify.perception.protocol import ImageTextModel
from personify.perception.scoring import scores, text_embeddings
from personify.wardrobe.attributes import Attributes, attributes_of
from personify.wardrobe.outfit import Outfit

FORMAT = "personify-codebook-1"
# People of another sex or age than was said are no answer, whatever they wear.
BINDING = ("person.sex", "person.age_group", "person.build")


@dataclass(frozen=True)
class Match:
    """A person of the code-book and how well they fit a text."""

    outfit: Outfit
    score: float


@dataclass(frozen=True)
class Codebook:
    """Outfits and the embeddings of their pictures.

    Attributes:
        outfits: N dressed people.
        embeddings: [N, W, D] unit vectors of each person's `STANDARD_VIEWS`.
        typical: [N] mean score of each person over many texts; subtracted, because some people fit every text a bit.
        model: name of the image-text model that made the embeddings.
    """

    outfits: tuple[Outfit, ...]
    embeddings: Tensor
    typical: Tensor
    model: str

    def search(self, model: ImageTextModel, text: str, said: Attributes, count: int) -> list[Match]:
        """The ``count`` people that fit a text best among those of the sex, age group and build that was said.

        Raises:
            PersonifyError: the code-book was made with another model.
        """
        if model.name != self.model:
            raise PersonifyError(f"code-book: made with model {self.model!r}, not {model.name!r}; build one for it")
        fit = scores(self.embeddings, text_embeddings(model, [text]))[:, 0] - self.typical
        bound = {address: said[address] for address in BINDING if address in said}
        attributes = [attributes_of(outfit) for outfit in self.outfits]
        agree = [all(person[address] == value for address, value in bound.items()) for person in attributes]
        order = fit.masked_fill(~torch.tensor(agree), -torch.inf).argsort(descending=True)[:count].tolist()
        return [Match(self.outfits[k], float(fit[k])) for k in order if agree[k]]

    def save(self, path: Path | str) -> None:
        """Write as safetensors, atomically."""
        text = json.dumps([outfit.to_dict() for outfit in self.outfits], separators=(",", ":"), sort_keys=True)
        tensors = {
            "embeddings": self.embeddings.half().contiguous(),
            "typical": self.typical.float().contiguous(),
            "outfits": torch.frombuffer(bytearray(zlib.compress(text.encode(), 9)), dtype=torch.uint8),
        }
        with atomic_path(path) as temporary:
            save_file(tensors, temporary, {"format": FORMAT, "model": self.model})

    @staticmethod
    def load(path: Path | str | None = None) -> Codebook:
        """Inverse of `save`; the shipped code-book by default.

        Raises:
            PersonifyError: missing, damaged or of another format.
        """
        path = asset("codebook.safetensors") if path is None else Path(path)
        try:
            with safe_open(path, "pt") as file:
                metadata = file.metadata() or {}
                tensors = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118 - not a dict
            if metadata.get("format") != FORMAT:
                raise PersonifyError(
                    f"{path}: not a code-book of format {FORMAT}; build one with tools/build_codebook.py"
                )
            text = zlib.decompress(tensors["outfits"].numpy().tobytes())
            outfits = tuple(Outfit.from_dict(entry) for entry in json.loads(text))
            return Codebook(outfits, tensors["embeddings"].float(), tensors["typical"], metadata["model"])
        except (OSError, SafetensorError, KeyError, ValueError, TypeError, zlib.error) as error:
            raise PersonifyError(f"{path}: not a readable code-book ({error})") from error
