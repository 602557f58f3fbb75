from __future__ import annotations

import dataclasses
import io
import json
import os
import shutil
import subprocess
from pathlib import Path

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from personify.body.mesh import MeshPart, Skeleton
from personify.body.pose import JOINT_NAMES
from personify.body.rotations import quaternion_to_matrix
from personify.body.skinning import forward_kinematics, lbs, rest_to_posed
from personify.errors import PersonifyError
from personify.export.clip import AnimationClip
from personify.export.glb import continuous_quaternions, encode_glb, write_glb
from personify.export.glb_reader import decode_glb
from personify.export.influences import strongest_influences

from .character import checker
from .glb_checks import check_glb, posed_vertices

VALIDATOR = os.environ.get("PERSONIFY_GLTF_VALIDATOR", "")
SCRIPT = Path(__file__).parents[2] / "tools/validate_glb.mjs"


def expected_vertices(part: MeshPart, skeleton: Skeleton, clip: AnimationClip, key: int) -> np.ndarray:
    vertices = part.vertices.copy()
    for name, weights in (clip.morph_weights or {}).items():
        if name in part.morphs:
            indices, offsets = part.morphs[name]
            vertices[indices] += weights[key] * offsets
    rest = torch.from_numpy(skeleton.rest_joints)
    rotations = quaternion_to_matrix(torch.from_numpy(clip.rotations[key]))
    frames = forward_kinematics(rotations, rest, skeleton.parents, torch.from_numpy(clip.translations[key]))
    skinned = lbs(torch.from_numpy(vertices), torch.from_numpy(part.lbs_weights), rest_to_posed(frames, rest))
    return skinned.numpy()


def test_file_obeys_the_rules_of_gltf(glb_path):
    check_glb(glb_path)


@pytest.mark.skipif(not shutil.which("node"), reason="node is not installed")
@pytest.mark.skipif(not VALIDATOR, reason="set PERSONIFY_GLTF_VALIDATOR to a folder with npm's gltf-validator")
def test_khronos_validator_finds_no_errors_and_no_warnings(glb_path, tmp_path, parts, skeleton):
    still = write_glb(tmp_path / "still.glb", parts[2:], skeleton)
    command = ["node", str(SCRIPT), VALIDATOR, str(glb_path), str(still)]
    result = subprocess.run(command, capture_output=True, text=True, check=False)
    assert result.stdout, result.stderr
    for line in result.stdout.splitlines():
        issues = json.loads(line)["issues"]
        assert (issues["numErrors"], issues["numWarnings"]) == (0, 0), issues["messages"]


@pytest.mark.parametrize("clip", [0, 1])
@pytest.mark.parametrize("key", [0, 4, 9])
def test_players_see_the_pose_that_our_skinning_computes(glb_path, parts, skeleton, clips, clip, key):
    found = posed_vertices(check_glb(glb_path), clips[clip].name, key)
    for part, vertices in zip(parts, found, strict=True):
        expected = expected_vertices(part, skeleton, clips[clip], key)
        error = np.linalg.norm(vertices - expected, axis=1)
        assert error.mean() < 1e-4
        assert error.max() < 1e-3


def test_same_arguments_give_the_same_bytes(parts, skeleton, clips):
    assert encode_glb(parts, skeleton, clips) == encode_glb(parts, skeleton, clips)


def test_armature_is_named_after_the_avatar_and_joints_like_mixamo(glb_path, parts, skeleton):
    nodes = check_glb(glb_path).items("nodes")
    assert nodes[0]["name"] == "Boxy"
    names = {node["name"] for node in nodes}
    assert {"Hips", "Spine2", "LeftUpLeg", "RightForeArm", "LeftHandThumb3", "Jaw", "RightEye", "body"} <= names
    prefixed = decode_glb(encode_glb(parts, skeleton, joint_prefix="mixamorig:")).items("nodes")
    assert prefixed[1]["name"] == "mixamorig:Hips"


def test_extras_and_copyright_are_stored(glb_path):
    asset = check_glb(glb_path).document["asset"]
    assert asset["extras"] == {"text": "a person made of boxes", "seed": 3}
    assert (asset["version"], asset["copyright"]) == ("2.0", "CC0")


def test_a_shared_texture_is_stored_once(glb_path, parts):
    glb = check_glb(glb_path)
    assert len(glb.items("images")) == 3  # two colour textures and one normal map for two materials
    stored = np.asarray(Image.open(io.BytesIO(glb.view(glb.items("images")[0]["bufferView"]))))
    np.testing.assert_array_equal(stored, parts[0].material.texture)


