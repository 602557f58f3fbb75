"""Poses and cameras from correspondences, refinement, and what was seen."""

from dataclasses import replace

import pytest
import torch

from personify.body.anny import AnnyBody
from personify.photos.alignment import FreeStance, Stance, align, draw_stance, photo_transforms, tpose_joints
from personify.photos.confidence import seen_regions, seen_texels
from personify.photos.mesh import person_mesh
from personify.photos.refine import FreeGaussians, refine
from personify.render.gaussians.spherical_harmonics import C0

from .pictures import known_person, posed_stance

SIZE = 64


@pytest.fixture(scope="module")
def body():
    return AnnyBody()


@pytest.fixture(scope="module")
def stance(body):
    return posed_stance(body, size=SIZE)


@pytest.fixture(scope="module")
def person(template, body, stance):
    return known_person(template, body, stance, SIZE)


def joint_pixels(stance, body):
    frames = photo_transforms(stance.rotations, tpose_joints(body, stance.shape)[0])
    joints = tpose_joints(body, stance.shape)[0]
    posed = (frames[..., :3, :3] @ joints[:, :, None])[..., 0] + frames[..., :3, 3]
    camera = posed @ stance.viewmats[:, :3, :3].mT + stance.viewmats[:, None, :3, 3]
    pixels = camera @ stance.Ks.mT
    return pixels[..., :2] / pixels[..., 2:]


def test_fingers_follow_the_wrist(body, stance):
    transforms = photo_transforms(stance.rotations, tpose_joints(body, stance.shape)[0])
    assert transforms.shape == (2, 55, 4, 4)
    assert torch.equal(transforms[:, 30], transforms[:, 20])
    assert torch.equal(transforms[:, 50], transforms[:, 21])
    assert torch.equal(transforms[:, 22], transforms[:, 15])


def test_a_free_stance_starts_where_it_was_put(body, stance):
    now = FreeStance(stance, body).stance()
    for name in ("rotations", "viewmats", "Ks", "shape"):
        assert torch.allclose(getattr(now, name), getattr(stance, name), atol=1e-5), name


def test_alignment_finds_pose_and_camera_from_any_side(template, body, stance, person):
    found = align(person, template, Stance.guess(SIZE, 2, None), SIZE, body, steps=60)
    error = (joint_pixels(found, body) - joint_pixels(stance, body)).norm(dim=-1)[:, :22]
    before = (joint_pixels(Stance.guess(SIZE, 2, None), body) - joint_pixels(stance, body)).norm(dim=-1)[:, :22]
    assert error.mean() < 1.5  # of 64 pixels
    assert error.mean() < before.mean() / 4


@pytest.fixture(scope="module")
def shown(template, body, stance, person):
    """Pictures of the true person."""
    with torch.no_grad():
        joints = tpose_joints(body, stance.shape)[0]
        colors, alphas = draw_stance(person, template, stance, joints, SIZE)
    return colors / alphas.clamp(min=1e-3), alphas[..., 0]


def test_refinement_moves_wrong_colours_towards_the_true_ones(template, body, stance, person, shown):
    grey = FreeGaussians(person)
    with torch.no_grad():
        grey.color -= C0 * person.harmonics[0, :, 0]
    refined = refine(grey.gaussians(), template, stance, *shown, body, steps=20)
    before, after = refined.psnr
    assert after > before + 0.5
    moved, wanted = refined.gaussians.harmonics[0, :, 0], person.harmonics[0, :, 0]
    own = (person.source[0, :, 0] == 0) & (moved.abs().sum(-1) > 1e-3)
    assert (moved * wanted)[own].sum() > 0.3 * moved[own].norm() * wanted[own].norm()


def test_refining_poses_leaves_gaussians_and_shape_alone(template, body, stance, person, shown):
    twisted = FreeStance(stance, body)
    with torch.no_grad():
        twisted.twist += 0.01
        start = twisted.stance()
    losses = []
    refined = refine(
        person, template, start, *shown, body, steps=15, poses_only=True, report=lambda step, loss: losses.append(loss)
    )
    assert torch.equal(refined.gaussians.means, person.means)
    assert torch.allclose(refined.stance.shape, start.shape, atol=1e-6)
    assert refined.psnr[1] > refined.psnr[0]
    assert len(losses) == 15


def test_what_no_photo_shows_is_called_invented(template, person):
    person = replace(person, source=person.source.long())
    everything = seen_regions(seen_texels(person, template), template)
    assert min(everything.values()) > 0.99
    upper = person.means[0, :, 1] > 1.0
    chosen = (person.source[0, :, 0] == 0) | upper
    half = type(person)(**{name: value[:, chosen] for name, value in vars(person).items()})
    seen = seen_regions(seen_texels(half, template), template)
    assert seen["head"] > 0.99
    assert max(seen["left foot"], seen["right foot"]) < 0.01
    nothing = person.source[0, :, 0] == 0
    none = type(person)(**{name: value[:, nothing] for name, value in vars(person).items()})
    assert set(seen_regions(seen_texels(none, template), template).values()) == {0.0}


def test_mesh_is_the_body_in_the_gaussians_colours(template, body, stance, person):
    joints = body(stance.shape).tpose_joints[0]
    red = FreeGaussians(person)
    with torch.no_grad():
        red.color += torch.tensor([0.4, -0.5, -0.5]) - C0 * person.harmonics[0, :, 0]
    gaussians = replace(red.gaussians(), source=person.source.long())
    part = person_mesh(gaussians, template, body, stance.shape, joints, texture_size=128)
    assert part.material.texture.shape == (128, 128, 3)
    assert abs(part.material.texture.reshape(-1, 3).mean(0) - (229, 0, 0)).max() < 4
    skin = body(stance.shape).vertices[0].numpy()
    assert abs(part.vertices.max(0) - skin[body.faces.unique()].max(0)).max() < 0.03
    assert len(part.faces) == len(body.faces)
