from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from personify.data.people import render_person
from personify.data.record import PersonRecord
from personify.photos.network import NetworkConfig
from personify.photos.template import Template, body_template
from personify.train.batches import Sampling
from personify.train.presets import Stage, TrainingPreset
from personify.wardrobe.outfit import Garment, Outfit, Person

SMALL = NetworkConfig(
    patch_size=8, encoder_depth=1, encoder_width=16, encoder_heads=2, decoder_depth=4, decoder_width=16,
    decoder_heads=2, head_width=8, reassemble_widths=(4, 4, 8, 8), skip_kernel=3, dropout=0.0, sh_degree=0,
    template_size=(32, 32), scale_unit=0.005, residual=True, initial_scale=0.03, body_shapes=11,
)  # fmt: skip


@pytest.fixture(scope="session")
def records() -> list[PersonRecord]:
    """A woman in red and a man in blue, four pictures of 48 pixels each."""
    outfits = [
        Outfit(garments=(Garment("t-shirt", "red"), Garment("jeans", "black"))),
        Outfit(Person("male", height=184.0), garments=(Garment("t-shirt", "blue"), Garment("shorts", "white"))),
    ]
    return [render_person(outfit, np.random.default_rng(k), views=4, size=48) for k, outfit in enumerate(outfits)]


@pytest.fixture(scope="session")
def template() -> Template:
    return body_template(32)


@pytest.fixture(scope="session")
def folder(records: list[PersonRecord], tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("people")
    for k, record in enumerate(records):
        record.save(path / f"person-0-{k:06d}.npz")
    return path


@pytest.fixture
def preset() -> TrainingPreset:
    """Two stages of a network so small that a step takes milliseconds."""
    first = Stage(Sampling(2, 32, (0.5, 0.5), targets=1), 32, steps=6, learning_rate=3e-3, warmup=2)
    second = replace(first, sampling=replace(first.sampling, image_size=40), template_size=40, steps=2)
    return TrainingPreset(SMALL, (first, second), average=0.9)
