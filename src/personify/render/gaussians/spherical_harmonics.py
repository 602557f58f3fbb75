"""Real spherical harmonics up to degree 3, in the order and with the signs of 3D Gaussian splatting."""

from __future__ import annotations

import torch
from torch import Tensor

C0 = 0.28209479177387814
C1 = 0.4886025119029199
C2 = (1.0925484305920792, 0.31539156525252005, 0.5462742152960396)
C3 = (0.5900435899266435, 2.890611442640554, 0.4570457994644658, 0.3731763325901154, 1.445305721320277)


def basis(degree: int, directions: Tensor) -> Tensor:  # [..., 3] -> [..., (degree + 1)^2]
    """Values of the basis functions in a direction, which is normalised first.

    Example:
        >>> import torch
        >>> [round(value, 4) for value in basis(1, torch.tensor([0.0, 0.0, -2.0])).tolist()[::2]]
        [0.2821, -0.4886]
    """
    x, y, z = torch.nn.functional.normalize(directions, dim=-1).unbind(-1)
    values = [torch.full_like(x, C0)]
    if degree >= 1:
        values += [-C1 * y, C1 * z, -C1 * x]
    if degree >= 2:
        a, b, c = C2
        values += [a * x * y, -a * y * z, b * (3 * z * z - 1), -a * x * z, c * (x * x - y * y)]
    if degree >= 3:
        a, b, c, d, e = C3
        five = 5 * z * z - 1
        values += [-a * y * (3 * x * x - y * y), b * x * y * z, -c * y * five, d * z * (five - 2)]
        values += [-c * x * five, e * z * (x * x - y * y), -a * x * (x * x - 3 * y * y)]
    return torch.stack(values, -1)


def spherical_harmonics(degree: int, directions: Tensor, coefficients: Tensor) -> Tensor:
    """Colours seen along directions: the harmonics plus one half, not below zero.

    Args:
        degree: 0 to 3; further coefficients are left out.
        directions: [..., 3] from the camera to the Gaussian; need not be normalised.
        coefficients: [..., K, 3] with K >= (degree + 1)^2.

    Returns:
        [..., 3]

    Example:
        >>> import torch
        >>> spherical_harmonics(0, torch.ones(3), torch.zeros(1, 3)).tolist()
        [0.5, 0.5, 0.5]
    """
    values = basis(degree, directions)
    return ((values[..., None] * coefficients[..., : values.shape[-1], :]).sum(-2) + 0.5).clamp(min=0)
