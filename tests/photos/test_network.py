"""The network: the original's numbers, and what must hold for any weights."""

import re

import pytest
import torch

from personify.errors import PersonifyError
from personify.photos.checkpoints import from_original
from personify.photos.network import PRESETS, NetworkConfig, PhotoNetwork, build
from personify.photos.network.carry import carried_maps, evened
from personify.photos.network.dpt import exponential_map
from personify.photos.network.gaussians import activate
from personify.photos.template import Template

from .networks import fixture_config, photos, shaken, small_config


def original_problem(whole, original_state, case):
    """Network, photos, masks and template of a fixture."""
    shape = whole[f"{case}.in.template_mask"].shape
    network = build(fixture_config(tuple(shape[1:]))).eval()
    state = dict(original_state)
    if case == "three":
        state["backbone.template_embed"] = whole["three.in.template_embed"]
    network.load_state_dict(from_original(state))
    lbs_weights = torch.zeros(*shape, 55)
    lbs_weights.view(-1)[whole[f"{case}.in.lbs_index"].long()] = whole[f"{case}.in.lbs_value"]
    template = Template(
        whole[f"{case}.in.template_3d"],
        lbs_weights,
        whole[f"{case}.in.template_mask"].float(),
        torch.zeros(55, 3),
    )
    return network, whole[f"{case}.in.image"] / 2 + 0.5, whole[f"{case}.in.mask"], template


@pytest.mark.parametrize("case", ["two", "three"])
def test_tokens_and_gaussians_are_the_originals(whole, original_state, case):
    network, images, masks, template = original_problem(whole, original_state, case)
    with torch.no_grad():
        template_tokens, image_tokens = network._tokens(whole[f"{case}.in.image"])
        gaussians = network(images, masks, template).gaussians
    for layer in range(5):
        whole.check(f"{case}.out.tok.template.{layer}", template_tokens[layer])
        whole.check(f"{case}.out.tok.image.{layer}", image_tokens[layer])
    rows = whole[f"{case}.out.rows"]
    assert torch.equal(gaussians.source, whole[f"{case}.out.idx"].long())
    assert torch.equal((gaussians.source[..., 0] >= 0).sum(1), whole[f"{case}.out.nums"])
    whole.check(f"{case}.out.means", gaussians.means)
    whole.check(f"{case}.out.opacities", gaussians.opacities)
    whole.check(f"{case}.out.covariances_rows", gaussians.covariances[:, rows])
    whole.check(f"{case}.out.harmonics_rows", gaussians.harmonics[:, rows].mT)
    whole.check(f"{case}.out.lbs_weights_bones_rows", gaussians.bone_logits[:, rows])
    whole.check(f"{case}.out.lbs_weights_rows", gaussians.joint_log_weights[:, rows])


def test_gradients_are_the_originals(whole, original_state):
    network, _, masks, template = original_problem(whole, original_state, "two")
    normalised = whole["two.in.image"].requires_grad_()
    gaussians = network(normalised / 2 + 0.5, masks, template).gaussians
    coefficient = {key: whole[f"grad.in.coef.{key}"] for key in ("means", "opacities", "cov", "sh", "bones", "joints")}
    upper = torch.stack([gaussians.covariances[..., i, j] for i in range(3) for j in range(i, 3)], -1)
    scalar = (
        (gaussians.means[0] * coefficient["means"]).sum()
        + (gaussians.opacities[0] * coefficient["opacities"]).sum()
        + (upper.sum((0, 1)) * coefficient["cov"]).sum()
        + (gaussians.harmonics[0].mean(0).T * coefficient["sh"]).sum()
        + (gaussians.bone_logits[0].softmax(-1) * coefficient["bones"]).sum()
        + (gaussians.joint_log_weights[0].mean(0) * coefficient["joints"]).sum()
    )
    whole.check("grad.out.scalar", scalar)
    scalar.backward()
    whole.check("grad.out.grad.context.image_every_4th_pixel", normalised.grad[..., ::4, ::4])
    ours = dict(network.named_parameters())
    compared = 0
    for key in whole.tensors:
        name = key.removeprefix("grad.out.grad.")
        if key.startswith("grad.out.grad.") and "image" not in name:
            expected = whole[key]
            (mapped,) = from_original({name: expected})
            whole.check(key, ours[mapped].grad[: len(expected)].reshape(expected.shape))
            compared += 1
    assert compared == 14


