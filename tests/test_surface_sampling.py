"""Mesh people become Gaussians: even cover, colours, skin weights, light, holes, hidden layers."""

import dataclasses

import numpy as np
import pytest
import torch

from personify.body.mesh import Material, MeshPart
from personify.body.rotations import quaternion_to_matrix
from personify.errors import PersonifyError
from personify.render.gaussians.spherical_harmonics import spherical_harmonics
from personify.surface_sampling import gaussians_from_parts


def sheet(name="sheet", cells=12, side=0.4, height=0.0, material=None, joints=2):
    """A square in the XZ plane that faces +Y; the weights go from the first joint to the second along X."""
    x, z = np.meshgrid(np.linspace(0, 1, cells + 1), np.linspace(0, 1, cells + 1), indexing="ij")
    uvs = np.stack([x, z], -1).reshape(-1, 2).astype(np.float32)
    vertices = np.stack([side * uvs[:, 0], np.full(len(uvs), height), side * uvs[:, 1]], 1).astype(np.float32)
    corner = (np.arange(cells)[:, None] * (cells + 1) + np.arange(cells)).reshape(-1)
    a, b, c, d = corner, corner + 1, corner + cells + 2, corner + cells + 1
    faces = np.concatenate([np.stack([a, b, c], 1), np.stack([a, c, d], 1)])
    weights = np.stack([1 - uvs[:, 0], uvs[:, 0], *([0 * uvs[:, 0]] * (joints - 2))], 1)
    return MeshPart(name, vertices, faces, uvs, weights, material or Material(name, (0.2, 0.5, 0.8, 1)))


def colors_towards(gaussians, direction):
    views = -torch.tensor(direction).expand(len(gaussians), 3)
    return spherical_harmonics(round(gaussians.sh.shape[1] ** 0.5) - 1, views, gaussians.sh)


def test_gaussians_lie_flat_on_the_surface_and_cover_it_evenly():
    found = gaussians_from_parts([sheet()], 2000)
    assert len(found.validate()) == pytest.approx(2000, abs=2)
    assert found.means[:, 1].abs().max() < 1e-6
    normals = quaternion_to_matrix(found.quats)[:, :, 2]
    assert torch.allclose(normals[:, 1].abs(), torch.ones(len(found)), atol=1e-5)
    assert (found.scales[:, 2] < 0.2 * found.scales[:, 0]).all()
    counts = np.histogram2d(*found.means[:, [0, 2]].numpy().T, bins=8, range=[[0, 0.4], [0, 0.4]])[0]
    assert counts.min() > 0.7 * counts.mean()
    assert counts.max() < 1.3 * counts.mean()
    spacing = 0.4 / 2000**0.5
    assert torch.allclose(found.scales[:, 0] / spacing, torch.full((len(found),), 0.66), atol=0.1)


def test_weights_and_colors_are_those_of_the_surface():
    texture = np.zeros((64, 64, 3), np.uint8)
    texture[:, 32:] = (250, 100, 50)
    part = sheet(material=Material("halves", texture=texture))
    found = gaussians_from_parts([part], 1500, lit=False)
    assert torch.allclose(found.lbs_weights[:, 1], found.means[:, 0] / 0.4, atol=1e-5)
    colors, right = colors_towards(found, (0.0, 1.0, 0.0)), found.means[:, 0] / 0.4
    assert torch.allclose(colors[right < 0.48], torch.zeros(3), atol=2e-3)
    assert torch.allclose(colors[right > 0.52], torch.tensor([250, 100, 50]) / 255, atol=3e-3)


def test_the_lamp_at_the_camera_lights_both_sides_and_falls_off():
    part = sheet(material=Material("white"))
    found = gaussians_from_parts([part], 300)
    above, below = (colors_towards(found, (0.0, sign, 0.0)) for sign in (1.0, -1.0))
    aside = colors_towards(found, (1.0, 0.0, 0.0))
    assert torch.allclose(above, below, atol=1e-5)
    assert 0.9 < above.mean() <= 1.05
    assert aside.mean() < 0.8 * above.mean()


def test_finer_meshes_get_more():
    coarse, fine = sheet("coarse", 4), dataclasses.replace(sheet("fine", 24, height=1.0))
    heights = gaussians_from_parts([coarse, fine], 3000).means[:, 1]
    assert (heights > 0.5).sum() > 3 * (heights < 0.5).sum()


def test_holes_of_the_texture_stay_empty_and_the_count_is_kept():
    texture = np.full((32, 32, 4), 255, np.uint8)
    texture[:, :24, 3] = 0
    found = gaussians_from_parts([sheet(material=Material("card", texture=texture, alpha_mode="MASK"))], 1000)
    assert found.means[:, 0].min() > 0.4 * 0.72
    assert len(found) == pytest.approx(1000, rel=0.15)


def test_skin_closely_under_cloth_is_left_out():
    skin, cloth = sheet("skin"), sheet("cloth", height=0.006)
    found = gaussians_from_parts([skin, cloth], 3000)
    assert (found.means[:, 1] > 0.003).float().mean() > 0.95
    apart = gaussians_from_parts([skin, sheet("canopy", height=0.1)], 3000)
    assert 0.4 < (apart.means[:, 1] < 0.05).float().mean() < 0.6


def test_translucent_materials_are_translucent():
    glass = sheet(material=Material("glass", (1, 1, 1, 0.25), alpha_mode="BLEND"))
    assert gaussians_from_parts([glass], 100).opacities.mean() == pytest.approx(0.245, abs=0.01)


def test_the_seed_decides():
    first, again, other = (gaussians_from_parts([sheet()], 200, seed=seed) for seed in (3, 3, 4))
    assert torch.equal(first.means, again.means)
    assert not torch.equal(first.means, other.means)


@pytest.mark.parametrize(("parts", "count"), [([], 10), ([sheet()], 0)])
def test_nothing_to_sample_is_refused(parts, count):
    with pytest.raises(PersonifyError, match="gaussians"):
        gaussians_from_parts(parts, count)
