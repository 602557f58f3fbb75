"""Batches for the photo network: some pictures to look at, others to draw, and the truth about all of them.

Batch number ``step`` depends on nothing but the seed and ``step``, so a resumed run continues as if never stopped and
several processes take turns without sharing anything.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, fields

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.utils.data import Dataset

from personify.body.rotations import axis_angle_to_matrix
from personify.data.augment import Grade, Window, degrade, occlude
from personify.data.views import Indices, azimuths, training_views
from personify.errors import PersonifyError
from personify.photos.template import Template
from personify.train.targets import KnownPerson, dense_weights

_SOLID = 0.5  # alpha from which a pixel belongs to the person


@dataclass(frozen=True)
class PhotoBatch:
    """B people with V photos to look at and C pictures to draw, S x S pixels each, and their surface on the template.

    Attributes:
        images: [B, V, 3, S, S] sRGB over one background per person.
        masks: [B, V, S, S].
        viewmats: [B, V, 4, 4] of the photos.
        Ks: [B, V, 3, 3] of the photos.
        poses: [B, V, 55, 3] in the photos.
        positions: [B, V, S, S, 3] canonical positions; where ``known``.
        lbs_weights: [B, V, S, S, 55]; where ``known``.
        known: [B, V, S, S] 1 where a photo's surface is known.
        target_images: [B, C, S, S, 3] over ``backgrounds``.
        target_alphas: [B, C, S, S].
        target_viewmats: [B, C, 4, 4].
        target_Ks: [B, C, 3, 3].
        target_poses: [B, C, 55, 3].
        backgrounds: [B, 3] behind the targets.
        joints: [B, 55, 3] of each person's T-pose.
        texel_positions: [B, H, W, 3] canonical positions of the surface over each texel; where ``texel_known``.
        texel_colors: [B, H, W, 3] sRGB.
        texel_weights: [B, H, W, 55] skinning.
        texel_known: [B, H, W] 1 where the surface was seen.
    """

    images: Tensor
    masks: Tensor
    viewmats: Tensor
    Ks: Tensor
    poses: Tensor
    positions: Tensor
    lbs_weights: Tensor
    known: Tensor
    target_images: Tensor
    target_alphas: Tensor
    target_viewmats: Tensor
    target_Ks: Tensor
    target_poses: Tensor
    backgrounds: Tensor
    joints: Tensor
    texel_positions: Tensor
    texel_colors: Tensor
    texel_weights: Tensor
    texel_known: Tensor

    @property
    def turns(self) -> Tensor:  # [B, V, 2]
        """(Cosine, sine) of every camera's azimuth around the person's pelvis, 0 in front."""
        pelvis = axis_angle_to_matrix(self.poses[..., 0, :])
        right = (self.viewmats[..., 0, None, :3] @ pelvis)[..., 0, :]
        return torch.nn.functional.normalize(right[..., [0, 2]] * right.new_tensor([1.0, -1.0]), dim=-1)

    @property
    def image_size(self) -> tuple[int, int]:
        return self.images.shape[-2], self.images.shape[-1]

    def to(self, device: torch.device | str) -> PhotoBatch:
        """The same on another device."""
        return PhotoBatch(*(getattr(self, field.name).to(device) for field in fields(self)))


def collate(samples: Sequence[dict[str, NDArray[np.float32]]]) -> PhotoBatch:
    """Stack samples of equal shapes."""
    return PhotoBatch(**{name: torch.from_numpy(np.stack([s[name] for s in samples])) for name in samples[0]})


def sample(
    person: KnownPerson,
    inputs: Indices,
    targets: Indices,
    size: int,
    template_size: tuple[int, int],
    rng: np.random.Generator | None = None,
) -> dict[str, NDArray[np.float32]]:
    """One person's part of a batch.

    Args:
        person: who.
        inputs: views to look at.
        targets: views to draw.
        size: pixels along each side.
        template_size: (height, width) of the template's maps.
        rng: disturbs photos, windows and colours; None shows everything as it is, over black.
    """
    record = person.record
    grade = Grade.draw(rng, 0.0 if rng.random() < 0.3 else 1.0) if rng else None
    background = np.zeros(3, np.float32) if rng is None else rng.random(3, np.float32)
    behind = background if rng is None or rng.random() < 0.5 else rng.random(3, np.float32)
    photos = [_photo(person, view, size, behind, grade, rng) for view in inputs]
    drawn = [_target(person, view, size, background, grade, rng) for view in targets]
    result = {name: np.stack([photo[name] for photo in photos]) for name in photos[0]}
    result |= {f"target_{name}": np.stack([target[name] for target in drawn]) for name in drawn[0]}
    return result | {
        "poses": record.poses[inputs],
        "target_poses": record.poses[targets],
        "backgrounds": background,
        "joints": record.joints,
        **_texel_maps(person, template_size, grade),
    }


def _window(size: int, rng: np.random.Generator | None) -> Window:
    return Window(0.0, 0.0, size) if rng is None else Window.draw(size, rng)


def _picture(
    person: KnownPerson, view: int, window: Window, size: int, grade: Grade | None
) -> tuple[NDArray[np.float32], NDArray[np.float32], NDArray[np.float32]]:
    """Straight colour [S, S, 3], alpha [S, S] and intrinsics of a window."""
    rgba = np.divide(window.resample(person.record.images[view], size), 255, dtype=np.float32)
    alpha = rgba[..., 3]
    color: NDArray[np.float32] = (rgba[..., :3] / np.maximum(alpha, 1e-3)[..., None]).clip(0, 1)
    return (grade(color) if grade else color), alpha, window.intrinsics(person.record.Ks[view], size)


def _photo(
    person: KnownPerson,
    view: int,
    size: int,
    background: NDArray[np.float32],
    grade: Grade | None,
    rng: np.random.Generator | None,
) -> dict[str, NDArray[np.float32]]:
    """A picture to look at: the person cut out without a mixed edge, and what each pixel sees."""
    source = person.record.images.shape[1]
    window = _window(source, rng)
    color, alpha, K = _picture(person, view, window, size, grade)
    mask = np.where(alpha >= _SOLID, alpha, 0).astype(np.float32)
    index, inside = window.pixels(source, size)
    wanted = index + view * source * source
    rows = np.searchsorted(person.record.pixels, wanted).clip(0, len(person.record.pixels) - 1)
    known = inside & (person.record.pixels[rows] == wanted)
    if rng is not None and rng.random() < 0.15:
        mask = occlude(mask, rng)
    image = np.where(mask[..., None] > 0, color, background)
    if rng is not None:
        image = degrade(image, rng)
    weights = np.zeros((size, size, 55), np.float32)
    record, seen = person.record, rows[known & (mask > 0)]
    weights[known & (mask > 0)] = dense_weights(record.joint_index[seen], record.joint_weight[seen])
    return {
        "images": image.transpose(2, 0, 1).astype(np.float32),
        "masks": mask,
        "viewmats": record.viewmats[view],
        "Ks": K,
        "positions": person.positions[rows].astype(np.float32),
        "lbs_weights": weights,
        "known": (known & (mask > 0)).astype(np.float32),
    }


def _target(
    person: KnownPerson,
    view: int,
    size: int,
    background: NDArray[np.float32],
    grade: Grade | None,
    rng: np.random.Generator | None,
) -> dict[str, NDArray[np.float32]]:
    color, alpha, K = _picture(person, view, _window(person.record.images.shape[1], rng), size, grade)
    image = color * alpha[..., None] + background * (1 - alpha[..., None])
    return {"images": image.astype(np.float32), "alphas": alpha, "viewmats": person.record.viewmats[view], "Ks": K}


def _texel_maps(person: KnownPerson, size: tuple[int, int], grade: Grade | None) -> dict[str, NDArray[np.float32]]:
    count = size[0] * size[1]
    if len(person.texels) and person.texels[-1] >= count:
        raise PersonifyError(f"batch: the template is smaller than the one people were prepared for; expected {size}")
    colors = np.divide(person.texel_colors, 255, dtype=np.float32)
    record, rows = person.record, person.texel_rows
    values = {
        "texel_positions": person.texel_positions.astype(np.float32),
        "texel_colors": grade(colors) if grade else colors,
        "texel_weights": dense_weights(record.joint_index[rows], record.joint_weight[rows]),
        "texel_known": np.ones((len(rows), 1), np.float32),
    }
    maps = {}
    for name, value in values.items():
        full = np.zeros((count, value.shape[1]), np.float32)
        full[person.texels] = value
        maps[name] = full.reshape(*size, -1)
    return maps | {"texel_known": maps["texel_known"][..., 0]}


@dataclass(frozen=True)
class Sampling:
    """How batches are drawn.

    Attributes:
        batch_size: people.
        image_size: pixels along each side.
        view_odds: chances of 1, 2, ... photos; a batch has one number of photos.
        targets: pictures to draw of each person.
    """

    batch_size: int = 4
    image_size: int = 64
    view_odds: tuple[float, ...] = (0.35, 0.4, 0.25)
    targets: int = 2


class TrainingBatches(Dataset[PhotoBatch]):
    """Batch number ``step`` of a run, for any step; half of the people are seen in a mirror.

    Args:
        people: one or more datasets of known people, each in its own list.
        odds: how often a batch comes from each dataset.
        sampling: see `Sampling`.
        template: of the network.
        steps: length of the run.
        seed: of the run.
        rank: of this process; each rank sees other people, but as many photos of each, so that none waits for another.
    """

    def __init__(
        self,
        people: Sequence[Sequence[KnownPerson]],
        odds: Sequence[float],
        sampling: Sampling,
        template: Template,
        steps: int,
        seed: int = 0,
        rank: int = 0,
    ) -> None:
        if len(people) != len(odds) or not all(people) or min(odds) < 0 or sum(odds) <= 0:
            raise PersonifyError(
                "training data: expected people in every dataset and one weight of at least 0 for each"
            )
        self.people = people
        self.odds = np.asarray(odds, np.float64) / sum(odds)
        self.sampling = sampling
        self.opposite = template.opposite.numpy()
        self.template_size = (template.mask.shape[0], template.mask.shape[1])
        self.steps, self.seed, self.rank = steps, seed, rank

    def __len__(self) -> int:
        return self.steps

    def __getitem__(self, step: int) -> PhotoBatch:
        common = np.random.default_rng([self.seed, step])
        chosen = self.people[common.choice(len(self.people), p=self.odds)]
        views = 1 + int(common.choice(len(self.sampling.view_odds), p=self.sampling.view_odds))
        rng = np.random.default_rng([self.seed, self.rank, step])
        samples = []
        for index in rng.choice(len(chosen), self.sampling.batch_size, replace=len(chosen) < self.sampling.batch_size):
            person = chosen[index].mirrored(self.opposite) if rng.random() < 0.5 else chosen[index]
            around = azimuths(person.record.viewmats)
            inputs, targets = training_views(around, views, self.sampling.targets, rng)
            samples.append(sample(person, inputs, targets, self.sampling.image_size, self.template_size, rng))
        return collate(samples)
