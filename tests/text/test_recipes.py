"""Recipes: every shipped one is understood, and what is wrong with one of your own is said in a line."""

import pytest

from personify.errors import PersonifyError
from personify.motion.select import motion_from_text
from personify.text.reader import read
from personify.text.recipes import load_recipe, recipe_names
from personify.text.sculpt.presets import PRESETS
from personify.text.sculpt.prompts import part_prompts


def test_there_are_many_and_all_are_understood():
    assert len(recipe_names()) >= 60
    for name in recipe_names():
        recipe = load_recipe(name)
        reading = read(recipe.shape, recipe.look)
        assert reading.not_understood == [], name
        assert reading.look or reading.attributes, name
        part_prompts(recipe.look, overrides=recipe.prompts)


def test_every_motion_is_understood():
    motions = {load_recipe(name).motion for name in recipe_names()}
    for motion in sorted(motions):
        assert motion_from_text(motion).not_understood == [], motion


def test_changes_win_over_words_and_words_over_the_file():
    recipe = load_recipe("knight", ["motion=bowing", "sculpt.steps=80"], look="a black knight", motion=None, seed=5)
    assert (recipe.look, recipe.motion, recipe.seed) == ("a black knight", "bowing", 5)
    assert recipe.sculpt_preset().steps == 80
    assert load_recipe("knight").sculpt_preset() is None
    assert load_recipe("knight", sculpt="draft").sculpt_preset() == PRESETS["draft"]


def test_a_recipe_without_a_file():
    recipe = load_recipe(None, ["sculpt.weights={guide = 2.0}"], look="a man", sculpt="draft")
    assert recipe.sculpt_preset().weights == {**PRESETS["draft"].weights, "guide": 2.0}


def test_a_file_of_ones_own(tmp_path):
    path = tmp_path / "mine.toml"
    path.write_text('look = "a man"\n[prompts]\nface = "the mask of {look}"\n[sculpt]\nambient = [0, 0.5]\nreach = 1\n')
    recipe = load_recipe(path)
    assert (recipe.name, recipe.prompts["face"]) == ("mine", "the mask of {look}")
    assert (recipe.sculpt_preset().ambient, recipe.sculpt_preset().reach) == ((0, 0.5), 1.0)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("look = ", "not readable as TOML"),
        ('motion = "running"', "has no look"),
        ('look = "a man"\nspeed = 3', "'speed' is not known; expected one of look"),
        ("look = 3", "look is 3; expected a str"),
        ('look = "a man"\nseed = true', "seed is True; expected a int"),
        ('look = "a man"\n[prompts]\nface = 1', "prompts must be texts"),
        ('look = "a man"\n[sculpt]\npreset = "best"', "preset 'best' is not known"),
        ('look = "a man"\n[sculpt]\ncolour = 1', "sculpt.colour is not known"),
        ('look = "a man"\n[sculpt]\nsteps = "many"', "sculpt.steps is 'many'; expected a value like 150"),
        ('look = "a man"\n[sculpt]\nambient = [1]', "sculpt.ambient is"),
    ],
)
def test_what_is_wrong_is_named(tmp_path, text, message):
    path = tmp_path / "mine.toml"
    path.write_text(text)
    with pytest.raises(PersonifyError, match=message) as caught:
        load_recipe(path)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("change", ["seed", "=3", "look.words=3"])
def test_changes_are_checked(change):
    with pytest.raises(PersonifyError, match="set '"):
        load_recipe("knight", [change])


def test_unknown_recipes_are_named():
    with pytest.raises(
        PersonifyError, match=r"recipe 'nobody': no such file; expected a \.toml file or one of acrobat"
    ):
        load_recipe("nobody")
