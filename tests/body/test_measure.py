"""Measuring: shapes with known volume, and people who come out as tall and as heavy as asked for."""

import itertools
import math

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from personify.body.anny import AnnyBody
from personify.body.measure import DENSITY, age_phenotype, bmi, height_cm, solve_shape, volume
from personify.errors import PersonifyError

BODY = AnnyBody()


def box(width, height, depth):
    """A closed box somewhere off the origin, faces outwards, and one vertex that belongs to no face."""
    corners = torch.tensor(
        [[x, y, z] for x in (0, width) for y in (0, height) for z in (0, depth)], dtype=torch.float64
    )
    quads = [(0, 1, 3, 2), (4, 6, 7, 5), (0, 4, 5, 1), (2, 3, 7, 6), (0, 2, 6, 4), (1, 5, 7, 3)]
    faces = torch.tensor([triangle for a, b, c, d in quads for triangle in ((a, b, c), (a, c, d))])
    stray = torch.full((1, 3), 50.0, dtype=torch.float64)
    return torch.cat([corners + torch.tensor([3.0, -2.0, 7.0]), stray]), faces


def test_measures_of_a_box():
    vertices, faces = box(0.3, 1.7, 0.2)
    assert float(height_cm(vertices, faces)) == pytest.approx(170)
    assert float(volume(vertices, faces)) == pytest.approx(0.3 * 1.7 * 0.2)
    assert float(bmi(vertices, faces)) == pytest.approx(DENSITY * 0.3 * 0.2 / 1.7)


def test_measures_are_batched_and_differentiable():
    vertices, faces = box(0.3, 1.7, 0.2)
    both = torch.stack([vertices, 2 * vertices]).requires_grad_()
    np.testing.assert_allclose(volume(both, faces).detach(), [0.102, 8 * 0.102])
    np.testing.assert_allclose(height_cm(both, faces).detach(), [170, 340])
    assert torch.autograd.gradcheck(lambda points: volume(points, faces), both)


def test_default_adult_is_an_ordinary_one():
    vertices = BODY().vertices
    assert 165 < float(height_cm(vertices, BODY.faces)) < 180
    assert 18.5 < float(bmi(vertices, BODY.faces)) < 25


def measured(shape, sliders=None):
    vertices = BODY(shape, sliders=sliders).vertices
    return float(height_cm(vertices, BODY.faces)), float(bmi(vertices, BODY.faces))


@settings(max_examples=20, deadline=None)
@given(
    st.sampled_from(["female", "male"]), st.floats(18, 80), st.floats(155, 200), st.floats(18, 30), st.floats(0.2, 0.8)
)
def test_adults_come_out_as_asked(sex, age, height, index, muscle):
    tall, heavy = measured(solve_shape(BODY, sex, age, height, index, muscle))
    assert tall == pytest.approx(height, abs=0.5)
    assert heavy == pytest.approx(index, abs=0.35)


def test_heavy_men_whose_muscle_begins_to_wane_come_out_as_asked():
    tall, heavy = measured(solve_shape(BODY, "male", 52, 155, 26.375, 0.75))
    assert tall == pytest.approx(155, abs=0.1)
    assert heavy == pytest.approx(26.375, abs=0.2)


@pytest.mark.parametrize(("age", "height", "index"), [(4, 102, 15.4), (8, 128, 16), (12, 150, 18), (15, 165, 20)])
@pytest.mark.parametrize("sex", ["female", "male"])
def test_children_come_out_as_asked(sex, age, height, index):
    tall, heavy = measured(solve_shape(BODY, sex, age, height, index))
    assert tall == pytest.approx(height, abs=0.5)
    assert heavy == pytest.approx(index, abs=0.3)


def test_what_is_out_of_reach_gives_the_nearest_mass():
    light, lean, stout, heavy = (measured(solve_shape(BODY, "male", 40, 175, b))[1] for b in (5, 14, 45, 80))
    assert light <= lean < 16
    assert 38 < stout <= heavy + 1e-3


def test_without_bmi_the_weight_stays_free():
    shape = solve_shape(BODY, "female", 30, 170, weight=0.7, proportions=0.9)
    assert float(shape[0, BODY.shape_names.index("weight")]) == pytest.approx(0.7)
    assert float(shape[0, BODY.shape_names.index("proportions")]) == pytest.approx(0.9)
    assert measured(shape)[0] == pytest.approx(170, abs=0.5)


def test_sliders_count_as_height():
    sliders = BODY.slider_vector(head_scale_vert_incr=1.0)
    shape = solve_shape(BODY, "female", 30, 170, 21, sliders=sliders)
    assert measured(shape, sliders)[0] == pytest.approx(170, abs=0.1)
    assert measured(shape)[0] < 169.8


def test_ages_are_monotone_and_meet_the_anchors():
    years = np.linspace(0, 110, 221)
    values = [age_phenotype(year) for year in years]
    assert all(a <= b for a, b in itertools.pairwise(values))
    assert [round(age_phenotype(y), 4) for y in (1, 10.5, 25, 90)] == [0, 0.3333, 0.6667, 1]


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("other", 30, 170), "sex: 'other'.*female or male"),
        (("female", 3, 100), "age: 3 .*4 to 95"),
        (("female", 96, 160), "age: 96 "),
        (("female", math.nan, 160), "age: nan"),
        (("female", 30, -170), "height: -170"),
        (("female", 30, math.nan), "height: nan"),
        (("female", 30, 60), r"height: 60 cm is out of reach.*expected 1\d\d to 2\d\d"),
        (("female", 5, 220), "height: 220 cm is out of reach"),
        (("female", 30, 170, -3), "bmi: -3"),
        (("female", 30, 170, math.inf), "bmi: inf"),
        (("female", 30, 170, 22, 1.5), "muscle: 1.5"),
    ],
)
def test_impossible_people_are_refused(arguments, message):
    with pytest.raises(PersonifyError, match=message):
        solve_shape(BODY, *arguments)


def test_phenotypes_that_follow_from_the_rest_are_refused():
    with pytest.raises(PersonifyError, match="gender follows from sex"):
        solve_shape(BODY, "female", 30, 170, gender=0.5)
    with pytest.raises(PersonifyError, match="weight from bmi"):
        solve_shape(BODY, "female", 30, 170, 22, weight=0.5)
    with pytest.raises(PersonifyError, match="phenotype 'charm'"):
        solve_shape(BODY, "female", 30, 170, charm=1.0)
