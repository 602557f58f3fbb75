import pytest
import torch

from motion.priors import small
from motion.priors.helpers import random_rotations
from personify.body.rotations import matrix_to_axis_angle
from personify.errors import PersonifyError
from personify.motion.priors.pose_vae import PoseVAE, shipped_pose_vae


def test_decoded_matrices_are_rotations():
    rotations = small.pose_vae().decode(torch.randn(5, 32, generator=torch.Generator().manual_seed(0)))
    assert rotations.shape == (5, 21, 3, 3)
    assert (rotations @ rotations.mT - torch.eye(3)).abs().max() < 1e-5
    assert (torch.linalg.det(rotations) - 1).abs().max() < 1e-5


def test_numbers_and_joints_mean_the_same():
    vae, pose = small.pose_vae(), torch.randn(3, 21, 3, generator=torch.Generator().manual_seed(0))
    assert vae.encode(pose)[0].equal(vae.encode(pose.flatten(1))[0])


def test_deviations_are_positive():
    assert (small.pose_vae().encode(torch.zeros(2, 63))[1] > 0).all()


@pytest.mark.parametrize("shape", [(63,), (2, 66), (2, 22, 3)])
def test_wrong_poses_are_refused(shape):
    with pytest.raises(PersonifyError, match=r"expected \[N, 63\]"):
        small.pose_vae().encode(torch.zeros(shape))


def test_wrong_codes_are_refused():
    with pytest.raises(PersonifyError, match=r"expected \[N, 32\]"):
        small.pose_vae().decode(torch.zeros(2, 31))


def test_gradient_reaches_the_code():
    vae = PoseVAE(neurons=8, latent=4).double().eval()
    code = torch.randn(2, 4, dtype=torch.double, generator=torch.Generator().manual_seed(0), requires_grad=True)
    assert torch.autograd.gradcheck(vae.decode, code)


def test_shipped_prior_keeps_poses_it_has_learned_and_repairs_impossible_ones():
    vae = shipped_pose_vae()
    standing = torch.zeros(1, 21, 3)
    standing[0, 15, 2], standing[0, 16, 2] = -1.2, 1.2  # arms hang down
    assert (vae.reconstruct(standing) - standing).abs().mean() < 0.1
    broken = matrix_to_axis_angle(random_rotations(64, 21, scale=1.5))
    bend = vae.reconstruct(broken)[:, 3:5, 0]  # knees: forward is negative
    assert (bend < -0.6).float().mean() < (broken[:, 3:5, 0] < -0.6).float().mean()
