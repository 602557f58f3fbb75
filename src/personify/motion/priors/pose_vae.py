"""`PoseVAE`: the space of body poses that people take, in VPoser's form (Pavlakos et al. 2019, section 3.3).

63 numbers (21 body joints without the pelvis, axis-angle) become the mean and deviation of 32 latent numbers; the
decoder answers with six numbers per joint, which Gram-Schmidt makes a rotation.
"""

from __future__ import annotations

from functools import lru_cache

from torch import Tensor, nn
from torch.nn import functional

from personify.body.pose import NUM_BODY_JOINTS
from personify.body.rotations import matrix_to_axis_angle, rotation_6d_to_matrix
from personify.errors import PersonifyError
from personify.motion.priors.weights import load_prior

NUM_POSED = NUM_BODY_JOINTS - 1  # the pelvis says where somebody faces or lies, not which pose they take
POSE_SIZE = 3 * NUM_POSED


class _Normal(nn.Module):
    """Mean and deviation of a normal distribution; the deviation is the softplus of what VPoser calls ``logvar``."""

    def __init__(self, inside: int, outside: int) -> None:
        super().__init__()
        self.mu = nn.Linear(inside, outside)
        self.logvar = nn.Linear(inside, outside)

    def forward(self, x: Tensor) -> tuple[Tensor, Tensor]:
        return self.mu(x), functional.softplus(self.logvar(x))


class PoseVAE(nn.Module):
    """Poses to latents and back.

    Modules stand at VPoser v2's places and under its names, so its checkpoints load as they are
    (`personify.motion.priors.official.load_vposer`).

    Args:
        neurons: width of the hidden layers.
        latent: numbers of the code.
        dropout: while training.

    Example:
        >>> import torch
        >>> vae = PoseVAE(neurons=16).eval()
        >>> mean, deviation = vae.encode(torch.zeros(2, 63))
        >>> mean.shape, vae.decode(mean).shape
        (torch.Size([2, 32]), torch.Size([2, 21, 3, 3]))
    """

    def __init__(self, neurons: int = 512, latent: int = 32, dropout: float = 0.1) -> None:
        super().__init__()
        self.latent = latent
        self.encoder_net = nn.Sequential(
            nn.Flatten(),
            nn.BatchNorm1d(POSE_SIZE),
            nn.Linear(POSE_SIZE, neurons),
            nn.LeakyReLU(),
            nn.BatchNorm1d(neurons),
            nn.Dropout(dropout),
            nn.Linear(neurons, neurons),
            nn.Linear(neurons, neurons),
            _Normal(neurons, latent),
        )
        self.decoder_net = nn.Sequential(
            nn.Linear(latent, neurons),
            nn.LeakyReLU(),
            nn.Dropout(dropout),
            nn.Linear(neurons, neurons),
            nn.LeakyReLU(),
            nn.Linear(neurons, 6 * NUM_POSED),
        )

    def encode(self, pose: Tensor) -> tuple[Tensor, Tensor]:  # [N, 63] or [N, 21, 3] axis-angle -> [N, L], [N, L]
        """Mean and standard deviation of the codes of poses.

        Raises:
            PersonifyError: not [N, 63] or [N, 21, 3].
        """
        if pose.shape[1:] not in ((POSE_SIZE,), (NUM_POSED, 3)):
            raise PersonifyError(f"pose: shape {list(pose.shape)}; expected [N, 63] axis-angle of the joints 1 to 21")
        return self.encoder_net(pose)

    def decode(self, latent: Tensor) -> Tensor:  # [N, L] -> [N, 21, 3, 3]
        """Rotation matrices relative to the parent joint.

        Raises:
            PersonifyError: not [N, L].
        """
        if latent.ndim != 2 or latent.shape[1] != self.latent:
            raise PersonifyError(f"latent: shape {list(latent.shape)}; expected [N, {self.latent}]")
        # VPoser interleaves the two columns: (x1, x2, y1, y2, z1, z2).
        columns = self.decoder_net(latent).unflatten(-1, (NUM_POSED, 3, 2))
        return rotation_6d_to_matrix(columns.mT.flatten(-2))

    def decode_pose(self, latent: Tensor) -> Tensor:  # [N, L] -> [N, 21, 3]
        """`decode` as axis-angle, angles up to pi."""
        return matrix_to_axis_angle(self.decode(latent))

    def reconstruct(self, pose: Tensor) -> Tensor:  # [N, 63] or [N, 21, 3] -> [N, 21, 3]
        """The nearest pose that the prior knows: decoded mean code."""
        return self.decode_pose(self.encode(pose)[0])


@lru_cache(maxsize=1)
def shipped_pose_vae() -> PoseVAE:
    """The prior trained by ``tools/train_pose_vae.py``."""
    return load_prior(PoseVAE, "pose_vae.safetensors")
