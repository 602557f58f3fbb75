import pytest
import torch

from motion.priors import small
from personify.errors import PersonifyError
from personify.motion.priors.realnvp import ConditionalRealNVP


def test_both_directions_undo_each_other():
    flow, noise, condition = small.flow(), torch.randn(6, 32), torch.randn(6, 12)
    back, _ = flow.encode(flow.decode(noise, condition), condition)
    assert (back - noise).abs().max() < 1e-4


def test_log_determinant_is_that_of_the_jacobian():
    torch.manual_seed(0)
    flow = ConditionalRealNVP(condition=3, dim=6, hidden=8, blocks=4).double()
    code, condition = torch.randn(1, 6, dtype=torch.double), torch.randn(1, 3, dtype=torch.double)
    jacobian = torch.autograd.functional.jacobian(lambda x: flow.encode(x, condition)[0][0], code)[:, 0]
    assert float(flow.encode(code, condition)[1]) == pytest.approx(float(torch.linalg.slogdet(jacobian)[1]), abs=1e-9)


def test_density_integrates_to_one():
    torch.manual_seed(0)
    flow = ConditionalRealNVP(condition=1, dim=2, hidden=8, blocks=2).double()
    axis = torch.linspace(-8, 8, 161, dtype=torch.double)
    grid = torch.cartesian_prod(axis, axis)
    density = flow.log_prob(grid, torch.zeros(len(grid), 1, dtype=torch.double)).exp()
    assert float(density.sum() * 0.1**2) == pytest.approx(1, abs=1e-3)


def test_every_number_is_moved_by_some_block():
    mask = ConditionalRealNVP(condition=1, dim=8, hidden=4, blocks=2).mask[:, 0]
    assert mask.sum(0).eq(1).all()


def test_gradients():
    torch.manual_seed(0)
    flow = ConditionalRealNVP(condition=2, dim=4, hidden=6, blocks=2).double()
    code = torch.randn(2, 4, dtype=torch.double, requires_grad=True)
    condition = torch.randn(2, 2, dtype=torch.double, requires_grad=True)
    assert torch.autograd.gradcheck(flow.log_prob, (code, condition))
    assert torch.autograd.gradcheck(flow.decode, (code, condition))


@pytest.mark.parametrize("shapes", [((2, 31), (2, 12)), ((2, 32), (2, 11)), ((2, 32), (3, 12))])
def test_wrong_shapes_are_refused(shapes):
    with pytest.raises(PersonifyError, match=r"expected \[N, 32\] and \[N, 12\]"):
        small.flow().decode(*map(torch.zeros, shapes))
