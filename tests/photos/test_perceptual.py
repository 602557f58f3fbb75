"""The perceptual term: zero for equal pictures, growing with blur, differentiable, and it says what it is."""

import pytest
import torch

from personify.perception.towers import SmallImageText, TowerConfig
from personify.photos.perceptual import TowerDistance, load_perceptual


@pytest.fixture(scope="module")
def distance() -> TowerDistance:
    torch.manual_seed(0)
    return TowerDistance(SmallImageText(TowerConfig(widths=(8, 16, 24), depth=1, text_width=16, text_layers=1)))


def test_equal_pictures_are_at_distance_zero_and_blurred_ones_are_not(distance):
    image = torch.rand(2, 64, 64, 3, generator=torch.Generator().manual_seed(0))
    small = image.movedim(-1, 1)
    blurred = [
        torch.nn.functional.avg_pool2d(small, k, 1, k // 2, count_include_pad=False).movedim(1, -1) for k in (3, 9)
    ]
    near, far = (distance(other, image).item() for other in blurred)
    assert distance(image, image).item() == 0
    assert 0 < near < far


def test_the_picture_gets_a_gradient_and_the_tower_none(distance):
    image = torch.rand(1, 32, 32, 3, generator=torch.Generator().manual_seed(0), requires_grad=True)
    distance(image, torch.zeros(1, 32, 32, 3)).backward()
    assert image.grad.abs().max() > 0
    assert all(parameter.grad is None for layer in distance.layers for parameter in layer.parameters())


def test_without_lpips_weights_the_shipped_tower_is_taken_and_named(monkeypatch, tmp_path):
    monkeypatch.setattr(torch.hub, "get_dir", lambda: str(tmp_path))
    term = load_perceptual()
    assert term.name == "personify-image-tower"
    image = torch.rand(1, 64, 64, 3)
    assert term.distance(image, 1 - image) > term.distance(image, image) == 0
