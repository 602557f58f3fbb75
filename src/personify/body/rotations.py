"""Rotations in torch, batched over leading dimensions and differentiable everywhere, also at the identity.

Quaternions are wxyz. Angles are radians. Six-dimensional rotations are the first two *columns* of the matrix,
flattened column by column (Zhou et al. 2019, "On the Continuity of Rotation Representations", eq. 15).
"""

from __future__ import annotations

import torch
from torch import Tensor


def skew(vectors: Tensor) -> Tensor:  # [..., 3] -> [..., 3, 3]
    """Matrix K with ``K @ x == cross(vectors, x)``."""
    x, y, z = vectors.unbind(-1)
    zero = torch.zeros_like(x)
    return torch.stack([zero, -z, y, z, zero, -x, -y, x, zero], -1).unflatten(-1, (3, 3))


def axis_angle_to_matrix(axis_angle: Tensor) -> Tensor:  # [..., 3] -> [..., 3, 3]
    """Rodrigues' formula with series near zero, so that value and gradient are exact at the identity.

    >>> axis_angle_to_matrix(torch.zeros(3)).equal(torch.eye(3))
    True
    """
    square = axis_angle.square().sum(-1)
    small = square < 1e-6
    safe = torch.where(small, torch.ones_like(square), square)
    angle = safe.sqrt()
    sine = torch.where(small, 1 - square / 6 + square.square() / 120, angle.sin() / angle)
    cosine = torch.where(small, 0.5 - square / 24 + square.square() / 720, (1 - angle.cos()) / safe)
    matrix = skew(axis_angle)
    identity = torch.eye(3, dtype=axis_angle.dtype, device=axis_angle.device)
    return identity + sine[..., None, None] * matrix + cosine[..., None, None] * (matrix @ matrix)


def matrix_to_quaternion(matrix: Tensor) -> Tensor:  # [..., 3, 3] -> [..., 4] wxyz, w >= 0
    """Unit quaternion by the best conditioned of the four branches (Shepperd 1978)."""
    m00, m01, m02, m10, m11, m12, m20, m21, m22 = matrix.flatten(-2).unbind(-1)
    squares = torch.stack([1 + m00 + m11 + m22, 1 + m00 - m11 - m22, 1 - m00 + m11 - m22, 1 - m00 - m11 + m22], -1)
    magnitude = squares.clamp(min=1e-12).sqrt()
    candidates = torch.stack(
        [
            torch.stack([squares[..., 0], m21 - m12, m02 - m20, m10 - m01], -1),
            torch.stack([m21 - m12, squares[..., 1], m10 + m01, m02 + m20], -1),
            torch.stack([m02 - m20, m10 + m01, squares[..., 2], m12 + m21], -1),
            torch.stack([m10 - m01, m20 + m02, m21 + m12, squares[..., 3]], -1),
        ],
        -2,
    ) / (2 * magnitude[..., None])
    best = squares.argmax(-1)
    quaternion = candidates.gather(-2, best[..., None, None].expand(*best.shape, 1, 4)).squeeze(-2)
    quaternion = torch.where(quaternion[..., :1] < 0, -quaternion, quaternion)
    return torch.nn.functional.normalize(quaternion, dim=-1)


def quaternion_to_matrix(quaternion: Tensor) -> Tensor:  # [..., 4] wxyz -> [..., 3, 3]
    """Rotation of the normalised quaternion."""
    w, x, y, z = torch.nn.functional.normalize(quaternion, dim=-1).unbind(-1)
    return torch.stack(
        [
            1 - 2 * (y * y + z * z), 2 * (x * y - w * z), 2 * (x * z + w * y),
            2 * (x * y + w * z), 1 - 2 * (x * x + z * z), 2 * (y * z - w * x),
            2 * (x * z - w * y), 2 * (y * z + w * x), 1 - 2 * (x * x + y * y),
        ],
        -1,
    ).unflatten(-1, (3, 3))  # fmt: skip


def matrix_to_axis_angle(matrix: Tensor) -> Tensor:  # [..., 3, 3] -> [..., 3], angle in [0, pi]
    """Inverse of `axis_angle_to_matrix`.

    >>> vector = torch.tensor([0.3, -0.2, 0.1])
    >>> matrix_to_axis_angle(axis_angle_to_matrix(vector)).allclose(vector, atol=1e-6)
    True
    """
    quaternion = matrix_to_quaternion(matrix)
    w, xyz = quaternion[..., 0], quaternion[..., 1:]
    square = xyz.square().sum(-1)
    small = square < 1e-10
    sine = torch.where(small, torch.ones_like(square), square).sqrt()
    scale = torch.where(small, 2 + square / 3, 2 * torch.atan2(sine, w) / sine)
    return scale[..., None] * xyz


def matrix_to_rotation_6d(matrix: Tensor) -> Tensor:  # [..., 3, 3] -> [..., 6]
    """First two columns."""
    return torch.cat([matrix[..., :, 0], matrix[..., :, 1]], -1)


def rotation_6d_to_matrix(rotation: Tensor) -> Tensor:  # [..., 6] -> [..., 3, 3]
    """Gram-Schmidt of the two columns."""
    first = torch.nn.functional.normalize(rotation[..., :3], dim=-1)
    second = rotation[..., 3:]
    second = torch.nn.functional.normalize(second - (first * second).sum(-1, keepdim=True) * first, dim=-1)
    return torch.stack([first, second, torch.cross(first, second, dim=-1)], -1)


def nearest_rotation(matrix: Tensor, iterations: int = 7) -> Tensor:  # [..., 3, 3] -> [..., 3, 3]
    """Rotation factor of the polar decomposition, by Newton's method (Higham 1986): differentiable also at rotations.

    The singular values may lie between 0.05 and 20 and the determinant must be positive.

    >>> turn = axis_angle_to_matrix(torch.tensor([0.3, -0.2, 0.1]))
    >>> nearest_rotation(0.4 * turn).allclose(turn, atol=1e-6)
    True
    """
    for _ in range(iterations):
        first, second, third = matrix.unbind(-2)
        cofactors = torch.stack([second.cross(third, -1), third.cross(first, -1), first.cross(second, -1)], -2)
        determinant = (first * cofactors[..., 0, :]).sum(-1)
        matrix = 0.5 * (matrix + cofactors / determinant[..., None, None])
    return matrix
