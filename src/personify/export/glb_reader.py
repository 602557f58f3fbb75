"""Reader of binary glTF: the JSON document and its arrays, for files from anywhere."""

from __future__ import annotations

import json
import struct
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from personify.errors import PersonifyError
from personify.export.glb_buffer import COMPONENT_TYPES, ELEMENT_SHAPES

LARGEST_COUNT = 1 << 24  # elements of one accessor: a sparse one could claim any number without storing them


@dataclass(frozen=True)
class Glb:
    """A parsed file.

    Attributes:
        source: the file, for error messages.
        document: the glTF JSON.
        binary: the embedded buffer.
    """

    source: str
    document: dict[str, Any]
    binary: bytes

    def items(self, kind: str) -> list[dict[str, Any]]:
        """A top-level list such as ``"nodes"``; empty when the file has none.

        Raises:
            PersonifyError: it is no list of objects.
        """
        found = self.document.get(kind, [])
        if not isinstance(found, list) or not all(isinstance(item, dict) for item in found):
            raise self._broken(f"{kind} is not a list of objects")
        return found

    def view(self, index: Any) -> bytes:
        """Bytes of a buffer view, e.g. an image's.

        Raises:
            PersonifyError: the view does not exist or leaves the embedded buffer.
        """
        start, end = self._span(index)
        return self.binary[start:end]

    def accessor(self, index: Any) -> NDArray[Any]:
        """The array of an accessor, [N], [N, k] or [N, k, k] (rows first), sparse values filled in.

        Integers that the file declares normalised come back as they are stored.

        Raises:
            PersonifyError: the accessor does not exist, is malformed or leaves its buffer view.
        """
        accessor = self._pick("accessors", index)
        dtype, shape = self._layout(accessor, index)
        count = self._integer(accessor, "count")
        if not 0 < count <= LARGEST_COUNT:
            raise self._broken(f"accessor {index} has a count of {count}")
        if "bufferView" in accessor:
            array = self._elements(accessor, count, dtype, shape)
        else:
            array = np.zeros((count, *shape), dtype)
        if "sparse" in accessor:
            array = self._with_sparse(array, accessor["sparse"])
        return np.swapaxes(array, -1, -2) if array.ndim == 3 else array

    def _with_sparse(self, array: NDArray[Any], sparse: Any) -> NDArray[Any]:
        sparse = self._object(sparse, "sparse accessor")
        indices = self._object(sparse.get("indices"), "sparse indices")
        count = self._integer(sparse, "count")
        index_type = COMPONENT_TYPES.get(self._integer(indices, "componentType"), "")
        if index_type not in ("<u1", "<u2", "<u4") or not 0 < count <= len(array):
            raise self._broken("a sparse accessor is malformed")
        where = self._elements(indices, count, np.dtype(index_type), ())
        values = self._elements(
            self._object(sparse.get("values"), "sparse values"), count, array.dtype, array.shape[1:]
        )
        if where.max() >= len(array):
            raise self._broken("a sparse index lies outside its accessor")
        array = array.copy()
        array[where] = values
        return array

    def _elements(
        self, owner: dict[str, Any], count: int, dtype: np.dtype[Any], shape: tuple[int, ...]
    ) -> NDArray[Any]:
        start, end = self._span(owner.get("bufferView"))
        width = dtype.itemsize * int(np.prod(shape, dtype=int))
        stride = self._integer(self._pick("bufferViews", owner["bufferView"]), "byteStride", width)
        offset = start + self._integer(owner, "byteOffset", 0)
        if not width <= stride <= 252 or offset + stride * (count - 1) + width > end:
            raise self._broken("an accessor lies outside its buffer view")
        strides = (stride, *np.empty(shape, dtype).strides)
        return np.ndarray((count, *shape), dtype, self.binary, offset, strides)

    def _span(self, index: Any) -> tuple[int, int]:
        """First and last (exclusive) byte of a buffer view."""
        view = self._pick("bufferViews", index)
        start, length = self._integer(view, "byteOffset", 0), self._integer(view, "byteLength")
        if self._integer(view, "buffer") != 0 or start + length > len(self.binary):
            raise self._broken(f"buffer view {index} lies outside the embedded buffer")
        return start, start + length

    def _layout(self, accessor: dict[str, Any], index: Any) -> tuple[np.dtype[Any], tuple[int, ...]]:
        code, element = self._integer(accessor, "componentType"), accessor.get("type")
        if code not in COMPONENT_TYPES or not isinstance(element, str) or element not in ELEMENT_SHAPES:
            raise self._broken(f"accessor {index} has no known type")
        return np.dtype(COMPONENT_TYPES[code]), ELEMENT_SHAPES[element]

    def _pick(self, kind: str, index: Any) -> dict[str, Any]:
        found = self.items(kind)
        if type(index) is not int or not 0 <= index < len(found):
            raise self._broken(f"{kind} has no item {index!r}")
        return found[index]

    def _integer(self, owner: dict[str, Any], key: str, default: int | None = None) -> int:
        value = owner.get(key, default)
        if type(value) is not int or value < 0:
            raise self._broken(f"{key} is {value!r}, not a whole number")
        return value

    def _object(self, value: Any, what: str) -> dict[str, Any]:
        if not isinstance(value, dict):
            raise self._broken(f"a {what} is not an object")
        return value

    def _broken(self, what: str) -> PersonifyError:
        return PersonifyError(f"{self.source}: not a sound GLB file: {what}"[:400] + "; export it again")


def read_glb(path: Path | str) -> Glb:
    """Read a GLB file with one embedded buffer.

    Raises:
        PersonifyError: the file is missing, truncated or not binary glTF 2.0.
    """
    return decode_glb(read_glb_bytes(path), str(path))


def read_glb_bytes(path: Path | str) -> bytes:
    """The bytes of a file that should be a GLB; a missing or unreadable one raises `PersonifyError`."""
    try:
        return Path(path).read_bytes()
    except OSError as error:
        raise PersonifyError(f"{path}: cannot be read ({error.strerror}); expected a GLB file") from error


def decode_glb(data: bytes, source: str = "GLB") -> Glb:
    """`read_glb` of bytes; ``source`` names them in messages."""

    def broken(what: str) -> PersonifyError:
        return PersonifyError(f"{source}: not a sound GLB file: {what}; export it again")

    if len(data) < 20 or data[:4] != b"glTF":
        raise broken("expected binary glTF 2.0")
    version, length, json_length, json_kind = struct.unpack_from("<IIII", data, 4)
    if version != 2 or length != len(data) or json_kind != 0x4E4F534A or 20 + json_length > length:
        raise broken(f"wrong version, or truncated ({len(data)} bytes, {length} announced)")
    try:
        document = json.loads(data[20 : 20 + json_length])
    except (ValueError, RecursionError) as error:
        raise broken("its JSON cannot be parsed") from error
    if not isinstance(document, dict):
        raise broken("its JSON is no object")
    rest = data[20 + json_length :]
    binary_length, binary_kind = struct.unpack_from("<II", rest) if len(rest) >= 8 else (0, 0x004E4942)
    if binary_kind != 0x004E4942 or binary_length > max(len(rest) - 8, 0):
        raise broken("its binary chunk is truncated")
    return Glb(source, document, rest[8 : 8 + binary_length])
