"""Photos of a toy person, and people whose place in every photo is known exactly."""

import numpy as np
import torch
from PIL import Image

from personify.body.pose import NUM_BODY_JOINTS
from personify.body.rotations import axis_angle_to_matrix
from personify.evaluate.photos import texel_gaussians
from personify.photos.alignment import Stance, photo_transforms, tpose_joints
from personify.photos.articulation import apply, blend
from personify.photos.network import CanonicalGaussians


def toy_photo(size=(120, 160), color=(200, 30, 40), background=(90, 140, 90), seed=0) -> Image.Image:
    """An upright figure in two colours with a head, before a noisy wall; size is (width, height)."""
    width, height = size
    rng = np.random.default_rng(seed)
    picture = np.full((height, width, 3), background) + rng.integers(-8, 8, (height, width, 1))
    y, x = np.mgrid[:height, :width] / (height, width)[0]
    x = x - width / height / 2
    body = (np.abs(x) < 0.09) & (y > 0.25) & (y < 0.55)
    legs = (np.abs(np.abs(x) - 0.05) < 0.035) & (y >= 0.55) & (y < 0.92)
    head = x**2 + (y - 0.17) ** 2 < 0.06**2
    picture[body], picture[legs], picture[head] = color, (30, 30, 120), (220, 170, 140)
    return Image.fromarray(picture.clip(0, 255).astype(np.uint8))


def figure_mask(photo: Image.Image, background=(90, 140, 90)) -> np.ndarray:
    return (np.abs(np.asarray(photo).astype(int) - background).max(2) > 30).astype(np.float32)


def posed_stance(body, views=2, size=64, seed=0) -> Stance:
    """Random poses before cameras at several sides."""
    generator = torch.Generator().manual_seed(seed)
    start = Stance.guess(size, views, None)
    turns = 0.25 * torch.randn(views, NUM_BODY_JOINTS, 3, generator=generator)
    turns[:, 0] = 0
    around = torch.stack([torch.tensor([0.0, 2.2 * view + 0.3, 0.0]) for view in range(views)])
    viewmats = start.viewmats.clone()
    viewmats[:, :3, :3] = viewmats[:, :3, :3] @ axis_angle_to_matrix(around)
    return Stance(body.shape_vector(), axis_angle_to_matrix(turns), viewmats, start.Ks)


def known_person(template, body, stance: Stance, size=64, colors=None) -> CanonicalGaussians:
    """The template's surface as Gaussians, and for every photo those of its texels that fall into it."""
    colors = (
        torch.rand(*template.mask.shape, 3, generator=torch.Generator().manual_seed(1)) if colors is None else colors
    )
    full = texel_gaussians(template, template.positions, colors, template.lbs_weights, 0.9 * template.mask, 0.02)
    transforms = photo_transforms(stance.rotations, tpose_joints(body, stance.shape)[0])
    own = template.joints - template.joints[:1]
    centred = full.means[0] - template.joints[:1]
    assert (own - tpose_joints(body, stance.shape)[0]).abs().max() < 1e-4  # the template is this person
    parts = [full]
    for view in range(len(stance.viewmats)):
        camera = apply(blend(full.lbs_weights[0], transforms[view]), centred)
        camera = camera @ stance.viewmats[view, :3, :3].T + stance.viewmats[view, :3, 3]
        pixel = camera @ stance.Ks[view].T
        pixel = pixel[:, :2] / pixel[:, 2:] - 0.5  # kept as it is, although real pixels are whole
        source = torch.cat([torch.full((len(pixel), 1), view + 1.0), pixel.flip(-1)], 1)[None]
        parts.append(CanonicalGaussians(**{**vars(full), "source": source, "opacities": 0 * full.opacities}))
    names = CanonicalGaussians.__dataclass_fields__
    return CanonicalGaussians(**{name: torch.cat([getattr(part, name) for part in parts], 1) for name in names})
