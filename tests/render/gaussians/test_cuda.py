"""gsplat, on machines that have a card."""

import sys

import pytest
import torch

from personify.render.gaussians import cuda, rasterization

from .scenes import as_type, draw_with_gradients, random_scene, relative_error

needs_card = pytest.mark.skipif(not cuda.available(), reason="needs an NVIDIA card and gsplat")


def test_gsplat_is_not_imported_without_a_card():
    rasterization(**as_type(random_scene(0, 3), torch.float32))
    assert torch.cuda.is_available() or "gsplat" not in sys.modules


@needs_card
@pytest.mark.parametrize("mode", ["RGB", "RGB+D", "RGB+ED"])
@pytest.mark.parametrize("degree", [None, 3])
def test_gsplat_draws_the_same(mode, degree):
    scene = random_scene(1, 200, cameras=2, width=64, height=48, degree=degree)
    image, alpha, gradients, _ = draw_with_gradients(scene, torch.float64, render_mode=mode)
    on_card = {name: value.cuda() if isinstance(value, torch.Tensor) else value for name, value in scene.items()}
    leaves = {name: on_card[name].float().requires_grad_() for name in gradients}
    card_image, card_alpha, _ = rasterization(**{**as_type(on_card, torch.float32), **leaves}, render_mode=mode)
    generator = torch.Generator().manual_seed(1)
    upstream = torch.randn(*image.shape[:-1], image.shape[-1] + 1, generator=generator).cuda()
    loss = (torch.cat([card_image, card_alpha], -1) * upstream).sum()
    card_gradients = dict(zip(leaves, torch.autograd.grad(loss, list(leaves.values())), strict=True))
    assert (card_image.cpu() - image).abs().max() <= 1e-4 * (1 + image.abs().max())
    assert (card_alpha.cpu() - alpha).abs().max() <= 1e-4
    for name, gradient in card_gradients.items():
        assert relative_error(gradient.cpu(), gradients[name]) <= 1e-3, name
