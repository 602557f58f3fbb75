"""Avatar: posing, files, exports; on a small synthetic person so that nothing here depends on the wardrobe."""

import contextlib
import json

import numpy as np
import pytest
import torch
from safetensors.torch import save_file

from personify.avatar import Animation, Avatar, load
from personify.body.anny import AnnyBody
from personify.body.mesh import Material, MeshPart, Skeleton
from personify.body.pose import JOINT_INDEX, JOINT_NAMES, PARENTS
from personify.body.posing import pose_array, relaxed_pose, skin_parts, skinning_transforms
from personify.errors import PersonifyError
from personify.motion.clip import Motion


def box(name, joint, center, morphs=None, texture=None):
    corners = np.array([[x, y, z] for x in (-1, 1) for y in (-1, 1) for z in (-1, 1)], np.float32)
    faces = np.array([[0, 1, 3], [0, 3, 2], [4, 6, 7], [4, 7, 5], [0, 4, 5], [0, 5, 1],
                      [2, 3, 7], [2, 7, 6], [0, 2, 6], [0, 6, 4], [1, 5, 7], [1, 7, 3]])  # fmt: skip
    weights = np.zeros((8, len(JOINT_NAMES)), np.float32)
    weights[:, JOINT_INDEX[joint]] = 1
    vertices = np.asarray(center, np.float32) + 0.05 * corners
    uvs = (corners[:, :2] + 1) / 2
    return MeshPart(name, vertices, faces, uvs, weights, Material(name, texture=texture), morphs or {})


@pytest.fixture(scope="module")
def avatar():
    joints = AnnyBody()().joints[0].numpy()
    skeleton = Skeleton(JOINT_NAMES, PARENTS, joints)
    smile = {"mouthSmileLeft": (np.array([0, 3]), np.array([[0, 0.01, 0], [0.02, 0, 0]], np.float32))}
    texture = np.random.default_rng(0).integers(0, 256, (8, 8, 3), np.uint8)
    parts = (
        box("head", "head", joints[JOINT_INDEX["head"]] + [0, 0.1, 0], smile, texture),
        box("hand", "left_wrist", joints[JOINT_INDEX["left_wrist"]], texture=texture),
        box("foot", "left_ankle", [0.1, 0.05, 0]),
    )
    rotations = np.zeros((10, 55, 3), np.float32)
    rotations[:, JOINT_INDEX["left_shoulder"], 2] = np.linspace(-1, 0, 10)
    motion = Motion("raise", 30, rotations, np.tile(joints[0], (10, 1)), float(joints[0, 1]), licence="CC0-1.0")
    return Avatar("box person", skeleton, parts, (motion,), {"seed": 3}, {"texts": {"look": "boxes"}})


def test_zero_pose_is_the_rest_pose(avatar):
    for part, posed in zip(avatar.parts, avatar.pose(), strict=True):
        assert np.allclose(part.vertices, posed, atol=1e-6)


def test_a_shoulder_turns_the_hand_about_itself(avatar):
    angle = -np.pi / 2
    posed = avatar.pose(left_shoulder=(0, 0, angle))[1]
    center = avatar.skeleton.rest_joints[JOINT_INDEX["left_shoulder"]]
    arm = avatar.parts[1].vertices - center
    expected = center + np.stack([-np.sin(angle) * arm[:, 1], np.sin(angle) * arm[:, 0], arm[:, 2]], 1)
    assert np.allclose(posed, expected, atol=1e-5)
    assert np.allclose(avatar.pose(left_shoulder=(0, 0, angle))[2], avatar.parts[2].vertices, atol=1e-6)


def test_expressions_move_their_vertices(avatar):
    change = avatar.pose({"mouthSmileLeft": 0.5})[0] - avatar.parts[0].vertices
    assert np.allclose(change[3], [0.01, 0, 0], atol=1e-6)
    assert np.allclose(change[[1, 2, 4, 5, 6, 7]], 0, atol=1e-6)
    assert np.allclose(avatar.parts[0].vertices, avatar.pose()[0], atol=1e-6)  # the avatar itself is untouched


@pytest.mark.parametrize(("arguments", "name"), [({"left_tail": (0, 0, 1)}, "left_tail"), ({}, "wink")])
def test_unknown_names_are_refused(avatar, arguments, name):
    with pytest.raises(PersonifyError, match=name):
        avatar.pose(None if arguments else {"wink": 1.0}, **arguments)


def test_relaxed_arms_hang(avatar):
    posed = skin_parts(avatar.parts, skinning_transforms(avatar.skeleton, relaxed_pose(avatar.skeleton)))
    hand = posed[1].mean(0)
    assert hand[1] < avatar.skeleton.rest_joints[JOINT_INDEX["left_shoulder"], 1] - 0.35
    assert 0.15 < hand[0] < 0.6


