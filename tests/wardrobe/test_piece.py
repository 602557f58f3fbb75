import dataclasses

import numpy as np
import pytest

from personify.wardrobe.figure import default_body, make_figure
from personify.wardrobe.outfit import Outfit
from personify.wardrobe.piece import finish
from personify.wardrobe.skin import make_skin


@pytest.fixture(scope="module")
def figure():
    return make_figure(default_body().shape_vector(gender=1.0))


def test_offsets_turn_as_the_points_they_move(figure):
    rng = np.random.default_rng(3)
    weights = rng.dirichlet(np.full(55, 0.05), 40)
    points, offsets = rng.normal(size=(2, 40, 3))
    moved = figure.to_tpose(points + offsets, weights) - figure.to_tpose(points, weights)
    assert np.allclose((figure.tpose_matrices(weights) @ offsets[..., None])[..., 0], moved, atol=2e-6)


def test_finished_morphs_are_the_difference_of_finished_shapes(figure):
    skin, eyes = make_skin(figure, Outfit(), np.zeros(len(figure.rest), bool), 64)[:2]
    for piece, names in ((skin, ("jawOpen", "mouthSmileLeft", "browInnerUp")), (eyes, ("eyeLookUpLeft",))):
        part = finish(figure, piece)
        assert set(part.morphs) == set(piece.morphs)
        for name in names:
            index, offset = piece.morphs[name]
            shape = piece.vertices.copy()
            shape[index] += offset
            expected = finish(figure, dataclasses.replace(piece, vertices=shape, morphs={})).vertices - part.vertices
            assert np.array_equal(part.morphs[name][0], index)
            assert np.abs(part.morphs[name][1] - expected[index]).max() < 1e-4
            assert np.abs(expected).max() > 1e-3


def test_pieces_without_morphs_have_none(figure):
    skin = make_skin(figure, Outfit(), np.zeros(len(figure.rest), bool), 64)[0]
    part = finish(figure, dataclasses.replace(skin, morphs={}))
    assert part.morphs == {}
    assert part.vertices.dtype == np.float32
