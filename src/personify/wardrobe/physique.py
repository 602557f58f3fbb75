"""From a `Person` in words and numbers to a bare body: build, age and sex decide the body mass index and the muscle."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from personify.body.measure import solve_shape
from personify.wardrobe.face import ancestry_of, expression_of, sliders_of
from personify.wardrobe.figure import Figure, default_body, make_figure
from personify.wardrobe.outfit import Outfit


@dataclass(frozen=True)
class _Build:
    leanness: float  # body mass index over the median of the same age
    muscle: float
    cupsize: float


_BUILDS = {
    "slim": _Build(0.84, 0.40, 0.42),
    "average": _Build(1.0, 0.50, 0.50),
    "heavy": _Build(1.46, 0.35, 0.62),
    "muscular": _Build(1.13, 0.90, 0.42),
}
# Median body mass index of the healthy by age: WHO growth reference (2007) up to 18, a gentle rise after.
_AGES = (4, 6, 8, 10, 12, 14, 16, 18, 25, 50, 70, 95)
_MEDIAN_BMI = (15.4, 15.4, 15.9, 16.6, 17.8, 19.2, 20.5, 21.3, 22.4, 23.8, 23.8, 22.4)


def figure_of(outfit: Outfit) -> Figure:
    """The bare body of an outfit's person, exactly as tall as it says; ``seed`` varies build and face a little.

    Raises:
        PersonifyError: the height is out of reach for somebody of this sex and age.

    Example:
        >>> figure = figure_of(Outfit())
        >>> round(100 * float(np.ptp(figure.rest[figure.skin_faces, 1])))  # the A-pose bends the knees a little
        167
    """
    body = default_body()
    person = outfit.person
    build = _BUILDS[person.build]
    female = person.sex == "female"
    mass, muscle, proportions, cupsize = np.random.default_rng([outfit.seed, 11]).normal(0, 1, 4).clip(-2, 2)
    median = float(np.interp(person.age, _AGES, _MEDIAN_BMI)) * (0.97 if female else 1.0)
    frailty = float(np.interp(person.age, (50, 90), (1.0, 0.65)))
    sliders = body.slider_vector(**sliders_of(outfit))
    shape = solve_shape(
        body,
        sex=person.sex,
        age=person.age,
        height=person.height,
        bmi=median * build.leanness * (1 + 0.025 * mass),
        muscle=min(max(frailty * (build.muscle - 0.05 * female) + 0.03 * muscle, 0.0), 1.0),
        sliders=sliders,
        proportions=0.75 + 0.08 * proportions,
        cupsize=build.cupsize + 0.05 * cupsize,
        firmness=float(np.interp(person.age, (20, 70), (0.65, 0.4))),
        **ancestry_of(outfit),
    )
    return make_figure(shape, sliders, body.expression_vector(**expression_of(outfit)), body)