def test_raw_channels_become_the_originals_gaussians(parts):
    config = NetworkConfig()
    opacity, logits = torch.zeros(120, 1), torch.zeros(120, 69)
    raw = torch.cat([opacity, parts["adapter.in.raw"][..., :82].flatten(0, 1), logits], -1)
    fields = activate(raw, torch.zeros(120, 3), torch.ones(120), config)
    w, x, y, z = fields["quats"].unflatten(0, (2, 60)).unbind(-1)
    usual = parts["adapter.out.rotations_xyzw"].norm(dim=-1) > 0.999  # a vanishing quaternion means the identity
    expected = parts["adapter.out.rotations_xyzw"][usual]
    assert (torch.stack([x, y, z, w], -1)[usual] - expected).abs().max() <= parts.atol["adapter.out.rotations_xyzw"]
    parts.check("adapter.out.scales", fields["scales"].unflatten(0, (2, 60)))
    parts.check("adapter.out.harmonics", fields["harmonics"].unflatten(0, (2, 60)).mT)
    parts.check("adapter.out.exp_map", exponential_map(parts["adapter.in.xyz_for_exp_map"]))


def test_the_exponential_map_has_a_gradient_at_zero():
    zero = torch.zeros(1, 3, dtype=torch.float64, requires_grad=True)
    exponential_map(zero).sum().backward()
    torch.testing.assert_close(zero.grad, torch.ones_like(zero))
    far = torch.randn(5, 3, dtype=torch.float64, generator=torch.Generator().manual_seed(0), requires_grad=True)
    assert torch.autograd.gradcheck(exponential_map, (far,))


def test_published_size_without_what_influences_nothing():
    with torch.device("meta"):
        network = PhotoNetwork(PRESETS["full"])

    def millions(prefix):
        chosen = [p.numel() for name, p in network.named_parameters() if re.match(prefix, name)]
        return round(sum(chosen) / 1e6)

    assert (millions(r"encoder\.blocks"), millions(r"decoder\.(template|image)_blocks")) == (302, 227)
    assert millions("(template|image)_(position|gaussian)") == 82 - 5  # five of the published 82 are dead


@pytest.mark.parametrize(("preset", "count"), [("tiny", 17.6), ("mini", 11.2)])
def test_small_presets_have_the_stated_size(preset, count):
    with torch.device("meta"):
        network = PhotoNetwork(PRESETS[preset])
    assert round(sum(p.numel() for p in network.parameters()) / 1e6, 1) == count


def test_a_seed_fixes_the_weights_and_leaves_the_random_state_alone():
    torch.manual_seed(3)
    first = build(small_config(), seed=1)
    drawn = torch.rand(1)
    torch.manual_seed(3)
    assert torch.equal(drawn, torch.rand(1))
    second, third = build(small_config(), seed=1), build(small_config(), seed=2)
    assert all(torch.equal(a, b) for a, b in zip(first.parameters(), second.parameters(), strict=True))
    assert not torch.equal(first.template_tokens, third.template_tokens)


def test_an_untrained_network_shows_the_body_and_the_pixels(small, template):
    images, masks = photos()
    gaussians = small(images, masks, template).gaussians
    from_template = gaussians.source[0, :, 0] == 0
    inside = template.mask > 0
    means, weights = gaussians.means[0, from_template], gaussians.lbs_weights[0, from_template]
    torch.testing.assert_close(means, template.positions[inside])
    assert (weights - template.lbs_weights[inside]).abs().max() < 0.02
    view, row, column = gaussians.source[0, ~from_template].unbind(1)
    pixels = images[0, view - 1, :, row, column]
    torch.testing.assert_close(0.5 + 0.28209479 * gaussians.harmonics[0, ~from_template, 0], pixels)
    torch.testing.assert_close(gaussians.opacities[0, from_template].mean(), torch.tensor(0.9))
    torch.testing.assert_close(gaussians.opacities[0, ~from_template].mean(), torch.tensor(0.1))
    torch.testing.assert_close(gaussians.scales[0, ~from_template].mean(), torch.tensor(0.008))
    spacing = template.spacing()[inside][:, None].expand(-1, 3)
    torch.testing.assert_close(gaussians.scales[0, from_template], 0.6 * spacing.clamp(min=0.001 / 0.6))


