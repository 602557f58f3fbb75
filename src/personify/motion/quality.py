"""How good a motion is: do planted feet stay put, does it move without jerks."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from personify.body.mesh import Skeleton
from personify.motion.clip import Motion
from personify.motion.grounding import sole_offsets, sole_points
from personify.motion.kinematics import REFERENCE_SKELETON, SIDES, body_frames

CONTACT_HEIGHT = 0.01  # metres; a foot whose sole is lower counts as planted. A swinging foot passes at 1 to 2 cm.


@dataclass(frozen=True)
class Quality:
    """Numbers about a motion.

    Attributes:
        foot_skate: mean speed over the floor of planted sole points, m/s.
        jerk: root mean square of the third derivative of the joints' positions, m/s^3. Larger for what is fast or far:
            a run has more than standing, however well it is made.
        smoothness: minus the logarithm of the dimensionless jerk of all joints relative to the pelvis: jerk for the
            speed there is, larger = smoother. Compare clips of equal length and frame rate. Balasubramanian et al.
            2015, "On the analysis of movement smoothness".
        speed: root mean square speed of the joints relative to the pelvis, m/s: how much is going on.
        travel: distance over the floor between first and last pelvis position, metres.
        lowest: height of the lowest sole point, metres; negative = below the floor.
    """

    foot_skate: float
    jerk: float
    smoothness: float
    speed: float
    travel: float
    lowest: float


def quality(motion: Motion, skeleton: Skeleton = REFERENCE_SKELETON) -> Quality:
    """Measure a motion on a skeleton.

    The skate is the speed of each foot's lowest sole point, weighed by 2 - 2^(h / H) with h its height above the clip's
    own floor (the 5th percentile of lowest heights, so that floating does not help) and H = 1 cm; after Zhang et al.
    2018, "Mode-adaptive neural networks for quadruped motion control", section 7, who use 2.5 cm.

    Example:
        >>> from personify.motion.locomotion import gait_motion
        >>> quality(gait_motion("walk").looped(4)).foot_skate < 0.05
        True
    """
    orientations, positions = body_frames(motion.rotations, motion.translation, skeleton)
    soles = np.stack([sole_points(orientations, positions, side, sole_offsets(skeleton)) for side, _ in SIDES], 1)
    around = positions - positions[:, :1]
    return Quality(
        foot_skate=_foot_skate(soles, motion.fps),
        jerk=_jerk(positions, motion.fps),
        smoothness=_smoothness(around, motion.fps),
        speed=_root_mean_square(np.diff(around, axis=0) * motion.fps),
        travel=float(np.linalg.norm((motion.translation[-1] - motion.translation[0])[[0, 2]])),
        lowest=float(soles[..., 1].min()),
    )


def _foot_skate(soles: np.ndarray, fps: float) -> float:
    """Of sole points [F, 2, K, 3] by foot."""
    if len(soles) < 2:
        return 0.0
    floor = np.percentile(soles[..., 1].min((1, 2)), 5)
    lowest = (soles[1:, ..., 1] + soles[:-1, ..., 1]).argmin(-1)[..., None]
    speeds = np.linalg.norm(np.diff(soles[..., [0, 2]], axis=0), axis=-1) * fps
    heights = np.maximum(soles[1:, ..., 1], soles[:-1, ..., 1]) - floor
    speed, height = (np.take_along_axis(values, lowest, -1)[..., 0] for values in (speeds, heights))
    weight = (2 - 2 ** (height.clip(0) / CONTACT_HEIGHT)).clip(0)
    return float((weight * speed).sum() / weight.sum()) if weight.any() else 0.0


def _jerk(positions: np.ndarray, fps: float) -> float:
    """Of joint positions [F, J, 3]."""
    return _root_mean_square(np.diff(positions, n=3, axis=0) * fps**3)


def _root_mean_square(vectors: np.ndarray) -> float:
    """Of the lengths of [..., 3]; 0 of none."""
    return float(np.sqrt((vectors**2).sum(-1).mean())) if vectors.size else 0.0


def _smoothness(positions: np.ndarray, fps: float) -> float:
    """-ln(T^3 / v_peak^2 * integral of jerk^2), speeds and jerks summed over joints [F, J, 3]; nan if nothing moves."""
    if len(positions) < 4:
        return float("nan")
    peak = ((np.diff(positions, axis=0) * fps) ** 2).sum((1, 2)).max()
    jerk = ((np.diff(positions, n=3, axis=0) * fps**3) ** 2).sum((1, 2)).mean()
    duration = (len(positions) - 1) / fps
    return float(-np.log(duration**4 * jerk / peak)) if peak > 1e-8 else float("nan")
