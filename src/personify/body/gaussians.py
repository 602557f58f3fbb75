"""`Gaussians`: a person of 3D Gaussians in the T-pose, on the joints of the pose language, and how they follow a pose.

A posed Gaussian moves by linear blend skinning like a vertex. Its shape follows the gradient of that motion, as the
image of a small ball under any smooth map does. The blended matrix alone shrinks at bent joints, and a rotation alone
leaves gaps where the outside of an elbow stretches; so the gradient is measured on the Gaussian's neighbours.
"""

from __future__ import annotations

import dataclasses
import threading
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import torch
from numpy.typing import NDArray
from scipy.spatial import cKDTree
from torch import Tensor

from personify.body import gaussian_kernels
from personify.body.rotations import matrix_to_quaternion, nearest_rotation, quaternion_to_matrix
from personify.body.skinning import blend_transforms
from personify.errors import PersonifyError

NEIGHBORS = 6
STIFFNESS = (
    0.15  # how much a Gaussian trusts its rotation against its neighbours, in units of their mean square distance
)
LARGEST_STRAIN = 1.5  # relative to 1: nothing grows beyond 2.5 times its size, whatever its neighbours do
SMALLEST_WEIGHT = 1e-4  # influences below it are left out by the compiled kernels
SMALLEST_DETERMINANT = 0.05  # below it a blend of opposed rotations says nothing; the strongest joint's is taken

_ONE_AT_A_TIME = threading.Lock()  # numba's "workqueue" threads allow one caller only


@dataclass(frozen=True, eq=False)
class Gaussians:
    """3D Gaussians of one person, canonical: T-pose, +Y up, facing +Z, soles on y = 0.

    Attributes:
        means: [N, 3] metres.
        quats: [N, 4] wxyz, need not be normalised.
        scales: [N, 3] standard deviations along the rotated axes, metres, positive.
        opacities: [N] in [0, 1].
        sh: [N, K, 3] spherical harmonics, K = 1, 4, 9 or 16; an sRGB colour is 0.5 + sh . basis(direction of view).
        lbs_weights: [N, J] rows sum to 1, J = the skeleton's joints.

    Example:
        >>> one = Gaussians(
        ...     torch.zeros(1, 3), torch.tensor([[1.0, 0, 0, 0]]), torch.full((1, 3), 0.01),
        ...     torch.ones(1), torch.zeros(1, 1, 3), torch.ones(1, 1))
        >>> len(one.validate()), one.covariances()[0, 0, 0].item()
        (1, 9.999999747378752e-05)
    """

    means: Tensor
    quats: Tensor
    scales: Tensor
    opacities: Tensor
    sh: Tensor
    lbs_weights: Tensor

    def __len__(self) -> int:
        return len(self.means)

    @staticmethod
    def from_covariances(
        means: Tensor,  # [N, 3]
        covariances: Tensor,  # [N, 3, 3]
        opacities: Tensor,  # [N]
        sh: Tensor,  # [N, K, 3]
        lbs_weights: Tensor,  # [N, J]
    ) -> Gaussians:
        """Gaussians whose quats and scales are the axes of given covariances."""
        variances, axes = torch.linalg.eigh(covariances)
        axes = axes * torch.linalg.det(axes)[:, None, None]  # a reflection of all axes changes no covariance
        scales = variances.clamp(min=1e-14).sqrt()
        return Gaussians(means, matrix_to_quaternion(axes), scales, opacities, sh, lbs_weights)

    def axes(self) -> Tensor:  # [N, 3, 3]
        """Columns: the three axes, each as long as its standard deviation."""
        return quaternion_to_matrix(self.quats) * self.scales[:, None, :]

    def covariances(self) -> Tensor:  # [N, 3, 3]
        """Square metres."""
        axes = self.axes()
        return axes @ axes.mT

    def to(self, device: torch.device | str) -> Gaussians:
        """The same on another device."""
        return dataclasses.replace(self, **{f.name: getattr(self, f.name).to(device) for f in dataclasses.fields(self)})

    def validate(self) -> Gaussians:
        """Return self, or raise `PersonifyError` naming what is inconsistent."""
        count = len(self.means)
        weights = self.lbs_weights
        checks = {
            "expected at least one": count > 0,
            "means must be finite [N, 3]": _finite(self.means, count, 3),
            "quats must be finite [N, 4] and not zero": _finite(self.quats, count, 4)
            and bool((self.quats.norm(dim=-1) > 1e-8).all()),
            "scales must be finite [N, 3] and positive": _finite(self.scales, count, 3)
            and bool((self.scales > 0).all()),
            "opacities must be [N] in [0, 1]": self.opacities.shape == (count,)
            and bool(((self.opacities >= 0) & (self.opacities <= 1)).all()),
            "sh must be finite [N, 1, 4, 9 or 16, 3]": self.sh.ndim == 3
            and self.sh.shape[1] in (1, 4, 9, 16)
            and _finite(self.sh, count, self.sh.shape[1], 3),
            "lbs_weights must be [N, J] with rows that sum to 1": weights.ndim == 2
            and len(weights) == count
            and bool(((weights.sum(1) - 1).abs() < 1e-3).all()),
        }
        for expected, holds in checks.items():
            if not holds:
                raise PersonifyError(f"gaussians: {expected}")
        return self


