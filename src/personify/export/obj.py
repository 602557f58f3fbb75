"""OBJ writer: geometry, materials and textures as three kinds of plain files."""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from personify.body.mesh import Material, MeshPart
from personify.color import linear_to_srgb
from personify.errors import PersonifyError
from personify.export.normals import smooth_normals
from personify.export.textures import encode_png, tinted_texture
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
    stem = plain_name(path.stem)
    materials = _named_materials(parts)
    files: dict[Path, bytes] = {}
    for name, material in materials.items():
        if material.texture is not None:
            files[path.with_name(f"{stem}_{name}.png")] = encode_png(tinted_texture(material))
        if material.normal_map is not None:
            files[path.with_name(f"{stem}_{name}_normal.png")] = encode_png(material.normal_map)
    library = [_material_text(name, material, stem) for name, material in materials.items()]
    files[path.with_name(f"{stem}.mtl")] = "\n".join(library).encode()
    files[path] = f"mtllib {stem}.mtl\n{_geometry_text(parts, materials)}".encode()
    for file, data in files.items():
        with atomic_path(file) as temporary:
            temporary.write_bytes(data)
    return list(files)


def plain_name(name: str) -> str:
    """A name that every OBJ reader and file system takes.

    >>> plain_name("T-shirt, rouge/été")
    'T-shirt_rouge_t'
    """
    return re.sub(r"[^A-Za-z0-9-]+", "_", name).strip("_") or "unnamed"


def _named_materials(parts: Sequence[MeshPart]) -> dict[str, Material]:
    materials: dict[str, Material] = {}
    for part in parts:
        if any(part.material is known for known in materials.values()):
            continue
        name = base = plain_name(part.material.name)
        while name in materials:
            name = f"{base}_{len(materials)}"
        materials[name] = part.material
    return materials


def _material_text(name: str, material: Material, stem: str) -> str:
    red, green, blue = (1.0, 1.0, 1.0) if material.texture is not None else linear_to_srgb(material.base_color[:3])
    lines = [f"newmtl {name}", f"Kd {red:.4f} {green:.4f} {blue:.4f}", "illum 2"]
    # Ns is the old shininess, Pr and Pm are the physically based names that newer readers look for.
    lines += [
        f"Ns {1000 * (1 - material.roughness) ** 2:.2f}",
        f"Pr {material.roughness:.4f}",
        f"Pm {material.metallic:.4f}",
    ]
    if material.texture is not None:
        lines.append(f"map_Kd {stem}_{name}.png")
    if material.alpha_mode != "OPAQUE":
        has_alpha = material.texture is not None and material.texture.shape[2] == 4
        lines.append(f"map_d -imfchan m {stem}_{name}.png" if has_alpha else f"d {material.base_color[3]:.4f}")
    if material.normal_map is not None:
        lines.append(f"norm {stem}_{name}_normal.png")
    return "\n".join(lines) + "\n"


def _geometry_text(parts: Sequence[MeshPart], materials: dict[str, Material]) -> str:
    blocks = []
    first = 1  # OBJ counts vertices of the whole file from one
    for part in parts:
        part.validate()
        material = next(name for name, known in materials.items() if known is part.material)
        uvs = np.stack([part.uvs[:, 0], 1 - part.uvs[:, 1]], 1)  # OBJ's v grows upwards
        blocks += [f"o {plain_name(part.name)}\nusemtl {material}\n"]
        blocks += [_lines("v %.6f %.6f %.6f\n", part.vertices), _lines("vt %.6f %.6f\n", uvs)]
        blocks += [_lines("vn %.4f %.4f %.4f\n", smooth_normals(part.vertices, part.faces))]
        blocks += [_lines("f %d/%d/%d %d/%d/%d %d/%d/%d\n", np.repeat(part.faces + first, 3, axis=1))]
        first += len(part.vertices)
    return "".join(blocks)


def _lines(line: str, rows: NDArray[Any]) -> str:
    return line * len(rows) % tuple(rows.ravel().tolist())