@pytest.mark.parametrize(("mode", "channels"), [("OPAQUE", 3), ("MASK", 4)])
def test_alpha_is_stored_only_where_it_shows(parts, skeleton, mode, channels):
    rgba = np.dstack([checker((9, 9, 9), (200, 0, 0)), np.full((64, 64), 90, np.uint8)])
    material = dataclasses.replace(parts[0].material, texture=rgba, alpha_mode=mode)
    glb = decode_glb(encode_glb([dataclasses.replace(parts[0], material=material)], skeleton))
    stored = np.asarray(Image.open(io.BytesIO(glb.view(glb.items("images")[0]["bufferView"]))))
    np.testing.assert_array_equal(stored, rgba[..., :channels])


def test_materials_keep_their_looks(glb_path):
    skin, shirt, visor = check_glb(glb_path).items("materials")
    assert "alphaMode" not in skin
    assert "doubleSided" not in skin
    assert (shirt["alphaMode"], shirt["doubleSided"]) == ("MASK", True)
    assert visor["alphaMode"] == "BLEND"
    assert visor["pbrMetallicRoughness"] == {
        "baseColorFactor": [0.1, 0.5, 0.3, 0.5],
        "metallicFactor": 1.0,
        "roughnessFactor": 0.1,
    }


def test_only_parts_with_face_shapes_carry_targets(glb_path, parts):
    body, shirt, visor = check_glb(glb_path).items("meshes")
    assert body["extras"]["targetNames"] == ["jawOpen", "browInnerUp"]
    assert len(body["primitives"][0]["targets"]) == 2
    assert all("targets" not in mesh["primitives"][0] and "extras" not in mesh for mesh in (shirt, visor))


def test_morph_targets_hold_exactly_the_offsets(glb_path, parts):
    glb = check_glb(glb_path)
    targets = glb.items("meshes")[0]["primitives"][0]["targets"]
    for target, (indices, offsets) in zip(targets, parts[0].morphs.values(), strict=True):
        expected = np.zeros_like(parts[0].vertices)
        expected[indices] = offsets
        np.testing.assert_array_equal(glb.accessor(target["POSITION"]), expected)


def test_an_empty_face_shape_is_a_target_of_zeros(parts, skeleton):
    empty = dataclasses.replace(parts[2], morphs={"tongueOut": (np.zeros(0, np.int64), np.zeros((0, 3), np.float32))})
    glb = decode_glb(encode_glb([empty], skeleton))
    target = glb.items("meshes")[0]["primitives"][0]["targets"][0]
    assert not glb.accessor(target["POSITION"]).any()


def channels_of(glb, clip: str) -> dict[tuple[str, str], np.ndarray]:
    (animation,) = (item for item in glb.items("animations") if item["name"] == clip)
    return {
        (glb.items("nodes")[channel["target"]["node"]]["name"], channel["target"]["path"]): glb.accessor(
            animation["samplers"][channel["sampler"]]["output"]
        )
        for channel in animation["channels"]
    }


def test_resting_joints_have_no_channel_and_still_ones_a_single_key(glb_path, clips):
    wave = channels_of(check_glb(glb_path), "wave")
    assert ("Head", "rotation") not in wave
    assert len(wave["LeftArm", "rotation"]) == 1
    assert len(wave["RightArm", "rotation"]) == len(clips[0].times)
    assert ("body", "weights") in wave


def test_every_clip_sets_every_joint_that_any_clip_moves(glb_path):
    glb = check_glb(glb_path)
    rotated = [{name for name, path in channels_of(glb, clip) if path == "rotation"} for clip in ("wave", "spin")]
    assert rotated[0] == rotated[1]


def test_a_clip_lasts_as_long_as_it_should_even_if_nothing_moves(parts, skeleton):
    rest = np.tile(np.float32([1, 0, 0, 0]), (2, len(JOINT_NAMES), 1))
    clip = AnimationClip("rest", np.float32([0, 2.5]), rest, np.tile(skeleton.rest_joints[:1], (2, 1)))
    glb = decode_glb(encode_glb(parts, skeleton, [clip]))
    (animation,) = glb.items("animations")
    assert max(glb.accessor(sampler["input"])[-1] for sampler in animation["samplers"]) == 2.5


def test_large_parts_get_wide_indices_and_small_ones_narrow(parts, skeleton):
    count = 70_000
    many = dataclasses.replace(
        parts[2],
        vertices=np.random.default_rng(0).normal(size=(count, 3)).astype(np.float32),
        uvs=np.zeros((count, 2), np.float32),
        faces=np.array([[0, 1, count - 1]]),
        lbs_weights=np.tile(parts[2].lbs_weights[:1], (count, 1)),
    )
    glb = decode_glb(encode_glb([many, parts[2]], skeleton))
    kinds = [glb.accessor(mesh["primitives"][0]["indices"]).dtype for mesh in glb.items("meshes")]
    assert kinds == [np.uint32, np.uint16]


