"""Text to motion with the learned priors (AvatarCLIP, section 4.3): candidate poses become a clip.

``interpolation`` joins the candidates in the code space of the pose VAE; ``optimisation`` searches a code of the motion
VAE whose motion passes near the candidates, moves, and fits the text ever better; ``reconstruction`` is the baseline
that only passes near the candidates. All of them stay on the spot unless the motion VAE travels.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from itertools import pairwise, permutations

import numpy as np
import torch
from scipy.ndimage import gaussian_filter1d
from torch import Tensor

from personify.body.pose import NUM_JOINTS
from personify.body.rotations import axis_angle_to_matrix, matrix_to_axis_angle
from personify.errors import PersonifyError
from personify.motion.clip import Motion
from personify.motion.grounding import lowest_heights, on_floor
from personify.motion.hands import set_hands
from personify.motion.kinematics import REFERENCE_SKELETON, interpolate
from personify.motion.posing import PELVIS_HEIGHT
from personify.motion.priors.guide import without_heading
from personify.motion.priors.losses import (
    CANDIDATE_WEIGHTS,
    DELTA_WEIGHT,
    TEXT_WEIGHT,
    delta_loss,
    pose_loss,
    text_loss,
)
from personify.motion.priors.motion_vae import MAX_FRAMES, MotionVAE, shipped_motion_vae
from personify.motion.priors.pose_generators import Candidates, Guide, generate_poses, shipped_guide
from personify.motion.priors.pose_vae import PoseVAE, shipped_pose_vae

FPS = 30.0
FRAMES = 60
STEPS = 500
RATE = 0.01
LICENCE = "Apache-2.0; trained with motion from mocap.cs.cmu.edu"
_LONGEST_CODE = 90  # frames; the motion VAE has seen no longer windows
_BLEND = 0.4  # seconds between repetitions


def interpolated_motion(
    text: str,
    frames: int = FRAMES,
    seed: int = 0,
    guide: Guide | None = None,
    candidates: Candidates | None = None,
    ordered: bool = True,
    vae: PoseVAE | None = None,
) -> Motion:
    """Candidate poses at equal distances, joined by straight lines between their codes.

    Args:
        text: an action.
        frames: how long, at 30 frames a second.
        seed: of the candidates.
        guide: which image-text model judges; the shipped one by default.
        candidates: instead of those of the code-book for ``text``.
        ordered: along the shortest path that starts at the best one, instead of by rank as in the paper.
        vae: instead of the shipped pose prior.

    Raises:
        PersonifyError: frames not from 2 to 900, or a bad text.
    """
    prior, found = vae or shipped_pose_vae(), candidates or generate_poses(text, seed=seed, guide=guide)
    poses = found.rotations[shortest_path(found.rotations)] if ordered else found.rotations
    with torch.no_grad():
        codes = prior.encode(poses[:, 1:].flatten(1))[0]
        body = prior.decode(along(codes, _checked(frames)))
    pelvis = _turning(poses[:, 0], frames)
    return grounded(text, torch.cat([pelvis[:, None], body], 1))


def optimised_motion(
    text: str,
    frames: int = FRAMES,
    seed: int = 0,
    guide: Guide | None = None,
    candidates: Candidates | None = None,
    steps: int = STEPS,
    candidate_weights: Sequence[float] = CANDIDATE_WEIGHTS,
    delta_weight: float = DELTA_WEIGHT,
    text_weight: float = TEXT_WEIGHT,
    vae: MotionVAE | None = None,
) -> Motion:
    """A code of the motion VAE from N(0, 1), moved by Adam down `pose_loss`, `delta_loss` and `text_loss`.

    Args:
        text: an action.
        frames: how long, at 30 frames a second; more than 90 repeat.
        seed: of the first code and of the frames that are compared with the text.
        guide: which image-text model judges; the shipped one by default.
        candidates: instead of those of the code-book for ``text``.
        steps: of Adam, about 30 ms each on one core; the paper takes 5000.
        candidate_weights: of the candidates, best first.
        delta_weight: of movement; lower it if the motion is too violent.
        text_weight: of the text.
        vae: instead of the shipped motion prior; must carry the pelvis.

    Raises:
        PersonifyError: frames not from 2 to 900, or a bad text.
    """
    prior, guide = vae or shipped_motion_vae(), guide or shipped_guide()
    found, wanted = candidates or generate_poses(text, seed=seed, guide=guide), guide.text(text)
    poses = without_heading(axis_angle_to_matrix(found.rotations))
    length, generator = min(_checked(frames), _LONGEST_CODE), torch.Generator().manual_seed(seed)
    code = torch.randn(1, prior.latent, generator=generator).requires_grad_()
    optimiser = torch.optim.Adam([code], RATE)
    half = max(1, length // 2)
    for _ in range(steps):
        motion = without_heading(prior.decode(code, length)[0][0, :, :22])
        start = int(torch.randint(half, (1,), generator=generator))
        shown = torch.tensor([start, min(start + half, length - 1)])
        loss = pose_loss(motion, poses, candidate_weights) + delta_weight * delta_loss(motion[:, 1:])
        if text_weight:
            loss = loss + text_weight * text_loss(guide.scores(motion[shown], wanted), shown, length)
        optimiser.zero_grad()
        loss.backward()
        optimiser.step()
    with torch.no_grad():
        rotations, travel = prior.decode(code, length)
    return lasting(grounded(text, rotations[0, :, :22], None if travel is None else travel[0]), frames)


def reconstructed_motion(
    text: str, frames: int = FRAMES, seed: int = 0, guide: Guide | None = None, steps: int = STEPS
) -> Motion:
    """`optimised_motion` that only passes near the candidates, all alike: the paper's baseline."""
    return optimised_motion(
        text, frames, seed, guide, steps=steps, candidate_weights=(1.0,), delta_weight=0.0, text_weight=0.0
    )


