"""SMPL-family files: random small ones in the published layouts, as npz and as the old chumpy pickles."""

import io
import pickle
import sys
import types
from pathlib import Path

import numpy as np
import pytest
import torch
from safetensors.torch import load_file
from scipy import sparse

from personify.body import skinning
from personify.body.model import BodyModel
from personify.body.pose import JOINT_INDEX, NUM_JOINTS, PARENTS
from personify.body.rotations import axis_angle_to_matrix
from personify.body.smpl_files import KEYS
from personify.body.smplx import SMPLXBody, pose_offsets
from personify.errors import PersonifyError

FIXTURES = Path(__file__).parents[1] / "fixtures"
SMPL_PARENTS = [2**32 - 1, 0, 0, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 9, 9, 12, 13, 14, 16, 17, 18, 19, 20, 21]
SMPLH_PARENTS = [*SMPL_PARENTS[:22]] + [(20 if k < 15 else 21) if k % 3 == 0 else 21 + k for k in range(30)]
SMPLX_PARENTS = [2**32 - 1, *PARENTS[1:]]


def random_model(parents, directions, vertices=60, seed=0):
    """A meaningless body in the layout of the published files."""
    rng = np.random.default_rng(seed)
    joints = len(parents)
    weights = rng.random((vertices, joints)) ** 8
    regressor = rng.random((joints, vertices)) ** 8
    return {
        "v_template": rng.normal(size=(vertices, 3)),
        "shapedirs": 0.1 * rng.normal(size=(vertices, 3, directions)),
        "posedirs": 0.01 * rng.normal(size=(vertices, 3, 9 * (joints - 1))),
        "J_regressor": regressor / regressor.sum(1, keepdims=True),
        "weights": weights / weights.sum(1, keepdims=True),
        "kintree_table": np.array([parents, range(joints)], np.uint32),
        "f": rng.integers(0, vertices, (100, 3)).astype(np.uint32),
    }


def write_npz(path, model):
    # The published files also hold pickled objects; these must not be touched.
    np.savez(path, **model, part2num=np.array({"head": 15}, dtype=object))
    return path


@pytest.fixture
def smplx_model():
    return random_model(SMPLX_PARENTS, 20)


@pytest.fixture
def smplx_file(tmp_path, smplx_model):
    return write_npz(tmp_path / "SMPLX_NEUTRAL.npz", smplx_model)


def smplx_by_the_book(model, betas, expression, pose):
    """The published equations with loops and homogeneous matrices, in the model's own frame."""
    shaped = model["v_template"] + model["shapedirs"][..., :10] @ betas
    joints = model["J_regressor"] @ shaped
    shaped = shaped + model["shapedirs"][..., 10:] @ expression
    rotations = axis_angle_to_matrix(torch.from_numpy(pose)).numpy()
    shaped = shaped + model["posedirs"] @ (rotations[1:] - np.eye(3)).ravel()
    world = []
    for joint, parent in enumerate(PARENTS):
        local = np.eye(4)
        local[:3, :3] = rotations[joint]
        local[:3, 3] = joints[joint] - (joints[parent] if parent >= 0 else 0)
        world.append(local if parent < 0 else world[parent] @ local)
    posed = np.zeros_like(shaped)
    for joint, matrix in enumerate(world):
        moved = (shaped - joints[joint]) @ matrix[:3, :3].T + matrix[:3, 3]
        posed += model["weights"][:, joint : joint + 1] * moved
    return posed, np.stack(world)[:, :3, 3]


def test_smplx_follows_the_published_equations(smplx_file, smplx_model):
    rng = np.random.default_rng(1)
    betas, expression, pose = rng.normal(size=10), rng.normal(size=10), 0.4 * rng.normal(size=(55, 3))
    body = SMPLXBody(smplx_file, dtype=torch.float64)
    shape = torch.from_numpy(betas)[None]
    output = body(shape, torch.from_numpy(pose)[None], body.origin(shape), torch.from_numpy(expression)[None])
    vertices, joints = smplx_by_the_book(smplx_model, betas, expression, pose)
    np.testing.assert_allclose(output.vertices[0], vertices, atol=1e-12)
    np.testing.assert_allclose(output.joints[0], joints, atol=1e-12)


