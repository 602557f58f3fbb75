"""Hems and seams: where they lie, and what they leave alone."""

from dataclasses import replace

import numpy as np
import pytest

from personify.text.sculpt.tailoring import HEM, Borders, border_points, hem_height, hem_shade, tailor
from personify.wardrobe.dress import dress
from personify.wardrobe.outfit import Garment, Outfit, Person


@pytest.fixture(scope="module")
def skirt():
    parts = dress(Outfit(Person("female"), garments=(Garment("skirt", "green"),)), 128)[1]
    return next(part for part in parts if part.name == "skirt")


def test_borders_are_the_waist_and_the_hem_but_no_seam(skirt):
    heights = border_points(skirt)[:, 1]
    low, high = skirt.vertices[:, 1].min(), skirt.vertices[:, 1].max()
    middle = (heights > low + 0.4 * (high - low)) & (heights < low + 0.6 * (high - low))
    assert len(heights) > 100
    assert not middle.any()


def test_a_closed_surface_has_no_border(skirt):
    corners = np.float32([[0, 0, 0], [1, 0, 0], [0, 1, 0], [0, 0, 1]])
    faces = np.array([[0, 2, 1], [0, 1, 3], [1, 2, 3], [0, 3, 2]])
    closed = replace(
        skirt, vertices=corners, faces=faces, uvs=np.zeros((4, 2), np.float32), lbs_weights=skirt.lbs_weights[:4]
    )
    assert len(border_points(closed)) == 0
    assert len(border_points(replace(closed, faces=faces[1:]))) > 0


def test_cloth_is_thick_at_the_hem_and_unchanged_inside():
    height = hem_height(np.array([0.01, HEM, 0.08]))
    assert height[0] > 0.001
    assert height[1] < 0
    assert abs(height[2]) < 1e-6
    assert hem_shade(np.array([0.08]))[0] == pytest.approx(1, abs=1e-4)
    assert (hem_shade(np.linspace(0, 0.1, 50)) > 0.4).all()


def test_a_tailored_skirt_keeps_its_shape_and_its_colour(skirt):
    sewn = tailor(skirt)
    assert sewn.vertices is skirt.vertices
    assert not np.array_equal(sewn.material.normal_map, skirt.material.normal_map)
    before, after = (part.material.texture.astype(float).mean((0, 1)) for part in (skirt, sewn))
    assert after == pytest.approx(before, rel=0.15)
    lengths = np.linalg.norm(sewn.material.normal_map / 127.5 - 1, axis=-1)
    assert np.abs(lengths - 1).max() < 0.03


def test_a_layer_above_puts_no_hem_on_the_one_below(skirt):
    """A sheet with a small one 5 mm above its middle."""
    grid = np.stack(np.meshgrid(np.linspace(0, 1, 21), np.linspace(0, 1, 21), indexing="ij"), -1).reshape(-1, 2)
    large = np.concatenate([grid, np.zeros((441, 1))], 1)
    small = np.concatenate([0.4 + 0.2 * grid, np.full((441, 1), 0.005)], 1)
    corner = (np.arange(20)[:, None] * 21 + np.arange(20)).ravel()
    faces = np.concatenate([corner[:, None] + (0, 21, 22), corner[:, None] + (0, 22, 1)])
    uvs = np.concatenate([grid * (0.45, 1), grid * (0.45, 1) + (0.55, 0)])
    weights = np.repeat(skirt.lbs_weights[:1], 882, 0)
    both = replace(
        skirt, vertices=np.float32(np.concatenate([large, small])), faces=np.concatenate([faces, faces + 441]),
        uvs=np.float32(uvs), lbs_weights=weights,
    )  # fmt: skip
    borders = Borders(both, 64)
    places = np.zeros((64, 64, 3), np.float32)
    places[:] = (0.4, 0.5, 0.0)  # right below the border of the small sheet
    distance = borders.distance(places)
    assert distance[32, 10] > 0.3  # a texel of the large sheet
    assert distance[32, 38] < 0.01  # one of the small sheet, at its border
    assert borders.narrow[32, 10] == 1


def test_strong_edges_get_no_halo(skirt):
    texture = np.full((128, 128, 3), 30, np.uint8)
    texture[:, 64:] = (220, 180, 40)
    sewn = tailor(replace(skirt, material=replace(skirt.material, texture=texture))).material.texture.astype(int)
    assert (sewn - texture).max() <= 10


def test_parts_without_texture_stay(skirt):
    plain = replace(skirt, material=replace(skirt.material, texture=None))
    assert tailor(plain) is plain
