"""The doctor's rows are true, and say what to do where something is missing."""

import importlib.util

import numba
import pytest

from personify import doctor
from personify.errors import PersonifyError
from personify.files import asset, sha256


def rows():
    return {row.name: row for row in doctor.report()}


def test_names_are_unique_and_values_short_lines():
    report = doctor.report()
    assert len({row.name for row in report}) == len(report)
    assert all(row.value and "\n" not in row.value + row.hint for row in report)


def test_assets_are_weighed_and_hashed():
    row = rows()["body.safetensors"]
    size = asset("body.safetensors").stat().st_size
    assert row.value == f"{size / 1e6:.2f} MB, sha256 {sha256(asset('body.safetensors'))[:16]}"


def test_an_installation_without_assets_is_refused(monkeypatch, tmp_path):
    monkeypatch.setattr(doctor, "ASSETS", tmp_path)
    with pytest.raises(PersonifyError, match="holds no assets; reinstall"):
        doctor.report()


def test_extras_say_how_to_get_them(monkeypatch):
    real = importlib.util.find_spec
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None if name == "rembg" else real("json"))
    report = rows()
    assert report["extra matting"].value == "missing"
    assert report["extra matting"].hint.startswith('pip install "personify[matting]" adds ')
    assert report["extra clip"] == doctor.Row("extra clip", "installed")


def test_a_machine_where_numba_may_write_nowhere(monkeypatch):
    def no_locator(**options):
        raise RuntimeError("cannot cache function: no locator available")

    assert rows()["kernel cache"].hint == ""
    monkeypatch.setattr(numba, "njit", no_locator)
    assert "NUMBA_CACHE_DIR" in rows()["kernel cache"].hint


def test_spinning_threads_are_a_finding(monkeypatch):
    monkeypatch.setenv("OMP_WAIT_POLICY", "passive")
    assert rows()["threads"].hint == ""
    monkeypatch.setenv("OMP_WAIT_POLICY", "active")
    assert "PASSIVE" in rows()["threads"].hint


def test_every_extra_of_the_report_is_one_of_the_package():
    from importlib.metadata import metadata

    assert set(doctor._EXTRAS) <= set(metadata("personify").get_all("Provides-Extra"))