def test_smpl_matches_the_original_code(tmp_path):
    """Numbers of AvatarCLIP's SMPL; their hand joints turn, ours follow the wrists, so those stay straight here."""
    original = {key: value.double() for key, value in load_file(FIXTURES / "smpl_lbs.safetensors").items()}
    model = random_model(SMPL_PARENTS, 10, vertices=80) | {
        "v_template": original["in.v_template"].numpy(),
        "shapedirs": (original["in.v_shaped"] - original["in.v_template"]).permute(1, 2, 0).numpy(),  # one beta each
        "posedirs": original["in.posedirs"].numpy().T.reshape(80, 3, 207),
        "J_regressor": original["in.J_regressor"].numpy(),
        "weights": original["in.lbs_weights"].numpy(),
    }
    body = SMPLXBody(write_npz(tmp_path / "smpl.npz", model), dtype=torch.float64)
    betas = torch.eye(3, dtype=torch.float64)
    pose = original["in.pose"].unflatten(1, (24, 3)).clone()
    pose[:, 22:] = 0
    padded = torch.cat([pose[:, :22], pose.new_zeros(3, NUM_JOINTS - 22, 3)], 1)
    output = body(betas, padded, body.origin(betas))

    rotations = axis_angle_to_matrix(pose)
    joints = original["in.J_regressor"] @ original["in.v_shaped"]
    shaped = original["in.v_shaped"] + pose_offsets(rotations[:, 1:], original["in.posedirs"])
    frames = skinning.forward_kinematics(rotations, joints, original["in.parents"].long().tolist())
    expected = skinning.lbs(shaped, original["in.lbs_weights"], skinning.rest_to_posed(frames, joints))
    np.testing.assert_allclose(output.vertices, expected, atol=1e-9)
    # Joints above the hands need no such care.
    np.testing.assert_allclose(output.joints[:, :22], original["out.my_lbs.joints"][:, :22], atol=1e-5)


def test_the_t_pose_is_the_template_on_the_floor(smplx_file, smplx_model):
    output = SMPLXBody(smplx_file, dtype=torch.float64)()
    np.testing.assert_allclose(output.vertices[0, :, 1].min(), 0, atol=1e-12)
    np.testing.assert_allclose(output.joints[0, 0, [0, 2]], [0, 0], atol=1e-12)
    template = smplx_model["v_template"]
    np.testing.assert_allclose(output.vertices[0] - output.vertices[0, 0], template - template[0], atol=1e-12)
    np.testing.assert_allclose(output.joints, output.tpose_joints)
    turns = output.joint_transforms[0, :, :3, :3]
    np.testing.assert_allclose(turns, np.broadcast_to(np.eye(3), (55, 3, 3)), atol=1e-12)


@pytest.mark.parametrize(
    ("parents", "directions", "name", "betas", "expressions"),
    [
        (SMPLX_PARENTS, 400, "smplx", 300, 100),
        (SMPLX_PARENTS, 20, "smplx", 10, 10),
        (SMPLH_PARENTS, 16, "smplh", 16, 0),
        (SMPL_PARENTS, 10, "smpl", 10, 0),
        (SMPL_PARENTS, 300, "smpl", 300, 0),
    ],
)
def test_every_layout_speaks_the_same_language(tmp_path, parents, directions, name, betas, expressions):
    body: BodyModel = SMPLXBody(write_npz(tmp_path / "body.npz", random_model(parents, directions)))
    assert (body.name, len(body.shape_names), len(body.expression_names)) == (name, betas, expressions)
    pose = 0.3 * torch.randn(2, NUM_JOINTS, 3, generator=torch.Generator().manual_seed(0))
    output = body(torch.ones(1, 3), pose, torch.tensor([[1.0, 2, 3]]))
    assert output.vertices.shape == (2, 60, 3)
    assert output.joint_transforms.shape == (2, 55, 4, 4)
    np.testing.assert_allclose(body.lbs_weights.sum(1), np.ones(60), atol=1e-6)
    np.testing.assert_allclose(output.joints[:, 0], [[1, 2, 3]] * 2, atol=1e-6)
    posed = skinning.lbs(output.rest_vertices, body.lbs_weights, output.skinning_transforms)
    np.testing.assert_allclose(posed, output.vertices, atol=1e-5)


