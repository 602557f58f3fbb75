"""Nearest neighbours: both ways of finding them agree."""

import torch

from personify.photos import neighbors as module
from personify.photos.neighbors import neighbors


class Elsewhere(torch.Tensor):
    """A tensor that says it is not on the CPU, to take the other way without a graphics card."""

    @property
    def device(self):
        return torch.device("meta")


def test_tree_and_distances_agree(monkeypatch):
    monkeypatch.setattr(module, "_BLOCK", 64)
    generator = torch.Generator().manual_seed(0)
    points, others = torch.rand(300, 3, generator=generator), torch.rand(200, 3, generator=generator)
    for count in (1, 4):
        distances, index = neighbors(points, others, count)
        blocked, blocked_index = neighbors(points.as_subclass(Elsewhere), others, count)
        assert distances.shape == index.shape == (300, count)
        torch.testing.assert_close(distances, blocked.as_subclass(torch.Tensor), atol=1e-5, rtol=0)
        assert torch.equal(index, blocked_index.as_subclass(torch.Tensor))
