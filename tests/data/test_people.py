"""Synthetic people: reproducible, and their maps agree with their pictures."""

from random import Random

import numpy as np
import pytest
import torch

from personify.body.pose import NUM_JOINTS, PARENTS
from personify.body.rotations import axis_angle_to_matrix
from personify.body.skinning import forward_kinematics, rest_to_posed
from personify.data import people
from personify.data.record import PersonRecord
from personify.errors import PersonifyError

SIZE = 48


@pytest.fixture(scope="module")
def record():
    return people.person(seed=3, index=1, views=4, size=SIZE)


def test_surface_maps_project_onto_their_own_pixels(record):
    joints = torch.from_numpy(record.joints)
    frames = forward_kinematics(axis_angle_to_matrix(torch.from_numpy(record.poses)), joints, PARENTS)
    transforms = rest_to_posed(frames, joints).numpy()
    view, pixel = np.divmod(record.pixels, SIZE * SIZE)
    weights = np.zeros((len(pixel), NUM_JOINTS), np.float32)
    np.put_along_axis(weights, record.joint_index.astype(int), record.joint_weight / np.float32(255), 1)
    blended = np.einsum("pj,pjab->pab", weights / weights.sum(1, keepdims=True), transforms[view])
    posed = np.einsum("pab,pb->pa", blended[:, :3, :3], record.positions.astype(np.float32)) + blended[:, :3, 3]
    local = np.einsum("pab,pb->pa", record.viewmats[view, :3, :3], posed) + record.viewmats[view, :3, 3]
    projected = np.einsum("pab,pb->pa", record.Ks[view], local)
    expected = np.stack([pixel % SIZE, pixel // SIZE], 1) + 0.5
    error = np.linalg.norm(projected[:, :2] / projected[:, 2:] - expected, axis=1)
    assert np.percentile(error, 99) < 0.1
    assert error.max() < 0.6


def test_seen_pixels_are_where_the_picture_is_opaque(record):
    seen = np.zeros(record.images.shape[:3], bool).ravel()
    seen[record.pixels] = True
    alpha = record.images[..., 3].ravel()
    assert (alpha[seen] > 0).mean() > 0.97
    assert (seen[alpha == 255]).mean() > 0.97
    assert 0.05 < seen.mean() < 0.4


def test_the_same_seed_gives_the_same_person(record):
    again = people.person(seed=3, index=1, views=4, size=SIZE)
    other = people.person(seed=3, index=2, views=1, size=SIZE)
    assert np.array_equal(record.images, again.images)
    assert np.array_equal(record.positions, again.positions)
    assert record.caption == again.caption != other.caption


def test_views_share_poses_as_asked():
    outfit = people.draw_outfit(Random(0))
    record = people.render_person(outfit, np.random.default_rng(0), views=3, size=16, views_per_pose=2)
    assert np.array_equal(record.poses[0], record.poses[1])
    assert not np.array_equal(record.poses[1], record.poses[2])


def test_records_survive_the_disk(record, tmp_path):
    path = record.save(tmp_path / "person-0-000000.npz")
    loaded = PersonRecord.load(path)
    for name in ("images", "viewmats", "Ks", "poses", "joints", "pixels", "positions", "joint_index", "joint_weight"):
        assert np.array_equal(getattr(loaded, name), getattr(record, name)), name
    assert loaded.caption == record.caption


def test_damaged_records_are_named(record, tmp_path):
    path = tmp_path / "person-0-000000.npz"
    for content in (b"", b"nonsense", record.save(path).read_bytes()[:1000]):
        path.write_bytes(content)
        with pytest.raises(PersonifyError, match="not a readable person record"):
            PersonRecord.load(path)


def test_a_folder_is_continued(record, tmp_path, monkeypatch):
    rendered = []
    monkeypatch.setattr(people, "person", lambda seed, index, views, size: rendered.append(index) or record)
    list(people.write_people(tmp_path, 2, seed=5))
    list(people.write_people(tmp_path, 3, seed=5))
    assert rendered == [0, 1, 2]
    assert [path.name for path in people.people_files(tmp_path)] == [f"person-5-{k:06d}.npz" for k in range(3)]


def test_workers_share_a_stream(monkeypatch):
    monkeypatch.setattr(people, "person", lambda seed, index, views, size: index)
    streams = [people.stream_people(0, first, step=2) for first in (0, 1)]
    assert [[next(stream) for _ in range(3)] for stream in streams] == [[0, 2, 4], [1, 3, 5]]
