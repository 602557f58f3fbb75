"""How good photo avatars are: unknown people, drawn in other poses and from other sides than their photos.

Every held-out person has twelve pictures: three photos in one pose, three from the same sides in three other poses, and
six targets in yet other poses. So views are novel and poses are novel at once, and whether poses differ between photos
can be told apart from everything else. Targets are drawn with their true cameras, poses and skeletons, over black, as
in the paper; scores are taken inside the person's bounding box.
"""

from __future__ import annotations

import itertools
import json
import math
from collections.abc import Sequence
from dataclasses import dataclass, fields, replace
from random import Random

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from personify.body.mesh import Skeleton
from personify.data.augment import Window
from personify.data.people import TEXTURE_SIZE, draw_outfit, photograph, random_pose
from personify.data.record import Float, PersonRecord
from personify.data.views import Indices, azimuths, spread_views
from personify.photos.bones import joint_log_weights, spread_over_bones
from personify.photos.losses import ssim_loss
from personify.photos.network import CanonicalGaussians, PhotoNetwork
from personify.photos.template import Template
from personify.render.gaussians.spherical_harmonics import C0
from personify.train.batches import PhotoBatch, collate, sample
from personify.train.objective import draw
from personify.train.targets import KnownPerson, dense_weights, know
from personify.wardrobe.dress import dress

SAME_POSE, OTHER_POSES, TARGETS = slice(0, 3), slice(3, 6), slice(6, 12)
HELD_OUT_SEED = 1_000_000
"""Crowd of the held-out people; training uses other seeds."""
AVERAGED = 100
"""Training people in the mean person."""
BANDS = 8
"""Stripes from head to feet whose colours people are retrieved by."""


def held_out_person(index: int, size: int = 128) -> PersonRecord:
    """Held-out person number ``index`` with the twelve pictures described above."""
    rng = np.random.default_rng([HELD_OUT_SEED, index])
    outfit = draw_outfit(Random(f"{HELD_OUT_SEED}/{index}"))
    skeleton, parts = dress(outfit, TEXTURE_SIZE)
    shots = held_out_shots(skeleton, rng)
    return photograph(skeleton, parts, shots, rng, size, json.dumps(outfit.to_dict()))


def held_out_shots(skeleton: Skeleton, rng: np.random.Generator) -> list[tuple[Float, float]]:
    """(pose, azimuth) of the twelve pictures."""
    sides = [float(angle) for angle in rng.normal(0, 0.2) + np.arange(3) * 2 * math.pi / 3]
    pose = random_pose(skeleton, rng)
    same = [(pose, side) for side in sides]
    other = [(random_pose(skeleton, rng), side) for side in sides]
    around = rng.uniform(0, 2 * math.pi) + np.arange(6) * 2 * math.pi / 6
    return [*same, *other, *((random_pose(skeleton, rng), float(angle)) for angle in around)]


@dataclass(frozen=True)
class Score:
    """Mean over people and targets.

    Attributes:
        psnr: decibels inside the bounding box.
        ssim: inside the bounding box.
    """

    psnr: float
    ssim: float


def compare(rendered: Tensor, truth: Tensor, alphas: Tensor) -> Score:  # [C, H, W, 3] twice, [C, H, W]
    """Scores of pictures inside the box around each true person."""
    scores = []
    for picture, target, alpha in zip(rendered.clamp(0, 1), truth, alphas, strict=True):
        rows, columns = alpha.amax(1).nonzero()[:, 0], alpha.amax(0).nonzero()[:, 0]
        box = slice(int(rows[0]), int(rows[-1]) + 1), slice(int(columns[0]), int(columns[-1]) + 1)
        inside = picture[box][None], target[box][None]
        error = (inside[0] - inside[1]).square().mean()
        scores.append([-10 * float(error.clamp(min=1e-10).log10()), 1 - float(ssim_loss(*inside))])
    psnr, ssim = np.mean(scores, 0)
    return Score(float(psnr), float(ssim))


def average(scores: Sequence[Score]) -> Score:
    return Score(float(np.mean([score.psnr for score in scores])), float(np.mean([score.ssim for score in scores])))


