"""Photos agree on how somebody differs from the average body, and the template follows."""

import dataclasses

import pytest
import torch

from personify.errors import PersonifyError
from personify.photos.network import NetworkConfig, build
from personify.photos.network.figure import Figure, Standard, agree

from .networks import photos, shaken, small_config

DISPLACEMENTS = 3


@pytest.fixture(scope="module")
def config() -> NetworkConfig:
    return dataclasses.replace(small_config(), stem_widths=(8, 16), guided=True, figure=DISPLACEMENTS)


def learnt(figure: Figure, seed: int = 0) -> Figure:
    generator = torch.Generator().manual_seed(seed)
    size = figure.average.shape[1:]
    basis = 0.02 * torch.randn(DISPLACEMENTS, *size, 3, generator=generator)
    figure.learn(torch.zeros(*size, 3), basis, torch.tensor([1.0, -1.0, 1.0]))
    return figure


def evidence(masks: torch.Tensor, seed: int = 0) -> tuple[torch.Tensor, ...]:
    generator = torch.Generator().manual_seed(seed)
    pixels = int(masks.sum())
    whole = torch.randn(len(masks), 2 * 16, generator=generator)
    features = torch.rand(pixels, 8, generator=generator)
    seen, bones = torch.randn(pixels, 3, generator=generator), torch.randn(pixels, 69, generator=generator)
    return whole, features, seen, bones


def test_certain_photos_outvote_the_others_and_nobody_is_far_from_everybody():
    coefficients, precisions = torch.tensor([[2.0], [-1.0]]), torch.tensor([[8.0], [1.0]])
    torch.testing.assert_close(agree(coefficients, precisions), torch.tensor([1.5]))
    torch.testing.assert_close(agree(coefficients.flip(0), precisions.flip(0)), torch.tensor([1.5]))
    assert agree(coefficients, 0 * precisions) == 0
    alone, twice = agree(coefficients[:1], precisions[:1]), agree(coefficients[[0, 0]], precisions[[0, 0]])
    assert 0 < alone < twice < 2


def test_numbers_of_all_sizes_become_standard():
    generator = torch.Generator().manual_seed(0)
    x = torch.randn(4000, 2, generator=generator) * torch.tensor([300.0, 0.01]) + torch.tensor([1000.0, 0.0])
    standard = Standard(2)
    for batch in x.requires_grad_().split(8):
        standard(batch)
    after = standard.eval()(x)
    assert after.mean(0).abs().max() < 0.3
    assert (after.std(0) - 1).abs().max() < 0.2
    assert standard(1e9 * x).abs().max() <= 4


def test_what_no_longer_learns_keeps_its_standard():
    standard = Standard(2).train()
    standard(torch.full((3, 2), 7.0))
    assert (standard.mean == 0).all()


def test_gradients_reach_features_places_and_whole_photos(config):
    figure = Figure(config).double().eval()
    for parameter in figure.parameters():
        torch.nn.init.normal_(parameter, 0, 0.05)
    masks = torch.zeros(2, 4, 4, dtype=torch.bool)
    masks[0, 1, :3] = masks[1, 2:, 2] = True
    whole, features, seen, bones = (x.double() for x in evidence(masks))

    def together(*inputs: torch.Tensor) -> torch.Tensor:
        return agree(*figure(*inputs, bones, masks))

    inputs = tuple((0.1 * x).requires_grad_() for x in (whole, features, seen))
    assert torch.autograd.gradcheck(together, inputs)


def test_an_empty_photo_knows_nothing(config):
    figure = Figure(config).eval()
    masks = torch.zeros(2, 4, 4, dtype=torch.bool)
    masks[0, 0] = True
    _, precisions = figure(*evidence(masks), masks)
    assert (precisions[0] > 0).all()
    assert (precisions[1] == 0).all()


def test_the_template_follows_the_photos(config, template):
    network = build(config).eval()
    figure = learnt(network.figure)
    torch.nn.init.constant_(figure.head[-1].bias, 1.0)
    images, masks = photos(batch=2)
    with torch.no_grad():
        output = network(images, masks, template)
    assert output.figure.shape == (2, DISPLACEMENTS)
    assert (output.figure[:, [0, 2]] > 0.3).all()
    assert (output.figure[:, 1] == 0).all()  # a constant guess of who leans left or right is none
    moved = template.positions + figure.displacement(output.figure)[1]
    own = output.gaussians.means[1, output.gaussians.from_template[1]]
    torch.testing.assert_close(own, moved[template.mask > 0])


def test_the_order_of_photos_does_not_matter(config, template):
    network = shaken(build(config)).eval()
    learnt(network.figure)
    images, masks = photos(views=3)
    with torch.no_grad():
        first = network.look(images, masks).figure
        turned = network.look(images[:, [2, 0, 1]], masks[:, [2, 0, 1]]).figure
    assert first.abs().max() > 1e-3
    torch.testing.assert_close(first, turned)


def test_people_in_a_mirror_have_the_mirrored_figure(config):
    network = shaken(build(config)).eval()
    learnt(network.figure)
    images, masks = photos(views=2)
    with torch.no_grad():
        own = network.look(images, masks).figure
        mirrored = network.look(images.flip(-1), masks.flip(-1)).figure
        alone = network.train().look(images, masks).figure
    assert own.abs().max() > 1e-3
    torch.testing.assert_close(mirrored, network.figure.mirrored(own))
    assert (own - alone).abs().max() > 1e-4  # the two estimates were not the same to begin with


def test_displacements_follow_the_templates_resolution(config):
    network = build(config)
    figure = learnt(network.figure)
    figure.basis[1] = 0.03
    network.resize_template((48, 48))
    assert figure.average.shape == (3, 48, 48)
    torch.testing.assert_close(figure.basis[1], torch.full((3, 48, 48), 0.03))


def test_every_parameter_of_the_figure_learns(config, template):
    network = shaken(build(config)).train()
    learnt(network.figure)
    network(*photos(), template).gaussians.means.square().sum().backward()
    assert all(p.grad is not None and p.grad.abs().max() > 0 for p in network.figure.parameters())


def test_without_displacements_there_is_no_figure(config, template):
    network = build(dataclasses.replace(config, figure=0)).eval()
    assert network.figure is None
    assert not any("figure" in name for name in network.state_dict())
    with torch.no_grad():
        assert network(*photos(), template).figure is None


def test_displacements_need_a_stem():
    with pytest.raises(PersonifyError, match="figure: 0 without a stem"):
        NetworkConfig(figure=4)
