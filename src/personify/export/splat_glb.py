"""Gaussians in glTF: `KHR_gaussian_splatting` (ratified by Khronos), and skin weights as custom attributes.

A primitive of points carries ``POSITION``, the extension's ``ROTATION`` (xyzw), ``SCALE`` (linear), ``OPACITY`` and
``SH_DEGREE_l_COEF_n``, and ``COLOR_0`` for viewers that only know points. All are those of the rest pose, the T-pose.

*Skinned splats*: ``_JOINTS_0``, ``_JOINTS_1`` (uint8 x 4) and ``_WEIGHTS_0``, ``_WEIGHTS_1`` (float x 4) name the eight
strongest joints of every Gaussian in the skin that ``mesh.extras.skinnedSplats.skin`` points to. They mean what glTF's
``JOINTS_n`` and ``WEIGHTS_n`` mean, but a viewer that does not know them shows the rest pose instead of moving centres
without turning the ellipsoids. A viewer that does, turns ellipsoids and harmonics by the rotation nearest to the blend.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from personify.body.gaussians import Gaussians
from personify.color import srgb_to_linear
from personify.errors import PersonifyError
from personify.export.glb_buffer import GlbBuffer
from personify.export.glb_reader import Glb, read_glb
from personify.export.influences import strongest_influences

EXTENSION = "KHR_gaussian_splatting"
SH_C0 = 0.28209479177387814
_POINTS = 0  # glTF's primitive mode
_INFLUENCES = 8

Json = dict[str, Any]


def splat_mesh(gaussians: Gaussians, buffer: GlbBuffer, name: str, skin: int) -> Json:
    """The glTF mesh of Gaussians, its arrays added to ``buffer``; ``skin`` is the index of its skin."""
    attributes = {
        semantic: buffer.accessor(np.ascontiguousarray(array), "vertices", bounds=semantic == "POSITION")
        for semantic, array in _attributes(gaussians.validate()).items()
    }
    extension = {"kernel": "ellipse", "colorSpace": "srgb_rec709_display"}
    primitive = {"mode": _POINTS, "attributes": attributes, "extensions": {EXTENSION: extension}}
    return {"name": name, "primitives": [primitive], "extras": {"skinnedSplats": {"skin": skin}}}


def _attributes(gaussians: Gaussians) -> dict[str, NDArray[Any]]:
    quats = torch.nn.functional.normalize(gaussians.quats.detach().double(), dim=1)
    sh, opacities = _float32(gaussians.sh), _float32(gaussians.opacities)
    joints, weights = strongest_influences(_float32(gaussians.lbs_weights), _INFLUENCES)
    plain = np.clip(0.5 + SH_C0 * sh[:, 0], 0, 1)
    attributes: dict[str, NDArray[Any]] = {
        "POSITION": _float32(gaussians.means),
        "COLOR_0": np.concatenate([srgb_to_linear(plain), opacities[:, None]], 1),
        f"{EXTENSION}:ROTATION": _float32(quats[:, [1, 2, 3, 0]]),
        f"{EXTENSION}:SCALE": _float32(gaussians.scales),
        f"{EXTENSION}:OPACITY": opacities,
    }
    attributes |= {semantic: sh[:, k] for k, semantic in enumerate(_harmonics(sh.shape[1]))}
    for k in range(_INFLUENCES // 4):
        attributes[f"_JOINTS_{k}"] = joints[:, 4 * k : 4 * k + 4]
        attributes[f"_WEIGHTS_{k}"] = weights[:, 4 * k : 4 * k + 4]
    return attributes


def _harmonics(count: int) -> list[str]:
    degrees = [degree for degree in range(4) for _ in range(2 * degree + 1)]
    return [f"{EXTENSION}:SH_DEGREE_{degree}_COEF_{k - degree**2}" for k, degree in enumerate(degrees[:count])]


def _float32(tensor: torch.Tensor) -> NDArray[np.float32]:
    return tensor.detach().cpu().numpy().astype(np.float32)


def read_splat_glb(path: Path | str) -> Gaussians:
    """Read the first primitive of Gaussians in a GLB file, in its own axes (transforms of nodes are not applied).

    Returns:
        Gaussians; without skin weights in the file they all follow one joint.

    Raises:
        PersonifyError: the file is missing or damaged, has no float Gaussians, or holds values that are none.
    """
    glb = read_glb(path)
    attributes = _splat_attributes(glb)
    arrays: dict[str, NDArray[Any]] = {semantic: glb.accessor(k) for semantic, k in attributes.items()}
    named = _harmonics(16)
    harmonics = [arrays[semantic] for semantic in named if semantic in arrays]
    try:
        fields = (
            arrays["POSITION"],
            arrays[f"{EXTENSION}:ROTATION"][:, [3, 0, 1, 2]],
            arrays[f"{EXTENSION}:SCALE"],
            arrays[f"{EXTENSION}:OPACITY"],
            np.stack(harmonics, 1),
            _dense_weights(arrays, glb),
        )
        if any(field.dtype != np.float32 for field in fields):
            raise PersonifyError("gaussians: stored as integers; expected float32 attributes")
        return Gaussians(*(torch.from_numpy(np.array(field)) for field in fields)).validate()
    except PersonifyError as error:
        raise PersonifyError(f"{path}: {error}") from error
    except (KeyError, ValueError, IndexError) as error:
        raise PersonifyError(f"{path}: its Gaussians lack or mistype {error}; export it again") from error


def _splat_attributes(glb: Glb) -> Json:
    for mesh in glb.items("meshes"):
        for primitive in mesh.get("primitives") or ():
            if isinstance(primitive, dict) and EXTENSION in (primitive.get("extensions") or {}):
                attributes = primitive.get("attributes")
                return attributes if isinstance(attributes, dict) else {}
    raise PersonifyError(f"{glb.source}: has no Gaussians ({EXTENSION}); expected a GLB file of an avatar of Gaussians")


def _dense_weights(arrays: dict[str, NDArray[Any]], glb: Glb) -> NDArray[np.float32]:  # [N, J]
    sets = [k for k in range(_INFLUENCES // 4) if f"_JOINTS_{k}" in arrays and f"_WEIGHTS_{k}" in arrays]
    if not sets:
        return np.ones((len(arrays["POSITION"]), 1), np.float32)
    skins = glb.items("skins")
    dense = np.zeros((len(arrays["POSITION"]), len(skins[0]["joints"])), np.float32)
    rows = np.arange(len(dense))[:, None]
    for k in sets:
        np.add.at(dense, (rows, arrays[f"_JOINTS_{k}"]), arrays[f"_WEIGHTS_{k}"])
    return dense
