"""Compiling ahead."""

import os
import subprocess
import sys

from personify.render.precompile import precompile


def test_importing_compiles_nothing(tmp_path):
    environment = os.environ | {"NUMBA_CACHE_DIR": str(tmp_path)}
    subprocess.run([sys.executable, "-c", "import personify.render.precompile"], check=True, env=environment)
    assert not list(tmp_path.rglob("*.nbi"))


def test_precompile_needs_no_person():
    precompile()
