"""What lies on a rasterized surface, in PyTorch and differentiable: vertex attributes, texture lookups, barycentrics.

`rasterize_mesh` decides which face a pixel sees. That choice has no gradient, but everything on the face does: colours
and normals of vertices, texels, and through the barycentrics the vertices and the camera. Outlines do not.
"""

from __future__ import annotations

import torch
from torch import Tensor
from torch.nn import functional

from personify.errors import PersonifyError


def interpolate(attributes: Tensor, faces: Tensor, face_ids: Tensor, barycentrics: Tensor) -> Tensor:
    """Vertex attributes at every pixel, 0 where nothing is; gradients to ``attributes`` and ``barycentrics``.

    Args:
        attributes: [V, D], or [..., V, D] with the leading axes of ``face_ids`` (a mesh in another pose per camera).
        faces: [F, 3] vertex indices.
        face_ids: [..., H, W] from `rasterize_mesh`, -1 where nothing is.
        barycentrics: [..., H, W, 3] from `rasterize_mesh` or `barycentrics_of`.

    Returns:
        [..., H, W, D].

    Raises:
        PersonifyError: shapes do not fit.

    Example:
        >>> colors = torch.tensor([[1.0, 0, 0], [0, 1, 0], [0, 0, 1]])
        >>> seen = interpolate(colors, torch.tensor([[0, 1, 2]]), torch.tensor([[0, -1]]), torch.full((1, 2, 3), 1 / 3))
        >>> seen[0, :, 0].tolist()
        [0.3333333432674408, 0.0]
    """
    if barycentrics.shape != (*face_ids.shape, 3) or attributes.shape[:-2] not in ((), face_ids.shape[:-2]):
        raise PersonifyError(
            "interpolate: expected attributes [V, D] or one set per image, face_ids [..., H, W] and barycentrics "
            f"[..., H, W, 3]; got {list(attributes.shape)}, {list(face_ids.shape)} and {list(barycentrics.shape)}"
        )
    hit = (face_ids.reshape(-1) >= 0).nonzero()[:, 0]  # most pixels of a picture of a person see nothing
    corners = _corners(attributes, faces, face_ids, hit)
    values = (corners * barycentrics.reshape(-1, 3)[hit, :, None]).sum(1)
    image = values.new_zeros(face_ids.numel(), attributes.shape[-1])
    return image.index_put((hit,), values).reshape(*face_ids.shape, attributes.shape[-1])


def barycentrics_of(
    vertices: Tensor, faces: Tensor, face_ids: Tensor, viewmats: Tensor, Ks: Tensor, ortho: bool = False
) -> Tensor:
    """Perspective-correct barycentrics of every pixel centre on the face it sees, 0 where nothing is.

    The numbers are those of `rasterize_mesh`; gradients flow to ``vertices``, ``viewmats`` and ``Ks``. They are ratios
    of the areas that the pixel spans with two corners in homogeneous coordinates (Olano & Greer 1997).

    Args:
        vertices: [V, 3] metres, or [C, V, 3] with a pose for every camera.
        faces: [F, 3] vertex indices.
        face_ids: [C, H, W], or [H, W] for a single camera.
        viewmats: [C, 4, 4] world-to-camera, or [4, 4].
        Ks: [C, 3, 3] pixels, or [3, 3].
        ortho: parallel projection.

    Returns:
        [C, H, W, 3], or [H, W, 3].

    Raises:
        PersonifyError: shapes do not fit.
    """
    cameras = face_ids.shape[:-2]
    if viewmats.shape != (*cameras, 4, 4) or Ks.shape != (*cameras, 3, 3) or vertices.shape[:-2] not in ((), cameras):
        raise PersonifyError(
            "barycentrics_of: expected viewmats [C, 4, 4] and Ks [C, 3, 3] for face_ids [C, H, W]; "
            f"got {list(viewmats.shape)}, {list(Ks.shape)} and {list(face_ids.shape)}"
        )
    local = vertices @ viewmats[..., :3, :3].mT + viewmats[..., None, :3, 3]
    flat = torch.cat([local[..., :2], torch.ones_like(local[..., 2:])], -1) if ortho else local
    hit = (face_ids.reshape(-1) >= 0).nonzero()[:, 0]
    corners = _corners(flat @ Ks.mT, faces, face_ids, hit)  # [M, 3 corners, (x w, y w, w)]
    pixels = torch.stack([hit % face_ids.shape[-1], hit // face_ids.shape[-1] % face_ids.shape[-2]], -1) + 0.5
    # Seen from the pixel: differences of large numbers are taken before they are multiplied.
    away = corners[..., :2] - corners[..., 2:] * pixels.to(corners)[:, None]
    b, c = away.roll(-1, 1), away.roll(-2, 1)
    areas = b[..., 0] * c[..., 1] - b[..., 1] * c[..., 0]
    total = areas.sum(-1, keepdim=True)
    weights = areas / torch.where(total == 0, 1, total)  # a face seen exactly edge-on
    return weights.new_zeros(face_ids.numel(), 3).index_put((hit,), weights).reshape(*face_ids.shape, 3)


def sample_texture(texture: Tensor, uvs: Tensor) -> Tensor:
    """Bilinear texture lookup; gradients to ``texture`` and ``uvs``.

    Texel centres lie at half texels, row 0 is the top (v grows downwards), coordinates clamp at the border: exactly
    what `MeshRenderer` does with a texture's finest level.

    Args:
        texture: [H, W, D].
        uvs: [..., 2] in [0, 1].

    Returns:
        [..., D].

    Raises:
        PersonifyError: shapes do not fit.

    Example:
        >>> ramp = torch.tensor([[[0.0], [1.0]]])  # black on the left, white on the right
        >>> sample_texture(ramp, torch.tensor([[0.0, 0.5], [0.5, 0.5], [1.0, 0.5]]))[:, 0].tolist()
        [0.0, 0.5, 1.0]
    """
    if texture.ndim != 3 or min(texture.shape) < 1 or uvs.shape[-1:] != (2,):
        raise PersonifyError(
            f"sample_texture: expected a texture [H, W, D] and uvs [..., 2], "
            f"got {list(texture.shape)} and {list(uvs.shape)}"
        )
    grid = (2 * uvs - 1).reshape(1, 1, -1, 2)
    values = functional.grid_sample(
        texture.permute(2, 0, 1)[None], grid, mode="bilinear", padding_mode="border", align_corners=False
    )
    return values[0, :, 0].T.reshape(*uvs.shape[:-1], texture.shape[2])


def _corners(attributes: Tensor, faces: Tensor, face_ids: Tensor, hit: Tensor) -> Tensor:  # -> [M, 3, D]
    """Attributes of the corners of the faces at flat pixel indices ``hit`` [M]."""
    indices = faces.long()[face_ids.reshape(-1)[hit].long()]
    if attributes.ndim > 2:  # every image has its own vertices
        pixels = face_ids.shape[-2] * face_ids.shape[-1]
        indices = indices + (hit // pixels * attributes.shape[-2])[:, None]
    return attributes.reshape(-1, attributes.shape[-1])[indices]
