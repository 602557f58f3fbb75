"""The baked body: equal to the original package, differentiable, standing in a T-pose on the floor."""

import importlib.util
import itertools
import json
from pathlib import Path

import numpy as np
import pytest
import torch
from safetensors import safe_open
from safetensors.torch import load_file, save_file

from personify.body.anny import AnnyBody
from personify.body.measure import height_cm
from personify.body.pose import JOINT_INDEX, JOINT_NAMES
from personify.errors import PersonifyError
from personify.files import asset

TESTS = Path(__file__).parents[1]


@pytest.fixture(scope="module")
def body():
    return AnnyBody(dtype=torch.float64)


@pytest.fixture(scope="module")
def golden():
    tensors = load_file(TESTS / "fixtures" / "anny_golden.safetensors")
    return {key: value.double() if value.is_floating_point() else value for key, value in tensors.items()}


@pytest.fixture(scope="module")
def crowd(body):
    """T-poses of 24 random people from toddlers to the very old, thin to heavy, short to tall."""
    generator = torch.Generator().manual_seed(1)
    shape = torch.rand(24, 11, generator=generator, dtype=torch.float64)
    return body(shape)


def errors_mm(ours, theirs):
    return 1000 * (ours - theirs).norm(dim=-1)


def test_stored_people_of_the_original_package(body, golden):
    output = body(golden["shape"], golden["pose"], golden["transl"], golden["expression"])
    error = errors_mm(output.vertices[:, golden["index"]], golden["vertices"])
    assert error.mean() < 0.3
    assert error.max() < 4
    rest, _ = body.rest(golden["shape"], expression=golden["expression"])
    assert errors_mm(rest[:, golden["index"]], golden["rest_vertices"]).mean() < 0.3


def test_live_people_of_the_original_package(body):
    pytest.importorskip("anny")
    spec = importlib.util.spec_from_file_location("make_fixtures", TESTS.parent / "tools" / "make_fixtures.py")
    make_fixtures = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(make_fixtures)
    people = make_fixtures.package_people(count=4, seed=77)
    output = body(people["shape"], people["pose"], people["transl"], people["expression"])
    assert errors_mm(output.vertices[:, people["index"]], people["vertices"]).mean() < 0.3


def test_zero_pose_is_a_t(body, crowd):
    for side, sign in (("left", 1), ("right", -1)):
        points = [crowd.joints[:, JOINT_INDEX[f"{side}_{name}"]] for name in ("shoulder", "elbow", "wrist", "middle1")]
        for near, far in itertools.pairwise(points):
            arm = torch.nn.functional.normalize(far - near, dim=-1)
            np.testing.assert_allclose(arm, torch.tensor([[sign, 0.0, 0.0]]).expand(24, 3), atol=1e-6)
        hip, knee, ankle = (crowd.joints[:, JOINT_INDEX[f"{side}_{name}"]] for name in ("hip", "knee", "ankle"))
        for near, far in ((hip, knee), (knee, ankle)):
            leg = torch.nn.functional.normalize(far - near, dim=-1)
            np.testing.assert_allclose(leg, torch.tensor([[0.0, -1.0, 0.0]]).expand(24, 3), atol=1e-6)


def test_palms_face_down_and_thumbs_forward(crowd):
    for side in ("left", "right"):
        joints = {name: crowd.joints[:, JOINT_INDEX[f"{side}_{name}"]] for name in ("index1", "pinky1", "thumb3")}
        assert (joints["index1"][:, 2] > joints["pinky1"][:, 2]).all()
        assert (joints["thumb3"][:, 2] > joints["index1"][:, 2]).all()
        for finger in ("index", "middle", "ring"):  # fingers at ease curl towards the palm
            first, last = (crowd.joints[:, JOINT_INDEX[f"{side}_{finger}{k}"]] for k in (1, 3))
            assert (last[:, 1] < first[:, 1]).all()


def test_left_is_plus_x_and_the_face_looks_along_z(body, crowd):
    joints = crowd.joints
    assert (joints[:, JOINT_INDEX["left_hip"], 0] > joints[:, JOINT_INDEX["right_hip"], 0]).all()
    assert (joints[:, JOINT_INDEX["left_foot"], 2] > joints[:, JOINT_INDEX["left_ankle"], 2]).all()
    assert (joints[:, JOINT_INDEX["left_eye"], 2] > joints[:, JOINT_INDEX["head"], 2]).all()


