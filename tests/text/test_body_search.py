"""Shape words that nobody could read: only they are looked up, and only what was left open is filled in."""

import dataclasses

import pytest
import torch

from personify.text.body_codebook import build_body_codebook
from personify.text.body_search import search_body
from personify.text.create import create_with_story
from personify.text.reader import read


class Weighty:
    """Sees how much of a picture the person covers, and reads one invented word."""

    name, image_size = "weighty", 48

    def encode_text(self, texts):
        return torch.tensor([[1.0, 0.2] if "blobbish" in text else [0.2, 1.0] for text in texts])

    def encode_image(self, images):
        covered = 8 * ((images - images[:, :1, :1]).abs().amax(-1) > 0.02).float().mean((1, 2))
        return torch.stack([covered, 1 - covered], 1)


@pytest.fixture(scope="module")
def codebook():
    found = build_body_codebook(Weighty(), bodies=24, seed=3)
    return dataclasses.replace(found, alignment=torch.eye(2).repeat(2, 1) / 2, floor=torch.tensor(0.0))


def test_an_unread_word_fills_in_build_or_stature(codebook):
    reading, story = search_body(read("a blobbish man"), "a blobbish man", Weighty(), codebook)
    assert reading.attributes["person.sex"] == "male"
    assert {"person.build", "person.stature"} & reading.attributes.keys()
    assert reading.attributes.get("person.build") != "slim"
    assert "blobbish" in story[0]


def test_what_was_said_stays(codebook):
    said = read("a slim blobbish man, 170 cm")
    reading, story = search_body(said, "a slim blobbish man, 170 cm", Weighty(), codebook)
    assert (reading, story) == (said, [])


def test_texts_that_were_read_are_not_looked_up():
    class Blind:
        name, image_size = "blind", 8

    for text in ("a tall woman", "like a bodybuilder", "gaunt", "built like a tank", "an old man with a pot belly"):
        reading = read(text)
        assert search_body(reading, text, Blind()) == (reading, [])


def test_doubtful_words_have_no_effect(codebook):
    sure = dataclasses.replace(codebook, floor=torch.tensor(1.1))
    reading = read("a blobbish man")
    assert search_body(reading, "a blobbish man", Weighty(), sure) == (reading, [])


def test_create_obeys_and_tells():
    story = create_with_story(shape="a wellfed man", look="a red shirt and jeans", preset="draft", texture_size=64)
    assert story.reading.not_understood == ["wellfed"]
    assert story.avatar.outfit["person"]["build"] == "heavy"
    assert story.refinement.moves[0].startswith("'a wellfed man' looks like build heavy")
