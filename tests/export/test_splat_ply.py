"""Splat PLY: against two independent readers and a writer, there and back, and foreign or damaged files."""

from __future__ import annotations

import contextlib
import dataclasses

import numpy as np
import pytest
import torch

from personify.errors import PersonifyError
from personify.export.splat_ply import read_splat_ply, write_splat_ply

from .splats import make_gaussians


@pytest.mark.parametrize("coefficients", [1, 4, 9, 16])
def test_plyfile_finds_the_layout_of_inria(tmp_path, coefficients):
    plyfile = pytest.importorskip("plyfile")
    given = make_gaussians(coefficients=coefficients)
    vertex = plyfile.PlyData.read(write_splat_ply(tmp_path / "a.ply", given))["vertex"]
    names = [p.name for p in vertex.properties]
    rest = 3 * (coefficients - 1)
    assert names == [
        *("x", "y", "z", "nx", "ny", "nz", "f_dc_0", "f_dc_1", "f_dc_2"),
        *(f"f_rest_{k}" for k in range(rest)),
        *("opacity", "scale_0", "scale_1", "scale_2", "rot_0", "rot_1", "rot_2", "rot_3"),
    ]
    columns = np.stack([vertex[name] for name in names], 1)
    assert columns.dtype == np.float32
    np.testing.assert_array_equal(columns[:, :3], given.means)
    np.testing.assert_array_equal(columns[:, 6:9], given.sh[:, 0])
    for channel in range(3):  # all of red, all of green, all of blue
        block = columns[:, 9 + channel * (coefficients - 1) :][:, : coefficients - 1]
        np.testing.assert_array_equal(block, given.sh[:, 1:, channel])
    opacities, scales = given.opacities.double(), given.scales.double()
    np.testing.assert_array_equal(columns[:, -8], torch.logit(opacities).float())
    np.testing.assert_array_equal(columns[:, -7:-4], scales.log().float())
    np.testing.assert_array_equal(columns[:, -4:], given.quats)


def test_gsply_reads_what_we_write(tmp_path):
    gsply = pytest.importorskip("gsply")
    given = make_gaussians(coefficients=16)
    found = gsply.plyread(write_splat_ply(tmp_path / "a.ply", given))
    np.testing.assert_array_equal(found.means, given.means)
    np.testing.assert_array_equal(found.quats, given.quats)
    np.testing.assert_allclose(found.scales, given.scales.log(), rtol=1e-6)
    np.testing.assert_allclose(found.opacities, torch.logit(given.opacities), rtol=1e-4, atol=1e-5)
    np.testing.assert_array_equal(found.sh0, given.sh[:, 0])
    assert found.shN.shape == (50, 15, 3)


def test_we_read_what_gsply_writes(tmp_path):
    gsply = pytest.importorskip("gsply")
    given = make_gaussians(coefficients=4)
    arrays = [given.means, given.scales.log(), given.quats, torch.logit(given.opacities), given.sh[:, 0]]
    gsply.plywrite(tmp_path / "a.ply", *(a.numpy() for a in arrays), given.sh[:, 1:].numpy())
    found = read_splat_ply(tmp_path / "a.ply")
    for name in ("means", "quats", "scales", "opacities"):
        assert torch.allclose(getattr(found, name), getattr(given, name), rtol=1e-5, atol=1e-6), name
    assert torch.equal(found.sh[:, 0], given.sh[:, 0])


def test_there_and_back(tmp_path):
    given = make_gaussians(coefficients=16)
    found = read_splat_ply(write_splat_ply(tmp_path / "a.ply", given), joints=55)
    for name in ("means", "quats", "sh"):
        assert torch.equal(getattr(found, name), getattr(given, name)), name
    assert torch.allclose(found.scales, given.scales, rtol=2e-6)
    assert torch.allclose(found.opacities, given.opacities, rtol=2e-6)
    assert found.lbs_weights.shape == (50, 55)


