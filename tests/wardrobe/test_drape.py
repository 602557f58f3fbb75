"""Rings are convex, cloth hangs no steeper than told, layers keep their order."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.spatial import ConvexHull

from personify.wardrobe.drape import Fitting, convex_radius, hang
from personify.wardrobe.figure import default_body, make_figure
from personify.wardrobe.suit import ANGLES, body_suit, limbs, node_angles, tunic


@pytest.fixture(scope="module")
def fitting() -> Fitting:
    return Fitting(make_figure(default_body().shape_vector(gender=1.0)))


@settings(max_examples=20, deadline=None)
@given(st.integers(0, 10_000))
def test_convex_radius_is_the_convex_hull(seed):
    angles = np.linspace(0, 2 * np.pi, 40, endpoint=False)
    radius = np.random.default_rng(seed).uniform(0.5, 1.0, 40)
    points = np.stack([radius * np.cos(angles), radius * np.sin(angles)], 1)
    found = convex_radius(points[None, :, 0], points[None, :, 1])[0]
    hull = ConvexHull(points)
    directions = np.stack([np.cos(node_angles()), np.sin(node_angles())], 1)
    reach = -hull.equations[:, 2] / np.maximum(directions @ hull.equations[:, :2].T, 1e-9)
    exact = reach.min(1)
    assert (found >= exact - 1e-9).all()
    assert (found <= 1.05 * exact).all()  # 64 support directions instead of all


@settings(max_examples=20, deadline=None)
@given(st.integers(0, 10_000), st.floats(-0.3, 1.0))
def test_hanging_cloth_stays_outside_and_within_its_slope(seed, down):
    radius = np.random.default_rng(seed).uniform(0.1, 0.3, (30, ANGLES))
    hung = hang(radius, 0.02, down, up=3.0)
    assert (hung >= radius).all()
    assert (np.diff(hung, axis=0) >= -down * 0.02 - 1e-12).all()
    assert (np.diff(hung, axis=0) <= 3.0 * 0.02 + 1e-12).all() or down < 0


@pytest.mark.parametrize("surface", [body_suit, tunic])
def test_surfaces_are_affine_recipes(surface):
    made = surface()
    total = np.asarray(made.drape.sum(1)).ravel()
    np.testing.assert_allclose(total, made.share.sum(1), atol=1e-9)
    assert total.min() > -1e-9
    assert total.max() < 1 + 1e-9
    np.testing.assert_allclose(np.asarray(made.matrix.sum(1)).ravel(), 1, atol=1e-9)
    np.testing.assert_allclose(made.lbs_weights.sum(1), 1, atol=1e-9)


def test_rings_enclose_the_body(fitting):
    for name, limb in limbs().items():
        if name == "torso":
            continue
        rings = fitting.rings[name]
        nodes = (limb.matrix @ fitting.figure.rest).reshape(len(limb.rows), ANGLES, 3)
        offset = nodes - rings.centers[:, None]
        across = np.hypot((offset * rings.fronts[:, None]).sum(2), (offset * rings.sides[:, None]).sum(2))
        assert (across.max(1) <= 1.02 * rings.radius.max(1)).all(), name


def test_rings_of_both_sides_mirror_each_other(fitting):
    left, right = fitting.rings["left_leg"].radius, fitting.rings["right_leg"].radius
    mirrored = right[:, (-np.arange(ANGLES)) % ANGLES]
    assert np.abs(left - mirrored).mean() < 0.004
