"""SMPL, SMPL+H and SMPL-X from the user's own files, in the same language as the default body.

The models (Loper et al. 2015; Romero et al. 2017; Pavlakos et al. 2019) are licensed by their authors; none is shipped
or downloaded. Their zero pose is the T-pose, so nothing has to be turned.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
import torch
from torch import Tensor

from personify.body.model import BodyOutput, pose_matrices, pose_rest
from personify.body.pose import JOINT_NAMES, NUM_BODY_JOINTS, NUM_JOINTS, PARENTS
from personify.body.smpl_files import Array, read_smpl_file
from personify.errors import PersonifyError

_BODY = tuple(range(NUM_BODY_JOINTS))
_HANDS = tuple(range(25, NUM_JOINTS))
# By the number of joints in a file: its name and which of our joints each is. SMPL's stiff hands go with the wrists.
_LAYOUTS: dict[int, tuple[str, tuple[int, ...]]] = {
    24: ("smpl", (*_BODY, 20, 21)),
    52: ("smplh", (*_BODY, *_HANDS)),
    55: ("smplx", tuple(range(NUM_JOINTS))),
}


class SMPLXBody(torch.nn.Module):
    """A SMPL-family body with its betas, expressions and pose blend shapes.

    All 55 joints of the pose language are there whatever the file; a joint that it lacks (SMPL has no jaw, eyes or
    fingers) lies on its parent and moves nothing. ``transl`` is the pelvis position as everywhere in Personify, not
    the offset from the model's origin that SMPL parameters use: add `origin` to those.

    Args:
        path: ``SMPLX_NEUTRAL.npz``, ``basicModel_f_lbs_10_207_0_v1.0.0.pkl`` and the like.
        dtype: of all floating buffers.

    Raises:
        PersonifyError: the file is missing (says where to get it), damaged, unsafe or of another layout.
    """

    joint_names = JOINT_NAMES
    parents = PARENTS

    v_template: Tensor
    shapedirs: Tensor
    exprdirs: Tensor
    posedirs: Tensor
    J_regressor: Tensor
    lbs_weights: Tensor
    faces: Tensor

    def __init__(self, path: Path | str, dtype: torch.dtype = torch.float32) -> None:
        super().__init__()
        data = read_smpl_file(path)
        self.name, joint_map = _layout(path, data)
        vertices = len(data["v_template"])
        betas, expressions = _split(data["shapedirs"], self.name)
        posed = list(dict.fromkeys(joint_map[1:]))  # joints that drive pose blend shapes, in the file's order
        posedirs = data["posedirs"].reshape(vertices * 3, -1).T
        arrays = {
            "v_template": data["v_template"],
            "shapedirs": betas,
            "exprdirs": expressions,
            "posedirs": posedirs[: 9 * len(posed)],
            "J_regressor": _regressor(data["J_regressor"], joint_map),
            "lbs_weights": _weights(data["weights"], joint_map),
        }
        for name, array in arrays.items():
            self.register_buffer(name, torch.from_numpy(np.array(array)).to(dtype), persistent=False)
        self.register_buffer("faces", torch.from_numpy(data["f"].astype(np.int64)), persistent=False)
        self._posed = posed
        self.shape_names = tuple(f"beta_{k}" for k in range(betas.shape[-1]))
        self.expression_names = tuple(f"expression_{k}" for k in range(expressions.shape[-1]))

    def rest(self, shape: Tensor | None = None, expression: Tensor | None = None) -> tuple[Tensor, Tensor]:
        """Vertices [B, V, 3] and joints [B, 55, 3] of the T-pose about the model's own origin.

        Args:
            shape: [B, n] the first n betas.
            expression: [B, n] the first n expression coefficients.
        """
        bodies = self.v_template + _combine(self.shapedirs, shape, "shape")
        # Joints follow the betas alone: a smile must not move the skeleton.
        return bodies + _combine(self.exprdirs, expression, "expression"), self.J_regressor @ bodies

    def origin(self, shape: Tensor | None = None) -> Tensor:  # [B, 3]
        """Pelvis position of the model's own frame: add it to the ``transl`` of SMPL parameters to get ours."""
        return self.rest(shape)[1][:, 0]

    def forward(
        self,
        shape: Tensor | None = None,
        pose: Tensor | None = None,
        transl: Tensor | None = None,
        expression: Tensor | None = None,
    ) -> BodyOutput:
        """Pose a batch of people; see `BodyOutput`.

        Args:
            shape: [B, n] betas.
            pose: [B, 55, 3] axis-angle, T-pose = zero (flat hands).
            transl: [B, 3] pelvis world position; None puts the soles of the T-pose on y = 0 below the origin.
            expression: [B, n] expression coefficients.
        """
        vertices, joints = self.rest(shape, expression)
        batch = max(len(vertices), len(joints), 1 if pose is None else len(pose))
        vertices, joints = vertices.expand(batch, -1, -1), joints.expand(batch, -1, -1)
        rotations = pose_matrices(vertices.new_zeros(1, NUM_JOINTS, 3) if pose is None else pose, batch)
        shift = torch.stack([-joints[:, 0, 0], -vertices[..., 1].amin(1), -joints[:, 0, 2]], -1)
        vertices = vertices + pose_offsets(rotations[:, self._posed], self.posedirs)
        turn = torch.eye(3, dtype=vertices.dtype, device=vertices.device).expand(batch, NUM_JOINTS, 3, 3)
        on_floor = joints + shift[:, None]
        return pose_rest(vertices, joints, turn, on_floor, rotations, transl, self.lbs_weights, self.parents)

    __call__ = torch.nn.Module.__call__


