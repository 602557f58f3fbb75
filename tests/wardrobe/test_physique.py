"""Bare figures: as tall as said, as heavy as their build, alike for the same seed."""

import numpy as np
import pytest
import torch

from personify.body.measure import bmi, volume
from personify.errors import PersonifyError
from personify.wardrobe.figure import Figure
from personify.wardrobe.outfit import Outfit, Person
from personify.wardrobe.physique import figure_of
from personify.wardrobe.vocabulary import BUILDS


def t_pose(figure: Figure) -> torch.Tensor:
    return torch.from_numpy(figure.to_tpose(figure.rest, figure.lbs_weights)).double()


def mass_index(person: Person, seed: int = 0) -> float:
    figure = figure_of(Outfit(person, seed=seed))
    return float(bmi(t_pose(figure), figure.body.faces))


@pytest.mark.parametrize(
    ("sex", "age", "height"), [("female", 30, 168), ("male", 45, 181), ("female", 7, 122), ("male", 85, 166)]
)
def test_height_is_exactly_what_the_outfit_says(sex, age, height):
    figure = figure_of(Outfit(Person(sex, age, height), seed=4))
    tall = np.ptp(t_pose(figure)[figure.body.faces.unique(), 1].numpy())
    assert 100 * tall == pytest.approx(height, abs=0.5)


@pytest.mark.parametrize("sex", ["female", "male"])
def test_builds_differ_in_mass(sex):
    index = {build: mass_index(Person(sex, 30, 172, build)) for build in BUILDS}
    assert 17 < index["slim"] < 20 < index["average"] < 24
    assert 29 < index["heavy"] < 35
    assert index["average"] - 1.5 < index["muscular"] < 28
    if sex == "male":
        assert index["muscular"] > index["average"] + 2


def test_children_are_lighter_for_their_height():
    child, adult = mass_index(Person("male", 8, 130)), mass_index(Person("male", 30, 178))
    assert 14 < child < 17.5 < 20 < adult


def waist_over_hips(figure: Figure) -> float:
    """Narrowest over widest level of the torso, between hip joints and chest."""
    skin = t_pose(figure)[figure.body.faces.unique()].numpy()
    joints = dict(zip(figure.skeleton.joint_names, figure.skeleton.rest_joints[:, 1], strict=True))
    levels = np.linspace(joints["left_hip"], joints["spine3"], 25)
    widths = [np.ptp(skin[np.abs(skin[:, 1] - level) < 0.015, 0]) for level in levels]
    return min(widths) / max(widths)


def test_women_have_a_waist():
    woman, man = (figure_of(Outfit(Person(sex, 30, 172, "slim"))) for sex in ("female", "male"))
    assert waist_over_hips(woman) < waist_over_hips(man) - 0.02


def test_same_seed_same_body_other_seed_other_body():
    one, again, other = (figure_of(Outfit(seed=seed)) for seed in (1, 1, 2))
    np.testing.assert_array_equal(one.rest, again.rest)
    assert np.abs(one.rest - other.rest).max() > 0.002


def test_seeds_stay_within_the_build():
    masses = [mass_index(Person(), seed) for seed in range(8)]
    assert np.ptp(masses) < 2.5
    assert np.ptp(masses) > 0.1


def test_a_figure_has_a_volume_of_a_person():
    figure = figure_of(Outfit())
    assert 0.045 < float(volume(torch.from_numpy(figure.rest), figure.body.faces)) < 0.08


def test_heights_out_of_reach_are_refused():
    with pytest.raises(PersonifyError, match="height: 220 cm is out of reach"):
        figure_of(Outfit(Person("male", 5, 220)))


def heads_tall(sex, age, height):
    """How many of its own heads, crown to chin, a body measures."""
    figure = figure_of(Outfit(Person(sex, age, height), seed=3))
    x, y, z = figure.canonical.T
    skin = np.unique(figure.skin_faces)
    up = figure.rest[skin, 1]
    chin = figure.rest[skin][(np.abs(x) < 0.01)[skin] & (y > 1.52)[skin] & (y < 1.56)[skin] & (z > 0.09)[skin], 1].min()
    return (up.max() - up.min()) / (up.max() - chin)


@pytest.mark.parametrize("sex", ["female", "male"])
def test_children_have_larger_heads_for_their_height(sex):
    assert 5.3 < heads_tall(sex, 5, 108) < 6.0
    assert 6.2 < heads_tall(sex, 10, 136) < 6.8
    assert 7.0 < heads_tall(sex, 30, 170) < 7.9
