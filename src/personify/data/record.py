"""`PersonRecord`: pictures of one person with everything that is known about them, as one file."""

from __future__ import annotations

import dataclasses
import zipfile
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from personify.body.pose import JOINT_INDEX, JOINT_NAMES, NUM_JOINTS, mirrored_joint
from personify.errors import PersonifyError
from personify.files import atomic_path

Float = NDArray[np.float32]
INFLUENCES = 4
_OTHER_SIDE = np.array([JOINT_INDEX[mirrored_joint(name)] for name in JOINT_NAMES])


@dataclass(frozen=True)
class PersonRecord:
    """V square pictures of one person, with exact cameras, poses and surface maps.

    The surface is stored for the P pixels that see it, in the order of ``pixels``.

    Attributes:
        images: [V, S, S, 4] uint8 sRGB with straight alpha.
        viewmats: [V, 4, 4] float32 world-to-camera.
        Ks: [V, 3, 3] float32, pixels.
        poses: [V, 55, 3] float32 axis-angle; the pelvis stays where the T-pose has it.
        joints: [55, 3] float32 metres, this person's T-pose.
        pixels: [P] int32 flat index into [V, S, S] of every pixel whose centre sees the person.
        positions: [P, 3] float16 metres, the seen surface point in this person's T-pose.
        joint_index: [P, 4] uint8 joints that move the point, strongest first.
        joint_weight: [P, 4] uint8 their weights, 255 = 1; rows sum to about 255.
        caption: who this is, as JSON of an `Outfit`, or empty.
    """

    images: NDArray[np.uint8]
    viewmats: Float
    Ks: Float
    poses: Float
    joints: Float
    pixels: NDArray[np.int32]
    positions: NDArray[np.float16]
    joint_index: NDArray[np.uint8]
    joint_weight: NDArray[np.uint8]
    caption: str = ""

    def __post_init__(self) -> None:
        views, size = self.images.shape[0], self.images.shape[1]
        count = len(self.pixels)
        expected = {
            "images": (views, size, size, 4), "viewmats": (views, 4, 4), "Ks": (views, 3, 3),
            "poses": (views, NUM_JOINTS, 3), "joints": (NUM_JOINTS, 3), "positions": (count, 3),
            "joint_index": (count, INFLUENCES), "joint_weight": (count, INFLUENCES),
        }  # fmt: skip
        for name, shape in expected.items():
            if getattr(self, name).shape != shape:
                raise PersonifyError(
                    f"person record: {name} is {list(getattr(self, name).shape)}; expected {list(shape)}"
                )

    def mirrored(self) -> tuple[PersonRecord, NDArray[np.intp]]:
        """The same person in a mirror at x = 0, and which of the old rows of the surface each new row is."""
        size = self.images.shape[1]
        flipped = self.pixels - self.pixels % size + size - 1 - self.pixels % size
        order = np.argsort(flipped)
        flip = np.array([-1, 1, 1, 1], np.float32)
        Ks = self.Ks.copy()
        Ks[:, 0, 2] = size - Ks[:, 0, 2]
        mirrored = dataclasses.replace(
            self,
            images=self.images[:, :, ::-1],
            viewmats=flip[:, None] * self.viewmats * flip,
            Ks=Ks,
            poses=self.poses[:, _OTHER_SIDE] * np.array([1, -1, -1], np.float32),
            joints=self.joints[_OTHER_SIDE] * flip[:3],
            pixels=flipped[order],
            positions=self.positions[order] * flip[:3].astype(np.float16),
            joint_index=_OTHER_SIDE[self.joint_index[order]].astype(np.uint8),
            joint_weight=self.joint_weight[order],
        )
        return mirrored, order

    def save(self, path: Path | str) -> Path:
        """Write one ``.npz`` file, atomically."""
        with atomic_path(path) as temporary, open(temporary, "wb") as file:
            np.savez_compressed(file, **{f.name: getattr(self, f.name) for f in dataclasses.fields(self)})
        return Path(path)

    @staticmethod
    def load(path: Path | str) -> PersonRecord:
        """Inverse of `save`.

        Raises:
            PersonifyError: missing, damaged or not a record.
        """
        try:
            with np.load(path, allow_pickle=False) as data:
                fields = {f.name: data[f.name] for f in dataclasses.fields(PersonRecord)}
        except (OSError, ValueError, KeyError, EOFError, zipfile.BadZipFile) as error:
            raise PersonifyError(f"{path}: not a readable person record ({error}); render it again") from error
        return PersonRecord(**{**fields, "caption": str(fields["caption"])})
