"""PC2 point caches: vertex animation of a mesh for Blender's Mesh Cache modifier and Maya."""

from __future__ import annotations

import struct
from pathlib import Path

import numpy as np
from numpy.typing import ArrayLike

from personify.errors import PersonifyError
from personify.files import atomic_path


def write_pc2(path: Path | str, frames: ArrayLike, start: float = 0.0, sample_rate: float = 60.0) -> Path:
    """Write the vertices of every frame (version 1: 32 bytes of header, then little-endian floats).

    Args:
        path: ``.pc2``.
        frames: [T, V, 3] positions.
        start: first frame.
        sample_rate: as the header has it; AvatarCLIP writes 60, Blender ignores it.

    Raises:
        PersonifyError: the frames are not finite [T, V, 3], or the path cannot be written.

    Example:
        >>> import tempfile
        >>> write_pc2(tempfile.mkdtemp() + "/walk.pc2", np.zeros((2, 5, 3))).stat().st_size
        152
    """
    points = np.ascontiguousarray(frames, "<f4")
    if points.ndim != 3 or points.shape[2] != 3 or not np.isfinite(points).all():
        raise PersonifyError(f"{path}: frames must be finite [T, V, 3], got {list(points.shape)}")
    header = struct.pack("<12siiffi", b"POINTCACHE2\0", 1, points.shape[1], start, sample_rate, len(points))
    with atomic_path(path) as temporary:
        temporary.write_bytes(header + points.tobytes())
    return Path(path)
