import pytest
import torch

from motion.priors import small
from motion.priors.helpers import random_rotations, worst
from personify.errors import PersonifyError
from personify.motion.priors.losses import candidate_distances, delta_loss, long_rotation_vectors, pose_loss, text_loss
from personify.motion.priors.motion_vae import LinearMotion, MotionVAE, motion_features


def clip(frames=20, seed=0):
    return random_rotations(2, frames, 22, seed=seed), torch.randn(2, frames, 3)


@pytest.mark.parametrize("frames", [1, 7, 60, 90])
def test_any_length(frames):
    vae = small.motion_vae()
    rotations, travel = vae.decode(torch.randn(3, 16), frames)
    assert rotations.shape == (3, frames, 22, 3, 3)
    assert travel.shape == (3, frames, 3)
    assert (rotations @ rotations.mT - torch.eye(3)).abs().max() < 1e-5
    mean, deviation = vae.encode(rotations, travel)
    assert mean.shape == deviation.shape == (3, 16)
    assert (deviation > 0).all()


def test_six_numbers_are_the_first_two_rows():
    rotations, travel = clip()
    features = motion_features(rotations, travel)
    assert features.shape == (2, 20, 135)
    assert features[0, 3, :6].equal(rotations[0, 3, 0, :2].flatten())
    assert features[..., 132:].equal(travel)


def test_cosines_are_orthonormal_for_every_length():
    linear = LinearMotion(1, 6, 1)
    for frames in (6, 30, 61):
        basis = linear.basis(frames, torch.zeros(1, dtype=torch.double))
        assert (basis.T @ basis / frames - torch.eye(6)).abs().max() < 1e-12
    assert not linear.basis(4, torch.zeros(1))[:, 4:].any()


def test_linear_path_keeps_what_its_harmonics_can_say():
    linear = LinearMotion(2, 5, 10)
    with torch.no_grad():
        for layer in (linear.analysis, linear.synthesis):
            layer.weight.copy_(torch.eye(10))
            layer.bias.zero_()
    slow = linear.decode(torch.randn(1, 10), 40)
    assert worst(linear.decode(linear.encode(slow), 40), slow) < 1e-5


def test_without_linear_path_and_travel():
    vae = MotionVAE(5, travels=False, latent=8, width=8, heads=2, feedforward=8, layers=1, harmonics=0).eval()
    rotations, travel = vae.decode(torch.zeros(1, 8), 4)
    assert rotations.shape == (1, 4, 5, 3, 3)
    assert travel is None
    assert vae.encode(rotations)[0].shape == (1, 8)


@pytest.mark.parametrize(
    ("rotations", "travel"), [((1, 4, 21, 3, 3), (1, 4, 3)), ((4, 22, 3, 3), (1, 4, 3)), ((1, 4, 22, 3, 3), None)]
)
def test_wrong_motions_are_refused(rotations, travel):
    with pytest.raises(PersonifyError, match="expected"):
        small.motion_vae().encode(torch.zeros(rotations), None if travel is None else torch.zeros(travel))


@pytest.mark.parametrize(("code", "frames"), [((1, 15), 10), ((16,), 10), ((1, 16), 0), ((1, 16), 901)])
def test_wrong_codes_and_lengths_are_refused(code, frames):
    with pytest.raises(PersonifyError, match="expected"):
        small.motion_vae().decode(torch.zeros(code), frames)


def test_gradient_reaches_the_code():
    vae = small.motion_vae(latent=4, harmonics=2).double()
    code = torch.randn(1, 4, dtype=torch.double, requires_grad=True)
    assert torch.autograd.gradcheck(lambda z: vae.decode(z, 3)[0], code)


def test_a_motion_through_the_candidates_has_no_pose_loss():
    motion = random_rotations(10, 21)
    assert float(pose_loss(motion, motion[[2, 7]])) == pytest.approx(0, abs=1e-9)
    assert candidate_distances(motion, random_rotations(3, 21, seed=5)).min() > 0.01


def test_candidate_weights():
    motion, candidates = random_rotations(4, 21), random_rotations(7, 21, seed=1)
    distances = candidate_distances(motion, candidates)
    assert pose_loss(motion, candidates, (1.0, 0.5)).allclose(distances[0] + 0.5 * distances[1:].sum())
    assert pose_loss(motion, candidates[:1], (1.0, 0.5)).allclose(distances[0])
    with pytest.raises(PersonifyError, match="weights"):
        pose_loss(motion, candidates, ())


def test_standing_still_moves_least():
    still = random_rotations(1, 21).expand(6, -1, -1, -1)
    assert float(delta_loss(still)) == 0
    assert float(delta_loss(random_rotations(6, 21))) < -0.01


def test_later_frames_weigh_more():
    similarities, frames = torch.tensor([0.2, 0.2]), torch.tensor([15, 45])
    assert float(text_loss(similarities, frames, 60)) == pytest.approx(0.8 * (0.25 + 0.75))


def test_long_rotation_vectors_are_the_same_rotations_and_differentiable():
    from personify.body.rotations import axis_angle_to_matrix

    rotations = random_rotations(50, scale=2.0)
    vectors = long_rotation_vectors(rotations)
    assert worst(axis_angle_to_matrix(vectors), rotations) < 1e-5
    assert vectors.norm(dim=1).max() > 3.2  # beyond what the short way gives
    still = torch.eye(3, dtype=torch.double)[None].requires_grad_()
    assert torch.autograd.grad(long_rotation_vectors(still).sum(), still)[0].isfinite().all()
