"""The lofting kit: outward faces, watertight rims, true-scale atlases, sensible skinning."""

from __future__ import annotations

import itertools

import numpy as np
import pytest

from personify.wardrobe.figure import default_body, make_figure
from personify.wardrobe.loft import (
    Shell,
    arranged,
    hull_radius,
    join,
    loft,
    rigid_weights,
    rimmed,
    skin_weights,
    thickened,
    tube,
    vertex_normals,
)

ANGLES = np.linspace(0, 2 * np.pi, 24, endpoint=False)


def cylinder(radius: float = 0.1, height: float = 0.2) -> Shell:
    ring = np.stack([radius * np.sin(ANGLES), 0 * ANGLES, radius * np.cos(ANGLES)], 1)
    return loft(np.stack([ring + np.array([0, y, 0]) for y in (height, height / 2, 0.0)]))


def volume(shell: Shell) -> float:
    a, b, c = (shell.vertices[shell.faces[:, k]] for k in range(3))
    return float(np.einsum("ni,ni->n", a, np.cross(b, c)).sum() / 6)


def open_edges(shell: Shell) -> int:
    weld = np.unique(np.round(shell.vertices * 1e6), axis=0, return_inverse=True)[1].ravel()
    edges = np.sort(weld[shell.faces[:, [0, 1, 1, 2, 2, 0]].reshape(-1, 2)], 1)
    return int((np.unique(edges, axis=0, return_counts=True)[1] == 1).sum())


def test_rings_from_top_to_bottom_face_outwards() -> None:
    shell = cylinder()
    normals = vertex_normals(shell.vertices, shell.faces)
    outward = shell.vertices * [1, 0, 1]
    assert np.einsum("nk,nk->n", normals, outward).min() > 0
    assert open_edges(shell) == 48


def test_uvs_are_a_unit_square_and_st_is_in_metres() -> None:
    shell = cylinder(0.1, 0.2)
    assert shell.uvs.min() == 0
    assert shell.uvs.max() == 1
    assert np.ptp(shell.st[:, 0]) == pytest.approx(2 * np.pi * 0.1, rel=0.01)
    assert np.ptp(shell.st[:, 1]) == pytest.approx(0.2)
    assert shell.edge.max() == pytest.approx(0.1)


def test_seams_have_no_rim_and_openings_do() -> None:
    shell = rimmed(cylinder(), 0.01)
    radius = np.hypot(shell.vertices[:, 0], shell.vertices[:, 2])
    assert radius.min() == pytest.approx(0.09, abs=1e-3)
    assert open_edges(shell) == 48  # the openings moved inwards, the seam stayed closed
    assert len(shell.vertices) == len(cylinder().vertices) + 50


def test_thickened_surfaces_are_watertight() -> None:
    rows = [np.stack([np.linspace(0, 1, 6), np.full(6, 1 - t), np.zeros(6)], 1) for t in (0.0, 0.5, 1.0)]
    sheet = loft(np.stack(rows), closed=False)
    slab = thickened(sheet, 0.05)
    assert open_edges(slab) == 0
    assert volume(slab) == pytest.approx(0.05, rel=1e-6)


def test_tubes_are_closed_and_have_the_volume_of_their_section() -> None:
    path = np.stack([0 * ANGLES[:9], np.linspace(0, 1, 9), 0.1 * np.sin(ANGLES[:9])], 1)
    pipe = tube(path, 0.02, sides=32)
    assert open_edges(pipe) == 0
    length = np.linalg.norm(np.diff(path, axis=0), axis=1).sum()
    assert volume(pipe) == pytest.approx(np.pi * 0.02**2 * length, rel=0.05)


def test_hull_radius_bridges_hollows() -> None:
    square = np.array([[1, 1], [1, -1], [-1, -1], [-1, 1], [0.2, 0.1]])
    radius = hull_radius(square, np.array([0.0, np.pi / 4, np.pi / 2]))
    assert radius == pytest.approx([1, np.sqrt(2), 1], rel=0.02)


def test_arranged_surfaces_do_not_overlap_and_share_one_scale() -> None:
    shells = [cylinder(0.1, 0.2), cylinder(0.05, 0.1), cylinder(0.02, 0.3)]
    atlas = arranged(shells)
    assert atlas.uvs.min() >= 0
    assert atlas.uvs.max() <= 1
    counts = np.cumsum([0, *(len(shell.vertices) for shell in shells)])
    boxes = [(atlas.uvs[a:b].min(0), atlas.uvs[a:b].max(0)) for a, b in itertools.pairwise(counts)]
    for k, (low, high) in enumerate(boxes):
        for other_low, other_high in boxes[k + 1 :]:
            assert (low > other_high).any() or (other_low > high).any()
    scales = [(high - low) / np.ptp(shell.st, axis=0) for shell, (low, high) in zip(shells, boxes, strict=True)]
    assert np.std(scales) < 1e-6 * np.mean(scales)


def test_join_keeps_every_surface() -> None:
    both = join([cylinder(), cylinder(0.2)])
    assert len(both.faces) == 2 * len(cylinder().faces)
    assert both.faces.max() == len(both.vertices) - 1


def test_skin_weights_follow_the_nearest_limb() -> None:
    figure = make_figure(default_body().shape_vector())
    forearm = (figure.joint("left_elbow") + figure.joint("left_wrist")) / 2
    places = np.stack([forearm, figure.joint("head") + np.array([0, 0.2, 0])])
    weights = skin_weights(figure, places)
    assert weights.sum(1) == pytest.approx([1, 1])
    names = [figure.skeleton.joint_names[k] for k in weights.argmax(1)]
    assert names == ["left_elbow", "head"]
    assert rigid_weights(3, "head").sum() == 3
