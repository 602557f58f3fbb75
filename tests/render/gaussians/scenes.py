"""Random Gaussians before random cameras, and a comparison that knows where float32 may decide differently."""

from __future__ import annotations

import torch
from torch import Tensor

from personify.render.gaussians import oracle, rasterization
from personify.render.gaussians.api import GEOMETRY
from personify.render.gaussians.view import MAX_ALPHA, MIN_ALPHA, MIN_TRANSMITTANCE, View

DIFFERENTIABLE = ("means", "quats", "scales", "covars", "opacities", "colors", "viewmats", "backgrounds")


def random_scene(
    seed, count=40, cameras=1, width=24, height=18, channels=3, degree=None, covars=False, size=0.3, batch=()
):
    """Keyword arguments of `rasterization` in float64, every number of which float32 holds exactly."""
    generator = torch.Generator().manual_seed(seed)

    def normal(*shape):
        return torch.randn(*batch, *shape, generator=generator, dtype=torch.float64)

    def uniform(*shape):
        return torch.rand(*batch, *shape, generator=generator, dtype=torch.float64)

    viewmats = torch.zeros(*batch, cameras, 4, 4, dtype=torch.float64)
    rotation, _ = torch.linalg.qr(normal(cameras, 3, 3))
    viewmats[..., :3, :3] = rotation * torch.linalg.det(rotation)[..., None, None].sign()
    viewmats[..., :3, 3] = torch.tensor([0.0, 0.0, 4.0]) + 0.1 * normal(cameras, 3)
    viewmats[..., 3, 3] = 1
    Ks = torch.tensor([[1.2 * width, 0, 0.5 * width], [0, 1.1 * width, 0.45 * height], [0, 0, 1]]).double()
    axes = normal(count, 3, 3) * size
    scene = {
        "means": normal(count, 3),
        "quats": None if covars else normal(count, 4),
        "scales": None if covars else size * torch.exp(0.7 * normal(count, 3)),
        "covars": axes @ axes.mT if covars else None,
        "opacities": uniform(count),
        "colors": uniform(count, channels) if degree is None else normal(count, (degree + 1) ** 2 + 1, 3),
        "viewmats": viewmats,
        "Ks": Ks.expand(*batch, cameras, 3, 3),
        "backgrounds": uniform(cameras, channels),
    }
    exact = {name: None if value is None else value.float().double() for name, value in scene.items()}
    return {**exact, "width": width, "height": height, "sh_degree": degree}


def as_type(scene, dtype):
    return {name: value.to(dtype) if isinstance(value, Tensor) else value for name, value in scene.items()}


def view_of(scene, **options):
    antialiased, ortho = options.get("rasterize_mode") == "antialiased", options.get("camera_model") == "ortho"
    return View(scene["width"], scene["height"], 0.01, 1e10, 0.0, options.get("eps2d", 0.3), antialiased, ortho)


def doubtful(scene, **options):
    """[C, H, W]: pixels with a contribution so near to a threshold that float32 may fall on its other side."""
    view, masks = view_of(scene, **options), []
    for k in range(scene["viewmats"].shape[0]):
        one = {**scene, "viewmats": scene["viewmats"][k], "Ks": scene["Ks"][k]}
        projection = oracle.project(*(one[name] for name in GEOMETRY), view)
        splats, pixels = oracle._candidates(projection, view)
        pixels, order = torch.sort(pixels, stable=True)
        alphas, falloff = oracle._alphas(projection, splats[order], pixels, view)
        raw = projection.opacities[splats[order]] * torch.exp(-falloff)
        bad = _near(raw, MIN_ALPHA) | _near(raw, MAX_ALPHA)
        _, after = oracle._transmittances(torch.where(alphas >= MIN_ALPHA, alphas, 0), pixels)
        bad |= _near(after, MIN_TRANSMITTANCE)
        mask = torch.zeros(view.width * view.height, dtype=torch.bool)
        mask[pixels[bad]] = True
        masks.append(mask.view(view.height, view.width))
    return torch.stack(masks)


def _near(values, threshold):
    return (values / threshold - 1).abs() < 1e-4


def draw_with_gradients(scene, dtype, skipped=None, **options):
    """Pictures, alphas and gradients of a random sum of both, which leaves out the skipped pixels."""
    leaves = {name: scene[name].to(dtype).requires_grad_() for name in DIFFERENTIABLE if scene[name] is not None}
    image, alpha, meta = rasterization(**{**as_type(scene, dtype), **leaves}, **options)
    generator = torch.Generator().manual_seed(1)
    upstream = torch.randn(*image.shape[:-1], image.shape[-1] + 1, generator=generator).to(dtype)
    if skipped is not None:
        upstream[skipped] = 0
    loss = (torch.cat([image, alpha], -1) * upstream).sum()
    gradients = torch.autograd.grad(loss, list(leaves.values()), allow_unused=True)
    return image, alpha, dict(zip(leaves, gradients, strict=True)), meta


def relative_error(value, reference):
    return float((value.double() - reference).norm() / reference.norm().clamp(min=1e-6))


def assert_same(scene, **options):
    """The kernels' pictures within 1e-5 and gradients within 1e-4 of the float64 oracle."""
    skipped = doubtful(scene, **options)
    assert skipped.float().mean() < 0.2
    image, alpha, gradients, _ = draw_with_gradients(scene, torch.float64, skipped, **options)
    fast_image, fast_alpha, fast_gradients, _ = draw_with_gradients(scene, torch.float32, skipped, **options)
    scale = 1 + image.abs().max()  # colours lie in [0, 1], depth does not
    assert (fast_image - image)[~skipped].abs().max() <= 1e-5 * scale
    assert (fast_alpha - alpha)[~skipped].abs().max() <= 1e-5
    for name, reference in gradients.items():
        if reference is not None:
            assert relative_error(fast_gradients[name], reference) <= 1e-4, name
