"""UV atlases in Wavefront OBJ files, as SMPL and SMPL-X come with them: the model's file itself has no atlas."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from personify.errors import PersonifyError

Float = NDArray[np.float32]
Int = NDArray[np.int64]


@dataclass(frozen=True)
class Atlas:
    """How a surface lies in its texture.

    Attributes:
        vertices: of the surface, only counted.
        faces: [F, 3] into the vertices.
        uvs: [T, 2] in [0, 1], v grows downwards.
        face_uvs: [F, 3] into the uvs.
    """

    vertices: int
    faces: Int
    uvs: Float
    face_uvs: Int


def read_atlas(path: Path | str) -> Atlas:
    """Read an OBJ's faces and texture coordinates; polygons become fans of triangles.

    Raises:
        PersonifyError: missing, not an OBJ, no texture coordinates, or indices that lead nowhere.

    Example:
        >>> import tempfile
        >>> path = Path(tempfile.mkdtemp()) / "square.obj"
        >>> _ = path.write_text("v 0 0 0\\nv 1 0 0\\nv 1 1 0\\nv 0 1 0\\nvt 0 0\\nvt 1 0\\nvt 1 1\\nvt 0 1\\n"
        ...                     "f 1/1 2/2 3/3 4/4\\n")
        >>> atlas = read_atlas(path)
        >>> atlas.faces.tolist(), atlas.uvs[0].tolist()
        ([[0, 1, 2], [0, 2, 3]], [0.0, 1.0])
    """
    path = Path(path)
    try:
        return _parse(path, path.read_text(encoding="utf-8", errors="strict"))
    except (OSError, ValueError, IndexError) as error:
        raise PersonifyError(
            f"{path}: not a readable OBJ ({error}); expected one with v, vt and f v/vt lines"
        ) from error


def _parse(path: Path, text: str) -> Atlas:
    vertices, uvs, corners = 0, [], []
    for line in text.splitlines():
        kind, *words = line.split() or [""]
        if kind == "v":
            vertices += 1
        elif kind == "vt":
            uvs.append((float(words[0]), 1 - float(words[1])))
        elif kind == "f":
            polygon = [_corner(word, vertices, len(uvs)) for word in words]
            corners += [(polygon[0], polygon[k], polygon[k + 1]) for k in range(1, len(polygon) - 1)]
    if not uvs or not corners:
        raise PersonifyError(f"{path}: {len(corners)} faces and {len(uvs)} texture coordinates; expected some of both")
    faces, face_uvs = np.moveaxis(np.array(corners, np.int64), -1, 0)
    places = np.array(uvs, np.float32)
    for name, index, count in (("vertex", faces, vertices), ("texture coordinate", face_uvs, len(uvs))):
        if index.min() < 0 or index.max() >= count:
            raise PersonifyError(f"{path}: a face names a {name} that is not there; expected 1 to {count}")
    if places.min() < -1e-3 or places.max() > 1 + 1e-3:
        raise PersonifyError(f"{path}: texture coordinates beyond [0, 1]; expected an atlas of one tile")
    return Atlas(vertices, faces, places.clip(0, 1), face_uvs)


def _corner(word: str, vertices: int, uvs: int) -> tuple[int, int]:
    """``v/vt`` or ``v/vt/vn`` counted from 1, or backwards from the last one if negative."""
    vertex, uv = (int(number) for number in word.split("/")[:2])
    return vertex - 1 if vertex > 0 else vertices + vertex, uv - 1 if uv > 0 else uvs + uv
