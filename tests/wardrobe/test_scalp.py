import numpy as np
import pytest

from personify.wardrobe.figure import canonical_body, default_body
from personify.wardrobe.outfit import Outfit, Person
from personify.wardrobe.scalp import azimuth, beard_field, hairline, recession_of
from personify.wardrobe.vocabulary import BEARDS

CROWN, FOREHEAD, CHIN, CHEEKBONE, UPPER_LIP, NAPE = np.array(
    [[0, 1.757, 0.01], [0, 1.690, 0.131], [0, 1.545, 0.13], [0.05, 1.625, 0.09], [0.01, 1.593, 0.142], [0, 1.55, -0.03]]
)


def test_hair_grows_on_the_crown_and_not_on_the_face_or_neck():
    for sex in ("female", "male"):
        depth = hairline(np.stack([CROWN, FOREHEAD, CHIN, CHEEKBONE, NAPE]), sex)
        assert (depth > 0).tolist() == [True, False, False, False, False]


def test_hairline_is_nearly_symmetric():
    points = canonical_body()[0][default_body().faces.unique().numpy()]
    points = points[points[:, 1] > 1.58]
    mirrored = points * [-1, 1, 1] - [0.0024, 0, 0]
    assert np.allclose(azimuth(points), azimuth(mirrored), atol=1e-6)
    assert np.abs(hairline(points, "male") - hairline(mirrored, "male")).max() < 0.01


def test_recession_only_takes_hair_away_and_comes_with_age():
    points = canonical_body()[0]
    assert (hairline(points, "male", recession=1.0) <= hairline(points, "male")).all()
    old, young = (recession_of(Outfit(Person(sex="male", age=age), seed=2)) for age in (75.0, 25.0))
    assert old > young >= 0 > recession_of(Outfit(Person(age=7, height=120)))


@pytest.mark.parametrize(
    ("style", "lip", "chin", "cheekbone"),
    [("none", 0, 0, 0), ("moustache", 1, 0, 0), ("goatee", 1, 1, 0), ("full beard", 1, 1, 0), ("stubble", 1, 1, 0)],
)
def test_beards_grow_where_they_should(style, lip, chin, cheekbone):
    field = beard_field(np.stack([UPPER_LIP, CHIN, CHEEKBONE]), style)
    assert (field > 0.5).astype(int).tolist() == [lip, chin, cheekbone]


def test_beard_fields_stay_in_range_and_off_the_back_of_the_head():
    points = canonical_body()[0]
    for style in BEARDS:
        field = beard_field(points, style)
        assert field.min() >= 0
        assert field.max() <= 1
        assert field[points[:, 2] < 0.02].max() == 0
