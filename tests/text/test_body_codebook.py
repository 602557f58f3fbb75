"""The code-book of bodies: plausible, drawn at one scale, searched by direction, refined uphill."""

import numpy as np
import pytest
import torch

from personify.errors import PersonifyError
from personify.perception.pretrained import load_image_text
from personify.text.body_codebook import (
    BodyCodebook,
    BodyPictures,
    body_words,
    build_body_codebook,
    fit_alignment,
    plausible_shapes,
)
from personify.wardrobe.figure import default_body
from personify.wardrobe.outfit import Person


class Tall:
    """Sees one thing in a picture: how high the person reaches; and reads one word."""

    name, image_size = "tall", 48

    def encode_text(self, texts):
        return torch.tensor([[1.0, 0.0] if "tall" in text else [0.0, 1.0] for text in texts])

    def encode_image(self, images):
        rows = (images - images[:, :1, :1]).abs().amax((2, 3)) > 0.02
        height = rows.float().mean(1)
        return torch.stack([height, 1 - height], 1)


@pytest.fixture(scope="module")
def codebook():
    return build_body_codebook(Tall(), bodies=6, seed=1)


def height(shape):
    return body_words(shape)["person.height"]


def test_bodies_are_plausible_and_seeded():
    shapes = plausible_shapes(500, 2)
    assert torch.equal(shapes, plausible_shapes(500, 2))
    assert float(shapes.min()) >= 0
    assert float(shapes.max()) <= 1
    ancestry = [default_body().shape_names.index(name) for name in ("african", "asian", "caucasian")]
    assert torch.allclose(shapes[:, ancestry].sum(1), torch.ones(500), atol=1e-5)


def test_pictures_show_clay_and_clothes_and_who_is_tall():
    pictures = BodyPictures(48)
    small, tall = (default_body().shape_vector(height=value)[0].float() for value in (0.1, 0.9))
    drawn = pictures.draw(tall)
    assert drawn.shape == (2, 3, 48, 48, 3)
    clay, dressed = drawn[:, 0]
    assert float((clay.amax(-1) - clay.amin(-1)).max()) < 1e-5  # grey
    assert float((dressed.amax(-1) - dressed.amin(-1)).max()) > 0.05
    assert pictures.embed(Tall(), tall)[0, 0] > pictures.embed(Tall(), small)[0, 0]


def test_search_finds_the_tallest(codebook):
    shapes, scores = codebook.search(Tall(), "tall", count=6)
    assert height(shapes[0]) > height(shapes[-1])
    assert scores[0] >= scores[-1]


def test_refinement_climbs(codebook):
    shapes, scores = codebook.search(Tall(), "tall", count=6)
    refined, score = codebook.refine(Tall(), "tall", shapes[-1], rounds=1, stride=0.3)
    assert score >= float(scores[-1]) - 1e-6
    assert height(refined) >= height(shapes[-1])


def test_file_round_trip(codebook, tmp_path):
    codebook.save(tmp_path / "bodies.safetensors")
    again = BodyCodebook.load(tmp_path / "bodies.safetensors")
    assert again.model == "tall"
    assert torch.allclose(again.shapes, codebook.shapes, atol=1e-3)
    assert torch.allclose(again.embeddings, codebook.embeddings, atol=1e-3)


def test_words_of_a_body_can_be_dressed(codebook):
    for shape in codebook.shapes[:3]:
        words = {name.partition(".")[2]: value for name, value in body_words(shape).items()}
        assert Person(**words).sex in ("female", "male")
    assert np.isfinite(height(codebook.shapes[0]))


def test_captions_teach_what_pictures_are_called():
    generator = torch.Generator().manual_seed(0)
    pictures = torch.randn(300, 8, generator=generator)
    hidden = torch.randn(8, 4, generator=generator)
    assert torch.allclose(fit_alignment(pictures, pictures @ hidden), hidden, atol=0.05)
    pictures[:, 1:] = 0  # seven differences that no body has: the plain mean stays
    learnt = fit_alignment(pictures, torch.zeros(300, 4))
    assert torch.allclose(learnt[1:], torch.eye(4).repeat(2, 1)[1:] / 2)
    assert float(learnt[0].abs().max()) < 0.1


def test_shipped_codebook_knows_fat_from_thin_and_old_from_young():
    codebook, model = BodyCodebook.load(), load_image_text()
    assert len(codebook.shapes) == 2048
    names = default_body().shape_names

    def mean(text, name):
        return float(codebook.search(model, text, 20)[0][:, names.index(name)].mean())

    assert mean("a chubby man", "weight") > mean("a skinny man", "weight") + 0.3
    assert mean("a muscular man", "muscle") > mean("a slim man", "muscle") + 0.2
    assert mean("an elderly woman", "age") > mean("a girl", "age") + 0.3
    assert mean("a woman", "gender") > 0.9 > 0.1 > mean("a man", "gender")


def test_bad_input_is_named(codebook, tmp_path):
    class Other(Tall):
        name = "other"

    with pytest.raises(PersonifyError, match="made with model 'tall', not 'other'"):
        codebook.search(Other(), "tall")
    with pytest.raises(PersonifyError, match="shape: is empty"):
        codebook.search(Tall(), " ")
    with pytest.raises(PersonifyError, match="bodies: 1; expected at least 2"):
        build_body_codebook(Tall(), bodies=1)
    (tmp_path / "broken.safetensors").write_bytes(b"x")
    with pytest.raises(PersonifyError, match="not a readable"):
        BodyCodebook.load(tmp_path / "broken.safetensors")