MOTION_GENERATORS: dict[str, Callable[..., Motion]] = {
    "interpolation": interpolated_motion,
    "optimisation": optimised_motion,
    "reconstruction": reconstructed_motion,
}
"""Every generator takes ``(text, frames, seed, guide)``."""


def anchors(count: int, frames: int) -> list[int]:
    """Frames at which the candidates stand.

    >>> anchors(5, 60)
    [0, 14, 29, 44, 59]
    """
    return [k * (frames - 1) // max(count - 1, 1) for k in range(count)]


def along(codes: Tensor, frames: int) -> Tensor:  # [K, L] -> [F, L]
    """Straight lines from code to code."""
    places = np.asarray(anchors(len(codes), frames), float)
    position = np.interp(np.arange(frames), places, np.arange(len(codes)))
    before = torch.from_numpy(position).long().clamp(max=max(len(codes) - 2, 0))
    weight = torch.from_numpy(position).to(codes.dtype)[:, None] - before[:, None]
    return codes[before] * (1 - weight) + codes[(before + 1).clamp(max=len(codes) - 1)] * weight


def shortest_path(rotations: Tensor) -> list[int]:  # [K, J, 3] -> order that starts with the first pose
    """Order of poses that moves the joints least, so that a motion does not go to and fro.

    >>> shortest_path(torch.tensor([0.0, 0.9, 0.3, 0.6]).reshape(4, 1, 1).expand(4, 1, 3))
    [0, 2, 3, 1]
    """
    poses = axis_angle_to_matrix(rotations).flatten(1)
    distance = torch.cdist(poses, poses).tolist()
    count = len(poses)
    if count > 8:  # factorials grow: always on to the nearest one left
        order = [0]
        while len(order) < count:
            order.append(min(set(range(count)) - set(order), key=lambda k: distance[order[-1]][k]))
        return order
    paths = ([0, *rest] for rest in permutations(range(1, count)))
    return min(paths, key=lambda path: sum(distance[a][b] for a, b in pairwise(path)))


def grounded(text: str, rotations: Tensor, travel: Tensor | None = None) -> Motion:
    """A clip of the reference adult with relaxed hands, on the floor.

    Args:
        text: what happens; also names the motion.
        rotations: [F, 22, 3, 3] body joints.
        travel: [F, 3] pelvis position over the pelvis height; None keeps the pelvis over the origin, as high as the
            lowest part of the body allows.
    """
    pose = np.zeros((len(rotations), NUM_JOINTS, 3))
    pose[:, :22] = matrix_to_axis_angle(rotations).numpy()
    set_hands(pose, "relaxed", "relaxed")
    name = "_".join(text.lower().split())[:40]
    place = np.tile((0.0, PELVIS_HEIGHT, 0.0), (len(pose), 1)) if travel is None else travel.numpy() * PELVIS_HEIGHT
    motion = Motion(name, FPS, pose, place, PELVIS_HEIGHT, text, False, LICENCE, "personify, learned priors")
    if travel is not None:
        return on_floor(motion)
    height = gaussian_filter1d(lowest_heights(motion, REFERENCE_SKELETON), 1.5, mode="nearest")
    return Motion(
        name, FPS, pose, place - height[:, None] * (0, 1, 0), PELVIS_HEIGHT, text, False, LICENCE, motion.source
    )


def lasting(motion: Motion, frames: int) -> Motion:
    """At least so many frames by repetition, then cut."""
    result = motion
    while result.num_frames < frames:
        result = result.concatenated(motion, _BLEND)
    cut = result.sliced(0, (frames - 1) / FPS)
    return Motion(
        motion.name, FPS, cut.rotations, cut.translation, PELVIS_HEIGHT, motion.text, False, LICENCE, motion.source
    )


def _turning(pelvis: Tensor, frames: int) -> Tensor:  # [K, 3] axis-angle -> [F, 3, 3]
    """The pelvis' tilt from anchor to anchor (slerp)."""
    places = np.asarray(anchors(len(pelvis), frames), float)
    position = np.interp(np.arange(frames), places, np.arange(len(pelvis)))
    before = np.minimum(position.astype(int), max(len(pelvis) - 2, 0))
    turns = axis_angle_to_matrix(pelvis.double()).numpy()
    after = np.minimum(before + 1, len(pelvis) - 1)
    return torch.from_numpy(interpolate(turns[before], turns[after], position - before)).float()


def _checked(frames: int) -> int:
    if not 2 <= frames <= MAX_FRAMES:
        raise PersonifyError(f"frames: {frames}; expected 2 to {MAX_FRAMES}")
    return frames
