"""3D Gaussian splatting PLY files in the layout of Kerbl et al. 2023 (Inria), which every splat tool reads.

One vertex per Gaussian, little-endian float32: position, an unused normal, ``f_dc_0..2`` (the constant harmonics of
red, green, blue), ``f_rest_*`` (the others: all of red, all of green, all of blue), ``opacity`` before the sigmoid,
``scale_0..2`` as logarithms, ``rot_0..3`` wxyz. The file holds the T-pose, +Y up, and no skin weights.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from personify.body.gaussians import Gaussians
from personify.errors import PersonifyError
from personify.files import atomic_path

_TYPES = {"float": "f4", "float32": "f4", "double": "f8", "float64": "f8", "uchar": "u1", "uint8": "u1", "char": "i1",
          "int8": "i1", "short": "i2", "int16": "i2", "ushort": "u2", "uint16": "u2", "int": "i4", "int32": "i4",
          "uint": "u4", "uint32": "u4"}  # fmt: skip
_FORMATS = {"binary_little_endian": "<", "binary_big_endian": ">"}
_FARTHEST_LOGIT = 30.0  # of an opacity of 0 or 1, whose logit is infinite
_LONGEST_HEADER = 1 << 16


def write_splat_ply(path: Path | str, gaussians: Gaussians) -> Path:
    """Write Gaussians in their rest pose; the same Gaussians give the same bytes.

    Raises:
        PersonifyError: the Gaussians are inconsistent, or the path cannot be written.
    """
    gaussians.validate()
    columns = _columns(gaussians)
    header = ["ply", "format binary_little_endian 1.0", f"element vertex {len(gaussians)}"]
    header += [*(f"property float {name}" for name in columns), "end_header", ""]
    table = np.stack(list(columns.values()), 1).astype("<f4")
    with atomic_path(path) as temporary:
        temporary.write_bytes("\n".join(header).encode() + table.tobytes())
    return Path(path)


def _columns(gaussians: Gaussians) -> dict[str, NDArray[Any]]:  # name -> [N], in the order of the layout
    sh = gaussians.sh.detach().cpu().numpy()
    rest = sh[:, 1:].transpose(0, 2, 1).reshape(len(sh), -1)
    opacities = gaussians.opacities.detach().cpu().double()
    logits = torch.logit(opacities).clamp(-_FARTHEST_LOGIT, _FARTHEST_LOGIT).numpy()
    groups: dict[tuple[str, ...], NDArray[Any]] = {
        ("x", "y", "z"): gaussians.means.detach().cpu().numpy(),
        ("nx", "ny", "nz"): np.zeros((len(sh), 3)),
        _names("f_dc", 3): sh[:, 0],
        _names("f_rest", rest.shape[1]): rest,
        ("opacity",): logits[:, None],
        _names("scale", 3): gaussians.scales.detach().cpu().double().log().numpy(),
        _names("rot", 4): gaussians.quats.detach().cpu().numpy(),
    }
    return {name: values[:, k] for names, values in groups.items() for k, name in enumerate(names)}


def _names(stem: str, count: int) -> tuple[str, ...]:
    return tuple(f"{stem}_{k}" for k in range(count))


def read_splat_ply(path: Path | str, joints: int = 1) -> Gaussians:
    """Read Gaussians of any tool that writes this layout.

    Args:
        path: a binary PLY file; properties may come in any order and numeric type, others are ignored.
        joints: columns of ``lbs_weights``; the file has none, so all Gaussians follow the first joint.

    Returns:
        Gaussians with the file's numbers, activated: opacities in [0, 1], scales in its unit of length.

    Raises:
        PersonifyError: the file is missing, truncated, not a PLY of Gaussians, or holds values that are none.
    """
    table = _read_table(Path(path))
    present = table.dtype.names or ()
    rest = sum(name.startswith("f_rest_") for name in present)
    needed = ["x", "y", "z", *_names("f_dc", 3), *_names("f_rest", rest), "opacity", *_names("scale", 3)]
    missing = [name for name in [*needed, *_names("rot", 4)] if name not in present]
    if missing:
        raise PersonifyError(f"{path}: has no property {missing[0]!r}; expected a PLY of 3D Gaussians")
    if rest not in (0, 9, 24, 45):
        raise PersonifyError(f"{path}: {rest} f_rest properties; expected 0, 9, 24 or 45 for degree 0 to 3")

    def columns(names: tuple[str, ...]) -> NDArray[np.float64]:
        return np.stack([table[name].astype(np.float64) for name in names], 1)

    higher = columns(_names("f_rest", rest)).reshape(len(table), 3, -1) if rest else np.zeros((len(table), 3, 0))
    lbs_weights = np.zeros((len(table), joints))
    lbs_weights[:, 0] = 1
    with np.errstate(over="ignore", invalid="ignore"):
        fields = (
            columns(("x", "y", "z")),
            columns(_names("rot", 4)),
            np.exp(columns(_names("scale", 3))),
            1 / (1 + np.exp(-table["opacity"].astype(np.float64))),
            np.concatenate([columns(_names("f_dc", 3))[:, None], higher.transpose(0, 2, 1)], 1),
            lbs_weights,
        )
        gaussians = Gaussians(*(torch.from_numpy(np.ascontiguousarray(field, np.float32)) for field in fields))
    try:
        return gaussians.validate()
    except PersonifyError as error:
        raise PersonifyError(f"{path}: {error}") from error


def _read_table(path: Path) -> NDArray[np.void]:
    """The vertices as a structured array."""
    try:
        data = path.read_bytes()
    except OSError as error:
        raise PersonifyError(f"{path}: cannot be read ({error.strerror}); expected a PLY of 3D Gaussians") from error
    head, found, body = data.partition(b"end_header")
    lines = [line.split() for line in head[:_LONGEST_HEADER].decode("ascii", "replace").splitlines()]
    elements = [k for k, words in enumerate(lines) if words[:1] == ["element"]]
    order = next((_FORMATS.get(words[1]) for words in lines if words[:1] == ["format"] and len(words) > 1), None)
    if lines[:1] != [["ply"]] or not found or order is None or not elements or lines[elements[0]][1:2] != ["vertex"]:
        raise PersonifyError(f"{path}: not a binary PLY file that starts with its vertices; expected 3D Gaussians")
    count = lines[elements[0]][2]
    properties = [words[1:] for words in lines[elements[0] : [*elements, None][1]] if words[:1] == ["property"]]
    try:
        layout = np.dtype([(name, order + _TYPES[kind]) for kind, name in properties])
        body = body[body.index(b"\n") + 1 :]
        return np.frombuffer(body, layout, int(count))
    except (KeyError, ValueError) as error:
        raise PersonifyError(f"{path}: damaged or no PLY of 3D Gaussians ({error}); export it again") from error
