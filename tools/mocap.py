"""The open motion set (format h22-motion-v1) as the prior trainings see it: clips, mirrored, balanced, split.

Clips of one take stay together: a tenth of the takes is held out and never trained on.
"""

from __future__ import annotations

import re
import zlib
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from bake_motions import undelta
from torch import Tensor

from personify.body.pose import BODY_JOINTS, JOINT_INDEX, mirrored_joint
from personify.body.rotations import axis_angle_to_matrix
from personify.body.skinning import forward_kinematics
from personify.motion.kinematics import BODY_PARENTS, REFERENCE_SKELETON, body_rest

CREDIT = (
    "The data used in this project was obtained from mocap.cs.cmu.edu. The database was created with funding from NSF "
    "EIA-0196217."
)
MIRROR = [JOINT_INDEX[mirrored_joint(name)] for name in BODY_JOINTS]
REST = torch.from_numpy(body_rest(REFERENCE_SKELETON)).float()
_ANKLE = JOINT_INDEX["left_ankle"]


@dataclass(frozen=True)
class Clip:
    """One recording.

    Attributes:
        name: identifier in the set.
        text: what happens.
        weight: of each frame; balances the families.
        rotations: [F, 22, 3] axis-angle.
        travel: [F, 3] pelvis position over the pelvis height of the T-pose.
        recorded: [22] False where the recording has no such joint.
    """

    name: str
    text: str
    weight: float
    rotations: Tensor
    travel: Tensor
    recorded: Tensor

    @property
    def held_out(self) -> bool:
        """Whether the take is one of the tenth for testing."""
        return zlib.crc32(re.split(r"[.@]|_mirrored", self.name)[0].encode()) % 10 == 0

    def mirrored(self) -> Clip:
        """Left and right exchanged."""
        rotations = self.rotations[:, MIRROR] * torch.tensor([1.0, -1, -1])
        travel = self.travel * torch.tensor([-1.0, 1, 1])
        text = re.sub("left|right", lambda match: "right" if match[0] == "left" else "left", self.text)
        return Clip(self.name, text, self.weight, rotations, travel, self.recorded[MIRROR])


def read_clips(path: Path | str) -> list[Clip]:
    """All clips of a file of the set."""
    with np.load(path, allow_pickle=False) as file:
        data = dict(file)
    rotations = undelta(data["rot_lo"], data["rot_hi"]).astype(np.float32) * np.float32(data["rot_step"])
    translation = undelta(data["trans_lo"], data["trans_hi"]).astype(np.float32) * np.float32(data["trans_step"])
    clips = []
    for k, (start, stop) in enumerate(zip(data["clip_start"], data["clip_start"][1:], strict=False)):
        skeleton = data["clip_skel"][k]
        travel = translation[start:stop] / _pelvis_height(data["rest_offsets"][skeleton])
        clips.append(
            Clip(
                str(data["clip_id"][k]), str(data["clip_text"][k]), float(data["clip_weight"][k]),
                torch.from_numpy(rotations[start:stop]), torch.from_numpy(travel),
                torch.from_numpy(data["joint_mask"][skeleton]),
            )
        )  # fmt: skip
    return clips


def _pelvis_height(rest_offsets: np.ndarray) -> float:
    """Of the T-pose: the drop to the ankles, which are a fixed fraction of it above the sole."""
    drop, joint = 0.0, _ANKLE
    while joint > 0:
        drop -= float(rest_offsets[joint, 1])
        joint = BODY_PARENTS[joint]
    return drop * float(REST[0, 1] / (REST[0, 1] - REST[_ANKLE, 1]))


def split(clips: Sequence[Clip]) -> tuple[list[Clip], list[Clip]]:
    """Clips to train on (with their mirror images) and held-out ones."""
    train = [clip for clip in clips if not clip.held_out]
    return [*train, *(clip.mirrored() for clip in train)], [clip for clip in clips if clip.held_out]


def joint_positions(rotations: Tensor) -> Tensor:  # [..., 22, 3, 3] -> [..., 22, 3]
    """Metres from the pelvis, on the reference adult."""
    return forward_kinematics(rotations, REST, BODY_PARENTS)[..., :3, 3] - REST[0]


def matrices(clip: Clip) -> Tensor:  # [F, 22, 3, 3]
    """Rotations of a clip as matrices."""
    return axis_angle_to_matrix(clip.rotations)
