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
    mass: float  # body mass index over the median of the same age
    bulk: float  # what muscle adds to that in a grown man
    muscle: float
    cupsize: float


_BUILDS = {
    "slim": _Build(0.83, 0.0, 0.40, 0.48),
    "average": _Build(0.98, 0.02, 0.50, 0.58),
    "heavy": _Build(1.46, 0.0, 0.35, 0.66),
    "muscular": _Build(0.95, 0.18, 0.92, 0.46),
}
# Median body mass index of the healthy by age: WHO growth reference (2007) up to 18, a gentle rise after.
_AGES = (4, 6, 8, 10, 12, 14, 16, 18, 25, 50, 70, 95)
_MEDIAN_BMI = (15.3, 15.3, 15.8, 16.5, 17.6, 19.0, 20.3, 21.2, 22.2, 23.2, 23.2, 22.2)


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
    mass, muscle, proportions, cupsize = np.random.default_rng([outfit.seed, 11]).normal(0, 1, 4).clip(-2, 2)
    adult = float(np.interp(person.age, (11, 17), (0, 1)))
    vigour = float(np.interp(person.age, (50, 90), (1, 0.7)))
    bulk = build.bulk * adult * vigour if person.sex == "male" else 0.0
    median = float(np.interp(person.age, _AGES, _MEDIAN_BMI))
    sliders = body.slider_vector(**sliders_of(outfit))
    shape = solve_shape(
        body,
        sex=person.sex,
        age=person.age,
        height=person.height,
        bmi=median * (build.mass + bulk + 0.025 * mass),
        muscle=min(vigour * build.muscle + 0.03 * muscle, 1.0),
        sliders=sliders,
        proportions=0.75 + 0.08 * proportions,
        cupsize=adult * (build.cupsize + 0.05 * cupsize),
        firmness=float(np.interp(person.age, (20, 70), (0.65, 0.4))),
        **ancestry_of(outfit),
    )
    return make_figure(shape, sliders, body.expression_vector(**expression_of(outfit)), body)