def test_joints_that_smpl_lacks_lie_on_their_parent_and_move_nothing(tmp_path):
    body = SMPLXBody(write_npz(tmp_path / "smpl.npz", random_model(SMPL_PARENTS, 10)))
    lacking = [JOINT_INDEX[name] for name in ("jaw", "left_eye", "left_index2", "right_thumb3")]
    pose = torch.zeros(1, NUM_JOINTS, 3)
    pose[0, lacking] = 0.7
    still, moved = body(), body(pose=pose)
    np.testing.assert_allclose(still.vertices, moved.vertices, atol=1e-6)
    np.testing.assert_allclose(still.joints[0, JOINT_INDEX["jaw"]], still.joints[0, JOINT_INDEX["head"]])
    np.testing.assert_allclose(still.joints[0, JOINT_INDEX["left_ring3"]], still.joints[0, JOINT_INDEX["left_wrist"]])


def test_gradients_reach_shape_pose_and_expression(smplx_file):
    body = SMPLXBody(smplx_file, dtype=torch.float64)
    generator = torch.Generator().manual_seed(0)
    inputs = [torch.randn(*s, generator=generator, dtype=torch.float64) for s in ((1, 2), (1, 55, 3), (1, 3), (1, 2))]
    inputs[1] *= 0.2
    assert torch.autograd.gradcheck(lambda *x: body(*x).vertices, [x.requires_grad_() for x in inputs], fast_mode=True)


def test_a_smile_moves_no_joint(smplx_file):
    body = SMPLXBody(smplx_file, dtype=torch.float64)
    neutral, smiling = body(), body(expression=torch.ones(1, 10, dtype=torch.float64))
    assert not np.allclose(smiling.vertices, neutral.vertices, atol=0.01)
    np.testing.assert_allclose(smiling.rest_joints, neutral.rest_joints)


# Pickles


class _FakeChumpy:
    """Installs stand-ins for chumpy while a pickle is written, so that reading happens without the package."""

    def __enter__(self):
        module = types.ModuleType("chumpy.ch")
        module.Ch = type("Ch", (), {"__module__": "chumpy.ch", "__qualname__": "Ch"})
        sys.modules["chumpy"], sys.modules["chumpy.ch"] = types.ModuleType("chumpy"), module
        return module.Ch

    def __exit__(self, *_):
        del sys.modules["chumpy"], sys.modules["chumpy.ch"]


@pytest.mark.parametrize("protocol", [0, 2, 5])
def test_chumpy_pickles_are_read_without_chumpy(tmp_path, protocol):
    model = random_model(SMPL_PARENTS, 10)
    with _FakeChumpy() as chumpy_array:
        boxed = chumpy_array()
        boxed.__dict__.update(x=model["shapedirs"], _cache={"dr": None}, _itr=None)
        regressor = sparse.csc_matrix(model["J_regressor"])
        content = model | {"shapedirs": boxed, "J_regressor": regressor, "bs_style": "lbs", "note": "caf\xe9"}
        (tmp_path / "model.pkl").write_bytes(pickle.dumps(content, protocol))
    body = SMPLXBody(tmp_path / "model.pkl", dtype=torch.float64)
    same = SMPLXBody(write_npz(tmp_path / "model.npz", model), dtype=torch.float64)
    pose = 0.3 * torch.randn(1, NUM_JOINTS, 3, generator=torch.Generator().manual_seed(0), dtype=torch.float64)
    shape = torch.ones(1, 10, dtype=torch.float64)
    np.testing.assert_allclose(body(shape, pose).vertices, same(shape, pose).vertices, atol=1e-12)


def test_python_2_pickles_are_read(tmp_path):
    """Protocol-2 bytes as Python 2 wrote them: byte strings for array data, copy_reg, __builtin__, numpy.core."""
    model = random_model(SMPL_PARENTS, 10)

    def py2_array(array):
        array = np.ascontiguousarray(array)
        kind = array.dtype.str[1:].encode()
        shape = b"(" + b"".join(b"I%d\n" % n for n in array.shape) + b"t"
        data = array.tobytes()
        return (
            b"cnumpy.core.multiarray\n_reconstruct\n(cnumpy\nndarray\n(I0\ntU\x01btR(I1\n" + shape
            + b"cnumpy\ndtype\n(U" + bytes([len(kind)]) + kind + b"I0\nI1\ntR(I3\nU\x01<NNNI-1\nI-1\nI0\ntb"
            + b"I00\nT" + len(data).to_bytes(4, "little") + data + b"tb"
        )  # fmt: skip

    boxed = b"ccopy_reg\n_reconstructor\n(cchumpy.ch\nCh\nc__builtin__\nobject\nNtR}U\x01x" + py2_array(
        model["shapedirs"]
    )
    entries = {key: py2_array(value) for key, value in model.items()} | {"shapedirs": boxed + b"sb"}
    items = b"".join(b"U" + bytes([len(key)]) + key.encode() + value + b"s" for key, value in entries.items())
    (tmp_path / "model.pkl").write_bytes(b"\x80\x02}" + items + b".")
    body = SMPLXBody(tmp_path / "model.pkl", dtype=torch.float64)
    np.testing.assert_array_equal(body.shapedirs, model["shapedirs"])
    np.testing.assert_array_equal(body.v_template, model["v_template"])


