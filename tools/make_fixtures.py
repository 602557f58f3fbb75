"""Make tests/fixtures/anny_golden.safetensors: random people computed by the original ``anny`` package.

Needs ``pip install ".[bake]"``; the first run of that package takes minutes, later ones seconds.

    python tools/make_fixtures.py
"""

from __future__ import annotations

import argparse
import importlib.util
from pathlib import Path

import numpy as np
import torch
from safetensors.torch import save_file
from torch import Tensor

from personify.body.anny import AnnyBody, to_tpose_rotations
from personify.body.pose import JOINT_INDEX, JOINT_NAMES, NUM_JOINTS, PARENTS
from personify.body.rotations import axis_angle_to_matrix
from personify.body.skinning import forward_kinematics
from personify.files import atomic_path

FACE_JOINTS = ("jaw", "left_eye", "right_eye")  # not in the mixamo rig
TO_ANNY = torch.tensor([[1.0, 0, 0], [0, 0, -1.0], [0, 1.0, 0]], dtype=torch.float64)  # Y-up to Z-up


def _baking():
    """tools/bake_body.py, which knows the names of the bones; tools is a folder of scripts, not a package."""
    spec = importlib.util.spec_from_file_location("bake_body", Path(__file__).with_name("bake_body.py"))
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def random_people(body: AnnyBody, count: int, seed: int) -> dict[str, Tensor]:
    """Shapes (half of them adults), poses, pelvis positions and expressions of all sorts."""
    generator = torch.Generator().manual_seed(seed)

    def rand(*size: int) -> Tensor:
        return torch.rand(*size, generator=generator, dtype=torch.float64)

    shape = rand(count, len(body.shape_names))
    shape[: count // 2, body.shape_names.index("age")] = 0.55 + 0.45 * rand(count // 2)
    pose = 0.25 * torch.randn(count, NUM_JOINTS, 3, generator=generator, dtype=torch.float64)
    pose[:, [JOINT_INDEX[name] for name in FACE_JOINTS]] = 0
    expression = (rand(count, len(body.expression_names)) - 0.7).clamp(min=0)
    return {"shape": shape, "pose": pose, "transl": rand(count, 3), "expression": expression}


def package_pose(model, body: AnnyBody, people: dict[str, Tensor]) -> Tensor:  # [B, bones, 4, 4]
    """Our poses in the package's terms: rotations from its A-pose, relative to the parent, in its Z-up axes."""
    zero = torch.zeros(NUM_JOINTS, 3, dtype=torch.float64)
    frames = forward_kinematics(axis_angle_to_matrix(people["pose"]), zero, PARENTS)[..., :3, :3]
    _, joints = body.rest(people["shape"])
    turned = TO_ANNY @ frames @ to_tpose_rotations(joints) @ TO_ANNY.T
    mixamo_name = _baking().mixamo_name
    ours = {mixamo_name(name): index for index, name in enumerate(JOINT_NAMES) if name not in FACE_JOINTS}
    local = torch.eye(4, dtype=torch.float64).repeat(len(turned), len(model.bone_labels), 1, 1)
    for bone, (label, parent) in enumerate(zip(model.bone_labels, model.bone_parents, strict=True)):
        rotation = turned[:, ours[label]]
        if parent >= 0:
            rotation = turned[:, ours[model.bone_labels[parent]]].mT @ rotation
        local[:, bone, :3, :3] = rotation
    local[:, 0, :3, 3] = people["transl"] @ TO_ANNY.T
    return local


def package_people(count: int = 12, seed: int = 5) -> dict[str, Tensor]:
    """Random people and their skin, posed and at rest, from the package; vertices in the order of our skin's.

    Returns:
        The inputs of `random_people`, ``vertices`` and ``rest_vertices`` [B, S, 3] (Y-up) of all S skin vertices,
        ``index`` [S] of these in our body.
    """
    import anny

    model = anny.Anny(
        rig="mixamo",
        topology="anny-full",
        skinning_method="lbs",
        phenotypes="all",
        facial_actions="all",
        local_changes="default",
        phenotype_blendshapes="original",
    )
    body = AnnyBody(dtype=torch.float64)
    people = random_people(body, count, seed)
    output = model(
        pose_parameters=package_pose(model, body, people),
        phenotype_kwargs=people["shape"],
        facial_actions=dict(zip(body.expression_names, people["expression"].T, strict=True)),
    )
    skin = np.unique(model.faces.numpy())
    return people | {
        "vertices": output["vertices"][:, skin] @ TO_ANNY,
        "rest_vertices": output["rest_vertices"][:, skin] @ TO_ANNY,
        "index": body.faces.unique(),
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--out", type=Path, default=Path("tests/fixtures/anny_golden.safetensors"))
    parser.add_argument("--vertices", type=int, default=200)
    arguments = parser.parse_args()
    people = package_people()
    chosen = torch.linspace(0, len(people["index"]) - 1, arguments.vertices).long()
    people["index"] = people["index"][chosen]
    for key in ("vertices", "rest_vertices"):
        people[key] = people[key][:, chosen]
    tensors = {key: (value.float() if value.is_floating_point() else value) for key, value in people.items()}
    with atomic_path(arguments.out) as temporary:
        save_file({key: value.contiguous() for key, value in tensors.items()}, temporary, {"source": "anny 0.6.2"})
    print(f"{arguments.out}: {arguments.out.stat().st_size / 1e3:.0f} kB")


if __name__ == "__main__":
    main()
