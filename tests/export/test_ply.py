from __future__ import annotations

import dataclasses

import numpy as np
import pytest

from personify.body.mesh import Material
from personify.errors import PersonifyError
from personify.export.ply import write_ply

from .character import checker


def test_trimesh_reads_geometry_and_colors(tmp_path, parts):
    trimesh = pytest.importorskip("trimesh")
    mesh = trimesh.load(write_ply(tmp_path / "a.ply", parts), process=False)
    np.testing.assert_allclose(mesh.vertices, np.concatenate([part.vertices for part in parts]), atol=1e-7)
    assert len(mesh.faces) == sum(len(part.faces) for part in parts)
    assert mesh.faces.max() == len(mesh.vertices) - 1
    visor = mesh.visual.vertex_colors[-len(parts[-1].vertices) :, :3]
    np.testing.assert_allclose(visor, np.tile([89, 188, 149], (len(visor), 1)), atol=1)  # sRGB of (0.1, 0.5, 0.3)


def test_colors_are_the_texture_at_the_vertices(tmp_path, parts):
    trimesh = pytest.importorskip("trimesh")
    texture = np.zeros((2, 2, 3), np.uint8)
    texture[0, 0], texture[0, 1], texture[1, 0], texture[1, 1] = (250, 0, 0), (0, 250, 0), (0, 0, 250), (90, 90, 90)
    part = dataclasses.replace(parts[2], material=Material("m", texture=texture))
    mesh = trimesh.load(write_ply(tmp_path / "a.ply", [part]), process=False)
    rows, columns = (part.uvs[:, 1] > 0.5).astype(int), (part.uvs[:, 0] > 0.5).astype(int)
    np.testing.assert_array_equal(mesh.visual.vertex_colors[:, :3], texture[rows, columns])


def test_same_parts_give_the_same_bytes(tmp_path, parts):
    first, second = (write_ply(tmp_path / name, parts).read_bytes() for name in ("a.ply", "b.ply"))
    assert first == second


def test_bad_input_writes_nothing(tmp_path, parts):
    with pytest.raises(PersonifyError, match="at least one"):
        write_ply(tmp_path / "a.ply", [])
    broken = dataclasses.replace(parts[2], vertices=parts[2].vertices * np.nan)
    with pytest.raises(PersonifyError, match="visor"):
        write_ply(tmp_path / "a.ply", [parts[0], broken])
    assert list(tmp_path.iterdir()) == []


def test_a_checker_keeps_its_fields(tmp_path, parts):
    trimesh = pytest.importorskip("trimesh")
    black, white = (0, 0, 0), (255, 255, 255)
    uvs = np.float32([[(column + 0.5) / 8, (row + 0.5) / 8] for row in range(3) for column in range(8)])
    part = dataclasses.replace(parts[2], uvs=uvs, material=Material("m", texture=checker(white, black)))
    mesh = trimesh.load(write_ply(tmp_path / "a.ply", [part]), process=False)
    expected = [255 * ((row + column) % 2 == 0) for row in range(3) for column in range(8)]
    assert mesh.visual.vertex_colors[:, 0].tolist() == expected