def test_transforms_take_batches(avatar):
    poses = np.stack([pose_array(avatar.skeleton), relaxed_pose(avatar.skeleton)])
    many = skinning_transforms(avatar.skeleton, poses)
    assert many.shape == (2, 55, 4, 4)
    assert torch.allclose(many[1], skinning_transforms(avatar.skeleton, poses[1]), atol=1e-6)


def test_animation_is_a_sequence(avatar):
    animation = avatar.animate(avatar.motions[0])
    assert isinstance(animation, Animation)
    assert len(animation) == len(list(animation)) == 10
    assert np.allclose(animation[-1][1], animation[9][1])
    assert len(animation[2:5]) == 3
    with pytest.raises(IndexError):
        animation[10]
    assert animation[9][1].mean(0)[1] > animation[0][1].mean(0)[1] + 0.2  # the hand rises


def test_save_load_save_is_stable(avatar, tmp_path):
    first = avatar.save(tmp_path / "a.safetensors")
    loaded = load(first)
    second = loaded.save(tmp_path / "b.safetensors")
    assert first.read_bytes() == second.read_bytes()
    assert loaded.name == avatar.name
    assert loaded.outfit == avatar.outfit
    assert loaded.provenance == avatar.provenance
    for a, b in zip(avatar.parts, loaded.parts, strict=True):
        assert a.name == b.name
        for attribute in ("vertices", "faces", "uvs", "lbs_weights"):
            assert np.array_equal(getattr(a, attribute), getattr(b, attribute))
        assert a.morphs.keys() == b.morphs.keys()
    assert np.array_equal(loaded.parts[0].material.texture, avatar.parts[0].material.texture)
    assert np.array_equal(loaded.motions[0].rotations, avatar.motions[0].rotations)
    assert loaded.motions[0].licence == "CC0-1.0"


def test_a_shared_texture_is_stored_once(avatar, tmp_path):
    from safetensors import safe_open

    with safe_open(avatar.save(tmp_path / "a.safetensors"), "np") as file:
        assert sum(name.startswith("texture.") for name in file.keys()) == 1  # noqa: SIM118


@pytest.mark.parametrize("damage", ["missing", "truncated", "foreign", "header", "tensor"])
def test_damaged_avatar_files_are_named(avatar, tmp_path, damage):
    path = tmp_path / "person.safetensors"
    if damage == "truncated":
        path.write_bytes(avatar.save(tmp_path / "x.safetensors").read_bytes()[:-50])
    elif damage == "foreign":
        save_file({"x": torch.zeros(1)}, path)
    elif damage == "header":
        save_file({"x": torch.zeros(1)}, path, {"avatar": json.dumps([1])})
    elif damage == "tensor":
        empty = {"joint_names": [], "parents": [], "motions": [], "outfit": {}, "provenance": {}}
        header = json.dumps(empty | {"format": "personify-avatar-1", "name": "x", "parts": [{}]})
        save_file({"rest_joints": torch.zeros(1, 3)}, path, {"avatar": header})
    with pytest.raises(PersonifyError, match=r"person\.safetensors"):
        load(path)


def test_mutated_avatar_files_only_raise_our_error(avatar, tmp_path):
    data = bytearray(avatar.save(tmp_path / "a.safetensors").read_bytes())
    rng = np.random.default_rng(5)
    path = tmp_path / "mutated.safetensors"
    for _ in range(60):
        mutated = data.copy()
        for position in rng.integers(0, len(mutated), 6):
            mutated[position] = rng.integers(256)
        path.write_bytes(mutated)
        with contextlib.suppress(PersonifyError):  # most of the file is pixels and numbers that may change unnoticed
            load(path)


@pytest.mark.parametrize("name", ["x.glb", "x.ply", "x.obj", "x.html"])
def test_export_by_extension(avatar, tmp_path, name):
    path = avatar.export(tmp_path / name)
    assert path == tmp_path / name
    assert path.stat().st_size > 1000


@pytest.mark.parametrize("name", ["x.fbx", "x", "x.safetensor"])
def test_unknown_extensions_are_refused(avatar, tmp_path, name):
    with pytest.raises(PersonifyError, match="extension"):
        avatar.export(tmp_path / name)
    with pytest.raises(PersonifyError, match="extension"):
        avatar.save(tmp_path / name)
    assert list(tmp_path.iterdir()) == []


def test_export_to_a_folder_is_refused(avatar, tmp_path):
    (tmp_path / "x.glb").mkdir()
    with pytest.raises(PersonifyError, match="folder"):
        avatar.export(tmp_path / "x.glb")
