"""The body in the photos, estimated from the same tokens: shape, pose and camera."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor, nn
from torch.nn.functional import scaled_dot_product_attention

from personify.body.rotations import rotation_6d_to_matrix
from personify.body.skinning import rigid
from personify.photos.network.attention import layer_norm
from personify.photos.network.config import NetworkConfig

_START_SIZE = 0.4  # a metre at the pelvis fills this part of the image's height before training
_START_FOCAL = 1.5  # in image heights


@dataclass(frozen=True)
class BodyEstimate:
    """What the photos show, for overlays and as a start of refinement.

    Attributes:
        shape: [B, S] body shape, each in [0, 1].
        rotations: [B, V, J, 3, 3] local joint rotations; the root's is the identity, the camera holds it.
        viewmats: [B, V, 4, 4] from pelvis-centred, root-aligned metres to the camera (OpenCV axes).
        Ks: [B, V, 3, 3] pixels; square pixels, principal point at the centre.
    """

    shape: Tensor
    rotations: Tensor
    viewmats: Tensor
    Ks: Tensor


class AttentionPool(nn.Module):
    """One learned query per head gathers what it needs from all tokens."""

    def __init__(self, width: int, heads: int) -> None:
        super().__init__()
        self.heads = heads
        self.norm = layer_norm(width)
        self.query = nn.Parameter(torch.zeros(1, heads, 1, width // heads))
        self.key_value = nn.Linear(width, 2 * width)

    def forward(self, tokens: Tensor) -> Tensor:  # [M, N, C] -> [M, C]
        keys, values = self.key_value(self.norm(tokens)).unflatten(-1, (2, self.heads, -1)).permute(2, 0, 3, 1, 4)
        query = self.query.expand(len(tokens), -1, -1, -1)
        return scaled_dot_product_attention(query, keys, values).flatten(1)


def _regressor(width: int, outputs: int) -> nn.Sequential:
    last = nn.Linear(2 * width, outputs)
    nn.init.zeros_(last.weight)
    nn.init.zeros_(last.bias)
    return nn.Sequential(nn.Linear(width, 2 * width), nn.GELU(), last)


class BodyHead(nn.Module):
    """Shape from the template's tokens; pose and camera of every view from the photo's tokens."""

    def __init__(self, config: NetworkConfig) -> None:
        super().__init__()
        width, heads = config.decoder_width, config.decoder_heads
        self.joints = config.body_joints
        self.shape_pool = AttentionPool(width, heads)
        self.shape = _regressor(width, config.body_shapes)
        self.view_pool = AttentionPool(width, heads)
        self.view = _regressor(width, 6 * config.body_joints + 4)

    def forward(self, template: Tensor, images: Tensor, size: tuple[int, int]) -> BodyEstimate:
        """Args: template [B, T, C] and images [B, V, N, C] tokens; (height, width) of the photos in pixels."""
        shape = self.shape(self.shape_pool(template)).sigmoid()
        raw = self.view(self.view_pool(images.flatten(0, 1))).unflatten(0, images.shape[:2])
        turns, camera = raw.split([6 * self.joints, 4], -1)
        upright = raw.new_tensor([1.0, 0, 0, 0, 1, 0])
        rotations = rotation_6d_to_matrix(turns.unflatten(-1, (self.joints, 6)) + upright)
        viewmats, Ks = _cameras(rotations[..., 0, :, :], camera, size)
        root = torch.eye(3, dtype=raw.dtype, device=raw.device).expand_as(rotations[..., :1, :, :])
        return BodyEstimate(shape, torch.cat([root, rotations[..., 1:, :, :]], -3), viewmats, Ks)


def _cameras(root: Tensor, raw: Tensor, size: tuple[int, int]) -> tuple[Tensor, Tensor]:
    """Camera from the root's rotation and (column, row, size, focal length), all relative to the start values.

    Apparent position and size are what a photo shows; depth follows from size and focal length.
    """
    height, width = size
    column, row, log_size, log_focal = raw.unbind(-1)
    focal = _START_FOCAL * log_focal.exp()
    depth = focal / (_START_SIZE * log_size.exp())
    translation = torch.stack([column * width / height / focal * depth, row / focal * depth, depth], -1)
    # before training the person stands upright and looks into the camera, whose y points down and z away
    facing = torch.diag(raw.new_tensor([1.0, -1.0, -1.0]))
    zero, one = torch.zeros_like(focal), torch.ones_like(focal)
    pixels = focal * height
    Ks = torch.stack([pixels, zero, one * width / 2, zero, pixels, one * height / 2, zero, zero, one], -1).unflatten(
        -1, (3, 3)
    )
    return rigid(facing @ root, translation), Ks