def texel_gaussians(
    template: Template, positions: Tensor, colors: Tensor, lbs_weights: Tensor, opacities: Tensor, scale: float
) -> CanonicalGaussians:
    """A person given only by maps over the template, for baselines and for the best the template could do.

    Args:
        template: [H, W] maps.
        positions: [H, W, 3] metres.
        colors: [H, W, 3] sRGB.
        lbs_weights: [H, W, J].
        opacities: [H, W].
        scale: metres, of every Gaussian.
    """
    row, column = (template.mask > 0).nonzero().unbind(1)
    count = len(row)
    logits = spread_over_bones(lbs_weights[row, column], template.parents).clamp(min=1e-6).log()[None]
    quats = torch.zeros(1, count, 4)
    quats[..., 0] = 1
    return CanonicalGaussians(
        means=positions[row, column][None],
        quats=quats,
        scales=torch.full((1, count, 3), scale),
        opacities=opacities[row, column][None],
        harmonics=(colors[row, column][None, :, None] - 0.5) / C0,
        bone_logits=logits,
        joint_log_weights=joint_log_weights(logits, template.parents),
        source=torch.stack([torch.zeros_like(row), row, column], -1)[None],
    )


@dataclass(frozen=True)
class Maps:
    """People's texel maps, stacked: positions and colours [M, H, W, 3], weights [M, H, W, J], known [M, H, W]."""

    positions: Tensor
    colors: Tensor
    lbs_weights: Tensor
    known: Tensor

    @staticmethod
    def of(person: KnownPerson, template: Template) -> Maps:
        """One person's maps [H, W, ...]; texels nobody saw keep the template's surface and no opacity."""
        height, width = template.mask.shape
        at = torch.from_numpy(person.texels).long()
        maps = Maps(
            template.positions.clone(), torch.zeros(height, width, 3), template.lbs_weights.clone(),
            torch.zeros(height, width),
        )  # fmt: skip
        rows = person.texel_rows
        weights = dense_weights(person.record.joint_index[rows], person.record.joint_weight[rows])
        maps.positions.view(-1, 3)[at] = torch.from_numpy(person.texel_positions.astype(np.float32))
        maps.colors.view(-1, 3)[at] = torch.from_numpy(person.texel_colors / np.float32(255))
        maps.lbs_weights.view(len(template.mask.flatten()), -1)[at] = torch.from_numpy(weights)
        maps.known.view(-1)[at] = 1
        return maps

    def gaussians(self, template: Template) -> CanonicalGaussians:
        """The person of these maps, with Gaussians about as wide as the texels lie apart."""
        return texel_gaussians(
            template, self.positions, self.colors, self.lbs_weights, 0.95 * self.known,
            0.85 / template.mask.shape[0],
        )  # fmt: skip


def _three_sides(person: KnownPerson) -> Indices:
    """Three pictures of a training person from all around."""
    return spread_views(azimuths(person.record.viewmats), 3)


def mean_person(network: PhotoNetwork, template: Template, people: Sequence[KnownPerson]) -> CanonicalGaussians:
    """The average of what the network makes of training people: what one knows without looking."""
    means: dict[str, Tensor] = {}
    for person in people:
        whole = reconstruct(network, template, person, _three_sides(person))
        count = int(whole.from_template.sum())
        for field in fields(CanonicalGaussians):
            value = getattr(whole, field.name)[
                :, :count
            ]  # the template's Gaussians come first and match between people
            means[field.name] = means.get(field.name, 0) + value / len(people)
    return CanonicalGaussians(**{**means, "source": whole.source[:, :count]})


def texel_colors(people: Sequence[KnownPerson], template: Template) -> Tensor:  # [M, H * W, 3]
    """True colours on the template, black where nobody saw the surface."""
    colors = torch.zeros(len(people), template.mask.numel(), 3)
    for row, person in zip(colors, people, strict=True):
        row[torch.from_numpy(person.texels).long()] = torch.from_numpy(person.texel_colors / np.float32(255))
    return colors


def nearest_person(person: KnownPerson, gallery: Tensor, template: Template) -> int:
    """Who of a gallery (`texel_colors`) has the most similar true texels: no retrieval could do better."""
    own = texel_colors([person], template)
    return int((gallery - own).square().mean((1, 2)).argmin())


def colour_profile(batch: PhotoBatch) -> Tensor:  # [BANDS * 3]
    """Mean colours of a batch's first person from top to bottom, over all its photos."""
    images, masks = batch.images[0], batch.masks[0]  # [V, 3, H, W], [V, H, W]
    bands = []
    for image, mask in zip(images, masks, strict=True):
        rows = (mask > 0.5).any(1).nonzero()[:, 0]
        first, last = int(rows.min()), int(rows.max()) + 1
        edges = torch.linspace(first, last, BANDS + 1).round().int().tolist()
        parts = [(image[:, a:b], mask[a:b]) for a, b in itertools.pairwise(edges)]
        bands.append(torch.stack([(part * m).sum((1, 2)) / m.sum().clamp(min=1) for part, m in parts]))
    return torch.stack(bands).mean(0).flatten()


