"""Faces that go with actions."""

import numpy as np
import pytest

import personify
from personify.body.anny import AnnyBody
from personify.motion.catalogue import Ask, entry_named
from personify.motion.faces import FACES, face_weights

TIMES = np.linspace(0, 3, 91)


@pytest.mark.parametrize("action", FACES)
def test_faces_are_arkit_shapes_within_range_that_come_and_go(action):
    weights = face_weights(action, TIMES)
    assert set(weights) <= set(AnnyBody().expression_names)
    for values in weights.values():
        assert values.shape == (91,)
        assert values.min() >= 0
        assert 0.05 < values.max() <= 1
        assert values[0] == values[-1] == 0


@pytest.mark.parametrize("action", FACES)
def test_the_library_calls_its_motions_so(action):
    assert face_weights(entry_named(action).make(Ask()).name, TIMES)


def test_most_actions_leave_the_face_alone():
    assert face_weights("walk", TIMES) == {}
    assert face_weights("crying_wolf", TIMES) == {}


def test_the_clip_of_a_laugh_carries_its_face():
    clip = personify.motion("laugh").to_clip()
    assert clip.morph_weights["mouthSmileLeft"].max() > 0.5
    assert not personify.motion("walk", seconds=1).to_clip().morph_weights
