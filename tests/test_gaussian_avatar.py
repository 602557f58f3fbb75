"""An avatar of Gaussians does what an avatar of meshes does: pose, animate, draw, save, export."""

import dataclasses

import imageio.v3 as iio
import numpy as np
import pytest
import torch

from personify.avatar import Avatar, load
from personify.body.pose import JOINT_INDEX
from personify.body.posing import relaxed_pose, skinning_transforms
from personify.drawing import AvatarRenderer, surface_points
from personify.errors import PersonifyError
from personify.export.glb_reader import read_glb
from personify.export.splat_glb import read_splat_glb
from personify.export.splat_ply import read_splat_ply
from personify.produce import write_performance
from personify.render.cameras import frame_points
from personify.show import views
from personify.surface_sampling import gaussians_from_parts

FIELDS = ("means", "quats", "scales", "opacities", "sh", "lbs_weights")


@pytest.fixture(scope="module")
def mesh_person(lumberjack):
    return dataclasses.replace(lumberjack, motions=(lumberjack.motions[0].sliced(0, 0.2),))


@pytest.fixture(scope="module")
def person(mesh_person):
    return dataclasses.replace(mesh_person, parts=(), gaussians=gaussians_from_parts(mesh_person.parts, 6000))


def transforms_of(avatar):
    return skinning_transforms(avatar.skeleton, relaxed_pose(avatar.skeleton))


def test_gaussians_follow_the_joints(person):
    rest = person.gaussians
    hand = rest.lbs_weights[:, JOINT_INDEX["left_wrist"]] > 0.9
    posed = person.pose_gaussians(left_shoulder=(0, 0, -np.pi / 2))
    assert posed.means[hand, 1].mean() < rest.means[hand, 1].mean() - 0.4
    feet = rest.lbs_weights[:, JOINT_INDEX["left_ankle"]] > 0.9
    assert torch.allclose(posed.means[feet], rest.means[feet], atol=1e-5)


def test_posed_people_have_no_spikes(person):
    """Elbows, knees, shoulders and hips bent far: nothing grows beyond what the surface itself stretches."""
    posed = person.pose_gaussians(
        left_elbow=(0, -2.4, 0), right_elbow=(0, 2.4, 0), left_knee=(2.2, 0, 0), left_hip=(-1.7, 0, 0.3),
        right_shoulder=(0, 0, -1.1), right_hip=(0, 0, -0.9), head=(0, 1.0, 0),
    )  # fmt: skip
    longest = torch.linalg.eigvalsh(posed.covars)[:, 2].sqrt()
    grown = longest / person.gaussians.scales.amax(1)
    assert grown.max() < 2.51
    assert (grown > 2).float().mean() < 0.01
    distances = torch.cdist(posed.means[::7], posed.means).topk(2, largest=False).values[:, 1]
    assert (longest[::7] > 6 * distances.clamp(min=0.004)).float().mean() < 0.02


def test_the_picture_is_that_of_the_mesh(person, mesh_person):
    pose = transforms_of(person)
    camera = frame_points(surface_points(person, pose), 0.3, 0.1, 96, 128)
    splats, mesh = (AvatarRenderer(avatar).render(pose, camera) for avatar in (person, mesh_person))
    assert splats.shape == mesh.shape
    assert np.abs(splats - mesh).mean() < 0.06
    both = AvatarRenderer(dataclasses.replace(mesh_person, gaussians=person.gaussians)).render(pose, camera)
    assert np.abs(both - mesh).mean() < 0.06


def test_save_load_save_is_stable(person, tmp_path):
    first = person.save(tmp_path / "a.safetensors")
    loaded = load(first)
    assert loaded.save(tmp_path / "b.safetensors").read_bytes() == first.read_bytes()
    assert loaded.parts == ()
    for name in FIELDS:
        assert torch.equal(getattr(loaded.gaussians, name), getattr(person.gaussians, name)), name


def test_files_of_meshes_do_not_mention_gaussians(mesh_person, tmp_path):
    path = mesh_person.save(tmp_path / "a.safetensors")
    assert b"gaussians" not in path.read_bytes()
    assert load(path).gaussians is None


def test_views_and_films_are_drawn(person, tmp_path):
    pictures = views(person, 64)
    assert [picture.shape for picture in pictures] == [(64, 64, 3)] * 4
    assert all(picture.std() > 0.02 for picture in pictures)
    write_performance(person, person.motions[0], tmp_path / "moving.mp4")
    frames = iio.imread(tmp_path / "moving.mp4")
    assert frames.shape[1:] == (512, 512, 3)
    assert frames.std() > 5


def test_exports_hold_the_gaussians(person, tmp_path):
    found = read_splat_ply(person.export(tmp_path / "person.ply"))
    assert torch.equal(found.means, person.gaussians.means)
    path = person.export(tmp_path / "person.glb")
    found = read_splat_glb(path)
    assert torch.equal(found.means, person.gaussians.means)
    assert torch.allclose(found.lbs_weights, person.gaussians.lbs_weights, atol=1e-6)
    assert len(read_glb(path).items("animations")) == 1


def test_both_surfaces_go_into_one_file(person, mesh_person, tmp_path):
    both = dataclasses.replace(mesh_person, gaussians=person.gaussians)
    names = [mesh["name"] for mesh in read_glb(both.export(tmp_path / "both.glb")).items("meshes")]
    assert names == [*(part.name for part in mesh_person.parts), "gaussians"]
    again = load(both.save(tmp_path / "both.safetensors"))
    assert len(again.gaussians) == len(person.gaussians)
    assert len(again.parts) == len(mesh_person.parts)


@pytest.mark.parametrize("name", ["x.obj", "x.html"])
def test_formats_of_meshes_are_refused(person, tmp_path, name):
    with pytest.raises(PersonifyError, match=r"use \.glb, \.ply or \.spz"):
        person.export(tmp_path / name)
    assert list(tmp_path.iterdir()) == []


def test_a_mesh_has_no_gaussians_to_pose_or_export(mesh_person, tmp_path):
    with pytest.raises(PersonifyError, match="no Gaussians"):
        mesh_person.pose_gaussians()
    with pytest.raises(PersonifyError, match="has none"):
        mesh_person.export(tmp_path / "x.spz")


def test_damaged_gaussians_are_named(person, tmp_path):
    damaged = dataclasses.replace(person.gaussians, means=person.gaussians.means * torch.nan)
    with pytest.raises(PersonifyError, match="means"):
        Avatar("x", person.skeleton, (), gaussians=damaged).save(tmp_path / "x.safetensors")
