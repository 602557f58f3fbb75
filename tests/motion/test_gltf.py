"""Animations of binary glTF: our own avatars come back, Mixamo-like and VRM files load, damage is refused."""

import json
import struct

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.spatial.transform import Rotation

from motion.helpers import angles_between
from motion.recordings import NAMES, recorded
from personify.errors import PersonifyError
from personify.export.glb import encode_glb
from personify.export.glb_buffer import GlbBuffer
from personify.motion.files import read_motion, write_motion
from personify.motion.gltf import read_glb_motion
from personify.motion.humanoids import SourceMotion
from personify.motion.kinematics import REFERENCE_SKELETON
from personify.motion.library import library_motion
from personify.motion.locomotion import gait_motion
from personify.motion.stick_figure import stick_figure

WALK = gait_motion("walk")
VRM = [
    "hips", "leftUpperLeg", "rightUpperLeg", "spine", "leftLowerLeg", "rightLowerLeg", "chest", "leftFoot",
    "rightFoot", "upperChest", "leftToes", "rightToes", "neck", "leftShoulder", "rightShoulder", "head",
    "leftUpperArm", "rightUpperArm", "leftLowerArm", "rightLowerArm", "leftHand", "rightHand",
]  # fmt: skip


def glb_of(source: SourceMotion, path, *, scale=1.0, interpolation="LINEAR", extensions=None, turned=None):
    """A recording as a GLB whose armature node has a rotation and a scale, as exporters write them."""
    buffer, nodes, channels, samplers = GlbBuffer(), [], [], []
    times = buffer.accessor((np.arange(len(source.rotations)) / source.fps).astype(np.float32), bounds=True)
    for joint, name in enumerate(source.names):
        children = [k + 1 for k, parent in enumerate(source.parents) if parent == joint]
        node = {"name": name, "translation": (source.offsets[joint] / scale).tolist()}
        nodes.append(node | ({"children": children} if children else {}))
        tracks = {"rotation": Rotation.from_matrix(source.rotations[:, joint]).as_quat().astype(np.float32)}
        if joint == 0:
            tracks["translation"] = (source.positions[:, 0] / scale).astype(np.float32)
        for kind, values in tracks.items():
            if interpolation == "CUBICSPLINE":
                slope = np.gradient(values, axis=0) * source.fps
                values = np.stack([slope, values, slope], 1).reshape(-1, values.shape[-1]).astype(np.float32)
            samplers.append({"input": times, "output": buffer.accessor(values), "interpolation": interpolation})
            channels.append({"sampler": len(samplers) - 1, "target": {"node": joint + 1, "path": kind}})
    turned = Rotation.identity() if turned is None else turned
    root = {"name": "Armature", "children": [1], "scale": [scale] * 3, "rotation": turned.as_quat().tolist()}
    document = {
        "asset": {"version": "2.0"},
        "nodes": [root, *nodes],
        "animations": [{"name": "take", "channels": channels, "samplers": samplers}],
        **({"extensions": extensions} if extensions else {}),
    }
    write_document(document, buffer, path)


def write_document(document, buffer, path):
    views, binary = buffer.finish()
    binary += b"\0" * (-len(binary) % 4)
    document |= {"accessors": buffer.accessors, "bufferViews": views, "buffers": [{"byteLength": len(binary)}]}
    text = json.dumps(document).encode()
    text += b" " * (-len(text) % 4)
    total = 12 + 8 + len(text) + 8 + len(binary)
    head = struct.pack("<III", 0x46546C67, 2, total) + struct.pack("<II", len(text), 0x4E4F534A)
    path.write_bytes(head + text + struct.pack("<II", len(binary), 0x004E4942) + binary)


@pytest.mark.parametrize("name", ["wave_right", "jumping_jacks"])
def test_what_we_write_reads_back(tmp_path, name):
    motion = library_motion(name)
    write_motion(motion, tmp_path / "motion.glb")
    back = read_motion(tmp_path / "motion.glb")
    expected = motion.retargeted(REFERENCE_SKELETON)
    assert back.name == motion.name
    assert angles_between(back.rotations, expected.rotations).max() < 0.1
    np.testing.assert_allclose(np.diff(back.translation, axis=0), np.diff(expected.translation, axis=0), atol=1e-3)


