from __future__ import annotations

import dataclasses

import numpy as np
import pytest
from PIL import Image

from personify.errors import PersonifyError
from personify.export.obj import write_obj


def words(text: str, key: str) -> list[list[str]]:
    return [line.split()[1:] for line in text.splitlines() if line.split()[:1] == [key]]


@pytest.fixture
def written(tmp_path, parts):
    files = write_obj(tmp_path / "my person.obj", parts)
    return {file.name: file for file in files}


def test_every_file_that_is_named_exists(written):
    obj, mtl = written["my person.obj"].read_text(), written["my_person.mtl"].read_text()
    assert words(obj, "mtllib") == [["my_person.mtl"]]
    materials = {name for (name,) in words(mtl, "newmtl")}
    assert {name for (name,) in words(obj, "usemtl")} == materials
    textures = {line[-1] for key in ("map_Kd", "map_d", "norm") for line in words(mtl, key)}
    assert textures == {name for name in written if name.endswith(".png")}


def test_geometry_comes_back(written, parts):
    text = written["my person.obj"].read_text()
    vertices = np.array(words(text, "v"), float)
    np.testing.assert_allclose(vertices, np.concatenate([part.vertices for part in parts]), atol=1e-6)
    uvs = np.array(words(text, "vt"), float)
    np.testing.assert_allclose(1 - uvs[:, 1], np.concatenate([part.uvs[:, 1] for part in parts]), atol=1e-6)
    corners = np.array([[corner.split("/") for corner in face] for face in words(text, "f")], int)
    assert (corners == corners[..., :1]).all()
    starts = np.cumsum([0, *(len(part.vertices) for part in parts)])[:-1]
    expected = np.concatenate([part.faces + start for part, start in zip(parts, starts, strict=True)])
    np.testing.assert_array_equal(corners[..., 0] - 1, expected)


def test_trimesh_sees_the_texture_the_right_way_up(written, parts):
    trimesh = pytest.importorskip("trimesh")
    scene = trimesh.load(written["my person.obj"])
    assert sum(len(mesh.faces) for mesh in scene.geometry.values()) == sum(len(part.faces) for part in parts)
    np.testing.assert_array_equal(np.asarray(Image.open(written["my_person_skin.png"])), parts[0].material.texture)


def test_base_color_is_baked_into_the_texture(tmp_path, parts):
    dark = dataclasses.replace(parts[0].material, base_color=(0.5, 0.0, 1.0, 1.0))
    write_obj(tmp_path / "a.obj", [dataclasses.replace(parts[0], material=dark)])
    baked = np.asarray(Image.open(tmp_path / "a_skin.png")).astype(float)
    original = parts[0].material.texture.astype(float)
    assert (baked[..., 1] == 0).all()
    np.testing.assert_array_equal(baked[..., 2], original[..., 2])
    linear = ((original[..., 0] / 255 + 0.055) / 1.055) ** 2.4
    expected = (1.055 * (linear / 2) ** (1 / 2.4) - 0.055) * 255
    np.testing.assert_allclose(baked[..., 0], expected, atol=0.51)


def test_materials_whose_plain_names_collide_stay_apart(tmp_path, parts):
    renamed = [
        dataclasses.replace(part, material=dataclasses.replace(part.material, name=name))
        for part, name in zip(parts, ("été", "t", "../t"), strict=True)
    ]
    write_obj(tmp_path / "a.obj", renamed)
    names = [name for (name,) in words((tmp_path / "a.mtl").read_text(), "newmtl")]
    assert len(set(names)) == 3
    assert not list(tmp_path.parent.glob("t*.png"))


def test_nothing_to_write_is_refused(tmp_path):
    with pytest.raises(PersonifyError, match="at least one"):
        write_obj(tmp_path / "a.obj", [])
    assert list(tmp_path.iterdir()) == []
