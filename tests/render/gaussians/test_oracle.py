"""The plain PyTorch renderer against formulas and finite differences."""

import math

import pytest
import torch

from personify.render.gaussians import conics, rasterization
from personify.render.gaussians.oracle import covariances

from .scenes import DIFFERENTIABLE, random_scene


def one_gaussian(**changes):
    numbers = {
        "means": [[0, 0, 2]],
        "quats": [[1, 0, 0, 0]],
        "scales": [[0.2, 0.1, 0.3]],
        "opacities": [0.8],
        "colors": [[1, 0.5, 0.25]],
        "viewmats": torch.eye(4)[None].tolist(),
        "Ks": [[[40, 0, 16.5], [0, 40, 16.5], [0, 0, 1]]],
    }
    scene = {name: torch.tensor(value, dtype=torch.float64) for name, value in numbers.items()}
    return {**scene, "width": 33, "height": 33, **changes}


def test_falloff_of_one_gaussian():
    image, alpha, meta = rasterization(**one_gaussian())
    for x, y in ((16, 16), (18, 16), (16, 19), (20, 13)):
        # Seen straight on, from 2 m: 20 pixels per metre, and eps2d is added to the variances.
        exponent = (x - 16) ** 2 / (4.0**2 + 0.3) + (y - 16) ** 2 / (2.0**2 + 0.3)
        expected = 0.8 * math.exp(-exponent / 2)
        assert alpha[0, y, x].item() == pytest.approx(expected, rel=1e-12)
        assert image[0, y, x].tolist() == pytest.approx([expected, expected / 2, expected / 4], rel=1e-12)
    assert conics(meta["factors"])[0, 0].tolist() == pytest.approx([1 / 16.3, 0, 1 / 4.3])
    assert meta["means2d"][0, 0].tolist() == [16.5, 16.5]
    assert meta["depths"][0, 0].item() == 2


def test_thresholds():
    _, alpha, _ = rasterization(**one_gaussian(opacities=torch.tensor([1.0]).double()))
    assert alpha.max().item() == pytest.approx(0.99)
    positive = alpha[alpha > 0]
    assert positive.min() >= 1 / 255
    _, alpha, meta = rasterization(**one_gaussian(opacities=torch.tensor([0.003]).double()))
    assert alpha.max() == 0
    assert meta["radii"].max() == 0


def test_near_hides_far_whatever_the_order():
    pair = one_gaussian(colors=torch.eye(3)[:2].double(), opacities=torch.tensor([0.5, 0.5]).double())
    for name in ("quats", "scales"):
        pair[name] = pair[name].repeat(2, 1)
    for depths, front in (((2.0, 3.0), 0), ((3.0, 2.0), 1)):
        pair["means"] = torch.tensor([[0.0, 0.0, depth] for depth in depths]).double()
        image, alpha, _ = rasterization(**pair)
        assert image[0, 16, 16, front].item() == pytest.approx(0.5)
        assert image[0, 16, 16, 1 - front].item() == pytest.approx(0.25)
        assert alpha[0, 16, 16].item() == pytest.approx(0.75)


def test_background_fills_what_alpha_leaves():
    background = torch.tensor([[0.2, 0.4, 0.6]]).double()
    image, alpha, _ = rasterization(**one_gaussian())
    behind, _, _ = rasterization(**one_gaussian(backgrounds=background))
    torch.testing.assert_close(behind, image + (1 - alpha) * background)


def test_depth():
    scene = one_gaussian()
    depth, alpha, _ = rasterization(**scene, render_mode="D")
    torch.testing.assert_close(depth, 2 * alpha)
    expected, _, _ = rasterization(**scene, render_mode="RGB+ED")
    assert expected.shape[-1] == 4
    torch.testing.assert_close(expected[..., 3:][alpha > 0], torch.full_like(expected[..., 3:][alpha > 0], 2.0))


def test_what_lies_outside_the_depth_range_or_the_picture_is_not_drawn():
    for change in ({"near_plane": 2.1}, {"far_plane": 1.9}, {"radius_clip": 15.0}):
        _, alpha, meta = rasterization(**one_gaussian(), **change)
        assert alpha.max() == 0
        assert meta["radii"].max() == 0
    _, alpha, _ = rasterization(**one_gaussian(means=torch.tensor([[9.0, 0.0, 2.0]]).double()))
    assert alpha.max() == 0


def test_parallel_projection_does_not_shrink():
    sizes = []
    for depth in (2.0, 8.0):
        scene = one_gaussian(means=torch.tensor([[0.0, 0.0, depth]]).double())
        sizes.append([rasterization(**scene, camera_model=model)[1].sum() for model in ("pinhole", "ortho")])
    assert sizes[1][0] < 0.2 * sizes[0][0]
    torch.testing.assert_close(sizes[1][1], sizes[0][1])


def test_antialiased_keeps_the_light_of_small_gaussians():
    tiny = one_gaussian(scales=torch.full((1, 3), 0.005).double())
    _, classic, _ = rasterization(**tiny)
    _, fair, meta = rasterization(**tiny, rasterize_mode="antialiased")
    lowered = 0.01 / 0.31  # of the variance 0.1^2 pixels; the area's ratio is its square, under a root
    assert meta["opacities"].item() == pytest.approx(0.8 * lowered)
    assert fair.max() < 0.05 * classic.max()


def test_covariances_equal_quats_and_scales():
    scene = random_scene(0)
    image, _, _ = rasterization(**scene)
    covars = covariances(scene["quats"], scene["scales"])
    torch.testing.assert_close(rasterization(**{**scene, "quats": None, "scales": None, "covars": covars})[0], image)


@pytest.mark.parametrize("covars", [False, True])
@pytest.mark.parametrize(
    "options", [{}, {"rasterize_mode": "antialiased"}, {"camera_model": "ortho"}, {"render_mode": "RGB+ED"}]
)
def test_gradients(options, covars):
    scene = random_scene(2, count=5, width=7, height=6, size=0.4, covars=covars)
    names = [name for name in DIFFERENTIABLE if scene[name] is not None]

    def draw(*values):
        return rasterization(**{**scene, **dict(zip(names, values, strict=True))}, **options)[:2]

    torch.autograd.gradcheck(draw, [scene[name].requires_grad_() for name in names])


def test_gradients_of_harmonics():
    scene = random_scene(3, count=4, width=6, height=6, degree=3)
    names = ("means", "colors", "viewmats")

    def draw(*values):
        return rasterization(**{**scene, **dict(zip(names, values, strict=True))})[0]

    torch.autograd.gradcheck(draw, [scene[name].requires_grad_() for name in names])