@dataclass(frozen=True, eq=False)
class PosedGaussians:
    """Gaussians in a pose, ready to be drawn.

    Attributes:
        means: [N, 3] world positions, metres.
        covars: [N, 3, 3] square metres.
        rotations: [N, 3, 3] of the surface since the T-pose; the colours turn with it.
        opacities: [N].
        sh: [N, K, 3] in the axes of the T-pose.
    """

    means: Tensor
    covars: Tensor
    rotations: Tensor
    opacities: Tensor
    sh: Tensor


class GaussianRig:
    """Gaussians prepared to be posed again and again: neighbours are found once.

    Differentiable with respect to the transforms and, while the neighbourhoods stay as they were, to the Gaussians.

    Raises:
        PersonifyError: the Gaussians are inconsistent.
    """

    def __init__(self, gaussians: Gaussians) -> None:
        self.gaussians = gaussians.validate()
        self.neighbors, self.levers = _neighborhoods(gaussians)

    def pose(self, transforms: Tensor) -> PosedGaussians:
        """The Gaussians under skinning matrices [J, 4, 4] (`personify.body.posing.skinning_transforms`).

        Raises:
            PersonifyError: ``transforms`` do not fit the skin weights.
        """
        given = self.gaussians
        joints = given.lbs_weights.shape[1]
        if transforms.shape != (joints, 4, 4):
            raise PersonifyError(f"transforms: {list(transforms.shape)}; expected [{joints}, 4, 4], one per joint")
        inputs = (given.means, given.quats, given.scales, given.lbs_weights, transforms)
        compiled = all(t.dtype == torch.float32 and t.device.type == "cpu" and not t.requires_grad for t in inputs)
        means, covars, rotations = self._compiled(transforms) if compiled else self._differentiable(transforms)
        return PosedGaussians(means, covars, rotations, given.opacities, given.sh)

    def _differentiable(self, transforms: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        given = self.gaussians
        blended = blend_transforms(given.lbs_weights, transforms)
        linear = blended[:, :3, :3]
        means = (linear @ given.means[..., None])[..., 0] + blended[:, :3, 3]
        weak = torch.linalg.det(linear) < SMALLEST_DETERMINANT
        strongest = transforms[given.lbs_weights.argmax(1), :3, :3]
        rotations = nearest_rotation(torch.where(weak[:, None, None], strongest, linear))
        axes = self._gradient(means, rotations) @ given.axes()
        return means, axes @ axes.mT, rotations

    def _gradient(self, means: Tensor, rotations: Tensor) -> Tensor:  # [N, 3], [N, 3, 3] -> [N, 3, 3]
        """Gradient of the motion: what the neighbours' displacements say beyond the rotation, within bounds."""
        rest = self.gaussians.means
        offsets = (rest[self.neighbors] - rest[:, None]) @ rotations.mT  # where a rigid motion would carry them
        strain = (means[self.neighbors] - means[:, None] - offsets).mT @ self.levers
        size = strain.flatten(1).norm(dim=1).clamp(min=LARGEST_STRAIN)
        return rotations + strain * (LARGEST_STRAIN / size)[:, None, None]

    def _compiled(self, transforms: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        means = np.ascontiguousarray(self.gaussians.means.numpy())
        posed, covars, rotations = (np.empty((len(means), *shape), np.float32) for shape in ((3,), (3, 3), (3, 3)))
        joints, weights, axes, rigid = self._tables
        neighbors, levers = self.neighbors.numpy(), self.levers.numpy()
        matrices = np.ascontiguousarray(transforms.numpy())
        with _ONE_AT_A_TIME:
            gaussian_kernels.follow(means, joints, weights, matrices, SMALLEST_DETERMINANT, posed, rotations)
            gaussian_kernels.stretch(means, axes, neighbors, levers, rigid, LARGEST_STRAIN, posed, rotations, covars)
        return torch.from_numpy(posed), torch.from_numpy(covars), torch.from_numpy(rotations)

    @cached_property
    def _tables(self) -> tuple[NDArray[np.int32], NDArray[np.float32], NDArray[np.float32], NDArray[np.bool_]]:
        """For the kernels: joints and weights in falling order [N, I], axes [N, 3, 3], rigid surroundings [N]."""
        lbs_weights = self.gaussians.lbs_weights
        influences = max(1, int((lbs_weights > SMALLEST_WEIGHT).sum(1).max()))
        weights, joints = lbs_weights.topk(influences, 1)
        weights = torch.where(weights > SMALLEST_WEIGHT, weights, 0)
        weights = weights / weights.sum(1, keepdim=True)
        around = torch.cat([torch.arange(len(joints))[:, None], self.neighbors], 1)
        alone = (weights[around, 0] == 1) & (joints[around, 0] == joints[:, :1])
        axes = self.gaussians.axes().contiguous()
        return joints.int().numpy(), weights.numpy(), axes.numpy(), alone.all(1).numpy()


def _neighborhoods(gaussians: Gaussians) -> tuple[Tensor, Tensor]:  # [N, k], [N, k, 3]
    """Neighbours of every Gaussian, and their levers: the strain is the sum of (excess displacement) x (lever).

    A regularised least squares fit of a matrix to displacements. Across the surface there are no neighbours; there
    the regularisation keeps the rotation. Neighbours that follow other joints lie on another surface and count less.
    """
    means = gaussians.means.detach().double().cpu()
    weights = gaussians.lbs_weights.detach().cpu()
    count = min(NEIGHBORS, len(means) - 1)
    _, found = cKDTree(means.numpy()).query(means.numpy(), count + 1, workers=-1)
    neighbors = torch.from_numpy(np.atleast_2d(found)[:, 1:].reshape(len(means), count).astype(np.int64))
    offsets = means[neighbors] - means[:, None]
    trust = torch.zeros(len(means), count, 1, dtype=torch.float64)
    for k, others in enumerate(neighbors.T):
        trust[:, k, 0] = (1 - (weights[others] - weights).abs().sum(1)).clamp(min=0)
    moments = offsets.mT @ (trust * offsets)
    mean_square = (trust * offsets.square()).sum((1, 2)) + 1e-12
    moments = moments + STIFFNESS * mean_square[:, None, None] * torch.eye(3, dtype=torch.float64)
    levers = trust * torch.linalg.solve(moments, offsets.mT).mT
    return neighbors.to(gaussians.means.device), levers.to(gaussians.means)


def _finite(tensor: Tensor, *shape: int) -> bool:
    return tensor.shape == shape and bool(tensor.isfinite().all())
