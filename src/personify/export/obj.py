"""OBJ writer: geometry, materials and textures as three kinds of plain files."""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from personify.body.mesh import Material, MeshPart
from personify.errors import PersonifyError
from personify.export.normals import smooth_normals
from personify.export.textures import encode_png, linear_to_srgb, tinted_texture
from personify.files import atomic_path


def write_obj(path: Path | str, parts: Sequence[MeshPart]) -> list[Path]:
    """Write ``name.obj`` with ``name.mtl`` and ``name_<material>.png`` beside it.

    Every file is replaced only when complete, the OBJ last, so that it never points at something missing.

    Returns:
        The files written, the OBJ last.

    Raises:
        PersonifyError: no parts, or inconsistent ones.

    Example:
        >>> import tempfile
        >>> triangle = np.float32([[0, 0, 0], [1, 0, 0], [0, 1, 0]])
        >>> part = MeshPart("a", triangle, np.array([[0, 1, 2]]), triangle[:, :2], np.ones((3, 1)), Material("m"))
        >>> [path.name for path in write_obj(tempfile.mkdtemp() + "/person.obj", [part])]
        ['person.mtl', 'person.obj']
    """
    path = Path(path)
    if not parts:
        raise PersonifyError(f"{path}: no mesh parts to write; expected at least one")
    names = _material_names(parts)
    files: dict[Path, bytes] = {}
    library = []
    for identity, (name, material) in names.items():
        texture = f"{_plain(path.stem)}_{name}.png" if material.texture is not None else None
        normal_map = f"{_plain(path.stem)}_{name}_normal.png" if material.normal_map is not None else None
        if texture:
            files[path.with_name(texture)] = encode_png(tinted_texture(material))
        if normal_map and material.normal_map is not None:
            files[path.with_name(normal_map)] = encode_png(material.normal_map)
        library.append(_material_lines(name, material, texture, normal_map))
        assert identity == id(material)
    mtl = path.with_name(f"{_plain(path.stem)}.mtl")
    files[mtl] = "\n".join(library).encode()
    files[path] = _geometry(parts, {identity: name for identity, (name, _) in names.items()}, mtl.name).encode()
    for file, data in files.items():
        with atomic_path(file) as temporary:
            temporary.write_bytes(data)
    return list(files)
