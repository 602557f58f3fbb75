"""Template maps: they are the body's surface, skinned like it, at any resolution."""

import numpy as np
import pytest
import torch
from scipy.spatial import cKDTree

from personify.body.anny import AnnyBody
from personify.body.pose import JOINT_INDEX, PARENTS
from personify.body.skinning import forward_kinematics, lbs, rest_to_posed
from personify.body.smplx import SMPLXBody
from personify.body.uv_obj import read_atlas
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


def obj_of(body: AnnyBody) -> str:
    """The default body's atlas as a UV file, its faces named as in the files of SMPL-X."""
    lines = ["# made for a test", "mtllib none.mtl", *("v 0 0 0" for _ in range(len(body.lbs_weights)))]
    lines += [f"vt {u} {1 - v}" for u, v in body.uv.tolist()]
    corners = torch.stack([body.faces, body.face_uv], -1) + 1
    return "\n".join([*lines, *("f " + " ".join(f"{v}/{t}" for v, t in face) for face in corners.tolist())])


def test_an_atlas_from_a_file_gives_the_same_maps(body, tmp_path):
    path = tmp_path / "anny_uv.obj"
    path.write_text(obj_of(body))
    atlas = read_atlas(path)
    assert atlas.vertices == len(body.lbs_weights)
    own, read = body_template(32, body), body_template(32, body, atlas=atlas)
    assert torch.equal(own.mask, read.mask)
    torch.testing.assert_close(read.positions, own.positions, atol=1e-4, rtol=0)
    torch.testing.assert_close(read.lbs_weights, own.lbs_weights, atol=1e-3, rtol=0)


def test_a_users_smplx_with_a_users_atlas(tmp_path):
    """A tetrahedron in the layout of SMPL-X's files, its four faces in four quarters of the atlas."""
    rng = np.random.default_rng(0)
    tetrahedron = np.array([[0.0, 0, 0], [1, 0, 0], [0, 1, 0], [0, 0, 1]])
    weights = rng.random((4, 55)) ** 8
    np.savez(
        tmp_path / "SMPLX_NEUTRAL.npz", v_template=tetrahedron, shapedirs=0.1 * rng.normal(size=(4, 3, 20)),
        posedirs=np.zeros((4, 3, 9 * 54)), J_regressor=np.full((55, 4), 0.25),
        weights=weights / weights.sum(1, keepdims=True), f=np.array([[0, 2, 1], [0, 1, 3], [0, 3, 2], [1, 2, 3]]),
        kintree_table=np.array([[2**32 - 1, *PARENTS[1:]], range(55)], np.uint32),
    )  # fmt: skip
    quarters = [(u, v) for v in (0.0, 0.5) for u in (0.0, 0.5)]
    lines = [f"v {x} {y} {z}" for x, y, z in tetrahedron]
    lines += [f"vt {u + du} {v + dv}" for u, v in quarters for du, dv in ((0, 0), (0.5, 0), (0, 0.5))]
    faces = ((1, 3, 2), (1, 2, 4), (1, 4, 3), (2, 3, 4))
    lines += ["f " + " ".join(f"{v}/{3 * k + c + 1}/1" for c, v in enumerate(face)) for k, face in enumerate(faces)]
    (tmp_path / "uv.obj").write_text("\n".join(lines))
    body, atlas = SMPLXBody(tmp_path / "SMPLX_NEUTRAL.npz"), read_atlas(tmp_path / "uv.obj")
    template = body_template(24, body, atlas=atlas)
    shift = body().vertices[0].detach() - torch.from_numpy(tetrahedron).float()
    # the last face lies on x + y + z = 1 and in the upper right quarter, whose corner nearest to its own is vertex 2
    quarter = template.positions[:12, 12:][template.mask[:12, 12:] > 0] - shift[0]
    torch.testing.assert_close(quarter.sum(-1), torch.ones(len(quarter)), atol=1e-5, rtol=0)
    assert (template.positions[11, 12] - shift[0])[0] > 0.9
    torch.testing.assert_close(template.lbs_weights.sum(-1), torch.ones(24, 24))
    torch.testing.assert_close(template.lbs_weights[11, 12], body.lbs_weights[1], atol=0.08, rtol=0)
    with pytest.raises(PersonifyError, match="has no UV atlas of its own"):
        body_template(8, body)
    with pytest.raises(PersonifyError, match="atlas is of 4 vertices"):
        body_template(8, AnnyBody(), atlas=atlas)


BAD_OBJ = {
    "no.such": (None, "not a readable OBJ"),
    "numbers.obj": ("v 0 0 0\nvt a b\nf 1/1 1/1 1/1", "not a readable OBJ"),
    "no_uvs.obj": ("v 0 0 0\nf 1 1 1", "not a readable OBJ"),
    "no_faces.obj": ("v 0 0 0\nvt 0 0", "0 faces and 1 texture coordinates"),
    "nowhere.obj": ("v 0 0 0\nvt 0 0\nf 1/1 2/1 1/1", "names a vertex that is not there"),
    "tiles.obj": ("v 0 0 0\nvt 1.5 0\nf 1/1 1/1 1/1", "beyond \\[0, 1\\]"),
}


@pytest.mark.parametrize("name", BAD_OBJ)
def test_bad_atlases_are_told_in_one_line(tmp_path, name):
    text, message = BAD_OBJ[name]
    if text is not None:
        (tmp_path / name).write_text(text)
    with pytest.raises(PersonifyError, match=message) as caught:
        read_atlas(tmp_path / name)
    assert "\n" not in str(caught.value)