def test_everybody_stands_on_the_floor_below_the_origin(body, crowd):
    skin = body.faces.unique()
    np.testing.assert_allclose(crowd.vertices[:, skin, 1].amin(1), np.zeros(24), atol=1e-9)
    np.testing.assert_allclose(crowd.joints[:, 0, [0, 2]], np.zeros((24, 2)), atol=1e-12)


def test_rest_and_skinning_transforms_give_the_vertices(body, golden):
    output = body(golden["shape"][:2], golden["pose"][:2], golden["transl"][:2])
    blended = torch.einsum("vj,bjkl->bvkl", body.lbs_weights, output.skinning_transforms)
    rest = torch.cat([output.rest_vertices, torch.ones_like(output.rest_vertices[..., :1])], -1)
    np.testing.assert_allclose((blended @ rest[..., None])[..., :3, 0], output.vertices, atol=1e-9)
    np.testing.assert_allclose(output.joints[:, 0], golden["transl"][:2], atol=1e-12)
    np.testing.assert_allclose(output.joint_transforms[..., :3, 3], output.joints)


def test_one_body_in_many_poses_and_many_bodies_in_one_pose(body, golden):
    poses = golden["pose"][:3]
    together = body(None, poses)
    alone = body(None, poses[2:3])
    np.testing.assert_allclose(together.vertices[2], alone.vertices[0], atol=1e-9)
    crowd = body(golden["shape"][:3], poses[:1])
    np.testing.assert_allclose(crowd.vertices[1], body(golden["shape"][1:2], poses[:1]).vertices[0], atol=1e-9)


def test_single_precision_is_enough(body, golden):
    single = AnnyBody()(golden["shape"][:3].float(), golden["pose"][:3].float())
    double = body(golden["shape"][:3], golden["pose"][:3])
    assert errors_mm(single.vertices.double(), double.vertices).max() < 0.05


def directional_derivatives(function, *inputs, step=1e-6):
    """Analytic and central-difference derivative of a scalar function along one random direction per input."""
    generator = torch.Generator().manual_seed(0)
    inputs = [value.detach().clone().requires_grad_() for value in inputs]
    gradients = torch.autograd.grad(function(*inputs), inputs)
    for k, gradient in enumerate(gradients):
        direction = torch.randn(gradient.shape, generator=generator, dtype=torch.float64)
        with torch.no_grad():
            ends = [
                function(*(v + s * step * direction if i == k else v for i, v in enumerate(inputs))) for s in (1, -1)
            ]
        yield float((gradient * direction).sum()), float(ends[0] - ends[1]) / (2 * step)


@pytest.mark.parametrize("at_zero_pose", [False, True])
def test_gradients_in_shape_pose_place_and_expression(body, golden, at_zero_pose):
    generator = torch.Generator().manual_seed(2)
    target = torch.randn(1, len(body.template), 3, generator=generator, dtype=torch.float64)

    def loss(shape, pose, transl, expression):
        return ((body(shape, pose, transl, expression).vertices - target) ** 2).sum()

    pose = golden["pose"][:1] * (0.0 if at_zero_pose else 1.0)
    inputs = (golden["shape"][:1].clamp(0.05, 0.95), pose, golden["transl"][:1], golden["expression"][:1])
    for analytic, numeric in directional_derivatives(loss, *inputs):
        assert analytic == pytest.approx(numeric, rel=1e-5, abs=1e-3)
        assert analytic != 0


def test_gradient_is_alive_at_the_ends_of_the_phenotypes(body):
    for edge in (0.0, 1.0):
        shape = torch.full((1, 11), edge, dtype=torch.float64, requires_grad=True)
        body.rest(shape)[0].square().sum().backward()
        changing = [k for k, name in enumerate(body.shape_names) if name in ("gender", "age", "weight", "height")]
        assert torch.isfinite(shape.grad).all()
        assert (shape.grad[0, changing] != 0).all()


