"""Gradients of scattered reads do not depend on which thread was first."""

import pytest
import torch

from personify.determinism import deterministic


def gradient() -> torch.Tensor:
    generator = torch.Generator().manual_seed(0)
    table = torch.zeros(7, 3, requires_grad=True)
    rows = torch.randint(7, (200_000,), generator=generator)
    (table[rows] * torch.randn(200_000, 3, generator=generator)).sum().backward()
    assert table.grad is not None
    return table.grad


def test_the_same_bits_on_several_threads():
    threads = torch.get_num_threads()
    torch.set_num_threads(max(2, threads))
    try:
        with deterministic():
            first = gradient()
            assert all(torch.equal(gradient(), first) for _ in range(10))
    finally:
        torch.set_num_threads(threads)


@pytest.mark.parametrize("asked", [False, True])
def test_it_leaves_things_as_they_were(asked):
    torch.use_deterministic_algorithms(asked)
    try:
        with pytest.raises(ZeroDivisionError), deterministic():
            raise ZeroDivisionError
        assert torch.are_deterministic_algorithms_enabled() == asked
        assert not torch.is_deterministic_algorithms_warn_only_enabled()
    finally:
        torch.use_deterministic_algorithms(False)


def test_as_a_decorator():
    assert deterministic()(torch.are_deterministic_algorithms_enabled)()
