"""Stages of long work: what runs now, how long each took and how much memory the process had needed by then."""

from __future__ import annotations

import resource
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field


@dataclass(frozen=True)
class Stage:
    """A finished stage: name, wall seconds, and the process's peak memory so far in megabytes."""

    name: str
    seconds: float
    peak_megabytes: float


@dataclass
class Stages:
    """Collects stages; ``report`` is told of each one when it starts and when it ends.

    Example:
        >>> stages = Stages()
        >>> with stages("think"):
        ...     pass
        >>> stages.done[0].name
        'think'
    """

    report: Callable[[str, Stage | None], None] = lambda name, finished: None
    done: list[Stage] = field(default_factory=list)

    @contextmanager
    def __call__(self, name: str) -> Iterator[None]:
        self.report(name, None)
        start = time.perf_counter()
        yield
        stage = Stage(name, time.perf_counter() - start, peak_megabytes())
        self.done.append(stage)
        self.report(name, stage)


def peak_megabytes() -> float:
    """Largest resident memory of this process so far, in megabytes."""
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak / (1e6 if sys.platform == "darwin" else 1e3)