@torch.no_grad()
def evaluate_photos(
    network: PhotoNetwork,
    template: Template,
    held_out: Sequence[PersonRecord],
    training: Sequence[KnownPerson] = (),
) -> dict[str, Score]:
    """Scores of the network for 1, 2 and 3 photos in different poses, 3 in the same pose, and of the baselines.

    Args:
        network: in evaluation mode.
        template: maps of its size, which is also the size of the pictures.
        held_out: from `held_out_person`.
        training: people for the baselines; none leaves them out.

    Returns:
        Name -> score. The baselines are drawn by the same network, so that only the person differs: ``mean person`` is
        the average of many reconstructions, ``nearest person`` the reconstruction of whoever of the training people
        truly looks most alike, and ``retrieved person`` that of whoever a search by the three photos' colours finds.
    """
    mean = mean_person(network, template, training[:AVERAGED]) if training else None
    gallery = texel_colors(training, template)
    profiles = [colour_profile(batch_of(person, _three_sides(person), template)) for person in training]
    results: dict[str, list[Score]] = {}
    for record in held_out:
        person = know(record, template)
        ways = {f"{count} photos": reconstruct(network, template, person, range(3, 3 + count)) for count in (1, 2, 3)}
        ways["3 photos, one pose"] = reconstruct(network, template, person, range(3))
        if mean is not None:
            nearest = training[nearest_person(person, gallery, template)]
            own = colour_profile(batch_of(person, range(3, 6), template))
            retrieved = training[int((torch.stack(profiles) - own).square().sum(1).argmin())]
            ways["mean person"] = mean
            ways["nearest person"] = reconstruct(network, template, nearest, _three_sides(nearest))
            ways["retrieved person"] = reconstruct(network, template, retrieved, _three_sides(retrieved))
        targets = batch_of(person, range(3, 6), template)
        alphas = _alphas(record, template.mask.shape[0])
        for name, gaussians in ways.items():
            rendered = draw_targets(gaussians, targets, template)
            results.setdefault(name, []).append(compare(rendered, targets.target_images[0], alphas))
    return {name: average(scores) for name, scores in results.items()}


def batch_of(person: KnownPerson, inputs: Sequence[int] | Indices, template: Template) -> PhotoBatch:
    """A batch of one: some photos, and all targets."""
    size = (template.mask.shape[0], template.mask.shape[1])
    targets = np.arange(12)[TARGETS]
    return collate([sample(person, np.array(list(inputs)), targets, size[0], size)])


def reconstruct(
    network: PhotoNetwork, template: Template, person: KnownPerson, inputs: Sequence[int] | Indices
) -> CanonicalGaussians:
    """What the network makes of some of a record's pictures."""
    batch = batch_of(person, inputs, template)
    return network(batch.images, batch.masks, template).gaussians


def draw_targets(gaussians: CanonicalGaussians, batch: PhotoBatch, template: Template) -> Tensor:  # [C, S, S, 3]
    """The targets of a batch of one."""
    return draw(gaussians, template, batch.joints, batch.target_poses, batch.target_viewmats, batch.target_Ks,
                batch.image_size, batch.backgrounds)[0][0]  # fmt: skip


def _alphas(record: PersonRecord, size: int) -> Tensor:  # [C, S, S]
    whole = Window(0, 0, record.images.shape[1])
    alphas = [whole.resample(image, size)[..., 3] > 127 for image in record.images[TARGETS]]
    return torch.from_numpy(np.stack(alphas)).float()


@torch.no_grad()
def sheet(network: PhotoNetwork, template: Template, held_out: Sequence[PersonRecord]) -> NDArray[np.uint8]:
    """A row per person: three photos, then four targets, each as it is and as the network draws it from the photos."""
    rows = []
    for record in held_out:
        person = know(record, template)
        batch = batch_of(person, range(3, 6), template)
        gaussians = network(batch.images, batch.masks, template).gaussians
        grey = replace(batch, backgrounds=torch.full((1, 3), 0.85))
        rendered = draw_targets(gaussians, grey, template).clamp(0, 1)
        alphas = _alphas(record, template.mask.shape[0])[..., None]
        truth = batch.target_images[0] * alphas + 0.85 * (1 - alphas)
        photos = batch.images[0].movedim(1, -1) + 0.85 * (batch.masks[0] == 0).float()[..., None]
        pairs = [picture for k in range(4) for picture in (truth[k], rendered[k])]
        rows.append(torch.cat([*photos, *pairs], 1))
    return (torch.cat(rows).clamp(0, 1) * 255).round().byte().numpy()
