from __future__ import annotations

import json
import struct

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from personify.errors import PersonifyError
from personify.export.glb import encode_glb
from personify.export.glb_reader import Glb, decode_glb, read_glb

from .character import make_clips, make_parts, make_skeleton

_SKELETON = make_skeleton()
SMALL = encode_glb(make_parts(_SKELETON)[:1], _SKELETON, make_clips(_SKELETON)[:1])
JSON_LENGTH = struct.unpack_from("<I", SMALL, 12)[0]


def read_everything(data: bytes) -> None:
    glb = decode_glb(data)
    for kind, read in (("accessors", glb.accessor), ("bufferViews", glb.view)):
        for index in range(len(glb.items(kind))):
            read(index)
    for image in glb.items("images"):
        glb.view(image.get("bufferView"))


def read_or_refuse(data: bytes) -> None:
    try:
        read_everything(data)
    except PersonifyError as error:
        assert "\n" not in str(error)  # noqa: PT017 - the point is that no other exception escapes


def with_document(document: object) -> bytes:
    text = json.dumps(document).encode()
    binary = SMALL[20 + JSON_LENGTH :]
    header = struct.pack("<4sII4xI", b"glTF", 2, 20 + len(text) + len(binary), 0x4E4F534A)
    return header[:12] + struct.pack("<I", len(text)) + header[16:] + text + binary


def document() -> dict:
    return json.loads(SMALL[20 : 20 + JSON_LENGTH])


def test_a_written_file_reads_back():
    glb = decode_glb(SMALL)
    position = glb.accessor(glb.items("meshes")[0]["primitives"][0]["attributes"]["POSITION"])
    np.testing.assert_array_equal(position, make_parts(_SKELETON)[0].vertices)
    inverse_bind = glb.accessor(glb.items("skins")[0]["inverseBindMatrices"])
    np.testing.assert_array_equal(inverse_bind[:, :3, 3], -_SKELETON.rest_joints)


def test_read_glb_names_the_file(tmp_path):
    with pytest.raises(PersonifyError, match=r"missing\.glb: cannot be read"):
        read_glb(tmp_path / "missing.glb")
    (tmp_path / "text.glb").write_text("this is only a line of text")
    with pytest.raises(PersonifyError, match=r"text\.glb: not a sound GLB file"):
        read_glb(tmp_path / "text.glb")


def test_every_truncation_is_refused():
    for length in [*range(0, 64), *range(64, len(SMALL), 997)]:
        with pytest.raises(PersonifyError):
            read_everything(SMALL[:length])


@settings(max_examples=80, deadline=None)
@given(st.lists(st.tuples(st.integers(0, 20 + JSON_LENGTH + 8), st.integers(0, 255)), min_size=1, max_size=6))
def test_mutated_bytes_never_crash(changes):
    data = bytearray(SMALL)
    for position, value in changes:
        data[position] = value
    read_or_refuse(bytes(data))


JSON_VALUES = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**70), 2**70) | st.floats() | st.sampled_from(["", "VEC3", "SCALAR"]),
    lambda inner: (
        st.lists(inner, max_size=2) | st.dictionaries(st.sampled_from(["count", "indices"]), inner, max_size=2)
    ),
    max_leaves=4,
)
FIELDS = {
    "accessors": ["bufferView", "byteOffset", "componentType", "count", "type", "sparse"],
    "bufferViews": ["buffer", "byteOffset", "byteLength", "byteStride"],
}


@settings(max_examples=150, deadline=None)
@given(st.data())
def test_wrong_values_in_the_json_never_crash(data):
    changed = document()
    kind = data.draw(st.sampled_from(list(FIELDS)))
    item = data.draw(st.sampled_from(changed[kind]))
    item[data.draw(st.sampled_from(FIELDS[kind]))] = data.draw(JSON_VALUES)
    read_or_refuse(with_document(changed))


@pytest.mark.parametrize("value", [7, [1], None, {"accessors": 3}, {"accessors": [None]}])
def test_wrong_structure_is_refused(value):
    with pytest.raises(PersonifyError, match="sound GLB"):
        decode_glb(with_document(value)).accessor(0)


def test_a_huge_sparse_accessor_is_refused_before_it_is_allocated():
    sparse = {"componentType": 5126, "type": "VEC3", "count": 2**40}
    with pytest.raises(PersonifyError, match="count"):
        Glb("a.glb", {"accessors": [sparse]}, b"").accessor(0)


def test_a_sparse_index_outside_its_accessor_is_refused():
    binary = np.uint16([9, 0]).tobytes() + np.float32([1, 2, 3]).tobytes()
    views = [{"buffer": 0, "byteLength": 4}, {"buffer": 0, "byteOffset": 4, "byteLength": 12}]
    sparse = {"count": 1, "indices": {"bufferView": 0, "componentType": 5123}, "values": {"bufferView": 1}}
    accessor = {"componentType": 5126, "type": "VEC3", "count": 3, "sparse": sparse}
    glb = Glb("a.glb", {"accessors": [accessor], "bufferViews": views}, binary)
    with pytest.raises(PersonifyError, match="outside its accessor"):
        glb.accessor(0)
    inside = Glb("a.glb", glb.document, np.uint16([2, 0]).tobytes() + binary[4:])
    assert inside.accessor(0).tolist() == [[0, 0, 0], [0, 0, 0], [1, 2, 3]]


def test_deeply_nested_json_is_refused():
    text = b"[" * 100_000
    data = struct.pack("<4sIIII", b"glTF", 2, 20 + len(text), len(text), 0x4E4F534A) + text
    with pytest.raises(PersonifyError, match="JSON"):
        decode_glb(data)
