"""The stem finds places, all pixels of a photo decide together from which side it is, and the atlas hears of it."""

import dataclasses
import math

import pytest
import torch

from personify.errors import PersonifyError
from personify.photos.network import NetworkConfig, build
from personify.photos.network.carry import carried_maps
from personify.photos.network.stem import turn_back, turn_to_camera, vote
from personify.photos.network.unet import UNet

from .networks import photos, shaken, small_config


@pytest.fixture(scope="module")
def config() -> NetworkConfig:
    return dataclasses.replace(small_config(), stem_widths=(8, 16, 16), guided=True)


@pytest.mark.parametrize("size", [(32, 32), (40, 24), (9, 13)])
def test_features_have_the_size_of_the_photo(size):
    torch.manual_seed(0)
    features = UNet(3, (8, 16, 16))(torch.rand(2, 3, *size))
    assert features.shape == (2, 8, *size)
    assert features.min() >= 0


def test_a_feature_sees_its_pixel_and_the_whole_photo():
    torch.manual_seed(0)
    net, x = UNet(1, (8, 16, 16)), torch.rand(1, 1, 32, 32, requires_grad=True)
    for block in net.modules():  # these start without effect
        if hasattr(block, "conv2"):
            torch.nn.init.normal_(block.conv2.weight, 0, 0.1)
    net(x)[0, :, 4, 4].sum().backward()
    assert x.grad[0, 0, 4, 4].abs() > 0
    assert x.grad[0, 0, 28, 28].abs() > 0


def test_a_camera_at_the_persons_left_sees_their_left_in_front():
    left = torch.tensor([1.0, 0.0, 0.0])
    quarter = torch.tensor([math.cos(math.pi / 2), math.sin(math.pi / 2)])
    torch.testing.assert_close(turn_to_camera(left, quarter), torch.tensor([0.0, 0.0, 1.0]), atol=1e-6, rtol=0)
    # and from the front their left is on the right
    torch.testing.assert_close(turn_to_camera(left, torch.tensor([1.0, 0.0])), left)


def test_turning_back_undoes_turning():
    points, angle = torch.randn(7, 3), torch.rand(7) * 6
    turns = torch.stack([angle.cos(), angle.sin()], -1)
    torch.testing.assert_close(turn_back(turn_to_camera(points, turns), turns), points)


def test_certain_pixels_outvote_the_others():
    facing = torch.tensor([[0.0, 0.3]] * 5 + [[0.95, 0.0]] + [[-0.2, 0.0]])
    photo = torch.tensor([0] * 6 + [1])
    turns = vote(facing, photo, 2)
    assert turns[0, 0] > 0.9
    torch.testing.assert_close(turns[1], torch.tensor([-1.0, 0.0]))
    order = torch.randperm(7, generator=torch.Generator().manual_seed(0))
    torch.testing.assert_close(vote(facing[order], photo[order], 2), turns)


def test_nobody_votes_in_an_empty_photo():
    assert torch.equal(vote(torch.zeros(0, 2), torch.zeros(0, dtype=torch.int64), 2), torch.zeros(2, 2))


def test_gradients_of_votes_and_turns():
    generator = torch.Generator().manual_seed(0)
    facing = (0.6 * torch.rand(5, 2, generator=generator, dtype=torch.float64)).requires_grad_()
    seen = torch.randn(5, 3, generator=generator, dtype=torch.float64).requires_grad_()
    photo = torch.tensor([0, 1, 0, 1, 1])
    assert torch.autograd.gradcheck(lambda f, s: turn_back(s, vote(f, photo, 2)[photo]), (facing, seen))


def test_gradients_reach_carried_values(template):
    generator = torch.Generator().manual_seed(0)
    few = dataclasses.replace(template, mask=torch.zeros(32, 32), positions=template.positions.double(),
                              lbs_weights=template.lbs_weights.double(), joints=template.joints.double())  # fmt: skip
    few.mask[tuple(template.mask.nonzero()[::50].T)] = 1
    count = 6
    fields = {
        "means": torch.rand(count, 3, generator=generator, dtype=torch.float64),
        "joint_log_weights": torch.randn(count, 55, generator=generator, dtype=torch.float64),
    }
    person = torch.tensor([0, 0, 0, 0, 0, 1])  # the second has fewer pixels than neighbours are asked for
    rows = fields, person, torch.zeros(count, 3, dtype=torch.int64)
    values = torch.rand(count, 2, generator=generator, dtype=torch.float64, requires_grad=True)
    assert torch.autograd.gradcheck(lambda v: carried_maps(rows, v, few, 3), values)
    assert (carried_maps(rows, values, few, 3)[2] == 0).all()


