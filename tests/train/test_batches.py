from dataclasses import replace

import numpy as np
import pytest
import torch

from personify.data.views import azimuths
from personify.errors import PersonifyError
from personify.photos.network.stem import turn_to_camera
from personify.train.batches import PhotoBatch, Sampling, TrainingBatches, collate, sample
from personify.train.targets import know


@pytest.fixture(scope="module")
def people(records, template):
    return [know(record, template) for record in records]


def batches(people, template, **changes):
    settings = {"odds": [1.0], "sampling": Sampling(2, 32, (0.5, 0.5), 1), "steps": 5, "seed": 1} | changes
    return TrainingBatches([people], template=template, **settings)


def tensors(batch: PhotoBatch):
    return vars(batch)


def test_a_batch_depends_on_seed_rank_and_step_alone(people, template):
    first, again = batches(people, template)[3], batches(people, template)[3]
    assert all(torch.equal(tensors(first)[name], tensors(again)[name]) for name in tensors(first))
    for other in (
        batches(people, template)[2],
        batches(people, template, rank=1)[3],
        batches(people, template, seed=2)[3],
    ):
        assert other.images.shape != first.images.shape or not torch.equal(other.images, first.images)


def test_ranks_see_other_people_but_as_many_photos(people, template):
    ranks = [batches(people, template, rank=rank, seed=4) for rank in (0, 1)]
    pairs = [[rank[step].images for rank in ranks] for step in range(6)]
    assert all(first.shape == second.shape for first, second in pairs)
    assert len({first.shape[1] for first, _ in pairs}) == 2
    assert not any(torch.equal(first, second) for first, second in pairs)


def test_undisturbed_samples_show_the_record(records, people):
    record = records[1]
    shown = collate([sample(people[1], np.array([2]), np.array([0, 3]), 48, (32, 32))])
    rgba = torch.from_numpy(record.images[2]).float() / 255
    solid = rgba[..., 3] == 1
    assert torch.allclose(shown.images[0, 0].movedim(0, -1)[solid], rgba[..., :3][solid], atol=0.01)
    assert (shown.images[0, 0].movedim(0, -1)[rgba[..., 3] == 0] == 0).all()
    assert torch.equal(shown.masks[0, 0] == 1, solid)
    assert np.array_equal(shown.Ks[0, 0].numpy(), record.Ks[2])
    assert shown.target_images.shape == (1, 2, 48, 48, 3)


def test_known_pixels_carry_their_own_surface(records, people):
    record = records[0]
    shown = collate([sample(people[0], np.array([1]), np.array([0]), 48, (32, 32))])
    known = shown.known[0, 0] > 0
    assert known.float().sum() > 0.9 * (shown.masks[0, 0] > 0).float().sum()
    mine = (record.pixels // 48**2 == 1) & np.isin(record.pixels % 48**2, known.flatten().nonzero()[:, 0].numpy())
    assert np.allclose(shown.positions[0, 0][known].numpy(), people[0].positions[mine].astype(np.float32))
    assert torch.allclose(shown.lbs_weights[0, 0][known].sum(-1), torch.ones(int(known.sum())), atol=1e-4)


def test_half_of_the_people_are_mirrored(people, template):
    many = batches(people[:1], template, sampling=Sampling(1, 32, (1.0,), 1), steps=40)
    own = torch.from_numpy(people[0].record.joints)
    straight = sum(torch.equal(many[k].joints[0], own) for k in range(40))
    assert 10 <= straight <= 30


def test_turns_are_the_azimuths_of_cameras(records, people):
    shown = collate([sample(people[0], np.arange(4), np.array([0]), 48, (32, 32))])
    upright = replace(shown, poses=0 * shown.poses)
    angles = torch.from_numpy(azimuths(records[0].viewmats)).float()
    torch.testing.assert_close(upright.turns[0], torch.stack([angles.cos(), angles.sin()], -1), atol=1e-5, rtol=0)


def test_turned_to_the_camera_the_seen_surface_lies_towards_it(people):
    shown = collate([sample(people[0], np.arange(4), np.array([0]), 48, (32, 32))])
    known = shown.known[0] > 0
    seen = turn_to_camera(shown.positions[0], shown.turns[0, :, None, None])
    trunk = known & (shown.positions[0, ..., 0].abs() < 0.12) & (shown.positions[0, ..., 1] > 1.0)
    for view in range(4):
        assert seen[view][trunk[view]][:, 2].mean() > 0.03


def test_datasets_are_mixed_by_their_weights(people, template):
    steps = 60
    only_second = TrainingBatches(
        [people[:1], people[1:]], [0.2, 0.8], Sampling(1, 32, (1.0,), 1), template, steps, seed=0
    )
    height = torch.from_numpy(people[1].record.joints[0])  # of the pelvis, which is the same in a mirror
    second = sum(torch.allclose(only_second[k].joints[0, 0], height) for k in range(steps))
    assert 0.65 * steps < second < 0.95 * steps


@pytest.mark.parametrize("odds", [[], [0.0], [-1.0], [1.0, 1.0]])
def test_weights_must_fit_the_datasets(people, template, odds):
    with pytest.raises(PersonifyError, match="one weight of at least 0 for each"):
        TrainingBatches([people], odds, Sampling(), template, 1)


def test_a_template_too_small_is_refused(people):
    with pytest.raises(PersonifyError, match="template is smaller"):
        sample(people[0], np.array([0]), np.array([0]), 32, (8, 8))
