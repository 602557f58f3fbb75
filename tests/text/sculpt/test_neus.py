"""MLP field and volume rendering against the original's numbers, and what must hold whatever the numbers."""

import pytest
import torch

from personify.text.sculpt import neus
from personify.text.sculpt.mlp import SMALL

from .conformance import assert_near, fixture, published_field


@pytest.fixture(scope="module")
def original():
    return fixture("neus_small")


@pytest.fixture(scope="module")
def field(original):
    return published_field(original, SMALL)


@pytest.fixture(scope="module")
def image(original, field):
    return neus.render_rays(field, original["rays_o"], original["rays_d"])


def solid(original):
    return original["out.weight_sum"][:, 0] > 0.5


def test_bounds(original, field):
    near, far = neus.sphere_bounds(original["rays_o"], original["rays_d"], field.center, field.radius)
    assert_near(near, original["near"][:, 0], 3e-6)
    assert_near(far, original["far"][:, 0], 3e-6)


@pytest.mark.parametrize("k", range(4))
def test_one_round_of_up_sampling(original, field, k):
    depths, sdf = original[f"upsample.{k}.z_vals"], original[f"upsample.{k}.sdf"]
    new = neus.up_sample(
        original["rays_o"], original["rays_d"], depths, sdf, 8, 64.0 * 2**k, field.center, field.radius
    )
    expected = original[f"out.upsample.{k}.z_new"]
    assert_near(new, expected, 2e-3)
    assert_near(new[solid(original)], expected[solid(original)], 7.4e-6)


def test_depths_of_the_whole_chain(original, field):
    depths = neus.sample_depths(
        field, original["rays_o"], original["rays_d"], original["near"][:, 0], original["far"][:, 0]
    )
    assert_near(depths, original["out.z_vals"], 2e-3)
    assert_near(depths[solid(original)], original["out.z_vals"][solid(original)], 6.9e-5)


def test_compositing_at_given_depths(original, field):
    depths = original["core.z_vals"]
    lengths = neus.section_lengths(depths, 2 / 32)
    image = neus.composite(field, original["rays_o"], original["rays_d"], depths, lengths)
    assert_near(lengths, original["out.core.dists"], 1.9e-7)
    assert_near(image.samples.sdf.reshape(48, 64), original["out.core.sdf"], 6.1e-6)
    assert_near(image.samples.gradient.reshape(48, 64, 3), original["out.core.gradients"], 3e-5)
    assert_near(image.weights, original["out.core.weights"], 7.9e-6)
    assert_near(image.color, original["out.core.color"], 3.4e-6)
    assert_near(image.stylized_color, original["out.core.extra_color"], 3.2e-6)
    assert_near(image.eikonal, original["out.core.gradient_error"], 4.2e-7)
    both = torch.cat([image.samples.color, image.samples.stylized_color], -1).reshape(48, 64, 6)
    assert_near(both[:8], original["out.core.sampled_color_and_extra"], 1.6e-6)


def test_gradients_of_compositing(original, field):
    depths = original["core.z_vals"]
    lengths = neus.section_lengths(depths, 2 / 32)
    image = neus.composite(field, original["rays_o"], original["rays_d"], depths, lengths)
    scalar = image.color.square().sum() + 0.7 * image.stylized_color.sum() + 0.3 * image.weights.sum()
    scalar = scalar + 0.1 * image.eikonal
    assert_near(scalar, original["out.core.scalar.value"], 3.2e-4)
    sdf, color = field.sdf_network, field.color_network
    expected = {
        "sdf.lin0.weight_g": (sdf.lin0.weight_g, 2.7e-4),
        "sdf.lin0.weight_v": (sdf.lin0.weight_v, 1.1e-4),
        "sdf.lin1.bias": (sdf.lin1.bias, 6e-4),
        "sdf.lin3.weight_v": (sdf.lin3.weight_v, 2.2e-3),
        "sdf.lin3.bias": (sdf.lin3.bias, 2.7e-3),
        "color.lin0.bias": (color.lin0.bias, 9.1e-6),
        "color.extra_lin.weight_g": (color.extra_lin.weight_g, 3.4e-6),
        "variance": (field.variance_network.variance, 1.3e-3),
    }
    gradients = torch.autograd.grad(scalar, [parameter for parameter, _ in expected.values()])
    for gradient, (name, (_, atol)) in zip(gradients, expected.items(), strict=True):
        wanted = original[f"out.core.scalar.grad.{name}"]
        assert_near(gradient[: len(wanted)] if gradient.ndim else gradient, wanted, atol)


@pytest.mark.parametrize("background", ["black", "white", "noise"])
def test_pictures_of_the_whole_chain(original, image, background):
    behind = {"black": 0.0, "white": 1.0, "noise": original["noise_background"]}[background]
    stylized = image.stylized_color + (1 - image.opacity)[:, None] * behind
    expected = original[f"out.{background}.extra_color"]
    assert_near(stylized, expected, 1e-4)
    assert_near(stylized[solid(original)], expected[solid(original)], 6.5e-6)


def test_colors_normals_and_opacity_of_the_whole_chain(original, image):
    hit = solid(original)
    assert_near(image.color[hit], original["out.black.color"][hit], 6.5e-6)
    assert_near(image.opacity[hit], original["out.weight_sum"][hit, 0], 1.2e-5)
    assert_near(image.normals[hit], original["out.normals"][hit], 6.3e-6)
    assert_near(image.normals, original["out.normals"], 6.3e-3)


def test_blunt_slopes_without_importance_samples(original, field):
    image = neus.render_rays(
        field, original["rays_o"], original["rays_d"], neus.Sampling(importance=0), cos_anneal=0.25
    )
    assert_near(image.color, original["out.anneal025_no_importance.color"], 4.6e-6)
    assert_near(image.weights, original["out.anneal025_no_importance.weights"], 8.7e-6)


def test_field_queries(original, field):
    samples = field.evaluate(original["points"])
    output = field.sdf_network(original["points"])
    assert_near(output[:, :17], original["out.field.sdf_and_feature"], 7.4e-6)
    assert_near(field.sdf(original["points"]), original["out.field.sdf_and_feature"][:, 0], 7.4e-6)
    assert_near(samples.gradient, original["out.field.gradient"], 5.3e-6)
    both = torch.cat([samples.color, samples.stylized_color], -1)
    assert_near(both, original["out.field.color_and_extra"], 1.7e-6)
    assert_near(field.sharpness(), original["out.inv_s"][0, 0], 7.4e-5)


def test_gradients_of_the_eikonal_term(original, field):
    error = (field.gradient(original["points"]).norm(dim=-1) - 1).square().mean()
    assert_near(error, original["out.field.eikonal"], 4.2e-7)
    first, second = field.sdf_network.lin0, field.sdf_network.lin1
    gradients = torch.autograd.grad(error, [first.weight_v, second.weight_g, first.bias])
    for gradient, name, atol in zip(
        gradients, ["lin0_weight_v", "lin1_weight_g", "lin0_bias"], [3.4e-6, 3.8e-8, 3.3e-7], strict=True
    ):
        assert_near(gradient, original[f"out.field.eikonal.grad_{name}"], atol)
