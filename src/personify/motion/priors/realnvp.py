"""`ConditionalRealNVP`: an invertible map from noise to pose codes, steered by an embedding (Dinh et al. 2017)."""

from __future__ import annotations

import math

import torch
from torch import Tensor, nn

from personify.errors import PersonifyError


def _coupling_net(inside: int, hidden: int, outside: int, *last: nn.Module) -> nn.Sequential:
    return nn.Sequential(
        nn.Linear(inside, hidden),
        nn.LeakyReLU(),
        nn.Linear(hidden, hidden),
        nn.LeakyReLU(),
        nn.Linear(hidden, outside),
        *last,
    )


class ConditionalRealNVP(nn.Module):
    """Affine coupling blocks with random binary masks; every block also sees the condition.

    Layout and names are AvatarCLIP's, so its weights load as they are
    (`personify.motion.priors.official.load_realnvp`).

    Args:
        condition: length of the embedding that steers.
        dim: length of a pose code.
        hidden: width of the networks inside a block.
        blocks: how many.

    Example:
        >>> flow = ConditionalRealNVP(condition=5, dim=4, hidden=8, blocks=2)
        >>> code, condition = torch.randn(3, 4), torch.randn(3, 5)
        >>> noise, log_det = flow.encode(code, condition)
        >>> flow.decode(noise, condition).allclose(code, atol=1e-5), log_det.shape
        (True, torch.Size([3]))
    """

    mask: Tensor

    def __init__(self, condition: int, dim: int = 32, hidden: int = 256, blocks: int = 8) -> None:
        super().__init__()
        self.dim, self.condition = dim, condition
        halves = [torch.randperm(dim) < dim // 2 for _ in range((blocks + 1) // 2)]
        masks = [mask for half in halves for mask in (half, ~half)][:blocks]  # a mask, then its opposite
        self.register_buffer("mask", torch.stack(masks).float()[:, None])
        self.s = nn.ModuleList([_coupling_net(dim + condition, hidden, dim, nn.Tanh()) for _ in range(blocks)])
        self.t = nn.ModuleList([_coupling_net(dim + condition, hidden, dim) for _ in range(blocks)])

    def decode(self, noise: Tensor, condition: Tensor) -> Tensor:  # [N, D], [N, C] -> [N, D]
        """Pose codes from standard normal noise.

        Raises:
            PersonifyError: not [N, D] and [N, C].
        """
        self._check(noise, condition)
        x = noise
        for mask, scale, shift in zip(self.mask, self.s, self.t, strict=True):
            kept = x * mask
            seen = torch.cat([kept, condition], 1)
            x = kept + (1 - mask) * (x * scale(seen).exp() + shift(seen))
        return x

    def encode(self, code: Tensor, condition: Tensor) -> tuple[Tensor, Tensor]:  # [N, D], [N, C] -> [N, D], [N]
        """Noise that decodes to pose codes, and the log-determinant of that map.

        Raises:
            PersonifyError: not [N, D] and [N, C].
        """
        self._check(code, condition)
        x, log_det = code, code.new_zeros(len(code))
        for mask, scale, shift in reversed(list(zip(self.mask, self.s, self.t, strict=True))):
            kept = x * mask
            seen = torch.cat([kept, condition], 1)
            log_scale = (1 - mask) * scale(seen)
            x = kept + (1 - mask) * (x - shift(seen)) * (-log_scale).exp()
            log_det = log_det - log_scale.sum(1)
        return x, log_det

    def log_prob(self, code: Tensor, condition: Tensor) -> Tensor:  # [N, D], [N, C] -> [N]
        """Log density of pose codes in nats (change of variables)."""
        noise, log_det = self.encode(code, condition)
        return log_det - 0.5 * noise.square().sum(1) - 0.5 * self.dim * math.log(2 * math.pi)

    def _check(self, code: Tensor, condition: Tensor) -> None:
        if code.shape != (len(condition), self.dim) or condition.shape != (len(code), self.condition):
            raise PersonifyError(
                f"RealNVP: got codes {list(code.shape)} and conditions {list(condition.shape)}; "
                f"expected [N, {self.dim}] and [N, {self.condition}]"
            )
