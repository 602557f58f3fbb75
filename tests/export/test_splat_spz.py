from __future__ import annotations

import builtins

import numpy as np
import pytest
import torch

from personify.errors import PersonifyError
from personify.export.splat_ply import write_splat_ply
from personify.export.splat_spz import write_splat_spz

from .splats import make_gaussians


def test_gsply_reads_the_same_gaussians(tmp_path):
    gsply = pytest.importorskip("gsply")
    given = make_gaussians(200, coefficients=4)
    path = write_splat_spz(tmp_path / "a.spz", given)
    found = gsply.read_spz(path)
    np.testing.assert_allclose(found.means, given.means, atol=3e-4)
    np.testing.assert_allclose(np.exp(found.scales), given.scales, rtol=0.04)
    np.testing.assert_allclose(1 / (1 + np.exp(-found.opacities)), given.opacities, atol=4e-3)
    np.testing.assert_allclose(found.sh0, given.sh[:, 0], atol=0.02)
    agreement = (torch.as_tensor(np.array(found.quats)) * given.quats).sum(1).abs()
    assert agreement.min() > 0.9999
    assert path.stat().st_size < 0.5 * write_splat_ply(tmp_path / "a.ply", given).stat().st_size


def test_same_gaussians_give_the_same_bytes(tmp_path):
    pytest.importorskip("gsply")
    first, second = (write_splat_spz(tmp_path / name, make_gaussians()).read_bytes() for name in ("a.spz", "b.spz"))
    assert first == second


def test_the_missing_package_is_named(tmp_path, monkeypatch):
    known = builtins.__import__

    def refuse(name, *arguments, **options):
        if name == "gsply":
            raise ImportError(name)
        return known(name, *arguments, **options)

    monkeypatch.setattr(builtins, "__import__", refuse)
    with pytest.raises(PersonifyError, match="pip install gsply"):
        write_splat_spz(tmp_path / "a.spz", make_gaussians())
    assert list(tmp_path.iterdir()) == []
