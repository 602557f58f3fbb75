"""What the shipped priors know."""

import numpy as np
import pytest
import torch

from personify import cli
from personify.avatar import Avatar
from personify.body.anny import AnnyBody
from personify.body.mesh import Skeleton
from personify.body.pose import JOINT_INDEX, JOINT_NAMES, PARENTS
from personify.body.rotations import axis_angle_to_matrix
from personify.files import asset
from personify.motion.grounding import lowest_heights
from personify.motion.kinematics import REFERENCE_SKELETON, body_frames
from personify.motion.locomotion import gait_motion
from personify.motion.priors import building
from personify.motion.priors.codebook import PoseCodebook
from personify.motion.priors.motion_generators import MOTION_GENERATORS, interpolated_motion, optimised_motion
from personify.motion.priors.motion_vae import shipped_motion_vae
from personify.motion.priors.pose_generators import (
    codebook_poses,
    flow_poses,
    generate_poses,
    shipped_flow,
    shipped_guide,
)
from personify.motion.priors.pose_vae import shipped_pose_vae
from personify.motion.select import create_motion


def joints(pose):
    """Name -> position of a pose [22, 3]."""
    positions = body_frames(pose[None].numpy(), [[0, 1, 0]], REFERENCE_SKELETON)[1][0]
    return {name: positions[index] for name, index in JOINT_INDEX.items() if index < 22}


@pytest.mark.parametrize("name", ["pose_vae", "motion_vae", "pose_text", "pose_codebook", "pose_flow"])
def test_assets_are_small(name):
    assert asset(f"{name}.safetensors").stat().st_size < 10e6


def test_codebook_holds_the_authored_poses_and_many_others():
    codebook = PoseCodebook.load()
    assert len(codebook.poses) > 4000
    assert "arms_raised" in codebook.names
    assert (codebook.embeddings.norm(dim=1) - 1).abs().max() < 1e-2


def test_raised_arms_are_raised():
    bodies = [joints(pose) for pose in codebook_poses("raising both arms").rotations]
    raised = [min(body["left_wrist"][1], body["right_wrist"][1]) > body["head"][1] for body in bodies]
    assert sum(raised) >= 3


@pytest.mark.parametrize(("side", "other"), [("left", "right"), ("right", "left")])
def test_sides_are_kept_apart(side, other):
    best = joints(codebook_poses(f"wave with the {side} hand").rotations[0])
    assert best[f"{side}_wrist"][1] > best[f"{other}_wrist"][1] + 0.2


def test_sitting_bends_the_knees():
    best = joints(codebook_poses("sitting on a chair").rotations[0])
    assert best["pelvis"][1] - best["left_knee"][1] < 0.25


@pytest.mark.parametrize("generator", ["codebook", "flow"])
def test_found_poses_suit_their_text_better_than_another_one(generator):
    guide = shipped_guide()
    found = generate_poses("sitting on a chair", generator, 2)
    other = guide.scores(axis_angle_to_matrix(found.rotations), guide.text("running fast"))
    assert found.scores.min() > other.max()


def test_flow_draws_for_its_text():
    sitting = flow_poses("sitting on a chair", 1)
    assert sitting.rotations.isfinite().all()
    guide, flow, vae = shipped_guide(), shipped_flow(), shipped_pose_vae()
    poses = PoseCodebook.load().poses[:200]
    codes, own = vae.encode(poses[:, 1:].flatten(1))[0], guide.codebook.encoder(axis_angle_to_matrix(poses))
    assert flow.log_prob(codes, own).mean() > flow.log_prob(codes, own.roll(57, 0)).mean() + 1


def test_motion_vae_keeps_a_walk():
    vae, walk = shipped_motion_vae(), gait_motion("walk").looped(2).resampled(30)
    rotations = axis_angle_to_matrix(torch.from_numpy(walk.rotations[:60, :22]))[None]
    travel = torch.from_numpy(walk.translation[:60] / walk.rest_height)[None]
    travel = travel - travel[:, :1] * torch.tensor([1.0, 0, 1])
    answer, went = vae.decode(vae.encode(rotations, travel)[0], 60)
    angle = ((answer @ rotations.mT).diagonal(dim1=-2, dim2=-1).sum(-1) - 1).div(2).clamp(-1, 1).acos()
    assert float(angle.mean()) < 0.15
    assert float((went - travel).norm(dim=-1).mean()) < 0.1


def test_motions_are_people_on_the_floor():
    still = interpolated_motion("sitting on a chair", 30)
    assert still.num_frames == 30
    assert 0.2 < still.translation[:, 1].mean() < 0.9
    moved = optimised_motion("running", 30, steps=5)
    assert abs(moved.translation).max() < 5


PEOPLE = {
    "woman": {"gender": 0.0},
    "man": {"gender": 1.0},
    "child": {"age": 0.33, "height": 0.3},
    "old": {"age": 1.0},
    "tall": {"height": 1.0, "weight": 0.1},
    "heavy": {"height": 0.1, "weight": 1.0},
}


@pytest.fixture(scope="module")
def people():
    """Skeletons of the default body in its shapes, from small to tall."""
    body = AnnyBody()
    joints = {name: body(shape=body.shape_vector(**shape)).joints[0].numpy() for name, shape in PEOPLE.items()}
    return {name: Skeleton(JOINT_NAMES, PARENTS, places.astype("float32")) for name, places in joints.items()}


@pytest.mark.parametrize("generator", ["library", *MOTION_GENERATORS])
def test_every_generator_moves_everybody(generator, people):
    if generator == "library":
        motion = create_motion("waving", seconds=0.6)
    else:
        motion = MOTION_GENERATORS[generator]("waving", 18, **({} if generator == "interpolation" else {"steps": 3}))
    for name, skeleton in people.items():
        fitted = motion.retargeted(skeleton)
        assert fitted.num_frames == motion.num_frames
        assert np.isfinite(fitted.rotations).all()
        assert np.isfinite(fitted.translation).all()
        assert lowest_heights(fitted, skeleton).min() > -0.06, name
        clip = Avatar(name, skeleton, (), (), {}, {}).animate(motion)
        assert len(clip) == motion.num_frames


def test_codebook_verb(monkeypatch, tmp_path, capsys):
    shipped = PoseCodebook.load()
    few = PoseCodebook(shipped.poses[:3], shipped.embeddings[:3], shipped.names[:2], shipped.encoder, shipped.model)
    monkeypatch.setattr(building.PoseCodebook, "load", staticmethod(lambda: few))
    monkeypatch.setattr(building, "STEPS", 5)
    cli.main(["codebook", "build", "--kind", "pose", "-o", str(tmp_path / "mine.safetensors")])
    monkeypatch.undo()
    made = PoseCodebook.load(tmp_path / "mine.safetensors")
    assert made.model == "personify-small"
    assert made.embeddings.shape == (3, 192)
    assert "3 poses" in capsys.readouterr().out
