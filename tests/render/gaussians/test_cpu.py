"""The compiled kernels draw and differentiate what the oracle does."""

import os
import subprocess
import sys
import threading

import numba
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from personify.render.gaussians import conics, rasterization

from .scenes import as_type, assert_same, draw_with_gradients, random_scene

SETTINGS = settings(max_examples=25, deadline=None, derandomize=True)


@SETTINGS
@given(
    seed=st.integers(0, 10**6),
    count=st.integers(1, 80),
    width=st.integers(1, 40),
    height=st.integers(1, 40),
    size=st.sampled_from([0.02, 0.3, 1.0]),
    covars=st.booleans(),
    options=st.fixed_dictionaries(
        {
            "rasterize_mode": st.sampled_from(["classic", "antialiased"]),
            "camera_model": st.sampled_from(["pinhole", "ortho"]),
            "render_mode": st.sampled_from(["RGB", "RGB+D"]),
            "eps2d": st.sampled_from([0.3, 0.05]),
        }
    ),
)
def test_random_scenes(seed, count, width, height, size, covars, options):
    scene = random_scene(seed, count, width=width, height=height, size=size, covars=covars)
    assert_same(scene, **options)


@pytest.mark.parametrize("degree", [0, 1, 2, 3])
def test_spherical_harmonics(degree):
    assert_same(random_scene(3, 60, cameras=2, degree=degree))


@pytest.mark.parametrize("channels", [1, 2, 7, 33])
def test_any_number_of_channels(channels):
    assert_same(random_scene(4, 30, channels=channels))


@pytest.mark.parametrize("mode", ["D", "ED", "RGB+ED"])
def test_depth(mode):
    scene = random_scene(5, 60, cameras=2)
    if mode in ("D", "ED"):
        scene["backgrounds"] = None
    assert_same(scene, render_mode=mode)


def test_long_thin_gaussians_keep_their_digits():
    scene = random_scene(6, 20, width=64, height=64)
    scene["scales"] = (torch.tensor([2.0, 0.001, 0.001]).double() * torch.ones(20, 1)).float().double()
    scene["opacities"] = scene["opacities"] * 0 + 0.25
    assert_same(scene)


def test_many_gaussians_per_tile_are_sorted():
    scene = random_scene(7, 3000, width=20, height=20, size=0.05)
    scene["opacities"] = (scene["opacities"] * 0.1).float().double()
    assert_same(scene)


def test_equally_far_gaussians_are_drawn_in_their_order():
    scene = random_scene(8, 200)
    scene["means"][:, :] = scene["means"][:1]
    assert_same(scene)


def test_scenes_and_cameras_are_independent():
    scene = random_scene(9, 30, cameras=2, batch=(2, 3))
    scene = as_type(scene, torch.float32)
    image, alpha, meta = rasterization(**scene)
    assert image.shape == (2, 3, 2, 18, 24, 3)
    assert alpha.shape == (2, 3, 2, 18, 24, 1)
    assert meta["means2d"].shape == (2, 3, 2, 30, 2)
    for b in range(2):
        for c in range(2):
            one = {name: value[b, 1] if isinstance(value, torch.Tensor) else value for name, value in scene.items()}
            for name in ("viewmats", "Ks", "backgrounds"):
                one[name] = one[name][c : c + 1]
            assert torch.equal(rasterization(**one)[0][0], image[b, 1, c])


def test_colors_per_camera():
    scene = as_type(random_scene(10, 30, cameras=2), torch.float32)
    colors = torch.stack([scene["colors"], 1 - scene["colors"]])
    both, _, _ = rasterization(**{**scene, "colors": colors})
    assert torch.equal(both[0], rasterization(**scene)[0][0])
    assert not torch.equal(both[1], rasterization(**scene)[0][1])


def test_absolute_gradients():
    results = []
    for dtype in (torch.float64, torch.float32):
        scene = as_type(random_scene(11, 40, cameras=2), dtype)
        scene["means"].requires_grad_()
        image, _, meta = rasterization(**scene, absgrad=True)
        meta["means2d"].retain_grad()
        (image**2).sum().backward()
        results.append((meta["means2d"].grad, meta["means2d"].absgrad))
    (gradient, absolute), (fast_gradient, fast_absolute) = results
    torch.testing.assert_close(fast_gradient.double(), gradient, rtol=1e-3, atol=1e-4)
    torch.testing.assert_close(fast_absolute.double(), absolute, rtol=1e-3, atol=1e-4)
    assert (absolute >= gradient.abs() - 1e-12).all()


def test_loss_on_what_meta_holds():
    gradients = []
    for dtype in (torch.float64, torch.float32):
        scene = as_type(random_scene(12, 20), dtype)
        leaves = [scene[name].requires_grad_() for name in ("means", "quats", "scales", "viewmats")]
        _, _, meta = rasterization(**scene)
        drawn = meta["radii"][..., 0] > 0
        loss = meta["means2d"][drawn].sum() + (meta["depths"] ** 2)[drawn].sum() + conics(meta["factors"])[drawn].sum()
        gradients.append(torch.autograd.grad(loss, leaves))
    for exact, fast in zip(*gradients, strict=True):
        torch.testing.assert_close(fast.double(), exact, rtol=1e-3, atol=1e-3)


def test_same_bytes_for_any_number_of_threads():
    scene, results = random_scene(13, 9000, width=70, height=50, size=0.05), []
    for threads in (numba.config.NUMBA_NUM_THREADS, 1, numba.config.NUMBA_NUM_THREADS):
        numba.set_num_threads(threads)
        image, alpha, gradients, _ = draw_with_gradients(scene, torch.float32)
        results.append([image, alpha, *gradients.values()])
    for other in results[1:]:
        assert all(torch.equal(a, b) for a, b in zip(results[0], other, strict=True) if a is not None)


def hundred_threads():
    """Draw different scenes on a hundred threads at once, both ways; the number of wrong ones."""
    scenes = [random_scene(seed, 50) for seed in range(5)]
    expected = [draw_with_gradients(scene, torch.float32)[:3] for scene in scenes]
    wrong, start = [], threading.Barrier(100)

    def draw(k):
        start.wait()
        image, _, gradients = draw_with_gradients(scenes[k % 5], torch.float32)[:3]
        if not torch.equal(image, expected[k % 5][0]) or not torch.equal(
            gradients["means"], expected[k % 5][2]["means"]
        ):
            wrong.append(k)

    threads = [threading.Thread(target=draw, args=(k,)) for k in range(100)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return len(wrong)


def test_hundred_threads_at_once():
    assert hundred_threads() == 0


def test_hundred_threads_at_once_on_the_layer_that_forbids_it():
    code = "from tests.render.gaussians.test_cpu import hundred_threads; import numba; n = hundred_threads(); "
    code += "print(numba.threading_layer(), n)"
    environment = os.environ | {"NUMBA_THREADING_LAYER": "workqueue"}
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, env=environment, check=True)
    assert done.stdout.split() == ["workqueue", "0"]


def test_fallback_without_compiler():
    code = "from personify.render.gaussians import api; print(api.compiled() is api.ORACLE)"
    environment = os.environ | {"NUMBA_DISABLE_JIT": "1"}
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, env=environment, check=True)
    assert done.stdout.strip() == "True"


def test_changed_picture_is_noticed():
    scene = as_type(random_scene(14, 20), torch.float32)
    scene["means"].requires_grad_()
    image, _, _ = rasterization(**scene)
    total = (image * image).sum()
    image[0].mul_(2)
    with pytest.raises(RuntimeError, match="modified by an inplace operation"):
        total.backward()
