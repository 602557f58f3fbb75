"""VPoser, motion VAE, RealNVP, code-book and interpolation against outputs of the original code.

The conditions of the RealNVP are folded into its weights (a unit vector per sample), of the motion VAE one sample and
every sixth decoded frame is kept; the outputs are the original ones. Tolerances are those measured with the originals.
"""

import pytest
import torch
from torch.nn import functional

from motion.priors.helpers import original, path_of, worst
from personify.body.rotations import (
    axis_angle_to_matrix,
    matrix_to_axis_angle,
    matrix_to_quaternion,
    matrix_to_rotation_6d,
    quaternion_to_matrix,
    rotation_6d_to_matrix,
)
from personify.motion.priors.codebook import different, suppress_duplicates, top_indices
from personify.motion.priors.losses import candidate_distances, delta_loss, long_rotation_vectors, pose_loss
from personify.motion.priors.motion_vae import positions
from personify.motion.priors.official import load_motion_vae, load_realnvp, load_vposer


def test_vposer_decodes():
    data, vae = original("vposer"), load_vposer(path_of("vposer"))
    assert worst(vae.decode(data["in.latent"]).flatten(-2), data["out.pose_body_matrot"]) < 2.4e-5
    assert worst(vae.decode_pose(data["in.latent"]), data["out.pose_body"]) < 3.2e-5


def test_vposer_encodes():
    data, vae = original("vposer"), load_vposer(path_of("vposer"))
    mean, deviation = vae.encode(data["in.pose_body"])
    assert worst(mean, data["out.encode.mean"]) < 5.9e-6
    assert worst(deviation, data["out.encode.std"]) < 4.3e-6


def test_realnvp_in_both_directions():
    data, flow = original("pose_realnvp"), load_realnvp(path_of("pose_realnvp"))
    assert worst(flow.decode(data["in.z"], data["in.condition"]), data["out.decode"]) < 4.3e-5
    noise, log_det = flow.encode(data["in.z"], data["in.condition"])
    assert worst(noise, data["out.encode"]) < 2.1e-5
    assert worst(log_det, data["out.log_det"]) < 2.1e-5
    noise, log_det = flow.encode(data["out.decode"], data["in.condition"])
    assert worst(noise, data["out.encode_of_decode"]) < 9e-6
    assert worst(log_det, data["out.log_det_of_decode"]) < 1.3e-5


def test_codebook_query():
    data, vae = original("pose_codebook"), load_vposer(path_of("vposer"))
    kept = suppress_duplicates(data["in.candidates"], 0.07)
    assert data["in.candidates"][kept].equal(data["out.kept"])
    score = functional.cosine_similarity(data["in.codebook_embedding"], data["in.text_feature"][None], dim=1)
    assert worst(score, data["out.score"]) < 3e-6
    best = top_indices(score, 12)
    assert best.equal(data["out.top_indices"])
    poses = vae.decode_pose(data["in.codebook"][best]).flatten(1)
    assert worst(poses[different(poses, 5, 0.2)], data["out.topk_poses"]) < 3e-6


def test_motion_decoder_and_encoder():
    data, vae = original("motion_vae"), load_motion_vae(path_of("motion_vae"))
    # angles up to 63 in float32 are known to 2e-6 each, and processors round them differently
    assert worst(positions(64, 64, torch.zeros(1)), data["const.pos_encoder.pe_first_64"]) < 4e-6
    decoded = vae.decode_features(data["in.latent"], 60).unflatten(-1, (55, 6))
    assert worst(decoded[:, ::6], data["out.decoder.rot6d"]) < 1.3e-5
    mean, deviation = vae.encode_features(data["in.sequence_rot6d"].flatten(2))
    assert worst(mean, data["out.encoder.latent"]) < 9e-6
    assert not deviation.any()


def test_motion_losses_and_their_gradient():
    data, vae = original("motion_vae"), load_motion_vae(path_of("motion_vae"))
    latent = data["in.latent"].clone().requires_grad_()
    body = vae.decode(latent, 60)[0][0, :, 1:22]
    assert worst(long_rotation_vectors(body).flatten(1), data["out.decode.axis_angle_63"][0]) < 1.3e-4
    candidates = axis_angle_to_matrix(data["in.candidate_poses"].unflatten(1, (21, 3)))
    assert worst(candidate_distances(body, candidates), data["out.loss.best_frame_value"]) < 2.2e-6
    near, moving = pose_loss(body, candidates), delta_loss(body)
    assert float(near.detach()) == pytest.approx(float(data["out.loss.reconstruction"]), abs=5.9e-6)
    assert float(-moving.detach()) == pytest.approx(float(data["out.loss.delta_mse"]), abs=1.5e-6)
    (near + 0.01 * moving).backward()
    assert worst(latent.grad[0], data["out.loss.grad_latent"]) < 3e-6


def test_rotations():
    """The original keeps the first two rows of a matrix as its six numbers; ours are columns."""
    data = original("rotations")
    turns = axis_angle_to_matrix(data["in.axis_angle"])
    assert worst(turns, data["out.axis_angle_to_matrix"]) < 3e-6
    assert worst(matrix_to_rotation_6d(turns.mT), data["out.matrix_to_rotation_6d"]) < 3e-6
    assert worst(rotation_6d_to_matrix(data["in.rot6d"]).mT, data["out.rotation_6d_to_matrix"]) < 6.8e-6
    assert worst(quaternion_to_matrix(data["in.quaternion_wxyz"]), data["out.quaternion_to_matrix"]) < 2.9e-6
    for name in ("axis_angle_to_quaternion", "matrix_to_quaternion"):  # q and -q are the same rotation
        theirs = data[f"out.{name}"]
        assert worst(matrix_to_quaternion(turns), theirs * theirs[:, :1].sign()) < 3e-6
    vectors = axis_angle_to_matrix(data["out.quaternion_to_axis_angle"])
    assert worst(vectors, quaternion_to_matrix(data["in.quaternion_wxyz"])) < 1.3e-5


def test_rotations_by_nothing_by_half_a_turn_and_by_more():
    data = original("rotations")
    turns = axis_angle_to_matrix(data["in.edge.axis_angle"])
    assert worst(turns, data["out.edge.axis_angle_to_matrix"]) < 3e-6
    again, theirs = (
        axis_angle_to_matrix(v) for v in (matrix_to_axis_angle(turns), data["out.edge.matrix_to_axis_angle"])
    )
    assert worst(again, turns) < 3e-6
    assert worst(again, theirs) < 1e-4
