"""The binary half of a GLB: arrays packed into buffer views, described by accessors (glTF 2.0, section 3.6)."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from personify.body.mesh import Float, Int

COMPONENT_TYPES = {5120: "<i1", 5121: "<u1", 5122: "<i2", 5123: "<u2", 5125: "<u4", 5126: "<f4"}
ELEMENT_SHAPES: dict[str, tuple[int, ...]] = {
    "SCALAR": (), "VEC2": (2,), "VEC3": (3,), "VEC4": (4,), "MAT2": (2, 2), "MAT3": (3, 3), "MAT4": (4, 4),
}  # fmt: skip
TARGETS = {"vertices": 34962, "triangles": 34963}  # of the buffer views of these two usages

_COMPONENT_CODES = {np.dtype(dtype): code for code, dtype in COMPONENT_TYPES.items()}
_ELEMENT_NAMES = {shape: name for name, shape in ELEMENT_SHAPES.items()}


class GlbBuffer:
    """Collects arrays; equal arrays are stored once and share an accessor.

    Arrays of one usage ("vertices" of one width, "triangles", "bind pose", "data") share a buffer view, which keeps
    the JSON of an avatar with many clips small.
    """

    def __init__(self) -> None:
        self.accessors: list[dict[str, Any]] = []
        self._views: list[dict[str, Any]] = []
        self._contents: list[bytearray] = []
        self._shared_views: dict[tuple[str, int | None], int] = {}
        self._known: dict[Any, int] = {}

    def accessor(self, array: NDArray[Any], usage: str = "data", bounds: bool = False) -> int:
        """Index of the accessor of ``array`` [N, ...]; ``bounds`` adds the per-component minimum and maximum."""
        stride = array[0].nbytes if usage == "vertices" else None
        view, offset = self._append(_column_major(array).tobytes(), usage, stride)
        description = {
            "bufferView": view,
            "byteOffset": offset,
            "componentType": _COMPONENT_CODES[array.dtype.newbyteorder("<")],
            "count": len(array),
            "type": _ELEMENT_NAMES[array.shape[1:]],
        }
        return self._describe(description | (_bounds(array) if bounds else {}))

    def sparse_accessor(self, count: int, indices: Int, values: Float) -> int:
        """Accessor of ``count`` zero vectors except ``values`` [K, 3] at the increasing ``indices`` [K]."""
        index_type = smallest_index_type(count)
        index_view, index_offset = self._append(indices.astype(index_type).tobytes())
        value_view, value_offset = self._append(values.astype("<f4").tobytes())
        present = values if len(values) == count else np.concatenate([values, np.zeros((1, 3), np.float32)])
        sparse = {
            "count": len(indices),
            "indices": {
                "bufferView": index_view,
                "byteOffset": index_offset,
                "componentType": _COMPONENT_CODES[np.dtype(index_type)],
            },
            "values": {"bufferView": value_view, "byteOffset": value_offset},
        }
        description = {"componentType": 5126, "count": count, "type": "VEC3", "sparse": sparse}
        return self._describe(description | _bounds(present))

    def blob(self, data: bytes) -> int:
        """Index of a buffer view of its own, for an image."""
        self._views.append({"buffer": 0})
        self._contents.append(bytearray(data))
        return len(self._views) - 1

    def finish(self) -> tuple[list[dict[str, Any]], bytes]:
        """The buffer views and the bytes of the one buffer they look into."""
        binary = bytearray()
        views = []
        for view, content in zip(self._views, self._contents, strict=True):
            views.append(view | {"byteOffset": len(binary), "byteLength": len(content)})
            binary += content + bytes(-len(content) % 4)
        return views, bytes(binary)

    def _append(self, data: bytes, usage: str = "data", stride: int | None = None) -> tuple[int, int]:
        """Buffer view and byte offset in it; every piece starts at a multiple of four bytes."""
        view = self._shared_views.get((usage, stride))
        if view is None:
            view = self._shared_views[usage, stride] = self.blob(b"")
            self._views[view] |= {"target": TARGETS[usage]} if usage in TARGETS else {}
            self._views[view] |= {"byteStride": stride} if stride else {}
        key = (view, data)
        if key not in self._known:
            content = self._contents[view]
            content += bytes(-len(content) % 4)
            self._known[key] = len(content)
            content += data
        return view, self._known[key]

    def _describe(self, description: dict[str, Any]) -> int:
        key = repr(description)
        if key not in self._known:
            self._known[key] = len(self.accessors)
            self.accessors.append(description)
        return self._known[key]


def smallest_index_type(count: int) -> str:
    """Narrowest type for indices below ``count``; the largest value of each type is reserved by glTF.

    >>> smallest_index_type(65535), smallest_index_type(65536)
    ('<u2', '<u4')
    """
    return "<u2" if count <= 65535 else "<u4"


def _column_major(array: NDArray[Any]) -> NDArray[Any]:
    return np.swapaxes(array, -1, -2) if array.ndim == 3 else array


def _bounds(array: NDArray[Any]) -> dict[str, list[float]]:
    flat = array.reshape(len(array), -1)
    return {"min": flat.min(0).tolist(), "max": flat.max(0).tolist()}
