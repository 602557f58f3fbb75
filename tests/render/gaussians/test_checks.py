"""Bad input is refused in one clear line, odd input is drawn."""

import math

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from personify.errors import PersonifyError
from personify.render.gaussians import rasterization

from .scenes import as_type, random_scene

DTYPES = [torch.float32, torch.float64]


def broken(name, value, at=None):
    scene = as_type(random_scene(0, 10), torch.float32)
    if at is None:
        scene[name] = value
    else:
        scene[name] = scene[name].clone()
        scene[name][at] = value
    return scene


@pytest.mark.parametrize(
    ("scene", "words"),
    [
        (broken("means", math.nan, (3, 1)), "means[3, 1] is nan; expected finite"),
        (broken("scales", math.inf, (2, 0)), "scales[2, 0] is inf; expected finite"),
        (broken("colors", -math.inf, (9, 2)), "colors[9, 2] is -inf; expected finite"),
        (broken("viewmats", math.nan, (0, 1, 3)), "viewmats[0, 1, 3] is nan"),
        (broken("scales", -2.5, (4, 1)), "scales[4, 1] is -2.5; expected at least 0; pass the exponential"),
        (broken("opacities", 1.5, (7,)), "opacities[7] is 1.5; expected values in [0, 1]; pass the sigmoid"),
        (broken("opacities", -0.5, (0,)), "opacities[0] is -0.5"),
        (broken("quats", 0.0, 5), "quats[5] is zero"),
        (broken("Ks", 0.0, (0, 1, 1)), "Ks: focal length 0"),
        (broken("means", torch.zeros(10, 2)), "means has shape [10, 2]; expected [..., N, 3]"),
        (broken("quats", torch.ones(9, 4)), "quats has shape [9, 4]; expected [10, 4] for means [10, 3]"),
        (broken("opacities", torch.ones(10, 1)), "opacities has shape [10, 1]; expected [10]"),
        (broken("colors", torch.ones(3, 10, 3)), "colors has shape [3, 10, 3]; expected [10, 3] or [1, 10, 3]"),
        (broken("viewmats", torch.eye(4)), "viewmats has shape [4, 4]; expected [..., C, 4, 4]"),
        (broken("viewmats", torch.zeros(0, 4, 4)), "nothing to draw"),
        (broken("Ks", torch.eye(3)[None].repeat(2, 1, 1)), "Ks has shape [2, 3, 3]; expected [1, 3, 3]"),
        (broken("backgrounds", torch.zeros(3)), "backgrounds has shape [3]; expected [1, 3]"),
        (broken("means", torch.zeros(10, 3, dtype=torch.long)), "means is torch.int64; expected a floating dtype"),
        (broken("colors", torch.zeros(10, 3).double()), "colors is torch.float64 on cpu; expected torch.float32"),
        (broken("means", [[0, 0, 1]]), "means is a list; expected a tensor"),
        (broken("quats", None), "quats is missing; expected a tensor (or covars)"),
        (broken("covars", torch.eye(3).repeat(10, 1, 1)), "covars is given beside quats or scales"),
        (broken("width", 0), "width is 0; expected a positive integer"),
        (broken("height", 8.5), "height is 8.5; expected a positive integer"),
        (broken("sh_degree", 4), "sh_degree is 4; expected one of None, 0, 1, 2, 3"),
        (broken("sh_degree", 2), "colors has shape [10, 3]; expected [..., K, 3] with K >= 9"),
    ],
)
def test_refusals(scene, words):
    with pytest.raises(PersonifyError) as caught:
        rasterization(**scene)
    assert words in str(caught.value)
    assert str(caught.value).startswith("rasterization: ")
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"render_mode": "N"}, "render_mode is 'N'; expected one of RGB, D, ED, RGB+D, RGB+ED"),
        ({"camera_model": "fisheye"}, "camera_model is 'fisheye'"),
        ({"rasterize_mode": "smooth"}, "rasterize_mode is 'smooth'"),
        ({"near_plane": math.nan}, "near_plane is nan"),
        ({"near_plane": 0.0}, "near_plane is 0; a pinhole camera needs"),
        ({"eps2d": -1.0}, "eps2d is -1.0"),
    ],
)
def test_refused_options(options, words):
    with pytest.raises(PersonifyError) as caught:
        rasterization(**as_type(random_scene(0, 10), torch.float32), **options)
    assert words in str(caught.value)


