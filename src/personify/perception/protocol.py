"""The one interface of every image-text model."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from torch import Tensor


class ImageTextModel(Protocol):
    """Embeds pictures and texts into one space where matching pairs have a high cosine.

    Both encoders return unit vectors, so a score is a plain dot product.
    """

    name: str

    @property
    def image_size(self) -> int:
        """Pixels of a side; `encode_image` resizes what it is given."""
        ...

    def encode_text(self, texts: Sequence[str]) -> Tensor:  # [N, D]
        """Unit embeddings of texts."""
        ...

    def encode_image(self, images: Tensor) -> Tensor:  # [N, H, W, 3] sRGB in [0, 1] -> [N, D]
        """Unit embeddings of images, differentiable with respect to them."""
        ...