def test_other_libraries_read_the_file(glb_path, parts):
    trimesh = pytest.importorskip("trimesh")
    pygltflib = pytest.importorskip("pygltflib")
    scene = trimesh.load(glb_path)
    faces = sum(len(geometry.faces) for geometry in scene.geometry.values())
    assert faces == sum(len(part.faces) for part in parts)
    np.testing.assert_allclose(scene.bounds[0], np.min([part.vertices.min(0) for part in parts], 0), atol=1e-6)
    document = pygltflib.GLTF2.load(str(glb_path))
    assert (len(document.skins[0].joints), len(document.animations)) == (55, 2)
    assert document.meshes[0].extras == {"targetNames": ["jawOpen", "browInnerUp"]}


@settings(max_examples=25, deadline=None)
@given(st.integers(1, 60), st.integers(0, 2**32 - 1), st.floats(0.2, 6))
def test_four_influences_sum_to_one_and_are_the_strongest(joints, seed, sharpness):
    weights = np.random.default_rng(seed).random((40, joints)) ** sharpness
    weights = (weights / weights.sum(1, keepdims=True)).astype(np.float32)
    found, kept = strongest_influences(weights)
    assert found.shape == kept.shape == (40, 4)
    assert np.abs(kept.sum(1, dtype=np.float64) - 1).max() < 1e-7
    assert (np.diff(kept, axis=1) <= 1e-6).all()
    np.testing.assert_array_equal(found[:, 0], weights.argmax(1))
    ratio = np.take_along_axis(weights, found.astype(int), 1) * (kept > 0)
    np.testing.assert_allclose(ratio / ratio.sum(1, keepdims=True), kept, atol=1e-6)


@settings(max_examples=25, deadline=None)
@given(st.integers(0, 2**32 - 1))
def test_quaternions_never_jump_to_the_other_hemisphere(seed):
    generator = np.random.default_rng(seed)
    smooth = np.cumsum(generator.normal(size=(30, 4)) * 0.2, 0) + np.array([2, 0, 0, 0])
    flipped = smooth * generator.choice([-1, 1], (30, 1)) * generator.uniform(0.5, 2, (30, 1))
    keys = continuous_quaternions(flipped)
    np.testing.assert_allclose(np.linalg.norm(keys, axis=1), 1, atol=1e-6)
    assert ((keys[1:] * keys[:-1]).sum(1) >= 0).all()
    same = np.abs((keys[:, [3, 0, 1, 2]] * flipped).sum(1)) / np.linalg.norm(flipped, axis=1)
    np.testing.assert_allclose(same, 1, atol=1e-5)


def replaced(part: MeshPart, **changes) -> MeshPart:
    return dataclasses.replace(part, **changes)


BAD_PARTS = {
    "has no faces": lambda part: replaced(part, faces=np.zeros((0, 3), np.int64)),
    "55 columns": lambda part: replaced(part, lbs_weights=np.ones((len(part.vertices), 1), np.float32)),
    "faces must be": lambda part: replaced(part, faces=part.faces + 10_000),
    "uint8": lambda part: replaced(part, material=dataclasses.replace(part.material, texture=np.zeros((4, 4, 3)))),
    "morph 'a'": lambda part: replaced(part, morphs={"a": (np.array([1, 1]), np.zeros((2, 3), np.float32))}),
    "morph 'b'": lambda part: replaced(part, morphs={"b": (np.array([10_000]), np.zeros((1, 3), np.float32))}),
}


@pytest.mark.parametrize("message", BAD_PARTS)
def test_bad_parts_are_named_and_nothing_is_written(tmp_path, parts, skeleton, message):
    with pytest.raises(PersonifyError, match=message):
        write_glb(tmp_path / "a.glb", [BAD_PARTS[message](parts[2])], skeleton)
    assert list(tmp_path.iterdir()) == []


def test_other_bad_arguments_are_explained(parts, skeleton):
    with pytest.raises(PersonifyError, match="at least one mesh part"):
        encode_glb([], skeleton)
    with pytest.raises(PersonifyError, match=r"extras.*JSON"):
        encode_glb(parts, skeleton, extras={"x": object()})
    with pytest.raises(PersonifyError, match=r"extras.*JSON"):
        encode_glb(parts, skeleton, extras={"x": float("nan")})
    with pytest.raises(PersonifyError, match="one root"):
        encode_glb(parts, dataclasses.replace(skeleton, parents=(-1,) * 55))
    still = np.tile(np.float32([1, 0, 0, 0]), (1, 22, 1))
    with pytest.raises(PersonifyError, match=r"'short'.*55 joints"):
        encode_glb(parts, skeleton, [AnimationClip("short", np.float32([0]), still, np.zeros((1, 3), np.float32))])
