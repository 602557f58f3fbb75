from __future__ import annotations

from pathlib import Path

import pytest

from personify.body.mesh import MeshPart, Skeleton
from personify.export.clip import AnimationClip
from personify.export.glb import write_glb

from .character import make_clips, make_parts, make_skeleton


@pytest.fixture(scope="session")
def skeleton() -> Skeleton:
    return make_skeleton()


@pytest.fixture(scope="session")
def parts(skeleton: Skeleton) -> list[MeshPart]:
    return make_parts(skeleton)


@pytest.fixture(scope="session")
def clips(skeleton: Skeleton) -> list[AnimationClip]:
    return make_clips(skeleton)


@pytest.fixture(scope="session")
def glb_path(
    tmp_path_factory: pytest.TempPathFactory, parts: list[MeshPart], skeleton: Skeleton, clips: list[AnimationClip]
) -> Path:
    path = tmp_path_factory.mktemp("glb") / "boxy.glb"
    extras = {"text": "a person made of boxes", "seed": 3}
    return write_glb(path, parts, skeleton, clips, name="Boxy", extras=extras, copyright="CC0")
