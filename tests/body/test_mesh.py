"""`MeshPart.validate` names what is wrong."""

import dataclasses

import numpy as np
import pytest

from personify.body.mesh import Material, MeshPart
from personify.errors import PersonifyError


def triangle(**changes):
    part = MeshPart(
        name="triangle",
        vertices=np.float32([[0, 0, 0], [1, 0, 0], [0, 1, 0]]),
        faces=np.array([[0, 1, 2]]),
        uvs=np.float32([[0, 1], [1, 1], [0, 0]]),
        lbs_weights=np.float32([[1, 0], [0.5, 0.5], [0, 1]]),
        material=Material("plain"),
    )
    return dataclasses.replace(part, **changes)


def test_a_good_part_is_returned():
    part = triangle()
    assert part.validate() is part


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"vertices": np.full((3, 3), np.nan, np.float32)}, "vertices must be finite"),
        ({"vertices": np.zeros((3, 2), np.float32)}, "vertices must be finite"),
        ({"faces": np.array([[0, 1, 3]])}, "faces must be"),
        ({"faces": np.array([[0, 1, -1]])}, "faces must be"),
        ({"faces": np.array([0, 1, 2])}, "faces must be"),
        ({"uvs": np.zeros((2, 2), np.float32)}, "uvs must be"),
        ({"uvs": np.full((3, 2), np.inf, np.float32)}, "uvs must be"),
        ({"lbs_weights": np.ones((3, 2), np.float32)}, "rows that sum to 1"),
        ({"lbs_weights": np.ones((2, 1), np.float32)}, "lbs_weights must be"),
    ],
)
def test_a_bad_part_is_refused_by_name(changes, message):
    with pytest.raises(PersonifyError, match=f"'triangle'.*{message}"):
        triangle(**changes).validate()