@pytest.mark.parametrize("interpolation", ["LINEAR", "CUBICSPLINE"])
def test_a_mixamo_character_in_centimetres_lying_in_its_file(tmp_path, interpolation):
    # Mixamo exports through Blender: the armature is scaled by 0.01 and turned, the hips live in centimetres.
    path = tmp_path / "mixamo.glb"
    turned = Rotation.from_euler("x", 90, degrees=True)
    source = recorded(WALK, NAMES["mixamo"], axes=turned.inv().as_matrix())
    glb_of(source, path, scale=0.01, interpolation=interpolation, turned=turned)
    back = read_glb_motion(path)
    assert angles_between(back.rotations[:, :22], WALK.rotations[:, :22]).max() < 0.5
    assert np.ptp(back.translation[:, 2]) == pytest.approx(np.ptp(WALK.translation[:, 2]), rel=0.02)


def test_vrm_animations_are_read_by_their_bone_map(tmp_path):
    path = tmp_path / "walk.vrma"
    bones = {bone: {"node": k + 1} for k, bone in enumerate(VRM)}
    extensions = {"VRMC_vrm_animation": {"specVersion": "1.0", "humanoid": {"humanBones": bones}}}
    glb_of(recorded(WALK, [f"J_{k}" for k in range(22)]), path, extensions=extensions)
    back = read_motion(path)
    assert angles_between(back.rotations[:, :22], WALK.rotations[:, :22]).max() < 0.1


def test_stepped_keys_hold_their_value(tmp_path):
    slow = WALK.resampled(5)
    glb_of(recorded(slow, NAMES["mixamo"]), tmp_path / "steps.glb", interpolation="STEP")
    back = read_glb_motion(tmp_path / "steps.glb")
    np.testing.assert_allclose(back.rotations[0], back.rotations[5], atol=1e-5)
    assert angles_between(back.rotations[6:7, :22], slow.rotations[1:2, :22]).max() < 0.1


def test_animations_are_chosen_by_name(tmp_path):
    clips = [library_motion(name).retargeted(REFERENCE_SKELETON).to_clip() for name in ("clap", "wave_right")]
    (tmp_path / "two.glb").write_bytes(encode_glb([stick_figure(REFERENCE_SKELETON)], REFERENCE_SKELETON, clips))
    assert read_glb_motion(tmp_path / "two.glb").name == "clap"
    assert read_glb_motion(tmp_path / "two.glb", "wave_right").name == "wave_right"
    with pytest.raises(PersonifyError, match=r"two\.glb: holds no animation 'swim'; it holds clap, wave_right"):
        read_glb_motion(tmp_path / "two.glb", "swim")


def test_a_still_character_is_refused(tmp_path):
    (tmp_path / "still.glb").write_bytes(encode_glb([stick_figure(REFERENCE_SKELETON)], REFERENCE_SKELETON))
    with pytest.raises(PersonifyError, match=r"still\.glb: holds no animation"):
        read_motion(tmp_path / "still.glb")


def test_a_tree_with_a_circle_is_refused(tmp_path):
    document = {"asset": {"version": "2.0"}, "animations": [{"channels": [], "samplers": []}]}
    document["nodes"] = [{"children": [1]}, {"children": [0]}]
    write_document(document, GlbBuffer(), tmp_path / "circle.glb")
    with pytest.raises(PersonifyError, match="circle"):
        read_glb_motion(tmp_path / "circle.glb")


@settings(max_examples=60, deadline=None)
@given(data=st.data())
def test_mutated_files_raise_only_our_error(tmp_path_factory, data):
    path = tmp_path_factory.getbasetemp() / "fuzz.glb"
    glb_of(recorded(WALK.sliced(0, 0.1), NAMES["mixamo"]), path)
    raw = bytearray(path.read_bytes())
    for _ in range(data.draw(st.integers(1, 6))):
        raw[data.draw(st.integers(0, len(raw) - 1))] = data.draw(st.integers(0, 255))
    path.write_bytes(raw)
    try:
        motion = read_glb_motion(path)
    except PersonifyError:
        return
    assert np.isfinite(motion.rotations).all()