@pytest.mark.parametrize("dtype", DTYPES)
def test_nothing_to_see(dtype):
    scene = as_type(random_scene(0, 10), dtype)
    empty = {**scene, **{name: scene[name][:0] for name in ("means", "quats", "scales", "opacities", "colors")}}
    behind = {**scene, "means": scene["means"].clone(), "viewmats": torch.eye(4, dtype=dtype)[None]}
    behind["means"][:, 2] = -3
    for nothing in (empty, behind):
        nothing["means"].requires_grad_()
        image, alpha, meta = rasterization(**nothing)
        assert torch.equal(image, nothing["backgrounds"][:, None, None].expand_as(image))
        assert alpha.max() == 0
        (image.sum() + meta["means2d"].sum()).backward()
        assert (nothing["means"].grad == 0).all()


@pytest.mark.parametrize("dtype", DTYPES)
def test_huge_gaussians_and_one_pixel(dtype):
    scene = as_type({**random_scene(1, 10), "width": 1, "height": 1}, dtype)
    scene["scales"] = scene["scales"] * 1e4
    image, alpha, _ = rasterization(**scene)
    assert image.isfinite().all()
    assert alpha.max() > 0.5


def test_flat_and_pointlike_gaussians():
    scene = as_type(random_scene(2, 20), torch.float32)
    scene["scales"][:10] = 0
    scene["scales"][10:, 2] = 0
    for mode in ("classic", "antialiased"):
        leaf = scene["scales"].clone().requires_grad_()
        image, _, _ = rasterization(**{**scene, "scales": leaf}, rasterize_mode=mode)
        image.sum().backward()
        assert image.isfinite().all()
        assert leaf.grad.isfinite().all()


def test_layout_in_memory_does_not_matter():
    scene = as_type(random_scene(3, 20, cameras=2), torch.float32)
    strided = {
        name: value.mT.contiguous().mT if isinstance(value, torch.Tensor) and value.ndim > 1 else value
        for name, value in scene.items()
    }
    strided["opacities"] = scene["opacities"].repeat_interleave(2)[::2]
    assert not strided["means"].is_contiguous()
    assert torch.equal(rasterization(**strided)[0], rasterization(**scene)[0])


def test_covariances_that_are_none_are_not_drawn():
    scene = as_type(random_scene(4, 20, covars=True), torch.float32)
    scene["covars"][:] = -torch.eye(3)
    _, alpha, _ = rasterization(**scene)
    assert alpha.max() == 0


ODD = st.one_of(
    st.sampled_from([0.0, -0.0, 1e-30, -1e-30, 1e-8, 1e8, -1e8, 1e30, math.nan, math.inf, 1.0, 0.5]),
    st.floats(-3, 3, width=32),
)


@settings(max_examples=60, deadline=None, derandomize=True)
@given(st.data())
def test_any_numbers_are_drawn_or_refused(data):
    scene = as_type(random_scene(data.draw(st.integers(0, 9)), 6), torch.float32)
    for _ in range(data.draw(st.integers(1, 4))):
        name = data.draw(st.sampled_from(["means", "quats", "scales", "opacities", "colors"]))
        value = scene[name] = scene[name].clone()
        value.view(-1)[data.draw(st.integers(0, value.numel() - 1))] = data.draw(ODD)
    leaf = scene["means"].requires_grad_()
    fine = all(scene[name].isfinite().all() for name in ("means", "quats", "scales", "opacities", "colors"))
    fine = fine and (scene["scales"] >= 0).all() and ((scene["opacities"] >= 0) & (scene["opacities"] <= 1)).all()
    if not (fine and (scene["quats"].abs().amax(-1) >= 1e-12).all()):
        with pytest.raises(PersonifyError, match=r"^rasterization: (means|quats|scales|opacities|colors)"):
            rasterization(**scene)
        return
    image, alpha, _ = rasterization(**scene)
    assert ((alpha >= 0) & (alpha <= 1)).all()
    assert not image.isnan().any()
    alpha.sum().backward()
    assert leaf.grad is not None
