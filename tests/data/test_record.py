"""A record in a mirror is a record of somebody else, with everything that is known still true."""

import numpy as np
import pytest

from personify.body.pose import JOINT_INDEX, PARENTS
from personify.body.rotations import axis_angle_to_matrix
from personify.body.skinning import forward_kinematics, rest_to_posed
from personify.data.people import render_person
from personify.data.record import PersonRecord
from personify.wardrobe.outfit import Outfit

torch = pytest.importorskip("torch")


@pytest.fixture(scope="module")
def record() -> PersonRecord:
    return render_person(Outfit(), np.random.default_rng(3), views=2, size=40)


def pixels_off(record: PersonRecord) -> np.ndarray:
    """How far the posed surface, seen through its camera, falls from the pixels that show it."""
    size, joints = record.images.shape[1], torch.from_numpy(record.joints)
    frames = forward_kinematics(axis_angle_to_matrix(torch.from_numpy(record.poses)), joints, PARENTS)
    transforms = rest_to_posed(frames, joints).numpy()
    view = record.pixels // size**2
    weights = record.joint_weight / record.joint_weight.sum(1, keepdims=True, dtype=np.float32)
    moved = (transforms[view[:, None], record.joint_index] * weights[..., None, None]).sum(1)
    points = moved[:, :3, :3] @ record.positions.astype(np.float32)[..., None] + moved[:, :3, 3:]
    camera = record.viewmats[view, :3, :3] @ points + record.viewmats[view, :3, 3:]
    pixels = (record.Ks[view] @ (camera / camera[:, 2:]))[:, :2, 0]
    cell = record.pixels % size**2
    return np.linalg.norm(pixels - np.stack([cell % size, cell // size], 1) - 0.5, axis=1)


def test_the_surface_is_where_the_pixels_are_also_in_a_mirror(record):
    assert np.percentile(pixels_off(record), 99) < 0.2
    mirrored, _ = record.mirrored()
    assert np.percentile(pixels_off(mirrored), 99) < 0.2


def test_a_mirror_swaps_sides(record):
    mirrored, order = record.mirrored()
    left, right = JOINT_INDEX["left_wrist"], JOINT_INDEX["right_wrist"]
    assert mirrored.joints[left][0] == -record.joints[right][0]
    assert np.array_equal(mirrored.images[:, :, 0], record.images[:, :, -1])
    assert (np.diff(mirrored.pixels) > 0).all()  # as batches search them
    assert np.array_equal(mirrored.positions[:, 1], record.positions[order, 1])


def test_two_mirrors_show_the_person(record):
    again = record.mirrored()[0].mirrored()[0]
    for name in ("images", "viewmats", "poses", "joints", "pixels", "positions", "joint_index", "joint_weight"):
        assert np.array_equal(getattr(again, name), getattr(record, name)), name
    assert np.allclose(again.Ks, record.Ks, atol=1e-4)
