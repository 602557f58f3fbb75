"""Point caches, byte by byte as the original writes them."""

from pathlib import Path

import numpy as np
import pytest
from safetensors.numpy import load_file

from personify.errors import PersonifyError
from personify.export.pc2 import write_pc2

FIXTURE = Path(__file__).parents[1] / "fixtures" / "aclip_small_things.safetensors"


def test_bytes_are_the_originals(tmp_path):
    original = load_file(FIXTURE)
    path = write_pc2(tmp_path / "walk.pc2", original["pc2.in.frames"])
    assert path.read_bytes() == original["pc2.out.file_bytes"].tobytes()


@pytest.mark.parametrize("frames", [np.zeros((2, 3)), np.zeros((1, 4, 2)), np.full((1, 2, 3), np.nan)])
def test_bad_frames(tmp_path, frames):
    with pytest.raises(PersonifyError, match="frames must be finite"):
        write_pc2(tmp_path / "walk.pc2", frames)
    assert not list(tmp_path.iterdir())
