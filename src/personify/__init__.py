"""Words or photos in, an animatable 3D person out.

The public names are loaded when they are first used, so that importing the package costs nothing.
"""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any

# OpenMP pools that spin cost tens of milliseconds per parallel region when numba and torch share few cores.
os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")

__version__ = "0.1.0"

_HOMES = {
    "Avatar": "personify.avatar",
    "Motion": "personify.motion.clip",
    "Outfit": "personify.wardrobe.outfit",
    "PersonifyError": "personify.errors",
    "create": "personify.text.create",
    "load": "personify.avatar",
    "read_motion": "personify.motion.files",
    "reconstruct": "personify.photos.reconstruct",
}

__all__ = [
    "Avatar",
    "Motion",
    "Outfit",
    "PersonifyError",
    "__version__",
    "create",
    "load",
    "motion",
    "read_motion",
    "reconstruct",
]

if TYPE_CHECKING:
    from personify.avatar import Avatar, load
    from personify.errors import PersonifyError
    from personify.motion.clip import Motion
    from personify.motion.files import read_motion
    from personify.photos.reconstruct import reconstruct
    from personify.text.create import create
    from personify.wardrobe.outfit import Outfit


def __getattr__(name: str) -> Any:
    if name not in __all__:
        raise AttributeError(f"module 'personify' has no attribute {name!r}")
    import importlib

    if name == "motion":  # a package that can be called
        return importlib.import_module("personify.motion")
    return getattr(importlib.import_module(_HOMES[name]), name)
