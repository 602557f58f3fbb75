"""Measuring a body and, the other way round, the shape of a person of given sex, age, height and body mass index."""

from __future__ import annotations

import itertools
import math

import torch
from torch import Tensor

from personify.body.anny import AnnyBody
from personify.errors import PersonifyError

DENSITY = 985.0
"""Mean density of a human body in kg/m3, lungs half full (Krzywicki & Chinn 1967)."""

AGES = (4.0, 95.0)
"""Years that `solve_shape` accepts."""

# Anny's anchors (baby, child, young adult, old) in years; growth is nearly over at 18, which 0.6 stands for.
_AGE_KNOTS = ((1.0, 0.0), (10.5, 1 / 3), (18.0, 0.6), (25.0, 2 / 3), (90.0, 1.0))


def height_cm(vertices: Tensor, faces: Tensor) -> Tensor:  # [..., V, 3], [F, 3] -> [...]
    """Extent along Y in centimetres of the surface; the body's height when it stands straight (T-pose).

    Vertices that no face uses (helper meshes) do not count.
    """
    up = vertices[..., faces.flatten(), 1]
    return 100 * (up.amax(-1) - up.amin(-1))


def volume(vertices: Tensor, faces: Tensor) -> Tensor:  # [..., V, 3], [F, 3] -> [...]
    """Volume in cubic metres inside a closed surface with outward faces (divergence theorem, field (x, 0, 0))."""
    x, y, z = (vertices[..., faces.flatten(), axis].unflatten(-1, faces.shape) for axis in range(3))
    dy, dz = y[..., 1:] - y[..., :1], z[..., 1:] - z[..., :1]
    normal_x = dy[..., 0] * dz[..., 1] - dy[..., 1] * dz[..., 0]
    return (x.sum(-1) * normal_x).sum(-1) / 6


def bmi(vertices: Tensor, faces: Tensor) -> Tensor:  # [..., V, 3], [F, 3] -> [...]
    """Body mass index in kg/m2 of a closed skin that stands straight (T-pose), at `DENSITY`."""
    return DENSITY * volume(vertices, faces) / (height_cm(vertices, faces) / 100).square()


def age_phenotype(years: float) -> float:
    """Anny's ``age`` of a person: 0 at one year, 1/3 at ten and a half, 2/3 at 25, 1 at 90, straight lines between.

    >>> round(age_phenotype(25), 3)
    0.667
    """
    for (young, low), (old, high) in itertools.pairwise(_AGE_KNOTS):
        if years <= old:
            return low + (high - low) * max(0.0, years - young) / (old - young)
    return 1.0


def solve_shape(
    body: AnnyBody,
    sex: str,
    age: float,
    height: float,
    bmi: float | None = None,
    muscle: float = 0.5,
    sliders: Tensor | None = None,
    **phenotypes: float,
) -> Tensor:  # [1, 11]
    """Shape of a person of this height in the T-pose (to 0.5 cm) and body mass index (to 0.3).

    A body mass index that the model cannot reach at this sex and age gives the nearest one it can; where Anny's
    ``weight`` alone does not suffice (the very thin and the very heavy), muscle wanes.

    Args:
        body: the model.
        sex: ``"female"`` or ``"male"``.
        age: years, 4 to 95.
        height: centimetres.
        bmi: kg/m2, or None for Anny's middle weight.
        muscle: 0 to 1.
        sliders: [1, 2S] face sliders the person will wear; a tall forehead counts as height.
        phenotypes: the others of `AnnyBody.shape_names`, e.g. ``proportions=0.7``.

    Raises:
        PersonifyError: an argument is out of range, or the height cannot be reached at this sex and age.

    Example:
        >>> body = AnnyBody()
        >>> shape = solve_shape(body, "female", 30, 168, bmi=21)
        >>> vertices = body(shape).vertices
        >>> abs(float(height_cm(vertices, body.faces)) - 168) < 0.5
        True
    """
    _check(sex, age, height, bmi, muscle, phenotypes)
    gender = 1.0 if sex == "female" else 0.0
    shape = body.shape_vector(gender=gender, age=age_phenotype(age), muscle=muscle, **phenotypes)
    with torch.no_grad():
        if bmi is None:
            return _with_height(body, shape, height, sliders)
        grid = _knots(muscle)
        waning = torch.tensor([0.0, 1.0])  # where muscle begins to wane, which no straight line crosses
        for _ in range(2):  # twice, because weight also changes height
            shape = _with_height(body, shape, height, sliders)
            heaviness = _root(grid, _resting_bmi(body, _fleshed(body, shape, muscle, grid)) - bmi)
            shape = _fleshed(body, shape, muscle, torch.tensor([heaviness]))
            near = torch.linspace(heaviness - 0.1, heaviness + 0.1, 3).clamp(-1, 2)
            bends = waning[(waning > near[0]) & (waning < near[-1])]
            grid = torch.cat([near, bends]).sort().values
        return _with_height(body, shape, height, sliders)