@pytest.mark.parametrize("views", [1, 2, 4])
def test_any_number_of_views_in_any_order(template, views):
    network = shaken(build(small_config())).eval()
    images, masks = photos(views=views)
    order = torch.arange(views).flip(0)
    with torch.no_grad():
        output = network(images, masks, template)
        other = network(images[:, order], masks[:, order], template)
    assert set(output.gaussians.source[0, :, 0].tolist()) == set(range(views + 1))
    for view in range(views + 1):
        same = output.gaussians.source[0, :, 0] == view
        moved = other.gaussians.source[0, :, 0] == (views + 1 - view if view else 0)
        torch.testing.assert_close(
            output.gaussians.means[0, same], other.gaussians.means[0, moved], atol=1e-5, rtol=1e-4
        )
    torch.testing.assert_close(output.body.shape, other.body.shape, atol=1e-5, rtol=1e-4)
    torch.testing.assert_close(output.body.viewmats[:, order], other.body.viewmats, atol=1e-5, rtol=1e-4)


def test_people_of_a_batch_do_not_see_each_other(template):
    network = shaken(build(small_config())).eval()
    images, masks = photos(batch=2)
    with torch.no_grad():
        together = network(images, masks, template).gaussians
        alone = [network(images[b : b + 1], masks[b : b + 1], template).gaussians for b in range(2)]
    assert len(alone[0].means[0]) < len(alone[1].means[0])  # so that there is padding
    for b, single in enumerate(alone):
        count = single.means.shape[1]
        for name in ("means", "quats", "scales", "opacities", "harmonics", "bone_logits", "source"):
            torch.testing.assert_close(
                getattr(together, name)[b, :count], getattr(single, name)[0], atol=1e-5, rtol=1e-4
            )
    padding = together.source[0, :, 0] < 0
    assert padding.any()
    assert (together.opacities[0, padding] == 0).all()
    assert (together.covariances[0, padding] == 0).all()
    assert not together.from_photos[0, padding].any()
    assert not together.from_template[0, padding].any()


def test_no_foreground_leaves_the_template(small, template):
    images, masks = photos()
    gaussians = small(images, 0 * masks, template).gaussians
    assert gaussians.from_template.all()
    assert gaussians.means.shape[1] == int(template.mask.sum())


def test_every_parameter_learns(template):
    network = shaken(build(small_config()))
    output = network(*photos(), template)
    gaussians, body = output.gaussians, output.body
    seen = [gaussians.means, gaussians.covariances, gaussians.opacities, gaussians.harmonics]
    seen += [gaussians.bone_logits, body.shape, body.rotations, body.viewmats, body.Ks / 32]
    generator = torch.Generator().manual_seed(0)
    sum((value * torch.randn(value.shape, generator=generator)).sum() for value in seen).backward()
    still = [name for name, p in network.named_parameters() if p.grad is None or not p.grad.abs().max() > 0]
    # a constant added to all keys moves no softmax
    assert [name for name in still if not re.search(r"\.key\.bias", name)] == []


def test_half_precision_stays_close(template):
    network = shaken(build(small_config())).eval()
    images, masks = photos()
    with torch.no_grad():
        exact = network(images, masks, template).gaussians
        with torch.autocast("cpu", torch.bfloat16):
            rough = network(images, masks, template).gaussians
    assert rough.means.dtype == torch.float32
    assert (exact.means - rough.means).norm() < 0.05 * exact.means.norm()


def test_the_body_estimate_starts_with_somebody_upright_in_the_middle(small, template):
    body = small(*photos(views=3), template).body
    assert body.shape.shape == (1, 11)
    assert torch.equal(body.rotations, torch.eye(3).expand(1, 3, 22, 3, 3))
    pelvis, head, left = (torch.tensor(p) for p in ([0.0, 0, 0, 1], [0.0, 0.6, 0, 1], [0.2, 0, 0, 1]))
    pixels = [body.Ks[0, 0] @ (body.viewmats[0, 0] @ point)[:3] for point in (pelvis, head, left)]
    pelvis, head, left = (point[:2] / point[2] for point in pixels)
    torch.testing.assert_close(pelvis, torch.tensor([16.0, 16.0]))
    assert head[1] < pelvis[1]  # up in the picture
    assert left[0] > pelvis[0]  # their left is on the right of somebody who faces the camera


