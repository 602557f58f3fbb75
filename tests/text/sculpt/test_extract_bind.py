"""Marching cubes, clean-up, atlas and skinning on fields and people whose answer is known."""

import numpy as np
import pytest
import torch
import trimesh

from personify.body.mesh import Skeleton
from personify.body.posing import pose_array, skin_parts, skinning_transforms
from personify.errors import PersonifyError
from personify.text.sculpt import bind, extract
from personify.text.sculpt.solid import Solid

from . import shapes

LOWER, UPPER = np.float32([-0.6, -0.6, -0.6]), np.float32([0.7, 0.6, 0.6])


class Balls:
    """Two balls of which the second is far away and small; red on the left, blue on the right."""

    def sdf(self, points):
        big = points.norm(dim=-1) - 0.4
        return torch.minimum(big, (points - torch.tensor([0.6, 0.5, 0.5])).norm(dim=-1) - 0.05)

    def stylized_color(self, points):
        left = (points[:, :1] > 0).float()
        return torch.cat([left, torch.zeros_like(left), 1 - left], 1)


@pytest.fixture(scope="module")
def surface():
    return extract.marching_cubes(Balls(), LOWER, UPPER, 56)


def test_the_large_ball_remains(surface):
    radius = np.linalg.norm(surface.vertices, axis=1)
    assert np.allclose(radius, 0.4, atol=1e-3)
    mesh = trimesh.Trimesh(surface.vertices, surface.faces, process=False)
    assert mesh.is_watertight
    assert mesh.volume == pytest.approx(4 / 3 * np.pi * 0.4**3, rel=0.02)  # and faces outwards


def test_threshold_moves_the_surface():
    fat = extract.marching_cubes(Balls(), LOWER, UPPER, 48, threshold=0.05)
    assert np.linalg.norm(fat.vertices, axis=1).mean() == pytest.approx(0.45, abs=2e-3)


def test_asking_only_near_the_surface_changes_nothing_there():
    asked = []

    class Counting(Balls):
        def sdf(self, points):
            asked.append(len(points))
            return super().sdf(points)

    shape = (73, 73, 73)
    sparse = extract.sparse_sdf_grid(Counting(), LOWER, UPPER, shape)
    dense = extract.sdf_grid(Balls(), LOWER, UPPER, shape)
    assert sum(asked) < 0.7 * 73**3
    near = np.abs(dense) < 0.05
    assert np.allclose(sparse[near], dense[near], atol=1e-5)
    assert np.array_equal(np.sign(sparse), np.sign(dense))


def test_decimation(surface):
    small = extract.decimate(surface, 800)
    assert 500 < len(small.faces) <= 800
    assert np.allclose(np.linalg.norm(small.vertices, axis=1), 0.4, atol=0.01)
    assert extract.decimate(small, 5000) is small


def test_atlas_and_texture(surface):
    textured = extract.texture(Balls(), extract.decimate(surface, 1500), 128)
    assert ((textured.uvs >= 0) & (textured.uvs <= 1)).all()
    assert np.array_equal(textured.vertices, extract.decimate(surface, 1500).vertices[textured.source])
    clear = np.abs(textured.vertices[:, 0]) > 0.05
    texel = (textured.uvs * 128).astype(int).clip(0, 127)
    colors = textured.texture[texel[:, 1], texel[:, 0]]
    expected = np.where(textured.vertices[:, :1] > 0, [255, 0, 0], [0, 0, 255])
    assert (colors == expected)[clear].mean() > 0.97


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: extract.marching_cubes(Balls(), LOWER, UPPER, 8), "16 to 1024"),
        (lambda: extract.marching_cubes(Balls(), LOWER, UPPER, 32, threshold=9), "no surface at threshold"),
        (lambda: extract.texture(Balls(), None, 8), "64 to 8192"),
        (lambda: extract.decimate(None, 10), "at least 500"),
        (
            lambda: bind.skin_weights(extract.Surface(np.full((3, 3), np.nan), np.array([[0, 1, 2]])), None),
            "not finite",
        ),
    ],
)
def test_bad_input(call, message):
    with pytest.raises(PersonifyError, match=message):
        call()


def bent(skeleton: Skeleton):
    return pose_array(skeleton, left_elbow=(0, -1.2, 0))


def test_a_mesh_grown_on_a_bent_arm_straightens():
    skeleton, part = shapes.skeleton(), shapes.arm()
    solid = Solid.of([part], skeleton, bent(skeleton))
    surface = extract.Surface(solid.vertices, solid.faces)
    textured = extract.TexturedSurface(*surface, part.uvs, np.zeros((64, 64, 3), np.uint8), np.arange(len(part.uvs)))
    grown = bind.bind(textured, surface, solid)
    assert np.abs(grown.lbs_weights - part.lbs_weights).mean() < 0.01
    assert np.abs(grown.vertices - part.vertices).max() < 0.02
    (again,) = skin_parts([grown], skinning_transforms(skeleton, bent(skeleton)))
    assert np.abs(again - solid.vertices).max() < 1e-5


def test_weights_come_from_the_surface_that_faces_the_same_way():
    """Two plates back to back, a millimetre apart, on different bones."""
    plate = trimesh.creation.box((0.2, 0.2, 0.02)).subdivide().subdivide().subdivide()
    parts = []
    for joint, z in (("left_shoulder", -0.0105), ("left_elbow", 0.0105)):
        points = (plate.vertices + np.array([0, 1, z])).astype(np.float32)
        part = shapes.ball(subdivisions=1)
        parts.append(
            type(part)(joint, points, plate.faces.astype(np.int64), np.zeros((len(points), 2), np.float32),
                       shapes.weights(len(points), joint), part.material)
        )  # fmt: skip
    skeleton = shapes.skeleton()
    solid = Solid.of(parts, skeleton, np.zeros((55, 3)))
    # A sheet exactly between the plates that faces +Z: it continues the back plate's front.
    sheet = trimesh.Trimesh([[x, y, 0] for x in (-0.05, 0.05) for y in (0.95, 1.05)], [[0, 2, 1], [1, 2, 3]])
    sheet = sheet.subdivide().subdivide()
    weights = bind.skin_weights(extract.Surface(sheet.vertices.astype(np.float32), sheet.faces), solid)
    assert (weights[:, shapes.JOINT_INDEX["left_shoulder"]] > 0.99).all()
