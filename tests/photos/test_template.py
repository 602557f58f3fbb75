"""Template maps: they are the body's surface, skinned like it, at any resolution."""

import numpy as np
import pytest
import torch
from scipy.spatial import cKDTree

from personify.body.anny import AnnyBody
from personify.body.pose import JOINT_INDEX
from personify.body.skinning import forward_kinematics, lbs, rest_to_posed
from personify.errors import PersonifyError
from personify.photos.articulation import pose_transforms
from personify.photos.template import body_template, template_maps


@pytest.fixture(scope="module")
def body() -> AnnyBody:
    return AnnyBody()


@pytest.mark.parametrize("resolution", [16, 64, 100])
def test_weights_sum_to_one_everywhere(body, resolution):
    template = body_template(resolution, body)
    torch.testing.assert_close(template.lbs_weights.sum(-1), torch.ones(resolution, resolution))
    assert set(template.mask.unique().tolist()) == {0.0, 1.0}
    assert 0.55 < template.mask.mean() < 0.7  # of Anny's atlas; coverage does not depend on the resolution


def test_texels_lie_on_the_surface_of_the_t_pose(body):
    template = body_template(64, body)
    points = template.positions[template.mask > 0].numpy()
    surface = body().vertices[0].numpy()
    assert cKDTree(surface).query(points)[0].max() < 0.04
    assert points[:, 1].min() > -0.002
    assert points[:, 0].max() > 0.6  # arms stretched out: their left is +X
    left = template.lbs_weights[..., JOINT_INDEX["left_wrist"]] > 0.5
    assert (template.positions[left & (template.mask > 0)][:, 0] > 0.5).all()


def test_gutters_repeat_the_nearest_texel(body):
    template = body_template(64, body)
    inside = {tuple(point) for point in template.positions[template.mask > 0].tolist()}
    assert all(tuple(point) in inside for point in template.positions[template.mask == 0].tolist())


def test_a_posed_template_lies_on_the_posed_body(body):
    shape = body.shape_vector(height=0.8, weight=0.7)
    template = body_template(64, body, shape)
    pose = torch.zeros(1, 55, 3)
    pose[0, JOINT_INDEX["left_elbow"], 1] = -1.2
    pose[0, JOINT_INDEX["right_knee"], 0] = 1.0
    transforms = pose_transforms(pose[:, None], template.joints[None], template.parents)[0, 0]
    inside = template.mask > 0
    posed = lbs(template.positions[inside], template.lbs_weights[inside], transforms)
    surface = body(shape, pose).vertices[0].numpy()
    surface += template.joints[0].numpy() - body(shape, pose).joints[0, 0].numpy()
    assert cKDTree(surface).query(posed.numpy())[0].max() < 0.04


def test_spacing_measures_the_surface(body):
    """A square metre of plane with one texel per square centimetre, and a seam that must not count."""
    x, y = np.meshgrid(np.linspace(0, 1, 2), np.linspace(0, 2, 2))
    vertices = np.stack([x.ravel(), y.ravel(), 0 * x.ravel()], 1)
    faces = np.array([[0, 1, 2], [1, 3, 2]])
    uvs = np.stack([x.ravel(), y.ravel() / 2], 1)
    positions, weights, mask = template_maps(vertices, faces, np.ones((4, 1)), uvs, faces, 100)
    template = body_template(8, body)
    plane = type(template)(positions, weights, mask, torch.zeros(1, 3), (-1,))
    torch.testing.assert_close(plane.spacing(), torch.full((100, 100), 0.02), atol=1e-5, rtol=0)
    positions[:, 50:] += 3.0
    torch.testing.assert_close(plane.spacing(), torch.full((100, 100), 0.02), atol=1e-5, rtol=0)


def test_joints_are_those_of_the_maps(body):
    template = body_template(16, body)
    frames = forward_kinematics(torch.eye(3).expand(55, 3, 3), template.joints, template.parents)
    identity = torch.eye(4).expand(55, 4, 4)
    torch.testing.assert_close(rest_to_posed(frames, template.joints), identity, atol=1e-6, rtol=0)
    torch.testing.assert_close(template.joints, body().tpose_joints[0])


def test_bad_resolutions(body):
    with pytest.raises(PersonifyError, match="resolution is 0"):
        body_template(0, body)
    triangle = np.zeros((3, 3)), np.array([[0, 1, 2]]), np.ones((3, 1)), np.full((3, 2), 0.1), np.array([[0, 1, 2]])
    with pytest.raises(PersonifyError, match="covers no texel"):
        template_maps(*triangle, 4)