def _resting_bmi(body: AnnyBody, shape: Tensor) -> Tensor:  # [N, 11] -> [N]
    """Body mass index from the A-pose, which costs a third of the T-pose's and is 1.2 % more (bent knees), +-0.3 %."""
    return 0.988 * bmi(body.rest(shape)[0], body.faces)


def _check(sex: str, age: float, height: float, bmi: float | None, muscle: float, phenotypes: dict[str, float]) -> None:
    if sex not in ("female", "male"):
        raise PersonifyError(f"sex: {sex!r} is not known; expected female or male")
    if not AGES[0] <= age <= AGES[1]:
        raise PersonifyError(f"age: {age:g} is out of range; expected {AGES[0]:g} to {AGES[1]:g} years")
    if not (math.isfinite(height) and height > 0):
        raise PersonifyError(f"height: {height:g} is not a height; expected centimetres, e.g. 170")
    if bmi is not None and not (math.isfinite(bmi) and bmi > 0):
        raise PersonifyError(f"bmi: {bmi:g} is not a body mass index; expected kg/m2, e.g. 22")
    if not 0 <= muscle <= 1:
        raise PersonifyError(f"muscle: {muscle:g} is out of range; expected 0 to 1")
    if "gender" in phenotypes or (bmi is not None and "weight" in phenotypes):
        raise PersonifyError("phenotypes: gender follows from sex and weight from bmi; leave them out")


def _with_height(body: AnnyBody, shape: Tensor, height: float, sliders: Tensor | None) -> Tensor:
    """Vertices are linear in Anny's ``height``, so its two ends tell every height between."""
    ends = body(_varied(body, shape, height=[0.0, 1.0]), sliders=sliders)
    low, high = height_cm(ends.vertices, body.faces).tolist()
    if not low <= height <= high:
        raise PersonifyError(
            f"height: {height:g} cm is out of reach at this sex and age; expected {low + 0.5:.0f} to {high - 0.5:.0f}"
        )
    return _varied(body, shape, height=[(height - low) / (high - low)])


def _root(grid: Tensor, values: Tensor) -> float:
    """Where straight lines through the values cross zero, or the grid point nearest to that."""
    crossings = (values[:-1] * values[1:] <= 0).nonzero()[:, 0]
    if not len(crossings):
        return float(grid[values.abs().argmin()])
    # Muscular bodies may have several: the one nearest to the middle weight keeps most of the muscle.
    middles = (grid[crossings] + grid[crossings + 1]) / 2
    cell = int(crossings[(middles - 0.5).abs().argmin()])
    share = values[cell] / (values[cell] - values[cell + 1])
    return float(torch.lerp(grid[cell], grid[cell + 1], share.to(grid.dtype)))


def _knots(muscle: float) -> Tensor:  # [7]
    """Heaviness at Anny's anchors, between which vertices move along straight lines (any point does below 0.5)."""
    bend = 1 - 0.5 / muscle if muscle > 0.5 else 0.5
    return torch.tensor([-1.0, -bend, 0.0, 0.5, 1.0, 1 + bend, 2.0])


def _fleshed(body: AnnyBody, shape: Tensor, muscle: float, heaviness: Tensor) -> Tensor:  # [N] -> [N, 11]
    """Anny's weight is the heaviness from 0 to 1; by what lies outside (down to -1, up to 2) muscle wanes."""
    weight = heaviness.clamp(0, 1)
    waning = muscle * (1 - (heaviness - weight).abs())
    return _varied(body, shape, weight=weight.tolist(), muscle=waning.tolist())


def _varied(body: AnnyBody, shape: Tensor, **columns: list[float]) -> Tensor:  # [1, 11] -> [N, 11]
    """One shape many times, with some phenotypes replaced by lists of values."""
    varied = shape.repeat(len(next(iter(columns.values()))), 1)
    for name, values in columns.items():
        varied[:, body.shape_names.index(name)] = varied.new_tensor(values)
    return varied
