"""One person's bare body, ready to be dressed.

Clothes, hair and shoes are shaped in Anny's A-pose (`Figure.rest`), where arms hang and cloth falls naturally, and are
described in `Figure.canonical`, the T-pose of an average adult, which is the same for everybody: "the hem is at
mid-thigh" is one number there. `Figure.to_tpose` carries finished geometry to the avatar's T-pose.
"""

from __future__ import annotations

import functools
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray

from personify.body.anny import AnnyBody
from personify.body.mesh import Float, Int, Skeleton
from personify.body.pose import JOINT_INDEX, JOINT_NAMES, PARENTS
from personify.body.skinning import inverse_lbs

Points = NDArray[np.float64]


@functools.lru_cache(maxsize=1)
def default_body() -> AnnyBody:
    """The shipped body in double precision; loaded once."""
    return AnnyBody(dtype=torch.float64)


@functools.lru_cache(maxsize=1)
def canonical_body() -> tuple[Points, Points]:
    """Vertices [V, 3] and joints [J, 3] of the average adult in the T-pose: the domain of every garment's fields."""
    output = default_body()()
    return output.vertices[0].numpy(), output.joints[0].numpy()


@dataclass(frozen=True)
class Figure:
    """A concrete body.

    Attributes:
        body: the model it comes from.
        rest: [V, 3] metres, A-pose, helper meshes included (`AnnyBody.helper_faces`), soles near y = 0.
        joints: [J, 3] of that A-pose.
        to_tpose_transforms: [J, 4, 4] rigid motion of every joint frame from the A-pose to the T-pose.
        skeleton: the T-pose skeleton of the finished avatar.
        scale: this person's height over the canonical adult's.
    """

    body: AnnyBody
    rest: Points
    joints: Points
    to_tpose_transforms: Points
    skeleton: Skeleton
    scale: float

    @property
    def canonical(self) -> Points:
        """[V, 3] T-pose coordinates of the average adult, soles on y = 0, pelvis above the origin."""
        return canonical_body()[0]

    def canonical_joint(self, name: str) -> Points:  # [3]
        """Joint of the canonical adult by SMPL-X name: the landmarks to write fields with."""
        return canonical_body()[1][JOINT_INDEX[name]]

    def joint(self, name: str) -> Points:  # [3]
        """Joint of this person in the A-pose by SMPL-X name."""
        return self.joints[JOINT_INDEX[name]]

    @property
    def lbs_weights(self) -> Points:
        """[V, J] skinning weights of body and helper vertices."""
        return self.body.lbs_weights.numpy()

    @property
    def skin_faces(self) -> Int:
        """[F, 3] triangles of skin, eyes, tongue and cavities."""
        return self.body.faces.numpy()

    def helper(self, name: str) -> Int:
        """[F, 3] triangles of a helper mesh: ``tights`` (body suit), ``skirt``, ``lashes``, ``teeth``."""
        return self.body.helper_faces[name].numpy()

    def weight_of(self, *joints: str) -> Points:  # [V]
        """Summed skinning weight of some joints, by SMPL-X name."""
        return self.lbs_weights[:, [JOINT_INDEX[name] for name in joints]].sum(1)

    def to_tpose(self, points: Points, lbs_weights: Points) -> Float:  # [N, 3], [N, J] -> [N, 3]
        """Carry A-pose geometry to the T-pose so that skinning it back to the A-pose restores it exactly."""
        return self._to_tpose(points, lbs_weights).astype(np.float32)

    def tpose_matrices(self, lbs_weights: Points) -> Points:  # [N, J] -> [N, 3, 3]
        """What `to_tpose` does to offsets from points that are skinned like this: ``matrix @ offset``."""
        axes = np.concatenate([np.zeros((1, 3)), np.eye(3)])  # the images of the origin and of the unit vectors
        moved = self._to_tpose(np.repeat(axes[:, None], len(lbs_weights), 1), lbs_weights)
        return (moved[1:] - moved[0]).transpose(1, 2, 0)

    def _to_tpose(self, points: Points, lbs_weights: Points) -> Points:
        back = torch.linalg.inv(torch.from_numpy(self.to_tpose_transforms))
        unposed: Points = inverse_lbs(torch.from_numpy(points), torch.from_numpy(lbs_weights), back).numpy()
        return unposed


def make_figure(
    shape: torch.Tensor,  # [1, 11]
    sliders: torch.Tensor | None = None,
    expression: torch.Tensor | None = None,
    body: AnnyBody | None = None,
) -> Figure:
    """Evaluate the body once for a shape, face sliders and a resting expression."""
    body = body or default_body()
    with torch.no_grad():
        double = [None if value is None else value.double() for value in (shape, sliders, expression)]
        output = body(shape=double[0], sliders=double[1], expression=double[2])
    # The A-pose stands where the T-pose stands: same soles, pelvis above the origin.
    shift = (output.tpose_joints[0, 0] - output.rest_joints[0, 0]).numpy()
    transforms = output.skinning_transforms[0].numpy().copy()
    transforms[:, :3, 3] -= transforms[:, :3, :3] @ shift
    rest_joints = output.tpose_joints[0].numpy()
    skeleton = Skeleton(JOINT_NAMES, PARENTS, rest_joints.astype(np.float32))
    tall, canonical = (_height(body, v) for v in (output.rest_vertices[0].numpy(), canonical_body()[0]))
    return Figure(
        body=body,
        rest=output.rest_vertices[0].numpy() + shift,
        joints=output.rest_joints[0].numpy() + shift,
        to_tpose_transforms=transforms,
        skeleton=skeleton,
        scale=tall / canonical,
    )


def _height(body: AnnyBody, vertices: Points) -> float:
    skin = vertices[body.faces.unique().numpy()]
    return float(skin[:, 1].max() - skin[:, 1].min())
