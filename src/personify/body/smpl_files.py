"""Reading SMPL-family model files (npz or pickle) as plain arrays, without executing anything in them."""

from __future__ import annotations

import _codecs
import collections
import pickle
import zipfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from personify.errors import PersonifyError

Array = NDArray[Any]

KEYS = ("v_template", "shapedirs", "posedirs", "J_regressor", "weights", "kintree_table", "f")
"""What every SMPL-family file holds; its other entries are ignored."""

_HOW_TO_GET = (
    "SMPL models are not shipped: register at https://smpl-x.is.tue.mpg.de or https://smpl.is.tue.mpg.de, download one "
    "and give its path, or use the default body, which needs no file"
)


def read_smpl_file(path: Path | str) -> dict[str, Array]:
    """The arrays of `KEYS` from a ``.npz`` or ``.pkl`` file; sparse matrices come dense.

    Raises:
        PersonifyError: no such file, not a model file, an entry missing, or a pickle that wants to run code.
    """
    path = Path(path)
    if not path.is_file():
        raise PersonifyError(f"{path}: no such file; {_HOW_TO_GET}")
    read = {".npz": _read_npz, ".pkl": _read_pickle}.get(path.suffix.lower())
    if read is None:
        raise PersonifyError(f"{path}: a body model file ends in .npz or .pkl; {_HOW_TO_GET}")
    return read(path)


def _read_npz(path: Path) -> dict[str, Array]:
    try:
        with np.load(path, allow_pickle=False) as file:
            _require(path, file)
            return {key: file[key] for key in KEYS}
    except (OSError, ValueError, EOFError, zipfile.BadZipFile) as error:
        raise PersonifyError(f"{path}: not a readable npz file ({error}); download it again") from error


def _read_pickle(path: Path) -> dict[str, Array]:
    try:
        with open(path, "rb") as file:
            content = _ArraysOnly(file, encoding="latin1").load()
    except PersonifyError as error:
        raise PersonifyError(f"{path}: {error}") from error
    except Exception as error:  # a damaged pickle can raise anything
        raise PersonifyError(f"{path}: not a readable pickle ({error}); download it again") from error
    if not isinstance(content, dict):
        raise PersonifyError(f"{path}: holds a {type(content).__name__}; expected the dictionary of a SMPL model")
    _require(path, content)
    return {key: _as_array(path, key, content[key]) for key in KEYS}


def _require(path: Path, content: Mapping[str, Any]) -> None:
    if missing := [key for key in KEYS if key not in content]:
        raise PersonifyError(f"{path}: has no {', '.join(missing)}; expected a SMPL, SMPL+H or SMPL-X model file")


class _Record:
    """Stands for an object of a foreign class: keeps its state, runs none of its code."""

    state: Mapping[str, Any] = {}

    def __setstate__(self, state: Mapping[str, Any]) -> None:
        self.state = state


# How numpy arrays, their types and plain containers are rebuilt; taken from numpy itself because its module names
# moved. Nothing here runs code that a file brings along.
_BUILDERS: dict[str, Any] = {
    "_reconstruct": np.empty(0).__reduce__()[0],
    "_frombuffer": np.empty(1).__reduce_ex__(5)[0],
    "scalar": np.float64(0).__reduce__()[0],
    "ndarray": np.ndarray,
    "dtype": np.dtype,
}
_PLAIN: dict[tuple[str, str], Any] = {
    ("_codecs", "encode"): _codecs.encode,
    ("collections", "OrderedDict"): collections.OrderedDict,
    ("builtins", "object"): object,
    ("builtins", "set"): set,
}


_PYTHON_2_NAMES = {"copy_reg": "copyreg", "__builtin__": "builtins"}


def _new(cls: Any, *_: Any) -> Any:  # copyreg._reconstructor(cls, object, None), which old pickles use
    return cls()


class _ArraysOnly(pickle.Unpickler):
    """Builds numpy arrays and plain containers; scipy's and chumpy's objects become `_Record`; refuses the rest."""

    def find_class(self, module: str, name: str) -> Any:
        module = _PYTHON_2_NAMES.get(module, module)
        package = module.partition(".")[0]
        if package in ("scipy", "chumpy"):
            return type(name, (_Record,), {})
        if package == "numpy" and name in _BUILDERS:
            return _BUILDERS[name]
        if (module, name) in _PLAIN:
            return _PLAIN[module, name]
        if (module, name) == ("copyreg", "_reconstructor"):
            return _new
        raise PersonifyError(f"refused, because it refers to {module}.{name}; expected only arrays in a model file")


def _as_array(path: Path, key: str, value: Any) -> Array:
    kind = type(value).__name__
    try:
        while isinstance(value, _Record) and "x" in value.state:  # chumpy.ch.Ch keeps its array there
            value = value.state["x"]
        if isinstance(value, _Record):
            state = value.state
            build = {"csc_matrix": sparse.csc_matrix, "csr_matrix": sparse.csr_matrix}[kind]
            value = build((state["data"], state["indices"], state["indptr"]), shape=state["_shape"]).toarray()
        array = np.asarray(value)
        if array.dtype.kind not in "fiu":
            raise TypeError(array.dtype)
    except (KeyError, TypeError, ValueError) as error:
        raise PersonifyError(f"{path}: {key} is a {kind}; expected an array of numbers") from error
    return array
