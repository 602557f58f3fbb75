import numpy as np
import pytest

from personify.wardrobe.face import ancestry_of, expression_of, sliders_of
from personify.wardrobe.figure import default_body
from personify.wardrobe.outfit import Outfit, Person
from personify.wardrobe.vocabulary import EXPRESSIONS, SKIN_TONES


def test_every_weight_has_a_name_the_body_knows():
    body = default_body()
    for expression in EXPRESSIONS:
        for sex in ("female", "male"):
            outfit = Outfit(Person(sex=sex, age=70, expression=expression), seed=9)
            assert body.expression_vector(**expression_of(outfit)).max() <= 1
            assert body.slider_vector(**sliders_of(outfit)).abs().max() <= 0.6


def test_the_same_seed_is_the_same_face_and_another_is_not():
    assert sliders_of(Outfit(seed=3)) == sliders_of(Outfit(seed=3))
    assert sliders_of(Outfit(seed=3)) != sliders_of(Outfit(seed=4))


def test_faces_differ_by_millimetres_not_by_caricature():
    body = default_body()
    plain = body.rest()[0]
    distances = [
        (body.rest(sliders=body.slider_vector(**sliders_of(Outfit(seed=s))))[0] - plain).norm(dim=-1).max()
        for s in range(6)
    ]
    assert min(distances) > 0.003
    assert max(distances) < 0.03


@pytest.mark.parametrize("skin", SKIN_TONES)
def test_ancestry_is_a_mixture(skin):
    weights = ancestry_of(Outfit(Person(skin=skin), seed=7))
    assert set(weights) == {"african", "asian", "caucasian"}
    assert sum(weights.values()) == pytest.approx(1)
    assert min(weights.values()) >= 0


def test_dark_skin_is_more_often_african_and_fair_skin_more_often_caucasian():
    def mean(skin, name):
        return np.mean([ancestry_of(Outfit(Person(skin=skin), seed=seed))[name] for seed in range(50)])

    assert mean("dark", "african") > 0.6
    assert mean("fair", "caucasian") > 0.6


def test_neutral_people_look_friendly_and_serious_ones_do_not():
    assert expression_of(Outfit())["mouthSmileLeft"] > 0.1
    assert "mouthSmileLeft" not in expression_of(Outfit(Person(expression="serious")))


def test_a_smile_is_more_than_a_neutral_mouth_and_less_than_a_grimace():
    neutral, smile = (expression_of(Outfit(Person(expression=name)))["mouthSmileLeft"] for name in ("neutral", "smile"))
    assert neutral + 0.1 < smile < 0.55


def test_children_are_rounder_and_the_elderly_have_thinner_lips():
    def mean(age, name):
        height = 120 if age < 13 else 168
        return np.mean([sliders_of(Outfit(Person(age=age, height=height), seed=seed))[name] for seed in range(40)])

    assert mean(5, "cheek-volume-incr") > mean(30, "cheek-volume-incr") + 0.1
    assert mean(85, "mouth-upperlip-volume-incr") < mean(30, "mouth-upperlip-volume-incr") - 0.1


def mean_slider(sex, age, name):
    height = 168 if age > 15 else 130
    return np.mean([sliders_of(Outfit(Person(sex=sex, age=age, height=height), seed=seed))[name] for seed in range(40)])


@pytest.mark.parametrize(
    ("name", "larger"),
    [
        ("eye-scale-incr", "female"), ("mouth-lowerlip-volume-incr", "female"), ("eyebrows-trans-up", "female"),
        ("chin-width-incr", "male"), ("chin-bones-incr", "male"), ("nose-scale-horiz-incr", "male"),
    ],
)  # fmt: skip
def test_faces_of_grown_women_and_men_differ_and_childrens_hardly(name, larger):
    smaller = "male" if larger == "female" else "female"
    grown, young = (mean_slider(larger, age, name) - mean_slider(smaller, age, name) for age in (30, 5))
    assert grown > 0.15
    assert abs(young) < 0.5 * grown


def test_girls_heads_are_as_large_as_childrens():
    assert mean_slider("female", 8, "head-scale-vert-incr") > mean_slider("female", 30, "head-scale-vert-incr") + 0.2
