"""An independent look at a GLB: what a player would make of it, with numpy only."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from personify.export.glb_reader import Glb, read_glb


def check_glb(path: Path) -> Glb:
    """Assert the rules of glTF that a skinned avatar can break; a fallback where Khronos' validator is absent."""
    glb = read_glb(path)
    arrays = [glb.accessor(k) for k in range(len(glb.items("accessors")))]
    for accessor, array in zip(glb.items("accessors"), arrays, strict=True):
        assert np.isfinite(array).all()
        if "min" in accessor:
            flat = array.reshape(len(array), -1)
            assert accessor["min"] == flat.min(0).tolist()
            assert accessor["max"] == flat.max(0).tolist()
    for view in glb.items("bufferViews"):
        assert view["byteOffset"] % 4 == 0
        assert view["byteOffset"] + view["byteLength"] <= len(glb.binary)
    assert glb.document["buffers"] == [{"byteLength": len(glb.binary)}]
    (skin,) = glb.items("skins")
    assert arrays[skin["inverseBindMatrices"]].shape == (len(skin["joints"]), 4, 4)
    roots = glb.document["scenes"][0]["nodes"]
    for index, node in enumerate(glb.items("nodes")):
        assert "skin" not in node or index in roots, "a skinned mesh below another node is moved twice"
    for mesh in glb.items("meshes"):
        (primitive,) = mesh["primitives"]
        attributes = {name: arrays[k] for name, k in primitive["attributes"].items()}
        assert len({len(array) for array in attributes.values()}) == 1
        assert arrays[primitive["indices"]].max() < len(attributes["POSITION"])
        weights, joints = attributes["WEIGHTS_0"], attributes["JOINTS_0"]
        assert np.abs(weights.sum(1, dtype=np.float64) - 1).max() < 4 * 2e-7
        assert joints.max() < len(skin["joints"])
        assert (joints[weights == 0] == 0).all()
        np.testing.assert_allclose(np.linalg.norm(attributes["NORMAL"], axis=1), 1, atol=1e-5)
    for animation in glb.items("animations"):
        for sampler in animation["samplers"]:
            times = arrays[sampler["input"]]
            assert times[0] >= 0
            assert (np.diff(times) > 0).all()
    return glb


def posed_vertices(glb: Glb, clip: str, key: int) -> list[np.ndarray]:
    """World positions of every mesh at a key of a clip, by the letter of glTF (section 3.7.3.3): [V, 3] each."""
    nodes = [dict(node) for node in glb.items("nodes")]
    (animation,) = (item for item in glb.items("animations") if item["name"] == clip)
    for channel in animation["channels"]:
        sampler = animation["samplers"][channel["sampler"]]
        values = glb.accessor(sampler["output"]).reshape(len(glb.accessor(sampler["input"])), -1)
        target = channel["target"]
        nodes[target["node"]][target["path"]] = values[min(key, len(values) - 1)]
    world = _world_matrices(nodes, glb.document["scenes"][0]["nodes"])
    (skin,) = glb.items("skins")
    joint_matrices = world[skin["joints"]] @ glb.accessor(skin["inverseBindMatrices"]).astype(np.float64)
    return [_skinned(glb, node, joint_matrices) for node in nodes if "mesh" in node]


def _world_matrices(nodes: list[dict], roots: list[int]) -> np.ndarray:
    world = np.zeros((len(nodes), 4, 4))
    waiting = [(root, np.eye(4)) for root in roots]
    while waiting:
        index, parent = waiting.pop()
        local = np.eye(4)
        local[:3, :3] = _matrix(nodes[index].get("rotation", (0, 0, 0, 1)))
        local[:3, 3] = nodes[index].get("translation", (0, 0, 0))
        world[index] = parent @ local
        waiting += [(child, world[index]) for child in nodes[index].get("children", ())]
    return world


def _matrix(xyzw: np.ndarray) -> np.ndarray:
    x, y, z, w = np.asarray(xyzw, np.float64) / np.linalg.norm(xyzw)
    cross = np.array([[0, -z, y], [z, 0, -x], [-y, x, 0]])
    return np.eye(3) + 2 * w * cross + 2 * cross @ cross


def _skinned(glb: Glb, node: dict, joint_matrices: np.ndarray) -> np.ndarray:
    (primitive,) = glb.items("meshes")[node["mesh"]]["primitives"]
    attributes = {name: glb.accessor(k) for name, k in primitive["attributes"].items()}
    position = attributes["POSITION"].astype(np.float64)
    for target, weight in zip(primitive.get("targets", ()), node.get("weights", ()), strict=False):
        position = position + weight * glb.accessor(target["POSITION"])
    blended = (attributes["WEIGHTS_0"][..., None, None] * joint_matrices[attributes["JOINTS_0"]]).sum(1)
    return (blended[:, :3, :3] @ position[..., None])[..., 0] + blended[:, :3, 3]
