"""Photos in, an animatable person out: `reconstruct`."""

from __future__ import annotations

import functools
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch

from personify.avatar import Avatar
from personify.body.anny import AnnyBody
from personify.body.mesh import Float, Skeleton
from personify.body.pose import JOINT_NAMES, PARENTS
from personify.errors import PersonifyError
from personify.files import asset, sha256
from personify.motion.clip import Motion
from personify.photos.alignment import Stance, align, draw_stance, tpose_joints
from personify.photos.articulation import person_gaussians
from personify.photos.checkpoints import load_network
from personify.photos.confidence import seen_regions, seen_texels
from personify.photos.matting import Box
from personify.photos.mesh import person_mesh
from personify.photos.network import CanonicalGaussians, PhotoNetwork
from personify.photos.prepare import Crop, Photo, crop, find_photos, read_photos, remarks
from personify.photos.refine import refine as refine_person
from personify.photos.template import Template, body_template
from personify.photos.window import cut_window
from personify.render.sheets import contact_sheet
from personify.stages import Stages

WEIGHTS = "photos.safetensors"
"""The shipped asset."""


@dataclass(frozen=True)
class Reconstruction:
    """A person from photos, with everything found out on the way.

    Attributes:
        avatar: of Gaussians.
        mesh: the same person as a skinned, textured mesh.
        photos: as read, with masks.
        crops: what the network saw.
        stance: the body's shape, and its pose and the camera in every crop.
        gaussians: canonical, as the network (and refinement) left them.
        seen: region of the body -> share of its surface that the photos show; the rest is invented.
        notes: what a user should know before judging the result.
        stages: what took how long.
    """

    avatar: Avatar
    mesh: Avatar
    photos: tuple[Photo, ...]
    crops: tuple[Crop, ...]
    stance: Stance
    gaussians: CanonicalGaussians
    seen: dict[str, float]
    notes: tuple[str, ...]
    stages: Stages

    def overlays(self, template: Template, size: int = 256) -> Float:
        """Sheet: every crop, and over it the person as estimated in it."""
        own = self.crops[0].image.shape[0]
        scaled = self.stance.Ks * torch.tensor([size / own, size / own, 1.0])[:, None]
        stance = Stance(self.stance.shape, self.stance.rotations, self.stance.viewmats, scaled)
        with torch.no_grad():
            joints = tpose_joints(AnnyBody(), stance.shape)[0]
            colors, alphas = draw_stance(self.gaussians, template, stance, joints, size)
        pictures, labels = [], []
        for photo, window, color, alpha in zip(self.photos, self.crops, colors.numpy(), alphas.numpy(), strict=True):
            shown = cut_window(photo.image, window.corner, window.side, size)
            pictures += [shown, shown * (1 - alpha) + color]
            labels += [photo.name, "as understood"]
        return contact_sheet(pictures, labels, columns=4)


@functools.lru_cache(maxsize=2)
def _network(weights: Path) -> tuple[PhotoNetwork, Template]:
    network = load_network(weights)
    height, width = network.config.template_size
    if height != width or network.config.parents != PARENTS:
        raise PersonifyError(f"{weights}: made for another body or a template that is not square; expected our own")
    return network, body_template(height)


def reconstruct_with_story(
    photos: Sequence[Path | str] | Path | str,
    *,
    masks: Path | str | None = None,
    boxes: Mapping[str, Box] | None = None,
    motion: Motion | None = None,
    refine: bool = False,
    weights: Path | str | None = None,
    name: str = "person",
    stages: Stages | None = None,
) -> Reconstruction:
    """`reconstruct`, with everything found out on the way."""
    stages = stages or Stages()
    files = find_photos([photos] if isinstance(photos, (str, Path)) else photos)
    chosen = Path(weights) if weights else asset(WEIGHTS)
    with stages("photos"):
        known = None if masks is None else [_mask_of(file, Path(masks)) for file in files]
        taken = tuple(read_photos(files, known, [(boxes or {}).get(file.name) for file in files]))
    with stages("network"), torch.no_grad():
        network, template = _network(chosen)
        size = template.mask.shape[0]
        crops = tuple(crop(photo, size) for photo in taken)
        images = torch.from_numpy(np.stack([one.image for one in crops]))
        alphas = torch.from_numpy(np.stack([one.mask for one in crops]))
        output = network(images.movedim(-1, 1)[None], alphas[None], template)
    body = AnnyBody()
    gaussians = output.gaussians
    with stages("poses"):
        stance = align(gaussians, template, Stance.guess(size, len(crops), output.body), size, body)
    notes = remarks(taken)
    if refine:
        with stages("refine"):
            refined = refine_person(gaussians, template, stance, images, alphas, body)
        gaussians, stance = refined.gaussians, refined.stance
        notes.append(f"refined: {refined.psnr[0]:.1f} dB on the photos before, {refined.psnr[1]:.1f} dB after")
    with stages("mesh"), torch.no_grad():
        joints = body(stance.shape).tpose_joints[0]
        surface = person_gaussians(gaussians, 0, template.joints, joints, PARENTS)
        part = person_mesh(gaussians, template, body, stance.shape, joints)
    skeleton = Skeleton(JOINT_NAMES, PARENTS, joints.numpy().astype(np.float32))
    seen = seen_regions(seen_texels(gaussians, template), template)
    motions = () if motion is None else (motion,)
    provenance: dict[str, Any] = {
        "made_from": [file.name for file in files],
        "weights": sha256(chosen),
        "refined": refine,
        "seen": seen,
    }
    avatar = Avatar(name, skeleton, (), motions, {}, provenance, surface)
    mesh = Avatar(name, skeleton, (part,), motions, {}, provenance)
    return Reconstruction(avatar, mesh, taken, crops, stance, gaussians, seen, tuple(notes), stages)


def _mask_of(file: Path, folder: Path) -> Path:
    found = sorted(folder.glob(f"{file.stem}.*")) if folder.is_dir() else []
    if not found:
        raise PersonifyError(f"{folder}: no mask for {file.name}; expected {file.stem}.png in this folder")
    return found[0]


def reconstruct(
    photos: Sequence[Path | str] | Path | str,
    *,
    masks: Path | str | None = None,
    boxes: Mapping[str, Box] | None = None,
    motion: Motion | None = None,
    refine: bool = False,
    weights: Path | str | None = None,
    name: str = "person",
) -> Avatar:
    """An animatable person of Gaussians from 1 to 8 photos, in any poses, without cameras.

    Args:
        photos: files, or a folder of them.
        masks: folder with an image for each photo, named like it, white where the person is; else an alpha channel
            is used, else the person is cut out (`personify.photos.matting`).
        boxes: name of a photo -> (left, top, right, bottom) around the person in pixels, to help cutting out.
        motion: travels with the avatar.
        refine: optimise the person against the photos, less than a minute.
        weights: of another network than the shipped one.
        name: of the avatar.

    Returns:
        The avatar; `reconstruct_with_story` also gives the mesh, masks, poses and what was invented.

    Raises:
        PersonifyError: unreadable, too small or too many photos, nobody in one, masks that do not fit.
    """
    return reconstruct_with_story(
        photos, masks=masks, boxes=boxes, motion=motion, refine=refine, weights=weights, name=name
    ).avatar
