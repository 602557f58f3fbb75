"""Spherical harmonics that turn with the surface they colour."""

from __future__ import annotations

import math
from functools import lru_cache

import torch
from torch import Tensor

from personify.errors import PersonifyError
from personify.render.gaussians.spherical_harmonics import basis

_DEGREES = {1: 0, 4: 1, 9: 2, 16: 3}  # by the number of coefficients


def rotate_sh(sh: Tensor, rotations: Tensor) -> Tensor:
    """Coefficients of the turned function: in direction ``R d`` it has the value that the old one has in ``d``.

    A band l is fixed by its values in 2 l + 1 directions. So the matrix that turns it is the inverse of its basis in
    such directions, times the basis in the same directions turned back.

    Args:
        sh: [..., K, C] with K = 1, 4, 9 or 16, for C channels.
        rotations: [..., 3, 3].

    Returns:
        [..., K, C]

    Raises:
        PersonifyError: K is no whole degree up to 3.

    Example:
        >>> import torch
        >>> half_turn = torch.diag(torch.tensor([-1.0, 1.0, -1.0]))  # about +Y
        >>> rotate_sh(torch.tensor([1.0, 2.0, 3.0, 4.0])[:, None], half_turn)[:, 0].round(decimals=4).tolist()
        [1.0, 2.0, -3.0, -4.0]
    """
    count = sh.shape[-2]
    if count not in _DEGREES:
        raise PersonifyError(f"sh: {count} coefficients; expected 1, 4, 9 or 16 for degree 0 to 3")
    batch = torch.broadcast_shapes(sh.shape[:-2], rotations.shape[:-2])
    bands = [sh[..., :1, :].expand(*batch, 1, sh.shape[-1])]
    for degree in range(1, _DEGREES[count] + 1):
        directions, inverse = (tensor.to(sh) for tensor in _probes(degree))
        turned_back = _band(degree, directions @ rotations)  # rows: d^T R = (R^T d)^T
        bands.append(inverse @ (turned_back @ sh[..., degree**2 : (degree + 1) ** 2, :]))
    return torch.cat(bands, -2)


def _band(degree: int, directions: Tensor) -> Tensor:  # [..., 3] -> [..., 2 degree + 1]
    return basis(degree, directions)[..., degree**2 :]


@lru_cache
def _probes(degree: int) -> tuple[Tensor, Tensor]:  # [2 l + 1, 3], [2 l + 1, 2 l + 1]
    """Directions that tell the functions of a band apart, and the inverse of the basis there; float64."""
    count = 2 * degree + 1
    k = torch.arange(count, dtype=torch.float64)
    # One hemisphere: antipodal directions would tell the same twice. This spiral keeps the condition number below 5.
    z, angle = 0.6 * (k + 0.5) / count, k * math.pi * (3 - math.sqrt(5))
    radius = (1 - z * z).sqrt()
    directions = torch.stack([radius * angle.cos(), radius * angle.sin(), z], -1)
    return directions, torch.linalg.inv(_band(degree, directions))