def test_phenotypes_mean_what_their_names_say(body):
    def tall(**phenotypes):
        return float(height_cm(body.rest(body.shape_vector(**phenotypes))[0], body.faces))

    assert tall(height=0.3) < tall(height=0.4) < tall(height=0.5)
    assert tall(age=0.1) < tall(age=0.3) < tall(age=0.6)
    assert 150 < tall() < 190  # nothing said: an adult


def test_ancestry_counts_by_ratio(body):
    some = body.rest(body.shape_vector(african=0.2, asian=0.1, caucasian=0.1))[0]
    more = body.rest(body.shape_vector(african=0.8, asian=0.4, caucasian=0.4))[0]
    np.testing.assert_allclose(some, more, atol=1e-12)


def test_expressions_have_arkit_names_and_move_the_right_part(body):
    assert len(body.expression_names) == 52
    assert {"jawOpen", "mouthSmileLeft", "eyeBlinkRight", "browInnerUp", "tongueOut"} <= set(body.expression_names)
    neutral = body.rest()[0][0]
    smiling = body.rest(expression=body.expression_vector(mouthSmileLeft=1.0))[0][0]
    moved = (smiling - neutral).norm(dim=-1) > 1e-4
    assert 0 < moved.sum() < 4000
    assert neutral[moved][:, 1].min() > neutral[:, 1].max() - 0.35  # the head
    index, offsets = body.expression_offsets("mouthSmileLeft")
    np.testing.assert_allclose(neutral[index] + offsets, smiling[index], atol=1e-12)


def test_sliders_are_signed_and_symmetric(body):
    neutral = body.rest()[0][0]
    up = body.rest(sliders=body.slider_vector(nose_scale_horiz_incr=0.5))[0][0]
    down = body.rest(sliders=body.slider_vector(nose_scale_horiz_incr=-0.5))[0][0]
    assert (up - neutral).norm(dim=-1).max() > 5e-4
    assert ((up - neutral) * (down - neutral)).sum() < 0
    assert torch.equal(
        body.slider_vector(nose_scale_horiz_incr=0.5), body.slider_vector(**{"nose-scale-horiz-incr": 0.5})
    )


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda body: body.shape_vector(tallness=1.0), "tallness"),
        (lambda body: body.expression_vector(smirk=1.0), "smirk"),
        (lambda body: body.slider_vector(nostril=1.0), "nostril"),
        (lambda body: body(torch.zeros(1, 10)), r"shape: \[1, 10\]"),
        (lambda body: body(pose=torch.zeros(1, 24, 3)), r"pose: shape \[1, 24, 3\]"),
    ],
)
def test_wrong_arguments_are_named(body, call, message):
    with pytest.raises(PersonifyError, match=message):
        call(body)


def test_the_skin_is_closed_and_its_numbers_fit(body):
    edges = body.faces[:, [[0, 1], [1, 2], [2, 0]]].reshape(-1, 2)
    assert len(edges.unique(dim=0)) == len(edges)  # every directed edge once: consistent winding
    assert torch.equal(edges.flip(1).unique(dim=0), edges.unique(dim=0))  # and its opposite once: closed
    np.testing.assert_allclose(body.lbs_weights.sum(1), np.ones(len(body.template)), atol=1e-9)
    assert body.face_uv.shape == body.faces.shape
    assert body.uv.min() >= 0
    assert body.uv.max() <= 1
    assert all(faces.max() < len(body.template) for faces in body.helper_faces.values())
    assert all(mask.shape == (512, 512) and 0 <= mask.min() < mask.max() <= 1 for mask in body.masks.values())
    assert body.joint_names == JOINT_NAMES


def test_damaged_missing_or_foreign_body_files(tmp_path):
    damaged = tmp_path / "damaged.safetensors"
    damaged.write_bytes(asset("body.safetensors").read_bytes()[:100_000])
    foreign = tmp_path / "foreign.safetensors"
    save_file({"a": torch.zeros(1)}, foreign)
    for path in (damaged, foreign, tmp_path / "missing.safetensors"):
        with pytest.raises(PersonifyError, match=path.name):
            AnnyBody(path)


def test_shipped_file_says_where_it_comes_from():
    with safe_open(asset("body.safetensors"), "pt") as file:
        metadata = file.metadata()
    assert "CC0" in metadata["source"]
    assert len(json.loads(metadata["phenotypes"])) == 11
