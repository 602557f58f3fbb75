"""Gaussians in GLB files: Khronos' validator, the letter of the extension, skin weights, there and back."""

from __future__ import annotations

import contextlib
import dataclasses
import json
import shutil
import subprocess

import numpy as np
import pytest
import torch

from personify.color import srgb_to_linear
from personify.errors import PersonifyError
from personify.export.glb import encode_glb, write_glb
from personify.export.glb_reader import read_glb
from personify.export.splat_glb import read_splat_glb

from .splats import make_gaussians
from .test_glb import SCRIPT, VALIDATOR

PREFIX = "KHR_gaussian_splatting:"


@pytest.fixture(scope="module")
def path(tmp_path_factory, skeleton, clips):
    given = make_gaussians()
    return write_glb(tmp_path_factory.mktemp("splats") / "person.glb", (), skeleton, clips, gaussians=given)


def splat_attributes(glb):
    (mesh,) = (m for m in glb.items("meshes") if m["name"] == "gaussians")
    (primitive,) = mesh["primitives"]
    return mesh, primitive, {name: glb.accessor(k) for name, k in primitive["attributes"].items()}


@pytest.mark.skipif(not shutil.which("node"), reason="node is not installed")
@pytest.mark.skipif(not VALIDATOR, reason="set PERSONIFY_GLTF_VALIDATOR to a folder with npm's gltf-validator")
def test_khronos_validator_objects_to_nothing_but_names_it_does_not_know(path, tmp_path, parts, skeleton, clips):
    """The validator (2.0.0-dev.3.10) does not know the extension yet and so calls its attributes unknown names."""
    both = write_glb(tmp_path / "both.glb", parts, skeleton, clips, gaussians=make_gaussians())
    result = subprocess.run(["node", str(SCRIPT), VALIDATOR, path, both], capture_output=True, text=True, check=False)
    assert result.stdout, result.stderr
    for line in result.stdout.splitlines():
        issues = json.loads(line)["issues"]
        unknown = [m for m in issues["messages"] if m["code"] == "MESH_PRIMITIVE_INVALID_ATTRIBUTE"]
        assert all(f"/attributes/{PREFIX}" in m["pointer"] for m in unknown)
        assert (issues["numErrors"] - len(unknown), issues["numWarnings"]) == (0, 0), issues["messages"]


def test_attributes_are_those_of_the_extension(path):
    given, glb = make_gaussians(), read_glb(path)
    assert glb.document["extensionsUsed"] == ["KHR_gaussian_splatting"]
    _, primitive, found = splat_attributes(glb)
    assert primitive["mode"] == 0
    assert primitive["extensions"] == {
        "KHR_gaussian_splatting": {"kernel": "ellipse", "colorSpace": "srgb_rec709_display"}
    }
    np.testing.assert_array_equal(found["POSITION"], given.means)
    np.testing.assert_array_equal(found[f"{PREFIX}SCALE"], given.scales)
    np.testing.assert_array_equal(found[f"{PREFIX}OPACITY"], given.opacities)
    np.testing.assert_allclose(found[f"{PREFIX}ROTATION"], given.quats[:, [1, 2, 3, 0]], atol=1e-7)
    names = [f"{PREFIX}SH_DEGREE_{d}_COEF_{n}" for d in range(3) for n in range(2 * d + 1)]
    for k, name in enumerate(names):
        np.testing.assert_array_equal(found[name], given.sh[:, k])
    fallback = srgb_to_linear(np.clip(0.5 + 0.2820948 * given.sh[:, 0].numpy(), 0, 1))
    np.testing.assert_allclose(found["COLOR_0"][:, :3], fallback, atol=1e-6)
    np.testing.assert_array_equal(found["COLOR_0"][:, 3], given.opacities)


def test_plain_viewers_see_the_rest_pose(path):
    glb = read_glb(path)
    (node,) = (n for n in glb.items("nodes") if n.get("name") == "gaussians")
    assert set(node) == {"name", "mesh"}  # no skin and no transform


def test_skin_weights_name_the_eight_strongest_joints(path, skeleton):
    given = make_gaussians()
    mesh, _, found = splat_attributes(read_glb(path))
    skin = read_glb(path).items("skins")[mesh["extras"]["skinnedSplats"]["skin"]]
    assert len(skin["joints"]) == len(skeleton.joint_names)
    joints = np.concatenate([found["_JOINTS_0"], found["_JOINTS_1"]], 1)
    weights = np.concatenate([found["_WEIGHTS_0"], found["_WEIGHTS_1"]], 1)
    np.testing.assert_allclose(weights.sum(1), 1, atol=1e-6)
    strongest = given.lbs_weights.topk(8, 1)
    expected = strongest.values / strongest.values.sum(1, keepdim=True)
    np.testing.assert_allclose(weights, expected, atol=1e-6)
    used = weights > 0
    np.testing.assert_array_equal(joints[used], strongest.indices.numpy()[used])


def test_clips_move_the_joints_the_splats_name(path, clips):
    assert [animation["name"] for animation in read_glb(path).items("animations")] == [clip.name for clip in clips]


@pytest.mark.parametrize("coefficients", [1, 4, 9, 16])
def test_there_and_back(tmp_path, skeleton, coefficients):
    given = make_gaussians(coefficients=coefficients)
    sparse = torch.zeros_like(given.lbs_weights)
    sparse[:, 3], sparse[:, 17] = 0.25, 0.75
    given = dataclasses.replace(given, lbs_weights=sparse)
    found = read_splat_glb(write_glb(tmp_path / "a.glb", (), skeleton, gaussians=given))
    for field in dataclasses.fields(given):
        assert torch.allclose(getattr(found, field.name), getattr(given, field.name), atol=1e-6), field.name


def test_meshes_alone_are_written_as_before(parts, skeleton, clips):
    assert encode_glb(parts, skeleton, clips) == encode_glb(parts, skeleton, clips, gaussians=None)
    assert b"KHR_" not in encode_glb(parts, skeleton, clips)


def test_same_gaussians_give_the_same_bytes(skeleton):
    assert encode_glb((), skeleton, gaussians=make_gaussians()) == encode_glb((), skeleton, gaussians=make_gaussians())


def test_bad_input_is_named(tmp_path, skeleton, parts):
    five_joints = dataclasses.replace(make_gaussians(), lbs_weights=torch.full((50, 5), 0.2))
    with pytest.raises(PersonifyError, match="55 columns"):
        encode_glb((), skeleton, gaussians=five_joints)
    with pytest.raises(PersonifyError, match="no Gaussians"):
        read_splat_glb(write_glb(tmp_path / "mesh.glb", parts, skeleton))
    with pytest.raises(PersonifyError, match="at least one mesh part"):
        encode_glb((), skeleton)


def test_mutated_files_only_raise_our_error(path, tmp_path):
    data = path.read_bytes()
    rng = np.random.default_rng(3)
    mutated_path = tmp_path / "mutated.glb"
    end = 20 + int.from_bytes(data[12:16], "little")
    for _ in range(150):
        mutated = bytearray(data)
        for position in rng.integers(0, end, 2):
            mutated[position] = rng.integers(32, 127)
        mutated_path.write_bytes(mutated)
        with contextlib.suppress(PersonifyError):
            read_splat_glb(mutated_path)
