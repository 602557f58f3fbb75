"""What several rooms' tests share: one real avatar, a tiny code-book, and no network."""

from __future__ import annotations

import socket
from pathlib import Path

import pytest
import torch
from hypothesis import settings

from personify.avatar import Avatar
from personify.perception.portraits import STANDARD_VIEWS
from personify.perception.towers import SmallImageText
from personify.text import codebook
from personify.text.codebook import Codebook
from personify.text.create import create
from personify.wardrobe.sampling import tasteful

SHAPE = "tall and heavy"
LOOK = "a bearded man in a red checked shirt and blue jeans"

settings.register_profile("seeded", derandomize=True, deadline=None)  # the same examples on every machine, every time
settings.load_profile("seeded")


@pytest.fixture(scope="session")
def lumberjack() -> Avatar:
    return create(shape=SHAPE, look=LOOK, motion="waving", preset="draft", texture_size=64)


@pytest.fixture(scope="module")
def tiny_codebook(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A code-book of eight people for the shipped model, in place of the shipped one; its pictures are made up."""
    model = SmallImageText.load()
    width = model.encode_text(["a man"]).shape[1]
    embeddings = torch.randn(8, len(STANDARD_VIEWS), width, generator=torch.Generator().manual_seed(0))
    people = tuple(tasteful({}, seed) for seed in range(8))
    path = tmp_path_factory.mktemp("codebook") / "codebook.safetensors"
    Codebook(people, torch.nn.functional.normalize(embeddings, dim=-1), torch.zeros(8), model.name).save(path)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(codebook, "asset", lambda name: path)
        yield path


@pytest.fixture(scope="module")
def no_network() -> None:
    def refuse(*arguments: object, **options: object) -> None:
        raise AssertionError("something wants the network")

    with pytest.MonkeyPatch.context() as patch:
        for name in ("socket", "create_connection", "getaddrinfo"):
            patch.setattr(socket, name, refuse)
        yield
