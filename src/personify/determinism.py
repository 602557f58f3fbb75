"""The same sums in the same order, run after run."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from typing import Any

import torch


@contextlib.contextmanager
def deterministic() -> Iterator[None]:
    """Within it PyTorch adds up scattered gradients (of ``tensor[index]``) in a fixed order, whatever the threads.

    Without it they may differ in the last bits even on a CPU. An operation that has no such order raises an error;
    where there is CUDA, which lacks it for a few, it warns. Also a decorator.

    Example:
        >>> import torch
        >>> with deterministic():
        ...     torch.are_deterministic_algorithms_enabled()
        True
    """
    before: Any = torch.are_deterministic_algorithms_enabled(), torch.is_deterministic_algorithms_warn_only_enabled()
    torch.use_deterministic_algorithms(True, warn_only=torch.cuda.is_available())
    try:
        yield
    finally:
        torch.use_deterministic_algorithms(before[0], warn_only=before[1])