def test_full_and_empty_opacities_stay_finite(tmp_path):
    given = dataclasses.replace(make_gaussians(2), opacities=torch.tensor([0.0, 1.0]))
    found = read_splat_ply(write_splat_ply(tmp_path / "a.ply", given))
    assert torch.allclose(found.opacities, given.opacities, atol=1e-12)


def test_other_orders_types_and_extras_are_understood(tmp_path):
    plyfile = pytest.importorskip("plyfile")
    given = make_gaussians(5, coefficients=1)
    rng = np.random.default_rng(0)
    columns = {"red": rng.integers(0, 255, 5).astype("u1"), "opacity": torch.logit(given.opacities).numpy()}
    columns |= {f"rot_{k}": given.quats[:, k].numpy().astype("f8") for k in range(4)}
    columns |= {f"scale_{k}": given.scales[:, k].log().numpy() for k in range(3)}
    columns |= {f"f_dc_{k}": given.sh[:, 0, k].numpy() for k in range(3)}
    columns |= {name: given.means[:, k].numpy() for k, name in enumerate("xyz")}
    table = np.empty(5, [(name, values.dtype) for name, values in columns.items()])
    for name, values in columns.items():
        table[name] = values
    faces = np.array([([0, 1, 2],)], [("vertex_indices", "i4", (3,))])
    elements = [plyfile.PlyElement.describe(table, "vertex"), plyfile.PlyElement.describe(faces, "face")]
    plyfile.PlyData(elements, byte_order=">", comments=["by another tool"]).write(tmp_path / "a.ply")
    found = read_splat_ply(tmp_path / "a.ply")
    assert torch.equal(found.means, given.means)
    assert torch.allclose(found.quats, given.quats)


def test_same_gaussians_give_the_same_bytes(tmp_path):
    first, second = (write_splat_ply(tmp_path / name, make_gaussians()).read_bytes() for name in ("a.ply", "b.ply"))
    assert first == second


@pytest.mark.parametrize("damage", ["missing", "text", "mesh", "truncated", "nan", "header", "degree"])
def test_unreadable_files_are_named(tmp_path, damage, parts):
    path = tmp_path / "x.ply"
    if damage != "missing":
        write_splat_ply(path, make_gaussians())
    data = path.read_bytes() if path.exists() else b""
    if damage == "text":
        path.write_bytes(data.replace(b"binary_little_endian", b"ascii"))
    elif damage == "mesh":
        from personify.export.ply import write_ply

        write_ply(path, parts)
    elif damage == "truncated":
        path.write_bytes(data[:-9])
    elif damage == "nan":
        path.write_bytes(data[:-4] + np.float32(np.nan).tobytes())
    elif damage == "header":
        path.write_bytes(data.replace(b"property float x", b"property list x"))
    elif damage == "degree":
        path.write_bytes(data.replace(b"float f_rest_23", b"float g_rest_23"))
    with pytest.raises(PersonifyError, match=r"x\.ply"):
        read_splat_ply(path)


def test_mutated_headers_only_raise_our_error(tmp_path):
    data = write_splat_ply(tmp_path / "a.ply", make_gaussians(3, coefficients=1)).read_bytes()
    rng = np.random.default_rng(2)
    path = tmp_path / "mutated.ply"
    for _ in range(150):
        mutated = bytearray(data)
        for position in rng.integers(0, data.index(b"end_header") + 11, 3):
            mutated[position] = rng.integers(256)
        path.write_bytes(mutated)
        with contextlib.suppress(PersonifyError):
            read_splat_ply(path)


def test_inconsistent_gaussians_write_nothing(tmp_path):
    with pytest.raises(PersonifyError, match="scales"):
        write_splat_ply(tmp_path / "a.ply", dataclasses.replace(make_gaussians(), scales=-torch.ones(50, 3)))
    assert list(tmp_path.iterdir()) == []
