"""What is known about a person fits the template: skinned back, it is the person again."""

import numpy as np
import pytest
import torch

from personify.photos.articulation import apply, blend, bone_transforms
from personify.photos.bones import spread_over_bones
from personify.train.targets import REACH, canonical_positions, dense_weights, know


@pytest.fixture(scope="module")
def person(records, template):
    return know(records[0], template)


def test_the_bones_carry_canonical_positions_back(records, template):
    record = records[0]
    weights = dense_weights(record.joint_index, record.joint_weight)
    canonical = torch.from_numpy(canonical_positions(record, weights, template))
    transforms = bone_transforms(template.joints, torch.from_numpy(record.joints), template.parents)
    back = apply(blend(spread_over_bones(torch.from_numpy(weights), template.parents), transforms), canonical)
    assert np.abs(back.numpy() - record.positions.astype(np.float32)).max() < 1e-4


def test_a_person_of_the_templates_shape_stays_where_it_is(records, template):
    from dataclasses import replace

    record = replace(records[0], joints=template.joints.numpy())
    weights = dense_weights(record.joint_index, record.joint_weight)
    canonical = canonical_positions(record, weights, template)
    assert np.abs(canonical - record.positions.astype(np.float32)).max() < 1e-4


def test_weights_sum_to_one(records):
    weights = dense_weights(records[0].joint_index, records[0].joint_weight)
    assert np.allclose(weights.sum(1), 1, atol=1e-5)
    assert (dense_weights(np.zeros((1, 4), np.uint8), np.zeros((1, 4), np.uint8)) == 0).all()


def test_texels_lie_near_the_body_and_have_the_clothes_colours(person, template):
    at = person.texels
    surface = template.positions.reshape(-1, 3)[torch.from_numpy(at).long()].numpy()
    assert len(at) > 0.9 * int((template.mask > 0).sum())
    assert np.linalg.norm(person.texel_positions - surface, axis=1).max() < REACH + 1e-2
    height = person.texel_positions[:, 1].astype(np.float32)
    central = np.abs(person.texel_positions[:, 0]) < 0.12
    chest = person.texel_colors[central & (height > 1.15) & (height < 1.3)].astype(int)
    thigh = person.texel_colors[central & (height > 0.6) & (height < 0.75)].astype(int)
    assert (chest[:, 0] > chest[:, 1:].max(1) + 40).mean() > 0.8  # a red t-shirt
    assert (thigh.max(1) < 110).mean() > 0.8  # black jeans


def test_opposite_texels_lie_on_the_other_side(template):
    opposite = template.opposite.numpy()
    inside = template.mask.flatten().numpy() > 0
    assert (opposite[~inside] == -1).all()
    positions = template.positions.flatten(0, 1).numpy()
    off = positions[opposite[inside]] * [-1, 1, 1] - positions[inside]
    assert np.linalg.norm(off, axis=1).mean() < 0.02


def test_a_person_in_a_mirror_is_known_like_the_person(person, template):
    """Nobody's surface moves: what `know` finds in the mirrored record is what mirroring tells."""
    mirrored = person.mirrored(template.opposite.numpy())
    again = know(mirrored.record, template)
    assert np.abs(mirrored.positions - again.positions).mean() < 0.003  # the template itself is a little lopsided
    assert len(np.intersect1d(mirrored.texels, again.texels)) > 0.97 * len(again.texels)
    left = template.positions.flatten(0, 1)[mirrored.texels, 0] > 0.1
    assert (mirrored.texel_positions[left.numpy(), 0] > 0).mean() > 0.99
    at = np.isin(mirrored.texels, again.texels), np.isin(again.texels, mirrored.texels)
    off = mirrored.texel_colors[at[0]].astype(float) - again.texel_colors[at[1]]
    assert np.abs(off).mean() < 8