def pose_offsets(rotations: Tensor, posedirs: Tensor) -> Tensor:  # [B, P, 3, 3], [9P, 3V] -> [B, V, 3]
    """Pose blend shapes, linear in the rotations' difference from the identity (Loper et al. 2015, eq. 9)."""
    feature = rotations - torch.eye(3, dtype=rotations.dtype, device=rotations.device)
    return (feature.flatten(1) @ posedirs).unflatten(-1, (-1, 3))


def _combine(directions: Tensor, coefficients: Tensor | None, what: str) -> Tensor:  # [V, 3, N], [B, n] -> [B, V, 3]
    if coefficients is None:
        return directions.new_zeros(1, 1, 3)
    count = coefficients.shape[-1]
    if coefficients.ndim != 2 or count > directions.shape[-1]:
        raise PersonifyError(
            f"{what}: {list(coefficients.shape)}; expected [B, n] with n up to {directions.shape[-1]} in this model"
        )
    return torch.einsum("bn,vcn->bvc", coefficients, directions[..., :count])


def _layout(path: Path | str, data: dict[str, Array]) -> tuple[str, tuple[int, ...]]:
    """Name and joint map of a file, after checking that its arrays fit each other and its tree is the known one."""
    vertices, joints = len(data["v_template"]), data["kintree_table"].shape[-1]
    if joints not in _LAYOUTS:
        raise PersonifyError(f"{path}: has {joints} joints; expected 24 (SMPL), 52 (SMPL+H) or 55 (SMPL-X)")
    shapes = {
        "v_template": (vertices, 3),
        "shapedirs": (vertices, 3, data["shapedirs"].shape[-1]),
        "posedirs": (vertices, 3, 9 * (joints - 1)),
        "J_regressor": (joints, vertices),
        "weights": (vertices, joints),
        "f": (len(data["f"]), 3),
    }
    for key, expected in shapes.items():
        if data[key].shape != expected:
            raise PersonifyError(f"{path}: {key} is {list(data[key].shape)}; expected {list(expected)}")
    name, joint_map = _LAYOUTS[joints]
    for joint, parent in enumerate(data["kintree_table"][0, 1:].astype(np.int64), 1):
        ours = PARENTS[joint_map[joint]] if joint_map[joint] not in joint_map[:joint] else joint_map[joint]
        if joint_map[parent] != ours:
            raise PersonifyError(f"{path}: joint {joint} hangs on joint {parent}; expected the joint tree of {name}")
    return name, joint_map


def _split(shapedirs: Array, name: str) -> tuple[Array, Array]:
    """Betas and expressions; SMPL-X keeps both in one array, 300 + 100 in newer files, 10 + 10 in older ones."""
    start = shapedirs.shape[-1]
    if name == "smplx":
        start = 300 if start >= 400 else min(10, start)
    return shapedirs[..., :start], shapedirs[..., start:]


def _regressor(regressor: Array, joint_map: tuple[int, ...]) -> Array:  # [J, V] -> [55, V]
    rows: list[Array] = []
    for joint in range(NUM_JOINTS):
        rows.append(regressor[joint_map.index(joint)] if joint in joint_map else rows[PARENTS[joint]])
    return np.stack(rows)


def _weights(weights: Array, joint_map: tuple[int, ...]) -> Array:  # [V, J] -> [V, 55]
    merged = np.zeros((len(weights), NUM_JOINTS), weights.dtype)
    for column, joint in enumerate(joint_map):
        merged[:, joint] += weights[:, column]
    return merged
