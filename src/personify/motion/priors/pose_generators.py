"""Text to candidate poses, four ways (AvatarCLIP, section 4.2 and its baselines).

``codebook`` looks the text up among embedded poses and is the method; ``direct`` climbs the score with joint angles,
``vae`` with a code of the pose VAE, and ``flow`` keeps the best of many codes that a conditional RealNVP draws.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache

import torch
from torch import Tensor

from personify.body.rotations import axis_angle_to_matrix, matrix_to_axis_angle
from personify.errors import PersonifyError
from personify.motion.priors.codebook import CANDIDATES, FILTER_THRESHOLD, PRE_TOPK, PoseCodebook
from personify.motion.priors.guide import TextEncoder
from personify.motion.priors.pose_text import shipped_pose_text
from personify.motion.priors.pose_vae import NUM_POSED, PoseVAE, shipped_pose_vae
from personify.motion.priors.realnvp import ConditionalRealNVP
from personify.motion.priors.weights import load_prior

TEMPLATE = "a rendered 3d man is {}"
STEPS = 500
RATE = 0.01
FLOW_BATCHES, FLOW_BATCH = 50, 10


@dataclass(frozen=True)
class Guide:
    """Who says how well a pose fits a text.

    Attributes:
        model: embeds texts.
        codebook: poses with embeddings by the same model, and the encoder of further poses.
        template: what the text is put into; models of pictures expect to be told of one.
    """

    model: TextEncoder
    codebook: PoseCodebook
    template: str = TEMPLATE

    def __post_init__(self) -> None:
        if self.model.name != self.codebook.model:
            raise PersonifyError(
                f"code-book: made with model {self.codebook.model!r}, not {self.model.name!r}; "
                "build one with `personify codebook build`"
            )

    def text(self, text: str) -> Tensor:  # [D]
        """Embedding of a text.

        Raises:
            PersonifyError: the text is empty.
        """
        if not text.strip():
            raise PersonifyError("text: is empty; expected an action such as 'raising both arms'")
        with torch.no_grad():
            return self.model.encode_text([self.template.format(text)])[0]

    def scores(self, rotations: Tensor, text: Tensor) -> Tensor:  # [N, 22, 3, 3], [D] -> [N]
        """Cosines of poses with an embedded text, differentiable in the poses."""
        return self.codebook.encoder(rotations) @ text


@dataclass(frozen=True)
class Candidates:
    """Poses for a text.

    Attributes:
        rotations: [K, 22, 3] axis-angle of the body joints, best first; the pelvis' is its tilt.
        scores: [K] cosines with the text.
    """

    rotations: Tensor
    scores: Tensor


@lru_cache(maxsize=1)
def shipped_guide() -> Guide:
    """The shipped pose-text model with its code-book."""
    return Guide(shipped_pose_text(), PoseCodebook.load(), "{}")


@lru_cache(maxsize=1)
def shipped_flow() -> ConditionalRealNVP:
    """The conditional RealNVP trained by ``tools/train_pose_flow.py`` for the shipped guide."""
    return load_prior(ConditionalRealNVP, "pose_flow.safetensors")


def codebook_poses(
    text: str,
    count: int = CANDIDATES,
    seed: int = 0,
    guide: Guide | None = None,
    pre_topk: int = PRE_TOPK,
    threshold: float = FILTER_THRESHOLD,
) -> Candidates:
    """The best different poses of the code-book: of the ``pre_topk`` nearest, those not within ``threshold``."""
    guide = guide or shipped_guide()
    return Candidates(*guide.codebook.candidates(guide.text(text), count, pre_topk, threshold))


def direct_poses(
    text: str, count: int = CANDIDATES, seed: int = 0, guide: Guide | None = None, steps: int = STEPS
) -> Candidates:
    """Joint angles from N(0, 1) rad, each restart climbing the score by Adam."""
    start = torch.randn(_checked(count), 3 * NUM_POSED, generator=torch.Generator().manual_seed(seed))
    return _climbed(text, start, _from_angles, guide or shipped_guide(), steps)


def vae_poses(
    text: str,
    count: int = CANDIDATES,
    seed: int = 0,
    guide: Guide | None = None,
    steps: int = STEPS,
    vae: PoseVAE | None = None,
) -> Candidates:
    """Codes of the pose VAE from N(0, 1), each restart climbing the score by Adam."""
    prior = vae or shipped_pose_vae()
    start = torch.randn(_checked(count), prior.latent, generator=torch.Generator().manual_seed(seed))
    return _climbed(text, start, prior.decode, guide or shipped_guide(), steps)


def flow_poses(
    text: str,
    count: int = CANDIDATES,
    seed: int = 0,
    guide: Guide | None = None,
    vae: PoseVAE | None = None,
    flow: ConditionalRealNVP | None = None,
) -> Candidates:
    """For every candidate the best of 500 codes that a RealNVP draws for the text.

    Raises:
        PersonifyError: the flow was trained for a guide with other embeddings.
    """
    guide, prior, flow = guide or shipped_guide(), vae or shipped_pose_vae(), flow or shipped_flow()
    wanted = guide.text(text)
    if len(wanted) != flow.condition:
        raise PersonifyError(
            f"RealNVP: trained for embeddings of {flow.condition} numbers, not the {len(wanted)} of {guide.model.name}"
        )
    draws = _checked(count) * FLOW_BATCHES * FLOW_BATCH
    noise = torch.randn(draws, flow.dim, generator=torch.Generator().manual_seed(seed))
    with torch.no_grad():
        rotations = _with_pelvis(prior.decode(flow.decode(noise, wanted.expand(draws, -1))))
        scores = guide.scores(rotations, wanted).unflatten(0, (count, -1))
    best = scores.argmax(1) + torch.arange(count) * scores.shape[1]
    return _sorted(rotations[best], scores.flatten()[best])


POSE_GENERATORS: dict[str, Callable[..., Candidates]] = {
    "codebook": codebook_poses,
    "direct": direct_poses,
    "vae": vae_poses,
    "flow": flow_poses,
}


def generate_poses(
    text: str, generator: str = "codebook", count: int = CANDIDATES, seed: int = 0, guide: Guide | None = None
) -> Candidates:
    """Candidate poses for a text by one of `POSE_GENERATORS`.

    Args:
        text: an action, e.g. ``"raising both arms"``.
        generator: ``"codebook"``, ``"direct"``, ``"vae"`` or ``"flow"``.
        count: how many, 1 or more.
        seed: of random starts; the code-book has none.
        guide: which image-text model judges; the shipped one by default.

    Raises:
        PersonifyError: an unknown generator, an empty text, or a bad count.

    Example:
        >>> generate_poses("raising both arms", count=3).rotations.shape
        torch.Size([3, 22, 3])
    """
    if generator not in POSE_GENERATORS:
        raise PersonifyError(f"generator: {generator!r} is not known; expected one of {', '.join(POSE_GENERATORS)}")
    return POSE_GENERATORS[generator](text, count, seed, guide)


def _checked(count: int) -> int:
    if not 1 <= count <= 1000:
        raise PersonifyError(f"count: {count}; expected 1 to 1000")
    return count


def _from_angles(angles: Tensor) -> Tensor:  # [K, 63] -> [K, 21, 3, 3]
    return axis_angle_to_matrix(angles.unflatten(1, (NUM_POSED, 3)))


def _with_pelvis(rotations: Tensor) -> Tensor:  # [K, 21, 3, 3] -> [K, 22, 3, 3]
    return torch.cat([torch.eye(3).expand(len(rotations), 1, 3, 3), rotations], 1)


def _climbed(text: str, start: Tensor, decode: Callable[[Tensor], Tensor], guide: Guide, steps: int) -> Candidates:
    """Adam on one minus the cosine; the restarts share a batch and do not touch each other."""
    wanted, variables = guide.text(text), start.clone().requires_grad_()
    optimiser = torch.optim.Adam([variables], RATE)
    for _ in range(steps):
        optimiser.zero_grad()
        (1 - guide.scores(_with_pelvis(decode(variables)), wanted)).sum().backward()
        optimiser.step()
    with torch.no_grad():
        rotations = _with_pelvis(decode(variables))
        return _sorted(rotations, guide.scores(rotations, wanted))


def _sorted(rotations: Tensor, scores: Tensor) -> Candidates:  # [K, 22, 3, 3], [K]
    order = scores.argsort(descending=True)
    return Candidates(matrix_to_axis_angle(rotations[order]), scores[order])