class _Attack:
    def __init__(self, function, *arguments):
        self.call = function, arguments

    def __reduce__(self):
        return self.call


@pytest.mark.parametrize(
    "attack",
    [
        _Attack(exec, "raise SystemExit"),
        _Attack(__import__, "antigravity"),
        _Attack(getattr, np.ndarray, "tofile"),
        _Attack(np.load, "x.npy"),
        _Attack(types.SimpleNamespace),
        io.BytesIO,
    ],
)
def test_pickles_that_want_to_run_code_are_refused(tmp_path, attack):
    path = tmp_path / "model.pkl"
    path.write_bytes(pickle.dumps({"v_template": attack}))
    with pytest.raises(PersonifyError, match=r"model\.pkl: refused, because it refers to .*expected only arrays"):
        SMPLXBody(path)


def test_foreign_classes_run_none_of_their_code(tmp_path):
    """Even of scipy, which is installed, only the numbers are taken: a state that is no matrix builds none."""
    model = random_model(SMPL_PARENTS, 10)
    matrix = sparse.csc_matrix(model["J_regressor"])
    del matrix.__dict__["indptr"]
    path = tmp_path / "model.pkl"
    path.write_bytes(pickle.dumps(model | {"J_regressor": matrix}))
    with pytest.raises(PersonifyError, match="J_regressor is a csc_matrix; expected an array"):
        SMPLXBody(path)


# What can be wrong with a file


def test_a_missing_file_says_where_to_get_one(tmp_path):
    with pytest.raises(PersonifyError, match=r"no such file.*register at https://smpl-x\.is\.tue\.mpg\.de"):
        SMPLXBody(tmp_path / "SMPLX_NEUTRAL.npz")
    (tmp_path / "body.obj").write_text("v 0 0 0")
    with pytest.raises(PersonifyError, match=r"ends in \.npz or \.pkl"):
        SMPLXBody(tmp_path / "body.obj")


@pytest.mark.parametrize("suffix", [".npz", ".pkl"])
def test_damaged_files_are_refused(tmp_path, smplx_model, suffix):
    whole = tmp_path / f"whole{suffix}"
    if suffix == ".npz":
        write_npz(whole, smplx_model)
    else:
        whole.write_bytes(pickle.dumps(smplx_model))
    for name, data in (("half", whole.read_bytes()[:5000]), ("empty", b""), ("text", b"<html>log in first</html>")):
        path = tmp_path / f"{name}{suffix}"
        path.write_bytes(data)
        with pytest.raises(PersonifyError, match=rf"{name}\{suffix}: not a readable"):
            SMPLXBody(path)


@pytest.mark.parametrize("key", KEYS)
def test_a_missing_entry_is_named(tmp_path, smplx_model, key):
    del smplx_model[key]
    with pytest.raises(PersonifyError, match=f"has no {key}"):
        SMPLXBody(write_npz(tmp_path / "body.npz", smplx_model))


@pytest.mark.parametrize(
    ("key", "value", "message"),
    [
        ("weights", np.zeros((60, 54)), r"weights is \[60, 54\]; expected \[60, 55\]"),
        ("posedirs", np.zeros((60, 3, 100)), "posedirs is"),
        ("kintree_table", np.zeros((2, 30), np.uint32), "has 30 joints; expected 24"),
        ("kintree_table", np.zeros((2, 55), np.uint32), "joint 4 hangs on joint 0"),
    ],
)
def test_arrays_that_do_not_fit_are_named(tmp_path, smplx_model, key, value, message):
    with pytest.raises(PersonifyError, match=message):
        SMPLXBody(write_npz(tmp_path / "body.npz", smplx_model | {key: value}))


def test_too_many_betas_are_refused(smplx_file):
    with pytest.raises(PersonifyError, match=r"shape: \[1, 11\]; expected \[B, n\] with n up to 10"):
        SMPLXBody(smplx_file)(torch.zeros(1, 11))
