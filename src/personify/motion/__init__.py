"""Motion clips: reading, writing, authoring, choosing by words; ``personify.motion("waving")`` makes one."""

from __future__ import annotations

import sys
from types import ModuleType
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from personify.motion.clip import Motion


class _Callable(ModuleType):
    """This package is also the verb: calling it is `personify.motion.select.create_motion`."""

    def __call__(self, text: str, **options: Any) -> Motion:
        from personify.motion.select import create_motion

        return create_motion(text, **options)


sys.modules[__name__].__class__ = _Callable