def test_template_tokens_are_resampled_like_the_originals(parts, small, template):
    from personify.photos.network.model import resize_tokens

    tokens = parts["transfer.in.template_tokens"]
    parts.check("transfer.out.template_tokens_64", resize_tokens(tokens, (4, 4), (8, 8)))
    parts.check("transfer.out.template_tokens_36", resize_tokens(tokens, (4, 4), (6, 6)))
    network = build(small_config())
    network.resize_template((64, 64))
    assert network.template_tokens.shape == (64, 32)
    with pytest.raises(PersonifyError, match=r"maps are \[32, 32\]; expected \[64, 64\]"):
        network(*photos(), template)


def test_bad_input(small, template):
    images, masks = photos()
    with pytest.raises(PersonifyError, match="multiples of 8"):
        small(images[..., :30], masks[..., :30], template)
    with pytest.raises(PersonifyError, match="masks: shape"):
        small(images, masks[:, :1], template)
    other = Template(template.positions, template.lbs_weights, template.mask, template.joints, (-1, 0))
    with pytest.raises(PersonifyError, match="joint tree"):
        small(images, masks, other)
    with pytest.raises(PersonifyError, match="preset 'huge' is not known"):
        build("huge")
    with pytest.raises(PersonifyError, match="decoder_depth: a multiple of 4"):
        NetworkConfig(decoder_depth=6)


def test_carried_colors_reach_the_surface_they_belong_to(template):
    """Photos whose pixels lie where the template's left hand and head are, in red and green."""
    inside = template.mask > 0
    hand = inside & (template.positions[..., 0] > 0.6)
    head = inside & (template.positions[..., 1] > 1.5)
    texels = torch.cat([hand.nonzero()[::2], head.nonzero()[::2]])
    reds = template.positions[tuple(texels.T)][:, 0] > 0.6
    images = torch.full((1, 1, 3, 1, len(texels)), -1.0)
    images[0, 0, 0, 0, reds], images[0, 0, 1, 0, ~reds] = 1.0, 1.0
    place = tuple(texels.T)
    fields = {
        "means": template.positions[place],
        "joint_log_weights": template.lbs_weights[place].clamp(min=1e-6).log(),
    }
    source = torch.stack([torch.ones(len(texels)), torch.zeros(len(texels)), torch.arange(len(texels))], -1).long()
    rows = fields, torch.zeros(len(texels), dtype=torch.int64), source
    values = images[0, 0, :, 0].T
    carried = carried_maps(rows, values, template, 1)[0]
    assert (carried[~inside] == 0).all()
    for part, color in ((hand, [1.0, -1, -1]), (head, [-1.0, 1, -1])):
        assert (carried[part][:, :3] - torch.tensor(color)).abs().max() < 0.1
        assert carried[part][:, -1].mean() > 0.3
    far = inside & (template.positions[..., 1] < 0.2)
    assert carried[far][:, -1].max() < 0.01
    nothing = {name: value[:0] for name, value in fields.items()}, rows[1][:0], source[:0]
    empty = carried_maps(nothing, values[:0], template, 1)
    assert (empty == 0).all()


def test_both_sides_of_the_body_share_their_colors(template):
    """What only the left side knows reaches the right; where both are sure they meet in the middle."""
    height, width = template.mask.shape
    inside, x = template.mask > 0, template.positions[..., 0]
    left = inside & (x > 0.1)
    right = (left.flatten()[template.opposite] & (template.opposite >= 0)).view_as(left) & (x < -0.1)
    assert right.sum() > 0.8 * (inside & (x < -0.1)).sum()
    colors = torch.zeros(1, height, width, 3)
    colors[0, left] = 1.0
    sure = torch.zeros(1, height, width, 1)
    sure[0, left] = 0.8
    even, across = evened(colors, sure, template.opposite)
    assert (even[0, left] == 1).all()
    assert (even[0, right] == 1).all()
    assert (across[0, right] == 0.8).all()
    assert (even[0, ~inside] == 0).all()
    alike, _ = evened(colors, torch.ones_like(sure), template.opposite)
    assert (alike[0, right] == 0.5).all()


def test_opposites_of_several_peoples_maps_are_those_of_one(template):
    moved = template.displaced(torch.zeros(2, *template.positions.shape))
    assert torch.equal(moved.opposite, template.opposite)
