"""Prompts of parts: what is said of a face leaves the clothes out, and everything can be said otherwise."""

import pytest

from personify.errors import PersonifyError
from personify.text.sculpt.prompts import PARTS, RENDERING, about_head, part_prompts, style_for


@pytest.mark.parametrize(
    ("text", "head"),
    [
        ("a man in jeans", "a man"),
        ("a bearded man with glasses in a red shirt", "a bearded man with glasses"),
        ("a woman wearing a blue hat", "a woman wearing a blue hat"),
        ("a knight", "a knight"),
        ("a girl dressed in pink, with a sword", "a girl"),
    ],
)
def test_faces_wear_no_clothes(text, head):
    assert about_head(text) == head
    assert part_prompts(text)["face"] == f"the face of {head}"


def test_every_part_has_a_prompt_with_an_article():
    prompts = part_prompts("iron knight", RENDERING)
    assert tuple(prompts) == PARTS
    assert prompts["full"] == "a 3D rendering of an iron knight in unreal engine"
    assert prompts["nape"] == "a 3D rendering of the back of the head of an iron knight in unreal engine"


def test_overrides_are_whole_prompts():
    prompts = part_prompts("a diver", overrides={"face": "the mask of {look}"})
    assert (prompts["face"], prompts["full"]) == ("the mask of a diver", "a diver")


def test_words_around_prompts_suit_the_model():
    assert style_for("personify-small") == "{}"
    assert style_for("openai/clip-vit-base-patch32") == RENDERING


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("", "{}", None), "look: is empty"),
        (("x" * 2001, "{}", None), "look: has 2001 characters"),
        (("a man", "nothing", None), "style: 'nothing' has no {}"),
        (("a man", "{}", {"foot": "toes"}), "prompt of 'foot': is no part; expected one of full, face"),
        (("a man", "{}", {"face": " "}), "prompt of the face: is empty"),
    ],
)
def test_bad_input_is_named(arguments, message):
    with pytest.raises(PersonifyError, match=message):
        part_prompts(*arguments)
