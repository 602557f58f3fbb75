"""Differentiable Gaussian splatting: `rasterization`, with gsplat's names and shapes, on a CPU or a graphics card.

`api` checks the input and draws camera by camera with one of the backends, each of which can `project`, `shade`
(spherical harmonics) and `blend`:

- `oracle`: plain PyTorch, any dtype and device, the meaning of it all;
- `cpu`: numba kernels for float32 on the CPU;
- `cuda`: gsplat, for float32 on an NVIDIA card.
"""

from personify.render.gaussians.api import rasterization
from personify.render.gaussians.view import conics

__all__ = ["conics", "rasterization"]