def test_carried_pixels_tell_how_far_they_are(template):
    place = tuple(template.mask.nonzero()[:1].T)
    shift = torch.tensor([[0.01, 0.03, -0.02]])
    fields = {
        "means": template.positions[place] + shift,
        "joint_log_weights": template.lbs_weights[place].clamp(min=1e-6).log(),
    }
    rows = fields, torch.tensor([0]), torch.zeros(1, 3, dtype=torch.int64)
    offset = carried_maps(rows, torch.zeros(1, 0), template, 1)[0][place][:, :3]
    torch.testing.assert_close(offset, shift)


def test_an_untrained_network_takes_the_photos_colors(config, template):
    network = build(config).eval()
    images, masks = photos(batch=2)
    images[0, :, 0], images[1, :, 2] = 0.9, 0.2
    with torch.no_grad():
        gaussians = network(images, masks, template).gaussians
    colors = 0.5 + 0.28209479 * gaussians.harmonics[..., 0, :]
    for person, channel, value in ((0, 0, 0.9), (1, 2, 0.2)):
        own = colors[person, gaussians.from_template[person], channel]
        torch.testing.assert_close(own, torch.full_like(own, value), atol=1e-5, rtol=1e-4)
    own = gaussians.means[0, gaussians.from_template[0]]
    torch.testing.assert_close(own, template.positions[template.mask > 0])


def test_photos_gaussians_start_where_the_stem_sees_them(config, template):
    network = build(config).eval()
    for parameter in network.stem.parameters():
        torch.nn.init.normal_(parameter, 0, 0.1)
    images, masks = photos(batch=1)
    with torch.no_grad():
        gaussians = network(images, masks, template).gaussians
        surface = network.look(images, masks).surface
    torch.testing.assert_close(gaussians.means[gaussians.from_photos], surface.means)
    torch.testing.assert_close(gaussians.bone_logits[gaussians.from_photos], surface.bone_logits)


def test_every_parameter_learns(config, template):
    network = shaken(build(config))
    gaussians = network(*photos(), template).gaussians
    seen = [gaussians.means, gaussians.covariances, gaussians.opacities, gaussians.harmonics, gaussians.bone_logits]
    generator = torch.Generator().manual_seed(0)
    sum((value * torch.randn(value.shape, generator=generator)).sum() for value in seen).backward()
    for part in (network.stem, network.atlas, network.stem_to_tokens):
        assert all(p.grad is not None and p.grad.abs().max() > 0 for p in part.parameters())


def test_the_background_and_the_order_of_photos_do_not_matter(config, template):
    network = shaken(build(config)).eval()
    images, masks = photos(views=3)
    other = torch.where(masks[:, :, None] > 0, images, torch.rand(3, 1, 1))
    with torch.no_grad():
        first, second = network(images, masks, template).gaussians, network(other, masks, template).gaussians
        turned = network(images[:, [2, 0, 1]], masks[:, [2, 0, 1]], template).gaussians
    torch.testing.assert_close(first.means, second.means)
    body = first.from_template[0]
    torch.testing.assert_close(first.harmonics[0, body], turned.harmonics[0, body], atol=1e-4, rtol=1e-3)


def test_half_precision_stays_close(config, template):
    network = shaken(build(config)).eval()
    images, masks = photos()
    with torch.no_grad():
        exact = network.look(images, masks).surface
        with torch.autocast("cpu", torch.bfloat16):
            rough = network.look(images, masks).surface
            assert network(images, masks, template).gaussians.means.dtype == torch.float32
    assert (exact.seen - rough.seen).norm() < 0.05 * exact.seen.norm()


def test_no_foreground_leaves_the_template(config, template):
    images, masks = photos()
    gaussians = build(config).eval()(images, 0 * masks, template).gaussians
    assert gaussians.from_template.all()
    assert gaussians.means.isfinite().all()


def test_widths_must_fit_the_normalisation():
    with pytest.raises(PersonifyError, match="stem_widths: multiples of 8"):
        NetworkConfig(stem_widths=(12,))


def test_faint_gaussians_of_photos_are_left_out_after_training(config, template):
    network = shaken(build(dataclasses.replace(config, faintest=0.07)))
    images, masks = photos()
    with torch.no_grad():
        before, after = (network.train(mode)(images, masks, template).gaussians for mode in (True, False))
    faint = before.from_photos & (before.opacities < 0.07)
    assert faint.any()
    assert (before.from_photos & ~faint).any()
    torch.testing.assert_close(after.opacities, before.opacities.masked_fill(faint, 0.0))
