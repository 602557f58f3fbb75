"""PLY writer: one mesh with a colour per vertex, binary little endian."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np

from personify.body.mesh import MeshPart
from personify.errors import PersonifyError
from personify.export.normals import smooth_normals
from personify.export.textures import surface_colors
from personify.files import atomic_path

_VERTEX = np.dtype(
    [(axis, "<f4") for axis in ("x", "y", "z", "nx", "ny", "nz")] + [(c, "u1") for c in ("red", "green", "blue")]
)
_FACE = np.dtype([("count", "u1"), ("indices", "<i4", 3)])


def write_ply(path: Path | str, parts: Sequence[MeshPart]) -> Path:
    """Write all parts as one mesh; colours are the textures at the vertices, sRGB.

    Returns:
        The path written.

    Raises:
        PersonifyError: no parts, or inconsistent ones.
    """
    if not parts:
        raise PersonifyError(f"{path}: no mesh parts to write; expected at least one")
    vertices = np.concatenate([_vertices(part.validate()) for part in parts])
    faces = np.concatenate(_faces(parts))
    with atomic_path(path) as temporary:
        temporary.write_bytes(_header(len(vertices), len(faces)) + vertices.tobytes() + faces.tobytes())
    return Path(path)


def _header(vertices: int, faces: int) -> bytes:
    kinds = {"<f4": "float", "|u1": "uchar"}
    properties = [f"property {kinds[_VERTEX[name].str]} {name}" for name in _VERTEX.names or ()]
    lines = ["ply", "format binary_little_endian 1.0", f"element vertex {vertices}", *properties]
    lines += [f"element face {faces}", "property list uchar int vertex_indices", "end_header", ""]
    return "\n".join(lines).encode()


def _vertices(part: MeshPart) -> np.ndarray:
    table = np.zeros(len(part.vertices), _VERTEX)
    columns = np.concatenate([part.vertices, smooth_normals(part.vertices, part.faces)], 1)
    for name, column in zip(("x", "y", "z", "nx", "ny", "nz"), columns.T, strict=True):
        table[name] = column
    for name, column in zip(("red", "green", "blue"), surface_colors(part.material, part.uvs).T, strict=False):
        table[name] = column
    return table


def _faces(parts: Sequence[MeshPart]) -> list[np.ndarray]:
    tables = []
    first = 0
    for part in parts:
        table = np.zeros(len(part.faces), _FACE)
        table["count"], table["indices"] = 3, part.faces + first
        tables.append(table)
        first += len(part.vertices)
    return tables
